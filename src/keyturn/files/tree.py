"""Which files a root declares, and their bytes: cheap enough to be asked a hundred thousand times."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

POLICY = "keyturn.yaml"
ENDINGS = (".yaml", ".yml")
LINKED, UNLISTED = "not-a-regular-file", "unreadable"
_SKIPPED = frozenset({".git"})

# No symbolic link is followed, and a pipe does not block, where the system knows how.
_BETWEEN = "\0"  # cannot be in a name
FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Run(NamedTuple):
    """Files of one folder that follow each other in order."""

    folder: str
    names: list[str]


class Fault(NamedTuple):
    """What stands where a file or folder should be, and why it is not read."""

    path: str
    code: str


def root_of(start: Path) -> Path | None:
    """Return the nearest folder from `start` upwards that has a `keyturn.yaml`."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if has_policy(folder)), None)


def has_policy(folder: Path) -> bool:
    """Tell whether there is a policy, be it a link or a folder: that is a problem of this root, not another root."""
    return os.path.lexists(f"{folder}/{POLICY}")


def runs(path: str) -> Iterator[Run | Fault]:
    """Walk in order over the YAML files below a folder; a link in their place is a fault and never followed."""
    if os.path.islink(path):  # noqa: PTH114 - it answers where a name is too long, too
        yield Fault(path, LINKED)
        return
    try:
        with os.scandir(path) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        yield Fault(path, UNLISTED)
        return
    names: list[str] = []
    for entry in entries:
        if entry.name.endswith(ENDINGS) and entry.is_file(follow_symlinks=False):
            names.append(entry.name)
        elif found_here := list(_others(entry)):
            yield Run(path, names)
            yield from found_here
            names = []
    if names:
        yield Run(path, names)


def _others(entry: os.DirEntry[str]) -> Iterator[Run | Fault]:
    """Look at what is no regular YAML file."""
    is_file_like = entry.name.endswith(ENDINGS)
    if is_file_like or (entry.is_symlink() and entry.is_dir()):
        yield Fault(entry.path, LINKED)
    elif entry.is_dir() and entry.name not in _SKIPPED:
        yield from runs(entry.path)


class Listing:
    """Every file below a folder in order, kept small: the names of a folder are one text."""

    __slots__ = ("count", "faults", "folders")

    def __init__(self, found: Iterable[Run | Fault]) -> None:
        self.count = 0
        self.faults: list[Fault] = []
        self.folders: list[tuple[str, int, str]] = []
        for each in found:
            if isinstance(each, Fault):
                self.faults.append(each)
            elif each.names:
                self.folders.append((each.folder, len(each.names), _BETWEEN.join(each.names)))
                self.count += len(each.names)

    def paths(self, start: int, stop: int) -> Iterator[str]:
        """Give the files from one place in the order to another."""
        place = 0
        for folder, count, names in self.folders:
            if place < stop and start < place + count:
                wanted = names.split(_BETWEEN)[max(0, start - place) : stop - place]
                yield from (f"{folder}{os.sep}{name}" for name in wanted)
            place += count


def listing(folder: str) -> Listing:
    """List every file below a folder."""
    return Listing(runs(folder))


def content(path: str, largest: int) -> bytes | None:
    """Return the bytes of a regular file, one more than `largest` at most; None for anything else."""
    try:
        descriptor = os.open(path, FLAGS)
    except (OSError, ValueError):
        return None
    try:
        return os.read(descriptor, largest + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    finally:
        os.close(descriptor)


def named(below: str) -> str:
    """Name a file as problems do: with `/`, and what a terminal or a log could misread escaped."""
    name = below.replace(os.sep, "/")
    return name if name.isprintable() else "".join(sign if sign.isprintable() else _escaped(sign) for sign in name)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
