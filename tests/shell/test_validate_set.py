"""What `validate` imports, against the lock file from which the action installs it; in processes of their own."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from shell.desk import FRESH, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.repository

LOCK = Path(__file__).resolve().parents[2] / "requirements/validate.txt"
PROGRAM = """\
import atexit, sys
before = set(sys.modules)  # what the interpreter of the tests begins with
loaded = lambda: (name for name, module in sys.modules.items() if name not in before and hasattr(module, "__file__"))
atexit.register(lambda: sys.stdout.write("\\n" + " ".join(loaded())))
from keyturn.cli import main
sys.exit(main())
"""
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
INCIDENT = "summary: Leaked.\nmatch: {providers: [stripe]}\nexposed_until: 2026-11-20\nrespond_by: 2026-11-23\n"
ENTRY = "name: Ours\nstrategy: overlap\nprobe: {url: 'https://api.ours.example/me'}\n"

# Of each kind one; what is loaded to find one fault is loaded beside the others, too.
FAULTY = {
    "rotations/rejected.yaml": "provider: 1\nkey: x\n",
    "rotations/broken.yaml": "provider: [\n",
    "rotations/secret.yaml": f"provider: mixpanel\nkey: x\nnote: {TOKEN}\n",
    "rotations/comment.yaml": f"# {TOKEN}\nprovider: mixpanel\nkey: x\n",
    "rotations/typing.yaml": "provider: mixpannel\nkey: x\nowners: [alice]\ncreated: 2026-11-01\nconsumers: []\n",
    "providers/ours.yaml": ENTRY,
    "platforms/ours.yaml": "name: Ours\n",
    "incidents/leak.yaml": INCIDENT,
    "keyturn.yaml": "rules: [{match: {tags: [pii]}, rotate_every: 30d}]\n",
}
ARGUMENTS = ([], ["--shard", "1/2"], ["--format", "json"], ["--format", "github"], ["--format", "markdown"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def locked() -> set[str]:
    """Return the packages of the lock file."""
    return set(re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE))


def distributions(modules: set[str]) -> Iterator[str]:
    """Give the package of every module that is neither Python's nor ours."""
    known = importlib.metadata.packages_distributions()
    for module in {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"keyturn", "__main__"}:
        yield from (canonicalize_name(name) for name in known[module])


def loaded(desk: Desk, *arguments: str) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    ran = subprocess.run(command, cwd=desk.folder, capture_output=True, text=True, check=False)
    assert ran.returncode in {0, 1}, ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


def test_a_valid_root_needs_no_more_than_is_installed_for_it(desk: Desk) -> None:
    desk.declare("mixpanel/loader", FRESH)
    assert {"jsonschema-rs"} <= set(distributions(loaded(desk, "validate"))) <= locked()


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_nor_does_one_where_everything_is_wrong(arguments: list[str], desk: Desk) -> None:
    for path, text in FAULTY.items():
        desk.write(path, text)
    found = set(distributions(loaded(desk, "validate", *arguments)))
    assert {"pyyaml", "detect-secrets"} <= found <= locked()


def test_a_matrix_imports_nothing(desk: Desk) -> None:
    desk.declare("mixpanel/loader", FRESH)
    assert set(distributions(loaded(desk, "matrix"))) == set()
