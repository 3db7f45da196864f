"""The whole story, from a leak to a closed issue, through the real workflows: of three keys only what is proved closes.

Bob finds three keys of one provider in a public place. For two he rotates, the workflow in the protected environment
proves it; carol approves one of those pull requests, and nobody the other one. For the third he types what such a run
would have written, and carol approves that too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, Commit, Pull, Review, Run as Served
from fake_github.comments import COMMENT_ROUTES
from fake_github.fake import utc_now
from fake_github.pulls import Proposals
from shell.desk import Calendar, Desk
from shell.scripted_provider import serving
from shell.test_verify_verdicts import NEW, OLD, Acme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fake_github import FakeGitHub, Issue
    from workflows.project import Project, Run

pytestmark = pytest.mark.repository

APPROVED, UNSEEN, TYPED = KEYS = ("approved", "unseen", "typed")
FINGERPRINTS = "salt" * 8
CREATE, REVOKE = "Make a new token", "Delete the old token"
CONTENTS = {"approved": "number-one", "unseen": "number-two", "typed": "number-three"}


def old(key: str) -> str:
    return f"{OLD}{CONTENTS[key]}"


def new(key: str) -> str:
    return f"{NEW}{CONTENTS[key]}"


@dataclass
class Story:
    """A repository with its clone, what GitHub shows of it, and the provider of its keys."""

    project: Project
    fake: FakeGitHub
    acme: Acme
    proposals: Proposals
    told: list[Run] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fake.routes.add(*COMMENT_ROUTES, *self.proposals.routes())
        self.acme.known |= {new(key): "new" for key in KEYS} | {old(key): "old" for key in KEYS}
        self.acme.offer(steps={"create": [CREATE], "revoke": [REVOKE]})
        self.acme.desk.policy(
            tracker="github:acme/keys",
            probe={"hosts": [self.acme.origin]},
            evidence={"four_eyes": True, "methods": {"standard": {"new_key": ["probe"], "old_key": ["probe"]}}},
        )
        for key in KEYS:
            self.project.declare(key, (utc_now() - timedelta(days=5)).date(), provider="acme")
        self.project.push()

    # -- what people do ------------------------------------------------------------------------------------------------

    def baseline(self, key: str) -> None:
        """Note, from a laptop and before anything is rotated, what the key in use is."""
        self.acme.desk.environment = {"KEYTURN_OLD_TOKEN": old(key), "KEYTURN_FINGERPRINT_KEY": FINGERPRINTS}
        self.acme.answer(old="accepted")
        self.keyturn("verify", f"acme/{key}", "--baseline")
        self.acme.answer()

    def keyturn(self, *arguments: str) -> None:
        """Run a command in the clone, without GitHub around it."""
        ran = self.acme.desk.keyturn(*arguments)
        assert ran.status == 0, ran

    def propose(self, branch: str) -> int:
        """Push what is in the clone as a branch of its own and open its pull request by hand."""
        self.project.git("switch", "--quiet", "--create", branch)
        self.project.propose()
        self.project.git("push", "--quiet", "origin", branch)
        return self.fake.add_issue(f"Pull in {branch}", author="bob", is_pull_request=True).number

    def merge(self, number: int, branch: str, approver: str | None = None) -> None:
        """Merge a pull request as GitHub does, after somebody approved it or nobody."""
        git, repository, account = self.project.git, self.fake.repository(), self.fake.state.account
        git("fetch", "--quiet", "origin")
        git("switch", "--quiet", "main")
        before = git("rev-parse", "main").strip()
        commits = [self.commit(sha) for sha in git("rev-list", "--reverse", f"main..origin/{branch}").splitlines()]
        git("merge", "--quiet", "--no-ff", "--message", f"Merge pull request #{number}", f"origin/{branch}")
        git("push", "--quiet", "origin", "main")
        merged = git("rev-parse", "main").strip()
        reviews = [Review(1, account(approver), "APPROVED", commits[-1].sha)] if approver else []
        opener = self.fake.issue(number).author
        repository.pulls[number] = Pull(
            number, opener, commits, merged, utc_now(), landed=frozenset({merged}), reviews=reviews
        )
        repository.behind |= {before, merged}
        self.fake.person_closes(number)

    def commit(self, sha: str) -> Commit:
        """Return a commit as GitHub shows it."""
        name, email, message = self.project.git("show", "--no-patch", "--format=%an%n%ae%n%B", sha).split("\n", 2)
        files = self.project.git("show", "--format=", "--name-only", sha).splitlines()
        return Commit(sha, self.fake.state.account(name), email, message, tuple(files))

    def type_as(self, other: str) -> int:
        """Propose for the third key what a run has recorded for another one."""
        git = self.project.git
        git("fetch", "--quiet", "origin")
        text = git("show", f"origin/keyturn/acme-{other}:rotations/{other}.yaml")
        self.project.write(f"rotations/{TYPED}.yaml", text.replace(f"key: {other}", f"key: {TYPED}"))
        return self.propose(TYPED)

    # -- what workflows do ---------------------------------------------------------------------------------------------

    def run(self, workflow: str, event: str, **payload: object) -> Run:
        told = self.project.run(workflow, event, **payload)
        self.told.append(told)
        assert told.result == "success", told.log
        return told

    def review(self, number: int, branch: str) -> str:
        """Run the check of a pull request and return its one comment."""
        self.project.git("fetch", "--quiet", "origin")
        self.project.git("switch", "--quiet", "--detach", f"origin/{branch}")
        self.run("check.yml", "pull_request", number=number, pull_request={"number": number, "base": {"ref": "main"}})
        (comment,) = self.fake.issue(number).comments
        assert comment.author.login == BOT
        return comment.body

    def verify(self, key: str, run: int) -> int:
        """Run the verification that bob started, tell GitHub of it, and return its pull request."""
        project, started = self.project, utc_now()
        project.actor, project.settings = "bob", {"GITHUB_RUN_ID": str(run)}
        project.secrets = {
            "KEYTURN_NEW_TOKEN": new(key),
            "KEYTURN_OLD_TOKEN": old(key),
            "KEYTURN_FINGERPRINT_KEY": FINGERPRINTS,
        }
        self.run("verify.yml", "workflow_dispatch", inputs={"id": f"acme/{key}"})
        project.secrets, project.settings = {}, {}
        self.serve(key, run, started)
        return next(number for number, ends in self.proposals.ends.items() if ends.head == f"keyturn/acme-{key}")

    def serve(self, key: str, run: int, started: datetime) -> None:
        tip = self.project.git("rev-parse", "origin/main").strip()
        self.fake.repository().runs[run] = Served(run, started, utc_now(), tip, f"Verify acme/{key}")

    def issues(self) -> dict[str, Issue]:
        """Run the issues workflow and return the issue of each key."""
        self.run("issues.yml", "push")
        tracked = [issue for issue in self.fake.repository().issues.values() if not issue.is_pull_request]
        return {issue.title.removeprefix("Rotate acme/"): issue for issue in tracked}

    @property
    def leaks(self) -> list[str]:
        """Give the values of keys that anybody can find."""
        pushed = self.project.git("log", "--patch", "--all")
        seen = "".join((pushed, str(self.fake.requests), *(told.log + told.summary for told in self.told)))
        return [value for key in KEYS for value in (old(key), new(key)) if value in seen]


@pytest.fixture
def story(project: Project, fake: FakeGitHub) -> Iterator[Story]:
    with serving() as service:
        yield Story(project, fake, Acme(service, Desk(project.folder, Calendar(utc_now()))), Proposals())


def test_only_what_is_proved_and_approved_closes(story: Story) -> None:
    # A leak is reported by pull request: the reviewer sees what merging brings, and the issues say to contain it first.
    for key in KEYS:
        story.baseline(key)
    story.project.push()
    for key in KEYS:
        story.keyturn("request", f"acme/{key}", "--reason", "leaked", "--note", "Seen in a notebook.")
    reported = story.propose("leak")
    comment = story.review(reported, "leak")
    assert "## keyturn: nothing to object to\n" in comment
    assert [f"| **open** | `acme/{key}` | new |" in comment for key in KEYS] == [True] * 3
    story.merge(reported, "leak", approver="alice")
    issues = story.issues()
    assert [issues[key].state for key in KEYS] == ["open"] * 3
    for key in KEYS:
        body = issues[key].body or ""
        assert 0 < body.index(REVOKE) < body.index(CREATE)
        assert "status: leaked" in issues[key].labels

    # Bob rotates. The provider is asked about two of the keys; for the third he types what that would have given.
    numbers = {key: story.verify(key, run) for run, key in enumerate((APPROVED, UNSEEN), start=501)}
    assert story.acme.asked[-6:] == ["control", "new", "old"] * 2
    numbers[TYPED] = story.type_as(APPROVED)
    assert "## keyturn: nothing to object to\n" in story.review(numbers[APPROVED], f"keyturn/acme-{APPROVED}")

    # Carol approves two of the three pull requests, and all are merged.
    story.merge(numbers[APPROVED], f"keyturn/acme-{APPROVED}", approver="carol")
    story.merge(numbers[UNSEEN], f"keyturn/acme-{UNSEEN}")
    story.merge(numbers[TYPED], TYPED, approver="carol")
    issues = story.issues()
    assert {key: (issue.state, issue.state_reason) for key, issue in issues.items()} == {
        APPROVED: ("closed", "completed"),
        UNSEEN: ("open", None),
        TYPED: ("open", None),
    }
    pages = {key: re.sub(r"[\\\\`]", "", issue.body or "") for key, issue in issues.items()}
    assert f"approved by carol in pull request {numbers[APPROVED]}" in pages[APPROVED]
    assert len(re.findall(r"_key: probe at \S+, confirmed by GitHub", pages[APPROVED])) == 2
    assert [label for key in (UNSEEN, TYPED) for label in issues[key].labels if label.startswith("status: ")] == [
        "status: unverified",
        "status: unverified",
    ]
    assert f"four eyes are required: pull request {numbers[UNSEEN]} has no approval that counts" in pages[UNSEEN]
    assert "which does not suffice" not in pages[UNSEEN]
    counted = "was shown by probe, but counts as attested, which does not suffice for tier standard: its run was for"
    assert [f"{part} {counted} another key" in pages[TYPED] for part in ("new_key", "old_key")] == [True, True]
    assert "four eyes are required" not in pages[TYPED]
    assert story.leaks == []
