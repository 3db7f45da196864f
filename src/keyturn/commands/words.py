"""Words as the command line takes them: those that fit a pattern."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable


def fitting(pattern: re.Pattern[str], advice: str) -> Callable[[str], str]:
    """Return what an option is read with: the word itself, or an error that ends with the advice."""

    def read(word: str) -> str:
        if not pattern.fullmatch(word):
            message = f"{word!r} does not fit; {advice}"
            raise ArgumentTypeError(message)
        return word

    return read
