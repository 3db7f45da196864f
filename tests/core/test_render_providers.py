from __future__ import annotations

import pytest

from keyturn.actions import Section, Span, Task
from keyturn.render import providers
from keyturn.render.providers import Guide

RAW = {
    "name": "Examplary",
    "strategy": "overlap",
    "aliases": ["example", "old-example"],
    "console": "https://examplary.example/settings",
    "docs": "https://{subdomain}.examplary.example",
    "credential": {"term": "API token", "fields": [{"name": "id", "secret": False}, {"name": "token"}, "extra"]},
    "activation_delay": "30m",
    "reveal_once": True,
    "last_used": False,
    "max_keys": 2,
    "params": {"subdomain": {"kind": "label", "describe": "the first part of your address"}},
    "variants": {"legacy": {"strategy": "reset"}, "other": None},
    "notes": ["Ask @alice."],
    "probe": {"params": {"region": {"kind": "label"}}, "confidence": "documented"},
}
BARE = {"name": "Bare", "strategy": "contact"}
SECTIONS = (
    Section(
        "Create the new key",
        (
            Task((Span("Click "), Span("Create", "bold"), Span("."))),
            Task((Span("Run this:"),), "SELECT 1;\nSELECT 2;", "sql"),
        ),
        "Careful.",
    ),
    Section("Record", (Task((Span("Record it."),)),)),
)


def test_the_document_is_the_file_with_slug_and_checklist() -> None:
    assert providers.document("examplary", RAW, SECTIONS) == {
        "slug": "examplary",
        **RAW,
        "checklist": [
            {
                "title": "Create the new key",
                "warning": "Careful.",
                "tasks": [
                    {"text": "Click Create.", "code": None, "language": None},
                    {"text": "Run this:", "code": "SELECT 1;\nSELECT 2;", "language": "sql"},
                ],
            },
            {"title": "Record", "warning": None, "tasks": [{"text": "Record it.", "code": None, "language": None}]},
        ],
    }


def test_the_document_says_what_was_asked_for() -> None:
    asked = providers.document("bare", BARE, (), variant="legacy", reason="leaked")
    assert asked == {"slug": "bare", **BARE, "variant": "legacy", "reason": "leaked", "checklist": []}


def test_lines_show_facts_checklist_variants_and_notes() -> None:
    assert providers.text(Guide("examplary", RAW, SECTIONS)) == [
        "Examplary (examplary)",
        "",
        "Strategy        overlap",
        "Credential      API token",
        "Parts           id (not secret), token, extra",
        "Works after     30 minutes",
        "Most keys       2",
        "Shown once      yes",
        "Shows last use  no",
        "Also known as   example, old-example",
        "Console         https://examplary.example/settings",
        "Documentation   https://{subdomain}.examplary.example",
        "Asks for        subdomain (the first part of your address); region",
        "",
        "1. Create the new key",
        "   ! Careful.",
        "   - Click Create.",
        "   - Run this:",
        "       SELECT 1;",
        "       SELECT 2;",
        "",
        "2. Record",
        "   - Record it.",
        "",
        "Variants: legacy, other (shown with --variant NAME)",
        "",
        "Notes",
        "   - Ask @alice.",
    ]
    assert providers.text(Guide("bare", BARE, ())) == ["Bare (bare)", "", "Strategy  contact"]


def test_facts_that_a_file_leaves_out_are_said_to_be_unknown() -> None:
    assert providers.facts(BARE) == [
        ("Strategy", "contact"),
        *[
            (name, "not known")
            for name in (
                "Credential",
                "Parts",
                "Role",
                "Self-service",
                "Works after",
                "Most keys",
                "Shown once",
                "Expires",
                "Shows last use",
            )
        ],
    ]


def test_a_section_in_markdown() -> None:
    assert providers.markdown_section(SECTIONS[0], "### 1.") == (
        "### 1. Create the new key\n\n"
        "> [!WARNING]\n"
        "> Careful.\n\n"
        "- Click **Create**.\n"
        "- Run this:\n"
        "  ```sql\n"
        "  SELECT 1;\n"
        "  SELECT 2;\n"
        "  ```"
    )
    assert providers.markdown_section(SECTIONS[1], "##") == "## Record\n\n- Record it."


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("Plain words.", "Plain words.", id="plain"),
        pytest.param("Set `variant` to **Legacy key**.", "Set `variant` to **Legacy key**.", id="styles"),
        pytest.param("Ask @alice <b>.", "Ask `@alice` &lt;b&gt;.", id="nothing comes alive"),
        pytest.param("`code`", "`code`", id="a style alone"),
    ],
)
def test_remarks_keep_their_styles_alone(written: str, expected: str) -> None:
    assert providers.prose(written) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"probe": {"confidence": "detector"}}, "detector", id="its own"),
        pytest.param({"variants": {"a": None, "b": {"probe": {"confidence": "inferred"}}}}, "inferred", id="a variant"),
    ],
)
def test_the_confidence_of_a_probe(raw: dict[str, object], expected: str | None) -> None:
    assert providers.probe_confidence(raw) == expected


def test_the_list_is_in_order() -> None:
    both = {"examplary": RAW, "bare": BARE}
    assert [each["slug"] for each in providers.documents(both)] == ["bare", "examplary"]
    assert providers.text_list(both) == [
        "SLUG       NAME       STRATEGY  PROBE       CREDENTIAL",
        "bare       Bare       contact",
        "examplary  Examplary  overlap   documented  API token",
    ]
    assert providers.markdown_list(both) == (
        "| Slug | Name | Strategy | Probe | Credential |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `bare` | Bare | contact |  |  |\n"
        "| `examplary` | Examplary | overlap | documented | API token |"
    )
