"""A pull request's check, run in act: what a reviewer sees, and that nothing is written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fake_github import Access, Kind
from fake_github.fake import utc_now

if TYPE_CHECKING:
    from fake_github import FakeGitHub
    from workflows.project import Project

pytestmark = pytest.mark.repository

VALIDATION, PLAN = "Validate the declared files", "Show what merging would do"
NUMBER = {"number": 7, "pull_request": {"number": 7}}


@pytest.fixture
def due(project: Project) -> Project:
    """A change that declares a key which is long due."""
    project.declare("loader", utc_now().date() - timedelta(days=120))
    project.push()
    return project


@pytest.mark.parametrize(("event", "payload"), [("pull_request", NUMBER), ("merge_group", {})])
def test_a_sound_change_shows_its_plan_and_writes_nothing(
    event: str, payload: dict[str, object], due: Project, fake: FakeGitHub
) -> None:
    due.token = fake.add_token("github-actions[bot]", installation=True, access=Access.READ)

    told = due.run("check.yml", event, **payload)
    assert told.result == "success", told.log
    assert "## Validation\n\n1 file: no problems." in told.summary
    assert "**open** | `mixpanel/loader`" in told.summary
    assert told.annotations == ()
    assert fake.requests != []
    assert fake.writes == []


def test_a_fault_is_shown_at_its_line_and_fails_the_check(due: Project, fake: FakeGitHub) -> None:
    due.declare("broken", utc_now().date(), provider="mixpannel")
    due.push()

    told = due.run("check.yml", "pull_request", **NUMBER)
    assert told.result == "failure"
    assert told.steps[VALIDATION] == "failure"
    assert told.annotations == (("error", "no provider named mixpannel; did you mean mixpanel?"),)
    assert "`rotations/broken.yaml:1:11`" in told.summary
    assert fake.requests == []


def test_a_warning_is_shown_once_and_fails_nothing(due: Project) -> None:
    declared = due.folder / "rotations/loader.yaml"
    declared.write_text(f"{declared.read_text()}evidence: {{replaces: 2020-01-01, by: alice}}\n")
    due.push()

    told = due.run("check.yml", "pull_request", **NUMBER)
    assert told.result == "success", told.log
    assert [level for level, _ in told.annotations] == ["warning"]


def test_a_tracker_that_the_token_cannot_read_leaves_out_the_plan_and_fails_nothing(
    due: Project, fake: FakeGitHub
) -> None:
    fake.faults.before_effect("GET", "/issues$", 1, Kind.BAD_GATEWAY, times=99)

    told = due.run("check.yml", "pull_request", **NUMBER)
    assert told.result == "success", told.log
    assert ("warning", "The issues could not be read, so this run does not show what merging would do.") in (
        told.annotations
    )
    assert fake.writes == []


def test_a_change_that_would_close_too_much_fails_the_check(due: Project, fake: FakeGitHub) -> None:
    due.write("keyturn.yaml", "limits: {max_close_count: 1, max_close_percent: 1}\n")
    for key in ("one", "two"):
        due.declare(key, utc_now().date() - timedelta(days=120))
    due.push()
    due.keyturn("apply", "--tracker", "github:acme/keys")
    due.git("rm", "--quiet", "rotations/one.yaml", "rotations/two.yaml")
    due.git("commit", "--quiet", "--message", "Remove keys")
    so_far = len(fake.writes)

    told = due.run("check.yml", "pull_request", **NUMBER)
    assert told.result == "failure"
    assert told.steps[PLAN] == "failure"
    assert len(fake.writes) == so_far
