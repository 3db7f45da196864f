"""Rows of a CSV file with the line on which each begins; what is no such file is a problem and no exception."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from keyturn.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LARGEST = 64 * 1024 * 1024  # bytes
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_SEPARATORS = ",;\t"


class Row(NamedTuple):
    """What one row says, by the name of its column; empty cells are left out."""

    line: int
    cells: Mapping[str, str]


def rows(path: Path, shown: str) -> list[Row] | Problem:
    """Read every row below the head; separators are commas, semicolons or tabs, as the head has them."""
    source = _source(path, shown)
    if isinstance(source, Problem):
        return source
    reader = csv.reader(io.StringIO(source, newline=""), delimiter=_separator(source), strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if len(set(names)) < len(names) or not any(names):
            message = "the first row must name every column once, such as provider,key,owners,created"
            return Problem(shown, 1, 1, "csv-head", message)
        return list(_rows(reader, names))
    except csv.Error:
        message = "a quote is not closed, or stands inside of a cell; double it, and put quotes around the whole cell"
        return Problem(shown, max(1, reader.line_num), 1, "csv-syntax", message)


def _rows(reader: Iterator[list[str]], names: Sequence[str]) -> Iterator[Row]:
    before = reader.line_num  # type: ignore[attr-defined] # the reader of csv, whose type has no name
    for cells in reader:
        line, before = before + 1, reader.line_num  # type: ignore[attr-defined] # as above
        if any(cell.strip() for cell in cells):
            surplus = {"": "".join(cells[len(names) :]).strip()}
            found = {**dict(zip(names, map(str.strip, cells), strict=False)), **surplus}
            yield Row(line, {name: cell for name, cell in found.items() if cell})


def _source(path: Path, shown: str) -> str | Problem:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError:
        return Problem(shown, 1, 1, "unreadable", "the file cannot be opened; check its name and its permissions")
    if len(content) > LARGEST:
        return Problem(shown, 1, 1, "too-large", f"the file is larger than {LARGEST // 1024 // 1024} MiB; split it")
    if content.startswith(_OTHER_ENCODINGS) or b"\0" in content:
        message = "this is UTF-16 or no text; save it as CSV UTF-8, as spreadsheets call it"
        return Problem(shown, 1, 1, "not-utf8", message)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = "this byte is not UTF-8; save the file as CSV UTF-8"
        return Problem(shown, content.count(b"\n", 0, error.start) + 1, 1, "not-utf8", message)


def _separator(source: str) -> str:
    head = source.partition("\n")[0]
    return max(_SEPARATORS, key=head.count)
