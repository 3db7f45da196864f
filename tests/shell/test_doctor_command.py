"""`doctor` on real roots, and the catalogue issue that the same old entries open."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from shell.desk import DUE, FRESH, Desk, Files

from keyturn import files
from keyturn.commands import workspace

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "2026-05-24", "2026-05-25"  # 181 and 180 days before the desk's day


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write(".github/CODEOWNERS", "* @acme/security\n")
    return made


@pytest.fixture
def wall(desk: Desk) -> Files:
    return Files(desk.folder / ".keyturn" / "issues")


def entry(desk: Desk, path: str, *checked_on: str) -> None:
    sources = [{"url": f"https://docs.example/{number}", "checked_on": day} for number, day in enumerate(checked_on)]
    strategy = "strategy: overlap\n" if path.startswith("providers/") else ""
    desk.write(path, f"name: Acme\n{strategy}" + (f"sources: {json.dumps(sources)}\n" if sources else ""))


CATALOGUE = ("--only", "files,catalogue-age,catalogue-sources")


def states(desk: Desk, *arguments: str) -> dict[str, str]:
    findings = desk.keyturn("doctor", "--format", "json", *CATALOGUE, *arguments).document["findings"]
    return {each["check"]: each["severity"] for each in findings}


# -- doctor ------------------------------------------------------------------------------------------------------------


def test_a_root_without_anything_but_owners_has_no_fault(desk: Desk) -> None:
    desk.declare(created=FRESH)
    ran = desk.keyturn("doctor")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "ok    files              no error in 1 declared file"
    unasked = "token, clock, identity, permissions, labels, writers, workflow-permissions, branch-protection, owners"
    place = lines.index("info  9 checks           not asked: local tracker")
    assert lines[place + 1] == f"  {unasked}"
    assert "ok    tracker            local, in .keyturn/issues/" in lines
    assert "ok    owners             .github/CODEOWNERS covers 5 paths that must have owners" in lines
    assert "ok    pins               no workflow uses an action" in lines
    assert lines[-1] == "all is well."
    assert {line.split()[0] for line in lines[:-2]} == {"ok", "info", "->", "token,"}


def test_without_owners_it_fails(desk: Desk) -> None:
    (desk.folder / ".github" / "CODEOWNERS").unlink()
    ran = desk.keyturn("doctor")
    assert ran.status == 1
    assert "error  owners             there is no CODEOWNERS\n  -> write .github/CODEOWNERS with a line" in ran.out
    assert ran.out.endswith("\n1 error.\n")


def test_old_and_undated_entries_are_warnings_with_what_to_do(desk: Desk) -> None:
    entry(desk, "providers/acme-crm.yaml", OLD, "2025-01-01")
    entry(desk, "platforms/acme-etl.yaml", "2026-01-01")
    entry(desk, "providers/acme-new.yml", OLD, NEW)
    entry(desk, "providers/acme-bare.yaml")
    ran = desk.keyturn("doctor", *CATALOGUE)
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "ok       files              no error in 0 declared files",
        "warning  catalogue-age      last checked more than 180 days ago: 2 of 4 catalogue entries",
        "  platforms/acme-etl.yaml, on 2026-01-01",
        "  providers/acme-crm.yaml, on 2026-05-24",
        "  -> compare each with its `sources`, correct what has changed, and set `checked_on` to that day",
        "info     catalogue-sources  without a dated source, so never said to be old: 1 catalogue entry",
        "  providers/acme-bare.yaml",
        "  -> where one repeats what a vendor's page says, add that page to `sources`, with `checked_on`",
        "",
        "1 warning.",
    ]


def test_an_entry_grows_old_with_the_day(desk: Desk) -> None:
    entry(desk, "providers/acme-crm.yaml", NEW)
    assert states(desk)["catalogue-age"] == "ok"
    assert states(desk, "--today", "2026-11-22")["catalogue-age"] == "warning"


def test_a_fault_in_a_file_is_an_error(desk: Desk) -> None:
    desk.write("providers/acme-crm.yaml", "name: Acme\n")
    ran = desk.keyturn("doctor", "--only", "files")
    assert ran.status == 1
    assert ran.out.startswith("error  files  1 error in what this root declares\n  -> run `keyturn validate`")
    assert ran.out.endswith("1 error.\n")


def test_markdown_goes_to_the_summary_of_a_job_too(desk: Desk) -> None:
    desk.environment["GITHUB_STEP_SUMMARY"] = str(desk.folder / "summary.md")
    entry(desk, "providers/acme-crm.yaml", OLD)
    ran = desk.keyturn("doctor", "--format", "markdown")
    assert "| warning | `catalogue-age` |" in ran.out
    assert desk.read("summary.md") == f"## keyturn doctor\n\n{ran.out}"


def test_a_check_that_does_not_exist_is_refused_with_those_that_do(desk: Desk) -> None:
    ran = desk.keyturn("doctor", "--only", "pins,hearbeat")
    assert ran.status == 2
    assert "no check hearbeat; --only takes files,catalogue-age," in ran.err


def test_the_local_tracker_of_a_runner_is_lost(desk: Desk) -> None:
    desk.environment["GITHUB_ACTIONS"] = "true"
    ran = desk.keyturn("doctor", "--only", "tracker")
    assert "the issues are gone with the runner" in ran.out


@pytest.mark.repository
def test_the_shipped_catalogue_is_that_of_this_repository(desk: Desk) -> None:
    for kind in ("providers", "platforms"):
        shutil.copytree(files.shipped(kind), desk.folder / kind)
    found = workspace.load(desk.folder, desk.calendar.now.date())
    assert len(found.entries) == sum(len(files.slugs(kind)) for kind in ("providers", "platforms"))
    assert states(desk, "--today", "2027-12-31")["catalogue-age"] == "warning"


# -- the issue ---------------------------------------------------------------------------------------------------------


def test_an_old_entry_opens_one_issue_that_closes_when_it_is_checked(desk: Desk, wall: Files) -> None:
    entry(desk, "providers/acme-crm.yaml", OLD)
    entry(desk, "providers/acme-new.yaml", NEW)
    assert desk.keyturn("plan", "--format", "json").actions == [("open", "catalogue/entries")]
    assert desk.keyturn("apply").status == 0
    assert wall.writes() == ["create"]
    [issue] = wall.issues()
    assert (issue.title, issue.is_open, issue.labels, issue.assignees) == (
        "Check the catalogue again",
        True,
        ("key-rotation", "catalogue"),
        (),
    )
    assert "| `providers/acme-crm.yaml` | 2026-05-24 |" in issue.body
    assert "acme-new" not in issue.body
    assert desk.keyturn("apply").out == "nothing to do.\n"

    desk.calendar.later("1d")
    assert desk.keyturn("apply").status == 0
    assert wall.writes() == ["edit"]
    assert "| `providers/acme-new.yaml` | 2026-05-25 |" in wall.issues()[0].body

    entry(desk, "providers/acme-crm.yaml", OLD, "2026-11-22")
    entry(desk, "providers/acme-new.yaml", "2026-11-22")
    assert desk.keyturn("apply").status == 0
    [issue] = wall.issues()
    assert (issue.is_open, issue.state_reason) == (False, "completed")
    assert desk.keyturn("apply").out == "nothing to do.\n"


def test_an_entry_with_a_fault_keeps_the_issue_as_it_is(desk: Desk, wall: Files) -> None:
    entry(desk, "providers/acme-crm.yaml", OLD)
    desk.keyturn("apply")
    wall.writes()
    desk.write("providers/acme-crm.yaml", "name: Acme\n")
    ran = desk.keyturn("apply")
    assert (ran.status, wall.writes()) == (1, [])


def test_a_team_that_gives_its_own_entries_up_has_no_issue_any_more(desk: Desk, wall: Files) -> None:
    desk.declare(created=FRESH)
    entry(desk, "providers/acme-crm.yaml", OLD)
    desk.keyturn("apply")
    (desk.folder / "providers" / "acme-crm.yaml").unlink()
    assert desk.keyturn("apply").status == 0
    [issue] = wall.issues()
    assert (issue.is_open, issue.state_reason) == (False, "not_planned")


def test_a_team_without_entries_of_its_own_is_asked_nothing(desk: Desk) -> None:
    desk.declare(created=DUE)
    assert desk.keyturn("plan", "--format", "json", "--today", "2030-01-01").actions == [("open", "mixpanel/loader")]
