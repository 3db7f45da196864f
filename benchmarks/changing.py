"""Check a pull request of twenty files in a large repository, beside a peer that is handed just those files."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import corpus
import peers
from measure import Contender, costs, table, times

if TYPE_CHECKING:
    from pathlib import Path

COMMITTED = "keyturn --changed main...HEAD"
STANDING = "keyturn --changed main"
SIZE = 100_000
CHANGED = 20
STRIDE = 4_999  # a prime, so that these files are a mix as all of them are


def markdown(scale: int, place: Path) -> str:
    """Measure a pull request that changes keys, and one that adds as many."""
    size = max(100, SIZE // scale)
    corpus.commit(corpus.declare(place, size, one_in=0))
    return "\n\n".join([_changed(place, size), _added(place, size)])


def _changed(place: Path, size: int) -> str:
    numbers = [STRIDE * each % size for each in range(1, CHANGED + 1)]
    _branch(place, "change", {corpus.place(each): corpus.rotation(each) + "# Reviewed.\n" for each in numbers})
    return f"### {CHANGED} changed of {size:,}\n\n{_rows(place, [corpus.place(each) for each in numbers])}"


def _added(place: Path, size: int) -> str:
    numbers = range(size, size + CHANGED)
    _branch(place, "add", {corpus.place(each): corpus.rotation(each) for each in numbers})
    return f"### {CHANGED} added to {size:,}\n\n{_rows(place, [corpus.place(each) for each in numbers])}"


def _branch(place: Path, name: str, texts: dict[str, str]) -> None:
    _git(place, "checkout", "--quiet", "-b", name, "main")
    for path, text in texts.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    _git(place, "add", "--", *texts)
    _git(place, "-c", "user.name=Alice", "-c", "user.email=alice@example.com", "commit", "--quiet", f"--message={name}")


def _git(place: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=place, check=True)  # noqa: S607 - git of the PATH


def _rows(place: Path, files: list[str]) -> str:
    keyturn = (peers.KEYTURN, "validate", "--changed")
    contenders = [
        Contender(COMMITTED, (*keyturn, "main...HEAD")),
        Contender(STANDING, (*keyturn, "main")),
        peers.check_jsonschema(files)._replace(expected=(0,)),
    ]
    found = costs(contenders, place, rounds=7)
    mine = found[COMMITTED]
    rows = [
        [name, f"{cost.wall:.3f}", f"{cost.cpu:.3f}", f"{cost.peak:.0f}", times(cost.wall / mine.wall)]
        for name, cost in found.items()
    ]
    return table(["", "wall s", "CPU s", "peak MiB", "wall, of the first"], rows)
