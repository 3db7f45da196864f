"""Thousands of old keys are declared at once: runs under GitHub's limits and the ration, and people who work it off.

Everything but GitHub and the people is real: the plan, the order, the ration, the budget of a run, and what passes
through the tracker's port. Tests hold a small fleet to its promises; `benchmarks/adoption.py` prints a large one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING, NamedTuple

from shell.fakes import FakeTracker

from keyturn import marker
from keyturn.actions import Close, Link, Open, Remind, Reopen
from keyturn.errors import UnfinishedError
from keyturn.model import (
    Catalogue,
    Evidence,
    Limits,
    Method,
    Part,
    Policy,
    Proof,
    Provider,
    Request,
    RequestReason,
    Rotation,
    Strategy,
    Tier,
    Version,
)
from keyturn.plan import Setting, plan
from keyturn.trackers import Draft, Edit, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyturn.actions import Action
    from keyturn.model import Issue
    from keyturn.plan import Plan

SCOPE = "acme/keys:."
CATALOGUE = Catalogue(providers={"mixpanel": Provider("mixpanel", "Mixpanel", Strategy.OVERLAP)})
BEGIN = datetime(2026, 11, 23, 5, 23, tzinfo=UTC)  # a Monday
RUNS = (5, 11, 17, 23)  # hours of the day, as the schedule has them
WORKDAYS, NOON, EVENING = 5, 12, 18
LATENCY, PAUSE, PATIENCE = timedelta(seconds=0.25), timedelta(seconds=1), timedelta(seconds=120)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REQUESTS_AN_HOUR, WRITES_A_MINUTE, WRITES_AN_HOUR = 1_000, 80, 500
TIERS = (Tier.CRITICAL, *(Tier.STANDARD,) * 6, *(Tier.LOW,) * 3)  # of ten keys


@dataclass(slots=True)
class Meter:
    """GitHub's limits as one token feels them; its clock goes on with every request."""

    now: datetime = BEGIN
    requests: list[datetime] = field(default_factory=list)  # of the last hour
    writes: list[datetime] = field(default_factory=list)
    patience: timedelta = PATIENCE  # what is left of it in this run
    most: Counter[str] = field(default_factory=Counter)  # the busiest minute and hour so far

    def __call__(self) -> datetime:
        return self.now

    def begin(self, at: datetime) -> None:
        """Begin a run."""
        self.now, self.patience = max(self.now, at), PATIENCE

    def read(self) -> None:
        """Spend a request."""
        self._wait(_free_at(self.requests, HOUR, REQUESTS_AN_HOUR, self.now))
        self.now += LATENCY
        self.requests = [*_since(self.requests, self.now - HOUR), self.now]
        self.most["requests an hour"] = max(self.most["requests an hour"], len(self.requests))

    def write(self) -> None:
        """Spend a request that changes something, a second after the one before at least."""
        free_at = [_free_at(self.writes, HOUR, WRITES_AN_HOUR, self.now)]
        self._wait(max(*free_at, _free_at(self.writes, MINUTE, WRITES_A_MINUTE, self.now)))
        if self.writes:
            self.now = max(self.now, self.writes[-1] + PAUSE)
        self.read()
        self.writes = [*_since(self.writes, self.now - HOUR), self.now]
        last_minute = sum(1 for _ in _since(self.writes, self.now - MINUTE))
        self.most["writes a minute"] = max(self.most["writes a minute"], last_minute)
        self.most["writes an hour"] = max(self.most["writes an hour"], len(self.writes))

    def _wait(self, until: datetime) -> None:
        if (left := until - self.now) > self.patience:
            message = "GitHub's rate limit is reached"
            raise UnfinishedError(message)
        if left > timedelta(0):
            self.patience -= left
            self.now = until


def _since(moments: list[datetime], start: datetime) -> Iterator[datetime]:
    return (each for each in moments if each > start)


def _free_at(moments: list[datetime], span: timedelta, most: int, now: datetime) -> datetime:
    recent = list(_since(moments, now - span))
    return recent[-most] + span if len(recent) >= most else now


@dataclass(slots=True)
class MeteredTracker(FakeTracker):
    """A tracker in memory whose requests cost what they cost on GitHub."""

    meter: Meter = field(default_factory=Meter)

    def issues(self, since: date) -> list[Issue]:
        """List our issues by pages of a hundred."""
        found = FakeTracker.issues(self, since)
        opened = sum(each.is_open for each in found)
        for _ in range(1 + max(1, -(-opened // 100)) + max(1, -(-(len(found) - opened) // 100))):
            self.meter.read()
        return found

    def create(self, draft: Draft) -> Written:
        """Open an issue."""
        self.meter.write()
        return FakeTracker.create(self, draft)

    def edit(self, number: int, edit: Edit) -> Written:
        """Change an issue."""
        self.meter.write()
        return FakeTracker.edit(self, number, edit)

    def comment(self, number: int, body: str) -> Written:
        """Add a comment."""
        self.meter.write()
        return FakeTracker.comment(self, number, body)


class Row(NamedTuple):
    """What became of the keys of one tier."""

    tier: str
    keys: int
    opened: int  # days until the last of them had its issue
    rotated: int  # days until the last of them was rotated
    longest: int  # days that any of them waited for a place, first or later


@dataclass(slots=True)
class Adoption:
    """A fleet of old keys, its issues, and the people who rotate `capacity` of them on a working day."""

    keys: int
    capacity: int
    limits: Limits = field(default_factory=Limits)
    leak_every: int = 10  # days between two leaks
    runs: int = 0
    unfinished: int = 0  # runs that stopped with work left
    most_waiting: int = 0
    files: dict[str, Rotation] = field(init=False)
    tracker: MeteredTracker = field(init=False)
    opened: dict[str, datetime] = field(default_factory=dict)  # for the first time
    rotated: dict[str, datetime] = field(default_factory=dict)  # for the first time
    waits_since: dict[str, datetime] = field(default_factory=dict)
    longest: defaultdict[str, timedelta] = field(default_factory=lambda: defaultdict(timedelta))
    leaks: dict[str, datetime] = field(default_factory=dict)
    leaks_met: dict[str, timedelta] = field(default_factory=dict)  # how long until the issue stood open
    out_of_order: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Declare the keys: all due, none with an issue, some longer than others."""
        self.files = {each.id: each for each in islice(_declared(), self.keys)}
        meter = Meter()
        self.tracker = MeteredTracker(SCOPE, meter, meter=meter)

    @property
    def meter(self) -> Meter:
        """Return the clock and the limits."""
        return self.tracker.meter

    @property
    def is_over(self) -> bool:
        """Tell whether every key was rotated once."""
        return len(self.rotated) == self.keys

    def day(self) -> None:
        """Let a day pass: four runs, and people's work between the second and the fourth."""
        midnight = self.meter.now.replace(hour=0, minute=0, second=0, microsecond=0)
        for hour in RUNS:
            self.run(midnight + timedelta(hours=hour, minutes=23))
            if hour in {RUNS[1], RUNS[2]} and midnight.weekday() < WORKDAYS:
                self.work(self.capacity // 2)
        self.meter.now = midnight + DAY
        if (midnight - BEGIN).days % self.leak_every == self.leak_every - 1:
            self.leak()

    def planned(self) -> Plan:
        """Decide what a run of now would do."""
        today = self.meter.now.date()
        setting = Setting(Policy(limits=self.limits), today, SCOPE, CATALOGUE)
        return plan([*self.files.values()], self.tracker.issues(today - timedelta(30)), setting)

    def run(self, at: datetime) -> None:
        """Run once, as far as the budget and GitHub's limits allow."""
        self.runs += 1
        self.meter.begin(at)
        made = self.planned()
        done, left = 0, len(made.actions) > self.limits.max_actions
        try:
            for action in made.actions[: self.limits.max_actions]:
                self._carry_out(action)
                done += 1
        except UnfinishedError:
            left = True
        self.unfinished += left
        self._note(made, done)

    def _carry_out(self, action: Action) -> None:
        assert not isinstance(action, Link)
        if isinstance(action, Open):
            body = marker.line(action.marker)
            self.tracker.create(Draft(action.subject.title, body, action.labels, action.assignees))
        elif isinstance(action, Remind):
            self.tracker.comment(action.issue.number, marker.reminder_line(action.name))
        else:
            is_open = False if isinstance(action, Close) else True if isinstance(action, Reopen) else None
            reason = action.because.value if isinstance(action, Close) else None
            edit = Edit(marker.line(action.marker), action.labels, is_open=is_open, state_reason=reason)
            self.tracker.edit(action.issue.number, edit)

    def _note(self, made: Plan, done: int) -> None:
        """Keep who waits and since when, and whether anybody was passed over."""
        opens = [each.subject for each in made.actions[:done] if isinstance(each, Open)]
        not_yet = [
            each.subject for each in (*made.actions[done:], *made.waiting) if each.subject.rotation in self.files
        ]
        waiting = {each.rotation for each in not_yet} - {id_ for id_, _ in self._standing()}
        self.most_waiting = max(self.most_waiting, len(waiting))
        for subject in opens:
            self._opened(subject.rotation)
        for id_ in waiting:
            self.waits_since.setdefault(id_, self.meter.now)
        routine = [rank(each.tier) for each in opens if not each.status.is_urgent]
        first = min((rank(self.tier(each)) for each in waiting), default=len(TIERS))
        if routine and max(routine) > first:
            self.out_of_order.append(f"{self.meter.now}: opened before something more critical that waits")

    def _opened(self, id_: str) -> None:
        self.opened.setdefault(id_, self.meter.now)
        if since := self.waits_since.pop(id_, None):
            tier = self.tier(id_).value
            self.longest[tier] = max(self.longest[tier], self.meter.now - since)
        if id_ in self.leaks and id_ not in self.leaks_met:
            self.leaks_met[id_] = self.meter.now - self.leaks[id_]

    def _standing(self) -> list[tuple[str, int]]:
        opened = (each for each in self.tracker.records.values() if each.is_open)
        return [(found.id, each.number) for each in opened if (found := marker.read(each.body))]

    def tier(self, id_: str) -> Tier:
        """Return the tier of a key."""
        return self.files[id_].tier or Tier.STANDARD

    def work(self, count: int) -> None:
        """Rotate that many keys: what leaked, then what is critical, then what has stood longest."""
        order = sorted(
            self._standing(), key=lambda each: (each[0] not in self.leaks, rank(self.tier(each[0])), each[1])
        )
        todo = [id_ for id_, number in order if not self._is_done(id_, number)]
        for id_ in todo[:count]:
            self.files[id_] = _rotated(self.files[id_], self.meter.now)
            self.rotated.setdefault(id_, self.meter.now)

    def _is_done(self, id_: str, number: int) -> bool:
        known = marker.read(self.tracker.records[number].body)
        return known is not None and self.files[id_].version > known.version

    def leak(self) -> None:
        """Let the last of those leak that wait: a routine open of it would be far away."""
        waiting = [id_ for id_ in reversed(self.files) if id_ in self.waits_since]
        if waiting:
            file = self.files[waiting[0]]
            request = Request(RequestReason.LEAKED, file.version, self.meter.now.date() + DAY)
            self.files[file.id] = replace(file, request=request)
            self.leaks[file.id] = self.meter.now

    def rows(self) -> Iterator[Row]:
        """Say what became of each tier."""
        for tier in Tier:
            ids = [id_ for id_ in self.files if self.tier(id_) is tier]
            yield Row(
                tier.value,
                len(ids),
                max((self._days(self.opened, id_) for id_ in ids), default=0),
                max((self._days(self.rotated, id_) for id_ in ids), default=0),
                self.longest[tier.value].days,
            )

    def _days(self, moments: Mapping[str, datetime], id_: str) -> int:
        return (moments[id_] - BEGIN).days


def rank(tier: Tier) -> int:
    """Return how far behind the most critical a tier stands."""
    return list(Tier).index(tier)


def _declared() -> Iterator[Rotation]:
    for number, tier in enumerate(cycle(TIERS)):
        created = date(2026, 5, 1) - timedelta(days=number % 97)
        yield Rotation(
            path=f"rotations/{number}.yaml",
            provider="mixpanel",
            slug="mixpanel",
            key=f"key-{number:05}",
            version=Version.read(created.isoformat()),
            owners=("alice",),
            consumers=(),
            tier=tier,
        )


def _rotated(file: Rotation, now: datetime) -> Rotation:
    at = now.replace(microsecond=0)
    parts = dict.fromkeys(Part, Proof(Method.PROBE, at))
    version = Version.read(at.isoformat().replace("+00:00", "Z"))
    return replace(file, version=version, evidence=Evidence(file.version, parts, "bob"))


def worked_off(adoption: Adoption, most_days: int) -> Adoption:
    """Let days pass until every key was rotated, or too many have passed."""
    for _ in range(most_days):
        adoption.day()
        if adoption.is_over:
            break
    return adoption
