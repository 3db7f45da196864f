"""Who issues keys, where keys are used, and what is known about both."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from keyturn.model.probe import Probe


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
    """Which parts a provider's key has."""

    fields: tuple[CredentialField, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """Who issues a key, and the facts a checklist and a probe are composed from; the rest is for its page alone."""

    slug: str
    name: str
    strategy: Strategy
    aliases: tuple[str, ...] = ()
    console: str | None = None
    docs: str | None = None
    credential: Credential | None = None
    activation_delay: timedelta | None = None
    max_keys: int | None = None
    params: Mapping[str, Param] = field(default_factory=dict)  # of the steps and of the probe
    steps: Mapping[Phase, Steps] = field(default_factory=dict)
    variants: Mapping[str, Provider] = field(default_factory=dict)
    confirm: Steps = ()
    probe: Probe | None = None

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
