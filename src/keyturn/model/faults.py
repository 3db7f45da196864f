"""Faults in people's files, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Pointer: TypeAlias = tuple[str | int, ...]


class Severity(StrEnum):
    """How much a fault weighs: an error makes the run fail, a warning informs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault at a pointer into a declared document; the shell knows on which line that is."""

    path: str
    pointer: Pointer
    code: str
    message: str
    severity: Severity = Severity.ERROR
    on_key: bool = False  # the key itself is at fault, not its value


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A fault in a file at a line and column (both from 1), with what to write instead."""

    path: str
    line: int
    column: int
    code: str
    message: str
    severity: Severity = Severity.ERROR
