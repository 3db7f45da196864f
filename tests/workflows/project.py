"""A repository whose workflows run in act, against a remote in a folder and the fake GitHub."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".github/workflows", "scripts", "src", "schemas", "providers", "platforms", "templates", "requirements")
BIN = sysconfig.get_path("scripts")
PINNED = re.compile(r"uses: (?P<action>(?P<name>[\w./-]+)@[0-9a-f]{40})")

# What actions/checkout does with the inputs that our workflows give it; act itself leaves it out where it has no `ref`.
CHECKOUT = """\
name: checkout
description: Check out from the remote in a folder.
inputs:
  ref: {{description: what to check out}}
  fetch-depth: {{description: how much of it, default: "1"}}
  persist-credentials: {{description: whether to keep the token}}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REF: ${{{{ inputs.ref }}}}
      run: |
        git init --quiet --initial-branch unused .
        git remote add origin {origin}
        git fetch --quiet origin "${{REF:-$GITHUB_SHA}}"
        git checkout --quiet FETCH_HEAD
"""

ROTATION = """\
provider: {provider}
key: {key}
owners: [alice]
created: {created}
rotate_every: 90d
consumers:
  - {{platform: manual, name: Nightly load}}
"""

# The Python of the tests has the locked libraries already.
SETUP_PYTHON = """\
name: setup-python
description: Do nothing.
inputs:
  python-version: {description: which one}
runs:
  using: composite
  steps:
    - {shell: bash, run: "true"}
"""

# pip takes a second of each run to find that there is nothing to install.
PYTHON = """\
#!/bin/sh
case "$*" in "-m pip install "*) exit 0 ;; esac
exec {python} "$@"
"""


# What the actions of Pages take and give, without a site to publish to.
UPLOAD_PAGES = """\
name: upload-pages-artifact
description: Keep the folder beside the checkout.
inputs:
  path: {{description: what to publish}}
  retention-days: {{description: how long to keep it}}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        SITE: ${{{{ inputs.path }}}}
      run: cp -R "$SITE" {kept}
"""
DEPLOY_PAGES = """\
name: deploy-pages
description: Say where the site is.
outputs:
  page_url: {description: its address, value: "https://acme.example/keys/"}
runs:
  using: composite
  steps:
    - {shell: bash, run: echo published}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What act told of one run of a workflow."""

    jobs: Mapping[str, str]  # by name
    steps: Mapping[str, str]  # by name
    annotations: tuple[tuple[str, str], ...]  # level and message
    titles: frozenset[str]  # of the annotations, which are the codes of problems
    commands: frozenset[str]  # that the runner has obeyed
    summary: str
    log: str

    @property
    def result(self) -> str:
        """Give the result that all jobs share."""
        (only,) = set(self.jobs.values())
        return only


@dataclass
class Project:
    """A clone of a repository that declares keys, with its remote `origin` beside it."""

    place: Path
    api: str
    token: str
    actor: str = "alice"  # who starts the runs
    secrets: dict[str, str] = field(default_factory=dict)  # that jobs may name
    settings: dict[str, str] = field(default_factory=dict)  # what a job finds beside the plain ones
    home: Path = field(init=False)
    folder: Path = field(init=False)
    origin: Path = field(init=False)

    def __post_init__(self) -> None:
        """Make the remote and the clone."""
        self.home, self.folder, self.origin = (self.place / name for name in ("home", "work", "origin.git"))
        for folder in (self.home, self.folder, self.place / "bin"):
            folder.mkdir()
        self._python.write_text(PYTHON.format(python=f"{BIN}/python"), encoding="utf-8")
        self._python.chmod(0o755)
        self.write("keyturn.yaml", "# the defaults\n")
        self.write(".gitignore", "__pycache__/\n")
        self.furnish()
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", str(self.origin))
        self.git("remote", "add", "origin", str(self.origin))
        self.push()

    def furnish(self) -> None:
        """Put in what a repository made from this one has: our workflows and all that they run."""
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.write("requirements/runtime.txt", "# installed already\n")

    @property
    def environment(self) -> dict[str, str]:
        """Give what act and git find; nobody's own settings, and no way to install from elsewhere."""
        people = {f"GIT_{who}_{what}": "alice" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        path = os.pathsep.join([str(self._python.parent), BIN, *os.get_exec_path()])
        return {"PATH": path, "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1", "PIP_NO_INDEX": "1", **people}

    def write(self, path: str, text: str) -> None:
        """Write a file of the clone."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")

    def declare(self, key: str, created: date, *, provider: str = "mixpanel") -> None:
        """Declare a key with a cadence of 90 days."""
        self.write(f"rotations/{key}.yaml", ROTATION.format(provider=provider, key=key, created=created))

    def lock(self) -> None:
        """Bring in our own lock file: all of it must be installed here already, since there is no way to the rest."""
        shutil.copy(ROOT / "requirements/runtime.txt", self.folder / "requirements/runtime.txt")
        self._python.unlink()

    @property
    def _python(self) -> Path:
        return self.place / "bin/python"

    def push(self) -> None:
        """Commit what is there and push it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change")
        self.git("push", "--quiet", "origin", "HEAD:main")

    def propose(self) -> None:
        """Commit what is there as a change that would be merged into `origin/main`."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Propose")

    def git(self, *arguments: str) -> str:
        """Run git in the clone."""
        return self._ran(["git", *arguments]).stdout

    def keyturn(self, *arguments: str, **settings: str) -> str:
        """Run a command of keyturn on the clone with what a job finds, without a job around it."""
        found = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(self._event()),
            "GITHUB_TOKEN": self.token,
            "PYTHONPATH": "src",
            **self._settings,
            **settings,
        }
        return self._ran([f"{BIN}/python", "-m", "keyturn", *arguments], **found).stdout

    def _ran(self, command: list[str], **settings: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment | settings, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def _settings(self) -> dict[str, str]:
        plain = {"GITHUB_API_URL": self.api, "GITHUB_REPOSITORY": "acme/keys", "KEYTURN_WRITE_PAUSE": "0"}
        return plain | self.settings

    # -- act -------------------------------------------------------------------------------------------------------

    def run(self, workflow: str, event: str, **payload: Any) -> Run:
        """Run one of our workflows for an event."""
        command = [
            f"{BIN}/act",
            event,
            "--json",
            "--no-cache-server",
            "--action-offline-mode",
            "--pull=false",
            "--platform=ubuntu-latest=-self-hosted",
            f"--eventpath={self._event(**payload)}",
            f"--workflows=.github/workflows/{workflow}",
            f"--actor={self.actor}",
            f"--secret-file={self._secrets()}",
            *(f"--env={name}={value}" for name, value in self._settings.items()),
            *(f"--local-repository={stub}" for stub in self._stubs(workflow)),
        ]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, check=False, capture_output=True, text=True, timeout=120
        )
        entries = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        told = read(entries)
        assert told.jobs, done.stdout + done.stderr
        return told

    def _secrets(self) -> Path:
        file = self.place / "secrets"
        given = {"GITHUB_TOKEN": self.token, **self.secrets}
        file.write_text("".join(f"{name}={value}\n" for name, value in given.items()), encoding="utf-8")
        return file

    def _event(self, **payload: Any) -> Path:
        source = {"repository": {"default_branch": "main", "full_name": "acme/keys"}, "ref": "refs/heads/main"}
        file = self.place / "event.json"
        file.write_text(json.dumps(source | payload), encoding="utf-8")
        return file

    def _stubs(self, workflow: str) -> Iterator[str]:
        text = (ROOT / ".github/workflows" / workflow).read_text(encoding="utf-8")
        stubs = {
            "actions/checkout": CHECKOUT.format(origin=self.origin),
            "actions/setup-python": SETUP_PYTHON,
            "actions/upload-pages-artifact": UPLOAD_PAGES.format(kept=self.place / "published"),
            "actions/deploy-pages": DEPLOY_PAGES,
        }
        for used in PINNED.finditer(text):
            stub = self.place / "stubs" / used["name"]
            stub.mkdir(parents=True, exist_ok=True)
            (stub / "action.yml").write_text(stubs[used["name"]], encoding="utf-8")
            yield f"{used['action']}={stub}"


def read(entries: list[dict[str, Any]]) -> Run:
    """Read act's log: a step of a workflow has one id, the steps of an action below it have more."""
    return Run(
        jobs={entry["job"]: entry["jobResult"] for entry in entries if "jobResult" in entry},
        steps={
            entry["step"]: entry["stepResult"]
            for entry in entries
            if entry.get("stage") == "Main" and "stepResult" in entry and len(entry["stepID"]) == 1
        },
        annotations=tuple((entry["command"], entry["arg"]) for entry in _annotations(entries)),
        titles=frozenset((entry["kvPairs"] or {}).get("title", "") for entry in _annotations(entries)),
        commands=frozenset(entry["command"] for entry in entries if "command" in entry),
        summary="".join(entry["content"] for entry in entries if entry.get("command") == "summary"),
        log="".join(entry["msg"] for entry in entries if entry.get("raw_output")),
    )


def _annotations(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from (entry for entry in entries if entry.get("command") in {"error", "warning"})
