"""What a root's own catalogue asks for: one issue that lists the entries to be checked again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from keyturn.actions import Note, StateReason, Upkeep
from keyturn.model import ENTRIES, UNKNOWN, Marker, Status, Why
from keyturn.plan import pages
from keyturn.plan.rules import closed, kept_open, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keyturn.actions import Action
    from keyturn.model import Entry
    from keyturn.plan.case import Case
    from keyturn.plan.pages import Page

LASTS = timedelta(days=180)  # how long it is believed that what was checked has not changed
_CHECKED = Note("Every entry of the catalogue that names its sources has been checked again.")
_GONE = Note("This root has no catalogue of its own any more.")


def stale(entries: Iterable[Entry], today: date) -> tuple[Entry, ...]:
    """Return the entries whose newest check lies too far back, the oldest first."""
    found = (entry for entry in entries if entry.checked_on and today - entry.checked_on > LASTS)
    return tuple(sorted(found, key=lambda entry: (_checked_on(entry), entry.path)))


def undated(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries that name no source with a date, by their path; nobody can tell when they become stale."""
    return tuple(sorted((entry for entry in entries if entry.checked_on is None), key=lambda entry: entry.path))


def actions(case: Case) -> Iterator[Action]:
    """Decide about the catalogue's issue; while an entry cannot be read, nothing happens to it."""
    entries = case.setting.entries
    if ENTRIES in case.setting.left_alone:
        return
    if old := stale(entries, case.setting.today):
        yield from kept_open(case, _page(old, case))
    elif case.issue and entries:
        yield from closed(case, StateReason.COMPLETED, _CHECKED) if case.issue.is_open else settled(case, _CHECKED)
    elif case.issue and case.issue.is_open and case.setting.is_whole:
        yield from closed(case, StateReason.NOT_PLANNED, _GONE)


def _page(old: tuple[Entry, ...], case: Case) -> Page[Upkeep]:
    plain = Marker(
        scope=case.setting.scope,
        id=ENTRIES,
        version=UNKNOWN,
        due=_checked_on(old[0]) + LASTS,
        why=Why.CATALOGUE,
        status=Status.OVERDUE,
        opened=case.issue.marker.opened if case.issue else case.setting.today,
        reopened=pages.reopened(case),
    )
    text = Upkeep(ENTRIES, pages.title(ENTRIES, Why.CATALOGUE), old, reopened=plain.reopened is not None)
    return pages.sealed(case, text, (pages.LABEL, pages.CATALOGUE), plain)


def _checked_on(entry: Entry) -> date:
    return entry.checked_on or date.min
