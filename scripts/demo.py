"""Run the whole loop on this repository's sample keys: check, look, apply, rotate one, apply again.

It works in a copy below `.keyturn/`, which git ignores, so that the samples stay as they are; and always on the same
day, so that every status is there to be seen.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from keyturn.cli import main

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / ".keyturn" / "demo"
DAY = "2026-11-21"
ROTATED = "bigcommerce/store-orders"


def step(title: str, *arguments: str) -> None:
    """Run one command as a user would type it, and stop where it fails."""
    print(f"\n── {title}\n$ keyturn {' '.join(arguments)}\n", flush=True)
    status = main([*arguments, "--root", str(COPY), "--today", DAY])
    sys.stdout.flush()
    if status:
        sys.exit(status)


def copy() -> None:
    """Make a fresh copy of what is declared."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    (ROOT / ".keyturn" / ".gitignore").write_text("*\n", encoding="utf-8")
    shutil.copy(ROOT / "keyturn.yaml", COPY)
    shutil.copytree(ROOT / "rotations", COPY / "rotations")


def demo() -> None:
    """Tell the story of a day."""
    copy()
    step("Are the files sound?", "validate")
    step("How does every key stand?", "ages")
    step("Open what is due, in the embedded tracker", "apply")
    step("A second run has nothing to do", "apply")
    step("Somebody has rotated the leaked key, and records it", "record", ROTATED, "--by", "carol")
    step("Its issue closes, because the rotation is shown to be complete", "apply")
    where = COPY.relative_to(ROOT)
    print(f"""
── What to look at
  {where}/.keyturn/issues/   one Markdown file for each issue: tick a step, write below it, close one by hand
  {where}/rotations/         the declared keys: change one, then see what a run would do:
    .venv/bin/keyturn plan --root {where} --today {DAY}

── What to try next
  .venv/bin/keyturn providers snowflake                 the steps for one provider
  .venv/bin/keyturn request plausible/site-stats --reason leaked --root {where} --today {DAY}
  README.md                                             adoption in your own repository, on GitHub""")


if __name__ == "__main__":
    demo()
