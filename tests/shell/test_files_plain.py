"""The plain lines against the parsers: whatever is read without one means the same to both of PyYAML's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings, strategies as st

from keyturn import credentials
from keyturn.files import loader, plain, text

EXAMPLES = Path(__file__).parents[1] / "examples"
PARSERS = {"C": loader.PARSER, "pure": yaml.BaseLoader}
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3

PLAIN: dict[str, tuple[str, Any]] = {
    "scalars": ("a: b\nc: 1\nd: 2026-11-21\ne: true\n", {"a": "b", "c": 1, "d": "2026-11-21", "e": True}),
    "null": ("a: null\n", {"a": None}),
    "no line break at the end": ("a: b", {"a": "b"}),
    "quotes": ('a: "b: c # d"\nb: \'e\'\nc: ""\n', {"a": "b: c # d", "b": "e", "c": ""}),
    "a colon and quotes within": ('a: b:c 12:30:15Z it\'s "so"\n', {"a": 'b:c 12:30:15Z it\'s "so"'}),
    "letters of Europe": ("a: größe é\n", {"a": "größe é"}),
    "comments": ("# x\n\na: b  # y\n   # z\nc:  # w\n  d: e\n", {"a": "b", "c": {"d": "e"}}),
    "empty at the end": ("a: b\nc:\n", {"a": "b", "c": None}),
    "empty between": ("a:\nb: c\n", {"a": None, "b": "c"}),
    "a list": ("a: [b, {c: d}, [], {}, 'e', 1]\n", {"a": ["b", {"c": "d"}, [], {}, "e", 1]}),
    "a mapping": ('f: {g: [h], i: "j"}  # k\n', {"f": {"g": ["h"], "i": "j"}}),
    "flow with spaces": ("a: [ b , c ]\nd: { e:  f }\n", {"a": ["b", "c"], "d": {"e": "f"}}),
    "a list below": ("a:\n  - b\n  - c: d\n    e: f\ni: j\n", {"a": ["b", {"c": "d", "e": "f"}], "i": "j"}),
    "a list of mappings": ("a:\n  - {g: h}\n  - {g: i}\n", {"a": [{"g": "h"}, {"g": "i"}]}),
    "a list in the column of its key": ("a:\n- b\n- c:\n  - d\ne: f\n", {"a": ["b", {"c": ["d"]}], "e": "f"}),
    "a mapping below": ("a:\n    b:\n     c: d\n    e: f\n", {"a": {"b": {"c": "d"}, "e": "f"}}),
    "an item whose key is empty": ("a:\n  - b:\n  - c: d\n", {"a": [{"b": None}, {"c": "d"}]}),
    "an item with a block below its key": ("a:\n  - b:\n      c: d\n    e: f\n", {"a": [{"b": {"c": "d"}, "e": "f"}]}),
}

OTHERS = {
    "nothing": "",
    "comments alone": "# x\n",
    "a scalar": "a\n",
    "a list": "- a\n",
    "a duplicate key": "a: b\na: c\n",
    "a duplicate key in brackets": "a: {b: c, b: d}\n",
    "a key that is no text": "no: b\n",
    "a key in brackets that is no text": "a: {no: b}\n",
    "a number for a key": "1: b\n",
    "an ambiguous scalar": "a: no\n",
    "an ambiguous scalar in a list": "a: [no]\n",
    "an ambiguous scalar in brackets": "a: {b: no}\n",
    "an ambiguous scalar after brackets": "a: [[b], no]\n",
    "no value in brackets": "a: {b}\n",
    "a pair in a list": "a: [b: c]\n",
    "a pair in a list of lists": "a: [[b], c: d]\n",
    "a bracket that is not closed": "a: [b\n",
    "brackets that are not closed": "a: [[b]\n",
    "another bracket": "a: [b}\n",
    "another bracket between": "a: [b}c]\n",
    "another brace between": "a: {b: c]d: e}\n",
    "no comma": "a: [[b] c]\n",
    "text after brackets": "a: [b] c\n",
    "a scalar that goes on": "a: b\n  c\n",
    "a pair below a scalar": "a: b\n  c: d\n",
    "an item below a scalar": "a: b\n  - c\n",
    "an item beside pairs": "a: b\n- c\n",
    "a pair beside items": "a:\n  - b\n  c: d\n",
    "a column that was never opened": "a:\n    b: c\n  d: e\n",
    "an empty item": "a:\n  -\n",
    "an item that is a comment": "a:\n  -  # b\n",
    "a list in a list": "a:\n  - - b\n",
    "folded text": "a: >\n  b\n",
    "a quote that is doubled": "a: 'b''c'\n",
    "an escape": 'a: "b\\n"\n',
    "a backslash in a comment": "a: b  # \\\n",
    "text after quotes": 'a: "b" c\n',
    "a tab": "a:\tb\n",
    "a carriage return": "a: b\r\n",
    "a byte order mark": "\ufeffa: b\n",
    "an invisible sign": "a: b\u200bc\n",
    "a soft hyphen": "a: b\u00adc\n",
    "Cyrillic": "a: lоader\n",  # noqa: RUF001 - a letter that looks like another is the point
    "an anchor": "a: &b c\n",
    "a tag": "a: !b c\n",
    "a document's start": "---\na: b\n",
    "a document's end": "a: b\n...\n",
    "a question": "? a\n",
    "a value that starts like a list": "a: - b\n",
    "a credential": f"a: {TOKEN}\n",
    "a credential in a comment": f"a: b  # {TOKEN}\n",
    "too deep": "a:\n" + "".join(f"{' ' * (level + 1)}a:\n" for level in range(12)),
    "too deep in brackets": "a: [[[[[[[[b]]]]]]]]\n",
    "too long": "a: b\n" + "# c\n" * plain.LARGEST,
}


def read_by(parser: Any, source: str) -> loader.Composed:
    return loader.composed(source, "x.yaml", parser)


def hold(source: str) -> None:
    """What is read without a parser is what both read, without a problem."""
    data = plain.data(source)
    if data is plain.OTHER:
        return
    for parser in PARSERS.values():
        composed = read_by(parser, source)
        assert composed.problems == ()
        assert composed.disguised == ()
        assert repr(composed.data) == repr(data)  # 1, 1.0 and True are equal
    assert text.hidden(source, "x.yaml") == ()
    assert list(credentials.findings(source)) == []


@pytest.mark.parametrize(("source", "expected"), PLAIN.values(), ids=PLAIN)
def test_plain_lines_are_read(source: str, expected: Any) -> None:
    assert repr(plain.data(source)) == repr(expected)
    hold(source)


@pytest.mark.parametrize("source", OTHERS.values(), ids=OTHERS)
def test_everything_else_is_left_to_the_parser(source: str) -> None:
    assert plain.data(source) is plain.OTHER


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.rglob("*.y*ml")), ids=lambda path: path.relative_to(EXAMPLES).as_posix()
)
def test_examples_mean_the_same_to_every_reader(path: Path) -> None:
    hold(path.read_bytes().decode("utf-8", "replace"))


def test_the_sample_of_the_documentation_is_plain() -> None:
    assert plain.data((EXAMPLES / "valid/rotation-full.yaml").read_text(encoding="utf-8")) is not plain.OTHER


def test_a_text_of_the_greatest_length_has_fewer_nodes_than_the_loader_allows() -> None:
    densest = ("- a\n", "-\n", "[]", "[],", '"",', "a,", "{}", "a:\n", "{a: b},")
    assert (
        max(
            plain.LARGEST // len(each) * nodes for each, nodes in zip(densest, (1, 0, 1, 1, 1, 1, 1, 1, 3), strict=True)
        )
        <= loader.MOST_NODES
    )


# Pieces of which lines are made that are nearly plain.
PIECES = st.sampled_from(
    ["a", "b", "key", "no", "on", "null", "1", "0x1", "1e3", ".5", "~", "2026-11-21", "12:30", "true", "é", "x.y/z",
     ":", ": ", "- ", "-", " ", "  ", "#", " #", " # ",
     "[", "]", "{", "}", ",", ", ", "'", '"', "''", "|", ">", "&a", "*a",
     "!t", "?", "? ", "@", "`", "%", "---", "...", "\\", "<<", "=", "(", ")", "_", "/", ";", "\t", "\r", "\u00a0"]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["", "a", "b c", "a:b", "1", "no", '"a"', "'a b'", "[a, b]", "{a: b}", "[]", "{}", "[a, [b]]", "{a: {b: c}}"]
    ),
    st.lists(PIECES, max_size=6).map("".join),
)
LINES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "", "  ", "  ", "    ", " ", "      "]),
    st.sampled_from(["", "", "- ", "-"]),
    st.sampled_from(["a: ", "b: ", "c:", "d: ", "", "a :", "no: "]),
    VALUES,
    st.sampled_from(["", "", "", " ", " # c", "# c"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6).map("\n".join))
@example("a: {b: c]d: e}")
@example("a: [b}c]")
def test_lines_mean_the_same_to_every_reader(source: str) -> None:
    hold(source)


# Lines that are plain alone: what they mean together is the question.
BLOCKS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "  ", "    ", " ", "      "]),
    st.sampled_from(["", "", "", "- "]),
    st.sampled_from(["a:", "b:", "c:", "a: x", "b: y", "c: z", "d: [e, f]", "x", "# e", "{g: h}"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=9).map("\n".join))
def test_blocks_mean_the_same_to_every_reader(source: str) -> None:
    hold(source)
