"""`keyturn record`: write into a rotation's file how it was shown to be complete."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from keyturn import history
from keyturn.commands import editing, workspace
from keyturn.errors import Exit, UsageError
from keyturn.files import Put, Remove
from keyturn.model import Method, Part, Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

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

# What a person can say; the other methods are recorded by whoever asked the provider.
METHODS = [method.value for method in (Method.ATTESTED, Method.CONSOLE, Method.LAST_USED)]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add who, when and how."""
    editing.arguments(parser)
    parser.add_argument("--by", metavar="LOGIN", help="who rotated the key (default: you, as git or Actions know you)")
    parser.add_argument("--created", type=_moment, metavar="MOMENT", help="when the new key was issued (default: now)")
    parser.add_argument("--expires", metavar="MOMENT|never", help="when the new key expires")
    parser.add_argument("--again", action="store_true", help="even though a rotation was recorded today already")
    for part in Part:
        option = f"--{part.value.replace('_', '-')}"
        parser.add_argument(option, choices=METHODS, default="attested", help="how it was shown (default: attested)")


def _moment(text: str) -> Version:
    try:
        return Version.read(text)
    except ValueError:
        message = f"not a moment: {text!r}; write 2026-11-21 or 2026-11-21T15:00:00Z"
        raise argparse.ArgumentTypeError(message) from None


def run(world: World, options: argparse.Namespace) -> Exit:
    """Write `created` and `evidence`, remove the answered request, and say what comes next."""
    found = workspace.load(workspace.root_of(world.folder, options.root), world.today)
    subject = editing.rotation(found, options.id)
    by = options.by or _recorder(found, subject, world)
    shown = {part.value: _proof(part, options, world) for part in Part if part in found.policy.evidence.require}
    is_retired = subject.retired is not None and subject.retired.since <= world.today
    changes = _ending(shown, by) if is_retired else _turning(subject, {**shown, "by": by}, options, world)
    editing.change(found, subject, changes, world, is_dry=options.dry_run)
    if not options.dry_run:
        world.tell(f"{subject.path}: recorded by {by}. Commit it and open a pull request; merging closes the issue.")
    return Exit.WELL


def _recorder(found: Workspace, subject: Rotation, world: World) -> str:
    """Return who is working here; where nobody says, the first owner is taken and that is said."""
    known = world.environment.get("GITHUB_ACTOR") or history.user(found.root)
    if not known:
        world.tell(f"recorded as {subject.owners[0]}, the first owner; say --by LOGIN where that is wrong")
    return known or subject.owners[0]


def _proof(part: Part, options: argparse.Namespace, world: World) -> Plain:
    return {"method": getattr(options, part.value), "at": _written(world.moment)}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# -- what is written -----------------------------------------------------------------------------------------------


def _ending(shown: Mapping[str, Plain], by: str) -> Sequence[Change]:
    """Give what a retired key needs: that its last version is dead."""
    return [Put(("retired", "evidence"), {Part.OLD_KEY.value: shown.get(Part.OLD_KEY.value), "by": by})]


def _turning(
    subject: Rotation, shown: Mapping[str, Plain], options: argparse.Namespace, world: World
) -> Sequence[Change]:
    """Give what a rotated key needs: its new version, and how that was shown to replace the old one."""
    created = options.created or Version.read(_written(world.moment))
    _insist_on_later(subject, created, world, is_again=options.again)
    return [
        Put(("created",), created.text),
        *_expiry(subject, options),
        Put(("evidence",), {"replaces": subject.version.text, **shown}),
        Remove(("request",)),
    ]


def _insist_on_later(subject: Rotation, created: Version, world: World, *, is_again: bool) -> None:
    if created <= subject.version or created.at > world.moment:
        message = f"the new key must have been created after the old one ({subject.version}) and not in the future"
        raise UsageError(message)
    if subject.evidence and subject.version.day == world.today and not is_again:
        message = f"a rotation was recorded today already ({subject.version}); say --again if there was another one"
        raise UsageError(message)


def _expiry(subject: Rotation, options: argparse.Namespace) -> Iterator[Change]:
    # The old key's end says nothing about the new one; kept, it would call the new key expired.
    if subject.expires and options.expires is None:
        message = "the old key had an expiry; say when the new one expires: --expires 2027-11-21, or --expires never"
        raise UsageError(message)
    if options.expires == "never":
        yield Remove(("expires",))
    elif options.expires is not None:
        yield Put(("expires",), _moment(options.expires).text)
