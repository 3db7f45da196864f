"""What a reviewer should see: every rule by a table, and the joins of catalogues, plans and problems."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from core.samples import (
    CATALOGUE,
    FRESH,
    ID,
    OVERDUE,
    PARTS,
    TODAY,
    evidence,
    issue,
    leak,
    pause,
    request,
    rotation,
    setting,
)

from keyturn import review
from keyturn.actions import Waiting, verb
from keyturn.model import (
    Cadence,
    Catalogue,
    Consumer,
    Duration,
    EvidenceRules,
    Limits,
    Match,
    Method,
    Part,
    Platform,
    Policy,
    ProbeRules,
    Problem,
    Provider,
    Rule,
    Severity,
    Strategy,
    Tier,
)
from keyturn.plan import Plan, plan
from keyturn.render import reviews
from keyturn.review import Change, Effect, Review

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from keyturn.model import Issue, Rotation

LATER, SHOWN = "2026-11-20", "2026-11-20T12:00:00Z"
EXPIRES = datetime(2027, 8, 24, tzinfo=UTC)
PROVED = evidence(FRESH, SHOWN)
LEAKED = rotation(request=leak(FRESH))
MOVED = {"path": "rotations/other.yaml"}


def change(before: Sequence[Rotation], after: Sequence[Rotation], **settings: object) -> Change:
    plain = Change(tuple(before), tuple(after), Policy(), replace(CATALOGUE, platforms=PLATFORMS), TODAY)
    return replace(plain, **settings)


PLATFORMS = {"manual": Platform("manual", "Manual")}


def found(
    before: Sequence[Rotation],
    after: Sequence[Rotation],
    issues: Sequence[Issue] | None = (),
    past: Collection[str] | None = frozenset(),
    **settings: object,
) -> list[tuple[str, str, Severity]]:
    """Return code, pointer and severity of every finding."""
    findings = review.findings(change(before, after, **settings), issues, past)
    return [(each.code, "/".join(map(str, each.pointer)), each.severity) for each in findings]


def error(code: str, pointer: str = "") -> tuple[str, str, Severity]:
    return code, pointer, Severity.ERROR


def warning(code: str, pointer: str = "") -> tuple[str, str, Severity]:
    return code, pointer, Severity.WARNING


# -- one key -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(rotation(), rotation(), [], id="nothing changed"),
        pytest.param(rotation(), rotation(**MOVED), [], id="only moved"),
        pytest.param(rotation(), rotation(description="Loads."), [], id="a change that asks nothing"),
        pytest.param(rotation(), rotation(LATER, evidence=PROVED), [], id="rotated and proved"),
        pytest.param(
            rotation(), rotation(LATER), [error("created-without-evidence", "created")], id="created without evidence"
        ),
        pytest.param(
            rotation(),
            rotation(LATER, **MOVED),
            [error("created-without-evidence", "created")],
            id="created without evidence in a moved file",
        ),
        pytest.param(
            rotation("unknown", enrolled=TODAY),
            rotation(LATER),
            [error("created-without-evidence", "created")],
            id="created of an unknown version without evidence",
        ),
        pytest.param(
            rotation("2026-10-01", evidence=evidence(OVERDUE, SHOWN)),
            rotation(LATER, evidence=evidence(OVERDUE, SHOWN)),
            [error("created-without-evidence", "created")],
            id="created with the evidence of the rotation before",
        ),
        pytest.param(
            rotation(),
            rotation("2026-11-23", evidence=evidence(FRESH, "2026-11-23T01:00:00Z")),
            [error("created-in-future", "created")],
            id="created two days ahead",
        ),
        pytest.param(
            rotation(),
            rotation("2026-11-22", evidence=evidence(FRESH, "2026-11-22T01:00:00Z")),
            [],
            id="created tomorrow, where it is that day already",
        ),
        pytest.param(
            rotation(expires=EXPIRES),
            rotation(LATER, evidence=PROVED, expires=EXPIRES),
            [error("expires-of-old-key", "expires")],
            id="the old expires",
        ),
        pytest.param(
            rotation(expires=EXPIRES),
            rotation(LATER, evidence=PROVED, expires=EXPIRES.replace(year=2028)),
            [],
            id="a new expires",
        ),
        pytest.param(
            rotation(expires=EXPIRES), rotation(LATER, evidence=PROVED), [], id="a new key that does not expire"
        ),
        pytest.param(
            rotation(),
            rotation(LATER, evidence=evidence(FRESH, "2026-11-19T12:00:00Z", [Part.NEW_KEY, Part.OLD_KEY])),
            [
                error("evidence-stale", "evidence/new_key/at"),
                error("evidence-stale", "evidence/old_key/at"),
                warning("evidence-incomplete", "evidence"),
            ],
            id="evidence older than the new version, and partial",
        ),
        pytest.param(
            rotation(evidence=evidence(OVERDUE, "2026-10-31")),
            rotation(evidence=evidence(OVERDUE, "2026-10-31"), description="Loads."),
            [warning("evidence-stale", f"evidence/{part}/at") for part in PARTS],
            id="old evidence that this change did not bring",
        ),
        pytest.param(
            rotation(),
            rotation(LATER, evidence=evidence(FRESH, SHOWN, [Part.NEW_KEY])),
            [warning("evidence-incomplete", "evidence")],
            id="evidence partial",
        ),
        pytest.param(
            rotation(), rotation("2026-10-20"), [warning("created-backwards", "created")], id="created backwards"
        ),
        pytest.param(
            rotation(),
            rotation(hold=pause("2026-12-22")),
            [error("hold-too-long", "hold/until")],
            id="a hold past the bound",
        ),
        pytest.param(rotation(), rotation(hold=pause("2026-12-21")), [], id="a hold to the bound"),
        pytest.param(
            rotation(),
            rotation(waiver=pause("2027-11-22")),
            [error("waiver-too-long", "waiver/until")],
            id="a waiver past the bound",
        ),
        pytest.param(LEAKED, rotation(), [error("leak-withdrawn", "request")], id="a leaked request withdrawn"),
        pytest.param(
            LEAKED,
            rotation(request=request(FRESH, "2026-11-23")),
            [error("leak-withdrawn", "request")],
            id="a leaked request played down",
        ),
        pytest.param(
            LEAKED,
            rotation("2026-10-20"),
            [warning("created-backwards", "created"), error("leak-withdrawn", "request")],
            id="a leaked request withdrawn by a correction",
        ),
        pytest.param(
            LEAKED,
            rotation("2026-10-20", request=leak("2026-10-20")),
            [warning("created-backwards", "created")],
            id="a leaked request that follows a correction",
        ),
        pytest.param(LEAKED, rotation(LATER, evidence=PROVED), [], id="a leaked request answered"),
        pytest.param(rotation(request=request(FRESH, "2026-11-23")), rotation(), [], id="another request withdrawn"),
        pytest.param(
            LEAKED,
            rotation(LATER, evidence=PROVED, request=leak(FRESH)),
            [warning("leftover-request", "request")],
            id="a leftover request",
        ),
        pytest.param(
            rotation(), rotation(tier=Tier.LOW), [warning("tier-lowered", "tier")], id="tier lowered, and no more said"
        ),
        pytest.param(rotation(tier=Tier.LOW), rotation(), [], id="tier raised"),
        pytest.param(
            rotation(),
            rotation(rotate_every=Duration(100, "d")),
            [warning("cadence-loosened", "rotate_every")],
            id="cadence loosened",
        ),
        pytest.param(
            rotation(rotate_every=Duration(30, "d")),
            rotation(),
            [warning("cadence-loosened", "rotate_every")],
            id="cadence loosened by leaving it out",
        ),
        pytest.param(rotation(), rotation(rotate_every=Duration(3, "m")), [], id="the same cadence in other words"),
        pytest.param(
            rotation(),
            rotation(owners=("bob", "carol")),
            [warning("owners-replaced", "owners")],
            id="all owners replaced",
        ),
        pytest.param(rotation(), rotation(owners=("Alice", "bob")), [], id="an owner stays, in other letters"),
        pytest.param(
            rotation(),
            rotation(consumers=(Consumer("nowhere"),)),
            [error("unknown-platform", "consumers/0/platform")],
            id="what the base's catalogue does not have",
        ),
    ],
)
def test_a_key_that_changed(old: Rotation, new: Rotation, expected: list[tuple[str, str, Severity]]) -> None:
    assert found([old], [new]) == expected


def test_rules_of_the_base_decide_about_tier_and_cadence() -> None:
    policy = Policy(rules=(Rule(Match(tags=frozenset({"pii"})), Duration(10, "d"), Tier.CRITICAL),))

    assert found([rotation(tags=("pii",))], [rotation()], policy=policy) == [
        warning("tier-lowered", "tier"),
        warning("cadence-loosened", "rotate_every"),
    ]


def test_a_key_whose_file_did_not_change_is_not_judged_again() -> None:
    overlong = rotation(hold=pause("2027-11-22"))

    assert found([overlong], [replace(overlong, **MOVED)]) == []


def test_a_new_key_is_held_to_the_rules_of_the_base() -> None:
    assert found([], [rotation(hold=pause("2026-12-22"))]) == [error("hold-too-long", "hold/until")]


# -- ids -----------------------------------------------------------------------------------------------------------

NEW_KEY = {"key": "reader"}
NEW_ID = "mixpanel/reader"
OTHER_FILE = rotation(**NEW_KEY, **MOVED, owners=("bob",))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(rotation(**NEW_KEY), [error("id-changed", "key")], id="another key in the same file"),
        pytest.param(
            rotation(provider="segment", slug="mixpanel"),
            [error("id-changed", "provider"), error("unknown-provider", "provider")],
            id="another provider in the same file",
        ),
        pytest.param(rotation(**NEW_KEY, **MOVED), [error("id-changed", "key")], id="moved, and only the id differs"),
        pytest.param(rotation(**NEW_KEY, formerly=(ID,)), [], id="said by formerly"),
        pytest.param(rotation(**NEW_KEY, **MOVED, formerly=(ID,)), [], id="said by formerly in a moved file"),
        pytest.param(OTHER_FILE, [], id="another key in another file"),
        pytest.param(
            rotation(LATER, **NEW_KEY, formerly=(ID,)),
            [error("created-without-evidence", "created")],
            id="formerly hides no change of version",
        ),
    ],
)
def test_a_changed_id(new: Rotation, expected: list[tuple[str, str, Severity]]) -> None:
    assert found([rotation()], [new]) == expected


def test_an_older_key_cannot_take_a_leak_away_by_claiming_its_id() -> None:
    other = rotation(**NEW_KEY, **MOVED)

    assert found([LEAKED, other], [replace(other, formerly=(ID,))]) == [error("leak-withdrawn", "request")]


def test_a_claimed_id_that_is_still_declared_stays_what_it_is() -> None:
    other = rotation(**NEW_KEY, **MOVED)

    assert found([LEAKED, other], [LEAKED, replace(other, formerly=(ID,))]) == [error("formerly-in-use", "formerly/0")]


@pytest.mark.parametrize(
    ("old", "issues", "expected"),
    [
        pytest.param(rotation(), [], [], id="no issue"),
        pytest.param(rotation(), [issue(3)], [error("deleted-while-open")], id="its issue is open"),
        pytest.param(rotation(), [issue(3, closed_on="2026-11-10")], [], id="its issue is closed"),
        pytest.param(rotation(), [issue(3, id="mixpanel/other")], [], id="another key's issue is open"),
        pytest.param(
            rotation(formerly=("mixpanel/older",)),
            [issue(3, id="mixpanel/older")],
            [error("deleted-while-open")],
            id="the issue of its earlier id is open",
        ),
        pytest.param(rotation(), None, [warning("deletion-unchecked")], id="nobody could look"),
        pytest.param(LEAKED, [], [error("leak-withdrawn")], id="leaked"),
        pytest.param(LEAKED, None, [error("leak-withdrawn")], id="leaked, and nobody could look"),
    ],
)
def test_a_deleted_key(
    old: Rotation, issues: Sequence[Issue] | None, expected: list[tuple[str, str, Severity]]
) -> None:
    assert found([old], [], issues) == expected
    assert {each.path for each in review.findings(change([old], []), issues, ())} <= {old.path}


def test_nothing_counts_as_deleted_while_a_file_cannot_be_read() -> None:
    assert found([LEAKED], [], None, is_whole=False) == []


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        pytest.param({NEW_ID}, [error("id-reused", "key")], id="used before"),
        pytest.param({ID}, [], id="other ids were"),
        pytest.param(None, [warning("history-unchecked", "key")], id="nobody could look"),
    ],
)
def test_an_id_that_may_have_been_used_before(
    past: Collection[str] | None, expected: list[tuple[str, str, Severity]]
) -> None:
    assert found([rotation()], [rotation(), OTHER_FILE], [], past) == expected
    assert found([rotation()], [rotation(**NEW_KEY, formerly=(ID,))], [], past) == expected


# -- what keys are judged by ---------------------------------------------------------------------------------------


def provider(slug: str, name: str, *aliases: str) -> Provider:
    return Provider(slug, name, Strategy.OVERLAP, aliases=aliases)


def catalogue(*providers: Provider, **platforms: Platform) -> Catalogue:
    aliases = {alias: each.slug for each in providers for alias in each.aliases}
    return Catalogue({each.slug: each for each in providers}, platforms, aliases)


BASE = catalogue(provider("acme", "Acme", "acme-inc"), manual=Platform("manual", "Manual"))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(BASE, BASE, id="the same"),
        pytest.param(
            catalogue(provider("acme", "Trap", "other"), manual=Platform("manual", "Trap")), BASE, id="overrides"
        ),
        pytest.param(catalogue(), BASE, id="entries gone"),
        pytest.param(catalogue(provider("acme-inc", "Trap")), BASE, id="a slug that is an alias already"),
        pytest.param(
            catalogue(provider("new", "New", "novel", "acme-inc")),
            Catalogue(
                {**BASE.providers, "new": provider("new", "New", "novel", "acme-inc")},
                BASE.platforms,
                {"novel": "new", "acme-inc": "acme"},
            ),
            id="a new provider, without an alias that is taken",
        ),
        pytest.param(
            catalogue(desk=Platform("desk", "Desk")),
            Catalogue(BASE.providers, {**BASE.platforms, "desk": Platform("desk", "Desk")}, BASE.aliases),
            id="a new platform",
        ),
    ],
)
def test_the_catalogue_of_the_base_with_what_is_new(head: Catalogue, expected: Catalogue) -> None:
    assert review.judging(BASE, head) == expected


@pytest.mark.parametrize(
    ("path", "head", "is_override"),
    [
        pytest.param("providers/acme.yaml", BASE, True, id="a known provider"),
        pytest.param("providers/acme.yml", catalogue(), True, id="a known provider's file gone"),
        pytest.param("platforms/manual.yaml", BASE, True, id="a known platform"),
        pytest.param("providers/new.yaml", catalogue(provider("new", "New", "novel")), False, id="a new provider"),
        pytest.param("platforms/new.yaml", catalogue(), False, id="a new platform"),
        pytest.param("providers/sub/acme.yaml", BASE, False, id="a file that nobody reads"),
        pytest.param(
            "providers/acme-inc.yaml", catalogue(provider("acme-inc", "T")), True, id="a slug that is an alias"
        ),
        pytest.param("providers/new.yaml", catalogue(provider("new", "N", "acme-inc")), True, id="a taken alias"),
        pytest.param("providers/new.yaml", catalogue(provider("new", "N", "acme")), True, id="an alias that is a slug"),
        pytest.param("providers/new.yaml", catalogue(), False, id="a new provider that cannot be read"),
    ],
)
def test_overrides_of_the_catalogue(path: str, head: Catalogue, *, is_override: bool) -> None:
    known = {"providers": {"acme"}, "platforms": {"manual"}}
    findings = list(review.overrides([path], known, BASE, head))

    assert [(each.path, each.code, each.severity) for each in findings] == (
        [(path, "catalogue-overridden", Severity.WARNING)] if is_override else []
    )


PROBES = ProbeRules(("shop.acme.example",), ("documented",))
STRICT = Policy(
    evidence=EvidenceRules(four_eyes=True),
    probe=PROBES,
)
DAY = Duration(1, "d")
LONG = Duration(2, "y")


def policy(**fields: object) -> Policy:
    return replace(STRICT, **fields)


def rules(**fields: object) -> EvidenceRules:
    return replace(STRICT.evidence, **fields)


@pytest.mark.parametrize(
    ("stricter", "weaker", "field"),
    [
        (policy(), policy(tracker="github:acme/other"), "tracker"),
        (policy(), policy(identity=("bob",)), "identity"),
        (policy(), policy(cadence=Cadence(critical=LONG)), "cadence/critical"),
        (policy(), policy(cadence=Cadence(standard=LONG)), "cadence/standard"),
        (policy(), policy(cadence=Cadence(low=LONG)), "cadence/low"),
        (policy(), policy(cadence=Cadence(max=LONG)), "cadence/max"),
        (policy(), policy(rules=(Rule(Match(), LONG),)), "rules"),
        (policy(), policy(unknown_within=LONG), "unknown_within"),
        (policy(), policy(expiry_margin=DAY), "expiry_margin"),
        (policy(), policy(max_hold=LONG), "max_hold"),
        (policy(), policy(max_waiver=LONG), "max_waiver"),
        (policy(), policy(limits=Limits(max_close_count=1000)), "limits/max_close_count"),
        (policy(), policy(limits=Limits(max_close_percent=100)), "limits/max_close_percent"),
        (policy(), policy(evidence=rules(require=frozenset({Part.OLD_KEY}))), "evidence/require"),
        (
            policy(),
            policy(evidence=rules(methods={Tier.CRITICAL: {Part.OLD_KEY: frozenset({Method.ATTESTED})}})),
            "evidence/methods",
        ),
        (policy(), policy(evidence=rules(four_eyes=False)), "evidence/four_eyes"),
        (policy(), policy(probe=replace(PROBES, hosts=("shop.acme.example", "trap.example"))), "probe/hosts"),
        (policy(), policy(probe=replace(PROBES, confidence=("documented", "inferred"))), "probe/confidence"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_weaker_policy(stricter: Policy, weaker: Policy, field: str) -> None:
    weakened = [(each.path, "/".join(map(str, each.pointer))) for each in review.weakened("k", stricter, weaker)]

    assert weakened == [("k", field)]
    assert list(review.weakened("k", weaker, weaker)) == []
    if field not in {"tracker", "identity", "rules", "evidence/methods"}:  # these have no order
        assert list(review.weakened("k", weaker, stricter)) == []


# -- what merging brings -------------------------------------------------------------------------------------------


def effect(
    before: Sequence[Rotation], after: Sequence[Rotation], issues: Sequence[Issue] = (), room: int = 50
) -> tuple[list[str], list[str], list[str]]:
    """Return what is new, what newly waits and what falls away, each as `verb id`."""
    around = setting(Policy(limits=Limits(open_at_once=room)))
    merged = review.effect(plan(before, issues, around), plan(after, issues, around))
    parts = (merged.plan.actions, merged.plan.waiting, merged.averted)
    return tuple([f"{verb(each)} {each.subject.rotation}" for each in part] for part in parts)  # type: ignore[return-value] # of three


LATE = rotation(OVERDUE)
LATE_TOO = rotation(OVERDUE, **NEW_KEY, **MOVED)


@pytest.mark.parametrize(
    ("before", "after", "room", "expected"),
    [
        pytest.param([LATE], [LATE], 50, ([], [], []), id="nothing"),
        pytest.param([LATE], [LATE, LATE_TOO], 50, ([f"open {NEW_ID}"], [], []), id="one more"),
        pytest.param([LATE, LATE_TOO], [LATE], 50, ([], [], [f"open {NEW_ID}"]), id="one less"),
        pytest.param([LATE], [LATE, LATE_TOO], 1, ([], [f"open {NEW_ID}"], []), id="one more that waits"),
        pytest.param(
            [LATE],
            [replace(LATE, waiver=pause("2027-01-01"))],
            50,
            ([], [], [f"open {ID}"]),
            id="a waiver",
        ),
    ],
)
def test_what_merging_changes(
    before: Sequence[Rotation], after: Sequence[Rotation], room: int, expected: tuple[list[str], list[str], list[str]]
) -> None:
    assert effect(before, after, room=room) == expected


def test_an_update_that_says_something_else_is_a_change() -> None:
    described = replace(LATE, description="Loads.")

    assert effect([LATE], [described], [issue(3)]) == ([f"update {ID}"], [], [])


@pytest.mark.parametrize(
    ("before", "after", "most", "expected"),
    [
        pytest.param(0, 2, 1, True, id="too many after it"),
        pytest.param(0, 1, 1, False, id="as many as may be"),
        pytest.param(2, 2, 1, False, id="too many before it already"),
        pytest.param(0, 2, 2, False, id="a policy that lets so many be closed"),
    ],
)
def test_a_change_after_which_a_run_would_refuse(before: int, after: int, most: int, *, expected: bool) -> None:
    issues = [issue(1), issue(2, id=NEW_ID)]
    limits = Limits(max_close_count=most, max_close_percent=1)

    def waived(count: int) -> Plan:
        waiver = {"waiver": pause("2027-01-01")}
        keys = [replace(key, **(waiver if place < count else {})) for place, key in enumerate((LATE, LATE_TOO))]
        return plan(keys, issues, setting())

    told = list(review.excess("keyturn.yaml", waived(before), waived(after), limits))
    assert [(each.pointer, each.code) for each in told] == [(("limits",), "closes-too-much")] * expected
    assert all("2 of 2 open issues" in each.message for each in told)


def problem(code: str, severity: Severity = Severity.ERROR, line: int = 1, message: str = "m") -> Problem:
    return Problem("rotations/a.yaml", line, 1, code, message, severity)


def test_what_was_found_twice_is_said_once() -> None:
    stale = problem("evidence-stale", message="ours")
    plain = problem("evidence-stale", Severity.WARNING, message="theirs")
    other = problem("evidence-stale", Severity.WARNING, line=2)

    assert review.reviewed([stale], [plain, other]) == (stale, other)
    assert review.reviewed([], [plain]) == (plain,)


def test_only_errors_stand_against_merging() -> None:
    warned = Review("c", "local", (problem("x", Severity.WARNING),), None)

    assert not warned.has_errors
    assert replace(warned, problems=(problem("x"),)).has_errors


# -- shown ---------------------------------------------------------------------------------------------------------

HOSTILE = "@alice closes #1 <img src=x> --> `x` |\x1b[31m"
AFTER = Effect(
    replace(
        plan([LATE], (), setting()),
        waiting=tuple(Waiting(each.subject) for each in plan([LATE_TOO], (), setting()).actions),
    ),
    plan([LATE_TOO], (), setting()).actions,
)
WHOLE = Review("c0ffee", "local", (problem("b", Severity.WARNING), problem("a", line=2)), AFTER, (HOSTILE,))
QUIET = Review("c0ffee", "local", (), Effect(Plan(TODAY, ()), ()))
BLIND = Review("c0ffee", "local", (), None, ("the issues could not be read: no token",))


def test_a_review_as_text() -> None:
    assert reviews.text(WHOLE) == [
        "rotations/a.yaml:1:1: b: m (warning)",
        "rotations/a.yaml:2:1: a: m",
        "After the merge: 1 to open; 1 waits for a place among the open issues; no longer 1 to open.",
        "  open            mixpanel/loader  new  due 2026-10-30 (22 days ago)  standard · overdue",
        "  wait            mixpanel/reader  new  due 2026-10-30 (22 days ago)  standard · overdue",
        "  no longer open  mixpanel/reader  new  due 2026-10-30 (22 days ago)  standard · overdue",
        "@alice closes #1 <img src=x> --> `x` |\\x1b[31m",
        "review: 1 error, 1 warning",
    ]
    assert reviews.text(QUIET) == ["Merging changes nothing about the issues.", "review: nothing to object to"]
    assert reviews.text(BLIND) == [
        "What merging changes is not shown: the issues could not be read.",
        "the issues could not be read: no token",
        "review: nothing to object to",
    ]


def test_a_review_as_workflow_commands() -> None:
    assert reviews.workflow_commands(WHOLE) == [
        "::error file=rotations/a.yaml,line=2,col=1,title=a::m",
        "::warning file=rotations/a.yaml,line=1,col=1,title=b::m",
        *reviews.text(WHOLE)[2:],
    ]


PAGE = """\
## keyturn: 1 error, 1 warning

|  | Where | What to do |
| --- | --- | --- |
| ❌ | `rotations/a.yaml:2`<br>`a` | m |
| ⚠️ | `rotations/a.yaml:1`<br>`b` | m |

After the merge: 1 to open; 1 waits for a place among the open issues; no longer 1 to open.

| Action | Key | Issue | Due | Why |
| --- | --- | --- | --- | --- |
| **open** | `mixpanel/loader` | new | due 2026-10-30 (22 days ago) | standard · overdue |
| **wait** | `mixpanel/reader` | new | due 2026-10-30 (22 days ago) | standard · overdue |
| **no longer open** | `mixpanel/reader` | new | due 2026-10-30 (22 days ago) | standard · overdue |

> `@alice` closes `#1` &lt;img src=x&gt; --&gt; &#96;x&#96; &#124;\\[31m
"""


def test_a_review_as_a_page() -> None:
    assert reviews.markdown(WHOLE) == PAGE
    assert reviews.markdown(QUIET) == "## keyturn: nothing to object to\n\nMerging changes nothing about the issues.\n"
    assert reviews.markdown(BLIND) == (
        "## keyturn: nothing to object to\n\n"
        "What merging changes is not shown: the issues could not be read.\n\n"
        "> the issues could not be read: no token\n"
    )


def test_the_issue_that_a_page_speaks_of_gets_no_reference() -> None:
    updated = Effect(plan([replace(LATE, description="Loads.")], [issue(3)], setting()), ())

    assert "| **update** | `mixpanel/loader` | `#3` | due 2026-10-30 (22 days ago) |" in reviews.markdown(
        replace(QUIET, effect=updated)
    )


def test_what_files_say_is_inert_on_a_page() -> None:
    hostile = Problem(f"rotations/{HOSTILE}.yaml", 1, 1, "x", HOSTILE)
    page = reviews.markdown(replace(QUIET, problems=(hostile,)))

    assert page.splitlines()[4] == (
        "| ❌ | `rotations/@alice closes #1` &lt;`img src=x`&gt; `--`&gt; &#96;`x`&#96; &#124;`[31m.yaml:1`<br>`x` | "
        "`@alice` closes `#1` &lt;img src=x&gt; --&gt; &#96;x&#96; &#124;\\[31m |"
    )


def test_a_page_says_how_many_rows_it_leaves_out() -> None:
    many = tuple(problem("a", line=line) for line in range(1, reviews.MOST_ROWS + 3))

    assert "\n\n… and 2 more\n\n" in reviews.markdown(replace(QUIET, problems=many))


def test_a_page_fits_into_a_comment() -> None:
    long = tuple(problem("a", line=line, message="@x " * 1000) for line in range(1, 60))
    page = reviews.markdown(replace(QUIET, problems=long))
    assert len(page) <= reviews.LONGEST

    huge = tuple(replace(each, path="<" * 5000) for each in long)
    assert reviews.markdown(replace(QUIET, problems=huge)) == (
        "## keyturn: 59 errors\n\nThis is more than a comment holds; the log of this check has all of it.\n"
    )


def test_a_review_as_a_document() -> None:
    shown = reviews.document(WHOLE)

    assert {key: shown[key] for key in ("base", "tracker", "notes")} == {
        "base": "c0ffee",
        "tracker": "local",
        "notes": [HOSTILE],
    }
    assert [each["code"] for each in shown["problems"]] == ["b", "a"]
    assert [(key, [(each["action"], each["rotation"]) for each in shown[key]]) for key in _LISTS] == [
        ("actions", [("open", ID)]),
        ("waiting", [("open", NEW_ID)]),
        ("averted", [("open", NEW_ID)]),
    ]
    assert [reviews.document(BLIND)[key] for key in _LISTS] == [None, None, None]


_LISTS = ("actions", "waiting", "averted")


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ("acme/keys:.", "<!-- keyturn-review acme/keys:. -->"),
        ("acme/keys:a -->b--c", "<!-- keyturn-review acme/keys:a%20%2D-%3Eb%2D-c -->"),
    ],
)
def test_no_scope_ends_the_mark_of_a_comment(scope: str, line: str) -> None:
    assert reviews.mark(scope) == line
