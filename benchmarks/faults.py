"""Let runs end at each of their requests, in every way, and print what the next runs could not mend: nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import table

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from shell import crashes

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> int:
    """Print the table; fail where anything was violated."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows = tried()
    print(shown(rows))
    return any(row.violations for row in rows)


def markdown(scale: int, _place: Path) -> str:
    """Give the table for the results."""
    return shown(tried(scale))


def tried(scale: int = 1) -> list[crashes.Row]:
    """Try every scenario with every ending, or with one in `scale` of them."""
    return list(crashes.table(crashes.SCENARIOS, tuple(crashes.Ending)[::scale]))


def shown(rows: Sequence[crashes.Row]) -> str:
    """Write a row for each scenario and ending, their sum, and every violation."""
    cells = [[row.scenario, row.ending, str(row.points), str(len(row.violations))] for row in rows]
    found = [violation for row in rows for violation in row.violations]
    total = ["together", "", str(sum(row.points for row in rows)), str(len(found))]
    heading = ["a run of", "ends at each of its requests by", "crash points", "violations"]
    return "\n\n".join([table(heading, [*cells, total]), *found])


if __name__ == "__main__":
    sys.exit(main())
