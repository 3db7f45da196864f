"""What a terminal shows, and what is shown where there is none."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import pytest
from fake_github import FakeGitHub
from shell.desk import DUE, FRESH, OVERDUE, Desk, Files, at_github

from keyturn import cli

if TYPE_CHECKING:
    from pathlib import Path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_terminal_gets_tables_and_progress_and_elsewhere_lines(desk: Desk) -> None:
    desk.declare("close/crm", created=OVERDUE)
    desk.declare("mixpanel/loader", created=DUE)
    desk.declare("close/fresh", created=FRESH)
    for arguments in (["plan"], ["ages"], ["providers"]):
        plain, painted = desk.keyturn(*arguments), desk.keyturn(*arguments, stream=Terminal)
        assert plain.status == painted.status == 0
        assert "\u2500" not in plain.out  # the rule below a table's head
        assert "\u2500" in painted.out
        assert "close" in painted.out
    assert "2 to open." in desk.keyturn("plan", stream=Terminal).out
    applied = desk.keyturn("apply", stream=Terminal)
    assert (applied.status, "writing issues" in applied.err, "2 of 2 actions done" in applied.err) == (0, True, True)


def test_what_an_error_keeps_from_the_issues_is_said(desk: Desk) -> None:
    desk.write("rotations/x.yaml", "provider: mixpanel\n")
    ran = desk.keyturn("plan")
    assert (ran.status, ran.out) == (1, "nothing to do.\n")
    assert ran.err.endswith("a file with an error changes nothing: its issues stay as they are until it is corrected\n")


def test_new_issues_are_named(desk: Desk) -> None:
    desk.declare("close/crm", created=OVERDUE)
    desk.declare("mixpanel/loader", created=DUE)
    assert desk.keyturn("apply").err.splitlines()[1:] == [
        "  opened #1, close/crm: .keyturn/issues/0001-rotate-close-crm.md",
        "  opened #2, mixpanel/loader: .keyturn/issues/0002-rotate-mixpanel-loader.md",
    ]


def test_a_terminal_gets_no_empty_table_and_no_bar_for_little_or_in_quiet(desk: Desk) -> None:
    assert desk.keyturn("plan", stream=Terminal).out.startswith("nothing to do.")
    desk.declare("close/crm", created=OVERDUE)
    assert "writing issues" not in desk.keyturn("apply", stream=Terminal).err
    desk.declare("mixpanel/a", created=DUE)
    desk.declare("mixpanel/b", created=DUE)
    assert "writing issues" not in desk.keyturn("apply", "--quiet", stream=Terminal).err


def test_warnings_are_counted_beside_other_results_and_listed_by_validate(desk: Desk) -> None:
    path = desk.declare(created=FRESH)
    desk.write(path, desk.read(path) + "request: {reason: other, replaces: 2026-01-01, deadline: 2026-12-01}\n")
    ran = desk.keyturn("plan")
    assert (ran.status, ran.err) == (0, "1 warning; see `keyturn validate`\n")
    assert desk.keyturn("plan", "--quiet").err == ""
    assert "leftover-request" in desk.keyturn("validate").out


def test_what_follows_a_refused_action_waits_with_it(desk: Desk) -> None:
    """The marker must not remember a reminder that was refused."""
    with FakeGitHub(clock=desk.calendar) as fake:
        fake.add_repository("acme/keys")
        at_github(desk, fake)
        desk.declare(created=OVERDUE)
        tracker = ("--tracker", "github:acme/keys")
        assert desk.keyturn("apply", *tracker).status == 0
        fake.lock(1, refuses_writes=True)
        desk.calendar.later("7d")
        written = len(fake.writes)
        ran = desk.keyturn("apply", *tracker)
        assert (ran.status, len(fake.writes) - written, fake.issue(1).comments) == (3, 1, [])
        assert "0 of 2 actions done; 2 left for the next run" in ran.err
        assert (fake.unexpected, fake.violations) == ([], [])


def test_a_stream_of_another_kind_is_left_as_it_is(desk: Desk) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert cli.main(["providers", "close", "--root", str(desk.folder)]) == 0
    assert out.getvalue().startswith("Close (close)")


def test_nothing_is_printed_for_no_change(desk: Desk) -> None:
    desk.declare(created=FRESH)
    desk.keyturn("request", "mixpanel/loader")
    again = desk.keyturn("request", "mixpanel/loader", "--dry-run")
    assert (again.status, again.out) == (0, "")


@pytest.mark.parametrize("command", ["plan", "ages", "apply"])
def test_a_root_without_keys_says_how_to_begin(desk: Desk, command: str) -> None:
    assert "rotations/ holds no key yet; declare the first one in a file such as" in desk.keyturn(command).err
    assert desk.keyturn(command, "--quiet").err == ""
    desk.declare(created=FRESH)
    assert desk.keyturn(command).err == ""


def test_what_is_closed_by_hand_twice_a_day_is_said(desk: Desk) -> None:
    desk.declare(created=DUE)
    desk.keyturn("apply")
    issues = Files(desk.folder / ".keyturn/issues")
    issues.close(1)
    assert "closed by hand" not in desk.keyturn("plan").err
    desk.keyturn("apply")
    issues.close(1)
    said = "mixpanel/loader: #1 was closed by hand again today; it is opened again tomorrow"
    for command in ("plan", "ages"):
        assert said in desk.keyturn(command).err
    desk.calendar.later("1d")
    assert "closed by hand" not in desk.keyturn("plan").err


def test_a_root_has_a_policy_file(desk: Desk) -> None:
    (desk.folder / "below").mkdir()
    ran = desk.keyturn("plan", "--root", "below")
    assert (ran.status, "no keyturn.yaml in below, so it is no root" in ran.err) == (2, True)
