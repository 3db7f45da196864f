"""What git remembers of a key: its versions, and who changed what of it when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from keyturn.model import Evidence, Rotation, Version


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a commit made of a key's file."""

    commit: str
    at: datetime
    author: str
    rotation: Rotation


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit changed of a key, in words."""

    commit: str
    at: datetime
    author: str
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """One version of a key: since when, until when, and how the rotation to it was shown to be complete."""

    version: Version
    commit: str  # that brought it
    author: str
    until: Version | None = None  # what replaced it
    evidence: Evidence | None = None  # the last that was recorded


@dataclass(frozen=True, slots=True)
class Past:
    """The history of one key, the newest first."""

    lives: tuple[Life, ...] = ()
    changes: tuple[Change, ...] = ()


def pasts(rotations: Iterable[Rotation], snapshots: Iterable[Snapshot]) -> Mapping[str, Past]:
    """Tell the history of every rotation, its former ids included; takes the snapshots oldest first."""
    declared = list(rotations)
    names = {former: rotation.id for rotation in declared for former in rotation.formerly}
    names |= {rotation.id: rotation.id for rotation in declared}
    by_id: defaultdict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        if snapshot.rotation.id in names:
            by_id[names[snapshot.rotation.id]].append(snapshot)
    return {id_: _past(known) for id_, known in by_id.items()}


def _past(known: Sequence[Snapshot]) -> Past:
    return Past(tuple(reversed(list(_lives(known)))), tuple(reversed(list(_changes(known)))))


def _lives(known: Sequence[Snapshot]) -> Iterator[Life]:
    first: dict[Version, Snapshot] = {}
    last: dict[Version, Snapshot] = {}
    for snapshot in known:
        first.setdefault(snapshot.rotation.version, snapshot)
        last[snapshot.rotation.version] = snapshot
    versions = sorted(first)
    for version, following in zip(versions, (*versions[1:], None), strict=True):
        brought = first[version]
        yield Life(version, brought.commit, brought.author, following, last[version].rotation.evidence)


def _changes(known: Sequence[Snapshot]) -> Iterator[Change]:
    for before, after in zip((None, *known), known, strict=False):
        if said := tuple(_said(before.rotation if before else None, after.rotation)):
            yield Change(after.commit, after.at, after.author, said)


# Only dates, logins and words of ours are told: a text that stood in a file once was perhaps taken out with reason.
def _said(old: Rotation | None, new: Rotation) -> Iterator[str]:
    if old is None:
        yield f"declared, created {new.version}"
        return
    if old.id != new.id:
        yield f"renamed from {old.id}"
    if old.version < new.version:
        yield f"rotated: {new.version} replaces {old.version}"
    elif old.version != new.version:
        yield f"created corrected from {old.version} to {new.version}"
    yield from _recorded(old, new)
    yield from _paused(old, new)
    if old.owners != new.owners:
        yield f"owners: {', '.join(new.owners)} instead of {', '.join(old.owners)}"
    if old.rotate_every != new.rotate_every:
        yield f"rotated every {new.rotate_every or 'policy'} instead of {old.rotate_every or 'policy'}"
    if old.tier != new.tier:
        yield f"tier {new.tier or 'by policy'} instead of {old.tier or 'by policy'}"


def _recorded(old: Rotation, new: Rotation) -> Iterator[str]:
    if new.evidence and new.evidence != old.evidence:
        parts = (f"{part} by {proof.method}" for part, proof in new.evidence.parts.items())
        yield f"evidence recorded by {new.evidence.by}: {', '.join(parts) or 'no part yet'}"
    request = new.request_in_force
    if request and request != old.request:
        yield f"rotation requested by {request.deadline}: {request.reason}"
    if old.request_in_force and new.request is None and old.version == new.version:
        yield "request withdrawn"


def _paused(old: Rotation, new: Rotation) -> Iterator[str]:
    for what, before, after in (("hold", old.hold, new.hold), ("waiver", old.waiver, new.waiver)):
        if after and after != before:
            yield f"{what} until {after.until}"
        if before and not after:
            yield f"{what} ended"
    if new.retired and new.retired != old.retired:
        yield f"retired since {new.retired.since}"
