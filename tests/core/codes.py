"""Which codes of problems a module can emit, read from its source."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

MAKERS = {"Finding", "Problem", "_Remark", "note", "stop"}
CODE = re.compile(r"[a-z]+[a-z0-9]*(-[a-z0-9]+)*")


def emitted(*modules: ModuleType) -> set[str]:
    """Return every code that stands where a problem is made."""
    return {code for module in modules for code in _codes(ast.parse(inspect.getsource(module)))}


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in MAKERS:
            yield from (word for argument in node.args[:5] for word in _words(argument))
        elif isinstance(node, ast.Call) and _name(node.func) == "_Bound":  # of a pause, whose code is made of its name
            yield from (f"{word}-too-long" for word in _words(node.args[0]))
        elif isinstance(node, ast.ClassDef) and "Enum" in {_name(each) for each in node.bases}:
            yield from (word for line in node.body if isinstance(line, ast.Assign) for word in _words(line.value))


def _name(node: ast.expr) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def _words(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
        yield node.value
