"""The faults that a run has to survive, a test for each; what ends a run at any request is in `test_faults_crashes`."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from core.samples import rotation
from fake_github import Kind
from hypothesis import given, strategies as st
from shell.crashes import Scene, empty, ours, repeated, tie
from shell.desk import BOT, DUE, OVERDUE, Desk
from shell.scripted_provider import reply, serving
from shell.test_verify_verdicts import ID as PROBED, Acme, verdicts

from keyturn import policy as judge
from keyturn.model import Duration, Policy, Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITS = [Kind.FORBIDDEN_RETRY_AFTER, Kind.TOO_MANY_RETRY_AFTER, Kind.EXHAUSTED, Kind.SECONDARY_BARE]
CREATE = "POST issues"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with empty(tmp_path) as made:
        yield made


def states(scene: Scene) -> list[str]:
    return [each.state for each in scene.fake.repository().issues.values()]


# -- POST applied and then 502 / time-out / reset: one POST in that run, one open issue after convergence --------------


@pytest.mark.parametrize("kind", [Kind.BAD_GATEWAY, Kind.HANG, Kind.RESET, Kind.TRUNCATED])
def test_post_applied_and_then_502_timeout_reset_one_post_in_that_run_one_open_issue_after(
    scene: Scene, kind: Kind
) -> None:
    scene.declare(3)
    scene.fake.faults.after_effect("POST", "/issues$", 2, kind, seconds=0.2)
    assert scene.writes(status=3) == [CREATE] * 2
    assert list(repeated(scene.fake.requests)) == []
    assert scene.writes() == [CREATE]
    assert [each.title for each in ours(scene.fake)] == [f"Rotate mixpanel/key-{number:03}" for number in range(3)]
    assert scene.writes() == []


# -- stale list for k reads after a create: converges, lowest number stays ---------------------------------------------


@pytest.mark.parametrize("reads", [1, 2, 3, 4, 6])
def test_stale_list_for_k_reads_after_a_create_converges_and_the_lowest_number_stays(scene: Scene, reads: int) -> None:
    scene.declare(2)
    scene.fake.faults.stale_list(reads)
    is_lagging = True
    while is_lagging:
        is_lagging = scene.fake.faults.is_stale
        is_lagging |= bool(scene.writes())
        assert len(ours(scene.fake)) < 2 * (2 + reads), "every run opens them anew"
    standing = [each for each in ours(scene.fake) if each.state == "open"]
    assert [(each.number, tie(each).id) for each in standing] == [(1, "mixpanel/key-000"), (2, "mixpanel/key-001")]
    assert {each.state_reason for each in ours(scene.fake)} <= {None, "duplicate"}


# -- two runs interleaved in any order: the same; `test_faults_turns` chooses the order --------------------------------


@pytest.mark.parametrize("before", [1, 2, 3, 4])
def test_two_runs_interleaved_leave_one_open_issue_each_after_the_next(scene: Scene, before: int) -> None:
    scene.desk.policy(identity=[BOT])
    scene.declare(2)
    scene.fake.interleave(scene.apply, before=before)
    scene.apply()
    scene.well()
    standing = sorted(tie(each).id for each in ours(scene.fake) if each.state == "open")
    assert standing == ["mixpanel/key-000", "mixpanel/key-001"]
    assert [each.state for each in ours(scene.fake)[:2]] == ["open", "open"]
    assert scene.writes() == []


# -- list fails mid-page: zero writes, exit 3 --------------------------------------------------------------------------


@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize("kind", [Kind.BAD_GATEWAY, Kind.TRUNCATED])
def test_list_fails_mid_page_zero_writes_exit_3(scene: Scene, page: int, kind: Kind) -> None:
    scene.declare(1)
    scene.well()
    body = ours(scene.fake)[0].body or ""
    for number in range(1, 120):
        scene.fake.add_issue("Rotate it", body=body.replace("key-000", f"key-{number:03}"), author=BOT)
    scene.declare(3, owners=["bob"])
    scene.fake.faults.before_effect("GET", "/issues$", page, kind, times=4)
    ran_with = len(scene.fake.writes)
    ran = scene.apply()
    assert (ran.status, len(scene.fake.writes) - ran_with, "Traceback" in ran.err) == (3, 0, False)


# -- 403/429/200-with-error, Retry-After 3600: waits to the cap, then exit 5; the next run continues, nothing starves --


@pytest.mark.parametrize("kind", [Kind.FORBIDDEN_RETRY_AFTER, Kind.TOO_MANY_RETRY_AFTER, Kind.EXHAUSTED])
def test_403_429_retry_after_3600_exit_5_and_the_next_run_continues(scene: Scene, kind: Kind) -> None:
    scene.declare(5)
    scene.fake.faults.before_effect("POST", "/issues$", 3, kind, retry_after=3600)
    ran = scene.apply()
    assert (ran.status, scene.desk.slept) == (5, [])
    assert "stopped at mixpanel/key-002: GitHub's rate limit is reached; run again after 2026-11-21 10:00:0" in ran.err
    assert "2 of 5 actions done; 3 left for the next run" in ran.err
    scene.desk.calendar.now += timedelta(hours=1)
    assert scene.writes() == [CREATE] * 3
    assert [tie(each).id for each in ours(scene.fake)] == [f"mixpanel/key-{number:03}" for number in range(5)]


@pytest.mark.parametrize("kind", [*LIMITS, Kind.GRAPHQL_EXHAUSTED])
def test_403_429_200_with_error_waits_to_the_cap_and_then_exit_5(scene: Scene, kind: Kind) -> None:
    """A limit of a minute is waited for twice at most; without a header the second wait is longer, and too long."""
    scene.declare(2)
    scene.fake.faults.before_effect("POST", "/issues$", 2, kind, times=9, retry_after=60)
    ran = scene.apply()
    waited = scene.desk.slept
    assert (ran.status, waited[0] in {60, 61}, sum(waited) <= 120) == (5, True, True)
    assert ran.err.count("waiting for GitHub's rate limit until 2026-11-21 09:01:0") == len(waited)
    assert "1 of 2 actions done; 1 left for the next run" in ran.err
    scene.fake.faults.clear()
    assert scene.writes() == [CREATE]


def test_403_429_during_the_reading_is_exit_5_too_and_nothing_is_written(scene: Scene) -> None:
    scene.declare(2)
    scene.fake.faults.before_effect("GET", "/issues$", 1, Kind.TOO_MANY_RETRY_AFTER, retry_after=3600)
    ran = scene.apply()
    assert (ran.status, scene.fake.writes, "the next run goes on where this one stopped" in ran.err) == (5, [], True)


def test_runs_that_limits_always_cut_short_starve_nothing_and_go_on_in_the_right_order(scene: Scene) -> None:
    scene.declare(3, created=OVERDUE)
    scene.well()
    scene.desk.calendar.later("7d")
    for number, tier in enumerate(["low", "standard", "critical"]):
        scene.desk.declare(f"close/k{number}", created="2026-03-01", tier=tier)
    leak = {"reason": "leaked", "replaces": "2026-11-20", "deadline": "2026-11-22"}
    scene.desk.declare("close/leak", created="2026-11-20", tier="low", request=leak)
    (scene.desk.folder / "rotations/mixpanel-key-001.yaml").unlink()
    begun, statuses = len(scene.fake.requests), []
    while not statuses or statuses[-1]:
        scene.fake.faults.clear()
        scene.fake.faults.before_effect("POST", "", 2, Kind.EXHAUSTED, times=9, retry_after=3600)
        scene.fake.faults.before_effect("PATCH", "", 2, Kind.EXHAUSTED, times=9, retry_after=3600)
        statuses.append(scene.apply().status)
        scene.desk.calendar.now += timedelta(hours=1)
        assert len(statuses) < 9
    assert set(statuses[:-1]) == {5}
    done = [each for each in scene.fake.requests[begun:] if each.method != "GET" and each.status in {200, 201}]
    said = [each.body.get("title") or each.body.get("state") or "reminder" for each in done]
    assert [each.removeprefix("Rotate ") for each in said] == [
        *("close/leak", "closed"),
        *("reminder", "mixpanel/key-000", "reminder", "mixpanel/key-002"),
        *("close/k2", "close/k1", "close/k0"),
    ]


def test_an_issue_that_github_always_stumbles_over_starves_nothing_behind_it(scene: Scene) -> None:
    scene.declare(3)
    scene.well()
    scene.declare(3, owners=["bob"])
    scene.desk.declare("close/new", created=DUE)
    for _ in range(2):
        scene.fake.faults.before_effect("PATCH", "/issues/1$", 1, Kind.BAD_GATEWAY, times=9)
        ran = scene.apply()
    assert (ran.status, "mixpanel/key-000: GitHub did not say whether it could change issue #1" in ran.err) == (3, True)
    assert "0 of 1 actions done; 1 left for the next run" in ran.err
    assert [[each.login for each in issue.assignees] for issue in ours(scene.fake)] == [
        ["alice", "bob"],
        ["bob"],
        ["bob"],
        ["alice", "bob"],
    ]


def test_two_writes_in_a_row_without_an_answer_end_the_run(scene: Scene) -> None:
    scene.declare(4)
    scene.well()
    scene.declare(4, owners=["bob"])
    scene.fake.faults.before_effect("PATCH", "", 2, Kind.RESET, times=9)
    assert scene.writes(status=3) == ["PATCH issues/1", "PATCH issues/2", "PATCH issues/3"]
    scene.fake.faults.clear()
    assert scene.writes() == ["PATCH issues/2", "PATCH issues/3", "PATCH issues/4"]


# -- second identical run: zero writes ---------------------------------------------------------------------------------


def test_second_identical_run_zero_writes(scene: Scene) -> None:
    scene.declare(2)
    scene.desk.declare("close/overdue", created=OVERDUE)
    assert scene.writes() == [CREATE] * 3
    assert scene.writes() == []
    scene.desk.calendar.later("7d")
    assert scene.writes()
    assert scene.writes() == []


# -- schedule missed N days: same state as daily runs ------------------------------------------------------------------


@pytest.mark.parametrize("days", [2, 9, 16])
def test_schedule_missed_n_days_same_state_as_daily_runs(tmp_path: Path, days: int) -> None:
    def told(scene: Scene) -> list[object]:
        return [(tie(each), each.state, sorted(each.labels)) for each in ours(scene.fake)]

    daily_folder, lazy_folder = tmp_path / "daily", tmp_path / "lazy"
    for folder in (daily_folder, lazy_folder):
        folder.mkdir()
    with empty(daily_folder) as daily, empty(lazy_folder) as lazy:
        for scene in (daily, lazy):
            scene.desk.declare("mixpanel/soon", created="2026-08-30")
            scene.desk.declare("mixpanel/late", created=OVERDUE)
            scene.desk.declare("mixpanel/held", created=DUE, hold={"until": "2026-11-30", "reason": "Sale."})
            scene.well()
        for _ in range(days):
            daily.desk.calendar.later("1d")
            daily.well()
        lazy.desk.calendar.later(f"{days}d")
        lazy.well()
        known = {tie(each).id for each in ours(lazy.fake)}
        assert known >= {"mixpanel/soon", "mixpanel/late"}
        opened_since = {"mixpanel/held"}  # by whichever run came first; its reminders count from that day
        for mine, theirs in zip(told(daily), told(lazy), strict=True):
            assert mine == theirs or mine[0].id in opened_since
        assert all(len(each.comments) <= 1 for each in ours(lazy.fake))


# -- clock jumps a year, directory deleted: the guard refuses ----------------------------------------------------------


def test_clock_jumps_a_year_back_the_guard_refuses(scene: Scene) -> None:
    scene.declare(12, created="2025-08-23")
    scene.well()
    scene.desk.calendar.go_to("2025-11-01")
    ran = scene.apply()
    assert (ran.status, "this would close 12 of 12 open issues as not planned; nothing was changed" in ran.err) == (
        1,
        True,
    )
    assert states(scene) == ["open"] * 12


def test_clock_jumps_a_year_forward_and_back_nothing_closes_and_nobody_is_flooded(scene: Scene) -> None:
    scene.declare(3)
    scene.well()
    scene.desk.calendar.go_to("2027-11-21")
    scene.well()
    scene.desk.calendar.go_to("2026-11-21")
    scene.well()
    assert states(scene) == ["open"] * 3
    assert [len(each.comments) for each in ours(scene.fake)] == [1] * 3


def test_directory_deleted_the_guard_refuses(scene: Scene) -> None:
    for number in range(12):
        scene.desk.declare(f"mixpanel/k{number}", created=DUE, path=f"rotations/team/{number}.yaml")
    scene.desk.declare("close/crm", created=DUE)
    scene.well()
    for file in (scene.desk.folder / "rotations/team").iterdir():
        file.unlink()
    ran = scene.apply()
    assert (ran.status, "look for files that were moved or deleted" in ran.err) == (1, True)
    assert states(scene) == ["open"] * 13
    (scene.desk.folder / "rotations/close-crm.yaml").unlink()
    ran = scene.apply()
    assert (ran.status, "Was the folder moved?" in ran.err, states(scene)) == (0, True, ["open"] * 13)


# -- label removed, issue locked, transferred, deleted, issues disabled: a defined outcome each ------------------------


def test_label_removed_nothing_is_opened_beside_it(scene: Scene) -> None:
    scene.declare(1)
    scene.well()
    scene.fake.person_edits(1, labels=[], title="Renamed")
    assert scene.writes() == []


def test_issue_locked_is_written_anyway(scene: Scene) -> None:
    scene.declare(1)
    scene.well()
    scene.fake.lock(1)
    scene.declare(1, owners=["bob"])
    assert scene.writes() == ["PATCH issues/1"]


def test_issue_locked_that_refuses_is_said_and_keeps_no_other_back(scene: Scene) -> None:
    scene.declare(3)
    scene.well()
    scene.fake.lock(2, refuses_writes=True)
    scene.declare(3, owners=["bob"])
    ran = scene.apply()
    assert ran.status == 3
    assert "mixpanel/key-001: GitHub refuses to change issue #2; unlock it" in ran.err
    assert "2 of 3 actions done; 1 left for the next run" in ran.err
    again = scene.apply()
    assert (again.status, "0 of 1 actions done" in again.err) == (3, True)


@pytest.mark.parametrize("what", ["deleted", "transferred"])
def test_issue_deleted_or_transferred_is_opened_anew(scene: Scene, what: str) -> None:
    scene.declare(1)
    scene.well()
    lose(scene, what)
    assert scene.writes() == [CREATE]
    assert scene.writes() == []


@pytest.mark.parametrize("what", ["deleted", "transferred"])
def test_issue_deleted_or_transferred_while_it_is_written_is_opened_anew_by_the_next_run(
    scene: Scene, what: str
) -> None:
    scene.declare(2)
    scene.well()
    scene.declare(2, owners=["bob"])
    scene.fake.interleave(lambda: lose(scene, what), method="PATCH")
    ran = scene.apply()
    assert ran.status == 3
    assert "mixpanel/key-000: issue #1 was deleted or transferred; the next run opens a new one" in ran.err
    assert scene.writes() == [CREATE]


def lose(scene: Scene, what: str) -> None:
    """Take issue 1 away."""
    if what == "deleted":
        scene.fake.delete(1)
    else:
        scene.fake.add_repository("acme/elsewhere")
        scene.fake.transfer(1, "acme/elsewhere")


def test_issues_disabled_exit_3(scene: Scene) -> None:
    scene.declare(1)
    scene.fake.repository().has_issues = False
    ran = scene.apply()
    assert (ran.status, "issues are disabled in acme/keys; enable them in its settings" in ran.err) == (3, True)


def test_issues_disabled_while_they_are_written_exit_3(scene: Scene) -> None:
    scene.declare(3)
    scene.fake.interleave(lambda: setattr(scene.fake.repository(), "has_issues", False), before=2, method="POST")
    ran = scene.apply()
    assert (ran.status, len(scene.fake.writes)) == (3, 2)
    assert "stopped at mixpanel/key-001: issues are disabled in acme/keys" in ran.err


# -- provider 5xx, time-out, 429: unknown; what a probe makes of every answer is in `test_probes_wire` -----------------


@pytest.mark.parametrize("answer", [reply(500), reply(503), reply(429), b""], ids=["500", "503", "429", "no answer"])
def test_provider_5xx_timeout_429_unknown(tmp_path: Path, answer: bytes) -> None:
    with serving() as service:
        desk = Desk(tmp_path)
        desk.declare(PROBED, OVERDUE)
        acme = Acme(service, desk)
        acme.says(old=[answer])
        status, document = acme.document()
    assert (status, verdicts(document), document["proves"]) == (3, ("rejected", "accepted", "unknown"), False)


# -- wrong identity: stops after one create at most --------------------------------------------------------------------


def test_wrong_identity_stops_after_one_create_at_most(scene: Scene) -> None:
    scene.desk.policy(identity=["somebody-else"])
    scene.declare(3)
    ran = scene.apply()
    assert (ran.status, len(scene.fake.writes)) == (3, 1)
    assert 'identity: ["keyturn-bot"]' in ran.err
    assert "stopped at mixpanel/key-000" in ran.err


# -- leap day, DST, month ends: property tests in UTC ------------------------------------------------------------------

# Leap days, month ends, and the days on which clocks are put forward or back somewhere.
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31)) | st.sampled_from(
    [date(2024, 2, 29), date(2028, 2, 29), date(2027, 2, 28), date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)]
)
SPANS = st.builds(Duration, st.integers(1, 400), st.just("d")) | st.builds(
    Duration, st.integers(1, 24), st.sampled_from("wmy")
)
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timedelta(minutes=15 * quarters))


@given(DAYS, SPANS)
def test_leap_day_and_month_ends_every_key_has_one_day_on_which_it_is_due(created: date, span: Duration) -> None:
    key = rotation(created.isoformat(), rotate_every=span)
    due = judge.due(key, Policy())
    assert due == span.after(created)
    assert created < due
    months = {"m": 1, "y": 12}.get(span.unit, 0) * span.count
    if months:
        assert (due.year - created.year) * 12 + due.month - created.month == months
        assert due.day == created.day or (due + timedelta(1)).day == 1  # a month without that day gives its last
    statuses = [judge.standing(key, None, Policy(), (), due + timedelta(offset)).status.value for offset in (-1, 0, 1)]
    assert statuses in (["due-soon", "due", "overdue"], ["fresh", "due", "overdue"])


@given(st.datetimes(datetime(2020, 1, 2), datetime(2040, 12, 30)), OFFSETS, SPANS)  # noqa: DTZ001 - offsets follow
def test_dst_the_offset_in_which_a_moment_is_written_moves_nothing(
    plain: datetime, offset: timedelta, span: Duration
) -> None:
    moment = plain.replace(tzinfo=UTC, microsecond=0)
    sign, minutes = "-" if offset < timedelta(0) else "+", int(abs(offset).total_seconds()) // 60
    local = f"{(moment + offset).replace(tzinfo=None).isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"
    written = moment.isoformat().replace("+00:00", "Z")
    assert Version.read(local) == Version.read(written)
    dues = {judge.due(rotation(text, rotate_every=span), Policy()) for text in (local, written)}
    assert dues == {span.after(moment.date())}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/St_Johns"])
def test_dst_the_zone_of_the_machine_moves_nothing(scene: Scene, zone: str) -> None:
    scene.declare(1, created="2026-03-28T23:30:00-01:00")
    scene.desk.declare("close/crm", created="2026-03-29T01:30:00+02:00")  # an hour that was left out there
    command = [sys.executable, "-m", "keyturn", "ages", "--format", "json", "--today", "2026-11-21"]
    shown = subprocess.run(command, cwd=scene.desk.folder, env={"TZ": zone}, check=True, capture_output=True).stdout
    dues = {each["rotation"]: each["due"] for each in json.loads(shown)["keys"]}
    assert dues == {"mixpanel/key-000": "2026-06-27", "close/crm": "2026-06-26"}
