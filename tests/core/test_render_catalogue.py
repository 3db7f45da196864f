"""The issue about old entries of the catalogue as people read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from core.render_samples import MARKER
from hypothesis import given, settings, strategies as st

from keyturn import marker
from keyturn.actions import Note, Upkeep
from keyturn.files.distribution import shipped
from keyturn.model import ENTRIES, Entry
from keyturn.render.issue_body import LONGEST, body
from keyturn.render.issue_view import Links
from keyturn.render.templates import CATALOGUE, Templates

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATES = Templates({CATALOGUE: (shipped("templates") / CATALOGUE).read_text(encoding="utf-8")})
OLD = Upkeep(
    ENTRIES,
    "Check the catalogue again",
    (
        Entry("platforms/segment.yaml", date(2026, 4, 1)),
        Entry("providers/mixpanel.yaml", date(2026, 5, 24)),
    ),
)


def written(text: Upkeep | Note, previous: str = "") -> str:
    return body(text, MARKER, previous, TEMPLATES, Links())


def test_two_old_entries(golden: Callable[[str, str], None]) -> None:
    golden("upkeep.md", written(OLD))


def test_one_that_was_closed_too_early(golden: Callable[[str, str], None]) -> None:
    left = replace(OLD, entries=OLD.entries[1:], reopened=True)
    golden("upkeep-reopened.md", written(left, "Before.\n\n" + written(OLD) + "\n\nAfter."))


def test_its_end_is_noted_above_what_it_said() -> None:
    text = written(Note("Every entry has been checked again."), written(OLD))
    assert text.index("Every entry has been checked again.") < text.index("providers/mixpanel.yaml")


def test_thousands_of_entries_are_cut_and_that_is_said() -> None:
    many = tuple(Entry(f"providers/vendor-{number:04}.yaml", date(2026, 5, 1)) for number in range(3000))
    text = written(replace(OLD, entries=many))
    shown = text.count("| 2026-05-01 |")
    assert len(text) <= LONGEST
    assert 0 < shown < 3000
    assert f"… and {3000 - shown} more; `keyturn doctor` shows all." in text


@settings(deadline=None)
@given(st.text())
def test_no_path_breaks_the_marker_or_the_table(path: str) -> None:
    text = written(replace(OLD, entries=(Entry(path, date(2026, 5, 1)),)))
    assert marker.read(text) == MARKER
    assert text.count("<!-- ") == 2
    assert len([line for line in text.split("\n") if line.startswith("|")]) == 3
