"""`keyturn matrix`: as many shards as the files need, which together say what one run says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from shell.desk import FRESH, Desk

from keyturn.commands import matrix

if TYPE_CHECKING:
    from pathlib import Path

INCIDENT = "summary: Leaked.\nmatch: {providers: [mixpanel]}\nexposed_until: 2026-11-20\nrespond_by: 2026-11-23\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def sized(desk: Desk, *arguments: str) -> list[str]:
    ran = desk.keyturn("matrix", *arguments)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.count("\n") == 1
    assert ran.document.keys() == {"shard"}
    shards: list[str] = ran.document["shard"]
    return shards


@pytest.mark.parametrize(
    ("count", "per", "expected"),
    [
        (0, 10, 1),
        (1, 10, 1),
        (10, 10, 1),
        (11, 10, 2),
        (10_000, 2500, 4),
        (10_001, 2500, 5),
        (100_000, matrix.PER, 2),
        (256, 1, 256),
        (1_000_000, 1, 256),
    ],
)
def test_as_many_jobs_as_the_files_need_and_github_starts(count: int, per: int, expected: int) -> None:
    assert matrix.shards(count, per) == expected


def test_without_files_one_job_says_so(desk: Desk) -> None:
    assert sized(desk) == ["1/1"]


def test_every_file_that_validate_counts_is_counted(desk: Desk) -> None:
    desk.declare("mixpanel/a", FRESH)
    desk.declare("mixpanel/b", FRESH, path="rotations/deep/below/b.yml")
    desk.write("rotations/notes.txt", "not ours")
    desk.write("incidents/x.yaml", INCIDENT)
    (desk.folder / "rotations/link.yaml").symlink_to(desk.folder / "keyturn.yaml")
    files = desk.keyturn("validate", "--format", "json").document["files"]
    assert files == 4
    assert sized(desk, "--per", "1") == ["1/4", "2/4", "3/4", "4/4"]


def test_shards_together_say_what_one_run_says_and_each_file_is_in_one(desk: Desk) -> None:
    for number in range(30):
        desk.declare(f"mixpanel/key-{number}", FRESH, path=f"rotations/{number % 3}/{number}.yaml")
    desk.declare("mixpannel/typing", FRESH, path="rotations/typing.yaml")
    for name in ("first", "second", "third"):
        desk.declare("mixpanel/twice", FRESH, path=f"rotations/{name}.yaml")
    desk.write("rotations/broken.yaml", "provider: [\n")
    desk.write("incidents/nothing.yaml", INCIDENT.replace("mixpanel", "stripe"))
    desk.policy(max_waiver="1d", unknown_field=1)

    whole = desk.keyturn("validate", "--format", "json").document
    parts = [
        desk.keyturn("validate", "--format", "json", "--shard", shard).document for shard in sized(desk, "--per", "9")
    ]
    assert len(parts) == 4
    assert sum(part["files"] for part in parts) == whole["files"] == 36
    found = [json.dumps(problem) for part in parts for problem in part["problems"]]
    assert sorted(found) == sorted(json.dumps(problem) for problem in whole["problems"])
    assert {"duplicate-id", "unknown-provider", "yaml-syntax"} <= {problem["code"] for problem in whole["problems"]}


def test_in_actions_it_is_an_output_of_the_step(desk: Desk, tmp_path: Path) -> None:
    output = tmp_path / "output"
    desk.environment["GITHUB_OUTPUT"] = str(output)
    desk.declare("mixpanel/a", FRESH)
    sized(desk)
    assert output.read_text() == 'matrix={"shard": ["1/1"]}\n'


@pytest.mark.parametrize("per", ["0", "-1", "1.5", "many", "", "1e3", "٣", "1000000000"])
def test_another_number_is_wrong_usage(per: str, desk: Desk) -> None:
    ran = desk.keyturn("matrix", f"--per={per}")
    assert ran.status == 2
    assert "argument --per: write a number of files, at least 1; see `keyturn matrix --help`" in ran.err
