"""Runs that end at any of their requests and in any way, what the next runs make of it, and a table of all that.

Tests hold the table to no violation; `benchmarks/faults.py` prints it.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fake_github import FakeGitHub, Kind
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from shell.desk import BOT, DUE, FRESH, OVERDUE, Calendar, Desk, at_github

from keyturn import marker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from fake_github import Issue, Recorded, Snapshot
    from github.Requester import RequestsResponse
    from shell.desk import Ran

    from keyturn.model import Marker

TRACKER = ("--tracker", "github:acme/keys")
REFUSED = frozenset({403, 422, 429})  # GitHub says that nothing was done
MOST_RUNS = 9  # until everything must be as it should, even with lists that lag


class Ending(Enum):
    """How a run ends at one of its requests."""

    KILLED_BEFORE = "killed before the request is sent"
    KILLED_AFTER = "killed before the answer is read"
    RESET_BEFORE = "connection reset, nothing done"
    RESET_AFTER = "connection reset, effect applied"
    BROKEN_BEFORE = "502, nothing done"
    BROKEN_AFTER = "502, effect applied"
    TRUNCATED = "answer cut off, effect applied"
    LIMITED = "rate limit for an hour"


KINDS = {
    Ending.RESET_BEFORE: Kind.RESET,
    Ending.RESET_AFTER: Kind.RESET,
    Ending.BROKEN_BEFORE: Kind.BAD_GATEWAY,
    Ending.BROKEN_AFTER: Kind.BAD_GATEWAY,
    Ending.TRUNCATED: Kind.TRUNCATED,
    Ending.LIMITED: Kind.FORBIDDEN_RETRY_AFTER,
}
AFTER = frozenset({Ending.KILLED_AFTER, Ending.RESET_AFTER, Ending.BROKEN_AFTER, Ending.TRUNCATED})
HOUR = timedelta(hours=1)
ATTEMPTS = 4  # a read is repeated three times


class Killed(BaseException):
    """The process is no more: nothing of ours catches this, and nothing that unwinds speaks to GitHub."""


@contextmanager
def death_at(call: int, *, is_answered: bool) -> Iterator[None]:
    """End the life of a run at its request of that number, before GitHub sees it or after it was served."""
    seen = 0

    class Mortal(HTTPRequestsConnectionClass):
        def getresponse(self) -> RequestsResponse:
            nonlocal seen
            seen += 1
            try:
                if seen == call and not is_answered:
                    raise Killed
                response = super().getresponse()
                if seen == call:
                    raise Killed
                return response
            finally:
                self.session.close()

    Requester.injectConnectionClasses(Mortal, HTTPSRequestsConnectionClass)
    try:
        with contextlib.suppress(Killed):
            yield
    finally:
        Requester.resetConnectionClasses()


# -- scenes --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Scene:
    """A desk before a GitHub, at the moment in which a run begins."""

    desk: Desk
    fake: FakeGitHub

    def apply(self, *options: str) -> Ran:
        """Run once."""
        return self.desk.keyturn("apply", *TRACKER, *options)

    def well(self, *options: str) -> None:
        """Run once and insist on success."""
        ran = self.apply(*options)
        assert ran.status == 0, ran

    def issue(self, id_: str) -> Issue:
        """Return the first issue of an id."""
        return next(each for each in ours(self.fake) if tie(each).id == id_)

    def declare(self, count: int, created: str = DUE, **fields: Any) -> None:
        """Declare that many keys."""
        for number in range(count):
            self.desk.declare(f"mixpanel/key-{number:03}", created=created, **fields)

    def writes(self, *options: str, status: int = 0) -> list[str]:
        """Run once and return what was written: method and what below the repository, `POST issues/3/comments`."""
        before = len(self.fake.writes)
        ran = self.apply(*options)
        assert ran.status == status, ran
        return [f"{each.method} {each.path.split('/', 4)[4]}" for each in self.fake.writes[before:]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What leads to a run, the commands it consists of, and what must be so in the end."""

    name: str
    prepare: Callable[[Scene], None]
    standing: frozenset[str]  # the ids that have one open issue each
    proved: frozenset[str] = frozenset()  # for which there is evidence
    gone: frozenset[str] = frozenset()  # which nobody wants any more
    commands: tuple[tuple[str, ...], ...] = ((),)


def tie(issue: Issue) -> Marker:
    """Return the marker of one of our issues."""
    found = marker.read(issue.body or "")
    assert found is not None, issue.title
    return found


def ours(fake: FakeGitHub, scope: str = "acme/keys:.", login: str = BOT) -> list[Issue]:
    """Return what we opened and is still there."""
    found = fake.repository().present_issues()
    return [
        each
        for each in found
        if each.author.login == login and (known := marker.read(each.body or "")) and known.scope == scope
    ]


def every_kind(scene: Scene) -> None:
    """Bring about a run that opens, updates, reminds, closes for each of its reasons, opens again and links."""
    desk, fake = scene.desk, scene.fake
    desk.policy(reminders=["7d"])
    for name in ("moved", "waits", "done", "gone", "twin", "shut"):
        desk.declare(f"mixpanel/{name}", created=OVERDUE if name in {"waits", "done"} else SOON)
    desk.declare("close/leaked", created=SOON, tags=["pii"])
    scene.well()
    body = scene.issue("mixpanel/twin").body
    fake.add_issue("Rotate mixpanel/twin", body=body, author=BOT)
    fake.add_issue("Rotate mixpanel/twin", body=body, author="mallory", labels=["key-rotation"])
    fake.add_issue("Rotate mixpanel/twin", body=(body or "").replace("acme/keys:.", "acme/keys:other"), author=BOT)
    fake.person_closes(scene.issue("mixpanel/shut").number)
    desk.calendar.later("7d")
    assert desk.keyturn("record", "mixpanel/done", "--by", "bob").status == 0
    desk.declare("mixpanel/moved", created=SOON, owners=["carol"])
    (desk.folder / "rotations/mixpanel-gone.yaml").unlink()
    desk.declare("mixpanel/new", created=DUE)
    desk.declare("close/second", created=FRESH, tags=["pii"])
    desk.write("incidents/vendor.yaml", INCIDENT)


SOON = "2026-09-01"  # due in nine days when the scenes begin, and in two when they end
INCIDENT = "summary: Vendor leaked tokens\nmatch: {tags: [pii]}\nmatches: some\nrespond_by: 2026-11-30\n"
EVERY_KIND = Scenario(
    "every kind of action",
    every_kind,
    frozenset(
        {"incidents/vendor", "close/leaked", "close/second"}
        | {f"mixpanel/{name}" for name in ("moved", "waits", "twin", "shut", "new")}
    ),
    proved=frozenset({"mixpanel/done"}),
    gone=frozenset({"mixpanel/gone"}),
)


def adoption(scene: Scene) -> None:
    """Declare six keys that are due, of which four may have an issue at once."""
    scene.desk.policy(limits={"open_at_once": 4}, identity=[BOT])
    for number in range(6):
        scene.desk.declare(f"mixpanel/key-{number}", created=DUE, tier="critical" if number == 5 else "standard")


ADOPTION = Scenario("a first run", adoption, frozenset(f"mixpanel/key-{number}" for number in (0, 1, 2, 5)))


def stale(scene: Scene) -> None:
    """Let the lists hide what is created for two runs, of two lists each."""
    adoption(scene)
    scene.fake.faults.stale_list(4)


STALE = Scenario("a first run, and lists that lag", stale, ADOPTION.standing)


def workflow(scene: Scene) -> None:
    """Bring about what the workflows do: the kinds of actions one after the other."""
    every_kind(scene)
    scene.desk.declare("mixpanel/soon", created=SOON)


WORKFLOW = Scenario(
    "the steps of the workflows",
    workflow,
    EVERY_KIND.standing | {"mixpanel/soon"},
    EVERY_KIND.proved,
    EVERY_KIND.gone,
    commands=(("--only", "open,update"), ("--only", "close"), ("--only", "remind")),
)
SCENARIOS = (EVERY_KIND, ADOPTION, STALE, WORKFLOW)


# -- trying --------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One scenario with one ending at each of its requests."""

    scenario: str
    ending: str
    points: int
    violations: tuple[str, ...]


@dataclass(slots=True)
class Trial:
    """A scenario on its stage, which is set once and brought back before each ending."""

    scenario: Scenario
    scene: Scene
    before: Snapshot = field(init=False)
    calls: int = field(init=False)
    reference: Counter[str] = field(init=False)
    stale_reads: int = field(init=False)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Set the stage, and see what a run without any fault comes to."""
        self.scenario.prepare(self.scene)
        self.stale_reads = self.scene.fake.faults.stale_reads
        self.now = self.scene.desk.calendar.now
        self.before = self.scene.fake.snapshot()
        start = len(self.scene.fake.requests)
        for command in self.scenario.commands:
            self.scene.well(*command)
        self.calls = len(self.scene.fake.requests) - start
        list(self._converged())
        self.reference = visible(self.scene.fake)

    def row(self, ending: Ending) -> Row:
        """Let the run end at each of its requests in one way."""
        found = tuple(
            f"{self.scenario.name}, {ending.value}, request {call}: {what}"
            for call in range(1, self.calls + 1)
            for what in self.violations(ending, call)
        )
        return Row(self.scenario.name, ending.value, self.calls, found)

    def violations(self, ending: Ending, call: int) -> Iterator[str]:
        """Let the run end at one request, let others follow, and say what must not be."""
        fake = self.scene.fake
        fake.restore(self.before)
        self.scene.desk.calendar.now = self.now
        fake.faults.stale_list(self.stale_reads)
        start = len(fake.requests)
        self._end(ending, call)
        yield from repeated(fake.requests[start:])
        fake.faults.rules.clear()
        if ending is Ending.LIMITED:
            self.scene.desk.calendar.now += HOUR
        yield from self.made_good()

    def made_good(self) -> Iterator[str]:
        """Let others follow until there is nothing to do, and say what must not be."""
        yield from self._converged()
        yield from self.harm()

    def _end(self, ending: Ending, call: int) -> None:
        if ending in {Ending.KILLED_BEFORE, Ending.KILLED_AFTER}:
            with death_at(call, is_answered=ending is Ending.KILLED_AFTER):
                self._run()
            return
        faults = self.scene.fake.faults
        schedule = faults.after_effect if ending in AFTER else faults.before_effect
        schedule("", "", call, KINDS[ending], times=ATTEMPTS, retry_after=3600)
        self._run()

    def _run(self) -> None:
        """Run the commands up to the first that does not succeed."""
        for command in self.scenario.commands:
            if self.scene.apply(*command).status:
                return

    def _converged(self) -> Iterator[str]:
        fake = self.scene.fake
        for _ in range(MOST_RUNS):
            is_stale = fake.faults.is_stale
            start, written = len(fake.requests), len(fake.writes)
            ran = self.scene.apply()
            yield from repeated(fake.requests[start:])
            if ran.status:
                yield f"the next run ends with {ran.status}: {ran.err}"
            if len(fake.writes) == written and not is_stale:
                return
        yield f"still writing after {MOST_RUNS} runs"

    def harm(self) -> Iterator[str]:
        """Say what of the issues is not as it must be in the end."""
        found = ours(self.scene.fake)
        standing = Counter(tie(each).id for each in found if each.state == "open")
        if standing != Counter(self.scenario.standing):
            yield f"open are {dict(standing)}"
        yield from (what for each in found if (what := self._wrongly_closed(each, found)))
        if (now := visible(self.scene.fake)) != self.reference:
            yield f"another end: {dict(now - self.reference)} instead of {dict(self.reference - now)}"
        yield from touched(self.before, self.scene.fake)

    def _wrongly_closed(self, issue: Issue, found: Sequence[Issue]) -> str | None:
        if issue.state == "open":
            return None
        id_ = tie(issue).id
        allowed = {
            "completed": id_ in self.scenario.proved,
            "not_planned": id_ in self.scenario.gone,
            "duplicate": any(tie(each).id == id_ and each.number < issue.number for each in found),
        }
        return None if allowed[issue.state_reason or ""] else f"{id_} was closed as {issue.state_reason}"


def repeated(requests: Sequence[Recorded]) -> Iterator[str]:
    """Say which POST was sent again in one run although GitHub had not refused it."""
    sent = Counter(
        f"{each.path} {each.body}" for each in requests if each.method == "POST" and each.status not in REFUSED
    )
    yield from (f"sent {count} times: {what[:120]}" for what, count in sent.items() if count > 1)


def touched(before: Snapshot, fake: FakeGitHub) -> Iterator[str]:
    """Say which issues of others are not as they were."""
    mine = {each.number for each in ours(fake)}
    for was in before.repositories["acme/keys"].issues.values():
        if was.number not in mine and fake.issue(was.number) != was:
            yield f"#{was.number} of {was.author.login} was touched"


def visible(fake: FakeGitHub) -> Counter[str]:
    """Say of our issues what must not depend on where a run ended; duplicates come and go."""
    numbered = fake.repository().issues
    return Counter(
        repr(_facts(each, numbered[each.parent] if each.parent else None))
        for each in ours(fake)
        if each.state_reason != "duplicate"
    )


def _facts(issue: Issue, parent: Issue | None) -> tuple[Any, ...]:
    said = Counter(name for each in issue.comments for name in marker.reminders([each.body]))
    return (
        tie(issue).id,
        issue.state,
        issue.state_reason,
        sorted(issue.labels),
        [each.login for each in issue.assignees],
        sorted(said.items()),
        tie(parent).id if parent else None,
        sha256(re.sub(r"#[0-9]+", "#", issue.body or "").encode()).hexdigest()[:12],
    )


@contextmanager
def empty(folder: Path) -> Iterator[Scene]:
    """Set an empty stage."""
    calendar = Calendar()
    with FakeGitHub(clock=calendar) as fake:
        fake.add_repository("acme/keys")
        desk = Desk(folder, calendar)
        at_github(desk, fake)
        yield Scene(desk, fake)
        assert (fake.unexpected, fake.violations) == ([], [])


@contextmanager
def staged(scenario: Scenario, folder: Path) -> Iterator[Trial]:
    """Set the stage for a scenario."""
    with empty(folder) as scene:
        yield Trial(scenario, scene)


def table(scenarios: Sequence[Scenario], endings: Sequence[Ending]) -> Iterator[Row]:
    """Try every ending at every request of every scenario."""
    for scenario in scenarios:
        with tempfile.TemporaryDirectory() as folder, staged(scenario, Path(folder)) as trial:
            yield from (trial.row(ending) for ending in endings)
