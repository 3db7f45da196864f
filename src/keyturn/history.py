"""What git says: where the repository lies, who its remote is, whether this commit is the tip, who is working."""

from __future__ import annotations

import re
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from git import Repo

# git@host:owner/name.git · ssh://git@host/owner/name · https://host/owner/name.git
_REMOTE = re.compile(r"(?:[a-z+]+://[^/]+/|[^/:]+@[^/:]+:)(?:.*/)?([^/:]+/[^/]+?)(?:\.git)?/?")


def top(root: Path) -> Path | None:
    """Return the work tree that `root` lies in, or None outside of git."""
    with _repository(root) as repo:
        return Path(repo.working_dir).resolve() if repo else None


def remote(root: Path) -> str | None:
    """Return `owner/name` of the remote `origin`, or None where there is none or it is a mere folder."""
    with _repository(root) as repo:
        if repo is None or "origin" not in (each.name for each in repo.remotes):
            return None
        found = _REMOTE.fullmatch(next(repo.remotes.origin.urls, ""))
        return found[1] if found and "file://" not in found[0] else None


def user(root: Path) -> str | None:
    """Return the login that git is configured with as `github.user`, if any."""
    with _repository(root) as repo:
        login = repo.config_reader().get_value("github", "user", "") if repo else ""
        return str(login) or None


def insist_on_tip(root: Path, environment: Mapping[str, str], default_branch: str | None) -> None:
    """Refuse, in Actions, to write from anything but the tip of the default branch.

    A re-run of an old run has an old commit; what it would write has been decided anew since. Raises RepositoryError
    where the commit is another one, OutsideError where the remote does not tell.
    """
    with _repository(root) as repo:
        if repo is None or not repo.head.is_valid():
            message = "there is no commit here; check out the default branch before `keyturn apply`"
            raise RepositoryError(message)
        branch, tip = _tip(repo, environment, default_branch)
        if (here := repo.head.commit.hexsha) != tip:
            message = (
                f"this is commit {here[:12]}, but {branch} is at {tip[:12]}; nothing was changed. Start the workflow "
                f"anew instead of running an old run again, and check out the branch: `ref: {branch}`"
            )
            raise RepositoryError(message)


def _tip(repo: Repo, environment: Mapping[str, str], default_branch: str | None) -> tuple[str, str]:
    if "origin" not in (each.name for each in repo.remotes):
        return _tip_without_remote(repo, environment, default_branch)
    wanted = ["HEAD", *([f"refs/heads/{default_branch}"] if default_branch else [])]
    answer = _asked(repo, environment, wanted)
    symbolic = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", answer, re.MULTILINE)
    branch = default_branch or (symbolic[1] if symbolic else "HEAD")
    ref = "HEAD" if branch == "HEAD" else f"refs/heads/{branch}"
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


def _asked(repo: Repo, environment: Mapping[str, str], refs: list[str]) -> str:
    from git.exc import GitCommandError

    try:
        with repo.git.custom_environment(**_access(environment)):
            return str(repo.git.ls_remote("--symref", "origin", *refs))
    except GitCommandError as error:
        message = f"`git ls-remote origin` failed with status {error.status}; nothing was changed, run again later"
        raise OutsideError(message) from None


def _access(environment: Mapping[str, str]) -> dict[str, str]:
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


@contextmanager
def _repository(root: Path) -> Iterator[Repo | None]:
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
        message = "git refuses to work in this repository; run `git status`, which says why and what helps"
        raise RepositoryError(message) from error


def _insist_on_no_repository(root: Path) -> None:
    # Taken for a mere folder, a repository would lose its scope, and with it all the issues that carry it.
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        message = "this is a git repository, but git is not installed or not on the PATH; install it"
        raise OutsideError(message)
