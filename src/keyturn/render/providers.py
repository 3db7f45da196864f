"""A provider, and the list of all, as text, JSON and Markdown; from its file and its composed sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keyturn.render import escape, spans, tables
from keyturn.render.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyturn.actions import Section, Task

_NAMES = ("Slug", "Name", "Strategy", "Credential")
_FACTS = (
    ("strategy", "Strategy"),
    ("console", "Console"),
    ("docs", "Documentation"),
    ("role", "Role"),
    ("activation_delay", "Works after"),
    ("max_keys", "Most keys"),
    ("reveal_once", "Shown once"),
    ("expires", "Expires"),
    ("last_used", "Shows last use"),
)


def document(slug: str, raw: Mapping[str, Any], sections: Sequence[Section]) -> dict[str, Any]:
    """Give a provider's file as JSON with its `slug` and `checklist`."""
    return {"slug": slug, **raw, "checklist": checklist(sections)}


def checklist(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Give composed sections as JSON: `[{title, warning, tasks: [{text, code, language}]}]`."""
    return [
        {"title": section.title, "warning": section.warning, "tasks": [_entry(task) for task in section.tasks]}
        for section in sections
    ]


def documents(providers: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the list of all providers as JSON."""
    return [{"slug": slug, **raw} for slug, raw in sorted(providers.items())]


def text(slug: str, raw: Mapping[str, Any], sections: Sequence[Section]) -> list[str]:
    """Write a provider's facts, checklist and notes as plain lines."""
    facts = tables.columns(_facts(raw))
    title = escape.terminal(f"{raw['name']} ({slug})")
    return [title, "", *facts, *_text_sections(sections), *_text_notes(raw.get("notes", ()))]


def text_list(providers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write one aligned line per provider under a heading."""
    rows = table(providers)
    return tables.columns([tuple(name.upper() for name in rows.names), *rows.rows])


def table(providers: Mapping[str, Mapping[str, Any]]) -> Table:
    """Give a row for every provider."""
    return Table(_NAMES, tuple(_rows(providers)))


def markdown(slug: str, raw: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """Write a provider's facts, checklist and notes as Markdown."""
    facts = [(name, _fact_markdown(value)) for name, value in _facts(raw)]
    parts = [f"## {escape.markdown(raw['name'])} ({escape.code(slug)})", tables.markdown(("Fact", "Value"), facts)]
    parts += [_markdown_section(section) for section in sections]
    notes = "\n".join(f"- {escape.markdown(note)}" for note in raw.get("notes", ()))
    return "\n\n".join([*parts, *([f"### Notes\n\n{notes}"] if notes else [])])


def markdown_list(providers: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a Markdown table of all providers."""
    rows = [(escape.code(slug), *map(escape.markdown, rest)) for slug, *rest in _rows(providers)]
    return tables.markdown(_NAMES, rows, most=1000)


def _entry(task: Task) -> dict[str, Any]:
    return {"text": _sentence(task), "code": task.code, "language": task.language}


def _sentence(task: Task) -> str:
    return "".join(span.text for span in task.spans)


def _facts(raw: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, _spoken(raw[field])) for field, name in _FACTS if raw.get(field) is not None]


def _spoken(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _fact_markdown(value: str) -> str:
    address = escape.url(value)
    return f"[{escape.code(value)}]({address})" if address else escape.markdown(value)


def _rows(providers: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [
        (slug, raw["name"], raw["strategy"], raw.get("credential", {}).get("term") or "")
        for slug, raw in sorted(providers.items())
    ]


def _text_sections(sections: Sequence[Section]) -> Iterator[str]:
    for number, section in enumerate(sections, start=1):
        yield ""
        yield escape.terminal(f"{number}. {section.title}")
        if section.warning:
            yield escape.terminal(f"   ! {section.warning}")
        for task in section.tasks:
            yield escape.terminal(f"   - {_sentence(task)}")
            yield from (escape.terminal(f"       {line}") for line in (task.code or "").splitlines())


def _text_notes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield ""
        yield "Notes"
    yield from (escape.terminal(f"   - {note}") for note in notes)


def _markdown_section(section: Section) -> str:
    warning = f"> [!WARNING]\n> {escape.markdown(section.warning)}\n\n" if section.warning else ""
    tasks = "\n".join(line for task in section.tasks for line in _markdown_task(task))
    return f"### {escape.markdown(section.title)}\n\n{warning}{tasks}"


def _markdown_task(task: Task) -> Iterator[str]:
    yield f"- {spans.markdown(task.spans)}"
    if block := spans.block(task):
        yield block
