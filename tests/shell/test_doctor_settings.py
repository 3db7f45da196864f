"""`doctor` on GitHub's settings, over loopback: a healthy repository, each fault alone, and tokens that see little."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from fake_github import BOT, FakeGitHub, Kind, Run
from fake_github.settings import FORCE_RULE, Settings, Surroundings, check_rule, classic, pull_rule
from fake_github.state import Label
from shell.desk import Calendar, Desk, Ran, at_github

from keyturn.health import CHECKS, access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHA = "0123456789" * 4
SCHEDULE = f"""\
name: schedule
on:
  schedule:
    - cron: "23 5 * * *"
jobs:
  schedule:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@{SHA} # v6
      - run: python -m keyturn apply
"""
VERIFY = """\
on: workflow_dispatch
jobs:
  verify:
    environment: keyturn-verify
    steps:
      - run: python -m keyturn verify --record "$ID"
"""
LAST_RUN = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)


def run(started: datetime = LAST_RUN, **fields: Any) -> Run:
    path = ".github/workflows/schedule.yml"
    plain = {"sha": "0" * 40, "title": "schedule", "event": "schedule", "path": path}
    return Run(7, started, started + timedelta(minutes=2), **{**plain, **fields})


@dataclass(slots=True)
class Clinic:
    """A root whose repository is in order, until a test breaks something of it."""

    desk: Desk
    fake: FakeGitHub
    settings: Settings = field(default_factory=Settings)

    def doctor(self, *arguments: str) -> Ran:
        ran = self.desk.keyturn("doctor", *arguments)
        assert (self.desk.environment["GITHUB_TOKEN"] or "\0") not in ran.out + ran.err
        return ran

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.doctor("--format", "json", *arguments).document["findings"]
        return found

    def faults(self, *arguments: str) -> dict[str, str]:
        """Return the severity of everything that is not well, by its code."""
        return {each["code"]: each["severity"] for each in self.findings(*arguments) if each["severity"] != "ok"}

    @property
    def asked(self) -> list[str]:
        return [request.path.removeprefix("/repos/acme/keys") or "/repos/acme/keys" for request in self.fake.requests]


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    calendar = Calendar()
    with FakeGitHub(clock=calendar) as fake:
        made = Clinic(Desk(tmp_path, calendar), fake)
        made.desk.environment["GITHUB_REPOSITORY"] = "acme/keys"
        made.desk.policy(tracker="github:acme/keys", identity=["keyturn-bot"])
        made.desk.write(".github/CODEOWNERS", "* @acme/security\n")
        made.desk.write(".github/workflows/schedule.yml", SCHEDULE)
        made.desk.write(".github/workflows/verify.yml", VERIFY)
        repository = fake.add_repository()
        repository.labels = {name: Label(number, name) for number, name in enumerate(access.LABELS, 1)}
        healthy(made.settings)
        fake.routes.prefer(*made.settings.routes())
        at_github(made.desk, fake)
        yield made
        assert not fake.violations
        assert not fake.unexpected
        assert not fake.writes


def healthy(settings: Settings) -> None:
    settings.rules = [pull_rule(), check_rule("check"), dict(FORCE_RULE)]
    settings.environments = {"keyturn-verify": Surroundings(("alice",), ("main",))}
    settings.workflows = {"schedule.yml": "active"}
    settings.runs = [run()]


def test_a_healthy_repository_is_all_well_for_thirteen_requests(clinic: Clinic) -> None:
    ran = clinic.doctor()
    assert (ran.status, ran.err) == (0, "")
    assert {line.split()[0] for line in ran.out.splitlines()[:-2]} == {"ok"}
    assert ran.out.endswith("\nall is well.\n")
    assert clinic.asked == [
        "/user",
        "/repos/acme/keys",
        "/issues",
        "/actions/secrets",
        "/labels",
        "/actions/permissions/workflow",
        "/rules/branches/main",
        "/codeowners/errors",
        "/environments",
        "/environments/keyturn-verify/deployment-branch-policies",
        "/actions/workflows/schedule.yml",
        "/actions/workflows/schedule.yml/runs",
        "/collaborators",
    ]


def test_the_most_that_is_asked_has_a_bound(clinic: Clinic) -> None:
    clinic.fake.add_repository("acme/etl")
    clinic.desk.environment["GITHUB_REPOSITORY"] = "acme/etl"
    clinic.fake.repository("acme/keys").labels = {f"l{n}": Label(n, f"l{n}") for n in range(500)}
    clinic.settings.denied = {"administration"}
    clinic.settings.rules = []
    clinic.settings.environments = {f"e{n}": Surroundings((), ("main",)) for n in range(9)}
    jobs = "".join(f"  j{n}:\n    environment: e{n}\n    steps:\n      - run: keyturn verify x/y\n" for n in range(9))
    clinic.desk.write(".github/workflows/verify.yml", f"on: workflow_dispatch\njobs:\n{jobs}")
    clinic.doctor()
    assert len(clinic.asked) == 22


# -- each fault alone ------------------------------------------------------------------------------------------------


def policy(**fields: object) -> Break:
    plain = {"tracker": "github:acme/keys", "identity": ["keyturn-bot"]}
    return lambda clinic: clinic.desk.policy(**{**plain, **fields})


def setting(**fields: object) -> Break:
    def break_(clinic: Clinic) -> None:
        for name, value in fields.items():
            setattr(clinic.settings, name, value)

    return break_


def written(path: str, text: str) -> Break:
    return lambda clinic: clinic.desk.write(path, text)


def without_owners(clinic: Clinic) -> None:
    (clinic.desk.folder / ".github" / "CODEOWNERS").unlink()


def unlabelled(clinic: Clinic) -> None:
    clinic.fake.repository().labels.clear()


def slow_clock(clinic: Clinic) -> None:
    ahead = clinic.desk.calendar.now + timedelta(minutes=6)
    clinic.fake.state.clock = lambda: ahead


def without_schedule(clinic: Clinic) -> None:
    (clinic.desk.folder / ".github" / "workflows" / "schedule.yml").unlink()


def elsewhere(clinic: Clinic) -> None:
    clinic.fake.add_repository("acme/etl")
    clinic.desk.environment["GITHUB_REPOSITORY"] = "acme/etl"


def verified_in(**fields: Any) -> Break:
    return setting(environments={"keyturn-verify": Surroundings(**fields)})


Break: TypeAlias = Callable[[Clinic], object]
STALE_PROVIDER = "name: X\nstrategy: overlap\nsources: [{url: https://x.example, checked_on: 2026-01-01}]\n"
HOUR = timedelta(hours=1)
NOW = LAST_RUN.replace(hour=9, minute=0)
FAULTS: dict[str, tuple[Break, str, str]] = {
    "files": (written("rotations/x.yaml", "provider: x\n"), "files-invalid", "error"),
    "old catalogue": (written("providers/x.yaml", STALE_PROVIDER), "catalogue-old", "warning"),
    "undated": (written("providers/x.yaml", "name: X\nstrategy: overlap\n"), "catalogue-undated", "info"),
    "token ends": (setting(expires="2026-11-30 09:00:00 UTC"), "token-expires", "warning"),
    "clock": (slow_clock, "clock-skewed", "warning"),
    "archived": (setting(is_archived=True), "tracker-archived", "error"),
    "no tracker": (policy(tracker="github:acme/gone"), "tracker-missing", "error"),
    "moved": (setting(is_moved=True), "tracker-moved", "error"),
    "elsewhere": (elsewhere, "tracker-elsewhere", "info"),
    "identity differs": (policy(identity=["alice"]), "identity-differs", "error"),
    "identity alone": (policy(identity=[]), "identity-alone", "info"),
    "scopes": (setting(scopes="read:org"), "scope-missing", "error"),
    "private scopes": (setting(scopes="public_repo", is_private=True), "scope-missing", "error"),
    "role": (setting(role="triage"), "role-too-low", "error"),
    "labels": (unlabelled, "labels-missing", "info"),
    "two writers": (setting(writers=("alice", "bob")), "four-eyes-off", "info"),
    "one writer": (policy(evidence={"four_eyes": True}), "four-eyes-alone", "error"),
    "workflows write": (setting(default_permissions="write"), "workflows-write", "warning"),
    "pulls forbidden": (setting(may_open_pulls=False), "pulls-forbidden", "info"),
    "no force rule": (setting(rules=[pull_rule(), check_rule("check")]), "force-push-allowed", "warning"),
    "no checks": (setting(rules=[pull_rule(), dict(FORCE_RULE)]), "checks-not-required", "warning"),
    "no approval": (
        setting(rules=[pull_rule(0), check_rule("check"), dict(FORCE_RULE)]),
        "approvals-missing",
        "warning",
    ),
    "owners not asked": (
        setting(rules=[pull_rule(owners=False), check_rule("check"), dict(FORCE_RULE)]),
        "owners-not-required",
        "error",
    ),
    "no owners": (without_owners, "no-owners", "error"),
    "owners incomplete": (written(".github/CODEOWNERS", "*\n/.github/ @alice\n"), "owners-incomplete", "error"),
    "owners unmerged": (setting(complaints=None), "owners-unmerged", "warning"),
    "owners invalid": (
        setting(
            complaints=[{"line": 1, "column": 3, "kind": "Unknown owner", "message": "", "path": ".github/CODEOWNERS"}]
        ),
        "owners-invalid",
        "error",
    ),
    "no environment": (setting(environments={}), "environment-missing", "warning"),
    "outside": (
        written(".github/workflows/verify.yml", VERIFY.replace("    environment: keyturn-verify\n", "")),
        "verify-unguarded",
        "error",
    ),
    "open environment": (verified_in(reviewers=("alice",)), "environment-open", "error"),
    "broad environment": (verified_in(reviewers=("alice",), branches=("*",)), "environment-open", "error"),
    "unreviewed": (verified_in(branches=("main",)), "environment-unreviewed", "info"),
    "no schedule": (without_schedule, "no-schedule", "warning"),
    "schedule unknown": (setting(workflows={}), "schedule-missing", "warning"),
    "idle": (setting(workflows={"schedule.yml": "disabled_inactivity"}), "schedule-disabled", "error"),
    "never": (setting(runs=[]), "schedule-silent", "warning"),
    "late": (setting(runs=[run(NOW - 36.1 * HOUR)]), "heartbeat-late", "warning"),
    "failing": (setting(runs=[run(conclusion="failure")]), "schedule-failing", "warning"),
    "unpinned": (
        written(".github/workflows/x.yaml", "on: push\njobs: {a: {steps: [{uses: actions/checkout@v6}]}}\n"),
        "action-unpinned",
        "warning",
    ),
    "unreadable workflow": (written(".github/workflows/x.yml", "on: [\n"), "workflow-unreadable", "unknown"),
}


SPREADING = {"no tracker", "moved", "elsewhere", "owners incomplete"}  # these bring others with them


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_and_nothing_else(clinic: Clinic, name: str) -> None:
    break_, code, severity = FAULTS[name]
    break_(clinic)
    ran = clinic.doctor("--format", "json")
    found = {each["code"]: each for each in ran.document["findings"] if each["severity"] != "ok"}
    assert found[code]["severity"] == severity
    assert found.keys() == {code} or name in SPREADING
    assert ran.status == (1 if "error" in {each["severity"] for each in found.values()} else 0)
    assert all(each["advice"] for each in found.values() if each["severity"] in {"warning", "error"})
    assert len(clinic.asked) <= 16


def test_a_repository_without_issues(clinic: Clinic) -> None:
    clinic.fake.repository().has_issues = False
    assert clinic.faults()["issues-disabled"] == "error"


def test_an_unprotected_branch_has_all_faults_of_one(clinic: Clinic) -> None:
    clinic.settings.rules = []
    assert clinic.faults("--only", "branch-protection") == {
        "branch-unprotected": "error",
        "owners-not-required": "error",
        "checks-not-required": "warning",
        "force-push-allowed": "warning",
    }
    assert clinic.asked == ["/repos/acme/keys", "/rules/branches/main", "/branches/main/protection"]


def test_a_plan_without_rules_protects_nothing(clinic: Clinic) -> None:
    clinic.settings.has_rules = False
    assert clinic.faults("--only", "branch-protection")["branch-unprotected"] == "error"


# -- protection that rules and the older kind give together ------------------------------------------------------------


def test_the_older_protection_counts_as_well(clinic: Clinic) -> None:
    clinic.settings.rules = [dict(FORCE_RULE)]
    clinic.settings.classic = classic()
    assert clinic.faults("--only", "branch-protection") == {}


def test_a_bare_older_protection_asks_for_little(clinic: Clinic) -> None:
    clinic.settings.rules, clinic.settings.classic = [], {}
    assert clinic.faults("--only", "branch-protection") == {
        "branch-unprotected": "error",
        "owners-not-required": "error",
        "checks-not-required": "warning",
    }


def test_a_protection_that_may_not_be_read_is_unknown(clinic: Clinic) -> None:
    clinic.settings.rules, clinic.settings.classic = [], classic()
    clinic.settings.denied = {"administration"}
    [found] = clinic.findings("--only", "branch-protection")
    assert (found["severity"], found["code"]) == ("unknown", "unread")
    assert "`Administration: read`" in found["advice"]
    assert clinic.asked[-1] == "/branches/main"


def test_who_may_not_read_it_may_see_that_there_is_none(clinic: Clinic) -> None:
    clinic.settings.rules, clinic.settings.denied = [], {"administration"}
    assert clinic.faults("--only", "branch-protection")["branch-unprotected"] == "error"


def test_an_environment_for_protected_branches_is_narrow(clinic: Clinic) -> None:
    clinic.settings.environments["keyturn-verify"] = Surroundings(("alice",), None, is_for_protected=True)
    assert clinic.faults("--only", "environments") == {}


# -- tokens ----------------------------------------------------------------------------------------------------------


PERMISSIONS = {"metadata", "issues", "contents", "actions", "secrets", "administration"}
BY_PERMISSION = {
    "contents": {"owners"},
    "actions": {"environments", "heartbeat"},
    "administration": {"workflow-permissions"},
}


@pytest.mark.parametrize("permission", BY_PERMISSION)
def test_what_may_not_be_read_is_unknown_and_names_the_permission(clinic: Clinic, permission: str) -> None:
    clinic.settings.denied = {permission}
    found = [each for each in clinic.findings() if each["severity"] != "ok"]
    assert {each["check"] for each in found} == BY_PERMISSION[permission]
    assert {(each["severity"], each["code"]) for each in found} == {("unknown", "unread")}
    assert all(f"`{permission.capitalize()}: read`" in each["advice"] for each in found)


def test_a_token_that_may_read_nothing_finds_nothing_well(clinic: Clinic) -> None:
    clinic.settings.denied = PERMISSIONS
    ran = clinic.doctor("--format", "json")
    states = {(each["check"], each["severity"]) for each in ran.document["findings"] if CHECKS[each["check"]].needs}
    assert ran.status == 1
    assert states == {
        ("token", "ok"),
        ("clock", "ok"),
        ("identity", "ok"),
        ("owners", "ok"),  # of the file here; what GitHub makes of it is the next line
        ("owners", "unknown"),
        ("tracker", "error"),
        ("permissions", "error"),
        *((check, "unknown") for check in ("labels", "writers", "workflow-permissions", "branch-protection")),
        ("environments", "unknown"),
        ("heartbeat", "unknown"),
    }
    assert len(clinic.asked) == 10


def test_secrets_that_may_not_be_seen_matter_to_one_kind_of_evidence(clinic: Clinic) -> None:
    clinic.settings.denied = {"secrets"}
    assert clinic.faults() == {"secrets-unread": "info"}
    assert "KEYTURN_SECRETS_TOKEN" in clinic.doctor().out


def test_a_token_of_its_own_for_secrets(clinic: Clinic) -> None:
    clinic.desk.environment["KEYTURN_SECRETS_TOKEN"] = "x" * 8
    assert clinic.faults("--only", "permissions") == {"secrets-unread": "info"}
    assert clinic.faults() == {"secrets-unread": "info"}


def test_a_token_that_is_not_accepted_is_asked_about_once(clinic: Clinic) -> None:
    clinic.desk.environment["GITHUB_TOKEN"] = "github_pat_" + "x" * 20
    ran = clinic.doctor("--format", "json")
    weights = {each["check"]: each["severity"] for each in ran.document["findings"] if CHECKS[each["check"]].needs}
    assert (ran.status, clinic.asked) == (1, ["/user"])
    assert weights.pop("token") == "error"
    assert weights.pop("clock") == "ok"
    assert set(weights.values()) == {"unknown"}


def test_no_permission_helps_a_token_that_is_not_accepted(clinic: Clinic) -> None:
    clinic.desk.environment["GITHUB_TOKEN"] = "x" * 8
    [found] = clinic.findings("--only", "heartbeat")
    assert (found["code"], found["severity"]) == ("not-asked", "unknown")
    assert found["advice"] == "give a valid token in GITHUB_TOKEN"
    assert len(clinic.asked) == 1


def test_a_token_that_ends_late_enough(clinic: Clinic) -> None:
    clinic.settings.expires = "2027-11-30 09:00:00 +0100"
    assert "accepted until 2027-11-30" in clinic.doctor("--only", "token").out


@pytest.mark.parametrize(
    ("token", "message"),
    [("", "there is no token in GITHUB_TOKEN"), ("x y", "GITHUB_TOKEN holds a space")],
    ids=["none", "strange"],
)
def test_without_a_good_token_nobody_is_asked(clinic: Clinic, token: str, message: str) -> None:
    clinic.desk.environment["GITHUB_TOKEN"] = token
    ran = clinic.doctor("--format", "json")
    found = {each["check"]: each for each in ran.document["findings"]}
    assert (ran.status, clinic.asked, ran.err) == (1, [], "")
    assert found["token"]["message"].startswith(message)
    assert found["labels"]["severity"] == "unknown"
    assert found["pins"]["severity"] == "ok"


@pytest.mark.parametrize("kind", ["github_pat_", "ghu_"], ids=["fine-grained", "app user"])
def test_tokens_without_scopes_tell_only_when_they_write(clinic: Clinic, kind: str) -> None:
    clinic.settings.scopes = None
    clinic.desk.environment["GITHUB_TOKEN"] = clinic.fake.add_token(value=kind + "x" * 20)
    assert clinic.faults() == {"write-untold": "unknown"}


def test_the_token_of_a_workflow(clinic: Clinic) -> None:
    clinic.desk.environment |= {
        "GITHUB_TOKEN": clinic.fake.add_token(BOT, installation=True),
        "GITHUB_ACTIONS": "true",
    }
    clinic.desk.policy(tracker="github:acme/keys", identity=[BOT])
    clinic.settings.scopes = None
    assert clinic.faults() == {"secrets-unread": "info", "write-untold": "unknown", "unread": "unknown"}


# -- what is asked, and who does not answer ----------------------------------------------------------------------------


def test_the_heartbeat_alone_takes_two_requests(clinic: Clinic) -> None:
    ran = clinic.doctor("--only", "heartbeat", "--format", "github")
    assert (ran.status, ran.out) == (0, "all is well.\n")
    assert clinic.asked == ["/actions/workflows/schedule.yml", "/actions/workflows/schedule.yml/runs"]


def test_the_local_tracker_asks_nobody(clinic: Clinic) -> None:
    ran = clinic.doctor("--tracker", "local", "--format", "json")
    assert (ran.status, clinic.asked) == (0, [])
    assert {each["message"] for each in ran.document["findings"] if each["code"] == "not-asked"} == {
        "not asked: local tracker"
    }


def test_no_answer_gives_three_and_says_what_was_looked_at(clinic: Clinic) -> None:
    clinic.desk.environment["GITHUB_API_URL"] = "http://127.0.0.1:9"
    ran = clinic.doctor("--only", "files,pins,heartbeat,labels")
    assert ran.status == 3
    assert "GitHub did not answer; 2 checks made nonetheless: files, pins" in ran.err
    assert "unknown  labels     GitHub did not answer" in ran.out


def test_a_spent_token_gives_three_too(clinic: Clinic) -> None:
    clinic.desk.environment["GITHUB_TOKEN"] = clinic.fake.add_token(limit=0)
    ran = clinic.doctor()
    assert (ran.status, len(clinic.asked)) == (3, 1)
    assert clinic.desk.slept == []


def test_a_fault_of_one_endpoint_leaves_the_others(clinic: Clinic) -> None:
    clinic.fake.faults.before_effect("GET", "/labels$", 1, Kind.BAD_GATEWAY, times=9)
    clinic.fake.faults.before_effect("GET", "/environments$", 1, Kind.BAD_GATEWAY, times=9)
    ran = clinic.doctor("--format", "json")
    found = {each["check"]: each["code"] for each in ran.document["findings"] if each["severity"] != "ok"}
    assert (ran.status, ran.err) == (0, "")
    assert found == {"labels": "no-answer", "environments": "no-answer"}


def test_an_account_that_cannot_be_told_leaves_the_rest(clinic: Clinic) -> None:
    clinic.fake.faults.before_effect("GET", "/user$", 1, Kind.BAD_GATEWAY, times=9)
    found = [each for each in clinic.findings() if each["severity"] != "ok"]
    assert {each["check"] for each in found} == {"token", "clock", "identity"}
    assert {each["code"] for each in found} == {"no-answer"}


def test_a_connection_that_breaks_ends_the_asking(clinic: Clinic) -> None:
    clinic.fake.faults.before_effect("GET", "/environments$", 1, Kind.RESET, times=9)
    assert clinic.faults() == {"no-answer": "unknown"}
    assert clinic.asked[-1] == "/environments"


def test_what_has_another_form_than_that_of_github_tells_nothing(clinic: Clinic) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Parrot) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        clinic.desk.environment["GITHUB_API_URL"] = f"http://127.0.0.1:{server.server_port}"
        ran = clinic.doctor("--format", "json")
        server.shutdown()
    severities = {each["check"]: each["severity"] for each in ran.document["findings"] if CHECKS[each["check"]].needs}
    assert ran.status == 3
    assert set(severities.values()) == {"unknown"}


class Parrot(BaseHTTPRequestHandler):
    """Answers everything with a text, as a portal of some network does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response_only(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b'"hello"')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Stay silent."""
