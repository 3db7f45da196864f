"""`request` and `record`: what they write into a file, what they leave as it is, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from git import Repo
from shell.desk import OVERDUE, Desk

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-21T09:00:00Z"
FILE = """\
# Loads the warehouse; ask alice first.
key: "loader"   # the name at the vendor
provider: 'mixpanel'
created: 2026-08-01  # by alice

owners:
  - alice   # on weekdays
  - bob
consumers: [{platform: manual, name: "Übersicht: täglich"}]
# the end
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def says_valid(desk: Desk) -> bool:
    return desk.keyturn("validate").status == 0


# -- request -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_request_is_added_and_every_other_byte_stays(desk: Desk, ending: str) -> None:
    desk.write("rotations/a.yaml", FILE.replace("\n", ending))
    ran = desk.keyturn("request", "mixpanel/loader", "--reason", "leaked", "--note", "In a “notebook”: 12:30 #x")
    block = """\
request:
  reason: leaked
  replaces: 2026-08-01
  deadline: 2026-11-23
  note: "In a “notebook”: 12:30 #x"
"""
    assert (ran.status, ran.out) == (0, "")
    assert "rotations/a.yaml: asked for by 2026-11-23. Commit it and open a pull request" in ran.err
    assert desk.read("rotations/a.yaml") == (FILE + block).replace("\n", ending)
    assert says_valid(desk)


@pytest.mark.parametrize(
    ("options", "block"),
    [
        ([], ["reason: other", "deadline: 2026-12-05"]),
        (["--reason", "offboarding"], ["reason: offboarding", "deadline: 2026-12-05"]),
        (["--reason", "provider-breach"], ["reason: provider-breach", "deadline: 2026-12-05"]),
        (["--reason", "policy"], ["reason: policy", "deadline: 2026-12-05"]),
        (["--deadline", "2026-12-31"], ["reason: other", "deadline: 2026-12-31"]),
        (["--today", "2026-12-24"], ["reason: other", "deadline: 2027-01-07"]),
    ],
    ids=lambda value: " ".join(value) or "plain",
)
def test_a_requests_options(desk: Desk, options: list[str], block: list[str]) -> None:
    path = desk.declare(created=OVERDUE)
    assert desk.keyturn("request", "mixpanel/loader", *options).status == 0
    written = desk.read(path).partition("request:\n")[2].splitlines()
    assert [line.strip() for line in written] == [block[0], "replaces: 2026-08-01", block[1]]
    assert says_valid(desk)


def test_a_second_request_takes_the_place_of_the_first(desk: Desk) -> None:
    path = desk.declare(created=OVERDUE)
    desk.keyturn("request", "mixpanel/loader", "--reason", "policy", "--note", "Soon.")
    desk.keyturn("request", "mixpanel/loader", "--reason", "leaked")
    assert desk.read(path).count("request:") == 1
    assert "note" not in desk.read(path)
    assert "reason: leaked" in desk.read(path)


@pytest.mark.parametrize("command", ["request", "record"])
def test_a_dry_run_shows_the_change_and_writes_nothing(desk: Desk, command: str) -> None:
    desk.write("rotations/a.yaml", FILE)
    ran = desk.keyturn(command, "mixpanel/loader", "--dry-run")
    assert ran.status == 0
    assert ran.out.startswith("--- a/rotations/a.yaml\n+++ b/rotations/a.yaml\n@@")
    assert ("+request:" in ran.out) == (command == "request")
    assert "Commit it" not in ran.err
    assert desk.read("rotations/a.yaml") == FILE


def test_an_earlier_id_is_understood(desk: Desk) -> None:
    path = desk.declare("mixpanel/warehouse", formerly=["mixpanel/loader"])
    assert desk.keyturn("request", "mixpanel/loader").status == 0
    assert "request:" in desk.read(path)


REFUSED = {
    "no such key": (["request", "mixpanel/loadr"], 2, "no rotation mixpanel/loadr; did you mean mixpanel/loader?"),
    "deadline long ago": (["request", "mixpanel/loader", "--deadline", "2020-01-01"], 2, "lies before the version"),
    "deadline no day": (["request", "mixpanel/loader", "--deadline", "tomorrow"], 2, "not a day: 'tomorrow'"),
    "deadline spelled otherwise": (["request", "mixpanel/loader", "--deadline", "20261201"], 2, "write YYYY-MM-DD"),
    "reason unknown": (["request", "mixpanel/loader", "--reason", "boredom"], 2, "invalid choice"),
    "note empty": (["request", "mixpanel/loader", "--note", ""], 2, "would not be valid any more: `note`"),
    "note too long": (["request", "mixpanel/loader", "--note", "x " * 5000], 2, "would not be valid any more"),
    "note with a credential": (
        ["request", "mixpanel/loader", "--note", "it is ghp_" + "a1B2c3D4e5F6" * 3],
        2,
        "the note cannot be written: this looks like a credential",
    ),
    "note with a hidden character": (["request", "mixpanel/loader", "--note", "a\u202eb"], 2, "U+202E"),
    "by no login": (["record", "mixpanel/loader", "--by", "not a login"], 2, "`by` must be a GitHub login"),
    "created before": (["record", "mixpanel/loader", "--created", "2026-08-01"], 2, "created after the old one"),
    "created later": (["record", "mixpanel/loader", "--created", "2026-11-22"], 2, "not in the future"),
    "created unknown": (["record", "mixpanel/loader", "--created", "unknown"], 2, "not a moment: 'unknown'"),
    "created no moment": (["record", "mixpanel/loader", "--created", "2026-11-31"], 2, "not a moment"),
    "created without offset": (["record", "mixpanel/loader", "--created", "2026-11-20T10:00:00"], 2, "not a moment"),
    "created in no year": (
        ["record", "mixpanel/loader", "--created", "0001-01-01T00:00:00+23:59"],
        2,
        "not a moment",
    ),
    "expires before": (["record", "mixpanel/loader", "--expires", "2026-11-20"], 2, "before it was created"),
    "expires no moment": (["record", "mixpanel/loader", "--expires", "later"], 2, "not a moment: 'later'"),
    "method for probes": (["record", "mixpanel/loader", "--new-key", "probe"], 2, "invalid choice: 'probe'"),
}


@pytest.mark.parametrize(("arguments", "status", "said"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused_and_nothing_is_changed(
    desk: Desk, arguments: list[str], status: int, said: str
) -> None:
    path = desk.declare(created=OVERDUE)
    before = desk.read(path)
    ran = desk.keyturn(*arguments)
    assert (ran.status, said in ran.err, "Traceback" in ran.err) == (status, True, False), ran.err
    assert "a1B2c3" not in ran.err
    assert desk.read(path) == before


def test_a_file_with_an_error_is_not_edited(desk: Desk) -> None:
    desk.declare(created="2027-08-01")
    ran = desk.keyturn("request", "mixpanel/loader")
    assert (ran.status, "the file of mixpanel/loader has an error; run `keyturn validate`" in ran.err) == (1, True)


def test_a_key_whose_file_cannot_be_read_is_not_called_unknown(desk: Desk) -> None:
    desk.declare(owners=[])
    ran = desk.keyturn("record", "mixpanel/loader")
    assert (ran.status, "no file that can be read declares mixpanel/loader" in ran.err) == (1, True)


def test_a_layout_that_cannot_be_edited_is_said(desk: Desk) -> None:
    text = "{provider: mixpanel, key: loader, owners: [alice], created: 2026-08-01, consumers: []}\n"
    desk.write("rotations/a.yaml", text)
    ran = desk.keyturn("request", "mixpanel/loader")
    assert (ran.status, "write one `key: value` on each line" in ran.err) == (1, True)
    assert desk.read("rotations/a.yaml") == text


# -- record ------------------------------------------------------------------------------------------------------------


def test_a_record_writes_version_and_evidence_and_removes_the_request(desk: Desk) -> None:
    desk.write("rotations/a.yaml", FILE)
    desk.keyturn("request", "mixpanel/loader", "--reason", "leaked")
    ran = desk.keyturn("record", "mixpanel/loader", "--by", "carol", "--old-key", "console", "--consumers", "last-used")
    expected = FILE.replace("created: 2026-08-01", f"created: {AT}")
    assert desk.read("rotations/a.yaml") == (
        f"{expected}evidence:\n"
        f"  replaces: 2026-08-01\n"
        f"  new_key: {{method: attested, at: {AT}}}\n"
        f"  old_key: {{method: console, at: {AT}}}\n"
        f"  consumers: {{method: last-used, at: {AT}}}\n"
        f"  by: carol\n"
    )
    assert ran.status == 0
    assert ran.err == (
        "rotations/a.yaml: recorded by carol: new_key attested, old_key console, consumers last-used.\n"
        "Look at it, commit it and open a pull request; merging closes the issue.\n"
    )
    assert says_valid(desk)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
        ("2026-11-20t10:00:00.25z", "2026-11-20T10:00:00Z"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00Z"),
    ],
)
def test_a_record_writes_created_in_utc(desk: Desk, given: str, written: str) -> None:
    path = desk.declare(created=OVERDUE)
    assert desk.keyturn("record", "mixpanel/loader", "--created", given).status == 0
    assert f"created: {written}\n" in desk.read(path)
    assert says_valid(desk)


def test_a_key_of_unknown_age_becomes_one_of_known_age(desk: Desk) -> None:
    path = desk.declare(created="unknown", enrolled="2026-11-01")
    assert desk.keyturn("record", "mixpanel/loader").status == 0
    assert "replaces: unknown" in desk.read(path)
    assert says_valid(desk)
    assert desk.keyturn("ages", "--format", "json").document["keys"][0]["status"] == "fresh"


def test_an_expiry_must_be_said_anew(desk: Desk) -> None:
    path = desk.declare(created=OVERDUE, expires="2026-12-24")
    ran = desk.keyturn("record", "mixpanel/loader")
    assert (ran.status, "say when the new one expires" in ran.err) == (2, True)
    assert desk.keyturn("record", "mixpanel/loader", "--expires", "2027-11-21").status == 0
    assert "expires: 2027-11-21\n" in desk.read(path)
    assert (
        desk.keyturn("record", "mixpanel/loader", "--again", "--expires", "never", "--today", "2026-11-22").status == 0
    )
    assert "expires" not in desk.read(path)
    assert desk.keyturn("validate", "--today", "2026-11-22").status == 0


def test_a_second_record_of_the_day_must_be_meant(desk: Desk) -> None:
    desk.declare(created=OVERDUE)
    desk.keyturn("record", "mixpanel/loader", "--created", "2026-11-21T08:00:00Z")
    ran = desk.keyturn("record", "mixpanel/loader")
    assert (ran.status, "was recorded today already" in ran.err) == (2, True)
    assert desk.keyturn("record", "mixpanel/loader", "--again").status == 0


def test_who_recorded_it_is_what_actions_or_git_know_else_the_first_owner(desk: Desk) -> None:
    path = desk.declare(created=OVERDUE)

    def recorder() -> str:
        ran = desk.keyturn("record", "mixpanel/loader", "--dry-run")
        assert ("recorded as alice, the first owner" in ran.err) == ("by: alice" in ran.out)
        return ran.out.partition("+  by: ")[2].strip()

    assert recorder() == "alice"
    with Repo.init(desk.folder) as repo:
        assert recorder() == "alice"
        with repo.config_writer() as config:
            config.set_value("github", "user", "bob")
    assert recorder() == "bob"
    desk.environment["GITHUB_ACTOR"] = "carol"
    assert recorder() == "carol"
    assert "evidence" not in desk.read(path)


def test_only_what_the_policy_requires_is_recorded_unless_it_is_said(desk: Desk) -> None:
    desk.policy(evidence={"require": ["new_key"]})
    path = desk.declare(created=OVERDUE)
    desk.keyturn("record", "mixpanel/loader", "--consumers", "console")
    evidence = desk.read(path).partition("evidence:")[2]
    assert ("new_key" in evidence, "old_key" in evidence, "consumers" in evidence) == (True, False, True)
    assert says_valid(desk)


def test_a_method_that_does_not_suffice_is_recorded_and_said(desk: Desk) -> None:
    desk.policy(evidence={"methods": {"standard": {"old_key": ["probe", "console"]}}})
    desk.declare(created=OVERDUE)
    ran = desk.keyturn("record", "mixpanel/loader", "--dry-run")
    assert "old_key by attested does not suffice for a key of tier standard" in ran.err
    assert "suffice" not in desk.keyturn("record", "mixpanel/loader", "--old-key", "console", "--dry-run").err


RETIRED = {"since": "2026-11-20", "reason": "Cancelled."}


def test_the_end_of_a_retired_key_is_recorded_in_its_own_block(desk: Desk) -> None:
    path = desk.declare(created=OVERDUE, retired=RETIRED)
    assert desk.keyturn("record", "mixpanel/loader", "--old-key", "console", "--by", "bob").status == 0
    assert "created: 2026-08-01" in desk.read(path)
    assert f"evidence: {{old_key: {{method: console, at: {AT}}}, by: bob}}" in desk.read(path)
    assert says_valid(desk)
    again = desk.keyturn("record", "mixpanel/loader", "--by", "carol")
    assert (again.status, "was recorded already; say --again" in again.err) == (2, True)
    assert desk.keyturn("record", "mixpanel/loader", "--by", "carol", "--again").status == 0
    assert "by: carol" in desk.read(path)


@pytest.mark.parametrize("option", ["--created", "--expires", "--new-key", "--consumers"])
def test_a_retired_key_has_nothing_new(desk: Desk, option: str) -> None:
    desk.declare(created=OVERDUE, retired=RETIRED)
    value = "2026-11-20" if option in {"--created", "--expires"} else "console"
    ran = desk.keyturn("record", "mixpanel/loader", option, value)
    assert (ran.status, f"is retired and has no new key: leave out {option}" in ran.err) == (2, True)


def test_a_key_that_is_yet_to_be_retired_is_rotated_as_others(desk: Desk) -> None:
    path = desk.declare(created=OVERDUE, retired={**RETIRED, "since": "2026-12-01"})
    assert desk.keyturn("record", "mixpanel/loader").status == 0
    assert f"created: {AT}" in desk.read(path)


def test_a_policy_that_asks_for_no_death_gets_none(desk: Desk) -> None:
    desk.policy(evidence={"require": ["new_key"]})
    path = desk.declare(created=OVERDUE, retired=RETIRED)
    assert desk.keyturn("record", "mixpanel/loader", "--by", "bob").status == 0
    assert "evidence: {by: bob}" in desk.read(path)
    assert says_valid(desk)


def test_a_file_that_changes_meanwhile_is_not_written_over(desk: Desk) -> None:
    path = desk.declare(created=OVERDUE)
    real = desk.calendar

    class Meddling(type(real)):
        def __call__(self) -> object:
            desk.write(path, "provider: [")  # somebody saves a half-written file
            return real()

    desk.calendar = Meddling()
    ran = desk.keyturn("record", "mixpanel/loader", "--by", "bob")
    assert (ran.status, "has changed meanwhile; run `keyturn validate`" in ran.err) == (1, True)
    assert desk.read(path) == "provider: ["


def test_quiet_says_nothing_where_all_is_well(desk: Desk) -> None:
    desk.declare(created=OVERDUE)
    ran = desk.keyturn("record", "mixpanel/loader", "--quiet")
    assert (ran.status, ran.out, ran.err) == (0, "", "")
