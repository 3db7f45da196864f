"""What act leaves out, and what no run shows: triggers, permissions, concurrency, pins, and what must not be there."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github/workflows"
NAMES = sorted(path.name for path in FOLDER.iterdir())
CHECKS = ("check.yml", "ci.yml")
WRITERS = ("issues.yml", "schedule.yml")
VERIFYING = "verify.yml"  # has an environment and its secrets; see test_verify_workflow.py


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def workflow(name: str) -> dict[str, Any]:
    # YAML 1.1 would read the key `on` as true.
    document: dict[str, Any] = yaml.load(text(name), Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text
    return document


def jobs(name: str) -> Iterator[dict[str, Any]]:
    yield from workflow(name)["jobs"].values()


def steps(name: str) -> Iterator[dict[str, Any]]:
    for job in jobs(name):
        yield from job["steps"]


def calls(name: str) -> list[str]:
    """Return what the steps run of ours, in order."""
    return [found for step in steps(name) for found in re.findall(r"scripts/\w+\.py|keyturn \w+", step.get("run", ""))]


OTHERS = [name for name in NAMES if name != VERIFYING]
every_other_workflow = pytest.mark.parametrize("name", OTHERS)
every_workflow = pytest.mark.parametrize("name", NAMES)


# -- what starts them ----------------------------------------------------------------------------------------------


def test_these_are_all() -> None:
    assert sorted(NAMES) == sorted((*CHECKS, *WRITERS, VERIFYING))


@pytest.mark.parametrize(
    ("name", "triggers"),
    [
        ("check.yml", {"pull_request": "", "merge_group": ""}),
        ("ci.yml", {"push": {"branches": ["main"]}, "pull_request": "", "merge_group": ""}),
    ],
)
def test_a_check_starts_for_every_change_whatever_it_touches(name: str, triggers: dict[str, Any]) -> None:
    assert workflow(name)["on"] == triggers


def test_the_issues_follow_the_default_branch_alone() -> None:
    triggers = workflow("issues.yml")["on"]
    assert triggers.keys() == {"push", "workflow_dispatch"}
    assert triggers["push"] == {"branches": ["main"]}


def test_the_schedule_is_alone_in_its_file_off_the_hour_and_several_times_a_day() -> None:
    triggers = workflow("schedule.yml")["on"]
    assert triggers.keys() == {"schedule", "workflow_dispatch"}
    (entry,) = triggers["schedule"]
    minute, hours, *days = entry["cron"].split()
    assert int(minute) % 2 == 1
    assert len(hours.split(",")) >= 3
    assert days == ["*", "*", "*"]
    assert [name for name in NAMES if "schedule" in workflow(name)["on"]] == ["schedule.yml"]


@pytest.mark.parametrize("name", WRITERS)
def test_a_person_can_look_before_anything_is_written(name: str) -> None:
    asked = workflow(name)["on"]["workflow_dispatch"]["inputs"]["dry_run"]
    assert (asked["type"], asked["default"]) == ("boolean", "false")


@every_workflow
def test_nothing_privileged_is_started_by_strangers(name: str) -> None:
    assert {"pull_request_target", "workflow_run", "issue_comment", "issues"}.isdisjoint(workflow(name)["on"])


# -- what they run -------------------------------------------------------------------------------------------------


def test_what_each_runs() -> None:
    opening, closing = "scripts/open_issues.py", "scripts/close_validated.py"
    assert calls("check.yml") == ["scripts/validate_rotations.py", "keyturn plan"]
    assert calls("issues.yml") == [opening, closing]
    assert calls("schedule.yml") == ["scripts/check_key_ages.py", opening, closing]
    assert [step["run"] for step in steps("ci.yml") if "run" in step] == [".ci/run"]


def test_every_python_that_we_support_is_checked() -> None:
    (job,) = jobs("ci.yml")
    assert job["strategy"] == {"fail-fast": "false", "matrix": {"python": ["3.11", "3.12", "3.13", "3.14"]}}


@pytest.mark.parametrize("name", WRITERS)
def test_a_writer_checks_out_the_tip_of_the_default_branch(name: str) -> None:
    (checkout,) = (step["with"] for step in steps(name) if step.get("uses", "").startswith("actions/checkout@"))
    assert checkout == {
        "ref": "${{ github.event.repository.default_branch || github.ref_name }}",
        "fetch-depth": "0",
        "persist-credentials": "false",
    }


def test_the_writers_prepare_in_the_same_way() -> None:
    prepared = [[step for step in steps(name) if "scripts/" not in step.get("run", "")] for name in WRITERS]
    assert prepared[0] == prepared[1]
    assert len(prepared[0]) == 3


@pytest.mark.parametrize("name", WRITERS)
def test_a_step_that_fails_keeps_no_other_from_its_work(name: str) -> None:
    _, *later = (step for step in steps(name) if "scripts/" in step.get("run", ""))
    conditions = {step["if"] for step in later}
    assert conditions == {"${{ !cancelled() && steps.install.outcome == 'success' }}"}


# -- what they may -------------------------------------------------------------------------------------------------


@every_other_workflow
def test_nothing_is_permitted_but_to_the_job_that_needs_it(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    evidence = {"actions": "read", "pull-requests": "read"}
    needed = {"issues": "write", **evidence} if name in WRITERS else {"issues": "read"} if name == "check.yml" else {}
    assert [job["permissions"] for job in jobs(name)] == [{"contents": "read", **needed}]


@every_workflow
def test_every_permission_says_what_it_is_for(name: str) -> None:
    granted = re.findall(r"^ +\w+: (?:read|write)\b.*$", text(name), flags=re.MULTILINE)
    assert granted
    assert [line for line in granted if not re.search(r" # \w", line)] == []


def test_all_writers_wait_for_each_other_and_none_is_stopped_half_way() -> None:
    assert [workflow(name)["concurrency"] for name in WRITERS] == [
        {"group": "keyturn-tracker", "cancel-in-progress": "false"}
    ] * 2


def test_a_check_gives_way_only_to_a_later_one_of_the_same_change() -> None:
    groups = [workflow(name)["concurrency"] for name in CHECKS]
    of_change = "${{ github.event.pull_request.number || github.ref }}"
    assert groups == [
        {"group": f"{prefix}-{of_change}", "cancel-in-progress": "true"} for prefix in ("keyturn-check", "ci")
    ]


@every_workflow
def test_every_job_ends_in_time(name: str) -> None:
    limit = 60 if name == VERIFYING else 30  # it waits until a new key works
    assert [job for job in jobs(name) if not 0 < int(job["timeout-minutes"]) <= limit] == []


@every_workflow
def test_workflow_jobs_and_steps_have_names(name: str) -> None:
    named = [workflow(name), *jobs(name), *steps(name)]
    assert [part for part in named if not part.get("name")] == []


# -- what they trust -----------------------------------------------------------------------------------------------


@every_workflow
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(name: str) -> None:
    used = [line.strip() for line in text(name).splitlines() if re.match(r"\s*(- )?uses:", line)]
    assert len(used) == sum("uses" in step for step in steps(name))
    fitting = re.compile(r"(- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in used if not fitting.fullmatch(line)] == []


def test_one_action_has_one_commit() -> None:
    used = {step["uses"] for name in NAMES for step in steps(name) if "uses" in step}
    assert len(used) == len({action.partition("@")[0] for action in used})


@every_workflow
def test_no_token_stays_in_the_work_tree(name: str) -> None:
    checkouts = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step for step in checkouts if step["with"]["persist-credentials"] != "false"] == []


@every_other_workflow
def test_the_job_s_own_token_is_the_only_secret(name: str) -> None:
    assert not re.search(r"\bsecrets\b", text(name))
    with_token = [step for step in steps(name) if "GITHUB_TOKEN" in step.get("env", {})]
    assert [step for step in with_token if step["env"] != {"GITHUB_TOKEN": "${{ github.token }}"}] == []
    assert [job for job in jobs(name) if "GITHUB_TOKEN" in job.get("env", {})] == []


@every_workflow
def test_nothing_of_an_event_gets_into_a_shell(name: str) -> None:
    assert [step["run"] for step in steps(name) if "${{" in step.get("run", "")] == []


@every_workflow
def test_nothing_is_carried_from_one_run_to_the_next(name: str) -> None:
    carrying = re.compile(r"artifact|actions/cache|^ +cache", flags=re.MULTILINE)
    assert not carrying.search(text(name))


@pytest.mark.parametrize("name", [*WRITERS, "check.yml", VERIFYING])
def test_what_is_installed_is_what_is_locked(name: str) -> None:
    installing = [step["run"] for step in steps(name) if "pip" in step.get("run", "")]
    assert len(installing) == 1
    assert installing[0].endswith("--require-hashes -r requirements/runtime.txt")


@every_workflow
def test_act_finds_the_grammar_sound(name: str, tmp_path: Path) -> None:
    act = f"{sysconfig.get_path('scripts')}/act"
    command = [act, "--validate", "--strict", "--workflows", str(FOLDER / name)]
    done = subprocess.run(command, cwd=ROOT, env={"HOME": str(tmp_path)}, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
