"""What one plan is made in, and the row of the rules that one id stands in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias, cast

from keyturn.model import Confirmation, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from keyturn.actions import Action, Subject
    from keyturn.model import Catalogue, Entry, Incident, Issue, Marker, Policy, Rotation
    from keyturn.policy import Standing


@dataclass(frozen=True, slots=True)
class Setting:
    """What a plan is made in, apart from the rotations and the issues themselves."""

    policy: Policy
    today: date
    scope: str
    catalogue: Catalogue
    incidents: tuple[Incident, ...] = ()
    entries: tuple[Entry, ...] = ()  # of the root's own catalogue
    edition: str = ""  # names the templates: an issue written by others is written anew
    left_alone: frozenset[str] = frozenset()  # ids whose file has an error: nothing happens to their issue
    is_whole: bool = True  # every file could be read; otherwise no issue counts as gone
    confirmations: Mapping[str, Confirmation] | None = None  # by id; None: there is nobody to ask

    def confirmation(self, rotation: Rotation, issue: Issue | None) -> Confirmation | None:
        """Return what evidence is weighed by; without an issue to close it counts as written, and nobody is asked."""
        if issue is None or self.confirmations is None:
            return None
        return self.confirmations.get(rotation.id, Confirmation())


class File(Enum):
    """What a file asks for; the first that applies."""

    GONE = auto()
    PROVED = auto()  # retired, or a later version; evidence complete; not leaked anew
    UNVERIFIED = auto()
    WAIVED = auto()
    HELD = auto()
    WANTED = auto()  # leaked, expired, requested, overdue, due, due-soon
    QUIET = auto()


class Its(Enum):
    """What a file's issue is; one that we closed counts as none."""

    OPEN = auto()
    CLOSED_BY_PERSON = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """One id: how its rotation stands, where it is declared, and its issue, where it has one."""

    setting: Setting
    standing: Standing | None
    issue: Issue | None

    @property
    def declared(self) -> Standing:
        """Give the standing in rows where there is one."""
        return cast("Standing", self.standing)

    @property
    def found(self) -> Issue:
        """Give the issue in rows where there is one."""
        return cast("Issue", self.issue)

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether the file of the incident that this issue is about may be among those that cannot be read."""
        is_marked = self.issue is not None and self.issue.marker.incident is not None
        is_touched = self.standing is not None and self.standing.status is Status.LEAKED
        return is_marked and not is_touched and not self.setting.is_whole

    @property
    def is_out_of_harm(self) -> bool:
        """Tell whether an incident that touched this key is known by now to have ended before its version was made."""
        rotation, named = self.declared.rotation, self.issue.marker.incident if self.issue else None
        ended = (each for each in self.setting.incidents if each.id == named and each.exposed_until)
        return any(each.match.matches(rotation) and not each.affects(rotation) for each in ended)

    @property
    def row(self) -> tuple[File, Its]:
        """Give the row of the table that this case stands in."""
        if self.issue is None:
            return kind(self.standing), Its.NONE
        return kind(self.standing), Its.OPEN if self.issue.is_open else Its.CLOSED_BY_PERSON


@dataclass(frozen=True, slots=True)
class Opening:
    """An issue that is to be opened, before its page is composed: most that wait for a place never need one."""

    subject: Subject
    case: Case
    marker: Marker  # without the digest of the page


Step: TypeAlias = "Action | Opening"


_BY_STATUS: Mapping[Status, File] = {
    Status.UNVERIFIED: File.UNVERIFIED,
    Status.WAIVED: File.WAIVED,
    Status.HELD: File.HELD,
    Status.RETIRED: File.QUIET,
    Status.FRESH: File.QUIET,
}


def kind(standing: Standing | None) -> File:
    """Classify what a file asks for."""
    if standing is None:
        return File.GONE
    if standing.is_proved and standing.status is not Status.LEAKED:
        return File.PROVED
    return _BY_STATUS.get(standing.status, File.WANTED)
