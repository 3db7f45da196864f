"""Questions to somebody at a terminal, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.errors import UsageError
from keyturn.render.escape import terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from keyturn.commands.world import World

_MOST_TRIES = 20


def one(world: World, answers: TextIO, question: str, wrong: Callable[[str], str | None], default: str = "") -> str:
    """Ask until an answer is right; `wrong` says what to answer instead, or None. Enter means the default."""
    for _ in range(_MOST_TRIES):
        answer = _line(world, answers, f"{question}{f' [{default}]' if default else ''}: ") or default
        if (hint := wrong(answer)) is None:
            return answer
        world.err.write(f"  {terminal(hint)}\n")
    message = "no answer would do; nothing was written"
    raise UsageError(message)


def several(world: World, answers: TextIO, question: str, wrong: Callable[[str], str | None]) -> list[str]:
    """Ask for lines until an empty one."""
    world.err.write(f"{question}\n")
    found: list[str] = []
    while answer := one(world, answers, "  -", lambda text: wrong(text) if text else None):
        found.append(answer)
    return found


def _line(world: World, answers: TextIO, prompt: str) -> str:
    world.err.write(prompt)
    world.err.flush()
    line = answers.readline()
    if not line:
        message = "stopped before the last question; nothing was written"
        raise UsageError(message)
    return line.strip()
