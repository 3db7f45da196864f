"""What `doctor` reads from the work tree and from the machine: workflows, owners, what needs them, and versions."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from keyturn.files import installation, workflows
from keyturn.health import owners
from keyturn.health.facts import Owners, Use
from keyturn.history import program

SOURCES = Path(__file__).parents[2]
WORKFLOW = """\
on:
  schedule: [{cron: "1 2 * * *"}]
jobs:
  a:
    uses: acme/flows/.github/workflows/x.yml@main
  b:
    environment: {name: guarded}
    steps:
      - uses: "actions/checkout@v6"  # a tag
      - run: keyturn verify -- "$ID"
      - name: neither
  c:
    steps:
      - run: python -m keyturn verify x/y
  d: null
"""


def write(top: Path, path: str, text: str) -> None:
    file = top / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_a_workflow_says_when_it_runs_what_it_uses_and_where_it_verifies(tmp_path: Path) -> None:
    write(tmp_path, ".github/workflows/x.yml", WORKFLOW)
    [found] = workflows.tree(tmp_path, tmp_path).workflows
    assert (found.path, found.is_ours, found.is_scheduled) == (".github/workflows/x.yml", False, True)
    assert found.uses == (Use(5, "acme/flows/.github/workflows/x.yml@main"), Use(9, "actions/checkout@v6"))
    assert found.environments == ("guarded", None)


@pytest.mark.parametrize(
    ("line", "is_ours"),
    [
        ("run: python -m keyturn apply --only open", True),
        ("run: python scripts/open_issues.py", True),
        ("with: {command: apply}", True),
        ("uses: keyturn/keyturn/.github/workflows/reusable-issues.yml@v1", True),
        ("run: python -m keyturn report --out site", False),
        ("run: pip-audit", False),
    ],
)
def test_a_workflow_is_ours_where_it_keeps_the_issues(tmp_path: Path, line: str, *, is_ours: bool) -> None:
    write(tmp_path, ".github/workflows/x.yml", f"on: push\njobs: {{a: {{steps: [{{{line}}}]}}}}\n")
    [found] = workflows.tree(tmp_path, tmp_path).workflows
    assert found.is_ours is is_ours


@pytest.mark.parametrize(
    "text",
    ["on: push\n", "on: [push, pull_request]\njobs: {}\n", "on: {push: {}}\njobs: [a]\n", "- a\n", "name: x\n"],
    ids=["without jobs", "a list", "jobs of no kind", "no mapping", "without triggers"],
)
def test_a_workflow_of_little_is_read_as_such(tmp_path: Path, text: str) -> None:
    write(tmp_path, ".github/workflows/x.yaml", text)
    [found] = workflows.tree(tmp_path, tmp_path).workflows
    assert (found.is_ours, found.is_scheduled, found.uses, found.environments) == (False, False, (), ())


@pytest.mark.parametrize(
    "text",
    ["on: [\n", "", "a: &a 1\nb: *a\n", f"{'[' * 200}", "x" * 300_000],
    ids=["broken", "empty", "aliases", "deep", "large"],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, ".github/workflows/x.yml", text)
    found = workflows.tree(tmp_path, tmp_path)
    assert (found.workflows, found.unreadable) == ((), (".github/workflows/x.yml",))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/x.yml", WORKFLOW)
    write(tmp_path, "elsewhere/CODEOWNERS", "* @alice\n")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "x.yml").symlink_to(tmp_path / "elsewhere" / "x.yml")
    (tmp_path / "CODEOWNERS").symlink_to(tmp_path / "elsewhere" / "CODEOWNERS")
    found = workflows.tree(tmp_path, tmp_path)
    assert (found.workflows, found.owners) == ((), None)


def test_the_first_codeowners_of_github_counts(tmp_path: Path) -> None:
    write(tmp_path, "docs/CODEOWNERS", "* @carol\n")
    assert workflows.tree(tmp_path, tmp_path).owners == Owners("docs/CODEOWNERS", "* @carol\n")
    write(tmp_path, ".github/CODEOWNERS", "\ufeff* @alice\n")
    assert workflows.tree(tmp_path, tmp_path).owners == Owners(".github/CODEOWNERS", "* @alice\n")


def test_what_must_have_owners_lies_where_the_root_lies(tmp_path: Path) -> None:
    write(tmp_path, "keys/providers/acme.yaml", "name: x\n")
    grounds = {each.name: each.samples for each in workflows.tree(tmp_path / "keys", tmp_path).grounds}
    assert list(grounds) == [".github/", "keys/keyturn.yaml", "keys/providers/", "keys/platforms/", "keys/templates/"]
    assert grounds["keys/keyturn.yaml"] == ("keys/keyturn.yaml",)
    assert grounds["keys/providers/"] == (
        "keys/providers/new.yaml",
        "keys/providers/new.yml",
        "keys/providers/below/new.yaml",
        "keys/providers/below/new.yml",
        "keys/providers/acme.yaml",
    )


@pytest.mark.repository
def test_this_repository_owns_what_keyturn_runs_from() -> None:
    found = workflows.tree(SOURCES, SOURCES)
    names = [each.name for each in found.grounds]
    assert names[5:] == ["schemas/", "scripts/", "src/", "requirements/"]
    assert found.owners
    known = owners.rules(found.owners.text)
    assert [path for each in found.grounds for path in each.samples if not owners.owners_of(path, known)] == []


# -- the machine -------------------------------------------------------------------------------------------------------


def test_the_ranges_are_those_of_the_package() -> None:
    found = installation.machine("2.39.5")
    assert [part.name for part in found.parts[:2]] == ["Python", "git"]
    assert found.parts[1].version == "2.39.5"
    assert {"pyyaml", "pygithub"} <= {part.name.lower() for part in found.parts}
    assert all(part.version and part.supported.startswith((">=", "<")) for part in found.parts)


@pytest.mark.repository
def test_where_it_runs_from_its_sources_they_say_the_ranges() -> None:
    installed, here = installation.machine("2"), installation.machine("2", "keyturn-is-not-installed", SOURCES)
    assert {part.name.lower() for part in here.parts} == {part.name.lower() for part in installed.parts}


def test_a_library_that_is_missing_has_no_version(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[project]\ndependencies = ["no-such-library >= 1.2"]\n')
    part = installation.machine(None, "keyturn-is-not-installed", tmp_path).parts[-1]
    assert (part.name, part.version, part.supported) == ("no-such-library", None, ">= 1.2")


def test_a_copy_without_its_project_file_names_no_library(tmp_path: Path) -> None:
    found = installation.machine("2.40", "keyturn-is-not-installed", tmp_path)
    assert [part.name for part in found.parts] == ["Python", "git"]


@pytest.mark.repository
def test_the_range_of_python_is_what_the_package_says() -> None:
    project = tomllib.loads((SOURCES / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    minors = [int(each.rpartition(".")[2]) for each in project["classifiers"] if "Python :: 3." in each]
    assert f"{project['requires-python']},<3.{max(minors) + 1}" == installation.PYTHON


def test_git_tells_its_version() -> None:
    assert (program.version() or "").startswith("2.")


def test_without_git_there_is_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from keyturn.history import program; print(program.version())"
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "None\n"
