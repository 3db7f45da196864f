"""Files that are not clear at a glance, made into values and judged by every rule."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from keyturn import checks, files, parse
from keyturn.commands.reading import read_declared, read_policy, reader
from keyturn.commands.shelf import shelved
from keyturn.files import disk, tree
from keyturn.model import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.commands.reading import Part
    from keyturn.model import Catalogue, Finding, Incident, Problem, Rotation
    from keyturn.schema import Schemas


class Verdict(NamedTuple):
    """What is wrong with a rotation by itself, and what it says where it can be read."""

    problems: Sequence[Problem]
    rotation: Rotation | None
    text: str


class Judge:
    """The rules with all that they go by; `broken` names the root's own entries of the catalogue that do not count."""

    def __init__(self, root: Path, today: date, schemas: Schemas, broken: Collection[str]) -> None:
        self.root, self.today, self.schemas, self.broken = root, today, schemas, broken
        self._rotation = reader("rotation", schemas, parse.rotation)

    def prepare(self) -> None:
        """Load what is needed for the first file that has an error; processes that are forked then share it."""
        files.document("provider: x\n", "")
        self.schemas.findings("rotation", "", {"provider": "x"})
        _ = self.rules, self.catalogue

    @cached_property
    def catalogue(self) -> Catalogue:
        """Give the catalogue without the root's own entries that are broken."""
        return shelved(self.root, self.broken)

    @cached_property
    def _policy(self) -> Part[Policy]:
        return read_policy(self.root, self.schemas)

    @cached_property
    def rules(self) -> Policy:
        """Give the policy, or the default one where it cannot be read."""
        return self._policy.value or Policy()

    def policy(self) -> tuple[Mapping[str, Any], list[Problem]]:
        """Return the bounds of the policy as a document, and what is wrong with its file."""
        found = located(checks.of_policy(tree.POLICY, self.rules), self._policy.text)
        bounds = {
            "cadence": {"max": str(self.rules.cadence.max)},
            "evidence": {"require": sorted(self.rules.evidence.require)},
            "max_hold": str(self.rules.max_hold),
            "max_waiver": str(self.rules.max_waiver),
        }
        return bounds, [*self._policy.problems, *found]

    def fault(self, found: tree.Fault) -> Problem:
        """Say what is wrong with something that is not read."""
        return disk.fault(found, self.root)

    def entry(self, kind: str, path: str) -> Sequence[Problem]:
        """Return what is wrong with an entry of the catalogue."""
        return reader(kind, self.schemas, parse.entry)(Path(path), self.shown(path)).problems

    def rotation(self, path: str) -> Verdict:
        """Judge one rotation by itself."""
        part = self._rotation(Path(path), self.shown(path))
        if part.value is None:
            named = located(checks.of_name(part.shown, part.data, self.catalogue), part.text)
            return Verdict([*part.problems, *named], None, "")
        slug = self.catalogue.slug(part.value.provider)
        rotation = part.value if slug == part.value.slug else replace(part.value, slug=slug)
        found = checks.of_rotation(rotation, self.catalogue, self.rules, self.today)
        return Verdict(list(located(found, part.text)), rotation, part.text)

    def between(self, paths: Iterable[str]) -> Iterator[Problem]:
        """Find what the rotations of these files claim of each other."""
        verdicts = [self.rotation(path) for path in paths]
        texts = {each.rotation.path: each.text for each in verdicts if each.rotation}
        for finding in checks.between([each.rotation for each in verdicts if each.rotation]):
            yield files.locate(finding, texts[finding.path])

    def incidents(self) -> list[Part[Incident]]:
        """Read every incident."""
        return list(read_declared(self.root, "incidents", reader("incident", self.schemas, parse.incident)))

    def incident(self, part: Part[Incident], count: int, of: int) -> Iterator[Problem]:
        """Find what is wrong with an incident that matches so many of all keys."""
        if part.value is not None:
            yield from located(checks.of_incident(part.value, count, of), part.text)

    def shown(self, path: str) -> str:
        """Name a file as problems do."""
        return disk.shown(Path(path), self.root)


def located(found: Iterable[Finding], text: str) -> Iterator[Problem]:
    """Place findings in the text of their file."""
    yield from (files.locate(finding, text) for finding in found)
