"""The hook for pre-commit, installed and run by pre-commit itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
BLIND = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **BLIND, "PRE_COMMIT_HOME": str(folder / "home"), "PIP_NO_COMPILE": "1"}  # noqa: TID251 - the tools need it
    return subprocess.run(command, cwd=folder / "keys", check=False, capture_output=True, text=True, env=environment)


def test_somebody_who_takes_the_hook_is_told_what_is_wrong(tmp_path: Path) -> None:
    """Installs this repository as pre-commit does, which takes its dependencies from the package index."""
    (tmp_path / "keys/rotations").mkdir(parents=True)
    (tmp_path / "keys/keyturn.yaml").touch()
    (tmp_path / "keys/rotations/a.yaml").write_text(
        "provider: mixpannel\nkey: a\nowners: [bob]\ncreated: 2026-11-01\nconsumers: []\n", encoding="utf-8"
    )
    run("git", "init", "-q", ".", folder=tmp_path)
    run("git", "add", "-A", folder=tmp_path)
    tried = run(sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "keyturn-validate", folder=tmp_path)
    assert (tried.returncode, "hook id: keyturn-validate" in tried.stdout) == (1, True), tried.stdout + tried.stderr
    assert (
        "rotations/a.yaml:1:11: unknown-provider: no provider named mixpannel; did you mean mixpanel?" in tried.stdout
    )


def test_the_manifest_is_one_for_pre_commit() -> None:
    checked = subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)], check=False)
    assert checked.returncode == 0


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        pytest.param("keyturn.yaml", True, id="policy"),
        pytest.param("teams/a/keyturn.yaml", True, id="policy of a monorepo"),
        pytest.param("rotations/deep/er/x.yml", True, id="rotation"),
        pytest.param("incidents/vendor.yaml", True, id="incident"),
        pytest.param("providers/acme.yaml", True, id="provider"),
        pytest.param("platforms/acme.yaml", True, id="platform"),
        pytest.param("rotations/README.md", False, id="no YAML"),
        pytest.param("my-rotations/x.yaml", False, id="another folder"),
        pytest.param("src/x.yaml", False, id="elsewhere"),
    ],
)
def test_the_hook_runs_where_something_declared_changes(path: str, *, is_ours: bool) -> None:
    (hook,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert (re.search(hook["files"], path) is not None) is is_ours
