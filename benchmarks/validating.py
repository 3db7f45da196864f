"""Validate corpora of growing size, cold and warm, beside every peer that can.

sourcemeta-jsonschema stops at the first file that is not YAML, so it gets the same files without those.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

import corpus
import peers
from measure import Contender, Cost, costs, table, times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

OURS = "keyturn"
WARM = "keyturn, again"
SLOW = 1_000  # files; from there on v8r takes minutes
LARGE = 100_000
PER_CALL = 20_000  # files; no command line is longer than that


def ours(*, warm: bool = False) -> Contender:
    """Validate a root, with what an earlier run remembers or as in Actions, where there is nothing to remember with."""
    command = (peers.KEYTURN, "validate")
    if warm:
        return Contender(WARM, command, (0, 1), family=True)
    return Contender(OURS, command, (0, 1), environment={"GITHUB_ACTIONS": "true"}, family=True)


def markdown(scale: int, place: Path) -> str:
    """Measure every size, and say how times grow."""
    parts, first = [], {}
    for size in (max(10, full // scale) for full in corpus.SIZES):
        root = place / str(size)
        root.mkdir()
        written = corpus.declare(root, size)
        corpus.commit(written)
        _readable(written.files, root)
        found = _measured(root, [str(path.relative_to(root)) for path in written.files], size)
        parts.append(f"### {size:,} rotations, {len(written.faulty):,} with an error\n\n{_rows(found)}")
        first[size] = found[OURS]
        shutil.rmtree(root)
        shutil.rmtree(_beside(root))
    return "\n\n".join([*parts, _growth(first)])


def _beside(root: Path) -> Path:
    return root.with_name(f"{root.name}-readable")


def _readable(files: Sequence[Path], root: Path) -> None:
    """Link, in a folder beside the repository, the files that every reader of YAML accepts."""
    for file in files:
        text = file.read_text(encoding="utf-8")
        if "consumers: [" not in text and text.count("\ntier: ") == 1:
            link = _beside(root) / file.relative_to(root)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.hardlink_to(file)


def _measured(root: Path, files: list[str], size: int) -> dict[str, Cost]:
    found = costs([ours(), *_peers(root, files, size)], root)
    costs([ours(warm=True)._replace(family=False)], root, rounds=1)  # it remembers
    return {**found, **costs([ours(warm=True)], root)}


def _peers(root: Path, files: list[str], size: int) -> Iterator[Contender]:
    """Give those that end within reason: above a thousand files the slow ones run once."""
    slow = size > SLOW
    yield peers.libyaml("rotations")
    yield peers.sourcemeta(str(_beside(root)))
    if size >= LARGE:
        yield _in_calls(peers.check_jsonschema([]))._replace(slow=True)
        return
    for contender in (peers.check_jsonschema(files), peers.ajv("rotations"), peers.plain("rotations")):
        yield contender._replace(slow=slow)
    yield peers.yamllint("rotations")._replace(slow=slow)
    if size < SLOW:
        yield peers.v8r(files)._replace(slow=True)


def _in_calls(contender: Contender) -> Contender:
    """Call a peer as often as it takes, with as many files as a command line holds."""
    call = " ".join(contender.command)
    command = f"find rotations -name '*.yaml' | sort | xargs -n {PER_CALL} {call}"
    return Contender(contender.name, ("sh", "-c", command), (0, 123))


def _rows(found: dict[str, Cost]) -> str:
    mine = found[OURS]
    rows = [
        [name, f"{cost.wall:.3f}", f"{cost.cpu:.3f}", f"{cost.peak:.0f}", times(cost.wall / mine.wall)]
        for name, cost in sorted(found.items(), key=lambda item: item[1].wall)
    ]
    return table(["", "wall s", "CPU s", "peak MiB", "wall, of keyturn's"], rows)


def _growth(first: dict[int, Cost]) -> str:
    sizes = list(first)
    rows = [
        [f"{before:,} → {after:,}", times(first[after].wall / first[before].wall), times(after / before)]
        for before, after in pairwise(sizes)
    ]
    return f"### Growth\n\n{table(['rotations', 'time', 'files'], rows)}"
