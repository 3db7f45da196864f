"""The schemas themselves, the two validators against each other, and the words for what does not fit."""

from __future__ import annotations

import copy
import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import jsonschema
import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings, strategies as st

import keyturn
from keyturn.model import Finding, moment
from keyturn.schema import Schemas, explanation, formats, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from keyturn.schema import Document

TESTS = Path(__file__).parents[1]
SHIPPED = Path(keyturn.__file__).parent / "shipped" / "schemas"  # in the wheel
FOLDER = SHIPPED if SHIPPED.is_dir() else TESTS.parent / "schemas"
DOCUMENTS = {path.name.removesuffix(".schema.json"): json.loads(path.read_text()) for path in FOLDER.iterdir()}
SCHEMAS = Schemas(DOCUMENTS)
KINDS = sorted(DOCUMENTS)


class Loader(yaml.SafeLoader):
    """Reads YAML as our files are read: dates stay text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(path: Path) -> Document:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a SafeLoader with one resolver less


def kind_of(path: Path) -> str:
    return path.stem.partition("-")[0]


def cases(folder: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted((TESTS / "examples" / folder).glob("*.yaml"))]


def shown(finding: Finding) -> str:
    pointer = "/".join(str(step) for step in finding.pointer)
    return f"/{json.dumps(pointer)[1:-1]}{' (key)' if finding.on_key else ''}: {finding.code}: {finding.message}\n"


# -- cases in files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", cases("valid"))
def test_valid_examples_fit(path: Path) -> None:
    assert SCHEMAS.findings(kind_of(path), path.name, load(path)) == []


@pytest.mark.parametrize("path", cases("invalid"))
def test_invalid_examples_are_explained(path: Path) -> None:
    findings = SCHEMAS.findings(kind_of(path), path.name, load(path))
    assert "".join(map(shown, findings)) == path.with_suffix(".expected").read_text()


def test_every_case_of_invalid_examples_has_its_expected_text() -> None:
    folder = TESTS / "examples" / "invalid"
    assert {path.stem for path in folder.glob("*.expected")} == {path.stem for path in folder.glob("*.yaml")}


def test_examples_show_every_code_that_the_documentation_lists() -> None:
    catalogue = TESTS.parent / "docs" / "codes.md"
    if not catalogue.exists():
        pytest.skip("the documentation is not part of the wheel")
    section = catalogue.read_text().partition("\n## Schema\n")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE))
    expected = "".join(path.read_text() for path in (TESTS / "examples" / "invalid").glob("*.expected"))
    assert set(re.findall(r": ([a-z-]+): ", expected)) | {"wrong-form"} == listed


def test_no_message_quotes_what_stands_in_the_file() -> None:
    text = (TESTS / "examples" / "invalid" / "rotation-never-quoted.expected").read_text()
    assert not [line for line in text.splitlines() if "never" in line.partition(": ")[2].lower()]


def test_finding_says_the_path() -> None:
    assert SCHEMAS.findings("platform", "platforms/x.yaml", {"name": 5}) == [
        Finding(
            "platforms/x.yaml",
            ("name",),
            "wrong-type",
            '`name` must be text in quotes; write for example `"Segment"`',
        )
    ]


def test_a_refusal_that_nothing_explains_is_still_a_finding() -> None:
    found = SCHEMAS.findings("platform", "x", {"name": chr(0xD800)})
    assert [(finding.pointer, finding.code) for finding in found] == [((), "wrong-form")]


# -- the schemas ---------------------------------------------------------------------------------------------------


def fields(document: Document, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every schema that describes something a person writes, with its place."""
    yield place or "the file", document
    for keyword in ("properties", "patternProperties", "$defs"):
        for name, part in document.get(keyword, {}).items():
            yield from fields(part, f"{place}/{keyword}/{name}")
    if "items" in document:
        yield from fields(document["items"], f"{place}/items")


FIELDS = [
    pytest.param(kind, field, id=f"{kind}:{place}")
    for kind, document in sorted(DOCUMENTS.items())
    for place, field in fields(document)
]


NAMED = {"properties", "patternProperties", "$defs"}
PLAIN = {"examples", "enum", "const"}


def nodes(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it; names of fields and examples are none."""
    yield document
    for keyword, part in document.items():
        inner = part.values() if keyword in NAMED else part if isinstance(part, list) else [part]
        if keyword not in PLAIN:
            yield from (node for sub in inner if isinstance(sub, dict) for node in nodes(sub))


NODES = [node for document in DOCUMENTS.values() for node in nodes(document)]


def resolved(kind: str, field: dict[str, Any]) -> dict[str, Any]:
    reference = field.get("$ref")
    return {**(DOCUMENTS[kind]["$defs"][reference.removeprefix("#/$defs/")] if reference else {}), **field}


def test_every_kind_of_file_has_a_schema() -> None:
    assert KINDS == ["incident", "platform", "policy", "provider", "rotation"]


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_valid_and_named(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(DOCUMENTS[kind])
    assert jsonschema_rs.meta.is_valid(DOCUMENTS[kind])
    assert DOCUMENTS[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert DOCUMENTS[kind]["$id"] == f"https://keyturn.dev/schemas/{kind}.schema.json"
    assert DOCUMENTS[kind]["title"]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_field_is_described(kind: str, field: dict[str, Any]) -> None:
    assert field["description"].endswith(".")
    assert resolved(kind, field)["type"]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_examples_of_field_fit(kind: str, field: dict[str, Any]) -> None:
    alone = Schemas({"field": {**field, "$defs": DOCUMENTS[kind]["$defs"]}})
    assert field["examples"]
    assert [alone.findings("field", "", example) for example in field["examples"]] == [[]] * len(field["examples"])


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_example_reads_back_as_it_is_shown(kind: str, field: dict[str, Any]) -> None:  # noqa: ARG001 - names the case
    assert yaml.load(explanation._flow(field["examples"][0]), Loader) == field["examples"][0]  # noqa: S506, SLF001 - as above


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_mappings_are_closed(kind: str, field: dict[str, Any]) -> None:
    if "object" in resolved(kind, field)["type"]:
        assert resolved(kind, field)["additionalProperties"] is False


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_text_is_bounded_and_says_its_form(kind: str, field: dict[str, Any]) -> None:
    whole = resolved(kind, field)
    if "string" in whole["type"] and "enum" not in whole:
        assert whole["maxLength"] <= 4000
    if whole.keys() & {"pattern", "format", "anyOf"}:
        assert whole["title"]


@pytest.mark.parametrize("kind", KINDS)
def test_references_stay_inside_the_file(kind: str) -> None:
    references = {node["$ref"] for node in nodes(DOCUMENTS[kind]) if "$ref" in node}
    assert references == {f"#/$defs/{name}" for name in DOCUMENTS[kind]["$defs"]}


def test_definitions_of_one_name_are_the_same_in_every_schema() -> None:
    seen: dict[str, Any] = {}
    for kind in KINDS:
        for name, definition in DOCUMENTS[kind]["$defs"].items():
            assert seen.setdefault(name, definition) == definition


COMMON = {
    "$schema", "$id", "$ref", "$defs", "title", "description", "examples", "type", "enum", "const", "properties",
    "patternProperties", "additionalProperties", "required", "items", "minItems", "maxItems", "uniqueItems",
    "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "minProperties", "maxProperties", "if",
    "then", "else", "allOf", "anyOf", "oneOf", "not",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_only_keywords_that_both_validators_read_alike(kind: str) -> None:
    assert {keyword for node in nodes(DOCUMENTS[kind]) for keyword in node} <= COMMON


# -- patterns ------------------------------------------------------------------------------------------------------


PATTERNS = sorted(
    {node["pattern"] for node in NODES if "pattern" in node}
    | {name for node in NODES for name in node.get("patternProperties", {})}
)


def hostile(size: int) -> list[str]:
    """Return texts that make a pattern with two ways to read them take the square of their length, or worse."""
    units = ["a", "A", "0", "a-", "a.", "a_", "A_", "a ", "-", ")", "(", "a)", "a/", "://a", "https://a.", "[:", "{a}"]
    return [prefix + unit * (size // len(unit)) + "\n!" for unit in units for prefix in ("", "https://", "a/", "{a}")]


def effort(expression: re.Pattern[str], text: str) -> float:
    """Return seconds of this thread alone, the least of three, so that a busy machine does not count."""
    spent = []
    for _ in range(3):
        began = time.thread_time()
        expression.search(text)
        spent.append(time.thread_time() - began)
    return min(spent)


def slowest(expression: re.Pattern[str], size: int) -> float:
    return max(effort(expression, text) for text in hostile(size))


def grows_too_fast(expression: re.Pattern[str], size: int) -> bool:
    """Tell whether a text of four times the length takes more than ten times as long; linear is four, square 16."""
    return slowest(expression, 4 * size) > 10 * max(slowest(expression, size), 1e-5)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_is_anchored_and_ascii(pattern: str) -> None:
    assert pattern.startswith("^")
    assert pattern.endswith("$")
    assert pattern.count("$") == pattern.endswith("$") + pattern.count("\\$")
    assert pattern.isascii()
    assert not re.search(r"\\[dDwWsSbB]|\(\?[=!<]", pattern)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_is_linear(pattern: str) -> None:
    # Three tries, because the machine may be busy with something else during one of them.
    assert not all(grows_too_fast(re.compile(pattern), 4000) for _ in range(3))


def test_measure_of_growth_finds_what_is_not_linear() -> None:
    assert any(grows_too_fast(re.compile("^[a-z]*[a-z]*[a-z]*$"), 100) for _ in range(3))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_refuses_a_line_break_at_the_end(pattern: str) -> None:
    both = Schemas({"field": {"type": "string", "title": "x", "examples": ["x"], "pattern": pattern}})
    gate, oracle = verdicts(both, "field", "a\n"), verdicts(both, "field", "a:b/c\n")
    assert (gate, oracle) == ((False, False), (False, False))


# -- formats -------------------------------------------------------------------------------------------------------

CREDENTIALS = "alice" + ":" + "x" * 8 + "@"
FORMATS = [
    ("regex", "[0-9]{4}-[0-9]{2}|x", True),
    ("regex", "a*" * 50 + "b", True),
    ("regex", "[", False),
    ("regex", "a)|(b", False),
    ("regex", "(?=a)b", False),
    ("regex", "(a)\\1", False),
    ("regex", "a{1,100000000}", False),
    ("date", "2026-11-21", True),
    ("date", "2028-02-29", True),
    ("date", "2026-02-29", False),
    ("date", "2026-02-30", False),
    ("date", "2026-13-01", False),
    ("date", "0000-01-01", False),
    ("date", "20261121", False),
    ("date", "2026-W47-6", False),
    ("date", "2026-11-21\n", False),
    ("date", "2026-11-21T00:00:00Z", False),
    ("date", "٢٠٢٦-11-21", False),
    ("date", "", False),
    ("date-time", "2026-11-21T10:00:00Z", True),
    ("date-time", "2026-11-21T10:00:00.123456+05:30", True),
    ("date-time", "2026-11-21T10:00:00", False),
    ("date-time", "2026-11-21 10:00:00Z", False),
    ("date-time", "2026-02-30T10:00:00Z", False),
    ("date-time", "2026-11-21T24:00:00Z", False),
    ("date-time", "2026-12-31T23:59:60Z", False),
    ("date-time", "0001-01-01T00:00:00+01:00", False),
    ("date-time", "9999-12-31T23:59:59-01:00", False),
    ("date-time", "2026-11-21T10:00:00Z\n", False),
    ("date-time", "2026-11-21T10:00:00z", False),
    ("date-time", "2026-11-21t10:00:00Z", False),
    ("date-time", "2026-11-21T10:00:00+24:00", False),
    ("date-time", "2026-11-21T10:00:00+05:60", False),
    ("date-time", "2026-11-21T10:00:00-23:59", True),
    ("date-time", "2026-11-21T10:00:00.Z", False),
    ("date-time", "2026-11-21T10:00:00,5Z", False),
    ("date-time", "2026-11-21T10:60:00Z", False),
    ("date-time", "2026-11-21", False),
    ("uri", "https://www.example.com", True),
    ("uri", "https://www.example.com:8443/a/b?c=d&e=%20#f", True),
    ("uri", "http://[2001:db8::1]/x", True),
    ("uri", "www.example.com", False),
    ("uri", "https://", False),
    ("uri", "https:///path", False),
    ("uri", "https://exa mple.com", False),
    ("uri", "https://example.com/%zz", False),
    ("uri", "https://example.com/\\@evil", False),
    ("uri", "https://example.com:99999/", False),
    ("uri", "https://example.com:0/", False),
    ("uri", "https://[::1/", False),
    ("uri", f"https://{CREDENTIALS}example.com/", False),
    ("uri", "https://exämple.com/", False),
    ("uri", "https://example.com/{id}", False),
    ("uri", "https://example.com\n", False),
    ("uri", "mailto:alice", False),
]


@pytest.mark.parametrize(("name", "text", "fits"), FORMATS)
def test_format(name: str, text: str, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    both = Schemas({"field": {"type": "string", "title": "x", "examples": ["x"], "format": name}})
    assert verdicts(both, "field", text) == (fits, fits)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("[a-z]+", "abc", True),
        ("[a-z]+", "abc\n", False),
        ("a|b", "ab", False),
        ("a*" * 50 + "b", "a" * 255, False),  # Python's own engine would never end
        ("[", "[", False),
    ],
)
def test_a_pattern_of_the_catalogue_fits_a_whole_text(pattern: str, text: str, fits: bool) -> None:  # noqa: FBT001 - a column
    assert matches(pattern, text) is fits


@pytest.mark.parametrize("accepts", formats.FORMATS.values(), ids=formats.FORMATS)
@pytest.mark.parametrize("value", [None, 5, True, [], {}])
def test_format_lets_pass_what_is_no_text(accepts: Callable[[object], bool], value: object) -> None:
    assert accepts(value)


def test_every_format_of_the_schemas_is_checked() -> None:
    assert {node["format"] for node in NODES if "format" in node} == set(formats.FORMATS)


@settings(deadline=None)
@given(st.datetimes(timezones=st.timezones()))
def test_what_fits_as_a_moment_can_be_read(at: datetime) -> None:
    text = at.isoformat()
    if formats.is_date_time(text):
        assert moment(text).utcoffset() is not None


# -- gate and oracle -----------------------------------------------------------------------------------------------


def verdicts(schemas: Schemas, kind: str, document: Document) -> tuple[bool, bool]:
    """Return what jsonschema-rs and jsonschema say, each on its own."""
    compiled = schemas._schemas[kind]  # noqa: SLF001 - the two must agree, though only one is ever asked alone
    return compiled.fits(document), compiled.oracle.is_valid(document)


CORPUS = [
    *(
        (kind_of(path), load(path))
        for folder in ("valid", "invalid")
        for path in sorted(TESTS.glob(f"examples/{folder}/*.yaml"))
    ),
    *((kind, example) for kind in KINDS for example in DOCUMENTS[kind]["examples"]),
]
SCALARS = st.sampled_from(
    [
        None, True, False, 0, 1, -1, 100, 10**20, "", "a", "A", "a\n", "unknown", "2026-11-21", "2026-02-30",
        "2026-11-21T10:00:00Z", "2026-12-31T23:59:60Z", "90d", "0d", "leaked", "github-secret", "github:acme/keys",
        "https://example.com", "https://", "{token}", "é", "\u0661", "\U0001f511", "x" * 65, "basic", "POST", [], {},
    ]
)  # fmt: skip


def places(document: Document, pointer: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield pointer
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, part in inner:
        yield from places(part, (*pointer, step))


def mutated(document: Document, pointer: tuple[str | int, ...], act: str, value: Document) -> Document:
    if not pointer:
        return value
    document = copy.deepcopy(document)
    parent = document
    for step in pointer[:-1]:
        parent = parent[step]
    if act == "delete":
        del parent[pointer[-1]]
    elif act == "add" and isinstance(parent, dict):
        parent[value if isinstance(value, str) else "extra"] = value
    elif act == "add":
        parent.append(copy.deepcopy(parent[0]))
    else:
        parent[pointer[-1]] = value
    return document


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, Any]:
    kind, document = draw(st.sampled_from(CORPUS))
    for _ in range(draw(st.integers(1, 3))):
        pointer = draw(st.sampled_from(list(places(document))[1:] or [()]))
        document = mutated(document, pointer, draw(st.sampled_from(["replace", "delete", "add"])), draw(SCALARS))
    return kind, document


@pytest.mark.parametrize(("kind", "document"), CORPUS)
def test_validators_agree_on_examples(kind: str, document: Document) -> None:
    gate, oracle = verdicts(SCHEMAS, kind, document)
    assert gate == oracle


@settings(max_examples=400, deadline=None)
@given(mutations())
def test_validators_agree_on_mutations_and_every_refusal_is_explained(mutation: tuple[str, Any]) -> None:
    kind, document = mutation
    gate, oracle = verdicts(SCHEMAS, kind, document)
    codes = [finding.code for finding in SCHEMAS.findings(kind, "x", document)]
    assert gate == oracle == (not codes)
    assert "wrong-form" not in codes


class ByOracle:
    """A schema whose gate cannot be handed anything, so that jsonschema explains."""

    def __init__(self, kind: str) -> None:
        self.document = DOCUMENTS[kind]
        self.oracle = SCHEMAS._schemas[kind].oracle  # noqa: SLF001 - the two must agree

    @property
    def gate(self) -> Any:
        raise ValueError


ORACLES = {kind: ByOracle(kind) for kind in KINDS}


@settings(max_examples=300, deadline=None)
@given(mutations())
def test_both_validators_explain_a_refusal_in_the_same_words(mutation: tuple[str, Any]) -> None:
    kind, document = mutation
    if found := SCHEMAS.findings(kind, "x", document):
        assert found == explanation.findings("x", document, ORACLES[kind])


@settings(max_examples=200, deadline=None)
@given(mutations())
def test_pointers_lead_to_a_place_in_the_document(mutation: tuple[str, Any]) -> None:
    kind, document = mutation
    found = set(places(document))
    assert [f for f in SCHEMAS.findings(kind, "x", document) if f.pointer not in found] == []


CANARY = "Canary" + "7" * 12


def canaries(document: Document) -> Iterator[Document]:
    """Yield the document with a canary as each of its values, and as a key of each of its mappings."""
    for pointer in list(places(document))[1:]:
        yield mutated(document, pointer, "replace", CANARY)
        yield mutated(document, pointer, "add", CANARY)


@pytest.mark.parametrize(("kind", "document"), CORPUS)
def test_messages_never_quote_a_value_or_a_key_that_may_be_secret(kind: str, document: Document) -> None:
    messages = [found.message for sick in canaries(document) for found in SCHEMAS.findings(kind, "x", sick)]
    assert [message for message in messages if CANARY.lower() in message.lower()] == []


class Trap(BaseHTTPRequestHandler):
    """Answers every request with a schema that fits, and remembers that it was asked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")


@pytest.mark.parametrize("ask", ["fits", "oracle"])
def test_schema_that_refers_elsewhere_fetches_nothing(ask: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Trap) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        elsewhere = f"http://127.0.0.1:{server.server_port}/x.json"
        compiled = Schemas({"field": {"$ref": elsewhere}})._schemas["field"]  # noqa: SLF001 - each on its own
        with pytest.raises(Exception, match=re.escape(elsewhere)):
            _ = compiled.fits("text") if ask == "fits" else compiled.oracle.is_valid("text")
        server.shutdown()
    assert Trap.asked == []
