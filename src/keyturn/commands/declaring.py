"""New rotations: judged with all that is declared already, and written only where nothing stands in their way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from keyturn import checks, files, parse
from keyturn.commands import shipped
from keyturn.errors import UsageError
from keyturn.files import starters
from keyturn.files.declarations import declaration
from keyturn.model import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from keyturn.commands.workspace import Workspace
    from keyturn.files import Plain
    from keyturn.model import Finding, Rotation
    from keyturn.schema import Schemas

_SCHEMA = "schemas/rotation.schema.json"


@dataclass(frozen=True, slots=True)
class Draft:
    """A rotation's file that is not there yet."""

    path: str
    text: str


def draft(
    found: Workspace, fields: Mapping[str, Plain], path: str | None = None, samples: Mapping[str, str] | None = None
) -> Draft:
    """Write what is known of a key as a file of the root; with `samples` every field is explained."""
    place = path or f"rotations/{fields['provider']}-{fields['key']}.yaml"
    up = "../" * place.count("/")
    schema = f"{up}{_SCHEMA}" if (found.root / _SCHEMA).is_file() else None
    return Draft(place, declaration(fields, schema, samples))


def errors(found: Workspace, drafts: Sequence[Draft], today: date) -> Iterator[Problem]:
    """Give what is wrong with new files, each by itself and beside all the others."""
    schemas = shipped.schemas()
    sound: list[tuple[Draft, Rotation]] = []
    for each in drafts:
        if starters.is_there(found.root, each.path):
            yield Problem(each.path, 1, 1, "exists", "there is a file of this name already; it is left as it is")
        read = _read(each, found, schemas)
        if isinstance(read, tuple):
            yield from read
        else:
            sound.append((each, read))
            yield from _located(checks.of_rotation(read, found.catalogue, found.policy, today), each)
    yield from _clashes(found.every, sound)


def _read(each: Draft, found: Workspace, schemas: Schemas) -> Rotation | tuple[Problem, ...]:
    document = files.document(each.text, each.path)
    if isinstance(document, tuple):
        return document
    if faults := schemas.findings("rotation", each.path, cast("Any", document.data)):
        return tuple(files.locate(fault, each.text) for fault in faults)
    rotation = parse.rotation(each.path, cast("Any", document.data))
    return replace(rotation, slug=found.catalogue.slug(rotation.provider))


def _located(findings: Iterable[Finding], each: Draft) -> Iterator[Problem]:
    yield from (files.locate(finding, each.text) for finding in findings if finding.severity is Severity.ERROR)


def _clashes(every: Iterable[Rotation], sound: Iterable[tuple[Draft, Rotation]]) -> Iterator[Problem]:
    """Give the new rotations whose id another file has or had; here people know which of the two is new."""
    homes = {id_: each.path for each in every for id_ in (each.id, *each.formerly)}
    for new, rotation in sound:
        if (home := homes.setdefault(rotation.id, new.path)) != new.path:
            yield Problem(
                new.path, 1, 1, "duplicate-id", f"{rotation.id} is declared in {home} already; name another key"
            )


def insist(problems: Iterable[Problem]) -> None:
    """Refuse what is wrong, all of it at once."""
    if wrong := "\n".join(f"  {each.message}" for each in problems):
        message = f"this would not be a valid rotation, so nothing was written:\n{wrong}"
        raise UsageError(message)


def write(found: Workspace, each: Draft) -> None:
    """Write a new file."""
    starters.add(found.root, each.path, each.text)
