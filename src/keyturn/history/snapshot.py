"""Whether the files of a work tree are what its commit holds, and what then names them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from keyturn.errors import KeyturnError
from keyturn.history.program import answer, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Nothing that somebody has set up may make git look away.
_CLOSELY = (
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.ignoreStat=false",
    "-c",
    "core.trustctime=true",
)
_STATUS = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching")
_UNWATCHED = re.compile(rb"\0[^H][ ]")  # `h` is assumed to be unchanged, `S` is not checked out
_ATTRIBUTES = ".gitattributes"


def standing(root: Path, names: Sequence[str], unwanted: str) -> str | None:
    """Return what names the state of files and folders below a root, or None where git cannot answer for it.

    It cannot where anything differs from the commit that is checked out, ignored files included, where somebody told
    git not to look at a file, or where `unwanted` is under version control.
    """
    try:
        if answer(root, *_CLOSELY, *_STATUS, "--ignore-submodules=none", "--", *names) != "":
            return None
        if answer(root, "ls-files", "-z", "--", unwanted) != "" or _has_unwatched(root, names):
            return None
        trees = answer(root, "ls-tree", "-z", "HEAD", "--", *names)
        return None if trees is None else "\0".join([trees, *_attributes(root)])
    except KeyturnError:
        return None


def _has_unwatched(root: Path, names: Sequence[str]) -> bool:
    """Tell whether git was told not to look at one of the files; a large tree is never held as a whole."""
    rest = b"\0"
    for piece in pieces(root, "ls-files", "-v", "-z", "--", *names):
        if _UNWATCHED.search(rest + piece):
            return True
        rest = piece[-2:]
    return False


def _attributes(root: Path) -> list[str]:
    """Return what may make a file differ from what its commit holds, from here to the top; what is below is named."""
    info = answer(root, "rev-parse", "--git-path", "info/attributes") or ""
    places = [*(folder / _ATTRIBUTES for folder in (root, *root.parents)), root / info]
    return [place.read_bytes().hex() if place.is_file() else "" for place in places]
