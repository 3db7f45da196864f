"""What keeps rotations from being looked after: facts in, diagnoses out. Nothing here reads anything."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from keyturn.health import access, protection, root, runs
from keyturn.health.diagnosis import UNASKED, Diagnosis, Weight
from keyturn.health.facts import Obstacle, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from keyturn.health.facts import Facts

__all__ = ["CHECKS", "UNASKED", "Check", "Diagnosis", "Weight", "diagnoses", "is_unreachable", "needs"]


@dataclass(frozen=True, slots=True)
class Check:
    """A question, and the settings on GitHub that answer it, by their names in `facts.Settings`."""

    judge: Callable[[Facts], Iterable[Diagnosis]]
    needs: tuple[str, ...] = ()


# In the order in which they are shown.
CHECKS = {
    "files": Check(root.files),
    "catalogue-age": Check(root.catalogue_age),
    "catalogue-sources": Check(root.catalogue_sources),
    "versions": Check(root.versions),
    "token": Check(access.token, ("account",)),
    "clock": Check(access.clock, ("account",)),
    "tracker": Check(access.tracker, ("tracker",)),
    "identity": Check(access.identity, ("account",)),
    "permissions": Check(access.permissions, ("account", "tracker", "issues", "secrets")),
    "labels": Check(access.labels, ("labels",)),
    "writers": Check(access.writers, ("writers",)),
    "workflow-permissions": Check(protection.workflow_permissions, ("defaults",)),
    "branch-protection": Check(protection.branch_protection, ("home", "protection")),
    "owners": Check(protection.owners, ("complaints",)),
    "environments": Check(protection.environments, ("home", "environments")),
    "heartbeat": Check(runs.heartbeat, ("pulses",)),
    "pins": Check(runs.pins),
}


def needs(names: Collection[str]) -> frozenset[str]:
    """Name the settings that these checks judge by."""
    return frozenset(need for name in names for need in CHECKS[name].needs)


def diagnoses(facts: Facts, names: Collection[str]) -> Iterator[Diagnosis]:
    """Make these checks, in the order of the table."""
    for name, check in CHECKS.items():
        if name in names:
            yield from check.judge(facts)


def is_unreachable(facts: Facts) -> bool:
    """Tell whether GitHub was asked for something and answered nothing."""
    found = [getattr(facts.settings, field.name) for field in fields(facts.settings)]
    obstacles = [each.obstacle if isinstance(each, Unread) else None for each in found]
    asked = [obstacle for obstacle in obstacles if obstacle not in _UNASKED]
    return bool(asked) and all(obstacle is Obstacle.SILENT for obstacle in asked)


_UNASKED = frozenset({Obstacle.NEEDLESS, Obstacle.LOCAL, Obstacle.TOKENLESS})
