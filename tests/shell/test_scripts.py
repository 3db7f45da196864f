"""The entry points of the workflows: each is its command, with nothing of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {
    "validate_rotations.py": "validate",
    "open_issues.py": "apply",
    "check_key_ages.py": "apply",
    "close_validated.py": "apply",
}
ROTATION = """\
provider: mixpanel
key: {key}
owners: [alice]
created: {created}
rotate_every: 90d
consumers:
  - {{platform: manual, name: Nightly load}}
"""
DUE = "2026-11-21"
WEEK_LATER = "2026-11-28"
REMINDER = "<!-- keyturn-reminder "
WORK_LEFT = 5


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with one key that is due on DUE."""
    (tmp_path / "keyturn.yaml").write_text("reminders: [7d]\n")
    (tmp_path / "rotations").mkdir()
    declare(tmp_path, "loader", "2026-08-23")
    return tmp_path


def declare(root: Path, key: str, created: str) -> None:
    (root / f"rotations/{key}.yaml").write_text(ROTATION.format(key=key, created=created))


def run(folder: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run Python as a job does, without its environment."""
    environment = {"PATH": os.pathsep.join(os.get_exec_path()), "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def script(folder: Path, name: str, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    return run(folder, str(ROOT / "scripts" / name), *arguments, status=status)


def keyturn(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-m", "keyturn", *arguments)


def issues(root: Path) -> dict[str, str]:
    """Map every file of the local tracker to what is in it."""
    return {path.name: path.read_text() for path in sorted((root / ".keyturn/issues").glob("*.md"))}


@pytest.mark.parametrize(("name", "command"), SCRIPTS.items())
def test_the_help_is_that_of_the_command(name: str, command: str, tmp_path: Path) -> None:
    assert script(tmp_path, name, "--help").stdout == keyturn(tmp_path, command, "--help").stdout


def test_every_script_that_a_workflow_runs_is_one_of_these() -> None:
    workflows = (ROOT / ".github/workflows").glob("*.yml")
    run_there = {word for path in workflows for word in path.read_text().split() if word.startswith("scripts/")}
    assert run_there == {f"scripts/{name}" for name in SCRIPTS}


def test_validation_takes_paths_and_formats(root: Path) -> None:
    declare(root, "broken", "soon")
    told = script(root, "validate_rotations.py", "--format", "json", "rotations/broken.yaml", status=1)
    assert [problem["path"] for problem in json.loads(told.stdout)["problems"]] == ["rotations/broken.yaml"]
    assert script(root, "validate_rotations.py", "rotations/loader.yaml").stdout == "1 file: no problems\n"


def test_opening_updates_too_but_closes_and_reminds_nothing(root: Path) -> None:
    script(root, "open_issues.py", "--today", DUE)
    (opened,) = issues(root).values()
    keyturn(root, "record", "mixpanel/loader", "--by", "alice", "--today", WEEK_LATER)
    script(root, "open_issues.py", "--today", WEEK_LATER)
    assert list(issues(root).values()) == [opened]

    declare(root, "loader", "2026-08-22")
    script(root, "open_issues.py", "--today", DUE)
    (updated,) = issues(root).values()
    assert updated != opened
    assert "2026-11-20" in updated


def test_closing_closes_and_opens_nothing(root: Path) -> None:
    script(root, "open_issues.py", "--today", DUE)
    keyturn(root, "record", "mixpanel/loader", "--by", "alice", "--today", WEEK_LATER)
    declare(root, "another", "2026-08-23")
    script(root, "close_validated.py", "--today", WEEK_LATER)
    (closed,) = issues(root).values()
    assert "completed" in closed


def test_the_ages_are_shown_before_the_reminders_are_sent(root: Path) -> None:
    script(root, "open_issues.py", "--today", DUE)
    ages = keyturn(root, "ages", "--today", WEEK_LATER).stdout
    plan = keyturn(root, "apply", "--only", "remind", "--dry-run", "--today", WEEK_LATER).stdout
    told = script(root, "check_key_ages.py", "--today", WEEK_LATER)
    assert told.stdout == ages + plan
    (reminded,) = issues(root).values()
    assert reminded.count(REMINDER) == 1


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_the_ages_come_in_the_format_of_the_plan(form: str, root: Path) -> None:
    told = script(root, "check_key_ages.py", "--dry-run", "--force", "--format", form, "--today", DUE)
    ages = keyturn(root, "ages", "--format", form, "--today", DUE).stdout
    plan = keyturn(root, "apply", "--only", "remind", "--dry-run", "--format", form, "--today", DUE).stdout
    assert told.stdout == ages + plan
    assert issues(root) == {}


def test_annotations_leave_the_ages_as_they_are(root: Path) -> None:
    told = script(root, "check_key_ages.py", "--dry-run", "--format", "github", "--today", DUE)
    assert told.stdout.startswith(keyturn(root, "ages", "--today", DUE).stdout)


def test_a_push_before_the_schedule_swallows_no_reminder(root: Path) -> None:
    script(root, "open_issues.py", "--today", DUE)
    (opened,) = issues(root).values()
    script(root, "open_issues.py", "--today", WEEK_LATER)
    (pushed,) = issues(root).values()
    assert REMINDER not in opened + pushed
    script(root, "check_key_ages.py", "--today", WEEK_LATER)
    (reminded,) = issues(root).values()
    assert reminded.count(REMINDER) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(["--frobnicate"], 2, id="an unknown option shows no table"),
        pytest.param(["--today", "soon"], 2, id="a wrong value of both"),
        pytest.param(["--dry-run", "--format", "sarif"], 2, id="a format that neither has"),
        pytest.param(["--root", "nowhere"], 2, id="no such root"),
        pytest.param(["--today", DUE], 1, id="a file that needs correcting"),
        pytest.param(["--tracker", "github:acme/keys"], 2, id="no token"),
    ],
)
def test_the_graver_of_two_statuses_is_told(arguments: list[str], status: int, root: Path) -> None:
    declare(root, "broken", "soon")
    script(root, "check_key_ages.py", *arguments, status=status)


def test_work_left_is_told_though_the_ages_are_well(root: Path) -> None:
    (root / "keyturn.yaml").write_text("reminders: [7d]\nlimits: {max_actions: 1}\n")
    declare(root, "another", "2026-08-23")
    script(root, "open_issues.py", "--today", DUE, status=WORK_LEFT)
    script(root, "open_issues.py", "--today", DUE)
    script(root, "check_key_ages.py", "--today", WEEK_LATER, status=WORK_LEFT)
