"""What the tests of the workflows share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_github import BOT, FakeGitHub, Run
from fake_github.fake import utc_now
from fake_github.settings import Settings
from workflows.caller import Release, release
from workflows.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

# The workflows are the repository's: where the tests run against the wheel there are none to read.
WORKFLOWS = Path(__file__).parents[2] / ".github" / "workflows"
collect_ignore_glob = [] if WORKFLOWS.is_dir() else ["test_*.py"]


@pytest.fixture
def settings() -> Settings:
    """Give the settings of a repository whose schedule has just run."""
    now, path = utc_now(), ".github/workflows/schedule.yml"
    return Settings(
        workflows={"schedule.yml": "active"},
        runs=[Run(1, now, now, "0" * 40, "schedule", path=path, event="schedule")],
    )


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        running.add_repository("acme/keys")
        running.routes.add(*settings.routes())
        yield running
    assert (running.violations, running.unexpected) == ([], [])


@pytest.fixture
def project(fake: FakeGitHub, tmp_path: Path) -> Project:
    """A repository with the token that a job gets."""
    return Project(tmp_path, fake.url, fake.add_token(BOT, installation=True))


@pytest.fixture(scope="session")
def keyturn(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """What GitHub would have of this project, for repositories that use it."""
    return release(tmp_path_factory.mktemp("keyturn") / "keyturn")
