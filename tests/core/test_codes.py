"""The list of codes in the documentation is the list of codes in the source."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from core.codes import emitted

from keyturn import checks, review
from keyturn.commands import declaring, leaks
from keyturn.files import disk, loader, rows as rows_of_csv, scalars, syntax, text
from keyturn.schema import explanation

PAGE = Path(__file__).parents[2] / "docs" / "codes.md"
SECTIONS = {
    "Reading": (disk, loader, scalars, syntax, text),
    "Schema": (explanation,),
    "Checks": (checks,),
    "Review": (review, leaks),
    "Import": (rows_of_csv, import_module("keyturn.commands.import"), declaring),
}


def rows(section: str) -> list[list[str]]:
    page = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]


@pytest.mark.repository
@pytest.mark.parametrize("section", SECTIONS)
def test_every_code_is_documented_and_no_other(section: str) -> None:
    documented = [row[0].strip("`") for row in rows(section)]
    assert sorted(documented) == sorted(set(documented))
    assert set(documented) == emitted(*SECTIONS[section])


@pytest.mark.repository
@pytest.mark.parametrize("section", SECTIONS)
def test_each_row_says_what_it_means_and_what_to_write(section: str) -> None:
    for row in rows(section):
        assert len(row) == 3, row
        assert all(re.fullmatch(r"\S.*[.)]", cell) for cell in row[1:]), row
