"""`keyturn new`: answers or options become a file that explains itself; nothing wrong is written, none overwritten."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sysconfig
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from git import Repo
from shell.desk import Desk

from keyturn import files
from keyturn.commands.world import World
from keyturn.files.declarations import declaration

if TYPE_CHECKING:
    from shell.desk import Ran

SAID = ("--provider", "mixpanel", "--key", "loader", "--owner", "alice", "--created", "2026-08-24")
FILE = "rotations/mixpanel-loader.yaml"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def data(desk: Desk, path: str = FILE) -> Any:
    document = files.read(desk.folder / path, path)
    assert isinstance(document, files.Document)
    return document.data


def answer(desk: Desk, *lines: str, arguments: tuple[str, ...] = ()) -> Ran:
    """Run the command with somebody who answers."""
    text = "".join(f"{line}\n" for line in lines)
    return desk.keyturn("new", *arguments, world=partial(World, answers=io.StringIO(text)))


# -- options -----------------------------------------------------------------------------------------------------------


def test_options_become_a_file_that_explains_every_field(desk: Desk) -> None:
    place = "platform=github-secret, repository=acme/etl, secret=MIXPANEL_SECRET"
    ran = desk.keyturn("new", *SAID, "--tag", "pii", "--consumer", place, "--consumer", "Nightly load")
    assert (ran.status, ran.out) == (0, "")
    assert f"{FILE}: declared. Commit it" in ran.err
    assert data(desk) == {
        "provider": "mixpanel",
        "key": "loader",
        "owners": ["alice"],
        "tags": ["pii"],
        "created": "2026-08-24",
        "consumers": [
            {"platform": "github-secret", "repository": "acme/etl", "secret": "MIXPANEL_SECRET"},
            {"platform": "manual", "name": "Nightly load"},
        ],
    }
    text = desk.read(FILE)
    assert "# rotate_every: 90d " in text
    assert "# variant: " in text
    assert all("# " in line for line in text.splitlines() if not line.startswith("  -"))
    assert desk.keyturn("validate").out == "1 file: no problems\n"


def test_every_optional_field_has_its_option(desk: Desk) -> None:
    more = {
        "description": "Exports events: all of them.",
        "environment": "production",
        "expires": "2027-08-24",
        "rotate_every": "30d",
        "team": "acme/data",
        "tier": "critical",
        "variant": "eu",
    }
    options = [word for name, value in more.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert desk.keyturn("new", *SAID, *options, "--path", "rotations/a/b.yml").status == 0
    assert data(desk, "rotations/a/b.yml").items() >= more.items()
    assert desk.keyturn("validate").out == "1 file: no problems\n"


def test_samples_in_comments_are_valid_once_they_are_taken(desk: Desk) -> None:
    desk.keyturn("new", *SAID)
    text = desk.read(FILE).replace("# variant: eu | india", "variant: eu")
    desk.write(FILE, text.replace("\n# ", "\n"))
    assert desk.keyturn("validate").out == "1 file: no problems\n"


def test_what_the_provider_asks_for_is_left_to_be_filled_in(desk: Desk) -> None:
    desk.write("providers/acme-shop.yaml", "name: Acme\nstrategy: reset\nparams: {shop: {kind: label}}\n")
    desk.keyturn("new", "--provider", "acme-shop", *SAID[2:])
    assert "# params: {shop: …}" in desk.read("rotations/acme-shop-loader.yaml")


def test_an_unknown_age_is_enrolled_today_and_a_key_without_a_place_is_told_of(desk: Desk) -> None:
    ran = desk.keyturn("new", *SAID[:-1], "unknown")
    assert data(desk).items() >= {"created": "unknown", "enrolled": "2026-11-21", "consumers": []}.items()
    assert "no place that uses the key is named yet" in ran.err


def test_the_editor_is_shown_the_schema_where_the_root_has_it(desk: Desk) -> None:
    desk.write("schemas/rotation.schema.json", "{}")
    desk.keyturn("new", *SAID, "--path", "rotations/a/b.yaml")
    assert desk.read("rotations/a/b.yaml").startswith(
        "# yaml-language-server: $schema=../../schemas/rotation.schema.json\n"
    )


def test_a_dry_run_shows_the_file_and_writes_none(desk: Desk) -> None:
    ran = desk.keyturn("new", *SAID, "--dry-run")
    assert ran.out.startswith("provider: mixpanel ")
    assert not (desk.folder / FILE).exists()


def test_without_a_terminal_it_says_which_options_are_missing(desk: Desk) -> None:
    ran = desk.keyturn("new", "--key", "loader")
    assert ran.status == 2
    assert "please say --provider, --owner, --created;" in ran.err


@pytest.mark.parametrize("source", ["actions", "git"])
def test_whoever_is_known_here_is_the_owner(desk: Desk, source: str) -> None:
    if source == "actions":
        desk.environment["GITHUB_ACTOR"] = "carol"
    else:
        with Repo.init(desk.folder) as repo:
            repo.config_writer().set_value("github", "user", "carol").release()
    assert desk.keyturn("new", *SAID[:4], *SAID[6:]).status == 0
    assert data(desk)["owners"] == ["carol"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--provider", "mixpannel"], "no provider is called 'mixpannel'; did you mean mixpanel?"),
        (["--provider", "segm"], "'segm' may be segment, segment-write-key; say which"),
        (
            ["--provider", "qqqqqqqq"],
            "providers/qqqqqqqq.yaml of two lines first, `name: …` and `strategy: overlap|",
        ),
        (["--provider", ""], "give it a file providers/<slug>.yaml"),
        (["--provider", "e"], "more; say which"),
        (["--key", "Not A Key"], "nothing was written"),
        (["--created", "2027-01-01"], "created lies in the future"),
        (["--consumer", "platform=nope"], "no platform named nope"),
        (["--consumer", "platform=manual,name"], "'name' is no field of a consumer"),
        (["--path", "../rotations/x.yaml"], "write for example rotations/analytics/loader.yaml"),
        (["--description", "ghp_" + "a1B2" * 9], "this looks like a credential"),
    ],
    ids=["typo", "several", "nobody", "empty", "many", "key", "future", "platform", "field", "path", "credential"],
)
def test_what_is_wrong_is_said_and_not_written(desk: Desk, arguments: list[str], said: str) -> None:
    ran = desk.keyturn("new", *SAID, *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert "ghp_" not in ran.err
    assert not (desk.folder / "rotations").exists()


@pytest.mark.parametrize("wanted", ["MIXPANEL", "apps flyer", "mixpan"], ids=["case", "alias", "part"])
def test_a_provider_is_found_by_its_names(desk: Desk, wanted: str) -> None:
    assert desk.keyturn("new", "--provider", wanted, *SAID[2:]).status == 0
    assert desk.keyturn("validate").out == "1 file: no problems\n"


def test_nothing_is_overwritten_and_no_id_is_taken_twice(desk: Desk) -> None:
    desk.write(FILE, "# mine\n")
    assert "there is a file of this name already" in desk.keyturn("new", *SAID).err
    assert desk.read(FILE) == "# mine\n"
    desk.declare("mixpanel/other", path=FILE, formerly=["mixpanel/loader"])
    again = desk.keyturn("new", *SAID, "--path", "rotations/again.yaml")
    assert f"mixpanel/loader is declared in {FILE} already; name another key" in again.err
    assert not (desk.folder / "rotations/again.yaml").exists()


def test_a_file_needs_no_comment() -> None:
    fields = {"provider": "mixpanel", "key": "loader", "owners": ["alice"], "created": "2026-08-24", "consumers": []}
    assert declaration(fields) == (
        "provider: mixpanel\nkey: loader\nowners: [alice]\ncreated: 2026-08-24\nconsumers: []\n"
    )


# -- answers -----------------------------------------------------------------------------------------------------------


def test_answers_become_a_file(desk: Desk) -> None:
    ran = answer(desk, "mixpan", "loader", "alice, @bob", "2026-08-24", "Nightly load", "platform=segment,name=M", "")
    assert (ran.status, "  mixpanel, Mixpanel\n" in ran.err, "  not " in ran.err) == (0, True, False)
    assert data(desk) == {
        "provider": "mixpanel",
        "key": "loader",
        "owners": ["alice", "bob"],
        "created": "2026-08-24",
        "consumers": [{"platform": "manual", "name": "Nightly load"}, {"platform": "segment", "name": "M"}],
    }


def test_who_names_one_of_several_sees_the_others(desk: Desk) -> None:
    ran = answer(desk, "segment", "loader", "alice", "2026-08-24", "")
    assert data(desk, "rotations/segment-loader.yaml")["provider"] == "segment"
    assert "  segment, Twilio Segment" in ran.err
    assert "  not segment-write-key" in ran.err


def test_enter_takes_what_is_proposed(desk: Desk) -> None:
    desk.environment["GITHUB_ACTOR"] = "carol"
    ran = answer(desk, "", "", "", arguments=("--provider", "mixpanel", "--key", "loader"))
    assert "Owners, as GitHub logins [carol]: Created, as YYYY-MM-DD or unknown [unknown]: " in ran.err
    assert data(desk).items() >= {"owners": ["carol"], "created": "unknown", "enrolled": "2026-11-21"}.items()


def test_a_wrong_answer_is_asked_for_again_with_the_reason(desk: Desk) -> None:
    desk.declare("mixpanel/taken", path="rotations/a.yaml")
    ran = answer(
        *(desk, "mixpannel", "mixpanel", "Bad Key", "taken", "loader", "", "alice", "2027-01-01", "2026-08-24"),
        *("platform=nope", "name=", "Nightly load", ""),
    )
    assert ran.status == 0
    for hint in (
        "did you mean mixpanel?",
        "write for example `warehouse-loader`",
        "mixpanel/taken is declared in rotations/a.yaml already",
        "created lies in the future",
        "no platform named nope",
        "is no field of a consumer",
    ):
        assert hint in ran.err
    assert data(desk)["consumers"] == [{"platform": "manual", "name": "Nightly load"}]


def test_only_what_no_option_says_is_asked(desk: Desk) -> None:
    ran = answer(desk, arguments=(*SAID, "--consumer", "Nightly load"))
    assert (ran.status, ran.err.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    ("lines", "arguments", "said"),
    [
        (["mixpanel"], (), "stopped before the last question"),
        (["?"] * 20, (), "no answer would do"),
        ([], ("--created", "2027-01-01"), "created lies in the future"),
    ],
    ids=["end", "hopeless", "wrong-option"],
)
def test_who_stops_half_way_leaves_nothing(desk: Desk, lines: list[str], arguments: tuple[str, ...], said: str) -> None:
    ran = answer(desk, *lines, arguments=arguments)
    assert (ran.status, said in ran.err) == (2, True)
    assert not (desk.folder / "rotations").exists()


def test_a_real_terminal_is_asked(desk: Desk) -> None:
    ours, theirs = pty.openpty()
    command = [str(Path(sysconfig.get_path("scripts")) / "keyturn"), "new", *SAID[:6]]
    with subprocess.Popen(command, cwd=desk.folder, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        os.write(ours, b"2026-08-24\n\n")
        assert process.stderr is not None
        told = process.stderr.read().decode()
        assert process.wait(timeout=60) == 0, told
    os.close(ours)
    assert "Created, as YYYY-MM-DD or unknown [unknown]: " in told
    assert data(desk)["created"] == "2026-08-24"
