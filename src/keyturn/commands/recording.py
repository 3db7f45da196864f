"""What every record of a rotation says besides its proofs: who rotated, and when the new key begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyturn import history, policy
from keyturn.commands import moments
from keyturn.errors import UsageError
from keyturn.files import Put, Remove
from keyturn.model import Method, Version
from keyturn.model.moments import written

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import date, datetime

    from keyturn.commands.workspace import Workspace
    from keyturn.commands.world import World
    from keyturn.files import Change
    from keyturn.model import Part, Policy, Rotation

# What a person can say; the other methods are recorded by whoever asked the provider.
METHODS = [method.value for method in (Method.ATTESTED, Method.CONSOLE, Method.LAST_USED)]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add who rotated the key, and when the new one begins and ends."""
    parser.add_argument("--by", metavar="LOGIN", help="who rotated the key (default: you, as git or Actions know you)")
    parser.add_argument(
        "--created", type=moments.version, metavar="MOMENT", help="when the new key was created (default: now)"
    )
    parser.add_argument(
        "--expires", type=moments.expiry, metavar=f"MOMENT|{moments.NEVER}", help="when the new key expires"
    )


def recorder(said: str | None, subject: Rotation, found: Workspace, world: World) -> str:
    """Return who is working here: as said, as Actions or git know, else the first owner, and that is said."""
    known = said or world.environment.get("GITHUB_ACTOR") or history.user(found.root)
    if not known:
        world.tell(f"recorded as {subject.owners[0]}, the first owner; say --by LOGIN where that is wrong")
    return known or subject.owners[0]


def insist_on_first(subject: Rotation, today: date, remedy: str) -> None:
    """Refuse a second rotation of one day, which mostly is the first one recorded again; a remedy says what to do."""
    if subject.evidence and subject.version.day == today:
        message = f"a rotation was recorded today already ({subject.version}); {remedy}"
        raise UsageError(message)


def insist_on_later(subject: Rotation, created: datetime, expires: Version | str | None, now: datetime) -> None:
    """Refuse a new key that cannot have replaced the old one, or of whose end too little is said."""
    if not subject.version.at < created <= now:
        message = f"the new key must have been created after the old one ({subject.version}) and not in the future"
        raise UsageError(message)
    if isinstance(expires, Version) and expires.at <= created:
        message = f"the new key cannot expire ({expires}) before it was created ({written(created)})"
        raise UsageError(message)
    if subject.expires and expires is None:
        message = "the old key had an expiry; say when the new one expires: --expires 2027-11-21, or --expires never"
        raise UsageError(message)


def shortfall(subject: Rotation, part: Part, method: Method, rules: Policy) -> str | None:
    """Say where a part of the evidence will be too weak to close an issue, or None."""
    tier = policy.tier(subject, rules)
    if part not in rules.evidence.require or rules.evidence.suffices(tier, part, method):
        return None
    return f"{part} by {method} does not suffice for a key of tier {tier}; its issue will stay open"


def expiry(said: Version | str | None) -> Iterator[Change]:
    """Give the edit of `expires`: the old key's end says nothing about the new one, so `never` removes it."""
    if isinstance(said, Version):
        yield Put(("expires",), said.text)
    elif said is not None:
        yield Remove(("expires",))
