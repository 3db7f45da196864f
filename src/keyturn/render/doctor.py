"""What `doctor` found out: how each check stands and what to do, as lines, JSON and Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keyturn.model import Severity
from keyturn.render import escape, tables
from keyturn.render.days import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

_NAMES = ("State", "Check", "Found", "What to do")
_MOST_DETAILS = 100  # of one diagnosis in Markdown


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How one check stands; `details` are what it is about, one by one."""

    check: str
    message: str
    severity: Severity | None = None  # None where nothing has to be done
    advice: str = ""
    details: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """Give the word for it: `error`, `warning`, `note` for what somebody may want to do, or `well`."""
        if self.severity:
            return self.severity.value
        return "note" if self.advice else "well"


def document(today: date, diagnoses: Sequence[Diagnosis]) -> dict[str, Any]:
    """Give the JSON document of `doctor`."""
    return {"today": today.isoformat(), "findings": [_entry(each) for each in diagnoses]}


def text(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """Write an aligned line for every check, below it what it is about and what to do, and a line that sums them up."""
    heads = tables.columns([(each.state, each.check, each.message) for each in diagnoses])
    found = (line for head, each in zip(heads, diagnoses, strict=True) for line in (head, *_below(each)))
    return [*found, "", f"{summary(diagnoses)}."]


def markdown(diagnoses: Sequence[Diagnosis]) -> str:
    """Write a table of the checks, and a list for each that is about several things."""
    table = tables.markdown(_NAMES, [_cells(each) for each in diagnoses])
    lists = (_list(each) for each in diagnoses if each.details)
    return "\n\n".join((f"{summary(diagnoses)}.", table, *lists))


def summary(diagnoses: Sequence[Diagnosis]) -> str:
    """Say in one line how much there is to do: `1 error, 2 warnings`."""
    counts = ((severity, sum(each.severity is severity for each in diagnoses)) for severity in Severity)
    return ", ".join(counted(count, severity.value) for severity, count in counts if count) or "all is well"


def _entry(each: Diagnosis) -> dict[str, Any]:
    return {
        "check": each.check,
        "state": each.state,
        "message": each.message,
        "advice": each.advice,
        "details": list(each.details),
    }


def _below(each: Diagnosis) -> Iterator[str]:
    yield from (f"  {escape.terminal(detail)}" for detail in each.details)
    if each.advice:
        yield f"  -> {escape.terminal(each.advice)}"


def _cells(each: Diagnosis) -> tuple[str, ...]:
    return each.state, escape.code(each.check), escape.markdown(each.message), escape.markdown(each.advice)


def _list(each: Diagnosis) -> str:
    left = len(each.details) - _MOST_DETAILS
    lines = [f"- {escape.markdown(detail)}" for detail in each.details[:_MOST_DETAILS]]
    return "\n".join((f"### {escape.code(each.check)}", "", *lines, *([f"- … and {left} more"] if left > 0 else [])))
