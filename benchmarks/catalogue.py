"""Time what the catalogue adds: reading all of it, beside `validate` over many rotations; the best of three runs."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from commands import cheapest, declare

RUNS = 3
LOADING = """\
from pathlib import Path
from keyturn import files
from keyturn.commands.shelf import shelved
catalogue = shelved(Path({root!r}), broken=())
{what}
"""
ALL = "entries = [*catalogue.providers.values(), *catalogue.platforms.values()]"
NONE = "entries = []"


def seconds(root: str, what: str) -> float:
    """Run a fresh interpreter that loads the whole catalogue, or only makes ready to."""
    import subprocess

    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", LOADING.format(root=root, what=what)], check=True)
        return time.perf_counter() - start

    return min(once() for _ in range(RUNS))


def main() -> None:
    """Print what loading costs, alone and as a part of `validate`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="?", type=int, default=10_000, help="rotations to validate (default: 10000)")
    keys = parser.parse_args().keys
    with tempfile.TemporaryDirectory() as folder:
        declare(Path(folder), keys)
        whole = cheapest(("validate",), Path(folder)).seconds
        loading = seconds(folder, ALL) - seconds(folder, NONE)
    print(f"validate, {keys} rotations   {whole:8.3f} s")
    print(f"the whole catalogue       {loading:8.3f} s   {loading / whole:6.1%}")


if __name__ == "__main__":
    main()
