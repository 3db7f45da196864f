"""Hold the repository itself to its rules: what no linter looks at."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import keyturn
from keyturn.render import scaffold

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.repository

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: list[dict[str, Any]] = PROJECT["tool"]["importlinter"]["contracts"]
LOCKS = (
    "requirements/runtime.txt",
    "requirements/dev.txt",
    "requirements/lowest.txt",
    "requirements/release.txt",
    "requirements/advisories.txt",
    "requirements/report.txt",
    "requirements/validate.txt",
    "requirements/uv.txt",
    "requirements/action.txt",
)

# How many lines of the package are exempt from coverage. It may fall; a new exemption is argued for in review.
NO_COVER = 0

# In parts, so that this file passes its own test.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("rubygems", "org"),
        ("crates", "io"),
    )
)


def git(*arguments: str) -> str:
    """Answer what git says in the repository."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def tracked_files() -> Iterator[Path]:
    """Walk over the files that git tracks and that are there."""
    paths = (ROOT / name for name in git("ls-files", "-z").split("\0") if name)
    return (path for path in paths if path.is_file())


def tracked_python() -> Iterator[Path]:
    return (path for path in tracked_files() if path.suffix == ".py" and "examples" not in path.parts)


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    """Pair every line with where it stands."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        yield f"{path.relative_to(ROOT)}:{number}", line


def pins(lock: str) -> dict[str, str]:
    """Map every package that a lock file names for this machine to its version."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = map(Requirement, re.findall(r"^([A-Za-z0-9._-]+(?:\[[^]]*\])?==[^\\\n]+)", text, flags=re.MULTILINE))
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in entries if is_meant(one)}


def is_meant(requirement: Requirement) -> bool:
    """Tell whether a requirement holds on this machine."""
    return requirement.marker is None or requirement.marker.evaluate()


def requirements(*lists: list[str]) -> list[Requirement]:
    """Return what holds on this machine of several lists."""
    return [one for texts in lists for one in map(Requirement, texts) if is_meant(one)]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    pattern = re.compile("|".join(re.escape(host) for host in REGISTRIES).encode())
    assert [str(path) for path in tracked_files() if pattern.search(path.read_bytes())] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line and not line.startswith("#")]
    fitting = re.compile(r"^[a-z0-9._-]+(\[[^]]+\])?==\S+ (; [^\"]*)?( +--hash=sha256:[0-9a-f]{64})+$")
    assert entries
    assert [entry for entry in entries if not fitting.match(entry)] == []


@pytest.mark.parametrize(
    ("lock", "declared"),
    [
        pytest.param(LOCKS[0], requirements(PROJECT["project"]["dependencies"]), id="runtime"),
        pytest.param(
            LOCKS[1],
            requirements(
                PROJECT["project"]["dependencies"],
                PROJECT["dependency-groups"]["dev"],
                PROJECT["build-system"]["requires"],
            ),
            id="dev",
        ),
        pytest.param(
            LOCKS[3],
            requirements(PROJECT["dependency-groups"]["release"], PROJECT["build-system"]["requires"]),
            id="release",
        ),
        pytest.param(
            LOCKS[5],
            requirements(PROJECT["project"]["dependencies"], PROJECT["project"]["optional-dependencies"]["report"]),
            id="report",
        ),
        pytest.param(LOCKS[4], requirements(PROJECT["dependency-groups"]["advisories"]), id="advisories"),
    ],
)
def test_the_lock_files_fit_what_is_declared(lock: str, declared: list[Requirement]) -> None:
    locked = pins(lock)
    missing = [str(one) for one in declared if locked.get(canonicalize_name(one.name), "none") not in one.specifier]
    assert missing == [], "run `make lock`"


def test_the_lowest_versions_are_those_declared() -> None:
    bounds = {
        canonicalize_name(one.name): bound.version
        for one in requirements(
            PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()
        )
        for bound in one.specifier
        if bound.operator == ">="
    }
    locked = pins(LOCKS[2])
    assert bounds.keys() == locked.keys()
    assert [name for name, bound in bounds.items() if Version(locked[name]) != Version(bound)] == [], "run `make lock`"


def test_what_is_installed_to_use_and_to_develop_agrees() -> None:
    runtime, dev, report = map(pins, (LOCKS[0], LOCKS[1], LOCKS[5]))
    assert runtime.items() <= report.items() <= dev.items()


def test_the_action_installs_everything_but_what_a_terminal_needs() -> None:
    runtime, action = pins(LOCKS[0]), pins(LOCKS[8])
    assert action.items() <= runtime.items()
    assert runtime.keys() - action.keys() == {"rich", "markdown-it-py", "mdurl", "pygments"}


@pytest.mark.parametrize(
    "path",
    ["/keyturn.yaml", "/providers/", "/platforms/", "/schemas/", "/templates/", "/scripts/", "/src/", "/.github/"],
)
def test_code_owners_cover(path: str) -> None:
    owners = dict(
        line.split(maxsplit=1)
        for _, line in lines_of(ROOT / ".github/CODEOWNERS")
        if line.strip() and not line.startswith("#")
    )
    assert owners.get(path, "").startswith("@")


def test_exemptions_from_coverage_keep_their_number() -> None:
    marked = [
        where
        for path in sorted((ROOT / "src").rglob("*.py"))
        for where, line in lines_of(path)
        if re.search(r"#\s*pragma:\s*no\s*(cover|branch)", line)
    ]
    assert len(marked) == NO_COVER, marked


def test_nothing_else_exempts_from_coverage() -> None:
    coverage = PROJECT["tool"]["coverage"]
    exempting = {"exclude_also", "exclude_lines", "omit", "include", "partial_also", "partial_branches"}
    assert exempting.isdisjoint(coverage["report"].keys() | coverage["run"].keys())
    assert (coverage["run"]["branch"], coverage["report"]["fail_under"]) == (True, 100)


def test_schemas_catalogue_and_templates_are_shipped() -> None:
    folders = ["schemas", "providers", "platforms", "templates"]
    targets = PROJECT["tool"]["hatch"]["build"]["targets"]
    begun_with = {f".github/workflows/{name}": f"keyturn/shipped/workflows/{name}" for name in scaffold.WORKFLOWS}
    begun_with[f".github/ISSUE_TEMPLATE/{scaffold.FORM}"] = f"keyturn/shipped/forms/{scaffold.FORM}"
    assert targets["wheel"]["force-include"] == {**{each: f"keyturn/shipped/{each}" for each in folders}, **begun_with}
    assert {"/.github/ISSUE_TEMPLATE", "/.github/workflows", *(f"/{folder}" for folder in folders)} <= set(
        targets["sdist"]["include"]
    )
    assert [folder for folder in folders if not any((ROOT / folder).iterdir())] == []


def test_the_continuous_check_runs_the_tests_as_the_readme_says() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make test" in script
    assert re.search(r"^make test\b", readme, flags=re.MULTILINE)


@pytest.mark.parametrize("name", [".ci/run", ".ci/wheel"])
def test_the_continuous_checks_stop_at_the_first_failure(name: str) -> None:
    script = (ROOT / name).read_text(encoding="utf-8").splitlines()
    first = next(line for line in script if line and not line.startswith("#"))
    assert first == "set -euo pipefail"
    assert git("ls-files", "--stage", name).startswith("100755 ")


def test_no_check_swallows_a_failure() -> None:
    checks = [ROOT / "Makefile", ROOT / ".ci/run", ROOT / ".ci/wheel", *(ROOT / ".github").rglob("*.y*ml")]
    swallowing = re.compile(r"\|\|\s*(true|:|exit 0)(?!\w)|set \+e|continue-on-error:\s*true|^\t[@+]*-(?!-)")
    assert [where for path in checks for where, line in lines_of(path) if swallowing.search(line)] == []


def test_every_linter_exception_in_the_settings_has_its_reason() -> None:
    lines = (line for _, line in lines_of(ROOT / "pyproject.toml"))
    rules = [line.strip() for line in lines if re.match(r'\s+"[A-Z]{1,4}\d{0,4}",?\s*(#.*)?$', line)]
    lint = PROJECT["tool"]["ruff"]["lint"]
    excepted = [*lint["ignore"], *(rule for listed in lint["per-file-ignores"].values() for rule in listed)]
    assert len(rules) == len(excepted), "write one exception a line"
    assert [rule for rule in rules if not re.search(r"# \w", rule)] == []


def test_every_exception_in_the_code_has_its_reason() -> None:
    noqa = r"# noqa: [A-Z0-9, ]+(# |- )\w"
    ignore = r"# type: ignore\[[a-z, -]+\] +# \w"
    cover = r"# pragma: no (cover|branch) *(# |- )\w"
    excepting = re.compile(r"#\s*(noqa|type:\s*ignore|pragma:\s*no)", flags=re.IGNORECASE)
    fitting = re.compile(f"{noqa}|{ignore}|{cover}")
    bare = [
        where
        for path in tracked_python()
        if path != Path(__file__)
        for where, line in lines_of(path)
        if excepting.search(line) and not fitting.search(line)
    ]
    assert bare == [], "write the reason after it: `# noqa: RULE # reason`"


def test_every_outside_library_has_its_room() -> None:
    distributions = importlib.metadata.packages_distributions()
    declared = {canonicalize_name(one.name) for one in requirements(PROJECT["project"]["dependencies"])}
    modules = {
        module
        for module, names in distributions.items()
        if not module.startswith("_") and declared & {canonicalize_name(name) for name in names}
    }
    contracts = [one for one in CONTRACTS if one["type"] == "forbidden" and one["source_modules"] == ["keyturn"]]
    confined = [module for contract in contracts for module in contract["forbidden_modules"]]
    assert modules - {"gitdb", "smmap"} <= set(confined)
    assert len(confined) == len(set(confined))


def test_the_whole_core_is_held_pure() -> None:
    layers: list[str] = next(one for one in CONTRACTS if one["id"] == "rooms")["layers"]
    pure: list[str] = next(one for one in CONTRACTS if one["id"] == "pure-core")["source_modules"]
    core = reversed(list(takewhile(lambda layer: "trackers" not in layer, reversed(layers))))
    assert pure == [f"keyturn.{room}" for layer in core for room in layer.split(" | ")]


def test_what_is_made_is_ignored() -> None:
    made = [
        ".venv/bin/python",
        ".keyturn/issues/1.md",
        ".coverage",
        ".coverage.host.1.x",
        ".hypothesis/x",
        ".import_linter_cache/x",
        ".mypy_cache/x",
        ".pytest_cache/x",
        ".ruff_cache/x",
        "dist/keyturn.whl",
        "src/keyturn/__pycache__/cli.pyc",
    ]
    assert git("check-ignore", *made).split() == made


def test_the_changelog_tells_of_the_version_or_of_what_comes() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "\n## [Unreleased]\n" in changelog or f"\n## [{keyturn.__version__}] - " in changelog
    assert importlib.metadata.version("keyturn") == keyturn.__version__


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]
