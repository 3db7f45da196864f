"""What goes wrong, when, and whether before or after the effect of the request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from .replies import DOCS, Json, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

PRIMARY = "API rate limit exceeded for user ID 1."
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


class Kind(Enum):
    """The ways in which an answer goes wrong."""

    BAD_GATEWAY = "502"
    RESET = "the connection is reset"
    HANG = "no answer for some seconds, then the connection ends"
    TRUNCATED = "the body ends half-way"
    FORBIDDEN_RETRY_AFTER = "403 with retry-after"
    TOO_MANY_RETRY_AFTER = "429 with retry-after"
    EXHAUSTED = "403 with x-ratelimit-remaining 0 and x-ratelimit-reset"
    SECONDARY_BARE = "403 that only its message tells"
    GRAPHQL_EXHAUSTED = "200 with an error, as GraphQL does"


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind with its measures."""

    kind: Kind
    seconds: float = 5.0  # how long a hang lasts
    retry_after: int = 60  # seconds until a rate limit ends


@dataclass(slots=True)
class Rule:
    """A fault for the matching requests number `nth` to `nth + times - 1`, counted from when the rule was made.

    An empty method stands for any.
    """

    method: str
    path: re.Pattern[str]
    nth: int
    times: int
    is_after: bool
    fault: Fault
    seen: int = 0

    def is_struck_by(self, method: str, path: str) -> bool:
        """Count a request and say whether it is one of those meant."""
        if self.method not in ("", method) or not self.path.search(path):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


@dataclass(slots=True)
class Interlude:
    """Something to be done once, before the nth matching request is served."""

    act: Callable[[], object]
    before: int
    method: str
    path: re.Pattern[str]
    seen: int = 0

    def is_due(self, method: str, path: str) -> bool:
        """Count a request and say whether the moment has come."""
        if self.method not in ("", method) or not self.path.search(path):
            return False
        self.seen += 1
        return self.seen == self.before


@dataclass(slots=True)
class Stop:
    """The end of the world after some more requests."""

    left: int
    act: Callable[[], object] | None = None


@dataclass(slots=True)
class Faults:
    """The schedule; empty, it changes nothing. Its methods are called under the server's lock."""

    rules: list[Rule] = field(default_factory=list)
    interludes: list[Interlude] = field(default_factory=list)
    stop: Stop | None = None
    stale_reads: int = 0
    _hidden: dict[int, int] = field(default_factory=dict)

    def before_effect(  # noqa: PLR0913 - a schedule reads best as one call
        self,
        method: str,
        path_regex: str,
        nth: int,
        kind: Kind,
        *,
        times: int = 1,
        seconds: float = 5.0,
        retry_after: int = 60,
    ) -> None:
        """Let the nth matching request fail without doing anything."""
        fault = Fault(kind, seconds, retry_after)
        self.rules.append(Rule(method, re.compile(path_regex), nth, times, is_after=False, fault=fault))

    def after_effect(  # noqa: PLR0913 - a schedule reads best as one call
        self,
        method: str,
        path_regex: str,
        nth: int,
        kind: Kind,
        *,
        times: int = 1,
        seconds: float = 5.0,
        retry_after: int = 60,
    ) -> None:
        """Let the nth matching request do its work, and fail only in the answer."""
        fault = Fault(kind, seconds, retry_after)
        self.rules.append(Rule(method, re.compile(path_regex), nth, times, is_after=True, fault=fault))

    def stale_list(self, reads: int) -> None:
        """Hide each issue created from now on from the next `reads` lists; 0 ends it.

        A list with all its pages is one read.
        """
        self.stale_reads = reads

    def stop_after(self, requests: int, act: Callable[[], object] | None = None) -> None:
        """Serve so many requests more, then reset every connection; `act` is called once, at the first of them.

        `act` may kill the process under test; what it raises is dropped with the connection.
        """
        self.stop = Stop(requests, act)

    def clear(self) -> None:
        """Forget the whole schedule: the world is well again."""
        self.rules.clear()
        self.interludes.clear()
        self._hidden.clear()
        self.stop, self.stale_reads = None, 0

    def due_interludes(self, method: str, path: str) -> list[Callable[[], object]]:
        """Count a request and take out what is to be done before it."""
        due = [interlude for interlude in self.interludes if interlude.is_due(method, path)]
        self.interludes = [interlude for interlude in self.interludes if interlude not in due]
        return [interlude.act for interlude in due]

    def struck(self, method: str, path: str) -> Rule | None:
        """Count a request in every rule and return the first that strikes."""
        struck = [rule for rule in self.rules if rule.is_struck_by(method, path)]
        return struck[0] if struck else None

    def is_stopped(self) -> tuple[bool, Callable[[], object] | None]:
        """Count a request and say whether the end has come, and what to do at its first moment."""
        if self.stop is None:
            return False, None
        if self.stop.left > 0:
            self.stop.left -= 1
            return False, None
        act, self.stop.act = self.stop.act, None
        return True, act

    def hide(self, issue_id: int) -> None:
        """Note a new issue for the lists to come."""
        if self.stale_reads:
            self._hidden[issue_id] = self.stale_reads

    @property
    def is_stale(self) -> bool:
        """Tell whether the next list hides something."""
        return any(self._hidden.values())

    def hidden(self, *, is_first_page: bool) -> frozenset[int]:
        """Return the ids that this page does not show; a first page begins a new read."""
        if is_first_page:
            self._hidden = {issue_id: left - 1 for issue_id, left in self._hidden.items() if left > 0}
        return frozenset(self._hidden)


def faulty_reply(fault: Fault, now: datetime) -> Reply | None:
    """Return the answer that a fault puts in place of the real one; none where the connection itself goes wrong."""
    wait = {"retry-after": str(fault.retry_after)}
    reset = str(int((now + timedelta(seconds=fault.retry_after)).timestamp()))
    replies = {
        Kind.BAD_GATEWAY: Reply(502, {"message": "Server Error"}),
        Kind.FORBIDDEN_RETRY_AFTER: Reply(403, limited(SECONDARY), wait),
        Kind.TOO_MANY_RETRY_AFTER: Reply(429, limited(SECONDARY), wait),
        Kind.EXHAUSTED: Reply(403, limited(PRIMARY), {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}),
        Kind.SECONDARY_BARE: Reply(403, limited(SECONDARY)),
        Kind.GRAPHQL_EXHAUSTED: Reply(200, graphql_exhausted()),
    }
    return replies.get(fault.kind)


def limited(message: str) -> dict[str, str]:
    """Return the body of a rate limit."""
    return {"message": message, "documentation_url": f"{DOCS}/using-the-rest-api/rate-limits-for-the-rest-api"}


def graphql_exhausted() -> Json:
    """Return the body with which GraphQL refuses under status 200."""
    return {"errors": [{"type": "RATE_LIMITED", "message": PRIMARY}]}
