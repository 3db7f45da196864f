"""Plan, listing and history: what a run costs beside reading the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpus
import history
import listing
import plan
import validating
from measure import costs, table, times

if TYPE_CHECKING:
    from pathlib import Path


def markdown(scale: int, place: Path) -> str:
    """Measure the planning core, the list of 10,000 issues and the map of last changes."""
    parts = (
        f"The planning core, with an open issue for every tenth key, beside validating:\n\n{_plans(scale, place)}",
        f"{listing.ISSUES // scale} open issues listed, beyond loading the client:\n\n{_listing(scale)}",
        f"When {history.FILES // scale} files were last changed:\n\n{_history(scale)}",
    )
    return "\n\n".join(parts)


def _plans(scale: int, place: Path) -> str:
    sizes = [keys // scale for keys in plan.SIZES]
    before: dict[str, float] = {}
    cells = []
    for row in plan.rows(sizes):
        growth = times(row.seconds / before[row.fleet]) if row.fleet in before else ""
        cells.append([row.fleet, f"{row.keys:,}", f"{row.issues:,}", f"{row.seconds:.3f}", growth, f"{row.actions:,}"])
        before[row.fleet] = row.seconds
    cells.append(["`keyturn validate`", f"{sizes[-1]:,}", "", f"{_validated(sizes[-1], place):.3f}", "", ""])
    return table(["fleet", "keys", "open issues", "CPU s", "growth", "actions"], cells)


def _validated(count: int, place: Path) -> float:
    """Return the processor time that reading and checking so many takes, with nothing remembered."""
    corpus.declare(place, count)
    return costs([validating.ours()], place)[validating.OURS].cpu


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
