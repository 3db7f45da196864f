"""Waiting, in sight: a bar on a terminal, a plain line elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from keyturn.render.days import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keyturn.commands.world import World

_MINUTE = 60


@contextmanager
def shown(world: World, total: float, why: str) -> Iterator[Callable[[float], None]]:
    """Show how much is left of at most `total` seconds; gives what waits for some of them."""
    if world.is_quiet or not world.err.isatty():
        yield lambda seconds: _plain(world, seconds, why)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(file=world.err), transient=True) as bar:
        task = bar.add_task(why, total=total)
        yield lambda seconds: _stepwise(world, seconds, lambda step: bar.advance(task, step))


def span(seconds: float) -> str:
    """Write a number of seconds as people say it, rounded up."""
    whole = max(-int(-seconds // 1), 1)
    return counted(-(-whole // _MINUTE), "minute") if whole >= _MINUTE else counted(whole, "second")


def _plain(world: World, seconds: float, why: str) -> None:
    world.tell(f"{why}; asking again in {span(seconds)}")
    world.sleep(seconds)


def _stepwise(world: World, seconds: float, advance: Callable[[float], object]) -> None:
    while seconds > 0:
        step = min(seconds, 1)
        world.sleep(step)
        advance(step)
        seconds -= step
