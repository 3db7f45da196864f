"""Everything that a root declares, read and checked once; faults are values among the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from keyturn import checks, files, parse
from keyturn.commands import shipped
from keyturn.commands.reading import Part, read_declared, read_own, read_policy, reader
from keyturn.commands.roots import root_of
from keyturn.commands.shelf import shelved
from keyturn.files.tree import POLICY
from keyturn.model import ENTRIES, Policy, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from keyturn.model import Catalogue, Entry, Finding, Incident, Rotation

T = TypeVar("T")
__all__ = ["POLICY", "Workspace", "faults", "load", "root_of"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a root declares, and what is wrong with it."""

    root: Path
    policy: Policy
    catalogue: Catalogue
    rotations: tuple[Rotation, ...]  # without those whose file has an error
    incidents: tuple[Incident, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]  # every file that declares something, as problems name it
    is_judgeable: bool  # the policy could be read; without it nothing may be decided
    is_whole: bool  # every declared file could be read and says which key it means; without it nothing counts as gone
    left_alone: frozenset[str]  # ids, former ones too, whose file has an error
    entries: tuple[Entry, ...] = ()  # of the root's own catalogue, without those that have an error
    every: tuple[Rotation, ...] = ()  # with those whose file has an error, as far as it could be read

    @property
    def has_errors(self) -> bool:
        """Tell whether something needs correcting; warnings do not."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def load(root: Path, today: date) -> Workspace:
    """Read and check a root as a whole."""
    schemas = shipped.schemas()
    reading = _Reading(
        root=root,
        policy=read_policy(root, schemas),
        own=read_own(root, schemas),
        rotations=list(read_declared(root, "rotations", reader("rotation", schemas, parse.rotation))),
        incidents=list(read_declared(root, "incidents", reader("incident", schemas, parse.incident))),
    )
    return _checked(reading, today)


def faults(shown: str, source: str) -> tuple[Problem, ...]:
    """Return what would be wrong with a rotation's file of this text."""
    document = files.document(source, shown)
    if isinstance(document, tuple):
        return document
    found = shipped.schemas().findings("rotation", shown, cast("Any", document.data))
    return tuple(files.locate(fault, source) for fault in found)


# -- checking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """Every file of a root as it was read."""

    root: Path
    policy: Part[Policy]
    own: list[Part[Entry]]  # entries of the catalogue
    rotations: list[Part[Rotation]]
    incidents: list[Part[Incident]]

    def parts(self) -> Iterator[Part[Any]]:
        """Give every file."""
        yield self.policy
        yield from self.own
        yield from self.declarations()

    def declarations(self) -> Iterator[Part[Any]]:
        """Give every file that declares something."""
        yield from self.rotations
        yield from self.incidents


def _checked(reading: _Reading, today: date) -> Workspace:
    policy = reading.policy.value or Policy()
    catalogue = shelved(reading.root, broken=[part.shown for part in reading.own if part.problems])
    rotations = [_resolved(part.value, catalogue) for part in reading.rotations if part.value]
    incidents = [part.value for part in reading.incidents if part.value]
    findings = [
        *checks.of_policy(POLICY, policy),
        *checks.findings(rotations, incidents, catalogue, policy, today),
        *(found for part in reading.rotations for found in checks.of_name(part.shown, part.data, catalogue)),
    ]
    faulty = {finding.path for finding in findings if finding.severity is Severity.ERROR}
    while_reading = [problem for part in reading.parts() for problem in part.problems]
    return Workspace(
        root=reading.root,
        policy=policy,
        catalogue=catalogue,
        rotations=tuple(rotation for rotation in rotations if rotation.path not in faulty),
        incidents=tuple(incident for incident in incidents if incident.path not in faulty),
        problems=tuple(sorted([*while_reading, *_located(findings, reading)])),
        files=tuple(part.shown for part in reading.declarations()),
        is_judgeable=reading.policy.value is not None and POLICY not in faulty,
        # A mistake in a provider or a key gives a file another id; the issue of the one that was meant is not gone.
        is_whole=all(part.value for part in reading.declarations())
        and faulty.isdisjoint([*(each.path for each in rotations), *(each.path for each in incidents)]),
        left_alone=frozenset(
            [
                *(id_ for each in rotations if each.path in faulty for id_ in (each.id, *each.formerly)),
                *(incident.id for incident in incidents if incident.path in faulty),
                *([] if all(part.value for part in reading.own) else [ENTRIES]),
            ]
        ),
        entries=tuple(part.value for part in reading.own if part.value),
        every=tuple(rotations),
    )


def _resolved(rotation: Rotation, catalogue: Catalogue) -> Rotation:
    slug = catalogue.slug(rotation.provider)
    return rotation if slug == rotation.slug else replace(rotation, slug=slug)


def _located(findings: Iterable[Finding], reading: _Reading) -> Iterator[Problem]:
    """Place findings in their files, which are read once more only where there are any."""
    paths = {part.shown: part.path for part in reading.parts() if part.path}
    read = ((finding, files.read(paths[finding.path], finding.path)) for finding in findings)
    # A file that was changed meanwhile has no place for what was found; the next run reads it anew.
    yield from (files.locate(finding, found.text) for finding, found in read if isinstance(found, files.Document))
