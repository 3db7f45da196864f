"""The lines that a change adds, commit by commit: what a later commit takes out again stays in the history."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.history.blobs import blobs_of
from keyturn.history.repository import FILE, RAW, committed_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from git import Repo

# No symbolic link is followed, and a pipe does not block, where the system knows how.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_AT_ONCE = 64  # files whose contents are in memory
_LOOK_FOR_ZEROS = 8000  # bytes, as git does to tell a text
_AS_DATA = ("--raw", "-z", "--no-renames", "--no-abbrev")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Addition:
    """The lines of one file that a commit adds to what all of its parents had, by their numbers."""

    commit: str  # empty for what is not committed yet
    path: Path
    lines: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is read: bytes of one file, and of all files together."""

    largest: int
    most: int


class Additions:
    """The additions of a change, to be read once; afterwards `unread` has the files that the budget left out."""

    def __init__(self, root: Path, base: str, budget: Budget) -> None:
        self._root, self._base, self._budget = root, base, budget
        self.unread: set[Path] = set()

    def __iter__(self) -> Iterator[Addition]:
        """Read the commits that the base does not have, oldest first, then what is not committed yet."""
        left = self._budget.most
        with committed_in(self._root) as repo:
            top = Path(repo.working_dir)
            changes = iter((*_committed(repo, self._base), *_uncommitted(repo)))
            while some := list(islice(changes, _AT_ONCE)):
                contents = _contents(repo, some, self._budget.largest) if left > 0 else {}
                left -= sum(map(len, contents.values()))
                for change in some:
                    new = contents.get(change.blob) if change.blob else _on_disk(top, change, self._budget, left)
                    if new is None:
                        self.unread.add(top / change.path)
                    elif lines := _added(new, [contents.get(blob, b"") for blob in change.parents]):
                        yield Addition(change.commit, top / change.path, lines)


@dataclass(frozen=True, slots=True)
class _Change:
    """A regular file as a commit left it, and what its parents had in its place."""

    commit: str
    blob: str  # empty where the work tree has it
    parents: tuple[str, ...]
    path: str


# -- which files -----------------------------------------------------------------------------------------------------


def _committed(repo: Repo, base: str) -> Iterator[_Change]:
    """Yield what each commit changes; of a merge, what it has from none of its parents."""
    options = (
        "--reverse",
        "--topo-order",
        "--no-show-signature",
        "-c",
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--format=%H",
    )
    yield from _changes(repo.git.log(*options, f"{base}..HEAD", "--", **RAW))


def _uncommitted(repo: Repo) -> Iterator[_Change]:
    changed = repo.git.diff_index(*_AS_DATA, "HEAD", "--", **RAW)
    yield from _changes(changed)
    untracked = repo.git.ls_files("--others", "--exclude-standard", "-z", "--full-name", **RAW)
    yield from (_Change("", "", (), os.fsdecode(path)) for path in untracked.split(b"\0") if path)


def _changes(raw: bytes) -> Iterator[_Change]:
    fields, commit = iter(raw.split(b"\0")), ""
    for field in fields:
        line = field.strip(b"\n").decode("ascii", "replace")
        if not line.startswith(":"):
            commit = line or commit
            continue
        parents = len(line) - len(line.lstrip(":"))
        modes_and_blobs = line[parents:].split(" ")
        path, mode = os.fsdecode(next(fields)), modes_and_blobs[parents]
        *before, blob = modes_and_blobs[parents + 1 : 2 * parents + 2]
        if mode.startswith(FILE):
            yield _Change(commit, blob.strip("0") and blob, tuple(each for each in before if each.strip("0")), path)


# -- what is in them -------------------------------------------------------------------------------------------------


def _contents(repo: Repo, changes: Sequence[_Change], largest: int) -> dict[str, bytes]:
    names = [blob for change in changes for blob in (change.blob, *change.parents) if blob]
    return blobs_of(repo, names, largest) if names else {}


def _on_disk(top: Path, change: _Change, budget: Budget, left: int) -> bytes | None:
    """Read a file of the work tree; a link, or what is gone meanwhile, has nothing to show."""
    content = b""
    with suppress(OSError):
        descriptor = os.open(
            top / change.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(budget.largest + 1) or b""  # None where a pipe has nothing to say
    return content if len(content) <= min(budget.largest, max(left, 0)) else None


def _added(new: bytes, parents: Sequence[bytes]) -> dict[int, str]:
    """Return the lines that no parent has, wherever they stood there; nothing of what is no text."""
    old = [Counter(_lines(parent)) for parent in parents]
    found = {}
    for number, line in enumerate(_lines(new), start=1):
        is_old = any(counts[line] for counts in old)
        for counts in old:
            counts[line] -= 1
        if line and not is_old:
            found[number] = line
    return found


def _lines(content: bytes) -> list[str]:
    if content.startswith(_UTF16):
        return content.decode("utf-16", "replace").split("\n")
    return [] if b"\0" in content[:_LOOK_FOR_ZEROS] else content.decode("utf-8", "replace").split("\n")
