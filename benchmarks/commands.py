"""Time the commands on repositories of growing size: the best of three runs, and the peak of memory."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

RUNS = 3
TODAY = "2026-11-21"
COMMANDS = (("--help",), ("validate",), ("ages", "--today", TODAY), ("plan", "--today", TODAY))
ROTATION = """\
provider: {provider}
key: key-{number}
owners: [alice]
created: 2026-{month:02}-01
consumers:
  - {{platform: manual, name: Consumer of key {number}}}
"""
PROVIDERS = ("appsflyer", "mixpanel", "plausible", "snowflake")


class Cost(NamedTuple):
    """What one run of a command took."""

    seconds: float
    mebibytes: float


def declare(root: Path, keys: int) -> None:
    """Write a repository with that many rotations, a tenth of them due."""
    (root / "keyturn.yaml").write_text("tracker: local\n", encoding="utf-8")
    for number in range(keys):
        folder = root / "rotations" / f"{number // 1000:03}"
        folder.mkdir(parents=True, exist_ok=True)
        text = ROTATION.format(
            provider=PROVIDERS[number % len(PROVIDERS)], number=number, month=8 if number % 10 == 0 else 11
        )
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")


def cost(command: tuple[str, ...], root: Path) -> Cost:
    """Run a command once, in a process of its own; stop if it does."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "keyturn", *command], cwd=root, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"keyturn {' '.join(command)} ended with {process.returncode}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(seconds, usage.ru_maxrss / unit)


def cheapest(command: tuple[str, ...], root: Path) -> Cost:
    """Return the best of several runs, which says most about the program and least about the machine."""
    return min(cost(command, root) for _ in range(RUNS))


def main() -> None:
    """Print a table: a row for each command and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="*", type=int, default=[10, 1000], help="sizes to measure (default: 10 1000)")
    print(f"{'keys':>7}  {'command':<10} {'seconds':>8} {'MiB':>6}")
    for keys in parser.parse_args().keys:
        with tempfile.TemporaryDirectory() as folder:
            declare(Path(folder), keys)
            for command in COMMANDS:
                least = cheapest(command, Path(folder))
                print(f"{keys:>7}  {command[0]:<10} {least.seconds:>8.3f} {least.mebibytes:>6.0f}")


if __name__ == "__main__":
    main()
