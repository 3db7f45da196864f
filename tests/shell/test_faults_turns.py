"""Two runs whose requests come in any order, while people, strangers, lagging lists and days pass between them."""

from __future__ import annotations

import copy
import io
import tempfile
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_github import FakeGitHub, Kind
from hypothesis import HealthCheck, event, note, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from shell.crashes import TRACKER, ours, repeated, tie
from shell.desk import BOT, DUE, DUE_SOON, FRESH, OVERDUE, Calendar, Desk, at_github

from keyturn import cli
from keyturn.commands.world import World
from keyturn.model import Version

if TYPE_CHECKING:
    import argparse

    from fake_github import Issue, Recorded

pytestmark = pytest.mark.long

KEYS = ("mixpanel/a", "mixpanel/b", "close/c")
ANCHOR = "close/anchor"  # always there and never due: an empty folder would be taken for an accident
WANTED = frozenset({"due-soon", "due", "overdue", "requested", "expired", "leaked", "unverified"})
NAMES = st.sampled_from("AB")
MOST_RUNS = 12


@dataclass(slots=True)
class Run:
    """A run in a thread of its own, which goes on by one request whenever it is let."""

    fake: FakeGitHub
    desk: Desk
    token: str
    status: int | None = None
    requests: list[Recorded] = field(default_factory=list)
    err: io.StringIO = field(default_factory=io.StringIO)

    def begin(self) -> None:
        """Run up to the first request."""
        self.fake.turnstile.watch(self.token)
        threading.Thread(target=self._work, daemon=True).start()
        self.fake.turnstile.is_waiting(self.token)

    def step(self) -> bool:
        """Let one request through and wait for the next; tells whether there is one."""
        served = len(self.fake.requests)
        self.fake.turnstile.admit(self.token)
        is_waiting = self.fake.turnstile.is_waiting(self.token)
        self.requests += self.fake.requests[served:]
        return is_waiting

    def _work(self) -> None:
        try:
            self.status = cli.main(["apply", *TRACKER], self._world)
        finally:
            self.fake.turnstile.release(self.token)

    def _world(self, options: argparse.Namespace) -> World:
        return World(
            folder=self.desk.folder,
            today=self.desk.calendar.now.date(),
            now=self.desk.calendar,
            sleep=lambda _: None,
            environment={**self.desk.environment, "GITHUB_TOKEN": self.token},
            out=io.StringIO(),
            err=self.err,
            is_quiet=options.quiet,
        )


class Turns(RuleBasedStateMachine):
    """What two runs and everybody else do, one request and one deed at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.calendar = Calendar()
        self.fake = FakeGitHub(clock=self.calendar).__enter__()
        self.fake.add_repository("acme/keys")
        self.desk = Desk(Path(self.folder.name), self.calendar)
        at_github(self.desk, self.fake)
        self.desk.policy(identity=[BOT])  # asking for it would make the second run wait for the first
        self.tokens = {name: self.fake.add_token() for name in ("A", "B")}
        self.runs: dict[str, Run] = {}
        self.over: list[Run] = []
        self.forged: list[tuple[Issue, Issue]] = []  # as it is, and as it was
        self.recorded: defaultdict[str, list[Version]] = defaultdict(list)
        self.changed: set[str] = set()  # whose file was withdrawn, or says another age
        for key in (ANCHOR, *KEYS):
            self.desk.declare(key, created=FRESH if key == ANCHOR else OVERDUE)

    # -- runs --------------------------------------------------------------------------------------------------------

    @initialize(is_first=st.booleans())
    def start(self, *, is_first: bool) -> None:
        if not is_first:
            assert self.desk.keyturn("apply", *TRACKER).status == 0

    @rule(name=NAMES, requests=st.integers(1, 8))
    def go_on(self, name: str, requests: int) -> None:
        """Let some requests of a run through; where it has ended, begin another first."""
        for _ in range(requests):
            if not self._step(name):
                return

    @rule(
        name=NAMES,
        kind=st.sampled_from([Kind.BAD_GATEWAY, Kind.RESET, Kind.TRUNCATED]),
        is_applied=st.booleans(),
        times=st.sampled_from([1, 9]),
    )
    def go_wrong(self, name: str, kind: Kind, times: int, *, is_applied: bool) -> None:
        """Let the next requests of a run fail; of its reads some are repeated, of its writes none."""
        schedule = self.fake.faults.after_effect if is_applied else self.fake.faults.before_effect
        schedule("", "", 1, kind, times=times)
        while self._step(name) and times > 1:
            pass
        self.fake.faults.rules.clear()

    def _step(self, name: str) -> bool:
        if name not in self.runs:
            self.runs[name] = Run(self.fake, self.desk, self.tokens[name])
            self.runs[name].begin()
        run = self.runs[name]
        if run.step():
            return True
        note(f"{name} ended with {run.status}: {run.err.getvalue()}")
        event(f"a run ended with {run.status}")
        self.over.append(self.runs.pop(name))
        return False

    # -- people --------------------------------------------------------------------------------------------------------

    def _theirs(self) -> list[Issue]:
        """Return what people see of ours."""
        return ours(self.fake)

    @precondition(lambda self: self._theirs())
    @rule(
        data=st.data(),
        deed=st.sampled_from(["closes", "closes", "reopens", "relabels", "deletes", "comments", "locks"]),
    )
    def person(self, data: st.DataObject, deed: str) -> None:
        number = data.draw(st.sampled_from([each.number for each in self._theirs()]))
        if deed == "closes":
            self.fake.person_closes(number)
        elif deed == "reopens":
            self.fake.person_reopens(number)
        elif deed == "relabels":
            self.fake.person_edits(number, labels=["help wanted"], title="Something else")
        elif deed == "deletes":
            self.fake.delete(number)
        elif deed == "locks":
            self.fake.lock(number)
        else:
            self.fake.comment_as("carol", number, "I am on it.")

    @precondition(lambda self: self._theirs())
    @rule(data=st.data(), is_closed=st.booleans())
    def stranger(self, data: st.DataObject, *, is_closed: bool) -> None:
        """Copy one of ours, marker and labels and all."""
        copied = self.fake.issue(data.draw(st.sampled_from([each.number for each in self._theirs()])))
        made = self.fake.add_issue(copied.title, body=copied.body, author="mallory", labels=list(copied.labels))
        if is_closed:
            self.fake.person_closes(made.number, by="mallory")
        self.forged.append((made, copy.deepcopy(made)))

    @rule(reads=st.integers(0, 6))
    def lists_lag(self, reads: int) -> None:
        self.fake.faults.stale_list(reads)

    @precondition(lambda self: not self.runs)  # which judge by the day on which they begin, and last for minutes
    @rule(days=st.sampled_from([1, 1, 7, 40]))
    def time_passes(self, days: int) -> None:
        self.calendar.later(f"{days}d")

    # -- files -------------------------------------------------------------------------------------------------------

    @rule(key=st.sampled_from(KEYS), created=st.sampled_from([DUE, DUE_SOON, OVERDUE, FRESH]), owner=st.booleans())
    def declare(self, key: str, created: str, *, owner: bool) -> None:
        self.desk.declare(key, created=created, owners=["carol"] if owner else ["alice"])
        self.changed.add(key)

    @rule(key=st.sampled_from(KEYS))
    def withdraw(self, key: str) -> None:
        (self.desk.folder / f"rotations/{key.replace('/', '-')}.yaml").unlink(missing_ok=True)
        self.changed.add(key)

    @rule(key=st.sampled_from(KEYS))
    def rotate(self, key: str) -> None:
        self.calendar.now += timedelta(minutes=5)
        if self.desk.keyturn("record", key, "--by", "bob").status == 0:
            self.recorded[key].append(Version.read(self.calendar.now.isoformat()))

    # -- what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def forged_issues_are_never_touched(self) -> None:
        assert all(now == was for now, was in self.forged)

    @invariant()
    def nothing_is_closed_without_a_reason(self) -> None:
        found = [each for each in self.fake.repository().issues.values() if each.author.login == BOT]
        for issue in found:
            if issue.state == "closed" and issue.closed_by and issue.closed_by.login == BOT:
                id_ = tie(issue).id
                allowed = {
                    "completed": any(version > tie(issue).version for version in self.recorded[id_]),
                    "not_planned": id_ in self.changed,
                    "duplicate": any(tie(each).id == id_ and each.number < issue.number for each in found),
                }
                assert allowed[issue.state_reason or ""], f"{id_} was closed as {issue.state_reason}"

    @invariant()
    def no_post_is_repeated_in_one_run(self) -> None:
        for run in (*self.runs.values(), *self.over):
            assert list(repeated(run.requests)) == []
            assert run.status != 4, run.err.getvalue()

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            for token in self.tokens.values():
                self.fake.turnstile.release(token)
            self.fake.__exit__(None, None, None)
            self.folder.cleanup()

    def _end(self) -> None:
        """Let the world be well again, and hold what it comes to against the files."""
        for name in sorted(self.runs):
            while self._step(name):
                pass
        self.fake.faults.clear()
        self.calendar.later("1d")  # whoever closes an issue is answered once a day
        assert any(self._is_quiet() for _ in range(MOST_RUNS)), "still writing"
        keys = self.desk.keyturn("ages", *TRACKER, "--format", "json").document["keys"]
        wanted = Counter(each["rotation"] for each in keys if each["status"] in WANTED)
        assert Counter(tie(each).id for each in ours(self.fake) if each.state == "open") == wanted
        self.forged_issues_are_never_touched()
        self.nothing_is_closed_without_a_reason()
        self.no_post_is_repeated_in_one_run()
        assert (self.fake.unexpected, self.fake.violations) == ([], [])
        event(f"{len(self.over)} runs")

    def _is_quiet(self) -> bool:
        """Run once by itself and tell whether that wrote nothing."""
        written, begun = len(self.fake.writes), len(self.fake.requests)
        ran = self.desk.keyturn("apply", *TRACKER)
        assert ran.status == 0, ran
        assert list(repeated(self.fake.requests[begun:])) == []
        return len(self.fake.writes) == written


# Each example takes as long as many of another test; the profile `deep` tries twenty times as many.
Turns.TestCase.settings = settings(
    max_examples=settings().max_examples // 4,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_two_runs_interleaved_in_any_order: Any = Turns.TestCase
