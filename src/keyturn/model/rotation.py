"""One key under rotation, as its file declares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from keyturn.model.time import Duration, Version


class Tier(StrEnum):
    """How much harm a lost key would do."""

    CRITICAL = "critical"
    STANDARD = "standard"
    LOW = "low"


class RequestReason(StrEnum):
    """Why somebody asks for a rotation now."""

    LEAKED = "leaked"
    OFFBOARDING = "offboarding"
    PROVIDER_BREACH = "provider-breach"
    POLICY = "policy"
    OTHER = "other"


class Part(StrEnum):
    """What has to be shown before a rotation counts as complete."""

    NEW_KEY = "new_key"
    OLD_KEY = "old_key"
    CONSUMERS = "consumers"


class Method(StrEnum):
    """How a part of the evidence was obtained."""

    PROBE = "probe"
    LAST_USED = "last-used"
    CONSOLE = "console"
    ATTESTED = "attested"
    SECRET_UPDATED = "secret-updated"  # noqa: S105 - the name of a method, not a password


@dataclass(frozen=True, slots=True)
class Proof:
    """How and when one part of the evidence was shown."""

    method: Method
    at: datetime
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the rotation to the version in `created` was shown to be complete; a part may be missing."""

    replaces: Version
    parts: Mapping[Part, Proof]
    by: str
    confirmed_by: str | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Consumer:
    """One place on a platform that uses the key."""

    platform: str
    name: str | None = None
    at: str | None = None
    connection: str | None = None
    repository: str | None = None
    organization: str | None = None
    environment: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for the version `replaces` to be rotated by `deadline`."""

    reason: RequestReason
    replaces: Version
    deadline: date
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A hold or a waiver: nothing is asked for before `until`."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class RetirementEvidence:
    """How the last version of a retired key was shown to be dead."""

    parts: Mapping[Part, Proof]
    by: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """The key is given up from `since` on."""

    since: date
    reason: str
    evidence: RetirementEvidence | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The old key was accepted at this moment, before it was rotated."""

    at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """One key under rotation, as its file declares it."""

    path: str
    provider: str  # as written; `slug` is what the catalogue calls it
    slug: str
    key: str
    version: Version
    owners: tuple[str, ...]
    consumers: tuple[Consumer, ...]
    variant: str | None = None
    description: str | None = None
    team: str | None = None
    tags: tuple[str, ...] = ()
    tier: Tier | None = None
    environment: str | None = None
    enrolled: date | None = None
    expires: datetime | None = None
    rotate_every: Duration | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    formerly: tuple[str, ...] = ()
    request: Request | None = None
    hold: Pause | None = None
    waiver: Pause | None = None
    retired: Retirement | None = None
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    baseline: Baseline | None = None
    evidence: Evidence | None = None

    @property
    def id(self) -> str:
        """Give the id, `<provider>/<key>`, with the provider as it is written."""
        return f"{self.provider}/{self.key}"

    @property
    def request_in_force(self) -> Request | None:
        """Give the request while the version it means is still in use."""
        return self.request if self.request and self.request.replaces == self.version else None
