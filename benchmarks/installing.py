"""Set-up in Actions: pip into a fresh environment, beside the step of `action.yml`, with and without its cache."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import peers
import yaml
from measure import Contender, costs, table, times

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIP = "pip, everything"
EVERYTHING = peers.ROOT / "requirements/runtime.txt"
STEP = "Install"


def markdown(_scale: int, place: Path) -> str:
    """Measure each into an environment that is not there yet; what comes from the registry varies with the network."""
    found = costs([_pip(place), *_ours(place)], peers.ROOT)
    rows = [
        [name, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", times(found[PIP].wall / cost.wall)]
        for name, cost in found.items()
    ]
    return table(["", "wall s", "CPU s", "times faster than pip"], rows)


def _ours(place: Path) -> list[Contender]:
    return [
        _step("the action, every command, first time", "action", place / "first"),
        _step("the action, every command, cached", "action", place / "action", *_MADE),
        _step("the action, `validate`, first time", "validate", place / "once"),
        _step("the action, `validate`, cached", "validate", place / "validate", *_MADE),
    ]


def _pip(place: Path) -> Contender:
    fresh = place / "pip"
    script = f"{sys.executable} -m venv {fresh} && {fresh}/bin/python -m pip install --require-hashes -r {EVERYTHING}"
    return Contender(PIP, ("sh", "-ec", script), prepare=_without(fresh))


_MADE = ("uv", "cache", "venv", "installed")  # by the step; what is left is what Actions keeps from run to run


def _step(name: str, lock: str, place: Path, *made: str) -> Contender:
    """Run what the action runs; with what is kept of an earlier run, where only what was `made` from it is removed."""
    action: dict[str, Any] = yaml.safe_load((peers.ROOT / "action.yml").read_text(encoding="utf-8"))
    (script,) = (step["run"] for step in action["runs"]["steps"] if step.get("name") == STEP)
    place.mkdir()
    given = {"LOCK": lock, "PLACE": str(place), "PYTHON": sys.executable}
    step = Contender(name, ("bash", "-eo", "pipefail", "-c", script), environment=given)
    if made:
        costs([step], peers.ROOT, rounds=1)
    removed = [place / each for each in made] or [place]
    return step._replace(prepare=_without(*removed, then=place))


def _without(*places: Path, then: Path | None = None) -> Callable[[], object]:
    def remove() -> None:
        for found in places:
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)
        if then is not None:
            then.mkdir(exist_ok=True)

    return remove
