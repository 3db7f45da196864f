"""What asking about a made-up, a new and an old key showed, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from keyturn.model.probe import Outcome

if TYPE_CHECKING:
    from keyturn.model.probe import Verdict


class Conclusion(StrEnum):
    """What the verdicts say together."""

    COMPLETE = "complete"
    CONTRADICTED = "contradicted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdicts on one rotation; None where the question was not asked."""

    rotation: str
    control: Verdict | None = None
    new_key: Verdict | None = None
    old_key: Verdict | None = None
    is_baseline: bool = False  # before the rotation: the old key is to be accepted, and there is no new one
    is_mismatch: bool = False  # the old value is not the one whose fingerprint is known
    hint: str | None = None  # what stood in the way, and what to do about it

    @property
    def outcomes(self) -> tuple[Outcome, Outcome, Outcome]:
        """Give the outcomes of control, new and old key; a probe that does not reject the control key shows nothing."""
        control, new, old = map(_outcome, (self.control, self.new_key, self.old_key))
        return (control, new, old) if control is Outcome.REJECTED else (control, Outcome.UNKNOWN, Outcome.UNKNOWN)

    @property
    def conclusion(self) -> Conclusion:
        """Give what follows from the verdicts."""
        _, new, old = self.outcomes
        if self.is_baseline:
            wanted, refuted = old is Outcome.ACCEPTED, old is Outcome.REJECTED
        else:
            wanted = (new, old) == (Outcome.ACCEPTED, Outcome.REJECTED)
            refuted = new is Outcome.REJECTED or old is Outcome.ACCEPTED
        if self.is_mismatch or refuted:
            return Conclusion.CONTRADICTED
        return Conclusion.COMPLETE if wanted else Conclusion.UNKNOWN

    @property
    def proves(self) -> bool:
        """Tell whether the rotation is shown to be complete."""
        return not self.is_baseline and self.conclusion is Conclusion.COMPLETE


def _outcome(verdict: Verdict | None) -> Outcome:
    return verdict.outcome if verdict else Outcome.UNKNOWN
