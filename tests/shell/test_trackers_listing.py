"""One listing that the commands of a workflow run share, counted in requests, and what makes a file unfit for it."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from core.samples import known
from fake_github import FakeGitHub
from shell.desk import DUE, FRESH, Calendar, Desk, at_github

from keyturn import marker
from keyturn.model import Issue
from keyturn.trackers.listing import LONGEST, Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRACKER = ("--tracker", "github:acme/keys")
SINCE = date(2026, 10, 22)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TOKEN = "x" * 8
FULL = Issue(
    number=7,
    title="Rotate mixpanel/loader",
    body=f"{marker.line(known())}\n\nAbove\u2028below: é\n",
    is_open=False,
    closed_at=NOW - timedelta(days=1),
    labels=("key-rotation", "tier: critical"),
    assignees=("alice",),
    marker=known(),
    url="https://github.com/acme/keys/issues/7",
    key=12,
    parent=3,
    children=2,
    opened_at=NOW - timedelta(days=9),
)
BARE = Issue(8, "", marker.line(known()), is_open=True, closed_at=None, labels=(), assignees=(), marker=known())


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=Calendar()) as running:
        running.add_repository("acme/keys")
        yield running
        assert (running.unexpected, running.violations) == ([], [])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "temp" / "listing"


@pytest.fixture
def desk(tmp_path: Path, fake: FakeGitHub, place: Path) -> Desk:
    for folder in (tmp_path / "root", place.parent):
        folder.mkdir()
    made = Desk(tmp_path / "root")
    at_github(made, fake)
    made.environment |= {"KEYTURN_LISTING": str(place), "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1"}
    made.declare(created=DUE)
    made.declare("close/crm", created=FRESH)
    return made


def cost(desk: Desk, fake: FakeGitHub, *commands: str) -> Counter[str]:
    """Run commands and count the requests."""
    before = len(fake.requests)
    for command in commands:
        options = {"report": ("--out", "../site")}.get(command, ())
        ran = desk.keyturn(command, *TRACKER, *options)
        assert ran.status == 0, ran
    return Counter(f"{each.method} {each.path.rpartition('/')[2]}" for each in fake.requests[before:])


# -- what it saves -----------------------------------------------------------------------------------------------------

ONCE = {"GET user": 1, "GET issues": 2}
TWICE = {"GET user": 2, "GET issues": 4}


def test_a_run_of_plan_ages_and_report_lists_once(desk: Desk, fake: FakeGitHub) -> None:
    assert cost(desk, fake, "apply") == {**ONCE, "POST issues": 1}
    shown = [desk.keyturn(command, *TRACKER).out for command in ("plan", "ages")]
    assert cost(desk, fake, "plan", "ages", "report") == {}
    desk.environment.pop("KEYTURN_LISTING")
    assert [desk.keyturn(command, *TRACKER).out for command in ("plan", "ages")] == shown


def test_the_first_of_them_lists_for_all(desk: Desk, fake: FakeGitHub, place: Path) -> None:
    assert cost(desk, fake, "plan", "ages", "report") == ONCE
    assert place.stat().st_mode & 0o777 == 0o600
    assert desk.environment["GITHUB_TOKEN"] not in place.read_text(encoding="utf-8")
    assert [path.name for path in place.parent.iterdir()] == ["listing"]


def test_without_a_place_every_command_lists(desk: Desk, fake: FakeGitHub) -> None:
    desk.environment["KEYTURN_LISTING"] = ""
    assert cost(desk, fake, "plan", "ages") == TWICE


def test_what_is_applied_is_never_decided_from_it(desk: Desk, fake: FakeGitHub) -> None:
    """Whatever stands in the file, `apply` opens no second issue: it lists, and what it lists serves the others."""
    assert cost(desk, fake, "plan") == ONCE
    stale = desk.environment["KEYTURN_LISTING"]
    desk.environment.pop("KEYTURN_LISTING")
    assert cost(desk, fake, "apply") == {**ONCE, "POST issues": 1}

    desk.environment["KEYTURN_LISTING"] = stale
    assert desk.keyturn("plan", *TRACKER, "--format", "json").actions == [("open", "mixpanel/loader")]
    assert cost(desk, fake, "apply") == ONCE
    assert cost(desk, fake, "plan", "ages") == {}
    assert desk.keyturn("plan", *TRACKER, "--format", "json").actions == []


def test_a_write_ends_it(desk: Desk, fake: FakeGitHub, place: Path) -> None:
    assert cost(desk, fake, "ages", "apply") == {**TWICE, "POST issues": 1}
    assert not place.exists()
    assert cost(desk, fake, "plan", "ages") == ONCE


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"GITHUB_RUN_ID": "2"}, id="another run"),
        pytest.param({"GITHUB_RUN_ATTEMPT": "2"}, id="run again"),
        pytest.param({"GITHUB_REPOSITORY": "acme/other"}, id="another scope"),
    ],
)
def test_what_another_was_asked_does_not_serve(desk: Desk, fake: FakeGitHub, changed: dict[str, str]) -> None:
    cost(desk, fake, "plan")
    desk.environment |= changed
    assert cost(desk, fake, "plan") == ONCE


def test_another_token_may_see_something_else(desk: Desk, fake: FakeGitHub) -> None:
    cost(desk, fake, "plan")
    desk.environment["GITHUB_TOKEN"] = fake.add_token()
    assert cost(desk, fake, "plan") == ONCE


def test_another_identity_has_other_issues(desk: Desk, fake: FakeGitHub) -> None:
    cost(desk, fake, "plan")
    desk.policy(identity=["keyturn-bot"])
    assert cost(desk, fake, "plan") == {"GET issues": 2}


def test_a_place_is_absolute(desk: Desk, fake: FakeGitHub) -> None:
    desk.environment["KEYTURN_LISTING"] = "listing"
    ran = desk.keyturn("plan", *TRACKER)
    assert (ran.status, fake.requests) == (2, [])
    assert "KEYTURN_LISTING is no absolute path; write for example" in ran.err


def test_a_place_that_is_not_there_is_said(desk: Desk, fake: FakeGitHub, place: Path) -> None:
    place.parent.rmdir()
    ran = desk.keyturn("plan", *TRACKER)
    assert ran.status == 0
    assert "the file that KEYTURN_LISTING names cannot be written" in ran.err
    assert Counter(each.method for each in fake.requests) == {"GET": 3}


# -- what fits ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def listing(tmp_path: Path) -> Listing:
    asked = ("acme/keys", "https://api.github.com", known().scope, "", "1", "1")
    return Listing(tmp_path / "listing", TOKEN, asked, lambda: NOW, _unsaid, is_read=True)


def _unsaid(words: str) -> None:
    raise AssertionError(words)


@pytest.mark.parametrize("issues", [[], [FULL], [FULL, BARE]], ids=len)
def test_what_is_kept_is_read_again(listing: Listing, issues: list[Issue]) -> None:
    listing.keep(iter(issues), SINCE)
    assert listing.issues(SINCE) == issues


@pytest.mark.parametrize(
    ("age", "found"),
    [(timedelta(), [FULL]), (LONGEST, [FULL]), (LONGEST + timedelta(seconds=1), None), (timedelta(seconds=-1), None)],
)
def test_it_serves_for_a_while(listing: Listing, age: timedelta, found: list[Issue] | None) -> None:
    listing.keep([FULL], SINCE)
    assert replace(listing, now=lambda: NOW + age).issues(SINCE) == found


def test_another_span_is_another_question(listing: Listing) -> None:
    listing.keep([FULL], SINCE)
    assert listing.issues(SINCE - timedelta(days=1)) is None


def test_who_writes_does_not_read(listing: Listing) -> None:
    listing.keep([FULL], SINCE)
    assert replace(listing, is_read=False).issues(SINCE) is None


@pytest.mark.parametrize("asked", range(6))
def test_all_that_was_asked_has_to_be_the_same(listing: Listing, asked: int) -> None:
    listing.keep([FULL], SINCE)
    other = [*listing.asked]
    other[asked] += "x"
    assert replace(listing, asked=tuple(other)).issues(SINCE) is None


@pytest.mark.parametrize(
    "spoiled",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda text: text[:-1], id="cut short"),
        pytest.param(lambda text: text.rpartition(b"\n")[0], id="without its seal"),
        pytest.param(lambda text: text + b"\n", id="longer"),
        pytest.param(lambda text: text.replace(b"alice", b"carol"), id="changed"),
        pytest.param(lambda text: b"".join(text.splitlines(keepends=True)[::2]), id="without an issue"),
        pytest.param(lambda _: b"\xff\xfe", id="no text"),
    ],
)
def test_what_is_not_sealed_is_no_listing(listing: Listing, spoiled: Callable[[bytes], bytes]) -> None:
    listing.keep([FULL], SINCE)
    listing.path.write_bytes(spoiled(listing.path.read_bytes()))
    assert listing.issues(SINCE) is None


@pytest.mark.parametrize("body", ["", marker.line(known(scope="acme/other:."))], ids=["none", "of another scope"])
def test_the_marker_stands_in_the_body(listing: Listing, body: str) -> None:
    listing.keep([replace(FULL, body=body)], SINCE)
    assert listing.issues(SINCE) is None


def test_a_file_that_others_may_write_is_not_trusted(listing: Listing) -> None:
    listing.keep([FULL], SINCE)
    listing.path.chmod(0o644)  # as git checks files out
    assert listing.issues(SINCE) is None


def test_a_link_and_a_pipe_are_not_followed(listing: Listing, tmp_path: Path) -> None:
    listing.keep([FULL], SINCE)
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(listing.path)
    os.mkfifo(pipe, 0o600)
    assert [replace(listing, path=path).issues(SINCE) for path in (link, pipe)] == [None, None]


def test_a_file_that_somebody_needs_stays(listing: Listing) -> None:
    said: list[str] = []
    listing.path.write_text("rules: []\n", encoding="utf-8")
    listing.path.chmod(0o600)
    careful = replace(listing, notify=said.append)
    careful.keep([FULL], SINCE)
    careful.forget()
    assert listing.path.read_text(encoding="utf-8") == "rules: []\n"
    assert len(said) == 1


def test_a_new_listing_takes_the_place_of_the_old(listing: Listing) -> None:
    listing.keep([FULL], SINCE)
    listing.keep([BARE], SINCE)
    assert listing.issues(SINCE) == [BARE]
    listing.forget()
    listing.forget()
    assert listing.issues(SINCE) is None


def test_half_a_listing_is_never_there(listing: Listing, tmp_path: Path) -> None:
    def interrupted() -> Iterator[Issue]:
        yield FULL
        raise KeyboardInterrupt

    listing.keep([BARE], SINCE)
    with pytest.raises(KeyboardInterrupt):
        listing.keep(interrupted(), SINCE)
    assert listing.issues(SINCE) == [BARE]
    assert [path.name for path in tmp_path.iterdir()] == ["listing"]


def test_the_token_is_not_shown(listing: Listing) -> None:
    assert TOKEN not in repr(listing)
