"""The command line: arguments, environment, clock and exit status; every error is caught here, once.

Only this room reads the clock and the environment. A command's module is imported when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

from keyturn import __version__
from keyturn.commands import COMMANDS, moments
from keyturn.commands.world import World
from keyturn.errors import Exit, KeyturnError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keyturn.commands import Command

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


def main(arguments: Sequence[str] | None = None, world: Callable[[argparse.Namespace], World] | None = None) -> int:
    """Run one command and return its exit status; `world` makes another one than the real one."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(given, world or _world)
        sys.stdout.flush()  # a reader that is gone shows only now
        return int(status)
    except KeyturnError as error:
        return _stopped(str(error), error.status)
    except KeyboardInterrupt:
        return _stopped("interrupted; run again to go on", Exit.INTERRUPTED)
    except BrokenPipeError:
        return _left_alone()
    except Exception:  # noqa: BLE001 - whatever comes here is our bug, and is said to be one
        return _bug()


def _run(given: list[str], world: Callable[[argparse.Namespace], World]) -> Exit:
    options = parser(given).parse_args(given)
    command = _command(options.command)
    return command.run(world(options), options)


def _command(name: str) -> Command:
    return cast("Command", importlib.import_module(f"keyturn.commands.{name}"))


# -- arguments -----------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are errors like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of leaving the process."""
        text = f"{message}; see `{self.prog} --help`"
        raise UsageError(text)


def parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for these arguments; only the command that they name is imported."""
    top = _Parser(
        prog="keyturn",
        description="Rotation of third-party API keys, kept in git.",
        epilog=_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"keyturn {__version__}")
    chosen = next((word for word in given if word in COMMANDS), None)
    verbs = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, summary in COMMANDS.items():
        verb = verbs.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name == chosen:
            _add_arguments(verb, _command(name))
    return top


def _add_arguments(verb: argparse.ArgumentParser, command: Command) -> None:
    verb.epilog = f"{command.EPILOG}\n{_STATUSES}"
    command.arguments(verb)
    common = verb.add_argument_group("common options")
    common.add_argument("--root", type=Path, metavar="DIR", help="the folder with keyturn.yaml (default: the nearest)")
    common.add_argument(
        "--today", type=moments.day, metavar="YYYY-MM-DD", help="the day to judge by (default: today in UTC)"
    )
    common.add_argument("--quiet", action="store_true", help="print only what was asked for, and errors")


# -- the world -----------------------------------------------------------------------------------------------------


def _world(options: argparse.Namespace) -> World:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of another age shows what it can
    return World(
        folder=Path.cwd(),
        today=options.today or _now().date(),
        now=_now,
        sleep=time.sleep,
        environment=dict(os.environ),
        out=sys.stdout,
        err=sys.stderr,
        is_quiet=options.quiet,
    )


def _now() -> datetime:
    return datetime.now(UTC)


# -- endings -------------------------------------------------------------------------------------------------------


def _stopped(why: str, status: Exit) -> int:
    sys.stderr.write(f"keyturn: {why}\n")
    return int(status)


def _left_alone() -> int:
    # The reader of our output went away (`keyturn plan | head`): nothing more can be said, and nothing is wrong.
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return int(Exit.WELL)


def _bug() -> int:
    import traceback

    traceback.print_exc()
    return _stopped(f"this is a bug in {__version__}; please report it with the lines above", Exit.BUG)
