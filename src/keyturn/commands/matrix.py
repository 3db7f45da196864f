"""`keyturn matrix`: how to divide the declared files among the jobs of a GitHub Actions matrix."""

from __future__ import annotations

import argparse
import json
import re
from typing import TYPE_CHECKING

from keyturn.commands import roots
from keyturn.errors import Exit
from keyturn.files import tree

if TYPE_CHECKING:
    from pathlib import Path

    from keyturn.commands.world import World

EPILOG = """\
examples:
  keyturn matrix                              {"shard": ["1/1"]}, while one job is enough
  keyturn matrix --per 2500                   {"shard": ["1/4", "2/4", "3/4", "4/4"]} for 10,000 files
  keyturn validate --shard 2/4                what one of these jobs runs

In Actions it sets the output `matrix`, for `strategy: {matrix: ${{ fromJSON(needs.<job>.outputs.matrix) }}}`.
"""

PER = 50_000  # files; a job takes longer to start than to validate as many
MOST = 256  # jobs of one matrix; GitHub starts no more


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add how many files a job gets."""
    help_ = f"how many files a job gets (default: {PER}); more where GitHub's {MOST} jobs would not do"
    parser.add_argument("--per", type=_count, default=PER, metavar="N", help=help_)


def run(world: World, options: argparse.Namespace) -> Exit:
    """Print the matrix and set it as an output of the step."""
    number = shards(declared(roots.root_of(world.folder, options.root)), options.per)
    text = json.dumps({"shard": [f"{shard}/{number}" for shard in range(1, number + 1)]})
    world.say(text)
    world.output(matrix=text)
    return Exit.WELL


def shards(count: int, per: int) -> int:
    """Return how many jobs that many files need; one where there are none."""
    return min(MOST, max(1, -(-count // per)))


def declared(root: Path) -> int:
    """Count what stands below a root's `rotations` and `incidents`, as `validate` does."""
    listings = (tree.listing(str(root / folder)) for folder in ("rotations", "incidents"))
    return sum(listing.count + len(listing.faults) for listing in listings)


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        message = "write a number of files, at least 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)
