"""What is clear at a glance has nothing that a rule would say; the policy's defaults are those of the model."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from keyturn import checks, parse, triage
from keyturn.model import Catalogue, Part, Platform, Policy, Provider, Strategy
from keyturn.model.catalogue import Connection

TODAY = date(2026, 11, 21)
CATALOGUE = Catalogue(
    {"mixpanel": Provider("mixpanel", "Mixpanel", Strategy.OVERLAP)},
    {"manual": Platform("manual", "Manual"), "segment": Platform("segment", "Segment", {"api_key": Connection()})},
)
CONSUMER = {"platform": "segment", "connection": "api_key"}
PLAIN: dict[str, Any] = {
    "provider": "mixpanel",
    "key": "x",
    "owners": ["alice"],
    "created": "2026-08-24",
    "consumers": [CONSUMER, {"platform": "manual"}],
}
EVIDENCE = {
    "replaces": "2026-05-26",
    "new_key": {"method": "probe", "at": "2026-08-24T15:18:02Z"},
    "old_key": {"method": "console", "at": "2026-08-24"},
    "consumers": {"method": "last-used", "at": "2026-08-25T16:02:00Z"},
    "by": "bob",
}


def ground(policy: dict[str, Any]) -> triage.Ground:
    connections = {slug: platform.connections for slug, platform in CATALOGUE.platforms.items()}
    return triage.ground(
        TODAY.isoformat(), policy, CATALOGUE.providers, connections, lambda slug, name: name in connections[slug]
    )


def codes(document: dict[str, Any], policy: dict[str, Any]) -> set[str]:
    rotation = parse.rotation("x.yaml", document)
    return {each.code for each in checks.of_rotation(rotation, CATALOGUE, parse.policy(policy), TODAY)}


CLEAR: dict[str, dict[str, Any]] = {
    "as it is": {},
    "nothing but null": {"variant": None, "params": None, "hold": None, "evidence": None, "expires": None},
    "a moment": {"created": "2026-08-24T10:00:00+02:00"},
    "tomorrow, somewhere": {"created": "2026-11-21T23:00:00-11:00"},
    "unknown": {"created": "unknown", "enrolled": "2026-11-21", "expires": "2026-12-01"},
    "a cadence": {"rotate_every": "12m", "expires": "2027-01-01"},
    "evidence": {"evidence": EVIDENCE},
    "evidence of a moment": {
        "created": "2026-08-24T15:17:00Z",
        "evidence": {**EVIDENCE, "old_key": EVIDENCE["consumers"]},
    },
    "a hold and a waiver": {
        "hold": {"until": "2026-12-21", "reason": "x"},
        "waiver": {"until": "2027-11-21", "reason": "x"},
    },
    "a request": {"request": {"reason": "other", "replaces": "2026-08-24", "deadline": "2026-08-24"}},
    "a request without a date": {
        "created": "unknown",
        "request": {"reason": "other", "replaces": "unknown", "deadline": "2026-01-01"},
    },
    "evidence after unknown": {"evidence": {**EVIDENCE, "replaces": "unknown"}},
}
UNCLEAR: dict[str, dict[str, Any]] = {
    "another provider": {"provider": "mixpannel"},
    "another platform": {"consumers": [{"platform": "x"}]},
    "another connection": {"consumers": [{"platform": "segment", "connection": "x"}]},
    "created in the future": {"created": "2026-11-23"},
    "enrolled in the future": {"created": "unknown", "enrolled": "2026-11-23"},
    "expires before": {"expires": "2026-08-24"},
    "a long hold": {"hold": {"until": "2026-12-22", "reason": "x"}},
    "a long waiver": {"waiver": {"until": "2027-11-22", "reason": "x"}},
    "an answered request": {"request": {"reason": "other", "replaces": "2026-05-26", "deadline": "2026-12-24"}},
    "a request for yesterday": {"request": {"reason": "other", "replaces": "2026-08-24", "deadline": "2026-08-23"}},
    "a request of another day in UTC": {
        "created": "2026-08-24T23:00:00-12:00",
        "request": {"reason": "other", "replaces": "2026-08-24T23:00:00-12:00", "deadline": "2026-08-24"},
    },
    "a long cadence": {"rotate_every": "2y"},
    "stale evidence": {"evidence": {**EVIDENCE, "old_key": {"method": "console", "at": "2026-08-23"}}},
    "evidence of the same version": {"evidence": {**EVIDENCE, "replaces": "2026-08-24"}},
    "evidence without a part": {"evidence": {name: EVIDENCE[name] for name in ("replaces", "new_key", "by")}},
    "evidence of an unknown version": {"created": "unknown", "enrolled": "2026-11-21", "evidence": EVIDENCE},
}


@pytest.mark.parametrize("fields", CLEAR.values(), ids=CLEAR)
def test_what_is_clear_is_seen_at_a_glance(fields: dict[str, Any]) -> None:
    assert triage.is_clear({**PLAIN, **fields}, ground({}))
    assert codes({**PLAIN, **fields}, {}) == set()


@pytest.mark.parametrize("fields", UNCLEAR.values(), ids=UNCLEAR)
def test_what_a_rule_speaks_of_is_not_clear(fields: dict[str, Any]) -> None:
    assert not triage.is_clear({**PLAIN, **fields}, ground({}))
    assert codes({**PLAIN, **fields}, {}) != set()


@pytest.mark.parametrize("name", ["variant", "params", "formerly"])
def test_what_has_rules_of_its_own_is_left_to_them(name: str) -> None:
    assert not triage.is_clear({**PLAIN, name: "x"}, ground({}))


def test_the_policy_moves_the_bounds() -> None:
    strict = {"cadence": {"max": "30d"}, "evidence": {"require": []}, "max_hold": "1d", "max_waiver": "3m"}
    assert not triage.is_clear({**PLAIN, "rotate_every": "31d"}, ground(strict))
    assert triage.is_clear({**PLAIN, "evidence": {"replaces": "2026-01-01", "by": "bob"}}, ground(strict))
    assert not triage.is_clear({**PLAIN, "hold": {"until": "2026-11-23", "reason": "x"}}, ground(strict))
    assert triage.is_clear({**PLAIN, "waiver": {"until": "2027-02-13", "reason": "x"}}, ground(strict))
    assert triage.is_clear_policy(strict)
    assert not triage.is_clear_policy({"evidence": {"four_eyes": True}})


def test_the_defaults_are_those_of_the_policy() -> None:
    found, policy = ground({"cadence": None, "evidence": None}), Policy()
    assert (found.longest, set(found.required)) == (policy.cadence.max.nominal_days, set(policy.evidence.require))
    assert tuple(Part) == triage.PARTS
    assert {"hold": str(policy.max_hold), "waiver": str(policy.max_waiver)} == triage.PAUSES


@pytest.mark.parametrize("span", ["99999999d", "9999y", "999999m"])
def test_a_pause_that_may_last_for_ever_is_no_trouble(span: str) -> None:
    assert triage.is_clear({**PLAIN, "hold": {"until": "9999-12-31", "reason": "x"}}, ground({"max_hold": span}))


DAYS = st.sampled_from(
    ["2026-05-26", "2026-08-24", "2026-08-25", "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
)
TIMES = st.sampled_from(["00:00:00", "12:30:00", "23:59:59"])
OFFSETS = st.sampled_from(["Z", "z", "+14:00", "-12:00", "+00:01"])
MOMENTS = st.one_of(DAYS, st.builds("{}T{}{}".format, DAYS, TIMES, OFFSETS))
PROOFS = st.one_of(st.none(), st.builds(lambda at: {"method": "probe", "at": at}, MOMENTS))
PAUSES = st.one_of(st.none(), st.builds(lambda until: {"until": until, "reason": "x"}, DAYS))
PROOFS_OF = dict.fromkeys(triage.PARTS, PROOFS)
DOCUMENTS = st.fixed_dictionaries(
    {
        "provider": st.sampled_from(["mixpanel", "mixpannel"]),
        "key": st.just("x"),
        "owners": st.just(["alice"]),
        "created": st.one_of(st.just("unknown"), MOMENTS),
        "consumers": st.lists(st.sampled_from([CONSUMER, {"platform": "manual"}, {"platform": "x"}]), max_size=2),
    },
    optional={
        "enrolled": st.one_of(st.none(), DAYS),
        "expires": st.one_of(st.none(), MOMENTS),
        "rotate_every": st.sampled_from([None, "1d", "365d", "366d", "12m", "13m", "1y", "2y", "52w", "53w"]),
        "hold": PAUSES,
        "waiver": PAUSES,
        "request": st.fixed_dictionaries(
            {"reason": st.just("other"), "replaces": st.one_of(st.just("unknown"), MOMENTS), "deadline": DAYS}
        ),
        "evidence": st.fixed_dictionaries(
            {"replaces": st.one_of(st.just("unknown"), MOMENTS), "by": st.just("bob")}, optional=PROOFS_OF
        ),
    },
)
POLICIES = st.sampled_from(
    [{}, {"cadence": {"max": "400d"}}, {"evidence": {"require": ["new_key"]}}, {"max_hold": "1d", "max_waiver": "1m"}]
)


@settings(max_examples=400, deadline=None)
@given(DOCUMENTS, POLICIES)
def test_nothing_clear_has_anything_that_a_rule_would_say(document: dict[str, Any], policy: dict[str, Any]) -> None:
    if triage.is_clear(document, ground(policy)):
        assert codes(document, policy) == set()
