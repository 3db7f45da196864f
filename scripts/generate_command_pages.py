"""Write docs/commands/: a page for every command, from what its `--help` says.

With `--check` nothing is written: it names what differs, and exits with 1 if anything does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import page_folder

from keyturn.cli import arguments
from keyturn.commands import COMMANDS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

FOLDER = Path("docs/commands")
SCRIPT = "scripts/generate_command_pages.py"
HIDDEN = ("help", "root", "today", "quiet")  # every command has them: they stand in the index
INDEX = """\
# Commands

`keyturn COMMAND --help` shows on a terminal what these pages say.

{table}

Every command understands these, too:

{common}

## Exit status

{statuses}

Of several the first of 4, 3, 1, 5 wins.
"""


def pages(root: Path) -> Mapping[Path, str]:
    """Map every file of the folder to what it has to hold."""
    del root  # the commands are those that are installed
    texts = {FOLDER / f"{name}.md": _page(name) for name in COMMANDS}
    return {**texts, FOLDER / "README.md": _index()}


def _index() -> str:
    commands = _table(("Command", "Does"), [(f"[`keyturn {name}`]({name}.md)", COMMANDS[name]) for name in COMMANDS])
    common = [each for each in _actions(_verb("plan")) if each.dest in HIDDEN]
    statuses = _table(("Status", "Means"), [tuple(line.split(maxsplit=1)) for line in _statuses()])
    text = INDEX.format(table=commands, common=_options(common), statuses=statuses)
    return f"{page_folder.mark(SCRIPT, 'src/keyturn/commands/')}\n{text}"


def _page(name: str) -> str:
    verb = _verb(name)
    actions = [each for each in _actions(verb) if each.dest not in HIDDEN]
    parts = [
        page_folder.mark(SCRIPT, f"src/keyturn/commands/{name}.py"),
        f"# keyturn {name}\n",
        f"{verb.description}\n",
        f"```text\n{_usage(name, actions)}\n```\n",
        *([f"{_options(actions)}\n"] if actions else []),
        "And the [options of every command](README.md), which also has the exit statuses.\n",
        *_closing(arguments.command(name).EPILOG),
    ]
    return "\n".join(parts)


def _verb(name: str) -> argparse.ArgumentParser:
    top = arguments.parser([name])
    found: argparse.ArgumentParser = _actions(top)[-1].choices[name]  # type: ignore[index] # the sub-parsers
    return found


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001 # argparse shows them in no other way


def _usage(name: str, actions: Sequence[argparse.Action]) -> str:
    places = (_many(each, str(each.metavar or each.dest)) for each in actions if not each.option_strings)
    needed = (_flag(each) for each in actions if each.option_strings and each.required)
    return " ".join(["keyturn", name, "[OPTIONS]", *needed, *places])


def _many(action: argparse.Action, name: str) -> str:
    return {"*": f"[{name} ...]", "+": f"{name} [{name} ...]", "?": f"[{name}]"}.get(str(action.nargs), name)


def _flag(action: argparse.Action) -> str:
    name = action.option_strings[-1]
    if action.nargs == 0:
        return name
    choices = "|".join(str(each) for each in action.choices or ())
    return f"{name} {action.metavar or choices or action.dest.upper()}"


def _options(actions: Sequence[argparse.Action]) -> str:
    rows = [
        (f"`{_flag(each) if each.option_strings else each.metavar or each.dest}`".replace("|", "\\|"), _help(each))
        for each in actions
    ]
    return _table(("Option", "Meaning"), rows)


def _help(action: argparse.Action) -> str:
    text = (action.help or "").replace("%%", "%").replace("|", "\\|")
    return _inert(f"{text[:1].upper()}{text[1:]}.")


def _inert(text: str) -> str:
    """Keep what stands in angle brackets from being read as HTML; code never is."""
    return "`".join(part if code % 2 else part.replace("<", "&lt;") for code, part in enumerate(text.split("`")))


def _closing(epilog: str) -> Iterator[str]:
    """Yield the examples as they would be typed, and what is said below them."""
    examples, _, rest = epilog.removeprefix("examples:\n").partition("\n\n")
    lines = [line.removeprefix("  ") for line in examples.splitlines()]
    yield "## Examples\n\n```console\n" + "\n".join(lines) + "\n```\n"
    if rest.strip():
        yield f"{_inert(rest.strip())}\n"


def _statuses() -> list[str]:
    epilog = arguments.parser([]).epilog or ""
    return [line.strip() for line in epilog.splitlines() if line.startswith("  ")]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(page_folder.run(sys.argv[1:], __doc__, SCRIPT, (FOLDER, "command", pages)))
