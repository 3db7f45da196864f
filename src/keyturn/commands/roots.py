"""Which folder a command works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.errors import UsageError
from keyturn.files import tree

if TYPE_CHECKING:
    from pathlib import Path

_ROOTLESS = (
    "no keyturn.yaml here or in a folder above; `keyturn init` writes one, an empty one is enough, or say `--root DIR`"
)


def root_of(folder: Path, given: Path | None) -> Path:
    """Return the root that is meant: the given one, else the nearest folder with a `keyturn.yaml`."""
    if given is None:
        if (found := tree.root_of(folder)) is None:
            raise UsageError(_ROOTLESS)
        return found
    if not (folder / given).is_dir():
        message = f"no folder {given}; give the one that holds `keyturn.yaml`"
        raise UsageError(message)
    if not tree.has_policy(folder / given):
        message = f"no keyturn.yaml in {given}, so it is no root; an empty one is enough"
        raise UsageError(message)
    return (folder / given).resolve()
