"""Let runs end at each of their requests, in every way, and print what the next runs could not mend: nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from shell.crashes import SCENARIOS, Ending, Row, table

LINE = "{:<32} {:<36} {:>12} {:>10}"


def main() -> int:
    """Print a row for each scenario and ending, and their sum; fail where anything was violated."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(LINE.format("scenario", "ending", "crash points", "violations"))
    rows = []
    for row in table(SCENARIOS, tuple(Ending)):
        rows.append(row)
        print(shown(row), flush=True)
    found = [violation for row in rows for violation in row.violations]
    print(
        LINE.format(
            f"{len(SCENARIOS)} scenarios", f"{len(Ending)} endings", sum(row.points for row in rows), len(found)
        )
    )
    print("\n".join(found), file=sys.stderr)
    return bool(found)


def shown(row: Row) -> str:
    """Write one row."""
    return LINE.format(row.scenario, row.ending, row.points, len(row.violations))


if __name__ == "__main__":
    sys.exit(main())
