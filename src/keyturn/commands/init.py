"""`keyturn init`: everything that a repository needs to keep its keys with keyturn, and nothing overwritten."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn import __version__, history
from keyturn.commands import decision, places
from keyturn.commands.words import fitting
from keyturn.errors import Exit, UsageError
from keyturn.files import starters
from keyturn.history.people import authors, default_branch
from keyturn.render import scaffold

if TYPE_CHECKING:
    import argparse

    from keyturn.commands.world import World
    from keyturn.render.scaffold import Made, Start

EPILOG = """\
examples:
  keyturn init keys                                      a folder of its own
  keyturn init . --owner @acme/security --writers 3      in a repository that is there already
  keyturn init . --dry-run                               only say what would be written

A file that is there already is left as it is. `evidence.four_eyes` is on where at least two people write and the issues
live on GitHub; the people are counted in the history unless --writers says how many.
"""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]*(?:/[A-Za-z0-9._-]+)?")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder and what cannot be known from it."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="the new root (default: this folder)")
    decision.arguments(parser)
    parser.add_argument(
        "--owner",
        action="append",
        type=fitting(_OWNER, "write @alice or @acme/security"),
        metavar="@NAME",
        help="who must agree to a change of policy or catalogue; may be given again (default: you, as git knows you)",
    )
    parser.add_argument("--writers", type=int, metavar="N", help="how many people may write (default: by the history)")
    parser.add_argument(
        "--branch",
        type=fitting(_BRANCH, "write for example main"),
        metavar="NAME",
        help="the default branch (default: what origin says, else main)",
    )
    parser.add_argument(
        "--release",
        type=fitting(_COMMIT, "write all 40 hexadecimal digits"),
        metavar="SHA",
        help="the commit of keyturn that the workflows run (default: the one that this is)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be written and write nothing")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Write what is missing, and say what each file is for."""
    root = (world.folder / (options.folder or options.root or ".")).resolve()
    top = _top(root)
    start = _start(root, top, world, options)
    for made in scaffold.files(starters.sources(scaffold.WORKFLOWS, [scaffold.FORM]), start):
        world.say(_written(root, made, is_top=top in {None, root}, is_dry=options.dry_run))
    world.tell(_next(root, start, is_dry=options.dry_run))
    return Exit.WELL


def _top(root: Path) -> Path | None:
    """Return the repository that a folder lies in, or will lie in."""
    return history.top(_there(root))


def _there(root: Path) -> Path:
    if root.exists() and not root.is_dir():
        message = f"{root} is no folder; name one that is empty, or not there yet, or your repository"
        raise UsageError(message)
    return next(folder for folder in (root, *root.parents) if folder.is_dir())


# -- what is known -------------------------------------------------------------------------------------------------


def _start(root: Path, top: Path | None, world: World, options: argparse.Namespace) -> Start:
    near = _there(root)
    return scaffold.Start(
        commit=options.release or commit(*starters.origin()),
        version=__version__,
        tracker=options.tracker or _tracker(near, top, world),
        writers=len(authors(near)) if options.writers is None else options.writers,
        owners=tuple(options.owner or _owners(near, world)),
        branch=options.branch or default_branch(near) or "main",
    )


def commit(told: str | None, folder: Path) -> str:
    """Return the commit of keyturn that this is; an archive from a registry does not know it."""
    found = told or (history.head(folder) if history.top(folder) == folder.resolve() else None)
    if found is None:
        message = (
            f"this keyturn does not know its own commit; say --release with the last commit that `git ls-remote "
            f"{places.SERVER}/{scaffold.HOME} 'refs/tags/v{__version__}*'` prints"
        )
        raise UsageError(message)
    return found


def _tracker(near: Path, top: Path | None, world: World) -> str:
    name = places.repository(near, world) if top else None
    return f"github:{name}" if name else "local"


def _owners(near: Path, world: World) -> list[str]:
    login = world.environment.get("GITHUB_ACTOR") or history.user(near)
    return [f"@{login}"] if login else []


# -- what is written -----------------------------------------------------------------------------------------------


def _written(root: Path, made: Made, *, is_top: bool, is_dry: bool) -> str:
    """Write one file where nothing is in its place, and say so."""
    if made.is_of_repository and not is_top:
        return f"left out {made.path}: its place is the top of the repository; write it there by hand"
    if starters.is_there(root, made.path):
        return f"kept     {made.path}: it is there already{f'; {made.by_hand}' if made.by_hand else ''}"
    if not is_dry:
        starters.add(root, made.path, made.text)
    return f"{'would be' if is_dry else 'wrote   '} {made.path}: {made.why}"


def _next(root: Path, start: Start, *, is_dry: bool) -> str:
    if is_dry:
        return "nothing was written"
    nobody = "" if start.owners else "  Name the owners in .github/CODEOWNERS, where nobody is named yet.\n"
    return (
        "\nThe schemas are keyturn's own, for editors; nobody has to read them."
        f"\nNext, in {root}:\n{nobody}"
        "  keyturn new        declares your first key; `keyturn discover` looks for those that you have\n"
        "  keyturn validate   checks what is declared\n"
        "  keyturn plan       shows the issues that it brings; `keyturn apply --tracker local` makes them as files\n"
        f"  Commit, push to {start.branch} on GitHub and run `keyturn doctor`, which says what its settings lack."
    )
