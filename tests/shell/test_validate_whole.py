"""The one pass of `validate` against reading everything: the same problems; its shards, processes and memory."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any

import pytest
from shell.desk import DUE, Desk
from shell.test_commands_validate import BAD, plain

from keyturn import files, history
from keyturn.commands import memory, processes, sweep, workspace
from keyturn.commands.scope import Found, Scope
from keyturn.commands.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def found(desk: Desk, scope: Scope | None = None) -> Found:
    return sweep.found(desk.folder, desk.calendar.now.date(), scope or Scope())


def whole(desk: Desk) -> Found:
    """Read every file into values, as the other commands do."""
    read = workspace.load(desk.folder, desk.calendar.now.date())
    return Found(list(read.problems), len(read.files))


def fill(desk: Desk) -> None:
    """Declare everything that there are rules for, right and wrong."""
    for number, (text, _) in enumerate(BAD.values()):
        desk.write(f"rotations/bad/{number}.yaml", "").write_bytes(text if isinstance(text, bytes) else text.encode())
    examples = files.shipped("tests") / "examples"
    for path in sorted(examples.rglob("*.y*ml")):
        name = path.relative_to(examples).as_posix()
        desk.write(f"rotations/examples/{name}", "").write_bytes(path.read_bytes())
    desk.declare("mixpanel/one", path="rotations/a.yaml", tags=["pii"])
    desk.declare("mixpanel/one", path="rotations/b/b.yaml", environment="production")
    desk.declare("mixpanel/two", path="rotations/c.yaml", formerly=["mixpanel/one", "mixpanel/old"])
    desk.declare("mixpanel/three", path="rotations/d.yaml", formerly=["mixpanel/old"])
    desk.declare("mine/x", path="rotations/e.yaml")
    desk.declare("my-own/x", path="rotations/f.yaml")
    desk.declare("broken/x", path="rotations/g.yaml")
    desk.write("rotations/h.yaml", plain(key="h", consumers="[{platform: segment, connection: api_key}]"))
    desk.write("rotations/i.yaml", plain(key="i", consumers="[{platform: segment, connection: x}]"))
    desk.write("rotations/gone.yaml", "").unlink()
    (desk.folder / "rotations/gone.yaml").symlink_to("nowhere")
    desk.write("providers/mine.yaml", "name: Mine\nstrategy: reset\naliases: [my-own]\n")
    desk.write("providers/broken.yaml", "name: Broken\n")
    desk.write("providers/nested/segment.yaml", "name: [")
    desk.write("platforms/own.yaml", "name: Own\n# \N{CYRILLIC SMALL LETTER A}\n")
    (desk.folder / "platforms/linked.yaml").symlink_to("own.yaml")


def incident(match: str, more: str = "") -> str:
    return f"summary: Leaked\nmatch: {match}\nrespond_by: 2026-11-30\n{more}"


INCIDENTS = {
    "incidents/none.yaml": incident("{providers: [close]}"),
    "incidents/some.yaml": incident("{tags: [pii]}"),
    "incidents/alias.yaml": incident("{providers: [mine], environments: [staging]}"),
    "incidents/all.yaml": incident("{owners: [alice]}", "matches: all\n"),
    "incidents/every.yaml": incident("{}"),
    "incidents/bad.yaml": "summary: [",
}
POLICIES = {
    "no policy": None,
    "an empty one": "",
    "a plain one": "cadence: {max: 30d}\n",
    "one with an escape": 'tracker: "lo\\x63al"\nevidence: {require: [new_key]}\n',
    "one that contradicts itself": "evidence: {four_eyes: true}\n",
    "a broken one": "cadence: [",
}


@pytest.mark.repository
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_one_pass_finds_what_reading_everything_finds(desk: Desk, policy: str | None) -> None:
    fill(desk)
    if policy is None:
        (desk.folder / "keyturn.yaml").unlink()
    else:
        desk.write("keyturn.yaml", policy)
    assert found(desk) == whole(desk)


@pytest.mark.repository
def test_incidents_match_the_same_keys(desk: Desk) -> None:
    fill(desk)
    for path, text in INCIDENTS.items():
        desk.write(path, text)
    (desk.folder / "incidents/linked.yaml").symlink_to("some.yaml")
    assert found(desk) == whole(desk)
    for path in (desk.folder / "rotations").rglob("*.y*ml"):
        path.unlink()
    desk.declare(tags=["pii"])
    assert found(desk) == whole(desk)
    assert {each.code for each in found(desk).problems} >= {"incident-matches-none", "incident-matches-all"}


def test_a_link_for_the_folder_and_a_folder_that_cannot_be_listed_are_problems(desk: Desk) -> None:
    (desk.folder / "elsewhere").mkdir()
    (desk.folder / "rotations").symlink_to("elsewhere")
    assert found(desk) == whole(desk)
    assert [each.code for each in found(desk).problems] == ["not-a-regular-file"]


@pytest.mark.repository
def test_a_look_at_a_shipped_platform_tells_its_connections(desk: Desk) -> None:
    catalogue = workspace.load(desk.folder, desk.calendar.now.date()).catalogue
    swept = sweep._Sweep(desk.folder, desk.calendar.now.date(), Scope(), lambda _: None)  # noqa: SLF001 - one of its answers
    every = {name for platform in catalogue.platforms.values() for name in platform.connections} | {"steps", "x"}
    for slug, platform in catalogue.platforms.items():
        assert {name for name in every if swept.judges_connection(slug, name)} == set(platform.connections), slug


# -- shards ------------------------------------------------------------------------------------------------------------


def test_every_file_is_in_exactly_one_shard_and_the_first_speaks_of_what_they_share(desk: Desk) -> None:
    for number in range(20):
        desk.declare(f"mixpannel/k{number}", path=f"rotations/{number}.yaml", created=DUE)
    desk.declare("mixpanel/x", path="rotations/x.yaml")
    desk.declare("mixpanel/x", path="rotations/y.yaml")
    shards = [desk.keyturn("validate", "--format", "json", "--shard", f"{number}/4").document for number in range(1, 5)]
    whole = desk.keyturn("validate", "--format", "json").document
    assert sum(shard["files"] for shard in shards) == whole["files"] == 22
    alone = [problem for shard in shards for problem in shard["problems"] if problem["code"] == "unknown-provider"]
    assert sorted(each["path"] for each in alone) == sorted(f"rotations/{number}.yaml" for number in range(20))
    assert max(shard["files"] for shard in shards) < 22
    shared = {problem["path"] for problem in shards[0]["problems"] if problem["code"] == "duplicate-id"}
    assert shared == {"rotations/x.yaml", "rotations/y.yaml"}


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "01/4", "1/4/2"])
def test_a_shard_that_is_none_is_refused(desk: Desk, text: str) -> None:
    ran = desk.keyturn("validate", "--shard", text)
    assert (ran.status, "for example 1/4" in ran.err) == (2, True)


# -- processes ---------------------------------------------------------------------------------------------------------


def test_parts_come_in_order_whoever_works_on_them() -> None:
    code = (
        "import os; from keyturn.commands import processes\n"
        "found = processes.divided(lambda start, stop: (start, stop, os.getpid()), 5000)\n"
        "assert found[0][0] == 0 and found[-1][1] == 5000\n"
        "assert all(one[1] == two[0] for one, two in zip(found, found[1:]))\n"
        "assert len({pid for *_, pid in found}) == len(found) == processes.processes(5000)\n"
        "assert os.getpid() == found[0][2]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_few_pieces_and_threads_are_no_reason_for_a_second_process() -> None:
    assert processes.divided(lambda start, stop: (start, stop), 100) == [(0, 100)]
    assert processes.processes(2 * processes.LEAST - 1) == 1
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    assert processes.processes(100_000) == 1
    stop.set()
    thread.join()


def test_a_process_sends_what_it_found() -> None:
    receiving, sending = Pipe(duplex=False)
    processes._answer(sending, lambda start, stop: stop - start, (3, 5))  # noqa: SLF001 - what runs in the other process
    assert receiving.recv() == 2


# -- memory ------------------------------------------------------------------------------------------------------------


class Opened:
    """Counts the files below a folder that Python opens; a hook cannot be taken away again, only silenced."""

    def __init__(self) -> None:
        self.below: str | None = None
        self.count = 0
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: Any) -> None:
        if event == "open" and self.below and str(arguments[0]).startswith(self.below):
            self.count += 1

    def during(self, desk: Desk, *arguments: str) -> tuple[bool, int, str]:
        """Run a command; tell whether it opened rotations, its status and what it said."""
        self.below, self.count = f"{desk.folder}/rotations/", 0  # a second process has a count of its own
        ran = desk.keyturn(*arguments)
        self.below = None
        return self.count > 0, ran.status, ran.out


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    return Opened()


def world(desk: Desk) -> World:
    now = desk.calendar
    nowhere = io.StringIO()
    return World(desk.folder, now().date(), now, desk.slept.append, desk.environment, nowhere, nowhere)


def git(desk: Desk, *arguments: str) -> None:
    identity = ("-c", "user.name=Alice", "-c", "user.email=alice@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=desk.folder, check=True, capture_output=True)


@pytest.fixture
def large(tmp_path: Path) -> Desk:
    """A repository with as many rotations as are worth remembering, one of them wrong."""
    root = tmp_path / "root"
    root.mkdir()
    desk = Desk(root)
    desk.environment["HOME"] = str(tmp_path / "home")
    for number in range(memory.LEAST):
        desk.write(f"rotations/{number}.yaml", plain(key=f"k{number}"))
    desk.write(".gitignore", ".keyturn/\n*.tmp.yaml\n")
    git(desk, "init", "--quiet", "--initial-branch=main")
    git(desk, "add", ".")
    git(desk, "commit", "--quiet", "--message=Declare")
    return desk


def test_an_unchanged_root_is_read_once_and_a_changed_one_again(large: Desk, opened: Opened) -> None:
    first = opened.during(large, "validate")
    assert first == (True, 0, f"{memory.LEAST} files: no problems\n")
    assert opened.during(large, "validate") == (False, *first[1:])
    assert opened.during(large, "validate", "--today", "2027-01-01") == (False, *first[1:])
    assert opened.during(large, "validate", "--today", "2026-11-20")[0]  # problems may come back in time
    large.keyturn("validate")
    large.write("rotations/0.yaml", plain(key="k0", provider="mixpannel"))
    assert opened.during(large, "validate")[:2] == (True, 1)
    git(large, "commit", "--quiet", "--all", "--message=Break")
    read, status, said = opened.during(large, "validate")
    assert (read, status) == (True, 1)
    assert opened.during(large, "validate") == (False, 1, said)
    assert opened.during(large, "validate", "--today", "2026-11-22")[0]  # problems may have ended


HIDDEN = {
    "an untracked file": lambda desk: desk.write("rotations/new.yaml", "x: ["),
    "an ignored file": lambda desk: desk.write("rotations/new.tmp.yaml", "x: ["),
    "an unwatched file": lambda desk: (
        git(desk, "update-index", "--assume-unchanged", "rotations/1.yaml"),
        desk.write("rotations/1.yaml", "x: ["),
    ),
    "a file that is not checked out": lambda desk: (
        git(desk, "update-index", "--skip-worktree", "rotations/1.yaml"),
        desk.write("rotations/1.yaml", "x: ["),
    ),
}


@pytest.mark.parametrize("change", HIDDEN.values(), ids=HIDDEN)
def test_no_change_is_overlooked(large: Desk, change: Any) -> None:
    assert large.keyturn("validate").status == 0
    change(large)
    assert large.keyturn("validate").status == 1


def test_a_memory_that_is_broken_foreign_or_committed_is_none(large: Desk, opened: Opened) -> None:
    large.keyturn("validate")
    kept = large.folder / ".keyturn/cache/validation"
    signed = kept.read_bytes()
    for content in (signed[:-1] + b" ", signed[:10], b"", b"\0" * 100):
        kept.write_bytes(content)
        assert opened.during(large, "validate")[:2] == (True, 0)
    kept.write_bytes(signed)
    assert not opened.during(large, "validate")[0]
    (large.folder.parent / "home/.cache/keyturn/key").write_bytes(b"another")
    assert opened.during(large, "validate")[0]
    git(large, "add", "--force", ".keyturn")
    assert opened.during(large, "validate")[0]
    large.environment.clear()  # nor is it one without the key
    assert opened.during(large, "validate")[0]


@pytest.mark.parametrize(
    ("environment", "is_kept"),
    [
        ({}, False),
        ({"HOME": "/dev/null"}, False),
        ({"GITHUB_ACTIONS": "true", "HOME": "here"}, False),
        ({"GITHUB_ACTIONS": "true", "KEYTURN_CACHE_KEY": "x" * 32}, True),
    ],
)
def test_something_is_kept_only_where_there_is_a_key(
    large: Desk, environment: dict[str, str], *, is_kept: bool
) -> None:
    large.environment.clear()
    large.environment |= environment
    large.keyturn("validate")
    assert (large.folder / ".keyturn/cache/validation").exists() is is_kept


def test_what_changes_while_it_is_read_is_not_kept(desk: Desk) -> None:
    desk.declare()
    git(desk, "init", "--quiet")
    git(desk, "add", ".")
    git(desk, "commit", "--quiet", "--message=Declare")
    desk.environment["KEYTURN_CACHE_KEY"] = "x" * 32
    remembered = memory.Memory(desk.folder, world(desk))
    remembered.before(memory.LEAST)
    desk.declare(team="acme/web")
    remembered.keep(Found([], 1))
    assert not remembered.file.exists()
    git(desk, "commit", "--quiet", "--all", "--message=Change")
    remembered.before(memory.LEAST)
    remembered.keep(Found([], 1))
    assert remembered.found() == Found([], 1)


def test_where_git_refuses_nothing_is_remembered(desk: Desk) -> None:
    desk.write(".git/HEAD", "nonsense")
    assert history.standing(desk.folder, memory.NAMES, memory.FOLDER) is None


# -- start -------------------------------------------------------------------------------------------------------------

_NEEDLESS = ("yaml", "jsonschema", "dataclasses", "inspect", "multiprocessing", "keyturn.parse", "keyturn.checks")


@pytest.mark.parametrize(("fields", "allowed"), [({}, set()), ({"tier": "x"}, {*_NEEDLESS} - {"jsonschema"})])
def test_what_is_clear_is_validated_without_parser_values_and_rules(
    desk: Desk, fields: dict[str, Any], allowed: set[str]
) -> None:
    desk.declare(**fields)
    code = (
        "import sys; before = set(sys.modules)\n"  # of whatever measures the tests
        "from keyturn.cli import main; main(['validate'])\n"
        f"print('loaded', *(name for name in {_NEEDLESS!r} if name in sys.modules.keys() - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=desk.folder, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split()[1:])
    assert loaded <= allowed
    assert "yaml" in loaded or not allowed
