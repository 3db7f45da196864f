"""The program git itself, for short questions: loading GitPython takes thirty times as long as an answer."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MISSING = "this is a git repository, but git is not installed or not on the PATH; install it"
REFUSAL = "git refuses to work in this repository; run `git status`, which says why and what helps"

# What people may have set up for themselves, and what would change the answers.
_PLAIN = ("git", "--literal-pathspecs", "-c", "log.showSignature=false", "-c", "log.follow=false")
_PIECE = 65536  # bytes
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
    return asked(root, *arguments)()


def asked(root: Path, *arguments: str) -> Callable[[], str | None]:
    """Start git, and return what waits for its answer; until then there is time for something else."""
    if not is_repository(root):
        return lambda: None
    try:
        process = subprocess.Popen(  # noqa: S603 - git
            [*_PLAIN, *arguments], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise OutsideError(MISSING) from None
    return lambda: _answer(process)


def _answer(process: subprocess.Popen[bytes]) -> str | None:
    printed, _ = process.communicate()
    if process.returncode == _FATAL:
        raise RepositoryError(REFUSAL)
    return None if process.returncode else os.fsdecode(printed).removesuffix("\n")


def pieces(root: Path, *arguments: str) -> Iterator[bytes]:
    """Give what git prints piece by piece, for answers that are better not held as a whole."""
    with subprocess.Popen(  # noqa: S603 - git
        [*_PLAIN, *arguments], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        while process.stdout and (piece := process.stdout.read(_PIECE)):
            yield piece


def fed(root: Path, given: bytes, *arguments: str) -> bytes:
    """Return what git prints for what it reads.

    Raises OutsideError where it fails.
    """
    done = subprocess.run(  # noqa: S603 - git
        [*_PLAIN, *arguments], cwd=root, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise OutsideError(REFUSAL)
    return done.stdout
