"""The settings of a repository on GitHub as plain values, as far as the token may read them. Nothing here writes.

Each setting takes one request, few take more; a token that GitHub does not accept, or no answer, ends the asking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from keyturn.errors import UnfinishedError
from keyturn.health.facts import (
    PROTECTED,
    Account,
    Complaints,
    Defaults,
    Environment,
    Home,
    Kind,
    Missing,
    Obstacle,
    Protection,
    Pulse,
    Settings,
    Unread,
)
from keyturn.model import moment
from keyturn.trackers.answers import FORBIDDEN, MOVED, NONE, NOT_FOUND, UNAUTHORIZED, Answer, is_nameless

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from keyturn.trackers.api import Api

MOST_PAGES = 3  # of labels: GitHub lists the oldest first, and ours come with the first issues
MOST_ENVIRONMENTS = 5  # whose branches are looked at
_ACCOUNT = "/user"
_PAGE = {"per_page": "100"}
_ONE = {"per_page": "1"}
_KINDS = {
    "ghp_": Kind.CLASSIC,
    "github_pat_": Kind.FINE_GRAINED,
    "gho_": Kind.OAUTH,
    "ghu_": Kind.APP_USER,
    "ghs_": Kind.INSTALLATION,
}
_ROLES = ("admin", "maintain", "push", "triage", "pull")  # the highest first
_HIDDEN = frozenset({UNAUTHORIZED, FORBIDDEN, NOT_FOUND})  # GitHub hides from some tokens that something exists
_SILENT = Unread(Obstacle.SILENT)
_STRANGE = (AttributeError, KeyError, TypeError, ValueError, OverflowError)  # what a document of another form leads to


def kind(token: str) -> Kind:
    """Tell what sort of token this is; GitHub documents the prefixes."""
    return next((each for prefix, each in _KINDS.items() if token.startswith(prefix)), Kind.OTHER)


class _UnreadError(Exception):
    """A setting cannot be read."""

    def __init__(self, found: Unread) -> None:
        super().__init__(found.obstacle.value)
        self.found = found


@dataclass(kw_only=True)
class Inquiry:
    """Asks for settings: of `tracker`, where issues live, and of `home`, where the files are."""

    api: Api
    secrets_api: Api
    kind: Kind
    tracker: str
    home: str
    environments: Collection[str] = ()  # those that matter
    schedules: Sequence[str] = ()  # file names of scheduled workflows
    now: Callable[[], datetime]
    _over: Unread | None = field(init=False, default=None)  # why it is of no use to ask on

    def settings(self, wanted: Collection[str]) -> Settings:
        """Read the settings of these names, one after the other; the others stay unasked."""
        readers: Mapping[str, Callable[[], object]] = {
            "account": lambda: self._account,
            "tracker": lambda: self._tracker,
            "home": lambda: self._home,
            "issues": self._issues,
            "secrets": self._secrets,
            "labels": self._labels,
            "defaults": self._defaults,
            "protection": self._protection,
            "complaints": self._complaints,
            "environments": self._environments,
            "pulses": self._pulses,
            "writers": self._writers,
        }
        read: dict[str, Any] = {name: _told(reader) for name, reader in readers.items() if name in wanted}
        return replace(Settings(), **read)

    # -- the token -----------------------------------------------------------------------------------------------------

    @cached_property
    def _account(self) -> Account:
        answer = self._answer(_ACCOUNT, {})
        plain = Account(self.kind, scopes=_scopes(answer), expires=_expiry(answer), skew=self._skew(answer))
        if answer.is_well:
            return replace(plain, login=str(answer.document["login"]))
        if is_nameless(answer):
            return plain
        if answer.status == UNAUTHORIZED:
            return replace(plain, is_accepted=False)
        raise _UnreadError(_SILENT)

    def _skew(self, answer: Answer) -> Any:  # noqa: ANN401 - a span, or None
        try:
            return self.now() - parsedate_to_datetime(answer.headers.get("date", "")).replace(tzinfo=UTC)
        except ValueError:
            return None

    # -- the repositories ----------------------------------------------------------------------------------------------

    @cached_property
    def _tracker(self) -> Home | Missing:
        return self._repository(self.tracker)

    @cached_property
    def _home(self) -> Home | Missing:
        return self._tracker if self.home.lower() == self.tracker.lower() else self._repository(self.home)

    def _repository(self, name: str) -> Home | Missing:
        answer = self._answer(f"/repos/{name}", {})
        if answer.status in {FORBIDDEN, NOT_FOUND, MOVED}:
            return Missing(name, is_moved=answer.status == MOVED)
        found = _document(answer, "Metadata: read")
        roles = found.get("permissions") or {}
        return Home(
            name=str(found["full_name"]),
            branch=str(found["default_branch"]),
            role=next((role for role in _ROLES if roles.get(role)), None),
            has_issues=bool(found["has_issues"]),
            is_archived=bool(found["archived"]),
            is_private=bool(found["private"]),
        )

    @property
    def _branch(self) -> str:
        home = _insisted(self._home)
        return quote(home.branch, safe="")

    # -- issues, labels, secrets, people -------------------------------------------------------------------------------

    def _issues(self) -> bool:
        _list(self._answer(f"/repos/{self.tracker}/issues", {**_ONE, "state": "all"}), "Issues: read")
        return True

    def _labels(self) -> frozenset[str]:
        found: list[str] = []
        following: Mapping[str, str] | None = _PAGE
        for _ in range(MOST_PAGES):
            if following is not None:
                answer = self._answer(f"/repos/{self.tracker}/labels", following)
                found += (str(label["name"]).lower() for label in _list(answer, "Issues: read"))
                following = answer.following
        return frozenset(found)

    def _secrets(self) -> bool:
        path = f"/repos/{self.tracker}/actions/secrets"
        _document(self._answer(path, _ONE, self.secrets_api), "Secrets: read")
        return True

    def _writers(self) -> tuple[str, ...]:
        answer = self._answer(f"/repos/{self.home}/collaborators", {**_PAGE, "permission": "push"})
        return tuple(str(person["login"]) for person in _list(answer, "Metadata: read"))

    # -- protection ----------------------------------------------------------------------------------------------------

    def _defaults(self) -> Defaults:
        answer = self._answer(f"/repos/{self.home}/actions/permissions/workflow", {})
        found = _document(answer, "Administration: read")
        is_writing = found["default_workflow_permissions"] != "read"
        return Defaults(is_writing, bool(found["can_approve_pull_request_reviews"]))

    def _protection(self) -> Protection:
        """Take rulesets and the older branch protection together; who may not see the latter may see that it exists."""
        answer = self._answer(f"/repos/{self.home}/rules/branches/{self._branch}", _PAGE)
        if _is_unavailable(answer):
            return Protection()
        rules = _ruled(_list(answer, "Metadata: read"))
        if rules.needs_owners and rules.approvals and rules.checks and rules.refuses_force:
            return rules
        path = f"/repos/{self.home}/branches/{self._branch}"
        answer = self._answer(f"{path}/protection", {})
        if answer.status == NOT_FOUND and "not protected" in answer.message:
            return rules
        if answer.status in _HIDDEN:
            branch = _document(self._answer(path, {}), "Contents: read")
            return replace(rules, is_certain=not branch["protected"])
        return _together(rules, _classic(_document(answer, "Administration: read")))

    def _complaints(self) -> Complaints:
        answer = self._answer(f"/repos/{self.home}/codeowners/errors", {})
        if answer.status == NOT_FOUND:
            return Complaints(None)
        errors = _document(answer, "Contents: read")["errors"]
        return Complaints(tuple(f"{each['path']}:{each['line']}: {each['kind']}" for each in errors))

    def _environments(self) -> tuple[Environment, ...]:
        path = f"/repos/{self.home}/environments"
        known = _document(self._answer(path, _PAGE), "Actions: read").get("environments") or ()
        wanted = {name.lower() for name in self.environments}
        found = [each for each in known if str(each["name"]).lower() in wanted]
        return tuple(self._environment(each) for each in found[:MOST_ENVIRONMENTS])

    def _environment(self, found: Mapping[str, Any]) -> Environment:
        reviewers = any(rule["type"] == "required_reviewers" for rule in found.get("protection_rules") or ())
        limits = found.get("deployment_branch_policy")
        if limits is None:
            return Environment(found["name"], reviewers, None)
        return Environment(
            found["name"], reviewers, (PROTECTED,) if limits["protected_branches"] else self._limits(found)
        )

    def _limits(self, found: Mapping[str, Any]) -> tuple[str, ...]:
        name = quote(found["name"], safe="")
        answer = self._answer(f"/repos/{self.home}/environments/{name}/deployment-branch-policies", _PAGE)
        limits = _document(answer, "Actions: read")["branch_policies"]
        return tuple(str(limit["name"]) for limit in limits)

    # -- the schedule --------------------------------------------------------------------------------------------------

    def _pulses(self) -> tuple[Pulse, ...]:
        return tuple(self._pulse(name) for name in self.schedules)

    def _pulse(self, path: str) -> Pulse:
        home = f"/repos/{self.home}/actions/workflows/{quote(path.rpartition('/')[2], safe='')}"
        answer = self._answer(home, {})
        if answer.status == NOT_FOUND:
            return Pulse(path, "missing")
        state = str(_document(answer, "Actions: read")["state"])
        answer = self._answer(f"{home}/runs", {**_ONE, "event": "schedule"})
        runs = _document(answer, "Actions: read")["workflow_runs"]
        if not runs:
            return Pulse(path, state)
        conclusion = runs[0]["conclusion"]
        started = moment(runs[0].get("run_started_at") or runs[0]["created_at"])
        return Pulse(path, state, started, None if conclusion is None else str(conclusion))

    # -- asking --------------------------------------------------------------------------------------------------------

    def _answer(self, path: str, query: Mapping[str, str], api: Api | None = None) -> Answer:
        """Ask once; after an answer that holds for all that follow, ask no more."""
        if self._over is not None:
            raise _UnreadError(self._over)
        try:
            answer = (api or self.api).read(path, query)
        except UnfinishedError:
            self._over = _SILENT
            raise _UnreadError(_SILENT) from None
        self._over = self._end(answer) if api is None else None
        if self._over is not None and path != _ACCOUNT:
            raise _UnreadError(self._over)
        return answer

    def _end(self, answer: Answer) -> Unread | None:
        if answer.status == NONE:
            return _SILENT
        is_refused = answer.status == UNAUTHORIZED and not is_nameless(answer)
        return Unread(Obstacle.REFUSED) if is_refused else None


def _told(reader: Callable[[], object]) -> object:
    """Return what came of reading; what has another form than GitHub's tells nothing."""
    try:
        return reader()
    except _UnreadError as error:
        return error.found
    except _STRANGE:
        return _SILENT


def _document(answer: Answer, grant: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _insisted_on(answer, grant, dict)
    return found


def _list(answer: Answer, grant: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = _insisted_on(answer, grant, list)
    return found


def _insisted_on(answer: Answer, grant: str, form: type) -> Any:  # noqa: ANN401 - a document of that form
    if answer.status in _HIDDEN:
        raise _UnreadError(Unread(Obstacle.DENIED, _accepted(answer) or grant))
    if not answer.is_well or not isinstance(answer.document, form):
        raise _UnreadError(_SILENT)
    return answer.document


def _is_unavailable(answer: Answer) -> bool:
    """Tell whether the plan has no such setting, as the free one has no rules for private repositories."""
    return answer.status == FORBIDDEN and "upgrade to" in answer.message


def _accepted(answer: Answer) -> str:
    """Name the permission that GitHub itself asks for, the first of several: `administration=read; …`."""
    found = re.match(r"([a-z_]{1,40})=(read|write)\b", answer.headers.get("x-accepted-github-permissions", ""))
    return f"{found[1].replace('_', ' ').capitalize()}: {found[2]}" if found else ""


def _insisted(found: Home | Missing) -> Home:
    if isinstance(found, Missing):
        raise _UnreadError(Unread(Obstacle.DENIED, "Metadata: read"))
    return found


def _scopes(answer: Answer) -> frozenset[str] | None:
    named = answer.headers.get("x-oauth-scopes")
    return None if named is None else frozenset(scope.strip() for scope in named.split(",") if scope.strip())


def _expiry(answer: Answer) -> datetime | None:
    """Read when the token ends: `2026-12-01 09:00:00 UTC`, or with an offset."""
    text = answer.headers.get("github-authentication-token-expiration", "").replace(" UTC", " +0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _ruled(rules: Sequence[Mapping[str, Any]]) -> Protection:
    """Take the rules of all rulesets together."""
    asked = [rule["parameters"] for rule in rules if rule["type"] == "pull_request"]
    checked = [rule["parameters"] for rule in rules if rule["type"] == "required_status_checks"]
    return Protection(
        needs_pull=bool(asked),
        approvals=max((each["required_approving_review_count"] for each in asked), default=0),
        needs_owners=any(each["require_code_owner_review"] for each in asked),
        checks=tuple(check["context"] for each in checked for check in each["required_status_checks"]),
        refuses_force=any(rule["type"] == "non_fast_forward" for rule in rules),
    )


def _classic(found: Mapping[str, Any]) -> Protection:
    """Read the older protection of a branch."""
    asked = found.get("required_pull_request_reviews")
    checked = found.get("required_status_checks") or {}
    return Protection(
        needs_pull=asked is not None,
        approvals=int((asked or {}).get("required_approving_review_count") or 0),
        needs_owners=bool((asked or {}).get("require_code_owner_reviews")),
        checks=tuple(checked.get("contexts") or ()),
        refuses_force=not (found.get("allow_force_pushes") or {}).get("enabled", False),
    )


def _together(one: Protection, other: Protection) -> Protection:
    return Protection(
        needs_pull=one.needs_pull or other.needs_pull,
        approvals=max(one.approvals, other.approvals),
        needs_owners=one.needs_owners or other.needs_owners,
        checks=(*one.checks, *other.checks),
        refuses_force=one.refuses_force or other.refuses_force,
    )
