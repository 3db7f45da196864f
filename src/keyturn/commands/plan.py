"""`keyturn plan`: what the next run would do, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.commands import decision, showing
from keyturn.commands.showing import PLAN_FORMATS
from keyturn.errors import Exit, GuardError

if TYPE_CHECKING:
    import argparse

    from keyturn.commands.world import World

EPILOG = """\
examples:
  keyturn plan                                what `keyturn apply` would do now
  keyturn plan --today 2027-02-01             what it would do on that day
  keyturn plan --format markdown              for a summary or a comment
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add tracker and format."""
    decision.arguments(parser)
    parser.add_argument("--format", choices=PLAN_FORMATS, default="text", help="how to write the plan (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Show the plan; fail where a file needs correcting or the guard would refuse."""
    decided = decision.decide(world, options)
    showing.plan(decided, world, options.format)
    try:
        decided.plan.guard(decided.workspace.policy.limits)
    except GuardError as refusal:
        world.warn(str(refusal))
        return Exit.CORRECT
    return decided.status
