"""What a policy with a dashboard asks for: one issue that shows all that is to be done, and by when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from keyturn import policy as judge
from keyturn.actions import Alarm, Dashboard, Group, Line, Note, StateReason
from keyturn.model import UNKNOWN, Marker, Status, Why
from keyturn.plan import pages
from keyturn.plan.rules import closed, kept_open
from keyturn.plan.survey import its_issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from keyturn.actions import Action, Waiting
    from keyturn.model import Incident
    from keyturn.plan.case import Case
    from keyturn.plan.pages import Page
    from keyturn.plan.survey import Survey
    from keyturn.policy import Standing

ID = "dashboard"  # no key has such an id: it has no provider
WAITING = "Waiting for a place among the open issues"
_GROUPS: tuple[tuple[str, str, frozenset[Status]], ...] = (
    ("Now", "Due", frozenset({Status.LEAKED, Status.EXPIRED})),
    ("Overdue", "Due", frozenset({Status.OVERDUE})),
    ("Upcoming", "Due", frozenset({Status.DUE, Status.DUE_SOON, Status.REQUESTED})),
    ("To be verified", "Due", frozenset({Status.UNVERIFIED})),
)
_OFF = Note("keyturn.yaml does not ask for a dashboard any more.")


def actions(case: Case, found: Survey, waiting: Sequence[Waiting]) -> Iterator[Action]:
    """Decide about the dashboard's issue; while a file cannot be read, it would not be whole and stays as it is."""
    if not case.setting.is_whole:
        return
    if case.setting.policy.dashboard:
        yield from kept_open(case, _page(case, found, waiting))
    elif case.issue and case.issue.is_open:
        yield from closed(case, StateReason.NOT_PLANNED, _OFF)


def _page(case: Case, found: Survey, waiting: Sequence[Waiting]) -> Page[Dashboard]:
    opened = case.issue.marker.opened if case.issue else case.setting.today
    plain = Marker(
        scope=case.setting.scope,
        id=ID,
        version=UNKNOWN,
        due=opened,  # it is due on no day, and its marker must not change with the day
        why=Why.DASHBOARD,
        status=Status.FRESH,
        opened=opened,
        reopened=pages.reopened(case),
    )
    text = Dashboard(
        id=ID,
        title=pages.title(ID, Why.DASHBOARD),
        groups=tuple(_groups(found, {each.subject.rotation for each in waiting})),
        alarms={incident.id: _alarm(incident) for incident in case.setting.incidents if _goes_on(incident, found)},
        reopened=plain.reopened is not None,
    )
    # The issues that this run opens get their numbers when it writes them: no number may count as a change.
    page = pages.sealed(case, text, (pages.LABEL, pages.DASHBOARD), plain)
    return replace(page, text=text.numbered(_numbers(found)))


def _groups(found: Survey, waiting: set[str]) -> Iterator[Group]:
    cases = [case for id_, case in found.cases.items() if id_ not in waiting]
    for title, day, statuses in _GROUPS:
        yield Group(title, day, _lines((case, pages.due(case)) for case in cases if case.declared.status in statuses))
    queue = (case for id_, case in found.cases.items() if id_ in waiting)
    yield Group(WAITING, "Due", _lines((case, pages.due(case)) for case in queue))
    held = ((case, case.declared.rotation.hold) for case in cases if case.declared.status is Status.HELD)
    yield Group("On hold", "Until", _lines((case, hold.until) for case, hold in held if hold))


def _lines(dated: Iterator[tuple[Case, date]]) -> tuple[Line, ...]:
    lines = (_line(case.declared, day) for case, day in dated)
    return tuple(sorted(lines, key=lambda line: (line.day, line.rotation)))


def _line(standing: Standing, day: date) -> Line:
    return Line(standing.rotation.id, standing.rotation.owners, standing.tier, day)


def _alarm(incident: Incident) -> Alarm:
    return Alarm(incident.summary, incident.respond_by)


def _goes_on(incident: Incident, found: Survey) -> bool:
    judged = (case.declared for case in found.cases.values())
    today = found.setting.today
    return any(judge.is_touched(each.rotation, incident, today, is_dead=not each.missing) for each in judged)


def _numbers(found: Survey) -> dict[str, int]:
    issues = {id_: its_issue(known) for id_, known in found.by_id.items()}
    return {id_: issue.number for id_, issue in issues.items() if issue and issue.is_open}
