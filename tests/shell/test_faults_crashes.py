"""A run that ends at any of its requests is made good by the next: the table of all ends, and real kills beside it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from shell.crashes import ADOPTION, EVERY_KIND, STALE, TRACKER, WORKFLOW, Ending, Scenario, repeated, staged, touched
from shell.desk import BOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shell.crashes import Trial

pytestmark = pytest.mark.long

# How many requests each scenario has at least: fewer, and it tries less than its name says.
LEAST = {EVERY_KIND.name: 17, ADOPTION.name: 6, STALE.name: 6, WORKFLOW.name: 24}
TRIED = [
    *((EVERY_KIND, ending) for ending in (Ending.KILLED_BEFORE, Ending.KILLED_AFTER, Ending.RESET_AFTER)),
    *((ADOPTION, ending) for ending in Ending),
    *((STALE, ending) for ending in (Ending.KILLED_BEFORE, Ending.BROKEN_AFTER)),
    (WORKFLOW, Ending.BROKEN_AFTER),
]


def _ids(value: Scenario | Ending) -> str:
    return value.name if isinstance(value, Scenario) else value.value


@pytest.mark.parametrize(("scenario", "ending"), TRIED, ids=_ids)
def test_killed_after_any_api_call_for_every_call_n(tmp_path: Path, scenario: Scenario, ending: Ending) -> None:
    with staged(scenario, tmp_path) as trial:
        row = trial.row(ending)
    assert row.violations == ()
    assert row.points >= LEAST[scenario.name]


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with staged(EVERY_KIND, tmp_path) as made:
        made.scene.fake.restore(made.before)
        yield made


def test_the_run_that_is_cut_short_has_every_kind_of_action(trial: Trial) -> None:
    plan = trial.scene.desk.keyturn("plan", *TRACKER, "--format", "json")
    assert Counter(action for action, _ in plan.actions) == {
        "open": 3,
        "update": 3,
        "remind": 1,
        "close": 3,
        "reopen": 1,
        "link": 2,
    }
    trial.scene.well()
    reasons = Counter(each.state_reason for each in trial.scene.fake.repository().issues.values())
    assert reasons == {None: 9, "completed": 1, "not_planned": 1, "duplicate": 1, "reopened": 1}


@pytest.mark.parametrize("call", [4, 9, 15])
def test_a_process_that_is_killed_leaves_nothing_that_the_next_run_does_not_mend(trial: Trial, call: int) -> None:
    scene = trial.scene
    command = [
        sys.executable,
        "-m",
        "keyturn",
        "apply",
        *TRACKER,
        "--today",
        scene.desk.calendar.now.date().isoformat(),
    ]
    process = subprocess.Popen(command, cwd=scene.desk.folder, env=scene.desk.environment, stdout=subprocess.DEVNULL)
    scene.fake.faults.stop_after(call, process.kill)
    assert process.wait(60) == -signal.SIGKILL
    scene.fake.faults.clear()
    assert list(trial.made_good()) == []


# -- the table can say something ---------------------------------------------------------------------------------------


def test_a_post_that_is_sent_again_is_found(trial: Trial) -> None:
    scene = trial.scene
    start = len(scene.fake.requests)
    for _ in range(2):
        scene.fake.restore(trial.before)
        scene.well()
    # three issues, a reminder, and one link; the other names an issue that has another number by then
    assert len(list(repeated(scene.fake.requests[start:]))) == 5


def test_a_post_that_was_refused_may_be_sent_again(trial: Trial) -> None:
    scene = trial.scene
    scene.desk.declare("mixpanel/new", created="2026-08-23", owners=["stranger"])
    start = len(scene.fake.requests)
    scene.well()
    assert 422 in {each.status for each in scene.fake.requests[start:]}
    assert list(repeated(scene.fake.requests[start:])) == []


def test_an_issue_that_is_missing_or_wrongly_closed_is_found(trial: Trial) -> None:
    fake = trial.scene.fake
    trial.scene.well()
    assert list(trial.harm()) == []
    fake.person_closes(trial.scene.issue("mixpanel/new").number, by=BOT)
    found = list(trial.harm())
    assert [each.partition(" {")[0] for each in found] == [
        "open are",
        "mixpanel/new was closed as completed",
        "another end:",
    ]


def test_another_expectation_is_not_met(tmp_path: Path) -> None:
    wrong = replace(ADOPTION, standing=ADOPTION.standing | {"mixpanel/key-4"})
    with staged(wrong, tmp_path) as trial:
        row = trial.row(Ending.KILLED_BEFORE)
    assert len(row.violations) == row.points == 6


def test_a_strangers_issue_that_is_touched_is_found(trial: Trial) -> None:
    fake = trial.scene.fake
    [forged] = [each for each in fake.repository().issues.values() if each.author.login == "mallory"]
    fake.person_edits(forged.number, labels=[])
    assert list(touched(trial.before, fake)) == [f"#{forged.number} of mallory was touched"]
