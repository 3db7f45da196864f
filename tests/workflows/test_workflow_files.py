"""What act leaves out, and what no run shows: triggers, permissions, concurrency, pins, and what must not be there."""

from __future__ import annotations

import json
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
CALLED = tuple(name for name in NAMES if name.startswith("reusable-"))  # by other repositories
VERIFYING = "verify.yml"  # has an environment and its secrets; see test_verify_workflow.py

# What starts a workflow: people who may write here, the calendar, and proposed changes without any right of their own.
# Whoever adds `pull_request_target`, `workflow_run`, `issues` or `issue_comment` gives strangers a run with our rights.
TRIGGERS = {"push", "schedule", "workflow_dispatch", "workflow_call", "pull_request", "merge_group"} | {
    "branch_protection_rule"
}

# The one exception: it listens to the people of the repository alone, and reads what they wrote as data. See
# test_ask_workflow.py for what a stranger and a hostile text bring about.
ASKING = "ask.yml"

# Every job and all that it may do. What may be written stands with the reason.
ISSUE_WRITER = {
    "contents": "read",
    "issues": "write: to open, update and close them is what the job is for",
    "actions": "read",
    "pull-requests": "read",
}
REVIEWER = {
    "contents": "read",
    "issues": "read",
    "actions": "read",
    "pull-requests": "write: one comment with the review; GitHub takes it from a fork's token",
}
PERMITTED: dict[str, dict[str, str]] = {
    "check.yml check": REVIEWER,
    "ci.yml checks": {"contents": "read"},
    "issues.yml issues": ISSUE_WRITER,
    "schedule.yml schedule": ISSUE_WRITER,
    "reusable-check.yml check": REVIEWER,
    "reusable-issues.yml issues": ISSUE_WRITER,
    "reusable-validate.yml size": {"contents": "read"},
    "reusable-validate.yml shard": {"contents": "read"},
    "reusable-validate.yml validated": {},
    "ask.yml ask": {
        "contents": "write: pushes the branch with the request; a rule on the default branch keeps it from that",
        "pull-requests": "write: opens the pull request of that branch",
        "issues": "write: answers whoever asked, once",
    },
    "verify.yml verify": {
        "contents": "write: pushes the branch with the evidence; a rule on the default branch keeps it from that",
        "pull-requests": "write: opens the pull request of that branch",
    },
    "advisories.yml advisories": {"contents": "read"},
    "pages.yml report": {"contents": "read", "issues": "read", "actions": "read", "pull-requests": "read"},
    "pages.yml publish": {
        "pages": "write: publishes the report",
        "id-token": "write: shows Pages that it comes from this workflow",
    },
    "release.yml build": {"contents": "read"},
    "release.yml attest": {
        "id-token": "write: signs as this workflow",
        "attestations": "write: stores what was signed",
    },
    "release.yml publish": {"id-token": "write: trusted publishing, so that no password is kept anywhere"},
    "release.yml announce": {"contents": "write: makes the release beside the tag"},
    "scorecard.yml scorecard": {
        "contents": "read",
        "security-events": "write: shows the result under Security",
        "id-token": "write: publishes the result as this workflow",
    },
}

# Whose steps may name which secrets: nothing that a proposed change can start. See test_verify_workflow.py for its own.
SECRETS = dict.fromkeys(WRITERS, frozenset({"KEYTURN_SECRETS_TOKEN"})) | {
    "reusable-issues.yml": frozenset({"KEYTURN_SECRETS_TOKEN", "KEYTURN_TOKEN"}),
    "ask.yml": frozenset({"KEYTURN_TOKEN"}),
}


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 would read the key `on` as true.
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text
    return document


def workflow(name: str) -> dict[str, Any]:
    return read(FOLDER / name)


def triggers(name: str) -> set[str]:
    started = workflow(name)["on"]
    return {started} if isinstance(started, str) else set(started)


def jobs(name: str) -> Iterator[dict[str, Any]]:
    yield from workflow(name)["jobs"].values()


def steps(name: str) -> Iterator[dict[str, Any]]:
    for job in jobs(name):
        yield from job.get("steps", ())  # one that calls another workflow has none


def calls(name: str) -> list[str]:
    """Return what the steps run of ours, in order."""
    return [found for step in steps(name) for found in re.findall(r"scripts/\w+\.py|keyturn \w+", step.get("run", ""))]


PROPOSED = [name for name in NAMES if {"pull_request", "merge_group"} & triggers(name)]
every_workflow = pytest.mark.parametrize("name", NAMES)
every_workflow_of_a_proposed_change = pytest.mark.parametrize("name", PROPOSED)


# -- what starts them ----------------------------------------------------------------------------------------------


@every_workflow
def test_nothing_privileged_is_started_by_strangers(name: str) -> None:
    assert triggers(name) <= TRIGGERS | ({"issues"} if name == ASKING else set())


def test_these_are_started_by_proposed_changes() -> None:
    assert set(PROPOSED) == set(CHECKS)


@pytest.mark.parametrize(
    ("name", "started"),
    [
        ("check.yml", {"pull_request": "", "merge_group": ""}),
        ("ci.yml", {"push": {"branches": ["main"]}, "pull_request": "", "merge_group": ""}),
    ],
)
def test_a_check_starts_for_every_change_whatever_it_touches(name: str, started: dict[str, Any]) -> None:
    assert workflow(name)["on"] == started


def test_the_issues_follow_the_default_branch_alone() -> None:
    started = workflow("issues.yml")["on"]
    assert started.keys() == {"push", "workflow_dispatch"}
    assert started["push"] == {"branches": ["main"]}


def test_the_schedule_is_alone_in_its_file_off_the_hour_and_several_times_a_day() -> None:
    started = workflow("schedule.yml")["on"]
    assert started.keys() == {"schedule", "workflow_dispatch"}
    (entry,) = started["schedule"]
    minute, hours, *days = entry["cron"].split()
    assert int(minute) % 2 == 1
    assert len(hours.split(",")) >= 3
    assert days == ["*", "*", "*"]


@pytest.mark.parametrize("name", WRITERS)
def test_a_person_can_look_before_anything_is_written(name: str) -> None:
    asked = workflow(name)["on"]["workflow_dispatch"]["inputs"]["dry_run"]
    assert (asked["type"], asked["default"]) == ("boolean", "false")


# -- what they run -------------------------------------------------------------------------------------------------


def test_what_each_runs() -> None:
    opening, closing = "scripts/open_issues.py", "scripts/close_validated.py"
    assert calls("check.yml") == ["scripts/validate_rotations.py", "keyturn review", "keyturn doctor"]
    assert calls("issues.yml") == [opening, closing]
    assert calls("schedule.yml") == ["scripts/check_key_ages.py", opening, closing]
    assert [step["run"] for step in steps("ci.yml") if "run" in step] == [".ci/run"]


def test_every_python_that_we_support_is_checked() -> None:
    (job,) = jobs("ci.yml")
    assert job["strategy"] == {"fail-fast": "false", "matrix": {"python": ["3.11", "3.12", "3.13", "3.14"]}}


def test_a_review_sees_the_whole_history_and_what_the_change_is_merged_into() -> None:
    (checkout,) = (step["with"] for step in steps("check.yml") if "checkout" in step.get("uses", ""))
    assert checkout == {"fetch-depth": "0", "persist-credentials": "false"}
    (review,) = (step for step in steps("check.yml") if "keyturn review" in step.get("run", ""))
    assert review["env"] == {
        "BASE": "${{ github.base_ref && format('origin/{0}', github.base_ref) || github.event.merge_group.base_sha }}",
        "GITHUB_TOKEN": "${{ github.token }}",
    }
    assert review["if"] == "${{ !cancelled() && steps.install.outcome == 'success' }}"


def test_a_schedule_that_stopped_holds_no_change_up() -> None:
    *_, last = steps("check.yml")
    assert "keyturn doctor --only heartbeat " in last["run"]
    assert last["run"].endswith('case "$status" in 0 | 1 | 3) ;; *) exit "$status" ;; esac\n')


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


@every_workflow
def test_nothing_is_permitted_but_to_the_job_that_needs_it(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    granted = {f"{name} {job}": body["permissions"] for job, body in workflow(name)["jobs"].items()}
    rows = {job: permitted for job, permitted in PERMITTED.items() if job.startswith(f"{name} ")}
    assert granted == {
        job: {scope: level.partition(":")[0] for scope, level in permitted.items()} for job, permitted in rows.items()
    }


def test_the_table_knows_no_workflow_that_is_gone_and_gives_a_reason_for_whatever_may_be_written() -> None:
    assert {job.partition(" ")[0] for job in PERMITTED} == set(NAMES)
    levels = [level for permitted in PERMITTED.values() for level in permitted.values()]
    assert [level for level in levels if not re.fullmatch(r"read|write: \w.{9,}", level)] == []


@every_workflow
def test_every_permission_says_what_it_is_for(name: str) -> None:
    granted = re.findall(r"^ +[\w-]+: (?:read|write)\b.*$", text(name), flags=re.MULTILINE)
    assert len(granted) == sum(len(job["permissions"]) for job in jobs(name))
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
    assert [job for job in jobs(name) if "steps" in job and not 0 < int(job["timeout-minutes"]) <= limit] == []


@every_workflow
def test_workflow_jobs_and_steps_have_names(name: str) -> None:
    named = [workflow(name), *jobs(name), *steps(name)]
    assert [part for part in named if not part.get("name")] == []


# -- what other repositories call ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLED)
def test_what_others_call_is_started_by_them_alone(name: str) -> None:
    assert triggers(name) == {"workflow_call"}


@pytest.mark.parametrize("name", CALLED)
def test_what_others_call_is_keyturn_at_the_commit_that_they_named(name: str) -> None:
    for job in (job for job in jobs(name) if any("uses" in step for step in job["steps"])):
        called, own, keyturn, *actions = job["steps"]
        assert called["env"] == {"VERSION": "${{ job.workflow_sha || inputs.version }}"}
        assert '[[ ! "$VERSION" =~ ^[0-9a-f]{40}$ ]]' in called["run"]
        assert "repository" not in own["with"]
        assert keyturn["with"] == {
            "repository": "${{ job.workflow_repository || 'keyturn/keyturn' }}",
            "ref": "${{ steps.called.outputs.version }}",
            "path": ".keyturn-action",
            "persist-credentials": "false",
        }
        assert {step["uses"] for step in actions} == {"./.keyturn-action"}


def test_what_others_call_checks_out_and_judges_as_we_do() -> None:
    for ours, called in (("check.yml", "reusable-check.yml"), ("issues.yml", "reusable-issues.yml")):
        first, second = (
            next(step["with"] for step in steps(name) if "checkout" in step.get("uses", "")) for name in (ours, called)
        )
        assert first == second
    (base,) = (step["env"]["BASE"] for step in steps("check.yml") if "BASE" in step.get("env", {}))
    (review,) = (
        step["with"] for step in steps("reusable-check.yml") if step.get("with", {}).get("command") == "review"
    )
    assert review["arguments"].splitlines() == [f"--base={base}", "--comment", "--format=github"]


def test_a_schedule_that_stopped_holds_no_change_of_others_up() -> None:
    *_, last = steps("reusable-check.yml")
    assert last["with"].items() >= {"command": "doctor", "tolerated": "1 3"}.items()
    assert last["with"]["arguments"].splitlines() == ["--only=heartbeat", "--format=github"]


def test_what_others_call_waits_as_ours_does_for_each_root() -> None:
    (check,), (issues,) = (list(jobs(f"reusable-{name}.yml")) for name in ("check", "issues"))
    assert check["concurrency"] == {
        "group": "keyturn-check-${{ inputs.root || '.' }}-${{ github.event.pull_request.number || github.ref }}",
        "cancel-in-progress": "true",
    }
    assert issues["concurrency"] == {
        "group": "keyturn-tracker-${{ inputs.root || '.' }}",
        "cancel-in-progress": "false",
    }


def test_however_many_shards_one_job_says_whether_all_are_well() -> None:
    size, shard, validated = jobs("reusable-validate.yml")
    assert (shard["needs"], validated["needs"], validated["if"]) == ("size", ["size", "shard"], "${{ !cancelled() }}")
    assert shard["strategy"] == {"fail-fast": "false", "matrix": "${{ fromJSON(needs.size.outputs.matrix) }}"}
    assert size["outputs"] == {"matrix": "${{ steps.matrix.outputs.matrix }}"}
    (step,) = validated["steps"]
    assert (step["env"], step["run"]) == ({"RESULT": "${{ needs.shard.result }}"}, 'test "$RESULT" = success')


# -- what they trust -----------------------------------------------------------------------------------------------


def users() -> Iterator[Path]:
    """Give every file that may use an action or another workflow."""
    yield from FOLDER.iterdir()
    yield from ROOT.glob("action.y*ml")
    yield from ROOT.glob(".github/actions/*/action.y*ml")


def used(document: Any) -> Iterator[str]:
    """Give every `uses`, wherever it stands."""
    if isinstance(document, dict):
        yield from (value for key, value in document.items() if key == "uses")
    parts = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for part in parts:
        yield from used(part)


@pytest.mark.parametrize("path", list(users()), ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(path: Path) -> None:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    shown = [line for line in lines if re.match(r"(- )?uses:", line)]
    every = list(used(read(path)))
    assert len(shown) == len(every)
    beside = r"( # zizmor: ignore\[self-repository\] \w.*)?"
    fitting = re.compile(rf"(- )?uses: ([\w-]+/[\w./-]+@[0-9a-f]{{40}} # v\d+\.\d+\.\d+|\./[\w./-]+{beside})")
    assert [line for line in shown if not fitting.fullmatch(line)] == []
    assert [action for action in every if not re.search(r"@[0-9a-f]{40}$|^\./", action)] == []


def test_one_action_has_one_commit() -> None:
    every = {action for path in users() for action in used(read(path))}
    assert len(every) == len({action.partition("@")[0] for action in every})


@every_workflow
def test_no_token_stays_in_the_work_tree(name: str) -> None:
    checkouts = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step for step in checkouts if step["with"]["persist-credentials"] != "false"] == []


@every_workflow
def test_a_token_is_given_to_the_steps_that_need_it(name: str) -> None:
    shared = json.dumps([workflow(name).get("env"), *(job.get("env") for job in jobs(name))])
    assert not re.search(r"github\.token|secrets\.", shared)


@pytest.mark.parametrize("name", [name for name in NAMES if name != VERIFYING])
def test_no_secret_is_given_but_by_name_and_to_whom_the_table_allows_it(name: str) -> None:
    declaring = r"^    secrets:$"  # what a called workflow may be given; what it names of them stands below
    said = re.sub(rf" # .*|{declaring}", "", text(name), flags=re.MULTILINE)
    named = re.findall(r"\bsecrets\b\.?(\w*)", said)
    assert set(named) <= SECRETS.get(name, frozenset())


@every_workflow
def test_nothing_of_an_event_gets_into_a_shell(name: str) -> None:
    scripts = [
        script for step in steps(name) for script in (step.get("run", ""), step.get("with", {}).get("script", ""))
    ]
    assert [script for script in scripts if "${{" in script] == []


@every_workflow
def test_nothing_is_carried_from_one_run_to_the_next(name: str) -> None:
    assert not re.search(r"actions/cache|^ +cache\b|\brun-id\b", text(name), flags=re.MULTILINE)


@every_workflow_of_a_proposed_change
def test_a_proposed_change_leaves_nothing_behind_and_gets_nothing(name: str) -> None:
    assert not re.search(r"artifact|\bsecrets\b|\benvironment:|self-hosted", text(name))
    allowed = {"pull-requests"} if name == "check.yml" else set()
    assert {scope for job in jobs(name) for scope, level in job["permissions"].items() if level == "write"} == allowed
    assert {step["with"].get("ref") for step in steps(name) if "checkout" in step.get("uses", "")} == {None}


@every_workflow
def test_what_is_installed_is_what_is_locked(name: str) -> None:
    installing = [step["run"] for step in steps(name) if "pip install" in step.get("run", "")]
    locked = re.compile(r".* --require-hashes -r requirements/\w+\.txt")
    assert [script for script in installing if not locked.fullmatch(script)] == []


@pytest.mark.parametrize("name", [*WRITERS, "check.yml", VERIFYING])
def test_python_takes_nothing_from_where_anybody_may_put_a_file(name: str) -> None:
    (job,) = jobs(name)
    assert job["env"].items() >= {"PYTHONPATH": "src", "PYTHONSAFEPATH": "1"}.items()
    assert sum("pip" in step.get("run", "") for step in job["steps"]) == 1


@every_workflow
def test_act_finds_the_grammar_sound(name: str, tmp_path: Path) -> None:
    act = f"{sysconfig.get_path('scripts')}/act"
    command = [act, "--validate", "--strict", "--workflows", str(FOLDER / name)]
    done = subprocess.run(command, cwd=ROOT, env={"HOME": str(tmp_path)}, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
