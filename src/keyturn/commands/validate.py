"""`keyturn validate`: every problem of every declared file, at its line and column."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn import files
from keyturn.commands import showing, workspace
from keyturn.errors import Exit, UsageError
from keyturn.model import Severity
from keyturn.render import problems

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from keyturn.commands.world import World
    from keyturn.model import Problem

EPILOG = """\
examples:
  keyturn validate                            everything below the root
  keyturn validate rotations/mixpanel.yaml    what is wrong with this file
  keyturn validate --format github            as annotations of a pull request
"""

FORMATS = ("text", "json", "markdown", "github")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add paths and format."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders to speak of (default: all)"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write the result (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Report the problems and fail where something needs correcting."""
    root = workspace.root_of(world.folder, options.root)
    asked = [_asked(world.folder / path, root) for path in options.paths]
    found = workspace.load(root, world.today)
    wanted = [problem for problem in found.problems if _is_asked_for(problem.path, asked)]
    count = sum(1 for path in found.files if _is_asked_for(path, asked))
    world.say(_written(wanted, count, options.format))
    world.summarize(f"## Validation\n\n{problems.markdown(count, wanted)}\n")
    world.output(files=count, problems=len(wanted))
    return Exit.CORRECT if any(problem.severity is Severity.ERROR for problem in wanted) else Exit.WELL


def _written(found: Sequence[Problem], count: int, form: str) -> str:
    if form == "json":
        return showing.as_json(problems.document(count, found))
    if form == "markdown":
        return problems.markdown(count, found)
    lines = problems.workflow_commands(found) if form == "github" else problems.text(found)
    return "\n".join([*lines, problems.summary(count, found)])


def _asked(path: Path, root: Path) -> str:
    """Return a path as problems name it; what is not there, not of this root, or behind a link, is refused."""
    if not path.exists() and not path.is_symlink():
        message = f"no file {path}"
        raise UsageError(message)
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - what `resolve` does would follow the links that are looked for
    at = next((each for each in (whole, *whole.parents) if each.resolve() == root), None)
    if at is None:
        message = f"{path} lies outside of {root}; say `--root DIR` where it belongs to another one"
        raise UsageError(message)
    below = whole.relative_to(at)
    if any((at / folder).is_symlink() for folder in below.parents if folder.parts):
        message = f"{path} lies behind a linked folder, in which nothing is read; give the folder itself"
        raise UsageError(message)
    return files.shown(root / below, root)


def _is_asked_for(path: str, asked: Sequence[str]) -> bool:
    return not asked or any(each in {path, "."} or path.startswith(f"{each}/") for each in asked)
