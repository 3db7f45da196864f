"""Putting issues below an incident's: those of this run by what it opened, earlier ones by what was listed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from core.samples import rotation, setting
from core.test_incidents import VENDOR
from shell.fakes import FakeTracker

from keyturn.actions import Link, Open
from keyturn.commands.apply import _Hand
from keyturn.files.distribution import shipped
from keyturn.plan import plan
from keyturn.render import issue_body
from keyturn.render.issue_view import Links
from keyturn.render.templates import Templates
from keyturn.trackers import Draft, RefusedError

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TEMPLATES = Templates({path.name: path.read_text(encoding="utf-8") for path in shipped("templates").glob("*.jinja")})
FILES = [rotation("2026-08-01", key="loader"), rotation("2026-11-20T12:00:00Z", key="new")]


def actions() -> tuple[list[Open], Link]:
    made = plan(FILES, [], setting(incidents=(VENDOR,))).actions
    [link] = [each for each in made if isinstance(each, Link)]
    return [each for each in made if isinstance(each, Open)], link


def test_what_was_listed_is_put_below_what_was_listed() -> None:
    tracker = FakeTracker("acme/keys:.", lambda: NOW)
    opens, link = actions()
    for each in opens:
        body = issue_body.body(each.text, each.marker, "", TEMPLATES, Links())
        tracker.create(Draft(each.subject.title, body, each.labels, each.assignees))
    [above, below] = tracker.issues(date(2026, 10, 1))
    _Hand(SimpleNamespace(tracker=tracker), {}).carry_out(Link(link.subject, below, link.parent, above))
    assert tracker.issues(date(2026, 10, 1))[1].parent == above.number


def test_what_was_not_opened_waits_for_the_next_run() -> None:
    tracker = FakeTracker("acme/keys:.", lambda: NOW)
    with pytest.raises(RefusedError, match="was not opened; the next run puts it in its place"):
        _Hand(SimpleNamespace(tracker=tracker), {}).carry_out(actions()[1])
    assert tracker.writes == []
