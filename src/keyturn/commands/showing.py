"""How a command shows what it found: text, JSON, Markdown or annotations, and progress on a terminal."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from keyturn.actions import Open
from keyturn.model import Severity
from keyturn.render import plans, problems
from keyturn.render.days import counted
from keyturn.render.escape import json_text, terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from keyturn.commands.decision import Decision
    from keyturn.commands.world import World
    from keyturn.model import Problem
    from keyturn.render.tables import Table

PLAN_FORMATS = ("text", "json", "markdown", "github")
_STYLES = {
    "leaked": "bold red",
    "expired": "bold red",
    "overdue": "red",
    "due": "yellow",
    "due-soon": "yellow",
    "requested": "yellow",
    "unverified": "yellow",
    "fresh": "green",
    "held": "dim",
    "waived": "dim",
    "retired": "dim",
}
_NO_STEP: Callable[[], None] = lambda: None  # noqa: E731 - nothing to show


def as_json(document: dict[str, Any] | list[Any]) -> str:
    """Write a JSON document as people and `jq` read it."""
    return json_text(json.dumps(document, indent=2, ensure_ascii=False))


def complained(found: Sequence[Problem], world: World) -> None:
    """Print errors beside a result that is not about them, as annotations in Actions; warnings are only counted."""
    errors = [problem for problem in found if problem.severity is Severity.ERROR]
    for line in problems.workflow_commands(errors) if world.in_actions else problems.text(errors):
        world.err.write(f"{line}\n")
    if count := len(found) - len(errors):
        world.tell(f"{counted(count, 'warning')}; see `keyturn validate`")


def table(world: World, rows: Table, plain: Sequence[str]) -> None:
    """Show rows as a table on a terminal, as plain lines elsewhere."""
    if not world.is_terminal or not rows.rows:
        world.say("\n".join(plain))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in rows.names:
        grid.add_column(name, overflow="fold")
    for cells, tone in zip_longest(rows.rows, rows.tones):
        grid.add_row(*(Text(terminal(cell)) for cell in cells), style=_STYLES.get(tone or ""))
    Console(file=world.out).print(grid)


def hints(decided: Decision, world: World) -> None:
    """Say what neither a plan nor a table of ages shows."""
    if not decided.workspace.files and not decided.plan.issues_open:
        world.tell("rotations/ holds no key yet; declare the first one in a file such as rotations/mixpanel.yaml")
    elsewhere = world.environment.get("GITHUB_REPOSITORY")
    if decided.tracker.name == "local" and elsewhere and not world.in_actions:
        world.tell(f"these are the issues of the local tracker; say `--tracker github:{elsewhere}` for GitHub's")
    for id_, number in decided.closed_again:
        world.tell(f"{id_}: #{number} was closed by hand again today; it is opened again tomorrow unless proved")


def _cautions(decided: Decision, world: World) -> None:
    """Say what keeps a plan from being all that its reader may take it for."""
    if decided.workspace.has_errors:
        world.tell("a file with an error changes nothing: its issues stay as they are until it is corrected")
    is_shared = decided.tracker.name != "local" and not world.in_actions
    is_anybodys = is_shared and not decided.workspace.policy.identity
    if is_anybodys and any(isinstance(each, Open) for each in decided.plan.actions):
        world.tell(
            "only issues that this token's account has opened count; where Actions writes them too, name both in "
            'keyturn.yaml, for example `identity: ["github-actions[bot]", "your-login"]`'
        )


def plan(decided: Decision, world: World, form: str) -> None:
    """Show a plan and what is wrong in the files it was made from."""
    found = decided.workspace.problems
    if decided.plan.issues_open and not decided.workspace.files:
        count = counted(decided.plan.issues_open, "issue")
        world.warn(f"rotations/ holds no key, but {count} of its keys stand open, and stay so. Was the folder moved?")
    if form == "json":
        world.say(as_json(plans.document(decided.plan, decided.tracker.name, found)))
    elif form == "markdown":
        world.say(_page(decided))
    elif form == "github":
        world.say("\n".join([*problems.workflow_commands(found), *plans.text(decided.plan)]))
    else:
        complained(found, world)
        table(world, plans.table(decided.plan), plans.text(decided.plan))
        if world.is_terminal:
            world.say(f"{plans.summary(decided.plan)}.")
    _cautions(decided, world)
    hints(decided, world)
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
