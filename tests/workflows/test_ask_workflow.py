"""The form of an issue, in act from the event to the pull request: for the people of the repository alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_github.pulls import Proposals
from shell.test_ask_command import body

if TYPE_CHECKING:
    from fake_github import FakeGitHub
    from workflows.project import Project, Run

pytestmark = pytest.mark.repository

FILE, BRANCH = "rotations/loader.yaml", "keyturn/request/mixpanel-loader"
HOSTILE = "$(touch stolen)`touch stolen` ${{ github.token }} ::error::stolen @all closes #1 <!-- x -->"


@pytest.fixture
def proposals(fake: FakeGitHub) -> Proposals:
    proposals = Proposals()
    fake.routes.add(*proposals.routes())
    return proposals


def asked(project: Project, fake: FakeGitHub, text: str, association: str = "MEMBER") -> Run:
    """Let carol open an issue, and run what that starts."""
    number = fake.add_issue("Please rotate a key", body=text, author="carol").number
    project.write(FILE, "provider: mixpanel\nkey: loader\nowners: [alice]\ncreated: 2026-01-01\nconsumers: []\n")
    project.push()
    issue = {"number": number, "user": {"login": "carol"}, "author_association": association, "body": text}
    return project.run("ask.yml", "issues", action="opened", issue=issue)


def test_a_form_becomes_a_pull_request_and_is_answered(
    project: Project, fake: FakeGitHub, proposals: Proposals
) -> None:
    told = asked(project, fake, body(deadline="2099-12-01", note=HOSTILE))
    assert told.result == "success", told.log
    (number,) = proposals.ends
    assert proposals.ends[number].head == BRANCH
    change = project.git("--git-dir", str(project.origin), "diff", "main", BRANCH)
    added = [line for line in change.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert [line.split(":")[0] for line in added] == ["+request", "+  reason", "+  replaces", "+  deadline", "+  note"]
    (comment,) = fake.issue(1).comments
    assert BRANCH in comment.body
    assert HOSTILE not in comment.body + str(fake.issue(number).body)
    assert not list(project.folder.rglob("stolen"))
    assert told.annotations == ()


def test_of_a_stranger_nothing_is_run(project: Project, fake: FakeGitHub, proposals: Proposals) -> None:
    with pytest.raises(AssertionError):  # act tells nothing of a workflow that has only skipped jobs
        asked(project, fake, body(), "NONE")
    assert (proposals.ends, fake.requests) == ({}, [])


def test_a_hostile_key_is_answered_and_does_nothing(project: Project, fake: FakeGitHub, proposals: Proposals) -> None:
    told = asked(project, fake, body(key=HOSTILE))
    assert told.result == "failure"
    assert (proposals.ends, told.annotations) == ({}, ())
    (comment,) = fake.issue(1).comments
    assert "stolen" not in comment.body
    assert not list(project.folder.rglob("stolen"))
