"""Draw docs/images/terminal.svg: what commands say of this repository's samples. Run it after a change of that."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich import _export_format
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "terminal.svg"
DAY = "2026-11-21"
WIDTH = 112
COMMANDS = (("validate",), ("ages",), ("apply",), ("apply",))
# Its letters would be fetched from elsewhere; any font of fixed width does.
FORM = re.sub(r"@font-face \{\{.*?\}\}\s*", "", _export_format.CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def said(folder: Path, *command: str) -> Text:
    """Return what a command says in a root."""
    environment = {**os.environ, "COLUMNS": str(WIDTH), "FORCE_COLOR": "1"}  # noqa: TID251 # a command needs its own
    arguments = [sys.executable, "-m", "keyturn", *command, "--today", DAY]
    ran = subprocess.run(arguments, cwd=folder, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 # ours
    return Text.from_ansi(ran.stdout)


def main() -> None:
    """Draw each command below the other."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "keyturn.yaml", folder)
        shutil.copytree(ROOT / "rotations", folder / "rotations")
        for command in COMMANDS:
            console.print(Text.assemble(("$ ", "green"), (f"keyturn {' '.join(command)}", "bold")))
            console.print(said(folder, *command))
    drawn = console.export_svg(title="keyturn", code_format=FORM, unique_id="terminal")
    PICTURE.write_text(drawn, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
