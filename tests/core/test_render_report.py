"""What a report's files say: pages, data, calendars, charts; and that no text of a file comes alive in them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from core.fleet_samples import fleet, key
from core.samples import DUE, FRESH, OVERDUE, TODAY, evidence, incident, leak, pause, request, retired
from hostile import hostile_texts, html_shape, live_in_html
from hypothesis import HealthCheck, given, settings, strategies as st
from icalendar import Calendar

from keyturn import files, fleet as facts
from keyturn.actions import Subject, Waiting
from keyturn.fleet.past import Change, Life, Past
from keyturn.model import Consumer, Match, Method, Status, Tier, Version, Why, moment
from keyturn.render import report
from keyturn.render.report import links as paths
from keyturn.render.report.charts import charts
from keyturn.render.report.facts import table
from keyturn.render.report.feeds import Feeds
from keyturn.render.report.links import Links
from keyturn.render.report.pages import Pages

if TYPE_CHECKING:
    from keyturn.fleet import Fleet, Key
    from keyturn.model import Incident

SOURCES = files.report_sources()
ON_GITHUB = Links(
    "https://github.com/acme/keys/blob/HEAD",
    "https://github.com/acme/keys/commit",
    "https://github.com/acme/keys/issues",
)
NAME = "MIXPANEL_SECRET"
PAST = Past(
    (
        Life(Version.read(FRESH), "b" * 40, "alice", None, evidence(OVERDUE, "2026-11-02")),
        Life(Version.read(OVERDUE), "a" * 40, "bob", Version.read(FRESH)),
    ),
    (Change("b" * 40, moment("2026-11-02"), "alice", (f"rotated: {FRESH} replaces {OVERDUE}",)),),
)


def written(shown: Fleet, links: Links = ON_GITHUB) -> dict[str, str]:
    return {path: content.decode() for path, content in report.files(shown, links, SOURCES)}


def page(shown: Fleet, path: str, links: Links = ON_GITHUB) -> str:
    return dict(Pages(shown, links, SOURCES).all(charts(shown)))[path]


def words(text: str) -> str:
    """Give what a page says, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


# -- pages -----------------------------------------------------------------------------------------------------------


def test_every_key_provider_and_owner_has_its_page_and_every_owner_a_calendar() -> None:
    made = written(fleet(key("mixpanel/a.b", owners=("Alice", "app[bot]")), key("close/c", owners=("bob",))))
    assert sorted(made) == [
        "calendar.html",
        "calendar.ics",
        "icon.svg",
        "incidents.html",
        "index.html",
        "keys.js",
        "keys/close/c.html",
        "keys/mixpanel/a.b.html",
        "owners.html",
        "owners/alice.html",
        "owners/alice.ics",
        "owners/app.bot.html",
        "owners/app.bot.ics",
        "owners/bob.html",
        "owners/bob.ics",
        "providers.html",
        "providers/close.html",
        "providers/mixpanel.html",
        "report.css",
        "report.js",
        "report.json",
        "waiting.html",
    ]


def test_an_empty_fleet_has_pages_too() -> None:
    made = written(fleet())
    assert "No key is declared." in made["owners.html"]
    assert "Nothing to show." in made["index.html"]


def test_no_page_runs_or_loads_anything_but_its_own_files() -> None:
    made = written(fleet(key()))
    pages = [text for path, text in made.items() if path.endswith(".html")]
    assert all("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'" in text for text in pages)
    loaded = {
        found for text in pages for found in re.findall(r'<(?:script|img|link)[^>]*? (?:src|href)="([^"]+)"', text)
    }
    own = {f"{up}{name}" for up in ("", "../", "../../") for name in ("report.css", "report.js", "keys.js", "icon.svg")}
    assert loaded <= own
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", "".join(pages))


def test_each_template_is_compiled_once_however_many_keys_there_are() -> None:
    compiled: list[str] = []

    class Counted(dict[str, str]):
        """Sources that note which of them is asked for: only a template that is compiled is."""

        def __getitem__(self, name: str) -> str:
            compiled.append(name)
            return super().__getitem__(name)

    shown = fleet(*(key(f"mixpanel/key-{at}") for at in range(50)))
    pages = Pages(shown, Links(), SOURCES)
    pages._environment.loader.mapping = Counted(SOURCES)  # noqa: SLF001 - where the sources come from
    assert len(list(pages.all(charts(shown)))) == 50 + 8
    assert len(compiled) == len(set(compiled)) == 9


def test_a_key_s_page_tells_its_evidence_and_its_past() -> None:
    shown = key(
        created=FRESH,
        past=PAST,
        issue=7,
        evidence=evidence(OVERDUE, "2026-11-02", new_key=Method.PROBE),
        description="Exports events.",
        team="acme/data",
        tags=("pii",),
        environment="production",
        expires=moment("2027-05-01"),
        consumers=(Consumer("github-secret", repository="acme/etl", secret=NAME),),
    )
    text = page(fleet(shown), "keys/mixpanel/loader.html")
    told = words(text)
    for part in (
        "New key works probe 2026-11-02T00:00:00Z",
        f"{FRESH} in use new_key".replace("new_key", "New key works: attested"),
        f"{OVERDUE} {FRESH} none bob aaaaaaaaaa",
        f"rotated: {FRESH} replaces {OVERDUE}",
        "github-secret · acme/etl · MIXPANEL_SECRET",
        "Expires 2027-05-01",
        "Exports events.",
    ):
        assert part in told
    assert 'href="https://github.com/acme/keys/issues/7"' in text
    assert f'href="https://github.com/acme/keys/commit/{"b" * 40}"' in text
    assert 'href="https://github.com/acme/keys/blob/HEAD/rotations/loader.yaml"' in text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"request": leak(FRESH)}, "This key leaked."),
        ({"incidents": (incident(),)}, "Incident: Vendor leaked tokens."),
        ({"hold": pause("2026-12-10")}, "On hold until 2026-12-10 : Because."),
        ({"waiver": pause("2027-01-10")}, "Waived until 2027-01-10 : Because."),
        ({"retired": retired("2026-11-01", "2026-11-02")}, "Given up from 2026-11-01 : Product cancelled."),
        ({"retired": retired("2026-11-01")}, "What is recorded does not show the rotation yet: old_key is not shown"),
        ({"request": replace(request(FRESH, "2026-11-25"), note="By mail.")}, "policy, by 2026-11-25 : By mail."),
        ({"consumers": ()}, "No consumer is declared."),
        ({}, "Git knows nothing of this key yet."),
    ],
)
def test_a_key_s_page_says_how_it_stands(changes: dict[str, Any], told: str) -> None:
    text = words(page(fleet(key(created=FRESH, **changes)), "keys/mixpanel/loader.html", Links()))
    assert told in text


def test_evidence_says_who_confirmed_it_and_where_it_ran() -> None:
    recorded = replace(evidence(OVERDUE, "2026-11-02"), confirmed_by="carol", run="https://github.com/acme/keys/x")
    text = page(fleet(key(evidence=recorded)), "keys/mixpanel/loader.html")
    assert "confirmed by carol" in text
    assert '<a href="https://github.com/acme/keys/x">run</a>' in text


def test_what_is_missing_is_said_on_every_page() -> None:
    made = written(replace(fleet(key()), errors=2, is_answered=False, unread="this clone is shallow."))
    for path in ("index.html", "owners/alice.html", "keys/mixpanel/loader.html"):
        assert "The tracker did not answer." in made[path]
        assert "2 errors in the declared files." in made[path]
    assert "this clone is shallow." in made["keys/mixpanel/loader.html"]
    assert json.loads(made["report.json"])["complete"] is False


def test_a_busy_day_and_a_large_group_lead_to_the_table() -> None:
    shown = fleet(*(key(f"mixpanel/key-{at:02}", DUE) for at in range(60)))
    made = written(shown)
    assert '<a class="more" href="index.html#due=2026-11-21">57 more' in made["calendar.html"]
    assert '<a href="../index.html#provider=mixpanel">' in made["providers/mixpanel.html"]
    assert '<a href="../index.html#owner=alice">' in made["owners/alice.html"]
    assert made["index.html"].count('<th scope="row" role="rowheader"') == 50
    assert "The 50 most urgent of 60 keys." in made["index.html"]


def test_many_that_are_set_aside_or_exposed_are_counted() -> None:
    held = [key(f"close/held-{at:02}", OVERDUE, hold=pause("2026-12-10")) for at in range(51)]
    exposed = [key(f"mixpanel/leaked-{at:02}", FRESH, incidents=(incident(),)) for at in range(51)]
    shown = fleet(*held, *exposed)
    shown = replace(shown, watches=tuple(facts.watches([incident(link="javascript:x")], shown.keys, TODAY)))
    made = written(shown)
    assert '1 more: <a href="index.html#status=held">' in made["waiting.html"]
    assert '1 more: <a href="index.html#status=leaked">' in made["incidents.html"]
    assert "javascript" not in made["incidents.html"]


def test_what_waits_is_shown_in_its_order() -> None:
    waiting = tuple(
        Waiting(Subject(id_, f"Rotate {id_}", Why.DUE, Status.OVERDUE, date(2026, 10, 30), Tier.STANDARD))
        for id_ in ("mixpanel/loader", "catalogue/entries", *(f"x/{at}" for at in range(50)))
    )
    made = written(replace(fleet(key()), waiting=waiting))
    told = words(made["waiting.html"])
    assert "52 keys get an issue when others are closed" in told
    assert told.index("mixpanel/loader overdue standard") < told.index("Rotate catalogue/entries overdue")
    assert "2 more, which report.json lists." in told
    assert len(json.loads(made["report.json"])["waiting"]) == 52


def test_an_incident_shows_its_keys_and_how_far_they_are() -> None:
    vendor = incident(
        match=Match(frozenset({"mixpanel", "close"})),
        exposed_since=moment("2026-11-01"),
        exposed_until=moment("2026-11-10T08:00:00Z"),
        link="https://status.example/1",
    )
    shown = fleet(key("mixpanel/old", FRESH), key("close/new", "2026-11-15"))
    going_on = incident(match=Match(frozenset({"nobody"})))
    shown = replace(shown, watches=tuple(facts.watches([vendor, going_on], shown.keys, TODAY)))
    text = page(shown, "incidents.html")
    told = words(text)
    assert "1 to replace 1 of 2 replaced" in told
    assert "Exposed since 2026-11-01T00:00:00Z Exposed until 2026-11-10T08:00:00Z" in told
    assert "all replaced 0 of 0 replaced" in told
    assert "not known Exposed until still going on" in told
    assert '<a href="https://status.example/1">' in text
    assert json.loads(written(shown)["report.json"])["incidents"][0]["exposed"] == ["mixpanel/old"]


# -- texts of strangers ----------------------------------------------------------------------------------------------


def _everywhere(texts: list[str]) -> Fleet:
    """Put each text wherever the files of a key and of an incident may hold one."""
    incidents = [incident(summary=text, link=text, path=f"incidents/x{at}.yaml") for at, text in enumerate(texts)]
    shown = fleet(*(_filled(at, text, incidents[at]) for at, text in enumerate(texts)), name=texts[0], unread=texts[0])
    return replace(shown, watches=tuple(facts.watches(incidents, shown.keys, TODAY)))


def _filled(at: int, text: str, vendor: Incident) -> Key:
    return key(
        f"mixpanel/key-{at}",
        incidents=(vendor,),
        description=text,
        team=text,
        environment=text,
        tags=(text,),
        consumers=(Consumer("manual", name=text),),
        hold=replace(pause("2026-12-10"), reason=text),
        request=replace(request(FRESH, "2026-11-25"), note=text),
        retired=replace(retired("2026-12-01"), reason=text),
        evidence=replace(evidence(OVERDUE, "2026-11-02"), run=text, by=text),
        past=Past((), (Change("a" * 40, moment("2026-11-02"), text, (text,)),)),
    )


# Rendering compiles every template, so a few examples have many texts each.
FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HOSTILE = st.lists(hostile_texts().map(lambda text: f"x{text}"), min_size=20, max_size=20)
SPARE = ("a ", "/a", "div", "/div", "dt", "/dt", "dd", "/dd")  # an address that may be linked makes these


def shape(text: str) -> list[str]:
    return [each for each in html_shape(text) if not each.startswith(SPARE)]


@FEW
@given(HOSTILE)
def test_no_text_comes_alive_in_a_page(texts: list[str]) -> None:
    plain = dict(Pages(_everywhere(["plain"] * len(texts)), ON_GITHUB, SOURCES).all(()))
    for path, shown in Pages(_everywhere(texts), ON_GITHUB, SOURCES).all(()):
        assert live_in_html(shown) == []
        assert shape(shown) == shape(plain[path])
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08]", shown)


@FEW
@given(HOSTILE)
def test_no_text_ends_the_data_or_an_entry_of_a_calendar(texts: list[str]) -> None:
    shown = _everywhere(texts)
    data = table(shown, None)
    assert data.isascii()
    assert "<" not in data
    assert set(texts) <= set(json.loads(data.removeprefix("const KEYTURN = ").removesuffix(";\n"))["names"])
    calendar = Calendar.from_ical(Feeds(shown, ON_GITHUB).of_fleet())
    assert len(calendar.walk("VEVENT")) == 2 * len(texts)
    assert {str(entry["uid"]).partition("@")[2] for entry in calendar.walk("VEVENT")} == {"acme/keys:."}


# -- calendars -------------------------------------------------------------------------------------------------------


def test_a_calendar_has_a_day_for_each_key_that_is_expected() -> None:
    late = key("mixpanel/late", OVERDUE, issue=7)
    shown = fleet(
        late, key("close/over", retired=retired("2026-11-01", "2026-11-02")), key("close/soon", owners=("bob",))
    )
    made = written(shown)
    calendar = Calendar.from_ical(made["calendar.ics"])
    entries = {str(entry["uid"]): entry for entry in calendar.walk("VEVENT")}
    assert (calendar["version"], list(entries)) == ("2.0", ["mixpanel/late@acme/keys:.", "close/soon@acme/keys:."])
    entry = entries["mixpanel/late@acme/keys:."]
    assert (entry.decoded("dtstart"), str(entry["summary"])) == (date(2026, 10, 30), "Rotate mixpanel/late")
    assert str(entry["url"]) == "https://github.com/acme/keys/issues/7"
    assert str(entry["description"]) == "Status overdue, tier standard, owned by alice."
    of_bob = Calendar.from_ical(made["owners/bob.ics"]).walk("VEVENT")
    assert [str(each["uid"]) for each in of_bob] == ["close/soon@acme/keys:."]
    assert calendar.errors == []


def test_a_calendar_without_a_place_on_the_web_has_no_addresses() -> None:
    assert "URL" not in written(fleet(key()), Links())["calendar.ics"]


def test_an_incident_stays_in_the_calendar_until_all_is_replaced() -> None:
    shown = fleet(key())
    watches = tuple(facts.watches([incident()], shown.keys, TODAY))
    assert "Respond to incidents/vendor" in written(replace(shown, watches=watches))["calendar.ics"]
    over = tuple(replace(watch, exposed=(), replaced=watch.exposed) for watch in watches)
    assert "incidents/vendor" not in written(replace(shown, watches=over))["calendar.ics"]


def test_two_reports_of_one_day_are_equal_and_another_day_changes_only_the_stamps() -> None:
    shown = fleet(key(), key("close/late", OVERDUE))
    assert written(shown) == written(shown)
    later = written(replace(shown, today=date(2026, 11, 22)))["calendar.ics"]
    assert later.replace("20261122T", "20261121T") == written(shown)["calendar.ics"]


# -- charts, data, links ---------------------------------------------------------------------------------------------


def test_every_chart_has_its_numbers_beside_it() -> None:
    proved = key("close/proved", FRESH, evidence=evidence(OVERDUE, "2026-11-02", new_key=Method.PROBE))
    ages, late, shown = charts(
        fleet(proved, key("mixpanel/late", OVERDUE), key("mixpanel/later", OVERDUE, owners=("bob",)))
    )
    assert ages.rows[0] == ("≤30", (1, 0))
    assert ages.rows[3] == ("≤180", (0, 2))
    assert late.rows == (("alice", (1,)), ("bob", (1,)))
    assert [series.name for series in shown.series] == ["probe", "attested", "not recorded"]
    assert shown.rows == (
        ("new key works", (1, 0, 2)),
        ("old key is dead", (0, 1, 2)),
        ("consumers switched", (0, 1, 2)),
    )
    for chart in (ages, late, shown):
        assert f'aria-labelledby="chart-{chart.id}"' in chart.svg
        assert not re.search(r"<(script|style|desc|!--)|style=|tooltip\"", chart.svg)


def test_the_owners_with_most_are_shown_and_the_others_counted() -> None:
    _, late, _ = charts(fleet(*(key(f"close/k{at}", OVERDUE, owners=(f"owner-{at:02}",)) for at in range(12))))
    assert len(late.rows) == 10
    assert late.summary == "12 owners with keys past their due day; the 10 with most are shown."
    assert 'class="tone-alarm"' in late.svg


def test_without_anything_to_draw_there_is_no_drawing() -> None:
    assert [chart.svg for chart in charts(fleet())] == ["", "", ""]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://x.example/y", True),
        ("http://x.example", True),
        ("javascript:alert(1)", False),
        ("https://[", False),
        ("//x.example", False),
        ("data:text/html,x", False),
        (None, False),
        ("https:///x", False),
    ],
)
def test_a_page_links_to_the_web_alone(address: str | None, kept: bool) -> None:  # noqa: FBT001 - a table
    assert (paths.web(address) == address if kept else paths.web(address) is None) is True


def test_the_data_of_the_table_has_every_key_in_the_order_of_the_page() -> None:
    made = written(fleet(key("close/late", OVERDUE, owners=("bob", "alice"), tags=("pii",)), key(issue=3)))
    data = json.loads(made["keys.js"].removeprefix("const KEYTURN = ").removesuffix(";\n"))
    id_, provider, status, tier, strategy, owners, tags, age, due, issue = data["keys"][0]
    said = [data["names"][at] for at in (provider, status, tier, strategy, *owners, *tags)]
    assert (id_, said) == ("close/late", ["close", "overdue", "standard", "reset", "bob", "alice", "pii"])
    assert (age, due, issue, data["keys"][1][-1]) == (112, "2026-10-30", None, 3)
    assert data["issues"] == "https://github.com/acme/keys/issues"


def test_the_document_counts_the_fleet() -> None:
    found = json.loads(written(fleet(key("close/late", OVERDUE), key(past=PAST)))["report.json"])
    assert found["summary"]["status"] == {"overdue": 1, "fresh": 1}
    assert found["summary"]["overdue_by_owner"] == {"alice": 1}
    assert found["summary"]["evidence"]["new_key"] == {"none": 2}
    assert found["summary"]["due"] == {"2027-01-30": ["mixpanel/loader"]}
    assert [life["created"] for life in found["keys"][1]["versions"]] == [FRESH, OVERDUE]
    assert found["complete"] is True
