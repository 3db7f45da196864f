"""What `doctor` found out: how each check stands and what to do, as lines, JSON, annotations and Markdown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keyturn.health import UNASKED, Weight
from keyturn.render import escape, tables
from keyturn.render.days import counted
from keyturn.render.problems import MOST_ANNOTATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from keyturn.health import Diagnosis

_NAMES = ("State", "Check", "Found", "What to do")
_MOST_DETAILS = 100  # of one diagnosis in Markdown
_LEVELS = {Weight.ERROR: "error", Weight.WARNING: "warning", Weight.UNKNOWN: "notice"}  # of annotations


def document(today: date, diagnoses: Sequence[Diagnosis]) -> dict[str, Any]:
    """Give the JSON document of `doctor`."""
    return {"today": today.isoformat(), "findings": [_entry(each) for each in diagnoses]}


def text(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """Write an aligned line for every check, below it what it is about and what to do, and a line that sums them up.

    Checks that were not made, all for the same reason, share a line.
    """
    told = _gathered(diagnoses)
    heads = tables.columns([(each.weight.value, each.check, each.message) for each in told])
    found = (line for head, each in zip(heads, told, strict=True) for line in (head, *_below(each)))
    return [*found, "", f"{summary(diagnoses)}."]


def workflow_commands(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """Write an annotation for what is not well, at most ten of each level, and a line that sums them up."""
    shown = [line for weight, level in _LEVELS.items() for line in _commands(diagnoses, weight, level)]
    return [*shown, f"{summary(diagnoses)}."]


def markdown(diagnoses: Sequence[Diagnosis]) -> str:
    """Write a table of the checks, and a list for each that is about several things."""
    table = tables.markdown(_NAMES, [_cells(each) for each in diagnoses])
    lists = (_list(each) for each in diagnoses if each.details)
    return "\n\n".join((f"{summary(diagnoses)}.", table, *lists))


def summary(diagnoses: Sequence[Diagnosis]) -> str:
    """Say in one line how much there is to do: `1 error, 2 warnings, 3 unknown`."""
    count = {weight: sum(each.weight is weight for each in diagnoses) for weight in Weight}
    found = [counted(count[weight], weight.value) for weight in (Weight.ERROR, Weight.WARNING) if count[weight]]
    unknown = [f"{count[Weight.UNKNOWN]} unknown"] if count[Weight.UNKNOWN] else []
    return ", ".join((*found, *unknown)) or "all is well"


def _gathered(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Put one line in the place of the first of several checks that did not ask, for the same reason."""
    alike: dict[object, list[Diagnosis]] = {}
    for each in diagnoses:
        reason = (each.message, each.advice) if each.code == UNASKED else (each.check, each)
        alike.setdefault(reason, []).append(each)
    return [_shared(found) for found in alike.values()]


def _shared(found: Sequence[Diagnosis]) -> Diagnosis:
    first = found[0]
    if len(found) == 1:
        return first
    names = ", ".join(dict.fromkeys(each.check for each in found))
    return replace(first, check=f"{len(found)} checks", details=(names,))


def _entry(each: Diagnosis) -> dict[str, Any]:
    return {
        "check": each.check,
        "code": each.code,
        "severity": each.weight.value,
        "message": each.message,
        "advice": each.advice,
        "details": list(each.details),
    }


def _below(each: Diagnosis) -> Iterator[str]:
    yield from (f"  {escape.terminal(detail)}" for detail in each.details)
    if each.advice:
        yield f"  -> {escape.terminal(each.advice)}"


def _commands(diagnoses: Sequence[Diagnosis], weight: Weight, level: str) -> Iterator[str]:
    found = [each for each in diagnoses if each.weight is weight]
    shown = found if len(found) <= MOST_ANNOTATIONS else found[: MOST_ANNOTATIONS - 1]
    for each in shown:
        title = escape.workflow_property(f"{each.check}: {each.code}")
        details = "".join(f"\n{detail}" for detail in each.details)
        yield f"::{level} title={title}::{escape.workflow_data(f'{each.message}. To do: {each.advice}{details}')}"
    if rest := len(found) - len(shown):
        yield f"::{level}::and {rest} more; the summary has them all"


def _cells(each: Diagnosis) -> tuple[str, ...]:
    return each.weight.value, escape.code(each.check), escape.markdown(each.message), escape.markdown(each.advice)


def _list(each: Diagnosis) -> str:
    left = len(each.details) - _MOST_DETAILS
    lines = [f"- {escape.markdown(detail)}" for detail in each.details[:_MOST_DETAILS]]
    return "\n".join((f"### {escape.code(each.check)}", "", *lines, *([f"- … and {left} more"] if left > 0 else [])))
