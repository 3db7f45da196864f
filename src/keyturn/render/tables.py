"""Rows as aligned plain text, and as a Markdown table that does not grow without end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.render import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under names, before anything decides how wide they are; a tone says how much a row matters."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    tones: tuple[str, ...] = ()  # one for each row: a status


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Align the cells of rows of one length with two blanks between them; every cell is made safe for a terminal."""
    cells = [[escape.terminal(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def markdown(names: Sequence[str], rows: Sequence[Sequence[str]], most: int = MOST_ROWS) -> str:
    """Write a Markdown table of cells that are inert already, and say how many rows it leaves out."""
    lines = (names, ["---"] * len(names), *rows[:most])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n… and {len(rows) - most} more" if len(rows) > most else table
