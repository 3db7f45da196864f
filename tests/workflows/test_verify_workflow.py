"""The workflow that asks a provider: what starts it, what it is given, and one whole run of it in act."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from fake_github.pulls import Proposals
from shell.scripted_provider import serving
from shell.test_verify_verdicts import NEW, OLD, Acme

from keyturn import files, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_github import FakeGitHub
    from workflows.project import Project, Run

    from keyturn.model import Provider

pytestmark = pytest.mark.repository

PATH = Path(__file__).resolve().parents[2] / ".github/workflows/verify.yml"
TEXT = PATH.read_text(encoding="utf-8")
# YAML 1.1 would read the key `on` as true.
WORKFLOW: dict[str, Any] = yaml.load(TEXT, Loader=yaml.BaseLoader)  # noqa: S506 - it makes only text
JOB = WORKFLOW["jobs"]["verify"]
STEPS: list[dict[str, Any]] = JOB["steps"]
ASKING = "Ask the provider, and record what it shows"
ID, FILE = "acme/loader", "rotations/loader.yaml"
DISPATCH: dict[str, Any] = {"ref": "refs/heads/main", "inputs": {"id": ID}}


# -- what it is ----------------------------------------------------------------------------------------------------


def test_only_a_person_starts_it() -> None:
    assert WORKFLOW["on"].keys() == {"workflow_dispatch"}


def test_its_runs_are_named_after_the_rotation() -> None:
    assert WORKFLOW["run-name"] == "Verify ${{ inputs.id }}"


def test_it_works_in_a_protected_environment_of_the_default_branch() -> None:
    assert JOB["environment"] == "keyturn-verify"
    assert JOB["if"] == "${{ github.ref_name == github.event.repository.default_branch }}"


def test_it_may_only_do_what_a_pull_request_takes() -> None:
    assert WORKFLOW["permissions"] == {}
    assert JOB["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert len(re.findall(r"^ +[\w-]+: write # \w", TEXT, flags=re.MULTILINE)) == 2


def test_runs_wait_for_each_other() -> None:
    assert WORKFLOW["concurrency"] == {"group": "keyturn-verify", "cancel-in-progress": "false"}


def test_values_are_given_to_the_one_step_that_asks() -> None:
    assert [step["name"] for step in STEPS if "secrets." in json.dumps(step)] == [ASKING]
    assert "secrets." not in json.dumps([WORKFLOW.get("env"), JOB["env"]])
    assert "toJSON" not in TEXT


def test_nothing_of_the_inputs_gets_into_the_shell() -> None:
    assert [step["run"] for step in STEPS if "${{" in step.get("run", "")] == []
    assert STEPS[-1]["run"].endswith('-- "$ID"')


def fields() -> Iterator[tuple[str, bool]]:
    """Give the fields of every provider of the catalogue that can be asked, and whether they are secret."""
    for slug, document in files.catalogue("providers"):
        assert not isinstance(document, tuple)
        provider = parse.provider(slug, document.data)
        for each in (provider, *provider.variants.values()):
            yield from askable(each)


def askable(provider: Provider) -> Iterator[tuple[str, bool]]:
    if provider.probe and provider.credential:
        yield from ((field.name.upper(), field.secret) for field in provider.credential.fields)


def test_every_field_of_the_catalogue_is_passed_by_name() -> None:
    known = dict(sorted(fields(), key=lambda field: field[1]))  # what is secret somewhere is a secret
    names = {f"KEYTURN_{side}_{name}": secret for side in ("NEW", "OLD") for name, secret in known.items()}
    expected = {name: f"${{{{ {'secrets' if secret else 'vars'}.{name} }}}}" for name, secret in names.items()}
    given = {name: value for name, value in STEPS[-1]["env"].items() if re.match("KEYTURN_(NEW|OLD)_", name)}
    assert given == expected


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    zizmor = f"{sysconfig.get_path('scripts')}/zizmor"
    command = [zizmor, "--offline", "--persona", "pedantic", "--no-progress", str(PATH)]
    done = subprocess.run(command, env={"HOME": str(tmp_path)}, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# -- what it does --------------------------------------------------------------------------------------------------


@pytest.fixture
def proposals(fake: FakeGitHub) -> Proposals:
    proposals = Proposals()
    fake.routes.add(*proposals.routes())
    return proposals


@pytest.fixture
def acme(project: Project) -> Iterator[Acme]:
    """A provider on loopback that the policy of the project permits."""
    from shell.desk import Desk

    with serving() as service:
        acme = Acme(service, Desk(project.folder))
        project.write(
            FILE,
            "provider: acme\nkey: loader\nowners: [alice]\ncreated: 2020-01-01\n"
            "consumers:\n  - {platform: manual, name: Nightly load}\n",
        )
        project.push()
        yield acme


def verify(project: Project, **payload: Any) -> Run:
    project.actor = "bob"
    project.secrets |= {"KEYTURN_NEW_TOKEN": NEW, "KEYTURN_OLD_TOKEN": OLD, "KEYTURN_FINGERPRINT_KEY": "salt" * 8}
    return project.run("verify.yml", "workflow_dispatch", **{**DISPATCH, **payload})


def leaked(project: Project, fake: FakeGitHub, told: Run) -> list[str]:
    """Return the values that somebody can find."""
    pushed = subprocess.run(
        ["git", "log", "-p", "--all"], cwd=project.origin, check=True, capture_output=True, text=True
    ).stdout
    return [value for value in (NEW, OLD) if value in told.log + told.summary + pushed + str(fake.requests)]


def test_a_run_records_what_it_shows(project: Project, fake: FakeGitHub, proposals: Proposals, acme: Acme) -> None:
    told = verify(project)
    assert told.result == "success", told.log
    assert acme.asked == ["control", "new", "old"]
    assert "complete" in told.summary
    (number,) = proposals.ends
    assert proposals.ends[number].head == "keyturn/acme-loader"
    shown = subprocess.run(
        ["git", "show", f"keyturn/acme-loader:{FILE}"], cwd=project.origin, check=True, capture_output=True, text=True
    ).stdout
    assert re.search(r"new_key: \{method: probe, at: \S+, fingerprint: \"?[0-9a-f]{12}\"?\}", shown)
    assert "by: bob" in shown
    assert re.search(r"run: https://github\.com/acme/keys/actions/runs/[0-9]+", shown)
    assert leaked(project, fake, told) == []


def test_a_baseline_is_recorded_beforehand(
    project: Project, fake: FakeGitHub, proposals: Proposals, acme: Acme
) -> None:
    acme.answer(old="accepted")
    told = verify(project, inputs={"id": ID, "baseline": "true"})
    assert told.result == "success", told.log
    assert acme.asked == ["control", "old"]
    assert [ends.head for ends in proposals.ends.values()] == ["keyturn/baseline/acme-loader"]
    assert leaked(project, fake, told) == []


def test_a_contradiction_fails_the_run(project: Project, fake: FakeGitHub, proposals: Proposals, acme: Acme) -> None:
    acme.answer(old="accepted")
    told = verify(project)
    assert told.result == "failure"
    assert "The old key is still accepted" in told.log
    assert (proposals.ends, leaked(project, fake, told)) == ({}, [])


@pytest.mark.parametrize("id_", ["--help", "$(touch stolen)", "acme/other; touch stolen"])
def test_an_id_is_an_id_and_nothing_else(
    project: Project, fake: FakeGitHub, proposals: Proposals, acme: Acme, id_: str
) -> None:
    told = verify(project, inputs={"id": id_})
    assert told.result == "failure"
    assert f"no rotation {id_}" in told.log
    assert (acme.asked, proposals.ends, fake.writes) == ([], {}, [])


def test_another_branch_does_nothing(project: Project, fake: FakeGitHub, acme: Acme) -> None:
    with pytest.raises(AssertionError):  # act tells of no job
        verify(project, ref="refs/heads/other")
    assert (acme.asked, fake.requests) == ([], [])
