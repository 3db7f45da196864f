"""The ages of all keys as lines, JSON and a Markdown table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keyturn.model import Status
from keyturn.render import days, escape, tables
from keyturn.render.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from keyturn.policy import Standing

# What needs somebody comes first, by its due day; what is over or set aside comes last.
_TURN = {Status.LEAKED: 0, Status.EXPIRED: 0, Status.WAIVED: 3, Status.HELD: 2, Status.RETIRED: 3, Status.FRESH: 2}
_LATER = 1
_NAMES = ("Key", "Status", "Age", "Due", "Owners", "Issue")
_DATED = ("Changed",)


@dataclass(frozen=True, slots=True)
class Age:
    """How old a key is and how it stands; nobody knows the age of some."""

    rotation: str
    provider: str
    age_days: int | None
    due: date
    days_left: int
    status: Status
    owners: tuple[str, ...]
    issue: int | None
    changed: datetime | None = None  # when its file was last changed; None where nobody asked, or git does not know it


def age(standing: Standing, issue: int | None, today: date, changed: datetime | None = None) -> Age:
    """Judge the age of one key today; `issue` is the number of its open issue."""
    rotation = standing.rotation
    return Age(
        rotation=rotation.id,
        provider=rotation.slug,
        age_days=None if rotation.version.is_unknown else (today - rotation.version.day).days,
        due=standing.due,
        days_left=(standing.due - today).days,
        status=standing.status,
        owners=rotation.owners,
        issue=issue,
        changed=changed,
    )


def document(today: date, ages: Sequence[Age]) -> dict[str, Any]:
    """Give the JSON document of `ages`; `changed` is there where it is known of any key."""
    is_dated = _is_dated(ages)
    return {"today": today.isoformat(), "keys": [_entry(each, is_dated=is_dated) for each in ages]}


def text(today: date, ages: Sequence[Age]) -> list[str]:
    """Write one aligned line per key under a heading, the most urgent first."""
    rows = table(today, ages)
    return tables.columns([tuple(name.upper() for name in rows.names), *rows.rows]) if ages else ["no keys"]


def table(today: date, ages: Sequence[Age]) -> Table:
    """Give a row for every key, the most urgent first; with when its file was last changed where that is known."""
    ordered, is_dated = _by_urgency(ages), _is_dated(ages)
    cells = tuple((*_cells(each, today), *_changed(each, is_dated=is_dated)) for each in ordered)
    return Table((*_NAMES, *_DATED[:is_dated]), cells, tuple(each.status.value for each in ordered))


def markdown(today: date, ages: Sequence[Age]) -> str:
    """Write a Markdown table, the most urgent keys first."""
    if not ages:
        return "No keys."
    is_dated = _is_dated(ages)
    rows = [(*_markdown_cells(each, today), *_changed(each, is_dated=is_dated)) for each in _by_urgency(ages)]
    return tables.markdown((*_NAMES, *_DATED[:is_dated]), rows, most=1000)


def _is_dated(ages: Sequence[Age]) -> bool:
    return any(each.changed for each in ages)


def _changed(each: Age, *, is_dated: bool) -> tuple[str, ...]:
    day = each.changed.date().isoformat() if each.changed else "-"
    return (day,) if is_dated else ()


def _entry(each: Age, *, is_dated: bool) -> dict[str, Any]:
    fields = {
        "rotation": each.rotation,
        "provider": each.provider,
        "age_days": each.age_days,
        "due": each.due.isoformat(),
        "days_left": each.days_left,
        "status": each.status.value,
        "owners": list(each.owners),
        "issue": each.issue,
    }
    return fields | ({"changed": each.changed.isoformat() if each.changed else None} if is_dated else {})


def _by_urgency(ages: Sequence[Age]) -> list[Age]:
    return sorted(ages, key=lambda each: (_TURN.get(each.status, _LATER), each.due, each.rotation))


def _cells(each: Age, today: date) -> tuple[str, ...]:
    issue = "-" if each.issue is None else f"#{each.issue}"
    return each.rotation, each.status.value, _spoken(each), _due(each, today), ", ".join(each.owners), issue


def _markdown_cells(each: Age, today: date) -> tuple[str, ...]:
    owners = ", ".join(map(escape.code, each.owners))
    issue = "" if each.issue is None else f"#{each.issue}"
    return escape.code(each.rotation), each.status.value, _spoken(each), _due(each, today), owners, issue


def _due(each: Age, today: date) -> str:
    return f"{each.due} ({days.left(each.due, today)})"


def _spoken(each: Age) -> str:
    return "unknown" if each.age_days is None else days.counted(each.age_days, "day")
