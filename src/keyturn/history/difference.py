"""Which files differ from a commit, and what they held there, by a fixed number of questions to git."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from keyturn.errors import OutsideError, UsageError
from keyturn.history.program import answer, fed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_RAW = ("--raw", "-z", "--no-renames", "--no-abbrev", "--relative", "--ignore-submodules=none")
_REGULAR = {"100644", "100755"}
_ABSENT = "000000"
_LISTED = "could not compare the files with git; run `git status`, which says why"


class Change(NamedTuple):
    """A file that differs, by its path below the root, and its blob before; None where it is new."""

    path: str
    before: str | None
    is_there: bool
    is_regular: bool  # before and now, as far as it is there


def base(root: Path, reference: str) -> str | None:
    """Return the commit where HEAD and a reference parted; None where this clone does not hold it.

    Raises UsageError for what names no commit here.
    """
    if answer(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}") is None:
        message = f"no commit {reference} in a git repository here; fetch it first, or leave `--changed` out"
        raise UsageError(message)
    return answer(root, "merge-base", "--end-of-options", reference, "HEAD")


def committed(root: Path, start: str, names: Sequence[str]) -> list[Change]:
    """List what the commits from `start` to HEAD changed."""
    return list(_changes(answer(root, "diff-tree", "-r", *_RAW, start, "HEAD", "--", *names)))


def standing_changes(root: Path, start: str, names: Sequence[str]) -> list[Change]:
    """List what the work tree holds otherwise than `start`, files that git does not know or ignores included."""
    found = list(_changes(answer(root, "diff", *_RAW, start, "--", *names)))
    unknown = answer(root, "ls-files", "--others", "-z", "--", *names) or ""
    new = (Change(path, None, is_there=True, is_regular=path[-1] != "/") for path in unknown.split("\0") if path)
    # What was only taken out of the index is in both lists.
    return list({change.path: change for change in (*found, *new)}.values())


def _changes(raw: str | None) -> Iterator[Change]:
    if raw is None:
        raise OutsideError(_LISTED)
    fields = iter(raw.split("\0"))
    for head, path in zip(fields, fields, strict=False):  # the text ends with a NUL
        old, new, blob, _, status = head.lstrip(":").split(" ")
        is_regular = {old, new} <= {*_REGULAR, _ABSENT} and status in {"A", "D", "M"}
        yield Change(path, None if old == _ABSENT else blob, new != _ABSENT, is_regular)


def texts(root: Path, blobs: Iterable[str]) -> Iterator[bytes]:
    """Give what blobs hold, in order, with one call."""
    wanted = list(blobs)
    found, start = fed(root, "".join(f"{blob}\n" for blob in wanted).encode(), "cat-file", "--batch"), 0
    for _ in wanted:
        end = found.index(b"\n", start)
        size = int(found[start:end].rpartition(b" ")[2])
        yield found[end + 1 : end + 1 + size]
        start = end + size + 2


def mentioning(root: Path, words: Sequence[str], folder: str) -> list[str]:
    """List the files of the work tree below a folder in which one of these words occurs, known to git or not."""
    patterns = (part for word in words for part in ("-e", word))
    how = ("grep", "--untracked", "--no-exclude-standard", "-a", "-l", "-z", "-F", "--no-color", "--no-full-name")
    return [path for path in (answer(root, *how, *patterns, "--", folder) or "").split("\0") if path]
