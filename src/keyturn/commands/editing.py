"""Changing a rotation's own file: find it by id, show or write the edit, say what comes next."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from keyturn import checks, files
from keyturn.commands import workspace
from keyturn.errors import RepositoryError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Change
    from keyturn.model import Rotation


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the id, and a dry run."""
    parser.add_argument("id", metavar="ID", help="the rotation, as <provider>/<key>")
    parser.add_argument("--dry-run", action="store_true", help="show the change and write nothing")


def rotation(found: Workspace, id_: str) -> Rotation:
    """Return the rotation of this id, or of one that it had earlier."""
    known = {each.id: each for each in found.rotations}
    former = {name: each for each in found.rotations for name in each.formerly}
    if id_ in known or id_ in former:
        return known.get(id_) or former[id_]
    if id_ in found.left_alone:
        message = f"the file of {id_} has an error; run `keyturn validate` and correct it first"
        raise RepositoryError(message)
    if not found.is_whole:
        message = f"no file that can be read declares {id_}; run `keyturn validate` and correct the others first"
        raise RepositoryError(message)
    message = f"no rotation {id_}{checks.nearest(id_, known)}"
    raise UsageError(message)


def change(found: Workspace, subject: Rotation, changes: Sequence[Change], world: World, *, is_dry: bool) -> None:
    """Make the changes in the rotation's file, or show them as a diff."""
    before, after = edited(found, subject, changes)
    if is_dry:
        world.say(_diff(before, after, subject.path))
    else:
        files.write(found.root / subject.path, after)


def edited(found: Workspace, subject: Rotation, changes: Sequence[Change]) -> tuple[str, str]:
    """Return the text of the rotation's file before and after the changes; the second fits the schema."""
    document = files.read(found.root / subject.path, subject.path)
    if isinstance(document, tuple):
        message = f"{subject.path} has changed meanwhile; run `keyturn validate`"
        raise RepositoryError(message)
    after = files.edited(document.text, changes)
    if wrong := workspace.faults(subject.path, after):
        message = f"{subject.path} would not be valid any more: {wrong[0].message}; nothing was changed"
        raise UsageError(message)
    return document.text, after


def _diff(before: str, after: str, path: str) -> str:
    lines = unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)
