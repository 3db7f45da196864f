"""The catalogue as a command needs it: an entry is read when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from keyturn import checks, files, parse
from keyturn.files import distribution
from keyturn.model import Catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from keyturn.model import Platform, Provider

T = TypeVar("T")


class Shelf(Mapping[str, T], Generic[T]):
    """The entries of one folder of the catalogue by slug, each read once and when it is first asked for."""

    def __init__(self, folder: str, root: Path, broken: Collection[str], parsed: Callable[[str, Any], T]) -> None:
        self._folder, self._root, self._broken, self._parsed = folder, root, broken, parsed
        self._read: dict[str, T | None] = {}

    def __getitem__(self, slug: str) -> T:
        if slug not in self._read:
            self._read[slug] = self._entry(slug)
        if (found := self._read[slug]) is None:
            raise KeyError(slug)
        return found

    def __iter__(self) -> Iterator[str]:
        return (slug for slug in self._slugs if slug not in self._broken and checks.is_slug(slug))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @cached_property
    def _slugs(self) -> list[str]:
        return files.slugs(self._folder, self._root)

    def _entry(self, slug: str) -> T | None:
        document = None if slug in self._broken else files.entry(self._folder, slug, self._root)
        return None if document is None or isinstance(document, tuple) else self._parsed(slug, document.data)


class Aliases(Mapping[str, str]):
    """The slug of every alias; of what is shipped, nothing else is read for it."""

    def __init__(self, providers: Mapping[str, Provider], root: Path) -> None:
        self._providers, self._root = providers, root

    def __getitem__(self, alias: str) -> str:
        return self._slugs[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(self._slugs)

    def __len__(self) -> int:
        return len(self._slugs)

    @cached_property
    def _slugs(self) -> dict[str, str]:
        return {alias: slug for slug in self._providers for alias in self._of(slug)}

    def _of(self, slug: str) -> Sequence[str]:
        if distribution.is_own("providers", slug, self._root):
            return self._providers[slug].aliases
        document = files.document(distribution.part("providers", slug, "aliases"), slug, trusted=True)
        return () if isinstance(document, tuple) else cast("Any", document.data)["aliases"]


def shelved(root: Path, broken: Collection[str]) -> Catalogue:
    """Return the catalogue of a root without the root's own entries that are broken, named as problems name them."""
    providers: Mapping[str, Provider] = Shelf("providers", root, _slugs(broken, "providers"), parse.provider)
    platforms: Mapping[str, Platform] = Shelf("platforms", root, _slugs(broken, "platforms"), parse.platform)
    return Catalogue(providers, platforms, Aliases(providers, root))


def _slugs(broken: Collection[str], folder: str) -> frozenset[str]:
    paths = map(PurePosixPath, broken)
    return frozenset(path.stem for path in paths if path.parent == PurePosixPath(folder))
