"""A report, opened from disk in Chromium. Where the browser is missing, `.ci/browser` brings it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shell.desk import DUE, DUE_SOON, FRESH, OVERDUE, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

CHROMES = ("chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)


def missing(what: str) -> None:
    """Fail in CI, where everything is to be there; elsewhere leave the test out and say so."""
    reason = f"there is no {what} here; run .ci/browser"
    if os.environ.get("CI") == "true":  # noqa: TID251 - set where nothing may be left out
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright comes with `make test`")
    path = next(filter(None, map(shutil.which, CHROMES)), None)
    if path is None:
        missing("Chromium")
    with sync.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        missing("axe-core")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in contexts of their own; in the end none may have complained or asked for anything but files."""
    contexts, heard = [], list[str]()

    def open_(path: Path, fragment: str = "", **context: object) -> Page:
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.on("requestfailed", lambda request: heard.append(f"failed: {request.url}"))
        page.on("request", lambda request: None if request.url.startswith("file:") else heard.append(request.url))
        page.goto(f"{path.as_uri()}{fragment}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert heard == []


# -- a small fleet ---------------------------------------------------------------------------------------------------

WHO = {f"GIT_{who}_{what}": "alice" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def commit(desk: Desk) -> None:
    environment = {"PATH": os.defpath, "HOME": str(desk.folder), "GIT_CONFIG_NOSYSTEM": "1", **WHO}
    for arguments in (("init", "-q"), ("add", "rotations"), ("commit", "-q", "-m", "Change")):
        subprocess.run(["git", *arguments], cwd=desk.folder, env=environment, check=True)


def declare(desk: Desk) -> None:
    desk.declare("mixpanel/leaked", FRESH, tags=["pii"])
    desk.declare("close/late", OVERDUE, owners=["carol"], tier="low", rotate_every="60d")
    desk.declare("close/due", DUE, owners=["bob"])
    desk.declare("appsflyer/soon", DUE_SOON, tags=["etl", "pii"], tier="critical", rotate_every="90d")
    desk.declare("appsflyer/fresh", FRESH, owners=["alice"], description="Loads <b>events</b> & more.")
    desk.declare("plausible/held", OVERDUE, hold={"until": "2026-12-10", "reason": "Holiday sale."})
    desk.declare("plausible/waived", OVERDUE, waiver={"until": "2027-06-30", "reason": "Not now."})
    desk.declare("matomo/unknown", "unknown", enrolled="2026-11-10")
    proof = {"method": "attested", "at": "2026-11-02T10:00:00Z"}
    recorded = {"replaces": "2026-08-01", "new_key": proof, "old_key": proof, "consumers": proof, "by": "bob"}
    desk.declare("clockify/proved", OVERDUE)
    commit(desk)
    desk.declare("clockify/proved", FRESH, evidence=recorded)
    desk.write(
        "incidents/vendor.yaml",
        "summary: Vendor published tokens\nmatch: {providers: [mixpanel]}\nrespond_by: 2026-11-23\n"
        "link: https://status.example/1\n",
    )
    commit(desk)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a fleet in which every page has something to show."""
    desk = Desk(tmp_path_factory.mktemp("fleet"))
    desk.policy(limits={"open_at_once": 2})
    declare(desk)
    assert desk.keyturn("apply").status == 0
    done = desk.keyturn("report", "--out", "site")
    assert done.status == 0, done.err
    return desk.folder / "site"
