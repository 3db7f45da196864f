"""An incident over a dozen keys on GitHub, from the file that declares it to the last rotation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fake_github import FakeGitHub
from shell.desk import FRESH, Calendar, Desk, at_github
from shell.test_loop_life import Life, rotate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = [f"mixpanel/key-{number:02d}" for number in range(12)]
INCIDENT = (
    "summary: Vendor leaked tokens\nmatch: {tags: [pii]}\nrespond_by: 2026-11-23\nexposed_until: 2026-11-20T10:00:00Z\n"
)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=Calendar()) as fake:
        fake.add_repository("acme/keys")
        yield fake
        assert (fake.unexpected, fake.violations) == ([], [])


@pytest.fixture
def life(tmp_path: Path, fake: FakeGitHub) -> Life:
    desk = Desk(tmp_path)
    return Life(desk, at_github(desk, fake))


def test_an_incident_counts_its_keys_until_the_last_is_rotated(life: Life, fake: FakeGitHub) -> None:
    for key in KEYS:
        life.desk.declare(key, created=FRESH, tags=["pii"])
    life.desk.declare("close/crm", created=FRESH)
    life.desk.policy(limits={"open_at_once": 1})  # an incident is never rationed
    life.desk.write("incidents/vendor.yaml", INCIDENT)

    assert life.apply() == ["create"] * 25  # 13 issues, and 12 links
    parent, *children = life.wall.issues()
    assert (parent.title, len(children)) == ("Incident vendor", 12)
    assert {child.title for child in children} == {f"Rotate {key}" for key in KEYS}
    assert fake.issue(parent.number).sub_issues == [child.number for child in children]
    assert all("status: leaked" in child.labels for child in children)
    headings = [re.findall(r"^### (.*)$", child.body, re.MULTILINE)[:2] for child in children]
    assert headings == [["Contain: revoke the old key", "Create the new key"]] * 12
    assert "### 0 of 12 replaced" in parent.body

    life.desk.calendar.later("1d")
    for key in KEYS[:7]:
        assert life.desk.keyturn("record", key, "--by", "bob").status == 0
    assert life.apply() == ["edit"] * 8
    parent = life.wall.issues()[0]
    assert (parent.is_open, "### 7 of 12 replaced" in parent.body, len(life.open_issues)) == (True, True, 6)
    assert life.apply() == []

    for key in KEYS[7:-1]:
        rotate(life, key)
    life.apply()
    assert life.open_issues == ["Incident vendor", f"Rotate {KEYS[-1]}"]
    assert "### 11 of 12 replaced" in life.wall.issues()[0].body

    rotate(life, KEYS[-1])
    assert life.apply() == ["edit", "edit"]
    assert {issue.state_reason for issue in life.wall.issues()} == {"completed"}
    assert "### 12 of 12 replaced" in life.wall.issues()[0].body
    assert life.apply() == []
