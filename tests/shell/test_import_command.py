"""`keyturn import`: rows become files, all or none; every mistake has its line, and no cell is more than text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from shell.desk import Desk

FIELDS = import_module("keyturn.commands.import").FIELDS

if TYPE_CHECKING:
    from pathlib import Path

    from shell.desk import Ran

HEAD = "provider,key,owners,created,tier,consumers\n"
GOOD = 'mixpanel,loader,alice bob,2026-08-24,critical,"platform=segment,name=M; Nightly load"\nclose,crm,@alice,,,\n'
SEMICOLONS = """\
provider;key;owners;created;tier;consumers
mixpanel;loader;alice bob;2026-08-24;critical;"platform=segment,name=M; Nightly load"
close;crm;alice;;;
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def imported(desk: Desk, text: str | bytes, *arguments: str) -> Ran:
    (desk.folder / "keys.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return desk.keyturn("import", "keys.csv", *arguments)


def written(desk: Desk) -> list[str]:
    return sorted(path.name for path in (desk.folder / "rotations").glob("*"))


@pytest.mark.parametrize(
    "text",
    [
        *(HEAD + GOOD, ("\ufeff" + HEAD + GOOD).replace("\n", "\r\n"), HEAD.upper() + "\n,,,,,\n" + GOOD),
        SEMICOLONS,
    ],
    ids=["plain", "bom-crlf", "case-blank", "semicolons"],
)
def test_every_row_becomes_a_file(desk: Desk, text: str) -> None:
    ran = imported(desk, text)
    assert (ran.status, ran.out) == (0, "")
    assert "2 of 2 rows written" in ran.err
    assert desk.read("rotations/mixpanel-loader.yaml") == (
        "provider: mixpanel\nkey: loader\nowners: [alice, bob]\ntier: critical\ncreated: 2026-08-24\nconsumers:\n"
        "  - {platform: segment, name: M}\n  - {platform: manual, name: Nightly load}\n"
    )
    assert "created: unknown\nenrolled: 2026-11-21\n" in desk.read("rotations/close-crm.yaml")
    assert desk.keyturn("validate").out == "2 files: no problems\n"


def test_columns_may_have_other_names(desk: Desk) -> None:
    text = "Vendor,Name,Owned by\nmixpanel,loader,alice\n"
    mapped = ("--map", "vendor=provider", "--map", "Name=key", "--map", "owned by=owners")
    assert imported(desk, text, *mapped).status == 0
    told = imported(desk, text)
    assert told.err == (
        "keys.csv:1:1: csv-head: no field 'vendor', 'name', 'owned by'; say what the columns mean, --map vendor=FIELD "
        f"--map name=FIELD --map 'owned by=FIELD', or take them out; fields are {', '.join(FIELDS)}\n"
    )
    assert (told.status, "--map owner=owners" in imported(desk, "provider,key,owner\nmixpanel,a,alice\n").err) == (
        1,
        True,
    )
    assert "no field 'x' to map a column to" in imported(desk, text, "--map", "vendor=x").err


def test_a_provider_may_be_called_by_its_name(desk: Desk) -> None:
    assert imported(desk, "provider,key,owners\nMixpanel,a,alice\nAT Internet,b,alice\n").status == 0
    assert written(desk) == ["mixpanel-a.yaml", "piano-analytics-b.yaml"]
    assert "'a-t'" not in imported(desk, "provider,key,owners\nNobody Knows,c,alice\n").err


def test_every_mistake_has_its_line_and_nothing_is_written(desk: Desk) -> None:
    rows = [
        *("mixpanel,loader,alice,2026-08-24,,", "mixpannel,a,alice,2026-08-24,,", "mixpanel,loader,bob,2026-08-24,,"),
        *("close,b,,2026-08-24,,", 'close,"../x",alice,2026-08-24,,', "close,c,alice,2027-01-01,,"),
        *("close,d,alice,2026-08-24,,platform=", "close,e,alice,2026-08-24,,,surplus"),
    ]
    ran = imported(desk, HEAD + "\n".join(rows) + "\n")
    assert (ran.status, written(desk)) == (1, [])
    assert [line.split(": ")[0] for line in ran.err.splitlines()[:-1]] == [f"keys.csv:{n}:1" for n in range(3, 10)]
    assert "did you mean mixpanel?" in ran.err
    assert "line 2 declares the same key" in ran.err
    assert "there are more cells than columns" in ran.err
    assert ran.err.splitlines()[-1] == "nothing was written; 1 of 8 rows would be good"


def test_the_good_rows_may_be_written_alone(desk: Desk) -> None:
    ran = imported(desk, HEAD + GOOD + "nobody,x,alice,,,\n", "--partial")
    assert (ran.status, written(desk)) == (1, ["close-crm.yaml", "mixpanel-loader.yaml"])
    assert "2 of 3 rows written" in ran.err


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    ran = imported(desk, HEAD + GOOD, "--dry-run")
    assert (ran.status, written(desk), ran.err) == (0, [], "nothing was written; 2 of 2 rows would be good\n")


def test_nothing_is_overwritten(desk: Desk) -> None:
    imported(desk, HEAD + GOOD)
    ran = imported(desk, HEAD + GOOD)
    assert ran.status == 1
    assert ran.err.count("there is a file of this name already") == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ((HEAD + GOOD).encode("utf-16"), "keys.csv:1:1: not-utf8: this is UTF-16"),
        (HEAD.encode() + b"\xff", "keys.csv:2:1: not-utf8"),
        ("", "csv-head"),
        ("provider,provider\n", "csv-head"),
        (HEAD + 'mixpanel,"lo"ader,alice\n', "keys.csv:2:1: csv-syntax"),
        (HEAD + 'mixpanel,"loader\n', "csv-syntax"),
        (b"x" * (64 * 1024 * 1024 + 1), "too-large"),
    ],
    ids=["utf16", "latin1", "empty", "twice", "quote", "open", "large"],
)
def test_what_is_no_such_file_is_said(desk: Desk, text: str | bytes, said: str) -> None:
    ran = imported(desk, text)
    assert (ran.status, said in ran.err) == (1, True), ran.err


def test_a_file_that_is_not_there(desk: Desk) -> None:
    ran = desk.keyturn("import", "keys.csv")
    assert (ran.status, "keys.csv:1:1: unreadable" in ran.err) == (1, True)


def test_hostile_cells_are_text_or_refused(desk: Desk) -> None:
    text = (
        "provider,key,owners,description\n"
        'mixpanel,a,alice,"=cmd|x!A1\n- {a: b}: # ""quoted"""\n'
        "mixpanel,b,alice,ghp_" + "a1B2" * 9 + "\n"
        "mixpanel,c,alice,!!python/object:os.system\n"
    )
    ran = imported(desk, text, "--partial")
    assert ran.err.startswith("keys.csv:4:1: credential: ")  # the first row has two lines
    assert "ghp_" not in ran.err
    assert written(desk) == ["mixpanel-a.yaml", "mixpanel-c.yaml"]
    assert 'description: "=cmd|x!A1\\n- {a: b}: # \\"quoted\\""\n' in desk.read("rotations/mixpanel-a.yaml")
    assert desk.keyturn("validate").status == 0


def test_many_rows_are_judged_in_one_go(desk: Desk) -> None:
    rows = "".join(f"mixpanel,key-{number},alice,2026-08-24,,\n" for number in range(1000))
    assert "nothing was written; 1000 of 1000 rows would be good" in imported(desk, HEAD + rows, "--dry-run").err
