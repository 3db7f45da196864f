"""`keyturn request`: write into a rotation's file that it must be rotated now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from keyturn import files
from keyturn.commands import editing, moments, workspace
from keyturn.errors import Exit, UsageError
from keyturn.files import Put
from keyturn.model import Duration, RequestReason

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from datetime import date

    from keyturn.commands.world import World
    from keyturn.files import Plain
    from keyturn.model import Policy, Rotation

EPILOG = """\
examples:
  keyturn request mixpanel/warehouse-loader --reason leaked --note "Found in a public notebook."
  keyturn request close/crm-sync --deadline 2026-12-01
  keyturn request close/crm-sync --dry-run

It changes the file; a pull request makes it known, and merging opens the issue.
"""

AFTER_A_LEAK = Duration(2, "d")


@dataclass(frozen=True, slots=True)
class Wish:
    """Why a key is to be rotated, by when where that is said, and what else there is to say."""

    reason: RequestReason
    deadline: date | None = None
    note: str | None = None


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
    wish = Wish(RequestReason(options.reason), options.deadline, options.note)
    asked = block(subject, wish, found.policy, world.today)
    editing.change(found, subject, [asked], world, is_dry=options.dry_run)
    if not options.dry_run:
        last = deadline(asked)
        world.tell(f"{subject.path}: asked for by {last}. Commit it and open a pull request; merging opens the issue.")
    return Exit.WELL


def block(subject: Rotation, wish: Wish, policy: Policy, today: date) -> Put:
    """Return the change that asks for a rotation; raise UsageError for what no file may say."""
    last = wish.deadline or _span(wish.reason, policy).after(today)
    if last < subject.version.day:
        message = f"the deadline {last} lies before the version that must go ({subject.version})"
        raise UsageError(message)
    said = {"reason": wish.reason.value, "replaces": subject.version.text, "deadline": last.isoformat()}
    return Put(("request",), {**said, **({} if wish.note is None else {"note": _note(wish.note)})})


def deadline(asked: Put) -> str:
    """Return by when a request wants the rotation."""
    return str(cast("Mapping[str, Plain]", asked.value)["deadline"])


def _note(text: str) -> str:
    """Refuse what no file may hold, before it is looked for in one."""
    read = files.document(json.dumps(text), "--note")
    if isinstance(read, tuple):
        message = f"the note cannot be written: {read[0].message}"
        raise UsageError(message)
    return text


def _span(reason: RequestReason, policy: Policy) -> Duration:
    return AFTER_A_LEAK if reason is RequestReason.LEAKED else policy.notice
