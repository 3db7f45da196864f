"""`validate --changed` on real git: what a whole run says of the changed files, by a fixed number of questions."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from shell.desk import Desk
from shell.test_commands_validate import plain

from keyturn.commands.judgement import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from keyturn.model import Problem

FORMS = ("main", "main...HEAD")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Alice", "-c", "user.email=alice@example.com")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def begin(top: Path, root: Path) -> Desk:
    """Commit some keys on `main`, in a root below the top of the repository, and go to a branch."""
    root.mkdir(parents=True, exist_ok=True)
    desk = Desk(root)
    for number in range(6):
        desk.write(f"rotations/{number}.yaml", plain(key=f"k{number}"))
    desk.write("rotations/a b/größe.yml", plain(key='"k\\x36"'))
    desk.write("rotations/former.yaml", plain(key="later") + "formerly: [mixpanel/earlier]\n")
    desk.write("rotations/broken.yaml", plain(provider="mixpannel", key="broken"))
    git(top, "init", "--quiet", "--initial-branch=main")
    commit(desk, "Declare")
    git(top, "checkout", "--quiet", "-b", "change")
    return desk


def commit(desk: Desk, message: str = "Change") -> None:
    git(desk.folder, "add", "--all", ".")
    git(desk.folder, "commit", "--quiet", "--allow-empty", f"--message={message}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return begin(tmp_path, tmp_path / "the root")


def changed(desk: Desk, reference: str = "main") -> dict[str, object]:
    ran = desk.keyturn("validate", "--format", "json", "--changed", reference)
    assert (ran.status in {0, 1}, ran.err) == (True, "")
    return dict(ran.document)


def whole(desk: Desk, *paths: str) -> dict[str, object]:
    """Return what a run over everything says of these files."""
    found = desk.keyturn("validate", "--format", "json").document
    return {"files": len(paths), "problems": [each for each in found["problems"] if each["path"] in paths]}


def remove(desk: Desk, path: str) -> None:
    (desk.folder / path).unlink()


CHANGES: dict[str, tuple[Callable[[Desk], object], list[str]]] = {
    "nothing": (lambda _: None, []),
    "a date": (
        lambda desk: desk.write("rotations/1.yaml", plain(key="k1", created="2026-11-02")),
        ["rotations/1.yaml"],
    ),
    "a mistake": (lambda desk: desk.write("rotations/1.yaml", plain(key="k1", tier="x")), ["rotations/1.yaml"]),
    "not YAML": (lambda desk: desk.write("rotations/1.yaml", "provider: [\n"), ["rotations/1.yaml"]),
    "not UTF-8": (
        lambda desk: desk.write("rotations/1.yaml", "").write_bytes(plain().encode("utf-16")),
        ["rotations/1.yaml"],
    ),
    "a new key": (lambda desk: desk.write("rotations/n.yaml", plain(key="new")), ["rotations/n.yaml"]),
    "a name that is taken": (lambda desk: desk.write("rotations/n.yaml", plain(key="k2")), ["rotations/n.yaml"]),
    "a name that is taken, in quotes": (
        lambda desk: desk.write(
            "rotations/n.yaml",
            '{"provider": "mixpanel", "key": "k\\x32", owners: [alice], created: 2026-11-01, consumers: []}\n',
        ),
        ["rotations/n.yaml"],
    ),
    "a name that is taken by an escaped one": (
        lambda desk: desk.write("rotations/n.yaml", plain(key="k6")),
        ["rotations/n.yaml"],
    ),
    "a former name that is in use": (
        lambda desk: desk.write("rotations/1.yaml", plain(key="k1") + "formerly: [mixpanel/k2]\n"),
        ["rotations/1.yaml"],
    ),
    "a former name that is claimed": (
        lambda desk: desk.write("rotations/1.yaml", plain(key="k1") + "formerly: [mixpanel/earlier]\n"),
        ["rotations/1.yaml"],
    ),
    "a name twice": (
        lambda desk: [desk.write(f"rotations/{name}.yaml", plain(key="twice")) for name in ("n", "o")],
        ["rotations/n.yaml", "rotations/o.yaml"],
    ),
    "a rename": (
        lambda desk: (desk.folder / "rotations/1.yaml").rename(desk.folder / "rotations/a b/ü\n.yaml"),
        ["rotations/a b/ü\\n.yaml"],
    ),
    "a deletion": (lambda desk: remove(desk, "rotations/1.yaml"), []),
    "a key that takes the name of a deleted one": (
        lambda desk: (remove(desk, "rotations/1.yaml"), desk.write("rotations/n.yaml", plain(key="k1"))),
        ["rotations/n.yaml"],
    ),
    "a mistake that is mended": (
        lambda desk: desk.write("rotations/broken.yaml", plain(key="k2")),
        ["rotations/broken.yaml"],
    ),
    "no rotation": (lambda desk: desk.write("README.md", "Keys\n"), []),
    "a note beside the rotations": (lambda desk: desk.write("rotations/README.md", "Keys\n"), []),
}


@pytest.mark.parametrize("reference", FORMS)
@pytest.mark.parametrize(("change", "paths"), CHANGES.values(), ids=CHANGES)
def test_the_changed_files_get_what_a_whole_run_says_of_them(
    desk: Desk, change: Callable[[Desk], object], paths: list[str], reference: str
) -> None:
    change(desk)
    commit(desk)
    git(desk.folder, "checkout", "--quiet", "main")
    desk.write("rotations/elsewhere.yaml", plain(key="elsewhere", tier="x"))
    commit(desk, "Go on")
    git(desk.folder, "checkout", "--quiet", "change")
    assert changed(desk, reference) == whole(desk, *paths)


@pytest.mark.parametrize(("change", "paths"), CHANGES.values(), ids=CHANGES)
def test_what_is_not_committed_counts_too(desk: Desk, change: Callable[[Desk], object], paths: list[str]) -> None:
    change(desk)
    assert changed(desk) == whole(desk, *paths)
    assert changed(desk, "main...HEAD")["files"] == 0


def test_the_changes_above_lead_to_what_files_claim_of_each_other(desk: Desk) -> None:
    codes = {name: [] for name in CHANGES} | {
        "a name that is taken": ["duplicate-id"],
        "a name that is taken, in quotes": ["duplicate-id"],
        "a name that is taken by an escaped one": ["duplicate-id"],
        "a former name that is in use": ["formerly-in-use"],
        "a former name that is claimed": ["formerly-clash"],
        "a name twice": ["duplicate-id", "duplicate-id"],
        "a mistake that is mended": ["duplicate-id"],
        "a mistake": ["wrong-value"],
        "not YAML": ["yaml-syntax"],
        "not UTF-8": ["not-utf8"],
    }
    for name, (change, _) in CHANGES.items():
        change(desk)
        problems = changed(desk)["problems"]
        assert [each["code"] for each in problems] == codes[name], name  # type: ignore[index, attr-defined] # JSON
        git(desk.folder, "reset", "--quiet", "--hard")
        git(desk.folder, "clean", "--quiet", "--force", "-d")


def test_an_ignored_file_and_one_that_left_the_index_are_changed(desk: Desk) -> None:
    desk.write(".gitignore", "*.tmp.yaml\n")
    commit(desk)
    desk.write("rotations/x.tmp.yaml", plain(key="k2"))
    git(desk.folder, "rm", "--quiet", "--cached", "rotations/1.yaml")
    assert changed(desk) == whole(desk, "rotations/x.tmp.yaml", "rotations/1.yaml")


WHOLE: dict[str, tuple[Callable[[Desk], object], str]] = {
    "the policy": (lambda desk: desk.write("keyturn.yaml", "notice: 3d\n"), "keyturn.yaml has changed"),
    "a provider": (lambda desk: desk.write("providers/p.yaml", "name: P\nstrategy: reset\n"), "providers/p.yaml has"),
    "an incident": (lambda desk: desk.write("incidents/i.yaml", "summary: ["), "incidents/i.yaml has changed"),
    "a link": (
        lambda desk: (desk.folder / "rotations/l.yaml").symlink_to("1.yaml"),
        "rotations/l.yaml is or was no regular file",
    ),
    "a folder like a file": (
        lambda desk: desk.write("rotations/d.yaml/x.yaml", plain(key="x")),
        "rotations/d.yaml/x.yaml is or was no regular file",
    ),
    "many names": (
        lambda desk: [desk.write(f"rotations/m/{number}.yaml", plain(key=f"m{number}")) for number in range(501)],
        "501 ids are new",
    ),
    "many files": (
        lambda desk: [desk.write(f"rotations/m/{number}.yaml", "") for number in range(2001)],
        "2,001 of them have changed",
    ),
    "a name that occurs everywhere": (
        lambda desk: (
            [desk.write(f"rotations/m/{number}.yaml", "# occurs\n") for number in range(2001)],
            commit(desk),
            git(desk.folder, "branch", "--force", "main"),
            desk.write("rotations/n.yaml", plain(key="occurs")),
        ),
        "the names of the new ids occur in 2,00",
    ),
}


@pytest.mark.parametrize(("change", "why"), WHOLE.values(), ids=WHOLE)
def test_in_doubt_every_file_is_read_and_that_is_said(desk: Desk, change: Callable[[Desk], object], why: str) -> None:
    change(desk)
    commit(desk)
    ran = desk.keyturn("validate", "--format", "json", "--changed", "main")
    assert f"every file is read: {why}" in ran.err
    assert ran.document == desk.keyturn("validate", "--format", "json").document


def test_outside_of_git_and_without_such_a_commit_it_says_what_to_do(desk: Desk, tmp_path: Path) -> None:
    for reference in ("nowhere", "--all", "main..HEAD"):
        ran = desk.keyturn("validate", f"--changed={reference}")
        assert (ran.status, "fetch it first, or leave `--changed` out" in ran.err) == (2, True)
    (tmp_path / ".git").rename(tmp_path / "gone")
    assert desk.keyturn("validate", "--changed", "main").status == 2


def test_no_answer_of_git_is_not_taken_for_no_change(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\ncase "$*" in *" diff "*) exit 1 ;; esac\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    for reference in FORMS:
        ran = desk.keyturn("validate", "--changed", reference)
        assert (ran.status, "run `git status`" in ran.err) == (3, True)


def test_where_both_parted_more_than_once_the_first_such_commit_counts(desk: Desk) -> None:
    """Git itself refuses to choose one of several for the work tree."""
    desk.write("rotations/1.yaml", plain(key="k1", created="2026-11-02"))
    commit(desk)
    git(desk.folder, "checkout", "--quiet", "main")
    desk.write("rotations/2.yaml", plain(key="k2", created="2026-11-03"))
    commit(desk)
    git(desk.folder, "branch", "elsewhere")
    git(desk.folder, "merge", "--quiet", "--no-edit", "change")
    git(desk.folder, "checkout", "--quiet", "change")
    git(desk.folder, "merge", "--quiet", "--no-edit", "elsewhere")
    desk.write("rotations/3.yaml", plain(key="k3", tier="x"))
    commit(desk)
    assert len(git(desk.folder, "merge-base", "--all", "main", "HEAD").split()) == 2
    for reference in FORMS:
        assert [each["path"] for each in changed(desk, reference)["problems"]] == ["rotations/3.yaml"]


def test_a_shallow_clone_reads_every_file(desk: Desk, tmp_path: Path) -> None:
    commit(desk)
    git(desk.folder, "checkout", "--quiet", "main")
    commit(desk, "Go on")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{tmp_path}", str(clone))
    ran = Desk(clone / "the root").keyturn("validate", "--changed", "origin/change")
    assert "does not hold where origin/change and HEAD parted; fetch more of the history" in ran.err
    assert ran.out.splitlines()[-1].startswith("9 files: ")


def test_paths_and_shards_narrow_it_down(desk: Desk) -> None:
    for name in ("n", "o", "p"):
        desk.write(f"rotations/{name}.yaml", plain(key="k2", tier="x"))
    desk.write("rotations/q.yaml", plain(key="k2"))
    ran = desk.keyturn("validate", "rotations/n.yaml", "rotations/1.yaml", "--changed", "main", "--format", "json")
    assert (ran.document["files"], {each["path"] for each in ran.document["problems"]}) == (1, {"rotations/n.yaml"})
    parts = [
        desk.keyturn("validate", "--shard", f"{number}/2", "--changed", "main", "--format", "json").document
        for number in (1, 2)
    ]
    together = sorted((each for part in parts for each in part["problems"]), key=json.dumps)
    assert sum(part["files"] for part in parts) == 4
    assert together == sorted(changed(desk)["problems"], key=json.dumps)  # type: ignore[call-overload] # JSON


@pytest.mark.parametrize("count", [1, 30])
def test_git_is_asked_as_often_for_many_files_as_for_one(
    desk: Desk, count: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(count):
        desk.write(f"rotations/0{number}.yaml", plain(key=f"n{number}"))
    commit(desk)
    git(desk.folder, "branch", "--force", "main")
    for number in range(count):
        desk.write(f"rotations/0{number}.yaml", plain(key=f"n{number}", created="2026-11-02"))
    commit(desk)
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
    assert changed(desk, "main...HEAD") == {"files": count, "problems": []}
    asked = [json.loads(line)["name"] for line in trace.read_text().splitlines() if '"cmd_name"' in line]
    assert asked == ["diff", "cat-file"]


@pytest.mark.parametrize(("keys", "comparisons"), [(["new"], 0), (["new", "newer"], 0), (["new", "new"], 1)])
def test_nothing_is_compared_where_only_one_changed_file_claims_a_name(
    desk: Desk, keys: list[str], comparisons: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "rotations/a b/größe.yml").unlink()  # an escaped name may be any name
    commit(desk)
    git(desk.folder, "branch", "--force", "main")
    paths = [f"rotations/n{number}.yaml" for number in range(len(keys))]
    for path, key in zip(paths, keys, strict=True):
        desk.write(path, plain(key=key))
    compared: list[Sequence[str]] = []
    between = Judge.between

    def noted(judge: Judge, paths: Sequence[str]) -> Iterator[Problem]:
        compared.append(paths)
        return between(judge, paths)

    monkeypatch.setattr(Judge, "between", noted)
    told = changed(desk)
    assert len(compared) == comparisons
    assert told == whole(desk, *paths)


NAMES = st.sampled_from(["k0", "k1", "k2", "k6", "later", "earlier", "new"])
FILES = st.sampled_from(["0", "1", "2", "a b/größe", "former", "n", "o"])
TEXTS = st.one_of(
    st.none(),
    st.builds(lambda key: plain(key=key), NAMES),
    st.builds(lambda key: plain(key=f'"{key[:-1]}\\x{ord(key[-1]):02x}"'), NAMES),
    st.builds(lambda key, former: plain(key=key) + f"formerly: [mixpanel/{former}]\n", NAMES, NAMES),
    st.just("provider: [\n"),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.dictionaries(FILES, TEXTS, min_size=1, max_size=4))
def test_any_change_of_a_repository_at_peace_is_told_as_by_a_whole_run(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, str | None]
) -> None:
    top = tmp_path_factory.mktemp("any")
    desk = begin(top, top)
    for name, text in changes.items():
        path = desk.folder / f"rotations/{name}.yaml"
        path.unlink(missing_ok=True) if text is None else desk.write(f"rotations/{name}.yaml", text)
    there = [path for path in git(top, "status", "--porcelain", "-z", "-uall").split("\0") if path and path[1] != "D"]
    assert changed(desk) == whole(desk, *(path[3:] for path in there))
