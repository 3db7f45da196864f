"""Draw docs/images/dashboard.png and key.png: the report of the demo's keys, as Chromium shows it.

Run it by hand after a change of the report; `make demo` first. It needs Chromium; the rest is among the development
dependencies.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / ".keyturn" / "demo"
IMAGES = ROOT / "docs" / "images"
DAY = "2026-11-21"
PICTURES = {"dashboard.png": "index.html", "key.png": "keys/bigcommerce/store-orders.html"}


def site(folder: Path) -> Path:
    """Write the report of a copy of the demo, whose history is this repository's own way from sample to recorded."""
    copy = folder / "keys"
    shutil.copytree(DEMO, copy)
    shutil.copy(ROOT / "rotations/commerce/bigcommerce-store-orders.yaml", folder / "before.yaml")
    rotated = copy / "rotations/commerce/bigcommerce-store-orders.yaml"
    after = rotated.read_bytes()
    rotated.write_bytes((folder / "before.yaml").read_bytes())
    _git(copy, "init", "--quiet")
    _commit(copy, "alice", "2026-11-20T09:00:00Z")
    rotated.write_bytes(after)
    _commit(copy, "carol", "2026-11-21T09:00:00Z")
    command = [sys.executable, "-m", "keyturn", "report", "--out", str(folder / "site"), "--today", DAY, "--quiet"]
    subprocess.run([*command, "--root", str(copy)], check=True)  # noqa: S603 - our own command
    return folder / "site"


def _commit(copy: Path, who: str, when: str) -> None:
    _git(copy, "add", "keyturn.yaml", "rotations")
    _git(
        copy,
        "-c",
        f"user.name={who}",
        "-c",
        f"user.email={who}@example.com",
        "commit",
        "-qm",
        "Change",
        f"--date={when}",
    )


def _git(copy: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(copy), *arguments], check=True)  # noqa: S603, S607 - git of the PATH, with fixed arguments


def main() -> None:
    """Draw both pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        made = site(Path(folder))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        sheet = browser.new_page(viewport={"width": 1180, "height": 1320})
        for picture, page in PICTURES.items():
            sheet.goto((made / page).as_uri())
            sheet.screenshot(path=IMAGES / picture)
        browser.close()


if __name__ == "__main__":
    main()
