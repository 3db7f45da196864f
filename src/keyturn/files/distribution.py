"""What comes with the package: schemas and the catalogue; and the entries with which a root overrides them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.files import disk
    from keyturn.model import Problem

_SCHEMA = ".schema.json"
_PACKAGE = Path(__file__).parent.parent
_SOURCES = _PACKAGE.parent.parent


def shipped(folder: str) -> Path:
    """Return a folder that the wheel carries, or the repository's own one in a source checkout."""
    return _in_wheel_or_sources(_PACKAGE / "shipped", _SOURCES, folder)


def _in_wheel_or_sources(wheel: Path, sources: Path, folder: str) -> Path:
    return wheel / folder if wheel.is_dir() else sources / folder


def schemas(folder: Path | None = None) -> Mapping[str, dict[str, Any]]:
    """Return every shipped JSON Schema by its kind: `rotation`, `incident`, `provider`, `platform`, `policy`."""
    return _SchemaFiles(folder or shipped("schemas"))


class _SchemaFiles(Mapping[str, dict[str, Any]]):
    """The schemas of a folder, each read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, kind: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self._folder / f"{kind}{_SCHEMA}").read_bytes())
        return document

    def __iter__(self) -> Iterator[str]:
        return (path.name.removesuffix(_SCHEMA) for path in sorted(self._folder.glob(f"*{_SCHEMA}")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def catalogue(kind: str, root: Path | None = None) -> Iterator[tuple[str, disk.Document | tuple[Problem, ...]]]:
    """Yield slug and document of every entry of `providers` or `platforms`; the root's own ones win."""
    yield from ((slug, found) for slug in slugs(kind, root) if (found := entry(kind, slug, root)) is not None)


def slugs(kind: str, root: Path | None = None) -> list[str]:
    """Return every slug of `providers` or `platforms`, shipped or the root's own, without opening a file."""
    return sorted(_slugs(shipped(kind)) | (_slugs(root / kind) if root else set()))


def entry(kind: str, slug: str, root: Path | None = None) -> disk.Document | tuple[Problem, ...] | None:
    """Read the one entry of this slug, the root's own before the shipped one; None where neither exists."""
    from keyturn.files import disk

    if Path(slug).name != slug:  # a slug comes from a file or an argument and must not lead elsewhere
        return None
    own = _existing(root / kind, slug) if root else None
    if own is not None and root is not None:
        return disk.read(own, disk.shown(own, root))
    path = _existing(shipped(kind), slug)
    return disk.read(path, f"{kind}/{path.name}", trusted=True) if path else None


def part(kind: str, slug: str, key: str) -> str:
    """Return the lines of one key of a shipped entry, or nothing; to read all of it would take a hundred times as long.

    Ours have their keys in the first column, where no other line begins like one: tests/shell/test_files_shipped.py.
    """
    text = (shipped(kind) / f"{slug}.yaml").read_text(encoding="utf-8")
    found = re.search(rf"(?m)^{key}:.*\n(?:(?:[ #-].*)?\n)*", text)
    return found[0] if found else ""


def is_own(kind: str, slug: str, root: Path) -> bool:
    """Tell whether the root has an entry of its own for a slug."""
    return _existing(root / kind, slug) is not None


def is_override(kind: str, slug: str, root: Path) -> bool:
    """Tell whether the root has an entry of its own for a slug that is shipped too."""
    own = _existing(root / kind, slug)
    return own is not None and own.parent.resolve() != shipped(kind).resolve() and bool(_existing(shipped(kind), slug))


def templates(root: Path) -> dict[str, str]:
    """Return the text of every template by its file name; the root's own ones win."""
    from keyturn.files import disk

    own = [(path, disk.shown(path, root)) for path in sorted((root / "templates").glob("*.jinja"))]
    theirs = [(path, f"templates/{path.name}") for path in sorted(shipped("templates").glob("*.jinja"))]
    return {path.name: _template(path, shown) for path, shown in (*theirs, *own)}


def report_sources() -> dict[str, str]:
    """Return templates, style and script of the report's pages by their names; no root overrides them."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((shipped("templates") / "report").iterdir())}


def _template(path: Path, shown: str) -> str:
    from keyturn.errors import RepositoryError
    from keyturn.files import disk
    from keyturn.files.text import BOM
    from keyturn.model import Problem

    found = disk.source(path, shown)
    if isinstance(found, Problem):
        message = f"{shown}: {found.message}"
        raise RepositoryError(message)
    return found.removeprefix(BOM)


def _slugs(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*") if path.suffix in {".yaml", ".yml"}}


def _existing(folder: Path, slug: str) -> Path | None:
    places = (folder / f"{slug}{ending}" for ending in (".yaml", ".yml"))
    return next((path for path in places if path.is_symlink() or path.exists()), None)
