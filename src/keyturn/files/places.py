"""Where the parts of an accepted text stand; composed again only when somebody asks.

Only texts that the loader accepted come here: its guards make the recursive composer safe.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import yaml

from keyturn.files.loader import PARSER
from keyturn.files.text import BOM
from keyturn.model import Finding, Problem

if TYPE_CHECKING:
    from keyturn.model import Pointer

Node: TypeAlias = yaml.Node
Entry: TypeAlias = tuple[Node, Node]  # key and value


def root(text: str) -> Node:
    """Return the tree of nodes of an accepted text without byte order mark."""
    node = yaml.compose(text, PARSER)
    if node is None:
        message = "a text that holds nothing has no places"
        raise ValueError(message)
    return node


def locate(finding: Finding, source: str) -> Problem:
    """Place a finding in the text that `read` accepted; a pointer that is not there gives its nearest parent."""
    node = _pointed(_last_root(source.removeprefix(BOM)), finding.pointer, on_key=finding.on_key)
    mark = node.start_mark
    return Problem(finding.path, mark.line + 1, mark.column + 1, finding.code, finding.message, finding.severity)


@lru_cache(maxsize=1)
def _last_root(text: str) -> Node:
    # A file with thousands of findings would otherwise be parsed for each of them.
    return root(text)


def entries(node: Node) -> list[Entry]:
    """Return the pairs of a mapping; none of anything else."""
    return node.value if isinstance(node, yaml.MappingNode) else []


def _pointed(node: Node, pointer: Pointer, *, on_key: bool) -> Node:
    key = node
    for step in pointer:
        below = _below(node, step)
        if below is None:
            return node
        key, node = below
    return key if on_key or not _has_extent(node) else node


def _below(node: Node, step: str | int) -> Entry | None:
    if isinstance(step, str):
        return next((entry for entry in entries(node) if entry[0].value == step), None)
    if isinstance(node, yaml.SequenceNode) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _has_extent(node: Node) -> bool:
    # An empty value stands nowhere that an editor could show; its key does.
    return bool(node.start_mark.index != node.end_mark.index)
