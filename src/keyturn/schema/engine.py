"""How jsonschema-rs is loaded without what it needs at its start and never again.

It has `email.utils` read the day on which it was built, and that brings sockets, addresses and random numbers along: a
tenth of what it takes to check one file.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_READER = "email.utils"


class _Reader(ModuleType):
    """What stands in for the reader of days; the day stays text."""

    parsedate_to_datetime = str

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - anything that a module has
        """Stand back where a version of the library asks for more."""
        sys.modules.pop(_READER, None)
        return getattr(import_module(_READER), name)


@contextmanager
def lightly() -> Iterator[None]:
    """Let jsonschema-rs be imported here; whoever needs `email.utils` afterwards finds the real one."""
    reader = _Reader(_READER)
    sys.modules.setdefault(_READER, reader)
    try:
        yield
    finally:
        if sys.modules.get(_READER) is reader:
            del sys.modules[_READER]
