"""Hundreds of old keys are adopted under GitHub's limits: what is critical first, what leaks at once, all in the end.

Thousands of keys, and the months that people work on them: `benchmarks/adoption.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from shell.adoption import HOUR, MINUTE, Adoption, worked_off
from shell.crashes import TRACKER, Scene, empty, ours, repeated, tie
from shell.desk import BOT, Calendar

from keyturn.errors import UnfinishedError
from keyturn.model import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long

TIERS = ("critical", "standard", "low")

# -- simulated ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adopted() -> Adoption:
    return worked_off(Adoption(150, capacity=14, leak_every=2), most_days=60)


def test_every_key_is_rotated_in_the_end(adopted: Adoption) -> None:
    assert adopted.is_over
    rows = {row.tier: row for row in adopted.rows()}
    assert {tier: row.keys for tier, row in rows.items()} == {"critical": 15, "standard": 90, "low": 45}
    assert adopted.most_waiting == 100
    assert rows["critical"].longest <= rows["standard"].longest <= rows["low"].longest <= 30


def test_what_is_critical_is_opened_first(adopted: Adoption) -> None:
    assert adopted.out_of_order == []
    first = {tier: min(adopted.opened[id_] for id_ in adopted.files if adopted.tier(id_) == tier) for tier in TIERS}
    last = {tier: max(adopted.opened[id_] for id_ in adopted.files if adopted.tier(id_) == tier) for tier in TIERS}
    leaked = [adopted.opened[id_] for id_ in adopted.leaks]
    assert last["critical"] <= first["standard"]
    assert all(moment < last["low"] for moment in leaked)


def test_what_leaks_while_it_waits_is_opened_by_the_next_run(adopted: Adoption) -> None:
    assert len(adopted.leaks) >= 4
    assert adopted.leaks_met.keys() == adopted.leaks.keys()
    assert max(adopted.leaks_met.values()) < timedelta(hours=6)


def test_the_ration_keeps_runs_far_from_the_limits(adopted: Adoption) -> None:
    assert adopted.unfinished == 0
    assert adopted.meter.most["writes a minute"] <= 60
    assert adopted.meter.most["writes an hour"] <= 100
    assert adopted.meter.most["requests an hour"] <= 150


def test_without_a_ration_the_limits_stop_runs_and_the_next_ones_go_on_in_order() -> None:
    adoption = Adoption(620, capacity=0, limits=Limits(max_actions=5_000, open_at_once=5_000))
    adoption.day()
    assert adoption.unfinished == 1
    assert len(adoption.opened) == 620
    assert adoption.meter.most["writes an hour"] == 500
    assert adoption.out_of_order == []
    ranks = [list(TIERS).index(adoption.tier(id_)) for id_ in adoption.opened]
    assert ranks == sorted(ranks)
    assert not adoption.planned().actions


def test_a_budget_that_is_too_small_is_spent_on_what_matters_most() -> None:
    adoption = Adoption(100, capacity=20, limits=Limits(max_actions=7))
    adoption.day()
    assert adoption.unfinished == 4
    assert len(adoption.opened) <= 28
    assert {adoption.tier(id_).value for id_ in adoption.opened} <= {"critical", "standard"}
    assert worked_off(replace_limits(adoption), 30).is_over


def replace_limits(adoption: Adoption) -> Adoption:
    """Give the runs from now on a budget that suffices."""
    adoption.limits = replace(adoption.limits, max_actions=100)
    return adoption


def test_the_meter_refuses_what_github_would() -> None:
    meter = Adoption(1, capacity=0).meter
    start = meter.now
    for _ in range(500):
        meter.write()
    with pytest.raises(UnfinishedError):
        meter.write()
    assert meter.most["writes a minute"] <= 60
    meter.begin(start + HOUR - MINUTE)
    meter.write()  # waits for the minute that is missing
    assert meter.now >= start + HOUR


# -- over HTTP ---------------------------------------------------------------------------------------------------------


class Sleep(list[float]):
    """Remembers how long was slept, and lets that time pass."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__()
        self.calendar = calendar

    def append(self, seconds: float) -> None:
        super().append(seconds)
        self.calendar.now += timedelta(seconds=seconds)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with empty(tmp_path) as made:
        made.desk.slept = Sleep(made.desk.calendar)
        made.desk.environment |= {
            "GITHUB_TOKEN": made.fake.add_token("github-actions[bot]", installation=True),
            "KEYTURN_WRITE_PAUSE": "",
        }
        made.desk.policy(identity=["github-actions[bot]"], limits={"open_at_once": 30, "max_actions": 20})
        for number in range(60):
            tier = TIERS[number % 3]
            made.desk.declare(f"mixpanel/k{number:03}", created=f"2026-03-{1 + number % 9:02}", tier=tier)
        yield made


def test_plan_shows_what_waits_and_why(scene: Scene) -> None:
    shown = scene.desk.keyturn("plan", *TRACKER)
    assert shown.out.endswith("30 to open; 30 wait for a place among the open issues.\n")
    waits = [line.split() for line in shown.out.splitlines() if line.startswith("wait ")]
    assert waits[0][:5] == ["wait", "mixpanel/k031", "new", "due", "2026-06-03"]
    assert " ".join(waits[0][5:]) == "(171 days ago) standard · overdue"
    document = scene.desk.keyturn("plan", *TRACKER, "--format", "json").document
    assert Counter(each["tier"] for each in document["actions"]) == {"critical": 20, "standard": 10}
    assert Counter(each["tier"] for each in document["waiting"]) == {"standard": 10, "low": 20}
    assert scene.fake.writes == []


def test_sixty_keys_are_opened_by_budgets_and_rotated_by_people(scene: Scene) -> None:
    scene.fake.limit_writes(minute=80, hour=500)
    ran = scene.apply()
    assert (ran.status, "20 of 30 actions done; 10 left for the next run" in ran.err) == (5, True)
    assert (len(scene.desk.slept), set(scene.desk.slept)) == (19, {1.0})
    seen, statuses = list[str](), list[int]()
    while len(seen) < 60:
        statuses.append(scene.apply().status)
        for issue in (each for each in ours(scene.fake, login="github-actions[bot]") if each.state == "open"):
            if (id_ := tie(issue).id) not in seen:
                seen.append(id_)
                rotate(scene, id_)
        scene.desk.calendar.now += HOUR
        assert len(statuses) < 20
    while scene.apply().status:
        scene.desk.calendar.now += HOUR
    tiers = [int(id_[-3:]) % 3 for id_ in seen]
    assert tiers == sorted(tiers)
    assert {each.state_reason for each in scene.fake.repository().issues.values()} == {"completed"}
    assert len(scene.fake.repository().issues) == 60
    assert set(statuses) <= {0, 5}


def rotate(scene: Scene, id_: str) -> None:
    """Record a finished rotation, as a merged pull request does."""
    at = scene.desk.calendar.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    proof = {"method": "attested", "at": at}
    evidence = {"replaces": "2026-03-09", "by": "bob", "new_key": proof, "old_key": proof, "consumers": proof}
    tier = TIERS[int(id_[-3:]) % 3]
    scene.desk.declare(id_, created=at, tier=tier, evidence=evidence)


def test_the_limit_on_content_ends_a_run_resumably_and_the_next_goes_on_in_order(scene: Scene) -> None:
    scene.desk.policy(identity=["github-actions[bot]"], limits={"open_at_once": 200, "max_actions": 200})
    scene.fake.limit_writes(minute=80, hour=25)
    statuses = [scene.apply().status]
    assert len(scene.fake.repository().issues) == 25
    while statuses[-1]:
        scene.desk.calendar.now += HOUR
        statuses.append(scene.apply().status)
    assert statuses == [5, 5, 0]
    opened = [tie(each).id for each in ours(scene.fake, login="github-actions[bot]")]
    assert [int(id_[-3:]) % 3 for id_ in opened] == [0] * 20 + [1] * 20 + [2] * 20
    assert len(set(opened)) == 60
    assert list(repeated(scene.fake.requests)) == []


def test_a_limit_on_a_minute_is_waited_for_with_a_line(scene: Scene) -> None:
    scene.fake.limit_writes(minute=15, hour=500)
    ran = scene.apply()
    assert (ran.status, "20 of 30 actions done" in ran.err) == (5, True)
    assert ran.err.count("waiting for GitHub's rate limit until 2026-11-21 09:01:00 UTC") == 1
    assert len([each for each in scene.desk.slept if each > 1]) == 1


def test_a_floor_of_requests_is_left_to_others(scene: Scene) -> None:
    token = scene.fake.add_token("github-actions[bot]", installation=True, limit=40)
    scene.desk.environment["GITHUB_TOKEN"] = token
    ran = scene.apply()
    assert (ran.status, "GitHub's rate limit is reached; run again after" in ran.err) == (5, True)
    assert len(scene.fake.writes) == 40 - 2 - 20  # two lists, and the floor
    assert BOT not in {each.author.login for each in scene.fake.repository().issues.values()}
