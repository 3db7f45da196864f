"""`keyturn validate`: every problem of every declared file, at its line and column."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keyturn.commands import roots
from keyturn.commands.scope import Found, Scope
from keyturn.errors import Exit, UsageError
from keyturn.files import tree
from keyturn.render import problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keyturn.commands.world import World
    from keyturn.model import Problem

EPILOG = """\
examples:
  keyturn validate                            everything below the root
  keyturn validate rotations/mixpanel.yaml    what is wrong with this file
  keyturn validate --changed origin/main      only what differs from there
  keyturn validate --format github            as annotations of a pull request
  keyturn validate --format sarif > keyturn.sarif
                                              for code scanning and other viewers
"""

FORMATS = ("text", "json", "markdown", "github", "sarif")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add paths and format."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders to speak of (default: all)"
    )
    parser.add_argument(
        "--shard", type=_shard, metavar="I/N", help="speak of one of N parts; the first also of what files share"
    )
    parser.add_argument(
        "--changed",
        metavar="REF",
        help="speak of what differs from where REF and HEAD parted; `REF...HEAD`: of what is committed since",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to write the result (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Report the problems and fail where something needs correcting."""
    root = roots.root_of(world.folder, options.root)
    asked = [_asked(world.folder / path, root) for path in options.paths]
    scope = _scope(asked, options.shard)
    found = _found(root, world, scope, options.changed)
    wanted, count = found.problems, found.files
    world.say(_written(wanted, count, options.format))
    world.summarize(f"## Validation\n\n{problems.markdown(count, wanted)}\n")
    world.output(files=count, problems=len(wanted))
    return Exit.CORRECT if any(problem.severity == "error" for problem in wanted) else Exit.WELL


def _found(root: Path, world: World, scope: Scope, changed: str | None) -> Found:
    if changed is not None:
        from keyturn.commands import difference

        found = difference.found(root, world.today, scope, changed)
        if isinstance(found, Found):
            return found
        world.tell(f"every file is read: {found}")
    return _whole(root, world) if scope.takes is None else _swept(root, world, scope)


def _whole(root: Path, world: World) -> Found:
    """Speak of every file, from memory where nothing has changed since."""
    from keyturn.history.program import is_repository

    if not is_repository(root):
        return _swept(root, world, Scope())
    from keyturn.commands.memory import Memory

    memory = Memory(root, world)
    if (known := memory.found()) is not None:
        return known
    found = _swept(root, world, Scope(), memory.before)
    memory.keep(found)
    return found


def _swept(root: Path, world: World, scope: Scope, listed: Callable[[int], None] | None = None) -> Found:
    from keyturn.commands import sweep  # not for what is remembered, nor before git is asked what has changed

    return sweep.found(root, world.today, scope, listed)


def _written(found: Sequence[Problem], count: int, form: str) -> str:
    if form in {"json", "sarif"}:
        return _document(found, count, form)
    if form == "markdown":
        return problems.markdown(count, found)
    lines = problems.workflow_commands(found) if form == "github" else problems.text(found)
    return "\n".join([*lines, problems.summary(count, found)])


def _document(found: Sequence[Problem], count: int, form: str) -> str:
    from keyturn.commands import showing

    if form == "json":
        return showing.as_json(problems.document(count, found))
    from keyturn.render import sarif

    return showing.as_json(sarif.document(found))


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
    return tree.named(os.path.relpath(root / below, root))


def _scope(asked: Sequence[str], shard: Shard | None) -> Scope:
    """Return what to speak of; what files claim of each other is the first shard's to say."""
    if not asked and shard is None:
        return Scope()
    return Scope(
        lambda path: _is_asked_for(path, asked) and (shard is None or shard.has(path)),
        shard is None or shard.number == 1,
        lambda path: _is_asked_for(path, asked),
    )


def _is_asked_for(path: str, asked: Sequence[str]) -> bool:
    return not asked or any(each in {path, "."} or path.startswith(f"{each}/") for each in asked)


class Shard(NamedTuple):
    """One of several parts of the files; each file is in exactly one, by a hash of its name."""

    number: int  # from 1
    of: int

    def has(self, path: str) -> bool:
        """Tell whether a file is in this part."""
        from zlib import crc32  # the same on every machine, as Python's own hash is not

        return crc32(path.encode()) % self.of == self.number - 1


def _shard(text: str) -> Shard:
    found = re.fullmatch(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", text)
    if found is None or int(found[1]) > int(found[2]):
        message = "write the number of this part and of all, for example 1/4"
        raise argparse.ArgumentTypeError(message)
    return Shard(int(found[1]), int(found[2]))
