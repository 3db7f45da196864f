"""The plain lines that nearly every declared file consists of, read without a parser.

One statement on each line: `key: value`, `key:` with a block below it, `- value`, `- key: value`; scalars without
escapes, lists and mappings closed on their line, comments. Readers of YAML agree about these lines. Whatever else a
text holds, this says so, and the parser reads the text as a whole; the tests hold both against each other.

Lines recur from file to file (owners, tags, tiers), so what a line says is kept. What is kept is shared: data that come
from here must not be changed.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from keyturn import credentials
from keyturn.files import scalars

LARGEST: Final = 8192  # characters; no text of this length has more nodes than the loader allows
_DEEPEST = 10  # open blocks, and half as many brackets; the loader allows more
_LINES = 1024  # kept; a few hundred bytes each


class Other(Enum):
    """What is not read here."""

    OTHER = "other"


OTHER: Final = Other.OTHER

# Printable ASCII without the backslash, and the letters and signs of western Europe: nothing invisible, no line break.
_SIGN = r" -\[\]-~\u00a1-\u00ac\u00ae-\u024f"
_INK = _SIGN.removeprefix(" -").join(("!-", ""))  # the same without the space
_COMMENT = rf"#[{_SIGN}]*"
_BARE = rf"[A-Za-z0-9/_.(](?: ?(?:[{_INK}](?<![:#])|:(?=[!-~])))*"
_IN_FLOW = rf"[A-Za-z0-9/_.](?: ?(?:[{_INK}](?<![,\[\]{{}}#?:'\"])|:(?=[A-Za-z0-9/])))*"
_QUOTED = rf"\"[{_SIGN}]*?\"|'[{_SIGN}]*?'"
_KEY = r"[A-Za-z_][A-Za-z0-9_-]{0,63}"

_HEAD: Final = re.compile(rf"( *)(- )?(?:({_KEY}):(?= |\Z))? *")
_TAIL: Final = re.compile(rf" *(?: {_COMMENT})?")
_COMMENTED: Final = re.compile(_COMMENT)
_SCALAR: Final = re.compile(rf"({_BARE})|{_QUOTED}")

# The commonest lists and mappings have nothing but bare scalars in them; the tokens of others are compiled when met.
_FLAT: Final = re.compile(rf"(?:({_KEY}): )?({_IN_FLOW})(, |[\]}}])")
_TOKEN: Final = rf" *(?:([\[\]{{}},])|({_KEY}): +|({_IN_FLOW})|({_QUOTED}))"


class Line(NamedTuple):
    """What one line says; `indent` is -1 for a line without content."""

    indent: int
    is_item: bool
    key: str | None
    is_open: bool  # the value, if there is one, stands below
    value: Any


_NOTHING: Final = Line(-1, is_item=False, key=None, is_open=False, value=None)


def data(text: str) -> Any:
    """Return the mapping that a text holds, or OTHER."""
    if len(text) > LARGEST:
        return OTHER
    blocks = _Blocks()
    for source in text.split("\n"):
        line = _read(source)
        if line is OTHER:
            return OTHER
        if line.indent >= 0 and not blocks.take(line):
            return OTHER
    return blocks.root or OTHER


def is_empty(text: str) -> bool:
    """Tell whether a text surely holds nothing but comments, and those nothing that looks like a credential."""
    return len(text) <= LARGEST and all(_read(source) is _NOTHING for source in text.split("\n"))


class _Blocks:
    """The collections that are open, each with its column; `key` waits for what stands below it."""

    __slots__ = ("columns", "into", "key", "open", "root")

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self.into: Any = self.root
        self.open: list[Any] = [self.root]
        self.columns = [0]
        self.key: str | None = None

    def take(self, line: Line) -> bool:
        """Put a line where it belongs; False where it does not fit the lines before it."""
        column, is_item, key, is_open, value = line
        if self.key is not None:
            self.descend(column, is_item=is_item)
        if column != self.columns[-1] or is_item is not (type(self.into) is list):
            self.close(column, is_item=is_item)
            if column != self.columns[-1] or is_item is not (type(self.into) is list):
                return False
        if is_item:
            if key is None:
                self.into.append(value)
                return True
            child: dict[str, Any] = {}
            self.into.append(child)
            self.enter(child, column + 2)
        elif key in self.into:
            return False
        self.into[key] = value
        self.key = key if is_open else None
        return len(self.columns) <= _DEEPEST

    def descend(self, column: int, *, is_item: bool) -> None:
        """Open what stands below a key without a value; a list may begin in the column of its key."""
        own = self.columns[-1]
        if column > own or (is_item and column == own):
            child: Any = [] if is_item else {}
            self.into[self.key] = child
            self.enter(child, column)
        self.key = None

    def enter(self, child: Any, column: int) -> None:
        self.into = child
        self.open.append(child)
        self.columns.append(column)

    def close(self, column: int, *, is_item: bool) -> None:
        """Leave every block that this column ends; a list also ends where a key stands in its column."""
        while len(self.columns) > 1 and (
            self.columns[-1] > column or (self.columns[-1] == column and not is_item and type(self.into) is list)
        ):
            self.columns.pop()
            self.open.pop()
            self.into = self.open[-1]


@lru_cache(maxsize=_LINES)
def _read(source: str) -> Any:
    """Return what a line says, or OTHER; what looks like a credential is left to those that can say where it is."""
    line = _line(source)
    return OTHER if line is OTHER or credentials.is_suspect(source) else line


def _line(source: str) -> Any:
    head: Any = _HEAD.match(source)  # of spaces, a dash and a key, or of nothing: it always fits
    spaces, dash, key = head.groups()
    if key is dash:  # neither
        is_empty = _TAIL.fullmatch(source) or (source.startswith("#") and _COMMENTED.fullmatch(source))
        return _NOTHING if is_empty else OTHER
    value, end = _value(source, head.end())
    is_open = end == head.end()
    if is_open and key is not None:
        end = head.end(3) + 1  # a comment needs the space that stands after the colon
    if value is OTHER or (is_open and key is None) or not _TAIL.fullmatch(source, end):
        return OTHER
    if key is not None and not _is_key(key):
        return OTHER
    return Line(len(spaces), dash is not None, key, is_open, value)


def _value(source: str, start: int) -> tuple[Any, int]:
    """Return the value that stands at a place of a line, and where it ends: at once where there is none."""
    if source[start : start + 1] in {"[", "{"}:
        return _flow(source, start)
    found = _SCALAR.match(source, start)
    if found is None:
        return None, start
    bare = found[1]
    return (_text(found[0]) if bare is None else _scalar(bare)), found.end()


def _scalar(bare: str) -> Any:
    value = scalars.value(bare)
    return OTHER if type(value) is scalars.Unclear else value


def _text(quoted: str) -> Any:
    """Return what stands between quotes, unless there is a quote in it."""
    inner = quoted[1:-1]
    return OTHER if quoted[0] in inner else inner


# -- lists and mappings on one line --------------------------------------------------------------------------------


class _NotPlainError(Exception):
    """A bracket that is not closed on its line, or something in it that is not read here."""


def _flow(source: str, start: int) -> tuple[Any, int]:
    value, end = _pairs(source, start + 1) if source[start] == "{" else _items(source, start + 1)
    if value is not OTHER:
        return value, end
    tokens = _Tokens(source, start)
    try:
        return tokens.value(tokens.next(), 0), tokens.at
    except _NotPlainError:
        return OTHER, start


def _pairs(source: str, at: int) -> tuple[Any, int]:
    pairs: dict[str, Any] = {}
    while found := _FLAT.match(source, at):
        key, bare, sign = found.groups()
        value = _scalar(bare)
        if key is None or key in pairs or value is OTHER or not _is_key(key):
            break
        pairs[key], at = value, found.end()
        if sign != ", ":
            return (pairs, at) if sign == "}" else (OTHER, at)
    return OTHER, at


def _items(source: str, at: int) -> tuple[Any, int]:
    items: list[Any] = []
    while found := _FLAT.match(source, at):
        key, bare, sign = found.groups()
        value = _scalar(bare)
        if key is not None or value is OTHER:
            break
        items.append(value)
        at = found.end()
        if sign != ", ":
            return (items, at) if sign == "]" else (OTHER, at)
    return OTHER, at


def _is_key(text: str) -> bool:
    return scalars.value(text) == text


@cache
def _token() -> re.Pattern[str]:
    return re.compile(_TOKEN)


class _Tokens:
    """The tokens of a list or mapping, taken one after the other."""

    __slots__ = ("at", "source")

    def __init__(self, source: str, at: int) -> None:
        self.source = source
        self.at = at

    def next(self) -> re.Match[str]:
        found = _token().match(self.source, self.at)
        if found is None:
            raise _NotPlainError
        self.at = found.end()
        return found

    def value(self, token: re.Match[str], depth: int) -> Any:
        sign, _, bare, quoted = token.groups()
        if depth > _DEEPEST // 2:
            raise _NotPlainError
        if sign == "[":
            return self.items(depth)
        if sign == "{":
            return self.pairs(depth)
        value = OTHER if bare is quoted else _text(quoted) if bare is None else _scalar(bare)
        if value is OTHER:
            raise _NotPlainError
        return value

    def items(self, depth: int) -> list[Any]:
        found: list[Any] = []
        token = self.next()
        if token[1] == "]":
            return found
        while True:
            found.append(self.value(token, depth + 1))
            if self.ends("]"):
                return found
            token = self.next()

    def pairs(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        token = self.next()
        if token[1] == "}":
            return found
        while True:
            key = token[2]
            if key is None or key in found or not _is_key(key):
                raise _NotPlainError
            found[key] = self.value(self.next(), depth + 1)
            if self.ends("}"):
                return found
            token = self.next()

    def ends(self, bracket: str) -> bool:
        """Tell whether the collection ends here; else a comma must follow."""
        sign = self.next()[1]
        if sign not in {bracket, ","}:
            raise _NotPlainError
        return bool(sign == bracket)
