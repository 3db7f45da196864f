"""What became of keys: who changed what in their files, and how each version of a key went."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from keyturn.model.confirmation import Statement
    from keyturn.model.incident import Incident
    from keyturn.model.issue import Issue, Why
    from keyturn.model.policy import Policy
    from keyturn.model.rotation import Evidence, Part, RetirementEvidence, Rotation
    from keyturn.model.time import Version

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Change:
    """A commit of the default branch that changed a file; `order` counts such commits, the oldest first."""

    order: int
    commit: str
    at: datetime
    makers: tuple[str, ...]  # `name <address>`, as their commits say
    path: str
    blob: str | None = None  # what git calls the content; None where the file is gone


@dataclass(frozen=True, slots=True)
class State(Generic[T_co]):
    """What a file said from a change on; None where it is gone."""

    change: Change
    value: T_co | None


@dataclass(frozen=True, slots=True)
class Past:
    """Every state of the declared files, the oldest first; what could not be read is left out."""

    rotations: tuple[State[Rotation], ...] = ()
    incidents: tuple[State[Incident], ...] = ()
    policies: tuple[State[Policy], ...] = ()


class Way(StrEnum):
    """How a version was asked to go."""

    REQUEST = "request"
    INCIDENT = "incident"
    RETIREMENT = "retirement"
    SCHEDULE = "schedule"  # nobody in particular: the policy's calendar
    NOBODY = "nobody"  # it was replaced ahead of its day


@dataclass(frozen=True, slots=True)
class Ask:
    """Why a version had to go, and the change that said so; the calendar needs none."""

    way: Way
    why: Why | None = None
    change: Change | None = None
    deadline: date | None = None
    incident: str | None = None


class End(StrEnum):
    """How a version's time in a file ended."""

    REPLACED = "replaced"
    CORRECTED = "corrected"  # `created` was set back: it was never the version in use
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Ended:
    """When a version went out of its file, and for which one."""

    how: End
    change: Change
    into: Version | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Evidence as a change brought it, with the rotation as it then stood."""

    change: Change
    rotation: Rotation
    evidence: Evidence | RetirementEvidence


@dataclass(frozen=True, slots=True)
class Turn:
    """One version of a key, from its declaration to its replacement."""

    version: Version
    declared: Change
    asked: tuple[Ask, ...]
    due: date
    is_due_by_issue: bool  # the day that its issue names, else the one that the policy of the time gives
    issues: tuple[Issue, ...]
    ended: Ended | None
    is_retired: bool
    evidence: tuple[Recorded, ...]  # every block that ever stood there, the one that counts last
    missing: tuple[str, ...]  # what the evidence as written lacked by the policy of its day
    proved: datetime | None  # when its last part was shown; None unless it was complete
    on_run: tuple[Part, ...] = ()  # parts that count only where the run that the evidence names is confirmed

    @property
    def is_over(self) -> bool:
        """Tell whether this version is said to be out of use."""
        return self.ended is not None or self.is_retired

    @property
    def is_to_be_proved(self) -> bool:
        """Tell whether somebody has to show that it is dead; a correction was never in use."""
        return self.is_over and not (self.ended is not None and self.ended.how is End.CORRECTED)

    @property
    def is_in_time(self) -> bool | None:
        """Tell whether it was shown to be replaced by its day; None where nothing was shown."""
        return None if self.proved is None else self.proved.date() <= self.due

    @property
    def changes(self) -> tuple[Change, ...]:
        """Give every change that this record rests on."""
        asked = [ask.change for ask in self.asked if ask.change]
        ended = [self.ended.change] if self.ended else []
        return (self.declared, *asked, *ended, *(each.change for each in self.evidence))


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about one key, by the last id that it had."""

    id: str
    formerly: tuple[str, ...]
    path: str | None  # None where no file declares it any more
    turns: tuple[Turn, ...]  # the oldest version first


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's last word on a pull request, where it is an approval."""

    by: str
    is_of_last_commit: bool


@dataclass(frozen=True, slots=True)
class Landing:
    """The pull request that brought a commit into the default branch."""

    number: int
    opener: str | None  # None where the account is gone
    approvals: tuple[Approval, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """How a commit came into the default branch; without a pull request the reason says why there is none to show."""

    pull: Landing | None
    reason: str = ""
    is_known: bool = True  # somebody who keeps pull requests answered


@dataclass(frozen=True, slots=True)
class Told:
    """What the tracker says beside its issues: of commits, and of the runs that evidence names."""

    landed: Mapping[str, Landed] = field(default_factory=dict)  # by commit
    runs: Mapping[tuple[str, str], Statement] = field(default_factory=dict)  # by commit and id at that time
    silence: str = ""  # why nobody was asked, about the rest or at all
    is_cut: bool = False  # a limit ended the asking


@dataclass(frozen=True, slots=True)
class Deposit:
    """A file as the audited commit has it."""

    path: str
    blob: str
    sha256: str | None  # of the content as committed; None where it is too large to be read
    rotation: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that an audit shows."""

    made_at: datetime
    commit: str
    commit_at: datetime
    scope: str  # `owner/repo:root`
    tracker: str | None  # None where git alone was asked
    since: date | None
    records: tuple[Record, ...]
    files: tuple[Deposit, ...]
    told: Told
    notes: tuple[str, ...] = ()  # what could not be looked at, and why
    home: str | None = None  # where a browser finds the repository
