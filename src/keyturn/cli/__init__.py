"""The command line: arguments, environment, clock and exit status; every error is caught here, once.

Only this room reads the clock and the environment. Whatever is needed only by some commands, or not by `--version`, is
imported where it is used.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from keyturn import __version__
from keyturn.errors import Exit, KeyturnError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from keyturn.commands.world import World


def program(leave: Callable[[int], object] = os._exit) -> int:
    """Be the command `keyturn`: run, say everything, and leave without taking apart what was loaded.

    Python would need a tenth of a short command's time for that.
    """
    status = main()
    if status not in {Exit.BUG, Exit.INTERRUPTED}:  # then processes of ours may still be at work, and are to be ended
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # whoever read it is gone
                stream.flush()
        leave(status)
    return status


def main(arguments: Sequence[str] | None = None, world: Callable[[Namespace], World] | None = None) -> int:
    """Run one command and return its exit status; `world` makes another one than the real one."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(given, world)
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


def _run(given: list[str], world: Callable[[Namespace], World] | None) -> Exit:
    if given == ["--version"]:  # often asked by other programs, before anything else
        sys.stdout.write(f"keyturn {__version__}\n")
        return Exit.WELL
    from keyturn.cli import arguments, surroundings

    if not given:
        sys.stderr.write(arguments.parser(given).format_help())
        return Exit.USAGE
    options = arguments.read(given)
    return arguments.command(options.command).run((world or surroundings.world)(options), options)


# -- endings -------------------------------------------------------------------------------------------------------


def _stopped(why: str, status: Exit) -> int:
    from keyturn.render.escape import terminal_lines

    sys.stderr.write(f"keyturn: {terminal_lines(why)}\n")
    return int(status)


def _left_alone() -> int:
    # The reader of our output went away (`keyturn plan | head`): nothing more can be said, and nothing is wrong.
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return int(Exit.WELL)


def _bug() -> int:
    import traceback

    traceback.print_exc()
    return _stopped(f"this is a bug in keyturn {__version__}; please report it with the lines above", Exit.BUG)
