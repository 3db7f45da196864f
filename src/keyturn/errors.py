"""The exceptions that stop a run, each with the exit status that the shell sees.

Faults in people's files are values (`model.Finding`), never exceptions.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """What a command's exit status means."""

    WELL = 0
    CORRECT = 1  # something in the repository needs correcting, or the guard refused
    USAGE = 2
    OUTSIDE = 3  # the outside world did not answer, or refused
    BUG = 4
    UNFINISHED = 5  # stopped resumably with work left
    INTERRUPTED = 130


SEVEREST_FIRST = (Exit.BUG, Exit.OUTSIDE, Exit.CORRECT, Exit.UNFINISHED)


def worst(*statuses: Exit) -> Exit:
    """Return the status that wins when a run met several: of 4, 3, 1, 5 the first that occurred."""
    return next((status for status in SEVEREST_FIRST if status in statuses), Exit.WELL)


class KeyturnError(Exception):
    """A reason to stop, in words for the person who runs the command."""

    status: ClassVar[Exit] = Exit.BUG


class UsageError(KeyturnError):
    """The command line asks for something that does not exist or does not fit together."""

    status = Exit.USAGE


class RepositoryError(KeyturnError):
    """Something in the repository keeps the command from running at all."""

    status = Exit.CORRECT


class GuardError(KeyturnError):
    """The plan would close so much that somebody should look first."""

    status = Exit.CORRECT


class OutsideError(KeyturnError):
    """Something outside did not answer, refused, or answered what cannot be trusted."""

    status = Exit.OUTSIDE


class UnfinishedError(KeyturnError):
    """A limit was reached; the next run goes on where this one stopped."""

    status = Exit.UNFINISHED
