"""Everything that ever stood in some files of a branch, and who made it: a few questions to git for a whole root."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError
from keyturn.history.blobs import blobs_of
from keyturn.history.repository import DEEPER, FILE, RAW, committed_in, is_shallow, prefix_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from git import Repo


@dataclass(frozen=True, slots=True)
class Event:
    """What a commit on the line of first parents made of a file; `order` counts those commits, oldest first."""

    order: int
    commit: str
    at: datetime  # when it came into this line, by the clock of whoever committed it
    makers: tuple[str, ...]  # `name <address>` of the authors, also of what a merge brought
    path: str  # from the root
    blob: str | None  # None: the file is gone, or nothing that may be read stands in its place
    text: bytes | None  # None also where it is too large


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The events of a line of first parents, oldest first, up to the commit that is checked out."""

    commit: str
    at: datetime
    line: tuple[str, ...]  # every commit of it, newest first
    events: tuple[Event, ...]


def chronicle(root: Path, names: Sequence[str], largest: int) -> Chronicle:
    """Read the history of files and folders below a root, of YAML files alone.

    Raises UsageError where there is no commit, and OutsideError in a shallow clone: its first commit seems to have
    made everything, on a day and by somebody that it was not.
    """
    with committed_in(root) as repo:
        if is_shallow(repo):
            message = f"this clone is shallow, so who did what when cannot be told; {DEEPER}"
            raise OutsideError(message)
        prefix = prefix_of(repo, root)
        places = [prefix + name for name in names]
        main = list(_touched(repo, ("--first-parent", "-m", "--reverse"), places))
        makers = _makers(list(_touched(repo, ("--full-history", "--parents", "--topo-order"), places)))
        texts = blobs_of(repo, [each.blob for commit in main for each in commit.files if each.blob], largest)
        tip = repo.head.commit
        return Chronicle(
            commit=tip.hexsha,
            at=tip.committed_datetime.astimezone(UTC),
            line=tuple(repo.git.rev_list("--first-parent", "HEAD").split()),
            events=tuple(_events(main, prefix, makers, texts)),
        )


# -- one pass over the commits -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _File:
    """A file as one commit left it."""

    path: str  # from the top of the work tree
    blob: str | None


@dataclass(frozen=True, slots=True)
class _Commit:
    """A commit with what it did to the files that are looked at."""

    id: str
    parents: tuple[str, ...]
    at: datetime
    author: str
    files: list[_File]


_HEADER = re.compile(rb"\n?([0-9a-f]{40,64}) ([0-9a-f ]*)\|([0-9]+) (.*)", re.DOTALL)
_CHANGED = re.compile(rb"\n?:[0-7]{6} ([0-7]{6}) [0-9a-f]+ ([0-9a-f]{40,64}) [A-Z]")
_YAML = (".yaml", ".yml")


def _touched(repo: Repo, options: Sequence[str], places: Sequence[str]) -> Iterator[_Commit]:
    """Ask for commits in the order of the options, each with the YAML files that it changed."""
    form = ("--raw", "-z", "--no-renames", "--no-abbrev", "--format=%H %P|%ct %an <%ae>")
    with repo.git.custom_environment(GIT_LITERAL_PATHSPECS="1"):
        fields = iter(repo.git.log(*options, *form, "--", *places, **RAW).split(b"\0"))
    commit = None
    for field in fields:
        if commit and (changed := _CHANGED.fullmatch(field)):
            path = os.fsdecode(next(fields))
            if path.endswith(_YAML):
                is_file = changed[1].decode().startswith(FILE)
                commit.files.append(_File(path, changed[2].decode() if is_file else None))
        elif found := _HEADER.fullmatch(field):
            if commit:
                yield commit
            commit = _commit(found)
    if commit:
        yield commit


def _commit(found: re.Match[bytes]) -> _Commit:
    parents = tuple(found[2].decode().split())
    at = datetime.fromtimestamp(int(found[3]), UTC)
    return _Commit(found[1].decode(), parents, at, found[4].decode(errors="replace"), [])


# -- who made what a merge brought ---------------------------------------------------------------------------------


def _makers(commits: Sequence[_Commit]) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the authors of each file by commit of the line of first parents; the commits come newest first."""
    known = {commit.id: commit for commit in commits}
    line = list(_line(commits[:1], known))
    seen = {commit.id for commit in line}
    return {commit.id: _authors((commit, *_brought(commit, known, seen))) for commit in reversed(line)}


def _line(tip: Iterable[_Commit], known: Mapping[str, _Commit]) -> Iterator[_Commit]:
    for first in tip:
        commit: _Commit | None = first
        while commit:
            yield commit
            commit = known.get(commit.parents[0]) if commit.parents else None


def _brought(merge: _Commit, known: Mapping[str, _Commit], seen: set[str]) -> Iterator[_Commit]:
    """Walk over the commits that a merge was the first to bring into the line."""
    waiting = [*merge.parents[1:]]
    while waiting:
        name = waiting.pop()
        if name in known and name not in seen:
            seen.add(name)
            yield known[name]
            waiting.extend(known[name].parents)


def _authors(commits: Iterable[_Commit]) -> Mapping[str, tuple[str, ...]]:
    by_path = defaultdict[str, set[tuple[datetime, str]]](set)
    for commit in commits:
        for file in commit.files:
            by_path[file.path].add((commit.at, commit.author))
    return {path: tuple(dict.fromkeys(author for _, author in sorted(made))) for path, made in by_path.items()}


def _events(
    main: Iterable[_Commit],
    prefix: str,
    makers: Mapping[str, Mapping[str, tuple[str, ...]]],
    texts: Mapping[str, bytes],
) -> Iterator[Event]:
    for order, commit in enumerate(main):
        for file in commit.files:
            yield Event(
                order=order,
                commit=commit.id,
                at=commit.at,
                makers=makers.get(commit.id, {}).get(file.path, (commit.author,)),
                path=file.path.removeprefix(prefix),
                blob=file.blob,
                text=texts.get(file.blob) if file.blob else None,
            )
