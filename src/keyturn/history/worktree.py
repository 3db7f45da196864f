"""Where the repository lies, who its remote is, who is working, and which commit is checked out."""

from __future__ import annotations

import re
from pathlib import Path

from keyturn.history.program import answer
from keyturn.history.repository import opened

# git@host:owner/name.git · ssh://git@host/owner/name · https://host/owner/name.git
_REMOTE = re.compile(r"(?:[a-z+]+://[^/]+/|[^/:]+@[^/:]+:)(?:.*/)?([^/:]+/[^/]+?)(?:\.git)?/?")


def top(root: Path) -> Path | None:
    """Return the work tree that `root` lies in, or None outside of git."""
    found = answer(root, "rev-parse", "--show-toplevel")
    return Path(found).resolve() if found else None


def remote(root: Path) -> str | None:
    """Return `owner/name` of the remote `origin`, or None where there is none or it is a mere folder."""
    if "origin" not in (answer(root, "remote") or "").split("\n"):
        return None
    address = answer(root, "remote", "get-url", "origin") or ""
    found = _REMOTE.fullmatch(address)
    return found[1] if found and not address.startswith("file://") else None


def user(root: Path) -> str | None:
    """Return the login that git is configured with as `github.user`, if any."""
    with opened(root) as repo:
        login = repo.config_reader().get_value("github", "user", "") if repo else ""
        return str(login) or None


def head(root: Path) -> str | None:
    """Return the commit that is checked out, or None where there is none."""
    with opened(root) as repo:
        return repo.head.commit.hexsha if repo and repo.head.is_valid() else None
