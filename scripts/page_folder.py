"""A folder of generated pages: write it, or check that it holds what its generator makes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent


def mark(script: str, source: str) -> str:
    """Return the line that says where a page comes from."""
    return f"<!-- Made by {script} from {source}; a change belongs there. -->"


def differences(root: Path, folder: Path, wanted: Mapping[Path, str], kind: str) -> Iterator[str]:
    """Name every file of the folder that is missing, different or left over."""
    there = {path.relative_to(root) for path in (root / folder).glob("*.md")}
    for path in sorted(there | wanted.keys()):
        if path not in wanted:
            yield f"{path} belongs to no {kind}"
        elif path not in there:
            yield f"{path} is missing"
        elif (root / path).read_text(encoding="utf-8") != wanted[path]:
            yield f"{path} differs"


def write(root: Path, folder: Path, wanted: Mapping[Path, str]) -> None:
    """Make the folder hold what is wanted, and no other page."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    for path in (root / folder).glob("*.md"):
        if path.relative_to(root) not in wanted:
            path.unlink()
    for path, text in wanted.items():
        (root / path).write_text(text, encoding="utf-8", newline="\n")


def run(given: list[str], about: str, script: str, made: tuple[Path, str, Callable[[Path], Mapping[Path, str]]]) -> int:
    """Write or check a folder, of pages of a kind, as a function of the root has them; return the exit status."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page differs")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the repository (default: this one)")
    options = parser.parse_args(given)
    root = options.root.resolve()
    folder, kind, pages = made
    wanted = pages(root)
    if not options.check:
        write(root, folder, wanted)
        return 0
    found = list(differences(root, folder, wanted, kind))
    for line in found:
        print(line)
    if found:
        print(f"Run `python {script}` and commit what it writes.")
    return 1 if found else 0
