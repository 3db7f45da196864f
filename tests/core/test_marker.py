"""The hidden line: what is written is read again, and nothing in it can end the comment early."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from core.samples import known
from hypothesis import example, given, strategies as st

from keyturn import marker
from keyturn.model import Marker, Status, Version, Why

NASTY = st.text(st.sampled_from("-->!<\\\"'{}\n\r\u2028é\x00`#@u02d"), max_size=20)
TEXTS = st.text() | NASTY
VERSIONS = st.one_of(
    st.just("unknown"),
    st.dates().map(date.isoformat),
    st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
).map(Version.read)
MARKERS = st.builds(
    Marker,
    scope=TEXTS,
    id=TEXTS,
    version=VERSIONS,
    due=st.dates(),
    why=st.sampled_from(Why),
    status=st.sampled_from(Status),
    opened=st.dates(),
    said=st.none() | st.integers(0, 9999),
    closed=st.none() | TEXTS,
    digest=TEXTS,
    assigned=st.lists(TEXTS, max_size=3).map(tuple),
    reopened=st.none() | st.dates(),
)


@given(MARKERS, TEXTS)
@example(known(scope="acme/ključ:a--b> -->", id="-----/--!>"), "")
def test_what_is_written_is_read_again(written: Marker, rest: str) -> None:
    found = marker.read(f"{marker.line(written)}\n{rest}")
    assert found == written
    assert found is not None
    assert found.version.text == written.version.text


@given(MARKERS)
def test_nothing_in_a_line_ends_the_comment_early(written: Marker) -> None:
    line = marker.line(written)
    inside = line.removeprefix("<!--").removesuffix("-->")
    assert "--" not in inside
    assert ">" not in inside
    assert line.isascii()
    assert line.isprintable()


def test_a_line_is_one_comment_with_the_words_of_the_design() -> None:
    full = known(said=7, closed="completed", digest="d1", reopened=date(2026, 11, 20))
    text = marker.line(full).removeprefix("<!-- keyturn ").removesuffix(" -->")
    assert json.loads(text) == {
        "scope": "acme/keys:.",
        "id": "mixpanel/loader",
        "version": "2026-08-01",
        "due": "2026-10-30",
        "reason": "due",
        "status": "overdue",
        "opened": "2026-10-20",
        "said": 7,
        "closed": "completed",
        "digest": "d1",
        "assigned": ["alice"],
        "reopened": "2026-11-20",
    }


@given(st.text() | NASTY)
def test_any_body_can_be_read(body: str) -> None:
    assert marker.read(body) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = json.loads(re.search(r"\{.*\}", marker.line(known(said=7, closed="x", reopened=date(2026, 1, 1))))[0])


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON, min_size=1))
@example({"said": float("inf")})
@example({"said": float("nan")})
@example({"version": "0001-01-01T00:00:00+14:00"})
@example({"version": "2026-08-24T15:17:00"})
@example({"due": "2026-02-30"})
@example({"assigned": 3})
@example({"assigned": [["alice"]]})
@example({"id": None})
def test_a_line_with_other_values_gives_a_marker_or_nothing(other: dict[str, object]) -> None:
    found = marker.read(f"<!-- keyturn {json.dumps({**FIELDS, **other})} -->")
    assert found is None or isinstance(found, Marker)


@pytest.mark.parametrize(
    "other",
    [
        {"said": float("inf")},
        {"said": []},
        {"due": 20261121},
        {"due": "tomorrow"},
        {"version": "soon"},
        {"reason": "boredom"},
        {"status": "odd"},
        {"scope": 1},
        {"digest": None},
        {"assigned": [1]},
    ],
    ids=lambda other: str(*other),
)
def test_a_line_that_we_could_not_have_written_is_none(other: dict[str, object]) -> None:
    assert marker.read(f"<!-- keyturn {json.dumps({**FIELDS, **other})} -->") is None


@pytest.mark.parametrize("missing", ["scope", "id", "version", "due", "reason", "status", "opened"])
def test_a_line_without_what_it_needs_is_none(missing: str) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != missing}
    assert marker.read(f"<!-- keyturn {json.dumps(fields)} -->") is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("a key to rotate", id="no marker"),
        pytest.param("<!-- keyturn {broken} -->", id="no JSON"),
        pytest.param(f"<!-- keyturn {'{' * 50_000}{'}' * 50_000} -->", id="deep and broken"),
        pytest.param('<!-- keyturn {"a": ' + "[" * 50_000 + "]" * 50_000 + "} -->", id="too deep"),
        pytest.param('<!-- keyturn {"said": ' + "9" * 5000 + "} -->", id="a number too long to read"),
        pytest.param(f"> {marker.line(known())}", id="quoted"),
        pytest.param(f"{marker.line(known())} and more", id="not alone on its line"),
    ],
)
def test_a_body_without_a_marker_of_ours(body: str) -> None:
    assert marker.read(body) is None


def test_the_first_marker_counts() -> None:
    body = f"above\r\n{marker.line(known())}\r\n{marker.line(known(id='other/key'))}\r\n"
    assert marker.read(body) == known()


def test_bare_fields_are_left_out_and_come_back() -> None:
    bare = replace(known(), said=None, closed=None, digest="", assigned=(), reopened=None)
    assert not re.search(r"said|closed|assigned|reopened|null", marker.line(bare))
    assert marker.read(marker.line(bare)) == bare


def test_no_reminder_yet_differs_from_the_first_one() -> None:
    assert marker.read(marker.line(known(said=0))) == known(said=0)


@given(st.dates(), st.integers(0, 4_000_000), TEXTS)
def test_a_reminder_is_recognized_among_comments(due: date, days: int, rest: str) -> None:
    name = marker.reminder(due, days)
    assert marker.reminders([rest, f"Overdue.\r\n{marker.reminder_line(name)}\r\n{rest}"]) == {name}


@given(st.lists(TEXTS))
def test_comments_of_others_are_no_reminders(comments: list[str]) -> None:
    assert marker.reminders(comments) == frozenset()
