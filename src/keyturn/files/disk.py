"""Files of the work tree: which are declared, how they are read, and how they are replaced."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn import credentials
from keyturn.files import loader, plain, text, tree
from keyturn.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Document:
    """A file that fits every rule of reading: plain data, and the text with its byte order mark and line ends."""

    path: str
    data: object
    text: str


def read(path: Path, shown: str, *, trusted: bool = False) -> Document | tuple[Problem, ...]:
    """Read one YAML document, or everything that is wrong with the file; `shown` is its name in problems.

    A trusted file came with this package: it is not searched for credentials.
    """
    found = source(path, shown)
    return (found,) if isinstance(found, Problem) else document(found, shown, trusted=trusted)


def source(path: Path, shown: str) -> str | Problem:
    """Return the text of a regular file, with its byte order mark and line ends, or what is wrong with it."""
    content = _content(path, shown)
    return content if isinstance(content, Problem) else text.decoded(content, shown)


def document(source: str, shown: str, *, trusted: bool = False) -> Document | tuple[Problem, ...]:
    """Load a text as `read` loads a file; its data must not be changed."""
    if (data := plain.data(source)) is not plain.OTHER:
        return Document(shown, data, source)
    bare = source.removeprefix(text.BOM)
    leaks = () if trusted else tuple(_leaks(bare, shown))
    if hidden := text.hidden(bare, shown):
        return tuple(sorted((*hidden, *leaks)))
    composed = loader.composed(bare, shown)
    problems = {*composed.problems, *leaks, *_disguised(bare, composed, shown, trusted=trusted)}
    return tuple(sorted(problems)) if problems else Document(shown, composed.data, source)


def _content(path: Path, shown: str) -> bytes | Problem:
    try:
        descriptor = os.open(path, tree.FLAGS)
    except OSError:
        return _unreadable(path, shown)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return not_regular(shown)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(text.LARGEST + 1)


def _unreadable(path: Path, shown: str) -> Problem:
    if path.is_symlink():
        return not_regular(shown)
    return Problem(shown, 1, 1, "unreadable", "the file cannot be opened; check that it is there and its permissions")


def not_regular(shown: str) -> Problem:
    """Refuse what is not a regular file of this repository."""
    message = "a link, folder or device is never read; put a regular file here"
    return Problem(shown, 1, 1, "not-a-regular-file", message)


# -- credentials ---------------------------------------------------------------------------------------------------


def _leaks(source: str, shown: str) -> Iterator[Problem]:
    for line, column, detector in credentials.findings(source):
        yield _leak(shown, line, column, detector)


def _disguised(source: str, composed: loader.Composed, shown: str, *, trusted: bool) -> Iterator[Problem]:
    """Look at what escapes and line breaks hide; a value broken over lines is also tried in one piece."""
    for scalar in composed.disguised:
        yield from text.hidden_in_scalar(scalar.value, shown, scalar.line, scalar.column)
        in_one_piece = credentials.in_one_piece(source[scalar.start : scalar.end])
        for form in () if trusted else (scalar.value, in_one_piece):
            for _line, _column, detector in credentials.findings(form):
                yield _leak(shown, scalar.line, scalar.column, detector)


def _leak(shown: str, line: int, column: int, detector: str) -> Problem:
    message = (
        f"this looks like a credential ({detector}), so it is leaked now: take it out, run "
        "`keyturn request PROVIDER/KEY --reason leaked` for that key, and revoke it before anything else"
    )
    return Problem(shown, line, column, "credential", message)


# -- the work tree -------------------------------------------------------------------------------------------------


def shown(path: Path, root: Path) -> str:
    """Name a file relative to its root with `/`; what a terminal or a log could misread is escaped."""
    return tree.named(os.path.relpath(path, root))


def declared(root: Path, folder: str) -> Iterator[Path | Problem]:
    """Yield every YAML file below `root/folder` in order; a link in their place is a problem and never followed."""
    for found in tree.runs(str(root / folder)):
        if isinstance(found, tree.Fault):
            yield fault(found, root)
        else:
            yield from (Path(found.folder, name) for name in found.names)


def fault(found: tree.Fault, root: Path) -> Problem:
    """Say what is wrong with something that is not read."""
    name = shown(Path(found.path), root)
    if found.code == tree.LINKED:
        return not_regular(name)
    return Problem(name, 1, 1, found.code, "the folder cannot be listed; check its permissions")


def write(path: Path, source: str) -> None:
    """Replace a file at once and durably, keeping its mode; line ends are written as they are."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(source.encode("utf-8"))
            file.flush()
            os.fsync(descriptor)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
