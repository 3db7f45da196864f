"""docs/providers/ is what its generator makes of the catalogue, and the generator says what differs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts/generate_provider_pages.py"


def generate(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--root", str(root), *arguments], check=False, capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A root whose own providers are those of this repository, and its pages."""
    for folder in ("providers", "docs/providers"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_the_pages_are_those_of_the_catalogue() -> None:
    checked = generate(ROOT, "--check")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_every_provider_has_a_page_in_the_index() -> None:
    index = (ROOT / "docs/providers/README.md").read_text(encoding="utf-8")
    slugs = sorted(path.stem for path in (ROOT / "providers").glob("*.yaml"))
    assert [slug for slug in slugs if f"]({slug}.md)" not in index] == []


def test_a_check_names_what_differs_and_writes_nothing(copy: Path) -> None:
    generate(copy)
    pages = copy / "docs/providers"
    (pages / "gone.md").touch()
    (pages / "close.md").unlink()
    (pages / "mixpanel.md").write_text("changed by hand", encoding="utf-8")
    checked = generate(copy, "--check")
    assert checked.returncode == 1
    assert checked.stdout.splitlines() == [
        "docs/providers/close.md is missing",
        "docs/providers/gone.md belongs to no provider",
        "docs/providers/mixpanel.md differs",
        "Run `python scripts/generate_provider_pages.py` and commit what it writes.",
    ]
    assert (pages / "mixpanel.md").read_text(encoding="utf-8") == "changed by hand"

    assert generate(copy).returncode == 0
    assert generate(copy, "--check").returncode == 0
    assert not (pages / "gone.md").exists()


def test_a_file_that_cannot_be_read_stops_it(copy: Path) -> None:
    (copy / "providers/close.yaml").write_text("name: [\n", encoding="utf-8")
    stopped = generate(copy)
    assert (stopped.returncode, stopped.stderr) == (1, "providers/close cannot be read; run `keyturn validate`\n")
