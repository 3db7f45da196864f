"""What the page of an audit shows, as plain text for its template, which escapes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.render.audits.columns import POINTS
from keyturn.render.audits.facts import SHORT, at, facts, outcome, title
from keyturn.render.audits.words import heading, place, source, summary
from keyturn.render.escape import visible
from keyturn.render.templates import AUDIT

if TYPE_CHECKING:
    from keyturn.model.audit import Deposit, Record, Report, Turn
    from keyturn.render.audits.columns import Point
    from keyturn.render.audits.facts import Fact, Item
    from keyturn.render.templates import Templates


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said, with an address to look at."""

    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """What one column says."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a key; `tone` names the colour of its outcome."""

    title: str
    outcome: str
    tone: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One key; `anchor` is where links of the page lead."""

    anchor: str
    id: str
    heading: str
    count: str
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a column answers."""

    name: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file with its hashes."""

    path: str
    sha256: str
    blob: str


def page(report: Report, templates: Templates) -> str:
    """Fill in the page of an audit: one file that asks for nothing else."""
    return templates.render(
        AUDIT,
        scope=visible(place(report)),
        source=visible(source(report)),
        summary=summary(report),
        commit=report.commit,
        short=report.commit[:SHORT],
        made=at(report.made_at),
        notes=tuple(visible(note) for note in report.notes),
        sections=tuple(_section(count, record, report) for count, record in enumerate(report.records, 1)),
        answers=tuple(Answer(column.value, tuple(map(_point, points))) for column, points in POINTS.items()),
        files=tuple(_file(each) for each in report.files),
    )


def _section(count: int, record: Record, report: Report) -> Section:
    over = [turn for turn in record.turns if turn.is_to_be_proved]
    proved = sum(turn.proved is not None for turn in over)
    return Section(
        anchor=f"key-{count}",
        id=visible(record.id),
        heading=visible(heading(record)),
        count=f"{proved} of {len(over)} proved" if over else "none yet",
        versions=tuple(_version(turn, report) for turn in record.turns),
    )


def _version(turn: Turn, report: Report) -> Version:
    rows = tuple(_row(fact) for fact in facts(turn, report))
    return Version(title(turn), outcome(turn), outcome(turn).replace(" ", "-"), rows)


def _row(fact: Fact) -> Row:
    return Row(fact.column.value, tuple(_line(item) for item in fact.items))


def _line(item: Item) -> Line:
    return Line(visible(item.text), item.url)


def _point(point: Point) -> str:
    return f"{point.standard}, {point.section}: {point.about}"


def _file(each: Deposit) -> File:
    return File(visible(each.path), each.sha256 or "too large to be read", each.blob)
