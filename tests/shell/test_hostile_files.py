"""Hostile files: each ends in the problems that are expected of it, and costs no more than its bytes explain."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hostile import hostile_texts
from hypothesis import given, settings, strategies as st
from journey import KINDS, TODAY, travel
from shell.desk import Desk

from keyturn import files
from keyturn.files import loader, places, scalars
from keyturn.files.text import LARGEST
from keyturn.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.long

HOSTILE = Path(__file__).parents[1] / "examples" / "hostile"
EXPECTED: dict[str, list[str]] = json.loads((HOSTILE / "expected.json").read_bytes())
HALF = LARGEST // 2
ROTATION = "provider: mixpanel\nkey: loader\nowners: [alice]\ncreated: 2026-08-24\nconsumers: []\n"

# -- the corpus ----------------------------------------------------------------------------------------------------


def test_every_file_has_its_expectation() -> None:
    assert sorted(path.stem for path in HOSTILE.glob("*.yaml")) == sorted(EXPECTED)
    assert len(EXPECTED) >= 100


@pytest.mark.parametrize("name", EXPECTED)
def test_a_hostile_file_ends_in_its_problems(name: str) -> None:
    assert sorted(travel("rotation", (HOSTILE / f"{name}.yaml").read_bytes()).codes) == EXPECTED[name]


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_file_stumbles_over_another(kind: str) -> None:
    for path in HOSTILE.glob("*.yaml"):
        travel(kind, path.read_bytes())


def test_a_tab_in_what_is_to_be_copied_steers_nobody() -> None:
    provider = '{"name": "Acme", "strategy": "overlap", "steps": {"create": [{"text": "Run this.", "code": "\\ta"}]}}'
    assert not travel("provider", provider.encode()).codes


def test_all_of_them_together_are_reported_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for path in HOSTILE.glob("*.yaml"):
        (tmp_path / "rotations").mkdir(exist_ok=True)
        (tmp_path / "rotations" / path.name).write_bytes(path.read_bytes())
    for form in ("text", "json", "markdown", "github"):
        ran = desk.keyturn("validate", "--format", form)
        assert (ran.status, ran.err) == (1, "")
    told = {each["path"] for each in desk.keyturn("validate", "--format", "json").document["problems"]}
    assert {f"rotations/{name}.yaml" for name, codes in EXPECTED.items() if codes} <= told
    assert desk.keyturn("plan", "--today", TODAY.isoformat()).status == 1


# -- what they cost ------------------------------------------------------------------------------------------------

BOMBS = {
    "aliases": "a: &a [x]\nb: [" + "*a, " * (HALF // 4) + "*a]\n",
    "nested aliases": "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(5000)),
    "flow depth": "[" * LARGEST,
    "mapping depth": "{a: " * (LARGEST // 4),
    "list depth": "- " * HALF,
    "questions": "? " * HALF,
    "values": "a: [" + "x, " * (LARGEST // 4) + "x]\n",
    "keys": "".join(f"k{i}: v\n" for i in range(25_000)),
    "same keys": "k: v\n" * 50_000,
    "documents": "--- a\n" * 40_000,
    "empty documents": "---\n" * 60_000,
    "comments": "# x\n" * 60_000,
    "tags": "a: [" + "!x y, " * 40_000 + "]\n",
    "one long text": ROTATION + "description: " + "x" * HALF + "\n",
    "one long line of digits": ROTATION + "description: " + "1" * HALF + "x\n",
    "one long line of times": ROTATION + "description: " + "1:" * (HALF // 2) + "x\n",
    "escapes": ROTATION + 'description: "' + "\\x41" * (HALF // 4) + '"\n',
    "blank lines": "a: |\n" + "\n" * HALF,
    "indentation": " " * HALF + "a: b\n",
    "folded": "a: >\n" + "  x\n\n" * (HALF // 6),
    "controls": "a: b\x00\n" * 30_000,
    "quotes": "a: " + "'" * HALF,
    "owners": ROTATION.replace("[alice]", "[" + "a, " * 4000 + "a]"),
    "unknown fields": ROTATION + "".join(f"x{i}: y\n" for i in range(2400)),
}


class Counting:
    """A parser of YAML that counts the events that are asked of it."""

    def __init__(self, text: str) -> None:
        self.parser = loader.PARSER(text)
        self.events = 0

    def get_event(self) -> Any:
        self.events += 1
        return self.parser.get_event()

    def dispose(self) -> None:
        self.parser.dispose()


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_ends_after_a_bounded_number_of_events(text: str) -> None:
    parsers: list[Counting] = []

    def parser(given: str) -> Counting:
        parsers.append(Counting(given))
        return parsers[-1]

    composed = loader.composed(text[:LARGEST], "x.yaml", parser)
    [counting] = parsers
    assert counting.events <= 2 * loader.MOST_NODES + loader.MOST_PROBLEMS + 2 * loader.DEEPEST
    assert len(composed.problems) <= loader.MOST_PROBLEMS + 1


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_takes_a_bounded_number_of_bytes(text: str) -> None:
    content = text.encode()[:LARGEST]
    travel("rotation", b"a: b\n")  # what is imported and compiled for the first time does not count
    tracemalloc.start()
    arrived = travel("rotation", content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert arrived.codes
    assert peak < 192 * LARGEST  # 48 MiB, for 5,000 values with their places, or as many problems


def test_a_file_beyond_the_cap_is_not_even_decoded() -> None:
    assert travel("rotation", b"\xff" * (LARGEST + 1)).codes == {"too-large"}
    assert travel("rotation", b"\xff" * LARGEST).codes == {"not-utf8"}


def test_long_scalars_are_not_remembered() -> None:
    before = scalars._remembered.cache_info().currsize  # noqa: SLF001 - what is held in memory is the point
    for number in range(100):
        scalars.value(f"{number}" * 100 + "x")
    assert scalars._remembered.cache_info().currsize == before  # noqa: SLF001 - the same


def test_a_file_with_thousands_of_findings_is_parsed_once() -> None:
    text = ROTATION.replace("[alice]", "[" + "a, " * 4000 + "a]")
    places._last_root.cache_clear()  # noqa: SLF001 - how often it parses is the point
    found = [Finding("x.yaml", ("owners", index), "duplicate-item", "m") for index in range(1000)]
    assert {files.locate(each, text).line for each in found} == {3}
    assert places._last_root.cache_info().misses == 1  # noqa: SLF001 - the same


# -- what nobody thought of ----------------------------------------------------------------------------------------


def _documents(kind: str) -> list[Any]:
    found = sorted((HOSTILE.parent / "valid").glob(f"{kind}-*.yaml"))
    documents = (files.read(path, path.name) for path in found)
    return [document.data for document in documents if isinstance(document, files.Document)]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=settings().max_examples // 2, deadline=None)
@given(data=st.data())
def test_a_valid_file_with_hostile_values_arrives(kind: str, data: st.DataObject) -> None:
    document = json.loads(json.dumps(data.draw(st.sampled_from(_documents(kind) or [{}]))))
    for _ in range(data.draw(st.integers(1, 6))):
        if places := list(_places(document)):
            collection, key = data.draw(st.sampled_from(places))
            collection[key] = data.draw(hostile_texts() | st.none() | st.booleans() | st.integers() | st.just([]))
    travel(kind, json.dumps(document).encode())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=settings().max_examples // 2, deadline=None)
@given(content=st.binary(max_size=200) | hostile_texts().map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_arrive(kind: str, content: bytes) -> None:
    travel(kind, content)
