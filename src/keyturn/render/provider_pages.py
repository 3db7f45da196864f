"""The page of a provider, one shape for all, and the index of the pages; everything from files is inert there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keyturn.model import Strategy
from keyturn.render import escape, tables
from keyturn.render.days import counted
from keyturn.render.providers import (
    NOT_KNOWN,
    Guide,
    facts,
    markdown_section,
    markdown_tasks,
    probe_confidence,
    prose,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyturn.actions import Section
    from keyturn.render.providers import Raw

_MOST = 1000  # rows of a table, which stays whole
_CONFIDENCE = {
    "documented": "Documented: it rests on the provider's own documentation.",
    "detector": "Detector: open-source secret detectors or integrations use it.",
    "inferred": "Inferred: put together from weaker evidence; it proves nothing unless the policy allows that.",
}
_UNTRIED = "Nothing here was tried on a live account."
_NO_PROBE = "None. Show by other means that the new key is accepted and the old one rejected."
_UNLISTED = "every other answer proves nothing"
_SENT: Mapping[str, str] = {
    "bearer": "in the header `Authorization` as a bearer token",
    "basic": "as user name and password (HTTP Basic)",
    "body": "in the body",
    "oauth2_client_credentials": "as an OAuth 2.0 client that asks for a token",
}
_SMOOTH: Mapping[str, str] = {
    Strategy.OVERLAP: "None: the old key works until it is revoked, and that comes last.",
    Strategy.CONTACT: "None, as long as the provider keeps the old key alive until you report that it is replaced.",
}


def page(guide: Guide) -> str:
    """Write everything that is known about a provider, ready to follow."""
    raw = guide.raw
    parts = [
        f"# {escape.markdown(raw['name'])}",
        " ".join((escape.code(guide.slug), *badges(raw))),
        _facts(raw),
        f"## Downtime\n\n{_downtime(guide)}",
        "\n\n".join(("## Steps", *_numbered(guide.sections))),
        *([f"## After a leak\n\n{_leak(guide)}"] if guide.leak else []),
        "\n\n".join(("## Variants", *(_variants(guide) or ["None."]))),
        f"## Probe\n\n{_probe(raw.get('probe'))}",
        f"## Notes\n\n{_list(raw.get('notes') or ())}",
        f"## Sources\n\n{_sources(raw.get('sources') or ())}",
    ]
    return "\n\n".join(parts)


def index(guides: Sequence[Guide], address: str) -> str:
    """Write a row for every provider; `address` gives a page's from its slug: `{slug}.md`."""
    names = ("Provider", "Also known as", "What is known", "Checked on")
    rows = [
        (
            f"[{escape.markdown(guide.raw['name'])}]({address.format(slug=guide.slug)})",
            escape.markdown(", ".join(guide.raw.get("aliases") or ())),
            " ".join(badges(guide.raw)),
            checked_on(guide.raw) or NOT_KNOWN,
        )
        for guide in sorted(guides, key=lambda guide: (guide.raw["name"].casefold(), guide.slug))
    ]
    probes = sum(1 for guide in guides if probe_confidence(guide.raw))
    counts = f"{counted(len(guides), 'provider')}, {probes} of them with a probe."
    return f"{counts}\n\n{tables.markdown(names, rows, most=_MOST)}"


def badges(raw: Raw) -> tuple[str, ...]:
    """Give what is known about a provider as short words; what is not known has none."""
    confidence = probe_confidence(raw)
    words = (
        raw["strategy"],
        f"probe: {confidence}" if confidence else "no probe",
        _either(raw.get("last_used"), "last use shown", "last use not shown"),
        _either(raw.get("self_service"), "self-service", "not self-service"),
        _either(raw.get("reveal_once"), "shown once", "shown again"),
    )
    return tuple(escape.code(word) for word in words if word)


def _either(known: object, yes: str, no: str) -> str | None:
    return None if known is None else yes if known else no


def checked_on(raw: Raw) -> str | None:
    """Return the latest day on which one of the sources was read."""
    return max((source["checked_on"] for source in raw.get("sources") or ()), default=None)


# -- facts and steps -----------------------------------------------------------------------------------------------


def _facts(raw: Raw) -> str:
    return tables.markdown(("Fact", "Value"), [(name, _fact(value)) for name, value in facts(raw)])


def _fact(value: str) -> str:
    address = escape.url(value)
    return f"[{escape.code(value)}]({address})" if address else escape.markdown(value)


def _downtime(guide: Guide) -> str:
    return escape.markdown(guide.downtime) if guide.downtime else _SMOOTH[guide.raw["strategy"]]


def _numbered(sections: Sequence[Section]) -> Iterator[str]:
    for number, section in enumerate(sections, start=1):
        yield markdown_section(section, f"### {number}.")


def _leak(guide: Guide) -> str:
    known = {task for section in guide.sections for task in section.tasks}
    first, *_ = guide.leak
    further = [task for section in guide.leak for task in section.tasks if task not in known]
    parts = [
        f"> [!CAUTION]\n> {escape.markdown(first.warning or '')}",
        f"The order is then: {_order(guide.leak)}.",
        "What each asks for stands above."
        if not further
        else f"Beside what stands above:\n\n{markdown_tasks(further)}",
    ]
    return "\n\n".join(parts)


def _order(sections: Sequence[Section]) -> str:
    return " → ".join(f"**{escape.markdown(section.title)}**" for section in sections)


def _variants(guide: Guide) -> list[str]:
    return [_variant(name, variant, guide) for name, variant in guide.variants.items()]


def _variant(name: str, variant: Guide, guide: Guide) -> str:
    rows = [(fact, _fact(value)) for fact, value in facts(variant.raw) if (fact, value) not in facts(guide.raw)]
    others = [section for section in variant.sections if section not in guide.sections]
    table = [tables.markdown(("Fact", "Value"), rows)] if rows else []
    order = f"Steps: {_order(variant.sections)}." + (" What stands above serves here too, but for:" if others else "")
    own = [markdown_section(section, "####") for section in others]
    notes = [_list(variant.raw["notes"])] if variant.raw.get("notes") != guide.raw.get("notes") else []
    probe = [_probe(variant.raw.get("probe"))] if variant.raw.get("probe") != guide.raw.get("probe") else []
    leak = f"After a leak: {_order(variant.leak)}."
    return "\n\n".join((f"### {escape.code(name)}", *table, order, *own, leak, *notes, *probe))


# -- the probe, notes and sources ----------------------------------------------------------------------------------


def _probe(probe: Raw | None) -> str:
    if not probe:
        return _NO_PROBE
    match = probe.get("match") or {}
    rows = [
        ("Request", escape.code(f"{probe.get('method') or 'GET'} {probe['url']}")),
        ("The key goes", _sent(probe["auth"])),
        ("Accepted", _answer(probe["accepted"], match.get("accepted"))),
        ("Rejected", _answer(probe["rejected"], match.get("rejected"))),
        ("Unknown", _UNLISTED),
    ]
    remarks = _list(probe["notes"]) if probe.get("notes") else ""
    sources = ", ".join(map(_address, probe.get("sources") or ()))
    read = f"Read in: {sources}." if sources else ""
    parts = (tables.markdown(("Probe", ""), rows), f"{_CONFIDENCE[probe['confidence']]} {_UNTRIED}", remarks, read)
    return "\n\n".join(filter(None, parts))


def _sent(auth: Raw) -> str:
    if auth["scheme"] in _SENT:
        return _SENT[auth["scheme"]]
    place = "in the header" if auth["scheme"] == "header" else "in the query parameter"
    return f"{place} {escape.code(auth['name'])}"


def _answer(statuses: Sequence[int], marks: str | list[str] | None) -> str:
    listed = " or ".join(map(str, statuses))
    texts = [marks] if isinstance(marks, str) else marks or []
    return f"{listed}, with {' or '.join(map(escape.code, texts))} in the body" if texts else listed


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {prose(line)}" for line in lines) or "None."


def _sources(sources: Sequence[Mapping[str, Any]]) -> str:
    rows = [(_address(source["url"]), escape.markdown(source["checked_on"])) for source in sources]
    return tables.markdown(("Page", "Read on"), rows, most=_MOST) if rows else "None."


def _address(text: str) -> str:
    target = escape.url(text)
    return f"[{escape.code(text)}]({target})" if target else escape.code(text)
