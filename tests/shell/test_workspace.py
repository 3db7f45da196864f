"""What a root declares: its own catalogue over the shipped one, and roots in every kind of place."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from git import Actor, Repo
from shell.desk import DUE, FRESH, Desk, Files

from keyturn import files, marker
from keyturn.commands import workspace
from keyturn.model import Version

if TYPE_CHECKING:
    from pathlib import Path

ALICE = Actor("alice", "alice@acme.example")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def bodies(desk: Desk) -> list[str]:
    return [issue.body for issue in Files(desk.folder / ".keyturn" / "issues").issues()]


# -- the root's own catalogue ------------------------------------------------------------------------------------------


def test_a_provider_with_only_name_and_strategy_gives_generic_steps(desk: Desk) -> None:
    desk.write("providers/acme-crm.yaml", "name: Acme CRM\nstrategy: overlap\n")
    desk.declare("acme-crm/sync", created=DUE)
    assert desk.keyturn("apply").status == 0
    [body] = bodies(desk)
    assert "### Create the new key" in body
    assert body.count("- [ ]") >= 3
    assert "| Provider | Acme CRM |" in body


def test_an_own_entry_takes_the_place_of_the_shipped_one(desk: Desk) -> None:
    desk.write(
        "providers/mixpanel.yaml",
        "name: Our Mixpanel\nstrategy: reset\naliases: [mp]\nsteps: {reset: [Ask the robot.]}\n",
    )
    desk.declare("mixpanel/loader", created=DUE)
    desk.declare("mp/loader", created=DUE)
    assert desk.keyturn("apply").status == 0
    for body in bodies(desk):
        assert "Ask the robot." in body
        assert "| Provider | Our Mixpanel |" in body
    assert desk.keyturn("providers", "mp", "--format", "json").document["name"] == "Our Mixpanel"


def test_an_alias_keeps_what_is_written_in_the_id(desk: Desk) -> None:
    desk.declare("apps-flyer/export", created=DUE)
    [action] = desk.keyturn("plan", "--format", "json").document["actions"]
    assert action["rotation"] == "apps-flyer/export"
    assert desk.keyturn("ages", "--format", "json").document["keys"][0]["provider"] == "appsflyer"


def test_an_own_platform_gives_its_own_steps(desk: Desk) -> None:
    desk.write("platforms/robot.yaml", "name: Robot\nconnections: {plain: {steps: [Feed the robot.]}}\n")
    desk.declare(created=DUE, consumers=[{"platform": "robot", "name": "R2"}])
    assert desk.keyturn("apply").status == 0
    assert "Feed the robot." in bodies(desk)[0]


def test_the_list_of_providers_has_the_own_ones_and_in_json_each_is_whole(desk: Desk) -> None:
    desk.write("providers/acme-crm.yml", "name: Acme CRM\nstrategy: contact\n")
    listed = desk.keyturn("providers", "--format", "json").document
    by_slug = {each["slug"]: each for each in listed}
    assert by_slug["acme-crm"] == {"slug": "acme-crm", "name": "Acme CRM", "strategy": "contact"}
    assert set(files.slugs("providers")) < set(by_slug)
    assert "acme-crm" in desk.keyturn("providers").out
    assert "`acme-crm`" in desk.keyturn("providers", "--format", "markdown").out


def test_one_provider_in_json_is_its_file_with_slug_and_checklist(desk: Desk) -> None:
    document = desk.keyturn("providers", "mixpanel", "--format", "json").document
    entry = files.entry("providers", "mixpanel")
    assert isinstance(entry, files.Document)
    checklist = document.pop("checklist")
    assert document == {"slug": "mixpanel", **dict(entry.data)}
    assert [set(section) for section in checklist] == [{"title", "warning", "tasks"}] * len(checklist)
    assert {frozenset(task) for section in checklist for task in section["tasks"]} == {
        frozenset({"text", "code", "language"})
    }
    assert desk.keyturn("providers", "mixpanel").out.startswith("Mixpanel (mixpanel)\n")
    assert desk.keyturn("providers", "mixpanel", "--format", "markdown").out.startswith("# Mixpanel\n")


def test_a_broken_own_provider_is_reported_beside_the_others(desk: Desk) -> None:
    desk.write("providers/acme.yaml", "name: Acme\n")
    listed = desk.keyturn("providers")
    assert listed.status == 1
    assert "mixpanel" in listed.out
    assert "providers/acme.yaml:1:1: missing-field" in listed.err
    asked = desk.keyturn("providers", "acme")
    assert (asked.status, "the file of acme has an error; run `keyturn validate`" in asked.err) == (1, True)


def test_the_shipped_catalogue_is_there_outside_of_a_root(desk: Desk) -> None:
    (desk.folder / "keyturn.yaml").unlink()
    assert desk.keyturn("providers", "close").status == 0


# -- what the value holds ----------------------------------------------------------------------------------------------


def test_a_workspace_says_what_may_be_decided(desk: Desk) -> None:
    desk.declare("mixpanel/a", created=FRESH)
    path = desk.declare("mixpanel/b", created="2027-01-01", formerly=["mixpanel/old"])
    found = workspace.load(desk.folder, desk.calendar.now.date())
    assert [each.id for each in found.rotations] == ["mixpanel/a"]
    assert found.left_alone == {"mixpanel/b", "mixpanel/old"}
    assert (found.is_judgeable, found.is_whole, found.has_errors) == (True, False, True)
    assert found.files == ("rotations/mixpanel-a.yaml", path)
    (desk.folder / path).unlink()
    found = workspace.load(desk.folder, desk.calendar.now.date())
    assert (found.is_whole, found.has_errors, found.problems) == (True, False, ())


def test_what_would_be_wrong_with_a_text_is_told(desk: Desk) -> None:
    text = desk.read(desk.declare())
    assert workspace.faults("rotations/x.yaml", text) == ()
    assert [each.code for each in workspace.faults("rotations/x.yaml", text + "x: [")] == ["yaml-syntax"]
    assert [each.line for each in workspace.faults("rotations/x.yaml", text + "x: 1\n")] == [6]


# -- places ------------------------------------------------------------------------------------------------------------


def scope(desk: Desk) -> str:
    found = marker.read(bodies(desk)[-1])
    assert found is not None
    assert found.version == Version.read(DUE)
    return found.scope


@pytest.mark.parametrize("name", ["plain", "with space", "größe-日本", "a'b\"c"])
def test_a_root_may_lie_anywhere_below_a_repository(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    desk = Desk(folder)
    desk.declare(created=DUE, path="rotations/tief/über all/x.yml")
    with Repo.init(tmp_path) as repo:  # without a commit
        assert desk.keyturn("apply", folder="rotations/tief").status == 0
        assert scope(desk) == f"local:{name}"
        repo.create_remote("origin", "git@github.com:acme/mono.git")
    assert "0 of 0" not in desk.keyturn("apply").err.replace("1 of 1", "")
    # The remote has given the root another name, by which the issue opened before is another root's.
    assert scope(desk) == f"acme/mono:{name}"
    assert "https://github.com/acme/mono/blob/HEAD/" in bodies(desk)[-1]
    assert desk.keyturn("apply").out == "nothing to do.\n"


def test_two_roots_of_one_repository_are_two_worlds(tmp_path: Path) -> None:
    Repo.init(tmp_path).close()
    desks = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        desks.append(Desk(tmp_path / name))
        desks[-1].declare(created=DUE)
    assert desks[0].keyturn("apply", "--root", "../b", folder=".").status == 0
    assert (bodies(desks[0]), len(bodies(desks[1]))) == ([], 1)
    assert desks[0].keyturn("apply").status == 0
    assert (scope(desks[0]), scope(desks[1])) == ("local:a", "local:b")


def test_a_variable_makes_no_second_issue_in_the_folder(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.declare(created=DUE)
    desk.keyturn("apply")
    desk.environment["GITHUB_REPOSITORY"] = "acme/keys"
    hint = "these are the issues of the local tracker; say `--tracker github:acme/keys` for GitHub's\n"
    assert desk.keyturn("apply").err == hint
    assert [found.scope for body in bodies(desk) if (found := marker.read(body))] == ["local:."]
    assert desk.keyturn("apply").out == "nothing to do.\n"


def test_a_repository_with_its_history_works_as_one_without(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.declare(created=DUE)
    with Repo.init(tmp_path) as repo:
        repo.index.add(["keyturn.yaml", "rotations"])
        repo.index.commit("Declare", author=ALICE, committer=ALICE)
        assert desk.keyturn("apply").status == 0
        assert repo.untracked_files == []  # the local tracker's folder is ignored by git


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_crlf_files_mean_the_same(desk: Desk, ending: str) -> None:
    path = desk.declare(created=DUE)
    desk.write(path, desk.read(path).replace("\n", ending))
    desk.write("keyturn.yaml", f"notice: 20d{ending}reminders: [0d]{ending}")
    assert desk.keyturn("apply").status == 0
    assert "status: due" in desk.read(".keyturn/issues/0001-rotate-mixpanel-loader.md")


def test_an_empty_root_has_nothing_to_do(desk: Desk) -> None:
    assert desk.keyturn("plan").out == "nothing to do.\n"
    assert desk.keyturn("validate").out == "0 files: no problems\n"
    assert desk.keyturn("ages").out == "no keys\n"
    (desk.folder / "rotations").mkdir()
    assert desk.keyturn("apply").status == 0


@pytest.mark.repository
def test_a_repository_made_from_ours_has_its_own_entries_checked(tmp_path: Path) -> None:
    """There the shipped folders are the root's own ones."""
    for folder in ("providers", "platforms"):
        shutil.copytree(files.shipped(folder), tmp_path / folder)
    desk = Desk(tmp_path)
    desk.write("providers/close.yaml", "name: Close\n")
    ran = desk.keyturn("validate")
    assert (ran.status, "providers/close.yaml:1:1: missing-field" in ran.out) == (1, True)
