"""Rules that one schema cannot hold: between files, against the catalogue, the policy and the calendar."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from keyturn.model import Finding, Part, Severity
from keyturn.schema import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.model import Catalogue, Incident, Param, Pause, Pointer, Policy, Provider, Request, Rotation

_NEAR = 0.7  # a name that shares less is hardly a slip of the keyboard
TOLERANCE = timedelta(days=1)  # a day begins up to fourteen hours earlier somewhere else

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FORMS: Mapping[str, tuple[str, str]] = {
    "label": (_LABEL, "one part of a host name: ASCII letters, digits and hyphens"),
    "host": (
        rf"(?:https?://)?{_LABEL}(?:\.{_LABEL}){{0,10}}(?::[0-9]{{1,5}})?",
        "a host name such as shop.acme.example, or an origin such as https://shop.acme.example:8443",
    ),
}
_PRINTABLE = r"[ -~]{1,255}"


def findings(
    rotations: Sequence[Rotation], incidents: Sequence[Incident], catalogue: Catalogue, policy: Policy, today: date
) -> Iterator[Finding]:
    """Find everything that is wrong between files; each finding names the file that should change."""
    yield from between(rotations)
    for rotation in rotations:
        yield from of_rotation(rotation, catalogue, policy, today)
    for incident in incidents:
        yield from of_incident(incident, sum(map(incident.match.matches, rotations)), len(rotations))


def between(rotations: Sequence[Rotation]) -> Iterator[Finding]:
    """Find what rotations claim of each other; only those that share an id, a former one included, matter here."""
    yield from _of_ids(rotations)
    yield from _of_former_ids(rotations)


def of_rotation(rotation: Rotation, catalogue: Catalogue, policy: Policy, today: date) -> Iterator[Finding]:
    """Find what is wrong with one rotation, whatever the others say; `triage` says of most that there is nothing."""
    yield from _of_catalogue(rotation, catalogue)
    yield from _of_time(rotation, policy, today)
    yield from _of_request(rotation)
    yield from _of_evidence(rotation, policy)


def of_name(path: str, document: object, catalogue: Catalogue) -> Iterator[Finding]:
    """Find a provider that nobody knows in a document that does not fit its schema, so that both are told at once."""
    written = document.get("provider") if isinstance(document, dict) else None
    if isinstance(written, str) and is_slug(written) and (unknown := _unknown(path, written, catalogue)):
        yield unknown


def is_slug(text: str) -> bool:
    """Tell whether a provider or platform may be called so."""
    return matches(r"[a-z0-9]+(?:-[a-z0-9]+)*", text)


def of_policy(path: str, policy: Policy) -> Iterator[Finding]:
    """Find what contradicts itself in the policy."""
    if policy.evidence.four_eyes and policy.tracker == "local":
        message = "the local tracker knows no approvals; set `four_eyes: false`, or a tracker `github:OWNER/REPO`"
        yield Finding(path, ("evidence", "four_eyes"), "four-eyes-local", message)


def nearest(name: str, names: Iterable[str]) -> str:
    """Say what was probably meant, or nothing."""
    return _nearest(name, tuple(names))


@lru_cache(maxsize=256)  # what one file gets wrong, another one does too
def _nearest(name: str, names: tuple[str, ...]) -> str:
    near = get_close_matches(name, names, n=1, cutoff=_NEAR)
    return f"; did you mean {near[0]}?" if near else ""


# -- ids -----------------------------------------------------------------------------------------------------------


def _of_ids(rotations: Sequence[Rotation]) -> Iterator[Finding]:
    for id_, same in _grouped((rotation.id, rotation) for rotation in rotations).items():
        for rotation in same if len(same) > 1 else ():
            others = ", ".join(sorted(other.path for other in same if other is not rotation))
            message = f"{id_} is declared in {others} as well; give each key of a provider a name of its own"
            yield Finding(rotation.path, ("key",), "duplicate-id", message)


def _of_former_ids(rotations: Sequence[Rotation]) -> Iterator[Finding]:
    declared = {rotation.id: rotation.path for rotation in rotations}
    claims = _grouped((former, rotation) for rotation in rotations for former in rotation.formerly)
    for former, claimants in claims.items():
        for rotation in claimants:
            others = sorted({other.path for other in claimants} - {rotation.path})
            pointer = ("formerly", rotation.formerly.index(former))
            if former in declared:
                message = f"{former} is still declared in {declared[former]}; an earlier id must be out of use"
                yield Finding(rotation.path, pointer, "formerly-in-use", message)
            elif others:
                message = f"{former} is claimed by {', '.join(others)} as well; only one key can have had it"
                yield Finding(rotation.path, pointer, "formerly-clash", message)


def _grouped(pairs: Iterable[tuple[str, Rotation]]) -> Mapping[str, list[Rotation]]:
    groups: defaultdict[str, list[Rotation]] = defaultdict(list)
    for name, rotation in pairs:
        groups[name].append(rotation)
    return groups


# -- the catalogue -------------------------------------------------------------------------------------------------


def _of_catalogue(rotation: Rotation, catalogue: Catalogue) -> Iterator[Finding]:
    if unknown := _unknown(rotation.path, rotation.provider, catalogue):
        yield unknown
    else:
        yield from _of_provider(rotation, catalogue.providers[catalogue.slug(rotation.provider)])
    yield from _of_platforms(rotation, catalogue)


def _unknown(path: str, written: str, catalogue: Catalogue) -> Finding | None:
    if catalogue.slug(written) in catalogue.providers:
        return None
    near = nearest(written, (*catalogue.providers, *catalogue.aliases))
    own = f"; give it a file providers/{written}.yaml with its `name` and `strategy`"
    return Finding(path, ("provider",), "unknown-provider", f"no provider named {written}{near or own}")


def _of_provider(rotation: Rotation, provider: Provider) -> Iterator[Finding]:
    if rotation.variant and rotation.variant not in provider.variants:
        near = nearest(rotation.variant, provider.variants)
        known = f"; it has {', '.join(provider.variants)}" if provider.variants else "; it has none"
        message = f"{provider.name} has no variant {rotation.variant}{near or known}"
        yield Finding(rotation.path, ("variant",), "unknown-variant", message)
    yield from _of_params(rotation, provider.variant(rotation.variant))


def _of_params(rotation: Rotation, provider: Provider) -> Iterator[Finding]:
    for name, value in rotation.params.items():
        param = provider.params.get(name)
        if param is None:
            near = nearest(name, provider.params)
            known = f"; it has {', '.join(provider.params)}" if provider.params else "; it has none"
            message = f"{provider.name} asks for no param {name}{near or known}"
            yield Finding(rotation.path, ("params", name), "unknown-param", message, on_key=True)
        elif (form := _misfit(param, value)) is not None:
            yield Finding(rotation.path, ("params", name), "param-form", f"{name} must be {form}")


def _misfit(param: Param, value: str) -> str | None:
    """Say which form a value should have had, or None where it fits."""
    pattern, form = _FORMS.get(param.kind, (param.pattern or _PRINTABLE, param.describe or "printable ASCII text"))
    return None if matches(pattern, value) else form


def _of_platforms(rotation: Rotation, catalogue: Catalogue) -> Iterator[Finding]:
    for index, consumer in enumerate(rotation.consumers):
        platform = catalogue.platforms.get(consumer.platform)
        if platform is None:
            near = nearest(consumer.platform, catalogue.platforms)
            hint = f"; add platforms/{consumer.platform}.yaml, or use `manual`"
            message = f"no platform named {consumer.platform}{near or hint}"
            yield Finding(rotation.path, ("consumers", index, "platform"), "unknown-platform", message)
        elif consumer.connection and consumer.connection not in platform.connections:
            near = nearest(consumer.connection, platform.connections)
            known = f"; it has {', '.join(platform.connections)}"
            message = f"{platform.name} has no connection {consumer.connection}{near or known}"
            yield Finding(rotation.path, ("consumers", index, "connection"), "unknown-connection", message)


# -- time ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bound:
    """A pause of a file, and how far from today it may reach."""

    name: str
    pause: Pause
    latest: date


def _of_time(rotation: Rotation, policy: Policy, today: date) -> Iterator[Finding]:
    if rotation.version.day - today > TOLERANCE:
        message = f"created lies in the future (today is {today}); write when the key was issued"
        yield Finding(rotation.path, ("created",), "created-in-future", message)
    if rotation.enrolled and rotation.enrolled - today > TOLERANCE:
        message = f"enrolled lies in the future (today is {today}); write when the key was declared here"
        yield Finding(rotation.path, ("enrolled",), "enrolled-in-future", message)
    if rotation.expires and rotation.expires <= rotation.version.at:
        message = "the key expires before it was created; correct `expires` or `created`"
        yield Finding(rotation.path, ("expires",), "expires-before-created", message)
    if rotation.rotate_every and rotation.rotate_every.nominal_days > policy.cadence.max.nominal_days:
        message = f"{rotation.rotate_every} is longer than the policy's `cadence.max`, {policy.cadence.max}"
        yield Finding(rotation.path, ("rotate_every",), "cadence-too-long", message)
    for bound in _bounds(rotation, policy, today):
        if bound.pause.until > bound.latest:
            message = f"a {bound.name} may last until {bound.latest} at most (`max_{bound.name}` of the policy)"
            yield Finding(rotation.path, (bound.name, "until"), f"{bound.name}-too-long", message)


def _bounds(rotation: Rotation, policy: Policy, today: date) -> Iterator[_Bound]:
    if rotation.hold:
        yield _Bound("hold", rotation.hold, policy.max_hold.after(today))
    if rotation.waiver:
        yield _Bound("waiver", rotation.waiver, policy.max_waiver.after(today))


# -- requests and evidence -----------------------------------------------------------------------------------------


def _of_request(rotation: Rotation) -> Iterator[Finding]:
    if request := rotation.request:
        yield from _of_requested_version(rotation, request)
        if request.deadline < request.replaces.day:
            message = "the deadline lies before the version that it replaces; write the day it must be done by"
            yield Finding(rotation.path, ("request", "deadline"), "request-deadline", message)


def _of_requested_version(rotation: Rotation, request: Request) -> Iterator[Finding]:
    pointer: Pointer = ("request", "replaces")
    if request.replaces > rotation.version:
        message = f"no such version: `created` is {rotation.version}; write that version to have it rotated"
        yield Finding(rotation.path, pointer, "request-version", message)
    elif request.replaces < rotation.version:
        message = "this request was answered by a later version; remove the block `request`"
        yield Finding(rotation.path, ("request",), "leftover-request", message, Severity.WARNING, on_key=True)


def _of_evidence(rotation: Rotation, policy: Policy) -> Iterator[Finding]:
    evidence = rotation.evidence
    if evidence is None:
        return
    if evidence.replaces >= rotation.version:
        message = f"the evidence replaces {evidence.replaces}, which is not before `created`, {rotation.version}"
        yield Finding(rotation.path, ("evidence", "replaces"), "evidence-order", message)
    for part, proof in evidence.parts.items():
        if proof.at < rotation.version.at:
            message = f"{part} was shown before `created`; evidence of an earlier rotation does not count"
            yield Finding(rotation.path, ("evidence", part.value, "at"), "evidence-stale", message, Severity.WARNING)
    if missing := [part for part in Part if part in policy.evidence.require and part not in evidence.parts]:
        message = f"the evidence lacks {', '.join(missing)}; its issue stays open until that is recorded"
        yield Finding(rotation.path, ("evidence",), "evidence-incomplete", message, Severity.WARNING, on_key=True)


# -- incidents -----------------------------------------------------------------------------------------------------


def of_incident(incident: Incident, count: int, of: int) -> Iterator[Finding]:
    """Find what is wrong with an incident that matches so many of all keys."""
    if count == 0 and incident.matches != "none":
        message = "this matches no key at all; correct `match`, or say `matches: none` if that is meant"
        yield Finding(incident.path, ("match",), "incident-matches-none", message, on_key=True)
    elif count and count == of and incident.matches != "all":
        message = "this matches every key; narrow `match`, or say `matches: all` if that is meant"
        yield Finding(incident.path, ("match",), "incident-matches-all", message, on_key=True)
