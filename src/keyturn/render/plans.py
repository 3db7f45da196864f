"""A plan as lines, JSON and a Markdown table: what one run would do, what waits, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from keyturn.actions import Close, Link, Note, Open, StateReason, Waiting, verb
from keyturn.model import Why
from keyturn.render import days, escape, tables
from keyturn.render.problems import entries
from keyturn.render.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from keyturn.actions import Planned
    from keyturn.model import Problem
    from keyturn.plan import Plan

_Row: TypeAlias = tuple[str, "Planned"]  # what happens, to what

_TURN = ("open", "reopen", "link", "update", "remind", "close", "wait")


def document(plan: Plan, tracker: str, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """Give the JSON document of `plan`."""
    return {
        "today": plan.today.isoformat(),
        "tracker": tracker,
        "actions": [entry(action, plan.today) for action in plan.actions],
        "waiting": [entry(action, plan.today) for action in plan.waiting],
        "problems": entries(problems),
    }


def entry(action: Planned, today: date) -> dict[str, Any]:
    """Give an action as a JSON object; a close says its `state_reason` too."""
    subject = action.subject
    fields: dict[str, Any] = {
        "action": verb(action),
        "rotation": subject.rotation,
        "issue": _number(action),
        "reason": subject.why.value,
        "due": subject.due.isoformat(),
        "days_left": (subject.due - today).days,
        "title": subject.title,
        "status": subject.status.value,
        "tier": subject.tier.value,
    }
    return fields | ({"state_reason": action.because.value} if isinstance(action, Close) else {})


def text(plan: Plan) -> list[str]:
    """Write a line for every action, what opens first and what waits last, and a line that sums them up."""
    lines = tables.columns(table(plan).rows)
    return [*lines, *([""] if lines else []), f"{summary(plan)}."]


def table(plan: Plan) -> Table:
    """Give a row for every action: what is urgent first, what waits last."""
    rows = _rows(plan)
    cells = tuple(_cells(what, action, plan.today) for what, action in rows)
    return Table(("Action", "Key", "Issue", "Due", "Why"), cells, tuple(row[1].subject.status.value for row in rows))


def markdown(plan: Plan) -> str:
    """Write the table that a reviewer reads: what is urgent first, then by what happens."""
    if not (rows := _rows(plan)):
        return f"{summary(plan)}."
    cells = [_markdown_cells(what, action, plan.today) for what, action in rows]
    return f"{summary(plan)}.\n\n{tables.markdown(('Action', 'Key', 'Due', 'Why'), cells)}"


def summary(plan: Plan) -> str:
    """Say in one line what a plan does: `2 to open, 1 to close; 3 wait for a place`."""
    verbs = [verb(action) for action in plan.actions]
    done = ", ".join(f"{verbs.count(each)} to {each}" for each in _TURN if each in verbs) or "nothing to do"
    count = len(plan.waiting)
    waits = f"; {count} {'waits' if count == 1 else 'wait'} for a place among the open issues" if count else ""
    return done + waits


def outcome(action: Planned) -> str:
    """Say why an action happens, in words."""
    if isinstance(action, Close):
        said = action.text.text if isinstance(action.text, Note) else "the issue is over"
        return f"{_ENDINGS[action.because]}: {said.removesuffix('.')}"
    subject = action.subject
    if isinstance(action, Link):
        return f"below {action.parent}"
    because = () if subject.why is Why.DUE else (subject.why.value,)
    return " · ".join(dict.fromkeys((subject.tier.value, subject.status.value, *because)))


_ENDINGS = {
    StateReason.COMPLETED: "completed",
    StateReason.NOT_PLANNED: "not planned",
    StateReason.DUPLICATE: "duplicate",
}


def _rows(plan: Plan) -> list[_Row]:
    rows = [(verb(action), action) for action in plan.actions] + [("wait", action) for action in plan.waiting]
    return sorted(rows, key=lambda row: (not row[1].subject.status.is_urgent, _TURN.index(row[0])))


def _cells(what: str, action: Planned, today: date) -> tuple[str, ...]:
    subject = action.subject
    number = _number(action)
    shown = "new" if number is None else f"#{number}"
    return what, subject.rotation, shown, f"due {_due(action, today)}", outcome(action)


def _markdown_cells(what: str, action: Planned, today: date) -> tuple[str, ...]:
    subject = action.subject
    # As code: a comment that shows a plan should not leave a reference in every issue of it.
    number = _number(action)
    key = escape.code(subject.rotation) + ("" if number is None else f" ({escape.code(f'#{number}')})")
    return f"**{what}**", key, _due(action, today), escape.markdown(outcome(action))


def _due(action: Planned, today: date) -> str:
    due = action.subject.due
    return f"{due} ({days.left(due, today)})"


def _number(action: Planned) -> int | None:
    issue = None if isinstance(action, Open | Waiting) else action.issue
    return issue.number if issue else None
