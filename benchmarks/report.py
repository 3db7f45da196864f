"""Measure `keyturn report`: how long the site of a fleet takes to write, and how soon Chromium paints and works it.

The time to write includes reading the files, the history and the tracker. First paint and the time until the table is
ready are the browser's own figures for the first page, opened from disk; each is the median of five openings.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from corpus import TODAY, commit, declare
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TIMES = 5
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
READY = "performance.timing.loadEventEnd - performance.timing.navigationStart"
SEARCH = """() => {
  const box = document.getElementById("q"), start = performance.now();
  box.value = "loader-1";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  return performance.now() - start;
}"""


def written(count: int, folder: Path) -> float:
    """Write the report of so many keys and return the seconds that it took."""
    root = folder / "keys"
    root.mkdir()
    commit(declare(root, count, one_in=0), 3)
    command = [sys.executable, "-m", "keyturn", "report", "--out", str(folder / "site"), "--today", TODAY, "--quiet"]
    start = time.perf_counter()
    subprocess.run([*command, "--root", str(root)], check=True)
    return time.perf_counter() - start


def opened(browser: Browser, page: Path) -> tuple[float, float, float, int]:
    """Open the first page; return milliseconds to first paint, to readiness and for a search, and the elements."""
    context = browser.new_context()
    sheet = context.new_page()
    sheet.goto(page.as_uri())
    sheet.wait_for_function(PAINT.replace(".startTime", ""))
    figures = (sheet.evaluate(PAINT), sheet.evaluate(READY), sheet.evaluate(SEARCH))
    count = sheet.locator("*").count()
    context.close()
    return (*figures, count)


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[5, 1_000, 10_000])
    print(
        f"{'keys':>7} {'write s':>8} {'site MB':>8} {'paint ms':>9} {'ready ms':>9} {'search ms':>10} {'elements':>9}"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for count in parser.parse_args().counts:
            with tempfile.TemporaryDirectory() as folder:
                seconds = written(count, Path(folder))
                site = Path(folder) / "site"
                size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
                runs = [opened(browser, site / "index.html") for _ in range(TIMES)]
                paint, ready, search, elements = (statistics.median(column) for column in zip(*runs, strict=True))
                print(f"{count:7} {seconds:8.1f} {size:8.1f} {paint:9.0f} {ready:9.0f} {search:10.1f} {elements:9.0f}")
        browser.close()


if __name__ == "__main__":
    main()
