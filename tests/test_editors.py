"""What editors get: settings that name our schemas, and the schemas as SchemaStore takes them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = sorted((ROOT / "schemas").glob("*.schema.json"))
NAMES = [path.name.removesuffix(".schema.json") for path in SCHEMAS]
SETTINGS: dict[str, Any] = json.loads((ROOT / ".vscode/settings.json").read_text(encoding="utf-8"))


def test_every_schema_is_used_for_the_files_of_its_kind() -> None:
    patterns: dict[str, list[str]] = SETTINGS["yaml.schemas"]
    assert sorted(patterns) == [f"./schemas/{path.name}" for path in SCHEMAS]
    declared = [path for kind in ("rotations", "providers", "platforms") for path in (ROOT / kind).rglob("*.y*ml")]
    paths = [*declared, ROOT / "keyturn.yaml"]
    fitting = {path for globs in patterns.values() for glob in globs for path in ROOT.glob(glob)}
    assert [str(path) for path in paths if path not in fitting] == []


@pytest.mark.parametrize("path", SCHEMAS, ids=NAMES)
def test_every_schema_says_what_it_is(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$id"].endswith(f"/schemas/{path.name}")
    assert all(schema[name] for name in ("title", "description", "examples"))


# -- SchemaStore -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    subprocess.run([sys.executable, str(ROOT / "scripts/write_schemastore.py"), str(folder)], check=True)
    return folder


def check(store: Path, kind: str, *paths: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "check_jsonschema", "--output-format", "json", "--schemafile"]
    schema = store / f"src/schemas/json/keyturn-{kind}.json"
    ran = subprocess.run([*command, str(schema), *map(str, paths)], check=False, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.mark.parametrize("kind", NAMES)
def test_its_tests_hold_what_they_say(store: Path, kind: str) -> None:
    good = sorted((store / f"src/test/keyturn-{kind}").iterdir())
    bad = sorted((store / f"src/negative_test/keyturn-{kind}").iterdir())
    assert (good != [], bad != []) == (True, True)
    assert check(store, kind, *good)["status"] == "ok"
    told = check(store, kind, *bad)
    assert {Path(each["filename"]) for each in told["errors"]} == set(bad)


def test_the_entries_of_the_catalogue_lead_to_the_schemas(store: Path) -> None:
    entries = json.loads((store / "src/api/json/keyturn-entries.json").read_text(encoding="utf-8"))["schemas"]
    assert [entry["name"] for entry in entries] == [f"keyturn {name}" for name in NAMES]
    for entry, name in zip(entries, NAMES, strict=True):
        written = json.loads((store / f"src/schemas/json/keyturn-{name}.json").read_text(encoding="utf-8"))
        assert (entry["url"], entry["description"]) == (written["$id"], written["description"])
        assert re.fullmatch(r"https://www\.schemastore\.org/keyturn-[a-z]+\.json", entry["url"])
