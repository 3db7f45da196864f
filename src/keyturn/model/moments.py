"""How a date or a date-time is read and written; apart from the values, so that one text costs no more than that."""

from __future__ import annotations

from datetime import UTC, date, datetime


def moment(text: str) -> datetime:
    """Read a date or an RFC 3339 date-time as an aware moment in UTC.

    Raises ValueError where it is neither or has no offset, OverflowError where its offset leads out of the calendar.
    """
    if len(text) == len("2026-11-21"):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    local = datetime.fromisoformat(text.upper())
    if local.tzinfo is None:  # would be read in the time zone of the machine
        message = f"no offset from UTC: {text}"
        raise ValueError(message)
    return local.astimezone(UTC)


def written(at: datetime) -> str:
    """Write an aware moment in UTC, to the second, as every file and document of ours has it."""
    return f"{at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
