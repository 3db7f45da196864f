"""The workflow that publishes the report: what it hands to Pages, and when it hands over nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml
from fake_github import Kind
from workflows.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from fake_github import FakeGitHub
    from workflows.project import Project

pytestmark = pytest.mark.repository

WORKFLOWS = ROOT / ".github/workflows"
WRITING, PUBLISHING = "Write the report", "Publish"


@pytest.fixture
def declared(project: Project) -> Project:
    project.write("requirements/report.txt", "# installed already\n")
    project.declare("loader", datetime.now(UTC).date() - timedelta(days=120))  # noqa: TID251 - the job has the real day
    project.push()
    return project


def published(project: Project) -> Path:
    return project.place / "published"


def test_it_publishes_the_report_with_issues_and_history(declared: Project, fake: FakeGitHub) -> None:
    declared.keyturn("apply", "--tracker", "github:acme/keys")
    so_far = len(fake.writes)

    told = declared.run("pages.yml", "workflow_dispatch")
    assert told.result == "success", told.log
    assert (told.steps[WRITING], told.steps[PUBLISHING]) == ("success", "success")
    assert len(fake.writes) == so_far
    (key,) = json.loads((published(declared) / "report.json").read_text(encoding="utf-8"))["keys"]
    assert (key["rotation"], key["issue"], len(key["versions"])) == ("mixpanel/loader", 1, 1)


def test_a_tracker_that_does_not_answer_publishes_nothing(declared: Project, fake: FakeGitHub) -> None:
    fake.faults.before_effect("GET", "/issues$", 1, Kind.BAD_GATEWAY, times=99)
    told = declared.run("pages.yml", "workflow_dispatch")
    assert told.steps == {**told.steps, WRITING: "failure"}
    assert PUBLISHING not in told.steps
    assert not published(declared).exists()


def test_it_is_off_until_the_repository_asks_for_it() -> None:
    # act tells nothing of a run in which every job is left out.
    text = (WORKFLOWS / "pages.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert jobs["report"]["if"] == "${{ vars.KEYTURN_PAGES == 'true' || github.event_name == 'workflow_dispatch' }}"
    assert (jobs["publish"]["needs"], "if" in jobs["publish"]) == ("report", False)


def test_what_publishes_sees_neither_files_nor_issues() -> None:
    jobs = yaml.safe_load((WORKFLOWS / "pages.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert "write" not in jobs["report"]["permissions"].values()
