"""Evidence weighed by what outside answers make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from core.samples import DUE, FRESH, ID, OVERDUE, TODAY, evidence, incident, issue, leak, retired, rotation, setting

from keyturn import policy as judge
from keyturn.actions import Close, Remind, StateReason, Update
from keyturn.model import (
    NOT_ASKED,
    Confirmation,
    Consumer,
    EvidenceRules,
    FourEyes,
    Issue,
    Method,
    Part,
    Policy,
    RetirementEvidence,
    Rotation,
    Statement,
    Status,
    Tier,
    Truth,
    moment,
)
from keyturn.plan import plan, survey

YES = Statement(Truth.CONFIRMED)
NO = Statement(Truth.REFUTED, "its run did not succeed")
PERHAPS = Statement(Truth.UNKNOWN, "GitHub did not answer about run 1; the next run asks again")
SECRET = Consumer("github-secret", repository="acme/etl", secret="MIXPANEL")  # noqa: S106 - a name
OTHER = Consumer("github-secret", organization="acme", secret="MIXPANEL")  # noqa: S106 - a name
SEGMENT = Consumer("segment", name="Funnel")

STRICT = {Tier.STANDARD: dict.fromkeys(Part, frozenset(Method) - {Method.ATTESTED})}
POLICY = Policy(evidence=EvidenceRules(methods=STRICT))
EYES = Policy(evidence=EvidenceRules(four_eyes=True))
LENIENT = Policy()

PROBES = {"new_key": Method.PROBE, "old_key": Method.PROBE}
PROBED = rotation(evidence=evidence(OVERDUE, "2026-11-02", [Part.NEW_KEY, Part.OLD_KEY], **PROBES))


def probed(**methods: Method) -> Rotation:
    plain = {**PROBES, "consumers": Method.LAST_USED}
    return rotation(evidence=evidence(OVERDUE, "2026-11-02", **{**plain, **methods}), consumers=(SECRET, OTHER))


def stands(given: Rotation, told: Confirmation | None, policy: Policy = POLICY) -> judge.Standing:
    return judge.standing(given, issue().marker, policy, (), TODAY, confirmation=told)


def weaker(part: str, method: str, reason: str) -> str:
    return f"{part} was shown by {method}, but counts as attested, which does not suffice for tier standard: {reason}"


BY_SECRET = {"consumers": Method.SECRET_UPDATED}
TOLD = {SECRET: YES, OTHER: YES}
LATE = Statement(Truth.REFUTED, "the secret MIXPANEL of acme/etl was last written before this version was created")
HIDDEN = Statement(Truth.UNKNOWN, "GitHub does not show the secret MIXPANEL of acme")


@pytest.mark.parametrize(
    ("given", "told", "missing"),
    [
        pytest.param(probed(), None, (), id="nobody to ask: as written"),
        pytest.param(probed(), Confirmation(run=YES), (), id="a confirmed run"),
        pytest.param(
            probed(),
            Confirmation(run=NO),
            tuple(weaker(part, "probe", NO.reason) for part in ("new_key", "old_key")),
            id="a refuted run",
        ),
        pytest.param(
            probed(old_key=Method.CONSOLE),
            Confirmation(run=PERHAPS),
            (weaker("new_key", "probe", PERHAPS.reason),),
            id="an unknown run; another method counts as written",
        ),
        pytest.param(
            probed(old_key=Method.CONSOLE),
            Confirmation(),
            (weaker("new_key", "probe", NOT_ASKED.reason),),
            id="nobody asked",
        ),
        pytest.param(probed(**BY_SECRET), Confirmation(run=YES, secrets=TOLD), (), id="secrets that were written"),
        pytest.param(
            probed(**BY_SECRET),
            Confirmation(run=YES, secrets={**TOLD, SECRET: LATE}),
            (weaker("consumers", "secret-updated", LATE.reason),),
            id="one secret is older",
        ),
        pytest.param(
            probed(**BY_SECRET),
            Confirmation(run=YES, secrets={SECRET: LATE, OTHER: HIDDEN}),
            (weaker("consumers", "secret-updated", f"{LATE.reason}; {HIDDEN.reason}"),),
            id="neither counts",
        ),
        pytest.param(
            replace(probed(**BY_SECRET), consumers=(SECRET, SEGMENT)),
            Confirmation(run=YES, secrets=TOLD),
            (weaker("consumers", "secret-updated", "a consumer on segment is no GitHub secret"),),
            id="a consumer that is no secret",
        ),
        pytest.param(
            replace(probed(**BY_SECRET), consumers=()),
            Confirmation(run=YES),
            (weaker("consumers", "secret-updated", "no consumer is declared"),),
            id="no consumer",
        ),
        pytest.param(
            probed(new_key=Method.SECRET_UPDATED),
            Confirmation(run=YES, secrets=TOLD),
            (weaker("new_key", "secret-updated", "the date of a secret says nothing about whether a key is accepted"),),
            id="a secret does not show that a key is accepted",
        ),
        pytest.param(
            replace(probed(), evidence=None), Confirmation(run=NO), ("no evidence is recorded",), id="no evidence"
        ),
        pytest.param(
            PROBED, Confirmation(run=NO), ("consumers is not shown",), id="what is written is looked at first"
        ),
        pytest.param(replace(probed(), version=issue().marker.version), Confirmation(run=NO), (), id="not asked for"),
    ],
)
def test_what_keeps_evidence_from_counting(
    given: Rotation, told: Confirmation | None, missing: tuple[str, ...]
) -> None:
    if given.version == issue().marker.version:
        assert stands(given, told).status is not Status.UNVERIFIED
    else:
        assert (stands(given, told).missing, stands(given, told).is_proved) == (missing, not missing)


@pytest.mark.parametrize("told", [YES, NO, PERHAPS], ids=str)
def test_where_a_persons_word_suffices_so_does_an_unconfirmed_probe(told: Statement) -> None:
    assert stands(probed(), Confirmation(run=told), LENIENT).is_proved


def test_a_part_that_is_not_required_keeps_nothing_open() -> None:
    policy = Policy(evidence=EvidenceRules(require=frozenset({Part.CONSUMERS}), methods=STRICT))
    assert stands(probed(), Confirmation(run=NO), policy).is_proved


def test_of_a_retired_key_the_last_proof_is_weighed() -> None:
    parts = evidence(OVERDUE, "2026-11-20", [Part.OLD_KEY], old_key=Method.PROBE).parts
    shown = replace(retired("2026-11-20"), evidence=RetirementEvidence(parts, by="bob"))
    given = replace(probed(), retired=shown)
    assert stands(given, Confirmation(run=NO)).missing == (weaker("old_key", "probe", NO.reason),)
    assert stands(given, Confirmation(run=YES)).is_proved


# -- four eyes -----------------------------------------------------------------------------------------------------

HOW = "approve a pull request that adds confirmed_by with their login to the evidence"
APPROVED = "pull request 7 has no approval that counts"
ALONE = FourEyes(Statement(Truth.REFUTED, APPROVED), barred=("alice", "bob"))


@pytest.mark.parametrize(
    ("eyes", "missing"),
    [
        pytest.param(FourEyes(YES, "carol", 7), (), id="met"),
        pytest.param(
            ALONE,
            (f"four eyes are required: {APPROVED}", f"everybody with write access except alice, bob may {HOW}"),
            id="missing",
        ),
        pytest.param(
            FourEyes(PERHAPS),
            (f"four eyes are required: {PERHAPS.reason}", f"everybody with write access may {HOW}"),
            id="unknown",
        ),
    ],
)
def test_four_eyes(eyes: FourEyes, missing: tuple[str, ...]) -> None:
    assert stands(probed(), Confirmation(four_eyes=eyes), EYES).missing == missing
    assert stands(probed(), Confirmation(four_eyes=eyes), LENIENT).missing == ()


def test_the_end_of_a_retired_key_is_recorded_anew_where_four_eyes_were_missed() -> None:
    given = rotation(retired=retired("2026-11-20", "2026-11-20"))
    _, said = stands(given, Confirmation(four_eyes=ALONE), EYES).missing
    assert said.endswith("except alice, bob may approve a pull request that records this evidence anew")


def test_a_retired_key_of_which_no_proof_is_required_needs_no_eyes() -> None:
    policy = Policy(evidence=EvidenceRules(require=frozenset({Part.NEW_KEY}), four_eyes=True))
    assert stands(rotation(retired=retired("2026-11-20")), Confirmation(), policy).is_proved


# -- the plan ------------------------------------------------------------------------------------------------------


def actions(given: Rotation, issues: list[Issue], told: Confirmation | None = None) -> list[Any]:
    confirmations = {ID: told} if told else {}
    return list(plan([given], issues, setting(POLICY, confirmations=confirmations)).actions)


def test_confirmed_evidence_closes_the_issue_and_says_so() -> None:
    [close] = actions(probed(**BY_SECRET), [issue()], Confirmation(run=YES, secrets=TOLD))
    assert isinstance(close, Close)
    assert close.because is StateReason.COMPLETED
    assert close.text.details == (
        "new_key: probe at 2026-11-02T00:00:00Z, confirmed by GitHub",
        "old_key: probe at 2026-11-02T00:00:00Z, confirmed by GitHub",
        "consumers: secret-updated at 2026-11-02T00:00:00Z, confirmed by GitHub",
        "recorded by bob",
    )


@pytest.mark.parametrize("told", [None, Confirmation(run=NO), Confirmation(run=PERHAPS)])
def test_what_nobody_confirms_leaves_the_issue_open_as_unverified(told: Confirmation | None) -> None:
    remind, update = actions(probed(), [issue()], told)
    assert isinstance(remind, Remind)
    assert isinstance(update, Update)
    assert update.marker.status is Status.UNVERIFIED
    assert len(update.text.missing) == 2


def test_without_an_issue_evidence_counts_as_written() -> None:
    assert actions(probed(), []) == []
    [(standing, number)] = survey([probed()], [], setting(POLICY, confirmations={})).standings
    assert (standing.status, number) == (Status.FRESH, None)


def test_a_key_that_was_retired_long_ago_is_not_doubted_again() -> None:
    parts = evidence(OVERDUE, "2026-11-20", [Part.OLD_KEY], old_key=Method.PROBE).parts
    shown = replace(retired("2026-11-20"), evidence=RetirementEvidence(parts, by="bob"))
    assert actions(replace(probed(), retired=shown), [issue(closed_on="2026-11-20", closed="completed")]) == []


# -- who is asked about --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "issues", "expected"),
    [
        pytest.param(probed(), [], [], id="no issue"),
        pytest.param(probed(), [issue()], [ID], id="an open issue"),
        pytest.param(probed(), [issue(closed_on="2026-11-20")], [ID], id="closed by a person"),
        pytest.param(probed(), [issue(closed_on="2026-11-20", closed="completed")], [], id="closed by us"),
        pytest.param(probed(), [issue(version=FRESH)], [], id="the version that the issue asks for"),
        pytest.param(PROBED, [issue()], [], id="incomplete as written"),
        pytest.param(probed(consumers=Method.ATTESTED), [issue()], [], id="a method that does not suffice"),
        pytest.param(rotation(DUE), [issue(version=DUE)], [], id="nothing recorded"),
        pytest.param(rotation(retired=retired("2026-11-20", "2026-11-20")), [issue()], [], id="retired, too weak"),
        pytest.param(replace(probed(), request=leak(FRESH)), [issue()], [], id="leaked anew"),
    ],
)
def test_who_is_asked_about(given: Rotation, issues: list[Issue], expected: list[str]) -> None:
    assert [each.id for each in survey([given], issues, setting(POLICY)).awaiting] == expected


def test_an_incident_that_still_goes_on_asks_nobody() -> None:
    going_on = incident(exposed_until=None)
    assert list(survey([probed()], [issue()], setting(POLICY, incidents=(going_on,))).awaiting) == []
    over = incident(exposed_until=moment("2026-10-20"))
    assert [each.id for each in survey([probed()], [issue()], setting(POLICY, incidents=(over,))).awaiting] == [ID]


# -- what is said of it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            Confirmation(run=NO, four_eyes=FourEyes(YES, "carol", 7)),
            (
                "new_key: attested at 2026-11-02T00:00:00Z (recorded as probe, but its run did not succeed)",
                "recorded by bob",
                "approved by carol in pull request 7",
            ),
            id="refuted, but approved",
        ),
        pytest.param(
            Confirmation(run=YES, four_eyes=ALONE),
            ("new_key: probe at 2026-11-02T00:00:00Z, confirmed by GitHub", "recorded by bob"),
            id="confirmed",
        ),
    ],
)
def test_what_is_said_to_be_proved(told: Confirmation, expected: tuple[str, ...]) -> None:
    given = rotation(evidence=evidence(OVERDUE, "2026-11-02", [Part.NEW_KEY], new_key=Method.PROBE))
    assert judge.proved(given, told) == expected


def test_a_persons_word_is_nobody_elses() -> None:
    given = rotation(evidence=evidence(OVERDUE, "2026-11-02", [Part.OLD_KEY]))
    assert judge.proved(given, Confirmation(run=YES)) == judge.proved(given)
