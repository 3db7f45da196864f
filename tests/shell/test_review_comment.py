"""The one comment on a pull request: written once, kept up to date, and left to the summary where nobody may write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT as ACTIONS, Access, FakeGitHub, Kind
from fake_github.comments import COMMENT_ROUTES
from shell.desk import BOT, FRESH, OVERDUE, Calendar, Desk, Ran
from shell.test_review_history import ID, PATH, git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARK = "<!-- keyturn-review acme/keys:. -->"
COMMENTS = "/repos/acme/keys/issues/1/comments"
ONE = "/repos/acme/keys/issues/comments/"
DENIED = (
    "the token may not comment on the pull request (`pull-requests: write` in a workflow); "
    "the summary of the job has the review instead\n"
)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=Calendar()) as fake:
        fake.add_repository("acme/keys")
        fake.add_issue("Change keys", is_pull_request=True)
        fake.routes.add(*COMMENT_ROUTES)
        yield fake
        assert (fake.unexpected, fake.violations) == ([], [])


@dataclass(slots=True)
class Pull:
    """A job that reviews pull request 1 of acme/keys."""

    desk: Desk
    fake: FakeGitHub
    summary: Path

    def allow(self, login: str = ACTIONS, *, installation: bool = True, access: Access = Access.PUSH) -> None:
        token = self.fake.add_token(login, installation=installation, access=access)
        self.desk.environment["GITHUB_TOKEN"] = token

    def event(self, document: object) -> None:
        path = self.summary.with_name("event.json")
        path.write_text(json.dumps(document))
        self.desk.environment["GITHUB_EVENT_PATH"] = str(path)

    def review(self) -> Ran:
        return self.desk.keyturn("review", "--base", "main", "--comment", "--format", "markdown")

    @property
    def comments(self) -> list[tuple[str, str]]:
        return [(comment.author.login, comment.body) for comment in self.fake.issue(1).comments]

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(each.method, each.path.rstrip("0123456789")) for each in self.fake.writes]


@pytest.fixture
def pull(fake: FakeGitHub, tmp_path: Path) -> Pull:
    (tmp_path / "root").mkdir()
    git(tmp_path / "root", "init", "--quiet", "--initial-branch", "main")
    desk = Desk(tmp_path / "root")
    desk.declare(ID, FRESH)
    git(desk.folder, "add", ".")
    git(desk.folder, "commit", "--quiet", "--message", "Declare")
    desk.environment |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": fake.url,
        "GITHUB_REPOSITORY": "acme/keys",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "KEYTURN_WRITE_PAUSE": "0",
    }
    pull = Pull(desk, fake, tmp_path / "summary.md")
    pull.allow()
    pull.event({"pull_request": {"number": 1}})
    return pull


def test_a_comment_is_written_once_and_kept_up_to_date(pull: Pull) -> None:
    first = pull.review()
    assert (first.status, first.err) == (0, "comment on pull request #1: written\n")
    assert pull.comments == [(ACTIONS, f"{MARK}\n{first.out}")]

    same = pull.review()
    assert (same.status, same.err) == (0, "comment on pull request #1: up to date\n")
    assert pull.writes == [("POST", COMMENTS)]

    pull.desk.declare(ID, "2026-11-20")
    worse = pull.review()
    assert (worse.status, worse.err) == (1, "comment on pull request #1: written\n")
    assert pull.comments == [(ACTIONS, f"{MARK}\n{worse.out}")]
    assert "created-without-evidence" in worse.out
    assert pull.writes == [("POST", COMMENTS), ("PATCH", ONE)]

    pull.desk.declare(ID, FRESH)
    pull.review()
    assert pull.comments == [(ACTIONS, f"{MARK}\n{first.out}")]
    assert pull.writes[2:] == [("PATCH", ONE)]


def test_line_ends_that_github_changes_are_no_change(pull: Pull) -> None:
    pull.review()
    comment = pull.fake.issue(1).comments[0]
    comment.body = comment.body.replace("\n", "\r\n").rstrip()
    pull.review()

    assert pull.writes == [("POST", COMMENTS)]


@pytest.mark.parametrize(
    ("author", "body"),
    [
        ("alice", f"{MARK}\nAll is well."),
        (ACTIONS, "Another workflow's words."),
        (ACTIONS, f"A quote:\n{MARK}"),
        (ACTIONS, "<!-- keyturn-review acme/keys:billing -->\nAnother root."),
        (ACTIONS, ""),
    ],
)
def test_what_others_wrote_is_left_alone(pull: Pull, author: str, body: str) -> None:
    pull.fake.comment_as(author, 1, body)
    ran = pull.review()

    assert pull.comments == [(author, body), (ACTIONS, f"{MARK}\n{ran.out}")]


def test_our_comment_is_found_among_many(pull: Pull) -> None:
    pull.review()
    ours = pull.fake.issue(1).comments.pop()
    for number in range(120):
        pull.fake.comment_as("alice", 1, f"Comment {number}")
    pull.fake.issue(1).comments.append(ours)
    pull.review()

    assert pull.writes == [("POST", COMMENTS)]


@pytest.mark.parametrize(
    ("login", "installation", "identity"),
    [(BOT, False, []), (BOT, False, [BOT]), (ACTIONS, True, [BOT]), (ACTIONS, True, [])],
)
def test_whose_comment_is_ours(pull: Pull, login: str, identity: list[str], *, installation: bool) -> None:
    pull.desk.policy(identity=identity)
    git(pull.desk.folder, "commit", "--quiet", "--all", "--allow-empty", "--message", "Say who we are")
    pull.allow(login, installation=installation)

    assert [pull.review().status for _ in range(2)] == [0, 0]
    assert [author for author, _ in pull.comments] == [login]


def test_a_comment_by_an_unknown_login_is_said(pull: Pull) -> None:
    pull.allow("my-app[bot]")
    ran = pull.review()

    assert ran.status == 3
    assert "::warning::no comment on pull request #1: the comment was written by my-app[bot]" in ran.err


@pytest.mark.parametrize("declared", [FRESH, "2026-11-20"])
def test_a_token_that_may_only_read_leaves_the_summary(pull: Pull, declared: str) -> None:
    pull.allow(access=Access.READ)
    pull.desk.declare(ID, declared)
    ran = pull.review()

    assert (ran.status, ran.err, pull.comments) == (int(declared != FRESH), DENIED, [])
    assert pull.summary.read_text(encoding="utf-8") == ran.out


def test_a_token_that_may_not_even_read_leaves_the_summary(pull: Pull) -> None:
    pull.desk.environment["GITHUB_REPOSITORY"] = "acme/hidden"
    ran = pull.review()

    assert (ran.status, ran.err) == (0, DENIED)


@pytest.mark.parametrize("event", [{"pull_request": None}, {"merge_group": {}}, [], {"pull_request": {"number": "x"}}])
def test_a_run_for_no_pull_request_writes_nothing(pull: Pull, event: object) -> None:
    pull.event(event)
    ran = pull.review()

    assert (ran.status, ran.err) == (0, "this run is for no pull request, so there is nothing to comment on\n")
    assert pull.fake.requests == []


@pytest.mark.parametrize("missing", ["GITHUB_EVENT_PATH", "GITHUB_REPOSITORY"])
def test_outside_of_actions_there_is_nothing_to_comment_on(pull: Pull, missing: str) -> None:
    del pull.desk.environment[missing]

    assert (pull.review().status, pull.comments) == (0, [])


def test_without_the_option_nothing_is_asked_or_written(pull: Pull) -> None:
    assert pull.desk.keyturn("review", "--base", "main").status == 0
    assert pull.fake.requests == []


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [
        (Kind.BAD_GATEWAY, "GET", 3),
        (Kind.BAD_GATEWAY, "POST", 3),
        (Kind.RESET, "POST", 3),
        (Kind.EXHAUSTED, "POST", 5),
    ],
)
def test_a_comment_that_github_does_not_take_is_said(pull: Pull, kind: Kind, method: str, status: int) -> None:
    pull.fake.faults.before_effect(method, COMMENTS, 1, kind, times=9, retry_after=3600)
    ran = pull.review()

    assert (ran.status, ran.err.startswith("::warning::no comment on pull request #1: GitHub")) == (status, True)
    assert pull.summary.read_text(encoding="utf-8") == ran.out
    assert len(pull.writes) <= 1


def test_without_a_token_nothing_is_written(pull: Pull) -> None:
    pull.desk.environment["GITHUB_TOKEN"] = ""
    ran = pull.review()

    message = "keyturn: the GitHub tracker needs a token in GITHUB_TOKEN or GH_TOKEN; or try `--tracker local`\n"
    assert (ran.status, ran.err, pull.comments) == (2, message, [])
    assert pull.summary.read_text(encoding="utf-8") == ran.out


def test_what_a_file_says_stays_inert_in_the_comment(pull: Pull) -> None:
    pull.desk.declare(ID, OVERDUE, owners=["carol"], description="@alice --> closes #1")
    pull.desk.write("rotations/<!-- @bob.yaml", "provider: mixpanel\n")
    pull.review()
    body = pull.comments[0][1]

    assert body.startswith(f"{MARK}\n")
    assert body.count("<!--") == body.count("-->") == 1
    assert "&lt;`!-- @bob.yaml:1`" in body
    assert PATH in body
