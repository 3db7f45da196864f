"""A push to the default branch, and the schedule, run in act from the checkout to the issues."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, Kind
from fake_github.fake import utc_now

if TYPE_CHECKING:
    from fake_github import FakeGitHub
    from workflows.project import Project

pytestmark = pytest.mark.repository

WRITERS = ("issues.yml", "schedule.yml")
TRACKER = ("--tracker", "github:acme/keys")
OPENING, CLOSING, REMINDING = "Open and update issues", "Close issues", "Show the ages and send reminders"


def day(ago: int) -> date:
    """Return a day counted from the real one, by which the workflows judge."""
    return utc_now().date() - timedelta(days=ago)


def methods(fake: FakeGitHub) -> list[str]:
    return [request.method for request in fake.writes]


def test_a_push_opens_what_is_due_once(project: Project, fake: FakeGitHub) -> None:
    project.lock()
    project.declare("loader", day(ago=120))
    project.declare("young", day(ago=1))
    project.push()

    first = project.run("issues.yml", "push")
    issue = fake.issue(1)
    assert first.result == "success", first.log
    assert methods(fake) == ["POST"]
    assert (issue.title, issue.author.login) == ("Rotate mixpanel/loader", BOT)
    assert [account.login for account in issue.assignees] == ["alice"]
    assert "**open** | `mixpanel/loader`" in first.summary

    second = project.run("issues.yml", "push")
    assert second.result == "success", second.log
    assert methods(fake) == ["POST"]


def test_a_push_closes_what_is_recorded_in_one_request(project: Project, fake: FakeGitHub) -> None:
    project.declare("loader", day(ago=120))
    project.push()
    project.keyturn("apply", *TRACKER)
    project.keyturn("record", "mixpanel/loader", "--by", "alice")
    project.push()

    told = project.run("issues.yml", "push")
    assert told.result == "success", told.log
    assert methods(fake) == ["POST", "PATCH"]
    assert (fake.issue(1).state, fake.issue(1).state_reason) == ("closed", "completed")


def test_the_schedule_reminds_once(project: Project, fake: FakeGitHub) -> None:
    project.declare("loader", day(ago=98))  # due eight days ago, so past the threshold of seven
    project.push()
    project.keyturn("apply", *TRACKER, "--today", str(day(ago=9)))

    told = project.run("schedule.yml", "schedule")
    assert told.result == "success", told.log
    assert list(told.steps)[-3:] == [REMINDING, OPENING, CLOSING]
    assert "## Ages of the keys" in told.summary
    assert len(fake.issue(1).comments) == 1

    so_far = len(fake.writes)
    again = project.run("schedule.yml", "schedule")
    assert again.result == "success", again.log
    assert len(fake.writes) == so_far


@pytest.mark.parametrize("workflow", WRITERS)
def test_a_dry_run_writes_nothing(workflow: str, project: Project, fake: FakeGitHub) -> None:
    project.declare("loader", day(ago=120))
    project.push()

    told = project.run(workflow, "workflow_dispatch", inputs={"dry_run": "true"})
    assert told.result == "success", told.log
    assert "**open** | `mixpanel/loader`" in told.summary
    assert fake.writes == []


def test_closing_much_takes_a_person_who_says_so(project: Project, fake: FakeGitHub) -> None:
    project.write("keyturn.yaml", "limits: {max_close_count: 1, max_close_percent: 1}\n")
    for key in ("one", "two", "three"):
        project.declare(key, day(ago=120))
    project.push()
    project.keyturn("apply", *TRACKER)
    project.git("rm", "--quiet", "rotations/one.yaml", "rotations/two.yaml")
    project.push()

    refused = project.run("issues.yml", "push")
    assert refused.result == "failure"
    assert methods(fake) == ["POST"] * 3

    forced = project.run("issues.yml", "workflow_dispatch", inputs={"force": "true", "dry_run": "false"})
    assert forced.result == "success", forced.log
    assert sorted((issue.title, issue.state_reason) for issue in fake.repository().issues.values()) == [
        ("Rotate mixpanel/one", "not_planned"),
        ("Rotate mixpanel/three", None),
        ("Rotate mixpanel/two", "not_planned"),
    ]


@pytest.mark.parametrize("workflow", WRITERS)
def test_a_file_that_needs_correcting_fails_the_job_and_hinders_no_other_key(
    workflow: str, project: Project, fake: FakeGitHub
) -> None:
    project.declare("rotated", day(ago=120))
    project.push()
    project.keyturn("apply", *TRACKER)
    project.keyturn("record", "mixpanel/rotated", "--by", "alice")
    project.declare("loader", day(ago=120))
    project.declare("broken", day(ago=120), provider="mixpannel")
    project.push()

    told = project.run(workflow, "push" if workflow == "issues.yml" else "schedule")
    assert told.result == "failure"
    assert ("error", "no provider named mixpannel; did you mean mixpanel?") in told.annotations
    assert (told.steps[OPENING], told.steps[CLOSING]) == ("failure", "failure")
    assert [(issue.title, issue.state) for issue in fake.repository().issues.values()] == [
        ("Rotate mixpanel/rotated", "closed"),
        ("Rotate mixpanel/loader", "open"),
    ]


def test_a_commit_that_is_not_the_tip_any_more_writes_nothing(project: Project, fake: FakeGitHub) -> None:
    project.declare("loader", day(ago=120))
    project.push()
    fake.interleave(project.push, method="GET", path="/issues$")

    told = project.run("issues.yml", "push")
    assert told.result == "failure"
    assert "Start the workflow anew instead of running an old run again" in told.log
    assert fake.writes == []


def test_a_run_again_of_an_old_run_works_on_the_tip(project: Project, fake: FakeGitHub) -> None:
    project.declare("loader", day(ago=120))
    project.push()
    old = project.git("rev-parse", "HEAD").strip()
    project.keyturn("apply", *TRACKER)
    project.keyturn("record", "mixpanel/loader", "--by", "alice")
    project.push()
    project.git("checkout", "--quiet", old)

    told = project.run("issues.yml", "push")
    assert told.result == "success", told.log
    assert fake.issue(1).state == "closed"


def test_a_tracker_that_does_not_answer_fails_the_job_and_nothing_is_written(
    project: Project, fake: FakeGitHub
) -> None:
    project.declare("loader", day(ago=120))
    project.push()
    fake.faults.before_effect("GET", "/issues$", 1, Kind.BAD_GATEWAY, times=99)

    told = project.run("issues.yml", "push")
    assert told.result == "failure"
    assert (told.steps[OPENING], told.steps[CLOSING]) == ("failure", "failure")
    assert "keyturn: " in told.log
    assert fake.writes == []
