"""How a check stands, as a value: what was seen, how much it weighs, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

UNASKED = "not-asked"  # the code of a check that was not made


class Weight(StrEnum):
    """How much a diagnosis weighs, the lightest first; `unknown` is what could not be read, and is never well."""

    OK = "ok"
    INFO = "info"
    UNKNOWN = "unknown"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How one check stands; `details` are what it is about, one by one."""

    check: str
    message: str
    weight: Weight = Weight.OK
    code: str = "ok"
    advice: str = ""
    details: tuple[str, ...] = ()
