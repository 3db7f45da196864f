"""A provider, and the list of all, as text, JSON and Markdown; from its file and its composed sections."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from keyturn.actions import Span
from keyturn.render import escape, spans, tables
from keyturn.render.days import counted
from keyturn.render.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyturn.actions import Section, Task

    Raw: TypeAlias = Mapping[str, Any]

NOT_KNOWN = "not known"
_MOST = 1000  # rows of a list, which stays whole
_NAMES = ("Slug", "Name", "Strategy", "Probe", "Credential")
_STYLED = re.compile(r"\*\*([^*]+)\*\*|`([^`]+)`")
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


@dataclass(frozen=True, slots=True)
class Guide:
    """A provider's file with the checklists that are composed from it."""

    slug: str
    raw: Raw
    sections: Sequence[Section]
    leak: Sequence[Section] = ()  # the same after a leak; empty where the sections are for another reason already
    downtime: str | None = None
    variants: Mapping[str, Guide] = field(default_factory=dict)


# -- JSON ----------------------------------------------------------------------------------------------------------


def document(slug: str, raw: Raw, sections: Sequence[Section], **asked: str) -> dict[str, Any]:
    """Give a provider's file as JSON with its `slug`, what was asked for (variant, reason) and its `checklist`."""
    return {"slug": slug, **raw, **asked, "checklist": checklist(sections)}


def checklist(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Give composed sections as JSON: `[{title, warning, tasks: [{text, code, language}]}]`."""
    return [
        {"title": section.title, "warning": section.warning, "tasks": [_entry(task) for task in section.tasks]}
        for section in sections
    ]


def documents(providers: Mapping[str, Raw]) -> list[dict[str, Any]]:
    """Give the list of all providers as JSON."""
    return [{"slug": slug, **raw} for slug, raw in sorted(providers.items())]


def _entry(task: Task) -> dict[str, Any]:
    return {"text": _sentence(task), "code": task.code, "language": task.language}


def _sentence(task: Task) -> str:
    return "".join(span.text for span in task.spans)


# -- text ----------------------------------------------------------------------------------------------------------


def text(guide: Guide) -> list[str]:
    """Write a provider's facts, checklist, variants and notes as plain lines."""
    rows = tables.columns((name, value) for name, value in facts(guide.raw) if value != NOT_KNOWN)
    title = escape.terminal(f"{guide.raw['name']} ({guide.slug})")
    variants = _text_variants(guide.raw.get("variants") or {})
    return [title, "", *rows, *_text_sections(guide.sections), *variants, *_text_notes(guide.raw.get("notes") or ())]


def text_list(providers: Mapping[str, Raw]) -> list[str]:
    """Write one aligned line per provider under a heading."""
    rows = table(providers)
    return tables.columns([tuple(name.upper() for name in rows.names), *rows.rows])


def table(providers: Mapping[str, Raw]) -> Table:
    """Give a row for every provider."""
    return Table(_NAMES, tuple(_rows(providers)))


def _text_sections(sections: Sequence[Section]) -> Iterator[str]:
    for number, section in enumerate(sections, start=1):
        yield ""
        yield escape.terminal(f"{number}. {section.title}")
        if section.warning:
            yield escape.terminal(f"   ! {section.warning}")
        for task in section.tasks:
            yield escape.terminal(f"   - {_sentence(task)}")
            yield from (escape.terminal(f"       {line}") for line in (task.code or "").splitlines())


def _text_variants(variants: Raw) -> Iterator[str]:
    if variants:
        yield ""
        yield escape.terminal(f"Variants: {', '.join(variants)} (shown with --variant NAME)")


def _text_notes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield ""
        yield "Notes"
    yield from (escape.terminal(f"   - {note}") for note in notes)


# -- Markdown ------------------------------------------------------------------------------------------------------


def markdown_list(providers: Mapping[str, Raw]) -> str:
    """Write a Markdown table of all providers."""
    rows = [(escape.code(slug), *map(escape.markdown, rest)) for slug, *rest in _rows(providers)]
    return tables.markdown(_NAMES, rows, most=_MOST)


def markdown_section(section: Section, heading: str) -> str:
    """Write a section under its heading, with its warning before the tasks."""
    warning = f"> [!WARNING]\n> {escape.markdown(section.warning)}\n\n" if section.warning else ""
    return f"{heading} {escape.markdown(section.title)}\n\n{warning}{markdown_tasks(section.tasks)}"


def markdown_tasks(tasks: Sequence[Task]) -> str:
    """Write tasks as a list, with what there is to copy below each."""
    return "\n".join(line for task in tasks for line in _markdown_task(task))


def _markdown_task(task: Task) -> Iterator[str]:
    yield f"- {spans.markdown(task.spans)}"
    if block := spans.block(task):
        yield block


def prose(written: str) -> str:
    """Write a remark on one line; its own **labels** and `code` keep their style, all else is inert."""
    return spans.markdown(tuple(_spans(written)))


def _spans(written: str) -> Iterator[Span]:
    end = 0
    for found in _STYLED.finditer(written):
        yield Span(written[end : found.start()])
        bold, code = found.groups()
        yield Span(bold or code, "bold" if bold else "code")
        end = found.end()
    yield Span(written[end:])


# -- facts ---------------------------------------------------------------------------------------------------------


def facts(raw: Raw) -> list[tuple[str, str]]:
    """Give a file's facts by name, `not known` where it is silent; names and addresses only where it has them."""
    credential = raw.get("credential") or {}
    optional = (
        ("Also known as", ", ".join(raw.get("aliases") or ())),
        ("Console", raw.get("console")),
        ("Documentation", raw.get("docs")),
        ("Home page", raw.get("homepage")),
        ("Asks for", "; ".join(_params(raw))),
    )
    always = (
        ("Strategy", raw["strategy"]),
        ("Credential", credential.get("term") or credential.get("kind")),
        ("Parts", ", ".join(map(_part, credential.get("fields") or ()))),
        ("Role", raw.get("role")),
        ("Self-service", raw.get("self_service")),
        ("Works after", _delay(raw.get("activation_delay"))),
        ("Most keys", raw.get("max_keys")),
        ("Shown once", raw.get("reveal_once")),
        ("Expires", raw.get("expires")),
        ("Shows last use", raw.get("last_used")),
    )
    return [*((name, _spoken(value)) for name, value in always), *((name, value) for name, value in optional if value)]


def probe_confidence(raw: Raw) -> str | None:
    """Return the confidence of a provider's probe, or of the first variant that has one."""
    probes = [raw.get("probe"), *((variant or {}).get("probe") for variant in (raw.get("variants") or {}).values())]
    return next((probe["confidence"] for probe in probes if probe), None)


def _spoken(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or NOT_KNOWN)


def _delay(written: str | None) -> str | None:
    return counted(int(written[:-1]), _UNITS[written[-1]]) if written else None


def _part(given: str | Raw) -> str:
    if isinstance(given, str):
        return given
    return f"{given['name']} (not secret)" if given.get("secret") is False else str(given["name"])


def _params(raw: Raw) -> Iterator[str]:
    params = {**(raw.get("params") or {}), **((raw.get("probe") or {}).get("params") or {})}
    for name, param in params.items():
        described = param.get("describe")
        yield f"{name} ({described})" if described else name


def _rows(providers: Mapping[str, Raw]) -> list[tuple[str, ...]]:
    return [
        (
            slug,
            raw["name"],
            raw["strategy"],
            probe_confidence(raw) or "",
            (raw.get("credential") or {}).get("term") or "",
        )
        for slug, raw in sorted(providers.items())
    ]
