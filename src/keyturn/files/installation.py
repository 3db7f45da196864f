"""What this installation consists of: Python, the libraries, and the ranges of versions that we state for them."""

from __future__ import annotations

import platform
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from keyturn import __version__
from keyturn.health.facts import Machine, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = ">=3.11,<3.15"
GIT = ">=2.31"  # the first that takes GIT_CONFIG_COUNT
_SOURCES = Path(__file__).parents[3]
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def machine(git: str | None, package: str = "keyturn", sources: Path = _SOURCES) -> Machine:
    """Say what keyturn runs on, with the version of git that was found."""
    parts = (
        Part("Python", platform.python_version(), PYTHON),
        Part("git", git, GIT),
        *map(_library, _requirements(package, sources)),
    )
    return Machine(__version__, parts, has_libyaml=yaml.__with_libyaml__)


def _requirements(package: str, sources: Path) -> Iterator[str]:
    """Give what an installed package requires; where it runs from its sources, what those say."""
    try:
        found = metadata.requires(package) or []
    except metadata.PackageNotFoundError:
        found = _declared(sources / "pyproject.toml")
    yield from (each for each in found if "extra ==" not in each)


def _declared(project: Path) -> list[str]:
    """Read what a project depends on; a copy without its project file says nothing."""
    if not project.is_file():
        return []
    found: list[str] = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    return found


def _library(requirement: str) -> Part:
    name = "".join(_NAME.findall(requirement)[:1])
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = None
    return Part(name, version, requirement.removeprefix(name).strip())
