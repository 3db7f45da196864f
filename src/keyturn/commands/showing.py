"""How a command shows what it found: text, JSON, Markdown or annotations, and progress on a terminal."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from keyturn.render import plans, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from keyturn.commands.decision import Decision
    from keyturn.commands.world import World
    from keyturn.model import Problem

PLAN_FORMATS = ("text", "json", "markdown", "github")
_NO_STEP: Callable[[], None] = lambda: None  # noqa: E731 - nothing to show


def as_json(document: dict[str, Any] | list[Any]) -> str:
    """Write a JSON document as people and `jq` read it."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def complained(found: Sequence[Problem], world: World) -> None:
    """Print problems beside a result that is not about them, as annotations in Actions."""
    lines = problems.workflow_commands(found) if world.in_actions else problems.text(found)
    for line in lines:
        world.err.write(f"{line}\n")


def plan(decided: Decision, world: World, form: str) -> None:
    """Show a plan and what is wrong in the files it was made from."""
    found = decided.workspace.problems
    if form == "json":
        world.say(as_json(plans.document(decided.plan, decided.tracker.name, found)))
    elif form == "markdown":
        world.say(_page(decided))
    else:
        complained(found, world)
        world.say("\n".join(plans.text(decided.plan)))
    world.summarize(_page(decided))


def _page(decided: Decision) -> str:
    found = decided.workspace.problems
    parts = [f"## keyturn: {decided.tracker.name}", plans.markdown(decided.plan)]
    if found:
        parts += ["### Problems", problems.markdown(len(decided.workspace.files), found)]
    return "\n\n".join(parts) + "\n"


@contextmanager
def progress(world: World, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal where there is something to wait for; gives what moves it by one."""
    if world.is_quiet or total < 2 or not world.err.isatty():  # noqa: PLR2004 - one action is over before it is seen
        yield _NO_STEP
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=world.err), transient=True) as bar:
        task = bar.add_task("writing issues", total=total)
        yield lambda: bar.advance(task)
