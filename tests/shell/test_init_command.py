"""`keyturn init`: what it writes is valid as it stands, says what it is for, and takes nothing from anybody."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml
from git import Actor, Repo
from shell.desk import Desk

from keyturn import __version__, files
from keyturn.commands import init
from keyturn.errors import UsageError
from keyturn.files import starters
from keyturn.history.people import authors, default_branch
from keyturn.render import scaffold
from keyturn.render.scaffold import Start

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RELEASE = ("--release", COMMIT)
BIN = Path(sysconfig.get_path("scripts"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def keys(desk: Desk) -> Path:
    """A new folder as init leaves it."""
    assert desk.keyturn("init", "keys", *RELEASE).status == 0
    return desk.folder / "keys"


def policy(folder: Path) -> dict[str, object]:
    document = files.read(folder / "keyturn.yaml", "keyturn.yaml")
    assert isinstance(document, files.Document)
    assert isinstance(document.data, dict)
    return document.data


def commit(repo: Repo, *addresses: str) -> None:
    for address in addresses:
        person = Actor("Somebody", address)
        repo.index.commit("Change", author=person, committer=person)


def test_every_file_is_written_with_the_line_that_says_what_it_is_for(desk: Desk) -> None:
    ran = desk.keyturn("init", "keys", *RELEASE)
    told = re.findall(r"^wrote    (\S+): .{15,}$", ran.out, flags=re.MULTILINE)
    there = {path.relative_to(desk.folder / "keys").as_posix() for path in (desk.folder / "keys").rglob("*")}
    assert (ran.status, len(ran.out.splitlines())) == (0, len(told))
    assert set(told) == {path for path in there if (desk.folder / "keys" / path).is_file()}
    assert {f".github/workflows/{name}" for name in scaffold.WORKFLOWS} < set(told)
    assert "keyturn new" in ran.err
    assert "Name the owners in .github/CODEOWNERS" in ran.err


def test_the_result_is_valid_and_plans(desk: Desk, keys: Path) -> None:
    validated = desk.keyturn("validate", folder="keys")
    assert (validated.status, validated.out) == (0, "0 files: no problems\n")
    assert desk.keyturn("plan", folder="keys").status == 0
    assert policy(keys)["evidence"] == {"require": ["new_key", "old_key", "consumers"], "four_eyes": False}


def test_the_sample_is_a_valid_rotation(desk: Desk, keys: Path) -> None:
    (sample,) = re.findall(r"```yaml\n(.*?)```", (keys / "rotations/README.md").read_text(encoding="utf-8"), re.DOTALL)
    (keys / "rotations/loader.yaml").write_text(sample, encoding="utf-8")
    ran = desk.keyturn("validate", folder="keys")
    assert (ran.status, ran.out) == (0, "1 file: no problems\n")


def test_the_workflows_run_keyturn_at_the_release_and_nothing_of_the_repository(keys: Path) -> None:
    for name in scaffold.WORKFLOWS:
        text = (keys / ".github/workflows" / name).read_text(encoding="utf-8")
        checkouts = re.findall(r"uses: actions/checkout@[0-9a-f]{40}", text)
        assert len(checkouts) == 2
        assert len(set(checkouts)) == 1
        assert f"ref: {COMMIT} # {__version__}\n" in text
        assert "PYTHONPATH: .keyturn/release/src" in text
        assert set(re.findall(r"python (?:-m )?[\w./]+", text)) <= {
            "python -m pip",
            "python -m keyturn",
            *re.findall(r"python \.keyturn/release/scripts/\w+\.py", text),
        }
        assert re.findall(r"(?<!release/)requirements/|(?<!release/)scripts/", text) == []


def test_a_workflow_that_has_lost_a_piece_is_our_bug() -> None:
    text = starters.sources(["check.yml"])["workflows/check.yml"].replace("PYTHONPATH: src", "PYTHONPATH: .")
    with pytest.raises(ValueError, match="PYTHONPATH: src"):
        scaffold.workflow(text, Start(COMMIT, "1.0"))


def test_editors_get_a_schema_for_every_kind_of_file(keys: Path) -> None:
    settings = json.loads((keys / ".vscode/settings.json").read_text(encoding="utf-8"))
    assert {path.removeprefix("./") for path in settings["yaml.schemas"]} == {
        path.relative_to(keys).as_posix() for path in (keys / "schemas").iterdir()
    }
    for path in (keys / "schemas").iterdir():
        assert json.loads(path.read_text(encoding="utf-8")) == files.schemas()[path.name.split(".")[0]]


def test_the_other_files_can_be_read_by_those_that_they_are_for(keys: Path) -> None:
    hooks = yaml.safe_load((keys / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert hooks["repos"][0]["rev"] == COMMIT
    updates = yaml.safe_load((keys / ".github/dependabot.yml").read_text(encoding="utf-8"))
    assert [each["package-ecosystem"] for each in updates["updates"]] == ["github-actions"]
    assert COMMIT in (keys / "README.md").read_text(encoding="utf-8")


def test_what_is_there_stays_and_the_second_time_everything_is_there(desk: Desk) -> None:
    desk.write("keys/.gitignore", "mine\n")
    first = desk.keyturn("init", "keys", *RELEASE)
    assert "kept     .gitignore: it is there already; add a line `.keyturn/`\n" in first.out
    assert desk.read("keys/.gitignore") == "mine\n"
    (desk.folder / "keys/README.md").unlink()
    (desk.folder / "keys/README.md").symlink_to("nowhere")
    second = desk.keyturn("init", "keys", *RELEASE)
    assert {line.split()[0] for line in second.out.splitlines()} == {"kept"}
    assert (desk.folder / "keys/README.md").is_symlink()


def test_no_link_is_followed_out_of_the_folder(desk: Desk) -> None:
    (desk.folder / "keys").mkdir()
    (desk.folder / "elsewhere").mkdir()
    (desk.folder / "keys/.github").symlink_to(desk.folder / "elsewhere")
    ran = desk.keyturn("init", "keys", *RELEASE)
    assert ran.status == 1
    assert ".github is a link, so .github/CODEOWNERS was not written; put a folder in its place" in ran.err
    assert list((desk.folder / "elsewhere").iterdir()) == []


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    ran = desk.keyturn("init", "keys", "--dry-run", *RELEASE)
    assert {line.split(":")[0].rsplit(" ", 1)[0] for line in ran.out.splitlines()} == {"would be"}
    assert ran.err == "nothing was written\n"
    assert not (desk.folder / "keys").exists()


@pytest.mark.parametrize("arguments", [["init"], ["init", "--root", "."], ["init", "."]], ids=["here", "root", "dot"])
def test_without_a_folder_it_is_this_one(desk: Desk, arguments: list[str]) -> None:
    assert "kept     keyturn.yaml" in desk.keyturn(*arguments, *RELEASE).out
    assert (desk.folder / ".github/workflows/check.yml").is_file()


def test_what_git_knows_is_taken_from_it(desk: Desk) -> None:
    with Repo.init(desk.folder / "keys", initial_branch="trunk") as repo:
        commit(repo, "alice@acme.example", "Bob@acme.example", "bob@acme.example", "1+robot[bot]@users.noreply.example")
        repo.create_remote("origin", "git@github.com:acme/keys.git")
        repo.git.update_ref("refs/remotes/origin/trunk", "HEAD")
        repo.git.symbolic_ref("refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
        repo.config_writer().set_value("github", "user", "alice").release()
    ran = desk.keyturn("init", "keys", *RELEASE)
    keys = desk.folder / "keys"
    assert ran.status == 0
    assert "CODEOWNERS" not in ran.err
    said = policy(keys)
    assert (said["tracker"], said["identity"]) == ("github:acme/keys", ["github-actions[bot]"])
    assert said["evidence"] == {"require": ["new_key", "old_key", "consumers"], "four_eyes": True}
    assert "branches: [trunk]" in (keys / ".github/workflows/issues.yml").read_text(encoding="utf-8")
    assert "/keyturn.yaml @alice\n" in (keys / ".github/CODEOWNERS").read_text(encoding="utf-8")
    assert desk.keyturn("validate", folder="keys").out == "0 files: no problems\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--writers", "1", "--tracker", "github:acme/keys"], False),
        (["--writers", "2", "--tracker", "github:acme/keys"], True),
        (["--writers", "2"], False),
    ],
    ids=["alone", "two", "no-github"],
)
def test_four_eyes_need_two_people_and_github(desk: Desk, options: list[str], *, expected: bool) -> None:
    assert desk.keyturn("init", "keys", *RELEASE, *options).status == 0
    evidence = policy(desk.folder / "keys")["evidence"]
    assert isinstance(evidence, dict)
    assert evidence["four_eyes"] is expected
    assert desk.keyturn("validate", folder="keys").status == 0


def test_people_and_branch_may_be_said(desk: Desk) -> None:
    said = ("--owner", "@alice", "--owner", "@acme/security", "--branch", "trunk")
    assert desk.keyturn("init", "keys", *RELEASE, *said).status == 0
    owners = desk.read("keys/.github/CODEOWNERS").splitlines()
    assert [line for line in owners if not line.startswith("#")] == [
        f"{path} @alice @acme/security"
        for path in ("/keyturn.yaml", "/providers/", "/platforms/", "/templates/", "/schemas/", "/.github/")
    ]
    assert "branches: [trunk]" in desk.read("keys/.github/workflows/issues.yml")


@pytest.mark.parametrize(
    ("option", "word", "advice"),
    [
        ("--owner", "alice", "write @alice or @acme/security"),
        ("--branch", "a: b", "write for example main"),
        ("--release", "v1", "write all 40 hexadecimal digits"),
    ],
)
def test_what_would_not_do_in_a_workflow_is_refused(desk: Desk, option: str, word: str, advice: str) -> None:
    ran = desk.keyturn("init", "keys", option, word)
    assert (ran.status, advice in ran.err) == (2, True)


def test_a_file_is_no_folder(desk: Desk) -> None:
    ran = desk.keyturn("init", "keyturn.yaml", *RELEASE)
    assert (ran.status, "is no folder" in ran.err) == (2, True)


def test_below_the_top_of_a_repository_its_own_files_are_left_out(desk: Desk) -> None:
    Repo.init(desk.folder).close()
    ran = desk.keyturn("init", "team/keys", *RELEASE)
    assert "left out .github/workflows/check.yml: its place is the top of the repository" in ran.out
    assert sorted(path.name for path in (desk.folder / "team/keys").iterdir()) == [
        *(".gitattributes", ".gitignore", "README.md", "keyturn.yaml", "rotations", "schemas"),
    ]
    assert not (desk.folder / ".github").exists()


# -- which keyturn this is -------------------------------------------------------------------------------------------

HERE = files.shipped("templates").parent


@pytest.mark.parametrize(
    ("direct", "expected"),
    [
        ({"url": "https://git.example/keyturn", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}, (COMMIT, HERE)),
        ({"url": "file:///srv/a%20b", "dir_info": {}}, (None, Path("/srv/a b"))),
        ({"url": "file:///srv/keyturn.whl", "archive_info": {}}, (None, HERE)),
    ],
    ids=["git", "folder", "archive"],
)
def test_an_installation_knows_what_it_came_from(direct: dict[str, object], expected: tuple[str | None, Path]) -> None:
    assert starters.provenance(direct, HERE) == expected


def test_what_is_not_installed_came_from_its_folder() -> None:
    assert starters.origin("no-such-package") == (None, HERE)


def test_a_keyturn_that_does_not_know_its_commit_asks_for_it(desk: Desk) -> None:
    with pytest.raises(UsageError, match=rf"ls-remote https://github.com/keyturn/keyturn 'refs/tags/v{__version__}"):
        init.commit(None, desk.folder)


@pytest.mark.repository
def test_a_checkout_is_the_release(desk: Desk) -> None:
    ran = desk.keyturn("init", "keys")
    assert ran.status == 0
    (commit_,) = re.findall(r"ref: ([0-9a-f]{40}) # ", desk.read("keys/.github/workflows/check.yml"))
    with Repo(HERE) as repo:
        assert repo.commit(commit_) in repo.iter_commits(max_count=100)  # more may have come meanwhile


@pytest.mark.repository
@pytest.mark.parametrize("tool", ["zizmor", "check-jsonschema"])
def test_the_linters_of_workflows_find_nothing(keys: Path, tool: str) -> None:
    workflows = sorted(map(str, (keys / ".github/workflows").iterdir()))
    arguments = {
        "zizmor": ["--offline", "--persona", "pedantic", ".github"],
        "check-jsonschema": ["--builtin-schema", "vendor.github-workflows", *workflows],
    }
    done = subprocess.run([BIN / tool, *arguments[tool]], cwd=keys, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_git_knows_who_works_here_and_nothing_where_it_is_not(tmp_path: Path) -> None:
    assert (authors(tmp_path), default_branch(tmp_path)) == (frozenset(), None)
    with Repo.init(tmp_path) as repo:
        assert (authors(tmp_path), default_branch(tmp_path)) == (frozenset(), None)
        commit(repo, "alice@acme.example")
    assert authors(tmp_path) == {"alice@acme.example"}
