"""What an issue is to say and to carry, and the marker that remembers it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from keyturn import checklist, policy as judge
from keyturn.actions import Content, Note, Section, Subject, Text
from keyturn.model import INCIDENTS, MOST_ASSIGNEES, OWNER_MISSING, Marker, Status, Tier, Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyturn.actions import Task
    from keyturn.model import Version
    from keyturn.plan.case import Case
    from keyturn.policy import Standing

LABEL = "key-rotation"
INCIDENT = "incident"
CATALOGUE = "catalogue"
DASHBOARD = "rotation-dashboard"
STATUS = "status: "
ORPHANED = "orphaned"
LABEL_LENGTH = 50  # what GitHub accepts

T = TypeVar("T", bound="Text")
T_co = TypeVar("T_co", bound="Text", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """What an issue is to say and to carry; its marker has the digest of all that."""

    text: T_co
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    marker: Marker


def marker(case: Case, *, said: int | None, reopened: date | None = None) -> Marker:
    """Say what the issue of a declared key is about, with `said` as the highest reminder sent; without a digest."""
    stands, known = case.declared, case.issue.marker if case.issue else None
    return Marker(
        scope=case.setting.scope,
        id=stands.rotation.id,
        version=_version(case),
        due=due(case),
        why=_why(case),
        status=stands.status,
        opened=known.opened if known else case.setting.today,
        said=said,
        assigned=_assigned(case, said),
        incident=_incident(case),
        reopened=reopened or (known.reopened if known else None),
    )


def page(case: Case, plain: Marker) -> Page[Content]:
    """Compose what the issue of a declared key is to say and to carry."""
    return sealed(case, _content(case, plain), _labels(case.declared), plain)


def sealed(case: Case, text: T, labels: tuple[str, ...], plain: Marker) -> Page[T]:
    """Put a page together: ours beside the labels and assignees of people, and the digest of what is ours."""
    digest = _digest(text, labels, plain, case.setting.edition)
    issue_labels, issue_assignees = (case.issue.labels, case.issue.assignees) if case.issue else ((), ())
    ours = {login.lower() for login in (*(case.issue.marker.assigned if case.issue else ()), *plain.assigned)}
    theirs = tuple(login for login in issue_assignees if login.lower() not in ours)
    return Page(
        text,
        (*labels, *(label for label in issue_labels if not is_ours(label))),
        (*plain.assigned, *theirs)[:MOST_ASSIGNEES],
        replace(plain, digest=digest),
    )


def around(case: Case, note: Note, *extra: str) -> Page[Note]:
    """Leave what the issue says and carries, apart from the note and a status that is over."""
    issue = case.found
    is_over = not extra
    kept = (label for label in issue.labels if label not in extra and not (is_over and is_status(label)))
    plain = replace(issue.marker, digest="", closed=None)
    digest = _digest(note, extra, plain, case.setting.edition)
    return Page(note, (*kept, *extra), issue.assignees, replace(plain, digest=digest))


def _content(case: Case, known: Marker) -> Content:
    stands, catalogue = case.declared, case.setting.catalogue
    rotation = stands.rotation
    provider = catalogue.providers[rotation.slug].variant(rotation.variant)
    is_held = stands.status is Status.HELD and rotation.hold
    return Content(
        id=rotation.id,
        title=title(rotation.id, known.why),
        status=stands.status,
        why=known.why,
        due=known.due,
        path=rotation.path,
        owners=rotation.owners,
        tier=stands.tier,
        created=rotation.version.text,
        provider=provider.name,
        strategy=provider.strategy.value,
        sections=checklist.sections(rotation, catalogue, known.why),
        team=rotation.team,
        description=rotation.description,
        environment=rotation.environment,
        tags=rotation.tags,
        deadline=_deadline(stands, known.due),
        note=rotation.request_in_force.note if rotation.request_in_force else None,
        incident=stands.incident.summary if stands.incident else None,
        held_until=rotation.hold.until if is_held and rotation.hold else None,
        console=provider.console and checklist.filled(provider.console, rotation.params),
        docs=provider.docs,
        downtime=checklist.downtime(provider),
        missing=stands.missing if stands.status is Status.UNVERIFIED else (),
        reopened=known.reopened is not None,
    )


def _deadline(stands: Standing, day: date) -> date | None:
    """Return when a rotation was asked for by; an age that was reached before that hides it otherwise."""
    request, incident = stands.rotation.request_in_force, stands.incident
    asked = (request.deadline if request else day, incident.respond_by if incident else day)
    return min((each for each in asked if each > day), default=None)


def title(id_: str, why: Why) -> str:
    """Return the title of an id's issue."""
    if why is Why.CATALOGUE:
        return "Check the catalogue again"
    if why is Why.DASHBOARD:
        return "Key rotation dashboard"
    return f"Incident {id_.removeprefix(INCIDENTS)}" if id_.startswith(INCIDENTS) else f"Rotate {id_}"


def _version(case: Case) -> Version:
    """Return the version that must go: what the issue asked for, unless the file corrects it or leaked anew."""
    stands, rotation = case.declared, case.declared.rotation
    if stands.status is Status.LEAKED:
        return rotation.version
    if case.issue:
        return min(rotation.version, case.issue.marker.version)
    if stands.status is Status.UNVERIFIED and stands.why is not Why.RETIRED and rotation.evidence:
        return rotation.evidence.replaces
    return rotation.version


def due(case: Case) -> date:
    """Return when the issue's version had to be replaced; what waits for evidence keeps its own day."""
    stands, rotation = case.declared, case.declared.rotation
    if stands.status is not Status.UNVERIFIED:
        return stands.due
    if case.issue:
        return case.issue.marker.due
    return rotation.retired.since if stands.why is Why.RETIRED and rotation.retired else rotation.version.day


def _why(case: Case) -> Why:
    stands, known = case.declared, case.issue.marker.why if case.issue else None
    is_older = stands.status is Status.UNVERIFIED and stands.why is not Why.RETIRED
    if known and (is_older or (known.is_leak and not stands.why.is_leak and not case.is_out_of_harm)):
        return known  # also of a leak whose request was withdrawn: only a proved rotation takes it back
    return stands.why


def reopened(case: Case) -> date | None:
    """Return when the issue was opened again; today, for one that a person closed and that must not be."""
    if case.issue is None or case.issue.is_open:
        return case.issue.marker.reopened if case.issue else None
    return case.setting.today


def _incident(case: Case) -> str | None:
    known = case.issue.marker.incident if case.issue and not case.is_out_of_harm else None
    return case.declared.incident.id if case.declared.incident else known


def said(case: Case) -> int | None:
    """Return the highest reminder sent; one that was sent for another day does not count."""
    known = case.found.marker
    return known.said if known.due == due(case) else None


def reached(case: Case) -> int | None:
    """Return the highest threshold that today has reached."""
    opened = case.issue.marker.opened if case.issue else case.setting.today
    return judge.reached(case.setting.policy, due(case), opened, case.setting.today)


def _assigned(case: Case, said: int | None) -> tuple[str, ...]:
    escalate, owners = case.setting.policy.escalate, case.declared.rotation.owners
    is_escalated = escalate and said is not None and said >= escalate.after.nominal_days
    everyone = (*owners, *(escalate.to if is_escalated and escalate else ()))
    return tuple(dict.fromkeys(everyone))[:MOST_ASSIGNEES]


def _labels(stands: Standing) -> tuple[str, ...]:
    named = (f"provider: {stands.rotation.slug}", f"tier: {stands.tier}", f"{STATUS}{stands.status}")
    return (LABEL, *(name[:LABEL_LENGTH] for name in named))


def is_status(label: str) -> bool:
    """Tell whether this label says how a key stands."""
    return label.startswith(STATUS)


def is_ours(label: str) -> bool:
    """Tell whether we decide about this label; people's own ones stay."""
    return label in {LABEL, CATALOGUE, DASHBOARD, INCIDENT, ORPHANED, OWNER_MISSING} or label.startswith(
        ("provider: ", "tier: ", STATUS)
    )


def _digest(*parts: object) -> str:
    return sha256(_ENCODER.encode(parts).encode()).hexdigest()[:16]


def _flat(value: Any) -> object:  # noqa: ANN401 - whatever a page is made of
    # One level at a time, in the order of the fields: `asdict` would copy all that is below first.
    if isinstance(value, date):
        return str(value)
    if isinstance(value, Section):
        return value.title, value.warning, [_task(task) for task in value.tasks]
    return _values(type(value))(value)  # type: ignore[arg-type] # mypy takes the hash of instances for that of a class


def _task(task: Task) -> tuple[object, ...]:
    return task.code, task.language, [(span.style, span.text) for span in task.spans]


@cache
def _values(kind: type[Any]) -> Callable[[object], object]:
    return attrgetter(*(field.name for field in fields(kind)))


_ENCODER = json.JSONEncoder(default=_flat, check_circular=False)


def subject(case: Case, known: Marker) -> Subject:
    """Return what an action on this case is about."""
    id_ = case.standing.rotation.id if case.standing else known.id
    tier = case.standing.tier if case.standing else Tier.STANDARD
    return Subject(id_, title(id_, known.why), known.why, known.status, known.due, tier)
