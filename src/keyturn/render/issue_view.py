"""What an issue's template sees: a content's values as inert text, and none longer than an issue can bear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn.model import Status, Why
from keyturn.render import escape, spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from keyturn.actions import Content, Section, Task

_LONGEST = 300  # characters of one value
_LONGEST_PROSE = 1500
_MOST_VALUES = 20  # of one list

REASONS = {
    Why.LEAKED: "leaked: strangers may know this key",
    Why.INCIDENT: "incident: something that this key touches leaked",
    Why.OFFBOARDING: "offboarding: somebody who knew this key has left",
    Why.PROVIDER_BREACH: "provider breach: the provider reports one",
    Why.POLICY: "policy: a rule asks for it",
    Why.OTHER: "requested",
    Why.EXPIRES: "expires: the provider ends this key soon",
    Why.DUE: "due: the key reaches the age that its policy allows",
    Why.RETIRED: "retired: the key is given up",
    Why.CATALOGUE: "catalogue: entries are to be checked again",
    Why.DASHBOARD: "dashboard: an overview of all keys",
}


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that a key's issue points to."""

    file: str | None = None


@dataclass(frozen=True, slots=True)
class Callout:
    """A remark that stands out: NOTE, TIP, IMPORTANT, WARNING or CAUTION."""

    kind: str
    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the summary."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TaskText:
    """A task's line, and the fenced block under it, indented."""

    text: str
    code: str | None


@dataclass(frozen=True, slots=True)
class SectionText:
    """A heading with what stands under it."""

    title: str
    warning: str | None
    tasks: tuple[TaskText, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that `issue.md.jinja` shows; every text is inert Markdown on one line, apart from code blocks."""

    id: str
    description: str
    callouts: tuple[Callout, ...]
    rows: tuple[Row, ...]
    downtime: str | None
    sections: tuple[SectionText, ...]
    cut: str | None
    record: str
    closing: str
    links: tuple[str, ...]


def page(content: Content, links: Links, most_tasks: int | None = None) -> Page:
    """Prepare a content for its template, with at most so many tasks."""
    kept = content.sections if most_tasks is None else tuple(_first(content.sections, most_tasks))
    return Page(
        id=_code(content.id),
        description=_prose(content.description),
        callouts=tuple(_callouts(content)),
        rows=tuple(row for row in _rows(content) if row.value),
        downtime=_downtime(content.downtime, kept),
        sections=tuple(_section(section) for section in kept),
        cut=None if kept == content.sections else _cut(content),
        record=_code(f"keyturn record {content.id}"),
        closing=_closing(content),
        links=tuple(_links(content, links)),
    )


# -- callouts and summary ------------------------------------------------------------------------------------------


def _callouts(content: Content) -> Iterator[Callout]:
    if content.why.is_leak:
        yield Callout("CAUTION", _leak(content))
    if content.reopened:
        yield Callout(
            "WARNING", "This issue was closed before the rotation was shown to be complete. " + _way_out(content)
        )
    if content.missing:
        reasons = tuple(escape.markdown(_short(each)) for each in content.missing[:_MOST_VALUES])
        yield Callout("WARNING", f"What is recorded in {_code(content.path)} does not close this issue yet:", reasons)
    if content.held_until and not content.why.is_leak:
        yield Callout("NOTE", f"On hold until {content.held_until}: no reminders before that day.")
    if content.note:
        yield Callout("NOTE", f"Note of the request: {_prose(content.note)}")


def _leak(content: Content) -> str:
    first = "This key leaked: contain first. The checklist ends the key before it restores what used it."
    return f"{first} Incident: {_prose(content.incident)}" if content.incident else first


def _rows(content: Content) -> Iterator[Row]:
    yield Row("Owners", _codes(content.owners))
    yield Row("Team", _code(content.team))
    yield Row("Tier", content.tier.value)
    yield Row("Created", _code(content.created))
    yield Row("Due", content.due.isoformat())
    yield Row("Deadline", content.deadline.isoformat() if content.deadline else "")
    yield Row("Reason", REASONS[content.why])
    yield Row("Provider", escape.markdown(_short(content.provider)))
    yield Row("Strategy", escape.markdown(_short(content.strategy)))
    yield Row("Environment", _code(content.environment))
    yield Row("Tags", _codes(content.tags))


# -- sections ------------------------------------------------------------------------------------------------------


def _first(sections: Sequence[Section], most_tasks: int) -> Iterator[Section]:
    room = most_tasks
    for section in sections:
        if room <= 0:
            return
        yield replace(section, tasks=section.tasks[:room])
        room -= len(section.tasks)


def _downtime(warning: str | None, sections: Sequence[Section]) -> str | None:
    is_said = warning in {section.warning for section in sections}
    return None if is_said else _prose(warning) or None


def _section(section: Section) -> SectionText:
    return SectionText(
        title=escape.markdown(section.title),
        warning=escape.markdown(section.warning) if section.warning else None,
        tasks=tuple(_task(task) for task in section.tasks),
    )


def _task(task: Task) -> TaskText:
    return TaskText(spans.markdown(task.spans), spans.block(task))


def _cut(content: Content) -> str:
    command = _code(f"keyturn providers {content.id.partition('/')[0]}")
    return f"The rest of the checklist does not fit here: see {_code(content.path)} and what {command} shows."


# -- how it ends ---------------------------------------------------------------------------------------------------


def _closing(content: Content) -> str:
    by_hand = "Closing it by hand ends nothing: it is opened again."
    return f"{_way_out(content)} {by_hand}"


def _way_out(content: Content) -> str:
    if content.why is Why.RETIRED:
        shown = "the old key is rejected"
    else:
        shown = "the new key is accepted, the old one is rejected and every consumer is switched"
    complete = "completes the evidence" if content.status is Status.UNVERIFIED else "records the evidence"
    return f"It closes by itself when a merged pull request {complete} in {_code(content.path)}: {shown}."


def _links(content: Content, links: Links) -> Iterator[str]:
    named = (
        ("Console", content.console),
        ("Documentation", content.docs),
        ("File of this key", links.file),
    )
    yield from (escape.link(label, _short(target)) for label, target in named if target)
    if not links.file:
        yield f"File of this key: {_code(content.path)}"


# -- values --------------------------------------------------------------------------------------------------------


def _short(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _prose(text: str | None) -> str:
    return escape.markdown(_short(text, _LONGEST_PROSE)) if text else ""


def _code(text: str | None) -> str:
    return escape.code(_short(text)) if text else ""


def _codes(texts: Sequence[str]) -> str:
    return ", ".join(filter(None, map(_code, texts[:_MOST_VALUES])))
