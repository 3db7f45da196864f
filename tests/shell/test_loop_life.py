"""The whole life of keys, from a declared file to a closed issue, in a folder and on GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from fake_github import FakeGitHub
from shell.desk import BOT, DUE, DUE_SOON, FRESH, OVERDUE, Calendar, Desk, Files, Ran, Wall, at_github

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTHING = "nothing to do.\n"


@dataclass(slots=True)
class Life:
    """A desk and the wall where its issues hang."""

    desk: Desk
    wall: Wall

    def run(self, command: str = "apply", *arguments: str) -> Ran:
        return self.desk.keyturn(command, *arguments, "--tracker", self.wall.option)

    def apply(self, *arguments: str) -> list[str]:
        """Apply, expect success, and return what was written."""
        ran = self.run("apply", *arguments)
        assert (ran.status, ran.err.count("Traceback")) == (0, 0), ran
        return self.wall.writes()

    @property
    def open_issues(self) -> list[str]:
        return [issue.title for issue in self.wall.issues() if issue.is_open]


@pytest.fixture(params=["local", "github"])
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Life]:
    calendar = Calendar()
    desk = Desk(tmp_path, calendar)
    if request.param == "local":
        yield Life(desk, Files(tmp_path / ".keyturn" / "issues"))
        return
    with FakeGitHub(clock=calendar) as fake:
        fake.add_repository("acme/keys")
        yield Life(desk, at_github(desk, fake))
        assert (fake.unexpected, fake.violations) == ([], [])


def rotate(life: Life, key: str = "mixpanel/loader", *arguments: str) -> None:
    """Go on by a day, in which the key was rotated, and record it."""
    life.desk.calendar.later("1d")
    ran = life.desk.keyturn("record", key, "--by", "bob", *arguments)
    assert ran.status == 0, ran


# -- what must be true -------------------------------------------------------------------------------------------------


def test_a_fresh_key_has_no_issue(life: Life) -> None:
    life.desk.declare(created=FRESH)
    assert life.apply() == []
    assert life.wall.issues() == []


def test_a_due_key_gets_one_issue_with_the_providers_steps_and_its_owners_assigned(life: Life) -> None:
    life.desk.declare(created=DUE, consumers=[{"platform": "segment", "name": "Funnel", "connection": "api_key"}])

    assert life.apply() == ["create"]
    [issue] = life.wall.issues()

    assert (issue.title, issue.is_open, issue.assignees) == ("Rotate mixpanel/loader", True, ("alice", "bob"))
    assert set(issue.labels) == {"key-rotation", "provider: mixpanel", "tier: standard", "status: due"}
    headings = re.findall(r"^### (.*)$", issue.body, re.MULTILINE)
    assert headings[0] == "Create the new key"
    assert headings.index("Create the new key") < headings.index("Revoke the old key")
    shown = life.desk.keyturn("providers", "mixpanel", "--format", "json").document
    for task in shown["checklist"][0]["tasks"]:
        assert task["text"][:25].split("`")[0].strip("*") in re.sub(r"\*\*", "", issue.body)
    assert "Funnel" in issue.body


def test_a_second_run_makes_no_write(life: Life) -> None:
    life.desk.declare(created=DUE)
    life.desk.declare("close/crm", created=OVERDUE)
    assert life.apply() == ["create", "create"]

    ran = life.run()

    assert (ran.status, ran.out, life.wall.writes()) == (0, NOTHING, [])
    assert life.run("plan").out == NOTHING


def test_ticks_comments_and_peoples_text_are_kept_through_an_update(life: Life) -> None:
    life.desk.declare(created=DUE_SOON)
    life.apply()
    life.wall.rewrite(1, lambda text: text.replace("- [ ]", "- [x]", 1) + "\nAsk Dana about the dashboard.\n")
    life.wall.comment(1, "I am on it.")
    ticked = re.search(r"^- \[x\] .*$", life.wall.issues()[0].body, re.MULTILINE)
    assert ticked

    life.desk.declare(created=DUE_SOON, description="Loads the warehouse.", owners=["carol"])
    assert life.apply() == ["edit"]

    [issue] = life.wall.issues()
    assert ticked[0] in issue.body
    assert "Ask Dana about the dashboard." in issue.body
    assert "Loads the warehouse." in issue.body
    assert (issue.comments, issue.assignees) == (("I am on it.",), ("carol",))
    assert life.apply() == []


def test_an_overdue_key_is_reminded_of_once_per_threshold(life: Life) -> None:
    life.desk.declare(created=DUE_SOON)  # due on 2026-11-28
    life.apply()
    written = {}
    for _ in range(40):
        day = life.desk.calendar.later("1d")
        if writes := life.apply():
            written[day] = writes
        assert life.apply() == []
    reminder = ["comment", "edit"]
    assert written == {
        "2026-11-28": reminder,
        "2026-11-29": ["edit"],  # the label: overdue
        "2026-12-05": reminder,
        "2026-12-12": reminder,
    }
    [issue] = life.wall.issues()
    assert len(issue.comments) == 3
    assert all("@alice @bob" in comment for comment in issue.comments)


def test_a_missed_month_sends_the_highest_reminder_only(life: Life) -> None:
    life.desk.declare(created=DUE_SOON)
    life.apply()
    life.desk.calendar.later("60d")
    assert life.apply() == ["comment", "edit"]
    assert life.apply() == []


def test_recorded_evidence_closes_the_issue_as_completed_in_one_write(life: Life) -> None:
    life.desk.declare(created=OVERDUE)
    life.apply()

    rotate(life)
    assert life.desk.keyturn("validate").out == "1 file: no problems\n"
    assert life.apply() == ["edit"]

    [issue] = life.wall.issues()
    assert (issue.is_open, issue.state_reason) == (False, "completed")
    assert "Rotated, and shown to be complete." in issue.body
    assert "recorded by bob" in issue.body
    assert life.apply() == []
    assert life.desk.keyturn("ages", "--format", "json").document["keys"][0]["status"] == "fresh"


def test_the_next_rotation_opens_the_next_issue(life: Life) -> None:
    life.desk.declare(created=OVERDUE)
    life.apply()
    rotate(life)
    life.apply()
    life.desk.calendar.later("90d")
    assert life.apply() == ["create"]
    rotate(life)
    assert life.apply() == ["edit"]
    assert [(issue.number, issue.state_reason) for issue in life.wall.issues()] == [(1, "completed"), (2, "completed")]


def test_a_later_version_without_evidence_keeps_its_issue_open(life: Life) -> None:
    life.desk.declare(created=OVERDUE)
    life.apply()
    life.desk.declare(created=FRESH)
    assert life.apply() == ["edit"]
    [issue] = life.wall.issues()
    assert issue.is_open
    assert "status: unverified" in issue.labels
    assert "no evidence is recorded" in issue.body
    assert life.apply() == []


def test_a_leaked_key_is_contained_first_and_never_opened_again_by_the_same_request(life: Life) -> None:
    path = life.desk.declare(created=FRESH)
    assert life.desk.keyturn("request", "mixpanel/loader", "--reason", "leaked", "--note", "In a notebook.").status == 0
    request = life.desk.read(path).partition("request:")[2]
    assert life.apply() == ["create"]
    [issue] = life.wall.issues()
    assert "status: leaked" in issue.labels
    assert "In a notebook." in issue.body
    headings = re.findall(r"^### (.*)$", issue.body, re.MULTILINE)
    revoke = next(index for index, heading in enumerate(headings) if "evoke" in heading)
    switch = next(index for index, heading in enumerate(headings) if "consumers" in heading.lower())
    assert revoke < switch

    rotate(life)
    assert "request" not in life.desk.read(path)
    assert life.apply() == ["edit"]
    assert (life.open_issues, life.wall.issues()[0].state_reason) == ([], "completed")

    life.desk.write(path, life.desk.read(path) + "request:" + request)  # as a bad merge would bring it back
    validated = life.desk.keyturn("validate")
    assert (validated.status, "leftover-request" in validated.out) == (0, True)
    assert life.apply() == []
    life.desk.calendar.later("30d")
    assert life.apply() == []


def test_deleting_a_file_closes_its_issue_as_not_planned(life: Life) -> None:
    path = life.desk.declare(created=DUE)
    life.desk.declare("close/crm", created=FRESH)
    life.apply()
    (life.desk.folder / path).unlink()

    assert life.apply() == ["edit"]

    [issue] = life.wall.issues()
    assert (issue.is_open, issue.state_reason) == (False, "not_planned")
    assert "The file that declared this key is gone." in issue.body
    assert life.apply() == []


def test_deleting_the_file_of_a_leaked_key_leaves_its_issue_open_as_orphaned(life: Life) -> None:
    path = life.desk.declare(created=FRESH)
    life.desk.declare("close/crm", created=FRESH)
    life.desk.keyturn("request", "mixpanel/loader", "--reason", "leaked")
    life.apply()
    (life.desk.folder / path).unlink()
    assert life.apply() == ["edit"]
    [issue] = life.wall.issues()
    assert (issue.is_open, "orphaned" in issue.labels) == (True, True)
    assert life.apply() == []


def test_mass_deletion_is_refused_by_the_guard_unless_it_is_forced(life: Life) -> None:
    paths = [life.desk.declare(f"mixpanel/key-{number}", created=DUE) for number in range(12)]
    assert life.apply() == ["create"] * 12
    for path in paths[1:]:
        (life.desk.folder / path).unlink()

    planned = life.run("plan")
    refused = life.run("apply")

    said = "this would close 11 of 12 open issues as not planned; nothing was changed"
    assert (planned.status, refused.status) == (1, 1)
    assert said in planned.err
    assert said in refused.err
    assert refused.out.count("close") >= 11  # the plan is shown
    assert life.wall.writes() == []
    assert life.run("apply", "--only", "update").status == 1
    assert life.wall.writes() == []
    assert life.apply("--force") == ["edit"] * 11
    assert life.open_issues == ["Rotate mixpanel/key-0"]


@pytest.mark.parametrize("left", ["an empty folder", "no folder", "only files that cannot be read"])
def test_rotations_that_are_gone_as_a_whole_close_nothing(life: Life, left: str) -> None:
    path = life.desk.declare(created=DUE)
    life.apply()
    (life.desk.folder / path).unlink()
    if left == "no folder":
        (life.desk.folder / "rotations").rmdir()
    if left.startswith("only"):
        life.desk.write("rotations/x.yaml", "provider: [")

    told = life.run()
    assert told.status == (1 if left.startswith("only") else 0)
    assert ("Was the folder moved?" in told.err) is not left.startswith("only")
    assert life.wall.writes() == []


def test_300_old_keys_adopted_at_once_open_no_more_than_may_stand_open(life: Life) -> None:
    life.desk.policy(limits={"open_at_once": 20})
    for number in range(300):
        life.desk.declare(f"mixpanel/key-{number:03}", created="2020-01-01")
    life.desk.declare("mixpanel/leaked", created=FRESH)
    life.desk.keyturn("request", "mixpanel/leaked", "--reason", "leaked")

    ran = life.run()

    assert ran.status == 0
    assert life.wall.writes() == ["create"] * 21  # a leaked key waits for nobody
    assert "21 to open; 280 wait for a place among the open issues." in ran.out
    again = life.run("apply", "--format", "json").document
    assert (again["actions"], len(again["waiting"])) == ([], 280)
    assert life.wall.writes() == []
    first = life.wall.issues()[1].title.removeprefix("Rotate ")
    rotate(life, first)
    assert life.apply() == ["edit", "create"]  # one ends, the next takes its place


def test_what_exceeds_the_budget_is_the_next_runs(life: Life) -> None:
    life.desk.policy(limits={"max_actions": 5})
    for number in range(12):
        life.desk.declare(f"mixpanel/key-{number:02}", created=DUE)
    runs = []
    for _ in range(4):
        ran = life.run()
        runs.append((ran.status, len(life.wall.writes()), "left for the next run" in ran.err))
    assert runs == [(5, 5, True), (5, 5, True), (0, 2, False), (0, 0, False)]


def test_an_issue_closed_by_a_person_is_opened_again_once_a_day(life: Life) -> None:
    life.desk.declare(created=OVERDUE)
    life.apply()
    life.wall.close(1)
    assert life.apply() == ["edit"]
    assert life.open_issues == ["Rotate mixpanel/loader"]
    life.wall.close(1)
    assert life.apply() == []
    assert life.open_issues == []
    life.desk.calendar.later("1d")
    assert life.apply() == ["edit"]
    assert life.open_issues == ["Rotate mixpanel/loader"]
    assert life.apply() == []


def test_evidence_after_a_person_closed_the_issue_is_written_into_it(life: Life) -> None:
    life.desk.declare(created=OVERDUE)
    life.apply()
    life.wall.close(1)
    rotate(life)
    assert life.apply() == ["edit"]
    [issue] = life.wall.issues()
    assert (issue.is_open, "recorded by bob" in issue.body) == (False, True)
    assert life.apply() == []


def test_a_renamed_key_keeps_its_issue(life: Life) -> None:
    path = life.desk.declare(created=DUE)
    life.apply()
    (life.desk.folder / path).unlink()
    life.desk.declare("mixpanel/warehouse", created=DUE, formerly=["mixpanel/loader"])
    assert life.apply() == ["edit"]
    assert life.open_issues == ["Rotate mixpanel/warehouse"]
    assert life.apply() == []


def test_a_retired_key_ends_with_the_proof_of_its_death(life: Life) -> None:
    path = life.desk.declare(created=OVERDUE)
    life.apply()
    life.desk.declare(created=OVERDUE, retired={"since": "2026-11-20", "reason": "Cancelled."})
    assert life.apply() == ["edit"]
    assert life.open_issues == ["Rotate mixpanel/loader"]
    assert life.desk.keyturn("record", "mixpanel/loader", "--old-key", "console", "--by", "bob").status == 0
    assert "created: 2026-08-01" in life.desk.read(path)
    assert life.apply() == ["edit"]
    assert life.wall.issues()[0].state_reason == "completed"
    assert life.apply() == []


def test_a_hold_keeps_quiet_and_a_waiver_closes(life: Life) -> None:
    life.desk.declare(created=OVERDUE)
    life.apply()
    life.desk.declare(created=OVERDUE, hold={"until": "2026-12-15", "reason": "Sale."})
    assert life.apply() == ["edit"]
    life.desk.calendar.later("20d")
    assert life.apply() == []
    life.desk.declare(created=OVERDUE, waiver={"until": "2027-06-30", "reason": "The vendor cannot."})
    assert life.apply() == ["edit"]
    assert life.wall.issues()[0].state_reason == "not_planned"
    assert life.apply() == []


INCIDENT = "summary: Vendor leaked tokens\nmatch: {tags: [pii]}\nrespond_by: 2026-11-23\n"


def test_an_incident_asks_for_every_key_that_it_touches(life: Life) -> None:
    life.desk.declare(created=FRESH, tags=["pii"])
    life.desk.declare("close/crm", created=FRESH)
    life.desk.write("incidents/vendor.yaml", f"{INCIDENT}exposed_until: 2026-11-20\n")
    life.apply()
    its_own, rotation = life.wall.issues()
    assert (its_own.title, rotation.title) == ("Incident vendor", "Rotate mixpanel/loader")
    assert "status: leaked" in rotation.labels
    assert "Vendor leaked tokens" in rotation.body
    assert life.apply() == []
    rotate(life)
    assert life.apply() == ["edit", "edit"]
    assert {issue.state_reason for issue in life.wall.issues()} == {"completed"}
    assert life.apply() == []


def test_nothing_of_an_incident_closes_before_it_is_over(life: Life) -> None:
    life.desk.declare(created=FRESH, tags=["pii"])
    life.desk.declare("close/crm", created=FRESH)
    life.desk.write("incidents/vendor.yaml", INCIDENT)
    life.apply()
    rotate(life)
    life.apply()
    assert life.open_issues == ["Incident vendor", "Rotate mixpanel/loader"]
    assert life.apply() == []
    life.desk.write("incidents/vendor.yaml", f"{INCIDENT}exposed_until: 2026-11-20\n")
    life.apply()
    assert life.open_issues == []
    assert life.apply() == []


def test_only_lets_through_what_it_names_and_the_rest_follows(life: Life) -> None:
    life.desk.declare(created=OVERDUE)
    life.desk.declare("close/crm", created=DUE_SOON)
    assert life.apply("--only", "remind,close") == []
    assert life.apply("--only", "open") == ["create", "create"]
    rotate(life)
    life.desk.calendar.go_to("2026-11-28")
    assert life.apply("--only", "remind") == ["comment", "edit"]  # the reminder, and the marker that remembers it
    assert life.apply("--only", "remind") == []
    assert life.apply("--only", "close") == ["edit"]
    assert life.apply() == []


def test_a_dry_run_writes_nothing(life: Life) -> None:
    life.desk.declare(created=DUE)
    ran = life.run("apply", "--dry-run")
    assert (ran.status, "1 to open." in ran.out, life.wall.issues(), life.wall.writes()) == (0, True, [], [])
    assert ran.out == life.run("plan").out


def test_a_file_with_an_error_stops_neither_the_others_nor_touches_its_own_issue(life: Life) -> None:
    path = life.desk.declare(created=DUE)
    life.apply()
    life.desk.declare(created=DUE, provider="mixpannel")
    life.desk.declare("close/crm", created=DUE)

    ran = life.run()

    assert (ran.status, life.wall.writes()) == (1, ["create"])
    assert f"{path}:1:11: unknown-provider: no provider named mixpannel; did you mean mixpanel?" in ran.err
    assert life.open_issues == ["Rotate mixpanel/loader", "Rotate close/crm"]


def test_our_issues_are_by_the_bot(life: Life) -> None:
    life.desk.declare(created=DUE)
    life.apply()
    assert isinstance(life.wall, Files) or life.wall.fake.issue(1).author.login == BOT
