"""Show how old every key is, then send the reminders: `keyturn ages` and `keyturn apply --only remind`.

The arguments are those of `apply`; `ages` gets the ones that it knows, and shows its table as text unless it is asked
for another of its formats.
"""

from __future__ import annotations

import argparse
import sys

from keyturn.cli import main
from keyturn.errors import Exit, worst

NOT_OURS_TO_GO_ON = (Exit.USAGE, Exit.INTERRUPTED)


def of_ages(given: list[str]) -> list[str]:
    """Leave out what only `apply` knows."""
    known = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    known.add_argument("--only")
    known.add_argument("--dry-run", action="store_true")
    known.add_argument("--force", action="store_true")
    known.add_argument("--format")
    options, rest = known.parse_known_args(given)
    return [*rest, "--format", options.format] if options.format in {"json", "markdown"} else rest


def check(given: list[str]) -> Exit:
    """Run both; the reminders are sent even where the table says that a file needs correcting."""
    reminding = ["apply", "--only", "remind", *given]
    if {"-h", "--help"}.intersection(given):
        return Exit(main(reminding))
    shown = Exit(main(["ages", *of_ages(given)]))
    if shown in NOT_OURS_TO_GO_ON:
        return shown
    reminded = Exit(main(reminding))
    return reminded if reminded in NOT_OURS_TO_GO_ON else worst(shown, reminded)


if __name__ == "__main__":
    sys.exit(check(sys.argv[1:]))
