"""Rotations and issues in, actions out: pure, total, and the only place that decides what happens to an issue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn.actions import Close, Link, Note, Open, Remind, Reopen, StateReason, Update
from keyturn.errors import GuardError
from keyturn.model import Why
from keyturn.plan import dashboard, incidents, upkeep
from keyturn.plan.case import Case, Opening, Setting
from keyturn.plan.order import in_order, only, rationed
from keyturn.plan.rules import RULES, closed, opened
from keyturn.plan.survey import Survey, its_issue, judged, survey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.actions import Action, Waiting
    from keyturn.model import Issue, Limits, Rotation
    from keyturn.plan.case import Step

__all__ = ["Plan", "Setting", "Survey", "decided", "its_issue", "plan", "survey"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run would do, in order; and what waits for a place among the open issues."""

    today: date
    actions: tuple[Action, ...]
    waiting: tuple[Waiting, ...] = ()
    issues_open: int = 0

    def only(self, verbs: Collection[str]) -> Plan:
        """Return the plan with the actions of some kinds; the guard has to see the whole one."""
        return replace(self, actions=tuple(only(self.actions, verbs)))

    def unsaid(self, heard: Mapping[int, Collection[str]]) -> Plan:
        """Leave out the reminders that a run sent which was cut short; `heard` has their names by issue."""
        kept = (each for each in self.actions if not isinstance(each, Remind) or not _is_heard(each, heard))
        return replace(self, actions=tuple(kept))

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


def _is_heard(remind: Remind, heard: Mapping[int, Collection[str]]) -> bool:
    return remind.name in heard.get(remind.issue.number, ())


def plan(rotations: Sequence[Rotation], issues: Sequence[Issue], setting: Setting) -> Plan:
    """Decide everything that one run changes; given what it changed, a second run changes nothing."""
    return decided(survey(rotations, issues, setting))


def decided(found: Survey) -> Plan:
    """Decide everything that one run changes; a page is composed only for what is opened or may be written anew."""
    setting, issues = found.setting, found.issues
    steps: list[Step] = []
    watched = {incident.id for incident in setting.incidents}
    gone = (id_ for id_ in found.by_id if id_ not in found.cases and id_ not in watched)
    for id_ in (*found.cases, *gone):
        steps.extend(_steps(id_, found))
    steps.extend(_of_incidents(found, _keys(found, steps) if setting.incidents else []))
    steps.extend(_of_catalogue(issues, setting))
    # The dashboard takes no place, and comes last, when all that it names has its number.
    others = [issue for issue in issues if issue.marker.why is not Why.DASHBOARD]
    kept, waiting = rationed(in_order(steps), others, setting.policy.limits)
    actions = tuple(opened(step) if isinstance(step, Opening) else step for step in kept)
    return Plan(
        setting.today,
        (*actions, *_of_dashboard(found, waiting)),
        waiting,
        sum(issue.is_open for issue in others),
    )


def _keys(found: Survey, steps: Sequence[Step]) -> list[incidents.Key]:
    opening = {step.subject.rotation for step in steps if isinstance(step, Open | Opening)}
    reopening = {step.issue.number for step in steps if isinstance(step, Reopen)}
    closing = {step.issue.number for step in steps if isinstance(step, Close)}
    keys = []
    for id_, case in found.cases.items():
        stays = case.issue and (case.issue.is_open or case.issue.number in reopening)
        issue = case.issue if stays and case.issue and case.issue.number not in closing else None
        keys.append(incidents.Key(case.declared, issue, id_ in opening))
    return keys


def _of_incidents(found: Survey, keys: Sequence[incidents.Key]) -> Iterator[Action]:
    placed: set[str] = set()  # an issue stands below one other at most
    for incident in found.setting.incidents:
        issues = found.by_id.get(incident.id, [])
        issue = its_issue(issues)
        yield from _duplicates(issues, Case(found.setting, None, issue))
        for action in incidents.actions(incident, issue, keys, found.setting):
            if not isinstance(action, Link) or action.subject.rotation not in placed:
                yield action
            if isinstance(action, Link):
                placed.add(action.subject.rotation)


def _of_catalogue(issues: Sequence[Issue], setting: Setting) -> Iterator[Action]:
    about = [issue for issue in issues if issue.marker.why is Why.CATALOGUE]
    issue = its_issue(about)
    yield from _duplicates(about, Case(setting, None, issue))
    yield from upkeep.actions(Case(setting, None, issue))


def _of_dashboard(found: Survey, waiting: Sequence[Waiting]) -> Iterator[Action]:
    about = [issue for issue in found.issues if issue.marker.why is Why.DASHBOARD]
    case = Case(found.setting, None, its_issue(about))
    yield from _duplicates(about, case)
    yield from dashboard.actions(case, found, waiting)


def _steps(id_: str, found: Survey) -> Iterator[Step]:
    issues = found.by_id.get(id_, ())
    case = found.cases.get(id_) or Case(found.setting, None, its_issue(issues))
    yield from _duplicates(issues, case)
    if case.is_in_doubt:
        return
    steps = tuple(RULES[case.row](case))
    yield from steps
    if any(each.marker.closed for each in steps if isinstance(each, (Close, Update))):
        # That issue counts as none from now on, and the version in use may need one of its own already.
        after = judged(case.declared.rotation, None, found.setting) if case.standing else replace(case, issue=None)
        yield from RULES[after.row](after)


def _duplicates(issues: Sequence[Issue], case: Case) -> Iterator[Action]:
    """Close what stands beside an id's issue; judged like that issue, so that it goes before whatever ends that one."""
    for other in issues:
        if other.is_open and case.issue and other is not case.issue:
            yield from closed(
                replace(case, issue=other), StateReason.DUPLICATE, Note(f"Continued in #{case.issue.number}.")
            )
