"""What the fake remembers: accounts, tokens, repositories, issues, comments and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from .replies import RefusedError, not_found, refusal

Clock = Callable[[], datetime]
HOUR = timedelta(hours=1)


class Access(Enum):
    """What a token may do with issues."""

    READ = "read"  # every write is refused
    OPEN = "open"  # may open issues and edit its own; labels and assignees are dropped
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who acts: a person or an app's bot."""

    id: int
    login: str

    @property
    def kind(self) -> str:
        """Return the account type in GitHub's words."""
        return "Bot" if self.login.endswith("[bot]") else "User"


@dataclass(slots=True)
class Token:
    """A credential, what it may do, and how much of its hour is used."""

    value: str
    account: Account
    installation: bool
    access: Access
    limit: int
    used: int = 0
    reset: datetime | None = None
    writes: list[datetime] = field(default_factory=list)  # of the last hour, where they are counted

    def remaining(self, now: datetime) -> int:
        """Return the requests left in the hour that holds `now`; a new hour starts by itself."""
        if self.reset is None or now >= self.reset:
            self.used, self.reset = 0, now + HOUR
        return max(0, self.limit - self.used)


@dataclass(slots=True)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(slots=True)
class Comment:
    """A comment under an issue."""

    id: int
    body: str
    author: Account
    created_at: datetime


@dataclass(slots=True)
class Issue:
    """An issue, or a pull request, which GitHub lists among the issues."""

    id: int
    number: int
    title: str
    body: str | None
    author: Account
    created_at: datetime
    updated_at: datetime
    labels: list[str] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: Account | None = None
    locked: bool = False
    refuses_writes: bool = False
    is_pull_request: bool = False
    is_deleted: bool = False
    moved_to: tuple[str, int] | None = None
    comments: list[Comment] = field(default_factory=list)
    sub_issues: list[int] = field(default_factory=list)
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as it stands in a pull request; `author` is None where GitHub knows nobody with that address."""

    sha: str
    author: Account | None
    email: str
    message: str
    files: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()  # what the first files were called before


@dataclass(slots=True)
class Review:
    """What a person said about a pull request, at one of its commits."""

    id: int
    author: Account | None
    state: str  # APPROVED | CHANGES_REQUESTED | COMMENTED | DISMISSED | PENDING
    commit: str | None


@dataclass(slots=True)
class Pull:
    """What the list of issues does not show of a pull request."""

    number: int
    author: Account | None
    commits: list[Commit]
    merged_as: str | None  # the commit that the base branch was updated to
    merged_at: datetime | None
    base: str = "main"
    landed: frozenset[str] = frozenset()  # the commits on the base branch that came with it
    reviews: list[Review] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """A run of a workflow."""

    id: int
    started_at: datetime
    updated_at: datetime
    sha: str
    title: str
    path: str = ".github/workflows/verify.yml"
    branch: str = "main"
    event: str = "workflow_dispatch"
    conclusion: str | None = "success"
    head_repository: str | None = None  # None: the repository itself


@dataclass(slots=True)
class Repository:
    """A repository with its issues by number, its labels by lower-case name, and its branches."""

    id: int
    owner: Account
    name: str
    created_at: datetime
    collaborators: set[str]
    has_issues: bool = True
    default_branch: str = "main"
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    secrets: dict[str, datetime] = field(default_factory=dict)  # `NAME`, or `environment/NAME`; when it was written
    permissions: dict[str, str] = field(default_factory=dict)  # by lower-case login; collaborators may write
    behind: set[str] = field(default_factory=set)  # the commits that the default branch has

    @property
    def full_name(self) -> str:
        """Return `owner/name`."""
        return f"{self.owner.login}/{self.name}"

    def present_issues(self) -> Iterator[Issue]:
        """Yield what a list may show: neither deleted nor transferred, and pull requests alone without issues."""
        for issue in self.issues.values():
            if not issue.is_deleted and issue.moved_to is None and (self.has_issues or issue.is_pull_request):
                yield issue

    def issue_by_id(self, wanted: int) -> Issue | None:
        """Return the issue with this id, which is not its number."""
        return next((issue for issue in self.present_issues() if issue.id == wanted), None)


class State:
    """Everything that outlives one request."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, Repository] = {}
        self.organization_secrets: dict[str, datetime] = {}  # `organization/NAME`
        self.opened: Callable[[int], None] | None = None  # told the id of each new issue
        self.write_limits: tuple[tuple[timedelta, int], ...] = ()  # how many writes a span of time may hold
        self._last_id = 1_000_000

    def now(self) -> datetime:
        """Return the time in UTC in whole seconds, which is all that GitHub shows."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    def next_id(self) -> int:
        """Return an id never used before."""
        self._last_id += 1
        return self._last_id

    def account(self, login: str) -> Account:
        """Return the account of that login in any case, made when it is new."""
        return self.accounts.setdefault(login.lower(), Account(self.next_id(), login))

    def repository(self, full_name: str) -> Repository:
        """Return a repository by `owner/name`; GitHub's 404 when there is none."""
        found = self.repositories.get(full_name.lower())
        if found is None:
            raise not_found()
        return found

    def issue(self, full_name: str, number: int) -> Issue:
        """Return an issue by number, wherever it is gone to; GitHub's 404 or 410 when it cannot be reached."""
        repository = self.repository(full_name)
        found = repository.issues.get(number)
        if found is None:
            raise not_found()
        if not repository.has_issues and not found.is_pull_request:
            raise issues_disabled()
        if found.is_deleted:
            raise refusal(410, "This issue was deleted")
        return found


def issues_disabled() -> RefusedError:
    """Return GitHub's answer where a repository has no issues."""
    return refusal(410, "Issues are disabled for this repo")
