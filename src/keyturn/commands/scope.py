"""Which files a validation speaks of, and what it found; apart from what reads them, which takes long to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyturn.files import tree
    from keyturn.model import Problem


class Found(NamedTuple):
    """What a run found in the files that it spoke of."""

    problems: list[Problem]
    files: int


class Scope(NamedTuple):
    """Which files a run speaks of, by their name below the root; all of them without `takes`."""

    takes: Callable[[str], bool] | None = None
    is_between: bool = True  # it also looks at what files claim of each other
    shared: Callable[[str], bool] | None = None  # of whom it then tells what they claim; of all without
    only: tree.Listing | None = None  # the rotations to look at; without, every one that there is
