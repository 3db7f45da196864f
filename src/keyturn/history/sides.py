"""Two commits: the one that a change is to be merged into, and the one at which it left that line."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.history.blobs import blobs_of
from keyturn.history.repository import FILE, LINK, RAW, asked_quietly, committed_in, is_shallow, missing, prefix_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Comparison:
    """The commit that a change is to be merged into, and the one at which it left that line; often they are one."""

    base: str
    fork: str


def comparison(root: Path, ref: str) -> Comparison:
    """Find what the work tree is to be compared with.

    Raises UsageError where the ref names no commit or one of another history, OutsideError where the clone is too
    shallow to tell.
    """
    with committed_in(root) as repo:
        base = asked_quietly(repo, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}") if ref[:1] != "-" else ""
        if not base:
            raise missing(repo, f"{ref} names no commit here", "give a branch, a tag or a commit")
        fork = asked_quietly(repo, "merge-base", base, "HEAD")
        if not fork:
            other = "give the branch that the change is to be merged into"
            raise missing(repo, f"{ref} and this commit have no common history here", other)
        return Comparison(base, fork)


def export(root: Path, commit: str, names: Sequence[str], into: Path, largest: int) -> None:
    """Write files and folders that a commit has below `root` into an empty folder, without filters and hooks.

    A link becomes one that leads nowhere; a file of more than `largest` bytes becomes one of as many zero bytes.
    """
    with committed_in(root) as repo:
        prefix = prefix_of(repo, root)
        wanted = [prefix + name for name in names]
        listed = repo.git.ls_tree("-r", "-z", "--full-tree", commit, "--", *wanted, **RAW)
        found = [entry for line in listed.split(b"\0") if line for entry in _entry(line, prefix)]
        blobs = blobs_of(repo, [entry.blob for entry in found], largest)
        for entry in found:
            _write(into / entry.name, entry, blobs, largest)


def deleted(root: Path, commit: str, folder: str, largest: int) -> list[bytes] | None:
    """Return what the files below a folder held that were deleted on the way to a commit; None in a shallow clone.

    What came and went on a branch before it was merged never counted, so the first parents alone are looked at.
    """
    with committed_in(root) as repo:
        if is_shallow(repo):
            return None
        with repo.git.custom_environment(GIT_LITERAL_PATHSPECS="1"):
            log = ("--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=D", "--format=", "-z")
            text = repo.git.log(*log, commit, "--", prefix_of(repo, root) + folder, **RAW)
        blobs = [found[1].decode() for found in _DELETED.finditer(text)]
        return list(blobs_of(repo, blobs, largest).values())


_DELETED = re.compile(rb":[0-7]{6} 000000 ([0-9a-f]{40,64}) 0+ D\0[^\0]+\.ya?ml(?=\0)")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of a commit, by its name below the root."""

    mode: str
    blob: str
    name: str


def _entry(line: bytes, prefix: str) -> Iterator[_Entry]:
    head, _, path = line.partition(b"\t")
    mode, _, blob = head.decode().split(" ")
    name = os.fsdecode(path).removeprefix(prefix)
    # Git makes no such names; whoever forges a tree with them must not write beside the folder.
    if {"", ".", "..", ".git"}.isdisjoint(name.split("/")):
        yield _Entry(mode, blob, name)


def _write(path: Path, entry: _Entry, blobs: Mapping[str, bytes], largest: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode.startswith(LINK):
        path.symlink_to("nowhere")
    elif entry.mode.startswith(FILE):
        path.write_bytes(blobs.get(entry.blob, b"\0" * (largest + 1)))
