"""What an incident asks for: one issue that watches over the issues of all the keys it touches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn import policy as judge
from keyturn.actions import Close, Exposed, Link, Overview, StateReason, Subject, Update
from keyturn.model import UNKNOWN, Marker, Status, Why
from keyturn.model.moments import written
from keyturn.plan import pages
from keyturn.plan.case import Case
from keyturn.plan.rules import kept_open

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from keyturn.actions import Action
    from keyturn.model import Incident, Issue
    from keyturn.plan.case import Setting
    from keyturn.plan.pages import Page
    from keyturn.policy import Standing

MOST_CHILDREN = 100  # what GitHub accepts below one issue


@dataclass(frozen=True, slots=True)
class Key:
    """One declared key, with its open issue or the fact that this run opens one."""

    standing: Standing
    issue: Issue | None
    is_opening: bool


def actions(incident: Incident, issue: Issue | None, keys: Sequence[Key], setting: Setting) -> Iterator[Action]:
    """Decide about an incident's issue and about what goes below it; `keys` are all that are declared."""
    touched = (key for key in keys if incident.match.matches(key.standing.rotation))
    matched = sorted(touched, key=lambda key: key.standing.rotation.id)
    exposed = tuple(_exposed(incident, key.standing, setting.today) for key in matched)
    case = Case(setting, None, issue)
    is_known = setting.is_whole or issue is None  # otherwise a key of it may be among what could not be read
    if is_known and incident.exposed_until is not None and all(key.is_done for key in exposed):
        yield from _over(case, _page(incident, exposed, case))
        return
    if is_known:
        yield from _going_on(case, _page(incident, exposed, case))
    open_keys = [key for key, each in zip(matched, exposed, strict=True) if not each.is_done]
    yield from _links(incident, issue, open_keys)


def _exposed(incident: Incident, standing: Standing, today: date) -> Exposed:
    is_touched = judge.is_touched(standing.rotation, incident, today, is_dead=not standing.missing)
    is_done = not is_touched and standing.status is not Status.UNVERIFIED
    return Exposed(standing.rotation.id, standing.rotation.owners, standing.tier, is_done)


# -- the incident's own issue --------------------------------------------------------------------------------------


def _over(case: Case, page: Page[Overview]) -> Iterator[Action]:
    if case.issue is None:
        return
    marker = replace(page.marker, closed=StateReason.COMPLETED.value, reopened=case.issue.marker.reopened)
    subject, labels = pages.subject(case, marker), tuple(each for each in page.labels if not pages.is_status(each))
    if case.issue.is_open:
        yield Close(subject, case.issue, page.text, labels, marker, StateReason.COMPLETED)
    else:
        yield Update(subject, case.issue, page.text, labels, page.assignees, marker)


def _going_on(case: Case, page: Page[Overview]) -> Iterator[Action]:
    if case.issue or page.text.keys:
        yield from kept_open(case, page)


def _page(incident: Incident, keys: tuple[Exposed, ...], case: Case) -> Page[Overview]:
    known, today = case.issue.marker if case.issue else None, case.setting.today
    plain = Marker(
        scope=case.setting.scope,
        id=incident.id,
        version=UNKNOWN,
        due=incident.respond_by,
        why=Why.INCIDENT,
        status=Status.LEAKED,
        opened=known.opened if known else today,
        reopened=pages.reopened(case),
    )
    overview = Overview(
        id=incident.id,
        title=pages.title(incident.id, Why.INCIDENT),
        summary=incident.summary,
        due=incident.respond_by,
        path=incident.path,
        since=_written(incident.exposed_since),
        until=_written(incident.exposed_until),
        link=incident.link,
        keys=keys,
        reopened=plain.reopened is not None,
    )
    return pages.sealed(case, overview, (pages.LABEL, pages.INCIDENT, f"{pages.STATUS}{Status.LEAKED}"), plain)


def _written(moment: datetime | None) -> str | None:
    return written(moment) if moment else None


# -- what goes below it --------------------------------------------------------------------------------------------


def _links(incident: Incident, parent: Issue | None, keys: Sequence[Key]) -> Iterator[Link]:
    """Put below it what is not there yet; a tracker that only counts is believed once the count is right."""
    children = [key for key in keys if key.is_opening or key.issue][:MOST_CHILDREN]
    is_told = any(key.issue and key.issue.parent for key in children)
    if parent and parent.children >= len(children) and not is_told:
        return
    for key in children:
        if key.issue is None or key.issue.parent is None:
            id_ = key.standing.rotation.id
            subject = Subject(
                id_, pages.title(id_, Why.INCIDENT), Why.INCIDENT, Status.LEAKED, incident.respond_by, key.standing.tier
            )
            yield Link(subject, key.issue, incident.id, parent)
