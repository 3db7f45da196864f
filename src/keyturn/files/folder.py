"""A folder of generated files: what is made is written, what was made once and is not any more goes, the rest stays.

A list in the folder says which files are ours. It names a new file before that is written and an old one until it is
gone, so that a run that is cut short leaves nothing that the next one does not know.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keyturn.errors import RepositoryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIST = ".keyturn-report"
_HEAD = "# Written by `keyturn report`, which replaces and removes the files named here, and no others."


def publish(folder: Path, made: Iterable[tuple[str, bytes]]) -> int:
    """Bring a folder in line with what was made and return how many files that is.

    Raises UsageError where the folder holds other things and no list of ours, RepositoryError where a file cannot be
    written.
    """
    ours = _listed(folder)
    contents = dict(made)
    try:
        _list(folder, ours | contents.keys())
        for path, content in contents.items():
            _write(folder, path, content)
        for path in sorted(ours - contents.keys()):
            _remove(folder, path)
        _list(folder, contents.keys())
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "the system gives no reason"
        raise RepositoryError(f"cannot write {folder}: {reason}; check its permissions and the space") from None
    return len(contents)


def _listed(folder: Path) -> set[str]:
    try:
        lines = (folder / LIST).read_text(encoding="utf-8").splitlines()
    except OSError:
        if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            message = f"{folder} holds other things than a report; give a folder that is empty or not there yet"
            raise UsageError(message) from None
        return set()
    return {line for line in lines if line and not line.startswith("#") and _is_inside(line)}


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and {"", ".", ".."}.isdisjoint(path.split("/"))


def _list(folder: Path, paths: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, LIST, "\n".join([_HEAD, *sorted(paths), ""]).encode())


def _write(folder: Path, path: str, content: bytes) -> None:
    """Write a file in place of whatever has its name, unless it holds this already; no link is followed."""
    target = folder / path
    _prepare(folder, target.parent)
    if target.is_symlink():
        target.unlink()
    elif target.exists() and target.read_bytes() == content:
        return
    target.write_bytes(content)


def _prepare(folder: Path, place: Path) -> None:
    """Make a folder below ours; one that is a link leads elsewhere."""
    if place != folder:
        _prepare(folder, place.parent)
        if place.is_symlink():
            message = f"{place} is a link; remove it, so that the report is written where it belongs"
            raise RepositoryError(message)
        place.mkdir(exist_ok=True)


def _remove(folder: Path, path: str) -> None:
    target = folder / path
    if not target.parent.is_dir():
        return  # somebody was here before
    _prepare(folder, target.parent)
    target.unlink(missing_ok=True)
    place = target.parent
    while place != folder and not any(place.iterdir()):
        place.rmdir()
        place = place.parent
