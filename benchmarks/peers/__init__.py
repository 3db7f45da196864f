"""What keyturn is measured beside, installed from its lock files into `.bench/`, and how each is called."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Contender

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[2]
KEYTURN = str(Path(sys.executable).with_name("keyturn"))  # as the others: the script that an install makes
PLACE = ROOT / ".bench"
SCHEMA = ROOT / "schemas/rotation.schema.json"
_HERE = Path(__file__).resolve().parent
_WITH_ERRORS = (0, 1, 2, 99)  # the corpora have errors, and each tool has its own status for that


# -- installing ----------------------------------------------------------------------------------------------------


def install() -> None:
    """Install every peer where its lock file has changed since."""
    for group in ("peers", "native-peers"):
        lock = ROOT / f"requirements/{group}.txt"
        _once(PLACE / group, lock, _venv)
    _once(PLACE / "node", _HERE / "package-lock.json", _node)


def _once(place: Path, lock: Path, make: Callable[[Path, Path], None]) -> None:
    stamp, digest = place / ".installed", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    make(place, lock)
    stamp.write_text(digest)


def _venv(place: Path, lock: Path) -> None:
    _run(sys.executable, "-m", "venv", str(place))
    python = str(place / "bin/python")
    _run(python, "-m", "pip", "-q", "--disable-pip-version-check", "install", "--require-hashes", "-r", str(lock))


def _node(place: Path, lock: Path) -> None:
    for name in ("package.json", lock.name):
        shutil.copy(_HERE / name, place)
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", folder=place)


def _run(*command: str, folder: Path | None = None) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


# -- calling -------------------------------------------------------------------------------------------------------


def python(group: str, program: str) -> str:
    """Return where a Python peer's program lies."""
    return str(PLACE / group / "bin" / program)


def check_jsonschema(files: Sequence[str]) -> Contender:
    """Check files against the schema of rotations, as its pre-commit hook does."""
    program = python("peers", "check-jsonschema")
    return Contender("check-jsonschema", (program, "--schemafile", str(SCHEMA), *files), _WITH_ERRORS)


def sourcemeta(*places: str) -> Contender:
    """Check a folder with the native program itself, without the Python that starts it."""
    machine = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    [program] = (PLACE / "native-peers").glob(
        f"lib/python*/site-packages/sourcemeta_jsonschema/jsonschema-{sys.platform}-{machine}"
    )
    return Contender(
        "sourcemeta-jsonschema",
        (str(program), "validate", str(SCHEMA), *places, "--extension", ".yaml", "--continue"),
        _WITH_ERRORS,
    )


def ajv(*places: str) -> Contender:
    """Check what a glob finds; ajv reads dates as dates, so that it refuses every file with one that is not quoted."""
    return Contender(
        "ajv-cli",
        (
            *("node", "--max-old-space-size=8192", str(PLACE / "node/node_modules/ajv-cli/dist/index.js"), "validate"),
            *("--spec=draft2020", "--strict=false", "-c", "ajv-formats", "--errors=text", "-s", str(SCHEMA)),
            *(word for place in places for word in ("-d", f"{place}/**/*.yaml")),
        ),
        _WITH_ERRORS,
        {"NODE_PATH": str(PLACE / "node/node_modules")},
    )


def v8r(files: Sequence[str]) -> Contender:
    """Check files with v8r, offline."""
    return Contender("v8r", (str(PLACE / "node/node_modules/.bin/v8r"), "--schema", str(SCHEMA), *files), _WITH_ERRORS)


def yamllint(*places: str) -> Contender:
    """Read the same files for their style alone; it knows no schema."""
    return Contender("yamllint", (python("peers", "yamllint"), "-d", "relaxed", *places), _WITH_ERRORS)


# -- what parsing itself costs -------------------------------------------------------------------------------------

_BARE = """\
import os, sys, yaml
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".yaml"):
            with open(os.path.join(folder, name), "rb") as file:
                try:
                    for event in yaml.parse(file.read(), Loader=yaml.CBaseLoader):
                        pass
                except yaml.YAMLError:
                    pass
"""
_PLAIN = """\
import json, os, sys, yaml, jsonschema
with open(sys.argv[2], "rb") as file:
    validator = jsonschema.Draft202012Validator(json.load(file))
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".yaml"):
            with open(os.path.join(folder, name), "rb") as file:
                try:
                    document = yaml.load(file.read(), Loader=yaml.CBaseLoader)
                except yaml.YAMLError:
                    continue
            for error in validator.iter_errors(document):
                pass
"""


def libyaml(place: str) -> Contender:
    """Read every file with libyaml alone, dropping what it says: what no reader in Python can do without."""
    return Contender("libyaml alone", (sys.executable, "-c", _BARE, place))


def plain(place: str) -> Contender:
    """Read with PyYAML's C parser and check with jsonschema, in the fewest lines; it says neither line nor column."""
    return Contender("PyYAML + jsonschema", (sys.executable, "-c", _PLAIN, place, str(SCHEMA)))
