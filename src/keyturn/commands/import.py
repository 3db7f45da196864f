"""`keyturn import`: declare the keys of a CSV file, all of them or none."""  # noqa: N999 - named as its command is

from __future__ import annotations

import re
import shlex
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.commands import declaring, naming, new, showing, workspace
from keyturn.errors import Exit, UsageError
from keyturn.files.rows import rows
from keyturn.model import Problem
from keyturn.render.days import counted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from keyturn.commands.declaring import Draft
    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Plain
    from keyturn.files.rows import Row

EPILOG = """\
examples:
  keyturn import keys.csv --dry-run
  keyturn import keys.csv --map vendor=provider --map name=key --map "owned by=owners"
  keyturn import keys.csv --partial            writes the good rows, and says what is wrong with the others

Columns: provider, key, owners, created, and whatever else a rotation says: tier, team, tags, description, environment,
expires, rotate_every, variant, consumers. Several owners or tags stand with spaces between, several consumers with `;`:
"platform=github-secret,repository=acme/etl,secret=NAME; Nightly load". An empty `created` is `unknown`.
"""

FIELDS = (
    *("provider", "key", "variant", "description", "owners", "team", "tags", "tier", "environment"),
    *("created", "enrolled", "expires", "rotate_every", "consumers"),
)
_LISTS = frozenset({"owners", "tags"})
_UNKNOWN = "unknown"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,100}")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file and how its columns are meant."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
    parser.add_argument(
        "--map", action="append", default=[], metavar="COLUMN=FIELD", help="what a column is called here"
    )
    parser.add_argument("--partial", action="store_true", help="write the good rows where others are wrong")
    parser.add_argument("--dry-run", action="store_true", help="say what is wrong and write nothing")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Judge every row, and write all of them or, with --partial, the good ones."""
    shown = options.file.name
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    read = rows(world.folder / options.file, shown)
    if isinstance(read, Problem):
        showing.complained([read], world)
        return Exit.CORRECT
    columns = _columns(options.map)
    if foreign := _foreign(read, columns):
        showing.complained([Problem(shown, 1, 1, "csv-head", foreign)], world)
        return Exit.CORRECT
    wrong, drafts = _judged(found, read, columns, shown, world)
    showing.complained(sorted(wrong), world)
    _write(found, [] if options.dry_run or (wrong and not options.partial) else drafts, world)
    world.tell(_summary(len(read), len(drafts), is_dry=options.dry_run, is_partial=options.partial))
    return Exit.CORRECT if wrong else Exit.WELL


def _summary(count: int, good: int, *, is_dry: bool, is_partial: bool) -> str:
    if is_dry or (good < count and not is_partial):
        return f"nothing was written; {good} of {counted(count, 'row')} would be good"
    return f"{good} of {counted(count, 'row')} written; open a pull request, and `keyturn plan` shows what it brings"


def _columns(given: list[str]) -> Mapping[str, str]:
    """Read `--map`; columns are known whatever their case."""
    pairs = [each.partition("=") for each in given]
    if wrong := next((name for _, _, name in pairs if name not in FIELDS), None):
        raise UsageError(f"no field {wrong!r} to map a column to; fields are {', '.join(FIELDS)}")
    return {column.strip().lower(): name for column, _, name in pairs}


# -- rows ----------------------------------------------------------------------------------------------------------


def _judged(
    found: Workspace, read: list[Row], columns: Mapping[str, str], shown: str, world: World
) -> tuple[list[Problem], list[Draft]]:
    """Return what is wrong, at the line of its row, and the files of the good rows."""
    known = naming.names(found.catalogue)
    lines: dict[str, int] = {}
    drafts: list[Draft] = []
    wrong: list[Problem] = []
    for row in read:
        try:
            draft = declaring.draft(found, _fields(row, columns, known, world))
        except UsageError as error:
            wrong.append(Problem(shown, row.line, 1, "csv-row", str(error)))
            continue
        if (earlier := lines.setdefault(draft.path, row.line)) != row.line:
            message = f"line {earlier} declares the same key; give each key of a provider a name of its own"
            wrong.append(Problem(shown, row.line, 1, "duplicate-id", message))
        else:
            drafts.append(draft)
    errors = declaring.errors(found, drafts, world.today)
    wrong += [Problem(shown, lines[each.path], 1, each.code, each.message) for each in errors]
    bad = {each.line for each in wrong}
    return wrong, [draft for draft in drafts if lines[draft.path] not in bad]


def _fields(row: Row, columns: Mapping[str, str], known: Mapping[str, str], world: World) -> Mapping[str, Plain]:
    """Turn cells into fields, with the slug of a provider; raise UsageError for a name that makes no file."""
    said: dict[str, Plain] = {}
    for column, cell in row.cells.items():
        if not column:
            raise UsageError("there are more cells than columns; put quotes around a cell that holds a separator")
        name = columns.get(column, column)
        said[name] = _value(name, cell)
    if (slug := known.get(naming.squeezed(str(said.get("provider", ""))))) is not None:
        said["provider"] = slug
    for name in ("provider", "key"):
        if not _NAME.fullmatch(str(said.get(name, ""))):
            raise UsageError(f"the cell of `{name}` must hold lower-case letters, digits, `.`, `_` and `-`")
    said = {"owners": [], "created": _UNKNOWN, "consumers": [], **said}
    return {"enrolled": world.today.isoformat(), **said} if said["created"] == _UNKNOWN else said


def _foreign(read: list[Row], columns: Mapping[str, str]) -> str | None:
    """Say of which columns nobody knows what they mean, with what to add to the command."""
    named = dict.fromkeys(column for row in read for column in row.cells if column)
    unknown = [column for column in named if columns.get(column, column) not in FIELDS]
    if not unknown:
        return None
    maps = " ".join(f"--map {shlex.quote(f'{column}={_likely(column)}')}" for column in unknown)
    return (
        f"no field {', '.join(map(repr, unknown))}; say what the columns mean, {maps}, or take them out; "
        f"fields are {', '.join(FIELDS)}"
    )


def _likely(column: str) -> str:
    near = get_close_matches(column, FIELDS, n=1)
    return near[0] if near else "FIELD"


def _value(name: str, cell: str) -> Plain:
    if name in _LISTS:
        return re.findall(r"[^\s,;@]+", cell)
    if name == "consumers":
        return [new.consumer(each) for each in cell.split(";") if each.strip()]
    return cell


def _write(found: Workspace, drafts: list[Draft], world: World) -> None:
    with showing.progress(world, len(drafts)) as step:
        for each in drafts:
            declaring.write(found, each)
            step()
