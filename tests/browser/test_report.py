"""The report as people meet it: in a browser, from disk, with a mouse, a keyboard, a phone, a printer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from core.fleet_samples import fleet, key

from keyturn import files
from keyturn.render.report import charts
from keyturn.render.report.facts import table
from keyturn.render.report.links import Links
from keyturn.render.report.pages import MOST_ROWS, Pages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Opened = Callable[..., Page]

pytestmark = pytest.mark.repository  # the rules of axe-core are beside the tests of the repository alone

PAGES = (
    *("index.html", "calendar.html", "providers.html", "owners.html", "incidents.html", "waiting.html"),
    *("providers/close.html", "owners/alice.html"),
    *("keys/mixpanel/leaked.html", "keys/clockify/proved.html", "keys/plausible/held.html"),
)
ROWS = "#sheet tbody tr"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


def names(page: Page) -> list[str]:
    return page.locator(f"{ROWS} th").all_inner_texts()


def shown(page: Page) -> str:
    return page.locator("#shown").inner_text()


# -- the table -------------------------------------------------------------------------------------------------------


def test_search_finds_keys_owners_and_tags_as_one_types(site: Path, opened: Opened) -> None:
    page = opened(site / "index.html")
    assert len(names(page)) == 9
    page.get_by_label("Search").fill("appsfl")
    assert names(page) == ["appsflyer/soon", "appsflyer/fresh"]
    page.get_by_label("Search").fill("PII  mix")
    assert names(page) == ["mixpanel/leaked"]
    page.get_by_label("Search").fill("carol")
    assert (names(page), shown(page)) == (["close/late"], "1 to 1 of 1 key of 9")
    page.get_by_label("Search").fill("nobody")
    assert (names(page), "No key fits" in shown(page)) == ([], True)
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("document.querySelectorAll('#sheet tbody tr').length === 9")


@pytest.mark.parametrize(
    ("label", "value", "found"),
    [
        ("Status", "held", ["plausible/held"]),
        ("Status", "past the due day", ["close/late"]),
        ("Status", "leaked or expired", ["mixpanel/leaked"]),
        ("Owner", "carol", ["close/late"]),
        ("Provider", "close", ["close/late", "close/due"]),
        ("Tier", "critical", ["appsflyer/soon"]),
        ("Tag", "etl", ["appsflyer/soon"]),
        ("Strategy", "reset", ["clockify/proved"]),
    ],
)
def test_a_filter_keeps_what_fits(site: Path, opened: Opened, label: str, value: str, found: list[str]) -> None:
    page = opened(site / "index.html")
    page.get_by_label(label, exact=True).select_option(label=value)
    assert names(page) == found


def test_filters_work_together_and_stand_in_the_address(site: Path, opened: Opened) -> None:
    page = opened(site / "index.html")
    page.get_by_label("Tag", exact=True).select_option("pii")
    page.get_by_label("Tier", exact=True).select_option("critical")
    assert names(page) == ["appsflyer/soon"]
    assert page.url.endswith("#tier=critical&tag=pii")
    again = opened(site / "index.html", "#tier=critical&tag=pii")
    assert names(again) == ["appsflyer/soon"]
    assert again.get_by_label("Tag", exact=True).input_value() == "pii"


def test_a_tile_leads_to_what_it_counts(site: Path, opened: Opened) -> None:
    page = opened(site / "index.html")
    page.get_by_role("link", name="past their due day").click()
    assert names(page) == ["close/late"]


def test_heads_sort_and_say_so(site: Path, opened: Opened) -> None:
    page = opened(site / "index.html")
    head = page.get_by_role("columnheader", name="Key")
    page.get_by_role("button", name="Key", exact=True).click()
    assert names(page) == sorted(names(page))
    assert head.get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="Key", exact=True).click()
    assert names(page) == sorted(names(page), reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    page.get_by_label("Order").select_option("-age")
    assert names(page)[0] == "matomo/unknown"  # nobody knows: it may be the oldest
    page.get_by_label("Order").select_option("due")
    due = page.locator(f"{ROWS} time").all_inner_texts()
    assert due == sorted(due)


def test_what_was_declared_stays_text(site: Path, opened: Opened) -> None:
    page = opened(site / "keys/appsflyer/fresh.html")
    assert page.get_by_text("Loads <b>events</b> & more.").is_visible()


# -- keyboard, dark, phone, paper ------------------------------------------------------------------------------------


def test_everything_is_reached_without_a_mouse(site: Path, opened: Opened) -> None:
    page = opened(site / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("close")
    assert names(page) == ["close/late", "close/due"]
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "close/due":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys/close/due.html")
    assert page.locator("h1").inner_text() == "close/due"


def test_dark_follows_the_system(site: Path, opened: Opened) -> None:
    brightness = (
        "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).reduce((a, b) => +a + +b)"
    )
    light = opened(site / "index.html", color_scheme="light").evaluate(brightness)
    dark = opened(site / "index.html", color_scheme="dark").evaluate(brightness)
    assert (int(dark) < 120, int(light) > 600) == (True, True)


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scrolling(site: Path, opened: Opened, path: str) -> None:
    page = opened(site / path, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_paper_gets_every_row_and_no_controls(site: Path, opened: Opened) -> None:
    page = opened(site / "index.html")
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert not page.get_by_role("navigation").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


# -- accessibility ---------------------------------------------------------------------------------------------------

# Without `preload` it would fetch the style sheet, which the page's own policy forbids.
FULL = "{preload: false}"
COLOURS = "{preload: false, runOnly: ['color-contrast']}"  # all that is other in the dark
FOUND = "found => found.violations.map(each => [each.id, each.nodes.map(at => at.html)])"


def violations(page: Page, axe: str, options: str = FULL) -> list[object]:
    page.evaluate(axe)
    found: list[object] = page.evaluate(f"axe.run({options}).then({FOUND})")
    return found


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(site: Path, opened: Opened, axe: str, path: str) -> None:
    page = opened(site / path, color_scheme="light")
    assert violations(page, axe) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, axe, COLOURS) == []


def test_axe_finds_nothing_on_a_phone(site: Path, opened: Opened, axe: str) -> None:
    for path in ("index.html", "calendar.html", "owners/alice.html"):
        page = opened(site / path, **PHONE)
        assert violations(page, axe) == [], path


# -- ten thousand keys -----------------------------------------------------------------------------------------------

MANY = 10_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the first page of a large fleet, with what it loads."""
    folder, sources = tmp_path_factory.mktemp("large"), files.report_sources()
    first = date(2026, 6, 1)
    many = fleet(*(key(f"mixpanel/key-{at}", (first + timedelta(at % 170)).isoformat()) for at in range(MANY)))
    for name in ("report.css", "report.js", "icon.svg"):
        (folder / name).write_text(sources[name], encoding="utf-8")
    (folder / "keys.js").write_text(table(many, None), encoding="utf-8")
    path, text = next(Pages(many, Links(), sources).all(charts.charts(many)))
    (folder / path).write_text(text, encoding="utf-8")
    return folder


def test_ten_thousand_keys_are_turned_page_by_page(large: Path, opened: Opened) -> None:
    page = opened(large / "index.html")
    assert page.locator(ROWS).count() == MOST_ROWS
    assert page.locator("*").count() < 2_000
    assert shown(page) == f"1 to {MOST_ROWS} of {MANY} keys"
    page.get_by_role("button", name="Next").click()
    assert (page.locator(ROWS).count(), shown(page)) == (MOST_ROWS, f"51 to 100 of {MANY} keys")
    page.get_by_label("Search").fill("key-9999")
    assert names(page) == ["mixpanel/key-9999"]
    page.get_by_label("Search").fill("")
    page.get_by_label("Order").select_option("-age")
    assert page.locator(ROWS).count() == MOST_ROWS


def test_on_paper_all_that_was_found_is_there(large: Path, opened: Opened) -> None:
    page = opened(large / "index.html", "#q=key-1")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(ROWS).count() == 1_111
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(ROWS).count() == MOST_ROWS
