"""An issue as a Markdown file: front matter, the body, and the comments below it.

We write each front-matter value as JSON, which is YAML too. People edit the file as YAML, so plain and quoted scalars,
both styles of lists, comments and foreign line ends are understood.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "str | int | tuple[str, ...] | None"

_FENCE = "---"
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)[ \t]*:(?:[ \t]+(.*))?")
_ITEM = re.compile(r"[ \t]*-(?:[ \t]+(.*))?")
_SKIPPED = re.compile(r"[ \t]*(#.*)?")
_PLAIN_COMMENT = re.compile(r"(^|[ \t]+)#.*")
_LIST_PARTS = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,"'\[\]{}]+)\s*(,|$)""")
_COMMENT = re.compile(r"^<!-- keyturn:comment (\{.*\}) -->$", re.MULTILINE)
_NULLS = {"", "~", "null", "Null", "NULL"}


class FormError(ValueError):
    """A file is not an issue; says why."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment below an issue."""

    author: str
    at: str
    body: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a file says; fields that people have added are kept."""

    fields: dict[str, Value]
    body: str
    comments: tuple[Comment, ...] = field(default=())

    def text(self, name: str) -> str | None:
        """Return a field as text; None where it is absent or empty."""
        value = self.fields.get(name)
        return None if value is None or isinstance(value, tuple) else str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field as a list; a single value is a list of one."""
        value = self.fields.get(name)
        if isinstance(value, tuple):
            return value
        return () if value is None else (str(value),)


def written(page: Page) -> str:
    """Write a page as a file."""
    fields = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in page.fields.items())
    comments = (f"{_separator(comment)}\n\n{_inert(comment.body)}" for comment in page.comments)
    return "\n".join([_FENCE, *fields, _FENCE, "", _inert(page.body), *comments])


def read(text: str) -> Page:
    """Read a file as a page; FormError where it is none."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != _FENCE:
        raise FormError("line 1 is not `---`")
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == _FENCE), None)
    if end is None:
        raise FormError("the second line `---` is missing")
    body, *parts = _COMMENT.split("\n".join(lines[end + 1 :]))
    comments = tuple(_comment(head, content) for head, content in zip(parts[::2], parts[1::2], strict=True))
    return Page(_fields(lines[1:end]), _trimmed(body), comments)


def _separator(comment: Comment) -> str:
    head = json.dumps({"author": comment.author, "at": comment.at}, ensure_ascii=False)
    return f"<!-- keyturn:comment {head} -->"


def _inert(text: str) -> str:
    """End a text with one line end, and indent in it what would begin a comment."""
    return _COMMENT.sub(lambda found: f" {found[0]}", text.replace("\r\n", "\n").strip("\n")) + "\n"


def _trimmed(text: str) -> str:
    return text.strip("\n")


def _comment(head: str, body: str) -> Comment:
    try:
        fields = json.loads(head)
        return Comment(str(fields["author"]), str(fields["at"]), _trimmed(body))
    except (ValueError, KeyError, RecursionError):
        raise FormError("a line `<!-- keyturn:comment` has lost its author or its time") from None


def _fields(lines: list[str]) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    name = ""
    for number, line in enumerate(lines, start=2):
        if _SKIPPED.fullmatch(line):
            continue
        if found := _KEY.fullmatch(line):
            name = found[1]
            fields[name] = _value(found[2] or "", number)
        elif name and (item := _ITEM.fullmatch(line)):
            fields[name] = _extended(fields[name], _scalar(item[1] or "", number), number)
        else:
            raise FormError(f"line {number} is not `name: value`")
    return fields


def _extended(value: Value, item: str | int | None, number: int) -> tuple[str, ...]:
    if value is not None and not isinstance(value, tuple):
        raise FormError(f"line {number} is an item, but what it belongs to is no list")
    return (*(value or ()), *(() if item is None else (str(item),)))


def _value(text: str, number: int) -> Value:
    bare = _uncommented(text)
    if bare.startswith("["):
        return _listed(bare, number)
    return _scalar(text, number)


def _listed(text: str, number: int) -> tuple[str, ...]:
    if not text.endswith("]"):
        raise FormError(f"the list in line {number} has no `]`; write it on one line, or one item per line")
    rest, items = text[1:-1].strip(), list[str]()
    while rest:
        if (found := _LIST_PARTS.match(rest)) is None:
            raise FormError(f"the list in line {number} cannot be read; put its items in double quotes")
        items.append(str(_scalar(found[1], number)))
        rest = rest[found.end() :]
    return tuple(items)


def _scalar(text: str, number: int) -> str | int | None:
    """Read a scalar: quoted, a number, nothing, or plain text."""
    bare = _uncommented(text)
    if bare.startswith('"'):
        return _double_quoted(bare, number)
    if bare.startswith("'"):
        return _single_quoted(bare, number)
    if bare in _NULLS:
        return None
    return int(bare) if re.fullmatch(r"[0-9]{1,9}", bare) else bare


def _double_quoted(text: str, number: int) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        raise FormError(f'the text in line {number} does not end with `"`, or holds a stray `\\`') from None


def _single_quoted(text: str, number: int) -> str:
    if not re.fullmatch(r"'(?:[^']|'')*'", text):
        raise FormError(f"the text in line {number} does not end with `'`")
    return text[1:-1].replace("''", "'")


def _uncommented(text: str) -> str:
    """Cut a comment off; inside quotes and lists `#` may be meant."""
    stripped = text.strip()
    if stripped[:1] in {'"', "'", "["}:
        close = {"[": "]"}.get(stripped[0], stripped[0])
        end = stripped.rfind(close)
        tail = stripped[end + 1 :]
        return stripped[: end + 1] if _SKIPPED.fullmatch(tail) else stripped
    return _PLAIN_COMMENT.sub("", stripped)
