"""Days in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


def left(due: date, today: date) -> str:
    """Say how far a day is: `in 3 days`, `today`, `1 day ago`."""
    days = (due - today).days
    if days == 0:
        return "today"
    return f"in {counted(days, 'day')}" if days > 0 else f"{counted(-days, 'day')} ago"


def counted(count: int, noun: str) -> str:
    """Say a number of things: `1 day`, `2 days`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
