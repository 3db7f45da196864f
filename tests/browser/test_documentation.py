"""The documentation as a site: pages of every kind pass the rules of axe-core, in the light and in the dark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "index.html",
    "start.html",
    "comparison.html",
    "security.html",
    "how-to/adopt.html",
    "commands/validate.html",
    "formats/rotation.html",
    "providers/mixpanel.html",
)
# The theme names two of its own lists alike; a table of facts in Markdown has a head that says nothing.
RULES = "{preload: false, rules: {'landmark-unique': {enabled: false}, 'empty-table-header': {enabled: false}}}"
FOUND = "found => found.violations.map(each => [each.id, each.nodes.map(at => at.html)])"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documentation")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(site: Path, browser: Browser, axe: str, scheme: str) -> None:
    context = browser.new_context(
        color_scheme=scheme
    )  # without `opened`: from disk, the theme looks for its index in vain
    page = context.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda request: None if request.url.startswith("file:") else elsewhere.append(request.url))
    for path in PAGES:
        page.goto((site / path).as_uri())
        page.evaluate(axe)
        assert page.evaluate(f"axe.run({RULES}).then({FOUND})") == [], path
    context.close()
    assert elsewhere == []
