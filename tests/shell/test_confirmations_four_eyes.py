"""Who approved recorded evidence: real histories in git, and what GitHub says about the pull requests in them."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from fake_github import Commit, FakeGitHub, Kind, Pull, Review, Run
from shell.desk import FRESH, OVERDUE, Calendar, Desk, OnGitHub, at_github

from keyturn.model import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOT = "keyturn[bot]"
HOWS = ["merge", "squash", "rebase"]
KEY = "mixpanel/loader"
PLAIN = ("-c", "commit.gpgsign=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.autocrlf=false")
HOW_TO_RELEASE = "may approve a pull request that adds confirmed"


@dataclass(slots=True)
class Project:
    """A repository of ours, in git and on GitHub: people work in branches, pull requests land on main."""

    desk: Desk
    fake: FakeGitHub
    wall: OnGitHub
    path: str = "rotations/mixpanel-loader.yaml"
    commits: list[Commit] = field(default_factory=list)  # of the branch that is worked on

    def git(self, *arguments: str) -> str:
        command = ["git", *PLAIN, *arguments]
        ran = subprocess.run(command, cwd=self.desk.folder, check=True, capture_output=True, text=True)
        return ran.stdout.strip()

    def commit(self, by: str = "bob", message: str = "Change it", email: str = "") -> Commit:
        """Commit everything as somebody; an address other than their own is one that GitHub does not know."""
        address = email or f"{by}@example.com"
        names = ("-c", f"user.name={by}", "-c", f"user.email={address}")
        self.git("add", "--all")
        self.git(*names, "commit", "--quiet", "--message", message)
        files = tuple(self.git("show", "--format=", "--name-only", "HEAD").splitlines())
        author = None if email else self.fake.state.account(by)
        made = Commit(self.git("rev-parse", "HEAD"), author, address, message, files)
        self.commits.append(made)
        return made

    def branch(self) -> None:
        self.git("switch", "--quiet", "--create", f"topic-{len(self.fake.repository().pulls)}")
        self.commits = []

    def record(self, *arguments: str) -> None:
        ran = self.desk.keyturn("record", KEY, "--by", "bob", *arguments)
        assert ran.status == 0, ran

    def note(self, line: str, path: str = "notes.txt") -> None:
        file = self.desk.folder / path
        self.desk.write(path, (file.read_text() if file.exists() else "") + f"{line}\n")

    def land(self, how: str = "merge", opener: str = BOT, base: str = "main") -> Pull:
        """Merge the branch as GitHub does and return its pull request."""
        topic = self.git("branch", "--show-current")
        self.git("switch", "--quiet", "main")
        before = self.git("rev-parse", "HEAD")
        me = ("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com")
        if how == "merge":
            self.git(*me, "merge", "--quiet", "--no-ff", "--message", "Merge it", topic)
        elif how == "squash":
            self.git("merge", "--quiet", "--squash", topic)
            self.git(*me, "commit", "--quiet", "--message", "Squash it")
        else:
            self.git("switch", "--quiet", "--detach", topic)
            self.git(*me, "rebase", "--quiet", "--force-rebase", "main")
            rebased = self.git("rev-parse", "HEAD")
            self.git("switch", "--quiet", "main")
            self.git("merge", "--quiet", "--ff-only", rebased)
        landed = self.git("rev-list", "--first-parent", f"{before}..HEAD").splitlines()
        number = 7 + len(self.fake.repository().pulls)
        author = self.fake.state.account(opener)
        pull = Pull(number, author, self.commits, landed[0], self.desk.calendar.now, base, frozenset(landed))
        self.fake.repository().pulls[number] = pull
        return pull

    def review(self, pull: Pull, login: str = "carol", state: str = "APPROVED", at: Commit | None = None) -> Review:
        commit = (at or pull.commits[-1]).sha
        review = Review(len(pull.reviews) + 1, self.fake.state.account(login), state, commit)
        pull.reviews.append(review)
        return review

    def apply(self) -> str:
        """Apply, expect success, and return what the issue is now: `closed`, or why it is not."""
        ran = self.desk.keyturn("apply", "--tracker", self.wall.option)
        assert ran.status == 0, ran
        return self.verdict()

    def verdict(self) -> str:
        issue = self.wall.issues()[0]
        if not issue.is_open:
            return str(issue.state_reason)
        assert "status: unverified" in issue.labels
        found = re.search(r"four eyes are required: (.*)", self.body)
        return found[1] if found else self.body

    @property
    def body(self) -> str:
        """Give what the issue says, without what only escapes or sets off."""
        return re.sub(r"[\\`]", "", self.wall.issues()[0].body)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    calendar = Calendar()
    desk = Desk(tmp_path, calendar)
    with FakeGitHub(clock=calendar) as fake:
        fake.add_repository("acme/keys", collaborators=("alice", "bob", "carol", "dave"))
        made = Project(desk, fake, at_github(desk, fake))
        made.git("init", "--quiet", "--initial-branch", "main")
        desk.policy(tracker="github:acme/keys", evidence={"four_eyes": True})
        desk.declare(KEY, created=OVERDUE)
        made.commit("alice", "Declare it")
        desk.keyturn("apply")
        assert [issue.is_open for issue in made.wall.issues()] == [True]
        calendar.later("1d")
        yield made
        assert (fake.violations, fake.unexpected) == ([], [])


def recorded(project: Project, how: str = "merge", opener: str = BOT) -> Pull:
    """Record a rotation in a pull request of one commit and merge it."""
    project.branch()
    project.record()
    project.commit("bob")
    return project.land(how, opener)


# -- histories -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opener", [BOT, "bob"])
@pytest.mark.parametrize("how", HOWS)
def test_an_approved_pull_request_closes_the_issue(project: Project, how: str, opener: str) -> None:
    project.note("main goes on")
    project.commit("alice")
    pull = recorded(project, how, opener)
    project.review(pull)
    assert project.apply() == "completed"
    assert "approved by carol in pull request 7" in project.body
    assert project.wall.writes()[-1:] == ["edit"]


@pytest.mark.parametrize("opener", [BOT, "bob"])
@pytest.mark.parametrize("how", HOWS)
def test_one_that_nobody_approved_leaves_it_open(project: Project, how: str, opener: str) -> None:
    recorded(project, how, opener)
    assert project.apply() == "pull request 7 has no approval that counts"
    barred = "bob" if opener == "bob" else f"{BOT}, bob"
    assert f"everybody with write access except {barred} {HOW_TO_RELEASE}" in project.body
    project.wall.writes()
    project.apply()
    assert project.wall.writes() == []  # a second run changes nothing


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("is_first", [True, False])
def test_evidence_among_several_commits(project: Project, how: str, *, is_first: bool) -> None:
    project.branch()
    if is_first:
        project.record()
        project.commit("bob")
    for number in range(3):
        project.note(f"line {number}")
        project.commit("bob")
    if not is_first:
        project.record()
        project.commit("bob")
    project.review(project.land(how))
    assert project.apply() == "completed"


def test_a_moved_and_edited_file_is_followed_by_its_id(project: Project) -> None:
    pull = recorded(project)
    project.review(pull)
    project.git("mv", project.path, "rotations/moved.yml")
    project.commit("bob", "Push a move")
    project.note("description: moved", "rotations/moved.yml")
    project.desk.write("rotations/other.yaml", "provider: [loader")  # what cannot be read declares nothing
    project.desk.write("rotations/another.yaml", "provider: loader\n")
    project.commit("bob", "Push an edit")
    project.desk.write("rotations/other.yaml", "")
    (project.desk.folder / "rotations/other.yaml").unlink()
    (project.desk.folder / "rotations/another.yaml").unlink()
    assert project.apply() == "completed"


def test_the_first_commit_with_todays_evidence_counts(project: Project) -> None:
    project.review(recorded(project))
    project.desk.calendar.later("1d")
    project.record("--again")
    pushed = project.commit("bob", "Record it anew without asking anybody")
    assert project.apply() == f"commit {pushed.sha[:7]} brought the evidence without a pull request"


@pytest.mark.parametrize("is_pull", [True, False])
def test_a_push_is_no_pull_request(project: Project, *, is_pull: bool) -> None:
    project.record()
    pushed = project.commit("bob")
    if is_pull:  # one that is open still, or was merged somewhere else, or begins later
        pulls = project.fake.repository().pulls
        account, now = project.fake.state.account("bob"), project.desk.calendar.now
        stray = Commit("d" * 40, account, "bob@example.com", "x")
        pulls[1] = Pull(1, account, [pushed], pushed.sha, None, landed=frozenset({pushed.sha}))
        pulls[2] = Pull(2, account, [pushed], pushed.sha, now, "release", frozenset({pushed.sha}))
        pulls[3] = Pull(3, account, [stray], "d" * 40, now, landed=frozenset({pushed.sha}))
        for pull in pulls.values():
            project.review(pull)
    assert project.apply() == f"commit {pushed.sha[:7]} brought the evidence without a pull request"
    assert f"everybody with write access except bob {HOW_TO_RELEASE}" in project.body


def test_evidence_that_is_not_committed_is_nobodys(project: Project) -> None:
    project.record()
    assert project.apply() == "the evidence is not committed yet"


def test_outside_of_git_nobody_vouches(project: Project, tmp_path: Path) -> None:
    project.record()
    (tmp_path / ".git").rename(tmp_path / "elsewhere")
    assert project.apply() == "the evidence is not committed yet"


def test_a_shallow_clone_cannot_tell(project: Project, tmp_path: Path) -> None:
    project.review(recorded(project))
    clone = tmp_path / "clone"
    project.git("clone", "--quiet", "--depth", "1", tmp_path.as_uri(), str(clone))
    desk = Desk(clone, project.desk.calendar, project.desk.environment | {"GITHUB_REPOSITORY": "acme/keys"})
    desk.policy(tracker="github:acme/keys", evidence={"four_eyes": True})
    assert desk.keyturn("apply").status == 0
    assert project.verdict().startswith("this clone is too shallow")
    assert project.apply() == "completed"


def test_a_retired_key_needs_four_eyes_too(project: Project) -> None:
    project.branch()
    project.desk.declare(KEY, created=OVERDUE, retired={"since": "2026-11-20", "reason": "Cancelled."})
    project.record()
    project.commit("bob")
    pull = project.land()
    assert project.apply() == "pull request 7 has no approval that counts"
    assert "may approve a pull request that records this evidence anew" in project.body
    project.review(pull)
    assert project.apply() == "completed"


# -- approvals -----------------------------------------------------------------------------------------------------


def no(*objections: str) -> str:
    return f"pull request 7 has no approval that counts ({'; '.join(objections)})"


@pytest.mark.parametrize(
    ("opener", "approver", "expected"),
    [
        pytest.param("alice", "carol", "completed", id="somebody else"),
        pytest.param("alice", "alice", no("alice made or recorded it"), id="its opener"),
        pytest.param(BOT, "Bob", no("bob made or recorded it"), id="who recorded it"),
        pytest.param(BOT, "renovate[bot]", no("renovate[bot] is no person"), id="no person"),
        pytest.param(BOT, "eve", no("eve may not write"), id="no write access"),
        pytest.param(BOT, "trudy", no("trudy may not write"), id="triage"),
        pytest.param(BOT, "mona", "completed", id="maintain"),
        pytest.param(BOT, "root", "completed", id="admin"),
    ],
)
def test_who_may_approve(project: Project, opener: str, approver: str, expected: str) -> None:
    project.fake.repository().permissions |= {"eve": "read", "trudy": "triage", "mona": "maintain", "root": "admin"}
    project.review(recorded(project, opener=opener), approver)
    assert project.apply() == expected


@pytest.mark.parametrize(
    ("by", "email", "message", "expected"),
    [
        pytest.param("dave", "", "x", no("dave made or recorded it"), id="the author"),
        pytest.param("bob", "", "x\n\nCo-authored-by: D <dave@example.com>", "completed", id="an address nobody has"),
        pytest.param(
            "bob",
            "",
            "x\n\nco-authored-by: Dave <12+Dave@users.noreply.github.com>",
            no("dave made or recorded it"),
            id="a co-author",
        ),
        pytest.param(
            "dave", "dave@users.noreply.github.com", "x", no("dave made or recorded it"), id="a private address"
        ),
        pytest.param("dave", "d@else.example", "x", "completed", id="an author whom GitHub does not know"),
    ],
)
def test_whoever_made_a_commit_of_it_is_barred(
    project: Project, by: str, email: str, message: str, expected: str
) -> None:
    project.branch()
    project.record()
    project.commit(by, message, email)
    project.review(project.land(), "dave")
    assert project.apply() == expected


def test_a_co_author_is_known_by_the_address_of_their_own_commits(project: Project) -> None:
    project.branch()
    project.note("x")
    project.commit("dave")
    project.record()
    project.commit("bob", "x\n\nCo-authored-by: D <DAVE@example.com>")
    project.review(project.land(), "dave")
    assert project.apply() == no("dave made or recorded it")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param(["APPROVED", "COMMENTED"], "completed", id="a comment takes nothing back"),
        pytest.param(
            ["APPROVED", "CHANGES_REQUESTED"], no("carol has not approved it, or no longer does"), id="taken back"
        ),
        pytest.param(["CHANGES_REQUESTED", "APPROVED"], "completed", id="convinced"),
        pytest.param(["DISMISSED"], no("carol has not approved it, or no longer does"), id="dismissed"),
        pytest.param(
            ["APPROVED", "DISMISSED"], no("carol has not approved it, or no longer does"), id="the last was dismissed"
        ),
        pytest.param(["COMMENTED", "PENDING"], "pull request 7 has no approval that counts", id="no opinion"),
    ],
)
def test_the_last_word_of_each_reviewer_counts(project: Project, states: list[str], expected: str) -> None:
    pull = recorded(project)
    pull.reviews.append(Review(99, None, "APPROVED", pull.commits[-1].sha))  # whose account is gone
    for state in states:
        project.review(pull, state=state)
    assert project.apply() == expected


def test_one_approval_that_counts_suffices(project: Project) -> None:
    pull = recorded(project)
    project.review(pull, "dave", "CHANGES_REQUESTED")
    project.review(pull, "bob")
    project.review(pull, "carol")
    assert project.apply() == "completed"


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param("notes.txt", "completed", id="another file"),
        pytest.param("rotations/mixpanel-loader.yaml", no("carol approved it before its last change"), id="the file"),
    ],
)
def test_an_approval_counts_for_the_last_change_of_the_file(
    project: Project, how: str, later: str, expected: str
) -> None:
    project.branch()
    project.record()
    approved = project.commit("bob")
    project.note("# later", later)
    project.commit("bob")
    project.review(project.land(how), at=approved)
    assert project.apply() == expected


def test_a_later_move_is_a_change(project: Project) -> None:
    project.branch()
    project.record()
    approved = project.commit("bob")
    project.git("mv", project.path, "rotations/moved.yaml")
    moved = project.commit("bob")
    assert len(moved.files) == 1  # git shows a move by its new name
    project.review(project.land(), at=approved)
    assert project.apply() == no("carol approved it before its last change")


def test_a_commit_of_more_files_than_github_lists_counts_as_a_change(project: Project) -> None:
    project.branch()
    project.record()
    approved = project.commit("bob")
    project.note("x")
    large = project.commit("bob")
    project.commits[-1] = Commit(large.sha, large.author, large.email, "x", tuple(map(str, range(3000))))
    project.review(project.land(), at=approved)
    assert project.apply() == no("carol approved it before its last change")


def test_an_approval_of_a_commit_that_was_pushed_away_does_not_count(project: Project) -> None:
    pull = recorded(project)
    project.review(pull).commit = "e" * 40
    assert project.apply() == no("carol approved it before its last change")


def test_a_pull_request_that_github_lists_in_part_proves_nothing(project: Project) -> None:
    pull = recorded(project)
    pull.commits[:0] = [Commit(f"{number:040x}", None, "x@example.com", "x") for number in range(250)]
    project.review(pull)
    assert project.apply() == "pull request 7 has more commits than GitHub lists"


# -- the release ---------------------------------------------------------------------------------------------------


def release(project: Project, login: str = "carol") -> None:
    text = project.desk.read(project.path)
    project.desk.write(project.path, text.replace("  by: bob\n", f"  by: bob\n  confirmed_by: {login}\n"))


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("missed", ["push", "pull request"])
def test_four_eyes_missed_once_are_made_up_for_by_an_approved_pull_request(
    project: Project, how: str, missed: str
) -> None:
    if missed == "push":
        project.record()
        project.commit("bob")
    else:
        recorded(project)
    assert project.apply() != "completed"
    project.branch()
    release(project)
    project.commit("bob")
    pull = project.land(how, "bob")
    assert project.apply() == f"pull request {pull.number} has no approval that counts"
    project.review(pull)
    assert project.apply() == "completed"
    assert f"approved by carol in pull request {pull.number}" in project.body


@pytest.mark.parametrize(
    ("approver", "login", "expected"),
    [
        pytest.param("bob", "carol", "pull request 8 has no approval that counts (bob made or recorded it)", id="own"),
        pytest.param("dave", "BOB", "confirmed_by names who recorded it", id="confirmed by who recorded it"),
    ],
)
def test_a_release_follows_the_same_rules(project: Project, approver: str, login: str, expected: str) -> None:
    recorded(project)
    project.branch()
    release(project, login)
    project.commit("alice")
    project.review(project.land(opener="alice"), approver)
    assert project.apply() == expected


def test_a_pushed_release_releases_nothing(project: Project) -> None:
    recorded(project)
    release(project)
    pushed = project.commit("bob")
    assert project.apply() == f"commit {pushed.sha[:7]} brought the evidence without a pull request"


def test_confirmed_by_from_the_beginning_changes_nothing(project: Project) -> None:
    project.branch()
    project.record()
    release(project)
    project.commit("bob")
    pull = project.land()
    assert project.apply() == "pull request 7 has no approval that counts"
    project.review(pull)
    assert project.apply() == "completed"


# -- what it costs, and what fails ---------------------------------------------------------------------------------


def calls(project: Project) -> list[str]:
    found = [request.path.removeprefix("/repos/acme/keys") for request in project.fake.requests]
    project.fake.requests.clear()
    return found


def test_only_evidence_that_waits_causes_a_look_up(project: Project) -> None:
    quiet = ["/user", "/issues", "/issues"]
    for number in range(3):
        project.desk.declare(f"close/key-{number}", created=FRESH)
    calls(project)
    for _ in range(2):
        project.desk.keyturn("plan")
        assert calls(project) == quiet

    pull = recorded(project)
    project.desk.keyturn("plan")
    asked = ["", f"/commits/{pull.merged_as}/pulls", "/pulls/7/commits", "/pulls/7/reviews"]
    assert sorted(calls(project)) == sorted([*quiet, *asked])

    project.review(pull)
    project.desk.keyturn("plan")
    assert sorted(calls(project)) == sorted([*quiet, *asked, "/collaborators/carol/permission"])

    assert project.apply() == "completed"
    calls(project)
    for _ in range(2):
        project.desk.keyturn("apply")
        assert calls(project) == quiet
    assert len(project.fake.writes) == 0


def test_without_four_eyes_nobody_is_asked_who_approved(project: Project) -> None:
    project.desk.policy(tracker="github:acme/keys")
    project.record()
    calls(project)
    assert project.apply() == "completed"
    assert calls(project) == ["/user", "/issues", "/issues", "/issues/1"]


@pytest.mark.parametrize(
    "path", ["/pulls$", "/pulls/7/commits", "/pulls/7/reviews", "/permission", "/repos/acme/keys$"]
)
def test_no_answer_proves_nothing_and_the_run_goes_on(project: Project, path: str) -> None:
    project.review(recorded(project))
    project.desk.declare("close/late", created=OVERDUE)
    project.fake.faults.before_effect("GET", path, 1, Kind.BAD_GATEWAY, times=9)
    assert project.apply().endswith("; the next run asks again")
    assert len(project.wall.issues()) == 2
    project.fake.faults.clear()
    assert project.apply() == "completed"


def test_a_limit_ends_the_run_before_it_writes(project: Project) -> None:
    project.review(recorded(project))
    project.fake.faults.before_effect("GET", "/reviews", 1, Kind.FORBIDDEN_RETRY_AFTER, retry_after=3600)
    project.wall.writes()
    assert project.desk.keyturn("apply").status == 5
    assert project.wall.writes() == []
    assert project.apply() == "completed"


def test_a_preview_in_a_folder_asks_nobody(project: Project) -> None:
    project.record()
    calls(project)
    ran = project.desk.keyturn("plan", "--tracker", "local")
    assert (ran.status, calls(project)) == (0, [])


# -- the rest of the evidence, from file to issue ------------------------------------------------------------------

BY_PROBE = {"require": ["new_key"], "methods": {"standard": {"new_key": ["probe"]}}}
BY_SECRET = {"require": ["consumers"], "methods": {"standard": {"consumers": ["secret-updated"]}}}
RUN = "https://github.com/acme/keys/actions/runs/1"


def shown(part: str, method: str, **more: str) -> dict[str, object]:
    at = "2026-11-22T08:00:00Z"
    return {"replaces": OVERDUE, part: {"method": method, "at": at}, "by": "bob", **more}


def test_a_typed_probe_counts_as_attested(project: Project) -> None:
    project.desk.policy(tracker="github:acme/keys", evidence=BY_PROBE)
    project.desk.declare(KEY, created="2026-11-22", evidence=shown("new_key", "probe", run=RUN))
    assert "new_key was shown by probe, but counts as attested" in project.apply()
    assert "does not show run 1" in project.body

    sha = project.commit("bob").sha
    started, ended = moment("2026-11-22T07:59:00Z"), moment("2026-11-22T08:01:00Z")
    project.fake.repository().runs[1] = Run(1, started, ended, sha, f"Verify {KEY}")
    assert "its run was of a commit that is not on main" in project.apply()
    project.fake.repository().behind.add(sha)
    assert project.apply() == "completed"
    assert "new_key: probe at 2026-11-22T08:00:00Z, confirmed by GitHub" in project.body


def test_where_attested_suffices_the_issue_says_what_counted(project: Project) -> None:
    project.desk.policy(tracker="github:acme/keys", evidence={"require": ["new_key"]})
    project.desk.declare(KEY, created="2026-11-22", evidence=shown("new_key", "probe"))
    assert project.apply() == "completed"
    said = "new_key: attested at 2026-11-22T08:00:00Z (recorded as probe, but no run is recorded)"
    assert said in project.body


def test_a_secret_is_looked_up_with_a_token_of_its_own(project: Project) -> None:
    project.desk.policy(tracker="github:acme/keys", evidence=BY_SECRET, identity=["keyturn-bot"])
    secret = {"platform": "github-secret", "repository": "acme/keys", "secret": "MIXPANEL"}
    project.desk.declare(KEY, created="2026-11-22", consumers=[secret], evidence=shown("consumers", "secret-updated"))
    project.fake.repository().secrets["MIXPANEL"] = moment("2026-11-22T07:00:00Z")
    own = project.desk.environment["GITHUB_TOKEN"]
    project.desk.environment["GITHUB_TOKEN"] = project.fake.add_token("keyturn-bot", installation=True)
    assert "grant the token in KEYTURN_SECRETS_TOKEN the permission Secrets: read" in project.apply()
    project.desk.environment["KEYTURN_SECRETS_TOKEN"] = own
    assert project.apply() == "completed"
