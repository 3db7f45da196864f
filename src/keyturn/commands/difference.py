"""The rotations that differ from a commit, judged without reading the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.files import tree
from keyturn.history import difference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from keyturn.commands.scope import Found, Scope
    from keyturn.history.difference import Change

FOLDER = "rotations"
GROUND = (tree.POLICY, "incidents", "providers", "platforms", "schemas")  # what every rotation is judged by
_MANY = 2000  # files; reading all is as fast
_COMMITTED = "...HEAD"


def found(root: Path, today: date, scope: Scope, reference: str) -> Found | str:
    """Find everything that is wrong in the changed files of a scope, or say why all have to be read.

    Raises UsageError where the reference names no commit.
    """
    commit, is_committed = reference.removesuffix(_COMMITTED), reference.endswith(_COMMITTED)
    compared = difference.compared(root, commit, (FOLDER, *GROUND), is_committed=is_committed)
    from keyturn.commands import partial, shipped  # while git is at it, as is what follows

    shipped.schemas().compile("rotation")
    changes = compared()
    if changes is None:
        return f"this clone does not hold where {reference} and HEAD parted; fetch more of the history"
    if doubt := _doubt(changes):
        return doubt
    return partial.found(root, today, scope, [each for each in changes if each.path.endswith(tree.ENDINGS)])


def _doubt(changes: Sequence[Change]) -> str:
    """Say why the changed files do not tell enough, or nothing."""
    if ground := next((each.path for each in changes if not each.path.startswith(f"{FOLDER}/")), None):
        return f"{tree.named(ground)} has changed, by which they are judged"
    if odd := next((each.path for each in changes if not each.is_regular or _is_below_yaml(each.path)), None):
        return f"{tree.named(odd)} is or was no regular file"
    return f"{len(changes):,} of them have changed" if len(changes) > _MANY else ""


def _is_below_yaml(path: str) -> bool:
    return any(folder.endswith(tree.ENDINGS) for folder in path.split("/")[:-1])
