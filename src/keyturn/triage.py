"""Tell, cheaply, that the rules of `checks` about one rotation have nothing to say.

Looks at a document that fits its schema, without making values of it. May say no too often, never yes wrongly: what
is not clear at a glance is left to the rules themselves.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Document = Mapping[str, Any]

PARTS = ("new_key", "old_key", "consumers")
LONGEST = "365d"  # of the default policy, as `PARTS` is what it requires
PAUSES = {"hold": "30d", "waiver": "365d"}  # and how long each may last by it
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_SHORTEST_MONTH = 28
_DATE, _MOMENT = len("2026-11-21"), len("2026-11-21T09:00:00Z")

# What makes a rotation worth a closer look.
_CLOSER = ("variant", "params", "formerly")


class Ground(NamedTuple):
    """What rotations are judged by: the day, the policy's bounds and what the catalogue has."""

    today: str
    longest: int  # days
    pauses: Mapping[str, str]  # the day up to which each kind may surely last
    required: Collection[str]  # parts of evidence
    providers: Collection[str]  # slugs
    platforms: Collection[str]  # slugs
    has_connection: Callable[[str, str], bool]  # of a platform that is there


def ground(
    today: str,
    policy: Document,
    providers: Collection[str],
    platforms: Collection[str],
    has_connection: Callable[[str, str], bool],
) -> Ground:
    """Take from a policy's document what matters here."""
    longest = _section(policy, "cadence").get("max") or LONGEST
    required = _section(policy, "evidence").get("require")
    return Ground(
        today,
        days(longest),
        {name: _surely_after(today, policy.get(f"max_{name}") or span) for name, span in PAUSES.items()},
        PARTS if required is None else required,
        providers,
        platforms,
        has_connection,
    )


def _surely_after(day: str, duration: str) -> str:
    """Return a day that is no later than the one this long after `day`."""
    span = int(duration[:-1]) * _SHORTEST_MONTH if duration[-1] == "m" else days(duration)
    return date.fromordinal(min(date.fromisoformat(day).toordinal() + span, date.max.toordinal())).isoformat()


def _section(policy: Document, name: str) -> Document:
    return policy.get(name) or {}


def is_clear_policy(policy: Document) -> bool:
    """Tell whether a policy's document cannot contradict itself."""
    return not _section(policy, "evidence").get("four_eyes")


def days(duration: str) -> int:
    """Return a length to compare by, as `Duration.nominal_days` does."""
    return int(duration[:-1]) * _DAYS[duration[-1]]


def is_clear(rotation: Document, ground: Ground) -> bool:
    """Tell whether nothing is wrong with a rotation by itself."""
    get = rotation.get
    return (
        not any(map(get, _CLOSER))
        and rotation["provider"] in ground.providers
        and _is_timely(rotation, ground)
        and all((pause := get(name)) is None or pause["until"] <= latest for name, latest in ground.pauses.items())
        and ((request := get("request")) is None or _is_in_force(request, rotation["created"]))
        and ((evidence := get("evidence")) is None or _is_shown(evidence, rotation["created"], ground.required))
        and all(_is_known(consumer, ground) for consumer in rotation["consumers"])
    )


def _is_timely(rotation: Document, ground: Ground) -> bool:
    get, created = rotation.get, rotation["created"]
    expires, every = get("expires"), get("rotate_every")
    # A day of any offset lies a day ahead of today at most, which is tolerated.
    return (
        (created == "unknown" or created[:_DATE] <= ground.today)
        and (get("enrolled") or "") <= ground.today
        and (expires is None or _is_after(expires, created))
        and (every is None or days(every) <= ground.longest)
    )


def _is_after(later: str, earlier: str) -> bool:
    return (first := _utc(earlier)) is not None and (second := _utc(later)) is not None and second > first


def _utc(text: str) -> str | None:
    """Return a text to compare moments by, or None where the offset has to be reckoned with."""
    if len(text) == _DATE:
        return f"{text}T00:00:00Z"
    if text == "unknown":
        return ""
    return text if len(text) == _MOMENT and text[_DATE] == "T" and text[-1] == "Z" else None


def _is_in_force(request: Document, created: str) -> bool:
    start = _utc(created)
    return request["replaces"] == created and start is not None and request["deadline"] >= start[:_DATE]


def _is_shown(evidence: Document, created: str, required: Collection[str]) -> bool:
    proofs = {part: proof for part in PARTS if (proof := evidence.get(part))}
    return (
        _is_after(created, evidence["replaces"])
        and all(proof["at"] == created or _is_after(proof["at"], created) for proof in proofs.values())
        and proofs.keys() >= set(required)
    )


def _is_known(consumer: Document, ground: Ground) -> bool:
    platform, connection = consumer["platform"], consumer.get("connection")
    return platform in ground.platforms and (not connection or ground.has_connection(platform, connection))
