"""What outside answers say about recorded evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from keyturn.model.rotation import Method, Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyturn.model.rotation import Consumer


class Truth(StrEnum):
    """What came of asking somebody who cannot be fooled by a file."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNKNOWN = "unknown"  # no answer, or none that may be trusted; it proves nothing


@dataclass(frozen=True, slots=True)
class Statement:
    """One outside answer; unless it confirms, the reason says what is wrong or what to grant."""

    truth: Truth
    reason: str = ""

    @property
    def is_confirming(self) -> bool:
        """Tell whether what is written may count as such."""
        return self.truth is Truth.CONFIRMED


NOT_ASKED = Statement(Truth.UNKNOWN, "nobody was asked about it yet")


@dataclass(frozen=True, slots=True)
class FourEyes:
    """Whether somebody else approved the evidence; where nobody did, everybody but the `barred` still may."""

    statement: Statement
    approver: str | None = None
    pull: int | None = None  # the number of the pull request that was approved
    barred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What outside answers say about one rotation's evidence; what nobody was asked about confirms nothing."""

    run: Statement = NOT_ASKED
    secrets: Mapping[Consumer, Statement] = field(default_factory=dict)
    four_eyes: FourEyes = FourEyes(NOT_ASKED)

    def of(self, part: Part, method: Method, consumers: tuple[Consumer, ...]) -> Statement | None:
        """Return what bears out that a part was shown by a method; None where a person's word is all there is."""
        if method is Method.PROBE:
            return self.run
        if method is Method.SECRET_UPDATED:
            return self._of_secrets(part, consumers)
        return None

    def _of_secrets(self, part: Part, consumers: tuple[Consumer, ...]) -> Statement:
        if part is not Part.CONSUMERS:
            return Statement(Truth.REFUTED, "the date of a secret says nothing about whether a key is accepted")
        if not consumers:
            return Statement(Truth.REFUTED, "no consumer is declared")
        told = [self._of_consumer(consumer) for consumer in consumers]
        doubts = [each for each in told if not each.is_confirming]
        if not doubts:
            return Statement(Truth.CONFIRMED)
        is_refuted = any(each.truth is Truth.REFUTED for each in doubts)
        reasons = "; ".join(dict.fromkeys(each.reason for each in doubts))
        return Statement(Truth.REFUTED if is_refuted else Truth.UNKNOWN, reasons)

    def _of_consumer(self, consumer: Consumer) -> Statement:
        if consumer.secret is None:
            return Statement(Truth.REFUTED, f"a consumer on {consumer.platform} is no GitHub secret")
        return self.secrets.get(consumer, NOT_ASKED)
