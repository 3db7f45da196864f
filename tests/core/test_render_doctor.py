"""What `doctor` found out, on a terminal, as JSON, as annotations and as Markdown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from keyturn import health
from keyturn.health import Diagnosis, Weight
from keyturn.health.facts import (
    Account,
    Complaints,
    Facts,
    Ground,
    Kind,
    Obstacle,
    Owners,
    Place,
    Settings,
    Tree,
    Unread,
    Use,
    Workflow,
)
from keyturn.render import doctor

if TYPE_CHECKING:
    from collections.abc import Callable

WELL = Diagnosis("files", "no error in 3 declared files")
OLD = Diagnosis(
    "catalogue-age",
    "last checked more than 180 days ago: 2 of 9",
    Weight.WARNING,
    "catalogue-old",
    "check `each` again",
    ("providers/a.yaml, on 2026-01-01", "providers/b.yaml, on 2026-02-01"),
)
BROKEN = Diagnosis(
    "token", "the token may not write <issues>\x1b[2J", Weight.ERROR, "token-rejected", "grant `issues: write`"
)
HIDDEN = Diagnosis("labels", "the token may not read it", Weight.UNKNOWN, "unread", "grant `Issues: read`")


def test_lines_say_what_to_do_below_what_was_found() -> None:
    assert doctor.text([WELL, OLD, BROKEN, HIDDEN]) == [
        "ok       files          no error in 3 declared files",
        "warning  catalogue-age  last checked more than 180 days ago: 2 of 9",
        "  providers/a.yaml, on 2026-01-01",
        "  providers/b.yaml, on 2026-02-01",
        "  -> check `each` again",
        "error    token          the token may not write <issues>\\x1b[2J",
        "  -> grant `issues: write`",
        "unknown  labels         the token may not read it",
        "  -> grant `Issues: read`",
        "",
        "1 error, 1 warning, 1 unknown.",
    ]


@pytest.mark.parametrize(
    ("weights", "summary"),
    [
        ([], "all is well"),
        ([Weight.OK, Weight.INFO], "all is well"),
        ([Weight.UNKNOWN, Weight.UNKNOWN], "2 unknown"),
        ([Weight.WARNING, Weight.ERROR, Weight.ERROR], "2 errors, 1 warning"),
    ],
    ids=["nothing", "notes", "unknown", "errors first"],
)
def test_the_sum_counts_what_somebody_has_to_look_at(weights: list[Weight], summary: str) -> None:
    assert doctor.summary([replace(WELL, weight=weight) for weight in weights]) == summary


def test_annotations_are_for_what_is_not_well() -> None:
    assert doctor.workflow_commands([WELL, OLD, BROKEN, HIDDEN, replace(WELL, weight=Weight.INFO)]) == [
        "::error title=token%3A token-rejected::the token may not write <issues>\\x1b[2J. To do: grant `issues: write`",
        (
            "::warning title=catalogue-age%3A catalogue-old::last checked more than 180 days ago: 2 of 9. "
            "To do: check `each` again%0Aproviders/a.yaml, on 2026-01-01%0Aproviders/b.yaml, on 2026-02-01"
        ),
        "::notice title=labels%3A unread::the token may not read it. To do: grant `Issues: read`",
        "1 error, 1 warning, 1 unknown.",
    ]


def test_no_more_annotations_than_github_shows() -> None:
    lines = doctor.workflow_commands([BROKEN] * 12)
    assert len(lines) == 11
    assert lines[-2] == "::error::and 3 more; the summary has them all"
    assert len(doctor.workflow_commands([BROKEN] * 10)) == 11


def test_markdown_has_a_table_and_lists() -> None:
    assert doctor.markdown([WELL, OLD, BROKEN]).split("\n") == [
        "1 error, 1 warning.",
        "",
        "| State | Check | Found | What to do |",
        "| --- | --- | --- | --- |",
        "| ok | `files` | no error in 3 declared files |  |",
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


def test_the_document_of_a_repository_with_faults(golden: Callable[[str, str], None]) -> None:
    facts = Facts(
        today=date(2026, 11, 21),
        now=datetime(2026, 11, 21, 9, tzinfo=UTC),
        errors=2,
        files=7,
        place=Place("github:acme/keys", "acme/keys"),
        tree=Tree(
            (Workflow("x.yml", is_ours=True, is_scheduled=True, uses=(Use(4, "acme/do@v1"),)),),
            owners=Owners("CODEOWNERS", "/keyturn.yaml @alice\n"),
            grounds=(Ground("keyturn.yaml", ("keyturn.yaml",)), Ground("providers/", ("providers/new.yaml",))),
        ),
        settings=Settings(
            account=Account(Kind.CLASSIC, login="alice", scopes=frozenset({"repo"})),
            defaults=Unread(Obstacle.DENIED, "Administration: read"),
            pulses=Unread(Obstacle.SILENT),
            complaints=Complaints(("CODEOWNERS:1: Unknown owner",)),
        ),
    )
    names = ("files", "token", "identity", "workflow-permissions", "owners", "heartbeat", "pins")
    found = tuple(health.diagnoses(facts, names))
    golden("doctor.json", json.dumps(doctor.document(facts.today, found), indent=2, ensure_ascii=False) + "\n")
    golden("doctor.md", doctor.markdown(found) + "\n")
