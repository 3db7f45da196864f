"""What git says: where the repository lies, who its remote is, whether this commit is the tip, who is working."""

from __future__ import annotations

import os
import re
import tempfile
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyturn.errors import OutsideError, RepositoryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from git import Repo

    from keyturn.errors import KeyturnError

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
    ref = f"refs/heads/{default_branch}" if default_branch else "HEAD"
    answer = _asked(repo, environment, ref)
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


def _asked(repo: Repo, environment: Mapping[str, str], ref: str) -> str:
    from git.exc import GitCommandError

    try:
        with repo.git.custom_environment(**_access(environment)):
            return str(repo.git.ls_remote("--symref", "origin", ref))
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


# -- two commits ---------------------------------------------------------------------------------------------------

DEEPER = "fetch more of the history, in a workflow with `fetch-depth: 0` of actions/checkout"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The commit that a change is to be merged into, and the one at which it left that line; often they are one."""

    base: str
    fork: str


def comparison(root: Path, ref: str) -> Comparison:
    """Find what the work tree is to be compared with.

    Raises UsageError where the ref names no commit or one of another history, OutsideError where the clone is too
    shallow to tell.
    """
    with _commits(root) as repo:
        base = _asked_quietly(repo, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}") if ref[:1] != "-" else ""
        if not base:
            raise _missing(repo, f"{ref} names no commit here", "give a branch, a tag or a commit")
        fork = _asked_quietly(repo, "merge-base", base, "HEAD")
        if not fork:
            other = "give the branch that the change is to be merged into"
            raise _missing(repo, f"{ref} and this commit have no common history here", other)
        return Comparison(base, fork)


def export(root: Path, commit: str, names: Sequence[str], into: Path, largest: int) -> None:
    """Write files and folders that a commit has below `root` into an empty folder, without filters and hooks.

    A link becomes one that leads nowhere; a file of more than `largest` bytes becomes one of as many zero bytes.
    """
    with _commits(root) as repo:
        prefix = _prefix(repo, root)
        wanted = [prefix + name for name in names]
        listed = repo.git.ls_tree("-r", "-z", "--full-tree", commit, "--", *wanted, **_RAW)
        found = [entry for line in listed.split(b"\0") if line for entry in _entry(line, prefix)]
        blobs = _blobs(repo, [entry.blob for entry in found], largest)
        for entry in found:
            _write(into / entry.name, entry, blobs, largest)


def deleted(root: Path, commit: str, folder: str, largest: int) -> list[bytes] | None:
    """Return what the files below a folder held that were deleted on the way to a commit; None in a shallow clone.

    What came and went on a branch before it was merged never counted, so the first parents alone are looked at.
    """
    with _commits(root) as repo:
        if _is_shallow(repo):
            return None
        with repo.git.custom_environment(GIT_LITERAL_PATHSPECS="1"):
            log = ("--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=D", "--format=", "-z")
            text = repo.git.log(*log, commit, "--", _prefix(repo, root) + folder, **_RAW)
        blobs = [found[1].decode() for found in _DELETED.finditer(text)]
        return list(_blobs(repo, blobs, largest).values())


@contextmanager
def _commits(root: Path) -> Iterator[Repo]:
    with _repository(root) as repo:
        if repo is None or not repo.head.is_valid():
            message = "there is nothing to compare with: this is no git repository, or it has no commit yet"
            raise UsageError(message)
        yield repo


_RAW: dict[str, Any] = {"stdout_as_string": False, "strip_newline_in_stdout": False}
_DELETED = re.compile(rb":[0-7]{6} 000000 ([0-9a-f]{40,64}) 0+ D\0[^\0]+\.ya?ml(?=\0)")
_FILE, _LINK = "100", "120"  # how the modes of regular files and of symbolic links begin


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of a commit, by its name below the root."""

    mode: str
    blob: str
    name: str


def _entry(line: bytes, prefix: str) -> Iterator[_Entry]:
    head, _, path = line.partition(b"\t")
    mode, _, blob = head.decode().split(" ")
    name = os.fsdecode(path).removeprefix(prefix)
    # Git makes no such names; whoever forges a tree with them must not write beside the folder.
    if {"", ".", "..", ".git"}.isdisjoint(name.split("/")):
        yield _Entry(mode, blob, name)


def _write(path: Path, entry: _Entry, blobs: Mapping[str, bytes], largest: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode.startswith(_LINK):
        path.symlink_to("nowhere")
    elif entry.mode.startswith(_FILE):
        path.write_bytes(blobs.get(entry.blob, b"\0" * (largest + 1)))


def _blobs(repo: Repo, names: Sequence[str], largest: int) -> dict[str, bytes]:
    """Read blobs with two calls of git, however many they are; those that are too large are left out."""
    sizes = (line.split() for line in _catalogued(repo, "--batch-check", names).splitlines())
    wanted = [name.decode() for name, kind, *size in sizes if kind == b"blob" and int(size[0]) <= largest]
    answer, start, found = _catalogued(repo, "--batch", wanted), 0, dict[str, bytes]()
    for name in wanted:
        end = answer.index(b"\n", start)
        size = int(answer[start:end].rpartition(b" ")[2])
        found[name] = answer[end + 1 : end + 1 + size]
        start = end + size + 2
    return found


def _catalogued(repo: Repo, how: str, names: Sequence[str]) -> bytes:
    with tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{name}\n" for name in dict.fromkeys(names)).encode())
        asked.seek(0)
        answer: bytes = repo.git.cat_file(how, istream=asked, **_RAW)
        return answer


def _prefix(repo: Repo, root: Path) -> str:
    below = root.resolve().relative_to(Path(repo.working_dir).resolve()).as_posix()
    return "" if below == "." else f"{below}/"


def _asked_quietly(repo: Repo, *arguments: str) -> str:
    from git.exc import GitCommandError

    try:
        return str(repo.git.execute(["git", *arguments]))
    except GitCommandError:
        return ""


def _missing(repo: Repo, what: str, otherwise: str) -> KeyturnError:
    if _is_shallow(repo):
        return OutsideError(f"{what}, and the clone is shallow; {DEEPER}")
    return UsageError(f"{what}; {otherwise}")


def _is_shallow(repo: Repo) -> bool:
    return _asked_quietly(repo, "rev-parse", "--is-shallow-repository") == "true"


# -- a branch with one change --------------------------------------------------------------------------------------


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
    with _repository(root) as repo:
        return repo is not None and "origin" in (each.name for each in repo.remotes)


def publish(root: Path, patch: Patch, environment: Mapping[str, str]) -> str:
    """Push a patch to its branch and return the default branch; the work tree, its branch and its index stay.

    Where the branch is there already, a commit is added to it. Raises OutsideError, with what to do, where the file is
    not the one of the default branch, the branch has commits of others, or the remote refuses.
    """
    with _commits(root) as repo, repo.git.custom_environment(**_access(environment), **dict.fromkeys(patch.hidden, "")):
        default, base = _tip(repo, environment, None)
        there = re.match(r"[0-9a-f]{40,64}", _asked(repo, environment, f"refs/heads/{patch.branch}"))
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
    return [tip] if _asked_quietly(repo, "merge-base", base, tip) == base else [tip, base]


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


# -- where a state came from ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """What a file became with a commit on the first-parent history."""

    commit: str
    path: str  # from the top of the work tree
    text: bytes
    is_cut: bool  # a shallow clone ends here: it may have become so with an earlier commit


def states(root: Path, folder: str, words: Collection[str], largest: int) -> tuple[State, ...]:
    """Return every state of the files below a folder that has one of the words in it, oldest first.

    Only first parents of the commit that is checked out are followed: what came with a merge counts with the merge.
    """
    with _repository(root) as repo:
        if repo is None or not repo.head.is_valid():
            return ()
        changes, is_shallow = tuple(_changes(repo, _prefix(repo, root) + folder)), _is_shallow(repo)
        wanted = [word.encode() for word in words]
        read = _blobs(repo, [change.blob for change in changes], largest)
        texts = {blob: text for blob, text in read.items() if any(word in text for word in wanted)}
        return tuple(
            State(change.commit, change.path, texts[change.blob], is_cut=is_shallow and change.is_first)
            for change in changes
            if change.blob in texts
        )


def head(root: Path) -> str | None:
    """Return the commit that is checked out, or None where there is none."""
    with _repository(root) as repo:
        return repo.head.commit.hexsha if repo and repo.head.is_valid() else None


def chain(root: Path, commit: str, count: int) -> tuple[str, ...]:
    """Return a commit and its first parents, `count` in all; nothing where git does not have it."""
    with _repository(root) as repo:
        arguments = ("rev-list", "--first-parent", f"--max-count={count}", "--end-of-options", commit, "--")
        return tuple(_asked_quietly(repo, *arguments).split()) if repo else ()


@dataclass(frozen=True, slots=True)
class _Change:
    """A regular file as one commit left it."""

    commit: str
    is_first: bool  # git sees no parent
    blob: str
    path: str


_COMMIT = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f ]*)")
_CHANGED = re.compile(rb"\n?:[0-7]{6} ([0-7]{6}) [0-9a-f]+ ([0-9a-f]{40,64}) [A-Z]")


def _changes(repo: Repo, below: str) -> Iterator[_Change]:
    """Walk over the changed files of every first-parent commit, in one pass."""
    options = ("--first-parent", "-m", "--reverse", "--raw", "-z", "--no-renames", "--no-abbrev", "--format=%H %P")
    with repo.git.custom_environment(GIT_LITERAL_PATHSPECS="1"):
        fields = iter(repo.git.log(*options, "--", below, **_RAW).split(b"\0"))
    commit, is_first = "", False
    for field in fields:
        if file := _CHANGED.fullmatch(field):
            path = os.fsdecode(next(fields))
            if file[1].decode().startswith(_FILE):
                yield _Change(commit, is_first, file[2].decode(), path)
        elif found := _COMMIT.fullmatch(field):
            commit, is_first = found[1].decode(), not found[2]
