"""One suite for every tracker: the one in memory, the folder, and GitHub over loopback."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest
from fake_github import FakeGitHub
from shell.fakes import IDENTITY, FakeTracker

from keyturn import marker
from keyturn.model import Marker, Status, Version, Why
from keyturn.trackers import Draft, Edit, RefusedError, Tracker
from keyturn.trackers.github import GitHubTracker
from keyturn.trackers.local import AUTHOR, LocalTracker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCOPE, OTHER = "acme/keys:.", "acme/keys:billing"
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
    digest="0a1b",
    assigned=("alice",),
)


@dataclass(slots=True)
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


class World(Protocol):
    """A tracker's surroundings: what people do there, and what they see."""

    clock: Clock

    def tracker(self, scope: str = SCOPE) -> Tracker: ...

    def person_opens(self, author: str | None, body: str, labels: tuple[str, ...] = ()) -> int:
        """Open an issue as `author`, or as ourselves."""

    def person_closes(self, number: int) -> None: ...

    def person_comments(self, number: int, body: str) -> None: ...

    def removes(self, number: int) -> None: ...

    def state_reason(self, number: int) -> str | None: ...


@dataclass(slots=True)
class InMemory:
    clock: Clock = field(default_factory=Clock)
    fake: FakeTracker = field(init=False)

    def __post_init__(self) -> None:
        self.fake = FakeTracker(SCOPE, self.clock)

    def tracker(self, scope: str = SCOPE) -> Tracker:
        return FakeTracker(scope, self.clock, self.fake.records)

    def person_opens(self, author: str | None, body: str, labels: tuple[str, ...] = ()) -> int:
        return self.fake.person_opens(author or IDENTITY, "A title", body, labels)

    def person_closes(self, number: int) -> None:
        self.fake.person_closes(number)

    def person_comments(self, number: int, body: str) -> None:
        self.fake.person_comments("alice", number, body)

    def removes(self, number: int) -> None:
        del self.fake.records[number]

    def state_reason(self, number: int) -> str | None:
        return self.fake.records[number].state_reason


@dataclass(slots=True)
class InFolder:
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def tracker(self, scope: str = SCOPE) -> Tracker:
        return LocalTracker(self.folder, scope, self.clock)

    def person_opens(self, author: str | None, body: str, labels: tuple[str, ...] = ()) -> int:
        number = self.tracker().create(Draft("A title", body, labels, ())).number
        self._rewrite(number, f'author: "{AUTHOR}"', f"author: {author or AUTHOR}")
        return number

    def person_closes(self, number: int) -> None:
        self._rewrite(number, 'state: "open"', "state: closed")

    def person_comments(self, number: int, body: str) -> None:
        head = '<!-- keyturn:comment {"author": "alice", "at": "2026-11-21T09:00:00Z"} -->'
        with self._path(number).open("a", encoding="utf-8") as file:
            file.write(f"\n{head}\n{body}\n")

    def removes(self, number: int) -> None:
        self._path(number).unlink()

    def state_reason(self, number: int) -> str | None:
        found = re.search(r'^state_reason: "(.*)"$', self._path(number).read_text(encoding="utf-8"), re.MULTILINE)
        return found[1] if found else None

    def _path(self, number: int) -> Path:
        return next(self.folder.glob(f"{number:04d}-*.md"))

    def _rewrite(self, number: int, old: str, new: str) -> None:
        text = self._path(number).read_text(encoding="utf-8")
        assert old in text
        self._path(number).write_text(text.replace(old, new), encoding="utf-8")


@dataclass(slots=True)
class OnGitHub:
    fake: FakeGitHub
    clock: Clock
    token: str

    def tracker(self, scope: str = SCOPE) -> Tracker:
        return GitHubTracker(
            repository="acme/keys",
            token=self.token,
            scope=scope,
            base_url=self.fake.url,
            now=self.clock,
            wait=lambda _: None,
            pause=0,
        )

    def person_opens(self, author: str | None, body: str, labels: tuple[str, ...] = ()) -> int:
        return self.fake.add_issue("A title", body=body, author=author or "keyturn-bot", labels=labels).number

    def person_closes(self, number: int) -> None:
        self.fake.person_closes(number)

    def person_comments(self, number: int, body: str) -> None:
        self.fake.comment_as("alice", number, body)

    def removes(self, number: int) -> None:
        self.fake.delete(number)

    def state_reason(self, number: int) -> str | None:
        return self.fake.issue(number).state_reason


@pytest.fixture(params=["memory", "folder", "github"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "memory":
        yield InMemory()
    elif request.param == "folder":
        yield InFolder(tmp_path / ".keyturn" / "issues")
    else:
        clock = Clock()
        with FakeGitHub(clock=clock) as fake:
            fake.add_repository()
            yield OnGitHub(fake, clock, fake.add_token())
            assert (fake.violations, fake.unexpected) == ([], [])


def body(tie: Marker = TIE, text: str = "Rotate it: über all → now.\n\n- [ ] one\n- [ ] two") -> str:
    return f"{text}\n\n{marker.line(tie)}\nDetails.\n{marker.END}"


def draft(tie: Marker = TIE) -> Draft:
    return Draft("Rotate mixpanel/loader", body(tie), ("key-rotation", "provider: mixpanel"), ("alice", "bob"))


def test_nothing_is_there_at_first(world: World) -> None:
    assert world.tracker().issues(SINCE) == []


def test_what_is_created_is_listed(world: World) -> None:
    tracker = world.tracker()

    written = tracker.create(draft())

    [issue] = tracker.issues(SINCE)
    assert (written.number, written.url, written.notices) == (issue.number, issue.url, ())
    assert (issue.title, issue.body.strip(), issue.is_open, issue.closed_at) == (
        "Rotate mixpanel/loader",
        body(),
        True,
        None,
    )
    assert issue.marker == TIE
    assert set(issue.labels) == {"key-rotation", "provider: mixpanel"}
    assert issue.assignees == ("alice", "bob")


def test_issues_come_by_number(world: World) -> None:
    tracker = world.tracker()
    numbers = [tracker.create(draft(replace(TIE, id=f"mixpanel/k{count}"))).number for count in range(12)]

    assert [issue.number for issue in tracker.issues(SINCE)] == sorted(numbers)


def test_an_edit_leaves_what_it_does_not_name(world: World) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number

    tracker.edit(number, Edit(body=body(text="New."), labels=("key-rotation", "status: overdue")))

    [issue] = tracker.issues(SINCE)
    assert (issue.title, issue.body.strip(), issue.is_open) == ("Rotate mixpanel/loader", body(text="New."), True)
    assert (set(issue.labels), issue.assignees) == ({"key-rotation", "status: overdue"}, ("alice", "bob"))


def test_an_edit_changes_all_it_names(world: World) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number

    tracker.edit(number, Edit(body=body(), labels=(), title="Rotate it", assignees=("carol",)))

    [issue] = tracker.issues(SINCE)
    assert (issue.title, issue.labels, issue.assignees) == ("Rotate it", (), ("carol",))


@pytest.mark.parametrize("reason", ["completed", "not_planned", "duplicate"])
def test_closing_gives_state_reason_and_body_at_once(world: World, reason: str) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number
    closed = replace(TIE, closed=reason)

    tracker.edit(number, Edit(body=body(closed), labels=("key-rotation",), is_open=False, state_reason=reason))

    [issue] = tracker.issues(SINCE)
    assert (issue.is_open, issue.closed_at, issue.marker) == (False, START, closed)
    assert world.state_reason(number) == reason


def test_reopening_takes_the_closing_back(world: World) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number
    world.person_closes(number)

    [closed] = tracker.issues(SINCE)
    tracker.edit(number, Edit(body=body(), labels=(), is_open=True, state_reason="reopened"))

    [issue] = tracker.issues(SINCE)
    assert (closed.is_open, closed.marker.closed, closed.closed_at is None) == (False, None, False)
    assert (issue.is_open, issue.closed_at, world.state_reason(number)) == (True, None, "reopened")


def test_an_edit_to_the_same_state_keeps_its_reason(world: World) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number
    tracker.edit(number, Edit(body=body(), labels=(), is_open=False, state_reason="completed"))

    tracker.edit(number, Edit(body=body(), labels=(), is_open=False, state_reason="not_planned"))

    assert world.state_reason(number) == "completed"


def test_reminders_are_read_from_our_own_comments(world: World) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number
    first, second = marker.reminder(TIE.due, 0), marker.reminder(TIE.due, 7)
    forged = marker.reminder(TIE.due, 14)
    [issue] = tracker.issues(SINCE)

    assert tracker.reminders(issue) == frozenset()
    for name in (first, second):
        written = tracker.comment(number, f"Due.\n\n{marker.reminder_line(name)}")
        assert written.number == number
    world.person_comments(number, f"Me too.\n\n{marker.reminder_line(forged)}")

    assert tracker.reminders(issue) == {first, second}
    assert tracker.issues(SINCE)[0].body == issue.body


def test_another_scope_is_not_seen(world: World) -> None:
    here, there = world.tracker(), world.tracker(OTHER)
    mine = here.create(draft()).number
    theirs = there.create(draft(replace(TIE, scope=OTHER))).number

    assert [issue.number for issue in here.issues(SINCE)] == [mine]
    assert [issue.number for issue in there.issues(SINCE)] == [theirs]


def test_without_marker_it_is_not_ours(world: World) -> None:
    world.person_opens(None, "Rotate mixpanel/loader", ("key-rotation",))

    assert world.tracker().issues(SINCE) == []


def test_by_somebody_else_it_is_not_ours(world: World) -> None:
    world.person_opens("alice", body(), ("key-rotation",))

    assert world.tracker().issues(SINCE) == []


def test_without_labels_it_is_still_ours(world: World) -> None:
    number = world.person_opens(None, body())

    assert [issue.number for issue in world.tracker().issues(SINCE)] == [number]


def test_open_ones_are_listed_whatever_their_age(world: World) -> None:
    number = world.tracker().create(draft()).number
    world.clock.now += timedelta(days=4000)

    assert [issue.number for issue in world.tracker().issues(world.clock.now.date())] == [number]


def test_recently_closed_ones_are_listed(world: World) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number
    tracker.edit(number, Edit(body=body(), labels=(), is_open=False, state_reason="completed"))

    assert [issue.number for issue in tracker.issues(START.date())] == [number]


def test_ones_closed_long_ago_need_not_be_listed(world: World) -> None:
    # The folder lists them all: reading them costs no request, and nothing is lost by knowing more.
    tracker = world.tracker()
    number = tracker.create(draft()).number
    tracker.edit(number, Edit(body=body(), labels=(), is_open=False, state_reason="completed"))

    listed = [issue.number for issue in tracker.issues((START + timedelta(days=1)).date())]
    assert listed == ([number] if isinstance(world, InFolder) else [])


def test_a_removed_issue_is_refused_and_the_others_go_on(world: World) -> None:
    tracker = world.tracker()
    number = tracker.create(draft()).number
    other = tracker.create(draft(replace(TIE, id="mixpanel/other"))).number
    [issue, _] = tracker.issues(SINCE)
    world.removes(number)

    with pytest.raises(RefusedError):
        tracker.edit(number, Edit(body=body(), labels=()))
    with pytest.raises(RefusedError):
        tracker.comment(number, "Due.")
    with pytest.raises(RefusedError):
        tracker.reminders(issue)
    assert tracker.edit(other, Edit(body=body(), labels=())).number == other


def test_a_number_is_not_used_again(world: World) -> None:
    tracker = world.tracker()
    first = tracker.create(draft()).number
    tracker.edit(first, Edit(body=body(), labels=(), is_open=False, state_reason="completed"))

    assert tracker.create(draft()).number > first


def test_the_name_is_the_policys(world: World) -> None:
    assert world.tracker().name in {"local", "github:acme/keys"}


def test_an_issue_is_put_below_another_once(world: World) -> None:
    tracker = world.tracker()
    above, below = (tracker.create(draft(replace(TIE, id=each))) for each in ("incidents/x", "mixpanel/loader"))
    tracker.link(above.number, below)
    tracker.link(above.number, below)
    found = {issue.number: issue for issue in tracker.issues(SINCE)}
    assert found[below.number].parent == above.number
    assert found[above.number].parent is None
