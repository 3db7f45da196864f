"""Answers of GitHub's REST API as values: what they hold, and what they mean where they are not plain."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from keyturn.errors import OutsideError
from keyturn.trackers import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NONE, MOVED, GONE = 0, 301, 410  # NONE: the connection failed, or the answer broke off
OK, _OTHER_PLACE, _BROKEN = 200, 300, 500  # where the ranges of good answers, redirects and server faults begin
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, _TIMEOUT, _INVALID, _TOO_MANY = 401, 403, 404, 408, 422, 429
_DAY = 86_400

# Where GitHub names no moment it wants a minute at least, and longer each time.
_BLIND_WAIT = 60

_LIMIT = re.compile(
    r"rate limit|abuse detection|submitted too quickly|wait a few minutes|retry your request again later"
)
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; its text is for classification only and is never shown, since it may quote what was sent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # by lower-case name
    document: Any = None  # None also where the body is no JSON

    @property
    def is_well(self) -> bool:
        """Tell whether GitHub did what was asked and said so in full."""
        return OK <= self.status < _OTHER_PLACE and self.document is not None

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether a write may or may not have had its effect."""
        is_broken = self.status in {NONE, _TIMEOUT} or self.status >= _BROKEN
        return is_broken or (self.status < _OTHER_PLACE and not isinstance(self.document, dict))

    @property
    def is_limit(self) -> bool:
        """Tell whether a rate limit refused the request: by status 403 or 429, or as GraphQL does under 200."""
        if self.status == OK:
            return "RATE_LIMITED" in {error.get("type") for error in self._errors}
        if self.status == FORBIDDEN:
            return "retry-after" in self.headers or self.remaining == 0 or bool(_LIMIT.search(self.message))
        return self.status == _TOO_MANY

    @property
    def message(self) -> str:
        """Give GitHub's own words in lower case."""
        words = self.document.get("message") if isinstance(self.document, dict) else None
        return words.lower() if isinstance(words, str) else ""

    @property
    def wrong_fields(self) -> frozenset[str]:
        """Name the fields that GitHub did not accept."""
        return frozenset(str(error.get("field")) for error in self._errors if self.status == _INVALID)

    @property
    def remaining(self) -> int | None:
        """Count the requests that are left of the hour."""
        return self._number("x-ratelimit-remaining")

    @property
    def following(self) -> dict[str, str] | None:
        """Return the query of the next page."""
        found = _NEXT.search(self.headers.get("link", ""))
        return dict(parse_qsl(urlsplit(found[1]).query)) if found else None

    def seconds_to_reset(self, now: datetime) -> float:
        """Return how long the hour of the limit still lasts."""
        reset = self._number("x-ratelimit-reset")
        return _BLIND_WAIT if reset is None else min(max(1.0, reset - now.timestamp() + 1), _DAY)

    def seconds_to_wait(self, now: datetime, times: int) -> float:
        """Return how long a refusing limit wants us to wait; `times` is how often it has refused already."""
        if (after := self._number("retry-after")) is not None:
            return min(max(1, after), _DAY)
        return self.seconds_to_reset(now) if self.remaining == 0 else min(_BLIND_WAIT * 2**times, _DAY)

    @property
    def _errors(self) -> list[dict[str, Any]]:
        errors = self.document.get("errors") if isinstance(self.document, dict) else None
        return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []

    def _number(self, header: str) -> int | None:
        text = self.headers.get(header, "")
        return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None


def document(text: str) -> Any:  # noqa: ANN401 - whatever GitHub answers
    """Return what a body holds, or None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_nameless(answer: Answer) -> bool:
    """Tell whether a token was refused because it belongs to no account: an app's, or that of a workflow."""
    return answer.status == FORBIDDEN or (answer.status == UNAUTHORIZED and "integration" in answer.message)


def failure(answer: Answer, repository: str) -> OutsideError:
    """Say why nothing can be done in a repository, and what would help."""
    if answer.status >= _BROKEN:
        return OutsideError(f"GitHub answered with status {answer.status}; run again later")
    return OutsideError(_failure(answer.status, repository))


def _failure(status: int, repository: str) -> str:
    access = "it must be able to read and write the issues there (`issues: write` in a workflow)"
    reasons = {
        NONE: "GitHub gave no answer, or broke it off; check the connection and GITHUB_API_URL, and run again",
        MOVED: f"{repository} was renamed or moved; write its name of today as `tracker` in keyturn.yaml",
        UNAUTHORIZED: "GitHub does not accept the token in GITHUB_TOKEN or GH_TOKEN; set a valid one",
        FORBIDDEN: f"the token may not do this in {repository}; {access}",
        NOT_FOUND: f"there is no repository {repository}, or the token may not see it; {access}",
        GONE: f"issues are disabled in {repository}; enable them in its settings, or write another `tracker`",
        _INVALID: "GitHub does not accept the request; check `identity` in keyturn.yaml",
        OK: "GitHub answered something else than was asked; check GITHUB_API_URL, and run again",
    }
    return reasons.get(status, f"GitHub refused the request with status {status}")


def ambiguity(what: str, *, concerns_all: bool = True) -> OutsideError:
    """Say that a write may have worked; it is not repeated, since that could do it twice."""
    kind = OutsideError if concerns_all else RefusedError
    return kind(
        f"GitHub did not say whether it could {what}; it is not tried again now: the next run reads first and continues"
    )


def refusal(answer: Answer, repository: str, number: int | None) -> OutsideError:
    """Say why GitHub refused to change an issue, or to open one; the others can go on where only it is concerned."""
    what = "the new issue" if number is None else f"issue #{number}"
    if answer.status == _INVALID:
        return RefusedError(f"GitHub does not accept {_fields(answer)} of {what}; shorten or correct it")
    if number is None or _concerns_all(answer):
        return failure(answer, repository)
    if answer.status == FORBIDDEN:
        return RefusedError(f"GitHub refuses to change {what}; unlock it, or let the token write to {repository}")
    return RefusedError(f"{what} was deleted or transferred; the next run opens a new one where it is still needed")


def _concerns_all(answer: Answer) -> bool:
    if answer.status == FORBIDDEN:
        return "not accessible" in answer.message
    return answer.status not in {MOVED, NOT_FOUND, GONE} or "disabled" in answer.message


def _fields(answer: Answer) -> str:
    known = ("title", "body", "labels", "assignees", "state", "state_reason")
    return " and ".join(f"the {name}" for name in known if name in answer.wrong_fields) or "what was written"
