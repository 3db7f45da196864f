"""What an answer shows: only listed statuses and text in the body count, everything else is unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keyturn.model import Outcome, Reason

if TYPE_CHECKING:
    from keyturn.model import Probe

# Whatever a catalogue lists, these say nothing about a key.
_REDIRECTS, _TOO_MANY, _SERVER_ERRORS = range(300, 400), 429, range(500, 600)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the body is empty where nothing asks for it."""

    status: int
    body: bytes = field(default=b"", repr=False)
    is_web_page: bool = False
    retry_after: float | None = None


def verdict_of(probe: Probe, answer: Answer) -> tuple[Outcome, Reason]:
    """Judge an answer by the probe's statuses and marks; a status in both lists counts only with a mark."""
    if (reason := silence_of(answer.status)) is not None:
        return Outcome.UNKNOWN, reason
    is_accepted = _fits(probe, answer, probe.accepted, probe.match.accepted)
    is_rejected = _fits(probe, answer, probe.rejected, probe.match.rejected)
    if is_accepted and is_rejected:
        return Outcome.UNKNOWN, Reason.CONTRADICTORY
    if is_accepted and not probe.match.accepted and answer.is_web_page:
        return Outcome.UNKNOWN, Reason.WEB_PAGE
    if is_accepted or is_rejected:
        return Outcome.ACCEPTED if is_accepted else Outcome.REJECTED, Reason.LISTED_STATUS
    is_listed = answer.status in probe.accepted | probe.rejected
    return Outcome.UNKNOWN, Reason.MARKER_MISSING if is_listed else Reason.UNLISTED_STATUS


def silence_of(status: int) -> Reason | None:
    """Return why a status can never say anything about a key; None where it may."""
    if status == _TOO_MANY:
        return Reason.RATE_LIMITED
    if status in _SERVER_ERRORS:
        return Reason.SERVER_ERROR
    return Reason.REDIRECT if status in _REDIRECTS else None


def needs_body(probe: Probe, status: int) -> bool:
    """Tell whether the verdict for this status hangs on a text in the body."""
    sides = ((probe.accepted, probe.match.accepted), (probe.rejected, probe.match.rejected))
    return silence_of(status) is None and any(status in listed and marks for listed, marks in sides)


def _fits(probe: Probe, answer: Answer, listed: frozenset[int], marks: tuple[str, ...]) -> bool:
    if answer.status not in listed:
        return False
    if not marks:
        return answer.status not in probe.accepted & probe.rejected
    return any(mark.encode() in answer.body for mark in marks)
