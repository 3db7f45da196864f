"""Spans on the calendar and the versions that a moment names."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from keyturn.model.moments import moment

_DURATION = re.compile(r"([0-9]{1,4})([dwmy])")
_NOMINAL_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class Duration:
    """A span on the calendar: days, weeks, calendar months or years."""

    count: int
    unit: str

    @classmethod
    def read(cls, text: str) -> Duration:
        """Read `90d`, `2w`, `3m` or `1y`; the schema has already refused everything else."""
        if (found := _DURATION.fullmatch(text)) is None:
            message = f"not a duration: {text}"
            raise ValueError(message)
        return cls(int(found[1]), found[2])

    def after(self, day: date) -> date:
        """Return the day this long after `day`; a month without that day gives its last one."""
        return self._moved(day, 1)

    def before(self, day: date) -> date:
        """Return the day this long before `day`."""
        return self._moved(day, -1)

    @property
    def nominal_days(self) -> int:
        """Give a length to compare by, with a month as 30 days and a year as 365."""
        return self.count * _NOMINAL_DAYS[self.unit]

    def _moved(self, day: date, sign: int) -> date:
        if self.unit in "dw":
            return _clamped(day, sign * self.nominal_days)
        return _months_later(day, sign * self.count * (12 if self.unit == "y" else 1))

    def __str__(self) -> str:
        """Give the text that `read` understands."""
        return f"{self.count}{self.unit}"


def _clamped(day: date, days: int) -> date:
    # A date is total here: ends of the calendar stand for "never" instead of raising.
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def _months_later(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    if not date.min.year * 12 <= index < (date.max.year + 1) * 12:
        return date.max if months > 0 else date.min
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


_UNKNOWN_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One value of a key, named by when it was issued; `unknown` comes before all others.

    Two spellings of one moment (`2026-08-24` and `2026-08-24T00:00:00Z`) are the same version.
    """

    at: datetime
    text: str = field(compare=False)

    @classmethod
    def read(cls, text: str) -> Version:
        """Read a date (its first moment in UTC), a date-time with offset, or `unknown`."""
        return cls(_UNKNOWN_MOMENT if text == "unknown" else moment(text), text)

    @property
    def is_unknown(self) -> bool:
        """Tell whether nobody knows when this version was issued."""
        return self.at == _UNKNOWN_MOMENT

    @property
    def day(self) -> date:
        """Give the UTC day on which this version was issued."""
        return self.at.date()

    def __str__(self) -> str:
        """Give the version as its file writes it."""
        return self.text


UNKNOWN = Version(_UNKNOWN_MOMENT, "unknown")
