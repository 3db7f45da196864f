"""`keyturn request`: write into a rotation's file that it must be rotated now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from keyturn import files
from keyturn.commands import editing, moments, workspace
from keyturn.errors import Exit, UsageError
from keyturn.files import Put
from keyturn.model import Duration, RequestReason

if TYPE_CHECKING:
    import argparse

    from keyturn.commands.world import World
    from keyturn.model import Policy

EPILOG = """\
examples:
  keyturn request mixpanel/warehouse-loader --reason leaked --note "Found in a public notebook."
  keyturn request close/crm-sync --deadline 2026-12-01
  keyturn request close/crm-sync --dry-run

It changes the file; a pull request makes it known, and merging opens the issue.
"""

AFTER_A_LEAK = Duration(2, "d")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add why, until when and what else there is to say."""
    editing.arguments(parser)
    parser.add_argument("--reason", choices=[*map(str, RequestReason)], default="other", help="why (default: other)")
    parser.add_argument(
        "--deadline",
        type=moments.day,
        metavar="YYYY-MM-DD",
        help="when it must be done (default: the policy's notice from today; two days after a leak)",
    )
    parser.add_argument("--note", metavar="TEXT", help="what those who rotate should know; never the key itself")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Write the request block and say what comes next."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    subject = editing.rotation(found, options.id)
    reason = RequestReason(options.reason)
    deadline = options.deadline or _span(reason, found.policy).after(world.today)
    if deadline < subject.version.day:
        message = f"the deadline {deadline} lies before the version that must go ({subject.version})"
        raise UsageError(message)
    block = {"reason": reason.value, "replaces": subject.version.text, "deadline": deadline.isoformat()}
    note = {} if options.note is None else {"note": _note(options.note)}
    editing.change(found, subject, [Put(("request",), {**block, **note})], world, is_dry=options.dry_run)
    if not options.dry_run:
        world.tell(
            f"{subject.path}: asked for by {deadline}. Commit it and open a pull request; merging opens the issue."
        )
    return Exit.WELL


def _note(text: str) -> str:
    """Refuse what no file may hold, before it is looked for in one."""
    read = files.document(json.dumps(text), "--note")
    if isinstance(read, tuple):
        message = f"the note cannot be written: {read[0].message}"
        raise UsageError(message)
    return text


def _span(reason: RequestReason, policy: Policy) -> Duration:
    return AFTER_A_LEAK if reason is RequestReason.LEAKED else policy.notice
