"""The reasons to stop, and the exit status that wins."""

from __future__ import annotations

import pytest

from keyturn.errors import (
    Exit,
    GuardError,
    KeyturnError,
    OutsideError,
    RepositoryError,
    UnfinishedError,
    UsageError,
    worst,
)


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        pytest.param((), 0, id="nothing happened"),
        pytest.param((Exit.WELL, Exit.WELL), 0, id="all well"),
        pytest.param((Exit.UNFINISHED, Exit.WELL), 5, id="work left"),
        pytest.param((Exit.UNFINISHED, Exit.CORRECT), 1, id="a correction before work left"),
        pytest.param((Exit.CORRECT, Exit.OUTSIDE, Exit.UNFINISHED), 3, id="outside before a correction"),
        pytest.param((Exit.OUTSIDE, Exit.BUG, Exit.CORRECT, Exit.UNFINISHED), 4, id="our bug before all"),
    ],
)
def test_the_status_that_wins(met: tuple[Exit, ...], expected: int) -> None:
    assert worst(*met) == expected


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (KeyturnError, 4),
        (UsageError, 2),
        (RepositoryError, 1),
        (GuardError, 1),
        (OutsideError, 3),
        (UnfinishedError, 5),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_reason_to_stop_has_its_status(reason: type[KeyturnError], status: int) -> None:
    assert issubclass(reason, KeyturnError)
    assert reason.status == status
