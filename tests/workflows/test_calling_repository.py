"""Another repository that calls keyturn with the lines of its documentation, run in act."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, FakeGitHub
from fake_github.comments import COMMENT_ROUTES
from fake_github.fake import utc_now
from fake_github.pulls import Proposals
from shell.desk import Desk
from shell.scripted_provider import serving
from shell.test_verify_verdicts import NEW, OLD, Acme
from workflows.caller import Caller, Release, samples
from workflows.shards import sharded, versioned

if TYPE_CHECKING:
    from pathlib import Path

    from workflows.project import Run

pytestmark = pytest.mark.repository

SAMPLES = samples()
CHECK, SCHEDULE, VERIFY = "keyturn.yml", "schedule.yml", "verify.yml"


def day(ago: int) -> date:
    """Return a day counted from the real one, by which the workflows judge."""
    return utc_now().date() - timedelta(days=ago)


@pytest.fixture
def caller(fake: FakeGitHub, keyturn: Release, tmp_path: Path) -> Caller:
    """A repository with the documented workflows."""
    caller = Caller(tmp_path, fake.url, fake.add_token(BOT, installation=True), upstream=keyturn)
    for name in (CHECK, SCHEDULE):
        caller.call(name, versioned(name))
    caller.push()
    return caller


def lines(name: str) -> list[str]:
    return [line for line in SAMPLES[name].splitlines() if line.strip()]


def check(caller: Caller, fake: FakeGitHub) -> Run:
    """Run the check of a pull request, number 1."""
    fake.routes.add(*COMMENT_ROUTES)
    fake.add_issue("Declare a key", is_pull_request=True)
    pull_request = {"number": 1, "base": {"ref": "main"}, "head": {"ref": "change"}}
    return caller.run(CHECK, "pull_request", number=1, pull_request=pull_request)


def test_twenty_lines_are_all() -> None:
    assert len(lines(CHECK)) + len(lines(SCHEDULE)) <= 20


def test_a_push_opens_issues(caller: Caller, fake: FakeGitHub) -> None:
    caller.declare("loader", day(ago=120))
    caller.declare("young", day(ago=1))
    caller.push()

    first = caller.run(CHECK, "push")
    assert first.result == "success", first.log
    issue = fake.issue(1)
    assert (issue.title, issue.author.login) == ("Rotate mixpanel/loader", BOT)
    assert [request.method for request in fake.writes] == ["POST"]
    assert "**open** | `mixpanel/loader`" in first.summary


def test_the_schedule_reminds_and_shows_the_ages(caller: Caller, fake: FakeGitHub) -> None:
    caller.declare("loader", day(ago=120))
    caller.push()

    told = caller.run(SCHEDULE, "schedule")
    assert told.result == "success", told.log
    assert [issue.title for issue in fake.repository().issues.values()] == ["Rotate mixpanel/loader"]
    assert "## Ages of the keys" in told.summary


def test_a_change_is_validated_and_reviewed_and_nothing_that_it_brings_is_run(caller: Caller, fake: FakeGitHub) -> None:
    ran = caller.place / "ran"
    for module in ("keyturn", "keyturn/__main__", "keyturn/__init__", "yaml", "pip", "pip/__main__", "sitecustomize"):
        caller.write(f"{module}.py", f"open({str(ran)!r}, 'a').write({module!r})\n")
    for folder in (".", ".keyturn-action"):
        caller.write(f"{folder}/action.yml", "name: ours\ndescription: ours\nruns: {using: composite, steps: []}\n")
    caller.declare("loader", day(ago=120))
    caller.propose()

    told = check(caller, fake)
    assert (told.result, ran.exists()) == ("success", False), told.log
    (comment,) = fake.issue(1).comments
    assert "## keyturn: nothing to object to\n" in comment.body
    assert "| **open** | `mixpanel/loader` | new |" in comment.body
    assert "1 file: no problems." in told.summary
    assert [request.path for request in fake.writes] == ["/repos/acme/keys/issues/1/comments"]


def test_a_change_that_needs_correcting_fails_and_is_reviewed_all_the_same(caller: Caller, fake: FakeGitHub) -> None:
    caller.declare("broken", day(ago=1), provider="mixpannel")
    caller.propose()

    told = check(caller, fake)
    assert told.result == "failure"
    assert told.annotations == (("error", "no provider named mixpannel; did you mean mixpanel?"),)
    assert "unknown-provider" in fake.issue(1).comments[0].body


def test_without_its_commit_a_called_workflow_fetches_nothing(caller: Caller, fake: FakeGitHub) -> None:
    caller.call(CHECK, SAMPLES[CHECK])
    caller.declare("loader", day(ago=120))
    caller.push()

    told = caller.run(CHECK, "push")
    assert told.result == "failure"
    assert [message for _, message in told.annotations] == [
        "GitHub does not say which commit was called. Give it as `version`, a full SHA."
    ]
    assert fake.requests == []


# -- verify --------------------------------------------------------------------------------------------------------


def test_a_provider_is_asked_with_the_secrets_of_the_calling_job(caller: Caller, fake: FakeGitHub) -> None:
    proposals = Proposals()
    fake.routes.add(*proposals.routes())
    caller.call(VERIFY, SAMPLES[VERIFY])
    caller.declare("loader", date(2020, 1, 1), provider="acme")
    caller.secrets |= {"KEYTURN_NEW_TOKEN": NEW, "KEYTURN_OLD_TOKEN": OLD, "KEYTURN_FINGERPRINT_KEY": "salt" * 8}
    with serving() as service:
        acme = Acme(service, Desk(caller.folder))
        caller.push()
        told = caller.run(VERIFY, "workflow_dispatch", ref="refs/heads/main", inputs={"id": "acme/loader"})
    assert told.result == "success", told.log
    assert acme.asked == ["control", "new", "old"]
    assert [ends.head for ends in proposals.ends.values()] == ["keyturn/acme-loader"]
    assert [value for value in (NEW, OLD) if value in told.log + told.summary + str(fake.requests)] == []


# -- shards --------------------------------------------------------------------------------------------------------

COUNT, PER, NUMBER = 1_000, 251, 4  # benchmarks/sharding.py does the same with 10,000 files


def test_shards_in_a_matrix_say_what_one_run_says_and_read_each_file_once(caller: Caller, fake: FakeGitHub) -> None:
    found = sharded(caller, COUNT, PER)
    jobs = {name.rpartition("/")[2].strip(): result for name, result in found.told.jobs.items()}
    assert Counter(found.told.jobs.values()) == {"success": 1, "failure": NUMBER + 1}
    assert (jobs["Count the declared files"], jobs["Validate all shards"]) == ("success", "failure")
    assert (len(found.files), sum(found.files), found.is_same) == (NUMBER, COUNT + 1, True)
    said = [message for _, message in found.told.annotations]
    assert sorted(said) == sorted(each["message"] for each in found.whole["problems"])
    assert sum("is declared in" in message for message in said) == 2
    assert fake.requests == []
