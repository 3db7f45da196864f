"""An audit as lines, data, Markdown and a page; whatever stands in a name is inert in all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from core.samples import (
    FRESH,
    ID,
    OVERDUE,
    TODAY,
    evidence,
    incident,
    issue,
    leak,
    proofs,
    request,
    retired,
    rotation,
)
from core.test_audit import NEXT, PATH, one, past

from keyturn import audit, files
from keyturn.model import Method, Statement, Truth, moment
from keyturn.model.audit import Approval, Deposit, Landed, Landing, Past, Report, Told
from keyturn.render.audits import document, page, words
from keyturn.render.audits.columns import POINTS, Column
from keyturn.render.audits.facts import address
from keyturn.render.templates import AUDIT, Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keyturn.model import Issue

TEMPLATES = Templates(files.templates(Path("nowhere")))
PROBED = replace(
    evidence(OVERDUE, "2026-10-26T10:00:00Z"),
    parts=proofs("2026-10-26T10:00:00Z", method=Method.PROBE, consumers=Method.CONSOLE),
    confirmed_by="carol",
    run="https://github.com/acme/keys/actions/runs/1",
)
PULL = Landing(7, "alice", (Approval("carol", is_of_last_commit=True),), "https://github.com/acme/keys/pull/7")


def report(known: Past, *issues: Issue, told: Told | None = None, **more: object) -> Report:
    """Build the report of a past, with everything that a command would have added."""
    plain = Report(
        made_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        commit="a" * 40,
        commit_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        scope="acme/keys:.",
        tracker="github:acme/keys",
        since=None,
        records=audit.records(known, issues, TODAY),
        files=(Deposit(PATH, "b" * 40, "c" * 64, ID), Deposit("rotations/large.yaml", "d" * 40, None)),
        told=told or Told(silence="nobody was asked"),
        home="https://github.com/acme/keys",
    )
    return replace(plain, **more)


def whole() -> Report:
    """Tell of a leaked and replaced key, one that was retired, one that was deleted, and one that waits."""
    leaked = rotation(OVERDUE, request=leak(OVERDUE))
    others = {"provider": "close", "slug": "close"}
    known = past(
        {PATH: rotation(OVERDUE, key="old"), "rotations/crm.yaml": rotation(OVERDUE, **others, key="crm")},
        {PATH: replace(leaked, formerly=("mixpanel/old",)), "incidents/vendor.yaml": incident()},
        {
            PATH: rotation(NEXT, evidence=replace(PROBED, confirmed_by=None)),
            "rotations/b.yaml": rotation(FRESH, **others, key="bot"),
        },
        {
            PATH: rotation(NEXT, evidence=PROBED, request=request(NEXT, "2026-12-01")),
            "rotations/crm.yaml": rotation(OVERDUE, **others, key="crm", retired=retired("2026-09-01")),
        },
        {
            PATH: rotation("2026-11-02", evidence=evidence(NEXT, "2026-11-03T09:00:00Z")),
            "rotations/b.yaml": None,
            "rotations/crm.yaml": rotation(
                OVERDUE, **others, key="crm", retired=retired("2026-09-01", "2026-09-02T10:00:00Z")
            ),
        },
        {PATH: rotation(FRESH)},
    )
    done = replace(issue(1, closed_on="2026-10-27T09:00:00Z", closed="completed"), opened_at=moment("2026-08-11"))
    told = Told(
        landed={
            "c1": Landed(PULL),
            "c2": Landed(replace(PULL, number=8, opener=None, approvals=(Approval("dave", is_of_last_commit=False),))),
            "c3": Landed(replace(PULL, number=9, approvals=())),
            "c4": Landed(None, "no pull request brought this commit"),
            "c5": Landed(None, "GitHub did not answer", is_known=False),
        },
        runs={
            ("c2", ID): Statement(Truth.CONFIRMED),
            ("c3", ID): Statement(Truth.REFUTED, "its run did not succeed"),
        },
        silence="a limit was reached",
    )
    by_person = replace(issue(2, NEXT, closed_on="2026-11-05T09:00:00Z"), url="https://github.com/acme/keys/issues/2")
    notes = ("1 text of the past cannot be read",)
    return report(known, done, by_person, issue(3, FRESH), told=told, notes=notes, since=date(2026, 1, 1))


def test_an_audit_as_lines(golden: Callable[[str, str], None]) -> None:
    golden("audit.txt", "\n".join(words.text(whole())) + "\n")


def test_an_audit_as_markdown(golden: Callable[[str, str], None]) -> None:
    golden("audit.md", words.markdown(whole()))


def test_an_audit_as_data(golden: Callable[[str, str], None]) -> None:
    golden("audit.json", json.dumps(document.document(whole()), indent=2) + "\n")


def test_an_audit_as_a_page(golden: Callable[[str, str], None]) -> None:
    golden("audit.html", page.page(whole(), TEMPLATES))


def test_git_alone_says_what_it_does_not_know() -> None:
    alone = report(past(*one(rotation(OVERDUE))), tracker=None, told=Told(silence="only git was asked"), home=None)
    text = "\n".join(words.text(alone))
    assert "git alone" in text
    assert "opened    unknown (only git was asked)" in text
    assert 'href="http' not in page.page(alone, TEMPLATES)


def test_nothing_to_show() -> None:
    empty = report(Past())
    assert words.summary(empty) == "0 rotations, 0 versions: 0 of 0 that are out of use proved"
    assert "No version was in use in this time." in page.page(empty, TEMPLATES)


# -- standards ---------------------------------------------------------------------------------------------------------


def test_every_column_answers_something() -> None:
    assert set(POINTS) == set(Column)
    assert all(POINTS.values())
    standards = {point.standard for points in POINTS.values() for point in points}
    assert {name.split(" ")[0] for name in standards} == {"NIST", "PCI", "OWASP"}


def test_data_and_page_name_the_same_points() -> None:
    shown = page.page(whole(), TEMPLATES)
    for entry in document.document(whole())["standards"]:
        for point in entry["points"]:
            assert f"{point['standard']}, {point['section']}: {point['about']}" in shown


# -- hostile texts -----------------------------------------------------------------------------------------------------

HOSTILE = {
    "element": "<script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)' x=\"",
    "end of the style": "</style><img src=x onerror=alert(1)>",
    "comment": "--><b>",
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "direction": "a\u202eb\u200bc",
    "mention": "@acme/team closes #1 https://evil.example/x.png",
    "terminal": "\x1b[2J::error::x",
}


class Seen(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "style"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(text)
    return parser


def named(text: str) -> Report:
    """Write a text wherever one from a file, a commit or a tracker could stand."""
    block = replace(PROBED, by=text, confirmed_by=text, run=text)
    known = Past(
        tuple(
            replace(state, change=replace(state.change, path=text, makers=(text,)))
            for state in past(*one(rotation(OVERDUE, key=text), rotation(NEXT, key=text, evidence=block))).rotations
        )
    )
    landed = Landed(replace(PULL, opener=text, approvals=(Approval(text, is_of_last_commit=True),), url=text))
    told = Told({"c0": Landed(None, text, is_known=False), "c1": landed}, {}, text)
    hashed = (Deposit(text, "b" * 40, "c" * 64, text),)
    return report(known, told=told, scope=text, notes=(text,), files=hashed, home=None)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_page_shows_hostile_texts_as_text(text: str) -> None:
    calm, hostile = (seen(page.page(named(each), TEMPLATES)) for each in ("zzzz", text))
    assert hostile.elements == calm.elements
    assert [link for link in hostile.links if not link.startswith("#")] == []
    assert "\u202e" not in hostile.text
    if text.isprintable():
        assert hostile.text.count(text) == calm.text.count("zzzz")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_lines_and_markdown_are_inert_too(text: str) -> None:
    for line in words.text(named(text)):
        assert line == "" or line.isprintable()
        assert not line.startswith("::")
    shown = words.markdown(named(text))
    for alive in ("<script", "<img", "](http", "\x1b", "\u202e", "-->"):
        assert alive not in shown
    assert "`@acme/team`" in shown or "@acme" not in text


ADDRESSES = {
    "https://github.com/acme/keys/pull/7": True,
    "http://127.0.0.1:8080/x?y=1#z": True,
    "https://github.com": True,
    "javascript:alert(1)": False,
    "data:text/html,x": False,
    "//evil.example/x": False,
    "https://user@evil.example/": False,
    "https://github.com/a b": False,
    "/srv/keys/.keyturn/issues/0001.md": False,
    "": False,
}


@pytest.mark.parametrize(("url", "is_one"), ADDRESSES.items(), ids=ADDRESSES)
def test_only_addresses_that_a_browser_may_follow_become_links(url: str, *, is_one: bool) -> None:
    assert address(url) == (url if is_one else None)


# -- the template ------------------------------------------------------------------------------------------------------


def test_a_pages_template_changes_no_issue() -> None:
    sources: Mapping[str, str] = files.templates(Path("nowhere"))
    assert Templates({**sources, AUDIT: "another"}).edition == Templates(sources).edition
    assert Templates({**sources, "issue.md.jinja": "another"}).edition != Templates(sources).edition


def test_a_template_of_ones_own_escapes_as_well() -> None:
    own = Templates({AUDIT: '<p title="{{ scope }}">{{ scope }}</p>'})
    assert page.page(named("<b>"), own) == '<p title="&lt;b&gt;">&lt;b&gt;</p>'
