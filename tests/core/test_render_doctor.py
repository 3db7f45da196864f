"""What `doctor` found out, on a terminal, as JSON and as Markdown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from keyturn.model import Severity
from keyturn.render import doctor
from keyturn.render.doctor import Diagnosis

WELL = Diagnosis("files", "no error in 3 declared files")
OLD = Diagnosis(
    "catalogue-age",
    "last checked more than 180 days ago: 2 of 9",
    Severity.WARNING,
    "check `each` again",
    ("providers/a.yaml, on 2026-01-01", "providers/b.yaml, on 2026-02-01"),
)
BROKEN = Diagnosis("token", "the token may not write <issues>\x1b[2J", Severity.ERROR, "grant `issues: write`")


def test_the_document_says_how_every_check_stands() -> None:
    assert doctor.document(date(2026, 11, 21), [WELL, OLD]) == {
        "today": "2026-11-21",
        "findings": [
            {
                "check": "files",
                "state": "well",
                "message": "no error in 3 declared files",
                "advice": "",
                "details": [],
            },
            {
                "check": "catalogue-age",
                "state": "warning",
                "message": "last checked more than 180 days ago: 2 of 9",
                "advice": "check `each` again",
                "details": ["providers/a.yaml, on 2026-01-01", "providers/b.yaml, on 2026-02-01"],
            },
        ],
    }


def test_lines_say_what_to_do_below_what_was_found() -> None:
    assert doctor.text([WELL, OLD, BROKEN]) == [
        "well     files          no error in 3 declared files",
        "warning  catalogue-age  last checked more than 180 days ago: 2 of 9",
        "  providers/a.yaml, on 2026-01-01",
        "  providers/b.yaml, on 2026-02-01",
        "  -> check `each` again",
        "error    token          the token may not write <issues>\\x1b[2J",
        "  -> grant `issues: write`",
        "",
        "1 error, 1 warning.",
    ]
    note = replace(WELL, advice="declare more")
    assert doctor.text([WELL, note]) == [
        "well  files  no error in 3 declared files",
        "note  files  no error in 3 declared files",
        "  -> declare more",
        "",
        "all is well.",
    ]


def test_markdown_has_a_table_and_lists() -> None:
    assert doctor.markdown([WELL, OLD, BROKEN]).split("\n") == [
        "1 error, 1 warning.",
        "",
        "| State | Check | Found | What to do |",
        "| --- | --- | --- | --- |",
        "| well | `files` | no error in 3 declared files |  |",
        "| warning | `catalogue-age` | last checked more than 180 days ago: 2 of 9 | check &#96;each&#96; again |",
        "| error | `token` | the token may not write &lt;issues&gt;\\[2J | grant &#96;issues: write&#96; |",
        "",
        "### `catalogue-age`",
        "",
        "- `providers/a.yaml`, on 2026-01-01",
        "- `providers/b.yaml`, on 2026-02-01",
    ]


def test_a_long_list_is_cut_in_markdown_and_that_is_said() -> None:
    many = replace(OLD, details=tuple(f"entry {number}" for number in range(103)))
    assert doctor.markdown([many]).split("\n")[-2:] == ["- entry 99", "- … and 3 more"]
    assert "  entry 102" in doctor.text([many])
