"""Which files differ from a commit, and what they held there, by a fixed number of questions to git."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from keyturn.errors import OutsideError, RepositoryError, UsageError
from keyturn.history.program import answer, asked, fed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
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


def compared(
    root: Path, reference: str, names: Sequence[str], *, is_committed: bool
) -> Callable[[], list[Change] | None]:
    """Ask what differs from where a reference and HEAD parted, and return what waits for the answer.

    Either what is committed since, or what the work tree holds otherwise, files that git does not know or ignores
    included. None where this clone does not hold that commit; UsageError for what names no commit here.
    """
    told = asked(root, *_diff(reference, is_committed=is_committed), "--", *names)
    unknown = None if is_committed else asked(root, "ls-files", "--others", "-z", "--", *names)

    def found() -> list[Change] | None:
        raw = None
        with suppress(RepositoryError):  # there is no such commit, or not the one where both parted, or several
            raw = told()
        new = (unknown() if unknown else None) or ""
        if raw is None:
            if (start := _base(root, reference)) is None:
                return None
            raw = answer(root, "diff", *_RAW, start, *(("HEAD",) if is_committed else ()), "--", *names)
        # What was only taken out of the index is in both lists.
        return list({change.path: change for change in (*_changes(raw), *_unknown(new))}.values())

    return found


def _diff(reference: str, *, is_committed: bool) -> tuple[str, ...]:
    if is_committed:  # `diff-tree` would read the whole index for it
        return "diff", *_RAW, "--end-of-options", f"{reference}...HEAD"
    return "diff", *_RAW, "--merge-base", "--end-of-options", reference


def _base(root: Path, reference: str) -> str | None:
    """Return the commit where HEAD and a reference parted; None where this clone does not hold it."""
    if answer(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}") is None:
        message = f"no commit {reference} in a git repository here; fetch it first, or leave `--changed` out"
        raise UsageError(message)
    return answer(root, "merge-base", "--end-of-options", reference, "HEAD")


def _unknown(listed: str) -> Iterator[Change]:
    return (Change(path, None, is_there=True, is_regular=path[-1] != "/") for path in listed.split("\0") if path)


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
