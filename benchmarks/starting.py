"""Start: how long the shortest commands take, beside bare Python and what users run anyway."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import corpus
import peers
from measure import Contender, Cost, costs, table, times

if TYPE_CHECKING:
    from pathlib import Path

BARE = "python -c pass"


def markdown(_scale: int, place: Path) -> str:
    """Measure single starts; a fresh install without byte code takes about twice as long."""
    written = corpus.declare(place, 1, one_in=0)
    [file] = (str(path.relative_to(place)) for path in written.files)
    found = costs(_contenders(file), place, rounds=15)
    rows = [
        [name, f"{cost.wall * 1000:.0f}", f"{cost.cpu * 1000:.0f}", f"{cost.peak:.0f}", _beside(cost.wall, found)]
        for name, cost in found.items()
    ]
    return table(["", "wall ms", "CPU ms", "peak MiB", "of bare Python"], rows)


def _beside(wall: float, found: dict[str, Cost]) -> str:
    return times(wall / found[BARE].wall)


def _contenders(file: str) -> list[Contender]:
    return [
        Contender(BARE, (sys.executable, "-c", "pass")),
        Contender("keyturn --version", (peers.KEYTURN, "--version")),
        Contender("keyturn validate FILE", (peers.KEYTURN, "validate", file)),
        Contender("keyturn plan", (peers.KEYTURN, "plan", "--today", corpus.TODAY)),
        peers.check_jsonschema([file])._replace(name="check-jsonschema FILE", expected=(0,)),
        Contender("pre-commit --version", (peers.python("peers", "pre-commit"), "--version")),
        Contender("octodns-validate --help", (peers.python("peers", "octodns-validate"), "--help")),
    ]
