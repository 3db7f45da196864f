"""Days and moments as the command line takes them: in the forms that the files have, and in no other."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import date
from typing import TYPE_CHECKING

from keyturn.model.moments import written

if TYPE_CHECKING:
    from keyturn.model import Version

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DAY.pattern}([Tt][0-9:.]{{8,18}}([Zz]|[+-][0-9]{{2}}:[0-9]{{2}}))?")
NEVER = "never"


def day(text: str) -> date:
    """Read `YYYY-MM-DD`; Python itself knows more spellings, which the files do not have."""
    try:
        return date.fromisoformat(_fitting(text, _DAY))
    except ValueError:
        message = f"not a day: {text!r}; write YYYY-MM-DD"
        raise ArgumentTypeError(message) from None


def version(text: str) -> Version:
    """Read a day, or a date-time with offset, which is then written in UTC."""
    from keyturn.model import Version

    try:
        found = Version.read(_fitting(text, _MOMENT))
    except (ValueError, OverflowError):  # the offset may lead out of the calendar
        message = f"not a moment: {text!r}; write 2026-11-21 or 2026-11-21T15:00:00Z"
        raise ArgumentTypeError(message) from None
    return found if _DAY.fullmatch(text) else Version.read(written(found.at))


def expiry(text: str) -> Version | str:
    """Read a moment, or the word `never`."""
    return NEVER if text == NEVER else version(text)


def _fitting(text: str, pattern: re.Pattern[str]) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError
    return text
