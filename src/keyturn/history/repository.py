"""A repository as git opens it, and what every question to it needs."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyturn.errors import OutsideError, RepositoryError, UsageError
from keyturn.history.program import MISSING, REFUSAL, is_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git import Repo

    from keyturn.errors import KeyturnError

DEEPER = "fetch more of the history, in a workflow with `fetch-depth: 0` of actions/checkout"
RAW: dict[str, Any] = {"stdout_as_string": False, "strip_newline_in_stdout": False}
FILE, LINK = "100", "120"  # how the modes of regular files and of symbolic links begin


@contextmanager
def opened(root: Path) -> Iterator[Repo | None]:
    """Open the repository that a folder lies in; None outside of git."""
    try:
        from git import Repo
        from git.exc import GitCommandError, InvalidGitRepositoryError
    except ImportError:  # GitPython finds no git
        _insist_on_no_repository(root)
        yield None
        return
    try:
        with Repo(root, search_parent_directories=True) as repo:
            yield repo
    except InvalidGitRepositoryError:
        yield None
    except (GitCommandError, ValueError) as error:
        raise RepositoryError(REFUSAL) from error


def _insist_on_no_repository(root: Path) -> None:
    # Taken for a mere folder, a repository would lose its scope, and with it all the issues that carry it.
    if is_repository(root):
        raise OutsideError(MISSING)


@contextmanager
def committed_in(root: Path) -> Iterator[Repo]:
    """Open a repository that has a commit; raises UsageError where there is none."""
    with opened(root) as repo:
        if repo is None or not repo.head.is_valid():
            message = "there is nothing to compare with: this is no git repository, or it has no commit yet"
            raise UsageError(message)
        yield repo


def prefix_of(repo: Repo, root: Path) -> str:
    """Return what the names of a root's files begin with in commits: nothing, or a path that ends with `/`."""
    below = root.resolve().relative_to(Path(repo.working_dir).resolve()).as_posix()
    return "" if below == "." else f"{below}/"


def asked_quietly(repo: Repo, *arguments: str) -> str:
    """Return what a command of git prints, or nothing where it fails."""
    from git.exc import GitCommandError

    try:
        return str(repo.git.execute(["git", *arguments]))
    except GitCommandError:
        return ""


def missing(repo: Repo, what: str, otherwise: str) -> KeyturnError:
    """Say what is not there, and what to do about it: in a shallow clone something else than otherwise."""
    if is_shallow(repo):
        return OutsideError(f"{what}, and the clone is shallow; {DEEPER}")
    return UsageError(f"{what}; {otherwise}")


def is_shallow(repo: Repo) -> bool:
    """Tell whether the history at hand is cut off somewhere."""
    return asked_quietly(repo, "rev-parse", "--is-shallow-repository") == "true"
