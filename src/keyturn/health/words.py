"""Numbers of things in words."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """Say a number of things: `1 entry`, `2 entries`."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"
