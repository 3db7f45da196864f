"""Plan, listing and history: what a run costs beside reading the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import history
import listing
import plan
from measure import table

if TYPE_CHECKING:
    from pathlib import Path


def markdown(scale: int, _place: Path) -> str:
    """Measure the planning core, the list of 10,000 issues and the map of last changes."""
    parts = (
        f"The planning core alone, with an open issue for every tenth key:\n\n{_plans(scale)}",
        f"{listing.ISSUES // scale} open issues listed, beyond loading the client:\n\n{_listing(scale)}",
        f"When {history.FILES // scale} files were last changed:\n\n{_history(scale)}",
    )
    return "\n\n".join(parts)


def _plans(scale: int) -> str:
    found = plan.rows([keys // scale for keys in plan.SIZES])
    cells = [
        [row.fleet, f"{row.keys}", f"{row.issues}", f"{row.seconds:.3f}", f"{row.microseconds:.0f}", f"{row.actions}"]
        for row in found
    ]
    return table(["fleet", "keys", "open issues", "CPU s", "µs a key", "actions"], cells)


def _listing(scale: int) -> str:
    found = listing.rows(listing.ISSUES // scale)
    cells = [
        [
            row.what,
            f"{row.seconds:.2f}",
            f"{row.mebibytes:.0f}",
            f"{found[0].seconds / row.seconds:.1f}",
            f"{found[0].mebibytes / row.mebibytes:.1f}",
        ]
        for row in found
    ]
    return table(["", "CPU s", "MiB", "times faster", "times leaner"], cells)


def _history(scale: int) -> str:
    found = history.rows(history.FILES // scale, history.COMMITS)
    return table(["", "CPU s", "of git alone"], [[row.what, f"{row.seconds:.3f}", f"{row.ratio:.2f}"] for row in found])
