"""The continuous check, run in act, with a `.ci/run` that takes no time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from workflows.project import Project

pytestmark = pytest.mark.repository

VERSIONS = ("3.11", "3.12", "3.13", "3.14")


@pytest.mark.parametrize(("status", "result"), [(0, "success"), (1, "failure")], ids=["passes", "fails"])
def test_every_version_of_python_runs_every_check(status: int, result: str, project: Project) -> None:
    # Into a file, since act may lose what a step says just before it fails.
    ran = project.place / "ran"
    project.write(".ci/run", f"#!/bin/sh\necho it ran >> '{ran}'\nexit {status}\n")
    (project.folder / ".ci/run").chmod(0o755)

    told = project.run("ci.yml", "push")
    assert dict(told.jobs) == {
        f"ci/Python {version}-{place}": result for place, version in enumerate(VERSIONS, start=1)
    }
    assert ran.read_text() == "it ran\n" * len(VERSIONS)
