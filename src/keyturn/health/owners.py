"""Who owns a path, as GitHub reads CODEOWNERS: the last pattern that fits wins, and one without owners takes away.

Rules: GitHub's documentation, "About code owners".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # the first that exists counts
_OWNER = re.compile(r"@[A-Za-z0-9_-]+(?:/[A-Za-z0-9._-]+)?|[^@\s]+@[^@\s]+")
_UNKNOWN = re.compile(r"[\[\]!\\]")  # what GitHub does not understand in a pattern
_ANY = "**"


@dataclass(frozen=True, slots=True)
class Rule:
    """A line: what it fits, and who owns that."""

    parts: tuple[str, ...]
    is_folder: bool  # only what lies below fits
    owners: tuple[str, ...]


def rules(text: str) -> tuple[Rule, ...]:
    """Read every line that GitHub reads; it skips a line that it does not understand."""
    return tuple(rule for line in text.splitlines() for rule in _rule(line))


def owners_of(path: str, known: Sequence[Rule]) -> tuple[str, ...]:
    """Return who owns a path from the top of the repository; nobody where no line fits."""
    parts = tuple(path.split("/"))
    return next((rule.owners for rule in reversed(known) if _fits(rule, parts)), ())


def _rule(line: str) -> Iterator[Rule]:
    words = line.partition("#")[0].split()
    if not words or _UNKNOWN.search(words[0]) or not all(_OWNER.fullmatch(word) for word in words[1:]):
        return
    pattern = words[0]
    bare = [part for part in pattern.split("/") if part]
    if bare:
        parts = bare if "/" in pattern.rstrip("/") else [_ANY, *bare]
        yield Rule(_shortened(parts), pattern.endswith("/"), tuple(words[1:]))


def _shortened(parts: Sequence[str]) -> tuple[str, ...]:
    """Leave one of several `**` in a row, which mean the same and would take long to match."""
    return tuple(part for part, before in zip(parts, ["", *parts], strict=False) if part != _ANY or before != _ANY)


def _fits(rule: Rule, path: tuple[str, ...]) -> bool:
    """Tell whether a rule fits a file: itself, or a folder above it."""
    whole = range(1, len(path)) if rule.is_folder else range(1, len(path) + 1)
    if _is_shallow(rule):
        whole = range(len(path), len(path) + 1)
    return any(_is_match(rule.parts, path[:length]) for length in whole)


def _is_shallow(rule: Rule) -> bool:
    """Tell whether a rule ends in a lone `*` below a folder, which fits files directly there and nothing deeper."""
    return not rule.is_folder and rule.parts[-1] == "*" and rule.parts[:-1] != (_ANY,)


def _is_match(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == _ANY:
        return any(_is_match(pattern[1:], path[skipped:]) for skipped in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _is_match(pattern[1:], path[1:])
