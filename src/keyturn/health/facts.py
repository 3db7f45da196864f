"""What `doctor` judges by: files, settings and versions as plain values, read beforehand.

What could not be read is an `Unread` in the place of its value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from keyturn.model import Policy

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta

    from keyturn.model import Entry


class Obstacle(StrEnum):
    """Why something could not be read."""

    NEEDLESS = "not asked: no check needs it"
    LOCAL = "not asked: local tracker"
    TOKENLESS = "not asked: there is no token"
    REFUSED = "not asked: GitHub does not accept the token"
    DENIED = "the token may not read it"
    SILENT = "GitHub did not answer"


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, and the permission that would show it: `Actions: read`."""

    obstacle: Obstacle
    grant: str = ""


NOT_ASKED = Unread(Obstacle.NEEDLESS)


# -- on GitHub -----------------------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What sort of token it is, as its prefix tells."""

    CLASSIC = "classic personal access token"
    FINE_GRAINED = "fine-grained personal access token"
    OAUTH = "token of an OAuth app"
    APP_USER = "token of an app for a person"
    INSTALLATION = "token of an app or of GitHub Actions"
    OTHER = "token of an unknown kind"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose the token is, as `GET /user` says; without a login it belongs to an app or to a workflow."""

    kind: Kind
    is_accepted: bool = True
    login: str | None = None
    scopes: frozenset[str] | None = None  # only tokens that have scopes name them
    expires: datetime | None = None
    skew: timedelta | None = None  # how far our clock is ahead of GitHub's


@dataclass(frozen=True, slots=True)
class Home:
    """A repository; `role` is what the account may do there, which its token may not reach."""

    name: str
    branch: str = "main"
    role: str | None = None  # admin | maintain | push | triage | pull
    has_issues: bool = True
    is_archived: bool = False
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """What GitHub says does not exist."""

    name: str
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class Defaults:
    """What workflows of a repository may do where they do not say it themselves."""

    is_writing: bool
    may_open_pulls: bool


@dataclass(frozen=True, slots=True)
class Protection:
    """What rules ask of the default branch, taken together; `is_certain` tells whether all of them could be read."""

    needs_pull: bool = False
    approvals: int = 0
    needs_owners: bool = False
    checks: tuple[str, ...] = ()
    refuses_force: bool = False
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Complaints:
    """What GitHub does not understand in the CODEOWNERS of the default branch; None where there is no such file."""

    lines: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Environment:
    """What guards the secrets of an environment; `branches` are patterns, None where every branch may use it."""

    name: str
    has_reviewers: bool
    branches: tuple[str, ...] | None  # PROTECTED for all protected ones


PROTECTED = "(protected branches)"


@dataclass(frozen=True, slots=True)
class Pulse:
    """A scheduled workflow and its last scheduled run on the default branch."""

    path: str
    state: str  # active | disabled_inactivity | disabled_manually | …; `missing` where GitHub does not know it
    started: datetime | None = None
    conclusion: str | None = None  # None while it runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What GitHub says of the tracker's repository, and of the one that holds the files."""

    account: Account | Unread = NOT_ASKED
    tracker: Home | Missing | Unread = NOT_ASKED
    home: Home | Missing | Unread = NOT_ASKED
    issues: bool | Unread = NOT_ASKED  # True where they can be listed
    secrets: bool | Unread = NOT_ASKED
    labels: frozenset[str] | Unread = NOT_ASKED  # in lower case
    defaults: Defaults | Unread = NOT_ASKED
    protection: Protection | Unread = NOT_ASKED
    complaints: Complaints | Unread = NOT_ASKED
    environments: tuple[Environment, ...] | Unread = NOT_ASKED
    pulses: tuple[Pulse, ...] | Unread = NOT_ASKED
    writers: tuple[str, ...] | Unread = NOT_ASKED


# -- in the work tree ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """Where a workflow takes an action or another workflow from."""

    line: int
    source: str


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow as far as it concerns us; `environments` has None for a job that verifies outside of any."""

    path: str
    is_ours: bool = False  # it makes the issues agree with the files
    is_scheduled: bool = False
    environments: tuple[str | None, ...] = ()  # of the jobs that hold values of keys
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Owners:
    """The file CODEOWNERS."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A file or folder that must have an owner, and paths below it that stand for all that may come."""

    name: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """What the work tree holds beside the declared files."""

    workflows: tuple[Workflow, ...] = ()
    unreadable: tuple[str, ...] = ()  # workflows that cannot be read
    owners: Owners | None = None
    grounds: tuple[Ground, ...] = ()


# -- the machine ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Something that keyturn runs on, and the versions that it is tested with: `>=2.31,<3`."""

    name: str
    version: str | None
    supported: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What keyturn runs on."""

    keyturn: str
    parts: tuple[Part, ...] = ()
    has_libyaml: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where this runs, and with what."""

    tracker: str = "local"
    home: str | None = None  # OWNER/REPO of the files
    in_actions: bool = False
    objection: str = ""  # what is wrong with the token before anybody is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the checks judge by."""

    today: date
    now: datetime
    errors: int = 0  # in declared files
    files: int = 0
    entries: tuple[Entry, ...] = ()
    policy: Policy = field(default_factory=Policy)
    place: Place = field(default_factory=Place)
    tree: Tree = field(default_factory=Tree)
    machine: Machine = field(default_factory=lambda: Machine(""))
    settings: Settings = field(default_factory=Settings)
