"""The line of first parents: what a file became with each commit on it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.history.blobs import blobs_of
from keyturn.history.repository import FILE, RAW, asked_quietly, is_shallow, opened, prefix_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from git import Repo


@dataclass(frozen=True, slots=True)
class State:
    """What a file became with a commit on the first-parent history."""

    commit: str
    path: str  # from the top of the work tree
    text: bytes
    is_cut: bool  # a shallow clone ends here: it may have become so with an earlier commit


def states(root: Path, folder: str, words: Collection[str], largest: int) -> tuple[State, ...]:
    """Return every state of the files below a folder that has one of the words in it, oldest first.

    Only first parents of the commit that is checked out are followed: what came with a merge counts with the merge.
    """
    with opened(root) as repo:
        if repo is None or not repo.head.is_valid():
            return ()
        changes, is_cut = tuple(_changes(repo, prefix_of(repo, root) + folder)), is_shallow(repo)
        wanted = [word.encode() for word in words]
        read = blobs_of(repo, [change.blob for change in changes], largest)
        texts = {blob: text for blob, text in read.items() if any(word in text for word in wanted)}
        return tuple(
            State(change.commit, change.path, texts[change.blob], is_cut=is_cut and change.is_first)
            for change in changes
            if change.blob in texts
        )


def chain(root: Path, commit: str, count: int) -> tuple[str, ...]:
    """Return a commit and its first parents, `count` in all; nothing where git does not have it."""
    with opened(root) as repo:
        arguments = ("rev-list", "--first-parent", f"--max-count={count}", "--end-of-options", commit, "--")
        return tuple(asked_quietly(repo, *arguments).split()) if repo else ()


@dataclass(frozen=True, slots=True)
class _Change:
    """A regular file as one commit left it."""

    commit: str
    is_first: bool  # git sees no parent
    blob: str
    path: str


_COMMIT = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f ]*)")
_CHANGED = re.compile(rb"\n?:[0-7]{6} ([0-7]{6}) [0-9a-f]+ ([0-9a-f]{40,64}) [A-Z]")


def _changes(repo: Repo, below: str) -> Iterator[_Change]:
    """Walk over the changed files of every first-parent commit, in one pass."""
    options = ("--first-parent", "-m", "--reverse", "--raw", "-z", "--no-renames", "--no-abbrev", "--format=%H %P")
    with repo.git.custom_environment(GIT_LITERAL_PATHSPECS="1"):
        fields = iter(repo.git.log(*options, "--", below, **RAW).split(b"\0"))
    commit, is_first = "", False
    for field in fields:
        if file := _CHANGED.fullmatch(field):
            path = os.fsdecode(next(fields))
            if file[1].decode().startswith(FILE):
                yield _Change(commit, is_first, file[2].decode(), path)
        elif found := _COMMIT.fullmatch(field):
            commit, is_first = found[1].decode(), not found[2]
