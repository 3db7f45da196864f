"""Which rotations a list of conditions means, and what leaked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from keyturn.model.rotation import Rotation


INCIDENTS = "incidents/"  # what the ids of incidents begin with


@dataclass(frozen=True, slots=True)
class Match:
    """Lists that must all match; an empty one does not constrain."""

    providers: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()

    def matches(self, rotation: Rotation) -> bool:
        """Tell whether every given list has something of this rotation."""
        return (
            _meets(self.providers, {rotation.provider, rotation.slug})
            and _meets(self.tags, rotation.tags)
            and _meets(self.owners, rotation.owners)
            and _meets(self.ids, {rotation.id, *rotation.formerly})
            and _meets(self.environments, {rotation.environment})
        )


def _meets(wanted: frozenset[str], given: set[str] | set[str | None] | tuple[str, ...]) -> bool:
    return not wanted or not wanted.isdisjoint(given)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something leaked; every version that it touches must be rotated now."""

    path: str
    summary: str
    match: Match
    matches: str  # some | none | all: what its author expects
    respond_by: date
    exposed_since: datetime | None = None
    exposed_until: datetime | None = None
    link: str | None = None

    @property
    def id(self) -> str:
        """Give the id of its issue: `incidents/` and the file's name without its ending."""
        return f"{INCIDENTS}{self.path.rpartition('/')[2].rpartition('.')[0]}"

    def affects(self, rotation: Rotation) -> bool:
        """Tell whether the version in use was exposed."""
        is_exposed = self.exposed_until is None or rotation.version.at < self.exposed_until
        return is_exposed and self.match.matches(rotation)
