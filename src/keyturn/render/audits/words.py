"""An audit as lines for a terminal, and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.render import escape, tables
from keyturn.render.audits.columns import POINTS
from keyturn.render.audits.facts import SHORT, at, facts, outcome, title
from keyturn.render.days import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.model.audit import Record, Report, Turn
    from keyturn.render.audits.columns import Column

_WIDTH = 10  # of the column of names


def summary(report: Report) -> str:
    """Count what an audit shows, in one sentence."""
    turns = [turn for record in report.records for turn in record.turns]
    over = [turn for turn in turns if turn.is_to_be_proved]
    proved = [turn for turn in over if turn.proved]
    late = sum(turn.is_in_time is False for turn in proved)
    shown = f"{len(proved)} of {len(over)} that are out of use proved" + (f", {late} of them late" if late else "")
    return f"{counted(len(report.records), 'rotation')}, {counted(len(turns), 'version')}: {shown}"


def place(report: Report) -> str:
    """Name the root that was audited."""
    return report.scope.removesuffix(":.")


def source(report: Report) -> str:
    """Say what was audited, and when."""
    tracker = f"tracker {report.tracker}" if report.tracker else "git alone"
    since = f", since {report.since}" if report.since else ""
    return f"{place(report)} at commit {report.commit[:SHORT]} of {at(report.commit_at)}, {tracker}{since}"


def heading(record: Record) -> str:
    """Say where a key is declared, and what it was called before."""
    place = record.path or "declared no more"
    return place + (f"; formerly {', '.join(record.formerly)}" if record.formerly else "")


# -- lines ---------------------------------------------------------------------------------------------------------


def text(report: Report) -> list[str]:
    """Write a block of lines for every version."""
    versions = [line for record in report.records for line in _lines(record, report)]
    notes = [f"note: {escape.terminal(note)}" for note in report.notes]
    return [escape.terminal(f"Audit of {source(report)}"), f"{summary(report)}.", *notes, *versions]


def _lines(record: Record, report: Report) -> Iterator[str]:
    yield ""
    yield escape.terminal(f"{record.id}  ({heading(record)})")
    for turn in record.turns:
        yield escape.terminal(f"  {title(turn)}: {outcome(turn)}")
        for fact in facts(turn, report):
            names = (fact.column.value, *[""] * (len(fact.items) - 1))
            for name, item in zip(names, fact.items, strict=True):
                yield f"    {name.lower().ljust(_WIDTH)}{escape.terminal(item.text)}"


# -- Markdown ------------------------------------------------------------------------------------------------------


def markdown(report: Report) -> str:
    """Write a table for every version, and one of what the columns answer."""
    notes = [f"> {escape.markdown(note)}" for note in report.notes]
    parts = [part for record in report.records for part in _section(record, report)]
    answers = tables.markdown(("Column", "Answers"), [_answers(column) for column in POINTS])
    head = (f"Audit of {escape.markdown(source(report))}", f"{summary(report)}.")
    return "\n\n".join((*head, *notes, *parts, "### What the columns answer", answers)) + "\n"


def _section(record: Record, report: Report) -> Iterator[str]:
    yield f"### {escape.code(record.id)}"
    yield escape.markdown(heading(record))
    yield from (_table(turn, report) for turn in record.turns)


def _table(turn: Turn, report: Report) -> str:
    rows = [
        (fact.column.value, "<br>".join(escape.markdown(item.text) for item in fact.items))
        for fact in facts(turn, report)
    ]
    return tables.markdown((escape.markdown(title(turn)), outcome(turn)), rows)


def _answers(column: Column) -> tuple[str, str]:
    said = (escape.markdown(f"{each.standard}, {each.section}: {each.about}") for each in POINTS[column])
    return column.value, "<br>".join(said)
