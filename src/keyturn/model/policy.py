"""What `keyturn.yaml` says, laid over the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keyturn.model.rotation import Method, Part, Tier
from keyturn.model.time import Duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyturn.model.incident import Match


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
    dashboard: bool = False  # whether one issue shows all that is to be done
