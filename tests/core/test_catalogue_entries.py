"""What no schema can hold of an entry of the catalogue; every fault says what to write instead."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from core.catalogue_samples import PLATFORMS, PROVIDERS

from keyturn.model import Phase, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PHASES = {
    Strategy.OVERLAP: {Phase.CREATE, Phase.REVOKE},
    Strategy.REVOKE_FIRST: {Phase.CREATE, Phase.REVOKE},
    Strategy.RESET: {Phase.RESET},
    Strategy.REAUTHORIZE: {Phase.RESET},
    Strategy.CONTACT: {Phase.CONTACT},
}
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
OF_A_CONSUMER = {"name", "at", "connection", "repository", "organization", "environment", "secret", "provider"}


# -- what an entry says --------------------------------------------------------------------------------------------


def kinds(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a file as it stands and as each variant differs; steps are laid over phase by phase."""
    yield "", raw
    for name, own in (raw.get("variants") or {}).items():
        steps = {**(raw.get("steps") or {}), **(own.get("steps") or {})}
        yield f"variant {name}: ", {**raw, **own, "steps": steps}


def steps(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every step of phases and confirm with its place; code stands behind its sentence."""
    phases = {**(raw.get("steps") or {}), "confirm": raw.get("confirm") or []}
    for phase, given in phases.items():
        for number, step in enumerate(given, start=1):
            yield f"{phase} {number}", step if isinstance(step, str) else step["text"]


def code(raw: Mapping[str, Any]) -> Iterator[str]:
    for given in (*(raw.get("steps") or {}).values(), raw.get("confirm") or []):
        yield from (step["code"] for step in given if isinstance(step, dict) and step.get("code"))


def fields(raw: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of the credential, and whether each is secret."""
    for field in (raw.get("credential") or {}).get("fields") or ():
        yield (field, True) if isinstance(field, str) else (field["name"], field.get("secret") is not False)


# -- rules ---------------------------------------------------------------------------------------------------------


def of_sources(raw: Mapping[str, Any]) -> Iterator[str]:
    if not raw.get("sources"):
        yield "no `sources`; name every page that the facts rest on, with the day on which you read it"


def of_wording(raw: Mapping[str, Any]) -> Iterator[str]:
    said = [*steps(raw), *((f"note {number}", note) for number, note in enumerate(raw.get("notes") or (), start=1))]
    for place, text in said:
        if not re.match(r"[A-Z0-9*`]", text):
            yield f"{place} begins in lower case; write a sentence"
        if not text.endswith((".", "!", "?")):
            yield f"{place} has no full stop at its end"
        if text.count("**") % 2 or text.count("`") % 2:
            yield f"{place} has ** or ` without its partner"
        if "  " in text or "\n" in text:
            yield f"{place} has two blanks in a row or a line break; write it as one line or fold it"


def of_phases(raw: Mapping[str, Any]) -> Iterator[str]:
    shown: set[str] = set()
    for which, each in kinds(raw):
        wanted = PHASES[Strategy(each["strategy"])]
        shown |= wanted
        for phase in sorted(wanted):
            if not (each.get("steps") or {}).get(phase):
                yield f"{which}no `steps.{phase}`, which strategy {each['strategy']} shows; write them"
    for phase in (raw.get("steps") or {}).keys() - shown:
        yield f"`steps.{phase}` is never shown with strategy {raw['strategy']}; leave it out"


def of_placeholders(raw: Mapping[str, Any]) -> Iterator[str]:
    for which, each in kinds(raw):
        probe = each.get("probe") or {}
        params = {**(each.get("params") or {}), **(probe.get("params") or {})}
        said = [text for _, text in steps(each)]
        for name in sorted(named(each.get("console") or "", *said, *code(each)) - params.keys()):
            yield f"{which}{{{name}}} stands in the steps or the console; declare it under `params`"
        sent = named(probe.get("url") or "", probe.get("body") or "", *(probe.get("headers") or {}).values())
        for name in sorted(sent - params.keys() - dict(fields(each)).keys()):
            yield f"{which}{{{name}}} stands in the probe; declare it under `probe.params`"
        for name in sorted(named(*map(str, (probe.get("auth") or {}).values())) - dict(fields(each)).keys()):
            yield f"{which}{{{name}}} stands in `auth`; name it under `credential.fields`"
        for name in sorted({name for name, is_secret in fields(each) if is_secret} & named(probe.get("url") or "")):
            yield f"{which}{{{name}}} is secret and stands in the probe's URL; use `auth` with scheme query"


def named(*texts: str) -> set[str]:
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


def of_params(raw: Mapping[str, Any]) -> Iterator[str]:
    for _, each in kinds(raw):
        for name, param in {**(each.get("params") or {}), **((each.get("probe") or {}).get("params") or {})}.items():
            if not param.get("describe"):
                yield f"the param {name} has no `describe`; say where people find its value"
            if param["kind"] == "value" and not param.get("pattern"):
                yield f"the param {name} of kind value has no `pattern`; say which ASCII characters it may have"


def of_what_is_shown_once(raw: Mapping[str, Any]) -> Iterator[str]:
    making = PHASES[Strategy(raw["strategy"])] - {Phase.REVOKE}
    said = " ".join(text for place, text in steps(raw) if place.split()[0] in making)
    if raw.get("reveal_once") and not re.search(r"at once|only (this|that) time|only once|no copy", said):
        yield "the key is shown once; say so in the step that copies it"


def of_probes(raw: Mapping[str, Any]) -> Iterator[str]:
    for which, each in kinds(raw):
        probe = each.get("probe")
        if not probe:
            if not each.get("notes"):
                yield f"{which}no probe and no `notes`; say why there is none"
            continue
        if set(probe["accepted"]) & set(probe["rejected"]) and len(probe.get("match") or {}) < 2:
            yield f"{which}a status is accepted and rejected; give both a `match`, or leave it unlisted"
        if not probe.get("sources") and probe["confidence"] != "inferred":
            yield f"{which}the probe is {probe['confidence']} without `sources`; name them, or call it inferred"


RULES = (
    of_sources,
    of_wording,
    of_phases,
    of_placeholders,
    of_params,
    of_what_is_shown_once,
    of_probes,
)


@pytest.mark.parametrize("slug", sorted(PROVIDERS))
def test_an_entry_keeps_the_rules(slug: str) -> None:
    if faults := [f"providers/{slug}.yaml: {fault}" for rule in RULES for fault in rule(PROVIDERS[slug])]:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.mark.parametrize("slug", sorted(PROVIDERS))
def test_an_entry_that_people_ask_to_help_is_not_self_service(slug: str) -> None:
    raw = PROVIDERS[slug]
    all_of_it = [raw, *({**raw, **own} for own in raw.get("variants", {}).values())]
    assert [each for each in all_of_it if each["strategy"] == Strategy.CONTACT and each.get("self_service")] == []


def test_no_name_means_two_providers() -> None:
    names = Counter(name for slug, raw in PROVIDERS.items() for name in (slug, *(raw.get("aliases") or ())))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_providers_are_called_the_same() -> None:
    names = Counter(raw["name"].casefold() for raw in PROVIDERS.values())
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("slug", sorted(PLATFORMS))
def test_a_platform_asks_only_for_what_a_consumer_has(slug: str) -> None:
    for connection in PLATFORMS[slug]["connections"].values():
        said = list(steps({"steps": {"steps": connection.get("steps") or []}, "confirm": connection.get("confirm")}))
        assert sorted(named(*(text for _, text in said)) - OF_A_CONSUMER) == []
        assert [place for place, text in said if not text.endswith(".")] == []


# -- the rules catch what they are for -----------------------------------------------------------------------------

SOUND: dict[str, Any] = {
    "name": "Examplary",
    "strategy": "overlap",
    "credential": {"fields": ["token", {"name": "id", "secret": False}]},
    "steps": {"create": ["Make one in {account}."], "revoke": [{"text": "Run this.", "code": "drop {account}"}]},
    "params": {"account": {"kind": "label", "describe": "the name"}},
    "notes": ["There is no probe."],
    "sources": [{"url": "https://examplary.example", "checked_on": "2026-11-21"}],
}
PROBE: dict[str, Any] = {
    "url": "https://x.example/{id}",
    "auth": {"scheme": "bearer"},
    "accepted": [200],
    "rejected": [401],
    "confidence": "documented",
    "sources": ["https://x.example"],
}


@pytest.mark.parametrize("raw", [SOUND, {**SOUND, "probe": PROBE}], ids=["without a probe", "with a probe"])
def test_a_sound_entry_has_no_fault(raw: dict[str, Any]) -> None:
    assert [fault for rule in RULES for fault in rule(raw)] == []


@pytest.mark.parametrize(
    ("rule", "change", "fault"),
    [
        (of_sources, {"sources": []}, "no `sources`"),
        (of_wording, {"notes": ["lower."]}, "note 1 begins in lower case"),
        (of_wording, {"confirm": ["No stop"]}, "confirm 1 has no full stop"),
        (of_wording, {"notes": ["A **label."]}, "note 1 has ** or `"),
        (of_wording, {"notes": ["Two  blanks."]}, "note 1 has two blanks"),
        (of_phases, {"steps": {"create": ["Make one."]}}, "no `steps.revoke`"),
        (of_phases, {"variants": {"old": {"strategy": "reset"}}}, "variant old: no `steps.reset`"),
        (
            of_phases,
            {"strategy": "contact", "steps": {"contact": ["Ask."], "reset": ["Do."]}},
            "`steps.reset` is never",
        ),
        (of_placeholders, {"params": {}}, "{account} stands in the steps"),
        (of_placeholders, {"probe": {**PROBE, "url": "https://{x}.example"}}, "{x} stands in the probe"),
        (of_placeholders, {"probe": {**PROBE, "auth": {"format": "{key}"}}}, "{key} stands in `auth`"),
        (of_placeholders, {"probe": {**PROBE, "url": "https://x.example/{token}"}}, "{token} is secret"),
        (of_params, {"params": {"account": {"kind": "label"}}}, "the param account has no `describe`"),
        (of_params, {"params": {"account": {"kind": "value", "describe": "x"}}}, "the param account of kind value"),
        (of_what_is_shown_once, {"reveal_once": True}, "the key is shown once"),
        (of_probes, {"notes": []}, "no probe and no `notes`"),
        (of_probes, {"probe": {**PROBE, "rejected": [200]}}, "a status is accepted and rejected"),
        (of_probes, {"probe": {**PROBE, "sources": []}}, "the probe is documented without"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_named(
    rule: Callable[[Mapping[str, Any]], Iterator[str]], change: dict[str, Any], fault: str
) -> None:
    [found] = rule({**SOUND, **change})
    assert found.startswith(fault)
