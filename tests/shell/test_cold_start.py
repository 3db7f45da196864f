"""What each command loads, in a process of its own: counted in modules, since times say as much about the machine."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fake_github import FakeGitHub
from git import Repo
from shell.desk import DUE, Desk, at_github

from keyturn.schema import engine

if TYPE_CHECKING:
    from pathlib import Path

TODAY = ("--today", "2026-11-21")
PROGRAM = """\
import atexit, sys
atexit.register(lambda: sys.stdout.write("\\n" + " ".join(sys.modules)))
from keyturn.cli import main
sys.exit(main())
"""
NETWORK = frozenset({"github", "requests", "urllib3", "http.client", "ssl"})
LIBRARIES = NETWORK | {"git", "jinja2", "jsonschema", "rich", "ruamel", "pygal"}
HEAVY = LIBRARIES | {"yaml", "jsonschema_rs", "argparse", "dataclasses", "inspect", "pathlib", "datetime", "json"}

# What must not be loaded for a command; whatever is not named here may be.
SPARED = {
    "--version": HEAVY | {"keyturn.model", "keyturn.commands"},
    "--help": HEAVY - {"argparse", "pathlib", "datetime"} | {"keyturn.model"},
    "plan": LIBRARIES | {"keyturn.trackers.confirmations", "keyturn.probes"},
    "apply --dry-run": LIBRARIES | {"keyturn.trackers.github"},
    "ages": LIBRARIES,
    "ages --changed": LIBRARIES,
    "validate": LIBRARIES | {"keyturn.plan", "email.utils", "socket", "random"},
    "providers close": LIBRARIES,
}


def loaded(root: Path, *arguments: str, environment: dict[str, str] | None = None) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    plain = {"PATH": "/usr/bin:/bin", "GITHUB_ACTIONS": "", **(environment or {})}
    ran = subprocess.run(command, cwd=root, env=plain, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "work"
    folder.mkdir()
    made = Desk(folder)
    made.declare(created=DUE)
    with Repo.init(folder, initial_branch="main") as repo:
        repo.create_remote("origin", "https://github.com/acme/keys")
    return made


@pytest.mark.parametrize("line", SPARED)
def test_a_command_loads_no_more_than_it_needs(desk: Desk, line: str) -> None:
    words = line.split()
    found = loaded(desk.folder, *words, *(() if words[0].startswith("--") else TODAY))
    assert found & SPARED[line] == set()
    assert "keyturn.errors" in found


def test_what_is_spared_is_loaded_where_it_is_needed(desk: Desk) -> None:
    """Else the table above would hold for names that nothing has."""
    with FakeGitHub() as fake:
        fake.add_repository("acme/keys")
        at_github(desk, fake)
        found = loaded(desk.folder, "apply", "--tracker", "github:acme/keys", *TODAY, environment=desk.environment)
    assert found >= NETWORK | {"jinja2", "keyturn.trackers.github", "keyturn.trackers.confirmations", "argparse"}
    assert found >= {"dataclasses", "pathlib", "datetime", "json", "yaml", "keyturn.model", "keyturn.plan"}


def test_the_validator_is_the_same_without_what_it_would_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "email.utils", raising=False)
    with engine.lightly():
        reader = importlib.import_module("email.utils")
        assert reader.parsedate_to_datetime("Mon, 01 Jan 2024") == "Mon, 01 Jan 2024"
    real = importlib.import_module("email.utils")
    assert real is not reader
    with engine.lightly():
        assert importlib.import_module("email.utils") is real
    assert importlib.import_module("email.utils") is real


def test_a_validator_that_asks_for_more_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "email.utils", raising=False)
    with engine.lightly():
        reader = importlib.import_module("email.utils")
        assert reader.quote('"') == '\\"'
    assert importlib.import_module("email.utils") is not reader


@pytest.mark.parametrize("room", ["keyturn.model", "keyturn.files", "keyturn.history"])
def test_a_room_that_loads_what_is_asked_for_has_nothing_else(room: str) -> None:
    with pytest.raises(AttributeError, match="nothing"):
        getattr(importlib.import_module(room), "nothing")  # noqa: B009 - a type checker knows that it is not there
