"""A release says what the changelog says, under the tag that the package says."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

import keyturn

pytestmark = pytest.mark.repository

SCRIPT = Path(__file__).resolve().parent.parent / ".ci/release_notes.py"
CHANGELOG = """\
# Changelog

## [Unreleased]

### Added
- A thing to come.

## [1.2.0] - 2026-12-01

### Fixed
- A thing that was wrong.

## [1.1.0] - 2026-11-01

### Added
- An older thing.

[1.1.0]: https://keyturn.example/1.1.0
"""


def release_notes() -> Any:
    spec = spec_from_file_location("release_notes", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("1.2.0", "### Fixed\n- A thing that was wrong.", id="between two others"),
        pytest.param("1.1.0", "### Added\n- An older thing.", id="the last, before the links"),
    ],
)
def test_the_notes_are_the_section_of_the_version(version: str, expected: str) -> None:
    assert release_notes().main(f"v{version}", version, CHANGELOG) == expected


@pytest.mark.parametrize(
    ("tag", "version", "message"),
    [
        pytest.param("v1.2.1", "1.2.0", "the tag is v1.2.1 and the package says 1.2.0", id="another tag"),
        pytest.param("v1.3.0", "1.3.0", "no section `## [1.3.0] - <day>`", id="still unreleased"),
        pytest.param("v1x2x0", "1x2x0", "no section", id="dots are dots"),
    ],
)
def test_what_does_not_agree_stops_the_release(tag: str, version: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message.replace("[", r"\[").replace("]", r"\]")):
        release_notes().main(tag, version, CHANGELOG)


def test_the_script_fails_for_a_tag_of_another_version() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "v0.0.0"], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"the package says {keyturn.__version__}" in done.stderr


def test_the_changelog_has_one_section_for_what_comes() -> None:
    lines = (SCRIPT.parent.parent / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if line.startswith("## ")) == "## [Unreleased]"
