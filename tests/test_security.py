"""Every defence that SECURITY.md promises has the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
LINKS = dict(re.findall(r"^\[(t\d+)\]: (.+)$", TEXT, flags=re.MULTILINE))
ROWS = [line for line in TEXT.partition("## Threat model")[2].splitlines() if line.startswith("| ")][1:]


def titles(path: Path) -> list[str]:
    """Return the names of the tests in a file; a state machine of Hypothesis is one by assignment."""
    return re.findall(r"^(?:def )?(test_\w+)[(:]", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("name", LINKS)
def test_a_named_test_is_there(name: str) -> None:
    path, _, title = LINKS[name].partition(" ")
    found = titles(ROOT / path)
    assert found
    assert not title or title.strip('"') in found


def test_every_threat_has_a_test_and_every_test_a_threat() -> None:
    used = [set(re.findall(r"\]\[(t\d+)\]", row)) for row in ROWS]
    assert len(ROWS) >= 18
    assert all(used)
    assert set().union(*used) == LINKS.keys()
