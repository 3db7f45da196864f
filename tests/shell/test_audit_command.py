"""`keyturn audit` over real histories, the issues of a folder and the fake GitHub's pull requests."""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from fake_github import FakeGitHub, Kind, Review, Run
from shell.desk import FRESH, OVERDUE, Calendar, Desk, at_github
from shell.test_confirmations_four_eyes import BOT, HOWS, KEY, Project, recorded

from keyturn.files.text import LARGEST
from keyturn.model import moment
from keyturn.model.audit import Landed
from keyturn.trackers.answers import Answer
from keyturn.trackers.landings import Registrar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Build a repository whose one key is overdue, with its issue on GitHub."""
    calendar = Calendar()
    desk = Desk(tmp_path, calendar)
    with FakeGitHub(clock=calendar) as fake:
        fake.add_repository("acme/keys", collaborators=("alice", "bob", "carol", "dave"))
        made = Project(desk, fake, at_github(desk, fake))
        made.git("init", "--quiet", "--initial-branch", "main")
        desk.policy(tracker="github:acme/keys")
        desk.declare(KEY, created=OVERDUE)
        made.commit("alice", "Declare it")
        desk.keyturn("apply")
        calendar.later("1d")
        yield made
        assert (fake.violations, fake.unexpected) == ([], [])


def audited(project: Project, *arguments: str, status: int = 0) -> dict[str, Any]:
    ran = project.desk.keyturn("audit", "--format", "json", *arguments)
    assert ran.status == status, ran
    found: dict[str, Any] = ran.document
    return found


def versions(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [version for rotation in found["rotations"] for version in rotation["versions"]]


# -- pull requests -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", HOWS)
def test_the_whole_life_of_a_version_is_told(project: Project, how: str) -> None:
    """A leak is reported, approved, rotated, recorded, approved and closed."""
    project.branch()
    ran = project.desk.keyturn("request", KEY, "--reason", "leaked")
    assert ran.status == 0
    project.commit("alice", "Report a leak")
    asking = project.land(how, "alice")
    project.review(asking, "dave")
    project.desk.keyturn("apply")
    project.desk.calendar.later("1d")
    evidence = recorded(project, how)
    project.review(evidence, "carol")
    project.review(evidence, "dave", "CHANGES_REQUESTED")
    evidence.reviews.append(Review(9, None, "APPROVED", evidence.commits[-1].sha))  # whose account is gone
    project.desk.keyturn("apply")

    old, new = versions(audited(project, KEY))

    [asked] = old["asked"]
    assert (asked["how"], asked["reason"], asked["deadline"]) == ("request", "leaked", "2026-11-24")
    assert asked["change"]["authors"] == ["alice <alice@example.com>"] if how != "squash" else True
    assert asked["change"]["pull_request"] == {
        "number": 7,
        "url": "https://github.com/acme/keys/pull/7",
        "opened_by": "alice",
        "approvals": [{"by": "dave", "of_last_commit": True}],
    }
    assert old["due"] == {"day": "2026-10-30", "by": "issue"}
    [issue] = old["issues"]
    assert (issue["number"], issue["opened_at"], issue["closed_at"], issue["closed"]) == (
        1,
        "2026-11-21T09:00:00Z",
        "2026-11-23T09:00:00Z",
        "completed",
    )
    [shown] = old["evidence"]
    assert {part: proof["method"] for part, proof in shown["parts"].items()} == {
        "new_key": "attested",
        "old_key": "attested",
        "consumers": "attested",
    }
    assert (shown["by"], shown["replaces"], shown["rotation"]) == ("bob", OVERDUE, KEY)
    assert shown["change"]["pull_request"]["opened_by"] == BOT
    assert shown["change"]["pull_request"]["approvals"] == [{"by": "carol", "of_last_commit": True}]
    assert (old["missing"], old["in_time"], old["ended"]["how"]) == ([], False, "replaced")
    assert (new["ended"], new["proved_at"], new["asked"]) == (None, None, [])


@pytest.mark.parametrize("is_first", [True, False])
def test_each_commit_of_a_rebase_is_found_in_its_pull_request(project: Project, *, is_first: bool) -> None:
    project.branch()
    if is_first:
        project.record()
        project.commit("bob")
    project.note("x")
    project.commit("bob")
    if not is_first:
        project.record()
        project.commit("bob")
    project.land("rebase", "bob")
    [evidence] = versions(audited(project))[0]["evidence"]
    assert evidence["change"]["pull_request"]["number"] == 7


def test_a_pull_request_of_several_commits_is_asked_about_once(project: Project) -> None:
    project.branch()
    ran = project.desk.keyturn("request", KEY, "--reason", "leaked")
    project.commit("alice")
    project.record()
    project.commit("bob")
    project.land("rebase")
    calls(project)
    old = versions(audited(project))[0]
    assert (ran.status, calls(project)["/pulls/7/reviews"]) == (0, 1)
    assert old["asked"][0]["change"]["commit"] != old["evidence"][0]["change"]["commit"]
    assert old["asked"][0]["change"]["pull_request"] == old["evidence"][0]["change"]["pull_request"]


def test_an_approval_before_the_last_commit_is_said_to_be_one(project: Project) -> None:
    project.branch()
    project.record()
    approved = project.commit("bob")
    project.note("# later", project.path)
    project.commit("bob")
    project.review(project.land(), at=approved)
    [evidence] = versions(audited(project))[0]["evidence"]
    assert evidence["change"]["pull_request"]["approvals"] == [{"by": "carol", "of_last_commit": False}]
    assert "carol (before its last commit), pull request #7" in project.desk.keyturn("audit").out


def test_a_push_has_no_pull_request(project: Project) -> None:
    project.record()
    project.commit("bob")
    old = versions(audited(project))[0]
    change = old["evidence"][0]["change"]
    assert (change["pull_request"], change["unknown"]) == (None, None)
    assert "the evidence: nobody (no pull request brought this commit)" in project.desk.keyturn("audit").out


def test_a_pull_request_that_holds_a_commit_without_having_brought_it_is_none(project: Project) -> None:
    pull = recorded(project)
    pull.merged_as = "d" * 40
    [evidence] = versions(audited(project))[0]["evidence"]
    assert evidence["change"]["pull_request"] is None


def test_an_opener_whose_account_is_gone_is_nobody(project: Project) -> None:
    recorded(project).author = None
    [evidence] = versions(audited(project))[0]["evidence"]
    assert evidence["change"]["pull_request"]["opened_by"] is None
    assert "pull request #7\n" in project.desk.keyturn("audit").out


# -- what it costs -----------------------------------------------------------------------------------------------------


def calls(project: Project) -> Counter[str]:
    found = [request.path.removeprefix("/repos/acme/keys") for request in project.fake.requests]
    project.fake.requests.clear()
    return Counter(re.sub(r"[0-9a-f]{40}", "SHA", path) for path in found)


@pytest.mark.parametrize("others", [0, 20])
def test_requests_are_bounded_by_what_is_shown(project: Project, others: int) -> None:
    for number in range(others):
        project.desk.declare(f"close/key-{number}", created=FRESH)
    project.note("a commit of no concern")
    project.commit("alice", "Declare more")
    recorded(project)
    calls(project)
    audited(project, KEY)
    asked = {"/commits/SHA/pulls": 2, "/pulls/7/reviews": 1, "": 1, "/user": 1, "/issues": 2}
    assert calls(project) == asked
    audited(project)
    assert calls(project) == {**asked, "/commits/SHA/pulls": 3 if others else 2}


def test_nobody_is_asked_where_git_alone_is_wanted(project: Project) -> None:
    recorded(project)
    calls(project)
    found = audited(project, "--git-only")
    old = versions(found)[0]
    assert calls(project) == {}
    assert (found["tracker"], old["issues"], old["due"]["by"]) == (None, [], "policy")
    assert old["evidence"][0]["change"]["unknown"] == "only git was asked"
    assert old["proved_at"] is not None
    text = project.desk.keyturn("audit", "--git-only").out
    assert "opened    unknown (only git was asked)" in text
    assert "closed    unknown (only git was asked)" in text


# -- runs --------------------------------------------------------------------------------------------------------------

RUN = "https://github.com/acme/keys/actions/runs/1"
STRICT = {"methods": {"standard": {"old_key": ["probe"]}}}


def probed(project: Project, **more: str) -> None:
    at = "2026-11-22T08:00:00Z"
    shown = {"method": "probe", "at": at, "fingerprint": "81c2d90be3aa"}
    block = {"replaces": OVERDUE, "new_key": shown, "old_key": shown, "consumers": {"method": "console", "at": at}}
    project.desk.policy(tracker="github:acme/keys", evidence=STRICT)
    project.desk.declare(KEY, created="2026-11-22", evidence={**block, "by": "bob", "confirmed_by": "carol", **more})
    sha = project.commit("bob").sha
    started, ended = moment("2026-11-22T07:59:00Z"), moment("2026-11-22T08:01:00Z")
    project.fake.repository().runs[1] = Run(1, started, ended, sha, f"Verify {KEY}")
    project.fake.repository().behind.add(sha)


def test_a_probe_is_confirmed_by_its_run(project: Project) -> None:
    probed(project, run=RUN)
    old = versions(audited(project))[0]
    [evidence] = old["evidence"]
    assert evidence["parts"]["new_key"] == {
        "method": "probe",
        "at": "2026-11-22T08:00:00Z",
        "fingerprint": "81c2d90be3aa",
        "run": {"verdict": "confirmed", "reason": None},
    }
    assert (evidence["parts"]["consumers"]["run"], evidence["run"], evidence["confirmed_by"]) == (None, RUN, "carol")
    assert old["proved_at"] == "2026-11-22T08:00:00Z"
    text = project.desk.keyturn("audit").out
    assert "old_key: probe at 2026-11-22 08:00 UTC, fingerprint 81c2d90be3aa, confirmed by its run" in text
    assert "recorded by bob, confirmed by carol" in text


def test_a_typed_probe_is_a_persons_word(project: Project) -> None:
    probed(project)
    old = versions(audited(project))[0]
    assert (old["proved_at"], old["in_time"]) == (None, None)
    assert old["missing"] == ["old_key counts as attested, which does not suffice: no run is recorded"]
    text = project.desk.keyturn("audit").out
    assert "(counts as attested: no run is recorded)" in text


def test_a_run_that_is_gone_is_not_confirmed(project: Project) -> None:
    probed(project, run=RUN)
    project.fake.repository().runs.clear()
    old = versions(audited(project))[0]
    assert old["evidence"][0]["parts"]["new_key"]["run"]["verdict"] == "unknown"
    assert old["proved_at"] == "2026-11-22T08:00:00Z"
    assert "(not confirmed: GitHub does not show run 1" in project.desk.keyturn("audit").out
    assert "(as written; its run was not looked at)" in project.desk.keyturn("audit", "--git-only").out


# -- what fails --------------------------------------------------------------------------------------------------------


def test_without_the_list_of_issues_the_run_ends_and_says_what_git_could_tell(project: Project) -> None:
    project.fake.faults.before_effect("GET", "/issues", 1, Kind.BAD_GATEWAY, times=99)
    ran = project.desk.keyturn("audit")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err.endswith("; `keyturn audit --git-only` shows what git alone knows\n")


@pytest.mark.parametrize("path", ["/commits/[0-9a-f]+/pulls", "/pulls/7/reviews"])
def test_a_look_up_without_an_answer_is_said_and_the_rest_is_shown(project: Project, path: str) -> None:
    recorded(project)
    project.fake.faults.before_effect("GET", path, 1, Kind.BAD_GATEWAY, times=4)
    found = audited(project, status=3)
    change = versions(found)[0]["evidence"][0]["change"]
    assert "GitHub did not answer about" in change["unknown"]
    assert found["notes"][0].startswith("GitHub did not tell how 1 commit came in, the latest because: ")
    project.fake.faults.clear()
    project.fake.faults.before_effect("GET", path, 1, Kind.BAD_GATEWAY, times=4)
    assert "the evidence: unknown (GitHub did not answer about" in project.desk.keyturn("audit").out


def test_a_limit_leaves_the_rest_unknown(project: Project) -> None:
    recorded(project)
    project.fake.faults.before_effect("GET", "/pulls$", 2, Kind.FORBIDDEN_RETRY_AFTER, retry_after=3600)
    ran = project.desk.keyturn("audit", "--format", "json")
    assert ran.status == 5
    old = versions(ran.document)[0]
    assert old["evidence"][0]["change"]["pull_request"]["number"] == 7
    assert old["declared"]["unknown"] == "GitHub's rate limit was reached before it was asked"
    assert "run again after" in ran.err
    project.fake.faults.clear()
    project.fake.faults.before_effect("GET", "/issues", 1, Kind.FORBIDDEN_RETRY_AFTER, retry_after=3600)
    assert project.desk.keyturn("audit").status == 5


class Scripted:
    """An API that always answers the same."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def read(self, path: str, query: dict[str, str]) -> Answer:
        del path, query
        return self.answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(Answer(422, {}, {}), "GitHub has no commit ccccccc; push it first", id="not pushed"),
        pytest.param(Answer(200, {}, [1]), "GitHub answered something else than was asked", id="something else"),
        pytest.param(
            Answer(403, {}, {}),
            "GitHub does not show the pull request of commit ccccccc; grant the token in GITHUB_TOKEN the permission "
            "pull-requests: read, if it exists",
            id="not allowed",
        ),
    ],
)
def test_an_answer_that_tells_nothing_is_said(answer: Answer, reason: str) -> None:
    api: Any = Scripted(answer)
    registrar = Registrar(
        api=api,
        secrets_api=api,
        repository="acme/keys",
        server="https://github.com",
        tip=None,
        chain=lambda _, __: (),
        now=Calendar(),
    )
    assert registrar.landed("c" * 40) == Landed(None, reason, is_known=False)


def test_a_shallow_clone_is_refused(project: Project, tmp_path: Path) -> None:
    recorded(project)
    clone = tmp_path / "clone"
    project.git("clone", "--quiet", "--depth", "1", tmp_path.as_uri(), str(clone))
    ran = Desk(clone).keyturn("audit", "--git-only")
    assert (ran.status, ran.out) == (3, "")
    assert "this clone is shallow, so who did what when cannot be told" in ran.err


# -- what is shown -----------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Project:
    """Build a repository with the local tracker; the fake is not met."""
    made = Project(Desk(tmp_path), None, None)  # type: ignore[arg-type]  # nobody asks them
    made.git("init", "--quiet", "--initial-branch", "main")
    return made


def put(project: Project, by: str = "alice") -> str:
    project.git("add", "--all")
    names = ("-c", f"user.name={by}", "-c", f"user.email={by}@example.com")
    project.git(*names, "commit", "--quiet", "--message", "x")
    return project.git("rev-parse", "HEAD")


def test_a_former_id_means_the_key_and_an_unknown_one_is_a_mistake(desk: Project) -> None:
    desk.desk.declare("mixpanel/old", created=FRESH, path="rotations/a.yaml")
    put(desk)
    desk.desk.declare("mixpanel/loader", created=FRESH, path="rotations/b.yaml", formerly=["mixpanel/old"])
    (desk.desk.folder / "rotations/a.yaml").unlink()
    put(desk)
    by_old, by_new = (audited(desk, id_) for id_ in ("mixpanel/old", "mixpanel/loader"))
    assert by_old["rotations"] == by_new["rotations"]
    assert (by_old["rotations"][0]["rotation"], by_old["rotations"][0]["formerly"]) == (
        "mixpanel/loader",
        ["mixpanel/old"],
    )
    ran = desk.desk.keyturn("audit", "mixpanel/lader")
    assert (ran.status, "did you mean mixpanel/loader?" in ran.err) == (2, True)
    assert "`keyturn ages` lists" in desk.desk.keyturn("audit", "x").err


def test_files_are_named_with_their_hashes(desk: Project) -> None:
    desk.desk.declare("mixpanel/loader", created=FRESH)
    desk.desk.declare("close/crm", created=FRESH)
    desk.desk.write("incidents/vendor.yaml", "summary: x\n")
    path = desk.desk.write("rotations/large.yaml", f"#{'x' * LARGEST}\n")
    commit = put(desk)
    desk.desk.declare("close/crm", created=OVERDUE)  # of the work tree: nobody has committed it

    found = audited(desk, "mixpanel/loader")

    assert found["commit"] == commit
    assert [each["path"] for each in found["files"]] == [
        "incidents/vendor.yaml",
        "keyturn.yaml",
        "rotations/mixpanel-loader.yaml",
    ]
    file = found["files"][2]
    content = (desk.desk.folder / file["path"]).read_bytes()
    assert (file["sha256"], file["rotation"]) == (sha256(content).hexdigest(), "mixpanel/loader")
    assert file["blob"] == desk.git("rev-parse", f"HEAD:{file['path']}")
    assert versions(audited(desk))[0]["version"] == FRESH
    large = next(each for each in audited(desk)["files"] if each["path"] == "rotations/large.yaml")
    assert (large["sha256"], large["rotation"]) == (None, None)
    path.unlink()


def test_an_incident_is_found_in_the_history(desk: Project) -> None:
    desk.desk.declare("mixpanel/loader", created=FRESH, tags=["pii"])
    put(desk)
    desk.desk.write("incidents/vendor.yaml", "summary: Leaked\nmatch: {tags: [pii]}\nrespond_by: 2026-11-23\n")
    put(desk, "carol")
    [asked] = versions(audited(desk))[0]["asked"]
    assert (asked["how"], asked["incident"], asked["deadline"]) == ("incident", "incidents/vendor", "2026-11-23")
    assert asked["change"]["authors"] == ["carol <carol@example.com>"]


def test_what_cannot_be_read_is_said(desk: Project) -> None:
    desk.desk.write("keyturn.yaml", "cadence: {standard: 30d}\n")
    desk.desk.declare("mixpanel/loader", created=FRESH)
    put(desk)
    for number in range(12):
        desk.desk.write(f"rotations/broken-{number}.yaml", "provider: [" if number % 2 else "provider: x\n")
    desk.desk.write("keyturn.yaml", "cadence: soon\n")
    last = put(desk)

    [note, other] = audited(desk)["notes"]

    assert note.startswith("13 texts of the past cannot be read today and are left out: keyturn.yaml in ")
    assert note.endswith(" and 3 more")
    assert last[:12] in note
    assert "the local tracker keeps no pull requests" in other
    assert versions(audited(desk))[0]["due"]["day"] == "2026-12-01"  # by the last policy that could be read


def test_since_leaves_out_what_was_over(desk: Project) -> None:
    desk.desk.declare("mixpanel/loader", created=FRESH)
    put(desk)
    later = "2200-01-01"
    assert len(audited(desk, "--since", "2026-01-01")["rotations"]) == 1
    (desk.desk.folder / "rotations/mixpanel-loader.yaml").unlink()
    put(desk)
    found = audited(desk, "--since", later)
    assert (found["rotations"], found["since"]) == ([], later)
    assert "No version was in use in this time." in page(desk, "--since", later)


def page(project: Project, *arguments: str) -> str:
    assert project.desk.keyturn("audit", "--out", "evidence", *arguments).status == 0
    return project.desk.read("evidence/audit.html")


def test_out_writes_data_and_a_page_that_asks_for_nothing(desk: Project) -> None:
    desk.desk.declare("mixpanel/loader", created=OVERDUE)
    put(desk, "a&b'c")
    ran = desk.desk.keyturn("audit", "--out", "evidence")
    assert ran.err == "written: evidence/audit.json and evidence/audit.html\n"
    assert json.loads(desk.desk.read("evidence/audit.json")) == audited(desk)
    html = desk.desk.read("evidence/audit.html")
    assert "a&amp;b&#39;c &lt;a&amp;b&#39;c@example.com&gt;" in html
    assert not re.search(r"<(script|link|img|iframe|object)|src=|url\(|@import|\bon\w+=", html)
    assert set(re.findall(r'href="([^"#][^"]*)"', html)) == set()
    quiet = desk.desk.keyturn("audit", "--out", "evidence", "--quiet", "--format", "markdown")
    assert (quiet.err, quiet.out.startswith("Audit of ")) == ("", True)


def test_a_place_that_cannot_be_written_is_said(desk: Project) -> None:
    desk.desk.declare("mixpanel/loader", created=OVERDUE)
    put(desk)
    ran = desk.desk.keyturn("audit", "--out", "keyturn.yaml")
    assert ran.status == 3
    assert ran.err.endswith("give another folder with --out\n")


def test_git_is_asked_as_often_for_fifty_files_as_for_one(
    desk: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trace = tmp_path_factory.mktemp("trace") / "events"

    def asked() -> int:
        trace.unlink(missing_ok=True)
        monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))  # read by git
        audited(desk)
        monkeypatch.delenv("GIT_TRACE2_EVENT")
        return trace.read_text(encoding="utf-8").count('"event":"start"')

    desk.desk.declare("mixpanel/loader", created=FRESH)
    put(desk)
    first = asked()
    for number in range(50):
        desk.desk.declare(f"close/key-{number}", created=FRESH)
    put(desk)
    desk.desk.declare("mixpanel/loader", created=OVERDUE)
    put(desk)
    assert asked() == first
