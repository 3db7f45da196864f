"""One loop over the parser's events: guards, resolution and construction together.

PyYAML's own composer and constructor recurse, resolve dates and let duplicate keys pass; its C parser alone decides
what is YAML. Columns count characters; a byte order mark must have been taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from yaml import events

from keyturn.files import scalars, syntax
from keyturn.model import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 20
MOST_NODES = 5000
MOST_PROBLEMS = 100  # of one file; nobody reads on, and each would be shown in every format
_SHORTEST_TO_SPLIT = 16  # characters; no shorter value is a credential broken over two lines

# The C parser where PyYAML was built with it; both read the same events.
PARSER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Disguised:
    """A scalar whose value may differ from what its lines show: escapes, or more than one line."""

    value: str
    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Composed:
    """What a text holds; the data mean nothing as soon as there is a problem."""

    data: object
    problems: tuple[Problem, ...]
    disguised: tuple[Disguised, ...]


def composed(text: str, shown: str, parser: Callable[[str], Any] = PARSER) -> Composed:
    """Read one YAML document of plain data from `text`."""
    composer = _Composer(shown, has_escapes="\\" in text)
    composer.run(parser(text))
    return Composed(composer.root, tuple(sorted(composer.problems)), tuple(composer.disguised))


class _StopError(Exception):
    """Reading on would be dangerous or senseless; the problem is already noted."""


class _NoKey:
    """Stands where a mapping waits for its next key."""


_NO_KEY = _NoKey()


class _Composer:
    """Builds plain data from events; `into` is the open collection and `key` the key that waits for its value."""

    __slots__ = (
        "disguised",
        "documents",
        "has_escapes",
        "into",
        "key",
        "marks",
        "nodes",
        "outer",
        "problems",
        "root",
        "shown",
    )

    def __init__(self, shown: str, *, has_escapes: bool) -> None:
        self.shown = shown
        self.has_escapes = has_escapes
        self.problems: list[Problem] = []
        self.disguised: list[Disguised] = []
        self.root: object = None
        self.into: Any = None
        self.key: object = _NO_KEY
        self.marks: dict[object, Any] = {}
        self.outer: list[tuple[Any, object, dict[object, Any]]] = []
        self.nodes = 0
        self.documents = 0

    def run(self, parser: Any) -> None:
        """Take every event of the parser until the end, or until it is better to stop."""
        acts = {
            events.ScalarEvent: self.scalar,
            events.MappingStartEvent: self.mapping,
            events.SequenceStartEvent: self.sequence,
            events.MappingEndEvent: self.close,
            events.SequenceEndEvent: self.close,
            events.AliasEvent: self.alias,
            events.DocumentStartEvent: self.document,
            events.DocumentEndEvent: _nothing,
            events.StreamStartEvent: _nothing,
            events.StreamEndEvent: self.end,
        }
        get = parser.get_event
        try:
            while (event := get()) is not None:
                acts[type(event)](event)
        except (yaml.YAMLError, ValueError, OverflowError) as error:  # the pure parser lets chr() overflow
            self.problems.append(syntax.problem(error, self.shown))
        except _StopError:
            pass
        finally:
            parser.dispose()

    # -- events

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop(event, "several-documents", "a file holds one document; move the second into a file of its own")

    def end(self, _event: Any) -> None:
        if self.root is None and not self.problems:
            problem = Problem(self.shown, 1, 1, "empty-file", "the file declares nothing; fill it or delete it")
            self.problems.append(problem)

    def scalar(self, event: Any) -> None:
        """Take the commonest event; what is said twice here and in `add` is what most files consist of."""
        self.nodes += 1
        if self.nodes > MOST_NODES or event.anchor is not None or event.tag is not None:
            self.guard(event)
        value = event.value
        style = event.style
        if style == '"' or len(value) >= _SHORTEST_TO_SPLIT:
            self.disguise(event)
        if not style and type(value := scalars.value(value)) is scalars.Unclear:
            self.unclear(event.value, value, event)
        elif type(self.into) is list:
            self.into.append(value)
        else:
            self.add(value, event)

    def unclear(self, text: str, why: scalars.Unclear, event: Any) -> None:
        if text == "<<" and type(self.into) is dict and self.key is _NO_KEY:
            self.note(event, "merge-key", "merge keys are not allowed; write the fields out")
        else:
            self.note(event, why.value, _UNCLEAR[why])
        self.place(text)

    def mapping(self, event: Any) -> None:
        self.open({}, event)

    def sequence(self, event: Any) -> None:
        self.open([], event)

    def alias(self, event: Any) -> None:
        self.note(event, "alias", "anchors and aliases are not allowed; write the value out")
        self.place(object())

    def close(self, _event: Any) -> None:
        self.into, self.key, self.marks = self.outer.pop()

    # -- building

    def open(self, collection: Any, event: Any) -> None:
        self.nodes += 1
        self.guard(event)
        if len(self.outer) == DEEPEST:
            self.stop(event, "too-deep", f"more than {DEEPEST} levels; flatten the data")
        self.add(collection, event)
        self.outer.append((self.into, self.key, self.marks))
        self.into, self.key, self.marks = collection, _NO_KEY, {}

    def add(self, value: object, event: Any) -> None:
        """Put a value where it belongs: it is a key, the value of a key, an item, or the root."""
        into = self.into
        if type(into) is dict:
            if self.key is _NO_KEY:
                self.name(value, event)
            else:
                into[self.key] = value
                self.key = _NO_KEY
        else:
            self.place(value)

    def name(self, key: object, event: Any) -> None:
        if type(key) is not str:
            self.note(event, "key-not-text", "a key must be plain text; quote it")
            self.key = object()
            return
        first = self.marks.setdefault(key, event)
        if first is not event:
            self.duplicate(first, event)
        self.key = key

    def place(self, value: object) -> None:
        """Put a value in its place without asking whether a key may look like this."""
        if type(self.into) is list:
            self.into.append(value)
        elif type(self.into) is not dict:
            self.root = value
        elif self.key is _NO_KEY:
            self.key = value
        else:
            self.into[self.key] = value
            self.key = _NO_KEY

    # -- guarding

    def guard(self, event: Any) -> None:
        if self.nodes > MOST_NODES:
            self.stop(event, "too-many-nodes", f"more than {MOST_NODES} values; split the file")
        if event.anchor is not None:
            self.note(event, "alias", "anchors and aliases are not allowed; write the value out")
        if event.tag is not None:
            self.note(event, "tag", "tags are not allowed; remove it, and quote the value if it must be text")

    def disguise(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        if start.line != end.line or (event.style == '"' and self.has_escapes):
            place = Disguised(event.value, start.line + 1, start.column + 1, start.index, end.index)
            self.disguised.append(place)

    def duplicate(self, first: Any, event: Any) -> None:
        lines = f"line {first.start_mark.line + 1} and line {event.start_mark.line + 1}"
        self.note(event, "duplicate-key", f"the same key stands on {lines}; keep one of them")

    def note(self, event: Any, code: str, message: str) -> None:
        if len(self.problems) == MOST_PROBLEMS:
            self.stop(event, "too-many-problems", f"more than {MOST_PROBLEMS} problems; correct those before it first")
        self.append(event, code, message)

    def append(self, event: Any, code: str, message: str) -> None:
        mark = event.start_mark
        self.problems.append(Problem(self.shown, mark.line + 1, mark.column + 1, code, message))

    def stop(self, event: Any, code: str, message: str) -> None:
        self.append(event, code, message)
        raise _StopError


_UNCLEAR = {
    scalars.Unclear.AMBIGUOUS: 'readers of YAML disagree about what this means; quote it ("...") to make it text, or '
    "write true, false or a decimal number",
    scalars.Unclear.NOT_FINITE: "this number is not finite; write a finite one, or quote it to make it text",
}


def _nothing(_event: Any) -> None:
    """Let an event pass that carries no data."""
