"""What the command line understands; of the commands only the one that is called is imported."""

from __future__ import annotations

import argparse
import importlib
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

from keyturn import __version__
from keyturn.commands import COMMANDS
from keyturn.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import date

    from keyturn.commands import Command

    Layout = Callable[..., argparse.HelpFormatter]

_STATUSES = """\
exit status:
  0  well
  1  something in the repository needs correcting, or the guard refused
  2  wrong usage
  3  the outside world did not answer, or refused
  4  a bug in keyturn
  5  stopped with work left; the next run goes on
  130  interrupted
"""


# To know how wide a terminal is, argparse loads four compressors; nobody has to know where no help is shown.
_LAYOUT = argparse.RawDescriptionHelpFormatter
_NARROW = partial(_LAYOUT, width=80)
_HELP = {"-h", "--help"}


def command(name: str) -> Command:
    """Import a command."""
    return cast("Command", importlib.import_module(f"keyturn.commands.{name}"))


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are errors like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of leaving the process."""
        text = f"{message}; see `{self.prog} --help`"
        raise UsageError(text)


def parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for these arguments; where they begin with a command, it knows that one alone."""
    chosen = [name for name in given[:1] if name in COMMANDS]
    return _parser(chosen or COMMANDS, chosen, _NARROW if chosen and not _HELP.intersection(given) else _LAYOUT)


def read(given: Sequence[str]) -> argparse.Namespace:
    """Read the arguments of one command; a slip of the keyboard is answered with what is near.

    Raises UsageError for what is not understood.
    """
    if given and not given[0].startswith("-") and given[0] not in COMMANDS:
        message = f"invalid choice: {given[0]!r}{_near(given[0], COMMANDS)}; see `keyturn --help`"
        raise UsageError(message)
    options, rest = parser(given).parse_known_args(given)
    if rest:
        near = _near(rest[0], re.findall(r"--[a-z-]+", options.verb.format_usage())) if rest[0][:1] == "-" else ""
        message = f"unrecognized arguments: {' '.join(rest)}{near}; see `keyturn {options.command} --help`"
        raise UsageError(message)
    return options


def _near(name: str, known: Iterable[str]) -> str:
    from keyturn.checks import nearest  # which only a slip has to wait for

    return nearest(name, known)


def whole() -> argparse.ArgumentParser:
    """Return the parser that knows the arguments of every command."""
    return _parser(COMMANDS, COMMANDS, _LAYOUT)


def _parser(names: Collection[str], imported: Collection[str], layout: Layout) -> argparse.ArgumentParser:
    top = _Parser(
        prog="keyturn",
        description="Rotation of third-party API keys, kept in git.",
        epilog=_STATUSES,
        formatter_class=layout,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"keyturn {__version__}")
    top.set_defaults(whole=whole)  # for the one command that speaks of all others
    # Without `prog`, argparse would lay out the usage of what has no arguments yet.
    verbs = top.add_subparsers(prog=top.prog, dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name in names:
        summary = COMMANDS[name]
        verb = verbs.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=layout,
            allow_abbrev=False,
        )
        if name in imported:
            verb.set_defaults(verb=verb)  # to be asked for its options where one is not understood
            _add_arguments(verb, command(name))
    return top


def _add_arguments(verb: argparse.ArgumentParser, called: Command) -> None:
    verb.epilog = f"{called.EPILOG}\n{_STATUSES}"
    called.arguments(verb)
    common = verb.add_argument_group("common options")
    common.add_argument("--root", type=Path, metavar="DIR", help="the folder with keyturn.yaml (default: the nearest)")
    common.add_argument("--today", type=_day, metavar="YYYY-MM-DD", help="the day to judge by (default: today in UTC)")
    common.add_argument("--quiet", action="store_true", help="print only what was asked for, and errors")


def _day(text: str) -> date:
    from keyturn.commands import moments

    return moments.day(text)
