"""Edits in place: the new value stands where it belongs, and every other byte is where it was."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from keyturn import files
from keyturn.errors import RepositoryError
from keyturn.files import Put, Remove

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
# yaml-language-server: $schema=../schemas/rotation.schema.json

provider: "mixpanel"   # as on the invoice
created: 2026-08-24   # when it was issued
owners:
- alice   # first
- bob
request:   # asked for by security
  reason: leaked
  # found on Friday
  replaces: 2026-08-24   # the version meant

# The sale is near.
hold: {until: 2026-12-15, reason: Freeze}   # until then
evidence: {
  replaces: 2026-05-26,   # old
  by: bob,
}   # end of it
note: |   # kept
  one

  two

# Cancelled soon.
retired:
  since: 2026-12-01   # a Tuesday
  reason: Product cancelled.
  # more to come
# the end
"""
EVIDENCE: files.Plain = {
    "replaces": "2026-08-24",
    "new_key": {"method": "probe", "at": "2026-11-21T15:18:02Z", "fingerprint": "012345678901"},
    "by": "bob",
}
EVIDENCE_LINES = """\
evidence:
  replaces: 2026-08-24
  new_key: {method: probe, at: 2026-11-21T15:18:02Z, fingerprint: "012345678901"}
  by: bob
"""
REQUEST_LINES = """\
request:   # asked for by security
  reason: leaked
  # found on Friday
  replaces: 2026-08-24   # the version meant
"""
EVIDENCE_OLD = """\
evidence: {
  replaces: 2026-05-26,   # old
  by: bob,
}   # end of it
"""
IN_ONE_LINE = "evidence: {replaces: 2026-08-24, by: bob}   # end of it\n"

EDITS = {
    "set a scalar": (Put(("created",), "2026-11-21"), "created: 2026-08-24 ", "created: 2026-11-21 "),
    "set a quoted scalar": (Put(("provider",), "off"), '"mixpanel"', '"off"'),
    "set to null": (Put(("provider",), None), '"mixpanel"', "null"),
    "set to a number": (Put(("created",), 12), "2026-08-24   # when", "12   # when"),
    "set to a list": (Put(("created",), ["a", "b: c"]), "2026-08-24   # when", '[a, "b: c"]   # when'),
    "set to an empty mapping": (Put(("created",), {}), "2026-08-24   # when", "{}   # when"),
    "scalar to block": (
        Put(("created",), {"a": True, "b": []}),
        "created: 2026-08-24   # when it was issued\n",
        "created:   # when it was issued\n  a: true\n  b: []\n",
    ),
    "scalar to flow": (Put(("created",), {"a": 1}, flow=True), "2026-08-24   # when", "{a: 1}   # when"),
    "block to block": (
        Put(("request",), {"reason": "other", "note": "Say: no"}),
        REQUEST_LINES,
        'request:   # asked for by security\n  reason: other\n  note: "Say: no"\n',
    ),
    "block to scalar": (Put(("request",), None), REQUEST_LINES, "request: null   # asked for by security\n"),
    "list to list": (Put(("owners",), ["carol"]), "owners:\n- alice   # first\n- bob\n", "owners: [carol]\n"),
    "flow to flow": (
        Put(("hold",), {"until": "2027-01-01", "reason": "Again."}),
        "{until: 2026-12-15, reason: Freeze}",
        "{until: 2027-01-01, reason: Again.}",
    ),
    "lines of flow": (Put(("evidence",), {"replaces": "2026-08-24", "by": "bob"}), EVIDENCE_OLD, IN_ONE_LINE),
    "text block to scalar": (Put(("note",), "short"), "note: |   # kept\n  one\n\n  two\n", "note: short   # kept\n"),
    "remove a scalar": (Remove(("created",)), "created: 2026-08-24   # when it was issued\n", ""),
    "remove a block": (Remove(("request",)), REQUEST_LINES, ""),
    "remove a list": (Remove(("owners",)), "owners:\n- alice   # first\n- bob\n", ""),
    "remove a line of flow": (Remove(("hold",)), "hold: {until: 2026-12-15, reason: Freeze}   # until then\n", ""),
    "remove lines of flow": (Remove(("evidence",)), EVIDENCE_OLD, ""),
    "remove a text block": (Remove(("note",)), "note: |   # kept\n  one\n\n  two\n", ""),
    "remove the last": (
        Remove(("retired",)),
        "retired:\n  since: 2026-12-01   # a Tuesday\n  reason: Product cancelled.\n",
        "",
    ),
    "append a block": (Put(("baseline",), {"at": "2026-08-20"}), "", "baseline:\n  at: 2026-08-20\n"),
    "append a line": (Put(("waiver",), {"until": "2027-06-30"}, flow=True), "", "waiver: {until: 2027-06-30}\n"),
    "append a scalar": (Put(("expires",), "2027-08-24"), "", "expires: 2027-08-24\n"),
    "add inside a block": (
        Put(("retired", "evidence"), {"by": "bob"}),
        "  reason: Product cancelled.\n",
        "  reason: Product cancelled.\n  evidence:\n    by: bob\n",
    ),
    "add a line inside a block": (
        Put(("retired", "evidence"), {"by": "bob", "old_key": {"method": "console"}}, flow=True),
        "  reason: Product cancelled.\n",
        "  reason: Product cancelled.\n  evidence: {by: bob, old_key: {method: console}}\n",
    ),
    "replace inside a block": (Put(("retired", "since"), "2026-12-02"), "2026-12-01   # a", "2026-12-02   # a"),
    "remove inside a block": (Remove(("retired", "since")), "  since: 2026-12-01   # a Tuesday\n", ""),
    "add inside flow": (Put(("hold", "by"), "bob"), "reason: Freeze}", "reason: Freeze, by: bob}"),
    "add a mapping inside flow": (Put(("hold", "x"), {"z": 1}), "reason: Freeze}", "reason: Freeze, x: {z: 1}}"),
    "replace inside flow": (Put(("hold", "until"), {"z": "z"}), "until: 2026-12-15", "until: {z: z}"),
    "remove first of flow": (Remove(("hold", "until")), "{until: 2026-12-15, reason", "{reason"),
    "remove last of flow": (Remove(("hold", "reason")), "2026-12-15, reason: Freeze}", "2026-12-15}"),
    "remove what is not there": (Remove(("baseline",)), "", ""),
    "remove inside what is not there": (Remove(("baseline", "at")), "", ""),
    "remove inside a scalar": (Remove(("created", "at")), "", ""),
}


def _after(old: str, new: str) -> str:
    assert FILE.count(old) == 1 or not old
    return FILE.replace(old, new) if old else FILE + new


@pytest.mark.parametrize(("change", "old", "new"), EDITS.values(), ids=list(EDITS))
def test_only_what_is_meant_changes(change: files.Change, old: str, new: str) -> None:
    assert files.edited(FILE, [change]) == _after(old, new)


@pytest.mark.parametrize(("change", "old", "new"), EDITS.values(), ids=list(EDITS))
def test_line_ends_and_byte_order_marks_are_kept(change: files.Change, old: str, new: str) -> None:
    windows = ("\ufeff" + FILE).replace("\n", "\r\n")
    assert files.edited(windows, [change]) == ("\ufeff" + _after(old, new)).replace("\n", "\r\n")


@pytest.mark.parametrize(("change", "old", "new"), EDITS.values(), ids=list(EDITS))
def test_a_missing_final_line_end_stays_missing(change: files.Change, old: str, new: str) -> None:
    assert files.edited(FILE[:-1], [change]) == _after(old, new)[:-1]


def test_several_changes_are_made_one_after_the_other() -> None:
    changes: list[files.Change] = [
        Put(("created",), "2026-11-21"),
        Remove(("request",)),
        Remove(("evidence",)),
        Put(("evidence",), EVIDENCE),
    ]
    after = files.edited(FILE, changes)
    expected = FILE.replace("created: 2026-08-24", "created: 2026-11-21").replace(REQUEST_LINES, "")
    assert after == expected.replace(EVIDENCE_OLD, "") + EVIDENCE_LINES
    assert "# The sale is near.\n" in after


@pytest.mark.parametrize(
    ("source", "change", "after"),
    [
        ("a: 1\nb: {x: 1}", Remove(("b",)), "a: 1"),
        ("a: 1\r\nb: {x: 1}", Remove(("b",)), "a: 1"),
        ("a: 1\n# c", Put(("b",), {"x": 1}), "a: 1\n# c\nb:\n  x: 1"),
        ("a: 1\nb:\n  x: 1", Put(("b",), None), "a: 1\nb: null"),
        ("a: 1\nb:\n  x: 1", Put(("b",), {"z": 2}), "a: 1\nb:\n  z: 2"),
        ("a: 1\n...\n# after\n", Put(("b",), 2), "a: 1\nb: 2\n...\n# after\n"),
        ("---\n  a: 1\n  b: 2\n", Put(("c",), {"x": "z"}), "---\n  a: 1\n  b: 2\n  c:\n    x: z\n"),
        ("a:\nb: 2\n", Put(("a",), 1), "a: 1\nb: 2\n"),
        ("a:   # soon\nb: 2\n", Put(("a",), {"x": 1}), "a:   # soon\n  x: 1\nb: 2\n"),
        ("a:\n  long\nb: 2\n", Put(("a",), "short"), "a:\n  short\nb: 2\n"),
        ("a: one\n  two\nb: 2\n", Put(("a",), "short"), "a: short\nb: 2\n"),
        ('"a" : "one\n  two"  # t\nb: 2\n', Remove(("a",)), "b: 2\n"),
        ("a: {}\n", Put(("a", "b"), 1), "a: {b: 1}\n"),
        ("a: {b: 1}\n", Remove(("a", "b")), "a: {}\n"),
        ("a: |+\n  x\n\nb: 1\n", Put(("c",), 2), "a: |+\n  x\n\nb: 1\nc: 2\n"),
        ("a:\n  - - x\n    - z  # t\n# c\nb: 1\n", Remove(("a",)), "# c\nb: 1\n"),
        ("a: 1\n", Put(("odd key:",), "é ü"), 'a: 1\n"odd key:": "é ü"\n'),
        ("a: 1\n", Put(("t",), "12:30"), 'a: 1\nt: "12:30"\n'),
        ("a: 1\n", Put(("t",), "two\nlines"), 'a: 1\nt: "two\\nlines"\n'),
    ],
)
def test_unusual_layouts(source: str, change: files.Change, after: str) -> None:
    assert files.edited(source, [change]) == after


@pytest.mark.parametrize(
    ("source", "change", "message"),
    [
        ("{a: 1}\n", Put(("b",), 1), "one `{...}`"),
        ("- a\n", Put(("b",), 1), "one `{...}`"),
        ("a: 1\na: 2\n", Put(("b",), 1), "correct the file"),
        ("a: 1\n", Put(("b", "c"), 1), "no block `b`"),
        ("a: 1\n", Put(("a", "c"), 1), "no block `a`"),
        ("a: 1\n", Remove(("a",)), "by hand"),
        ("a:\n  b: 1\n", Remove(("a", "b")), "by hand"),
        ("a: |\n  text\nb: 1\n  # a remark\nc: 2\n", Remove(("b",)), "by hand"),
        ("? a\n: 1\n", Put(("a",), 2), "by hand"),
        ("a: 1\n", Put(("note",), "gh" + "p_" + "a1B2" * 9), "credential"),
        ("a: 1\n", Put(("note",), "x\u202ey"), "cannot be seen"),
        ("a: 1\n", Put(("b",), 1.5e300 * 1e300), "by hand"),
    ],
)
def test_what_cannot_be_changed_is_refused(source: str, change: files.Change, message: str) -> None:
    with pytest.raises(RepositoryError, match=message):
        files.edited(source, [change])


# -- any file ------------------------------------------------------------------------------------------------------

_COMMENT = st.sampled_from(["", "   # a remark: yes", " # {odd} [one]"])
_BETWEEN = st.lists(st.sampled_from(["", "# standing before the next key", "  # indented", "#"]), max_size=3)
_VALUES = st.sampled_from([
    " plain text", ' "quoted: # text"', " 'single'", " null", "", " [a, b]", " {x: 1, z: [2]}",
    " {\n  x: 1,  # in\n  z: 2\n  }", "\n  x: 1   # inner\n  # between\n  z: {w: 2}", "\n- a\n# between\n- b",
    "\n  - x: 1\n    z: 2", " |\n  text\n\n  # text", " >-\n  folded\n  text", " 2026-08-24", ' "over\n  lines"',
    "\n  deep:\n    deeper:\n      - 1",
])  # fmt: skip
_FILES = st.lists(st.tuples(_BETWEEN, _VALUES, _COMMENT), min_size=2, max_size=6)


def _composed(parts: list[tuple[list[str], str, str]]) -> tuple[list[str], list[str]]:
    """Return what stands before each key, and each entry, both as whole lines."""
    before, entries, is_text = [], [], False
    for number, (lines, value, comment) in enumerate(parts):
        # Indented lines below a text block are text of it, and become so where what stands between them goes.
        before.append("".join(f"{line}\n" for line in lines if not (is_text and line.startswith(" "))))
        is_block = value.startswith((" |", " >"))
        is_text = is_text or is_block
        entries.append(f"key{number}:{value}{'' if is_block else comment}\n")
    return before, entries


@given(_FILES, st.data(), st.booleans(), st.booleans())
@settings(max_examples=400, deadline=None)
def test_all_lines_around_an_edit_stay(
    parts: list[tuple[list[str], str, str]],
    data: st.DataObject,
    crlf: bool,  # noqa: FBT001 - hypothesis draws it
    is_bare: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    before, entries = _composed(parts)
    number = data.draw(st.integers(0, len(parts) - 1))
    head = "".join(a + b for a, b in zip(before[:number], entries[:number], strict=True)) + before[number]
    tail = "".join(a + b for a, b in zip(before[number + 1 :], entries[number + 1 :], strict=True)) + "# the end\n"
    ending = "\r\n" if crlf else "\n"
    source, head, tail = (text.replace("\n", ending) for text in (head + entries[number] + tail, head, tail))
    if is_bare:
        source, tail = source.removesuffix(ending), tail.removesuffix(ending)

    removed = files.edited(source, [Remove((f"key{number}",))])
    assert removed == head + tail
    replaced = files.edited(source, [Put((f"key{number}",), {"new": {"a": "b"}, "other": 1})])
    assert replaced.startswith(head)
    assert replaced.endswith(tail)
    assert yaml.safe_load(replaced)[f"key{number}"] == {"new": {"a": "b"}, "other": 1}
    appended = files.edited(source, [Put(("added",), "2026-11-21")])
    assert appended == source + ("" if source.endswith("\n") else ending) + "added: 2026-11-21" + (
        ending if source.endswith("\n") else ""
    )


@given(st.text(max_size=40), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_text_is_written_so_that_it_reads_back(text: str, flow: bool) -> None:  # noqa: FBT001 - a column of cases
    try:
        after = files.edited("a: 1\n", [Put(("b",), {"c": text}, flow=flow)])
    except RepositoryError:
        return
    document = files.document(after, "x")
    assert isinstance(document, files.Document)
    assert document.data == {"a": 1, "b": {"c": text}}
    assert yaml.safe_load(after)["b"]["c"] == text or text[:4].isdecimal()


# -- writing -------------------------------------------------------------------------------------------------------


def test_files_are_replaced_at_once_with_their_mode(tmp_path: Path) -> None:
    path = tmp_path / "Schlüssel 1.yaml"
    path.write_bytes(b"a: 1\r\n")
    path.chmod(0o640)
    before = path.stat().st_ino
    files.write(path, "\ufeffa: é\r\n")
    assert path.read_bytes() == "\ufeffa: é\r\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_ino != before
    assert os.listdir(tmp_path) == ["Schlüssel 1.yaml"]  # noqa: PTH208 - the raw names


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    files.write(tmp_path / "new.yaml", "a: 1\n")
    assert (tmp_path / "new.yaml").stat().st_mode == usual.stat().st_mode


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        files.write(path, "a: \udcff\n")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        files.write(tmp_path / "folder", "a: 1\n")
    assert path.read_text(encoding="utf-8") == "a: 1\n"
    assert sorted(os.listdir(tmp_path)) == ["a.yaml", "folder"]  # noqa: PTH208 - the raw names
