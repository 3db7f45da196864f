"""Adopt thousands of old keys under GitHub's limits, let simulated people work them off, and print how long it took."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from measure import table

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from shell.adoption import BEGIN, Adoption, worked_off

KEYS, CAPACITY, MOST_DAYS = 5_000, 120, 400


def main() -> int:
    """Print what became of each tier and what the runs cost; fail where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="?", type=int, default=KEYS, help=f"how many (default: {KEYS})")
    parser.add_argument("--capacity", type=int, default=CAPACITY, help="keys that people rotate on a working day")
    options = parser.parse_args()
    adoption = worked_off(Adoption(options.keys, options.capacity), MOST_DAYS)
    print(shown(adoption))
    return not is_kept(adoption)


def markdown(scale: int, _place: Path) -> str:
    """Give the table for the results; a smaller fleet has fewer people."""
    return shown(worked_off(Adoption(KEYS // scale, max(10, CAPACITY // scale)), MOST_DAYS))


def shown(adoption: Adoption) -> str:
    """Write a row for each tier, and what runs cost."""
    if not adoption.is_over:
        return f"Only {len(adoption.rotated)} of {adoption.keys} keys were rotated in {MOST_DAYS} days."
    rows = [[row.tier, str(row.keys), str(row.opened), str(row.rotated), str(row.longest)] for row in adoption.rows()]
    heading = ["tier", "keys", "last opened on day", "last rotated on day", "longest wait, days"]
    promise = "Every promise was kept." if is_kept(adoption) else "A promise was broken."
    return "\n\n".join([table(heading, rows), costs(adoption), promise])


def costs(adoption: Adoption) -> str:
    """Say what the runs cost, and how soon leaks were met."""
    days, most = (adoption.meter.now - BEGIN).days, adoption.meter.most
    slowest = max((met.total_seconds() / 3600 for met in adoption.leaks_met.values()), default=0.0)
    return (
        f"{len(adoption.rotated)} keys rotated in {days} days and {adoption.runs} runs, {adoption.unfinished} of them "
        f"unfinished; at most {adoption.most_waiting} keys waited.\n"
        f"{len(adoption.leaks)} keys leaked while they waited; opened by the next run, in {slowest:.1f} h at most.\n"
        f"at most {most['writes a minute']} writes a minute, {most['writes an hour']} an hour, "
        f"{most['requests an hour']} requests an hour; GitHub allows 80, 500 and 1000."
    )


def is_kept(adoption: Adoption) -> bool:
    """Tell whether all that was promised came true."""
    return adoption.is_over and not adoption.out_of_order and adoption.leaks.keys() == adoption.leaks_met.keys()


if __name__ == "__main__":
    sys.exit(main())
