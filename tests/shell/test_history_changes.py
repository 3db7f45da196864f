"""When files were last changed: the answers of real repositories, and how many processes of git they take."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shell.desk import Desk

from keyturn import history
from keyturn.errors import OutsideError, RepositoryError
from keyturn.history import program

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


class Root:
    """A repository whose commits are a day apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.day = START
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "alice")
        self.git("config", "user.email", "alice@acme.example")

    def git(self, *arguments: str) -> None:
        moment = self.day.isoformat()
        dated = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        inherited = {**os.environ, **dated}  # noqa: TID251 - what git needs to start
        subprocess.run(["git", *arguments], cwd=self.folder, env=inherited, check=True, capture_output=True)

    def commit(self, *names: str) -> datetime:
        """Change some files in a commit of the next day."""
        self.day += timedelta(days=1)
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# {self.day}\n", encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=Change")
        return self.day


@pytest.fixture
def root(tmp_path: Path) -> Root:
    folder = tmp_path / "work"
    folder.mkdir()
    return Root(folder)


def test_the_newest_commit_of_every_file_counts(root: Root) -> None:
    root.commit("rotations/a.yaml", "rotations/deep/b c.yaml", "elsewhere/d.yaml")
    second = root.commit("rotations/a.yaml", "rotations/größe\nx.yaml")
    third = root.commit("rotations/e.yaml")
    root.commit()
    assert history.changed(root.folder, "rotations") == {
        "rotations/a.yaml": second,
        "rotations/deep/b c.yaml": START + timedelta(days=1),
        "rotations/größe\nx.yaml": second,
        "rotations/e.yaml": third,
    }


def test_what_came_with_a_merge_counts_with_the_merge(root: Root) -> None:
    root.commit("rotations/a.yaml")
    root.git("switch", "--quiet", "--create", "side")
    root.commit("rotations/b.yaml")
    root.git("switch", "--quiet", "main")
    ours = root.commit("rotations/c.yaml")
    root.day += timedelta(days=1)
    root.git("merge", "--quiet", "--no-ff", "--message=Merge", "side")
    found = history.changed(root.folder, "rotations")
    assert (found["rotations/b.yaml"], found["rotations/c.yaml"]) == (root.day, ours)


def test_paths_begin_at_the_root(root: Root) -> None:
    moment = root.commit("team/rotations/a.yaml", "rotations/b.yaml")
    assert history.changed(root.folder / "team", "rotations") == {"rotations/a.yaml": moment}


def test_settings_of_people_change_nothing(root: Root) -> None:
    moment = root.commit("rotations/a.yaml")
    for name, value in {"log.showSignature": "true", "log.follow": "true", "core.quotePath": "true"}.items():
        root.git("config", name, value)
    assert history.changed(root.folder, "rotations") == {"rotations/a.yaml": moment}


def test_without_a_history_nothing_was_ever_changed(tmp_path: Path, root: Root) -> None:
    (tmp_path / "plain").mkdir()
    assert history.changed(tmp_path / "plain", "rotations") == {}
    assert history.changed(root.folder, "rotations") == {}


def test_a_shallow_clone_does_not_guess(tmp_path: Path, root: Root) -> None:
    root.commit("rotations/a.yaml")
    root.commit("rotations/b.yaml")
    root.git("clone", "--quiet", "--depth=1", f"file://{root.folder}", str(tmp_path / "shallow"))
    with pytest.raises(OutsideError, match=r"this clone is shallow, .*fetch-depth: 0"):
        history.changed(tmp_path / "shallow", "rotations")


def test_git_that_fails_is_no_empty_answer(root: Root) -> None:
    root.commit("rotations/a.yaml")
    with pytest.raises(RepositoryError, match="git refuses to work"):
        program.answer(root.folder, "log", "no-such-revision")


def test_ages_say_when_the_file_of_a_key_was_last_changed(root: Root) -> None:
    desk = Desk(root.folder)
    desk.declare("mixpanel/loader")
    desk.declare("close/crm")
    root.commit()
    desk.declare("close/crm", created="2026-11-02")
    root.commit()
    desk.declare("mixpanel/new")
    found = {
        each["rotation"]: each["changed"]
        for each in desk.keyturn("ages", "--changed", "--format", "json").document["keys"]
    }
    assert found == {
        "mixpanel/loader": "2026-11-02T09:00:00+00:00",
        "close/crm": "2026-11-03T09:00:00+00:00",
        "mixpanel/new": None,
    }
    assert not [each for each in desk.keyturn("ages", "--format", "json").document["keys"] if "changed" in each]


@pytest.mark.parametrize("count", [1, 40])
def test_it_takes_as_many_processes_however_many_files_there_are(
    root: Root, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(count):
        root.commit(f"rotations/{number}.yaml")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
    assert len(history.changed(root.folder, "rotations")) == count
    monkeypatch.delenv("GIT_TRACE2_EVENT")
    events = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()]
    started = [event["argv"] for event in events if event["event"] == "start"]
    assert [next(word for word in words if word in {"rev-parse", "log"}) for words in started] == [
        "rev-parse",
        "rev-parse",
        "log",
    ]
