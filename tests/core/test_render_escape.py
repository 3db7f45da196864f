"""The escaper against a real parser: whatever a file says, a reader sees its words and nothing comes alive."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest
from core.render_samples import MARKER, TEMPLATES, content
from hypothesis import given, settings, strategies as st
from markdown_it import MarkdownIt

from keyturn import marker
from keyturn.actions import Content, Note, Section, Span, Task
from keyturn.model import Status, Why
from keyturn.render import escape, spans
from keyturn.render.issue_body import body
from keyturn.render.issue_view import Links

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
PARSER.linkify.set({"fuzzy_link": True, "fuzzy_email": True})

# What GitHub brings to life in the text between tags.
ALIVE = re.compile(
    r"@[a-z0-9]|(?<!\w)#\d|[\w-]/[\w.-]+#\d|\bgh-\d|https?://|www\.|\b[0-9a-f]{7,40}\b|:[a-z0-9_+-]+:|\$", re.IGNORECASE
)
HOSTILE = (
    *("@alice", "@acme/team", "closes #1", "fixes GH-1", "acme/x#1", "https://github.com/acme/x/issues/1", "a@b.co"),
    *("<!-- x -->", "-->", "<b onclick=x>", "<https://x.example>", "![x](https://x.example/i.png)", "[x](//x.co)"),
    *("**b**", "__b__", "*i*", "~~s~~", "`c`", "```", "|", "| --- |", "# h", "- [ ] t", "1. x", "2) x", "+ x", "> q"),
    *("[^1]", "[^1]: x", "[x]: https://x.example", ":smile:", "$x$", "$$", "$`x`$", "&lt;", "&#64;alice", "&commat;x"),
    *("\n", "\r\n", "\n\n", "\t", "\\", "www.x.co", "mailto:a@b.co", "ftp://x.co", "x.com", "//x.co", "===", "---"),
    *("a" * 40, "0123456", "\u202e", "\u200b", "\x1b[31m", "\x00", "\ud800", "\u2028", "javascript:alert(1)", "::"),
    *("https://localhost/x", "//localhost", "www.x", "ftp://10.0.0.1/x", "[x](y)", "![x](y)", "[ ] t", "[x]", "=", "-"),
    *("<!-- keyturn {} -->", "<!-- /keyturn -->", "<!-- keyturn-reminder 2026-11-22+7 -->", "_", "  ", " "),
)
TEXT = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=4) | st.sampled_from("ab1 .:@#/`_*<|"), max_size=6).map(
    "".join
)

PLACES = {
    "paragraph": "{0}",
    "in-a-paragraph": "Words {0} words.",
    "line-of-a-paragraph": "Words\n{0}\nwords",
    "cell": "| a | b |\n| --- | --- |\n| x | {0} |",
    "item": "- {0}",
    "task": "- [ ] {0}",
    "heading": "### {0}",
    "link": "[{0}](https://x.example)",
    "callout": "> [!NOTE]\n> {0}",
    "bold": "a **{0}** b",
}


def inlines(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def shape(text: str) -> list[str]:
    """Give the structure of a text without its words, code and escapes."""
    kinds = (token.type for token in inlines(text))
    return [kind for kind in kinds if kind not in {"text", "code_inline", "text_special", "inline"}]


def words(text: str) -> str:
    """Give what a reader sees outside of code; two runs that touch a tag or code are kept apart."""
    return "".join(
        token.content if token.type.startswith("text") else "\0" for token in inlines(text) if token.type != "inline"
    )


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("write", [escape.markdown, escape.code], ids=["markdown", "code"])
@settings(max_examples=150, deadline=None)
@given(text=TEXT)
def test_a_value_changes_no_structure_and_brings_nothing_to_life(write: object, place: str, text: str) -> None:
    shown = write(text)  # type: ignore[operator]  # one of the places to write a text
    assert "\n" not in shown
    assert "<" not in shown
    assert ">" not in shown
    if shown:
        assert shape(place.format(shown)) == shape(place.format("x"))
        assert not ALIVE.search(words(place.format(shown)))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_single_attack_works_anywhere(place: str) -> None:
    for text in filter(escape.markdown, HOSTILE):
        for shown in (escape.markdown(text), escape.code(text)):
            assert shape(place.format(shown)) == shape(place.format("x")), text
            assert not ALIVE.search(words(place.format(shown))), text


@settings(max_examples=200, deadline=None)
@given(text=TEXT)
def test_a_reader_sees_the_words_as_they_were_written(text: str) -> None:
    seen = "".join(
        token.content
        for token in inlines(f"{escape.markdown(text)}")
        if token.type in {"text", "code_inline", "text_special"}
    )
    assert seen == " ".join(escape.visible(text).split())


READABLE = {
    "plain": ("Loads events, at 5 % (or so); it's fine.", "Loads events, at 5 % (or so); it's fine."),
    "mention": ("Ask @alice, (or @bob).", "Ask `@alice`, (or `@bob`)."),
    "closing word": ("closes #1", "closes `#1`"),
    "address": ("see https://x.example/a|b", "see `https://x.example/a`&#124;`b`"),
    "snake case": ("a_b _c_", "a_b \\_c\\_"),
    "date": ("2026-11-21", "2026-11-21"),
    "list": ("1. x", "1\\. x"),
    "rule": ("--- x", "\\--- x"),
    "task": ("[ ] t", "\\[ \\] t"),
    "underline": ("===", "\\==="),
    "html": ("<b>", "&lt;b&gt;"),
    "sharp": ("C# and #", "C\\# and \\#"),
    "hidden mention": ("@\u200balice", "`@alice`"),
    "lines": (" a\n\nb\t", "a b"),
    "nothing": ("\u202e", ""),
}


@pytest.mark.parametrize(("text", "shown"), READABLE.values(), ids=READABLE)
def test_raw_markdown_stays_readable(text: str, shown: str) -> None:
    assert escape.markdown(text) == shown


CODE = {
    "plain": ("a b", "`a b`"),
    "backtick": ("a ` b", "`a` &#96; `b`"),
    "pipe": ("a|b", "`a`&#124;`b`"),
    "only fences": ("``", "&#96;&#96;"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "shown"), CODE.values(), ids=CODE)
def test_code_is_one_line_of_spans(text: str, shown: str) -> None:
    assert escape.code(text) == shown


@settings(max_examples=200, deadline=None)
@given(text=TEXT, language=st.none() | TEXT)
def test_a_code_block_cannot_be_closed_from_within(text: str, language: str | None) -> None:
    tokens = PARSER.parse(f"- [ ] x\n{spans.block(Task((), text or ' ', language))}\n- y")
    kinds = [token.type for token in tokens if token.type in {"fence", "html_block", "list_item_open", "code_block"}]
    assert kinds == ["list_item_open", "fence", "list_item_open"]


URLS = {
    "plain": ("https://x.example/a?b=1#c", "https://x.example/a?b=1#c"),
    "ampersand": ("https://x.example/?a=1&b=2", "https://x.example/?a=1&amp;b=2"),
    "parentheses": ("http://x.example/(a) b`<", "http://x.example/%28a%29%20b%60%3C"),
    "letters": ("https://x.example/é", "https://x.example/%C3%A9"),
    "script": ("javascript:alert(1)", None),
    "no host": ("https:///x", None),
    "user": ("https://a:b@x.example", None),
    "blank left": ("https://‹subdomain›.x.example", None),
    "broken": ("https://[x", None),
    "an issue": ("https://github.com/acme/x/issues/1", None),
}


@pytest.mark.parametrize(("text", "address"), URLS.values(), ids=URLS)
def test_only_plain_web_addresses_become_links(text: str, address: str | None) -> None:
    assert escape.url(text) == address
    assert escape.link("Console", text) == (f"[Console]({address})" if address else f"Console: {escape.code(text)}")


@settings(max_examples=200, deadline=None)
@given(text=TEXT)
def test_no_address_breaks_out_of_its_link(text: str) -> None:
    shown = escape.link("Console", f"https://x.example/{text}")
    assert shape(f"| a |\n| --- |\n| {shown} |") in (
        shape("| a |\n| --- |\n| [Console](https://x.example) |"),
        shape("| a |\n| --- |\n| Console |"),
    )


# -- whole issues --------------------------------------------------------------------------------------------------

FIELDS = [each.name for each in fields(Content) if each.type in {"str", "str | None"}]
KEPT = {
    "heading_open",
    "table_open",
    "tr_open",
    "td_open",
    "bullet_list_open",
    "list_item_open",
    "link_open",
    "html_block",
}


def skeleton(text: str) -> list[str]:
    return [kind for kind in shape(text) if kind in KEPT | {"html_inline", "image", "hr", "s_open", "em_open"}]


@settings(max_examples=80, deadline=None)
@given(
    values=st.fixed_dictionaries({name: TEXT for name in FIELDS if name not in {"console", "docs"}}),
    words_=st.tuples(TEXT, TEXT, TEXT),
    task=TEXT,
    why=st.sampled_from(Why),
    reopened=st.booleans(),
)
def test_no_field_of_an_issue_comes_alive(
    values: dict[str, str],
    words_: tuple[str, ...],
    task: str,
    why: Why,
    reopened: bool,  # noqa: FBT001 - drawn
) -> None:
    def issue(text: dict[str, str], many: tuple[str, ...], line: str) -> str:
        section = Section(line, (Task((Span(line), Span(line, "bold"), Span(line, "code")), line, "sh"),), line)
        full = replace(content(why=why), owners=many, tags=many, missing=many, sections=(section,), **text)
        plain = replace(full, reopened=reopened, status=Status.UNVERIFIED, console=None, docs=None)
        return body(plain, MARKER, "", TEMPLATES, Links())

    filled = {name: value if escape.markdown(value) else "x" for name, value in values.items()}
    shown = issue(filled, tuple(each or "x" for each in words_), task if escape.markdown(task) else "x")
    assert skeleton(shown) == skeleton(issue(dict.fromkeys(filled, "x"), ("x", "x", "x"), "x"))
    assert not ALIVE.search(words(shown))
    assert marker.read(shown) == MARKER
    assert body(Note(task, words_), MARKER, shown, TEMPLATES, Links()).count("\n<!-- /keyturn -->") == 1


# -- terminals and workflow commands -------------------------------------------------------------------------------

TERMINAL = {
    "plain": ("naïve — ok", "naïve — ok"),
    "escape": ("\x1b[31m\x07", "\\x1b[31m\\x07"),
    "lines": ("a\r\nb\tc\u2028", "a\\r\\nb\\tc\\u2028"),
    "bidi": ("\u202e\U000e0001", "\\u202e\\U000e0001"),
    "command": ("::error::x", "\\x3a:error::x"),
    "indented command": ("  ::error::x", "  \\x3a:error::x"),
    "inner colons": ("a::b", "a::b"),
    "old command": ("x ##[error]y", "x \\x23#[error]y"),
}


@pytest.mark.parametrize(("text", "shown"), TERMINAL.values(), ids=TERMINAL)
def test_what_would_steer_a_terminal_can_be_seen(text: str, shown: str) -> None:
    assert escape.terminal(text) == shown


@settings(max_examples=200, deadline=None)
@given(text=TEXT)
def test_no_line_on_a_terminal_is_a_command(text: str) -> None:
    shown = escape.terminal(text)
    assert shown.isprintable() or any(map(str.isspace, shown)) or not shown.isascii()
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown
    assert not set(escape.workflow_property(text)) & set("\r\n:,")
    assert not set(escape.workflow_data(text)) & set("\r\n\x1b")


def test_a_message_keeps_its_lines_and_its_percent_signs() -> None:
    assert escape.workflow_data("50 %\r\nb: c") == "50 %25%0Ab: c"
    assert escape.workflow_property("a:b,c%") == "a%3Ab%2Cc%25"
