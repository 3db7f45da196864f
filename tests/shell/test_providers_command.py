"""`keyturn providers` as it is typed: a small catalogue of one's own beside the shipped one."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from keyturn import files
from keyturn.cli import main
from keyturn.commands.world import World
from keyturn.errors import Exit

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOCAL = """\
name: Café Örtlich
aliases: [stammtisch, shared-name]
credential: {term: Hausschlüssel}
self_service: true
last_used: true
strategy: overlap
steps:
  create: [Click **New key**.]
  revoke: [Click **Delete**.]
variants:
  in-place:
    strategy: reset
    steps: {reset: [Click **Reset**.]}
notes: [Nobody deletes first.]
probe:
  url: https://local.example/me
  auth: {scheme: bearer}
  accepted: [200]
  rejected: [401]
  confidence: documented
"""
OTHER = """\
name: Zweitcafé
aliases: [shared-name]
self_service: false
strategy: contact
"""
# Counts the files of the catalogue that a command opens; an audit hook cannot be taken off, hence a process of its own.
COUNTING = """\
import sys
from pathlib import Path
opened = set()
def note(event, arguments):
    if event == "open":
        path = Path(str(arguments[0]))
        if path.suffix == ".yaml" and path.parent.name == "providers":
            opened.add(path.name)
sys.addaudithook(note)
from keyturn.cli import main
status = main(sys.argv[1:])
print(*sorted(opened), sep="\\n", file=sys.stderr)
sys.exit(status)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "keyturn.yaml").touch()
    (tmp_path / "providers").mkdir()
    (tmp_path / "providers/local-cafe.yaml").write_text(LOCAL, encoding="utf-8")
    (tmp_path / "providers/second-cafe.yaml").write_text(OTHER, encoding="utf-8")
    return tmp_path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Run:
    """What a command printed, and its status."""

    def __init__(self, folder: Path, *arguments: str, out: io.StringIO | None = None) -> None:
        self._out, self._err = out or io.StringIO(), io.StringIO()

        def world(options: argparse.Namespace) -> World:
            return World(folder, NOW.date(), lambda: NOW, lambda _: None, {}, self._out, self._err, options.quiet)

        self.status = Exit(main(["providers", *arguments], world))
        self.out, self.err = self._out.getvalue(), self._err.getvalue()

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def slugs(self) -> list[str]:
        assert self.status is Exit.WELL, self.err
        return [each["slug"] for each in self.json]


def listed(folder: Path, *arguments: str) -> list[str]:
    return Run(folder, "--format", "json", *arguments).slugs


# -- the list ------------------------------------------------------------------------------------------------------


def test_the_list_has_the_shipped_ones_and_ones_own(root: Path) -> None:
    slugs = listed(root)
    assert slugs == sorted(slugs)
    assert {"local-cafe", "second-cafe", "mixpanel", "close"} <= set(slugs)


def test_outside_of_a_root_every_shipped_one_is_listed(tmp_path: Path) -> None:
    assert listed(tmp_path) == files.slugs("providers")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["--strategy", "overlap"], ["local-cafe"], id="strategy"),
        pytest.param(["--strategy", "reset"], [], id="the strategy of a variant does not count"),
        pytest.param(["--has-probe"], ["local-cafe"], id="probe"),
        pytest.param(["--self-service"], ["local-cafe"], id="self-service"),
        pytest.param(["--no-self-service"], ["second-cafe"], id="not self-service"),
        pytest.param(["--last-used"], ["local-cafe"], id="last used"),
        pytest.param(["--strategy", "contact", "--self-service"], [], id="all of them must hold"),
    ],
)
def test_filters(root: Path, arguments: list[str], expected: list[str]) -> None:
    assert listed(root, "--search", "cafe", *arguments) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("café", {"local-cafe", "second-cafe"}, id="a part of a name"),
        pytest.param("ORTLICH", {"local-cafe"}, id="neither case nor accents matter"),
        pytest.param("Stammtisch", {"local-cafe"}, id="an alias"),
        pytest.param("local cafe", {"local-cafe"}, id="a slug with a blank"),
        pytest.param("AT Internet", {"piano-analytics"}, id="AT Internet"),
        pytest.param("AppLovin", {"axon"}, id="AppLovin"),
        pytest.param("Magento", {"adobe-commerce"}, id="Magento"),
    ],
)
def test_search(root: Path, text: str, expected: set[str]) -> None:
    assert set(listed(root, "--search", text)) == expected


def test_a_near_miss_of_a_search_suggests(root: Path) -> None:
    missed = Run(root, "--search", "Mixpannel")
    assert (missed.status, missed.out) == (Exit.WELL, "")
    assert missed.err == "no provider fits; did you mean mixpanel?\n"
    assert Run(root, "--search", "Mixpannel", "--format", "json").out == "[]\n"
    assert Run(root, "--search", "qqqqqqqq", "--format", "markdown").err == "no provider fits\n"
    assert Run(root, "--search", "qqqqqqqq", "--quiet").err == ""


def test_the_list_as_text_and_as_markdown(root: Path) -> None:
    assert Run(root, "--search", "stammtisch").out == (
        "SLUG        NAME          STRATEGY  PROBE       CREDENTIAL\n"
        "local-cafe  Café Örtlich  overlap   documented  Hausschlüssel\n"
    )
    assert Run(root, "--search", "stammtisch", "--format", "markdown").out == (
        "| Slug | Name | Strategy | Probe | Credential |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `local-cafe` | Café Örtlich | overlap | documented | Hausschlüssel |\n"
    )


def test_the_list_on_a_terminal_is_a_table(root: Path) -> None:
    shown = Run(root, "--search", "stammtisch", out=Terminal()).out
    assert "Café Örtlich" in shown
    assert "SLUG" not in shown


def test_an_entry_with_an_error_is_reported_and_left_out(root: Path) -> None:
    (root / "providers/broken.yaml").write_text("name: Broken\nstrategy: hope\n")
    (root / "providers/unread.yaml").write_text("name: [\n")
    found = Run(root, "--format", "json")
    assert found.status is Exit.CORRECT
    assert "local-cafe" in [each["slug"] for each in found.json]
    assert {"broken", "unread"}.isdisjoint(each["slug"] for each in found.json)
    assert "providers/broken.yaml:2:11:" in found.err
    assert "providers/unread.yaml:" in found.err


# -- one provider --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("local-cafe", "local-cafe"),
        ("Local Cafe", "local-cafe"),
        ("Café Örtlich", "local-cafe"),
        ("stammtisch", "local-cafe"),
        ("AT Internet", "piano-analytics"),
        ("Axon by AppLovin", "axon"),
    ],
    ids=str,
)
def test_a_provider_is_found_by_what_it_is_or_was_called(root: Path, name: str, slug: str) -> None:
    assert Run(root, name, "--format", "json").json["slug"] == slug


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mixpannel"], "no provider named mixpannel; did you mean mixpanel?"),
        (["At Intrenet"], "no provider named At Intrenet; did you mean piano-analytics?"),
        (["qqqqqqqq"], "no provider named qqqqqqqq"),
        (["../keyturn"], "no provider named ../keyturn"),
        (["Shared name"], "Shared name may be local-cafe or second-cafe; say which"),
        (["local-cafe", "--variant", "other"], "local-cafe has no variant other; it has in-place"),
        (["second-cafe", "--variant", "other"], "second-cafe has no variant other; it has none"),
        (["local-cafe", "--has-probe"], "--has-probe is for the list of all providers, without SLUG"),
        (["local-cafe", "--no-self-service"], "--self-service is for the list of all providers, without SLUG"),
        (["--reason", "leaked"], "--reason is for one provider: add its slug"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_says_what_to_write(
    root: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Run(root, *arguments).status is Exit.USAGE
    assert capsys.readouterr().err == f"keyturn: {message}\n"


@pytest.mark.parametrize("text", ["name: Broken\nstrategy: hope\n", "name: [\n"], ids=["schema", "syntax"])
def test_a_provider_with_an_error_is_not_shown(root: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "providers/mixpanel.yaml").write_text(text)
    assert Run(root, "mixpanel").status is Exit.CORRECT
    assert "the file of mixpanel has an error; run `keyturn validate`" in capsys.readouterr().err


def titles(document: Any) -> list[str]:
    return [section["title"] for section in document["checklist"]]


def test_the_json_of_one_is_its_file_with_slug_and_checklist(root: Path) -> None:
    document = Run(root, "local-cafe", "--format", "json").json
    assert list(document)[:2] == ["slug", "name"]
    assert list(document)[-1] == "checklist"
    assert {"variant", "reason"}.isdisjoint(document)
    assert titles(document) == [
        "Create the new key",
        "Switch the consumers",
        "Confirm that the new key is in use",
        "Revoke the old key",
        "Record the evidence",
    ]


def test_variant_and_reason_compose_another_checklist(root: Path) -> None:
    document = Run(root, "local-cafe", "--variant", "in-place", "--reason", "leaked", "--format", "json").json
    assert (document["variant"], document["reason"], document["strategy"]) == ("in-place", "leaked", "overlap")
    assert titles(document)[0] == "Contain: reset the key"


@pytest.mark.parametrize(
    ("reason", "first", "downtime"),
    [
        ("due", "Create the new key", "None: the old key works until it is revoked, and that comes last."),
        ("leaked", "Contain: revoke the old key", "The old key ends first: every consumer is down until it has the"),
        ("retired", "Revoke the old key", "Whatever still uses the key stops for good."),
    ],
)
def test_the_page_for_a_reason(root: Path, reason: str, first: str, downtime: str) -> None:
    page = Run(root, "local-cafe", "--reason", reason, "--format", "markdown").out
    assert f"## Downtime\n\n{downtime}" in page
    assert f"## Steps\n\n### 1. {first}\n" in page
    assert ("## After a leak" in page) == (reason == "due")


def test_the_text_of_a_variant_shows_its_facts(root: Path) -> None:
    shown = Run(root, "local-cafe", "--variant", "in-place").out.splitlines()
    assert shown[:3] == ["Café Örtlich (local-cafe)", "", "Strategy        reset"]
    assert "2. Reset the key" in shown


# -- what is read --------------------------------------------------------------------------------------------------


def opened(folder: Path, *arguments: str) -> set[str]:
    given = [*arguments, "--root", str(folder)]
    done = subprocess.run([sys.executable, "-c", COUNTING, *given], check=True, capture_output=True, text=True)
    return {line for line in done.stderr.splitlines() if line.endswith(".yaml")}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["close"], {"close.yaml"}, id="a shipped one"),
        pytest.param(["Local Cafe", "--variant", "in-place", "--format", "json"], {"local-cafe.yaml"}, id="one's own"),
    ],
)
def test_one_provider_is_read_alone(root: Path, arguments: list[str], expected: set[str]) -> None:
    assert opened(root, "providers", *arguments) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("plan", {"close.yaml"}, id="plan"),
        pytest.param("ages", {"close.yaml"}, id="ages"),
        pytest.param("validate", set(), id="validate, where nothing is asked of a provider but that it is there"),
    ],
)
def test_other_commands_read_no_provider_but_those_of_the_declared_keys(
    tmp_path: Path, command: str, expected: set[str]
) -> None:
    (tmp_path / "keyturn.yaml").touch()
    (tmp_path / "rotations").mkdir()
    (tmp_path / "rotations/a.yaml").write_text(
        "provider: close\nkey: a\nowners: [alice]\ncreated: 2026-11-01\nconsumers: [{platform: manual, name: x}]\n"
    )
    assert opened(tmp_path, command, "--today", "2026-11-21") == expected
