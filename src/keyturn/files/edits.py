"""Edits of a declared file by splicing: every byte that the edit does not concern stays.

Places come from the parser's nodes, new text is composed here, and the result is loaded again and compared with the
data that it must hold. Why no round-trip library: docs/decisions/0003-edits-by-splicing.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from keyturn.errors import RepositoryError
from keyturn.files import disk, places, scalars
from keyturn.files.text import BOM

if TYPE_CHECKING:
    from keyturn.files.places import Entry, Node

Plain: TypeAlias = "str | int | float | bool | Sequence[Plain] | Mapping[str, Plain] | None"


@dataclass(frozen=True, slots=True)
class Put:
    """Set a top-level key, or one inside a top-level block, to plain data.

    A value that is there already keeps its style. A new mapping becomes a block of its own, one line for each key,
    or a single line with `flow`.
    """

    keys: tuple[str, ...]
    value: Plain
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a key with its value; the comments around it stay, and nothing happens where it is missing."""

    keys: tuple[str, ...]


Change: TypeAlias = Put | Remove


def edited(text: str, changes: Sequence[Change]) -> str:
    """Return the text with the changes made, or raise `RepositoryError` where its layout does not allow them."""
    data = _data(text, "correct the file before it is changed")
    bom, bare = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    for change in changes:
        bare = _changed(bare, change)
        data = _expected(data, change)
    if json.dumps(_data(bare, _BY_HAND), sort_keys=True) != json.dumps(data, sort_keys=True):
        raise RepositoryError(_BY_HAND)
    return bom + bare


_BY_HAND = "the file is laid out in a way that cannot be changed here; make the change by hand"
_FLOW_ROOT = "the whole file is written as one `{...}`; write one `key: value` on each line, then try again"


def _data(text: str, advice: str) -> Any:
    document = disk.document(text, "it")
    if isinstance(document, tuple):
        first = document[0]
        message = f"{advice} (line {first.line}: {first.message})"
        raise RepositoryError(message)
    return document.data


def _expected(data: Any, change: Change) -> Any:
    """Return what the file must hold after the change."""
    data = deepcopy(data)
    inner = data
    for key in change.keys[:-1]:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if not isinstance(inner, dict):
        return data
    if isinstance(change, Put):
        inner[change.keys[-1]] = change.value
    else:
        inner.pop(change.keys[-1], None)
    return data


# -- one change ----------------------------------------------------------------------------------------------------


def _changed(text: str, change: Change) -> str:
    parent = _parent(text, change)
    if parent is None:
        return text
    entry = next((entry for entry in places.entries(parent) if entry[0].value == change.keys[-1]), None)
    if isinstance(change, Remove):
        return _removed(text, parent, entry) if entry else text
    return _replaced(text, parent, entry, change) if entry else _added(text, parent, change)


def _parent(text: str, change: Change) -> yaml.MappingNode | None:
    """Return the mapping that the change is made in; None where there is nothing to remove from."""
    node = places.root(text)
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise RepositoryError(_FLOW_ROOT)
    for key in change.keys[:-1]:
        found = next((value for name, value in places.entries(node) if name.value == key), None)
        if not isinstance(found, yaml.MappingNode):
            if isinstance(change, Remove):
                return None
            message = f"there is no block `{key}` to write into; add it first"
            raise RepositoryError(message)
        node = found
    return node


def _removed(text: str, parent: yaml.MappingNode, entry: Entry) -> str:
    if parent.flow_style:
        start, end = _flow_extent(places.entries(parent), entry)
        return text[:start] + text[end:]
    start = _line_start(text, entry[0].start_mark.index)
    end = _line_end(text, _last(text, entry))
    before, after = text[:start], text[end:]
    ends_bare = not after and not text.endswith("\n")
    return _without_last_break(before) if ends_bare else before + after


def _flow_extent(entries: list[Entry], entry: Entry) -> tuple[int, int]:
    """Return what goes with an entry of `{...}`: the comma before it, else the one after it."""
    key, value = entry
    position = entries.index(entry)
    if position:
        return entries[position - 1][1].end_mark.index, value.end_mark.index
    if len(entries) > 1:
        return key.start_mark.index, entries[1][0].start_mark.index
    return key.start_mark.index, value.end_mark.index


def _replaced(text: str, parent: yaml.MappingNode, entry: Entry, change: Put) -> str:
    """Put a new value in the place of the old one, with what stands behind it on its line."""
    place = _value_place(text, entry)
    indent = " " * entry[0].start_mark.column
    if not parent.flow_style and _becomes_block(entry[1], change):
        return _spliced(text, place, "", place.colon, _block_lines(change.value, indent + "  "))
    gap = "" if place.start > place.colon else " "
    return _spliced(text, place, gap + flow(change.value), place.start, [])


def _becomes_block(old: Node, change: Put) -> bool:
    is_flow = isinstance(old, yaml.CollectionNode) and old.flow_style
    return isinstance(change.value, Mapping) and bool(change.value) and not change.flow and not is_flow


@dataclass(frozen=True, slots=True)
class _Place:
    """The old value: what stands on the line of its key, and the lines below that belong to it (`body` to `end`)."""

    colon: int  # just behind it
    start: int
    stop: int
    body: int
    end: int


def _value_place(text: str, entry: Entry) -> _Place:
    key, value = entry
    colon = re.compile(r"[ \t]*:").match(text, key.end_mark.index)
    if colon is None:
        raise RepositoryError(_BY_HAND)
    start, stop = _inline(text, value, colon.end())
    body = _line_end(text, stop)
    return _Place(colon.end(), start, stop, body, max(body, _line_end(text, _last(text, entry))))


def _inline(text: str, value: Node, colon: int) -> tuple[int, int]:
    """Return the extent of what a value writes behind its key, its own lines below left out."""
    if isinstance(value, yaml.CollectionNode) and not value.flow_style:
        return colon, colon
    if isinstance(value, yaml.ScalarNode) and value.style in {"|", ">"}:
        start: int = value.start_mark.index
        return start, start + 1 + len(text[start + 1 :]) - len(text[start + 1 :].lstrip("-+0123456789"))
    if value.start_mark.index == value.end_mark.index:
        return colon, colon
    return value.start_mark.index, value.end_mark.index


def _spliced(text: str, place: _Place, inline: str, start: int, lines: list[str]) -> str:
    head = text[:start] + inline + text[place.stop : place.body]
    return _joined(head, lines, text[place.end :], text)


def _added(text: str, parent: yaml.MappingNode, change: Put) -> str:
    key, value = _string(change.keys[-1]), change.value
    if parent.flow_style:
        return _added_in_flow(text, parent, f"{key}: {flow(value)}")
    entries = places.entries(parent)
    indent = " " * entries[0][0].start_mark.column
    is_block = isinstance(value, Mapping) and value and not change.flow
    lines = [f"{indent}{key}:", *_block_lines(value, indent + "  ")] if is_block else [f"{indent}{key}: {flow(value)}"]
    position = _document_end(text, parent) if len(change.keys) == 1 else _line_end(text, _last(text, entries[-1]))
    return _joined(text[:position], lines, text[position:], text)


def _added_in_flow(text: str, parent: yaml.MappingNode, pair: str) -> str:
    entries = places.entries(parent)
    if entries:
        position = entries[-1][1].end_mark.index
        return f"{text[:position]}, {pair}{text[position:]}"
    position = parent.start_mark.index + 1
    return text[:position] + pair + text[position:]


# -- lines ---------------------------------------------------------------------------------------------------------


def _joined(head: str, lines: list[str], tail: str, text: str) -> str:
    """Put whole lines between two parts of the text, with its line ends, and no final one where it had none."""
    if not lines:
        return head + tail if tail or text.endswith("\n") else _without_last_break(head)
    ending = "\r\n" if "\r\n" in text else "\n"
    joint = "" if head.endswith("\n") else ending
    last = ending if tail or text.endswith("\n") else ""
    return head + joint + ending.join(lines) + last + tail


def _without_last_break(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    """Return where the line after the one of `index` begins, or the end of the text."""
    return text.find("\n", index) + 1 or len(text)


def _last(text: str, entry: Entry) -> int:
    """Return the place of an entry's last character; blank lines and comments behind it belong to what follows."""
    key, value = entry
    if isinstance(value, yaml.CollectionNode) and not value.flow_style:
        inner = value.value[-1]
        return _last(text, inner if isinstance(inner, tuple) else (inner, inner))
    start, end = value.start_mark.index, value.end_mark.index
    return max(key.start_mark.index, start + len(text[start:end].rstrip()) - 1)


def _document_end(text: str, root: Node) -> int:
    """Return where a new top-level key goes: behind everything, but before an end marker."""
    marker = re.compile(r"^\.\.\.(?=\s|\Z)", re.MULTILINE).search(text, root.end_mark.index)
    return marker.start() if marker else len(text)


# -- new text ------------------------------------------------------------------------------------------------------

# Text that means itself without quotes in every position; everything else is quoted.
_BARE = re.compile(r"[\w/](?:[\w ./@+()=;!'-]|:(?=[\w/]))*(?<![ ])", re.ASCII)


def _block_lines(value: Plain, indent: str) -> list[str]:
    mapping = value if isinstance(value, Mapping) else {}
    return [f"{indent}{_string(key)}: {flow(inner)}" for key, inner in mapping.items()]


def flow(value: Plain) -> str:
    """Write plain data on one line, quoted where YAML would read something else."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_string(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return json.dumps(value)


def _string(text: str) -> str:
    is_bare = _BARE.fullmatch(text) is not None and scalars.value(text) == text
    return text if is_bare else json.dumps(text, ensure_ascii=False)
