"""The fake GitHub behaves as GitHub does: over plain HTTP and through PyGithub."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from fake_github import (
    BOT,
    Access,
    Call,
    FakeGitHub,
    Kind,
    Recorded,
    Reply,
    Route,
    Unexpected,
    graphql_exhausted,
)
from github import Auth, Github, GithubException
from github.GithubRetry import GithubRetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from github.Repository import Repository

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ISSUES = "/repos/acme/keys/issues"
READS_ONLY = frozenset({"GET", "HEAD"})


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Client:
    """One keep-alive connection with a token."""

    def __init__(self, fake: FakeGitHub, token: str | None) -> None:
        self.connection = http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=10)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.answer_headers: dict[str, str] = {}

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, {**self.headers, **headers})
        response = self.connection.getresponse()
        self.answer_headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, json.loads(response.read())

    def numbers(self, query: str = "") -> list[int]:
        status, issues = self("GET", f"{ISSUES}?{query}")
        assert status == 200, issues
        return [issue["number"] for issue in issues]

    def all_numbers(self, query: str) -> list[int]:
        """Follow the Link header to its end."""
        found, path = [], f"{ISSUES}?{query}"
        while path:
            _, issues = self("GET", path)
            found += [issue["number"] for issue in issues]
            path = self.answer_headers.get("link", "").partition(">")[0].partition("/repos")[2]
            path = path and f"/repos{path}"
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=clock) as running:
        running.add_repository("acme/keys")
        yield running


@pytest.fixture
def client(fake: FakeGitHub) -> Iterator[Client]:
    made = Client(fake, fake.add_token())
    yield made
    made.connection.close()


@pytest.fixture
def pygithub(fake: FakeGitHub) -> Iterator[Repository]:
    """A repository through PyGithub, repeating nothing but reads."""
    with through_pygithub(fake, GithubRetry(total=3, allowed_methods=READS_ONLY)) as github:
        yield github.get_repo("acme/keys")


def through_pygithub(fake: FakeGitHub, retry: GithubRetry | None = Github.default_retry) -> Github:
    return Github(
        auth=Auth.Token(fake.add_token()),
        base_url=fake.url,
        retry=retry,
        per_page=100,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )


def clean(fake: FakeGitHub) -> bool:
    return (fake.violations, fake.unexpected) == ([], [])


# who is asking


def test_a_personal_token_has_a_login(fake: FakeGitHub, client: Client) -> None:
    status, user = client("GET", "/user")
    assert (status, user["login"], user["type"]) == (200, "keyturn-bot", "User")
    assert clean(fake)


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("installation", 403, "Resource not accessible by integration"),
        ("unknown", 401, "Bad credentials"),
        (None, 401, "Requires authentication"),
    ],
)
def test_other_tokens_have_none(fake: FakeGitHub, kind: str | None, status: int, message: str) -> None:
    client = Client(fake, fake.add_token(BOT, installation=True) if kind == "installation" else kind)
    answered, body = client("GET", "/user")
    client.connection.close()
    assert (answered, body["message"]) == (status, message)
    assert fake.requests[-1].has_authorization == (kind is not None)
    assert clean(fake)


def test_tokens_are_told_apart_by_their_prefix(fake: FakeGitHub) -> None:
    assert fake.add_token(installation=True).startswith("ghs" + "_")
    assert fake.add_token().startswith("ghp" + "_")


def test_pygithub_sees_the_user(fake: FakeGitHub) -> None:
    with through_pygithub(fake) as github:
        assert github.get_user().login == "keyturn-bot"
    assert clean(fake)


def test_another_api_version_is_refused(client: Client) -> None:
    assert client("GET", "/user", **{"X-GitHub-Api-Version": "2022-11-28"})[0] == 200
    assert client("GET", "/user", **{"X-GitHub-Api-Version": "1999-01-01"})[0] == 400


# lists


@pytest.fixture
def populated(fake: FakeGitHub, clock: Clock) -> FakeGitHub:
    """Four entries an hour apart: 1 alice's, 2 bob's with labels, 3 bob's and closed, 4 a pull request."""
    fake.add_issue("first", author="alice", assignees=["carol"])
    clock.move(hours=1)
    fake.add_issue("second", author="bob", labels=["Key-Rotation", "tier: low"])
    clock.move(hours=1)
    fake.add_issue("third", author="bob", labels=["key-rotation"])
    fake.person_closes(3)
    clock.move(hours=1)
    fake.add_issue("fourth", author="carol", is_pull_request=True)
    clock.move(hours=1)
    fake.comment_as("alice", 1, "still there")
    return fake


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [4, 2, 1]),
        ("state=all", [4, 3, 2, 1]),
        ("state=closed", [3]),
        ("creator=BOB", [2]),
        ("creator=bob&state=all", [3, 2]),
        ("creator=nobody", []),
        ("labels=key-rotation&state=all", [3, 2]),
        ("labels=key-rotation,tier:%20low&state=all", [2]),
        ("assignee=carol", [1]),
        ("assignee=none", [4, 2]),
        ("assignee=*", [1]),
        ("state=all&since=2026-11-21T11:00:00Z", [4, 3, 1]),
        ("state=all&since=2026-11-21T11:00:01Z", [4, 1]),
        ("state=all&since=2026-11-21T13:00:00%2B02:00", [4, 3, 1]),
        ("state=all&direction=asc", [1, 2, 3, 4]),
        ("state=all&sort=updated", [1, 4, 3, 2]),
        ("state=all&sort=comments&direction=asc&per_page=3", [2, 3, 4]),
        ("state=all&per_page=2", [4, 3]),
        ("state=all&per_page=2&page=2", [2, 1]),
        ("state=all&per_page=1000", [4, 3, 2, 1]),
    ],
)
def test_a_list_is_filtered_and_sorted(populated: FakeGitHub, client: Client, query: str, expected: list[int]) -> None:
    assert client.numbers(query) == expected
    assert clean(populated)


def test_a_list_shows_pull_requests_and_no_closer(populated: FakeGitHub, client: Client) -> None:
    _, issues = client("GET", f"{ISSUES}?state=all")
    assert [("pull_request" in issue, "closed_by" in issue) for issue in issues] == [(True, False)] + [
        (False, False)
    ] * 3
    assert client("GET", f"{ISSUES}/3")[1]["closed_by"]["login"] == "alice"
    assert clean(populated)


@pytest.mark.parametrize(
    "query",
    ["state=gone", "sort=title", "direction=up", "since=yesterday", "after=e30=", "after=x", "page=11&per_page=100"],
)
def test_a_wrong_query_is_refused(fake: FakeGitHub, client: Client, query: str) -> None:
    assert client("GET", f"{ISSUES}?{query}")[0] == 422
    assert clean(fake)


def test_a_page_leads_to_the_next_by_cursor_only(fake: FakeGitHub, client: Client) -> None:
    for number in range(3):
        fake.add_issue(f"issue {number}")
    client.numbers("per_page=2&creator=alice")
    link = client.answer_headers["link"]
    assert link.startswith(f"<{fake.url}{ISSUES}?per_page=2&creator=alice&after=")
    assert link.endswith('>; rel="next"')
    assert link.count("rel=") == 1
    assert client.all_numbers("per_page=2") == [3, 2, 1]
    assert "link" not in client.answer_headers


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_250_issues_are_seen_once_each_while_others_write(fake: FakeGitHub, client: Client, direction: str) -> None:
    for number in range(250):
        fake.add_issue(f"issue {number}")
    for page in (2, 3):
        fake.interleave(lambda: fake.add_issue("newcomer"), before=page, method="GET")
        fake.interleave(lambda page=page: fake.person_closes(page), before=page, method="GET")
        fake.interleave(lambda page=page: fake.person_closes(250 - page), before=page, method="GET")
    seen = client.all_numbers(f"per_page=100&direction={direction}")
    assert len(seen) == len(set(seen))
    assert set(range(1, 251)) - {2, 3, 247, 248} <= set(seen)
    assert clean(fake)


def test_pygithub_follows_the_cursor(fake: FakeGitHub, pygithub: Repository) -> None:
    for number in range(250):
        fake.add_issue(f"issue {number}")
    assert [issue.number for issue in pygithub.get_issues()] == list(range(250, 0, -1))
    assert len([request for request in fake.requests if request.path == ISSUES]) == 3
    assert clean(fake)


# creating


def test_an_issue_is_created_with_what_it_was_given(fake: FakeGitHub, client: Client) -> None:
    draft = {"title": "Rotate x", "body": "b", "labels": ["due", {"name": "Due"}, "new"], "assignees": ["Alice"]}
    status, issue = client("POST", ISSUES, draft)
    assert (status, issue["number"], issue["state"], issue["state_reason"]) == (201, 1, "open", None)
    assert [label["name"] for label in issue["labels"]] == ["due", "new"]
    assert (issue["user"]["login"], issue["assignee"]["login"]) == ("keyturn-bot", "alice")
    assert issue["created_at"] == issue["updated_at"] == "2026-11-21T09:00:00Z"
    assert client.answer_headers["location"] == issue["url"] == f"{fake.url}{ISSUES}/1"
    assert [label["name"] for label in client("GET", "/repos/acme/keys/labels")[1]] == ["due", "new"]
    assert fake.requests[0] == Recorded("POST", ISSUES, {}, draft, 201, has_authorization=True, api_version=None)
    assert clean(fake)


def test_without_push_access_labels_are_dropped_silently(fake: FakeGitHub) -> None:
    client = Client(fake, fake.add_token("stranger", access=Access.OPEN))
    status, issue = client("POST", ISSUES, {"title": "t", "labels": ["due"], "assignees": ["alice"]})
    assert (status, issue["labels"], issue["assignees"]) == (201, [], [])
    assert client("PATCH", f"{ISSUES}/1", {"title": "u", "labels": ["due"]})[1]["labels"] == []
    fake.add_issue("someone else's")
    assert client("PATCH", f"{ISSUES}/2", {"title": "u"})[0] == 403
    client.connection.close()
    assert fake.repository().labels == {}
    assert clean(fake)


def test_a_reading_token_writes_nothing(fake: FakeGitHub) -> None:
    fake.add_issue("there")
    client = Client(fake, fake.add_token(BOT, installation=True, access=Access.READ))
    assert client("POST", ISSUES, {"title": "t"})[0] == 403
    assert client("PATCH", f"{ISSUES}/1", {"title": "t"})[0] == 403
    assert client("POST", f"{ISSUES}/1/comments", {"body": "b"})[0] == 403
    assert client.numbers() == [1]
    client.connection.close()
    assert (fake.issue(1).title, fake.issue(1).comments) == ("there", [])


def test_an_assignee_without_access_refuses_the_whole_issue(fake: FakeGitHub, client: Client) -> None:
    status, body = client("POST", ISSUES, {"title": "t", "labels": ["x"], "assignees": ["alice", "dave"]})
    assert status == 422
    assert body["message"] == "Validation Failed"
    assert body["errors"] == [{"value": "dave", "resource": "Issue", "field": "assignees", "code": "invalid"}]
    assert fake.repository().issues == {}
    assert clean(fake)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"title": "t" * 257}, "title"),
        ({"title": " "}, "title"),
        ({"title": "t", "body": "b" * 65_537}, "body"),
        ({"title": "t", "labels": ["l" * 51]}, "name"),
        ({"title": "t", "labels": [""]}, "name"),
        ({"title": "t", "assignees": [f"person-{n}" for n in range(11)]}, "assignees"),
    ],
    ids=["long title", "no title", "long body", "long label", "no label", "eleven assignees"],
)
def test_what_is_over_a_limit_is_refused(fake: FakeGitHub, client: Client, draft: dict[str, Any], field: str) -> None:
    fake.repository().collaborators |= {f"person-{n}" for n in range(11)}
    status, body = client("POST", ISSUES, draft)
    assert (status, body["errors"][0]["field"]) == (422, field)
    assert fake.repository().issues == {}
    assert clean(fake)


def test_what_is_at_a_limit_is_accepted(fake: FakeGitHub, client: Client) -> None:
    fake.repository().collaborators |= {f"person-{n}" for n in range(10)}
    draft = {"title": "t" * 256, "body": "b" * 65_536, "labels": ["l" * 50]}
    assert client("POST", ISSUES, {**draft, "assignees": [f"person-{n}" for n in range(10)]})[0] == 201
    assert clean(fake)


def test_a_repository_without_issues_lists_pull_requests_alone(fake: FakeGitHub, client: Client) -> None:
    fake.add_issue("an issue")
    fake.add_issue("a pull request", is_pull_request=True)
    fake.repository().has_issues = False
    assert client.numbers() == [2]
    assert client("POST", ISSUES, {"title": "t"})[0] == 410
    assert client("GET", f"{ISSUES}/1")[0] == 410
    assert client("GET", "/repos/acme/keys")[1]["has_issues"] is False
    assert clean(fake)


def test_pygithub_creates_edits_and_comments(fake: FakeGitHub, pygithub: Repository) -> None:
    issue = pygithub.create_issue("Rotate x", body="b", labels=["due"], assignees=["alice"])
    before = len(fake.requests)
    issue.edit(state="closed", state_reason="completed", body="done", labels=["closed"])
    assert [request.method for request in fake.requests[before:]] == ["PATCH"]
    issue.create_comment("A reminder.")
    assert [comment.body for comment in issue.get_comments()] == ["A reminder."]
    issue.add_to_labels("late")
    assert [label.name for label in issue.get_labels()] == ["closed", "late"]
    assert (fake.issue(1).state_reason, fake.issue(1).body) == ("completed", "done")
    assert clean(fake)


def test_pygithub_reports_github_s_refusals(pygithub: Repository) -> None:
    with pytest.raises(GithubException) as refused:
        pygithub.create_issue("t", assignees=["dave"])
    assert refused.value.status == 422
    assert refused.value.data["errors"][0]["value"] == "dave"


# one issue


def test_an_issue_may_be_gone(fake: FakeGitHub, client: Client, pygithub: Repository) -> None:
    fake.add_repository("acme/archive")
    for title in ("deleted", "transferred"):
        fake.add_issue(title)
    fake.delete(1)
    moved = fake.transfer(2, "acme/archive")
    assert client("GET", f"{ISSUES}/9")[0] == 404
    assert client("GET", "/repos/acme/none/issues/1")[0] == 404
    assert client("GET", f"{ISSUES}/1")[0] == 410
    status, body = client("GET", f"{ISSUES}/2")
    assert (status, body["url"]) == (301, f"{fake.url}/repos/acme/archive/issues/{moved.number}")
    assert client.answer_headers["location"] == body["url"]
    assert client("PATCH", f"{ISSUES}/2", {"title": "t"})[0] == 301
    assert client.numbers("state=all") == []
    assert pygithub.get_issue(2).id == moved.id
    assert clean(fake)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("open", {"state": "closed"}, ("closed", "completed")),
        ("open", {"state": "closed", "state_reason": "not_planned"}, ("closed", "not_planned")),
        ("open", {"state": "closed", "state_reason": "duplicate"}, ("closed", "duplicate")),
        ("open", {"state_reason": "not_planned"}, ("open", None)),
        ("open", {"state": "open", "state_reason": "reopened"}, ("open", None)),
        ("closed", {"state": "closed", "state_reason": "not_planned"}, ("closed", "completed")),
        ("closed", {"state": "open"}, ("open", "reopened")),
    ],
)
def test_a_reason_counts_only_when_the_state_changes(
    fake: FakeGitHub, client: Client, before: str, change: dict[str, str], after: tuple[str, str | None]
) -> None:
    fake.add_issue("t")
    if before == "closed":
        fake.person_closes(1)
    status, issue = client("PATCH", f"{ISSUES}/1", change)
    assert (status, issue["state"], issue["state_reason"]) == (200, *after)
    assert [issue["closed_at"] is None, issue["closed_by"] is None] == [after[0] == "open"] * 2
    assert clean(fake)


def test_labels_and_assignees_are_replaced(fake: FakeGitHub, client: Client) -> None:
    fake.add_issue("t", labels=["old", "kept"], assignees=["alice"])
    _, issue = client("PATCH", f"{ISSUES}/1", {"labels": ["kept", "new"], "assignees": ["bob"]})
    assert [label["name"] for label in issue["labels"]] == ["kept", "new"]
    assert [user["login"] for user in issue["assignees"]] == ["bob"]
    _, issue = client("PATCH", f"{ISSUES}/1", {"labels": [], "assignees": []})
    assert (issue["labels"], issue["assignees"]) == ([], [])
    assert client("PATCH", f"{ISSUES}/1", {"title": "changed", "assignees": ["dave"]})[0] == 422
    assert fake.issue(1).title == "t"
    assert clean(fake)


def test_only_a_change_moves_updated_at(fake: FakeGitHub, client: Client, clock: Clock) -> None:
    fake.add_issue("t", body="b", labels=["x"])
    clock.move(minutes=1)
    assert client("PATCH", f"{ISSUES}/1", {"body": "b", "labels": ["x"]})[1]["updated_at"] == "2026-11-21T09:00:00Z"
    assert client("PATCH", f"{ISSUES}/1", {"body": "c"})[1]["updated_at"] == "2026-11-21T09:01:00Z"


def test_a_lock_holds_only_where_scripted(fake: FakeGitHub, client: Client) -> None:
    fake.add_issue("t")
    fake.lock(1)
    status, issue = client("PATCH", f"{ISSUES}/1", {"body": "b"})
    assert (status, issue["locked"]) == (200, True)
    fake.lock(1, refuses_writes=True)
    assert client("PATCH", f"{ISSUES}/1", {"body": "c"})[0] == 403
    assert client("POST", f"{ISSUES}/1/comments", {"body": "c"})[0] == 403
    assert clean(fake)


def test_comments_have_numbered_pages(fake: FakeGitHub, client: Client, clock: Clock) -> None:
    fake.add_issue("t")
    for number in range(5):
        fake.comment_as("alice", 1, f"comment {number}")
        clock.move(minutes=1)
    _, comments = client("GET", f"{ISSUES}/1/comments?per_page=2&page=2")
    assert [comment["body"] for comment in comments] == ["comment 2", "comment 3"]
    assert client.answer_headers["link"] == (
        f'<{fake.url}{ISSUES}/1/comments?per_page=2&page=3>; rel="next", '
        f'<{fake.url}{ISSUES}/1/comments?per_page=2&page=3>; rel="last"'
    )
    _, comments = client("GET", f"{ISSUES}/1/comments?since=2026-11-21T09:03:00Z")
    assert [comment["body"] for comment in comments] == ["comment 3", "comment 4"]
    status, comment = client("POST", f"{ISSUES}/1/comments", {"body": "mine"})
    assert (status, comment["user"]["login"]) == (201, "keyturn-bot")
    assert client("GET", f"{ISSUES}/1")[1]["comments"] == 6
    assert client("POST", f"{ISSUES}/1/comments", {"body": "b" * 65_537})[0] == 422
    assert clean(fake)


def test_labels_of_a_repository(fake: FakeGitHub, client: Client) -> None:
    status, label = client("POST", "/repos/acme/keys/labels", {"name": "Due", "color": "ff0000"})
    assert (status, label["name"], label["color"]) == (201, "Due", "ff0000")
    assert client("POST", "/repos/acme/keys/labels", {"name": "due"})[0] == 422
    assert client("GET", "/repos/acme/keys/labels/DUE")[1]["name"] == "Due"
    assert client("GET", "/repos/acme/keys/labels/none")[0] == 404
    assert clean(fake)


def test_an_issue_has_one_parent_and_100_children(fake: FakeGitHub, client: Client, pygithub: Repository) -> None:
    for number in range(1, 105):
        fake.add_issue(f"issue {number}")
    for number in range(2, 102):
        assert client("POST", f"{ISSUES}/1/sub_issues", {"sub_issue_id": fake.issue(number).id})[0] == 201
    assert client("POST", f"{ISSUES}/1/sub_issues", {"sub_issue_id": fake.issue(102).id})[0] == 422
    assert client("POST", f"{ISSUES}/103/sub_issues", {"sub_issue_id": fake.issue(2).id})[0] == 422
    assert client("POST", f"{ISSUES}/103/sub_issues", {"sub_issue_id": 2})[0] == 404
    moved = {"sub_issue_id": fake.issue(2).id, "replace_parent": True}
    assert client("POST", f"{ISSUES}/103/sub_issues", moved)[1]["sub_issues_summary"]["total"] == 1
    pygithub.get_issue(103).add_sub_issue(pygithub.get_issue(104))
    assert [issue.number for issue in pygithub.get_issue(103).get_sub_issues()] == [2, 104]
    assert len(fake.issue(1).sub_issues) == 99
    assert clean(fake)


# the repository and the hour


def test_a_branch_has_a_commit(fake: FakeGitHub, client: Client, pygithub: Repository) -> None:
    head = "ab" * 20
    fake.add_repository("acme/other", head=head)
    for ref in ("main", "heads/main", head):
        assert client("GET", f"/repos/acme/other/commits/{ref}")[1]["sha"] == head
    assert client("GET", "/repos/acme/other/commits/gone")[0] == 422
    assert client("GET", "/repos/acme/other")[1]["default_branch"] == "main"
    assert pygithub.get_commit("main").sha == fake.repository("acme/keys").refs["main"]
    assert clean(fake)


def test_the_hour_is_counted_down_and_begins_again(fake: FakeGitHub, clock: Clock) -> None:
    client = Client(fake, fake.add_token(limit=2))
    reset = str(int((START + timedelta(hours=1)).timestamp()))
    for left in ("1", "0"):
        assert client("GET", "/user")[0] == 200
        assert client.answer_headers["x-ratelimit-remaining"] == left
    status, body = client("GET", "/user")
    assert (status, body["message"][:23]) == (403, "API rate limit exceeded")
    assert (client.answer_headers["x-ratelimit-remaining"], client.answer_headers["x-ratelimit-reset"]) == ("0", reset)
    assert client("GET", "/rate_limit")[1]["rate"] == {"limit": 2, "used": 2, "remaining": 0, "reset": int(reset)}
    clock.move(hours=1)
    assert client("GET", "/user")[0] == 200
    client.connection.close()
    assert clean(fake)


def test_the_clock_is_the_one_given(client: Client, clock: Clock) -> None:
    clock.move(days=400)
    client("GET", "/user")
    assert client.answer_headers["date"] == "Sun, 26 Dec 2027 09:00:00 GMT"


def test_a_connection_is_kept(client: Client) -> None:
    client("POST", ISSUES, {"title": "t"})
    socket = client.connection.sock
    client("POST", ISSUES, {"title": "t"})
    assert client.connection.sock is socket


def test_a_client_may_take_it_for_its_proxy(fake: FakeGitHub, client: Client) -> None:
    assert client("GET", "http://api.github.localhost/user?")[0] == 200
    assert fake.requests[-1].path == "/user"


# what the fake does not know, and what breaks the contract


def test_an_unknown_call_is_noted(fake: FakeGitHub, client: Client) -> None:
    assert client("GET", "/search/issues?q=x") == (
        404,
        {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"},
    )
    assert client("DELETE", f"{ISSUES}/1")[0] == 404
    client.numbers("milestone=1")
    assert fake.unexpected == [
        Unexpected("GET", "/search/issues"),
        Unexpected("DELETE", f"{ISSUES}/1"),
        Unexpected("GET", ISSUES, "milestone"),
    ]


@pytest.mark.parametrize(
    ("call", "detail"),
    [
        (("POST", ISSUES, {"body": "no title"}), "title"),
        (("POST", ISSUES, {"title": "t", "asignees": ["alice"]}), "asignees"),
        (("POST", ISSUES, {"title": "t", "labels": [{"nmae": "x"}]}), "nmae"),
        (("PATCH", f"{ISSUES}/1", {"state": "closed", "state_reason": "wontfix"}), "state_reason"),
        (("PATCH", f"{ISSUES}/1", {"state": "done"}), "state"),
        (("POST", f"{ISSUES}/1/comments", {"body": 7}), "body"),
        (("POST", f"{ISSUES}/1/labels", [1]), "0"),
        (("POST", f"{ISSUES}/1/sub_issues", {"sub_issue_id": "1"}), "sub_issue_id"),
        (("POST", ISSUES, None), ""),
    ],
)
def test_a_request_that_breaks_the_contract_is_refused_and_noted(
    fake: FakeGitHub, client: Client, call: tuple[str, str, object], detail: str
) -> None:
    fake.add_issue("there")
    assert client(*call)[0] == 422
    (violation,) = fake.violations
    assert (violation.direction, violation.method, violation.path) == ("received", *call[:2])
    assert detail in violation.detail
    assert (len(fake.repository().issues), fake.issue(1).state, fake.issue(1).comments) == (1, "open", [])


def test_a_request_that_is_no_json_is_refused(fake: FakeGitHub, client: Client) -> None:
    client.connection.request("POST", ISSUES, b"{", client.headers)
    response = client.connection.getresponse()
    assert (response.status, json.loads(response.read())["message"]) == (400, "Problems parsing JSON")
    assert fake.requests[-1].body == "{"


def added_route(call: Call) -> Reply:
    """Answer a comment with a key in its author that GitHub does not have."""
    comment = call.documents.comment(call.repository, call.issue, call.issue.comments[0])
    wrong = {**comment, "user": {**comment["user"], "nickname": "al"}}
    return Reply(200, wrong if call.query else comment)


def test_another_module_adds_routes_and_is_held_to_the_contract(fake: FakeGitHub, client: Client) -> None:
    path = "/repos/{owner}/{name}/issues/{number}/first_comment"
    fake.routes.add(Route("GET", path, added_route, sends="IssueComment", query=frozenset({"wrong"})))
    fake.add_issue("t")
    assert client("GET", f"{ISSUES}/1/first_comment")[0] == 500
    fake.comment_as("alice", 1, "hello")
    assert client("GET", f"{ISSUES}/1/first_comment")[1]["body"] == "hello"
    assert client("GET", f"{ISSUES}/1/first_comment?wrong=1")[0] == 500
    crashed, sent = fake.violations
    assert (crashed.direction, sent.direction, sent.shape) == ("crashed", "sent", "IssueComment")
    assert "IndexError" in crashed.detail
    assert "nickname" in sent.detail


# faults


RATE_LIMITS = {
    Kind.FORBIDDEN_RETRY_AFTER: (403, {"retry-after": "30"}),
    Kind.TOO_MANY_RETRY_AFTER: (429, {"retry-after": "30"}),
    Kind.EXHAUSTED: (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(START.timestamp()) + 30)}),
    Kind.SECONDARY_BARE: (403, {"x-ratelimit-remaining": "4999"}),
}


@pytest.mark.parametrize("kind", RATE_LIMITS)
def test_a_rate_limit_refuses_before_the_effect(fake: FakeGitHub, client: Client, kind: Kind) -> None:
    client("GET", "/user")
    fake.faults.before_effect("POST", "/issues$", 1, kind, retry_after=30)
    status, body = client("POST", ISSUES, {"title": "t"})
    expected, headers = RATE_LIMITS[kind]
    assert status == expected
    assert "rate limit" in body["message"]
    assert headers.items() <= client.answer_headers.items()
    assert ("retry-after" in client.answer_headers) == ("retry-after" in headers)
    assert fake.repository().issues == {}
    assert client("POST", ISSUES, {"title": "t"})[0] == 201


def test_graphql_refuses_under_status_200(fake: FakeGitHub, client: Client) -> None:
    fake.faults.before_effect("POST", "/issues$", 1, Kind.GRAPHQL_EXHAUSTED)
    assert client("POST", ISSUES, {"title": "t"}) == (200, graphql_exhausted())
    assert graphql_exhausted()["errors"][0]["type"] == "RATE_LIMITED"


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.RESET, ConnectionResetError),
        (Kind.HANG, http.client.RemoteDisconnected),
        (Kind.TRUNCATED, http.client.IncompleteRead),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_broken_connection(fake: FakeGitHub, client: Client, kind: Kind, error: type[Exception], moment: str) -> None:
    schedule = {"before": fake.faults.before_effect, "after": fake.faults.after_effect}[moment]
    schedule("POST", "/issues$", 2, kind, seconds=0.05)
    client("POST", ISSUES, {"title": "t"})
    with pytest.raises(error) as raised:
        client("POST", ISSUES, {"title": "t"})
    assert raised.type is error  # an orderly end is a kind of reset to http.client
    assert sorted(fake.repository().issues) == {"before": [1], "after": [1, 2]}[moment]
    assert fake.requests[-1].status == ({"before": 502, "after": 201}[moment] if kind is Kind.TRUNCATED else None)
    client.connection.close()
    assert client("POST", ISSUES, {"title": "t"})[0] == 201


def test_502_comes_before_or_after_the_effect(fake: FakeGitHub, client: Client) -> None:
    fake.faults.before_effect("POST", "/issues$", 1, Kind.BAD_GATEWAY)
    fake.faults.after_effect("POST", "/issues$", 2, Kind.BAD_GATEWAY)
    fake.faults.before_effect("PATCH", "/issues/1$", 1, Kind.BAD_GATEWAY)
    statuses = [client("POST", ISSUES, {"title": "t"})[0] for _ in range(3)]
    assert (statuses, sorted(fake.repository().issues)) == ([502, 502, 201], [1, 2])
    assert client("PATCH", f"{ISSUES}/1", {"title": "u"})[0] == 502
    assert fake.issue(1).title == "t"


def test_pygithub_by_default_makes_four_issues_of_three_502s(fake: FakeGitHub) -> None:
    fake.faults.after_effect("POST", "/issues$", 1, Kind.BAD_GATEWAY, times=3)
    with through_pygithub(fake) as github:
        assert github.get_repo("acme/keys").create_issue("Rotate x").number == 4
    assert sorted(fake.repository().issues) == [1, 2, 3, 4]
    assert [request.status for request in fake.writes] == [502, 502, 502, 201]


@pytest.mark.parametrize("kind", [Kind.BAD_GATEWAY, Kind.RESET, Kind.HANG, Kind.TRUNCATED], ids=lambda kind: kind.name)
def test_pygithub_with_retries_of_reads_makes_one(fake: FakeGitHub, pygithub: Repository, kind: Kind) -> None:
    fake.faults.after_effect("POST", "/issues$", 1, kind, times=3, seconds=0.05)
    with pytest.raises((GithubException, requests.RequestException)):
        pygithub.create_issue("Rotate x")
    assert sorted(fake.repository().issues) == [1]
    assert len(fake.writes) == 1


def test_pygithub_repeats_reads(fake: FakeGitHub, pygithub: Repository) -> None:
    fake.add_issue("t")
    fake.faults.before_effect("GET", "/issues$", 1, Kind.BAD_GATEWAY, times=2)
    assert [issue.number for issue in pygithub.get_issues()] == [1]
    assert [request.status for request in fake.requests if request.path == ISSUES] == [502, 502, 200]


def test_a_list_is_stale_for_some_reads(fake: FakeGitHub, client: Client) -> None:
    fake.add_issue("before")
    fake.faults.stale_list(2)
    client("POST", ISSUES, {"title": "new"})
    assert client("GET", f"{ISSUES}/2")[0] == 200
    assert [client.numbers() for _ in range(4)] == [[1], [1], [2, 1], [2, 1]]
    fake.faults.stale_list(1)
    client("POST", ISSUES, {"title": "newer"})
    assert client.all_numbers("per_page=1&direction=asc") == [1, 2]  # one read, whatever its pages
    assert client.all_numbers("per_page=1&direction=asc") == [1, 2, 3]


def test_a_stopped_world_resets_everything(fake: FakeGitHub, client: Client) -> None:
    calls: list[str] = []
    fake.faults.stop_after(1, lambda: calls.append("stopped"))
    assert client("POST", ISSUES, {"title": "t"})[0] == 201
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            client("POST", ISSUES, {"title": "t"})
        client.connection.close()
    assert (calls, sorted(fake.repository().issues)) == (["stopped"], [1])
    fake.faults.clear()
    assert client("POST", ISSUES, {"title": "t"})[0] == 201
    assert [request.status for request in fake.requests] == [201, None, None, 201]


def test_the_end_may_raise(fake: FakeGitHub, client: Client) -> None:
    fake.faults.stop_after(0, lambda: 1 / 0)
    with pytest.raises(ConnectionResetError):
        client("GET", "/user")
    assert clean(fake)


def test_another_run_acts_in_between(fake: FakeGitHub, client: Client) -> None:
    def another_run() -> None:
        other = Client(fake, fake.add_token("other-bot"))
        assert other("POST", ISSUES, {"title": "theirs"})[0] == 201
        other.connection.close()

    fake.interleave(another_run, before=2, method="POST", path="/issues$")
    for _ in range(2):
        client("POST", ISSUES, {"title": "ours"})
    assert [issue.title for issue in fake.repository().issues.values()] == ["ours", "theirs", "ours"]
    assert clean(fake)


def test_a_person_acts_in_between(fake: FakeGitHub, client: Client) -> None:
    fake.add_issue("t", labels=["key-rotation"])
    fake.interleave(lambda: fake.person_edits(1, by="bob", labels=[]), before=1)
    fake.interleave(lambda: fake.person_closes(1, by="carol", reason="not_planned"), before=2)
    fake.interleave(lambda: fake.person_reopens(1), before=3)
    assert client("GET", f"{ISSUES}/1")[1]["labels"] == []
    _, issue = client("GET", f"{ISSUES}/1")
    assert (issue["state_reason"], issue["closed_by"]["login"]) == ("not_planned", "carol")
    assert client("GET", f"{ISSUES}/1")[1]["state_reason"] == "reopened"


def test_a_failure_in_between_is_heard_of(fake: FakeGitHub, client: Client) -> None:
    fake.interleave(lambda: fake.person_closes(99))
    assert client("GET", "/user")[0] == 200
    (violation,) = fake.violations
    assert violation.direction == "crashed"
    assert "KeyError: 99" in violation.detail


def test_a_hang_does_not_hold_up_the_end() -> None:
    with FakeGitHub() as fake:
        fake.faults.before_effect("GET", "/user", 1, Kind.HANG, seconds=86400)
        client = Client(fake, fake.add_token())
        client.connection.request("GET", "/user", headers=client.headers)
        while not fake.requests:
            time.sleep(0.01)
    # A fake that waited for its answer would keep this test for a day.
    client.connection.close()


def test_it_serves_by_hand() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.fake_github", "--port", "0", "--repository", "acme/by-hand"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, token, _ = (process.stdout.readline().strip().partition("=")[2] for _ in range(3))
            answer = requests.get(f"{url}/repos/acme/by-hand", headers={"Authorization": f"token {token}"}, timeout=10)
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert (answer.status_code, answer.json()["full_name"]) == (200, "acme/by-hand")
