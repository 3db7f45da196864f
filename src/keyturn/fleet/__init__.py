"""All keys at once: the facts that every page, feed and document of a report rests on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn import policy as judge
from keyturn.fleet.past import Past
from keyturn.model import Part, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.actions import Waiting
    from keyturn.model import Catalogue, Duration, Incident, Method, Policy, Provider, Rotation
    from keyturn.policy import Standing

AHEAD = 90  # days that a report looks ahead
SOON = 14  # days that count as near

# What needs somebody comes first, by its due day; what is over or set aside comes last.
_TURN = {Status.LEAKED: 0, Status.EXPIRED: 0, Status.WAIVED: 3, Status.HELD: 2, Status.RETIRED: 3, Status.FRESH: 2}
_LATER = 1
_SET_ASIDE = frozenset({Status.WAIVED, Status.RETIRED})


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the fleet."""

    standing: Standing
    provider: Provider  # as the key's variant differs
    cadence: Duration
    age_days: int | None  # None where nobody knows
    issue: int | None  # the number of its open issue
    past: Past

    @property
    def rotation(self) -> Rotation:
        """Give what its file declares."""
        return self.standing.rotation

    @property
    def is_expected(self) -> bool:
        """Tell whether somebody is to rotate it on its due day: neither waived nor retired."""
        return self.standing.status not in _SET_ASIDE

    def is_late(self, today: date) -> bool:
        """Tell whether it should have been rotated before today."""
        return self.is_expected and self.standing.due < today


@dataclass(frozen=True, slots=True)
class Watch:
    """An incident with the keys that it names, those to be replaced first."""

    incident: Incident
    exposed: tuple[Key, ...]
    replaced: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """Every key that a root declares, as it stands today."""

    today: date
    name: str  # of the repository
    scope: str
    keys: tuple[Key, ...]  # the most urgent first
    watches: tuple[Watch, ...] = ()
    waiting: tuple[Waiting, ...] = ()  # for a place among the open issues
    errors: int = 0  # in the files: what they declare may be missing here
    is_answered: bool = True  # the tracker told about the issues
    unread: str | None = None  # why git could not tell about the past


@dataclass(frozen=True, slots=True)
class Band:
    """Keys of about the same age, and how many of them are late."""

    name: str
    total: int
    late: int


# -- gathering -----------------------------------------------------------------------------------------------------


def keys(
    standings: Iterable[tuple[Standing, int | None]],
    catalogue: Catalogue,
    policy: Policy,
    past: Mapping[str, Past],
    today: date,
) -> tuple[Key, ...]:
    """Put together what is known of every key, the most urgent first."""
    found = (_key(standing, issue, catalogue, policy, past, today) for standing, issue in standings)
    return tuple(sorted(found, key=_urgency))


def _key(  # noqa: PLR0913, PLR0917 - everything that is known of a key
    standing: Standing,
    issue: int | None,
    catalogue: Catalogue,
    policy: Policy,
    past: Mapping[str, Past],
    today: date,
) -> Key:
    rotation = standing.rotation
    return Key(
        standing=standing,
        provider=catalogue.providers[rotation.slug].variant(rotation.variant),
        cadence=judge.cadence(rotation, policy),
        age_days=None if rotation.version.is_unknown else (today - rotation.version.day).days,
        issue=issue,
        past=past.get(rotation.id, Past()),
    )


def watches(incidents: Iterable[Incident], known: Sequence[Key], today: date) -> Iterator[Watch]:
    """Pair every incident with the keys that it names."""
    for incident in incidents:
        named = [key for key in known if incident.match.matches(key.rotation)]
        states = [_is_exposed(incident, key.standing, today) for key in named]
        exposed = tuple(key for key, is_exposed in zip(named, states, strict=True) if is_exposed)
        replaced = tuple(key for key, is_exposed in zip(named, states, strict=True) if not is_exposed)
        yield Watch(incident, exposed, replaced)


def _is_exposed(incident: Incident, standing: Standing, today: date) -> bool:
    """Tell whether a key is still to be replaced because of an incident that names it."""
    is_touched = judge.is_touched(standing.rotation, incident, today, is_dead=not standing.missing)
    return is_touched or standing.status is Status.UNVERIFIED


def _urgency(key: Key) -> tuple[object, ...]:
    return turn(key.standing.status), key.standing.due, key.rotation.id


def turn(status: Status) -> int:
    """Give the place of a status where what needs somebody comes first."""
    return _TURN.get(status, _LATER)


# -- counting ------------------------------------------------------------------------------------------------------

_BANDS = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (180, "91-180"), (365, "181-365"))
_OLDER, _UNKNOWN = "366+", "unknown"


def ages(fleet: Fleet) -> tuple[Band, ...]:
    """Count the keys by their age in days."""
    total = Counter(_band(key) for key in fleet.keys)
    late = Counter(_band(key) for key in fleet.keys if key.is_late(fleet.today))
    names = (*(name for _, name in _BANDS), _OLDER, _UNKNOWN)
    return tuple(Band(name, total[name], late[name]) for name in names)


def _band(key: Key) -> str:
    if key.age_days is None:
        return _UNKNOWN
    days = key.age_days
    return next((name for most, name in _BANDS if days <= most), _OLDER)


def statuses(known: Iterable[Key]) -> Mapping[Status, int]:
    """Count the keys by status, in the order of the statuses, without those that none has."""
    counts = Counter(key.standing.status for key in known)
    return {status: counts[status] for status in Status if counts[status]}


def due_days(fleet: Fleet) -> Mapping[date, tuple[Key, ...]]:
    """Give the keys that fall due from today on, by day."""
    found: dict[date, list[Key]] = {}
    for key in sorted(fleet.keys, key=lambda key: (key.standing.due, key.rotation.id)):
        if key.is_expected and 0 <= (key.standing.due - fleet.today).days <= AHEAD:
            found.setdefault(key.standing.due, []).append(key)
    return {day: tuple(due) for day, due in found.items()}


def owners(known: Iterable[Key]) -> Mapping[str, tuple[Key, ...]]:
    """Give the keys of every owner, by login in small letters: GitHub takes no notice of case."""
    found: dict[str, list[Key]] = {}
    for key in known:
        for login in dict.fromkeys(login.lower() for login in key.rotation.owners):
            found.setdefault(login, []).append(key)
    return {login: tuple(found[login]) for login in sorted(found)}


def providers(known: Iterable[Key]) -> Mapping[str, tuple[Key, ...]]:
    """Give the keys of every provider, by its slug."""
    found: dict[str, list[Key]] = {}
    for key in known:
        found.setdefault(key.rotation.slug, []).append(key)
    return {slug: tuple(found[slug]) for slug in sorted(found)}


def late_by_owner(fleet: Fleet) -> Mapping[str, int]:
    """Count what each owner should have rotated before today, who has most of it first."""
    counts = {login: sum(key.is_late(fleet.today) for key in held) for login, held in owners(fleet.keys).items()}
    return {
        login: counts[login] for login in sorted(counts, key=lambda login: (-counts[login], login)) if counts[login]
    }


def evidence(known: Iterable[Key]) -> Mapping[Part, Mapping[Method | None, int]]:
    """Count how each part of the evidence for the version in use was shown; None where nothing is recorded."""
    shown = [_methods(key) for key in known]
    return {part: Counter(each.get(part) for each in shown) for part in Part}


def _methods(key: Key) -> Mapping[Part, Method]:
    recorded = key.rotation.evidence
    return {part: proof.method for part, proof in recorded.parts.items()} if recorded else {}
