"""A pull request's check, run in act: what a reviewer sees, and that nothing is written but one comment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, Access, Kind
from fake_github.comments import COMMENT_ROUTES
from fake_github.fake import utc_now

if TYPE_CHECKING:
    from fake_github import FakeGitHub
    from fake_github.settings import Settings
    from workflows.project import Project, Run

pytestmark = pytest.mark.repository

VALIDATION, REVIEW = "Validate the declared files", "Review the change"
MARK = "<!-- keyturn-review acme/keys:. -->"
COMMENTS = "/repos/acme/keys/issues/1/comments"
LOADER = "rotations/loader.yaml"


def day(ago: int) -> date:
    """Return a day counted from the real one, by which the workflows judge."""
    return utc_now().date() - timedelta(days=ago)


@pytest.fixture
def change(project: Project, fake: FakeGitHub) -> Project:
    """Pull request 1, which declares a key that is long due."""
    fake.routes.add(*COMMENT_ROUTES)
    fake.add_issue("Declare a key", is_pull_request=True)
    project.declare("loader", day(ago=120))
    project.propose()
    return project


def check(project: Project) -> Run:
    pull_request = {"number": 1, "base": {"ref": "main"}, "head": {"ref": "change"}}
    return project.run("check.yml", "pull_request", number=1, pull_request=pull_request)


def comments(fake: FakeGitHub) -> list[str]:
    assert {comment.author.login for comment in fake.issue(1).comments} <= {BOT}
    return [comment.body for comment in fake.issue(1).comments]


def test_a_sound_change_gets_one_comment_that_is_kept_up_to_date(change: Project, fake: FakeGitHub) -> None:
    change.lock()
    change.propose()
    first = check(change)
    assert first.result == "success", first.log
    assert first.annotations == ()
    (comment,) = comments(fake)
    assert comment.startswith(f"{MARK}\n## keyturn: nothing to object to\n")
    assert "| **open** | `mixpanel/loader` | new |" in comment
    assert "## Validation\n\n1 file: no problems." in first.summary
    assert comment.removeprefix(f"{MARK}\n").strip() in first.summary

    change.declare("other", day(ago=120))
    change.propose()
    again = check(change)
    assert again.result == "success", again.log
    assert ["`mixpanel/other`" in comment for comment in comments(fake)] == [True]
    assert [(each.method, each.path.rstrip("0123456789")) for each in fake.writes] == [
        ("POST", COMMENTS),
        ("PATCH", "/repos/acme/keys/issues/comments/"),
    ]


def test_errors_stop_the_change_and_each_is_shown_once_at_its_line(change: Project, fake: FakeGitHub) -> None:
    change.push()
    change.declare("loader", day(ago=1))
    change.declare("broken", day(ago=1), provider="mixpannel")
    change.propose()

    told = check(change)
    assert told.result == "failure"
    assert (told.steps[VALIDATION], told.steps[REVIEW]) == ("failure", "failure")
    (unknown,) = (message for _, message in told.annotations if "mixpannel" in message)
    (unproved,) = (message for _, message in told.annotations if "nothing shows that the old key" in message)
    assert sorted(told.annotations) == [("error", unproved), ("error", unknown)]
    (comment,) = comments(fake)
    assert comment.startswith(f"{MARK}\n## keyturn: 2 errors\n")
    assert f"`{LOADER}:4`<br>`created-without-evidence`" in comment
    assert "`rotations/broken.yaml:1`<br>`unknown-provider`" in comment


def test_what_was_wrong_before_fails_the_validation_and_is_not_held_against_the_change(
    change: Project, fake: FakeGitHub
) -> None:
    change.declare("broken", day(ago=1), provider="mixpannel")
    change.push()
    change.declare("other", day(ago=1))
    change.propose()

    told = check(change)
    assert (told.steps[VALIDATION], told.steps[REVIEW]) == ("failure", "success")
    assert "`rotations/broken.yaml:1:11`" in told.summary
    assert told.annotations == ()
    assert [comment.splitlines()[1] for comment in comments(fake)] == ["## keyturn: nothing to object to"]


def test_a_warning_is_shown_once_and_fails_nothing(change: Project) -> None:
    declared = change.folder / LOADER
    declared.write_text(f"{declared.read_text()}evidence: {{replaces: 2020-01-01, by: alice}}\n")
    change.propose()

    told = check(change)
    assert told.result == "success", told.log
    assert [level for level, _ in told.annotations] == ["warning"]


def test_the_base_judges(change: Project, fake: FakeGitHub) -> None:
    change.push()
    change.write("keyturn.yaml", "max_waiver: 999d\nlimits: {max_close_count: 99}\n")
    declared = change.folder / LOADER
    declared.write_text(f"{declared.read_text()}waiver: {{until: {day(ago=-600)}, reason: Because.}}\n")
    change.propose()

    told = check(change)
    assert (told.steps[VALIDATION], told.steps[REVIEW]) == ("success", "failure")
    assert "`waiver-too-long`" in comments(fake)[0]
    assert comments(fake)[0].count("`policy-weakened`") == 2


@pytest.mark.parametrize("waived", [0, 90])
def test_a_fork_s_token_leaves_the_review_in_the_summary(waived: int, change: Project, fake: FakeGitHub) -> None:
    if waived:
        declared = change.folder / LOADER
        declared.write_text(f"{declared.read_text()}waiver: {{until: {day(ago=-999)}, reason: Because.}}\n")
        change.propose()
    change.token = fake.add_token(BOT, installation=True, access=Access.READ)

    told = check(change)
    assert told.result == ("failure" if waived else "success"), told.log
    assert f"## keyturn: {'1 error' if waived else 'nothing to object to'}\n" in told.summary
    assert "the summary of the job has the review instead" in told.log
    assert comments(fake) == []
    assert {(each.method, each.status) for each in fake.writes} == {("POST", 403)}


def test_a_merge_queue_is_reviewed_against_what_is_merged_before_it(change: Project, fake: FakeGitHub) -> None:
    base = change.git("rev-parse", "origin/main").strip()

    told = change.run("check.yml", "merge_group", merge_group={"base_sha": base, "base_ref": "refs/heads/main"})
    assert told.result == "success", told.log
    assert "| **open** | `mixpanel/loader` | new |" in told.summary
    assert "this run is for no pull request" in told.log
    assert fake.writes == []


def test_a_tracker_that_does_not_answer_leaves_out_the_plan_and_fails_nothing(
    change: Project, fake: FakeGitHub
) -> None:
    fake.faults.before_effect("GET", "/issues$|/actions/workflows/", 1, Kind.BAD_GATEWAY, times=99)

    told = check(change)
    assert told.result == "success", told.log
    assert "What merging changes is not shown: the issues could not be read." in comments(fake)[0]


def test_a_change_after_which_a_run_would_refuse_is_stopped(change: Project, fake: FakeGitHub) -> None:
    change.write("keyturn.yaml", "limits: {max_close_count: 1, max_close_percent: 1}\n")
    change.declare("other", day(ago=120))
    change.push()
    change.keyturn("apply", "--tracker", "github:acme/keys")
    for key in ("loader", "other"):
        declared = change.folder / f"rotations/{key}.yaml"
        declared.write_text(f"{declared.read_text()}waiver: {{until: {day(ago=-30)}, reason: Because.}}\n")
    change.propose()

    told = check(change)
    assert (told.steps[VALIDATION], told.steps[REVIEW]) == ("success", "failure")
    assert "`closes-too-much`" in comments(fake)[0]


@pytest.mark.parametrize(
    ("state", "hours", "expected"),
    [
        ("active", 37, ("warning", "last ran on its schedule 37 hours ago")),
        ("disabled_inactivity", 1, ("error", "GitHub stopped it after 60 days")),
    ],
    ids=["late", "stopped"],
)
def test_a_schedule_that_does_not_run_is_said_and_holds_nobody_up(
    state: str, hours: int, expected: tuple[str, str], change: Project, settings: Settings
) -> None:
    settings.workflows["schedule.yml"] = state
    settings.runs[0].started_at -= timedelta(hours=hours)

    told = check(change)
    assert told.result == "success", told.log
    ((level, message),) = told.annotations
    assert (level, expected[1] in message) == (expected[0], True)
