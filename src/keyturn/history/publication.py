"""A branch with one change, pushed without touching the work tree."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.errors import OutsideError
from keyturn.history.repository import asked_quietly, committed_in, opened
from keyturn.history.tip import access, asked, tip_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from git import Repo


@dataclass(frozen=True, slots=True)
class Patch:
    """A new text for one file of the default branch, to be pushed to a branch of its own.

    `subject` begins every commit on that branch; by it they are known again. `author` (name and address) is who makes
    them where git's own settings are not to say so. `hidden` names variables that git must not see.
    """

    branch: str
    path: Path
    content: bytes
    subject: str
    author: tuple[str, str] | None = None
    hidden: tuple[str, ...] = ()


# What a remote says of a branch that somebody else moves at the same moment.
_OVERTAKEN = re.compile(r"\[remote rejected\].*\((?:cannot lock ref|failed to update ref|incorrect old value)")


def has_origin(root: Path) -> bool:
    """Tell whether there is a remote `origin` to push to."""
    with opened(root) as repo:
        return repo is not None and "origin" in (each.name for each in repo.remotes)


def publish(root: Path, patch: Patch, environment: Mapping[str, str]) -> str:
    """Push a patch to its branch and return the default branch; the work tree, its branch and its index stay.

    Where the branch is there already, a commit is added to it. Raises OutsideError, with what to do, where the file is
    not the one of the default branch, the branch has commits of others, or the remote refuses.
    """
    with (
        committed_in(root) as repo,
        repo.git.custom_environment(**access(environment), **dict.fromkeys(patch.hidden, "")),
    ):
        default, base = tip_of(repo, environment, None)
        there = re.match(r"[0-9a-f]{40,64}", asked(repo, environment, f"refs/heads/{patch.branch}"))
        _fetched(repo, [default, *([patch.branch] if there else [])])
        place = _insist_on_same(repo, patch, f"origin/{default}", base)
        parents = _parents(repo, patch, base, there[0] if there else None)
        _pushed(repo, patch, _committed(repo, patch, place, base, parents))
        return default


def _fetched(repo: Repo, branches: Sequence[str]) -> None:
    from git.exc import GitCommandError

    try:
        repo.git.fetch("--quiet", "--no-tags", "origin", *(f"refs/heads/{branch}" for branch in branches))
    except GitCommandError as error:
        message = f"`git fetch origin` failed with status {error.status}; nothing was changed, run again later"
        raise OutsideError(message) from None


def _insist_on_same(repo: Repo, patch: Patch, shown: str, base: str) -> tuple[str, str]:
    """Return mode and name of the file, which must be here as it is on the default branch."""
    name = patch.path.resolve().relative_to(Path(repo.working_dir).resolve()).as_posix()
    mode, _, blob, *_ = str(repo.git.ls_tree("--full-tree", base, "--", name)).split() or ("", "", "")
    if blob != str(repo.git.hash_object("--", name)):
        message = f"{name} is not here as on {shown}; merge your change of it first, or pull, then run this again"
        raise OutsideError(message)
    return mode, name


def _parents(repo: Repo, patch: Patch, base: str, tip: str | None) -> list[str]:
    """Return what a commit on the branch follows: its tip, and the default branch where that has moved on."""
    if tip is None:
        return [base]
    subjects = str(repo.git.log("--no-merges", "--format=%s", f"{base}..{tip}")).splitlines()
    if any(subject != patch.subject for subject in subjects):
        message = (
            f"the branch {patch.branch} has commits of others, so it is left alone; merge it, or delete it with "
            f"`git push origin --delete {patch.branch}`, then run this again"
        )
        raise OutsideError(message)
    return [tip] if asked_quietly(repo, "merge-base", base, tip) == base else [tip, base]


def _committed(repo: Repo, patch: Patch, place: tuple[str, str], base: str, parents: Sequence[str]) -> str:
    """Make a commit of the default branch's tree with the new text, by an index of its own."""
    from git.exc import GitCommandError

    mode, name = place
    with tempfile.TemporaryDirectory(prefix="keyturn-") as folder, tempfile.TemporaryFile() as content:
        content.write(patch.content)
        content.seek(0)
        with repo.git.custom_environment(GIT_INDEX_FILE=str(Path(folder) / "index"), **_identity(patch)):
            blob = repo.git.hash_object("-w", "--stdin", "--path", name, istream=content)
            repo.git.read_tree(base)
            repo.git.update_index("--cacheinfo", f"{mode},{blob},{name}")
            lineage = [word for parent in parents for word in ("-p", parent)]
            try:
                return str(repo.git.commit_tree(repo.git.write_tree(), *lineage, "-m", patch.subject))
            except GitCommandError:
                message = "git could not make a commit; say who you are with `git config user.name` and `user.email`"
                raise OutsideError(message) from None


def _identity(patch: Patch) -> dict[str, str]:
    name, address = patch.author or ("", "")
    given = {"NAME": name, "EMAIL": address} if patch.author else {}
    return {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in given.items()}


def _pushed(repo: Repo, patch: Patch, commit: str) -> None:
    from git.exc import GitCommandError

    try:
        repo.git.push("--porcelain", "origin", f"{commit}:refs/heads/{patch.branch}")
    except GitCommandError as error:
        raise OutsideError(_refusal(str(error.stdout), patch.branch)) from None


def _refusal(told: str, branch: str) -> str:
    """Say why a push was refused, in our words: git's own may hold the address with a token."""
    if "[rejected]" in told or _OVERTAKEN.search(told):
        return f"the branch {branch} has moved meanwhile; run this again"
    if "[remote rejected]" in told:
        return (
            f"the remote does not take the branch {branch}: a rule or a hook protects it; let `keyturn/**` be pushed "
            "in the rules of the repository"
        )
    return f"the branch {branch} could not be pushed; give git or GITHUB_TOKEN the right to (`contents: write`)"
