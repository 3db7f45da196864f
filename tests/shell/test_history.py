"""What git says, asked of real repositories: where they lie, who their remote is, and whether this is the tip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from fake_github import FakeGitHub
from git import Actor, Repo
from shell.desk import DUE, Calendar, Desk, at_github

from keyturn import history
from keyturn.errors import Exit, OutsideError, RepositoryError
from keyturn.history import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ALICE = Actor("alice", "alice@acme.example")


def commit(repo: Repo, message: str = "Change") -> str:
    return repo.index.commit(message, author=ALICE, committer=ALICE).hexsha


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Repo]:
    with Repo.init(tmp_path / "origin.git", bare=True, initial_branch="main") as repo:
        yield repo


@pytest.fixture
def work(tmp_path: Path, origin: Repo) -> Iterator[Repo]:
    """A clone with two commits on main, pushed."""
    with Repo.init(tmp_path / "work", initial_branch="main") as repo:
        repo.create_remote("origin", str(origin.git_dir))
        commit(repo, "First")
        commit(repo, "Second")
        repo.git.push("origin", "main")
        yield repo


def folder(repo: Repo) -> Path:
    found = history.top(_path(repo))
    assert found is not None
    return found


def _path(repo: Repo) -> Path:
    from pathlib import Path

    return Path(repo.working_dir)


# -- where and who -----------------------------------------------------------------------------------------------------


def test_outside_of_git_there_is_no_repository(tmp_path: Path) -> None:
    assert (history.top(tmp_path), history.remote(tmp_path), history.user(tmp_path)) == (None, None, None)
    with pytest.raises(RepositoryError, match="there is no commit here"):
        history.insist_on_tip(tmp_path, {}, "main")


def test_a_repository_without_commits_or_remote_has_a_top_alone(tmp_path: Path) -> None:
    below = tmp_path / "größe x" / "y"
    below.mkdir(parents=True)
    with Repo.init(tmp_path):
        assert (history.top(below), history.remote(below), history.user(below)) == (tmp_path.resolve(), None, None)
        with pytest.raises(RepositoryError, match="there is no commit here"):
            history.insist_on_tip(below, {}, "main")


REMOTES = {
    "https://github.com/acme/keys": "acme/keys",
    "https://github.com/acme/keys.git": "acme/keys",
    "https://github.com/acme/keys/": "acme/keys",
    "https://x-access-token:word@github.com/acme/keys.git": "acme/keys",
    "git@github.com:acme/keys.git": "acme/keys",
    "ssh://git@github.com/acme/keys": "acme/keys",
    "ssh://git@github.com:22/acme/my.keys.git": "acme/my.keys",
    "https://git.acme.example/scm/acme/keys.git": "acme/keys",
    "file:///srv/git/acme/keys.git": None,
    "/srv/git/keys.git": None,
    "../keys": None,
}


@pytest.mark.parametrize(("url", "name"), REMOTES.items(), ids=REMOTES)
def test_the_remote_names_owner_and_repository(tmp_path: Path, url: str, name: str | None) -> None:
    with Repo.init(tmp_path) as repo:
        repo.create_remote("upstream", "https://github.com/other/keys")
        assert history.remote(tmp_path) is None
        repo.create_remote("origin", url)
        assert history.remote(tmp_path) == name


def test_the_user_is_whom_git_is_told(tmp_path: Path) -> None:
    with Repo.init(tmp_path) as repo:
        with repo.config_writer() as config:
            config.set_value("github", "user", "carol")
        assert history.user(tmp_path) == "carol"


def test_a_repository_that_git_refuses_is_said(tmp_path: Path) -> None:
    """Git refuses to work for another user's repository; its own tests have a variable that plays one."""
    with Repo.init(tmp_path) as repo:
        repo.create_remote("origin", "https://github.com/acme/keys")
    Desk(tmp_path).declare(created=DUE)
    ran = _own_process(tmp_path, {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}, "plan", "--tracker", "local")
    assert ran.returncode == Exit.CORRECT
    assert ran.stderr == (
        "keyturn: git refuses to work in this repository; run `git status`, which says why and what helps\n"
    )


def test_without_git_a_folder_works_and_a_repository_is_not_taken_for_one(tmp_path: Path) -> None:
    Desk(tmp_path).declare(created=DUE)
    (tmp_path / "empty").mkdir()
    environment = {"PATH": str(tmp_path / "empty")}
    assert "1 to open" in _own_process(tmp_path, environment, "plan").stdout
    Repo.init(tmp_path).close()
    ran = _own_process(tmp_path, environment, "plan")
    assert (ran.returncode, "git is not installed or not on the PATH" in ran.stderr) == (Exit.OUTSIDE, True)


@pytest.mark.parametrize(
    "call", [pytest.param("head(Path())", id="by GitPython"), pytest.param("remote(Path())", id="asked itself")]
)
def test_without_git_a_repository_is_never_taken_for_a_folder(tmp_path: Path, call: str) -> None:
    with Repo.init(tmp_path) as repo:
        repo.index.commit("Begin", author=ALICE, committer=ALICE)
    assert program.MISSING in _asked_without_git(tmp_path, call)


def test_without_git_a_folder_has_no_commit(tmp_path: Path) -> None:
    assert _asked_without_git(tmp_path, "head(Path())") == "None\n"


def test_git_that_takes_nothing_in_is_said_to_fail(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="git refuses to work"):
        program.fed(tmp_path, b"", "cat-file", "--batch")


def _asked_without_git(folder: Path, call: str) -> str:
    asking = f"from pathlib import Path; from keyturn import history; print(history.{call})"
    environment = {**os.environ, "PATH": "empty"}  # noqa: TID251 - what a process of its own needs to start
    done = subprocess.run(
        [sys.executable, "-c", asking], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_a_repository_that_is_broken_is_said_to_be(tmp_path: Path) -> None:
    with Repo.init(tmp_path) as repo:
        first = repo.index.commit("Begin", author=ALICE, committer=ALICE).hexsha
        repo.index.commit("Go on", author=ALICE, committer=ALICE)
    (tmp_path / ".git/objects" / first[:2] / first[2:]).unlink()
    with pytest.raises(RepositoryError, match="git refuses to work"):
        history.states(tmp_path, "rotations", ["x"], 9)


def _own_process(root: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {**os.environ, **environment}  # noqa: TID251 - what a process of its own needs to start
    command = [sys.executable, "-m", "keyturn", *arguments, "--today", "2026-11-21"]
    return subprocess.run(command, cwd=root, env=inherited, capture_output=True, text=True, check=False)


# -- the tip -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("branch", ["main", None], ids=["named by the event", "named by the remote"])
def test_the_tip_of_the_default_branch_may_write(work: Repo, branch: str | None) -> None:
    history.insist_on_tip(folder(work), {}, branch)


@pytest.mark.parametrize("branch", ["main", None])
def test_an_older_commit_may_not(work: Repo, branch: str | None) -> None:
    tip = work.head.commit.hexsha
    work.git.checkout("HEAD~1")
    with pytest.raises(RepositoryError) as error:
        history.insist_on_tip(folder(work), {}, branch)
    assert str(error.value) == (
        f"this is commit {work.head.commit.hexsha[:12]}, but main is at {tip[:12]}; nothing was changed. Start the "
        "workflow anew instead of running an old run again, and check out the branch: `ref: main`"
    )


def test_a_commit_of_another_branch_may_not(work: Repo) -> None:
    work.git.checkout("-b", "topic")
    commit(work)
    work.git.push("origin", "topic")
    with pytest.raises(RepositoryError, match="but main is at"):
        history.insist_on_tip(folder(work), {}, "main")


def test_a_branch_whose_name_ends_alike_is_not_the_default_one(work: Repo) -> None:
    work.git.checkout("-b", "old/main")
    commit(work)
    work.git.push("origin", "old/main")
    with pytest.raises(RepositoryError, match="but main is at"):
        history.insist_on_tip(folder(work), {}, "main")


def test_a_commit_that_was_not_pushed_may_not(work: Repo) -> None:
    commit(work)
    with pytest.raises(RepositoryError, match="nothing was changed"):
        history.insist_on_tip(folder(work), {}, "main")


def test_a_default_branch_that_the_remote_does_not_have_is_said(work: Repo) -> None:
    with pytest.raises(OutsideError, match="the remote `origin` has no branch trunk"):
        history.insist_on_tip(folder(work), {}, "trunk")


def test_a_remote_whose_head_is_detached_is_compared_with_that(work: Repo, origin: Repo) -> None:
    origin.git.update_ref("--no-deref", "HEAD", work.head.commit.hexsha)
    history.insist_on_tip(folder(work), {}, None)


def test_an_unreachable_remote_is_the_outside_worlds_fault(work: Repo, tmp_path: Path) -> None:
    work.remotes.origin.set_url(str(tmp_path / "gone.git"))
    with pytest.raises(OutsideError, match=r"^`git ls-remote origin` failed with status 128; nothing was changed"):
        history.insist_on_tip(folder(work), {}, "main")


def test_asking_leaves_no_trace(work: Repo, origin: Repo) -> None:
    def state() -> tuple[str, str, str]:
        return work.git.for_each_ref(), origin.git.for_each_ref(), work.git.status("--porcelain", "--branch")

    before = state()
    history.insist_on_tip(folder(work), {"GITHUB_TOKEN": "x" * 40}, "main")
    assert state() == before


@pytest.mark.parametrize(
    ("environment", "refusal"),
    [
        ({"GITHUB_REF": "refs/heads/main"}, None),
        ({}, None),
        ({"GITHUB_REF": "refs/heads/topic"}, "this run is for topic; only main decides about issues"),
        ({"GITHUB_REF": "refs/heads/main", "GITHUB_SHA": "0" * 40}, "but main is at 000000000000"),
    ],
    ids=["on it", "nothing said", "another branch", "another commit"],
)
def test_without_a_remote_the_run_itself_is_the_witness(
    work: Repo, environment: Mapping[str, str], refusal: str | None
) -> None:
    work.delete_remote(work.remotes.origin)
    if refusal is None:
        history.insist_on_tip(folder(work), environment, "main")
        return
    with pytest.raises(RepositoryError, match=refusal):
        history.insist_on_tip(folder(work), environment, "main")


# -- the token ---------------------------------------------------------------------------------------------------------


class _Refusing(BaseHTTPRequestHandler):
    """Notes the header and refuses, as a server does that wants other credentials."""

    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def refusing() -> Iterator[tuple[str, list[str | None]]]:
    seen: list[str | None] = []
    handler = type("Refusing", (_Refusing,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
        server.shutdown()


def test_the_token_goes_to_the_server_in_a_header_and_nowhere_else(
    work: Repo, refusing: tuple[str, list[str | None]], tmp_path: Path
) -> None:
    server, seen = refusing
    token = "ghs_" + "z" * 36
    work.remotes.origin.set_url(f"{server}/acme/keys.git")
    arguments = tmp_path / "arguments"
    wrapper = tmp_path / "git"
    wrapper.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "{arguments}"\nexec git "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    code = (
        "import sys, json; from git import Git; Git.GIT_PYTHON_GIT_EXECUTABLE = sys.argv[1]\n"
        "from pathlib import Path; from keyturn import history\n"
        "history.insist_on_tip(Path(sys.argv[2]), json.loads(sys.argv[3]), 'main')"
    )
    environment = {"GITHUB_TOKEN": token, "GITHUB_SERVER_URL": server}
    given = [sys.executable, "-c", code, str(wrapper), work.working_dir, json.dumps(environment)]
    ran = subprocess.run(given, capture_output=True, text=True, check=False)
    assert "OutsideError: `git ls-remote origin` failed with status 128" in ran.stderr
    assert token not in ran.stdout + ran.stderr
    asked = arguments.read_text(encoding="utf-8")
    assert "ls-remote" in asked
    assert token not in asked
    assert {each for each in seen if each} == {"basic eC1hY2Nlc3MtdG9rZW46" + _base64_of("z" * 36)}


def _base64_of(tail: str) -> str:
    from base64 import b64encode

    return b64encode(b"x-access-token:ghs_" + tail.encode()).decode().removeprefix("eC1hY2Nlc3MtdG9rZW46")


def test_another_server_never_gets_the_token(work: Repo, refusing: tuple[str, list[str | None]]) -> None:
    server, seen = refusing
    work.remotes.origin.set_url(f"{server}/acme/keys.git")
    with pytest.raises(OutsideError):
        history.insist_on_tip(folder(work), {"GITHUB_TOKEN": "ghs_" + "z" * 36}, "main")
    assert set(seen) == {None}


# -- apply in Actions --------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(work: Repo) -> Desk:
    made = Desk(_path(work), Calendar())
    made.declare(created=DUE)
    made.environment |= {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/keys"}
    return made


@pytest.fixture
def fake(desk: Desk) -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=desk.calendar) as running:
        running.add_repository("acme/keys")
        at_github(desk, running)
        yield running
        assert (running.unexpected, running.violations) == ([], [])


def event(desk: Desk, text: str) -> None:
    desk.environment["GITHUB_EVENT_PATH"] = str(desk.write(".keyturn/event.json", text))


EVENTS = {
    "a good one": '{"repository": {"default_branch": "main"}}',
    "none": None,
    "no JSON": "{",
    "no repository": "{}",
    "a list": "[]",
}


@pytest.mark.parametrize("text", EVENTS.values(), ids=EVENTS)
def test_in_actions_the_tip_writes_whatever_the_event_says(desk: Desk, fake: FakeGitHub, text: str | None) -> None:
    if text is not None:
        event(desk, text)
    assert desk.keyturn("apply", "--tracker", "github:acme/keys").status == 0
    assert len(fake.writes) == 1


def test_in_actions_a_run_that_is_run_again_writes_nothing(work: Repo, desk: Desk, fake: FakeGitHub) -> None:
    event(desk, EVENTS["a good one"] or "")
    work.git.checkout("HEAD~1")
    ran = desk.keyturn("apply", "--tracker", "github:acme/keys")
    assert (ran.status, "Start the workflow anew" in ran.err, fake.writes) == (1, True, [])
    assert desk.keyturn("plan", "--tracker", "github:acme/keys").status == 0


def test_on_a_laptop_and_with_local_issues_the_tip_is_not_asked_for(work: Repo, desk: Desk, fake: FakeGitHub) -> None:
    work.git.checkout("HEAD~1")
    assert desk.keyturn("apply", "--tracker", "local").status == 0
    del desk.environment["GITHUB_ACTIONS"]
    assert desk.keyturn("apply", "--tracker", "github:acme/keys").status == 0
    assert len(fake.writes) == 1
