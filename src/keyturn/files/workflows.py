"""GitHub's own files as `doctor` sees them: what workflows use, and who owns what.

Workflows are not ours to judge as declared files are: `on:` is no problem there, and their texts are nobody's keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from keyturn.files import disk, loader, places
from keyturn.files.text import BOM
from keyturn.health.facts import Ground, Owners, Tree, Use, Workflow
from keyturn.health.owners import PLACES
from keyturn.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from keyturn.files.places import Node

_FOLDER = ".github/workflows"
_MOST_SAMPLES = 1_000  # files of one place that are looked at
_TOLERATED = frozenset({"ambiguous-scalar", "not-finite"})
# What keeps the issues: a command, a script of ours, our action or our workflow. Others may be scheduled as well.
_OURS = re.compile(
    r"\bkeyturn\s+apply\b|\bscripts/(?:open_issues|check_key_ages|close_validated)\.py\b"
    r"|\bcommand:\s*apply\b|/\.github/workflows/reusable-issues\.yml@"
)
_VERIFIES = re.compile(r"\bkeyturn\s+verify\b")
_ENDINGS = ("yaml", "yml")

# Below the root: who may change these decides what keys are judged by and where they are sent.
_OF_ROOT = {
    "keyturn.yaml": (),
    "providers/": _ENDINGS,
    "platforms/": _ENDINGS,
    "templates/": ("jinja",),
}
# Where keyturn runs from this very work tree, so do these.
_OF_SOURCES = {"schemas/": ("schema.json",), "scripts/": ("py",), "src/": ("py",), "requirements/": ("txt",)}


def tree(root: Path, top: Path) -> Tree:
    """Read workflows and owners of the repository at `top`, in which `root` lies."""
    found = [_workflow(path, top) for path in _paths(top)]
    return Tree(
        workflows=tuple(flow for flow in found if isinstance(flow, Workflow)),
        unreadable=tuple(name for name in found if isinstance(name, str)),
        owners=_owners(top),
        grounds=tuple(_grounds(root, top)),
    )


def _paths(top: Path) -> list[Path]:
    return sorted(path for path in (top / _FOLDER).glob("*") if path.suffix in {".yml", ".yaml"})


# -- workflows -----------------------------------------------------------------------------------------------------


def _workflow(path: Path, top: Path) -> Workflow | str:
    shown = disk.shown(path, top)
    source = disk.source(path, shown)
    if isinstance(source, Problem):
        return shown
    text = source.removeprefix(BOM)
    if {problem.code for problem in loader.composed(text, shown).problems} - _TOLERATED:
        return shown
    node = places.root(text)
    jobs = _jobs(_below(node, "jobs"))
    return Workflow(
        path=shown,
        is_ours=bool(_OURS.search(text)),
        is_scheduled=bool(_is_scheduled(_below(node, "on"))),
        environments=tuple(_environment(job) for job in jobs if _verifies(job)),
        uses=tuple(use for job in jobs for use in _uses(job)),
    )


def _jobs(node: Node | None) -> list[Node]:
    return [job for _, job in places.entries(node)] if node else []


def _below(node: Node | None, key: str) -> Node | None:
    return next((value for name, value in places.entries(node) if name.value == key), None) if node else None


def _items(node: Node | None) -> list[Node]:
    return [each for each in node.value if not isinstance(each, tuple)] if node and isinstance(node.value, list) else []


def _is_scheduled(triggers: Node | None) -> bool:
    return _below(triggers, "schedule") is not None


def _uses(job: Node) -> Iterator[Use]:
    for place in (job, *_items(_below(job, "steps"))):
        found = _below(place, "uses")
        if found is not None:
            yield Use(found.start_mark.line + 1, str(found.value))


def _verifies(job: Node) -> bool:
    steps = (_below(step, "run") for step in _items(_below(job, "steps")))
    return any(_VERIFIES.search(str(step.value)) for step in steps if step is not None)


def _environment(job: Node) -> str | None:
    found = _below(job, "environment")
    name = _below(found, "name") or found
    return str(name.value) if name is not None and isinstance(name.value, str) else None


# -- owners --------------------------------------------------------------------------------------------------------


def _owners(top: Path) -> Owners | None:
    name = next((name for name in PLACES if (top / name).is_file()), None)
    source = disk.source(top / name, name) if name else None
    return Owners(name, source.removeprefix(BOM)) if name and isinstance(source, str) else None


def _grounds(root: Path, top: Path) -> Iterator[Ground]:
    yield _ground(top, ".github/", _ENDINGS)
    below = "" if root == top else f"{root.relative_to(top).as_posix()}/"
    for name, endings in _OF_ROOT.items():
        yield _ground(top, below + name, endings)
    if (top / "src" / "keyturn").is_dir():
        for name, endings in _OF_SOURCES.items():
            yield _ground(top, name, endings)


def _ground(top: Path, name: str, endings: tuple[str, ...]) -> Ground:
    """Take what is there, and what may be added: right in a folder, and deeper."""
    if not endings:
        return Ground(name, (name,))
    new = [f"{name}{place}new.{ending}" for place in ("", "below/") for ending in endings]
    there = [path for path in sorted((top / name).rglob("*"))[:_MOST_SAMPLES] if path.is_file()]
    return Ground(name, (*new, *(disk.shown(path, top) for path in there)))
