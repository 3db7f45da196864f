"""What a new repository is made from, as it is shipped, and writing it without taking anything from anybody."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from keyturn.errors import RepositoryError
from keyturn.files import disk, distribution

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def sources(workflows: Iterable[str], forms: Iterable[str] = ()) -> dict[str, str]:
    """Return the templates by name; workflows, forms and schemas as `workflows/NAME` and so on."""
    found = dict(_below(distribution.shipped("templates") / "init", ""))
    found |= _below(distribution.shipped("schemas"), "schemas/")
    found |= _of_github("workflows", "workflows", workflows)
    return found | dict(_of_github("forms", "ISSUE_TEMPLATE", forms))


def _of_github(name: str, place: str, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Read what a source checkout has where GitHub looks for it."""
    places = (distribution.shipped(name), distribution.shipped(".github") / place)
    folder, *_ = [place for place in places if place.is_dir()]
    yield from ((f"{name}/{each}", (folder / each).read_text(encoding="utf-8")) for each in wanted)


def _below(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{prefix}{path.name}", path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir()))


def origin(package: str = "keyturn") -> tuple[str | None, Path]:
    """Return the commit that this was installed from, where the installation knows it, and the folder it came from."""
    sources = distribution.shipped("templates").parent
    try:
        told = metadata.distribution(package).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None, sources
    return provenance(json.loads(told or "{}"), sources)


def provenance(direct: dict[str, Any], sources: Path) -> tuple[str | None, Path]:
    """Read what PEP 610 says of an installation."""
    commit = direct.get("vcs_info", {}).get("commit_id")
    address = urlsplit(direct.get("url", ""))
    folder = Path(unquote(address.path)) if address.scheme == "file" and "dir_info" in direct else sources
    return commit, folder


def is_there(root: Path, path: str) -> bool:
    """Tell whether something has this name already, be it a link that leads nowhere."""
    place = root / path
    return place.is_symlink() or place.exists()


def add(root: Path, path: str, text: str) -> None:
    """Write a new file below a root and the folders that it needs; raise RepositoryError where a link leads away."""
    place = root / path
    for folder in place.relative_to(root).parents:
        if (root / folder).is_symlink() and folder != Path():
            message = f"{folder.as_posix()} is a link, so {path} was not written; put a folder in its place"
            raise RepositoryError(message)
    place.parent.mkdir(parents=True, exist_ok=True)
    disk.write(place, text)
