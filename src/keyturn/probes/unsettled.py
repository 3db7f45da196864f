"""How anything in this room stops: with a reason that holds nothing of what was sent or answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.model import Reason


class UnsettledError(Exception):
    """The verdict is `unknown`, for this reason; it is caught where the question was asked and goes no further."""

    def __init__(self, reason: Reason, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.status, self.retry_after = reason, status, retry_after
