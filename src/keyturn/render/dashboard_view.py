"""What the dashboard shows, as inert Markdown for its template, with a timeline that GitHub draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn.render import escape
from keyturn.render.days import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from keyturn.actions import Alarm, Dashboard, Group, Line

_LONGEST = 300
_MOST_BARS = 40  # of the timeline
_CRITICAL = ("Now", "Overdue")
_NOTHING = "Nothing is to be done."
_CLOSING = (
    "It is kept up to date whenever one of these days or keys changes, and is never closed while keyturn.yaml asks for "
    "it. Pin it, so that it stands above all other issues: **Pin issue**, beside it."
)


@dataclass(frozen=True, slots=True)
class LineRow:
    """One key of a table."""

    id: str
    day: str
    issue: str
    owners: str
    tier: str


@dataclass(frozen=True, slots=True)
class GroupTable:
    """A heading with its table."""

    title: str
    day: str
    lines: tuple[LineRow, ...]


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One incident."""

    id: str
    day: str
    issue: str
    summary: str


def values(dashboard: Dashboard, most_lines: int | None = None) -> dict[str, object]:
    """Prepare a dashboard for its template, with at most so many keys."""
    all_lines = sum(len(group.lines) for group in dashboard.groups)
    groups = tuple(_first(dashboard.groups, all_lines if most_lines is None else most_lines))
    left = all_lines - sum(len(group.lines) for group in groups)
    return {
        "reopened": dashboard.reopened,
        "summary": _summary(dashboard),
        "alarms": tuple(_alarm(id_, alarm) for id_, alarm in dashboard.alarms.items()),
        "groups": tuple(GroupTable(group.title, group.day, tuple(map(_line, group.lines))) for group in groups),
        "cut": f"… and {left} more; {escape.code('keyturn ages')} shows all." if left else None,
        "timeline": _timeline(groups),
        "closing": _CLOSING,
    }


def _first(groups: Sequence[Group], room: int) -> Iterator[Group]:
    for group in groups:
        if lines := group.lines[:room]:
            yield replace(group, lines=lines)
        room -= len(lines)


def _summary(dashboard: Dashboard) -> str:
    told = [f"{group.title.lower()}: {counted(len(group.lines), 'key')}" for group in dashboard.groups if group.lines]
    return f"{'; '.join(told).capitalize()}." if told else _NOTHING


def _line(line: Line) -> LineRow:
    owners = ", ".join(map(escape.code, line.owners))
    return LineRow(escape.code(line.rotation), str(line.day), _issue(line.issue), owners, line.tier.value)


def _alarm(id_: str, alarm: Alarm) -> AlarmRow:
    summary = escape.markdown(alarm.summary[:_LONGEST])
    return AlarmRow(escape.code(id_), str(alarm.respond_by), _issue(alarm.issue), summary)


def _issue(number: int | None) -> str:
    return "" if number is None else f"#{number}"


def _timeline(groups: Sequence[Group]) -> str | None:
    """Draw the days of the first keys; ids are plain ASCII, and nothing else of a file gets in."""
    if not (shown := tuple(_first(groups, _MOST_BARS))):
        return None
    lines = ["gantt", "    dateFormat YYYY-MM-DD", "    axisFormat %d %b"]
    for group in shown:
        kind = "crit, milestone" if group.title in _CRITICAL else "milestone"
        lines.append(f"    section {group.title}")
        lines += [f"    {line.rotation} :{kind}, {line.day}, 0d" for line in group.lines]
    return escape.code_block("\n".join(lines), "mermaid")
