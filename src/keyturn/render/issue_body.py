"""The body of an issue: our block between two hidden lines, and people's text around it.

The block is written anew and keeps the ticks of tasks that are still there; nothing that stands around it is lost.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn import marker as hidden
from keyturn.actions import Content, Dashboard, Note, Overview
from keyturn.model import Status, Why
from keyturn.render import catalogue_view, dashboard_view, escape, incident_view
from keyturn.render.issue_view import page
from keyturn.render.templates import CATALOGUE, DASHBOARD, INCIDENT, ISSUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.actions import Remind, Subject, Text, Whole
    from keyturn.model import Marker
    from keyturn.render.issue_view import Links, Page
    from keyturn.render.templates import Templates

LONGEST = 60_000  # characters; GitHub refuses more than 65,536

_NOTE, _NOTE_END = "<!-- keyturn-note -->", "<!-- /keyturn-note -->"
_MOST_DETAILS = 20
_LONGEST_DETAIL = 300
_CUT = "\n\n… (the rest was cut: an issue holds no more)"
_BLOCK = "…"  # stands for a part whose length is not known yet

_MARKER = re.compile(r"<!-- keyturn \{.*\} -->\s*")
_HEADING = re.compile(r"#{1,6} +(.*)")
_TASK = re.compile(r"- \[([ xX])\] (.*)")
_LOGIN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")
_CONTINUED = re.compile(r"Continued in #[0-9]{1,9}\.")

_Tick = tuple[str, str, int]  # a task's heading, its text, and which of several that read the same


def body(text: Text, marker: Marker, previous: str, templates: Templates, links: Links) -> str:
    """Write an issue's body: its block anew or under a note, around it what people wrote in `previous`.

    At most LONGEST characters: hidden lines, summary and people's text come first, then as many tasks as fit.
    """
    found, line = _found(previous), hidden.line(marker)
    if isinstance(text, Note):
        return _noted(text, line, found)
    return _written(_Block(text, templates, links), line, found)


# -- what stands there already -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """The parts of a body; it is torn without both hidden lines in order, and nobody can tell whose line is whose."""

    before: str = ""
    block: str = ""
    after: str = ""
    torn: bool = False

    @property
    def ticks(self) -> frozenset[_Tick]:
        """Give what people ticked; in a torn body wherever it stands."""
        text = f"{self.before}\n{self.after}" if self.torn else self.block
        return frozenset(tick for tick, mark, _ in _tasks(text) if tick and mark != " ")


def _found(previous: str) -> _Found:
    lines = previous.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    begin = next((index for index, line in enumerate(lines) if _MARKER.fullmatch(line)), None)
    ends = (index for index, line in enumerate(lines) if line.rstrip() == hidden.END)
    end = next((index for index in ends if begin is not None and index > begin), None)
    if begin is None or end is None:
        return _Found(_visible(lines[: begin or 0]), "", _visible(lines[begin or 0 :]), torn=True)
    return _Found(_visible(lines[:begin]), _visible(lines[begin + 1 : end]), _visible(lines[end + 1 :]))


def _visible(lines: list[str]) -> str:
    """Join lines without hidden ones of ours, so that a second marker never confuses the next run."""
    kept = (line for line in lines if not _MARKER.fullmatch(line) and line.rstrip() != hidden.END)
    return "\n".join(kept).strip("\n")


def _untorn(found: _Found, block: str) -> _Found:
    return _Found(_without(found.before, block), "", _without(found.after, block))


def _without(text: str, block: str) -> str:
    """Take the lines of our block out of a torn body's text; a line without a word may be anyone's and stays."""
    ours = {_unticked(line) for line in block.split("\n") if any(map(str.isalnum, line))}
    return "\n".join(line for line in text.split("\n") if _unticked(line) not in ours).strip("\n")


# -- ticks ---------------------------------------------------------------------------------------------------------


def _tasks(text: str) -> Iterator[tuple[_Tick | None, str, str]]:
    """Yield every line: which task it is, if any, the mark in its box, and the line."""
    heading = ""
    seen: Counter[tuple[str, str]] = Counter()
    for line in text.split("\n"):
        if found := _HEADING.match(line):
            heading = found[1].strip()
        if (found := _TASK.match(line)) is None:
            yield None, "", line
            continue
        name = (heading, found[2].strip())
        seen[name] += 1
        yield (*name, seen[name]), found[1], line


def _ticked(block: str, ticks: frozenset[_Tick]) -> str:
    lines = (line.replace("- [ ]", "- [x]", 1) if tick in ticks else line for tick, _, line in _tasks(block))
    return "\n".join(lines)


def _unticked(line: str) -> str:
    return _TASK.sub(r"- [ ] \2", line).strip()


# -- the new body --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    """What stands between the hidden lines, whole or with as many of its parts as there is room for."""

    text: Whole
    templates: Templates
    links: Links

    @property
    def parts(self) -> int:
        """Give how many tasks, keys or entries of the catalogue there are."""
        if isinstance(self.text, Content):
            return sum(len(section.tasks) for section in self.text.sections)
        if isinstance(self.text, Dashboard):
            return sum(len(group.lines) for group in self.text.groups)
        return len(self.text.keys if isinstance(self.text, Overview) else self.text.entries)

    def written(self, most: int | None = None) -> str:
        """Write it with at most so many parts."""
        if isinstance(self.text, Content):
            return _block(page(self.text, self.links, most), self.templates)
        if isinstance(self.text, Overview):
            values = incident_view.values(self.text, self.links, most)
            return self.templates.render(INCIDENT, **values).strip("\n")
        if isinstance(self.text, Dashboard):
            return self.templates.render(DASHBOARD, **dashboard_view.values(self.text, most)).strip("\n")
        return self.templates.render(CATALOGUE, **catalogue_view.values(self.text, most)).strip("\n")

    def fitting(self, room: int) -> str:
        """Write it with as many parts as fit."""
        return self.written(bisect_right(range(1, self.parts + 1), room, key=lambda parts: len(self.written(parts))))


def _written(block: _Block, line: str, found: _Found) -> str:
    whole = block.written()
    around = _untorn(found, whole) if found.torn else found
    room = LONGEST - len(_joined(around.before, line, _BLOCK, hidden.END, around.after)) + len(_BLOCK)
    fitting = whole if len(whole) <= room else block.fitting(room)
    return _bounded(line, _ticked(fitting, found.ticks), around)


def _block(view: Page, templates: Templates) -> str:
    text = templates.render(
        ISSUE,
        id=view.id,
        description=view.description,
        callouts=view.callouts,
        rows=view.rows,
        downtime=view.downtime,
        sections=view.sections,
        cut=view.cut,
        record=view.record,
        closing=view.closing,
        links=view.links,
    )
    return text.strip("\n")


def _noted(note: Note, line: str, found: _Found) -> str:
    callout = _callout(note)
    room = LONGEST - len(_joined(found.before, line, callout, _BLOCK, hidden.END, found.after)) + len(_BLOCK)
    return _bounded(line, _joined(callout, _cut(_without_note(found.block), room)), found)


def _callout(note: Note) -> str:
    # The sentence is ours; the one reference that it may hold is meant to be followed.
    text = note.text if _CONTINUED.fullmatch(note.text) else _value(note.text)
    details = [f"> - {_value(detail)}" for detail in note.details[:_MOST_DETAILS]]
    return "\n".join((_NOTE, "> [!NOTE]", f"> {text}", *([">", *details] if details else []), "", _NOTE_END))


def _value(text: str) -> str:
    return escape.markdown(text if len(text) <= _LONGEST_DETAIL else f"{text[: _LONGEST_DETAIL - 1]}…")


def _without_note(block: str) -> str:
    if not block.startswith(_NOTE):
        return block
    return block.partition(_NOTE_END)[2].strip("\n")


def _bounded(line: str, block: str, around: _Found) -> str:
    """Put the parts together; where even the least is too much, the end of people's text goes, and that is said."""
    ours = _cut(block, LONGEST - len(_joined(line, _BLOCK, hidden.END)) + len(_BLOCK))
    people = len(around.before) + len(around.after)
    room = LONGEST - len(_joined(around.before, line, ours, hidden.END, around.after)) + people
    before = _cut(around.before, room)
    return _joined(before, line, ours, hidden.END, _cut(around.after, room - len(before)))


def _cut(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    return f"{text[: room - len(_CUT)]}{_CUT}" if room >= len(_CUT) else ""


def _joined(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


# -- the comment of a reminder -------------------------------------------------------------------------------------


def reminder(remind: Remind) -> str:
    """Write a reminder's comment, which mentions those who are to act."""
    subject = remind.subject
    people = " ".join(f"@{login}" for login in remind.mentions if _LOGIN.fullmatch(login))
    command = escape.code(f"keyturn record {subject.rotation}")
    return _joined(
        hidden.reminder_line(remind.name),
        f"{people} {_asked(subject)}".strip(),
        f"The checklist is in this issue. When it is done, record it with {command} in a pull request.",
    )


def _asked(subject: Subject) -> str:
    key = escape.code(subject.rotation)
    if subject.status is Status.UNVERIFIED:
        return f"{key}: what is recorded does not show the rotation yet that was due on {subject.due}."
    if subject.why.is_leak:
        return f"{key} leaked and had to be rotated by {subject.due}: contain first."
    if subject.why is Why.RETIRED:
        return f"{key} is given up since {subject.due}, but nothing shows yet that the key is dead."
    return f"{key} is due for rotation on {subject.due}, and this issue is still open."
