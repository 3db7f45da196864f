from __future__ import annotations

from keyturn.actions import Section, Span, Task
from keyturn.render import providers

RAW = {
    "name": "Examplary",
    "strategy": "overlap",
    "console": "https://examplary.example/settings",
    "docs": "https://{subdomain}.examplary.example",
    "credential": {"term": "API token"},
    "reveal_once": True,
    "last_used": False,
    "max_keys": 2,
    "notes": ["Ask @alice."],
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


def test_lines_show_facts_checklist_and_notes() -> None:
    assert providers.text("examplary", RAW, SECTIONS) == [
        "Examplary (examplary)",
        "",
        "Strategy        overlap",
        "Console         https://examplary.example/settings",
        "Documentation   https://{subdomain}.examplary.example",
        "Most keys       2",
        "Shown once      yes",
        "Shows last use  no",
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
        "Notes",
        "   - Ask @alice.",
    ]
    assert providers.text("bare", BARE, ()) == ["Bare (bare)", "", "Strategy  contact"]


def test_the_page_shows_facts_checklist_and_notes() -> None:
    assert providers.markdown("examplary", RAW, SECTIONS) == (
        "## Examplary (`examplary`)\n\n"
        "| Fact | Value |\n"
        "| --- | --- |\n"
        "| Strategy | overlap |\n"
        "| Console | [`https://examplary.example/settings`](https://examplary.example/settings) |\n"
        "| Documentation | `https://{subdomain}.examplary.example` |\n"
        "| Most keys | 2 |\n"
        "| Shown once | yes |\n"
        "| Shows last use | no |\n\n"
        "### Create the new key\n\n"
        "> [!WARNING]\n"
        "> Careful.\n\n"
        "- Click **Create**.\n"
        "- Run this:\n"
        "  ```sql\n"
        "  SELECT 1;\n"
        "  SELECT 2;\n"
        "  ```\n\n"
        "### Record\n\n"
        "- Record it.\n\n"
        "### Notes\n\n"
        "- Ask `@alice`."
    )
    assert providers.markdown("bare", BARE, ()).endswith("| Strategy | contact |")


def test_the_list_is_in_order() -> None:
    both = {"examplary": RAW, "bare": BARE}
    assert [each["slug"] for each in providers.documents(both)] == ["bare", "examplary"]
    assert providers.text_list(both) == [
        "SLUG       NAME       STRATEGY  CREDENTIAL",
        "bare       Bare       contact",
        "examplary  Examplary  overlap   API token",
    ]
    assert providers.markdown_list(both) == (
        "| Slug | Name | Strategy | Credential |\n"
        "| --- | --- | --- | --- |\n"
        "| `bare` | Bare | contact |  |\n"
        "| `examplary` | Examplary | overlap | API token |"
    )
