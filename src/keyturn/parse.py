"""A document that fits its schema, turned into values; absent and null are the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from keyturn.model import (
    Auth,
    Baseline,
    Cadence,
    ClientAuth,
    Confidence,
    Connection,
    Consumer,
    Credential,
    CredentialField,
    Duration,
    Entry,
    Escalation,
    Evidence,
    EvidenceRules,
    Incident,
    Limits,
    Marks,
    Match,
    Method,
    Param,
    Part,
    Pause,
    Phase,
    Platform,
    Policy,
    Probe,
    ProbeRules,
    Proof,
    Provider,
    Request,
    RequestReason,
    Retirement,
    RetirementEvidence,
    Rotation,
    Rule,
    Scheme,
    Step,
    Strategy,
    Tier,
    Version,
    moment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from keyturn.model import Steps

    Document = Mapping[str, Any]

T = TypeVar("T")


# -- rotations and incidents ---------------------------------------------------------------------------------------


def rotation(path: str, document: Document) -> Rotation:
    """Read a rotation; its slug is what is written, until the catalogue resolves aliases."""
    given = _given(document)
    return Rotation(
        path=path,
        provider=given["provider"],
        slug=given["provider"],
        key=given["key"],
        version=Version.read(given["created"]),
        owners=tuple(given["owners"]),
        consumers=tuple(Consumer(**_given(consumer)) for consumer in given["consumers"]),
        variant=given.get("variant"),
        description=given.get("description"),
        team=given.get("team"),
        tags=tuple(given.get("tags", ())),
        tier=_with(Tier, given.get("tier")),
        environment=given.get("environment"),
        enrolled=_with(date.fromisoformat, given.get("enrolled")),
        expires=_with(moment, given.get("expires")),
        rotate_every=_with(Duration.read, given.get("rotate_every")),
        params=given.get("params", {}),
        formerly=tuple(given.get("formerly", ())),
        request=_with(_request, given.get("request")),
        hold=_with(_pause, given.get("hold")),
        waiver=_with(_pause, given.get("waiver")),
        retired=_with(_retirement, given.get("retired")),
        secrets=given.get("secrets", {}),
        baseline=_with(_baseline, given.get("baseline")),
        evidence=_with(_evidence, given.get("evidence")),
    )


def incident(path: str, document: Document) -> Incident:
    """Read an incident."""
    given = _given(document)
    return Incident(
        path=path,
        summary=given["summary"],
        match=_match(given["match"]),
        matches=given.get("matches", "some"),
        respond_by=date.fromisoformat(given["respond_by"]),
        exposed_since=_with(moment, given.get("exposed_since")),
        exposed_until=_with(moment, given.get("exposed_until")),
        link=given.get("link"),
    )


def _match(document: Document) -> Match:
    return Match(**{name: frozenset(values) for name, values in _given(document).items()})


def _request(document: Document) -> Request:
    return Request(
        reason=RequestReason(document["reason"]),
        replaces=Version.read(document["replaces"]),
        deadline=date.fromisoformat(document["deadline"]),
        note=document.get("note"),
    )


def _pause(document: Document) -> Pause:
    return Pause(date.fromisoformat(document["until"]), document["reason"])


def _retirement(document: Document) -> Retirement:
    evidence = _with(_retirement_evidence, document.get("evidence"))
    return Retirement(date.fromisoformat(document["since"]), document["reason"], evidence)


def _retirement_evidence(document: Document) -> RetirementEvidence:
    return RetirementEvidence(_proofs(document), document["by"])


def _baseline(document: Document) -> Baseline:
    return Baseline(moment(document["at"]), document["fingerprint"])


def _evidence(document: Document) -> Evidence:
    return Evidence(
        replaces=Version.read(document["replaces"]),
        parts=_proofs(document),
        by=document["by"],
        confirmed_by=document.get("confirmed_by"),
        run=document.get("run"),
    )


def _proofs(document: Document) -> Mapping[Part, Proof]:
    return {part: _proof(given) for part in Part if (given := document.get(part))}


def _proof(document: Document) -> Proof:
    return Proof(Method(document["method"]), moment(document["at"]), document.get("fingerprint"))


# -- the catalogue -------------------------------------------------------------------------------------------------


def provider(slug: str, document: Document) -> Provider:
    """Read a provider with its variants, each laid over the rest of the file."""
    variants = _given(document).get("variants", {})
    return _provider(
        slug, document, {name: _provider(slug, _overlaid(document, own), {}) for name, own in variants.items()}
    )


def _provider(slug: str, document: Document, variants: Mapping[str, Provider]) -> Provider:
    given = _given(document)
    asked = {**_given(given.get("params", {})), **_given(_given(given.get("probe", {})).get("params", {}))}
    params = {name: Param(**_given(param)) for name, param in asked.items()}
    return Provider(
        slug=slug,
        name=given["name"],
        strategy=Strategy(given["strategy"]),
        aliases=tuple(given.get("aliases", ())),
        console=given.get("console"),
        docs=given.get("docs"),
        credential=_with(_credential, given.get("credential")),
        activation_delay=_with(_delay, given.get("activation_delay")),
        max_keys=given.get("max_keys"),
        params=params,
        steps={Phase(phase): _steps(steps) for phase, steps in _given(given.get("steps", {})).items()},
        variants=variants,
        confirm=_steps(given.get("confirm", ())),
        probe=_with(lambda probe: _probe(probe, params), given.get("probe")),
    )


def _probe(document: Document, params: Mapping[str, Param]) -> Probe:
    given = _given(document)
    return Probe(
        url=given["url"],
        auth=_auth(given["auth"]),
        accepted=frozenset(given["accepted"]),
        rejected=frozenset(given["rejected"]),
        confidence=Confidence(given["confidence"]),
        method=given.get("method", "GET"),
        headers=_given(given.get("headers", {})),
        body=given.get("body"),
        params=params,
        match=Marks(**{side: _texts(marks) for side, marks in _given(given.get("match", {})).items()}),
        sources=tuple(given.get("sources", ())),
    )


def _auth(document: Document) -> Auth:
    given = {**_given(document), "scheme": Scheme(document["scheme"])}
    client_auth = _with(ClientAuth, given.get("client_auth"))
    return Auth(**{**given, "client_auth": client_auth})


def _overlaid(document: Document, own: Document) -> Document:
    """Lay a variant over the rest; its null takes a fact away, but none that every provider must have."""
    steps = {**(document.get("steps") or {}), **(own.get("steps") or {})}
    required = {name: own.get(name) or document[name] for name in ("name", "strategy")}
    return {**document, **own, **required, "steps": steps}


def platform(slug: str, document: Document) -> Platform:
    """Read a platform with its connections."""
    connections = _given(_given(document).get("connections", {}))
    return Platform(slug, document["name"], {name: _connection(given) for name, given in connections.items()})


def entry(path: str, document: Document) -> Entry:
    """Read of an entry of the catalogue, provider or platform, when it was last checked."""
    dates = (date.fromisoformat(source["checked_on"]) for source in _given(document).get("sources", ()))
    return Entry(path, max(dates, default=None))


def _connection(document: Document) -> Connection:
    given = _given(document)
    return Connection(_steps(given.get("steps", ())), _steps(given.get("confirm", ())))


def _credential(document: Document) -> Credential:
    given = _given(document)
    fields = (field if isinstance(field, dict) else {"name": field} for field in given.get("fields", ()))
    return Credential(tuple(CredentialField(**_given(field)) for field in fields))


_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _delay(text: str) -> timedelta:
    return timedelta(seconds=int(text[:-1]) * _SECONDS[text[-1]])


def _steps(steps: Iterable[str | Document]) -> Steps:
    return tuple(Step(step) if isinstance(step, str) else Step(**_given(step)) for step in steps)


# -- the policy ----------------------------------------------------------------------------------------------------


def policy(document: Document) -> Policy:
    """Read `keyturn.yaml`; every field that it leaves out keeps its default."""
    given = _given(document)
    durations = ("unknown_within", "notice", "expiry_margin", "max_hold", "max_waiver")
    values: dict[str, Any] = {name: Duration.read(given[name]) for name in durations if name in given}
    sections: Mapping[str, Callable[[Any], Any]] = {
        "tracker": str,
        "identity": tuple,
        "cadence": lambda section: Cadence(**{name: Duration.read(text) for name, text in _given(section).items()}),
        "rules": lambda rules: tuple(_rule(rule) for rule in rules),
        "reminders": lambda days: tuple(Duration.read(text).nominal_days for text in days),
        "escalate": _escalation,
        "limits": lambda section: Limits(**_given(section)),
        "evidence": _evidence_rules,
        "dashboard": bool,
        "probe": lambda section: ProbeRules(**{name: tuple(items) for name, items in _given(section).items()}),
    }
    values |= {name: read(given[name]) for name, read in sections.items() if name in given}
    return Policy(**values)


def _rule(document: Document) -> Rule:
    given = _given(document)
    return Rule(
        match=_match(given.get("match", {})),
        rotate_every=_with(Duration.read, given.get("rotate_every")),
        tier=_with(Tier, given.get("tier")),
    )


def _escalation(document: Document) -> Escalation:
    return Escalation(Duration.read(document["after"]), tuple(document["to"]))


def _evidence_rules(document: Document) -> EvidenceRules:
    given = _given(document)
    values: dict[str, Any] = {}
    if "require" in given:
        values["require"] = frozenset(Part(part) for part in given["require"])
    if "methods" in given:
        values["methods"] = {Tier(tier): _methods(parts) for tier, parts in _given(given["methods"]).items()}
    if "four_eyes" in given:
        values["four_eyes"] = given["four_eyes"]
    return EvidenceRules(**values)


def _methods(parts: Document) -> Mapping[Part, frozenset[Method]]:
    return {Part(part): frozenset(Method(method) for method in methods) for part, methods in _given(parts).items()}


# -- null ----------------------------------------------------------------------------------------------------------


def _given(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}


def _with(read: Callable[[Any], T], value: object) -> T | None:
    return None if value is None else read(value)


def _texts(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
