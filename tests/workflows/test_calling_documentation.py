"""What docs/how-to/github-actions.md says of the action and of the workflows to call, held to what they are."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from workflows.caller import PAGE, samples
from workflows.project import ROOT

pytestmark = pytest.mark.repository

BIN = sysconfig.get_path("scripts")
FOLDER = ROOT / ".github/workflows"
CALLED = {path.stem.removeprefix("reusable-"): path for path in sorted(FOLDER.glob("reusable-*.yml"))}
SAMPLES = samples()
SCOPES = ("contents", "issues", "actions", "pull-requests")


def read(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text, and leaves `on` as it is


def called(name: str) -> Any:
    return read(CALLED[name].read_text(encoding="utf-8"))


def rows(heading: str, first: str) -> list[list[str]]:
    """Return the rows of the table below a heading that begins with this cell."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = re.search(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", section, flags=re.MULTILINE)
    assert table is not None, f"no table of {first} below {heading}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def names(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def told(kind: str) -> set[tuple[str, str]]:
    """Pair every name of a table with every workflow that it is said to be of."""
    return {
        (workflow, name)
        for cell, of, *_ in rows("The workflows", kind)
        for name in names(cell)
        for workflow in (CALLED if of == "all" else of.split(", "))
    }


def granted(jobs: Any) -> dict[str, str]:
    """Return all that some jobs may do together; to write is to read."""
    given = [permissions for job in jobs.values() for permissions in job["permissions"].items()]
    return {scope: max(level for name, level in given if name == scope) for scope, _ in given}


@pytest.mark.parametrize("kind", ["input", "output", "secret"])
def test_every_input_output_and_secret_of_a_workflow_stands_there(kind: str) -> None:
    declared = {(name, each) for name in CALLED for each in called(name)["on"]["workflow_call"].get(f"{kind}s", {})}
    assert told(kind) == declared


@pytest.mark.parametrize("kind", ["input", "output"])
def test_every_input_and_output_of_the_action_stands_there(kind: str) -> None:
    action = read((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert [name for cell, *_ in rows("The action", kind) for name in names(cell)] == list(action[f"{kind}s"])


def test_what_is_said_of_defaults_is_so() -> None:
    for cell, _, default in ((row[0], row[1], row[-1]) for row in rows("The action", "input")):
        (name,) = names(cell)
        declared = read((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"][name]
        assert declared.get("required", "false") == ("true" if default == "required" else "false")
        assert names(default) in ([], [declared.get("default")])


def test_every_permission_of_a_workflow_stands_there() -> None:
    said = {
        Path(names_of_file).name: {scope: level for scope, level in zip(SCOPES, levels, strict=True) if level}
        for names_of_file, _, *levels in (
            [cell.strip("`") for cell in row] for row in rows("The workflows", "workflow")
        )
    }
    assert said == {path.name: granted(called(name)["jobs"]) for name, path in CALLED.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_grants_what_it_calls_and_no_more(name: str) -> None:
    document = read(SAMPLES[name])
    assert document["permissions"] == {}
    for job in document["jobs"].values():
        if found := re.search(r"/reusable-(\w+)\.yml@", job.get("uses", "")):
            assert job["permissions"] == granted(called(found[1])["jobs"])


def test_the_samples_are_sound_to_a_linter(tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    for name, text in SAMPLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    checking = [f"{BIN}/check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, folder.iterdir())]
    for command in ([f"{BIN}/zizmor", "--quiet", "--offline", str(tmp_path)], checking):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
