"""Whether the commit that is checked out is the tip of the default branch, as the remote has it."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError, RepositoryError
from keyturn.history.repository import opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from git import Repo


def insist_on_tip(root: Path, environment: Mapping[str, str], default_branch: str | None) -> None:
    """Refuse, in Actions, to write from anything but the tip of the default branch.

    A re-run of an old run has an old commit; what it would write has been decided anew since. Raises RepositoryError
    where the commit is another one, OutsideError where the remote does not tell.
    """
    with opened(root) as repo:
        if repo is None or not repo.head.is_valid():
            message = "there is no commit here; check out the default branch before `keyturn apply`"
            raise RepositoryError(message)
        branch, tip = tip_of(repo, environment, default_branch)
        if (here := repo.head.commit.hexsha) != tip:
            message = (
                f"this is commit {here[:12]}, but {branch} is at {tip[:12]}; nothing was changed. Start the workflow "
                f"anew instead of running an old run again, and check out the branch: `ref: {branch}`"
            )
            raise RepositoryError(message)


def tip_of(repo: Repo, environment: Mapping[str, str], default_branch: str | None) -> tuple[str, str]:
    """Return the default branch and the commit that it is at on the remote."""
    if "origin" not in (each.name for each in repo.remotes):
        return _tip_without_remote(repo, environment, default_branch)
    ref = f"refs/heads/{default_branch}" if default_branch else "HEAD"
    answer = asked(repo, environment, ref)
    symbolic = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", answer, re.MULTILINE)
    branch = default_branch or (symbolic[1] if symbolic else "HEAD")
    found = re.search(rf"^([0-9a-f]{{40,64}})\t{re.escape(ref)}$", answer, re.MULTILINE)
    if found is None:
        message = f"the remote `origin` has no branch {branch}; nothing was changed"
        raise OutsideError(message)
    return branch, found[1]


def _tip_without_remote(repo: Repo, environment: Mapping[str, str], default_branch: str | None) -> tuple[str, str]:
    # Without a remote the only witness is the run itself: its branch must be the default one.
    branch = environment.get("GITHUB_REF", "").removeprefix("refs/heads/")
    if default_branch and branch and branch != default_branch:
        message = f"this run is for {branch}; only {default_branch} decides about issues. Nothing was changed"
        raise RepositoryError(message)
    return branch or "the default branch", environment.get("GITHUB_SHA") or repo.head.commit.hexsha


def asked(repo: Repo, environment: Mapping[str, str], ref: str) -> str:
    """Return what the remote `origin` says of a ref; raises OutsideError where it does not answer."""
    from git.exc import GitCommandError

    try:
        with repo.git.custom_environment(**access(environment)):
            return str(repo.git.ls_remote("--symref", "origin", ref))
    except GitCommandError as error:
        message = f"`git ls-remote origin` failed with status {error.status}; nothing was changed, run again later"
        raise OutsideError(message) from None


def access(environment: Mapping[str, str]) -> dict[str, str]:
    """Let git use the job's token for GitHub alone, in its environment: arguments are seen by every process."""
    access = {"GIT_TERMINAL_PROMPT": "0"}
    if token := environment.get("GITHUB_TOKEN"):
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        basic = b64encode(f"x-access-token:{token}".encode()).decode()
        key = f"http.{server}/.extraheader"
        # The empty value takes back what actions/checkout may have set: two such headers are refused.
        headers = ("", f"AUTHORIZATION: basic {basic}")
        access["GIT_CONFIG_COUNT"] = str(len(headers))
        for index, header in enumerate(headers):
            access |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": header}
    return access
