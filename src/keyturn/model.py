"""The frozen values that every room speaks in; the words are those of the design."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

Pointer: TypeAlias = tuple[str | int, ...]


# -- faults in files -----------------------------------------------------------------------------------------------


class Severity(StrEnum):
    """How much a fault weighs: an error makes the run fail, a warning informs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault at a pointer into a declared document; the shell knows on which line that is."""

    path: str
    pointer: Pointer
    code: str
    message: str
    severity: Severity = Severity.ERROR
    on_key: bool = False  # the key itself is at fault, not its value


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A fault in a file at a line and column (both from 1), with what to write instead."""

    path: str
    line: int
    column: int
    code: str
    message: str
    severity: Severity = Severity.ERROR


# -- time ----------------------------------------------------------------------------------------------------------

_DURATION = re.compile(r"([0-9]{1,4})([dwmy])")
_NOMINAL_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class Duration:
    """A span on the calendar: days, weeks, calendar months or years."""

    count: int
    unit: str

    @classmethod
    def read(cls, text: str) -> Duration:
        """Read `90d`, `2w`, `3m` or `1y`; the schema has already refused everything else."""
        if (found := _DURATION.fullmatch(text)) is None:
            message = f"not a duration: {text}"
            raise ValueError(message)
        return cls(int(found[1]), found[2])

    def after(self, day: date) -> date:
        """Return the day this long after `day`; a month without that day gives its last one."""
        return self._moved(day, 1)

    def before(self, day: date) -> date:
        """Return the day this long before `day`."""
        return self._moved(day, -1)

    @property
    def nominal_days(self) -> int:
        """Give a length to compare by, with a month as 30 days and a year as 365."""
        return self.count * _NOMINAL_DAYS[self.unit]

    def _moved(self, day: date, sign: int) -> date:
        if self.unit in "dw":
            return _clamped(day, sign * self.nominal_days)
        return _months_later(day, sign * self.count * (12 if self.unit == "y" else 1))

    def __str__(self) -> str:
        """Give the text that `read` understands."""
        return f"{self.count}{self.unit}"


def _clamped(day: date, days: int) -> date:
    # A date is total here: ends of the calendar stand for "never" instead of raising.
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def _months_later(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    if not date.min.year * 12 <= index < (date.max.year + 1) * 12:
        return date.max if months > 0 else date.min
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


_UNKNOWN_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One value of a key, named by when it was issued; `unknown` comes before all others.

    Two spellings of one moment (`2026-08-24` and `2026-08-24T00:00:00Z`) are the same version.
    """

    at: datetime
    text: str = field(compare=False)

    @classmethod
    def read(cls, text: str) -> Version:
        """Read a date (its first moment in UTC), a date-time with offset, or `unknown`."""
        return cls(_UNKNOWN_MOMENT if text == "unknown" else moment(text), text)

    @property
    def is_unknown(self) -> bool:
        """Tell whether nobody knows when this version was issued."""
        return self.at == _UNKNOWN_MOMENT

    @property
    def day(self) -> date:
        """Give the UTC day on which this version was issued."""
        return self.at.date()

    def __str__(self) -> str:
        """Give the version as its file writes it."""
        return self.text


UNKNOWN = Version(_UNKNOWN_MOMENT, "unknown")


def moment(text: str) -> datetime:
    """Read a date or an RFC 3339 date-time as an aware moment in UTC."""
    if len(text) == len("2026-11-21"):
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    return datetime.fromisoformat(text.upper().replace("Z", "+00:00")).astimezone(UTC)


# -- a rotation ----------------------------------------------------------------------------------------------------


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


# -- matching, incidents -------------------------------------------------------------------------------------------


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
    def stem(self) -> str:
        """Give the file's name without its ending; its issue's id is `incidents/<stem>`."""
        return self.path.rpartition("/")[2].rpartition(".")[0]

    def affects(self, rotation: Rotation) -> bool:
        """Tell whether the version in use was exposed."""
        is_exposed = self.exposed_until is None or rotation.version.at < self.exposed_until
        return is_exposed and self.match.matches(rotation)


# -- the catalogue -------------------------------------------------------------------------------------------------


class Strategy(StrEnum):
    """What a provider allows when its key is rotated."""

    OVERLAP = "overlap"
    RESET = "reset"
    REVOKE_FIRST = "revoke-first"
    REAUTHORIZE = "reauthorize"
    CONTACT = "contact"


class Phase(StrEnum):
    """The groups of steps that a provider's file gives."""

    CREATE = "create"
    REVOKE = "revoke"
    RESET = "reset"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Step:
    """One imperative sentence, and what to copy where there is something."""

    text: str
    code: str | None = None
    language: str | None = None


Steps: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Param:
    """A non-secret value that steps or probe ask for."""

    kind: str  # label | host | value
    describe: str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One part of a credential; a part that is not secret may be shown."""

    name: str
    secret: bool = True


@dataclass(frozen=True, slots=True)
class Credential:
    """What the provider calls its key and which parts it has."""

    kind: str | None = None
    term: str | None = None
    fields: tuple[CredentialField, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """Who issues a key, and the facts a checklist is composed from."""

    slug: str
    name: str
    strategy: Strategy
    aliases: tuple[str, ...] = ()
    homepage: str | None = None
    console: str | None = None
    docs: str | None = None
    credential: Credential | None = None
    self_service: bool | None = None
    activation_delay: timedelta | None = None
    max_keys: int | None = None
    reveal_once: bool | None = None
    expires: str | None = None
    role: str | None = None
    last_used: bool | None = None
    params: Mapping[str, Param] = field(default_factory=dict)  # of the steps and of the probe
    steps: Mapping[Phase, Steps] = field(default_factory=dict)
    variants: Mapping[str, Provider] = field(default_factory=dict)
    confirm: Steps = ()
    notes: tuple[str, ...] = ()

    def variant(self, name: str | None) -> Provider:
        """Return the provider as its variant differs; itself without one."""
        return self.variants.get(name, self) if name else self


@dataclass(frozen=True, slots=True)
class Connection:
    """One way in which a platform is connected: how to replace the key there."""

    steps: Steps = ()
    confirm: Steps = ()


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a key is put to use and must be replaced."""

    slug: str
    name: str
    connections: Mapping[str, Connection] = field(default_factory=dict)

    def connection(self, name: str | None) -> Connection:
        """Return the named connection, else the first one that the platform has."""
        first = next(iter(self.connections.values()), Connection())
        return self.connections.get(name, first) if name else first


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every provider and platform that a repository knows; `aliases` gives the slug of an alias."""

    providers: Mapping[str, Provider] = field(default_factory=dict)
    platforms: Mapping[str, Platform] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def slug(self, written: str) -> str:
        """Return the slug that the catalogue uses for a provider's written name."""
        return written if written in self.providers else self.aliases.get(written, written)


# -- the policy ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """What the policy says of the keys that it matches."""

    match: Match
    rotate_every: Duration | None = None
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one run may do."""

    max_actions: int = 100
    open_at_once: int = 50
    max_close_count: int = 10
    max_close_percent: int = 30


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is assigned as well when nothing has happened for a while."""

    after: Duration
    to: tuple[str, ...]


EVERY_METHOD = frozenset(Method)


@dataclass(frozen=True, slots=True)
class EvidenceRules:
    """What has to be shown, and by which methods it may be shown (tier → part → methods)."""

    require: frozenset[Part] = frozenset(Part)
    methods: Mapping[Tier, Mapping[Part, frozenset[Method]]] = field(default_factory=dict)
    four_eyes: bool = False

    def suffices(self, tier: Tier, part: Part, method: Method) -> bool:
        """Tell whether this method shows this part well enough for this tier."""
        return method in self.methods.get(tier, {}).get(part, EVERY_METHOD)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often keys are rotated, and the longest that a file may ask for."""

    critical: Duration = Duration(30, "d")
    standard: Duration = Duration(90, "d")
    low: Duration = Duration(180, "d")
    max: Duration = Duration(365, "d")

    def of(self, tier: Tier) -> Duration:
        """Return the cadence of a tier."""
        return {Tier.CRITICAL: self.critical, Tier.STANDARD: self.standard, Tier.LOW: self.low}[tier]


@dataclass(frozen=True, slots=True)
class ProbeRules:
    """Where a probe may send a key, and how sure its facts must be."""

    hosts: tuple[str, ...] = ()
    confidence: tuple[str, ...] = ("documented", "detector")


@dataclass(frozen=True, slots=True)
class Policy:
    """What `keyturn.yaml` says, laid over the defaults."""

    tracker: str = "local"
    identity: tuple[str, ...] = ()
    cadence: Cadence = field(default_factory=Cadence)
    rules: tuple[Rule, ...] = ()
    unknown_within: Duration = Duration(30, "d")
    notice: Duration = Duration(14, "d")
    reminders: tuple[int, ...] = (0, 7, 14)  # days
    escalate: Escalation | None = None
    expiry_margin: Duration = Duration(7, "d")
    max_hold: Duration = Duration(30, "d")
    max_waiver: Duration = Duration(365, "d")
    limits: Limits = field(default_factory=Limits)
    evidence: EvidenceRules = field(default_factory=EvidenceRules)
    probe: ProbeRules = field(default_factory=ProbeRules)


# -- the tracker's side --------------------------------------------------------------------------------------------


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
    heard: frozenset[str] | None = None  # the reminders found among its comments; None where nobody looked
    url: str | None = None
