"""Everything that ever stood in some files, asked of real histories: who made it, when, and at what cost."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from keyturn import history
from keyturn.errors import OutsideError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = ("-c", "commit.gpgsign=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.autocrlf=false")
NAMES = ("rotations/", "keyturn.yaml")


@dataclass(frozen=True, slots=True)
class Clone:
    """A repository in which people commit at a day of their own."""

    folder: Path

    def git(self, *arguments: str, day: int = 1) -> str:
        moment = {
            "GIT_AUTHOR_DATE": f"2026-01-{day:02d}T09:00:00Z",
            "GIT_COMMITTER_DATE": f"2026-01-{day:02d}T10:00:00Z",
        }
        environment = {**os.environ, **moment}  # noqa: TID251 - what git needs to start
        ran = subprocess.run(
            ["git", *PLAIN, *arguments], cwd=self.folder, check=True, capture_output=True, text=True, env=environment
        )
        return ran.stdout.strip()

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(text.encode())

    def commit(self, by: str, day: int = 1) -> str:
        self.git("add", "--all")
        names = ("-c", f"user.name={by}", "-c", f"user.email={by}@acme.example")
        self.git(*names, "commit", "--quiet", "--message", "Change it", "--allow-empty", day=day)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str, by: str, day: int) -> str:
        self.git("switch", "--quiet", "main")
        names = ("-c", f"user.name={by}", "-c", f"user.email={by}@acme.example")
        self.git(*names, "merge", "--quiet", "--no-ff", "--message", "Merge it", branch, day=day)
        return self.git("rev-parse", "HEAD")

    def told(self, root: str = ".", largest: int = 1000) -> list[tuple[str, str, list[str], bytes | None]]:
        """Give the events: day, path, who, and what it said."""
        found = history.chronicle(self.folder / root, NAMES, largest)
        return [
            (f"{each.at:%d}", each.path, [maker.partition(" ")[0] for maker in each.makers], each.text)
            for each in found.events
        ]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made


def test_every_state_of_a_file_is_told_with_its_author(clone: Clone) -> None:
    clone.write("rotations/a.yaml", "1")
    first = clone.commit("alice", day=1)
    clone.write("notes.txt", "x")
    clone.commit("bob", day=2)
    clone.write("rotations/deep/b.yml", "2")
    clone.write("rotations/a.yaml", "1b")
    clone.commit("carol", day=3)
    clone.git("rm", "--quiet", "rotations/a.yaml")
    last = clone.commit("bob", day=4)

    assert clone.told() == [
        ("01", "rotations/a.yaml", ["alice"], b"1"),
        ("03", "rotations/a.yaml", ["carol"], b"1b"),
        ("03", "rotations/deep/b.yml", ["carol"], b"2"),
        ("04", "rotations/a.yaml", ["bob"], None),
    ]
    found = history.chronicle(clone.folder, NAMES, 1000)
    assert (found.commit, f"{found.at:%d %H:%M}", found.line[0], found.line[-1]) == (last, "04 10:00", last, first)
    assert len(found.line) == 4
    assert [event.order for event in found.events] == [0, 1, 1, 2]
    assert found.events[0].makers == ("alice <alice@acme.example>",)
    assert [event.blob is None for event in found.events] == [False, False, False, True]


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_merge_counts_once_and_names_who_made_its_commits(clone: Clone, *, is_nested: bool) -> None:
    clone.write("rotations/a.yaml", "1")
    clone.commit("alice", day=1)
    clone.git("switch", "--quiet", "--create", "topic")
    clone.write("rotations/a.yaml", "2")
    clone.commit("bob", day=2)
    if is_nested:
        clone.git("switch", "--quiet", "--create", "inner")
        clone.write("rotations/a.yaml", "2b")
        clone.commit("dave", day=3)
        clone.git("switch", "--quiet", "topic")
        clone.git("merge", "--quiet", "--no-ff", "--message", "x", "inner", day=4)
    clone.write("rotations/a.yaml", "3")
    clone.commit("carol", day=5)
    clone.git("switch", "--quiet", "main")
    clone.write("notes.txt", "x")
    clone.commit("alice", day=6)
    clone.merge("topic", "erin", day=7)

    makers = ["bob", "dave", "carol"] if is_nested else ["bob", "carol"]
    assert clone.told() == [
        ("01", "rotations/a.yaml", ["alice"], b"1"),
        ("07", "rotations/a.yaml", makers, b"3"),
    ]


def test_whoever_settles_a_conflict_made_it_too(clone: Clone) -> None:
    clone.write("rotations/a.yaml", "1")
    clone.commit("alice", day=1)
    clone.git("switch", "--quiet", "--create", "topic")
    clone.write("rotations/b.yaml", "b")
    clone.commit("bob", day=2)
    clone.git("switch", "--quiet", "main")
    clone.git("merge", "--quiet", "--no-ff", "--no-commit", "topic")
    clone.write("rotations/c.yaml", "only the merge has it")
    clone.commit("erin", day=3)
    assert clone.told()[1:] == [
        ("03", "rotations/b.yaml", ["bob"], b"b"),
        ("03", "rotations/c.yaml", ["erin"], b"only the merge has it"),
    ]


def test_what_was_reverted_on_a_branch_never_counted(clone: Clone) -> None:
    clone.write("rotations/a.yaml", "1")
    clone.commit("alice", day=1)
    clone.git("switch", "--quiet", "--create", "topic")
    for text in ("2", "1"):
        clone.write("rotations/a.yaml", text)
        clone.commit("bob", day=2)
    clone.merge("topic", "erin", day=3)
    assert clone.told() == [("01", "rotations/a.yaml", ["alice"], b"1")]


def test_a_root_sees_its_own_files_alone(clone: Clone) -> None:
    clone.write("one/rotations/a.yaml", "1")
    clone.write("two/rotations/a.yaml", "2")
    clone.write("rotations/a.yaml", "3")
    clone.commit("alice")
    assert clone.told("two") == [("01", "rotations/a.yaml", ["alice"], b"2")]


def test_hostile_names_links_and_large_files_are_taken_as_they_are(clone: Clone) -> None:
    clone.write("rotations/a b\n:100644 x.yaml", "1")
    clone.write("rotations/large.yaml", "x" * 1001)
    clone.write("rotations/notes.md", "no YAML")
    (clone.folder / "rotations" / "link.yaml").symlink_to("/etc/hosts")
    clone.commit("--al\x01ice")
    assert clone.told() == [
        ("01", "rotations/a b\n:100644 x.yaml", ["--al\x01ice"], b"1"),
        ("01", "rotations/large.yaml", ["--al\x01ice"], None),
        ("01", "rotations/link.yaml", ["--al\x01ice"], None),
    ]


def test_git_is_asked_as_often_for_a_hundred_files_as_for_one(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> int:
        trace = clone.folder.parent / f"{clone.folder.name}.trace"
        trace.unlink(missing_ok=True)
        monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))  # read by git
        clone_told = clone.told()
        monkeypatch.delenv("GIT_TRACE2_EVENT")
        assert clone_told
        return trace.read_text(encoding="utf-8").count('"event":"start"')

    clone.write("rotations/a.yaml", "1")
    clone.commit("alice")
    first = asked()
    for number in range(100):
        clone.write(f"rotations/{number}.yaml", str(number))
        if number % 10 == 0:
            clone.commit("bob")
    clone.commit("bob")
    assert asked() == first <= 8


def test_a_shallow_clone_is_refused(clone: Clone, tmp_path: Path) -> None:
    for text in ("1", "2"):
        clone.write("rotations/a.yaml", text)
        clone.commit("alice")
    shallow = tmp_path / "shallow"
    clone.git("clone", "--quiet", "--depth", "1", tmp_path.as_uri(), str(shallow))
    with pytest.raises(OutsideError, match=r"shallow.*fetch-depth: 0"):
        history.chronicle(shallow, NAMES, 1000)


def test_without_a_commit_there_is_nothing_to_tell(clone: Clone) -> None:
    with pytest.raises(UsageError, match="it has no commit yet"):
        history.chronicle(clone.folder, NAMES, 1000)


def test_a_history_without_such_files_is_empty(clone: Clone) -> None:
    clone.write("notes.txt", "x")
    clone.commit("alice")
    assert clone.told() == []
