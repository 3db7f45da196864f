"""`verify --record`: what it writes, on which branch, in which pull request, and what it says where it is refused."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, Access, FakeGitHub, Kind
from fake_github.pulls import Proposals
from shell.desk import Calendar, Desk, Ran
from shell.scripted_provider import serving
from shell.test_review_history import git
from shell.test_verify_fingerprints import SALT, mark
from shell.test_verify_verdicts import ACCEPTED, AT, NEW, OLD, REJECTED, UNKNOWN, Acme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_github import Issue

PATH = "rotations/acme-loader.yaml"
BRANCH, BASELINE_BRANCH = "keyturn/acme-loader", "keyturn/baseline/acme-loader"
TITLE = "Record the rotation of acme/loader"
COMPARE = f"https://github.com/acme/keys/compare/main...{BRANCH}?expand=1"
FILE = """\
# Loads the warehouse; ask alice first.
key: "loader"   # the name at the vendor
provider: 'acme'
created: 2026-08-01  # by alice

owners: [alice, bob]
request:
  reason: leaked
  replaces: 2026-08-01
  deadline: 2026-11-23
consumers: [{platform: manual, name: "Übersicht: täglich"}]
# the end
"""
AFTER = FILE.replace("created: 2026-08-01", f"created: {AT}").replace(
    "request:\n  reason: leaked\n  replaces: 2026-08-01\n  deadline: 2026-11-23\n", ""
)


def block(*, old: str = "attested", by: str = "alice", run: str = "", consumers: str = "attested") -> str:
    return (
        "evidence:\n"
        "  replaces: 2026-08-01\n"
        f"  new_key: {{method: probe, at: {AT}}}\n"
        f"  old_key: {{method: {old}, at: {AT}}}\n"
        f"  consumers: {{method: {consumers}, at: {AT}}}\n"
        f"  by: {by}\n"
    ) + (f"  run: {run}\n" if run else "")


# -- in the file itself --------------------------------------------------------------------------------------------


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    with serving() as service:
        desk = Desk(tmp_path / "work")
        desk.write(PATH, FILE)
        yield Acme(service, desk)


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_without_github_the_file_is_edited_in_place(acme: Acme, ending: str) -> None:
    acme.desk.write(PATH, FILE.replace("\n", ending))
    ran = acme.verify("--record")
    assert ran.status == 0
    assert ran.err == (
        "recorded as alice, the first owner; say --by LOGIN where that is wrong\n"
        f"{PATH}: recorded. Commit it and open a pull request: {TITLE}\n"
    )
    assert acme.desk.read(PATH) == (AFTER + block()).replace("\n", ending)
    assert acme.desk.keyturn("validate").status == 0


@pytest.mark.parametrize(
    ("options", "before", "after"),
    [
        (["--by", "bob"], "", block(by="bob")),
        (["--by", "bob", "--consumers", "last-used"], "", block(by="bob", consumers="last-used")),
        (["--by", "bob", "--expires", "2027-11-21"], "", "expires: 2027-11-21\n" + block(by="bob")),
        (["--by", "bob", "--expires", "never"], "expires: 2026-12-01\n", block(by="bob")),
    ],
    ids=["by", "consumers", "expires", "never"],
)
def test_the_options(acme: Acme, options: list[str], before: str, after: str) -> None:
    acme.desk.write(PATH, FILE + before)
    assert acme.verify("--record", *options).status == 0
    assert acme.desk.read(PATH) == AFTER + after
    assert acme.desk.keyturn("validate").status == 0


def test_only_what_the_policy_requires_is_attested(acme: Acme) -> None:
    acme.desk.policy(probe={"hosts": [acme.origin]}, evidence={"require": ["new_key", "old_key"]})
    assert acme.verify("--record").status == 0
    assert "consumers: {method" not in acme.desk.read(PATH)


def test_what_does_not_suffice_is_said_before_the_issue_says_it(acme: Acme) -> None:
    methods = {"standard": {"old_key": ["probe"], "consumers": ["last-used"]}}
    acme.desk.policy(probe={"hosts": [acme.origin]}, evidence={"methods": methods})
    ran = acme.verify("--record", "--by", "bob", "--quiet")
    assert ran.status == 0
    assert ran.err == (
        "keyturn: old_key by attested does not suffice for a key of tier standard; its issue will stay open; next time "
        "run `keyturn verify --baseline` before you rotate\n"
        "keyturn: consumers by attested does not suffice for a key of tier standard; its issue will stay open\n"
    )


def test_an_earlier_moment_of_creation(acme: Acme) -> None:
    assert acme.verify("--record", "--created", "2026-11-20T12:00:00+02:00").status == 0
    assert acme.desk.read(PATH) == AFTER.replace(AT, "2026-11-20T10:00:00Z") + block()


@pytest.mark.parametrize(
    ("options", "more", "said"),
    [
        (["--created", "2026-08-01"], "", "must have been created after the old one (2026-08-01)"),
        (["--created", "2026-11-22"], "", "and not in the future"),
        ([], "expires: 2026-12-01\n", "say when the new one expires"),
        (["--expires", "2026-11-20"], "", "the new key cannot expire (2026-11-20) before it was created"),
        ([], "evidence: {replaces: 2026-07-01, by: bob}\n", "recorded today already (2026-11-21T08:00:00Z)"),
    ],
    ids=["not later", "in the future", "an expiry", "expired already", "again"],
)
def test_what_could_not_be_recorded_is_refused_before_anything_is_sent(
    acme: Acme, options: list[str], more: str, said: str
) -> None:
    created = "2026-11-21T08:00:00Z" if "evidence" in more else "2026-08-01"
    acme.desk.write(PATH, FILE.replace("created: 2026-08-01", f"created: {created}") + more)
    ran = acme.verify("--record", *options)
    assert (ran.status, said in ran.err, acme.asked) == (2, True, [])


@pytest.mark.parametrize(
    ("new", "old", "status"), [(REJECTED, REJECTED, 1), (UNKNOWN, REJECTED, 3), (ACCEPTED, ACCEPTED, 1)]
)
def test_only_what_is_complete_is_recorded(acme: Acme, new: str, old: str, status: int) -> None:
    acme.answer(new=new, old=old)
    ran = acme.verify("--record")
    assert (ran.status, ran.err) == (status, "nothing is recorded, since nothing is complete\n")
    assert acme.desk.read(PATH) == FILE


def test_a_dry_run_shows_the_change(acme: Acme) -> None:
    ran = acme.verify("--record", "--dry-run")
    assert (ran.status, acme.desk.read(PATH)) == (0, FILE)
    assert f"+created: {AT}  # by alice" in ran.out
    assert f"+  new_key: {{method: probe, at: {AT}}}" in ran.out


# -- as a pull request ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Office:
    """A clone with its remote, at a fake GitHub."""

    acme: Acme
    fake: FakeGitHub
    proposals: Proposals
    origin: Path
    calendar: Calendar = field(init=False)

    def __post_init__(self) -> None:
        desk = self.acme.desk
        git(self.origin, "init", "--quiet", "--bare", "--initial-branch", "main")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "alice")
        self.git("config", "user.email", "alice@acme.example")
        self.git("remote", "add", "origin", str(self.origin))
        self.push("Declare")
        desk.environment |= {
            "GITHUB_TOKEN": self.fake.add_token("alice"),
            "GITHUB_API_URL": self.fake.url,
            "GITHUB_REPOSITORY": "acme/keys",
            "KEYTURN_WRITE_PAUSE": "0",
        }

    def git(self, *arguments: str) -> str:
        return git(self.acme.desk.folder, *arguments)

    def push(self, message: str, branch: str = "main") -> None:
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")

    def remote(self, *arguments: str) -> str:
        return git(self.origin, *arguments)

    def in_actions(self, **settings: str) -> None:
        self.acme.desk.environment |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_RUN_ID": "7",
            "GITHUB_ACTOR": "bob",
            "GITHUB_TOKEN": self.fake.add_token(BOT, installation=True),
            **settings,
        }

    def record(self, *options: str) -> Ran:
        return self.acme.verify("--record", *options)

    def on_branch(self, branch: str = BRANCH) -> str:
        return self.remote("show", f"{branch}:{PATH}") + "\n"

    @property
    def pulls(self) -> list[Issue]:
        return [issue for issue in self.fake.repository().issues.values() if issue.is_pull_request]

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(each.method, each.path.removeprefix("/repos/acme/keys")) for each in self.fake.writes]

    @property
    def is_untouched(self) -> bool:
        return self.acme.desk.read(PATH) == FILE and not self.git("status", "--porcelain")


@pytest.fixture
def office(acme: Acme, tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "origin.git").mkdir()
    with FakeGitHub(clock=Calendar()) as fake:
        fake.add_repository("acme/keys")
        proposals = Proposals()
        fake.routes.add(*proposals.routes())
        yield Office(acme, fake, proposals, tmp_path / "origin.git")
        assert (fake.unexpected, fake.violations) == ([], [])


def test_it_pushes_a_branch_and_opens_a_pull_request(office: Office) -> None:
    ran = office.record("--by", "bob")
    assert ran.status == 0
    assert ran.err == "pull request opened: https://github.com/acme/keys/pull/1\n"
    assert office.on_branch() == AFTER + block(by="bob")
    assert office.remote("diff", "--name-only", f"main...{BRANCH}") == PATH
    assert office.remote("log", "--format=%s by %an", f"main..{BRANCH}") == f"{TITLE} by alice"
    assert office.is_untouched
    assert office.git("rev-parse", "--abbrev-ref", "HEAD") == "main"
    (pull,) = office.pulls
    assert (pull.title, pull.author.login) == (TITLE, "alice")
    assert pull.body == (
        "The new key is accepted and the old one rejected, and a made-up one rejected.\n\n"
        "| Key | Verdict | Status | At | Reason |\n| --- | --- | --- | --- | --- |\n"
        f"| made-up key | rejected | 401 | `{AT}` | listed-status |\n"
        f"| new key | accepted | 200 | `{AT}` | listed-status |\n"
        f"| old key | rejected | 401 | `{AT}` | listed-status |\n\n"
        "What the file records:\n\n"
        "| Part | Method | At | Fingerprint |\n| --- | --- | --- | --- |\n"
        f"| new_key | probe | `{AT}` |  |\n| old_key | attested | `{AT}` |  |\n"
        f"| consumers | attested | `{AT}` |  |\n\n"
        "Rotated by bob. Merging this closes the issue.\n"
    )


def test_a_second_run_brings_both_up_to_date(office: Office) -> None:
    office.record("--by", "bob")
    first = office.remote("rev-parse", BRANCH)
    ran = office.record("--by", "carol")
    assert (ran.status, ran.err) == (0, "pull request brought up to date: https://github.com/acme/keys/pull/1\n")
    assert office.on_branch() == AFTER + block(by="carol")
    assert office.remote("rev-parse", f"{BRANCH}^") == first
    assert office.writes == [("POST", "/pulls"), ("PATCH", "/pulls/1")]
    assert "Rotated by carol." in (office.pulls[0].body or "")
    assert office.is_untouched


def test_a_second_run_takes_in_what_the_default_branch_has_meanwhile(office: Office) -> None:
    office.record("--by", "bob")
    first = office.remote("rev-parse", BRANCH)
    office.acme.desk.write("README.md", "Keys\n")
    office.push("Say what this is")
    assert office.record("--by", "bob").status == 0
    assert office.remote("log", "-1", "--format=%P", BRANCH) == f"{first} {office.remote('rev-parse', 'main')}"
    assert office.remote("diff", "--name-only", f"main..{BRANCH}") == PATH


@pytest.mark.parametrize("squashed", [False, True], ids=["merge", "squash"])
def test_a_branch_that_was_merged_and_left_there_serves_again(office: Office, squashed: bool) -> None:  # noqa: FBT001 # a case of the table
    office.record("--by", "bob")
    office.git("fetch", "--quiet", "origin")
    if squashed:
        office.git("merge", "--quiet", "--squash", f"origin/{BRANCH}")
        office.git("commit", "--quiet", "--message", "Squashed")
    else:
        office.git("merge", "--quiet", "--no-ff", "--message", "Merge", f"origin/{BRANCH}")
    office.git("push", "--quiet", "origin", "HEAD:main")
    office.fake.person_closes(1)
    office.acme.desk.calendar.go_to("2026-12-21")
    office.acme.desk.environment |= {"KEYTURN_NEW_TOKEN": OLD[::-1]}
    office.acme.says(control=[b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"])
    office.acme.known[OLD[::-1]] = "new"
    ran = office.record("--by", "carol")
    assert (ran.status, ran.err) == (0, "pull request opened: https://github.com/acme/keys/pull/2\n")
    assert "created: 2026-12-21T09:00:00Z" in office.on_branch()
    assert office.remote("diff", "--name-only", f"main...{BRANCH}") == PATH


def test_a_root_below_the_top(office: Office) -> None:
    (office.acme.desk.folder / "billing").mkdir()
    for name in ("keyturn.yaml", "providers", "rotations"):
        office.git("mv", name, f"billing/{name}")
    office.push("Move")
    ran = office.acme.verify("--record", "--by", "bob", folder="billing")
    assert ran.status == 0
    assert office.remote("diff", "--name-only", f"main...{BRANCH}") == f"billing/{PATH}"


def test_the_run_of_a_workflow(office: Office, tmp_path: Path) -> None:
    office.in_actions(GITHUB_ACTOR_ID="42", GITHUB_OUTPUT=str(tmp_path / "output"))
    run = "https://github.com/acme/keys/actions/runs/7"
    assert office.record().status == 0
    assert office.on_branch() == AFTER + block(by="bob", run=run)
    author = office.remote("log", "-1", "--format=%an <%ae> %cn", BRANCH)
    assert author == "bob <42+bob@users.noreply.github.com> bob"
    assert (tmp_path / "output").read_text() == "pull_request=https://github.com/acme/keys/pull/1\n"
    body = office.pulls[0].body or ""
    assert f"Verified by `{run}`" in body
    assert "GitHub starts no checks for it, or lets them wait" in body
    assert "close and reopen it" in body


def test_an_actor_without_a_number_and_a_job_without_a_run(office: Office) -> None:
    office.in_actions()
    del office.acme.desk.environment["GITHUB_RUN_ID"]
    assert office.record().status == 0
    assert office.remote("log", "-1", "--format=%ae", BRANCH) == "bob@users.noreply.github.com"
    assert "run:" not in office.on_branch()


def test_a_job_without_an_actor_leaves_the_author_to_git(office: Office) -> None:
    office.in_actions(GITHUB_ACTOR="")
    assert office.record("--by", "bob").status == 0
    assert office.remote("log", "-1", "--format=%an", BRANCH) == "alice"


def test_a_baseline_has_a_pull_request_of_its_own(office: Office) -> None:
    office.acme.desk.environment["KEYTURN_FINGERPRINT_KEY"] = SALT
    office.acme.answer(old=ACCEPTED)
    ran = office.record("--baseline", "--by", "bob")
    assert ran.status == 0
    assert f"baseline: {{at: {AT}, fingerprint: {mark(OLD)}}}" in office.on_branch(BASELINE_BRANCH).replace('"', "")
    (pull,) = office.pulls
    assert pull.title == "Record the baseline of acme/loader"
    assert f"| old_key | baseline | `{AT}` | `{mark(OLD)}` |" in (pull.body or "")
    assert "Recorded by bob." in (pull.body or "")
    assert office.is_untouched


# -- refusals ------------------------------------------------------------------------------------------------------


def test_a_repository_that_lets_no_workflow_open_pull_requests(office: Office) -> None:
    office.proposals.is_forbidden = True
    office.in_actions()
    ran = office.record()
    assert ran.status == 0
    assert ran.err == (
        "::warning::the branch is pushed, but without a pull request: the token may not open pull requests; grant "
        "`pull-requests: write`, allow GitHub Actions to create them in the settings of the repository, or give an "
        f"app's token. Open it at {COMPARE}\n"
    )
    assert office.on_branch().startswith("# Loads the warehouse")


def test_a_token_that_may_only_read(office: Office) -> None:
    office.acme.desk.environment["GITHUB_TOKEN"] = office.fake.add_token("alice", access=Access.READ)
    ran = office.record("--by", "bob")
    assert (ran.status, COMPARE in ran.err) == (0, True)


@pytest.mark.parametrize(
    ("method", "kind", "said"),
    [
        ("GET", Kind.BAD_GATEWAY, "GitHub answered with status 502; run again later"),
        ("POST", Kind.BAD_GATEWAY, "GitHub did not say whether it could write the pull request"),
    ],
    ids=["list", "ambiguous"],
)
def test_a_github_that_does_not_answer(office: Office, method: str, kind: Kind, said: str) -> None:
    office.fake.faults.before_effect(method, "/pulls$", 1, kind, times=9)
    ran = office.record("--by", "bob")
    assert (ran.status, said in ran.err, COMPARE in ran.err) == (3, True, True)
    assert office.on_branch() == AFTER + block(by="bob")


def test_a_repository_that_the_token_does_not_see(office: Office) -> None:
    office.acme.desk.environment["GITHUB_REPOSITORY"] = "acme/hidden"
    ran = office.record("--by", "bob")
    assert (ran.status, "the token may not open pull requests" in ran.err) == (0, True)


def test_a_protected_branch(office: Office) -> None:
    script(office.origin / "hooks/pre-receive", "echo 'GH006: Protected branch update failed' >&2", "exit 1")
    ran = office.record("--by", "bob")
    assert ran.status == 3
    assert ran.err == (
        f"keyturn: the verdicts stand, but nothing was recorded: the remote does not take the branch {BRANCH}: a rule "
        "or a hook protects it; let `keyturn/**` be pushed in the rules of the repository. Or without GITHUB_TOKEN the "
        "file is edited here instead, for you to commit\n"
    )
    assert (office.writes, office.is_untouched) == ([], True)


def test_a_branch_with_commits_of_others_is_left_alone(office: Office) -> None:
    office.record("--by", "bob")
    office.git("fetch", "--quiet", "origin")
    office.git("checkout", "--quiet", "--detach", f"origin/{BRANCH}")
    office.push("Say more", BRANCH)
    office.git("checkout", "--quiet", "main")
    tip = office.remote("rev-parse", BRANCH)
    ran = office.record("--by", "bob")
    assert (ran.status, f"the branch {BRANCH} has commits of others, so it is left alone" in ran.err) == (3, True)
    assert f"`git push origin --delete {BRANCH}`" in ran.err
    assert office.remote("rev-parse", BRANCH) == tip


def script(path: Path, *lines: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def moving(office: Office) -> list[str]:
    """Return what lets somebody else push to the branch."""
    elsewhere = office.origin.with_name("elsewhere")
    return [
        "unset GIT_DIR GIT_INDEX_FILE",
        f"git clone --quiet --branch {BRANCH} '{office.origin}' '{elsewhere}' && cd '{elsewhere}'",
        "git -c user.name=carol -c user.email=carol@acme.example commit --quiet --allow-empty -m Meanwhile",
        "git push --quiet origin HEAD",
    ]


def serve(office: Office, *lines: str) -> None:
    """Let this answer in place of the remote's git."""
    served = office.origin.with_name("served")
    script(served, *lines)
    office.git("config", "remote.origin.uploadpack", str(served))


def third(office: Office) -> str:
    """Go on only where what the branches hold is asked for, after the tips of the default one and of ours."""
    count = office.origin.with_name("count")
    return f"echo x >> '{count}'; [ $(wc -l < '{count}') -eq 3 ] || exit 0"


@pytest.mark.parametrize("is_late", [False, True], ids=["before the push", "during the push"])
def test_a_branch_that_moves_meanwhile(office: Office, is_late: bool) -> None:  # noqa: FBT001 # a case of the table
    office.record("--by", "bob")
    if is_late:
        script(office.acme.desk.folder / ".git/hooks/pre-push", *moving(office))
    else:
        serve(office, 'git-upload-pack "$@"', third(office), "exec >/dev/null", *moving(office))
    ran = office.record("--by", "bob")
    assert (ran.status, f"the branch {BRANCH} has moved meanwhile; run this again" in ran.err) == (3, True)
    assert office.remote("log", "-1", "--format=%s", BRANCH) == "Meanwhile"


def test_a_remote_that_takes_no_push(office: Office) -> None:
    office.git("remote", "set-url", "--push", "origin", str(office.origin.with_name("nowhere")))
    ran = office.record("--by", "bob")
    assert (ran.status, f"the branch {BRANCH} could not be pushed; give git or GITHUB_TOKEN the right" in ran.err) == (
        3,
        True,
    )


def test_a_remote_that_is_gone(office: Office) -> None:
    office.origin.rename(office.origin.with_name("gone"))
    ran = office.record("--by", "bob")
    assert (ran.status, "`git ls-remote origin` failed" in ran.err) == (3, True)


def test_a_remote_that_tells_and_gives_nothing(office: Office) -> None:
    count = office.origin.with_name("count")
    serve(office, f"echo x >> '{count}'; [ $(wc -l < '{count}') -lt 3 ] || exit 1", 'git-upload-pack "$@"')
    ran = office.record("--by", "bob")
    assert (ran.status, "`git fetch origin` failed with status 128; nothing was changed" in ran.err) == (3, True)


def test_a_file_that_is_not_on_the_default_branch(office: Office) -> None:
    office.acme.desk.write("rotations/acme-other.yaml", FILE.replace('"loader"', "other"))
    ran = office.acme.desk.keyturn("verify", "acme/other", "--record", "--by", "bob")
    assert (ran.status, "rotations/acme-other.yaml is not here as on origin/main; merge your change" in ran.err) == (
        3,
        True,
    )


def test_a_file_that_differs_from_the_default_branch(office: Office) -> None:
    office.acme.desk.write(PATH, FILE + "tags: [etl]\n")
    ran = office.record("--by", "bob")
    assert (ran.status, f"{PATH} is not here as on origin/main" in ran.err) == (3, True)


def test_nobody_who_commits(office: Office) -> None:
    office.git("config", "user.name", "")
    office.git("config", "user.email", "")
    ran = office.record("--by", "bob")
    assert (ran.status, "say who you are with `git config user.name` and `user.email`" in ran.err) == (3, True)


@pytest.mark.parametrize("lack", ["token", "remote", "repository"])
def test_without_a_place_for_it_the_file_is_edited(office: Office, lack: str) -> None:
    if lack == "token":
        del office.acme.desk.environment["GITHUB_TOKEN"]
    elif lack == "remote":
        office.git("remote", "remove", "origin")
    else:
        del office.acme.desk.environment["GITHUB_REPOSITORY"]
    ran = office.record("--by", "bob")
    assert (ran.status, office.acme.desk.read(PATH)) == (0, AFTER + block(by="bob"))
    assert f"{PATH}: recorded. Commit it and open a pull request" in ran.err


def test_a_file_that_becomes_unreadable_meanwhile(office: Office) -> None:
    path = office.acme.desk.folder / PATH
    office.acme.before = lambda: path.write_text("key: [")
    ran = office.record("--by", "bob")
    assert (ran.status, "has changed meanwhile; run `keyturn validate`" in ran.err) == (1, True)
    assert office.writes == []


def test_somebody_whom_no_file_can_name(office: Office) -> None:
    ran = office.record("--by", "bob and carol")
    assert (ran.status, "`by` must be a GitHub login" in ran.err) == (2, True)
    assert office.is_untouched


def test_values_are_nowhere(office: Office) -> None:
    office.record("--by", "bob")
    everything = office.remote("log", "-p", "--all") + str(office.fake.requests)
    assert [value for value in (NEW, OLD) if value in everything] == []
