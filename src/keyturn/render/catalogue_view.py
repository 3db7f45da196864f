"""What the issue about old entries of the catalogue shows, as inert Markdown for its template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.render import escape

if TYPE_CHECKING:
    from keyturn.actions import Upkeep
    from keyturn.model import Entry

_LONGEST = 300  # characters of a path
_ASKED = (
    "Vendors move their pages and rename what stands on them. Nobody has compared these entries with their sources for "
    "more than 180 days."
)
_TODO = (
    "For each entry, open the addresses under `sources` and compare them with the steps, the labels, the links and the "
    "probe. Correct what has changed, set `checked_on` of each source that you have read to that day, and open a pull "
    "request."
)
_CLOSES = (
    "It closes by itself when every entry of the table has been checked again. Closing it by hand ends nothing: it is "
    "opened again."
)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of the table."""

    path: str
    checked_on: str


def values(upkeep: Upkeep, most_entries: int | None = None) -> dict[str, object]:
    """Prepare an upkeep for its template, with at most so many entries."""
    shown = upkeep.entries if most_entries is None else upkeep.entries[:most_entries]
    left = len(upkeep.entries) - len(shown)
    return {
        "reopened": upkeep.reopened,
        "asked": _ASKED,
        "entries": tuple(_row(entry) for entry in shown),
        "cut": f"… and {left} more; {escape.code('keyturn doctor')} shows all." if left else None,
        "todo": _TODO,
        "closing": _CLOSES,
    }


def _row(entry: Entry) -> EntryRow:
    return EntryRow(escape.code(entry.path[:_LONGEST]), str(entry.checked_on))
