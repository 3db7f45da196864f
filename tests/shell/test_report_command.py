"""`keyturn report` as it is run: what it writes where, what it leaves alone, what it says when something is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from fake_github import FakeGitHub, Kind
from shell.desk import DUE, FRESH, OVERDUE, Desk, at_github

from keyturn.errors import RepositoryError, UsageError
from keyturn.files import folder

if TYPE_CHECKING:
    from pathlib import Path

WHO = {f"GIT_{who}_{what}": "alice" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
OUT = ("report", "--out", "site")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "acme")
    made.declare("mixpanel/loader", OVERDUE)
    made.declare("close/crm", FRESH, owners=["Carol"])
    return made


def git(desk: Desk, *arguments: str) -> None:
    environment = {"PATH": os.defpath, "HOME": str(desk.folder), "GIT_CONFIG_NOSYSTEM": "1", **WHO}
    subprocess.run(["git", *arguments], cwd=desk.folder, env=environment, check=True, capture_output=True)


def commit(desk: Desk) -> None:
    git(desk, "init", "-q")
    git(desk, "add", "keyturn.yaml", "rotations")
    git(desk, "commit", "-q", "-m", "Change")


def contents(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


# -- what it writes --------------------------------------------------------------------------------------------------


def test_it_writes_a_site_and_says_where(desk: Desk) -> None:
    desk.keyturn("apply")
    done = desk.keyturn(*OUT)
    assert (done.status, done.out) == (0, "")
    assert done.err == f"2 keys in 22 files; open {desk.folder / 'site' / 'index.html'}\n"
    document = json.loads(desk.read("site/report.json"))
    assert [(each["rotation"], each["issue"]) for each in document["keys"]] == [
        ("mixpanel/loader", 1),
        ("close/crm", None),
    ]
    assert "acme" in desk.read("site/index.html")


def test_a_second_run_writes_the_same_bytes_and_touches_nothing(desk: Desk) -> None:
    desk.keyturn(*OUT)
    before = {path: path.stat().st_mtime_ns for path in (desk.folder / "site").rglob("*") if path.is_file()}
    first = contents(desk.folder / "site")
    assert desk.keyturn(*OUT).status == 0
    assert contents(desk.folder / "site") == first
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_pages_of_keys_that_are_gone_go_and_what_others_put_there_stays(desk: Desk) -> None:
    desk.keyturn(*OUT)
    desk.write("site/CNAME", "keys.example")
    desk.write("site/keys/close/notes.txt", "mine")
    (desk.folder / "rotations/mixpanel-loader.yaml").unlink()
    (desk.folder / "rotations/close-crm.yaml").unlink()
    desk.declare("mixpanel/other", FRESH)
    assert desk.keyturn(*OUT).status == 0
    left = contents(desk.folder / "site")
    assert {"CNAME", "keys/close/notes.txt", "keys/mixpanel/other.html"} <= left.keys()
    assert {"keys/mixpanel/loader.html", "keys/close/crm.html", "owners/carol.ics"}.isdisjoint(left)
    (desk.folder / "site/keys/close/notes.txt").unlink()
    (desk.folder / "site/keys/close").rmdir()


def test_every_link_leads_to_a_file_of_the_site(desk: Desk) -> None:
    desk.declare("mixpanel/due", DUE)
    commit(desk)
    desk.keyturn(*OUT)
    site = desk.folder / "site"
    gone = [
        (path.name, target)
        for path in site.rglob("*.html")
        for target in _targets(path.read_text(encoding="utf-8"))
        if not target.startswith(("https://", "#")) and not (path.parent / target.partition("#")[0]).is_file()
    ]
    assert gone == []


def _targets(page: str) -> list[str]:
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda _, given: found.extend(  # type: ignore[method-assign] # a parser of one use
        value for name, value in given if name in {"href", "src"} and value
    )
    parser.feed(page)
    return found


# -- the past --------------------------------------------------------------------------------------------------------


def test_a_key_s_page_has_its_versions_from_git(desk: Desk) -> None:
    commit(desk)
    desk.write("rotations/broken.yaml", "provider: [")
    commit(desk)
    desk.write("rotations/broken.yaml", "provider: 1")
    commit(desk)
    (desk.folder / "rotations/broken.yaml").unlink()
    desk.declare("mixpanel/loader", FRESH)
    commit(desk)
    assert desk.keyturn(*OUT).status == 0
    key = json.loads(desk.read("site/report.json"))["keys"][-1]
    assert [(life["created"], life["until"], life["author"]) for life in key["versions"]] == [
        (FRESH, None, "alice"),
        (OVERDUE, FRESH, "alice"),
    ]
    assert "alice@" not in desk.read("site/keys/mixpanel/loader.html")


def test_a_shallow_clone_says_so_in_place_of_a_past_that_it_does_not_know(desk: Desk, tmp_path: Path) -> None:
    commit(desk)
    desk.declare("mixpanel/loader", FRESH)
    commit(desk)
    git(desk, "clone", "-q", "--depth", "1", desk.folder.as_uri(), str(tmp_path / "clone"))
    clone = Desk(tmp_path / "clone")
    assert clone.keyturn(*OUT).status == 0
    assert "this clone is shallow" in clone.read("site/keys/mixpanel/loader.html")


# -- what is missing -------------------------------------------------------------------------------------------------


def test_a_file_with_an_error_is_said_and_the_others_are_shown(desk: Desk) -> None:
    desk.declare("mixpannel/typo", FRESH)
    done = desk.keyturn(*OUT)
    assert (done.status, "unknown-provider" in done.err) == (1, True)
    assert "1 error in the declared files." in desk.read("site/index.html")


def test_a_policy_that_cannot_be_read_leaves_the_report_as_it_was(desk: Desk) -> None:
    desk.keyturn(*OUT)
    before = contents(desk.folder / "site")
    desk.write("keyturn.yaml", "cadence: [")
    done = desk.keyturn(*OUT)
    assert done.status == 1
    assert "keyturn.yaml has to be corrected first; the report was not written" in done.err
    assert contents(desk.folder / "site") == before


def test_on_github_issues_files_and_commits_are_linked(desk: Desk) -> None:
    commit(desk)
    git(desk, "remote", "add", "origin", "https://github.com/acme/declared.git")
    with FakeGitHub() as fake:
        fake.add_repository("acme/keys")
        wall = at_github(desk, fake)
        tracker = ("--tracker", wall.option)
        assert desk.keyturn("apply", *tracker).status == 0
        assert desk.keyturn(*OUT, *tracker).status == 0
    page = desk.read("site/keys/mixpanel/loader.html")
    assert 'href="https://github.com/acme/keys/issues/1"' in page
    assert 'href="https://github.com/acme/declared/blob/HEAD/rotations/mixpanel-loader.yaml"' in page
    assert 'href="https://github.com/acme/declared/commit/' in page


def test_a_tracker_that_does_not_answer_fails_the_run_and_the_report_says_so(desk: Desk) -> None:
    with FakeGitHub() as fake:
        fake.add_repository("acme/keys")
        wall = at_github(desk, fake)
        fake.faults.before_effect("GET", "/issues$", 1, Kind.BAD_GATEWAY, times=99)
        done = desk.keyturn(*OUT, "--tracker", wall.option)
    assert done.status == 3
    assert "the report says so, and goes by the files alone" in done.err
    assert "The tracker did not answer." in desk.read("site/index.html")
    assert json.loads(desk.read("site/report.json"))["complete"] is False
    assert desk.keyturn(*OUT).status == 0
    assert "did not answer" not in desk.read("site/index.html")


def test_without_its_libraries_it_says_what_to_install(desk: Desk) -> None:
    program = "import sys; sys.modules['pygal'] = None; from keyturn.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, *OUT, "--root", str(desk.folder)]
    done = subprocess.run(command, cwd=desk.folder, check=False, capture_output=True, text=True)
    assert (done.returncode, "pip install 'keyturn[report]'" in done.stderr) == (2, True)


# -- the folder ------------------------------------------------------------------------------------------------------


def test_a_folder_with_other_things_is_refused(desk: Desk) -> None:
    desk.write("site/index.html", "mine")
    done = desk.keyturn(*OUT)
    assert (done.status, "holds other things than a report" in done.err) == (2, True)
    assert desk.read("site/index.html") == "mine"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="holds other things"):
        folder.publish(tmp_path / "site", [])


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert folder.publish(tmp_path, [("a/b.html", b"x")]) == 1


def test_a_forged_list_removes_nothing_elsewhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine", encoding="utf-8")
    site = tmp_path / "site"
    site.mkdir()
    (site / folder.LIST).write_text(f"../outside.txt\n{outside}\na//b\n", encoding="utf-8")
    folder.publish(site, [("index.html", b"x")])
    assert outside.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_becomes_empty_goes(tmp_path: Path) -> None:
    folder.publish(tmp_path, [("a/b/c.html", b"x"), ("index.html", b"x")])
    folder.publish(tmp_path, [("index.html", b"x")])
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.LIST, "index.html"]


def test_a_list_of_files_that_somebody_removed_hinders_nothing(tmp_path: Path) -> None:
    folder.publish(tmp_path, [("gone/a.html", b"x"), ("index.html", b"x")])
    (tmp_path / "gone/a.html").unlink()
    (tmp_path / "gone").rmdir()
    assert folder.publish(tmp_path, [("index.html", b"x")]) == 1


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine", encoding="utf-8")
    site = tmp_path / "site"
    folder.publish(site, [("index.html", b"x")])
    (site / "index.html").unlink()
    (site / "index.html").symlink_to(outside)
    folder.publish(site, [("index.html", b"y")])
    assert (outside.read_text(encoding="utf-8"), (site / "index.html").read_bytes()) == ("mine", b"y")


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    site = tmp_path / "site"
    folder.publish(site, [("index.html", b"x")])
    (site / "keys").symlink_to(tmp_path / "outside")
    with pytest.raises(RepositoryError, match="keys is a link"):
        folder.publish(site, [("keys/a.html", b"y")])
    assert list((tmp_path / "outside").iterdir()) == []


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    site = tmp_path / "site"
    folder.publish(site, [("index.html", b"x")])
    (site / "keys").write_text("in the way", encoding="utf-8")
    with pytest.raises(RepositoryError, match="cannot write"):
        folder.publish(site, [("keys/a.html", b"y")])


def test_a_run_that_was_cut_short_leaves_nothing_that_the_next_does_not_know(tmp_path: Path) -> None:
    folder.publish(tmp_path, [("old.html", b"x")])
    with pytest.raises(RepositoryError):
        folder.publish(tmp_path, [("new.html", b"y"), ("new.html/impossible", b"z")])
    assert (tmp_path / "new.html").is_file()
    folder.publish(tmp_path, [("other.html", b"z")])
    assert sorted(contents(tmp_path)) == [folder.LIST, "other.html"]
