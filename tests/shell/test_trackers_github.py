"""What only GitHub does: its pages, limits, refusals and broken answers, over loopback against the stateful fake."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import pytest
from fake_github import BOT, Access, FakeGitHub, Kind

from keyturn import marker
from keyturn.errors import Exit, OutsideError, UnfinishedError
from keyturn.model import Marker, Status, Version, Why
from keyturn.trackers import Draft, Edit, RefusedError
from keyturn.trackers.github import GitHubTracker

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "x" * 8
SCOPE = "acme/keys:."
SINCE = date(2026, 10, 22)
START = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
TIE = Marker(
    scope=SCOPE,
    id="mixpanel/loader",
    version=Version.read("2026-08-24"),
    due=date(2026, 11, 22),
    why=Why.DUE,
    status=Status.DUE_SOON,
    opened=date(2026, 11, 21),
)
BODY = marker.line(TIE)
DRAFT = Draft("Rotate mixpanel/loader", BODY, ("key-rotation",), ("alice",))
EDIT = Edit(BODY, ("key-rotation",), assignees=("alice",))
ISSUES = r"/issues$"
LIMITS = [Kind.FORBIDDEN_RETRY_AFTER, Kind.TOO_MANY_RETRY_AFTER, Kind.EXHAUSTED, Kind.SECONDARY_BARE]
AMBIGUOUS = [Kind.BAD_GATEWAY, Kind.RESET, Kind.HANG, Kind.TRUNCATED]


@dataclass(slots=True)
class Time:
    """A clock that moves only by waiting."""

    now: datetime = START
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def fake(time: Time) -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=time) as fake:
        fake.add_repository()
        yield fake
        assert (fake.violations, fake.unexpected) == ([], [])


@dataclass(slots=True)
class Trackers:
    fake: FakeGitHub
    time: Time
    said: list[str] = field(default_factory=list)

    def __call__(self, **settings: Any) -> GitHubTracker:
        given: dict[str, Any] = {
            "repository": "acme/keys",
            "token": settings.get("token") or self.fake.add_token(),
            "scope": SCOPE,
            "base_url": self.fake.url,
            "now": self.time,
            "wait": self.time.wait,
            "notify": self.said.append,
            "pause": 0,
        }
        return GitHubTracker(**{**given, **settings})


@pytest.fixture
def trackers(fake: FakeGitHub, time: Time) -> Trackers:
    return Trackers(fake, time)


def adopt(fake: FakeGitHub, count: int, *, closed: bool = False, author: str = "keyturn-bot") -> None:
    for _ in range(count):
        issue = fake.add_issue("Rotate x", body=BODY, author=author)
        if closed:
            fake.person_closes(issue.number)


def calls(fake: FakeGitHub) -> list[str]:
    return [f"{request.method} {request.path}" for request in fake.requests]


# Reading


@pytest.mark.parametrize(
    ("opened", "closed", "requests"),
    [(0, 0, 2), (1, 1, 2), (100, 100, 2), (101, 0, 3), (250, 101, 5)],
)
def test_a_quiet_run_costs_its_pages_and_one_question(
    fake: FakeGitHub, trackers: Trackers, opened: int, closed: int, requests: int
) -> None:
    adopt(fake, opened)
    adopt(fake, closed, closed=True)

    found = trackers().issues(SINCE)

    assert [issue.number for issue in found] == list(range(1, opened + closed + 1))
    assert calls(fake) == ["GET /user", *["GET /repos/acme/keys/issues"] * requests]
    assert {request.query["per_page"] for request in fake.requests[1:]} == {"100"}
    assert {request.api_version for request in fake.requests} == {"2022-11-28"}
    assert all(request.has_authorization for request in fake.requests)


def test_named_identities_need_no_question(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1, author="old-bot[bot]")
    adopt(fake, 1)
    adopt(fake, 1, author="alice")

    found = trackers(identity=("Keyturn-Bot", "old-bot[bot]", "keyturn-bot")).issues(SINCE)

    assert [issue.number for issue in found] == [1, 2]
    assert [(request.query["creator"], request.query["state"]) for request in fake.requests] == [
        ("keyturn-bot", "open"),
        ("keyturn-bot", "closed"),
        ("old-bot[bot]", "open"),
        ("old-bot[bot]", "closed"),
    ]


def test_250_issues_over_cursor_pages_while_writing_are_each_seen_once(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 250)

    def others_write() -> None:
        adopt(fake, 1)
        fake.person_edits(7, title="Touched")
        fake.person_closes(150)

    fake.interleave(others_write, before=3, path=ISSUES)
    tracker = trackers()
    seen = tracker.issues(SINCE)
    for issue in seen:
        tracker.edit(issue.number, Edit(BODY, ("key-rotation",)))

    assert [issue.number for issue in seen] == list(range(1, 252))
    assert len(fake.writes) == 251


def test_one_closed_between_the_lists_is_seen_as_closed(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1)
    fake.interleave(lambda: fake.person_closes(1), before=2, path=ISSUES)

    [issue] = trackers().issues(SINCE)

    assert not issue.is_open


def test_pull_requests_and_forgeries_are_not_ours(fake: FakeGitHub, trackers: Trackers) -> None:
    fake.add_issue("Rotate x", body=BODY, author="keyturn-bot", is_pull_request=True)
    fake.add_issue("Rotate x", body=BODY, author="alice", labels=["key-rotation"])
    fake.add_issue("Rotate x", body=BODY.replace("acme/keys:.", "acme/keys:billing"), author="keyturn-bot")
    fake.add_issue("Rotate x", body=None, author="keyturn-bot", labels=["key-rotation"])

    assert trackers().issues(SINCE) == []


def test_an_answer_that_ignores_the_creator_is_still_sieved(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1, author="alice")

    assert trackers(identity=("alice",)).issues(SINCE)[0].number == 1
    assert trackers(identity=("bob",)).issues(SINCE) == []


def test_an_issue_is_read_in_full(fake: FakeGitHub, trackers: Trackers) -> None:
    fake.add_issue("Rotate x", body=f"{BODY}\r\n", author="keyturn-bot", labels=["urgent"], assignees=["bob"])
    fake.person_closes(1)

    [issue] = trackers().issues(SINCE)

    assert (issue.title, issue.body, issue.labels, issue.assignees, issue.is_open) == (
        "Rotate x",
        f"{BODY}\r\n",
        ("urgent",),
        ("bob",),
        False,
    )
    assert (issue.closed_at, issue.url, issue.marker) == (
        START,
        "https://github.com/acme/keys/issues/1",
        TIE,
    )


def test_comments_are_read_to_the_last_page(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1)
    names = [marker.reminder(TIE.due, days) for days in range(150)]
    for name in names:
        fake.comment_as("keyturn-bot", 1, marker.reminder_line(name))
    fake.comment_as("alice", 1, marker.reminder_line("2026-11-22+999"))
    tracker = trackers()
    [issue] = tracker.issues(SINCE)
    before = len(fake.requests)

    assert tracker.reminders(issue) == set(names)
    assert len(fake.requests) == before + 2


@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_list_that_fails_on_any_page_gives_nothing(
    fake: FakeGitHub, trackers: Trackers, page: int, kind: Kind
) -> None:
    adopt(fake, 101)
    fake.faults.before_effect("GET", ISSUES, page, kind, times=9, seconds=1.2)

    with pytest.raises(OutsideError) as caught:
        trackers(timeout=1).issues(SINCE)

    assert caught.value.status is Exit.OUTSIDE
    assert fake.writes == []


@pytest.mark.parametrize("kind", [Kind.BAD_GATEWAY, Kind.RESET])
def test_a_read_is_repeated(fake: FakeGitHub, trackers: Trackers, kind: Kind) -> None:
    adopt(fake, 1)
    fake.faults.before_effect("GET", ISSUES, 1, kind, times=3)

    assert len(trackers().issues(SINCE)) == 1


class Scripted(BaseHTTPRequestHandler):
    """Answers what no GitHub would, in the order of the script; the last answer stays."""

    script: ClassVar[list[tuple[int, dict[str, str], str]]]
    seen: ClassVar[list[str]]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append(f"{self.command} {self.path}")
        status, headers, body = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(body.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_PATCH = answer  # noqa: N815 - names the library looks for


Script: TypeAlias = tuple[type[Scripted], str]


@pytest.fixture
def scripted() -> Iterator[Script]:
    handler = type("Now", (Scripted,), {"script": [], "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


ENTRY = {
    "number": 1,
    "title": "Rotate x",
    "body": BODY,
    "state": "open",
    "user": {"login": "keyturn-bot"},
    "labels": ["key-rotation"],
    "assignees": None,
    "html_url": None,
}
ENDLESS = {"Link": '<http://elsewhere.example/issues?per_page=100&after=x>; rel="next"'}


def odd(answer: dict[str, Any]) -> str:
    return json.dumps([{**ENTRY, **answer}])


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        (200, {}, "<html>Sign in</html>", "GitHub answered something else than was asked; check GITHUB_API_URL"),
        (200, {}, "[" * 100_000, "GitHub answered something else than was asked"),
        (200, {}, "", "GitHub answered something else than was asked"),
        (200, {}, "{}", "GitHub answered something else than was asked"),
        (200, {}, '{"errors": ["?"]}', "GitHub answered something else than was asked"),
        (200, ENDLESS, "[]", "GitHub answered something else than was asked"),
        (200, {}, '["issue"]', "GitHub listed something that is no issue; check GITHUB_API_URL"),
        (200, {}, odd({"number": None}), "GitHub listed something that is no issue"),
        (200, {}, odd({"labels": [1]}), "GitHub listed something that is no issue"),
        (200, {}, odd({"closed_at": "then"}), "GitHub listed something that is no issue"),
        (200, {}, odd({"closed_at": "2026-11-21T09:00:00"}), "GitHub listed something that is no issue"),
        (200, {}, odd({"user": "keyturn-bot"}), "GitHub listed something that is no issue"),
        (200, {}, odd({"parent_issue_url": "https://elsewhere.example/x"}), "GitHub listed something that is no issue"),
        (301, {"Location": "/repositories/1/issues"}, "{}", "acme/keys was renamed or moved; write its name of today"),
        (302, {"Location": "/login"}, "", "GitHub refused the request with status 302"),
        (403, {}, "[]", "the token may not do this in acme/keys"),
        (422, {}, "{}", "GitHub does not accept the request; check `identity` in keyturn.yaml"),
        (451, {}, '"no"', "GitHub refused the request with status 451"),
        (503, {"Retry-After": "3600"}, "<html>", "GitHub answered with status 503; run again later"),
    ],
)
def test_an_odd_list_is_refused(  # noqa: PLR0913, PLR0917 - an answer and what is made of it
    scripted: Script, trackers: Trackers, status: int, headers: dict[str, str], body: str, reason: str
) -> None:
    handler, url = scripted
    handler.script.append((status, headers, body))

    with pytest.raises(OutsideError, match=reason) as caught:
        trackers(token=TOKEN, base_url=url, identity=("keyturn-bot",)).issues(SINCE)

    assert caught.value.__cause__ is None
    assert trackers.time.waits == []
    assert {line.partition("?")[0] for line in handler.seen} == {"GET /repos/acme/keys/issues"}


def test_missing_people_and_plain_labels_are_understood(scripted: Script, trackers: Trackers) -> None:
    handler, url = scripted
    ghost = {**ENTRY, "number": 2, "user": None}
    handler.script.append((200, {}, json.dumps([ENTRY, ghost])))

    [issue] = trackers(token=TOKEN, base_url=url, identity=("keyturn-bot",)).issues(SINCE)

    assert (issue.number, issue.labels, issue.assignees, issue.url) == (1, ("key-rotation",), (), None)


def test_moments_of_any_offset_are_those_of_utc(scripted: Script, trackers: Trackers) -> None:
    handler, url = scripted
    closed = {"state": "closed", "closed_at": "2026-11-21T09:00:00+02:00", "created_at": "2026-11-20T08:00:00Z"}
    handler.script.append((200, {}, json.dumps([{**ENTRY, **closed}])))

    [issue] = trackers(token=TOKEN, base_url=url, identity=("keyturn-bot",)).issues(SINCE)

    assert (issue.is_open, str(issue.closed_at)) == (False, "2026-11-21 07:00:00+00:00")
    assert str(issue.opened_at) == "2026-11-20 08:00:00+00:00"


@pytest.mark.parametrize("pull_request", [{}, None])
def test_whatever_stands_there_for_a_pull_request_it_is_no_issue(
    scripted: Script, trackers: Trackers, pull_request: object
) -> None:
    handler, url = scripted
    handler.script.append((200, {}, json.dumps([{**ENTRY, "pull_request": pull_request}])))

    assert trackers(token=TOKEN, base_url=url, identity=("keyturn-bot",)).issues(SINCE) == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, "<html>", "GitHub did not say whether it could open an issue; it is not tried again now"),
        (201, "", "GitHub did not say whether it could open an issue"),
        (201, "[]", "GitHub did not say whether it could open an issue"),
        (201, '{"user": {"login": "keyturn-bot"}}', "GitHub did not say whether it could open an issue"),
        (408, "{}", "GitHub did not say whether it could open an issue"),
        (503, "{}", "GitHub did not say whether it could open an issue"),
        (201, '{"number": 1}', "issue #1 was opened by THE LOGIN, whose issues are not ours"),
        (301, "{}", "acme/keys was renamed or moved"),
        (401, "{}", "GitHub does not accept the token"),
        (409, "{}", "GitHub refused the request with status 409"),
        (422, "{}", "GitHub does not accept what was written of the new issue"),
        (422, '{"errors": [{"field": "x\\u001b", "code": "y"}]}', "GitHub does not accept what was written"),
    ],
)
def test_an_odd_answer_to_a_write_is_not_repeated(
    scripted: Script, trackers: Trackers, status: int, body: str, reason: str
) -> None:
    handler, url = scripted
    handler.script.append((status, {}, body))

    with pytest.raises(OutsideError, match=reason) as caught:
        trackers(token=TOKEN, base_url=url, identity=("keyturn-bot",)).create(DRAFT)

    assert caught.value.__cause__ is None
    assert len(handler.seen) == 1


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait"),
    [
        (429, {}, "", 60),
        (429, {"Retry-After": "0"}, "", 1),
        (429, {"Retry-After": "Sat, 21 Nov 2026 10:00:00 GMT"}, "", 60),
        (403, {"Retry-After": "7"}, "", 7),
        (403, {"X-RateLimit-Remaining": "0"}, "", 60),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, "", 1),
        (403, {}, "You have triggered an abuse detection mechanism.", 60),
        (403, {}, "This was submitted too quickly.", 60),
    ],
)
def test_a_limit_is_known_by_headers_and_text(  # noqa: PLR0913, PLR0917 - an answer and what is made of it
    scripted: Script, trackers: Trackers, status: int, headers: dict[str, str], message: str, wait: float
) -> None:
    handler, url = scripted
    handler.script += [(status, headers, json.dumps({"message": message})), (200, {}, "[]")]

    assert trackers(token=TOKEN, base_url=url, identity=("keyturn-bot",)).issues(SINCE) == []

    assert trackers.time.waits == [wait]


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        (401, "Requires an integration token", "the token does not tell whose it is"),
        (401, "Bad credentials", "GitHub does not accept the token"),
        (200, "", "GitHub answered something else than was asked"),
    ],
)
def test_a_token_without_a_name_is_told_from_a_bad_one(
    scripted: Script, trackers: Trackers, status: int, message: str, reason: str
) -> None:
    handler, url = scripted
    handler.script.append((status, {}, json.dumps({"message": message})))

    with pytest.raises(OutsideError, match=reason):
        trackers(token=TOKEN, base_url=url).issues(SINCE)


# Identity


def test_an_installation_token_in_actions_is_the_bots(fake: FakeGitHub, trackers: Trackers) -> None:
    tracker = trackers(token=fake.add_token(BOT, installation=True), in_actions=True)

    written = tracker.create(DRAFT)

    assert [issue.number for issue in tracker.issues(SINCE)] == [written.number]
    assert {request.query["creator"] for request in fake.requests if request.query} == {BOT}
    assert calls(fake).count("GET /user") == 1


def test_an_installation_token_elsewhere_needs_an_identity(fake: FakeGitHub, trackers: Trackers) -> None:
    with pytest.raises(OutsideError, match=r'in keyturn\.yaml, for example `identity: \["my-app\[bot\]"\]`'):
        trackers(token=fake.add_token(BOT, installation=True)).issues(SINCE)

    assert calls(fake) == ["GET /user"]


def test_an_unknown_token_is_said(trackers: Trackers) -> None:
    with pytest.raises(OutsideError, match="GitHub does not accept the token in GITHUB_TOKEN"):
        trackers(token=TOKEN, in_actions=True).issues(SINCE)


def test_a_wrong_identity_stops_after_one_create(fake: FakeGitHub, trackers: Trackers) -> None:
    with pytest.raises(OutsideError) as caught:
        trackers(identity=("someone-else",)).create(DRAFT)

    assert str(caught.value) == (
        "issue #1 was opened by keyturn-bot, whose issues are not ours; add it to keyturn.yaml, for example "
        '`identity: ["keyturn-bot"]`, or use the token of someone-else'
    )
    assert [request.method for request in fake.requests] == ["POST"]


def test_a_wrong_identity_stops_after_one_comment(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1, author="old-bot")

    with pytest.raises(OutsideError, match="the comment on issue #1 was written by keyturn-bot"):
        trackers(identity=("old-bot",)).comment(1, "Due.")

    assert len(fake.writes) == 1


# Writing


def test_changes_cost_one_request_each_and_nothing_else(fake: FakeGitHub, trackers: Trackers) -> None:
    tracker = trackers()
    tracker.issues(SINCE)

    number = tracker.create(DRAFT).number
    tracker.edit(number, replace(EDIT, is_open=False, state_reason="completed"))
    tracker.comment(number, "Due.")

    assert calls(fake)[3:] == [
        "POST /repos/acme/keys/issues",
        "PATCH /repos/acme/keys/issues/1",
        "POST /repos/acme/keys/issues/1/comments",
    ]
    assert fake.requests[4].body == {
        "body": BODY,
        "labels": ["key-rotation"],
        "assignees": ["alice"],
        "state": "closed",
        "state_reason": "completed",
    }


def write(tracker: GitHubTracker, verb: str) -> None:
    if verb == "create":
        tracker.create(DRAFT)
    elif verb == "edit":
        tracker.edit(1, EDIT)
    else:
        tracker.comment(1, "Due.")


VERBS = [("create", "POST", ISSUES), ("edit", "PATCH", "/issues/1$"), ("comment", "POST", "/comments$")]


@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("verb", "method", "path"), VERBS)
def test_an_ambiguous_answer_to_a_write_is_never_repeated(  # noqa: PLR0913, PLR0917 - a fault and the write that it strikes
    fake: FakeGitHub, trackers: Trackers, kind: Kind, moment: str, verb: str, method: str, path: str
) -> None:
    adopt(fake, 1)
    schedule = fake.faults.after_effect if moment == "after" else fake.faults.before_effect
    schedule(method, path, 1, kind, seconds=1.2)
    tracker = trackers(timeout=1)

    with pytest.raises(OutsideError, match="the next run reads first and continues") as caught:
        write(tracker, verb)

    assert caught.value.__cause__ is None
    assert len(fake.writes) == 1
    issues = tracker.issues(SINCE)
    assert len(issues) == (2 if (verb, moment) == ("create", "after") else 1)


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize(("verb", "method", "path"), VERBS)
def test_a_write_waits_for_a_limit_and_is_repeated(  # noqa: PLR0913, PLR0917 - a fault and the write that it strikes
    fake: FakeGitHub, trackers: Trackers, kind: Kind, verb: str, method: str, path: str
) -> None:
    adopt(fake, 1)
    fake.faults.before_effect(method, path, 1, kind, retry_after=30)

    write(trackers(), verb)

    expected = {Kind.SECONDARY_BARE: 60, Kind.EXHAUSTED: 31}.get(kind, 30)
    assert trackers.time.waits == [expected]
    assert trackers.said == [
        f"waiting for GitHub's rate limit until {START + timedelta(seconds=expected):%Y-%m-%d %H:%M:%S} UTC"
    ]
    assert len(fake.writes) == 2


@pytest.mark.parametrize("kind", LIMITS)
def test_a_read_waits_for_a_limit_too(fake: FakeGitHub, trackers: Trackers, kind: Kind) -> None:
    adopt(fake, 1)
    fake.faults.before_effect("GET", ISSUES, 2, kind, retry_after=30)

    assert len(trackers().issues(SINCE)) == 1
    assert len(trackers.time.waits) == 1


@pytest.mark.parametrize("kind", [Kind.FORBIDDEN_RETRY_AFTER, Kind.TOO_MANY_RETRY_AFTER, Kind.EXHAUSTED])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_limit_beyond_patience_ends_the_run_resumably(
    fake: FakeGitHub, trackers: Trackers, kind: Kind, method: str
) -> None:
    fake.faults.before_effect(method, ISSUES, 1, kind, retry_after=3600)

    with pytest.raises(UnfinishedError, match=r"run again after 2026-11-21 10:00:0[01] UTC") as caught:
        trackers().issues(SINCE) if method == "GET" else trackers().create(DRAFT)

    assert caught.value.status is Exit.UNFINISHED
    assert trackers.time.waits == []
    fake.faults.clear()
    trackers.time.now += timedelta(seconds=3601)
    assert trackers().create(DRAFT).number == 1


def test_patience_is_one_for_the_whole_run(fake: FakeGitHub, trackers: Trackers) -> None:
    fake.faults.before_effect("POST", ISSUES, 1, Kind.SECONDARY_BARE, times=3)

    with pytest.raises(UnfinishedError):
        trackers(patience=200).create(DRAFT)

    assert trackers.time.waits == [60, 120]
    assert len(fake.writes) == 3


def test_an_exhausted_answer_under_status_200_is_a_limit(fake: FakeGitHub, trackers: Trackers) -> None:
    fake.faults.before_effect("GET", ISSUES, 1, Kind.GRAPHQL_EXHAUSTED)

    assert trackers().issues(SINCE) == []
    assert trackers.time.waits == [60]


def test_a_reserve_of_requests_is_left_to_others(fake: FakeGitHub, trackers: Trackers) -> None:
    tracker = trackers(token=fake.add_token(limit=24))

    tracker.issues(SINCE)
    tracker.create(DRAFT)
    with pytest.raises(UnfinishedError, match="run again after 2026-11-21 10:00:01 UTC"):
        tracker.create(DRAFT)

    assert len(fake.writes) == 1


def test_a_reserve_that_is_soon_renewed_is_waited_for(fake: FakeGitHub, trackers: Trackers) -> None:
    tracker = trackers(token=fake.add_token(limit=24), patience=4000)

    tracker.issues(SINCE)
    for _ in range(3):
        tracker.create(DRAFT)

    assert trackers.time.waits == [3601]


def test_writes_keep_their_distance(fake: FakeGitHub, trackers: Trackers) -> None:
    tracker = trackers(pause=1.0)

    tracker.create(DRAFT)
    tracker.create(DRAFT)
    trackers.time.now += timedelta(seconds=0.25)
    tracker.create(DRAFT)
    trackers.time.now += timedelta(seconds=5)
    tracker.create(DRAFT)
    trackers.time.now -= timedelta(days=1)
    tracker.create(DRAFT)

    assert trackers.time.waits == [1.0, 0.75, 1.0]
    assert len(fake.writes) == 5


# Refusals


def test_an_owner_who_cannot_be_assigned_is_left_out_and_said(fake: FakeGitHub, trackers: Trackers) -> None:
    written = trackers().create(replace(DRAFT, assignees=("alice", "mallory")))

    [notice] = written.notices
    assert notice == (
        "GitHub cannot assign alice, mallory: every owner needs access to acme/keys; nobody was assigned, and the "
        "label owner-missing says so"
    )
    assert (fake.issue(1).labels, fake.issue(1).assignees) == (["key-rotation", "owner-missing"], [])
    assert len(fake.writes) == 2


def test_an_edit_leaves_out_such_an_owner_too(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1)

    written = trackers().edit(1, replace(EDIT, assignees=("mallory",), is_open=False, state_reason="completed"))

    assert len(written.notices) == 1
    assert (fake.issue(1).labels, fake.issue(1).state) == (["key-rotation", "owner-missing"], "closed")
    assert [request.status for request in fake.writes] == [422, 200]


def test_more_assignees_than_github_takes_are_left_out(fake: FakeGitHub, trackers: Trackers) -> None:
    people = tuple(f"p{count}" for count in range(12))
    fake.repository().collaborators.update(people)

    trackers().create(replace(DRAFT, assignees=people))
    trackers().edit(1, replace(EDIT, assignees=people[::-1]))

    assert [len(request.body["assignees"]) for request in fake.writes] == [10, 10]


def test_labels_dropped_in_silence_are_said(fake: FakeGitHub, trackers: Trackers) -> None:
    written = trackers(token=fake.add_token(access=Access.OPEN)).create(DRAFT)

    assert written.notices == (
        "GitHub left out the labels and the assignees: the token needs push access to acme/keys for that",
    )


def test_disabled_issues_say_what_to_do(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1)
    fake.repository().has_issues = False
    expected = "issues are disabled in acme/keys; enable them in its settings, or write another `tracker`"

    for verb in ("create", "edit", "comment"):
        with pytest.raises(OutsideError) as caught:
            write(trackers(), verb)
        assert (type(caught.value), str(caught.value)) == (OutsideError, expected)


@pytest.mark.parametrize("verb", ["edit", "comment"])
def test_a_locked_issue_is_written_unless_github_refuses(fake: FakeGitHub, trackers: Trackers, verb: str) -> None:
    adopt(fake, 2)
    fake.lock(1)
    write(trackers(), verb)
    fake.lock(1, refuses_writes=True)

    with pytest.raises(RefusedError, match="GitHub refuses to change issue #1; unlock it"):
        write(trackers(), verb)


@pytest.mark.parametrize("fate", ["deleted", "transferred", "unknown"])
@pytest.mark.parametrize("verb", ["edit", "comment", "reminders"])
def test_an_issue_that_is_gone_is_refused_and_nothing_follows_it(
    fake: FakeGitHub, trackers: Trackers, fate: str, verb: str
) -> None:
    fake.add_repository("acme/elsewhere")
    adopt(fake, 1)
    tracker = trackers()
    [issue] = tracker.issues(SINCE)
    moved = None
    if fate == "deleted":
        fake.delete(1)
    elif fate == "transferred":
        moved = fake.transfer(1, "acme/elsewhere")
    else:
        del fake.repository("acme/keys").issues[1]
    before = len(fake.requests)

    with pytest.raises(RefusedError) as caught:
        tracker.reminders(issue) if verb == "reminders" else write(tracker, verb)

    assert str(caught.value) == (
        "issue #1 was deleted or transferred; the next run opens a new one where it is still needed"
    )
    assert len(fake.requests) == before + 1
    assert moved is None or (moved.labels, moved.comments) == ([], [])


def test_a_token_that_may_only_read_is_said_once_for_all(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1)
    tracker = trackers(token=fake.add_token(access=Access.READ))

    for verb in ("create", "edit", "comment"):
        with pytest.raises(OutsideError, match="the token may not do this in acme/keys; it must be able") as caught:
            write(tracker, verb)
        assert type(caught.value) is OutsideError


def test_an_issue_of_another_is_refused_alone(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1, author="alice")

    with pytest.raises(RefusedError, match="let the token write to acme/keys"):
        trackers(token=fake.add_token(access=Access.OPEN)).edit(1, EDIT)


def test_a_text_that_is_too_long_is_refused_alone(fake: FakeGitHub, trackers: Trackers) -> None:
    adopt(fake, 1)

    with pytest.raises(RefusedError) as caught:
        trackers().create(replace(DRAFT, body="x" * 65_537))
    assert str(caught.value) == "GitHub does not accept the body of the new issue; shorten or correct it"
    with pytest.raises(RefusedError, match="GitHub does not accept the title of issue #1"):
        trackers().edit(1, replace(EDIT, title="x" * 257))


def test_a_repository_that_is_not_there_is_said(trackers: Trackers) -> None:
    tracker = trackers(repository="acme/none")

    assert tracker.name == "github:acme/none"
    for act in (lambda: tracker.issues(SINCE), lambda: tracker.create(DRAFT)):
        with pytest.raises(OutsideError, match="there is no repository acme/none, or the token may not see it"):
            act()


# Secrets and start-up


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"token": "\n"}, "GITHUB_TOKEN holds a space, a line end or another character that no token has"),
        ({"token": "a\u00e9"}, "GITHUB_TOKEN holds a space, a line end or another character that no token has"),
        ({"base_url": "api.github.com"}, "GITHUB_API_URL is not the address of an API"),
        ({"base_url": "file:///x"}, "GITHUB_API_URL is not the address of an API"),
        ({"base_url": "http://["}, "GITHUB_API_URL is not the address of an API"),
        ({"base_url": "http://x:y"}, "GITHUB_API_URL is not the address of an API"),
        ({"base_url": "http://127.0.0.1:1"}, "GitHub gave no answer, or broke it off; check the connection"),
    ],
    ids=["line-end", "letter", "no-scheme", "file", "bracket", "port", "nobody-there"],
)
def test_settings_that_cannot_work_are_named_without_the_token(
    trackers: Trackers, settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(OutsideError, match=reason) as caught:
        trackers(**settings).issues(SINCE)

    assert caught.value.__cause__ is None


def test_an_empty_token_is_named(fake: FakeGitHub, time: Time) -> None:
    tracker = GitHubTracker(repository="acme/keys", token="", scope=SCOPE, base_url=fake.url, now=time, wait=time.wait)

    with pytest.raises(OutsideError, match="GITHUB_TOKEN is empty; set it to a token that may write issues"):
        tracker.issues(SINCE)


def test_the_token_is_not_shown(trackers: Trackers) -> None:
    tracker = trackers()
    tracker.issues(SINCE)

    assert tracker.token not in repr(tracker)
    assert tracker.token not in repr(vars(tracker)["_api"])


LOADED = """
import sys
import keyturn.trackers, keyturn.trackers.github, keyturn.trackers.local
print(sorted({name.partition(".")[0] for name in sys.modules} & {"github", "requests", "urllib3", "yaml", "git"}))
"""


def test_importing_the_trackers_loads_no_library() -> None:
    run = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)

    assert run.stdout == "[]\n"
