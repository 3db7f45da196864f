"""A file of each kind, read and held against its schema: a value, or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from keyturn import files, parse
from keyturn.files.tree import POLICY
from keyturn.model import Policy, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from keyturn.model import Entry
    from keyturn.schema import Schemas

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One file: what it says, or what is wrong with it."""

    path: Path | None  # None for what is no regular file
    shown: str
    value: T | None
    problems: tuple[Problem, ...] = ()
    text: str = ""  # what the file holds, as far as it could be read
    data: object = None  # of a document that does not fit its schema


def reader(kind: str, schemas: Schemas, parsed: Callable[[str, Any], T]) -> Callable[[Path, str], Part[T]]:
    """Make what reads a file of this kind; `parsed` makes a value of a document that fits."""

    def read(path: Path, shown: str) -> Part[T]:
        document = files.read(path, shown)
        if isinstance(document, tuple):
            return Part(path, shown, None, document)
        if faults := schemas.findings(kind, shown, cast("Any", document.data)):
            problems = tuple(files.locate(fault, document.text) for fault in faults)
            return Part(path, shown, None, problems, document.text, document.data)
        return Part(path, shown, parsed(shown, document.data), (), document.text)

    return read


def read_declared(root: Path, folder: str, read: Callable[[Path, str], Part[T]]) -> Iterator[Part[T]]:
    """Read every YAML file below a folder of the root."""
    for found in files.declared(root, folder):
        if isinstance(found, Problem):
            yield Part(None, found.path, None, (found,))
        else:
            yield read(found, files.shown(found, root))


def read_own(root: Path, schemas: Schemas) -> list[Part[Entry]]:
    """Read the root's own entries of the catalogue."""
    return [*read_entries(root, schemas, "provider"), *read_entries(root, schemas, "platform")]


def read_entries(root: Path, schemas: Schemas, kind: str) -> Iterator[Part[Entry]]:
    """Check the root's own entries of the catalogue; in a repository made from ours those are the shipped ones too."""
    yield from read_declared(root, f"{kind}s", reader(kind, schemas, parse.entry))


def read_policy(root: Path, schemas: Schemas) -> Part[Policy]:
    """Read the policy; where there is none, the default one."""
    path = root / POLICY
    if not path.exists() and not path.is_symlink():
        return Part(path, POLICY, Policy())
    part = reader("policy", schemas, lambda _, document: parse.policy(document))(path, POLICY)
    if [problem.code for problem in part.problems] == ["empty-file"]:
        return Part(path, POLICY, Policy())  # every key is optional, so an empty policy is the default one
    return part
