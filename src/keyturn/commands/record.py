"""`keyturn record`: write into a rotation's file how it was shown to be complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn.commands import editing, recording, workspace
from keyturn.errors import Exit, UsageError
from keyturn.files import Put, Remove
from keyturn.model import Method, Part, Version
from keyturn.model.moments import written

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Change, Plain
    from keyturn.model import Rotation

EPILOG = """\
examples:
  keyturn record mixpanel/warehouse-loader                      everything attested by you, now
  keyturn record close/crm-sync --old-key console --by alice    you saw in the console that it is gone
  keyturn record stripe/billing --expires 2027-11-21            the new key expires then

It changes the file; once its pull request is merged, the issue closes. Record only what you have done and seen.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add who, when and how."""
    editing.arguments(parser)
    recording.arguments(parser)
    parser.add_argument("--again", action="store_true", help="even though it was recorded today already")
    for part in Part:
        parser.add_argument(_option(part), choices=recording.METHODS, help="how it was shown (default: attested)")


def _option(part: Part) -> str:
    return f"--{part.value.replace('_', '-')}"


def run(world: World, options: argparse.Namespace) -> Exit:
    """Write `created` and `evidence`, remove the answered request, and say what comes next."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    subject = editing.rotation(found, options.id)
    by = recording.recorder(options.by, subject, found, world)
    shown = _proofs(found, subject, options, world)
    if subject.retired is not None and subject.retired.since <= world.today:
        changes = _ending(subject, {**shown, "by": by}, options)
    else:
        changes = _turning(subject, {**shown, "by": by}, options, world)
    editing.change(found, subject, changes, world, is_dry=options.dry_run)
    if not options.dry_run:
        told = ", ".join(f"{name} {proof['method']}" for name, proof in shown.items())
        world.tell(f"{subject.path}: recorded by {by}: {told}.")
        world.tell("Look at it, commit it and open a pull request; merging closes the issue.")
    return Exit.WELL


def _proofs(
    found: Workspace, subject: Rotation, options: argparse.Namespace, world: World
) -> Mapping[str, Mapping[str, Plain]]:
    """Give the parts that are required or said to be shown; of a key without a successor only its death can be."""
    is_retired = subject.retired is not None and subject.retired.since <= world.today
    parts = [part for part in Part if getattr(options, part.value) or part in found.policy.evidence.require]
    methods = {part: Method(getattr(options, part.value) or Method.ATTESTED) for part in parts}
    if is_retired:
        methods = {part: method for part, method in methods.items() if part is Part.OLD_KEY}
    for part, method in methods.items():
        if short := recording.shortfall(subject, part, method, found.policy):
            world.warn(short)
    at = written(world.moment)
    return {part.value: {"method": method.value, "at": at} for part, method in methods.items()}


# -- what is written -----------------------------------------------------------------------------------------------


def _ending(subject: Rotation, evidence: Mapping[str, Plain], options: argparse.Namespace) -> Sequence[Change]:
    """Give what a retired key needs: that its last version is dead."""
    said = [name for name in ("created", "expires", "new_key", "consumers") if getattr(options, name) is not None]
    if said:
        message = f"{subject.id} is retired and has no new key: leave out --{said[0].replace('_', '-')}"
        raise UsageError(message)
    if subject.retired and subject.retired.evidence and not options.again:
        message = f"the end of {subject.id} was recorded already; say --again to write it anew"
        raise UsageError(message)
    return [Put(("retired", "evidence"), evidence)]


def _turning(
    subject: Rotation, shown: Mapping[str, Plain], options: argparse.Namespace, world: World
) -> Sequence[Change]:
    """Give what a rotated key needs: its new version, and how that was shown to replace the old one."""
    created = options.created or Version.read(written(world.moment))
    recording.insist_on_later(subject, created.at, options.expires, world.moment)
    if not options.again:
        recording.insist_on_first(subject, world.today, "say --again if there was another one")
    return [
        Put(("created",), created.text),
        *recording.expiry(options.expires),
        Put(("evidence",), {"replaces": subject.version.text, **shown}),
        Remove(("request",)),
    ]
