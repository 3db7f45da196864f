"""Rotations and issues in, actions out: pure, total, and the only place that decides what happens to an issue."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyturn import policy as judge
from keyturn.actions import Close, Link, Note, Open, Reopen, StateReason, Update
from keyturn.errors import GuardError
from keyturn.model import Why
from keyturn.plan import incidents, upkeep
from keyturn.plan.case import Case, File, Setting, kind
from keyturn.plan.order import in_order, only, rationed
from keyturn.plan.rules import RULES, closed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.actions import Action
    from keyturn.model import Issue, Limits, Rotation
    from keyturn.policy import Standing

__all__ = ["Plan", "Setting", "awaiting", "its_issue", "plan", "standings"]

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run would do, in order; and what waits for a place among the open issues."""

    today: date
    actions: tuple[Action, ...]
    waiting: tuple[Open, ...] = ()
    issues_open: int = 0

    def only(self, verbs: Collection[str]) -> Plan:
        """Return the plan with the actions of some kinds; the guard has to see the whole one."""
        return replace(self, actions=tuple(only(self.actions, verbs)))

    @property
    def dropped(self) -> int:
        """Count the issues that would be closed as not planned."""
        return sum(isinstance(each, Close) and each.because is StateReason.NOT_PLANNED for each in self.actions)

    def is_excessive(self, limits: Limits) -> bool:
        """Tell whether so many issues would be closed as not planned that somebody should look first."""
        percent = 100 * self.dropped / max(self.issues_open, 1)
        return self.dropped > limits.max_close_count and percent > limits.max_close_percent

    def guard(self, limits: Limits) -> None:
        """Raise GuardError where too many issues would be closed as not planned."""
        if self.is_excessive(limits):
            message = (
                f"this would close {self.dropped} of {self.issues_open} open issues as not planned; nothing was "
                "changed. If that is meant, run again with --force; otherwise look for files that were moved or "
                "deleted."
            )
            raise GuardError(message)


def plan(rotations: Sequence[Rotation], issues: Sequence[Issue], setting: Setting) -> Plan:
    """Decide everything that one run changes; given what it changed, a second run changes nothing."""
    by_id = _by_id(rotations, issues)
    declared = {rotation.id: rotation for rotation in rotations}
    # An empty folder says nothing about the keys whose issues stand open; it is taken for unreadable.
    whole = replace(setting, is_whole=setting.is_whole and bool(rotations))
    actions: list[Action] = []
    watched = {incident.id for incident in setting.incidents}
    for id_ in (*declared, *(id_ for id_ in by_id if id_ not in declared and id_ not in watched)):
        actions.extend(_actions(declared.get(id_), by_id.get(id_, ()), whole))
    actions.extend(_of_incidents(by_id, _keys(rotations, by_id, whole, actions) if setting.incidents else [], whole))
    actions.extend(_of_catalogue(issues, whole))
    stand_open = sum(issue.is_open for issue in issues)
    kept, waiting = rationed(in_order(actions), issues, setting.policy.limits)
    return Plan(setting.today, kept, waiting, stand_open)


def _keys(
    rotations: Sequence[Rotation], by_id: Mapping[str, list[Issue]], setting: Setting, actions: Sequence[Action]
) -> list[incidents.Key]:
    opening = {action.subject.rotation for action in actions if isinstance(action, Open)}
    reopening = {action.issue.number for action in actions if isinstance(action, Reopen)}
    closing = {action.issue.number for action in actions if isinstance(action, Close)}
    keys = []
    for rotation in rotations:
        case = _case(rotation, its_issue(by_id.get(rotation.id, ())), setting)
        stays = case.issue and (case.issue.is_open or case.issue.number in reopening)
        issue = case.issue if stays and case.issue and case.issue.number not in closing else None
        keys.append(incidents.Key(case.declared, issue, rotation.id in opening))
    return keys


def _of_incidents(
    by_id: Mapping[str, list[Issue]], keys: Sequence[incidents.Key], setting: Setting
) -> Iterator[Action]:
    placed: set[str] = set()  # an issue stands below one other at most
    for incident in setting.incidents:
        issues = by_id.get(incident.id, [])
        issue = its_issue(issues)
        yield from _duplicates(issues, Case(setting, None, issue))
        for action in incidents.actions(incident, issue, keys, setting):
            if not isinstance(action, Link) or action.subject.rotation not in placed:
                yield action
            if isinstance(action, Link):
                placed.add(action.subject.rotation)


def _of_catalogue(issues: Sequence[Issue], setting: Setting) -> Iterator[Action]:
    about = [issue for issue in issues if issue.marker.why is Why.CATALOGUE]
    issue = its_issue(about)
    yield from _duplicates(about, Case(setting, None, issue))
    yield from upkeep.actions(Case(setting, None, issue))


def standings(
    rotations: Sequence[Rotation], issues: Sequence[Issue], setting: Setting
) -> Iterator[tuple[Standing, int | None]]:
    """Judge every rotation with its issue; gives the number of the issue where that is open."""
    by_id = _by_id(rotations, issues)
    for rotation in rotations:
        issue = its_issue(by_id.get(rotation.id, ()))
        yield _standing(rotation, issue, setting), issue.number if issue and issue.is_open else None


def awaiting(rotations: Sequence[Rotation], issues: Sequence[Issue], setting: Setting) -> Iterator[Rotation]:
    """Give the rotations whose issue would be closed by their evidence as it is written: only they are looked into."""
    by_id, as_written = _by_id(rotations, issues), replace(setting, confirmations=None)
    for rotation in rotations:
        issue = its_issue(by_id.get(rotation.id, ()))
        if issue and kind(_standing(rotation, issue, as_written)) is File.PROVED:
            yield rotation


def _by_id(rotations: Sequence[Rotation], issues: Sequence[Issue]) -> Mapping[str, list[Issue]]:
    declared = {rotation.id for rotation in rotations}
    adopted = {former: rotation.id for rotation in rotations for former in rotation.formerly if former not in declared}
    found: defaultdict[str, list[Issue]] = defaultdict(list)
    keyed = (issue for issue in issues if issue.marker.why is not Why.CATALOGUE)  # a key may have that one's id
    for issue in sorted(keyed, key=lambda issue: issue.number):
        found[adopted.get(issue.marker.id, issue.marker.id)].append(issue)
    return found


def its_issue(issues: Sequence[Issue]) -> Issue | None:
    """Choose an id's issue: the lowest open one, else the latest that a person closed."""
    first_open = min((issue for issue in issues if issue.is_open), key=lambda issue: issue.number, default=None)
    return first_open or _latest_that_counts(issues)


def _latest_that_counts(issues: Sequence[Issue]) -> Issue | None:
    originals = (issue for issue in issues if issue.marker.closed != StateReason.DUPLICATE)
    latest = max(originals, key=lambda issue: (issue.closed_at or _NEVER, issue.number), default=None)
    return None if latest is None or latest.marker.closed else latest


def _actions(rotation: Rotation | None, issues: Sequence[Issue], setting: Setting) -> Iterator[Action]:
    issue = its_issue(issues)
    case = _case(rotation, issue, setting)
    yield from _duplicates(issues, case)
    if case.is_in_doubt:
        return
    actions = tuple(RULES[case.row](case))
    yield from actions
    if any(each.marker.closed for each in actions if isinstance(each, (Close, Update))):
        # That issue counts as none from now on, and the version in use may need one of its own already.
        after = _case(rotation, None, setting)
        yield from RULES[after.row](after)


def _duplicates(issues: Sequence[Issue], case: Case) -> Iterator[Action]:
    """Close what stands beside an id's issue; judged like that issue, so that it goes before whatever ends that one."""
    for other in issues:
        if other.is_open and case.issue and other is not case.issue:
            yield from closed(
                replace(case, issue=other), StateReason.DUPLICATE, Note(f"Continued in #{case.issue.number}.")
            )


def _case(rotation: Rotation | None, issue: Issue | None, setting: Setting) -> Case:
    if rotation is None:
        return Case(setting, None, issue)
    return Case(setting, _standing(rotation, issue, setting), issue)


def _standing(rotation: Rotation, issue: Issue | None, setting: Setting) -> Standing:
    known, told = issue.marker if issue else None, setting.confirmation(rotation, issue)
    return judge.standing(rotation, known, setting.policy, setting.incidents, setting.today, confirmation=told)
