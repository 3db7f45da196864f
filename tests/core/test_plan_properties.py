"""What holds of plans for arbitrary files, histories, policies and days; the tracker is a list in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from core.samples import CATALOGUE, SCOPE, TODAY, applied, heard
from hypothesis import HealthCheck, assume, event, given, settings, strategies as st

from keyturn import policy as judge
from keyturn.actions import Close, Link, Open, Remind, StateReason
from keyturn.errors import GuardError
from keyturn.model import (
    Cadence,
    Consumer,
    Duration,
    Escalation,
    Evidence,
    EvidenceRules,
    Incident,
    Issue,
    Limits,
    Marker,
    Match,
    Method,
    Part,
    Pause,
    Policy,
    Proof,
    Request,
    RequestReason,
    Retirement,
    RetirementEvidence,
    Rotation,
    Rule,
    Status,
    Tier,
    Version,
    Why,
)
from keyturn.plan import Setting, plan
from keyturn.plan.order import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.long

# Days lie close together, so that they often meet; a few are far away, so that months and years end among them.
DAYS = st.integers(-60, 60).map(lambda days: TODAY + timedelta(days)) | st.sampled_from(
    [date(2024, 2, 29), date(2026, 2, 28), date(2027, 12, 31), date(2028, 2, 29), date.min, date.max]
)
NEAR = st.integers(-40, 40).map(lambda days: TODAY + timedelta(days))
VERSIONS = st.one_of(
    st.just("unknown"),
    DAYS.map(date.isoformat),
    NEAR.map(lambda day: f"{day}T10:00:00Z"),
    NEAR.map(lambda day: f"{day}T02:00:00+02:00"),
).map(Version.read)
MOMENTS = NEAR.map(lambda day: datetime.combine(day, time(12), UTC))
DURATIONS = st.builds(Duration, st.integers(1, 40), st.just("d")) | st.builds(
    Duration, st.integers(1, 3), st.sampled_from("wmy")
)
LOGINS = st.lists(st.sampled_from(["alice", "bob", "carol"]), min_size=1, max_size=3, unique=True).map(tuple)
KEYS = ("a", "b", "c")
IDS = tuple(f"mixpanel/{key}" for key in KEYS)
PROOFS = st.dictionaries(st.sampled_from(Part), st.builds(Proof, st.sampled_from(Method), MOMENTS))
FULL_PROOFS = MOMENTS.map(lambda at: dict.fromkeys(Part, Proof(Method.PROBE, at)))
PAUSES = st.builds(Pause, NEAR, st.just("Because."))


@st.composite
def rotations(draw: st.DrawFn, key: str = "a") -> Rotation:
    """Draw a file with any of its fields; what refers to a version often means the one in use or one before."""
    version = draw(VERSIONS)
    versions = VERSIONS | st.just(version)

    def maybe(strategy: st.SearchStrategy[object], rarity: int = 2) -> object:
        return draw(strategy) if draw(st.integers(0, rarity)) == 0 else None

    dead = st.none() | st.builds(RetirementEvidence, PROOFS | FULL_PROOFS, st.just("bob"))
    return Rotation(
        path=f"rotations/{key}.yaml",
        provider="mixpanel",
        slug="mixpanel",
        key=key,
        version=version,
        owners=draw(LOGINS),
        consumers=(Consumer("manual"),),
        tags=draw(st.sampled_from([(), ("pii",)])),
        tier=draw(st.none() | st.sampled_from(Tier)),
        enrolled=draw(NEAR) if version.is_unknown else None,
        expires=maybe(MOMENTS, 3),
        rotate_every=maybe(DURATIONS),
        formerly=draw(st.lists(st.sampled_from(IDS), max_size=1).map(tuple)),
        request=maybe(st.builds(Request, st.sampled_from(RequestReason), versions, NEAR)),
        hold=maybe(PAUSES),
        waiver=maybe(PAUSES, 4),
        retired=maybe(st.builds(Retirement, NEAR, st.just("Cancelled."), dead), 4),
        evidence=maybe(st.builds(Evidence, versions, PROOFS | FULL_PROOFS, st.just("bob")), 1),
    )


FILES = st.lists(st.sampled_from(KEYS), min_size=1, unique=True).flatmap(
    lambda keys: st.tuples(*(rotations(key) for key in keys))
)


@st.composite
def issues(draw: st.DrawFn, number: int) -> Issue:
    """Draw an issue of any of the keys (or of none that is declared), as some earlier run or person left it."""
    is_open = draw(st.booleans())
    return Issue(
        number=number,
        title="",
        body="",
        is_open=is_open,
        closed_at=None
        if is_open
        else datetime.combine(TODAY, time(), UTC) - timedelta(hours=draw(st.integers(1, 999))),
        labels=draw(st.sampled_from([(), ("key-rotation", "help wanted"), ("orphaned", "status: due")])),
        assignees=draw(st.just(()) | LOGINS),
        marker=Marker(
            scope=SCOPE,
            id=draw(st.sampled_from((*IDS, "mixpanel/gone"))),
            version=draw(VERSIONS),
            due=draw(NEAR),
            why=draw(st.sampled_from([each for each in Why if not each.is_apart])),
            status=draw(st.sampled_from(Status)),
            opened=draw(st.integers(0, 40).map(lambda days: TODAY - timedelta(days))),
            said=draw(st.none() | st.sampled_from([0, 7, 14])),
            closed=draw(st.none() | st.sampled_from(StateReason)),
            digest=draw(st.sampled_from(["", "old"])),
            assigned=draw(st.just(()) | LOGINS),
            reopened=draw(st.none() | st.integers(0, 3).map(lambda days: TODAY - timedelta(days))),
        ),
    )


HISTORIES = st.integers(0, 5).flatmap(lambda count: st.tuples(*(issues(1 + number) for number in range(count))))
SUFFICING = st.dictionaries(
    st.sampled_from(Tier), st.dictionaries(st.sampled_from(Part), st.frozensets(st.sampled_from(Method)))
)
POLICIES = st.builds(
    Policy,
    cadence=st.builds(Cadence, DURATIONS, DURATIONS, DURATIONS),
    rules=st.lists(
        st.builds(
            Rule,
            st.sampled_from([Match(), Match(tags=frozenset({"pii"})), Match(owners=frozenset({"bob"}))]),
            st.none() | DURATIONS,
            st.none() | st.sampled_from(Tier),
        ),
        max_size=2,
    ).map(tuple),
    unknown_within=DURATIONS,
    notice=DURATIONS,
    reminders=st.lists(st.integers(0, 30), max_size=3).map(tuple),
    escalate=st.none() | st.builds(Escalation, DURATIONS, LOGINS),
    expiry_margin=DURATIONS,
    limits=st.builds(Limits, open_at_once=st.integers(0, 4)),
    evidence=st.builds(EvidenceRules, st.frozensets(st.sampled_from(Part)), st.just({}) | SUFFICING),
    dashboard=st.booleans(),
)
# The dashboard tells of what waits, and follows all that has an order.
BARE = POLICIES.map(lambda policy: replace(policy, dashboard=False))
ROOMY = BARE.map(lambda policy: replace(policy, limits=Limits(open_at_once=99)))
INCIDENTS = st.lists(
    st.builds(
        Incident,
        st.just("incidents/x.yaml"),
        st.just("Leaked"),
        st.sampled_from([Match(ids=frozenset({IDS[0]})), Match(tags=frozenset({"pii"}))]),
        st.just("some"),
        NEAR,
        exposed_until=st.none() | MOMENTS,
    ),
    max_size=1,
).map(tuple)


def settings_with(policies: st.SearchStrategy[Policy]) -> st.SearchStrategy[Setting]:
    return st.builds(
        Setting,
        policies,
        st.integers(0, 40).map(lambda days: TODAY + timedelta(days)),  # not before what the history tells of
        st.just(SCOPE),
        st.just(CATALOGUE),
        incidents=INCIDENTS | st.just(()),
        left_alone=st.just(frozenset()) | st.frozensets(st.sampled_from((*IDS, "mixpanel/gone"))),
        is_whole=st.sampled_from([True, True, True, False]),
    )


SETTINGS = settings_with(POLICIES)
AMPLE = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SHORT = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def after(files: Sequence[Rotation], found: Sequence[Issue], setting: Setting) -> list[Issue]:
    return applied(plan(files, found, setting).actions, found, setting.today)


def on(setting: Setting, today: date) -> Setting:
    return replace(setting, today=today)


# -- again ---------------------------------------------------------------------------------------------------------


@AMPLE
@given(FILES, HISTORIES, SETTINGS)
def test_a_second_run_is_empty(files: Sequence[Rotation], history: Sequence[Issue], setting: Setting) -> None:
    first = plan(files, history, setting)
    second = plan(files, applied(first.actions, history, setting.today), setting)
    assert second.actions == ()
    assert [each.subject for each in second.waiting] == [each.subject for each in first.waiting]
    event(f"{len(first.actions)} actions")


@AMPLE
@given(FILES, HISTORIES, SETTINGS)
def test_the_order_of_files_and_issues_means_nothing(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    adopted = [former for each in files for former in each.formerly]
    assume(len(adopted) == len(set(adopted)))  # two that claim one former id are refused before
    assert plan(files[::-1], history[::-1], setting) == plan(files, history, setting)


@AMPLE
@given(FILES, HISTORIES, SETTINGS)
def test_at_most_one_issue_stands_open_for_an_id(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    adopted = {former: each.id for each in files for former in each.formerly if former not in {it.id for it in files}}
    ids = [adopted.get(each.marker.id, each.marker.id) for each in after(files, history, setting) if each.is_open]
    assert len(ids) == len(set(ids))


@SHORT
@given(FILES, HISTORIES, SETTINGS)
def test_a_run_that_is_cut_short_anywhere_is_made_up_for(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    actions = plan(files, history, setting).actions
    whole = applied(actions, history, setting.today)
    for cut in range(len(actions)):
        so_far = applied(actions[:cut], history, setting.today)
        rest = plan(files, so_far, setting).unsaid(heard(so_far)).actions
        assert _without_numbers(applied(rest, so_far, setting.today)) == _without_numbers(whole)
        done = [each.subject.rotation for each in actions[:cut] if isinstance(each, Open)]
        assert not {each.subject.rotation for each in rest if isinstance(each, Open)} & {*done}
        said = {(each.issue.number, each.name) for each in actions[:cut] if isinstance(each, Remind)}
        assert not {(each.issue.number, each.name) for each in rest if isinstance(each, Remind)} & said


def _without_numbers(found: Sequence[Issue]) -> list[str]:
    plain = (replace(each, number=0, parent=each.parent and 0) for each in found)
    return sorted(map(repr, plain))


@AMPLE
@given(FILES, HISTORIES, SETTINGS)
def test_one_action_changes_one_issue_once(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    actions = plan(files, history, setting).actions
    written = [each.issue.number for each in actions if not isinstance(each, Open | Remind | Link)]
    opened = [each.subject.rotation for each in actions if isinstance(each, Open)]
    assert len(written) == len(set(written))
    assert len(opened) == len(set(opened))
    for reminder in (each for each in actions if isinstance(each, Remind)):
        assert reminder.issue.number in written  # `said` is written in the same plan


# -- days ----------------------------------------------------------------------------------------------------------


def _thresholds(file: Rotation, found: Sequence[Issue], setting: Setting) -> set[date]:
    """Give the days on which something about an issue may change."""
    policy, due = setting.policy, judge.due(file, setting.policy)
    days = {due, due + timedelta(1) if due < date.max else due, judge.notice_from(file, policy, due)}
    days |= {pause.until for pause in (file.hold, file.waiver) if pause}
    days |= {file.retired.since} if file.retired else set()
    days |= {file.expires.date()} if file.expires else set()
    for marker in (each.marker for each in found):
        start = max(marker.due, marker.opened)
        days |= {date.fromordinal(min(start.toordinal() + each, 3_652_059)) for each in judge.thresholds(policy)}
    return days


@AMPLE
@given(rotations(), HISTORIES, settings_with(ROOMY))
def test_a_day_that_passes_changes_nothing_but_at_thresholds(
    file: Rotation, history: Sequence[Issue], setting: Setting
) -> None:
    found = after([file], history, setting)
    for _ in range(10):
        setting = on(setting, setting.today + timedelta(1))
        actions = plan([file], found, setting).actions
        closed_by_people = {each.number for each in found if not each.is_open and not each.marker.closed}
        own = [each for each in actions if not isinstance(each, Link)]  # of what the same run opens
        changed = [each for each in own if isinstance(each, Open) or each.issue.number not in closed_by_people]
        assert not changed or setting.today in _thresholds(file, found, setting)
        found = applied(actions, found, setting.today)


def _visible(found: Sequence[Issue], known: set[int]) -> list[object]:
    """Give what must not depend on the days of the runs; an issue opened on another day counts reminders from it."""
    shown = []
    for each in found:
        marker = replace(each.marker, reopened=None, digest="") if each.number in known else None
        shown.append((each.is_open, each.marker.id, each.marker.status, each.marker.version, marker))
    return sorted(map(repr, shown))


@SHORT
@given(rotations(), HISTORIES, settings_with(ROOMY), st.integers(1, 40))
def test_days_without_a_run_make_no_difference(
    file: Rotation, history: Sequence[Issue], setting: Setting, days: int
) -> None:
    start = after([file], history, setting)
    daily = start
    for offset in range(1, days + 1):
        daily = after([file], daily, on(setting, setting.today + timedelta(offset)))
    actions = plan([file], start, on(setting, setting.today + timedelta(days))).actions
    reminded = [each.issue.number for each in actions if isinstance(each, Remind)]
    assert len(reminded) == len(set(reminded))
    at_once = applied(actions, start, setting.today + timedelta(days))
    known = {each.number for each in start}
    assert _visible(at_once, known) == _visible(daily, known)


# -- what a file says ----------------------------------------------------------------------------------------------


@AMPLE
@given(FILES, HISTORIES, SETTINGS)
def test_nothing_is_closed_as_completed_without_complete_evidence(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    declared = {each.id: each for each in files}
    for close in plan(files, history, setting).actions:
        if not isinstance(close, Close) or close.because is not StateReason.COMPLETED:
            continue
        if close.subject.rotation not in declared:
            continue  # an incident's: it ends with the last of its keys
        file, policy = declared[close.subject.rotation], setting.policy
        is_retired = file.retired is not None and file.retired.since <= setting.today
        shown = file.retired.evidence if is_retired and file.retired else file.evidence
        required = policy.evidence.require & ({Part.OLD_KEY} if is_retired else set(Part))
        parts = shown.parts if shown else {}
        assert required <= set(parts)
        assert all(policy.evidence.suffices(judge.tier(file, policy), part, parts[part].method) for part in required)
        assert all(proof.at >= file.version.at for proof in parts.values())
        assert is_retired or file.version > close.issue.marker.version
        assert is_retired or (file.evidence and file.evidence.replaces >= close.issue.marker.version)


@AMPLE
@given(rotations(), VERSIONS, POLICIES, NEAR)
def test_a_request_ends_by_itself_when_created_moves_on(
    file: Rotation, later: Version, policy: Policy, today: date
) -> None:
    plain = replace(file, version=later, request=None)
    assume(file.request is None or file.request.replaces != later)
    moved = replace(file, version=later)
    stands, without = (judge.standing(each, None, policy, (), today) for each in (moved, plain))
    assert replace(stands, rotation=plain) == without


@SHORT
@given(FILES, HISTORIES, SETTINGS)
def test_a_leak_is_never_closed_as_not_planned_unless_waived(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    waived = {each.id for each in files if each.waiver}
    for close in plan(files, history, setting).actions:
        if isinstance(close, Close) and close.because is StateReason.NOT_PLANNED:
            assert not close.issue.marker.why.is_leak or close.subject.rotation in waived


# -- many ----------------------------------------------------------------------------------------------------------

VERBS = {"Close": 1, "Reopen": 2, "Remind": 2, "Update": 2, "Open": 3}


@AMPLE
@given(FILES, HISTORIES, settings_with(ROOMY))
def test_urgent_ones_then_closes_then_updates_then_opens_by_tier_and_due(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    # Links come last of all: they need the numbers of what is opened before them.
    actions = [each for each in plan(files, history, setting).actions if not isinstance(each, Link)]
    urgent = {each.subject.rotation for each in actions if each.subject.status.is_urgent}
    routine = [each for each in actions if each.subject.rotation not in urgent]
    assert [VERBS[type(each).__name__] for each in routine] == sorted(VERBS[type(each).__name__] for each in routine)
    opens = [(list(Tier).index(each.subject.tier), each.subject.due) for each in routine if isinstance(each, Open)]
    assert opens == sorted(opens)
    first_routine = next((place for place, each in enumerate(actions) if each in routine), len(actions))
    assert not [each for each in actions[first_routine:] if each.subject.status.is_urgent]
    assert in_order(actions) == list(actions)


@AMPLE
@given(FILES, HISTORIES, settings_with(BARE))
def test_what_waits_is_exactly_what_finds_no_place(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting
) -> None:
    made = plan(files, history, setting)
    endless = replace(setting, policy=replace(setting.policy, limits=Limits(open_at_once=99)))
    everything = plan(files, history, endless).actions
    held_back = {each.subject.rotation for each in made.waiting}
    placed = [each for each in everything if not (isinstance(each, Open) and each.subject.rotation in held_back)]
    assert list(made.actions) == [each for each in placed if not isinstance(each, Link) or each in made.actions]
    assert not [each for each in made.waiting if each.subject.status.is_urgent]
    opened = [each for each in made.actions if isinstance(each, Open) and not each.subject.status.is_urgent]
    stand_open = [each for each in after(files, history, setting) if each.is_open and not each.marker.status.is_urgent]
    limit = setting.policy.limits.open_at_once
    assert not opened or len(stand_open) <= limit
    assert not made.waiting or len(stand_open) >= limit
    in_turn = [each for each in everything if isinstance(each, Open) and not each.subject.status.is_urgent]
    assert [each.subject for each in (*opened, *made.waiting)] == [each.subject for each in in_turn]


@pytest.mark.parametrize(("keys", "places"), [(30, 1), (30, 7), (60, 50)])
def test_nothing_starves(keys: int, places: int) -> None:
    tiers = list(Tier)
    files = {
        f"mixpanel/key-{number}": Rotation(
            path=f"rotations/{number}.yaml",
            provider="mixpanel",
            slug="mixpanel",
            key=f"key-{number}",
            version=Version.read("2026-01-01"),
            owners=("alice",),
            consumers=(),
            tier=tiers[number % 3],
            rotate_every=Duration(1, "y"),
            request=Request(RequestReason.POLICY, Version.read("2026-01-01"), TODAY),
        )
        for number in range(keys)
    }
    found: list[Issue] = []
    policy = Policy(limits=Limits(open_at_once=places))
    served: list[str] = []
    for offset in range(-(-keys // places) + 1):
        today = TODAY + timedelta(offset)
        found = after([*files.values()], found, Setting(policy, today, SCOPE, CATALOGUE))
        stand_open = [each.marker.id for each in found if each.is_open]
        assert len(stand_open) <= places
        served += stand_open
        files |= {id_: _done(files[id_], today) for id_ in stand_open}  # people do their work within the day
    assert sorted(served) == sorted(files)
    assert not [each for each in found if each.is_open]
    ranks = [tiers.index(files[id_].tier or Tier.STANDARD) for id_ in served]
    assert ranks == sorted(ranks)


def _done(file: Rotation, today: date) -> Rotation:
    at = datetime.combine(today, time(15), UTC)
    parts = dict.fromkeys(Part, Proof(Method.PROBE, at))
    return replace(file, version=Version.read(f"{today}T15:00:00Z"), evidence=Evidence(file.version, parts, "bob"))


@AMPLE
@given(FILES, HISTORIES, SETTINGS, st.integers(0, 3), st.integers(0, 100))
def test_the_guard_refuses_exactly_above_both_limits(
    files: Sequence[Rotation], history: Sequence[Issue], setting: Setting, count: int, percent: int
) -> None:
    made = plan(files, history, setting)
    harm = sum(isinstance(each, Close) and each.because is StateReason.NOT_PLANNED for each in made.actions)
    is_refused = harm > count and 100 * harm > percent * sum(each.is_open for each in history)
    limits = Limits(max_close_count=count, max_close_percent=percent)
    if is_refused:
        with pytest.raises(GuardError):
            made.guard(limits)
    else:
        made.guard(limits)


@AMPLE
@given(HISTORIES, SETTINGS)
def test_a_folder_that_is_empty_or_unreadable_closes_nothing(history: Sequence[Issue], setting: Setting) -> None:
    for made in (plan([], history, setting), plan([], history, replace(setting, is_whole=False))):
        assert {each.because for each in made.actions if isinstance(each, Close)} <= {StateReason.DUPLICATE}
        assert all(isinstance(each, Close) for each in made.actions)
