"""What `keyturn init` writes, run in act as it stands: keyturn comes from its release, the keys from the repository."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fake_github.fake import utc_now
from workflows.project import FOLDERS, PINNED, ROOT, SETUP_PYTHON, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_github import FakeGitHub

pytestmark = pytest.mark.repository

COMMIT = "0123456789abcdef0123456789abcdef01234567"

# What actions/checkout does: the keys come from their remote, keyturn from a folder that stands for its release.
CHECKOUT = """\
name: checkout
description: Check out from the remote in a folder, or keyturn at its release.
inputs:
  repository: {{description: whose, default: ""}}
  path: {{description: where to, default: .}}
  ref: {{description: what to check out}}
  fetch-depth: {{description: how much of it, default: "1"}}
  persist-credentials: {{description: whether to keep the token}}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REPOSITORY: ${{{{ inputs.repository }}}}
        REF: ${{{{ inputs.ref }}}}
        WHERE: ${{{{ inputs.path }}}}
      run: |
        if [ "$REPOSITORY" = keyturn/keyturn ]; then
          test "$REF" = {commit}
          mkdir -p "$WHERE" && cp -R {release}/. "$WHERE" && exit
        fi
        test -z "$REPOSITORY"
        git init --quiet --initial-branch unused .
        git remote add origin {origin}
        git fetch --quiet origin "${{REF:-$GITHUB_SHA}}"
        git checkout --quiet FETCH_HEAD
"""


class Adopted(Project):
    """A repository that `keyturn init` has made from nothing."""

    def __post_init__(self) -> None:
        """Put what the release holds aside, and begin anew without it."""
        super().__post_init__()
        release = self.place / "release"
        for name in FOLDERS:
            (release / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).rename(release / name)
        self.git("rm", "--quiet", "-r", "--cached", ".")
        for name in ("keyturn.yaml", ".gitignore"):
            (self.folder / name).unlink()
        said = ("--release", COMMIT, "--tracker", "github:acme/keys", "--owner", "@alice", "--writers", "1")
        self.keyturn("init", *said, PYTHONPATH=str(ROOT / "src"))
        (self.folder / ".git/info/exclude").write_text("", encoding="utf-8")
        self.push()

    def _stubs(self, workflow: str) -> Iterator[str]:
        checkout = CHECKOUT.format(origin=self.origin, commit=COMMIT, release=self.place / "release")
        stubs = {"actions/checkout": checkout, "actions/setup-python": SETUP_PYTHON}
        text = (self.folder / ".github/workflows" / workflow).read_text(encoding="utf-8")
        for used in PINNED.finditer(text):
            stub = self.place / "stubs" / used["name"]
            stub.mkdir(parents=True, exist_ok=True)
            (stub / "action.yml").write_text(stubs[used["name"]], encoding="utf-8")
            yield f"{used['action']}={stub}"


@pytest.fixture
def adopted(project: Project, tmp_path: Path) -> Adopted:
    """A repository beside the one of keyturn itself, on the same fake GitHub."""
    place = tmp_path / "adopted"
    place.mkdir()
    return Adopted(place, project.api, project.token)


def declare(adopted: Adopted, key: str, days: int) -> None:
    adopted.declare(key, utc_now().date() - timedelta(days=days))


def test_nothing_of_keyturn_is_in_the_repository(adopted: Adopted) -> None:
    tracked = set(adopted.git("ls-files").splitlines())
    assert {path.split("/")[0] for path in tracked} == {
        *(".gitattributes", ".github", ".gitignore", ".pre-commit-config.yaml", ".vscode"),
        *("README.md", "keyturn.yaml", "rotations", "schemas"),
    }


@pytest.mark.parametrize(("workflow", "event"), [("issues.yml", "push"), ("schedule.yml", "schedule")])
def test_a_due_key_opens_an_issue_once(adopted: Adopted, fake: FakeGitHub, workflow: str, event: str) -> None:
    declare(adopted, "loader", 120)
    adopted.push()
    for _ in range(2):
        told = adopted.run(workflow, event)
        assert told.result == "success", told.log
        assert [request.method for request in fake.writes] == ["POST"]
    assert fake.issue(1).title == "Rotate mixpanel/loader"


def test_a_mistake_is_found_in_a_pull_request(adopted: Adopted) -> None:
    declare(adopted, "loader", 1)
    adopted.write("rotations/wrong.yaml", "provider: mixpannel\n")
    adopted.propose()
    told = adopted.run("check.yml", "pull_request", pull_request={"number": 1, "base": {"ref": "main"}})
    assert told.result == "failure"
    assert "rotations/wrong.yaml:1:1: missing" in told.log
    assert json.dumps(told.steps).count('"failure"') == 2  # validated, and reviewed


def test_a_pull_request_cannot_bring_the_keyturn_that_judges_it(adopted: Adopted) -> None:
    declare(adopted, "loader", 1)
    for place in ("keyturn/__init__.py", "src/keyturn/__init__.py", "yaml.py"):
        adopted.write(place, "raise SystemExit('taken over')\n")
    adopted.propose()
    told = adopted.run("check.yml", "pull_request", pull_request={"number": 1, "base": {"ref": "main"}})
    assert told.result == "success", told.log
    assert "taken over" not in told.log
