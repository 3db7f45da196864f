"""The issue of an incident as people read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from core.render_samples import MARKER
from hypothesis import given, settings, strategies as st

from keyturn import marker
from keyturn.actions import Exposed, Overview
from keyturn.files.distribution import shipped
from keyturn.model import Tier
from keyturn.render.issue_body import LONGEST, body
from keyturn.render.issue_view import Links
from keyturn.render.templates import INCIDENT, Templates

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATES = Templates({INCIDENT: (shipped("templates") / INCIDENT).read_text(encoding="utf-8")})
KEYS = (
    Exposed("mixpanel/loader", ("alice", "bob"), Tier.CRITICAL, is_done=False),
    Exposed("mixpanel/report", ("carol",), Tier.LOW, is_done=True),
)
VENDOR = Overview(
    id="incidents/vendor",
    title="Incident vendor",
    summary="Vendor X published customer tokens, ask @carol <!-- now -->",
    due=date(2026, 11, 23),
    path="incidents/vendor.yaml",
    since="2026-11-01T00:00:00Z",
    until=None,
    link="https://status.x.example/1",
    keys=KEYS,
)


def written(overview: Overview, previous: str = "") -> str:
    links = Links(file="https://github.com/acme/keys/blob/HEAD/incidents/vendor.yaml")
    return body(overview, MARKER, previous, TEMPLATES, links)


def test_an_incident_that_goes_on(golden: Callable[[str, str], None]) -> None:
    golden("overview.md", written(VENDOR))


def test_an_incident_that_has_ended_and_was_closed_too_early(golden: Callable[[str, str], None]) -> None:
    ended = replace(VENDOR, until="2026-11-20T10:00:00Z", since=None, link=None, reopened=True)
    golden("overview-reopened.md", written(ended, "Before.\n\n" + written(VENDOR) + "\n\nAfter."))


def test_thousands_of_keys_are_cut_and_that_is_said() -> None:
    many = replace(VENDOR, keys=tuple(replace(KEYS[0], rotation=f"mixpanel/key-{n:04}") for n in range(2000)))
    text = written(many)
    assert len(text) <= LONGEST
    assert "### 0 of 2000 replaced" in text
    assert "`keyturn ages` shows all" in text


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_text_breaks_the_marker_or_the_table(summary: str, owner: str) -> None:
    text = written(replace(VENDOR, summary=summary, keys=(replace(KEYS[0], owners=(owner,)),)))
    assert marker.read(text) == MARKER
    assert text.count("<!-- ") == 2
