"""What a command costs: wall and processor time, and the peak of memory of all its processes together.

Absolute times say as much about the machine as about a program, so contenders take turns on the same files, and what is
compared is the ratio of their medians.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PAUSE = 0.005  # seconds between two looks at the memory
_MEBI = 2**20
_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in which a system tells the peak of a process
_MANY = 100  # times; no digit behind the point tells anything there


class Contender(NamedTuple):
    """A command to measure; `expected` are the exit statuses that mean that it did its work.

    `prepare` brings about what it is to find, and is not measured. One that is `slow` runs once. Only of a `family` of
    several processes is the memory looked at in a run of its own; one process tells its own exact peak.
    """

    name: str
    command: tuple[str, ...]
    expected: tuple[int, ...] = (0,)
    environment: Mapping[str, str] | None = None
    prepare: Callable[[], object] = lambda: None
    slow: bool = False
    family: bool = False


class Cost(NamedTuple):
    """What a contender took: medians of seconds, and the peak in MiB."""

    wall: float
    cpu: float
    peak: float


class Run(NamedTuple):
    """What one run took: seconds, and the peak in MiB."""

    wall: float
    cpu: float
    peak: float


def costs(contenders: Sequence[Contender], folder: Path, rounds: int = 3) -> dict[str, Cost]:
    """Run the contenders by turns in a folder, so that what slows the machine down slows all of them down."""
    runs: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
    for turn in range(rounds):
        for contender in contenders:
            if turn == 0 or not contender.slow:
                runs[contender.name].append(timed(contender, folder))
    return {contender.name: _cost(contender, runs[contender.name], folder) for contender in contenders}


def _cost(contender: Contender, runs: Sequence[Run], folder: Path) -> Cost:
    own = max(run.peak for run in runs)
    peak = max(own, _together_at_most(contender, folder)) if contender.family else own
    return Cost(median(run.wall for run in runs), median(run.cpu for run in runs), peak)


def _start(contender: Contender, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        contender.command,
        cwd=folder,
        env=_environment(contender),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _environment(contender: Contender) -> dict[str, str]:
    return {**os.environ, **(contender.environment or {})}  # noqa: TID251 - a contender needs its PATH


def timed(contender: Contender, folder: Path) -> Run:
    """Run once; processor time is that of all children too that were waited for."""
    contender.prepare()
    launcher = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py")), *contender.command)
    done = subprocess.run(launcher, cwd=folder, env=_environment(contender), check=True, capture_output=True, text=True)
    wall, cpu, peak, status = done.stdout.split()
    _insist(contender, int(status))
    return Run(float(wall), float(cpu), int(peak) * _UNIT / _MEBI)


def _together_at_most(contender: Contender, folder: Path) -> float:
    """Return the peak in MiB of all processes together; a page that two of them share counts once."""
    contender.prepare()
    process = _start(contender, folder)
    seen = 0
    while os.wait4(process.pid, os.WNOHANG)[0] == 0:
        seen = max(seen, _together(process.pid))
        time.sleep(_PAUSE)
    process.returncode = 0  # it was waited for above
    return seen / _MEBI


def _together(leader: int) -> int:
    """Return the bytes that a process and its descendants hold; 0 where only one is there, which tells its own."""
    family = _family(leader)
    return sum(map(_share, family)) if len(family) > 1 else 0


def _family(leader: int) -> list[int]:
    found, rest = [], [leader]
    while rest:
        process = rest.pop()
        found.append(process)
        try:
            threads = list(Path(f"/proc/{process}/task").iterdir())
            rest += [int(child) for thread in threads for child in (thread / "children").read_text().split()]
        except OSError:  # it has ended meanwhile, or this system has no /proc
            continue
    return found


def _share(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _insist(contender: Contender, status: int) -> None:
    if status not in contender.expected:
        sys.exit(f"{contender.name} ended with {status}: {' '.join(contender.command)[:400]}")


# -- tables --------------------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up in a terminal too; the first is to the left, the others right."""
    cells = [list(map(str, row)) for row in (head, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    lines = [_line(row, widths) for row in cells]
    rule = [
        f"{':' if place == 0 else ''}{'-' * (width - 1)}{':' if place else ''}" for place, width in enumerate(widths)
    ]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def times(ratio: float) -> str:
    """Return a ratio as people write it."""
    return f"{ratio:.0f}×" if ratio >= _MANY else f"{ratio:.3g}×"  # noqa: RUF001 - the sign of multiplication
