"""Where issues live: one Protocol, and what passes through it as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from keyturn.errors import OutsideError

if TYPE_CHECKING:
    from datetime import date

    from keyturn.model import Issue


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue that does not exist yet."""

    title: str
    body: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """What an issue is to become, all of it in one request; None leaves a field as it is."""

    body: str
    labels: tuple[str, ...]
    title: str | None = None
    assignees: tuple[str, ...] | None = None
    is_open: bool | None = None
    state_reason: str | None = None  # completed | not_planned | duplicate | reopened


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a write: the issue's number, and what the tracker did not take."""

    number: int
    url: str | None = None
    key: int | None = None  # the tracker's own name for it, where that is not the number
    notices: tuple[str, ...] = ()  # sentences for people, for example about an owner who cannot be assigned


class RefusedError(OutsideError):
    """One issue was refused: locked, deleted, transferred or not accepted as it is; the others can go on.

    Also where nobody said what came of a change to one that is there: it is not tried again in this run.
    """


class Tracker(Protocol):
    """Where issues live. Each write is one request and is never repeated after an ambiguous answer.

    All methods raise OutsideError where the tracker does not answer or refuses, its subclass RefusedError where that
    concerns the one issue only, and UnfinishedError where a rate limit asks for a longer wait than a run may take.
    """

    @property
    def name(self) -> str:
        """Give the name as the policy writes it: `local` or `github:OWNER/REPO`."""

    def issues(self, since: date) -> list[Issue]:
        """List our issues of this scope by number: all open ones, and those closed and updated on or after `since`.

        Older closed ones may be among them.
        """

    def reminders(self, issue: Issue) -> frozenset[str]:
        """Return the names of the reminders that our own comments on an issue carry."""

    def create(self, draft: Draft) -> Written:
        """Open an issue."""

    def edit(self, number: int, edit: Edit) -> Written:
        """Change an issue."""

    def comment(self, number: int, body: str) -> Written:
        """Add a comment to an issue."""

    def link(self, parent: int, child: Written) -> Written:
        """Put an issue below another; one that stands below an issue already stays there."""
