"""Names of secrets that a work tree mentions: in workflows and in `.env` files and their templates.

Names alone leave this module: what stands behind a `=` is passed over, also where it goes on over several lines.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from keyturn.files import disk
from keyturn.files.text import BOM
from keyturn.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WORKFLOWS = ".github/workflows/"
_SECRET = re.compile(r"\bsecrets(?:\.|\[\s*['\"])([A-Za-z_][A-Za-z0-9_]{0,99})\b")
_ENVIRONMENT = re.compile(
    r"(?:env\.(?:example|sample|template|dist)|\.env(?:\..+)?|.+\.env(?:\.(?:example|sample|template|dist))?)"
)
_SETTING = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,99})\s*=\s*(.*)", re.DOTALL)
_CREDENTIAL = re.compile(
    r"(?:^|_)(?:API|APP|ACCESS|AUTH|CLIENT)?_?(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PAT|CREDENTIALS?)(?:_|$)"
)
_PASSED_OVER = frozenset({".git", ".keyturn", ".venv", "node_modules", "vendor"})
_MOST_FILES = 10_000  # of a work tree that are looked at


class Mention(NamedTuple):
    """A name of a secret, and where it stands: the path of a file from the top."""

    name: str
    path: str


def mentions(top: Path) -> Iterator[Mention]:
    """Give every name once for each file that has it, in order."""
    for path in _paths(top):
        shown = disk.shown(path, top)
        source = disk.source(path, shown)
        if not isinstance(source, Problem):
            names = _SECRET.findall(source) if shown.startswith(_WORKFLOWS) else _settings(source.removeprefix(BOM))
            yield from (Mention(name.upper(), shown) for name in dict.fromkeys(names))


def is_credential(name: str) -> bool:
    """Tell whether a variable of this name is meant to hold something secret."""
    return _CREDENTIAL.search(name.upper()) is not None


def _paths(top: Path) -> list[Path]:
    found: list[Path] = sorted((top / _WORKFLOWS).glob("*.y*ml"))
    for folder, below, names in os.walk(top):
        below[:] = sorted(set(below) - _PASSED_OVER)
        found += [top / folder / name for name in sorted(names) if _ENVIRONMENT.fullmatch(name)]
    return found[:_MOST_FILES]


def _settings(source: str) -> Iterator[str]:
    """Give the names that are set, and pass over values that are quoted over several lines."""
    closing = ""
    for line in source.splitlines():
        if closing:
            closing = "" if closing in line else closing
        elif found := _SETTING.fullmatch(line):
            yield found[1]
            closing = _left_open(found[2])


def _left_open(value: str) -> str:
    """Return the quote that a value begins with and does not end on its line."""
    quote = value[:1]
    return quote if quote in {'"', "'", "`"} and quote not in value[1:] else ""
