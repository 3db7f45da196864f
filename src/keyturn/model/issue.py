"""Issues of ours, and what ties them to a version of a key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from keyturn.model.time import Version


OWNER_MISSING = "owner-missing"  # the label of an issue to which nobody could be assigned
MOST_ASSIGNEES = 10  # what GitHub accepts


class Status(StrEnum):
    """How a rotation stands today; of several the first of this order applies."""

    LEAKED = "leaked"
    UNVERIFIED = "unverified"
    RETIRED = "retired"
    EXPIRED = "expired"
    REQUESTED = "requested"
    WAIVED = "waived"
    HELD = "held"
    OVERDUE = "overdue"
    DUE = "due"
    DUE_SOON = "due-soon"
    FRESH = "fresh"

    @property
    def is_urgent(self) -> bool:
        """Tell whether it goes before everything else and is never rationed."""
        return self in {Status.LEAKED, Status.EXPIRED}


class Why(StrEnum):
    """The reason for a rotation, as issues and plans show it."""

    LEAKED = "leaked"
    INCIDENT = "incident"
    OFFBOARDING = "offboarding"
    PROVIDER_BREACH = "provider-breach"
    POLICY = "policy"
    OTHER = "other"
    EXPIRES = "expires"
    DUE = "due"
    RETIRED = "retired"
    CATALOGUE = "catalogue"  # not of a key: entries of the catalogue are to be checked again
    DASHBOARD = "dashboard"  # not of a key: an overview of all of them

    @property
    def is_apart(self) -> bool:
        """Tell whether such an issue is about neither a key nor an incident, whatever its id."""
        return self in {Why.CATALOGUE, Why.DASHBOARD}

    @property
    def is_leak(self) -> bool:
        """Tell whether the old value must be taken for known to strangers."""
        return self in {Why.LEAKED, Why.INCIDENT}


@dataclass(frozen=True, slots=True)
class Marker:
    """What ties an issue to a version; it stands in the issue's body, hidden."""

    scope: str
    id: str
    version: Version
    due: date
    why: Why
    status: Status
    opened: date
    said: int | None = None  # the highest reminder sent for this due, in days
    closed: str | None = None  # why we closed it; None while it is open or a person closed it
    digest: str = ""
    assigned: tuple[str, ...] = ()  # whom we assigned, so that a former owner can be taken off again
    reopened: date | None = None
    incident: str | None = None  # the id of the incident that it is about


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue of ours as the tracker showed it."""

    number: int
    title: str
    body: str
    is_open: bool
    closed_at: datetime | None
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    marker: Marker
    url: str | None = None
    key: int | None = None  # the tracker's own name for it, where that is not the number
    parent: int | None = None  # the number of the issue that it stands below
    children: int = 0  # how many stand below it
    opened_at: datetime | None = None  # by the tracker's clock
