"""The program git itself, for short questions: loading GitPython takes thirty times as long as an answer."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MISSING = "this is a git repository, but git is not installed or not on the PATH; install it"
REFUSAL = "git refuses to work in this repository; run `git status`, which says why and what helps"

# What people may have set up for themselves, and what would change the answers.
_PLAIN = ("git", "--literal-pathspecs", "-c", "log.showSignature=false", "-c", "log.follow=false")
_SIZE = 1 << 16  # bytes
_FATAL = 128  # its exit status


def version() -> str | None:
    """Return the version of git, or None where there is none."""
    try:
        from git import Git
    except ImportError:  # GitPython finds no git
        return None
    return ".".join(map(str, Git().version_info))


def is_repository(root: Path) -> bool:
    """Tell whether a folder lies in a work tree, without starting git."""
    places = (folder / ".git" for folder in (root, *root.parents))
    return any(place.is_file() or (place / "HEAD").exists() for place in places)


def answer(root: Path, *arguments: str) -> str | None:
    """Return what git prints, without the end of the line; None where it finds nothing, or outside of git.

    Raises RepositoryError where git refuses to work there, OutsideError where there is a repository but no git.
    """
    if not is_repository(root):
        return None
    try:
        done = subprocess.run([*_PLAIN, *arguments], cwd=root, capture_output=True, check=False)  # noqa: S603 - git
    except FileNotFoundError:
        raise OutsideError(MISSING) from None
    if done.returncode == _FATAL:
        raise RepositoryError(REFUSAL)
    return None if done.returncode else done.stdout.decode(errors="surrogateescape").removesuffix("\n")


def fields(root: Path, *arguments: str) -> Iterator[bytes]:
    """Yield the fields that git ends with a zero byte, as they come; whoever stops asking stops git.

    Raises RepositoryError where git fails.
    """
    command = [*_PLAIN, *arguments]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - git
        rest = b""
        while process.stdout and (chunk := process.stdout.read(_SIZE)):
            *whole, rest = (rest + chunk).split(b"\0")
            yield from whole
        if process.wait():
            raise RepositoryError(REFUSAL)
