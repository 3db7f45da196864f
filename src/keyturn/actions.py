"""The union of actions; each is one change to the tracker and one API request.

An action says what is to be done and what the issue is to say, as values; the words on the page are `render`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from keyturn.model import Entry, Issue, Marker, Status, Tier, Why


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style: plain, an interface label in bold, or literal code."""

    text: str
    style: str = "plain"  # plain | bold | code


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do and tick; with what to copy where there is something."""

    spans: tuple[Span, ...]
    code: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A step of the strategy with its tasks; a warning stands before them."""

    title: str
    tasks: tuple[Task, ...]
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Everything an issue says about a key; nothing in it changes merely because a day has passed."""

    id: str
    title: str
    status: Status
    why: Why
    due: date
    path: str
    owners: tuple[str, ...]
    tier: Tier
    created: str
    provider: str
    strategy: str
    sections: tuple[Section, ...]
    team: str | None = None
    description: str | None = None
    environment: str | None = None
    tags: tuple[str, ...] = ()
    deadline: date | None = None  # of the request or incident, where the key was due before it
    note: str | None = None  # of the request
    incident: str | None = None
    held_until: date | None = None
    console: str | None = None
    docs: str | None = None
    downtime: str | None = None
    missing: tuple[str, ...] = ()  # what keeps recorded evidence from closing the issue
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class Exposed:
    """One key that an incident touches."""

    rotation: str
    owners: tuple[str, ...]
    tier: Tier
    is_done: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the issue of an incident says; each of its keys has an issue of its own."""

    id: str
    title: str
    summary: str
    due: date
    path: str
    since: str | None
    until: str | None  # None while it still goes on
    link: str | None
    keys: tuple[Exposed, ...]
    reopened: bool = False

    @property
    def done(self) -> int:
        """Give how many of the keys have been replaced."""
        return sum(key.is_done for key in self.keys)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Everything that the issue about a root's own catalogue says: which entries are to be checked again."""

    id: str
    title: str
    entries: tuple[Entry, ...]
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One key of a dashboard, with a day of its own and the number of its open issue."""

    rotation: str
    owners: tuple[str, ...]
    tier: Tier
    day: date
    issue: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The keys of a dashboard of which the same is to be said; `day` names the column of their days."""

    title: str
    day: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An incident that is not over."""

    summary: str
    respond_by: date
    issue: int | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything that the issue about all keys says: what is to be done, by days that stay what they are."""

    id: str
    title: str
    groups: tuple[Group, ...]
    alarms: Mapping[str, Alarm]  # by the id of the incident
    reopened: bool = False

    def numbered(self, numbers: Mapping[str, int]) -> Dashboard:
        """Return it with the numbers of issues by id, where it names none yet."""
        groups = tuple(
            replace(
                group, lines=tuple(replace(line, issue=numbers.get(line.rotation, line.issue)) for line in group.lines)
            )
            for group in self.groups
        )
        alarms = {id_: replace(alarm, issue=numbers.get(id_, alarm.issue)) for id_, alarm in self.alarms.items()}
        return replace(self, groups=groups, alarms=alarms)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of ours put at the head of what an issue says already; the rest of it stays, ticks and all."""

    text: str
    details: tuple[str, ...] = ()


Whole: TypeAlias = Content | Overview | Upkeep | Dashboard
Text: TypeAlias = Whole | Note


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action is about, as plans show it and as runs are ordered by."""

    rotation: str
    title: str
    why: Why
    status: Status
    due: date
    tier: Tier


class StateReason(StrEnum):
    """Why an issue is closed, in the tracker's words."""

    COMPLETED = "completed"
    NOT_PLANNED = "not_planned"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Open:
    """Open an issue for what has none."""

    subject: Subject
    text: Whole
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    marker: Marker


@dataclass(frozen=True, slots=True)
class Update:
    """Write an issue anew; its state stays."""

    subject: Subject
    issue: Issue
    text: Text
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    marker: Marker


@dataclass(frozen=True, slots=True)
class Remind:
    """Add the comment of a reached threshold, `days` after the key was due."""

    subject: Subject
    issue: Issue
    name: str
    days: int
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """Close an issue: state, reason and what it says in one request."""

    subject: Subject
    issue: Issue
    text: Text
    labels: tuple[str, ...]
    marker: Marker
    because: StateReason


@dataclass(frozen=True, slots=True)
class Reopen:
    """Open an issue again that a person closed before the rotation was proved."""

    subject: Subject
    issue: Issue
    text: Whole
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    marker: Marker


@dataclass(frozen=True, slots=True)
class Link:
    """Put a key's issue below the issue of its incident; either may be opened by the same run."""

    subject: Subject  # of the key
    issue: Issue | None
    parent: str  # the incident's id
    parent_issue: Issue | None


Action: TypeAlias = Open | Update | Remind | Close | Reopen | Link


@dataclass(frozen=True, slots=True)
class Waiting:
    """An issue that is opened as soon as there is a place for it; what it is to say is composed then."""

    subject: Subject


Planned: TypeAlias = Action | Waiting


def verb(planned: Planned) -> str:
    """Return the word by which plans and `--only` know an action; what waits, waits to be opened."""
    return "open" if isinstance(planned, Waiting) else type(planned).__name__.lower()
