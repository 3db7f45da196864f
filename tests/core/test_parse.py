"""Documents that fit their schemas become values: whole documents, nulls, overlays and defaults."""

from __future__ import annotations

from copy import copy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from keyturn import files, parse
from keyturn.model import (
    Baseline,
    Cadence,
    Connection,
    Consumer,
    Credential,
    CredentialField,
    Duration,
    Escalation,
    Evidence,
    EvidenceRules,
    Incident,
    Limits,
    Match,
    Method,
    Param,
    Part,
    Pause,
    Phase,
    Platform,
    Policy,
    ProbeRules,
    Proof,
    Request,
    RequestReason,
    Retirement,
    RetirementEvidence,
    Rotation,
    Rule,
    Step,
    Strategy,
    Tier,
    Version,
)
from keyturn.schema import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = {
    "provider": "mixpanel",
    "key": "loader",
    "owners": ["alice"],
    "created": "2026-08-24",
    "consumers": [{"platform": "manual", "name": None}],
}
PROVED_AT = datetime(2026, 8, 24, 15, 18, 2, tzinfo=UTC)
PROOF = {"method": "probe", "at": "2026-08-24T15:18:02Z", "fingerprint": "81c2d90be3aa"}


def test_a_whole_rotation() -> None:
    document = {
        **PLAIN,
        "variant": "token",
        "description": "Exports events.",
        "team": "acme/data",
        "tags": ["pii", "etl"],
        "tier": "critical",
        "environment": "production",
        "created": "2026-08-24T12:00:00+02:00",
        "enrolled": "2026-08-25",
        "expires": "2027-08-24",
        "rotate_every": "3m",
        "params": {"subdomain": "acme"},
        "formerly": ["mixpanel/old"],
        "consumers": [{"platform": "segment", "name": "Funnel", "at": "destination", "connection": "api_key"}],
        "request": {"reason": "leaked", "replaces": "2026-08-24", "deadline": "2026-11-23", "note": "Found."},
        "hold": {"until": "2026-12-15", "reason": "Sale."},
        "waiver": {"until": "2027-06-30", "reason": "Vendor."},
        "retired": {"since": "2026-12-01", "reason": "Gone.", "evidence": {"old_key": PROOF, "by": "bob"}},
        "secrets": {"token": {"new": "ACME_NEW"}},
        "baseline": {"at": "2026-08-20T09:00:00Z", "fingerprint": "3f9a0c21d4e5"},
        "evidence": {
            "replaces": "unknown",
            "new_key": PROOF,
            "old_key": None,
            "consumers": {"method": "last-used", "at": "2026-08-24"},
            "by": "bob",
            "confirmed_by": "carol",
            "run": "https://github.com/acme/keys/actions/runs/1",
        },
    }
    proof = Proof(Method.PROBE, PROVED_AT, "81c2d90be3aa")
    assert parse.rotation("rotations/x.yaml", document) == Rotation(
        path="rotations/x.yaml",
        provider="mixpanel",
        slug="mixpanel",
        key="loader",
        version=Version.read("2026-08-24T10:00:00Z"),
        owners=("alice",),
        consumers=(Consumer("segment", name="Funnel", at="destination", connection="api_key"),),
        variant="token",
        description="Exports events.",
        team="acme/data",
        tags=("pii", "etl"),
        tier=Tier.CRITICAL,
        environment="production",
        enrolled=date(2026, 8, 25),
        expires=datetime(2027, 8, 24, tzinfo=UTC),
        rotate_every=Duration(3, "m"),
        params={"subdomain": "acme"},
        formerly=("mixpanel/old",),
        request=Request(RequestReason.LEAKED, Version.read("2026-08-24"), date(2026, 11, 23), "Found."),
        hold=Pause(date(2026, 12, 15), "Sale."),
        waiver=Pause(date(2027, 6, 30), "Vendor."),
        retired=Retirement(date(2026, 12, 1), "Gone.", RetirementEvidence({Part.OLD_KEY: proof}, "bob")),
        secrets={"token": {"new": "ACME_NEW"}},
        baseline=Baseline(datetime(2026, 8, 20, 9, tzinfo=UTC), "3f9a0c21d4e5"),
        evidence=Evidence(
            replaces=Version.read("unknown"),
            parts={
                Part.NEW_KEY: proof,
                Part.CONSUMERS: Proof(Method.LAST_USED, datetime(2026, 8, 24, tzinfo=UTC)),
            },
            by="bob",
            confirmed_by="carol",
            run="https://github.com/acme/keys/actions/runs/1",
        ),
    )


OPTIONAL = ["variant", "description", "team", "tags", "tier", "environment", "enrolled", "expires", "rotate_every"]
OPTIONAL += ["params", "formerly", "request", "hold", "waiver", "retired", "secrets", "baseline", "evidence"]


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_means_absent(name: str) -> None:
    assert parse.rotation("x", {**PLAIN, name: None}) == parse.rotation("x", PLAIN)


def test_a_rotation_of_the_least() -> None:
    assert parse.rotation("x", PLAIN) == Rotation(
        path="x",
        provider="mixpanel",
        slug="mixpanel",
        key="loader",
        version=Version.read("2026-08-24"),
        owners=("alice",),
        consumers=(Consumer("manual"),),
    )


def test_a_retirement_without_evidence() -> None:
    found = parse.rotation("x", {**PLAIN, "retired": {"since": "2026-12-01", "reason": "Gone.", "evidence": None}})
    assert found.retired == Retirement(date(2026, 12, 1), "Gone.")


def test_incidents() -> None:
    least = {"summary": "Leak", "match": {"providers": ["x"], "tags": None}, "respond_by": "2026-11-23"}
    plain = Incident("incidents/x.yaml", "Leak", Match(providers=frozenset({"x"})), "some", date(2026, 11, 23))
    assert parse.incident("incidents/x.yaml", least) == plain
    nulls = dict.fromkeys(["matches", "exposed_since", "exposed_until", "link"])
    assert parse.incident("incidents/x.yaml", {**least, **nulls}) == plain
    whole = parse.incident(
        "incidents/x.yaml",
        {
            **least,
            "match": {name: ["x"] for name in ("providers", "tags", "owners", "ids", "environments")},
            "matches": "all",
            "exposed_since": "2026-11-01",
            "exposed_until": "2026-11-20T10:00:00Z",
            "link": "https://status.x.example/1",
        },
    )
    x = frozenset({"x"})
    assert whole == Incident(
        "incidents/x.yaml",
        "Leak",
        Match(x, x, x, x, x),
        "all",
        date(2026, 11, 23),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 20, 10, tzinfo=UTC),
        "https://status.x.example/1",
    )


# -- the catalogue -----------------------------------------------------------------------------------------------------

PROVIDER = {
    "name": "Acme",
    "strategy": "overlap",
    "aliases": ["ac-me"],
    "homepage": "https://acme.example",
    "console": "https://acme.example/{subdomain}",
    "docs": "https://docs.acme.example",
    "credential": {"kind": "api_token", "term": "Token", "fields": ["token", {"name": "user", "secret": False}]},
    "self_service": True,
    "activation_delay": "30m",
    "max_keys": 2,
    "reveal_once": False,
    "expires": "in 90 days",
    "role": "Admin",
    "last_used": True,
    "params": {"subdomain": {"kind": "label", "describe": "yours"}},
    "steps": {"create": ["Create it."], "revoke": [{"text": "Run it.", "code": "DROP", "language": "sql"}]},
    "confirm": ["Look."],
    "notes": ["A note."],
    "variants": {
        "secret": {
            "max_keys": 1,
            "console": None,
            "strategy": None,
            "steps": {"revoke": ["Drop it."]},
            "confirm": None,
        },
    },
    "probe": None,
}


def test_a_whole_provider_and_its_variants() -> None:
    found = parse.provider("acme", PROVIDER)
    assert (found.slug, found.name, found.strategy, found.aliases) == ("acme", "Acme", Strategy.OVERLAP, ("ac-me",))
    assert found.docs == "https://docs.acme.example"
    assert found.credential == Credential((CredentialField("token"), CredentialField("user", secret=False)))
    assert (found.activation_delay, found.max_keys) == (timedelta(minutes=30), 2)
    assert found.params == {"subdomain": Param("label", "yours")}
    assert found.steps == {Phase.CREATE: (Step("Create it."),), Phase.REVOKE: (Step("Run it.", "DROP", "sql"),)}
    assert found.confirm == (Step("Look."),)

    assert set(found.variants) == {"secret"}
    secret = found.variant("secret")
    assert (secret.max_keys, secret.console, secret.confirm) == (1, None, ())
    assert secret.steps == {Phase.CREATE: (Step("Create it."),), Phase.REVOKE: (Step("Drop it."),)}
    assert (secret.name, secret.slug, secret.variants) == ("Acme", "acme", {})
    assert found.variant("zzz") is found


def test_a_provider_of_the_least() -> None:
    found = parse.provider("acme", {"name": "Acme", "strategy": "contact"})
    assert (found.credential, found.activation_delay, found.steps, found.params) == (None, None, {}, {})
    variant = parse.provider("acme", {"name": "Acme", "strategy": "contact", "variants": {"x": {"max_keys": 3}}})
    assert (variant.variant("x").max_keys, variant.variant("x").steps) == (3, {})


def test_params_of_a_probe_join_those_of_the_steps() -> None:
    probe = {
        "method": "GET",
        "url": "https://{account}.api.example.com/v1/me",
        "auth": {"scheme": "bearer"},
        "params": {"account": {"kind": "label", "describe": None}},
        "accepted": [200],
        "rejected": [401],
        "confidence": "documented",
        "sources": ["https://docs.example.com"],
    }
    document = {"name": "Acme", "strategy": "reset", "params": {"shop": {"kind": "host"}}, "probe": probe}
    assert parse.provider("acme", document).params == {"shop": Param("host"), "account": Param("label")}


@pytest.mark.parametrize(("text", "seconds"), [("45s", 45), ("30m", 1_800), ("2h", 7_200), ("1d", 86_400)], ids=str)
def test_delays(text: str, seconds: int) -> None:
    found = parse.provider("acme", {"name": "Acme", "strategy": "reset", "activation_delay": text})
    assert found.activation_delay == timedelta(seconds=seconds)


def test_platforms() -> None:
    document = {"name": "Segment", "connections": {"api_key": {"steps": ["Paste."], "confirm": ["See."]}, "x": None}}
    connection = Connection((Step("Paste."),), (Step("See."),))
    assert parse.platform("segment", document) == Platform("segment", "Segment", {"api_key": connection})
    assert parse.platform("x", {"name": "X"}) == Platform("x", "X")
    assert parse.platform("x", {"name": "X", "connections": {"y": {"steps": None}}}).connection(None) == Connection()


# -- the policy --------------------------------------------------------------------------------------------------------

POLICY = {
    "tracker": ("github:acme/keys", "github:acme/keys"),
    "identity": (["keyturn-bot[bot]"], ("keyturn-bot[bot]",)),
    "cadence": ({"critical": "15d", "max": None}, Cadence(critical=Duration(15, "d"))),
    "rules": (
        [{"match": {"tags": ["pii"]}, "rotate_every": "30d", "tier": "low"}, {"match": None, "tier": "critical"}],
        (Rule(Match(tags=frozenset({"pii"})), Duration(30, "d"), Tier.LOW), Rule(Match(), None, Tier.CRITICAL)),
    ),
    "unknown_within": ("1w", Duration(1, "w")),
    "notice": ("20d", Duration(20, "d")),
    "reminders": (["0d", "1w", "1m"], (0, 7, 30)),
    "escalate": ({"after": "2w", "to": ["carol"]}, Escalation(Duration(2, "w"), ("carol",))),
    "expiry_margin": ("3d", Duration(3, "d")),
    "max_hold": ("2m", Duration(2, "m")),
    "max_waiver": ("2y", Duration(2, "y")),
    "limits": ({"open_at_once": 5, "max_actions": None}, Limits(open_at_once=5)),
    "evidence": (
        {"require": ["new_key"], "methods": {"critical": {"old_key": ["probe"]}, "low": None}, "four_eyes": True},
        EvidenceRules(
            frozenset({Part.NEW_KEY}), {Tier.CRITICAL: {Part.OLD_KEY: frozenset({Method.PROBE})}}, four_eyes=True
        ),
    ),
    "probe": ({"hosts": ["shop.acme.example"], "confidence": None}, ProbeRules(hosts=("shop.acme.example",))),
}


@pytest.mark.parametrize("name", POLICY)
def test_each_section_is_laid_over_the_defaults(name: str) -> None:
    given, expected = POLICY[name]
    found = parse.policy({name: given})
    assert getattr(found, name) == expected
    others = [other for other in POLICY if other != name]
    assert [getattr(found, other) for other in others] == [getattr(Policy(), other) for other in others]
    assert parse.policy({name: None}) == Policy()


def test_an_evidence_section_without_anything_keeps_the_defaults() -> None:
    assert parse.policy({"evidence": {"require": None}}).evidence == EvidenceRules()
    assert parse.policy({}) == Policy()


# -- what the schemas let through --------------------------------------------------------------------------------------

SCHEMAS = Schemas(files.schemas())
EXAMPLES = Path(__file__).parents[1] / "examples" / "valid"
READERS = {
    "rotation": parse.rotation,
    "incident": parse.incident,
    "provider": parse.provider,
    "platform": parse.platform,
    "policy": lambda _, document: parse.policy(document),
}


def nulled(document: Any) -> Iterator[Any]:
    """Give the document with each of its values, at any depth, taken for null in turn."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document if isinstance(document, list) else ())
    )
    for key, value in items:
        for other in (None, *nulled(value)):
            changed = copy(document)
            changed[key] = other
            yield changed


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_null_that_a_schema_lets_through_stops_the_reading(path: Path) -> None:
    kind = path.name.partition("-")[0]
    example = files.read(path, path.name)
    assert isinstance(example, files.Document)
    fitting = [each for each in nulled(example.data) if not SCHEMAS.findings(kind, path.name, each)]
    for document in (example.data, *fitting):
        READERS[kind]("x", document)
