"""Each check of `doctor` as a table: facts in, codes and severities out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from keyturn import health
from keyturn.health import CHECKS, access
from keyturn.health.facts import (
    PROTECTED,
    Account,
    Complaints,
    Defaults,
    Environment,
    Facts,
    Ground,
    Home,
    Kind,
    Machine,
    Missing,
    Obstacle,
    Owners,
    Part,
    Place,
    Protection,
    Pulse,
    Settings,
    Tree,
    Unread,
    Use,
    Workflow,
)
from keyturn.model import Entry, EvidenceRules, Policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALICE = Account(Kind.CLASSIC, login="alice", scopes=frozenset({"repo"}), skew=timedelta(seconds=2))
KEYS = Home("acme/keys", role="push")
FLOW = Workflow("s.yml", is_ours=True, is_scheduled=True)
VERIFY = Workflow("v.yml", is_ours=True, environments=("keyturn-verify",))
TIGHT = Protection(needs_pull=True, approvals=1, needs_owners=True, checks=("check",), refuses_force=True)
SILENT, DENIED = Unread(Obstacle.SILENT), Unread(Obstacle.DENIED, "Actions: read")
ACTIONS = Place("github:acme/keys", "acme/keys", in_actions=True)


def facts(place: Place = Place("github:acme/keys", "acme/keys"), **given: Any) -> Facts:  # noqa: B008 - a frozen value
    settings = {name: value for name, value in given.items() if name in Settings.__dataclass_fields__}
    others = {name: value for name, value in given.items() if name not in settings}
    return Facts(today=date(2026, 11, 21), now=NOW, place=place, settings=replace(Settings(), **settings), **others)


def found(check: str, given: Facts) -> list[tuple[str, str]]:
    return [(each.code, each.weight.value) for each in health.diagnoses(given, (check,))]


OK, NO_ANSWER, UNREAD = ("ok", "ok"), ("no-answer", "unknown"), ("unread", "unknown")


def identity(*logins: str) -> Policy:
    return Policy(identity=logins)


def guarded(**fields: Any) -> dict[str, Any]:
    plain = {"name": "keyturn-verify", "has_reviewers": True, "branches": ("main",)}
    return {"environments": (Environment(**{**plain, **fields}),), "home": KEYS, "tree": Tree((VERIFY,))}


def beat(state: str = "active", hours: float | None = 4, conclusion: str | None = "success") -> dict[str, Any]:
    started = None if hours is None else NOW - hours * HOUR
    return {"tree": Tree((FLOW,)), "pulses": (Pulse("s.yml", state, started, conclusion),)}


def using(*sources: str) -> dict[str, Any]:
    return {"tree": Tree((Workflow("x.yml", uses=tuple(Use(1, source) for source in sources)),))}


def owned(text: str, complaints: Complaints | Unread = Complaints(())) -> dict[str, Any]:  # noqa: B008 - a frozen value
    grounds = (
        Ground("keyturn.yaml", ("keyturn.yaml",)),
        Ground("providers/", ("providers/new.yaml", "providers/a.yaml")),
    )
    return {"tree": Tree(owners=Owners("CODEOWNERS", text), grounds=grounds), "complaints": complaints}


def machine(**fields: Any) -> dict[str, Any]:
    parts = (Part("Python", "3.12.1", ">=3.11"), Part("git", "2.40", ">=2.31"), Part("PyYAML", "6.0.3", ">=6,<7"))
    return {"machine": Machine(**{"keyturn": "0.1.0", "parts": parts, **fields})}


SHA = "0123456789" * 4
LABELS = frozenset(access.LABELS)
CASES: Mapping[str, Sequence[tuple[str, Facts, list[tuple[str, str]]]]] = {
    "files": [
        ("whole", facts(files=2), [OK]),
        ("broken", facts(files=2, errors=1), [("files-invalid", "error")]),
    ],
    "catalogue-age": [
        ("none", facts(), [OK]),
        ("new", facts(entries=(Entry("providers/x.yaml", date(2026, 11, 1)),)), [OK]),
        ("old", facts(entries=(Entry("providers/x.yaml", date(2026, 1, 1)),)), [("catalogue-old", "warning")]),
    ],
    "catalogue-sources": [
        ("dated", facts(entries=(Entry("providers/x.yaml", date(2026, 1, 1)),)), [OK]),
        ("undated", facts(entries=(Entry("providers/x.yaml", None),)), [("catalogue-undated", "info")]),
    ],
    "versions": [
        ("as tested", facts(**machine()), [OK]),
        ("old git", facts(**machine(parts=(Part("git", "2.25", ">=2.31"),))), [("version-untested", "warning")]),
        ("no git", facts(**machine(parts=(Part("git", None, ">=2.31"),))), [("version-untested", "warning")]),
        ("pure", facts(**machine(has_libyaml=False)), [("no-libyaml", "info")]),
    ],
    "token": [
        ("local", facts(Place()), [("not-asked", "info")]),
        ("none", facts(Place("github:acme/keys", objection="none")), [("token-missing", "error")]),
        ("good", facts(account=ALICE), [OK]),
        ("good for long", facts(account=replace(ALICE, expires=NOW + timedelta(days=15))), [OK]),
        ("ends soon", facts(account=replace(ALICE, expires=NOW + 9 * HOUR)), [("token-expires", "warning")]),
        ("rejected", facts(account=replace(ALICE, is_accepted=False)), [("token-rejected", "error")]),
        ("silent", facts(account=SILENT), [NO_ANSWER]),
    ],
    "clock": [
        ("in step", facts(account=ALICE), [OK]),
        ("at the bound", facts(account=replace(ALICE, skew=-timedelta(minutes=5))), [OK]),
        ("ahead", facts(account=replace(ALICE, skew=timedelta(minutes=6))), [("clock-skewed", "warning")]),
        ("behind", facts(account=replace(ALICE, skew=-timedelta(days=2))), [("clock-skewed", "warning")]),
        ("untold", facts(account=replace(ALICE, skew=None)), [NO_ANSWER]),
        ("silent", facts(account=SILENT), [NO_ANSWER]),
    ],
    "tracker": [
        ("local", facts(Place()), [OK]),
        ("local on a runner", facts(Place(in_actions=True)), [("tracker-local", "warning")]),
        ("good", facts(tracker=KEYS), [OK]),
        ("of another case", facts(tracker=replace(KEYS, name="Acme/Keys")), [OK]),
        ("without a home", facts(Place("github:acme/keys"), tracker=KEYS), [OK]),
        ("elsewhere", facts(tracker=replace(KEYS, name="acme/all")), [("tracker-elsewhere", "info")]),
        (
            "elsewhere, by a runner",
            facts(ACTIONS, tracker=replace(KEYS, name="a/b")),
            [("tracker-elsewhere", "warning")],
        ),
        ("archived", facts(tracker=replace(KEYS, is_archived=True)), [("tracker-archived", "error")]),
        ("without issues", facts(tracker=replace(KEYS, has_issues=False)), [("issues-disabled", "error")]),
        ("gone", facts(tracker=Missing("acme/keys")), [("tracker-missing", "error")]),
        ("moved", facts(tracker=Missing("acme/keys", is_moved=True)), [("tracker-moved", "error")]),
        ("silent", facts(tracker=SILENT), [NO_ANSWER]),
    ],
    "identity": [
        ("as configured", facts(account=ALICE, policy=identity("Alice")), [OK]),
        ("one of several", facts(account=ALICE, policy=identity("bob", "alice")), [OK]),
        ("another", facts(account=ALICE, policy=identity("bob")), [("identity-differs", "error")]),
        ("alone", facts(account=ALICE), [("identity-alone", "info")]),
        ("of a workflow", facts(ACTIONS, account=Account(Kind.INSTALLATION)), [OK]),
        ("app, untold", facts(account=Account(Kind.INSTALLATION)), [("identity-unknown", "error")]),
        (
            "app, configured",
            facts(account=Account(Kind.INSTALLATION), policy=identity("x[bot]")),
            [("identity-untold", "unknown")],
        ),
        ("rejected", facts(account=replace(ALICE, is_accepted=False)), [("not-asked", "unknown")]),
        ("silent", facts(account=SILENT), [NO_ANSWER]),
    ],
    "permissions": [
        ("all", facts(account=ALICE, tracker=KEYS, issues=True, secrets=True), [OK, OK, OK]),
        ("no list", facts(account=ALICE, tracker=KEYS, issues=DENIED), [("issues-unread", "error")]),
        ("silent", facts(issues=SILENT), [NO_ANSWER]),
        (
            "no secrets",
            facts(account=ALICE, tracker=KEYS, issues=True, secrets=DENIED),
            [OK, OK, ("secrets-unread", "info")],
        ),
        ("silent secrets", facts(account=ALICE, tracker=KEYS, issues=True, secrets=SILENT), [OK, OK, NO_ANSWER]),
        ("nothing about it", facts(account=ALICE, issues=True, secrets=True), [OK, OK]),
        (
            "a role that is too low",
            facts(account=ALICE, tracker=replace(KEYS, role=None), issues=True, secrets=True),
            [OK, ("role-too-low", "error"), OK],
        ),
        (
            "a public scope for a private repository",
            facts(
                account=replace(ALICE, scopes=frozenset({"public_repo"})),
                tracker=replace(KEYS, is_private=True),
                issues=True,
                secrets=True,
            ),
            [OK, ("scope-missing", "error"), OK],
        ),
        (
            "a public scope for a public repository",
            facts(account=replace(ALICE, scopes=frozenset({"public_repo"})), tracker=KEYS, issues=True, secrets=True),
            [OK, OK, OK],
        ),
        (
            "a fine-grained one",
            facts(account=Account(Kind.FINE_GRAINED, login="alice"), tracker=KEYS, issues=True, secrets=True),
            [OK, ("write-untold", "unknown"), OK],
        ),
    ],
    "labels": [
        ("all", facts(labels=LABELS), [OK]),
        ("some", facts(labels=LABELS - {"key-rotation"}), [("labels-missing", "info")]),
        ("denied", facts(labels=DENIED), [UNREAD]),
    ],
    "writers": [
        ("one", facts(writers=("alice",)), [OK]),
        ("two", facts(writers=("alice", "bob")), [("four-eyes-off", "info")]),
        (
            "two with four eyes",
            facts(writers=("alice", "bob"), policy=Policy(evidence=EvidenceRules(four_eyes=True))),
            [OK],
        ),
        (
            "one with four eyes",
            facts(writers=("alice",), policy=Policy(evidence=EvidenceRules(four_eyes=True))),
            [("four-eyes-alone", "error")],
        ),
        ("denied", facts(writers=DENIED), [UNREAD]),
    ],
    "workflow-permissions": [
        ("good", facts(defaults=Defaults(is_writing=False, may_open_pulls=True)), [OK, OK]),
        (
            "bad",
            facts(defaults=Defaults(is_writing=True, may_open_pulls=False)),
            [("workflows-write", "warning"), ("pulls-forbidden", "info")],
        ),
        ("denied", facts(defaults=DENIED), [UNREAD]),
    ],
    "branch-protection": [
        ("tight", facts(protection=TIGHT), [OK]),
        ("tight as far as it may be seen", facts(protection=replace(TIGHT, is_certain=False)), [OK]),
        ("open", facts(protection=replace(TIGHT, needs_pull=False)), [("branch-unprotected", "error")]),
        ("no owners", facts(protection=replace(TIGHT, needs_owners=False)), [("owners-not-required", "error")]),
        ("no approval", facts(protection=replace(TIGHT, approvals=0)), [("approvals-missing", "warning")]),
        ("no checks", facts(protection=replace(TIGHT, checks=())), [("checks-not-required", "warning")]),
        ("force", facts(protection=replace(TIGHT, refuses_force=False)), [("force-push-allowed", "warning")]),
        ("not all seen", facts(protection=Protection(is_certain=False)), [UNREAD]),
        ("denied", facts(protection=DENIED), [UNREAD]),
    ],
    "owners": [
        ("none", facts(), [("no-owners", "error")]),
        ("all", facts(**owned("* @alice")), [OK, OK]),
        ("one file without", facts(**owned("* @alice\n/providers/a.yaml")), [("owners-incomplete", "error"), OK]),
        ("half", facts(**owned("/providers/ @alice")), [("owners-incomplete", "error"), OK]),
        ("unmerged", facts(**owned("* @alice", Complaints(None))), [OK, ("owners-unmerged", "warning")]),
        ("invalid", facts(**owned("* @alice", Complaints(("x",)))), [OK, ("owners-invalid", "error")]),
        ("denied", facts(**owned("* @alice", DENIED)), [OK, UNREAD]),
    ],
    "environments": [
        ("no workflow", facts(), [OK]),
        ("guarded", facts(**guarded()), [OK]),
        ("for protected branches", facts(**guarded(branches=(PROTECTED,))), [OK]),
        ("for all branches", facts(**guarded(branches=None)), [("environment-open", "error")]),
        ("for too many", facts(**guarded(branches=("main", "release/*"))), [("environment-open", "error")]),
        ("of an unseen home", facts(**{**guarded(), "home": Missing("acme/keys")}), [("environment-open", "error")]),
        ("silent home", facts(**{**guarded(), "home": SILENT}), [NO_ANSWER]),
        ("no reviewer", facts(**guarded(has_reviewers=False)), [("environment-unreviewed", "info")]),
        ("another", facts(**guarded(name="other")), [("environment-missing", "warning")]),
        ("of another case", facts(**guarded(name="Keyturn-Verify")), [OK]),
        (
            "outside of any",
            facts(**{**guarded(), "tree": Tree((replace(VERIFY, environments=(None,)),))}),
            [("verify-unguarded", "error")],
        ),
        ("denied", facts(**{**guarded(), "environments": DENIED}), [UNREAD]),
    ],
    "heartbeat": [
        ("steady", facts(**beat()), [OK]),
        ("running", facts(**beat(conclusion=None)), [OK]),
        ("at the bound", facts(**beat(hours=36)), [OK]),
        ("late", facts(**beat(hours=36.1)), [("heartbeat-late", "warning")]),
        ("of tomorrow", facts(**beat(hours=-24)), [OK]),
        ("failing", facts(**beat(conclusion="failure")), [("schedule-failing", "warning")]),
        ("never", facts(**beat(hours=None)), [("schedule-silent", "warning")]),
        ("idle", facts(**beat("disabled_inactivity")), [("schedule-disabled", "error")]),
        ("in a new state", facts(**beat("paused")), [("schedule-disabled", "error")]),
        ("unknown", facts(**beat("missing")), [("schedule-missing", "warning")]),
        ("denied", facts(**{**beat(), "pulses": DENIED}), [UNREAD]),
        ("no schedule", facts(), [("no-schedule", "warning")]),
        ("no schedule on a laptop", facts(Place()), [("no-schedule", "info")]),
        ("only somebody else's", facts(tree=Tree((replace(FLOW, is_ours=False),))), [("no-schedule", "warning")]),
    ],
    "pins": [
        ("none", facts(), [OK]),
        ("pinned", facts(**using(f"actions/checkout@{SHA}", "./here", f"docker://x@sha256:{'0' * 64}")), [OK]),
        ("a tag", facts(**using("actions/checkout@v6")), [("action-unpinned", "warning")]),
        ("a short commit", facts(**using("actions/checkout@0123456")), [("action-unpinned", "warning")]),
        ("an image's tag", facts(**using("docker://alpine:3")), [("action-unpinned", "warning")]),
        ("nothing behind it", facts(**using("acme/do")), [("action-unpinned", "warning")]),
        ("unreadable", facts(tree=Tree(unreadable=("x.yml",))), [("workflow-unreadable", "unknown")]),
    ],
}


@pytest.mark.parametrize(
    ("check", "given", "expected"),
    [
        pytest.param(check, given, expected, id=f"{check}: {name}")
        for check in CASES
        for name, given, expected in CASES[check]
    ],
)
def test_each_check(check: str, given: Facts, expected: list[tuple[str, str]]) -> None:
    assert found(check, given) == expected


def test_every_check_has_cases() -> None:
    assert CASES.keys() == CHECKS.keys()


@pytest.mark.parametrize("obstacle", Obstacle)
def test_what_was_not_read_is_never_well(obstacle: Obstacle) -> None:
    unread = Unread(obstacle, "Actions: read")
    blind = facts(
        **dict.fromkeys(Settings.__dataclass_fields__, unread), tree=Tree((FLOW, VERIFY), owners=Owners("x", ""))
    )
    named = [each for each in health.diagnoses(blind, tuple(CHECKS)) if CHECKS[each.check].needs]
    assert {each.check for each in named} == {name for name, check in CHECKS.items() if check.needs}
    assert {each.weight.value for each in named if each.message} <= {"info", "unknown", "error", "ok"}
    assert [each.check for each in named if each.code == "ok"] == ["owners"]  # what the file here covers


def test_what_to_grant_is_named_and_who_can_grant_it() -> None:
    [plain] = health.diagnoses(facts(labels=Unread(Obstacle.DENIED, "Issues: read")), ("labels",))
    [admin] = health.diagnoses(
        facts(defaults=Unread(Obstacle.DENIED, "Administration: read")), ("workflow-permissions",)
    )
    assert plain.advice == "grant the token in GITHUB_TOKEN the permission `Issues: read`"
    assert "which the token of a workflow cannot have" in admin.advice


def test_every_fault_says_what_to_do() -> None:
    faults = [
        each
        for cases in CASES.values()
        for _, given, _ in cases
        for each in health.diagnoses(given, tuple(CHECKS))
        if each.weight.value in {"warning", "error"}
    ]
    assert len({each.code for each in faults}) > 30
    assert all(each.advice and each.message and "http" not in each.advice for each in faults)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"labels": SILENT}, True),
        ({"labels": SILENT, "writers": DENIED}, False),
        ({"labels": SILENT, "account": ALICE}, False),
        ({"labels": Unread(Obstacle.TOKENLESS)}, False),
        ({"labels": Unread(Obstacle.LOCAL)}, False),
    ],
    ids=["nothing asked", "silent", "denied", "some answer", "no token", "local"],
)
def test_github_is_unreachable_where_nothing_came_back(given: dict[str, Any], *, expected: bool) -> None:
    assert health.is_unreachable(facts(**given)) is expected


def test_checks_name_settings_that_exist() -> None:
    assert health.needs(tuple(CHECKS)) == Settings.__dataclass_fields__.keys()
    assert health.needs(("heartbeat",)) == {"pulses"}


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "doctor.md"
ALWAYS = {"ok", "unread", "no-answer", "not-asked"}


@pytest.mark.repository
def test_the_page_has_every_check_and_every_code() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    checks, _, codes, advice = zip(*(row for row in rows if len(row) == 4), strict=True)
    assert [each.strip(" `") for each in checks[2:] if each.strip()] == list(CHECKS)
    emitted = {code for cases in CASES.values() for _, _, found in cases for code, _ in found} - ALWAYS
    assert sorted(each.strip(" `") for each in codes[2:]) == sorted(emitted)
    assert all(each.strip().endswith(".") for each in advice[2:])
