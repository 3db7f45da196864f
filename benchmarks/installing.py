"""Set-up in Actions: pip into a fresh environment, beside what `action.yml` does, with and without its cache."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import peers
from measure import Contender, costs, table, times

if TYPE_CHECKING:
    from collections.abc import Callable

PIP = "pip, everything"
ALL = peers.ROOT / "requirements/runtime.txt"
LEAST = peers.ROOT / "requirements/validate.txt"
UV = Path(sys.executable).parent / "uv"


def markdown(_scale: int, place: Path) -> str:
    """Measure each into an environment that is not there yet; what comes from the registry varies with the network."""
    _uv("fill the cache", LEAST, place)
    found = costs([_pip(place), *_ours(place)], place)
    rows = [
        [name, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", times(found[PIP].wall / cost.wall)]
        for name, cost in found.items()
    ]
    return table(["", "wall s", "CPU s", "times faster than pip"], rows)


def _ours(place: Path) -> list[Contender]:
    return [
        _uv("uv, everything, cached", ALL, place),
        _uv("uv, what `validate` needs, cached", LEAST, place),
        _uv("uv, what `validate` needs, first time", LEAST, place, place / "cache"),
    ]


def _pip(place: Path) -> Contender:
    fresh = place / "pip"
    script = f"{sys.executable} -m venv {fresh} && {fresh}/bin/python -m pip install --require-hashes -r {ALL}"
    return Contender(PIP, ("sh", "-ec", script), prepare=_without(fresh))


def _uv(name: str, lock: Path, place: Path, *caches: Path) -> Contender:
    fresh = place / "uv"
    script = (
        f"{UV} venv --python {sys.executable} {fresh} && "
        f"{UV} pip sync --python {fresh}/bin/python --require-hashes --compile-bytecode {lock}"
    )
    environment = {"UV_CACHE_DIR": str(caches[0] if caches else place / "kept")}
    return Contender(name, ("sh", "-ec", script), environment=environment, prepare=_without(fresh, *caches))


def _without(*places: Path) -> Callable[[], object]:
    def remove() -> None:
        for found in places:
            shutil.rmtree(found, ignore_errors=True)

    return remove
