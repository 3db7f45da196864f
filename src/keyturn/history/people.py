"""Who works in a repository, and on which branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.history.program import answer

if TYPE_CHECKING:
    from pathlib import Path

_ROBOT = "[bot]@"


def authors(root: Path) -> frozenset[str]:
    """Return the addresses of the people who have made commits, by the repository's mailmap; none outside of git."""
    if answer(root, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return frozenset()
    found = (answer(root, "log", "--format=%aE") or "").splitlines()
    return frozenset(address.lower() for address in found if _ROBOT not in address)


def default_branch(root: Path) -> str | None:
    """Return the default branch of the remote `origin`, as far as this clone knows it."""
    found = answer(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return found.removeprefix("origin/") if found else None
