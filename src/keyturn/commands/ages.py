"""`keyturn ages`: how old every key is, when it is due and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn import history
from keyturn.commands import decision, showing
from keyturn.render import ages

if TYPE_CHECKING:
    import argparse

    from keyturn.commands.world import World
    from keyturn.errors import Exit

ROTATIONS = "rotations"
EPILOG = """\
examples:
  keyturn ages                                the most urgent keys first
  keyturn ages --changed                      with the day on which each key's file was last changed
  keyturn ages --today 2027-01-01             how they will stand on New Year's Day
  keyturn ages --format json | jq '.keys[] | select(.status == "overdue")'
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add tracker and format."""
    decision.arguments(parser)
    formats = ("text", "json", "markdown")
    parser.add_argument("--changed", action="store_true", help="add when each key's file was last changed")
    parser.add_argument("--format", choices=formats, default="text", help="how to write the table (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Show the table."""
    decided = decision.decide(world, options)
    changes = history.changed(decided.workspace.root, ROTATIONS) if options.changed else {}
    rows = [
        ages.age(standing, issue, world.today, changes.get(standing.rotation.path))
        for standing, issue in decided.standings
    ]
    if options.format == "json":
        world.say(showing.as_json(ages.document(world.today, rows)))
    elif options.format == "markdown":
        world.say(ages.markdown(world.today, rows))
    else:
        showing.complained(decided.workspace.problems, world)
        showing.table(world, ages.table(world.today, rows), ages.text(world.today, rows))
    showing.hints(decided, world)
    world.summarize(f"## Ages of the keys\n\n{ages.markdown(world.today, rows)}\n")
    return decided.status
