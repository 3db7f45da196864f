"""Time the planning core alone: values in, actions out, with an open issue for every tenth key.

Three fleets of each size: `quiet`, where a run finds nothing to do; `busy`, where every open issue has to be written
anew; `backlog`, where every key is overdue and none has an issue yet.
"""

from __future__ import annotations

import argparse
import gc
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keyturn.actions import Open
from keyturn.commands.shelf import shelved
from keyturn.model import Consumer, Duration, Issue, Limits, Match, Policy, Rotation, Rule, Tier, Version
from keyturn.plan import Plan, Setting, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUNS = 5
SIZES = (1000, 10_000, 100_000)
TODAY = date(2026, 11, 21)
LATER = TODAY + timedelta(days=1)
FRESH, OLD = "2026-11-01", "2026-07-01"
PROVIDERS = ("appsflyer", "mixpanel", "plausible", "snowflake")
TIERS = (None, Tier.CRITICAL, Tier.STANDARD, Tier.LOW)
EVERY = 10  # how many keys there are for each that is due
POLICY = Policy(
    rules=(
        Rule(Match(providers=frozenset({"stripe"})), Duration(30, "d"), Tier.CRITICAL),
        Rule(Match(tags=frozenset({"pii"})), Duration(60, "d")),
    ),
    limits=Limits(open_at_once=1_000_000),
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """What one plan is made of."""

    name: str
    rotations: tuple[Rotation, ...]
    issues: tuple[Issue, ...]
    setting: Setting

    def planned(self) -> Plan:
        """Make the plan."""
        return plan(self.rotations, self.issues, self.setting)


class Row(NamedTuple):
    """What one plan took, in processor time, and what came of it."""

    fleet: str
    keys: int
    issues: int
    seconds: float
    actions: int
    waiting: int

    @property
    def microseconds(self) -> float:
        """Give the time for each key."""
        return 1_000_000 * self.seconds / self.keys


def rotation(number: int, created: str) -> Rotation:
    """Return a key of ordinary shape."""
    provider = PROVIDERS[number % len(PROVIDERS)]
    return Rotation(
        path=f"rotations/{number // 1000:03}/{number}.yaml",
        provider=provider,
        slug=provider,
        key=f"key-{number}",
        version=Version.read(created),
        owners=("alice", "bob"),
        consumers=(
            Consumer("segment", name=f"Source {number}", at="source"),
            Consumer("github-secret", repository="acme/etl", secret=f"KEY_{number}"),
        ),
        description=f"Exports number {number} to the warehouse.",
        tags=("pii",) if number % 3 == 0 else ("etl",),
        tier=TIERS[number % len(TIERS)],
        rotate_every=Duration(90, "d"),
    )


def fleets(keys: int) -> tuple[Fleet, ...]:
    """Return the fleets of one size; their issues are what an earlier run has opened."""
    setting = Setting(POLICY, TODAY, "acme/keys:.", shelved(Path("nowhere"), broken=()))
    rotations = tuple(rotation(number, FRESH if number % EVERY else OLD) for number in range(keys))
    opened = (action for action in plan(rotations, (), setting).actions if isinstance(action, Open))
    issues = tuple(_issue(number, action) for number, action in enumerate(opened, start=1))
    rationed = replace(setting, policy=replace(POLICY, limits=Limits()))
    return (
        Fleet("quiet", rotations, issues, setting),
        Fleet("busy", rotations, issues, replace(setting, edition="another")),
        Fleet("backlog", tuple(rotation(number, OLD) for number in range(keys)), (), rationed),
    )


def _issue(number: int, action: Open) -> Issue:
    return Issue(
        number=number,
        title=action.subject.title,
        body="",
        is_open=True,
        closed_at=None,
        labels=action.labels,
        assignees=action.assignees,
        marker=action.marker,
    )


def cost(fleet: Fleet, runs: Sequence[tuple[float, Plan]]) -> Row:
    """Keep the cheapest of some plans."""
    least, planned = min(runs, key=lambda each: each[0])
    return Row(fleet.name, len(fleet.rotations), len(fleet.issues), least, len(planned.actions), len(planned.waiting))


def _timed(once: Callable[[], Plan]) -> tuple[float, Plan]:
    gc.collect()
    start = time.process_time()
    planned = once()
    return time.process_time() - start, planned


def rows(sizes: Sequence[int] = SIZES) -> list[Row]:
    """Measure every fleet of every size by turns, so that what slows the machine down slows all sizes down."""
    every = [fleet for keys in sizes for fleet in fleets(keys)]
    gc.freeze()  # what one fleet keeps is no work for the plan of another
    runs = [[_timed(fleet.planned) for fleet in every] for _ in range(RUNS)]
    return [cost(fleet, each) for fleet, each in zip(every, zip(*runs, strict=True), strict=True)]


def main() -> None:
    """Print a table: a row for each fleet and size, with the growth from the size before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keys", nargs="*", type=int, default=SIZES, help="sizes to measure")
    before: dict[str, Row] = {}
    print(
        f"{'fleet':<8} {'keys':>7} {'issues':>7} {'CPU s':>8} {'µs/key':>7} {'growth':>7} {'actions':>8} {'waiting':>8}"
    )
    for row in rows(parser.parse_args().keys):
        growth = f"{row.seconds / before[row.fleet].seconds:.1f}x" if row.fleet in before else "-"
        print(
            f"{row.fleet:<8} {row.keys:>7} {row.issues:>7} {row.seconds:>8.3f} {row.microseconds:>7.1f} {growth:>7} "
            f"{row.actions:>8} {row.waiting:>8}"
        )
        before[row.fleet] = row


if __name__ == "__main__":
    main()
