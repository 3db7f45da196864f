"""Rotations, issues and settings to start a case from, and a tracker that does exactly what it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from keyturn import marker as hidden
from keyturn.actions import Close, Link, Open, Remind, Reopen, Update
from keyturn.model import (
    Catalogue,
    Consumer,
    Evidence,
    Incident,
    Issue,
    Marker,
    Match,
    Method,
    Part,
    Pause,
    Policy,
    Proof,
    Provider,
    Request,
    RequestReason,
    Retirement,
    RetirementEvidence,
    Rotation,
    Status,
    Strategy,
    Version,
    Why,
    moment,
)
from keyturn.plan import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keyturn.actions import Action

TODAY = date(2026, 11, 21)
SCOPE = "acme/keys:."

# A standard key is rotated every 90 days, with 14 days of notice; on TODAY these stand for:
FRESH = "2026-11-01"
DUE_SOON = "2026-08-30"
DUE = "2026-08-23"
OVERDUE = "2026-08-01"
OVERDUE_ON = date(2026, 10, 30)

ID = "mixpanel/loader"
CATALOGUE = Catalogue(providers={"mixpanel": Provider("mixpanel", "Mixpanel", Strategy.OVERLAP)})
PARTS = (Part.NEW_KEY, Part.OLD_KEY, Part.CONSUMERS)


def day(text: str) -> date:
    return date.fromisoformat(text)


def rotation(created: str = FRESH, **changes: object) -> Rotation:
    plain = Rotation(
        path="rotations/mixpanel.yaml",
        provider="mixpanel",
        slug="mixpanel",
        key="loader",
        version=Version.read(created),
        owners=("alice",),
        consumers=(Consumer("manual", name="Nightly export"),),
    )
    return replace(plain, **changes)


def proofs(
    at: str, parts: Iterable[Part] = PARTS, method: Method = Method.ATTESTED, **other: Method
) -> dict[Part, Proof]:
    return {part: Proof(other.get(part.value, method), moment(at)) for part in parts}


def evidence(replaces: str, at: str, parts: Iterable[Part] = PARTS, **methods: Method) -> Evidence:
    return Evidence(Version.read(replaces), proofs(at, parts, **methods), by="bob")


def retired(since: str, shown_at: str | None = None) -> Retirement:
    shown = RetirementEvidence(proofs(shown_at, [Part.OLD_KEY]), by="bob") if shown_at else None
    return Retirement(day(since), "Product cancelled.", shown)


def request(replaces: str, deadline: str, reason: RequestReason = RequestReason.POLICY) -> Request:
    return Request(reason, Version.read(replaces), day(deadline))


def leak(replaces: str, deadline: str = "2026-11-23") -> Request:
    return request(replaces, deadline, RequestReason.LEAKED)


def pause(until: str) -> Pause:
    return Pause(day(until), "Because.")


def incident(**changes: object) -> Incident:
    plain = Incident(
        "incidents/vendor.yaml", "Vendor leaked tokens", Match(frozenset({"mixpanel"})), "some", date(2026, 11, 23)
    )
    return replace(plain, **changes)


def known(version: str = OVERDUE, **changes: object) -> Marker:
    plain = Marker(
        scope=SCOPE,
        id=ID,
        version=Version.read(version),
        due=OVERDUE_ON,
        why=Why.DUE,
        status=Status.OVERDUE,
        opened=date(2026, 10, 20),
        assigned=("alice",),
    )
    return replace(plain, **changes)


def issue(number: int = 1, version: str = OVERDUE, *, closed_on: str | None = None, **changes: object) -> Issue:
    """Build an issue; `closed_on` is when it was closed, by a person unless its marker says why we did."""
    return Issue(
        number=number,
        title=f"Rotate {ID}",
        body="",
        is_open=closed_on is None,
        closed_at=moment(closed_on) if closed_on else None,
        labels=("key-rotation",),
        assignees=("alice",),
        marker=known(version, **changes),
    )


def setting(policy: Policy | None = None, today: date = TODAY, **changes: object) -> Setting:
    return replace(Setting(policy or Policy(), today, SCOPE, CATALOGUE), **changes)


def applied(actions: Iterable[Action], issues: Sequence[Issue], today: date) -> list[Issue]:
    """Do to the issues what a perfect tracker would; markers pass through the line that is written."""
    found = {each.number: each for each in issues}
    for action in actions:
        if isinstance(action, Link):
            _link(action, found)
            continue
        after = (
            _opened(action, 1 + max(found, default=0)) if isinstance(action, Open) else _changed(action, found, today)
        )
        found[after.number] = after
    return list(found.values())


def heard(issues: Iterable[Issue]) -> dict[int, frozenset[str]]:
    """Give the reminders that were written to each issue."""
    return {each.number: hidden.reminders(each.body.splitlines()) for each in issues}


def _link(action: Link, found: dict[int, Issue]) -> None:
    by_id = {each.marker.id: each for each in found.values() if each.is_open}
    above, below = by_id[action.parent], by_id[action.subject.rotation]
    if below.parent is None:
        found[below.number] = replace(below, parent=above.number)
        found[above.number] = replace(above, children=above.children + 1)


def _opened(action: Open, number: int) -> Issue:
    return Issue(
        number,
        action.subject.title,
        "",
        is_open=True,
        closed_at=None,
        labels=action.labels,
        assignees=action.assignees,
        marker=_written(action.marker),
    )


def _changed(action: Update | Remind | Close | Reopen, found: dict[int, Issue], today: date) -> Issue:
    before = found[action.issue.number]
    if isinstance(action, Remind):
        return replace(before, body=f"{before.body}{hidden.reminder_line(action.name)}\n")
    plain = replace(before, labels=action.labels, marker=_written(action.marker))
    if isinstance(action, Close):
        return replace(plain, is_open=False, closed_at=datetime.combine(today, time(12), UTC))
    plain = replace(plain, assignees=action.assignees)
    return replace(plain, is_open=True, closed_at=None) if isinstance(action, Reopen) else plain


def _written(marker: Marker) -> Marker:
    read = hidden.read(f"{hidden.line(marker)}\nwhat it says\n{hidden.END}\n")
    assert read is not None
    return read
