"""A provider's file from a few answers, asked or given: written as the catalogue has it, or refused with the reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keyturn import files
from keyturn.schema import Schemas

pytestmark = pytest.mark.repository

SCRIPT = Path(__file__).resolve().parent.parent / "scripts/scaffold_provider.py"
LONG = (
    "Click **New** and copy the key at once, because it is shown only this time, "
    "then give it the rights of the old one."
)
GIVEN = (
    *("Acme CRM", "--strategy", "overlap", "--alias", "Acme Sales", "--term", "API token", "--role", "Admin"),
    *("--self-service", "yes", "--shown-once", "yes", "--last-used", "no", "--checked-on", "2026-11-21"),
    *("--create", "Open **Settings**: then **API**.", "--create", LONG, "--revoke", "delete the old one"),
    *("--note", "Its guide deletes first.", "--source", "https://acme.example/docs"),
)
PROBE = (
    *("--probe", "https://{account}.acme.example/v1/me", "--probe-auth", "header X-Key"),
    *("--accepted", "200", "--rejected", "401, 403", "--confidence", "documented"),
)
WRITTEN = """\
# yaml-language-server: $schema=../schemas/provider.schema.json
name: Acme CRM
aliases: [acme-sales]
credential: {term: API token, fields: [api_key]}
self_service: true
strategy: overlap
reveal_once: true
role: Admin
last_used: false
steps:
  create:
    - "Open **Settings**: then **API**."
    - Click **New** and copy the key at once, because it is shown only this time, then give it the rights of the old
      one.
  revoke:
    - Delete the old one.
notes:
  - Its guide deletes first.
sources:
  - {url: "https://acme.example/docs", checked_on: 2026-11-21}
"""
WRITTEN_PROBE = """\
probe:
  method: GET
  url: https://{account}.acme.example/v1/me
  auth: {scheme: header, name: X-Key, format: "{api_key}"}
  accepted: [200]
  rejected: [401, 403]
  confidence: documented
  sources:
    - https://acme.example/docs
"""


def scaffold(root: Path, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    given = [sys.executable, str(SCRIPT), "--root", str(root), *arguments]
    return subprocess.run(given, input=answers, check=False, capture_output=True, text=True)


def test_the_file_is_written_as_the_catalogue_has_it(tmp_path: Path) -> None:
    done = scaffold(tmp_path, *GIVEN)
    path = tmp_path / "providers/acme-crm.yaml"
    assert (done.returncode, done.stderr) == (0, "")
    assert path.read_text(encoding="utf-8") == WRITTEN
    assert (
        done.stdout
        == f"Wrote {path}.\nRead it as others will: keyturn providers acme-crm. CONTRIBUTING.md says how to go on.\n"
    )


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    assert scaffold(tmp_path, *GIVEN, "--dry-run").stdout == WRITTEN
    assert not (tmp_path / "providers").exists()


def test_a_probe_is_laid_out_and_its_blank_is_asked_for(tmp_path: Path) -> None:
    done = scaffold(tmp_path, *GIVEN, *PROBE)
    assert WRITTEN_PROBE in (tmp_path / "providers/acme-crm.yaml").read_text(encoding="utf-8")
    assert "Still missing, probe.params.account: say its kind" in done.stdout


@pytest.mark.parametrize(
    ("answer", "auth"),
    [
        ("bearer", "{scheme: bearer}"),
        ("query key", '{scheme: query, name: key, format: "{api_key}"}'),
        ("header Authorization: Token {api_key}", '{scheme: header, name: Authorization, format: "Token {api_key}"}'),
    ],
    ids=str,
)
def test_a_probe_carries_the_key_as_answered(tmp_path: Path, answer: str, auth: str) -> None:
    assert f"  auth: {auth}\n" in scaffold(tmp_path, *GIVEN, *PROBE, "--probe-auth", answer, "--dry-run").stdout


ASKED = {
    "overlap": [
        *("Acme", "", "hope", "overlap", "", "", "", "", "", "", ""),
        *("Make one.", "", "Delete it.", "", "", "", "", "", "https://acme.example", ""),
    ],
    "reset": ["Acme", "", "reset", "", "", "", "", "", "", "", "", "", "", "", "", "https://acme.example", ""],
    "contact": ["Acme", "", "contact", "", "", "", "", "", "", "", "Ask.", "", "", "", "", "", "https://a.example", ""],
}


@pytest.mark.parametrize("strategy", sorted(ASKED))
def test_what_is_not_given_is_asked(tmp_path: Path, strategy: str) -> None:
    done = scaffold(tmp_path, answers="\n".join(ASKED[strategy]) + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    document = files.read(tmp_path / "providers/acme.yaml", "acme.yaml")
    assert isinstance(document, files.Document)
    assert Schemas(files.schemas()).findings("provider", "acme.yaml", document.data) == []
    assert document.data["strategy"] == strategy
    assert "Still missing, notes: say why there is no probe." in done.stdout
    assert ("until you write them" in done.stdout) == (strategy == "reset")


@pytest.mark.parametrize(
    ("arguments", "answers", "status", "said"),
    [
        pytest.param(["Acme"], "", 2, "missing: --strategy, --source; or give no argument at all", id="too little"),
        pytest.param(
            [*GIVEN, "--probe", "https://x.example"], "", 2, "missing: --probe-auth, --accepted", id="a probe"
        ),
        pytest.param([], "Acme\n", 1, "Stopped before the last question", id="the answers end"),
        pytest.param(
            ["Ä", *GIVEN[1:], "--slug", "close"], "", 1, "close is there already, in providers/close.yaml", id="a slug"
        ),
        pytest.param([*GIVEN, "--alias", "Magento"], "", 1, "in providers/adobe-commerce.yaml", id="a former name"),
        pytest.param(["株", *GIVEN[1:]], "", 1, "the name has no ASCII letter or digit; give --slug", id="no slug"),
        pytest.param([*GIVEN, "--docs", "http://x"], "", 1, "docs: `docs` must be a URL that begins with", id="schema"),
        pytest.param([*GIVEN, *PROBE, "--accepted", "ok"], "", 1, "probe.accepted.1: ", id="a status"),
        pytest.param([*GIVEN, "--note", "A \u202e trick."], "", 1, "U+202E cannot be seen", id="hidden"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, arguments: list[str], answers: str, status: int, said: str
) -> None:
    refused = scaffold(tmp_path, *arguments, answers=answers)
    assert (refused.returncode, said in refused.stderr) == (status, True), refused.stderr
    assert not (tmp_path / "providers").exists()
