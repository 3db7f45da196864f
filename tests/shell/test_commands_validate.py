"""`validate`: every problem of every file, in each form; bad input of every kind; and paths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from shell.desk import DUE, FRESH, Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def plain(**changes: str) -> str:
    fields = {"provider": "mixpanel", "key": "x", "owners": "[alice]", "created": FRESH, "consumers": "[]", **changes}
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def deep(levels: int) -> str:
    return plain(params="{a: " + "[" * levels + "]" * levels + "}")


# -- bad input of every kind -------------------------------------------------------------------------------------------

BAD: dict[str, tuple[str | bytes, str]] = {
    "not yaml": ("provider: [\n", "2:1: yaml-syntax"),
    "empty": ("", "1:1: empty-file"),
    "comments only": ("# nothing\n", "1:1: empty-file"),
    "several documents": (plain() + "---\n" + plain(), "6:1: several-documents"),
    "a list": ("- a\n", "1:1: wrong-type"),
    "alias bomb": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n", "1:4: alias"),
    "depth 500": (deep(500), "6:31: too-deep"),
    "depth 100,000": (deep(100_000), "6:31: too-deep"),
    "too many values": (plain(owners="[" + "a," * 6000 + "a]"), "3:9996: too-many-nodes"),
    "too large": (plain() + "# " + "x" * 300_000, "1:1: too-large"),
    "duplicate key": (plain() + "key: y\n", "6:1: duplicate-key"),
    "keys that collide": (plain(params='{1: a, "1": b}'), "6:10: key-not-text"),
    "a key that is a number": (plain() + "1: x\n", "6:1: key-not-text"),
    "tag": (plain(key="!!python/name:os.system x"), "2:6: tag"),
    "merge key": (plain() + "<<: {team: a/b}\n", "6:1: merge-key"),
    "ambiguous": (plain(key="no"), "2:6: ambiguous-scalar"),
    "sexagesimal": (plain(key="12:30"), "2:6: ambiguous-scalar"),
    "not finite": (plain(key=".inf"), "2:6: not-finite"),
    "not UTF-8": (plain().encode() + b"team: \xff\n", "6:7: not-utf8"),
    "UTF-16": (plain().encode("utf-16"), "1:1: not-utf8"),
    "NUL": (plain() + "team: a\x00b\n", "6:8: control-character"),
    "bidi": (plain() + "team: a\u202eb\n", "6:8: control-character"),
    "bidi in an escape": (plain() + 'team: "a\\u202Eb"\n', "6:7: control-character"),
    "homoglyph": (plain(key="lоader"), "2:6: wrong-format"),  # noqa: RUF001 - a Cyrillic letter is the point
    "a day that is not": (plain(created="2026-02-30"), "4:10: wrong-format"),
    "a moment without offset": (plain(created="2026-02-03T10:00:00"), "4:10: wrong-format"),
    "a leap second": (plain(created="2016-12-31T23:59:60Z"), "4:10: wrong-format"),
    "out of the calendar": (plain(created="0001-01-01T00:00:00+23:59"), "4:10: wrong-format"),
    "unknown field": (plain() + "token: x\n", "6:1: unknown-field"),
    "missing field": ("provider: mixpanel\n", "1:1: missing-field"),
    "credential in a scalar": (plain() + f"description: {TOKEN}\n", "6:14: credential"),
    "credential in a comment": (plain() + f"# {TOKEN}\n", "6:3: credential"),
    "hostile pattern": (plain(key="a" * 60_000 + "!"), "2:6: "),
    "unknown provider": (plain(provider="mixpannel"), "1:11: unknown-provider"),
}


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_bad_input_ends_with_1_and_a_position_and_the_others_go_on(
    desk: Desk, text: str | bytes, expected: str
) -> None:
    file = desk.write("rotations/bad.yaml", "")
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    desk.declare(created=DUE)

    validated = desk.keyturn("validate")
    applied = desk.keyturn("apply")

    assert validated.status == applied.status == 1
    assert f"rotations/bad.yaml:{expected}" in validated.out
    assert f"rotations/bad.yaml:{expected}" in applied.err
    assert "1 of 1 actions done" in applied.err
    for said in (validated.out, validated.err, applied.out, applied.err):
        assert "Traceback" not in said
        assert TOKEN not in said


def test_an_issue_of_a_file_that_breaks_is_left_alone(desk: Desk) -> None:
    path = desk.declare(created=DUE)
    desk.keyturn("apply")
    before = {file.name: file.read_bytes() for file in (desk.folder / ".keyturn/issues").iterdir()}
    for text in ("provider: [", plain(key="no"), plain(provider="mixpannel", key="loader"), plain(key="other") * 2):
        desk.write(path, text)
        desk.declare("close/crm", created=FRESH)
        assert desk.keyturn("apply").status == 1
        assert {file.name: file.read_bytes() for file in (desk.folder / ".keyturn/issues").iterdir()} == before


LINKS: dict[str, Callable[[Path], object]] = {
    "a link to git's config": lambda folder: (folder / "rotations/x.yaml").symlink_to(folder / ".git/config"),
    "a link that dangles": lambda folder: (folder / "rotations/x.yaml").symlink_to("gone"),
    "a linked folder": lambda folder: (folder / "rotations/x.yaml").symlink_to(folder / "elsewhere"),
    "a folder named like a file": lambda folder: (folder / "rotations/x.yaml").mkdir(),
}


@pytest.mark.parametrize("make", LINKS.values(), ids=LINKS)
def test_only_regular_files_are_read(desk: Desk, make: Callable[[Path], object]) -> None:
    desk.write(".git/config", "secret: [")
    desk.write("elsewhere/y.yaml", "secret: [")
    desk.declare(created=DUE)
    make(desk.folder)
    ran = desk.keyturn("validate")
    assert ran.status == 1
    assert ran.out.startswith("rotations/x.yaml:1:1: not-a-regular-file: ")
    assert "secret" not in ran.out
    assert "1 of 1 actions done" in desk.keyturn("apply").err


# -- the policy and the catalogue --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("notice: [", "yaml-syntax"),
        ("notice: soon\n", "wrong-format"),
        ("notise: 14d\n", "unknown-field"),
        ("evidence: {four_eyes: true}\n", "four-eyes-local"),
        (f"# {TOKEN}\n", "credential"),
    ],
)
def test_a_broken_policy_decides_nothing(desk: Desk, text: str, code: str) -> None:
    desk.declare(created=DUE)
    desk.keyturn("apply")
    desk.declare("close/crm", created=DUE)
    desk.write("keyturn.yaml", text)
    planned = desk.keyturn("plan", "--format", "json")
    assert (planned.status, planned.document["actions"], planned.document["waiting"]) == (1, [], [])
    assert code in {problem["code"] for problem in planned.document["problems"]}
    applied = desk.keyturn("apply")
    assert (applied.status, applied.out) == (1, "nothing to do.\n")
    assert len(list((desk.folder / ".keyturn/issues").glob("*.md"))) == 1
    aged = desk.keyturn("ages", "--format", "json")
    assert (aged.status, aged.document["keys"]) == (1, [])


@pytest.mark.parametrize("text", ["", "# all defaults\n"], ids=["empty", "comments"])
def test_a_policy_may_be_empty(desk: Desk, text: str) -> None:
    desk.declare(created=DUE)
    desk.write("keyturn.yaml", text)
    ran = desk.keyturn("plan", "--root", ".")
    assert (ran.status, "1 to open" in ran.out) == (0, True)


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_a_folder_without_a_policy_is_no_root(desk: Desk, command: str) -> None:
    (desk.folder / "keyturn.yaml").unlink()
    ran = desk.keyturn(command, "--root", ".")
    assert (ran.status, ran.out) == (2, "")
    assert "no keyturn.yaml in ., so it is no root" in ran.err


POLICIES: dict[str, Callable[[Path], object]] = {
    "a link that dangles": lambda path: path.symlink_to("gone.yaml"),
    "a link to a policy": lambda path: path.symlink_to("other.yaml"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("options", [["--root", "."], []], ids=["given", "found"])
@pytest.mark.parametrize("make", POLICIES.values(), ids=POLICIES)
def test_a_policy_that_is_no_regular_file_decides_nothing(
    desk: Desk, make: Callable[[Path], object], options: list[str]
) -> None:
    desk.declare(created=DUE)
    desk.write("other.yaml", "notice: 3d\n")
    (desk.folder / "keyturn.yaml").unlink()
    make(desk.folder / "keyturn.yaml")
    ran = desk.keyturn("plan", *options)
    assert (ran.status, ran.out) == (1, "nothing to do.\n")
    assert "keyturn.yaml:1:1: not-a-regular-file" in ran.err
    validated = desk.keyturn("validate", *options)
    assert (validated.status, "keyturn.yaml:1:1: not-a-regular-file" in validated.out) == (1, True)


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("providers/acme.yaml", "name: [", "yaml-syntax"),
        ("providers/acme.yaml", "name: Acme\n", "missing-field"),
        ("providers/acme.yaml", "name: Acme\nstrategy: overlapp\n", "wrong-value"),
        ("platforms/acme.yaml", "nam: Acme\n", "unknown-field"),
        ("providers/mixpanel.yaml", "name: Mine\n", "missing-field"),
    ],
)
def test_a_broken_entry_of_the_catalogue_stops_its_own_keys_alone(desk: Desk, path: str, text: str, code: str) -> None:
    desk.write(path, text)
    desk.declare("close/crm", created=DUE)
    slug = path.rpartition("/")[2].removesuffix(".yaml")
    if path.startswith("providers"):
        desk.declare(f"{slug}/x", created=DUE)
    ran = desk.keyturn("apply")
    assert ran.status == 1
    assert f"{path}:" in ran.err
    assert f" {code}: " in ran.err
    assert [file.name for file in (desk.folder / ".keyturn/issues").glob("*.md")] == ["0001-rotate-close-crm.md"]


def test_a_linked_entry_of_the_catalogue_is_refused(desk: Desk) -> None:
    desk.write("elsewhere/acme.yaml", "name: Acme\nstrategy: reset\n")
    (desk.folder / "providers").mkdir()
    (desk.folder / "providers/acme.yaml").symlink_to(desk.folder / "elsewhere/acme.yaml")
    desk.declare("acme/x", created=DUE)
    ran = desk.keyturn("validate")
    assert ran.status == 1
    assert "providers/acme.yaml:1:1: not-a-regular-file" in ran.out
    assert "unknown-provider" in ran.out


def test_an_entry_whose_name_is_no_slug_is_never_taken_for_one(desk: Desk) -> None:
    desk.write("providers/My Vendor.yaml", "name: [")
    desk.write("providers/nested/deep.yaml", "name: [")
    desk.declare("zzz/x", created=DUE)
    ran = desk.keyturn("validate")
    assert (ran.status, ran.out.count("yaml-syntax"), ran.out.count("unknown-provider")) == (1, 2, 1)


# -- forms -------------------------------------------------------------------------------------------------------------


def wrong(desk: Desk) -> None:
    desk.write("rotations/a.yaml", plain(provider="mixpannel"))
    desk.write(
        "rotations/b.yml", plain(key="other") + "request: {reason: other, replaces: 2026-01-01, deadline: 2026-12-01}\n"
    )


def test_text_has_path_line_column_code_and_message(desk: Desk) -> None:
    wrong(desk)
    ran = desk.keyturn("validate")
    assert (ran.status, ran.err) == (1, "")
    assert ran.out == (
        "rotations/a.yaml:1:11: unknown-provider: no provider named mixpannel; did you mean mixpanel?\n"
        "rotations/b.yml:6:1: leftover-request: this request was answered by a later version; "
        "remove the block `request` (warning)\n"
        "2 files: 1 error, 1 warning\n"
    )


def test_sarif_has_a_result_for_every_problem(desk: Desk) -> None:
    wrong(desk)
    ran = desk.keyturn("validate", "--format", "sarif")
    (run,) = ran.document["runs"]
    assert (ran.status, [result["level"] for result in run["results"]]) == (1, ["error", "warning"])
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["leftover-request", "unknown-provider"]


def test_json_is_of_the_designs_shape(desk: Desk) -> None:
    wrong(desk)
    ran = desk.keyturn("validate", "--format", "json")
    assert ran.status == 1
    assert ran.document["files"] == 2
    assert ran.document["problems"][0] == {
        "path": "rotations/a.yaml",
        "line": 1,
        "column": 11,
        "code": "unknown-provider",
        "message": "no provider named mixpannel; did you mean mixpanel?",
        "severity": "error",
    }
    assert set(ran.document) == {"files", "problems"}
    assert ran.document["problems"][1]["severity"] == "warning"


def test_annotations_and_markdown(desk: Desk) -> None:
    wrong(desk)
    lines = desk.keyturn("validate", "--format", "github").out.splitlines()
    assert lines[0] == (
        "::error file=rotations/a.yaml,line=1,col=11,title=unknown-provider::"
        "no provider named mixpannel; did you mean mixpanel?"
    )
    assert lines[1].startswith("::warning file=rotations/b.yml,line=6,col=1,title=leftover-request::")
    page = desk.keyturn("validate", "--format", "markdown").out
    assert "| Where | What | What to do |" in page
    assert "`rotations/a.yaml:1:11`" in page


def test_warnings_alone_are_well(desk: Desk) -> None:
    wrong(desk)
    ran = desk.keyturn("validate", "rotations/b.yml")
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "1 file: 1 warning")


def test_the_job_gets_summary_and_outputs(desk: Desk) -> None:
    wrong(desk)
    desk.environment |= {"GITHUB_STEP_SUMMARY": str(desk.folder / "s.md"), "GITHUB_OUTPUT": str(desk.folder / "o")}
    desk.keyturn("validate")
    desk.keyturn("validate", "rotations/b.yml")
    assert desk.read("s.md").count("## Validation\n") == 2
    assert desk.read("o") == "files=2\nproblems=2\nfiles=1\nproblems=1\n"


# -- paths -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "paths", "files"),
    [
        (".", [], 3),
        (".", ["."], 3),
        (".", ["rotations"], 3),
        (".", ["rotations/a b"], 1),
        (".", ["rotations/a b/größe.yml", "rotations/x.yaml"], 2),
        (".", ["rotations/a b", "rotations"], 3),
        ("rotations/a b", ["größe.yml"], 1),
        ("rotations/a b", ["../x.yaml"], 1),
        ("rotations/a b", [".."], 3),
        ("rotations/a b", [], 3),
        (".", ["keyturn.yaml"], 0),
    ],
)
def test_paths_are_taken_from_where_one_stands(desk: Desk, folder: str, paths: list[str], files: int) -> None:
    desk.write("rotations/x.yaml", plain())
    desk.write("rotations/a b/größe.yml", plain(key="other").replace("\n", "\r\n"))
    desk.write("rotations/deep/er/z.yaml", plain(key="z"))
    ran = desk.keyturn("validate", "--format", "json", *paths, folder=folder)
    assert (ran.status, ran.document) == (0, {"files": files, "problems": []})


def test_a_path_outside_is_refused_as_is_one_that_is_not_there_or_behind_a_link(desk: Desk, tmp_path: Path) -> None:
    desk.write("rotations/real/x.yaml", plain())
    (desk.folder / "rotations/link").symlink_to("real")
    said = {
        "nowhere.yaml": "no file ",
        str(tmp_path.parent): "lies outside of",
        "..": "lies outside of",
        "rotations/link/x.yaml": "lies behind a linked folder",
    }
    for path, words in said.items():
        ran = desk.keyturn("validate", path)
        assert (ran.status, ran.out, words in ran.err) == (2, "", True), (path, ran)
    assert desk.keyturn("validate", "rotations/link").status == 1  # it is there, and a link is a problem


def test_a_root_that_is_reached_through_a_link_is_the_root(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk.write("rotations/x.yaml", plain())
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(desk.folder)
    for path in (link, link / "rotations", link / "rotations/x.yaml"):
        ran = desk.keyturn("validate", "--root", str(link), str(path), "--format", "json")
        assert json.loads(ran.out)["files"] == 1


def test_a_misspelt_provider_is_named_beside_what_is_missing(desk: Desk) -> None:
    desk.write("rotations/a.yaml", "provider: mixpannel\nkey: a\ncreated: 2026-11-01\nconsumers: []\n")
    desk.write("rotations/b.yaml", "provider: Mix Panel\nkey: b\ncreated: 2026-11-01\nconsumers: []\n")
    desk.write("rotations/c.yaml", "- provider: mixpannel\n")
    found = desk.keyturn("validate", "--format", "json").document["problems"]
    assert [(each["path"][-6:-5], each["code"]) for each in found] == [
        ("a", "missing-field"),
        ("a", "unknown-provider"),
        ("b", "missing-field"),
        ("b", "wrong-format"),
        ("c", "wrong-type"),
    ]
    assert desk.keyturn("plan").err.count("did you mean mixpanel?") == 1
