"""Issues on GitHub, by PyGithub; its objects stay behind `api`, plain values leave."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from sys import intern
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from keyturn import marker
from keyturn.errors import OutsideError
from keyturn.model import MOST_ASSIGNEES, OWNER_MISSING
from keyturn.trackers import Written, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime

    from keyturn.model import Issue
    from keyturn.trackers import Draft, Edit
    from keyturn.trackers.answers import Answer
    from keyturn.trackers.api import Api
    from keyturn.trackers.listing import Listing
    from keyturn.trackers.pages import Entry

ACTIONS_BOT = "github-actions[bot]"
_PAGE = {"per_page": "100"}
_UNPROCESSABLE = 422
_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,60}(\[bot\])?")


@dataclass(frozen=True, slots=True)
class _Change:
    """A write as a request, and in words: `open an issue`."""

    verb: str
    path: str
    what: str
    number: int | None = None  # None for a new issue


def say_nothing(_: str) -> None:
    """Keep progress to oneself."""


@dataclass(kw_only=True)
class GitHubTracker:
    """Issues of one scope in one repository.

    `identity` holds the logins whose issues are ours (none: whoever the token belongs to). Writes are at least `pause`
    seconds apart. Limits are waited for during `patience` seconds of a run in all, and `floor` requests of the hour
    are left to others. `wait` sleeps for some seconds, `notify` gets a line for people.
    """

    repository: str
    token: str = field(repr=False)
    scope: str
    identity: tuple[str, ...] = ()
    in_actions: bool = False
    base_url: str = "https://api.github.com"
    now: Callable[[], datetime]
    wait: Callable[[float], object]
    notify: Callable[[str], object] = say_nothing
    pause: float = 1.0
    patience: float = 120.0
    floor: int = 20
    timeout: int = 30
    listing: Listing | None = None

    @property
    def name(self) -> str:
        """Give the name as the policy writes it."""
        return f"github:{self.repository}"

    def issues(self, since: date) -> list[Issue]:
        """List our issues: the open ones first, so that one that is closed meanwhile is seen at least once.

        Where another command of this run has listed them, its listing serves.
        """
        if self.listing and (kept := self.listing.issues(since)) is not None:
            return kept
        listed = self._issues(since)
        if self.listing:
            self.listing.keep(listed, since)
        return listed

    def _issues(self, since: date) -> list[Issue]:
        closed = {"state": "closed", "since": f"{since.isoformat()}T00:00:00Z"}
        found: dict[int, Issue] = {}
        for login in self._identities:
            for state in ({"state": "open"}, closed):
                query = {"creator": login, "sort": "created", "direction": "asc", **state}
                found.update((issue.number, issue) for issue in self._listed(query))
        return [found[number] for number in sorted(found)]

    def reminders(self, issue: Issue) -> frozenset[str]:
        """Return the names of the reminders that our own comments on an issue carry."""
        ours = [comment for comment in self._comments(issue.number) if self._is_ours(comment)]
        return marker.reminders(_text(comment, "body") for comment in ours)

    def create(self, draft: Draft) -> Written:
        """Open an issue; the run stops where it turns out to be by somebody we would not know again."""
        fields = {
            "title": draft.title,
            "body": draft.body,
            "labels": list(draft.labels),
            "assignees": list(draft.assignees[:MOST_ASSIGNEES]),
        }
        return self._write(_Change("POST", "/issues", "open an issue"), fields)

    def edit(self, number: int, edit: Edit) -> Written:
        """Change an issue, all of it in one request."""
        fields = {
            "title": edit.title,
            "body": edit.body,
            "labels": list(edit.labels),
            "assignees": None if edit.assignees is None else list(edit.assignees[:MOST_ASSIGNEES]),
            "state": None if edit.is_open is None else ("open" if edit.is_open else "closed"),
            "state_reason": edit.state_reason,
        }
        change = _Change("PATCH", f"/issues/{number}", f"change issue #{number}", number)
        return self._write(change, {name: value for name, value in fields.items() if value is not None})

    def comment(self, number: int, body: str) -> Written:
        """Add a comment to an issue."""
        change = _Change("POST", f"/issues/{number}/comments", f"comment on issue #{number}", number)
        comment = self._document(change, self._sent(change, {"body": body}))
        self._require_identity(comment, f"the comment on issue #{number} was written")
        return Written(number, _link(comment))

    def link(self, parent: int, child: Written) -> Written:
        """Put an issue below another; GitHub refuses one that stands below an issue already, which is as good."""
        change = _Change("POST", f"/issues/{parent}/sub_issues", f"put an issue below #{parent}", parent)
        answer = self._sent(change, {"sub_issue_id": child.key})
        if answer.status != _UNPROCESSABLE:
            self._document(change, answer)
        return child

    @property
    def api(self) -> Api:
        """Give what sends our requests, for look-ups that share its pace and its patience."""
        return self._api

    @cached_property
    def _api(self) -> Api:
        self._require_sense()
        from keyturn.trackers.api import Api  # loads PyGithub

        return Api(
            token=self.token,
            url=self.base_url,
            now=self.now,
            wait=self.wait,
            notify=self.notify,
            pause=self.pause,
            patience=self.patience,
            floor=self.floor,
            timeout=self.timeout,
        )

    def _require_sense(self) -> None:
        """Refuse what the libraries would stumble over with the token in their words."""
        if not self.token:
            raise OutsideError(f"GITHUB_TOKEN is empty; set it to a token that may write issues in {self.repository}")
        if not re.fullmatch(r"[!-~]+", self.token):
            raise OutsideError("GITHUB_TOKEN holds a space, a line end or another character that no token has")
        if not _is_address(self.base_url):
            raise OutsideError("GITHUB_API_URL is not the address of an API; write https://api.github.com or your own")

    @cached_property
    def _identities(self) -> tuple[str, ...]:
        """Ask whose token it is where the policy names nobody; once per run."""
        return tuple(dict.fromkeys(login.lower() for login in self.identity)) or (self._token_owner(),)

    @cached_property
    def _logins(self) -> frozenset[str]:
        return frozenset(login.lower() for login in self._identities)

    def _token_owner(self) -> str:
        answer = self._api.read("/user", {})
        if answer.is_well and isinstance(answer.document, dict) and (login := _text(answer.document, "login")):
            return login
        if not answers.is_nameless(answer):
            raise answers.failure(answer, self.repository)
        if self.in_actions:
            return ACTIONS_BOT
        raise OutsideError(
            "the token does not tell whose it is; name the login that opens the issues in keyturn.yaml, "
            'for example `identity: ["my-app[bot]"]`'
        )

    def _comments(self, number: int) -> Iterator[dict[str, Any]]:
        for page in self._pages(f"/issues/{number}/comments", {}, answers.document, number):
            yield from page

    def _listed(self, query: dict[str, str]) -> Iterator[Issue]:
        """Walk over issues; each page is dropped before the next one is asked for."""
        from keyturn.trackers import pages  # loads the decoder

        try:
            for page in self._pages("/issues", query, pages.entries):
                yield from self._ours(page, pages.issue)
        except (TypeError, ValueError, AttributeError):
            raise OutsideError("GitHub listed something that is no issue; check GITHUB_API_URL") from None

    def _ours(self, page: list[Entry], issue: Callable[[Entry, str], Issue | None]) -> Iterator[Issue]:
        for entry in page:
            if entry.is_issue and entry.author in self._logins and (found := issue(entry, self.scope)):
                yield found

    def _pages(
        self, path: str, query: dict[str, str], decoder: Callable[[str], Any], number: int | None = None
    ) -> Iterator[list[Any]]:
        """Walk over the pages of a list, forward only; any failure ends it with an exception."""
        following: dict[str, str] | None = {**query, **_PAGE}
        while following is not None:
            asked, answer = following, self._api.read(f"/repos/{self.repository}{path}", following, decoder)
            if not answer.is_well or not isinstance(answer.document, list) or (following := answer.following) == asked:
                raise self._unlisted(answer, number)
            yield answer.document

    def _unlisted(self, answer: Answer, number: int | None) -> OutsideError:
        if number is None:
            return answers.failure(answer, self.repository)
        return answers.refusal(answer, self.repository, number)

    def _is_ours(self, entry: dict[str, Any]) -> bool:
        return _author(entry).lower() in self._logins

    def _write(self, change: _Change, fields: dict[str, Any]) -> Written:
        """Write an issue, once more without assignees where GitHub does not know one of them there."""
        notices: tuple[str, ...] = ()
        answer = self._sent(change, fields)
        if fields.get("assignees") and "assignees" in answer.wrong_fields:
            notices = (_unassigned(fields, self.repository),)
            fields = _ownerless(fields)
            answer = self._sent(change, fields)
        issue = self._document(change, answer)
        number = _number(issue, change)
        if change.number is None:
            self._require_identity(issue, f"issue #{number} was opened")
        dropped = _dropped(fields, issue, self.repository)
        return Written(number, _link(issue), issue.get("id"), (*notices, *dropped))

    def _sent(self, change: _Change, fields: dict[str, Any]) -> Answer:
        if self.listing:
            self.listing.forget()
        return self._api.write(change.verb, f"/repos/{self.repository}{change.path}", fields)

    def _document(self, change: _Change, answer: Answer) -> dict[str, Any]:
        """Return what GitHub says it has written."""
        if answer.is_ambiguous:
            # One issue that GitHub stumbles over on every run must not keep back all that comes after it. The second
            # time it is GitHub; and after a new issue nobody knows whether another would be ours.
            raise answers.ambiguity(change.what, concerns_all=change.number is None or self._api.doubts > 1)
        if not answer.is_well:
            raise answers.refusal(answer, self.repository, change.number)
        document: dict[str, Any] = answer.document
        return document

    def _require_identity(self, written: dict[str, Any], what: str) -> None:
        """Stop before a second write is made that no run would know again as ours."""
        if self._is_ours(written):
            return
        login = _author(written)
        name = login if _LOGIN.fullmatch(login) else "THE LOGIN"
        raise OutsideError(
            f"{what} by {name}, whose issues are not ours; add it to keyturn.yaml, for example "
            f'`identity: ["{name}"]`, or use the token of {" or ".join(self._identities)}'
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _author(entry: dict[str, Any]) -> str:
    """Return who wrote it, or nothing where the account is gone."""
    return _text(entry.get("user") or {}, "login")


def _text(entry: dict[str, Any], name: str) -> str:
    return entry.get(name) or ""


def _link(entry: dict[str, Any]) -> str | None:
    return entry.get("html_url")


def _labels(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(intern(label if isinstance(label, str) else label["name"]) for label in entry.get("labels") or ())


def _assignees(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(intern(account["login"]) for account in entry.get("assignees") or ())


def _number(issue: dict[str, Any], change: _Change) -> int:
    if isinstance(number := issue.get("number"), int):
        return number
    raise answers.ambiguity(change.what)


def _ownerless(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if name != "assignees"}
    return {**kept, "labels": [*fields["labels"], OWNER_MISSING]}


def _unassigned(fields: dict[str, Any], repository: str) -> str:
    return (
        f"GitHub cannot assign {', '.join(fields['assignees'])}: every owner needs access to {repository}; "
        f"nobody was assigned, and the label {OWNER_MISSING} says so"
    )


def _dropped(fields: dict[str, Any], issue: dict[str, Any], repository: str) -> tuple[str, ...]:
    """Say what GitHub left out in silence, as it does for a token without push access."""
    given = {"labels": _labels(issue), "assignees": _assignees(issue), "state": (_text(issue, "state"),)}
    wanted = {name: fields[name] if name != "state" else [fields[name]] for name in given if name in fields}
    missing = [name for name, values in wanted.items() if _folded(values) - _folded(given[name])]
    if not missing:
        return ()
    return (f"GitHub left out the {' and the '.join(missing)}: the token needs push access to {repository} for that",)


def _folded(values: Iterable[str]) -> set[str]:
    return {value.lower() for value in values}
