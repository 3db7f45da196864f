"""Work that is divided among processes where there is enough of it."""

from __future__ import annotations

import gc
import os
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

T = TypeVar("T")
LEAST = 1000  # pieces for a process; below twice as many, a second one costs more than it saves
MOST = 8  # processes


def divided(work: Callable[[int, int], T], count: int) -> list[T]:
    """Return what `work` gives for each part of `range(count)`, in order; it is called with the ends of a part."""
    number = processes(count)
    ends = [count * part // number for part in range(number + 1)]
    if number == 1:
        return [work(0, count)]
    return _forked(work, list(pairwise(ends)))


def processes(count: int) -> int:
    """Tell how many processes are worth it here."""
    worth = min(count // LEAST, MOST)
    return min(worth, _processors()) if worth > 1 and _can_fork() else 1


def _processors() -> int:
    # What this process may use, where the system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _can_fork() -> bool:
    """Tell whether a copy of this process can be trusted, which one with threads cannot."""
    import threading

    return sys.platform.startswith("linux") and threading.active_count() == 1


def _forked(work: Callable[[int, int], T], parts: list[tuple[int, int]]) -> list[T]:
    from multiprocessing import get_context

    context = get_context("fork")  # what was read so far is shared
    gc.freeze()  # and stays so: looking for garbage in it would write to every page
    (first, *rest), started = parts, []
    for part in rest:
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(sending, work, part), daemon=True)
        process.start()
        sending.close()
        started.append((process, receiving))
    found = [work(*first), *(receiving.recv() for _, receiving in started)]
    for process, _ in started:
        process.join()
    return found


def _answer(sending: Connection, work: Callable[[int, int], T], part: tuple[int, int]) -> None:
    sending.send(work(*part))
