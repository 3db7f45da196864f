"""Every rule that spans files, the policy or the calendar: code, pointer and severity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from core.codes import emitted
from core.samples import FRESH, TODAY, evidence, incident, pause, proofs, request, rotation

from keyturn import checks
from keyturn.model import (
    Cadence,
    Catalogue,
    Connection,
    Consumer,
    Duration,
    EvidenceRules,
    Finding,
    Incident,
    Match,
    Param,
    Part,
    Platform,
    Policy,
    Provider,
    Rotation,
    Severity,
    Strategy,
    Version,
    moment,
)

ERROR, WARNING = Severity.ERROR, Severity.WARNING
PARAMS = {
    "subdomain": Param("label"),
    "shop": Param("host"),
    "account": Param("value", "an account number", "[0-9]{4}"),
    "team": Param("value"),
}
MIXPANEL = Provider("mixpanel", "Mixpanel", Strategy.OVERLAP, aliases=("mix-panel",), params=PARAMS)
MIXPANEL = replace(MIXPANEL, variants={"token": replace(MIXPANEL, params={"region": Param("label")})})
CATALOGUE = Catalogue(
    providers={"mixpanel": MIXPANEL, "bare": Provider("bare", "Bare", Strategy.RESET)},
    platforms={
        "manual": Platform("manual", "Manual"),
        "segment": Platform("segment", "Segment", {"api_key": Connection(), "oauth": Connection()}),
    },
    aliases={"mix-panel": "mixpanel"},
)


def found(
    *rotations: Rotation, incidents: tuple[Incident, ...] = (), policy: Policy | None = None, today: date = TODAY
) -> list[Finding]:
    return list(checks.findings(rotations, incidents, CATALOGUE, policy or Policy(), today))


def consumer(**fields: str) -> tuple[Consumer, ...]:
    return (Consumer(**fields),)


# ruff: noqa: E501 - a row of a table is easier to compare on one line
ONE_FILE = {
    "unknown-provider": (
        rotation(provider="mixpannel", slug="mixpannel"),
        [("unknown-provider", ("provider",), ERROR, "no provider named mixpannel; did you mean mixpanel?")],
    ),
    "unknown-provider, nothing near": (
        rotation(provider="zzz", slug="zzz"),
        [("unknown-provider", ("provider",), ERROR, "no provider named zzz; give it a file providers/zzz.yaml with its `name` and `strategy`")],
    ),
    "unknown-variant": (
        rotation(variant="tokens"),
        [("unknown-variant", ("variant",), ERROR, "Mixpanel has no variant tokens; did you mean token?")],
    ),
    "unknown-variant, nothing near": (
        rotation(variant="zzz"),
        [("unknown-variant", ("variant",), ERROR, "Mixpanel has no variant zzz; it has token")],
    ),
    "unknown-variant where there are none": (
        rotation(provider="bare", variant="x"),
        [("unknown-variant", ("variant",), ERROR, "Bare has no variant x; it has none")],
    ),
    "unknown-param": (
        rotation(params={"subdomian": "acme"}),
        [("unknown-param", ("params", "subdomian"), ERROR, "Mixpanel asks for no param subdomian; did you mean subdomain?")],
    ),
    "unknown-param, nothing near": (
        rotation(params={"zzz": "acme"}),
        [("unknown-param", ("params", "zzz"), ERROR, "Mixpanel asks for no param zzz; it has subdomain, shop, account, team")],
    ),
    "unknown-param where there are none": (
        rotation(provider="bare", params={"x": "acme"}),
        [("unknown-param", ("params", "x"), ERROR, "Bare asks for no param x; it has none")],
    ),
    "a variant has params of its own": (
        rotation(variant="token", params={"region": "eu", "team": "x"}),
        [("unknown-param", ("params", "team"), ERROR, "Mixpanel asks for no param team; it has region")],
    ),
    "param-form, label": (
        rotation(params={"subdomain": "a.b"}),
        [("param-form", ("params", "subdomain"), ERROR, "subdomain must be one part of a host name: ASCII letters, digits and hyphens")],
    ),
    "param-form, host": (
        rotation(params={"shop": "https://a.example/x"}),
        [("param-form", ("params", "shop"), ERROR, "shop must be a host name such as shop.acme.example, or an origin such as https://shop.acme.example:8443")],
    ),
    "param-form, value": (
        rotation(params={"account": "12345"}),
        [("param-form", ("params", "account"), ERROR, "account must be an account number")],
    ),
    "param-form, text": (
        rotation(params={"team": "größe"}),
        [("param-form", ("params", "team"), ERROR, "team must be printable ASCII text")],
    ),
    "unknown-platform": (
        rotation(consumers=consumer(platform="segmet", name="x")),
        [("unknown-platform", ("consumers", 0, "platform"), ERROR, "no platform named segmet; did you mean segment?")],
    ),
    "unknown-platform, nothing near": (
        rotation(consumers=consumer(platform="zzz")),
        [("unknown-platform", ("consumers", 0, "platform"), ERROR, "no platform named zzz; add platforms/zzz.yaml, or use `manual`")],
    ),
    "unknown-connection": (
        rotation(consumers=consumer(platform="segment", connection="oaut")),
        [("unknown-connection", ("consumers", 0, "connection"), ERROR, "Segment has no connection oaut; did you mean oauth?")],
    ),
    "unknown-connection, nothing near": (
        rotation(consumers=consumer(platform="segment", connection="zzz")),
        [("unknown-connection", ("consumers", 0, "connection"), ERROR, "Segment has no connection zzz; it has api_key, oauth")],
    ),
    "created-in-future": (
        rotation("2026-11-23"),
        [("created-in-future", ("created",), ERROR, "created lies in the future (today is 2026-11-21); write when the key was issued")],
    ),
    "enrolled-in-future": (
        rotation("unknown", enrolled=date(2026, 11, 23)),
        [("enrolled-in-future", ("enrolled",), ERROR, "enrolled lies in the future (today is 2026-11-21); write when the key was declared here")],
    ),
    "expires-before-created": (
        rotation(FRESH, expires=moment(FRESH)),
        [("expires-before-created", ("expires",), ERROR, "the key expires before it was created; correct `expires` or `created`")],
    ),
    "cadence-too-long": (
        rotation(rotate_every=Duration(2, "y")),
        [("cadence-too-long", ("rotate_every",), ERROR, "2y is longer than the policy's `cadence.max`, 365d")],
    ),
    "hold-too-long": (
        rotation(hold=pause("2026-12-22")),
        [("hold-too-long", ("hold", "until"), ERROR, "a hold may last until 2026-12-21 at most (`max_hold` of the policy)")],
    ),
    "waiver-too-long": (
        rotation(waiver=pause("2027-11-22")),
        [("waiver-too-long", ("waiver", "until"), ERROR, "a waiver may last until 2027-11-21 at most (`max_waiver` of the policy)")],
    ),
    "request-version": (
        rotation("2026-08-01", request=request("2026-08-02", "2026-11-23")),
        [("request-version", ("request", "replaces"), ERROR, "no such version: `created` is 2026-08-01; write that version to have it rotated")],
    ),
    "leftover-request": (
        rotation("2026-08-01", request=request("2026-07-01", "2026-11-23")),
        [("leftover-request", ("request",), WARNING, "this request was answered by a later version; remove the block `request`")],
    ),
    "request-deadline": (
        rotation("2026-08-01", request=request("2026-08-01", "2026-07-31")),
        [("request-deadline", ("request", "deadline"), ERROR, "the deadline lies before the version that it replaces; write the day it must be done by")],
    ),
    "evidence-order": (
        rotation("2026-08-01", evidence=evidence("2026-08-01", "2026-08-02")),
        [("evidence-order", ("evidence", "replaces"), ERROR, "the evidence replaces 2026-08-01, which is not before `created`, 2026-08-01")],
    ),
    "evidence-stale": (
        rotation("2026-08-01", evidence=evidence("2026-05-01", "2026-08-01")),
        [],
    ),
    "evidence-stale by a day": (
        rotation("2026-08-01", evidence=replace(evidence("2026-05-01", "2026-08-01"), parts={**proofs("2026-08-01"), Part.OLD_KEY: proofs("2026-07-31")[Part.OLD_KEY]})),
        [("evidence-stale", ("evidence", "old_key", "at"), WARNING, "old_key was shown before `created`; evidence of an earlier rotation does not count")],
    ),
    "evidence-incomplete": (
        rotation("2026-08-01", evidence=evidence("2026-05-01", "2026-08-01", [Part.NEW_KEY])),
        [("evidence-incomplete", ("evidence",), WARNING, "the evidence lacks old_key, consumers; its issue stays open until that is recorded")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("subject", "expected"), ONE_FILE.values(), ids=ONE_FILE)
def test_what_is_wrong_with_one_file(
    subject: Rotation, expected: list[tuple[str, tuple[object, ...], Severity, str]]
) -> None:
    findings = found(subject)
    assert [(each.code, each.pointer, each.severity, each.message) for each in findings] == expected
    assert {each.path for each in findings} <= {subject.path}


SOUND = {
    "a plain key": rotation(),
    "an alias": rotation(provider="mix-panel", slug="mix-panel"),
    "a variant": rotation(variant="token"),
    "params of every kind": rotation(
        params={"subdomain": "acme-1", "shop": "http://shop.acme.example:8443", "account": "1234", "team": "A team!"}
    ),
    "a connection": rotation(consumers=consumer(platform="segment", connection="oauth")),
    "created tomorrow, where it is tomorrow already": rotation("2026-11-22"),
    "enrolled tomorrow": rotation("unknown", enrolled=date(2026, 11, 22)),
    "expires after": rotation(FRESH, expires=moment("2026-11-01T00:00:01Z")),
    "a cadence of the longest": rotation(rotate_every=Duration(365, "d")),
    "a hold of the longest": rotation(hold=pause("2026-12-21")),
    "a waiver of the longest": rotation(waiver=pause("2027-11-21")),
    "a request in force": rotation("2026-08-01", request=request("2026-08-01", "2026-08-01")),
    "a request for a key of unknown age": rotation("unknown", request=request("unknown", "2026-11-30")),
    "evidence": rotation("2026-08-01", evidence=evidence("2026-05-01", "2026-08-01")),
    "evidence after an unknown version": rotation("2026-08-01", evidence=evidence("unknown", "2026-08-01")),
}


@pytest.mark.parametrize("subject", SOUND.values(), ids=SOUND)
def test_what_is_sound(subject: Rotation) -> None:
    assert found(subject) == []


@pytest.mark.parametrize("today", [date.min, date.max])
def test_the_ends_of_the_calendar_are_days_too(today: date) -> None:
    subject = rotation("2026-08-01", enrolled=date(2026, 8, 1), hold=pause("2026-12-01"), waiver=pause("2026-12-01"))
    codes = {each.code for each in found(subject, today=today)}
    future = {"created-in-future", "enrolled-in-future", "hold-too-long", "waiver-too-long"}
    assert codes == (future if today == date.min else set())


def test_the_policy_sets_the_bounds() -> None:
    policy = Policy(
        cadence=Cadence(max=Duration(30, "d")),
        max_hold=Duration(1, "d"),
        max_waiver=Duration(1, "d"),
        evidence=EvidenceRules(require=frozenset({Part.NEW_KEY})),
    )
    subject = rotation(
        "2026-08-01",
        rotate_every=Duration(31, "d"),
        hold=pause("2026-11-23"),
        waiver=pause("2026-11-23"),
        evidence=evidence("2026-05-01", "2026-08-01", [Part.NEW_KEY]),
    )
    codes = [each.code for each in found(subject, policy=policy)]
    assert codes == ["cadence-too-long", "hold-too-long", "waiver-too-long"]


# -- several files -----------------------------------------------------------------------------------------------------


def at(path: str, **changes: object) -> Rotation:
    return rotation(path=f"rotations/{path}.yaml", **changes)


def test_each_file_of_one_id_names_the_others() -> None:
    findings = found(at("a"), at("b"), at("c"), at("d", key="other"))
    assert [(each.path, each.pointer, each.code, each.message) for each in findings] == [
        (
            f"rotations/{own}.yaml",
            ("key",),
            "duplicate-id",
            f"mixpanel/loader is declared in {others} as well; give each key of a provider a name of its own",
        )
        for own, others in (
            ("a", "rotations/b.yaml, rotations/c.yaml"),
            ("b", "rotations/a.yaml, rotations/c.yaml"),
            ("c", "rotations/a.yaml, rotations/b.yaml"),
        )
    ]


def test_an_earlier_id_must_be_out_of_use() -> None:
    [finding] = found(at("a"), at("b", key="new", formerly=("mixpanel/x", "mixpanel/loader")))
    assert (finding.path, finding.pointer, finding.code) == ("rotations/b.yaml", ("formerly", 1), "formerly-in-use")
    assert finding.message == (
        "mixpanel/loader is still declared in rotations/a.yaml; an earlier id must be out of use"
    )


def test_only_one_key_can_have_had_an_id() -> None:
    findings = found(at("a", key="a", formerly=("mixpanel/x",)), at("b", key="b", formerly=("mixpanel/x",)))
    assert [(each.path, each.pointer, each.code, each.message) for each in findings] == [
        (
            f"rotations/{own}.yaml",
            ("formerly", 0),
            "formerly-clash",
            f"mixpanel/x is claimed by rotations/{other}.yaml as well; only one key can have had it",
        )
        for own, other in (("a", "b"), ("b", "a"))
    ]


INCIDENTS = {
    "one of two": (Match(tags=frozenset({"pii"})), "some", []),
    "none": (Match(tags=frozenset({"x"})), "some", ["incident-matches-none"]),
    "none, as meant": (Match(tags=frozenset({"x"})), "none", []),
    "none, where all were meant": (Match(tags=frozenset({"x"})), "all", ["incident-matches-none"]),
    "all": (Match(), "some", ["incident-matches-all"]),
    "all, as meant": (Match(), "all", []),
    "all, where none were meant": (Match(), "none", ["incident-matches-all"]),
}


@pytest.mark.parametrize(("match", "matches", "codes"), INCIDENTS.values(), ids=INCIDENTS)
def test_an_incident_that_matches_none_or_all_must_mean_it(match: Match, matches: str, codes: list[str]) -> None:
    findings = found(
        at("a", key="a", tags=("pii",)), at("b", key="b"), incidents=(incident(match=match, matches=matches),)
    )
    assert [(each.code, each.path, each.pointer, each.on_key) for each in findings] == [
        (code, "incidents/vendor.yaml", ("match",), True) for code in codes
    ]


def test_an_incident_before_the_first_key_matches_none() -> None:
    assert [each.code for each in found(incidents=(incident(matches="all"),))] == ["incident-matches-none"]


@pytest.mark.parametrize(
    ("tracker", "four_eyes", "codes"),
    [
        ("local", True, ["four-eyes-local"]),
        ("local", False, []),
        ("github:acme/keys", True, []),
    ],
)
def test_four_eyes_need_a_tracker_with_approvals(tracker: str, four_eyes: bool, codes: list[str]) -> None:  # noqa: FBT001 - a column of the table
    policy = Policy(tracker=tracker, evidence=EvidenceRules(four_eyes=four_eyes))
    findings = list(checks.of_policy("keyturn.yaml", policy))
    assert [(each.code, each.path, each.pointer) for each in findings] == [
        (code, "keyturn.yaml", ("evidence", "four_eyes")) for code in codes
    ]


def test_a_version_is_compared_by_its_moment() -> None:
    subject = rotation("2026-08-24T00:00:00Z", request=request("2026-08-24", "2026-11-30"))
    assert subject.version == Version.read("2026-08-24")
    assert found(subject) == []


# -- completeness ------------------------------------------------------------------------------------------------------


def test_every_code_of_the_checks_has_its_row_here() -> None:
    tables = {code for _, rows in ONE_FILE.values() for code, *_ in rows}
    tables |= {code for *_, codes in INCIDENTS.values() for code in codes}
    assert tables | {"duplicate-id", "formerly-in-use", "formerly-clash", "four-eyes-local"} == emitted(checks)
