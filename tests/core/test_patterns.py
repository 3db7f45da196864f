"""Every regular expression of the source and of the schemas: no part repeats what repeats itself.

A group that is repeated without bound, and whose body can be one repetition without bound and nothing else around it,
takes exponential time on a text that almost fits. This reads the parsed pattern; it measures no time. Polynomial cost
is held by what a pattern is given: files of at most 256 KiB, lines cut into pieces, and the bombs of
tests/shell/test_hostile_files.py.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from typing import TYPE_CHECKING, Any

import pytest

import keyturn
from keyturn.files import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.long

_PARSER: Any = importlib.import_module("re._parser")
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT"}
_MANY = 50  # more than that counts as without bound


def in_modules() -> Iterator[tuple[str, str, int]]:
    """Yield the compiled patterns that modules hold, on their own or in collections."""
    for found in pkgutil.walk_packages(keyturn.__path__, "keyturn."):
        if found.name != "keyturn.__main__":
            for name, value in vars(importlib.import_module(found.name)).items():
                for pattern in _within(value):
                    if isinstance(pattern.pattern, str):
                        yield f"{found.name}.{name}", pattern.pattern, pattern.flags
                    else:
                        yield f"{found.name}.{name}", pattern.pattern.decode("latin-1"), re.ASCII


def _within(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from (pattern for each in value.values() for pattern in _within(each))
    elif isinstance(value, tuple | list):
        yield from (pattern for each in value for pattern in _within(each))


def in_schemas(node: Any = None) -> Iterator[str]:
    node = schemas() if node is None else node
    if isinstance(node, dict):
        yield from ([node["pattern"]] if isinstance(node.get("pattern"), str) else [])
        yield from node.get("patternProperties", {})
        for each in node.values():
            yield from in_schemas(each)
    elif isinstance(node, list):
        for each in node:
            yield from in_schemas(each)


PATTERNS = {
    **{f"{place}: {pattern[:40]}": (pattern, flags) for place, pattern, flags in in_modules()},
    **{json.dumps(pattern): (pattern, 0) for pattern in in_schemas() if pattern},
}


def is_explosive(pattern: str, flags: int = 0) -> bool:
    """Tell whether something without bound repeats a body that is nothing but a repetition without bound."""
    keep = flags & (re.VERBOSE | re.IGNORECASE | re.DOTALL | re.MULTILINE | re.ASCII)
    return any(_repeats_itself(body) for body in _repeated(_PARSER.parse(pattern, keep)))


def _repeated(tree: Any) -> Iterator[Any]:
    """Yield the body of every repetition without bound."""
    for operator, argument in tree:
        if str(operator) in _REPEATS and argument[1] > _MANY:
            yield argument[2]
        for part in _parts(argument):
            yield from _repeated(part)


def _parts(argument: Any) -> Iterator[Any]:
    if isinstance(argument, _PARSER.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for each in argument:
            yield from _parts(each)


def _repeats_itself(body: Any) -> bool:
    """Tell whether a body can be read as one repetition, so that two readings of it give the same text."""
    items = [(str(operator), argument) for operator, argument in body]
    needed = [(operator, argument) for operator, argument in items if not _is_empty(operator, argument)]
    if len(needed) > 1:
        return False
    return any(_is_many(operator, argument) for operator, argument in (needed or items))


def _is_empty(operator: str, argument: Any) -> bool:
    return operator == "AT" or (operator in _REPEATS and argument[0] == 0)


def _is_many(operator: str, argument: Any) -> bool:
    if operator in _REPEATS:
        return bool(argument[1] > _MANY)
    if operator == "SUBPATTERN":
        return _repeats_itself(argument[3])
    return operator == "BRANCH" and any(_repeats_itself(each) for each in argument[1])


@pytest.mark.parametrize(("pattern", "flags"), PATTERNS.values(), ids=PATTERNS)
def test_no_pattern_repeats_what_repeats_itself(pattern: str, flags: int) -> None:
    assert not is_explosive(pattern, flags)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(?:a*)*b", "(?:(?:a|b+))+c", "(?:a?b*)+", "((a*))*"])
def test_the_check_knows_the_dangerous_ones(pattern: str) -> None:
    assert is_explosive(pattern)


@pytest.mark.parametrize("pattern", ["^[a-z]+(?:-[a-z]+)*$", "(?:ab+)+", "a+b+", "(?:a{1,3})+"])
def test_the_check_leaves_the_others_alone(pattern: str) -> None:
    assert not is_explosive(pattern)


def test_the_source_is_read() -> None:
    assert len(PATTERNS) > 80
