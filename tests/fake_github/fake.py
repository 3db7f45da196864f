"""The fake GitHub as tests use it: a server, its state, its schedule of faults, and what people do meanwhile."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from . import changes, evidence
from .documents import Documents
from .faults import Faults, Interlude
from .routing import Routes
from .server import Server
from .service import Recorded, Service, Unexpected
from .state import HOUR, Access, Clock, Comment, Issue, Repository, State, Token
from .views import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from .contract import Violation
    from .replies import Json
    from .turnstile import Turnstile

PEOPLE = ("alice", "bob", "carol")
BOT = "github-actions[bot]"
PERSONAL_LIMIT, INSTALLATION_LIMIT = 5_000, 1_000  # requests an hour


def utc_now() -> datetime:
    """Return the real time."""
    return datetime.now(UTC)  # noqa: TID251 - the fake's only clock; tests give their own


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The repositories as they were at some time."""

    repositories: Mapping[str, Repository]


class FakeGitHub:
    """A GitHub on loopback: `with FakeGitHub() as fake:`."""

    def __init__(self, *, clock: Clock = utc_now, port: int = 0) -> None:
        self._server = Server(port)
        self.state = State(clock)
        self.routes = Routes()
        self.routes.add(*evidence.ROUTES, *ROUTES)  # the first that fits wins
        self._service = Service(self.state, Documents(self.url), self.routes)
        self._server.service = self._service

    def __enter__(self) -> Self:
        """Start serving."""
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.close()

    @property
    def url(self) -> str:
        """Return the base URL of the API."""
        return self._server.url

    @property
    def faults(self) -> Faults:
        """Return the schedule of faults."""
        return self._service.faults

    @property
    def turnstile(self) -> Turnstile:
        """Return what holds the requests of single tokens until a test lets them through."""
        return self._service.turnstile

    @property
    def requests(self) -> list[Recorded]:
        """Return every request in the order in which it was served."""
        return self._service.requests

    @property
    def writes(self) -> list[Recorded]:
        """Return the requests that were meant to change something."""
        return [request for request in self.requests if request.method != "GET"]

    @property
    def unexpected(self) -> list[Unexpected]:
        """Return the calls and query parameters that the fake does not know."""
        return self._service.unexpected

    @property
    def violations(self) -> list[Violation]:
        """Return the bodies that break GitHub's contract, and the exceptions raised while serving."""
        return self._service.violations

    def interleave(self, act: Callable[[], object], *, before: int = 1, method: str = "", path: str = "") -> None:
        """Call `act` once, before the matching request number `before` from now is served.

        `act` may call the API itself, as another run does, or change the state, as a person does.
        """
        self.faults.interludes.append(Interlude(act, before, method, re.compile(path)))

    def snapshot(self) -> Snapshot:
        """Remember all repositories as they are."""
        with self._service.lock:
            return Snapshot(copy.deepcopy(self.state.repositories))

    def restore(self, snapshot: Snapshot) -> None:
        """Bring all repositories back to what they were, and forget the schedule of faults and what tokens spent."""
        with self._service.lock:
            self.faults.clear()
            for token in self.state.tokens.values():
                token.used, token.writes = 0, []
            self.state.repositories = copy.deepcopy(dict(snapshot.repositories))

    def limit_writes(self, *, minute: int = 80, hour: int = 500) -> None:
        """Refuse more writes of a token than GitHub likes to see in a minute and in an hour."""
        self.state.write_limits = ((timedelta(minutes=1), minute), (HOUR, hour))

    def add_token(
        self,
        login: str = "keyturn-bot",
        *,
        installation: bool = False,
        access: Access = Access.PUSH,
        limit: int | None = None,
        value: str | None = None,
    ) -> str:
        """Add a token and return it; an installation token acts as `login` but may not ask who it is."""
        prefix = "ghs" if installation else "ghp"
        made = value or f"{prefix}_{len(self.state.tokens):036d}"
        hourly = limit if limit is not None else INSTALLATION_LIMIT if installation else PERSONAL_LIMIT
        account = self.state.account(login)
        self.state.tokens[made] = Token(made, account, installation, access, hourly)
        return made

    def add_repository(
        self,
        full_name: str = "acme/keys",
        *,
        collaborators: Iterable[str] = PEOPLE,
        has_issues: bool = True,
        head: str | None = None,
    ) -> Repository:
        """Add a repository; collaborators may be assigned; `head` is the commit of its default branch."""
        owner, name = full_name.split("/")
        state = self.state
        logins = {state.account(login).login.lower() for login in collaborators}
        repository = Repository(state.next_id(), state.account(owner), name, state.now(), logins, has_issues)
        repository.refs[repository.default_branch] = head or f"{repository.id:040x}"
        state.repositories[full_name.lower()] = repository
        return repository

    def repository(self, full_name: str | None = None) -> Repository:
        """Return a repository by name, by default the first one."""
        return self.state.repository(full_name or next(iter(self.state.repositories)))

    def issue(self, number: int, *, repository: str | None = None) -> Issue:
        """Return an issue by number, whatever became of it."""
        return self.repository(repository).issues[number]

    def add_issue(  # noqa: PLR0913 - what an issue is made of
        self,
        title: str,
        *,
        body: str | None = "",
        author: str = "alice",
        labels: Iterable[str] = (),
        assignees: Iterable[str] = (),
        is_pull_request: bool = False,
        repository: str | None = None,
    ) -> Issue:
        """Open an issue as its author would on the web."""
        place = self.repository(repository)
        with self._service.lock:
            issue = changes.new_issue(self.state, place, title, body, self.state.account(author))
            issue.is_pull_request = is_pull_request
            issue.labels = changes.named_labels(self.state, place, list(labels))
            issue.assignees = [self.state.account(login) for login in assignees]
        return issue

    def person_closes(
        self, number: int, *, by: str = "alice", reason: str = "completed", repository: str | None = None
    ) -> None:
        """Close an issue on the web."""
        self.person_edits(number, by=by, repository=repository, state="closed", state_reason=reason)

    def person_reopens(self, number: int, *, by: str = "alice", repository: str | None = None) -> None:
        """Reopen an issue on the web."""
        self.person_edits(number, by=by, repository=repository, state="open")

    def person_edits(self, number: int, *, by: str = "alice", repository: str | None = None, **fields: Json) -> None:
        """Change title, body, labels, assignees or state on the web."""
        place = self.repository(repository)
        with self._service.lock:
            changes.edit_issue(self.state, place, place.issues[number], fields, self._person(by))

    def comment_as(self, login: str, number: int, body: str, *, repository: str | None = None) -> Comment:
        """Comment on the web."""
        issue = self.issue(number, repository=repository)
        with self._service.lock:
            return changes.add_comment(self.state, issue, body, self.state.account(login))

    def lock(self, number: int, *, refuses_writes: bool = False, repository: str | None = None) -> None:
        """Lock an issue; writes by the API still succeed unless they are to be refused."""
        issue = self.issue(number, repository=repository)
        issue.locked, issue.refuses_writes = True, refuses_writes

    def delete(self, number: int, *, repository: str | None = None) -> None:
        """Delete an issue."""
        self.issue(number, repository=repository).is_deleted = True

    def transfer(self, number: int, to: str, *, repository: str | None = None) -> Issue:
        """Transfer an issue to another repository and return it as it is there."""
        issue = self.issue(number, repository=repository)
        moved = self.add_issue(issue.title, body=issue.body, author=issue.author.login, repository=to)
        issue.moved_to = (to, moved.number)
        return moved

    def _person(self, login: str) -> Token:
        return Token("", self.state.account(login), installation=False, access=Access.PUSH, limit=0)
