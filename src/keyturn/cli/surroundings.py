"""The real clock, environment, folder and terminal."""

from __future__ import annotations

import io
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.commands.world import World

if TYPE_CHECKING:
    from argparse import Namespace


def world(options: Namespace) -> World:
    """Give a command what is really around it."""
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
        answers=sys.stdin if sys.stdin is not None and sys.stdin.isatty() else None,
    )


def _now() -> datetime:
    return datetime.now(UTC)
