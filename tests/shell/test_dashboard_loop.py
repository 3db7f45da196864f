"""The dashboard on a tracker: one issue, one write when something changed, nothing on a quiet day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_github import FakeGitHub
from shell.desk import FRESH, OVERDUE, Desk, Files, at_github

if TYPE_CHECKING:
    from pathlib import Path

TITLE = "Key rotation dashboard"


def test_it_is_written_once_when_something_changed_and_never_on_a_quiet_day(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.declare("mixpanel/late", OVERDUE)
    desk.declare("mixpanel/fresh", FRESH)
    with FakeGitHub() as fake:
        fake.add_repository("acme/keys")
        wall = at_github(desk, fake)
        apply = ("apply", "--tracker", wall.option)
        desk.policy(dashboard=True)
        assert desk.keyturn(*apply).status == 0
        assert [each.title for each in wall.issues()] == ["Rotate mixpanel/late", TITLE]
        assert "| `mixpanel/late` | 2026-10-30 | #1 |" in wall.issues()[1].body
        assert wall.writes() == ["create", "create"]

        before = len(fake.requests)
        desk.calendar.later("1d")
        assert desk.keyturn(*apply).status == 0
        assert wall.writes() == []
        quiet = len(fake.requests) - before
        assert quiet == 3  # who we are, what is open, what was closed

        desk.declare("close/crm", OVERDUE)
        assert desk.keyturn(*apply).status == 0
        assert wall.writes() == ["create", "edit"]
        assert "| `close/crm` | 2026-10-30 | #3 |" in wall.issues()[1].body

        desk.policy()
        assert desk.keyturn(*apply).status == 0
        assert (wall.issues()[1].is_open, wall.issues()[1].state_reason) == (False, "not_planned")


def test_the_filters_of_the_workflows_bring_it_up_to_date_too(tmp_path: Path) -> None:
    desk, wall = Desk(tmp_path), Files(tmp_path / ".keyturn/issues")
    desk.policy(dashboard=True)
    desk.declare("mixpanel/late", OVERDUE)
    for kinds in ("open,update", "remind", "close"):
        assert desk.keyturn("apply", "--only", kinds).status == 0
    assert [each.title for each in wall.issues()] == ["Rotate mixpanel/late", TITLE]
    assert "| #1 |" in wall.issues()[1].body
    assert desk.keyturn("plan", "--format", "json").actions == []


def test_what_people_write_around_it_stays(tmp_path: Path) -> None:
    desk, wall = Desk(tmp_path), Files(tmp_path / ".keyturn/issues")
    desk.policy(dashboard=True)
    desk.declare("mixpanel/late", OVERDUE)
    desk.keyturn("apply")
    wall.rewrite(2, lambda text: f"{text}\nAsk carol first.\n")
    desk.declare("close/crm", OVERDUE)
    assert desk.keyturn("apply").status == 0
    assert "Ask carol first." in wall.issues()[1].body
    assert "close/crm" in wall.issues()[1].body
