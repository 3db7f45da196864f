"""A file of the catalogue, and when somebody last compared it with its sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

ENTRIES = "catalogue/entries"  # the id of the one issue about a root's own entries


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a root's own catalogue."""

    path: str
    checked_on: date | None  # the newest date among its sources; None where no source has one
