"""Files from disk: what is read, what is refused, and where the fault stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from keyturn import files
from keyturn.files import loader, scalars, syntax, text as texts
from keyturn.model import Finding, Problem, Severity

EXAMPLES = Path(__file__).parent.parent / "examples" / "files"
REFUSED = sorted((EXAMPLES / "refused").glob("*.yaml"))
READ = sorted((EXAMPLES / "read").glob("*.yaml"))


def _found(source: str) -> list[tuple[int, int, str]]:
    document = files.document(source, "x.yaml")
    return [(one.line, one.column, one.code) for one in document] if isinstance(document, tuple) else []


def _expected(source: str) -> list[tuple[int, int, str]]:
    found = re.findall(r"# expect: (\d+):(\d+) (\S+)", source)
    return sorted((int(line), int(column), code) for line, column, code in found)


# -- cases kept as files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_every_fault_is_reported_at_its_place(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert _expected(source)
    assert _found(source) == _expected(source)


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
@pytest.mark.parametrize("change", ["crlf", "bom", "both"])
def test_line_ends_and_byte_order_marks_shift_nothing(path: Path, change: str) -> None:
    source = path.read_text(encoding="utf-8")
    changed = source.replace("\n", "\r\n") if change != "bom" else source
    changed = "\ufeff" + changed if change != "crlf" else changed
    assert _found(changed) == _expected(source)


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_the_pure_parser_refuses_the_same(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found = loader.composed(source, "x.yaml", yaml.BaseLoader).problems
    assert {one.code for one in found} == {code for _line, _column, code in _expected(source)}


@pytest.mark.parametrize("path", READ, ids=lambda path: path.stem)
def test_documents_are_read(path: Path) -> None:
    document = files.read(path, path.name)
    expected = json.loads(path.with_suffix(".json").read_bytes())
    assert document == files.Document(path.name, expected, path.read_bytes().decode())
    assert loader.composed(path.read_text(encoding="utf-8"), "", yaml.BaseLoader).data == expected


# -- scalars -------------------------------------------------------------------------------------------------------

AMBIGUOUS = [
    "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "=", "<<",
    "017", "08", "00", "0b1", "0b0_1", "0o17", "-0x1F", "0x1_F", "1_000", "12:30", "1:2:3", "190:20:30.15", "1e3",
    "1E3", "1.5e3", "+.5", "1_0.5", "9999999999999999999", "-0777", "0x", "1e",
]  # fmt: skip
TEXT = [
    "0x", "1e", "yEs", "1.2.3", "12:99", "2026-08-24", "2026-8-4", "2026-08-24T10:00:00Z", "---", "-", "+", "a:b",
    "http://x", "_1", "1a", "0o8", "0b2", ".", "..", "tRUE", "fO",
]  # fmt: skip


@pytest.mark.parametrize("text", [one for one in AMBIGUOUS if one not in TEXT])
def test_what_two_versions_read_differently_is_refused(text: str) -> None:
    assert scalars.value(text) is scalars.Unclear.AMBIGUOUS


@pytest.mark.parametrize("text", TEXT)
def test_what_only_looks_special_is_text(text: str) -> None:
    assert scalars.value(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("", None), ("~", None), ("Null", None), ("TRUE", True), ("False", False), ("0", 0), ("-0", 0), ("+12", 12),
     ("0x1f", 31), ("1.5", 1.5), ("-1.", -1.0), (".5", 0.5), ("1.5e+3", 1500.0), ("00.5", 0.5)],
)  # fmt: skip
def test_what_every_reader_takes_alike_is_resolved(text: str, value: object) -> None:
    assert repr(scalars.value(text)) == repr(value)


@given(st.text(alphabet="0123456789abcdefxoXeE+-._:yYnNtTrRuUsSlL~=<", max_size=9))
@settings(max_examples=500, deadline=None)
def test_no_reader_is_contradicted(text: str) -> None:
    """Whatever we resolve is what PyYAML's YAML 1.1 gives, dates apart, which stay text."""
    value = scalars.value(text)
    resolve: Any = yaml.SafeLoader("").resolve
    theirs = resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if not isinstance(value, scalars.Unclear):
        ours = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}[type(value)]
        assert ours == ("str" if theirs == "timestamp" else theirs)


# -- documents like everyone's -------------------------------------------------------------------------------------

_WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)
_SAFE = st.one_of(st.none(), st.booleans(), st.integers(-(10**17), 10**17), _WORDS)
_DATA = st.recursive(
    _SAFE,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_WORDS, inner, max_size=4)),
    max_leaves=25,
)


def _is_plain_enough(text: str) -> bool:
    return not texts.hidden(text, "x")


@given(st.dictionaries(_WORDS, _DATA, min_size=1, max_size=5), st.sampled_from(['"', "'"]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_ordinary_documents_agree_with_pyyaml(data: dict[str, object], style: str, flow: bool) -> None:  # noqa: FBT001 - a column of cases
    dumped = yaml.dump(data, Dumper=_Quoting(style), default_flow_style=flow, allow_unicode=True)
    if not _is_plain_enough(dumped):
        return
    ours = loader.composed(dumped, "x")
    assert ours.problems == ()
    assert ours.data == yaml.safe_load(dumped) == data
    assert loader.composed(dumped, "x", yaml.BaseLoader).data == data


def _Quoting(style: str) -> type[yaml.SafeDumper]:  # noqa: N802 - it gives a class
    class Dumper(yaml.SafeDumper):
        pass

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, quoted)
    return Dumper


# -- hostile files -------------------------------------------------------------------------------------------------

HOSTILE = {
    "alias bomb": ("a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(40)), "alias"),
    "flow depth": ("[" * 100_000, "too-deep"),
    "block depth": ("".join(" " * i + "a:\n" for i in range(600)), "too-deep"),
    "list depth": ("- " * 50_000 + "x\n", "too-deep"),
    "mapping depth": ("{a: " * 30_000, "too-deep"),
    "many nodes": ("a: [" + "x, " * 80_000 + "x]\n", "too-many-nodes"),
    "many keys": ("".join(f"k{i}: v\n" for i in range(20_000)), "too-many-nodes"),
    "large": ("a: " + "x" * 300_000, "too-large"),
    "long number": ("a: " + "9" * 200_000, "ambiguous-scalar"),
    "long word": ("a: " + "token" * 40_000 + ": y", "yaml-syntax"),
    "colons": ("# " + ":" * 200_000 + "\na: 1 : 2", "yaml-syntax"),
    "keywords": ("# " + "token=" * 40_000, "empty-file"),
    "quotes": ('a: "' + "\\n" * 100_000, "yaml-syntax"),
    "controls": ("a: b\x00\n" * 20_000, "control-character"),
    "bang": ("a: " + "!" * 100_000, "tag"),
    "questions": ("? " * 100_000, "too-deep"),
    "huge code point": ('a: "\\UFFFFFFFF"', "yaml-syntax"),
    "undefined tag": ("a: !x!y z", "yaml-syntax"),
    "directive": ("%YAML 9.9\n---\na: 1\n", "yaml-syntax"),
    "aliases": ("a: *\n", "yaml-syntax"),
}


@pytest.mark.parametrize(("source", "code"), HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_files_end_in_a_problem(source: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.yaml"
    path.write_text(source, encoding="utf-8")
    found = files.read(path, "hostile.yaml")
    assert isinstance(found, tuple)
    assert code in {one.code for one in found}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: b\nc: \xff\n", (2, 4, "not-utf8")),
        (b"\xef\xbb\xbfa: \xff\n", (1, 4, "not-utf8")),
        ("a: é\n".encode("latin-1"), (1, 4, "not-utf8")),
        ("a: b\n".encode("utf-16"), (1, 1, "not-utf8")),
        ("a: b".encode("utf-16-le"), (1, 2, "control-character")),
        ("é: b\x07\n".encode(), (1, 5, "control-character")),
        ("a: b # \u202e\n".encode(), (1, 8, "control-character")),
        ("a: b\nc: d\u200be\n".encode(), (2, 5, "control-character")),
        ("a: \ufeffb\n".encode(), (1, 4, "control-character")),
        (b"a: b\rc: d\n", (1, 5, "control-character")),
        ("a: b\u2028c: d\n".encode(), (1, 5, "control-character")),
        ("a: \U000e0041\n".encode(), (1, 4, "control-character")),
        (b'a: b\nc: "\\u202e"\n', (2, 4, "control-character")),
        (b'a: "\\0"\n', (1, 4, "control-character")),
        (b"", (1, 1, "empty-file")),
        ("\ufeff".encode(), (1, 1, "empty-file")),
        (b"x" * (texts.LARGEST + 1), (1, 1, "too-large")),
    ],
)
def test_bytes_that_a_reviewer_cannot_trust(content: bytes, expected: tuple[int, int, str], tmp_path: Path) -> None:
    path = tmp_path / "Schlüssel und Schloß.yaml"
    path.write_bytes(content)
    found = files.read(path, "x.yaml")
    assert isinstance(found, tuple)
    assert [(one.line, one.column, one.code) for one in found] == [expected]


@pytest.mark.parametrize(
    "source",
    ["name: Grüße ñ 日本 ❤️\n", 'a: "tab\\tand line\\nbreak"\n', "a: '\t'\n", "a: b\r\nc: d\r\n"],
)
def test_ordinary_unicode_is_read(source: str) -> None:
    assert isinstance(files.document(source, "x"), files.Document)


def test_no_message_quotes_the_file() -> None:
    canary = "canary" + "7" * 12
    for source in (f'a: "{canary}', f"a: {canary}: b", f"{canary}: 1\n{canary}: 2", f"a: [{canary}", f"a: *{canary}"):
        found = files.document(source, "x.yaml")
        assert isinstance(found, tuple)
        assert canary not in str(found)
        pure = loader.composed(source, "x.yaml", yaml.BaseLoader).problems
        assert pure
        assert canary not in str(pure)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("x"), (1, 1)),
        (yaml.scanner.ScannerError("while", yaml.Mark("", 0, 4, 2, None, 0), "odd", None), (5, 3)),
        (yaml.scanner.ScannerError("while", None, "found a tab character", yaml.Mark("", 0, 1, 0, None, 0)), (2, 1)),
    ],
    ids=["no place", "place of the context", "place of the problem"],
)
def test_a_complaint_without_a_place_still_has_one(error: Exception, expected: tuple[int, int]) -> None:
    found = syntax.problem(error, "x.yaml")
    assert (found.line, found.column, found.code) == (*expected, "yaml-syntax")


# -- credentials ---------------------------------------------------------------------------------------------------

TOKEN = "gh" + "p_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"a: b # {TOKEN}\n", (1, 8)),
        (f"a: b\nc: {TOKEN}\n", (2, 4)),
        ('a: b\nc: "\\x67' + TOKEN[1:] + '"\n', (2, 4)),
        (f'c: "{TOKEN[:20]}\\\n  {TOKEN[20:]}"\n', (1, 4)),
        (f"c: >-\n  {TOKEN[:20]}\n  {TOKEN[20:]}\n", (1, 4)),
        (f"c: {TOKEN[:20]}\n  {TOKEN[20:]}\n", (1, 4)),
        (f"params:\n  {TOKEN}: x\n", (2, 3)),
        (f"\ufeffc: {TOKEN}\r\n", (1, 4)),
    ],
    ids=["comment", "scalar", "escaped", "continued", "folded", "plain", "key", "mark"],
)
def test_credentials_are_refused_wherever_they_hide(source: str, expected: tuple[int, int]) -> None:
    found = files.document(source, "x.yaml")
    assert isinstance(found, tuple)
    assert [(one.line, one.column, one.code) for one in found] == [(*expected, "credential")]
    assert TOKEN[8:20] not in str(found)
    assert "`keyturn request PROVIDER/KEY --reason leaked`" in found[0].message


def test_credentials_in_a_broken_file_are_reported_too() -> None:
    assert _found(f"a: [{TOKEN}\nb: c\n") == [(1, 5, "credential"), (2, 2, "yaml-syntax")]
    assert _found(f"a: {TOKEN}\x07\n") == [(1, 4, "credential"), (1, 44, "control-character")]


def test_what_the_package_ships_is_not_searched() -> None:
    assert isinstance(files.document(f"a: {TOKEN}", "x", trusted=True), files.Document)
    assert isinstance(files.document('a: "\\x41 ' + TOKEN + '"', "x", trusted=True), files.Document)


def test_ordinary_files_import_no_detector() -> None:
    code = "import sys; from keyturn import files; files.document('key: loader', 'x'); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "yaml" in run.stdout.split()
    assert not {"detect_secrets", "requests"} & set(run.stdout.split())


# -- places --------------------------------------------------------------------------------------------------------

PLACED = """\
provider: mixpanel
consumers:
  - {platform: segment, name: Mixpanel}
  - platform: github-secret
empty:
"""


@pytest.mark.parametrize(
    ("pointer", "on_key", "expected"),
    [
        ((), False, (1, 1)),
        (("provider",), False, (1, 11)),
        (("provider",), True, (1, 1)),
        (("consumers",), False, (3, 3)),
        (("consumers", 0, "name"), False, (3, 31)),
        (("consumers", 0, "name"), True, (3, 25)),
        (("consumers", 1), False, (4, 5)),
        (("consumers", 1), True, (4, 5)),
        (("consumers", 1, "secret"), False, (4, 5)),
        (("consumers", 7, "secret"), False, (3, 3)),
        (("provider", "deeper"), True, (1, 11)),
        (("provider", 0), False, (1, 11)),
        (("empty",), False, (5, 1)),
        (("missing",), True, (1, 1)),
    ],
)
def test_findings_are_placed(pointer: tuple[str | int, ...], on_key: bool, expected: tuple[int, int]) -> None:  # noqa: FBT001 - a column of cases
    finding = Finding("x.yaml", pointer, "some-code", "Say it.", Severity.WARNING, on_key=on_key)
    for source in (PLACED, "\ufeff" + PLACED, PLACED.replace("\n", "\r\n")):
        assert files.locate(finding, source) == Problem("x.yaml", *expected, "some-code", "Say it.", Severity.WARNING)


def test_a_text_without_anything_has_no_places() -> None:
    with pytest.raises(ValueError, match="no places"):
        files.locate(Finding("x.yaml", (), "c", "m"), "# nothing\n")


# -- the work tree -------------------------------------------------------------------------------------------------


def test_declared_files_are_found_in_order_and_links_refused(tmp_path: Path) -> None:
    root = tmp_path / "Wurzel mit Leerzeichen é"
    rotations = root / "rotations"
    (rotations / "b" / "deep").mkdir(parents=True)
    (rotations / ".git").mkdir()
    (rotations / ".hidden").mkdir()
    for name in ("z.yaml", "a.yml", "note.md", "b/deep/c.yaml", ".git/config.yaml", ".hidden/h.yaml"):
        (rotations / name).write_text("key: x\n", encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("key: x\n", encoding="utf-8")
    (rotations / "link.yaml").symlink_to(outside / "secret.yaml")
    (rotations / "folder").symlink_to(outside)
    (rotations / "readme").symlink_to(rotations / "note.md")
    (rotations / "dangling.yml").symlink_to(outside / "nowhere")
    (rotations / "folder.yaml").mkdir()
    listed = files.declared(root, "rotations")
    assert [one.path if isinstance(one, Problem) else files.shown(one, root) for one in listed] == [
        "rotations/.hidden/h.yaml", "rotations/a.yml", "rotations/b/deep/c.yaml", "rotations/dangling.yml",
        "rotations/folder", "rotations/folder.yaml", "rotations/link.yaml", "rotations/z.yaml",
    ]  # fmt: skip
    problems = [one for one in files.declared(root, "rotations") if isinstance(one, Problem)]
    assert {one.code for one in problems} == {"not-a-regular-file"}
    assert len(problems) == 4


def test_a_linked_folder_is_refused_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "rotations").symlink_to(tmp_path / "elsewhere")
    assert [one.code for one in files.declared(tmp_path, "rotations") if isinstance(one, Problem)] == [
        "not-a-regular-file"
    ]
    assert list(files.declared(tmp_path, "incidents")) == []


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path: Path) -> None:
    too_long = "x" * 300  # no permission is needed to make this fail, whoever runs the tests
    found = list(files.declared(tmp_path, too_long))
    assert [one.code for one in found if isinstance(one, Problem)] == ["unreadable"]


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("key: hidden value\n", encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to(config)
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    codes = {}
    for name in ("link.yaml", "pipe.yaml", "folder.yaml", "missing.yaml"):
        found = files.read(tmp_path / name, name)
        assert isinstance(found, tuple)
        assert "hidden" not in str(found)
        codes[name] = found[0].code
    assert codes == {
        "link.yaml": "not-a-regular-file",
        "pipe.yaml": "not-a-regular-file",
        "folder.yaml": "not-a-regular-file",
        "missing.yaml": "unreadable",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a b/é.yaml", "a b/é.yaml"), ("a\n::error::x.yaml", "a\\n::error::x.yaml"), ("\udcff.yaml", "\\udcff.yaml")],
)
def test_names_are_shown_on_one_line(name: str, expected: str, tmp_path: Path) -> None:
    assert files.shown(tmp_path / name, tmp_path) == expected


def test_the_nearest_root_counts(tmp_path: Path) -> None:
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    assert files.root_of(inner) is None
    (tmp_path / "keyturn.yaml").write_text("", encoding="utf-8")
    assert files.root_of(inner) == tmp_path
    (tmp_path / "one" / "keyturn.yaml").write_text("", encoding="utf-8")
    assert files.root_of(inner) == tmp_path / "one"
