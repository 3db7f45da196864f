"""When a key is due, how it stands and what its evidence lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from core.samples import (
    DUE,
    DUE_SOON,
    FRESH,
    OVERDUE,
    PARTS,
    TODAY,
    day,
    evidence,
    incident,
    known,
    leak,
    pause,
    proofs,
    request,
    retired,
    rotation,
)
from hypothesis import given, strategies as st

from keyturn import policy as judge
from keyturn.model import (
    Cadence,
    Duration,
    Escalation,
    EvidenceRules,
    Incident,
    Match,
    Method,
    Part,
    Policy,
    RequestReason,
    RetirementEvidence,
    Rule,
    Status,
    Tier,
    Why,
    moment,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyturn.model import Marker, Rotation

POLICY = Policy()
WEEKS_6 = Duration(6, "w")


def standing(
    given_rotation: Rotation,
    issue: Marker | None = None,
    policy: Policy = POLICY,
    incidents: Sequence[Incident] = (),
    today: date = TODAY,
) -> judge.Standing:
    return judge.standing(given_rotation, issue, policy, incidents, today)


# -- due -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_rotation", "expected"),
    [
        pytest.param(rotation("2026-08-24"), "2026-11-22", id="created plus the cadence of the tier"),
        pytest.param(rotation("2026-08-24T23:30:00-01:00"), "2026-11-23", id="counted from the UTC day"),
        pytest.param(rotation("2026-08-31", rotate_every=Duration(6, "m")), "2027-02-28", id="end of a month"),
        pytest.param(rotation("2028-02-29", rotate_every=Duration(1, "y")), "2029-02-28", id="leap day"),
        pytest.param(
            rotation("unknown", enrolled=day("2026-11-01")), "2026-12-01", id="unknown: enrolled plus 30 days"
        ),
        pytest.param(
            rotation("unknown", enrolled=day("2026-11-01"), rotate_every=Duration(1, "d")),
            "2026-12-01",
            id="unknown: whatever its cadence",
        ),
        pytest.param(rotation("2026-08-24", enrolled=day("2026-11-01")), "2026-11-22", id="enrolled but known"),
        pytest.param(
            rotation("2026-08-24", expires=moment("2026-11-20T12:00:00Z")),
            "2026-11-13",
            id="a margin before it expires",
        ),
        pytest.param(rotation("2026-08-24", expires=moment("2027-08-24")), "2026-11-22", id="expires later than due"),
        pytest.param(
            rotation("2026-08-24", request=request("2026-08-24", "2026-11-15")), "2026-11-15", id="a request's deadline"
        ),
        pytest.param(
            rotation("2026-08-24", request=request("2026-08-24", "2026-12-15")), "2026-11-22", id="a later deadline"
        ),
        pytest.param(
            rotation("2026-08-24", request=request("2026-08-23", "2026-11-15")),
            "2026-11-22",
            id="a request that is over",
        ),
        pytest.param(rotation("2026-08-24", hold=pause("2026-12-15")), "2026-12-15", id="a hold moves it later"),
        pytest.param(
            rotation("2026-08-24", hold=pause("2026-11-01")), "2026-11-22", id="a hold never makes it earlier"
        ),
        pytest.param(
            rotation("2026-08-24", hold=pause("2026-12-15"), expires=moment("2026-12-01T05:00:00Z")),
            "2026-12-01",
            id="a hold never goes past expires",
        ),
        pytest.param(
            rotation("2026-08-24", hold=pause("2026-12-15"), expires=moment("2027-01-01")),
            "2026-12-15",
            id="a hold before expires",
        ),
        pytest.param(
            rotation("2026-08-24", hold=pause("2026-12-15"), request=request("2026-08-24", "2026-11-10")),
            "2026-12-15",
            id="a hold moves a routine request",
        ),
        pytest.param(
            rotation("2026-08-24", hold=pause("2026-12-15"), request=leak("2026-08-24", "2026-11-10")),
            "2026-11-10",
            id="never where it leaked",
        ),
        pytest.param(
            rotation("2026-08-24", hold=pause("2026-12-15"), request=leak("2026-08-23", "2026-11-10")),
            "2026-12-15",
            id="a leak of an earlier version is over",
        ),
        pytest.param(
            rotation("2026-08-24", waiver=pause("2027-06-30"), retired=retired("2026-12-01")),
            "2026-11-22",
            id="neither a waiver nor a retirement moves it",
        ),
        pytest.param(rotation("9999-12-30"), "9999-12-31", id="end of the calendar"),
        pytest.param(rotation("unknown"), "0001-01-31", id="unknown without enrolled is long due"),
    ],
)
def test_due(given_rotation: Rotation, expected: str) -> None:
    assert judge.due(given_rotation, POLICY) == day(expected)


@pytest.mark.parametrize(
    ("given_rotation", "expected"),
    [
        pytest.param(rotation(FRESH), "2026-11-23", id="an incident's deadline"),
        pytest.param(rotation(OVERDUE), "2026-10-30", id="due before the incident's deadline"),
        pytest.param(rotation(FRESH, hold=pause("2026-12-15")), "2026-11-23", id="an incident ignores a hold"),
    ],
)
def test_due_in_an_incident(given_rotation: Rotation, expected: str) -> None:
    assert judge.due(given_rotation, POLICY, incident()) == day(expected)


@given(st.dates(), st.dates(), st.none() | st.datetimes())
def test_a_hold_never_makes_it_earlier(created: date, until: date, expires: object) -> None:
    expires = expires and moment(f"{expires.isoformat()}Z")
    plain = rotation(created.isoformat(), expires=expires)
    held = judge.due(replace(plain, hold=pause(until.isoformat())), POLICY)
    first = judge.due(plain, POLICY)
    assert held >= first
    assert held in {first, until, expires and expires.date()}


# -- notice --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_rotation", "notice", "days"),
    [
        pytest.param(rotation(), "14d", 14, id="the notice"),
        pytest.param(rotation(rotate_every=Duration(30, "d")), "14d", 7, id="a quarter of the cadence, in whole days"),
        pytest.param(rotation(rotate_every=Duration(56, "d")), "14d", 14, id="both the same"),
        pytest.param(rotation(rotate_every=Duration(55, "d")), "14d", 13, id="just less than the notice"),
        pytest.param(rotation(rotate_every=Duration(3, "d")), "14d", 0, id="no whole day"),
        pytest.param(rotation("2026-02-01", rotate_every=Duration(1, "m")), "14d", 7, id="a quarter of February"),
        pytest.param(rotation(rotate_every=Duration(1, "y")), "3w", 21, id="weeks"),
        pytest.param(rotation("unknown", enrolled=day("2026-11-01")), "60d", 22, id="unknown: of the cadence"),
    ],
)
def test_the_notice_window(given_rotation: Rotation, notice: str, days: int) -> None:
    policy = Policy(notice=Duration.read(notice))
    assert judge.notice_from(given_rotation, policy, TODAY) == TODAY - timedelta(days)


def test_the_notice_window_at_the_beginning_of_the_calendar() -> None:
    assert judge.notice_from(rotation(), POLICY, date.min) == date.min


# -- tier and cadence ----------------------------------------------------------------------------------------------

STRIPE = Match(providers=frozenset({"stripe"}))
PII = Match(tags=frozenset({"pii"}))
RULES = (
    Rule(STRIPE, rotate_every=Duration(5, "d")),
    Rule(PII, tier=Tier.CRITICAL),
    Rule(PII, tier=Tier.LOW, rotate_every=WEEKS_6),
    Rule(Match(), rotate_every=Duration(9, "d")),
)


@pytest.mark.parametrize(
    ("given_rotation", "rules", "tier", "cadence"),
    [
        pytest.param(rotation(), (), "standard", "90d", id="standard without a word"),
        pytest.param(rotation(tier=Tier.CRITICAL), (), "critical", "30d", id="of its own tier"),
        pytest.param(rotation(tier=Tier.LOW), (), "low", "180d", id="low"),
        pytest.param(rotation(tags=("pii",)), RULES[:2], "critical", "30d", id="a rule's tier sets the cadence"),
        pytest.param(rotation(tags=("pii",)), RULES, "critical", "6w", id="of several rules the first that says it"),
        pytest.param(rotation(tags=("pii",), tier=Tier.LOW), RULES[:2], "low", "180d", id="own tier before a rule's"),
        pytest.param(
            rotation(tags=("pii",), rotate_every=Duration(2, "y")), RULES, "critical", "2y", id="own cadence before all"
        ),
        pytest.param(rotation(), RULES, "standard", "9d", id="a rule without conditions matches all"),
    ],
)
def test_tier_and_cadence(given_rotation: Rotation, rules: tuple[Rule, ...], tier: str, cadence: str) -> None:
    policy = Policy(rules=rules)
    assert judge.tier(given_rotation, policy) == tier
    assert str(judge.cadence(given_rotation, policy)) == cadence


@pytest.mark.parametrize("tier", Tier)
def test_the_cadence_of_a_tier_is_the_policys(tier: Tier) -> None:
    policy = Policy(cadence=Cadence(Duration(1, "d"), Duration(2, "d"), Duration(3, "d")))
    assert judge.cadence(rotation(tier=tier), policy) == policy.cadence.of(tier)


MATCHED = rotation(
    provider="mix", tags=("pii", "etl"), owners=("alice", "bob"), environment="production", formerly=("mixpanel/old",)
)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        pytest.param(Match(), True, id="nothing asked"),
        pytest.param(Match(providers=frozenset({"mix"})), True, id="provider as written"),
        pytest.param(Match(providers=frozenset({"mixpanel"})), True, id="provider by its slug"),
        pytest.param(Match(providers=frozenset({"stripe"})), False, id="another provider"),
        pytest.param(Match(tags=frozenset({"etl", "x"})), True, id="one tag of several"),
        pytest.param(Match(tags=frozenset({"x"})), False, id="another tag"),
        pytest.param(Match(owners=frozenset({"bob"})), True, id="an owner"),
        pytest.param(Match(owners=frozenset({"carol"})), False, id="another owner"),
        pytest.param(Match(ids=frozenset({"mix/loader"})), True, id="its id"),
        pytest.param(Match(ids=frozenset({"mixpanel/old"})), True, id="a former id"),
        pytest.param(Match(ids=frozenset({"mixpanel/loader"})), False, id="another id"),
        pytest.param(Match(environments=frozenset({"production"})), True, id="its environment"),
        pytest.param(Match(environments=frozenset({"staging"})), False, id="another environment"),
        pytest.param(Match(tags=frozenset({"pii"}), owners=frozenset({"carol"})), False, id="all lists must match"),
    ],
)
def test_match(match: Match, expected: object) -> None:
    assert match.matches(MATCHED) is expected


def test_no_environment_meets_no_list_of_them() -> None:
    assert not Match(environments=frozenset({"production"})).matches(rotation())


# -- status --------------------------------------------------------------------------------------------------------

EXPIRED = moment("2026-11-21T08:00:00Z")
AHEAD = pause("2026-12-15")


@pytest.mark.parametrize(
    ("given_rotation", "issue", "expected"),
    [
        # Each pair of neighbours in the order of the design: both apply, the first wins.
        pytest.param(
            rotation(FRESH, request=leak(FRESH), evidence=evidence(OVERDUE, "2026-11-02", [Part.NEW_KEY])),
            known(),
            Status.LEAKED,
            id="leaked before unverified",
        ),
        pytest.param(
            rotation(FRESH, retired=retired("2026-11-20")), None, Status.UNVERIFIED, id="unverified before retired"
        ),
        pytest.param(
            rotation(FRESH, retired=retired("2026-11-20", "2026-11-20"), expires=EXPIRED),
            None,
            Status.RETIRED,
            id="retired before expired",
        ),
        pytest.param(
            rotation(FRESH, expires=EXPIRED, request=request(FRESH, "2026-11-30")),
            None,
            Status.EXPIRED,
            id="expired before requested",
        ),
        pytest.param(
            rotation(FRESH, request=request(FRESH, "2026-11-30"), waiver=AHEAD),
            None,
            Status.REQUESTED,
            id="requested before waived",
        ),
        pytest.param(rotation(OVERDUE, waiver=AHEAD, hold=AHEAD), None, Status.WAIVED, id="waived before held"),
        pytest.param(rotation(OVERDUE, hold=AHEAD), None, Status.HELD, id="held before overdue"),
        pytest.param(rotation(OVERDUE), None, Status.OVERDUE, id="overdue"),
        pytest.param(rotation(DUE), None, Status.DUE, id="due"),
        pytest.param(rotation(DUE_SOON), None, Status.DUE_SOON, id="due soon"),
        pytest.param(rotation(FRESH), None, Status.FRESH, id="fresh"),
        # and the others that meet
        pytest.param(
            rotation(FRESH, request=leak(FRESH), waiver=AHEAD, hold=AHEAD, expires=EXPIRED),
            None,
            Status.LEAKED,
            id="leaked before all that would put it off",
        ),
        pytest.param(
            rotation(FRESH, expires=EXPIRED, waiver=AHEAD, hold=AHEAD), None, Status.EXPIRED, id="expired before waived"
        ),
        pytest.param(rotation(FRESH, hold=AHEAD), None, Status.HELD, id="held before fresh"),
        pytest.param(
            rotation(FRESH, expires=EXPIRED), known(), Status.UNVERIFIED, id="a later version without evidence"
        ),
        # edges
        pytest.param(
            rotation(FRESH, request=leak(OVERDUE)), None, Status.FRESH, id="a leak of the version before is over"
        ),
        pytest.param(
            rotation(FRESH, request=leak(FRESH), retired=retired("2026-11-20")),
            None,
            Status.LEAKED,
            id="leaked and retired, not yet shown to be dead",
        ),
        pytest.param(
            rotation(FRESH, request=leak(FRESH), retired=retired("2026-11-20", "2026-11-20")),
            None,
            Status.RETIRED,
            id="leaked and shown to be dead",
        ),
        pytest.param(
            rotation(FRESH, retired=retired("2026-11-21", "2026-11-20")), None, Status.RETIRED, id="since today"
        ),
        pytest.param(rotation(FRESH, retired=retired("2026-11-22")), None, Status.FRESH, id="retired tomorrow"),
        pytest.param(rotation(FRESH, expires=EXPIRED), None, Status.EXPIRED, id="expires today"),
        pytest.param(
            rotation(FRESH, expires=moment("2026-11-22")),
            None,
            Status.OVERDUE,
            id="expires tomorrow: within the margin",
        ),
        pytest.param(
            rotation(OVERDUE, waiver=pause("2026-11-21")), None, Status.OVERDUE, id="a waiver until today is over"
        ),
        pytest.param(rotation(OVERDUE, waiver=pause("2026-11-22")), None, Status.WAIVED, id="a waiver until tomorrow"),
        pytest.param(rotation(OVERDUE, hold=pause("2026-11-21")), None, Status.DUE, id="after a hold it is due"),
        pytest.param(rotation(OVERDUE, hold=pause("2026-11-22")), None, Status.HELD, id="a hold until tomorrow"),
        pytest.param(rotation(OVERDUE, hold=pause("2026-11-20")), None, Status.OVERDUE, id="overdue after a hold"),
        pytest.param(
            rotation(FRESH, evidence=evidence(OVERDUE, "2026-11-02", [Part.NEW_KEY])),
            None,
            Status.UNVERIFIED,
            id="without an issue: partial evidence",
        ),
        pytest.param(rotation(FRESH), known(FRESH), Status.FRESH, id="the version of the issue itself"),
        pytest.param(rotation(OVERDUE), known(FRESH), Status.OVERDUE, id="an earlier version is a correction"),
        pytest.param(
            rotation(FRESH, evidence=evidence(FRESH, "2026-11-02", [])),
            None,
            Status.FRESH,
            id="evidence that replaces nothing earlier claims nothing",
        ),
        pytest.param(
            rotation("unknown", enrolled=TODAY - timedelta(30)), None, Status.DUE, id="unknown, enrolled 30 days ago"
        ),
    ],
)
def test_status(given_rotation: Rotation, issue: Marker | None, expected: Status) -> None:
    assert standing(given_rotation, issue).status is expected


def test_the_statuses_stand_in_the_order_of_the_design() -> None:
    order = "leaked unverified retired expired requested waived held overdue due due-soon fresh"
    assert " ".join(Status) == order


def test_only_leaks_and_expiries_are_urgent() -> None:
    assert {each for each in Status if each.is_urgent} == {Status.LEAKED, Status.EXPIRED}


def test_the_life_of_a_version_without_a_change() -> None:
    plain = rotation("2026-08-20")  # due on 2026-11-18, noticed from 2026-11-04
    seen = [(day, standing(plain, today=day).status) for day in (TODAY + timedelta(offset) for offset in range(-25, 5))]
    changes = [
        (str(day), status)
        for (day, status), (_, before) in ((later, earlier) for earlier, later in pairwise(seen))
        if status != before
    ]
    assert changes == [("2026-11-04", "due-soon"), ("2026-11-18", "due"), ("2026-11-19", "overdue")]


# -- incidents -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_rotation", "leaked", "expected"),
    [
        pytest.param(rotation(FRESH), incident(), True, id="it still goes on"),
        pytest.param(
            rotation(FRESH), incident(exposed_until=moment("2026-11-20T10:00:00Z")), True, id="created before its end"
        ),
        pytest.param(
            rotation("2026-11-20T10:00:00Z"),
            incident(exposed_until=moment("2026-11-20T10:00:00Z")),
            False,
            id="created at its end",
        ),
        pytest.param(
            rotation("unknown", enrolled=day(FRESH)), incident(exposed_until=moment("2020-01-01")), True, id="unknown"
        ),
        pytest.param(rotation(FRESH), incident(match=STRIPE), False, id="another provider"),
        pytest.param(
            rotation(FRESH, retired=retired("2026-11-20", "2026-11-20")),
            incident(),
            True,
            id="retired while it goes on",
        ),
        pytest.param(
            rotation(FRESH, retired=retired("2026-11-20", "2026-11-20")),
            incident(exposed_until=moment("2026-11-20")),
            False,
            id="retired and shown to be dead, after its end",
        ),
        pytest.param(
            rotation(FRESH, retired=retired("2026-11-20")),
            incident(exposed_until=moment("2026-11-20")),
            True,
            id="retired and not shown to be dead",
        ),
        pytest.param(
            rotation(FRESH, evidence=evidence(OVERDUE, "2026-11-02")),
            incident(exposed_until=moment("2026-11-20")),
            True,
            id="rotated before its end",
        ),
    ],
)
def test_what_an_incident_touches(given_rotation: Rotation, leaked: Incident, expected: object) -> None:
    stands = standing(given_rotation, incidents=[incident(match=STRIPE), leaked])
    assert (stands.status is Status.LEAKED) is expected
    assert stands.incident == (leaked if expected else None)


def test_an_incident_is_named_by_its_file() -> None:
    assert incident(path="incidents/2026/vendor.x.yaml").id == "incidents/vendor.x"


# -- evidence ------------------------------------------------------------------------------------------------------

EARLY = "{} was shown before this version was created"
ONLY_PROBES = EvidenceRules(methods={Tier.CRITICAL: {Part.OLD_KEY: frozenset({Method.PROBE})}})
MISMATCH = "the evidence replaces 2026-07-31, an earlier version than the one asked for (2026-08-01)"


@pytest.mark.parametrize(
    ("changes", "rules", "missing"),
    [
        pytest.param({"evidence": evidence(OVERDUE, "2026-11-02")}, EvidenceRules(), (), id="complete"),
        pytest.param({}, EvidenceRules(), ("no evidence is recorded",), id="none"),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02", [Part.OLD_KEY, Part.CONSUMERS])},
            EvidenceRules(),
            ("new_key is not shown",),
            id="new key missing",
        ),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02", [Part.CONSUMERS, Part.NEW_KEY])},
            EvidenceRules(),
            ("old_key is not shown",),
            id="old key missing",
        ),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02", [Part.NEW_KEY, Part.OLD_KEY])},
            EvidenceRules(),
            ("consumers is not shown",),
            id="consumers missing",
        ),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02", [])},
            EvidenceRules(),
            ("new_key is not shown", "old_key is not shown", "consumers is not shown"),
            id="all parts missing, named in order",
        ),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02", [Part.NEW_KEY])},
            EvidenceRules(require=frozenset({Part.NEW_KEY})),
            (),
            id="only what the policy requires",
        ),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02", []), "tier": Tier.LOW},
            EvidenceRules(require=frozenset()),
            (),
            id="a policy that requires no part",
        ),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02"), "tier": Tier.CRITICAL},
            ONLY_PROBES,
            ("old_key was shown by attested, which does not suffice for tier critical",),
            id="a method that does not suffice",
        ),
        pytest.param({"evidence": evidence(OVERDUE, "2026-11-02")}, ONLY_PROBES, (), id="it suffices for another tier"),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-11-02", old_key=Method.PROBE), "tier": Tier.CRITICAL},
            ONLY_PROBES,
            (),
            id="a method that suffices",
        ),
        pytest.param(
            {"evidence": evidence("2026-07-31", "2026-11-02")}, EvidenceRules(), (MISMATCH,), id="old evidence"
        ),
        pytest.param(
            {"evidence": evidence("2026-08-02", "2026-11-02")}, EvidenceRules(), (), id="replaces a later one"
        ),
        pytest.param(
            {"evidence": evidence("unknown", "2026-11-02")}, EvidenceRules(), None, id="replaces an unknown one"
        ),
        pytest.param(
            {"evidence": evidence(OVERDUE, "2026-10-31T23:59:59Z")},
            EvidenceRules(require=frozenset({Part.NEW_KEY})),
            tuple(EARLY.format(part) for part in PARTS),
            id="shown before it was created, required or not",
        ),
        pytest.param({"evidence": evidence(OVERDUE, "2026-11-01T00:00:00Z")}, EvidenceRules(), (), id="at that moment"),
    ],
)
def test_what_evidence_lacks(changes: dict[str, object], rules: EvidenceRules, missing: tuple[str, ...] | None) -> None:
    stands = standing(rotation(FRESH, **changes), known(), Policy(evidence=rules))
    expected = (
        ("the evidence replaces unknown, an earlier version than the one asked for (2026-08-01)",)
        if missing is None
        else missing
    )
    assert stands.missing == expected
    assert stands.is_proved is (expected == ())
    assert stands.status is (Status.UNVERIFIED if expected else Status.FRESH)


def test_evidence_for_the_version_of_the_issue_proves_nothing_of_the_next() -> None:
    stands = standing(rotation(FRESH, evidence=evidence(OVERDUE, "2026-11-02")), known(FRESH))
    assert not stands.is_proved
    assert stands.status is Status.FRESH


@pytest.mark.parametrize(
    ("retirement", "rules", "missing"),
    [
        pytest.param(retired("2026-11-20", "2026-11-20"), EvidenceRules(), (), id="the death of the key is enough"),
        pytest.param(retired("2026-11-20"), EvidenceRules(), ("old_key is not shown",), id="nothing shown"),
        pytest.param(
            replace(retired("2026-11-20"), evidence=RetirementEvidence(proofs("2026-11-20", [Part.NEW_KEY]), "bob")),
            EvidenceRules(),
            ("old_key is not shown",),
            id="something else shown",
        ),
        pytest.param(retired("2026-11-20"), EvidenceRules(require=frozenset({Part.NEW_KEY})), (), id="not required"),
        pytest.param(
            retired("2026-11-20", "2026-11-20"),
            ONLY_PROBES,
            ("old_key was shown by attested, which does not suffice for tier critical",),
            id="a method that does not suffice",
        ),
        pytest.param(
            retired("2026-11-20", "2026-10-31"),
            EvidenceRules(),
            (EARLY.format("old_key"),),
            id="older than the version",
        ),
    ],
)
def test_what_a_retirement_lacks(retirement: object, rules: EvidenceRules, missing: tuple[str, ...]) -> None:
    given_rotation = rotation(FRESH, retired=retirement, tier=Tier.CRITICAL)
    stands = standing(given_rotation, None, Policy(evidence=rules))
    assert stands.missing == missing
    assert stands.is_proved is (missing == ())
    assert stands.status is (Status.UNVERIFIED if missing else Status.RETIRED)


@pytest.mark.parametrize(
    ("given_rotation", "expected"),
    [
        pytest.param(rotation(), (), id="nothing recorded"),
        pytest.param(
            rotation(evidence=evidence(OVERDUE, "2026-11-02T10:00:00+02:00", [Part.NEW_KEY], new_key=Method.PROBE)),
            ("new_key: probe at 2026-11-02T08:00:00Z", "recorded by bob"),
            id="a rotation",
        ),
        pytest.param(
            rotation(retired=retired("2026-11-20", "2026-11-20"), evidence=evidence(OVERDUE, "2026-11-02")),
            ("old_key: attested at 2026-11-20T00:00:00Z", "recorded by bob"),
            id="a retirement",
        ),
        pytest.param(rotation(retired=retired("2026-11-20")), (), id="a retirement without evidence"),
    ],
)
def test_how_it_was_proved(given_rotation: Rotation, expected: tuple[str, ...]) -> None:
    assert judge.proved(given_rotation) == expected


# -- why -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_rotation", "incidents", "expected"),
    [
        pytest.param(rotation(), [], Why.DUE, id="age"),
        pytest.param(rotation(expires=moment("2026-12-01")), [], Why.EXPIRES, id="it expires before its cadence ends"),
        pytest.param(rotation(expires=moment("2027-12-01")), [], Why.DUE, id="its cadence ends first"),
        pytest.param(rotation(expires=moment("2027-02-06")), [], Why.DUE, id="both on one day"),
        pytest.param(rotation(request=leak(FRESH)), [incident()], Why.LEAKED, id="a leak before an incident"),
        pytest.param(
            rotation(request=request(FRESH, "2026-11-30"), retired=retired("2026-11-20")),
            [incident()],
            Why.INCIDENT,
            id="an incident before a request",
        ),
        pytest.param(
            rotation(request=request(FRESH, "2026-11-30"), retired=retired("2026-11-20")),
            [],
            Why.RETIRED,
            id="retired before a request",
        ),
        pytest.param(rotation(retired=retired("2026-11-22")), [], Why.DUE, id="retired tomorrow"),
        *(
            pytest.param(rotation(request=request(FRESH, "2026-11-30", reason)), [], Why(reason.value), id=reason.value)
            for reason in RequestReason
        ),
        pytest.param(rotation(request=request(OVERDUE, "2026-11-30")), [], Why.DUE, id="a request that is over"),
    ],
)
def test_why(given_rotation: Rotation, incidents: list[Incident], expected: Why) -> None:
    assert standing(given_rotation, None, POLICY, incidents).why is expected


# -- reminders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(POLICY, (0, 7, 14), id="as the policy says"),
        pytest.param(Policy(reminders=(14, 0, 14, 7)), (0, 7, 14), id="in order, each once"),
        pytest.param(Policy(reminders=()), (), id="none"),
        pytest.param(Policy(escalate=Escalation(Duration(3, "w"), ("carol",))), (0, 7, 14, 21), id="escalation counts"),
        pytest.param(
            Policy(escalate=Escalation(Duration(2, "w"), ("carol",))), (0, 7, 14), id="escalation with the last"
        ),
    ],
)
def test_thresholds(policy: Policy, expected: tuple[int, ...]) -> None:
    assert judge.thresholds(policy) == expected


@pytest.mark.parametrize(
    ("due", "opened", "expected"),
    [
        pytest.param("2026-11-22", "2026-11-01", None, id="not yet due"),
        pytest.param("2026-11-21", "2026-11-01", 0, id="due today"),
        pytest.param("2026-11-15", "2026-11-01", 0, id="six days"),
        pytest.param("2026-11-14", "2026-11-01", 7, id="seven days"),
        pytest.param("2026-01-01", "2026-01-01", 14, id="long over the last"),
        pytest.param("2026-01-01", "2026-11-21", 0, id="opened today"),
        pytest.param("2026-01-01", "2026-11-10", 7, id="counted from when it was opened"),
        pytest.param("2026-01-01", "2026-12-01", None, id="opened in the future, as a wrong clock may say"),
    ],
)
def test_the_threshold_that_today_has_reached(due: str, opened: str, expected: int | None) -> None:
    assert judge.reached(POLICY, day(due), day(opened), TODAY) == expected
