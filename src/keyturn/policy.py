"""When a key is due and how it stands: pure functions of its file, its issue, the policy and today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from keyturn.model import Method, Part, RequestReason, Status, Tier, Why
from keyturn.model.moments import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from keyturn.model import (
        Confirmation,
        Duration,
        Evidence,
        FourEyes,
        Incident,
        Marker,
        Policy,
        Proof,
        RetirementEvidence,
        Rotation,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rotation stands today, and why."""

    rotation: Rotation
    tier: Tier
    due: date
    status: Status
    why: Why
    incident: Incident | None
    missing: tuple[str, ...]  # what keeps its evidence from being complete, whether or not it is asked for yet
    is_proved: bool  # what the issue asked for is done, and shown to be
    confirmation: Confirmation | None = None  # what its evidence was weighed by; None where it counts as written


def standing(  # noqa: PLR0913 - everything that a judgement rests on
    rotation: Rotation,
    issue: Marker | None,
    policy: Policy,
    incidents: Sequence[Incident],
    today: date,
    *,
    confirmation: Confirmation | None = None,
) -> Standing:
    """Judge one rotation; `issue` is the marker of its issue, where it has one that still counts.

    With a `confirmation` evidence counts for what outside answers make of it; without one it counts as written.
    """
    asked = _asked(rotation, policy)
    is_replaced = _is_replaced(rotation, issue, today)
    missing = tuple(_missing(rotation, issue, policy, today))
    if confirmation and not missing and is_replaced:
        missing = tuple(_unconfirmed(rotation, policy, today, confirmation))
    touching = (each for each in incidents if is_touched(rotation, each, today, is_dead=not missing))
    incident = min(touching, key=lambda each: each.respond_by, default=None)
    return Standing(
        rotation=rotation,
        tier=asked.tier,
        due=_due(asked, incident),
        status=_special_status(rotation, issue, incident, today, is_complete=not missing)
        or _plain_status(asked, today),
        why=_why(asked, incident, today),
        incident=incident,
        missing=missing,
        is_proved=is_replaced and not missing,
        confirmation=confirmation,
    )


# -- tier, cadence, due --------------------------------------------------------------------------------------------


def tier(rotation: Rotation, policy: Policy) -> Tier:
    """Return the rotation's own tier, else the first that a rule gives it, else standard."""
    ruled = (rule.tier for rule in policy.rules if rule.tier and rule.match.matches(rotation))
    return rotation.tier or next(ruled, Tier.STANDARD)


def cadence(rotation: Rotation, policy: Policy) -> Duration:
    """Return how often the key must be rotated: its own word, else the first rule's, else its tier's."""
    return _cadence(rotation, policy, tier(rotation, policy))


def due(rotation: Rotation, policy: Policy, incident: Incident | None = None) -> date:
    """Return the day on which the version in use must have been replaced; a hold only ever moves it later."""
    return _due(_asked(rotation, policy), incident)


def notice_from(rotation: Rotation, policy: Policy, day: date) -> date:
    """Return the first day of the notice window before `day`: the notice, or if less a quarter of the cadence."""
    return _notice_from(_asked(rotation, policy), day)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the policy asks of one rotation whatever day it is; found once for all that rests on it."""

    rotation: Rotation
    policy: Policy
    tier: Tier
    cadence: Duration
    by_age: date  # the day on which the version in use is as old as it may become
    by_expiry: date | None


def _asked(rotation: Rotation, policy: Policy) -> _Asked:
    rank = tier(rotation, policy)
    rhythm = _cadence(rotation, policy, rank)
    every = policy.unknown_within if rotation.version.is_unknown else rhythm
    expires = rotation.expires and policy.expiry_margin.before(rotation.expires.date())
    return _Asked(rotation, policy, rank, rhythm, every.after(_started(rotation)), expires)


def _cadence(rotation: Rotation, policy: Policy, rank: Tier) -> Duration:
    ruled = (rule.rotate_every for rule in policy.rules if rule.rotate_every and rule.match.matches(rotation))
    return rotation.rotate_every or next(ruled, None) or policy.cadence.of(rank)


def _due(asked: _Asked, incident: Incident | None = None) -> date:
    rotation, first = asked.rotation, min(_deadlines(asked, incident))
    if rotation.hold is None or incident or is_leaked(rotation):
        return first
    return max(first, min(rotation.hold.until, _day(rotation.expires) or date.max))


def _deadlines(asked: _Asked, incident: Incident | None) -> Iterator[date]:
    yield asked.by_age
    if asked.by_expiry:
        yield asked.by_expiry
    if request := asked.rotation.request_in_force:
        yield request.deadline
    if incident:
        yield incident.respond_by


def _notice_from(asked: _Asked, day: date) -> date:
    start = _started(asked.rotation)
    quarter = (asked.cadence.after(start) - start).days // 4
    return max(asked.policy.notice.before(day), date.fromordinal(max(day.toordinal() - quarter, 1)))


def _started(rotation: Rotation) -> date:
    is_dated = rotation.enrolled is None or not rotation.version.is_unknown
    return rotation.version.day if is_dated else rotation.enrolled or rotation.version.day


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


# -- status --------------------------------------------------------------------------------------------------------


def is_leaked(rotation: Rotation) -> bool:
    """Tell whether a request in force says that strangers may know the version in use."""
    request = rotation.request_in_force
    return request is not None and request.reason is RequestReason.LEAKED


def _special_status(
    rotation: Rotation, issue: Marker | None, incident: Incident | None, today: date, *, is_complete: bool
) -> Status | None:
    """Return the status of a key that its calendar does not decide about."""
    is_retired = _is_retired(rotation, today)
    if incident or (is_leaked(rotation) and not (is_retired and is_complete)):
        return Status.LEAKED
    if not is_complete and (_is_replaced(rotation, issue, today) or _claims(rotation, issue)):
        return Status.UNVERIFIED
    if is_retired:
        return Status.RETIRED
    return Status.EXPIRED if rotation.expires and today >= rotation.expires.date() else None


def _plain_status(asked: _Asked, today: date) -> Status:
    rotation = asked.rotation
    if rotation.request_in_force:
        return Status.REQUESTED
    if rotation.waiver and today < rotation.waiver.until:
        return Status.WAIVED
    if rotation.hold and today < rotation.hold.until:
        return Status.HELD
    return _calendar_status(asked, today)


def _calendar_status(asked: _Asked, today: date) -> Status:
    day = _due(asked)
    if today > day:
        return Status.OVERDUE
    if today == day:
        return Status.DUE
    return Status.DUE_SOON if today >= _notice_from(asked, day) else Status.FRESH


def _why(asked: _Asked, incident: Incident | None, today: date) -> Why:
    if is_leaked(asked.rotation):
        return Why.LEAKED
    if incident:
        return Why.INCIDENT
    if _is_retired(asked.rotation, today):
        return Why.RETIRED
    if request := asked.rotation.request_in_force:
        return Why(request.reason.value)
    return Why.EXPIRES if asked.by_expiry and asked.by_expiry < asked.by_age else Why.DUE


def is_touched(rotation: Rotation, incident: Incident, today: date, *, is_dead: bool) -> bool:
    """Tell whether an incident concerns the version in use."""
    # A retired key that was shown to be dead is out of harm's way, unless the incident still goes on.
    is_over = incident.exposed_until is not None and is_dead and _is_retired(rotation, today)
    return incident.affects(rotation) and not is_over


# -- evidence ------------------------------------------------------------------------------------------------------


def _is_retired(rotation: Rotation, today: date) -> bool:
    return rotation.retired is not None and rotation.retired.since <= today


def _is_replaced(rotation: Rotation, issue: Marker | None, today: date) -> bool:
    """Tell whether the version that the issue is about is said to be out of use."""
    return _is_retired(rotation, today) or (issue is not None and rotation.version > issue.version)


def _claims(rotation: Rotation, issue: Marker | None) -> bool:
    """Tell whether a file without an issue says that its version replaced an earlier one."""
    evidence = rotation.evidence
    return issue is None and evidence is not None and evidence.replaces < rotation.version


def _missing(rotation: Rotation, issue: Marker | None, policy: Policy, today: date) -> Iterator[str]:
    if _is_retired(rotation, today):
        yield from _missing_of_retirement(rotation, policy)
    else:
        yield from _missing_of_rotation(rotation, issue, policy)


def _missing_of_retirement(rotation: Rotation, policy: Policy) -> Iterator[str]:
    evidence = rotation.retired.evidence if rotation.retired else None
    yield from _missing_parts(rotation, policy, _required_of_retirement(policy), evidence.parts if evidence else {})


def _required_of_retirement(policy: Policy) -> frozenset[Part]:
    return policy.evidence.require & {Part.OLD_KEY}  # of a key without a successor only its death can be shown


def _missing_of_rotation(rotation: Rotation, issue: Marker | None, policy: Policy) -> Iterator[str]:
    evidence = rotation.evidence
    if evidence is None:
        yield "no evidence is recorded"
        return
    if issue and evidence.replaces < issue.version:
        yield f"the evidence replaces {evidence.replaces}, an earlier version than the one asked for ({issue.version})"
    yield from _missing_parts(rotation, policy, policy.evidence.require, evidence.parts)


def _missing_parts(
    rotation: Rotation, policy: Policy, required: frozenset[Part], parts: Mapping[Part, Proof]
) -> Iterator[str]:
    rank = tier(rotation, policy)
    for part in sorted(required, key=list(Part).index):
        proof = parts.get(part)
        if proof is None:
            yield f"{part} is not shown"
        elif not policy.evidence.suffices(rank, part, proof.method):
            yield f"{part} was shown by {proof.method}, which does not suffice for tier {rank}"
    early = (part for part, proof in parts.items() if proof.at < rotation.version.at)
    yield from (f"{part} was shown before this version was created" for part in early)


def claim(rotation: Rotation, today: date) -> Evidence | RetirementEvidence | None:
    """Return what is said to show that the version an issue asked for is out of use."""
    return rotation.retired.evidence if rotation.retired and _is_retired(rotation, today) else rotation.evidence


def _unconfirmed(rotation: Rotation, policy: Policy, today: date, confirmation: Confirmation) -> Iterator[str]:
    """Say what keeps evidence that is complete as written from counting: what nobody else bears out."""
    is_retired, rank = _is_retired(rotation, today), tier(rotation, policy)
    required = _required_of_retirement(policy) if is_retired else policy.evidence.require
    evidence = claim(rotation, today)
    if evidence is None:
        return  # a retired key of which no proof is required
    for part, proof in evidence.parts.items():
        told = confirmation.of(part, proof.method, rotation.consumers)
        is_weaker = told and not told.is_confirming and not policy.evidence.suffices(rank, part, Method.ATTESTED)
        if told and is_weaker and part in required:
            counts = f"counts as attested, which does not suffice for tier {rank}"
            yield f"{part} was shown by {proof.method}, but {counts}: {told.reason}"
    if policy.evidence.four_eyes and not confirmation.four_eyes.statement.is_confirming:
        yield from _unseen(confirmation.four_eyes, is_retired=is_retired)


def _unseen(eyes: FourEyes, *, is_retired: bool) -> Iterator[str]:
    """Say why nobody else vouches for the evidence, and who may do so how."""
    change = "records this evidence anew" if is_retired else "adds confirmed_by with their login to the evidence"
    barred = f" except {', '.join(eyes.barred)}" if eyes.barred else ""
    yield f"four eyes are required: {eyes.statement.reason}"
    yield f"everybody with write access{barred} may approve a pull request that {change}"


def proved(rotation: Rotation, confirmation: Confirmation | None = None) -> tuple[str, ...]:
    """Say how each part of the evidence was shown, and by whom; with a confirmation, what counts of it."""
    evidence = rotation.retired.evidence if rotation.retired else rotation.evidence
    if evidence is None:
        return ()
    shown = (_shown(rotation, part, proof, confirmation) for part, proof in evidence.parts.items())
    eyes = confirmation.four_eyes if confirmation else None
    seen = (f"approved by {eyes.approver} in pull request {eyes.pull}",) if eyes and eyes.approver else ()
    return (*shown, f"recorded by {evidence.by}", *seen)


def _shown(rotation: Rotation, part: Part, proof: Proof, confirmation: Confirmation | None) -> str:
    told = confirmation.of(part, proof.method, rotation.consumers) if confirmation else None
    at = f"at {written(proof.at)}"
    if told is None:
        return f"{part}: {proof.method} {at}"
    if told.is_confirming:
        return f"{part}: {proof.method} {at}, confirmed by GitHub"
    return f"{part}: attested {at} (recorded as {proof.method}, but {told.reason})"


def counts_from(due_on: date, opened: date) -> date:
    """Return the day that reminders count from: the later of due and opened."""
    return max(due_on, opened)


def thresholds(policy: Policy) -> tuple[int, ...]:
    """Return the days after which a reminder is sent, escalation included, in order."""
    escalation = {policy.escalate.after.nominal_days} if policy.escalate else set()
    return tuple(sorted({*policy.reminders, *escalation}))


def reached(policy: Policy, due_on: date, opened: date, today: date) -> int | None:
    """Return the highest threshold that today has reached, or None."""
    passed = (today - counts_from(due_on, opened)).days
    return max((days for days in thresholds(policy) if days <= passed), default=None)
