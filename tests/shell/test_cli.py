"""The command line as a shell meets it: statuses, streams, wrong usage, what is imported, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import pytest
from fake_github import FakeGitHub, Kind
from shell.desk import DUE, FRESH, Desk, Ran, at_github

from keyturn import __version__, cli
from keyturn.commands import COMMANDS
from keyturn.commands.world import World
from keyturn.errors import Exit, worst

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TODAY = ("--today", "2026-11-21")
PROGRAM = ("-m", "keyturn")
LIBRARY = ("-c", "import sys; from keyturn import cli; sys.exit(cli.main())")  # leaves in order


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def start(
    root: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    way: tuple[str, ...] = PROGRAM,
    **streams: int,
) -> subprocess.Popen[str]:
    inherited = {**os.environ, "GITHUB_ACTIONS": "", **(environment or {})}  # noqa: TID251 - a process needs one
    command = [sys.executable, *way, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen(command, cwd=root, env=inherited, text=True, encoding="utf-8", **pipes)


def ran(root: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    with start(root, *arguments, environment=environment) as process:
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


class Odd(str):
    """An argument that nobody can look at."""

    __slots__ = ("error",)
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> NoReturn:
        raise self.error


@pytest.mark.parametrize(("argument", "status"), [("--version", 0), ("rotate", 2)])
def test_the_program_leaves_at_once(argument: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["keyturn", argument])
    left: list[int] = []
    assert (cli.program(left.append), left) == (status, [status])


@pytest.mark.parametrize(("error", "status"), [(ValueError(), Exit.BUG), (KeyboardInterrupt(), Exit.INTERRUPTED)])
def test_the_program_leaves_in_order_where_something_is_to_be_ended(
    error: BaseException, status: Exit, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = Odd("validate")
    odd.error = error
    monkeypatch.setattr(sys, "argv", ["keyturn", odd])
    left: list[int] = []
    assert (cli.program(left.append), left) == (status, [])


def test_everything_is_said_before_the_program_leaves(desk: Desk) -> None:
    desk.declare(created=DUE)
    for command, status in ((["ages", "--format", "json", *TODAY], 0), (["validate", "--changed", "main"], 2)):
        left, out, err = ran(desk.folder, *command)
        assert (left, out == desk.keyturn(*command).out, err) == (status, True, desk.keyturn(*command).err)


def test_no_text_steers_the_terminal_that_an_error_is_shown_on(desk: Desk) -> None:
    desk.declare(created=DUE)
    told = desk.keyturn("validate", "no\x1b[2Jfile\u202e")
    assert told.status == Exit.USAGE
    assert "no\\x1b[2Jfile\\u202e" in told.err


# -- statuses ----------------------------------------------------------------------------------------------------------


def test_a_real_process_does_the_same(desk: Desk) -> None:
    desk.declare(created=DUE)
    status, out, err = ran(desk.folder, "apply", *TODAY)
    assert (status, out.splitlines()[-1], err) == (
        0,
        "1 to open.",
        (
            "1 of 1 actions done; the issues are in .keyturn/issues\n"
            "  opened #1, mixpanel/loader: .keyturn/issues/0001-rotate-mixpanel-loader.md\n"
        ),
    )
    assert ran(desk.folder, "validate", *TODAY) == (0, "1 file: no problems\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rotate"], "invalid choice: 'rotate'; see `keyturn --help`"),
        (["paln"], "invalid choice: 'paln'; did you mean plan?; see `keyturn --help`"),
        (["plan", "--dryrun"], "unrecognized arguments: --dryrun; see `keyturn plan --help`"),
        (
            ["apply", "--dryrun"],
            "unrecognized arguments: --dryrun; did you mean --dry-run?; see `keyturn apply --help`",
        ),
        (["plan", "now"], "unrecognized arguments: now; see `keyturn plan --help`"),
        (["rotate", "plan"], "invalid choice: 'rotate'"),
        (["plan", "--fast"], "unrecognized arguments: --fast"),
        (["plan", "--form", "json"], "unrecognized arguments: --form json"),
        (["plan", "--format", "xml"], "invalid choice: 'xml'"),
        (["plan", "--today", "yesterday"], "not a day: 'yesterday'; write YYYY-MM-DD; see `keyturn plan --help`"),
        (["plan", "--today", "20261121"], "not a day: '20261121'"),
        (["plan", "--today", "2026-W47-6"], "not a day: '2026-W47-6'"),
        (["plan", "--tracker", "jira"], "no tracker 'jira'; write local or github:OWNER/REPO"),
        (["plan", "--tracker", "github:acme"], "no tracker 'github:acme'"),
        (["plan", "--root", "nowhere"], "no folder nowhere; give the one that holds `keyturn.yaml`"),
        (["apply", "--only", "open,sing"], "--only knows no sing; it takes open,update,remind,close"),
        (["apply", "--only", ""], "--only knows no "),
        (["request"], "the following arguments are required: ID"),
        (["validate", "nowhere.yaml"], "no file "),
        (["providers", "mixpannel"], "no provider named mixpannel; did you mean mixpanel?"),
        (["providers", "--root", "nowhere"], "no folder nowhere"),
    ],
)
def test_wrong_usage_ends_with_2(desk: Desk, arguments: list[str], said: str) -> None:
    found = desk.keyturn(*arguments)
    assert (found.status, found.out, "Traceback" in found.err) == (2, "", False)
    assert found.err.startswith("keyturn: ")
    assert said in found.err


def test_without_a_command_it_shows_the_help(desk: Desk) -> None:
    found = desk.keyturn()
    assert (found.status, found.out, found.err.startswith("usage: keyturn ")) == (2, "", True)
    assert "what the next run would do" in found.err


def test_the_version_is_one_line(desk: Desk) -> None:
    assert desk.keyturn("--version") == Ran(0, f"keyturn {__version__}\n", "")


def test_without_a_root_it_says_what_makes_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "keyturn.yaml").unlink()
    found = desk.keyturn("plan")
    assert (found.status, "an empty one is enough, or say `--root DIR`" in found.err) == (2, True)


def test_the_severest_status_wins() -> None:
    rising = [Exit.WELL, Exit.UNFINISHED, Exit.CORRECT, Exit.OUTSIDE, Exit.BUG]
    for index, status in enumerate(rising):
        assert worst(*rising[: index + 1]) is status
        assert worst(*reversed(rising[: index + 1])) is status


@pytest.mark.parametrize(
    ("is_wrong", "is_cut", "is_refused", "status"),
    [
        (False, False, False, 0),
        (False, True, False, 5),
        (True, False, False, 1),
        (True, True, False, 1),
        (False, False, True, 3),
        (True, True, True, 3),
    ],
)
def test_a_run_that_meets_several_ends_with_the_severest(
    desk: Desk, *, is_wrong: bool, is_cut: bool, is_refused: bool, status: int
) -> None:
    desk.policy(limits={"max_actions": 2 if is_cut else 100})
    for number in range(4):
        desk.declare(f"mixpanel/key-{number}", created=DUE)
    if is_wrong:
        desk.write("rotations/wrong.yaml", "provider: [")
    with FakeGitHub(clock=desk.calendar) as fake:
        fake.add_repository("acme/keys")
        at_github(desk, fake)
        if is_refused:
            fake.faults.after_effect("POST", "/issues$", 2, Kind.BAD_GATEWAY)
        assert desk.keyturn("apply", "--tracker", "github:acme/keys").status == status
        assert (fake.unexpected, fake.violations) == ([], [])


def test_a_bug_ends_with_4_and_asks_for_a_report(desk: Desk) -> None:
    """A clock that breaks is a fault of the program around the command, never of a file."""
    desk.declare(created=DUE)

    class Broken(World):
        @property
        def month_ago(self) -> object:  # what is read first of the world
            message = "the clock fell off the wall"
            raise RuntimeError(message)

    found = desk.keyturn("plan", world=Broken)
    assert found.status == 4
    assert "Traceback (most recent call last)" in found.err
    assert "RuntimeError: the clock fell off the wall" in found.err
    assert re.search(r"keyturn: this is a bug in keyturn \S+; please report it with the lines above\n$", found.err)


def test_a_broken_template_is_the_repositorys_fault_not_ours(desk: Desk) -> None:
    desk.declare(created=DUE)
    desk.write("templates/issue.md.jinja", "{% for x in %}")
    found = desk.keyturn("apply")
    assert (found.status, "templates/issue.md.jinja:1: " in found.err, "Traceback" in found.err) == (1, True, False)
    assert not (desk.folder / ".keyturn/issues").exists()


def test_an_interrupted_run_ends_with_130_and_the_next_goes_on(desk: Desk) -> None:
    desk.declare(created=DUE)
    desk.policy(identity=["keyturn-bot"])
    with FakeGitHub(clock=desk.calendar) as fake:
        fake.add_repository("acme/keys")
        at_github(desk, fake)
        fake.faults.before_effect("POST", "/issues$", 1, Kind.HANG, seconds=5)
        arguments = ("apply", "--tracker", "github:acme/keys", *TODAY)
        with start(desk.folder, *arguments, environment=desk.environment) as process:
            limit = time.monotonic() + 20
            while not fake.writes and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.05)
                if any(request.method == "GET" and "closed" in request.query.values() for request in fake.requests):
                    break
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (130, "keyturn: interrupted; run again to go on\n"), out
        fake.faults.clear()
        assert desk.keyturn("apply", "--tracker", "github:acme/keys").status == 0
        assert len(fake.repository().issues) == 1


# -- streams -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["providers"], ["providers", "mixpanel", "--format", "json"], ["plan"]])
@pytest.mark.parametrize("way", [PROGRAM, LIBRARY], ids=["program", "library"])
def test_a_reader_that_goes_away_is_no_fault(desk: Desk, arguments: list[str], way: tuple[str, ...]) -> None:
    desk.declare(created=DUE)
    read, write = os.pipe()
    os.close(read)
    with start(desk.folder, *arguments, way=way, stdout=write) as process:
        os.close(write)
        err = process.communicate(timeout=30)[1]
    assert (process.returncode, err) == (0, "")


def test_a_terminal_of_another_age_shows_what_it_can(desk: Desk) -> None:
    desk.declare(created=DUE)
    status, out, err = ran(desk.folder, "plan", *TODAY, environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (status, err) == (0, "")
    assert "standard \\xb7 due" in out


def test_quiet_leaves_what_was_asked_for(desk: Desk) -> None:
    desk.declare(created=DUE)
    desk.write("rotations/wrong.yaml", "provider: [")
    loud, quiet = desk.keyturn("plan"), desk.keyturn("plan", "--quiet")
    assert quiet.out == loud.out
    assert "rotations/wrong.yaml" in quiet.err
    assert desk.keyturn("apply", "--quiet").err == quiet.err


def test_in_actions_problems_are_annotations_and_warnings_too(desk: Desk) -> None:
    desk.environment["GITHUB_ACTIONS"] = "true"
    paths = [desk.declare(f"mixpanel/key-{number}", created=DUE) for number in range(12)]
    desk.keyturn("apply")
    for path in paths[1:]:
        (desk.folder / path).unlink()
    planned = desk.keyturn("plan")
    assert (planned.status, planned.err.startswith("::warning::this would close 11 of 12")) == (1, True)
    desk.write("rotations/wrong.yaml", "provider: [")
    assert desk.keyturn("plan").err.startswith("::error file=rotations/wrong.yaml,line=")


def test_summary_and_outputs_of_apply(desk: Desk) -> None:
    desk.environment |= {"GITHUB_STEP_SUMMARY": str(desk.folder / "s"), "GITHUB_OUTPUT": str(desk.folder / "o")}
    desk.declare(created=DUE)
    desk.write("rotations/wrong.yaml", "provider: [")
    desk.keyturn("apply", "--dry-run")
    desk.keyturn("apply")
    desk.keyturn("apply")
    desk.keyturn("ages")
    assert desk.read("o") == "actions=0\nleft=1\nactions=1\nleft=0\nactions=0\nleft=0\n"
    summary = desk.read("s")
    assert summary.count("## keyturn: local") == 3
    assert summary.count("### Problems") == 3
    assert "## Ages of the keys" in summary


# -- shapes ------------------------------------------------------------------------------------------------------------


def test_a_plan_in_json_is_of_the_designs_shape(desk: Desk) -> None:
    desk.policy(limits={"open_at_once": 1})
    desk.declare("mixpanel/warehouse-loader", created="2026-08-24")
    desk.declare("close/crm", created=FRESH, tier="low")
    desk.declare("mixpanel/later", created="2026-08-25")
    desk.write("rotations/x.yaml", "key: x\n# y\nprovider: [")
    document = desk.keyturn("plan", "--format", "json").document
    entry = {
        "action": "open",
        "rotation": "mixpanel/warehouse-loader",
        "issue": None,
        "reason": "due",
        "due": "2026-11-22",
        "days_left": 1,
        "title": "Rotate mixpanel/warehouse-loader",
        "status": "due-soon",
        "tier": "standard",
    }
    assert {name: value for name, value in document.items() if name != "problems"} == {
        "today": "2026-11-21",
        "tracker": "local",
        "actions": [entry],
        "waiting": [
            {
                **entry,
                "rotation": "mixpanel/later",
                "title": "Rotate mixpanel/later",
                "due": "2026-11-23",
                "days_left": 2,
            }
        ],
    }
    [problem] = document["problems"]
    kinds = {name: type(value) for name, value in problem.items()}
    assert kinds == {"path": str, "line": int, "column": int, "code": str, "message": str, "severity": str}


def test_a_close_in_json_says_its_reason_and_an_applied_plan_is_the_shown_one(desk: Desk) -> None:
    path = desk.declare(created=DUE)
    desk.declare("close/crm", created=FRESH)
    planned = desk.keyturn("plan", "--format", "json")
    applied = desk.keyturn("apply", "--format", "json")
    assert applied.document == planned.document
    (desk.folder / path).unlink()
    [action] = desk.keyturn("plan", "--format", "json").document["actions"]
    assert (action["action"], action["issue"], action["state_reason"]) == ("close", 1, "not_planned")


def test_ages_in_json_are_of_the_designs_shape(desk: Desk) -> None:
    desk.declare("mixpanel/loader", created="2026-08-24")
    desk.declare("close/crm", created="unknown", enrolled="2026-11-01", owners=["carol"])
    desk.keyturn("apply")
    document = desk.keyturn("ages", "--format", "json").document
    assert document == {
        "today": "2026-11-21",
        "keys": [
            {
                "rotation": "close/crm",
                "provider": "close",
                "age_days": None,
                "due": "2026-12-01",
                "days_left": 10,
                "status": "due-soon",
                "owners": ["carol"],
                "issue": 2,
            },
            {
                "rotation": "mixpanel/loader",
                "provider": "mixpanel",
                "age_days": 89,
                "due": "2026-11-22",
                "days_left": 1,
                "status": "due-soon",
                "owners": ["alice", "bob"],
                "issue": 1,
            },
        ],
    }
    assert "| Key | Status |" in desk.keyturn("ages", "--format", "markdown").out
    assert desk.keyturn("ages").out.startswith("KEY ")


@pytest.mark.parametrize("form", ["text", "markdown", "github", "json"])
def test_plan_and_apply_have_the_same_forms(desk: Desk, form: str) -> None:
    desk.declare(created=DUE)
    planned = desk.keyturn("plan", "--format", form)
    dry = desk.keyturn("apply", "--dry-run", "--format", form)
    assert (planned.status, planned.out) == (0, dry.out)
    assert "mixpanel/loader" in planned.out


# -- help and start-up -------------------------------------------------------------------------------------------------


def test_help_has_every_command_and_every_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if not re.search(rf"^    {name}\s", out, re.MULTILINE)] == []
    assert [status for status in (0, 1, 2, 3, 4, 5) if f"\n  {status}  " not in out] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_examples_in_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    out = capsys.readouterr().out
    assert f"\n  keyturn {command}" in out
    assert "exit status:" in out
    assert out.isascii()


HEAVY = ("github", "git", "requests", "jsonschema", "rich", "jinja2", "yaml", "jsonschema_rs")
START_UP = {
    "version": (["--version"], set()),
    "help": (["--help"], set()),
    "validate": (["validate"], {"yaml", "jsonschema_rs"}),
    "plan": (["plan", "--tracker", "local"], {"yaml", "jsonschema_rs", "git"}),
    "providers": (["providers"], {"yaml", "jsonschema_rs"}),
}


@pytest.mark.parametrize(("arguments", "allowed"), START_UP.values(), ids=START_UP)
def test_a_command_imports_only_what_it_needs(desk: Desk, arguments: list[str], allowed: set[str]) -> None:
    desk.declare(created=FRESH)
    code = (
        "import sys, json\nfrom keyturn.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print('\\n' + json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=desk.folder, capture_output=True, text=True, check=True
    )
    assert set(json.loads(done.stdout.splitlines()[-1])) <= allowed
