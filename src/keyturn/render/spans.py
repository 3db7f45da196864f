"""Runs of styled text as inert Markdown."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from keyturn.render import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keyturn.actions import Span, Task


def markdown(spans: Sequence[Span]) -> str:
    """Return a task's sentence on one line; runs of one style are judged together, as a reader sees them."""
    text = "".join(_run(style, runs) for style, runs in groupby(spans, lambda span: span.style))
    return escape.block_safe(text.replace("``", "` `").strip())  # two code spans that touch would become one


def block(task: Task) -> str | None:
    """Return what a task has to copy, as a code block that belongs to its list item."""
    if not task.code:
        return None
    lines = escape.code_block(task.code, task.language).split("\n")
    return "\n".join(f"  {line}" if line else line for line in lines)


def _run(style: str, spans: Iterable[Span]) -> str:
    # Blanks around a run stay outside of it, where Markdown wants them.
    text = "".join(span.text for span in spans)
    before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{before}{_styled(text.strip(), style)}{after}"


def _styled(text: str, style: str) -> str:
    if style == "code":
        return escape.code(text)
    shown = escape.inline(text)
    return f"**{shown}**" if style == "bold" and shown else shown
