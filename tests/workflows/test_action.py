"""The action as a step of another repository's job, run in act; once with an installation of the locked packages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, FakeGitHub
from fake_github.fake import utc_now
from workflows.caller import UNKNOWN, Caller, Release
from workflows.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from workflows.project import Run

pytestmark = pytest.mark.repository

JOB = """\
name: keys
on: push
permissions: {}
jobs:
  keys:
    runs-on: ubuntu-latest
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with: {persist-credentials: false}
      - name: Keys
        id: keys
        uses: keyturn/keyturn@UNKNOWN
        with: GIVEN
      - name: Afterwards
        if: always()
        env:
          OUTPUTS: ${{ toJSON(steps.keys.outputs) }}
        run: |
          echo "$OUTPUTS" > PLACE/outputs
          cp -r "$RUNNER_TEMP/keyturn" PLACE/job
"""


def run(caller: Caller, **given: str) -> Run:
    """Run a job with one step that uses the action; its outputs and what it installed are kept."""
    shutil.rmtree(caller.place / "job", ignore_errors=True)
    text = JOB.replace("GIVEN", json.dumps(given)).replace("PLACE", str(caller.place)).replace("UNKNOWN", UNKNOWN)
    caller.call("keys.yml", text)
    caller.push()
    return caller.run("keys.yml", "push")


def outputs(caller: Caller) -> dict[str, str]:
    """Return the outputs of the step that have a value."""
    found = json.loads((caller.place / "outputs").read_text())
    return {name: value for name, value in found.items() if value}


@pytest.fixture
def caller(fake: FakeGitHub, keyturn: Release, tmp_path: Path) -> Caller:
    return Caller(tmp_path, fake.url, fake.add_token(BOT, installation=True), upstream=keyturn)


# -- what it is given and what it gives ----------------------------------------------------------------------------


def test_a_line_is_an_argument_whatever_it_holds(caller: Caller) -> None:
    there = caller.place / "there"
    hostile = f"; touch {there} $(touch {there}) `touch {there}` && \"two words' * ${{HOME}}"
    told = run(caller, command="validate", arguments=f"--format\n\n  json  \n--\n{hostile}\n", tolerated="1 12 22")
    assert (told.steps["Keys"], there.exists(), outputs(caller)) == ("failure", False, {"status": "2"})
    assert f"keyturn: no file {caller.home}" in told.log
    assert f"/{hostile}\n" in told.log


def test_what_a_command_finds_is_an_output_of_the_step(caller: Caller) -> None:
    caller.write("keys/keyturn.yaml", "")
    caller.write("keys/rotations/broken.yaml", "provider: [\n")
    told = run(caller, command="validate", root="keys", arguments="--format=github", tolerated="5 1")
    assert (told.steps["Keys"], told.steps["Afterwards"]) == ("success", "success")
    assert outputs(caller) == {"status": "1", "files": "1", "problems": "1"}
    assert [level for level, _ in told.annotations] == ["error"]


# -- what it installs ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch what is locked for this system from the package registry, once."""
    folder = tmp_path_factory.mktemp("registry")
    locks = [word for name in ("uv", "validate") for word in ("-r", str(ROOT / f"requirements/{name}.txt"))]
    fetching = ("-m", "pip", "--quiet", "download", "--no-deps", "--require-hashes", "--only-binary", ":all:", *locks)
    subprocess.run([sys.executable, *fetching, "--dest", str(folder)], check=True)
    return folder


@pytest.fixture
def installing(fake: FakeGitHub, keyturn: Release, registry: Path, tmp_path: Path) -> Caller:
    """A repository whose cache holds another package under the name of a locked one."""
    token = fake.add_token(BOT, installation=True)
    caller = Caller(tmp_path, fake.url, token, upstream=keyturn, is_installing=True, registry=registry)
    shutil.copytree(registry, caller.store / "wheels")
    shutil.copy(wheel(registry, "attrs"), wheel(caller.store / "wheels", "pyyaml"))
    caller.declare("loader", utc_now().date())
    return caller


def wheel(folder: Path, name: str) -> Path:
    (found,) = folder.glob(f"{name}-*.whl")
    return found


def installed(folder: Path) -> set[str]:
    """Name the packages that a job has, with their versions."""
    infos = folder.glob("validate/venv/lib/python*/site-packages/*.dist-info")
    return {path.name.removesuffix(".dist-info").replace("_", "-") for path in infos}


def fetched(folder: Path) -> set[str]:
    """Name the packages of a folder, with their versions."""
    return {"-".join(path.name.split("-")[:2]).replace("_", "-") for path in folder.iterdir()}


def test_it_installs_what_is_locked_and_trusts_no_cache(installing: Caller, registry: Path) -> None:
    job = installing.place / "job"
    (uv,) = (name for name in fetched(registry) if name.startswith("uv-"))

    healed = run(installing, command="validate")
    assert (healed.result, outputs(installing)) == ("success", {"status": "0", "files": "1", "problems": "0"})
    assert [message.partition(" holds")[0] for _, message in healed.annotations] == ["The cache"]
    assert installed(job) == fetched(registry) - {uv}
    assert fetched(job / "validate/wheels") == fetched(registry)
    assert list(job.glob("validate/venv/lib/python*/site-packages/yaml/__pycache__/__init__.*.pyc"))
    (key,) = (installing.store / "asked").read_text().splitlines()
    assert re.fullmatch(r"keyturn-\w+-\w+-validate-cpython-3\d+-[0-9a-f]{64}", key)

    # Where there is nothing to fetch from either, what does not fit stops the job.
    installing.registry = None
    refused = run(installing, command="validate")
    assert (refused.result, outputs(installing)) == ("failure", {})
