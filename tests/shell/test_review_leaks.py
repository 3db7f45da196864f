"""Credentials that a change adds: in files of any kind, in commits that a later one undoes, in merges, in no commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from core.credential_corpus import LEAKED
from shell.desk import FRESH
from shell.test_review_history import ID, PATH, Repository, repository  # noqa: F401 - the fixture

from keyturn.commands.leaks import MOST, leaks
from keyturn.commands.workspace import load
from keyturn.history.additions import Additions, Budget

if TYPE_CHECKING:
    from pathlib import Path

    from shell.desk import Ran

TOKEN = LEAKED["GitHub"][0]
NAME = "GitHub Token"


def found(ran: Ran) -> list[tuple[str, int, str]]:
    problems = ran.document["problems"]
    return [(each["path"], each["line"], each["severity"]) for each in problems if each["code"] == "credential-added"]


@pytest.mark.parametrize(
    "path", ["README.md", ".github/workflows/deploy.yml", "src/über uns/a\tb.py", "rotations/notes.txt", "LICENSE"]
)
def test_a_key_in_any_file_is_found(repository: Repository, path: str) -> None:  # noqa: F811 - the fixture
    repository.write(path, f"first\n  token = '{TOKEN}'\nlast\n")
    commit = repository.commit("Write something")
    ran = repository.review()
    assert [(line, severity) for _, line, severity in found(ran)] == [(2, "error")]
    assert ran.status == 1
    [problem] = ran.document["problems"]
    assert problem["column"] == 12
    assert commit[:12] in problem["message"]
    assert NAME in problem["message"]
    assert "keyturn request PROVIDER/KEY --reason leaked" in problem["message"]


def test_the_key_itself_is_shown_nowhere(repository: Repository) -> None:  # noqa: F811 - the fixture
    summary = repository.folder.parent / "summary.md"
    repository.environment["GITHUB_STEP_SUMMARY"] = str(summary)
    repository.write("README.md", TOKEN)
    repository.commit("Write something")
    for form in ("text", "json", "markdown", "github"):
        ran = repository.keyturn("review", "--base", "main", "--format", form)
        assert "README.md" in ran.out
        assert TOKEN[8:20] not in ran.out + ran.err + summary.read_text(encoding="utf-8")


def test_a_key_that_a_later_commit_takes_out_is_found(repository: Repository) -> None:  # noqa: F811 - the fixture
    before = repository.read(PATH)
    repository.write(PATH, f"{before}# {TOKEN}\n")
    leaked = repository.commit("Add a remark")
    repository.write(PATH, before)
    repository.commit("Take it out")
    ran = repository.review()
    assert found(ran) == [(PATH, len(before.splitlines()) + 1, "error")]
    [problem] = ran.document["problems"]
    assert leaked[:12] in problem["message"]
    assert f"keyturn request {ID} --reason leaked" in problem["message"]


def test_a_key_that_comes_and_goes_again_is_said_once(repository: Repository) -> None:  # noqa: F811 - the fixture
    for text in (TOKEN, "nothing", TOKEN, f"x\n    {TOKEN}"):
        repository.write("README.md", text)
        repository.commit("Write something")
    assert found(repository.review()) == [("README.md", 1, "error")]


def test_a_declared_file_that_is_refused_anyway_says_it_once(repository: Repository) -> None:  # noqa: F811 - the fixture
    repository.write("rotations/x.yaml", f"description: {TOKEN}\n")
    repository.commit("Declare a key")
    problems = repository.review().document["problems"]
    assert [each["code"] for each in problems if each["line"] == 1 and "credential" in each["code"]] == ["credential"]


def test_what_is_not_committed_yet_is_searched(repository: Repository) -> None:  # noqa: F811 - the fixture
    repository.write("README.md", "plain\n")
    repository.commit("Write something")
    repository.write("README.md", f"plain\n{TOKEN}\n")
    repository.write("new.txt", TOKEN)
    os.mkfifo(repository.folder / "pipe")
    (repository.folder / "link").symlink_to("new.txt")
    ran = repository.review("HEAD")
    assert found(ran) == [("README.md", 2, "error"), ("new.txt", 1, "error")]
    assert all("before it is committed" in each["message"] for each in ran.document["problems"])


def test_what_the_base_has_already_is_not_searched(repository: Repository) -> None:  # noqa: F811 - the fixture
    repository.git("checkout", "--quiet", "main")
    repository.write("README.md", f"{TOKEN}\n")
    repository.commit("Leak on main")
    repository.git("checkout", "--quiet", "change")
    repository.git("merge", "--quiet", "--no-edit", "main")
    repository.write("README.md", f"above\n{TOKEN}\nbelow\n")
    repository.commit("Write around it")
    assert found(repository.review()) == []


def test_a_merge_that_brings_something_of_its_own_is_searched(repository: Repository) -> None:  # noqa: F811 - the fixture
    repository.write("side.txt", "side\n")
    repository.commit("On the side")
    repository.git("checkout", "--quiet", "main")
    repository.write("main.txt", "main\n")
    repository.commit("On main")
    repository.git("checkout", "--quiet", "change")
    repository.git("merge", "--quiet", "--no-commit", "main")
    repository.write("side.txt", f"side\n{TOKEN}\n")
    repository.write("main.txt", f"main\n{TOKEN[::-1]}\n{TOKEN}\n")
    repository.commit("Merge")
    assert found(repository.review()) == [("main.txt", 3, "error"), ("side.txt", 2, "error")]


SEVERITIES = {
    "a word that announces a value": ("password = " + "hun" + "ter22!", []),
    "a sample address": ("see https://" + "alice:" + "hunter22" + "@db.example/", ["warning"]),
    "excused": (f"{TOKEN}  # pragma: allowlist secret", ["warning"]),
}


@pytest.mark.parametrize(("line", "severities"), SEVERITIES.values(), ids=SEVERITIES)
def test_what_is_common_in_code_weighs_less(
    repository: Repository,  # noqa: F811 - the fixture
    line: str,
    severities: list[str],
) -> None:
    repository.write("deploy.py", line)
    repository.commit("Write something")
    ran = repository.review()
    assert [severity for *_, severity in found(ran)] == severities
    assert ran.status == 0


def test_nothing_excuses_a_line_of_a_declared_file(repository: Repository) -> None:  # noqa: F811 - the fixture
    before = repository.read(PATH)
    repository.write(PATH, f"{before}# password: {'hun' + 'ter22!'} pragma: allowlist secret\n")
    repository.commit("Add a remark")
    repository.write(PATH, before)
    repository.commit("Take it out")
    assert [severity for *_, severity in found(repository.review())] == ["error"]


def test_other_encodings_are_read_and_pictures_left_out(repository: Repository) -> None:  # noqa: F811 - the fixture
    (repository.folder / "utf16.txt").write_bytes(f"a\n{TOKEN}\n".encode("utf-16"))
    (repository.folder / "picture.png").write_bytes(b"\x89PNG\0\n" + TOKEN.encode())
    (repository.folder / "latin1.txt").write_bytes(f"\xe9 {TOKEN}".encode("latin-1"))
    repository.git("add", ".")
    repository.commit("Write something")
    assert found(repository.review()) == [("latin1.txt", 1, "error"), ("utf16.txt", 2, "error")]


def test_too_much_is_named_and_not_passed_over(repository: Repository) -> None:  # noqa: F811 - the fixture
    for number in range(8):
        repository.write(f"large-{number}.txt", "x" * 200)
    repository.commit("Write much")
    repository.write("large-8.txt", "y" * 200)
    head = load(repository.folder, repository.calendar.now.date())
    names = ", ".join(f"large-{number}.txt" for number in range(5))
    of_one = leaks(head, "main", Budget(largest=100, most=10_000))
    assert of_one.notes == (f"too large to be searched for credentials, so look at it yourself: {names} and 4 more",)
    of_all = Additions(repository.folder, "main", Budget(largest=1000, most=0))
    assert list(of_all) == []
    assert len(of_all.unread) == 9


def test_findings_have_an_end(repository: Repository) -> None:  # noqa: F811 - the fixture
    repository.write("many.txt", "".join(f"{TOKEN} {number}\n" for number in range(2 * MOST)))
    repository.commit("Write much")
    assert len(found(repository.review())) == MOST


def test_a_root_below_the_top_sees_the_whole_change(tmp_path: Path) -> None:
    top = Repository(tmp_path)
    top.git("init", "--quiet", "--initial-branch", "main")
    below = Repository(tmp_path / "keys")
    below.declare(ID, FRESH)
    top.commit("Declare a key")
    top.git("checkout", "--quiet", "-b", "change")
    top.write("deploy.yml", TOKEN)
    top.commit("Deploy")
    assert found(below.review()) == [("../deploy.yml", 1, "error")]


def test_links_and_submodules_are_no_text(repository: Repository) -> None:  # noqa: F811 - the fixture
    (repository.folder / "link").symlink_to(TOKEN)
    repository.git("add", ".")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{repository.base},vendor")
    repository.git("commit", "--quiet", "--message", "Link")
    assert found(repository.review()) == []
