"""A review as lines, JSON, annotations and the page that a reviewer reads in ten seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from keyturn.model import Severity
from keyturn.plan import Plan
from keyturn.render import escape, plans, problems, tables
from keyturn.render.days import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyturn.actions import Action
    from keyturn.model import Problem
    from keyturn.review import Effect, Review

MOST_ROWS = 25
LONGEST = 60_000  # characters of a comment; GitHub takes 65,536
_LONGEST_CELL = 600

_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}
_UNKNOWN = "What merging changes is not shown: the issues could not be read."


def text(review: Review) -> list[str]:
    """Write a line for every problem, then what merging changes, then a line that sums both up."""
    return [*problems.text(review.problems), *_plain(review)]


def workflow_commands(review: Review) -> list[str]:
    """Write workflow commands for the problems, and the rest as `text` does."""
    return [*problems.workflow_commands(review.problems), *_plain(review)]


def document(review: Review) -> dict[str, Any]:
    """Give the JSON document of `review`; `actions`, `waiting` and `averted` are null where no issue could be read."""
    effect = review.effect
    parts = (effect.plan.actions, effect.plan.waiting, effect.averted) if effect else (None, None, None)
    today = effect.plan.today if effect else None
    shown = [None if part is None or today is None else [plans.entry(each, today) for each in part] for part in parts]
    return {
        "base": review.base,
        "tracker": review.tracker,
        "problems": problems.entries(review.problems),
        **dict(zip(("actions", "waiting", "averted"), shown, strict=True)),
        "notes": list(review.notes),
    }


def markdown(review: Review) -> str:
    """Write the page: problems, warnings and what merging changes; too long a page says where the rest is."""
    parts = [f"## keyturn: {summary(review)}", _found(review.problems), _effect(review.effect)]
    parts += [f"> {escape.markdown(note)}" for note in review.notes]
    page = "\n\n".join(part for part in parts if part)
    if len(page) <= LONGEST:
        return f"{page}\n"
    return f"## keyturn: {summary(review)}\n\nThis is more than a comment holds; the log of this check has all of it.\n"


def summary(review: Review) -> str:
    """Say in one line what was found: `1 error, 2 warnings`."""
    counts = [(sum(each.severity is severity for each in review.problems), severity.value) for severity in Severity]
    return ", ".join(counted(count, name) for count, name in counts if count) or "nothing to object to"


def mark(scope: str) -> str:
    """Return the hidden line by which the comment of a scope is known again."""
    # A comment ends at `-->`; quoting leaves no `>`, and two hyphens never stand together.
    return f"<!-- keyturn-review {re.sub('-(?=-)', '%2D', quote(scope, safe='/:'))} -->"


def _plain(review: Review) -> list[str]:
    return [*_changes(review.effect), *map(escape.terminal, review.notes), f"review: {summary(review)}"]


def _changes(effect: Effect | None) -> list[str]:
    if effect is None:
        return [_UNKNOWN]
    rows = _rows(effect)
    return [_headline(effect), *(f"  {line}" for line in tables.columns(rows) if rows)]


def _headline(effect: Effect) -> str:
    new, old = effect.plan, _averted(effect)
    parts = [plans.summary(new)] if new.actions or new.waiting else []
    parts += [f"no longer {plans.summary(old)}"] if old.actions else []
    return f"After the merge: {'; '.join(parts)}." if parts else "Merging changes nothing about the issues."


def _averted(effect: Effect) -> Plan:
    # What waited for a place would have been opened some day: it is shown like what would have been opened at once.
    return Plan(effect.plan.today, cast("tuple[Action, ...]", effect.averted))


def _rows(effect: Effect) -> list[tuple[str, ...]]:
    """Give what comes and then what falls away: action, key, issue, due, why."""
    averted = plans.table(_averted(effect)).rows
    return [*plans.table(effect.plan).rows, *((f"no longer {what}", *rest) for what, *rest in averted)]


def _found(found: Sequence[Problem]) -> str:
    ordered = sorted(found, key=lambda problem: (problem.severity is Severity.WARNING, problem))
    rows = [(_SIGNS[each.severity], _place(each), escape.markdown(_cut(each.message))) for each in ordered]
    return tables.markdown(("", "Where", "What to do"), rows, MOST_ROWS) if rows else ""


def _place(problem: Problem) -> str:
    return f"{escape.code(_cut(f'{problem.path}:{problem.line}'))}<br>{escape.code(problem.code)}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _effect(effect: Effect | None) -> str:
    if effect is None:
        return _UNKNOWN
    rows = [
        (
            f"**{what}**",
            escape.code(key),
            escape.code(issue) if issue != "new" else issue,
            escape.markdown(due),
            escape.markdown(why),
        )
        for what, key, issue, due, why in _rows(effect)
    ]
    table = tables.markdown(("Action", "Key", "Issue", "Due", "Why"), rows, MOST_ROWS)
    return f"{_headline(effect)}\n\n{table}" if rows else _headline(effect)
