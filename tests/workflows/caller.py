"""A second repository, which has keyturn as an action and as workflows that it calls, and nothing of it itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.project import BIN, FOLDERS, PINNED, ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ROOT / "docs/how-to/github-actions.md"
UNKNOWN = "0" * 40  # stands in the documentation for the commit of a release

# What actions/checkout does with the inputs that our workflows give it; act itself does what has neither of the two.
CHECKOUT = """\
name: checkout
description: Check out from a folder.
inputs:
  repository: {{description: of whom}}
  ref: {{description: what to check out}}
  path: {{description: where to}}
  fetch-depth: {{description: how much of it, default: "1"}}
  persist-credentials: {{description: whether to keep the token}}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REPOSITORY: ${{{{ inputs.repository }}}}
        REF: ${{{{ inputs.ref }}}}
        FOLDER: ${{{{ inputs.path }}}}
      run: |
        if [[ -n "$FOLDER" ]]; then rm -rf "$FOLDER"; fi
        git init --quiet --initial-branch unused "${{FOLDER:-.}}"
        cd "${{FOLDER:-.}}"
        if [[ "$REPOSITORY" == keyturn/keyturn ]]; then remote={keyturn}; else remote={origin}; fi
        git remote add origin "$remote"
        git fetch --quiet origin "${{REF:-$GITHUB_SHA}}"
        git checkout --quiet FETCH_HEAD
"""

# It restores what lies in a folder; what it would save at the end of the job, a test takes from the job's own folder.
CACHE = """\
name: cache
description: Restore from a folder.
inputs:
  path: {{description: what to keep}}
  key: {{description: under which name}}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        FOLDER: ${{{{ inputs.path }}}}
        KEY: ${{{{ inputs.key }}}}
      run: |
        echo "$KEY" >> {store}/asked
        if [[ -d {store}/wheels ]]; then mkdir -p "$FOLDER" && cp {store}/wheels/* "$FOLDER"; fi
"""

# The Python of the tests has the locked libraries already: pip fetches nothing, and the uv that it installs is this.
PYTHON = """\
#!/bin/sh
case "$*" in
  "-I -m pip "*" download "*) exit 0 ;;
  "-I -m pip "*" install "*)
    while [ "$1" != --target ]; do shift; done
    mkdir -p "$2/bin" && cp {uv} "$2/bin/uv"
    exit 0 ;;
esac
exec {python} "$@"
"""
UV = """\
#!/bin/sh
case "$*" in
  *" venv "*)
    for place; do :; done
    mkdir -p "$place/bin" && cp {python} "$place/bin/python" ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Release:
    """keyturn as GitHub has it: a repository at a commit."""

    folder: Path
    sha: str


def release(place: Path) -> Release:
    """Commit all that a release consists of to a repository of its own."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "action.yml", place)
    person = ("-c", "user.name=alice", "-c", "user.email=alice")
    for command in (("init", "--quiet"), ("add", "--all"), (*person, "commit", "--quiet", "--message", "Release")):
        subprocess.run(["git", *command], cwd=place, check=True)
    said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=place, check=True, capture_output=True, text=True).stdout
    return Release(place, said.strip())


@dataclass(kw_only=True)
class Caller(Project):
    """A repository that declares keys; whatever its workflows use comes from folders of this machine."""

    upstream: Release
    is_installing: bool = False  # for real, instead of taking what the tests have
    registry: Path | None = None  # a folder with packages

    def furnish(self) -> None:
        """Put pip and uv in the way of what would be installed."""
        self.store.mkdir()
        if not self.is_installing:
            self._script("uv", UV.format(python=self.place / "bin/python"))
            self._script("python3", PYTHON.format(python=f"{BIN}/python", uv=self.place / "bin/uv"))

    @property
    def store(self) -> Path:
        """Give where the cache is."""
        return self.place / "store"

    @property
    def environment(self) -> dict[str, str]:
        """Give what act and git find; pip finds packages in one folder, if in any."""
        found = {"PIP_CONFIG_FILE": os.devnull} | ({"PIP_FIND_LINKS": str(self.registry)} if self.registry else {})
        return super().environment | found

    def call(self, name: str, text: str) -> None:
        """Write a workflow that uses keyturn at its release."""
        self.write(f".github/workflows/{name}", text.replace(UNKNOWN, self.upstream.sha))

    def _script(self, name: str, text: str) -> None:
        path = self.place / "bin" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def _stubs(self, workflow: str) -> Iterator[str]:
        yield f"keyturn/keyturn@{self.upstream.sha}={self.upstream.folder}"
        stubs = {
            "actions/checkout": CHECKOUT.format(origin=self.origin, keyturn=self.upstream.folder),
            "actions/cache": CACHE.format(store=self.store),
        }
        used = [self.folder / ".github/workflows" / workflow, ROOT / "action.yml"]
        texts = [path.read_text(encoding="utf-8") for path in (*used, *(ROOT / ".github/workflows").glob("reusable-*"))]
        for action, name in {(one["action"], one["name"]) for text in texts for one in PINNED.finditer(text)}:
            if name in stubs:
                stub = self.place / "stubs" / name
                stub.mkdir(parents=True, exist_ok=True)
                (stub / "action.yml").write_text(stubs[name], encoding="utf-8")
                yield f"{action}={stub}"


def samples() -> dict[str, str]:
    """Return the workflows that the documentation shows, by the file name in their first line."""
    blocks = PAGE.read_text(encoding="utf-8").split("```yaml\n# ")[1:]
    named = (block.partition("\n```")[0].partition("\n") for block in blocks)
    return {Path(first.split()[0]).name: textwrap.dedent(rest) + "\n" for first, _, rest in named}
