"""Reviews of real git histories: what was moved, renamed, merged, squashed, deleted, overridden or weakened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_github import FakeGitHub
from shell.desk import BOT, FRESH, OVERDUE, TODAY, Calendar, Desk, Ran, at_github

from keyturn import files, history
from keyturn.errors import OutsideError
from keyturn.files.text import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

ID, PATH = "mixpanel/loader", "rotations/mixpanel-loader.yaml"
LATER = "2026-11-20"
PROOF = {"method": "attested", "at": f"{LATER}T12:00:00Z"}


def evidence(replaces: str, *parts: str) -> dict[str, Any]:
    return {"replaces": replaces, **dict.fromkeys(parts or ("new_key", "old_key", "consumers"), PROOF), "by": "bob"}


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """Run git as somebody whose settings are not known."""
    known = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _PERSON.items()},
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**_SURROUNDINGS, **known, **environment}, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


_SURROUNDINGS = {"PATH": os.pathsep.join(os.get_exec_path())}
_PERSON = {"NAME": "alice", "EMAIL": "alice@acme.example"}


@dataclass(slots=True)
class Repository(Desk):
    """A desk in a repository; every commit takes all that is there."""

    below: str = "."
    base: str = field(default="")

    def git(self, *arguments: str, **environment: str) -> str:
        return git(self.folder, *arguments, **environment)

    def commit(self, message: str = "Change keys") -> str:
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()

    def move(self, path: str, to: str) -> None:
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).rename(self.folder / to)

    def review(self, base: str = "main", *arguments: str) -> Ran:
        return self.keyturn("review", "--base", base, "--format", "json", *arguments)

    def found(self, base: str = "main", *arguments: str) -> list[tuple[str, str]]:
        """Return path and code of every problem."""
        ran = self.review(base, *arguments)
        assert ran.out, ran
        problems = ran.document["problems"]
        assert ran.status == any(each["severity"] == "error" for each in problems), ran
        return [(each["path"], each["code"]) for each in problems]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with one key on main, and a branch for the change."""
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    made = Repository(tmp_path)
    made.declare(ID, FRESH)
    made.base = made.commit("Declare a key")
    made.git("checkout", "--quiet", "-b", "change")
    return made


# -- files that move, and ids that change ----------------------------------------------------------------------------


def test_nothing_changed(repository: Repository) -> None:
    assert repository.keyturn("review", "--base", "main") == Ran(
        0, "Merging changes nothing about the issues.\nreview: nothing to object to\n", ""
    )


def test_what_is_not_committed_yet_is_reviewed(repository: Repository) -> None:
    repository.declare(ID, LATER)

    assert repository.found() == [(PATH, "created-without-evidence")]


@pytest.mark.parametrize("to", ["rotations/deep/er/loader.yml", "rotations/other.yaml"])
def test_a_moved_file_evades_nothing(repository: Repository, to: str) -> None:
    repository.move(PATH, to)
    repository.commit("Move")
    assert repository.found() == []

    repository.declare(ID, LATER, path=to)
    repository.commit("Rotate")
    assert repository.found() == [(to, "created-without-evidence")]


def test_two_files_that_swap_their_keys_are_the_same_keys(repository: Repository) -> None:
    repository.declare("mixpanel/reader", FRESH)
    repository.commit("Declare another key")
    repository.git("branch", "--force", "main")
    repository.declare(ID, FRESH, path="rotations/mixpanel-reader.yaml")
    repository.declare("mixpanel/reader", LATER, path=PATH)

    assert repository.found() == [(PATH, "created-without-evidence")]


@pytest.mark.parametrize(
    ("path", "formerly", "expected"),
    [
        (PATH, [], "id-changed"),
        ("rotations/new.yaml", [], "id-changed"),
        (PATH, [ID], None),
        ("rotations/new.yaml", [ID], None),
    ],
)
def test_a_renamed_key(repository: Repository, path: str, formerly: list[str], expected: str | None) -> None:
    repository.remove(PATH)
    repository.declare("mixpanel/renamed", FRESH, path=path, formerly=formerly)
    repository.commit("Rename")

    assert repository.found() == ([(path, expected)] if expected else [])


def test_a_rename_and_a_rotation_in_one_change(repository: Repository) -> None:
    repository.declare("mixpanel/renamed", LATER, path=PATH, formerly=[ID])
    assert repository.found() == [(PATH, "created-without-evidence")]

    repository.declare("mixpanel/renamed", LATER, path=PATH, formerly=[ID], evidence=evidence(FRESH))
    assert repository.found() == []


def test_line_ends_change_nothing(repository: Repository) -> None:
    hold = {"until": "2027-06-01", "reason": "Freeze."}
    repository.declare("mixpanel/held", FRESH, hold=hold)  # wrong on the base already
    repository.write("providers/acme.yaml", "name: Acme\nstrategy: overlap\n")
    repository.commit("Declare more")
    repository.git("branch", "--force", "main")
    for path in repository.folder.rglob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    repository.commit("Write as Windows does")

    assert repository.found() == []
    repository.write(PATH, repository.read(PATH).replace(FRESH, LATER))
    assert repository.found() == [(PATH, "created-without-evidence")]


# -- what the history says -----------------------------------------------------------------------------------------


@pytest.fixture(params=["merge", "squash", "rebase"])
def merged(request: pytest.FixtureRequest, repository: Repository) -> Repository:
    """A branch with a second key that was merged into main in one of three ways; work goes on from an older main."""
    repository.declare("mixpanel/reader", FRESH)
    repository.commit("Declare another key")
    repository.declare("mixpanel/reader", FRESH, description="Reads.")
    repository.commit("Describe it")
    repository.git("checkout", "--quiet", "-b", "later", "main")
    repository.write("README.md", "Keys.\n")
    repository.commit("Write about keys")
    how = {
        "merge": [["merge", "--quiet", "--no-ff", "change"]],
        "squash": [["merge", "--quiet", "--squash", "change"], ["commit", "--quiet", "-m", "Squashed"]],
        "rebase": [
            ["checkout", "-q", "change"],
            ["rebase", "-q", "later"],
            ["checkout", "-q", "-B", "later", "change"],
        ],
    }
    for command in how[request.param]:
        repository.git(*command)
    repository.git("branch", "--force", "main", "later")
    return repository


def test_a_change_after_any_kind_of_merge(merged: Repository) -> None:
    assert merged.found() == []
    merged.declare("mixpanel/reader", LATER)

    assert merged.found() == [("rotations/mixpanel-reader.yaml", "created-without-evidence")]


def test_an_id_of_the_past_after_any_kind_of_merge(merged: Repository) -> None:
    merged.remove("rotations/mixpanel-reader.yaml")
    merged.commit("Delete")
    merged.git("branch", "--force", "main")
    merged.declare("mixpanel/reader", LATER, path="rotations/back.yaml")

    assert merged.found() == [("rotations/back.yaml", "id-reused")]


def test_a_deletion_that_came_with_a_merge(repository: Repository) -> None:
    repository.remove(PATH)
    repository.commit("Delete")
    repository.git("checkout", "--quiet", "-b", "later", "main")
    repository.write("README.md", "Keys.\n")
    repository.commit("Write about keys")
    repository.git("merge", "--quiet", "--no-ff", "change")
    repository.git("branch", "--force", "main")
    repository.declare(ID, LATER)

    assert repository.found() == [(PATH, "id-reused")]


def test_new_ids_that_the_past_does_not_know(repository: Repository) -> None:
    repository.remove(PATH)
    repository.write("rotations/no-key.yaml", "provider: mixpanel\nkeys: [reader]\n")
    repository.write("rotations/no-map.yaml", "- mixpanel/reader\n")
    repository.write("rotations/no-yaml.yaml", "reader: [\n")
    repository.write("rotations/large.yaml", f"# {'reader ' * 40_000}\n")
    (repository.folder / "rotations/latin.yaml").write_bytes(b"# reader \xe9\n")
    repository.write("rotations/note.txt", "provider: mixpanel\nkey: reader\n")
    repository.commit("Add what says nothing")
    for path in (repository.folder / "rotations").iterdir():
        path.unlink()
    repository.declare("mixpanel/other", FRESH)
    repository.commit("Clear")
    repository.git("branch", "--force", "main")
    repository.declare("mixpanel/reader", FRESH)
    repository.declare("mixpanel/third", FRESH)

    assert repository.found() == []


def test_what_came_and_went_on_a_branch_never_counted(repository: Repository) -> None:
    repository.declare("mixpanel/reader", FRESH)
    repository.commit("Declare another key")
    repository.remove("rotations/mixpanel-reader.yaml")
    repository.commit("Think again")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "change")
    repository.git("checkout", "--quiet", "-b", "next")
    repository.declare("mixpanel/reader", FRESH)

    assert repository.found() == []


def test_a_base_that_has_moved_on(repository: Repository) -> None:
    repository.declare(ID, LATER, evidence=evidence(FRESH))
    repository.commit("Rotate")
    repository.git("checkout", "--quiet", "main")
    repository.declare("mixpanel/reader", FRESH)
    repository.declare("mixpanel/third", FRESH)
    tip = repository.commit("Declare more")
    repository.git("checkout", "--quiet", "change")

    ran = repository.review()
    assert (ran.status, ran.document["problems"], ran.document["base"]) == (0, [], tip)
    assert history.comparison(repository.folder, "main") == history.Comparison(tip, repository.base)


def test_the_policy_of_a_base_that_has_moved_on_judges(repository: Repository) -> None:
    repository.declare(ID, FRESH, hold={"until": "2026-12-10", "reason": "Freeze."})
    repository.commit("Hold")
    assert repository.found() == []
    repository.git("checkout", "--quiet", "main")
    repository.policy(max_hold="1w")
    repository.commit("Ask for more")
    repository.git("checkout", "--quiet", "change")

    assert repository.found() == [(PATH, "hold-too-long")]


def test_a_shallow_clone_that_has_the_base(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    repository.declare(ID, LATER, evidence=evidence(FRESH))
    repository.declare("mixpanel/reader", FRESH)
    repository.commit("Rotate and declare")
    clone = cloned(repository, tmp_path_factory, "--depth=2")

    assert clone.found("HEAD~1") == [("rotations/mixpanel-reader.yaml", "history-unchecked")]


@pytest.mark.parametrize("base", ["origin/main", "HEAD~1"])
def test_a_shallow_clone_without_the_base(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory, base: str
) -> None:
    repository.commit("Nothing")
    clone = cloned(repository, tmp_path_factory, "--depth=1")

    assert clone.keyturn("review", "--base", base) == Ran(
        3,
        "",
        f"keyturn: {base} names no commit here, and the clone is shallow; fetch more of the history, "
        "in a workflow with `fetch-depth: 0` of actions/checkout\n",
    )


def test_a_shallow_clone_that_does_not_reach_the_fork(
    repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repository.commit("Nothing")
    repository.git("checkout", "--quiet", "main")
    repository.commit("Something else")
    repository.git("checkout", "--quiet", "change")
    clone = cloned(repository, tmp_path_factory, "--depth=1", "--no-single-branch")

    with pytest.raises(OutsideError, match=r"no common history here, and the clone is shallow; .*`fetch-depth: 0`"):
        history.comparison(clone.folder, "origin/main")


def cloned(repository: Repository, folders: pytest.TempPathFactory, *options: str) -> Repository:
    folder = folders.mktemp("clone")
    git(folder, "clone", "--quiet", *options, repository.folder.as_uri(), "clone")
    return Repository(folder / "clone")


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        ("nowhere", "nowhere names no commit here; give a branch, a tag or a commit"),
        ("main:keyturn.yaml", "main:keyturn.yaml names no commit here; give a branch, a tag or a commit"),
        ("--output=x", "--output=x names no commit here; give a branch, a tag or a commit"),
        ("lonely", "lonely and this commit have no common history here; give the branch that the change is to be"),
    ],
)
def test_a_base_that_makes_no_sense(repository: Repository, base: str, reason: str) -> None:
    repository.git("checkout", "--quiet", "--orphan", "lonely")
    repository.commit("Begin anew")
    repository.git("checkout", "--quiet", "change")
    ran = repository.keyturn("review", f"--base={base}")

    assert (ran.status, ran.out, ran.err[: len(f"keyturn: {reason}")]) == (2, "", f"keyturn: {reason}")


@pytest.mark.parametrize("is_repository", [False, True])
def test_where_there_is_nothing_to_compare_with(tmp_path: Path, *, is_repository: bool) -> None:
    if is_repository:
        git(tmp_path, "init", "--quiet")
    desk = Desk(tmp_path)

    assert desk.keyturn("review", "--base", "main") == Ran(
        2, "", "keyturn: there is nothing to compare with: this is no git repository, or it has no commit yet\n"
    )


# -- what judges -----------------------------------------------------------------------------------------------------


def test_a_policy_that_is_weakened_with_what_it_is_to_allow(repository: Repository) -> None:
    repository.policy(max_hold="1y")
    repository.declare(ID, FRESH, hold={"until": "2027-06-01", "reason": "Freeze."})
    repository.commit("Hold long")

    assert repository.found() == [("keyturn.yaml", "policy-weakened"), (PATH, "hold-too-long")]


def test_a_policy_that_asks_for_more_shows_what_it_breaks(repository: Repository) -> None:
    repository.declare(ID, FRESH, hold={"until": "2026-12-10", "reason": "Freeze."})
    repository.commit("Hold")
    repository.git("branch", "--force", "main")
    repository.policy(max_hold="1w")

    assert repository.found() == [(PATH, "hold-too-long")]


def test_a_policy_with_an_error(repository: Repository) -> None:
    repository.policy(max_hold="long")
    assert repository.found() == [("keyturn.yaml", "wrong-format")]
    repository.commit("Break the policy")
    repository.git("branch", "--force", "main")

    repository.policy(max_hold="2y")
    repository.declare(ID, FRESH, hold={"until": "2027-06-01", "reason": "Freeze."})
    ran = repository.review()
    assert [each["code"] for each in ran.document["problems"]] == ["policy-weakened", "hold-too-long"]
    assert ran.document["notes"] == [
        "keyturn.yaml of the base has an error; where it cannot be read, the default policy judges"
    ]


def test_the_first_policy_judges_itself(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    repository = Repository(tmp_path)
    repository.git("commit", "--quiet", "--allow-empty", "-m", "Begin")
    repository.policy(max_hold="1y")
    repository.declare(ID, FRESH, hold={"until": "2027-06-01", "reason": "Freeze."})

    assert repository.found() == []


def test_a_policy_for_keys_that_had_none_does_not_judge_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    repository = Repository(tmp_path)
    repository.remove("keyturn.yaml")
    repository.declare(ID, FRESH)
    repository.commit("Declare")
    repository.policy(max_hold="1y")
    repository.declare(ID, FRESH, hold={"until": "2027-06-01", "reason": "Freeze."})

    assert repository.found() == [("keyturn.yaml", "policy-weakened"), (PATH, "hold-too-long")]


def test_a_provider_that_the_change_overrides_is_not_used(repository: Repository) -> None:
    repository.write(
        "providers/mixpanel.yaml",
        "name: Trap\nstrategy: overlap\nvariants: {trap: {name: Trap}}\nsteps: {create: [x]}\n",
    )
    repository.declare(ID, OVERDUE, variant="trap")
    repository.commit("Override")

    ran = repository.review()
    codes = [(each["path"], each["code"]) for each in ran.document["problems"]]
    assert codes == [
        ("providers/mixpanel.yaml", "catalogue-overridden"),
        (PATH, "created-backwards"),
        (PATH, "unknown-variant"),
    ]
    assert [each["action"] for each in ran.document["actions"]] == ["open"]


def test_a_provider_that_is_new_is_used(repository: Repository) -> None:
    repository.write("providers/acme.yaml", "name: Acme\nstrategy: overlap\naliases: [acme-inc]\n")
    repository.write("platforms/desk.yaml", "name: Desk\n")
    repository.declare("acme-inc/loader", OVERDUE, consumers=[{"platform": "desk", "name": "One"}])
    repository.commit("Add a provider")

    ran = repository.review()
    assert (ran.status, ran.document["problems"]) == (0, [])
    assert [(each["action"], each["rotation"]) for each in ran.document["actions"]] == [("open", "acme-inc/loader")]


@pytest.mark.parametrize("act", ["change", "delete", "link"])
def test_a_provider_of_the_base_that_changes(repository: Repository, act: str) -> None:
    path = repository.write("providers/acme.yaml", "name: Acme\nstrategy: overlap\n")
    repository.declare("acme/loader", FRESH)
    repository.commit("Add a provider")
    repository.git("branch", "--force", "main")
    path.unlink()
    if act == "change":
        path.write_text("name: Acme\nstrategy: reset\n")
    elif act == "link":
        path.symlink_to("nowhere.yaml")

    known = {"providers/acme.yaml": "catalogue-overridden"}
    assert set(repository.found()) >= known.items()


@pytest.mark.repository
def test_a_catalogue_that_is_shipped_from_the_same_checkout(tmp_path: Path) -> None:
    """Review keyturn's own repository, whose catalogue is both the root's own and the shipped one."""
    checkout = Path(files.shipped("providers")).parent
    git(tmp_path, "clone", "--quiet", "--no-hardlinks", str(checkout), "keyturn")
    code = "import sys; sys.argv[0] = 'keyturn'; from keyturn.cli import main; sys.exit(main())"
    copy = tmp_path / "keyturn"
    (copy / "providers/acme-new.yaml").write_text("name: Acme\nstrategy: overlap\naliases: [acme-newest]\n")
    (copy / "providers/mixpanel.yaml").write_text("name: Mixpanel\nstrategy: reset\n")
    done = subprocess.run(
        [sys.executable, "-c", code, "review", "--base", "HEAD", "--format", "json", "--today", TODAY],
        cwd=copy,
        env={**_SURROUNDINGS, "PYTHONPATH": str(copy / "src")},
        check=False,
        capture_output=True,
        text=True,
    )
    problems = json.loads(done.stdout)["problems"]
    assert [(each["path"], each["code"]) for each in problems if each["code"] == "catalogue-overridden"] == [
        ("providers/mixpanel.yaml", "catalogue-overridden")
    ], done.stderr


def test_a_template_of_the_base_that_cannot_be_used(repository: Repository) -> None:
    (repository.folder / "templates").mkdir()
    (repository.folder / "templates/issue.md.jinja").write_bytes(b"\xff")
    repository.commit("Break the template")
    repository.git("branch", "--force", "main")
    repository.remove("templates/issue.md.jinja")
    reason = "this byte is not UTF-8; save the file as UTF-8"

    ran = repository.review()
    assert (ran.status, ran.document["notes"]) == (
        0,
        [f"a template of the base cannot be used: templates/issue.md.jinja: {reason}"],
    )


# -- files that cannot be read -----------------------------------------------------------------------------------------


def test_a_file_of_the_change_that_cannot_be_read(repository: Repository) -> None:
    repository.write(PATH, "provider: mixpanel\nkey: loader\n")
    assert set(repository.found()) == {(PATH, "missing-field")}


def test_a_file_that_could_not_be_read_before(repository: Repository) -> None:
    repository.write("rotations/broken.yaml", "provider: mixpanel\n")
    leak = {"reason": "leaked", "replaces": FRESH, "deadline": "2026-11-23"}
    repository.declare(ID, FRESH, request=leak)
    repository.commit("Break a file")
    repository.git("branch", "--force", "main")
    repository.remove(PATH)

    ran = repository.review()
    assert [(each["path"], each["line"], each["code"]) for each in ran.document["problems"]] == [
        (PATH, 1, "leak-withdrawn")
    ]
    assert ran.document["notes"] == [
        "some files of the base have an error; the keys that they declare are taken for new ones"
    ]


def test_what_is_no_regular_file_in_a_commit(repository: Repository) -> None:
    (repository.folder / "rotations/link.yaml").symlink_to("../keyturn.yaml")
    repository.write("rotations/large.yaml", "#" * (LARGEST + 1))
    repository.commit("Add a link and a large file")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{repository.base},rotations/sub")
    repository.git("commit", "--quiet", "-m", "Add a submodule")
    forged = forge(repository, {"..": "outside", ".git": "config", "a": "b.yaml"})
    folder = repository.folder / "out"
    folder.mkdir()

    history.export(repository.folder, "HEAD", ("rotations", "keyturn.yaml"), folder, LARGEST)
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        "keyturn.yaml",
        "rotations",
        "rotations/large.yaml",
        "rotations/link.yaml",
        PATH,
    ]
    assert (folder / "rotations/link.yaml").is_symlink()
    assert not (folder / "rotations/link.yaml").exists()
    assert (folder / "rotations/large.yaml").read_bytes() == b"\0" * (LARGEST + 1)
    assert (folder / PATH).read_text() == repository.read(PATH)

    other = repository.folder / "forged"
    other.mkdir()
    history.export(repository.folder, forged, ("rotations",), other, LARGEST)
    assert sorted(path.relative_to(other).as_posix() for path in other.rglob("*")) == [
        "rotations",
        "rotations/a",
        "rotations/a/b.yaml",
    ]


def forge(repository: Repository, folders: dict[str, str]) -> str:
    """Make a commit whose `rotations` holds folders that git would never make."""
    blob = repository.git("hash-object", "-w", "keyturn.yaml")

    def tree(*entries: tuple[str, str, str]) -> str:
        content = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(sha) for mode, name, sha in entries)
        made = repository.folder / "tree"
        made.write_bytes(content)
        return repository.git("hash-object", "-w", "-t", "tree", "--literally", "tree")

    inner = {name: tree(("100644", file, blob)) for name, file in folders.items()}
    rotations = tree(*(("40000", name, sha) for name, sha in sorted(inner.items())))
    return repository.git("commit-tree", "-m", "Forged", tree(("40000", "rotations", rotations)))


def test_a_root_below_the_top(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    (tmp_path / "a [1]").mkdir()
    repository = Repository(tmp_path / "a [1]")
    repository.declare(ID, FRESH)
    repository.declare("mixpanel/gone", FRESH)
    repository.commit("Declare")
    repository.remove("rotations/mixpanel-gone.yaml")
    repository.commit("Delete")
    repository.git("checkout", "--quiet", "-b", "change")
    repository.declare(ID, LATER)
    repository.declare("mixpanel/gone", FRESH)

    assert repository.found() == [
        ("rotations/mixpanel-gone.yaml", "id-reused"),
        (PATH, "created-without-evidence"),
    ]


def test_git_is_asked_a_few_times_however_many_files_there_are(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trace = tmp_path_factory.mktemp("trace") / "events"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))  # read by git

    def calls() -> int:
        trace.unlink(missing_ok=True)
        repository.review()
        return trace.read_text().count('"event":"start"')

    repository.declare("mixpanel/reader", FRESH)
    few = calls()
    for number in range(30):
        repository.declare(f"mixpanel/key-{number}", FRESH)
    repository.commit("Declare many")
    repository.git("branch", "--force", "main")
    for number in range(30):
        repository.declare(f"mixpanel/more-{number}", FRESH)

    assert calls() == few


# -- with issues -------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(clock=Calendar()) as fake:
        fake.add_repository("acme/keys")
        yield fake
        assert (fake.unexpected, fake.violations) == ([], [])


def test_a_deletion_while_the_issue_is_open(repository: Repository, fake: FakeGitHub) -> None:
    at_github(repository, fake, login=BOT)
    repository.environment["GITHUB_REPOSITORY"] = "acme/keys"
    tracker = ("--tracker", "github:acme/keys")
    repository.declare(ID, OVERDUE)
    repository.commit("It is old")
    repository.git("branch", "--force", "main")
    assert repository.keyturn("apply", *tracker).status == 0
    writes = len(fake.writes)
    repository.remove(PATH)
    repository.declare("mixpanel/other", FRESH)

    ran = repository.review("main", *tracker)
    assert [(each["path"], each["line"], each["code"]) for each in ran.document["problems"]] == [
        (PATH, 1, "deleted-while-open")
    ]
    assert "#1 is open" in ran.document["problems"][0]["message"]
    assert [(each["action"], each["issue"]) for each in ran.document["actions"]] == [("close", 1)]
    assert len(fake.writes) == writes

    fake.person_closes(1)
    assert repository.found("main", *tracker) == []


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "the GitHub tracker needs a token in GITHUB_TOKEN or GH_TOKEN; or try `--tracker local`"),
        ("x" * 8, "GitHub does not accept the token in GITHUB_TOKEN or GH_TOKEN; set a valid one"),
    ],
)
def test_without_a_tracker_that_answers_it_says_so(
    repository: Repository, fake: FakeGitHub, token: str, reason: str
) -> None:
    repository.environment |= {"GITHUB_TOKEN": token, "GITHUB_API_URL": fake.url, "KEYTURN_WRITE_PAUSE": "0"}
    repository.remove(PATH)

    ran = repository.review("main", "--tracker", "github:acme/keys")
    assert (ran.status, [each["code"] for each in ran.document["problems"]]) == (0, ["deletion-unchecked"])
    assert (ran.document["actions"], ran.document["notes"]) == (None, [f"the issues could not be read: {reason}"])


def test_an_incident_shows_what_it_opens(repository: Repository) -> None:
    repository.declare("segment/other", FRESH)
    repository.commit("Declare more")
    repository.git("branch", "--force", "main")
    incident = 'summary: Tokens leaked\nmatch: {providers: [mixpanel]}\nrespond_by: "2026-11-23"\n'
    repository.write("incidents/vendor.yaml", incident)

    ran = repository.review()
    assert (ran.status, ran.document["problems"], ran.document["averted"]) == (0, [], [])
    assert ("open", ID) in ran.actions


# -- every form ----------------------------------------------------------------------------------------------------


def test_every_form_says_the_same(repository: Repository) -> None:
    repository.declare(ID, OVERDUE)
    summary = repository.folder.parent / f"{repository.folder.name}-summary.md"
    repository.environment["GITHUB_STEP_SUMMARY"] = str(summary)
    shown = {form: repository.keyturn("review", "--base", "main", "--format", form).out for form in FORMS}

    message = f"`created` goes back from {FRESH} to {OVERDUE}; this is right for a correction only"
    due = "due 2026-10-30 (22 days ago)"
    plan = f"After the merge: 1 to open.\n  open  mixpanel/loader  new  {due}  standard · overdue\n"
    assert shown["text"].startswith(f"{PATH}:4:10: created-backwards: {message} (warning)\n{plan}")
    assert shown["github"].startswith(f"::warning file={PATH},line=4,col=10,title=created-backwards::{message}\n{plan}")
    assert shown["markdown"].startswith("## keyturn: 1 warning\n\n| ")
    assert summary.read_text(encoding="utf-8") == shown["markdown"] * len(FORMS)
    assert json.loads(shown["json"])["problems"][0]["message"] == message


FORMS = ("text", "github", "markdown", "json")


def test_no_ref_is_wrong_usage(repository: Repository) -> None:
    ran = repository.keyturn("review")

    assert (ran.status, ran.out) == (2, "")
    assert "--base" in ran.err
