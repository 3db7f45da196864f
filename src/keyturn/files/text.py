"""From bytes to text: one encoding, a size cap, and nothing that a reviewer cannot see."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from keyturn.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 256 * 1024  # bytes
BOM = "\ufeff"

_MOST_LINES = 20  # of hidden characters reported for one file

# Everything that is invisible, moves the text around it, or breaks a line for some readers only (UAX 9, UTR 36);
# a carriage return counts unless a line feed follows it.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]|\r(?!\n)"
)
_NAMES = {"\x00": "NUL", "\r": "a carriage return without a line feed"}


def decoded(content: bytes, shown: str) -> str | Problem:
    """Return the text of a file, with its byte order mark and line ends as they are, or what is wrong with it."""
    if len(content) > LARGEST:
        return Problem(shown, 1, 1, "too-large", f"the file is larger than {LARGEST // 1024} KiB; split it")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").removeprefix(BOM)
        message = "this byte is not UTF-8; save the file as UTF-8"
        return Problem(shown, *place(before, len(before)), "not-utf8", message)


def place(text: str, index: int) -> tuple[int, int]:
    """Return line and column, both from 1, of the character at `index`."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def hidden(text: str, shown: str) -> tuple[Problem, ...]:
    """Report the first hidden character of each line, of scalars and comments alike."""
    if text.isascii() and text.replace("\r\n", "").replace("\n", "").replace("\t", "").isprintable():
        return ()  # says the same as the pattern, ten times faster
    return tuple(islice(_first_of_each_line(text, shown), _MOST_LINES))


def _first_of_each_line(text: str, shown: str) -> Iterator[Problem]:
    last = 0
    for found in _HIDDEN.finditer(text):
        line, column = place(text, found.start())
        if line != last:
            last = line
            yield _problem(shown, line, column, found[0])


def hidden_in_scalar(value: str, shown: str, line: int, column: int) -> Iterator[Problem]:
    """Report the first hidden character that an escape sequence brings into the scalar at this place."""
    if found := _HIDDEN.search(value):
        yield _problem(shown, line, column, found[0])


def _problem(shown: str, line: int, column: int, character: str) -> Problem:
    name = _NAMES.get(character, f"the character U+{ord(character):04X}")
    message = f"{name} cannot be seen in a review; remove it"
    return Problem(shown, line, column, "control-character", message)
