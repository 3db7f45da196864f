"""Measure keyturn beside its peers on the same files, in one run, and write `benchmarks/RESULTS.md`."""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import re
import subprocess
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import peers

import keyturn

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"


class Section(NamedTuple):
    """One page of the results: a module with `markdown(scale, place)`, and what it is about."""

    module: str
    title: str


SECTIONS = (
    Section("validating", "Validation"),
    Section("changing", "A pull request of twenty files"),
    Section("planning", "Plan, listing and history"),
    Section("sharding", "Beyond one machine"),
    Section("starting", "Cold start"),
    Section("installing", "Set-up"),
    Section("detecting", "Credentials in text"),
    Section("faults", "Faults"),
    Section("adoption", "Adoption of 5,000 keys"),
)


def main() -> None:
    """Measure what was asked for, print it, and keep it beside what was measured before."""
    options = _options()
    peers.install()
    # As every install does; a machine may have forbidden Python to keep what it compiles of a checkout.
    compileall.compile_dir(Path(keyturn.__file__).parent, quiet=1)
    pages = _kept()
    for section in SECTIONS:
        if section.module in (options.sections or [section.module for section in SECTIONS]):
            pages[section.title] = _page(section, options.scale)
            print(f"## {section.title}\n\n{pages[section.title]}\n", flush=True)
            if options.scale == 1:
                _keep(pages)


def _kept() -> dict[str, str]:
    """Return the pages of the results by their titles."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else ""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {title: body.strip() for title, body in zip(parts[::2], parts[1::2], strict=True)}


def _keep(pages: dict[str, str]) -> None:
    ordered = [f"## {section.title}\n\n{pages[section.title]}" for section in SECTIONS if section.title in pages]
    RESULTS.write_text("\n\n".join(["\n".join(_head()), *ordered]) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sections", nargs="*", choices=[[], *(section.module for section in SECTIONS)], metavar="SECTION"
    )
    parser.add_argument("--scale", type=int, default=1, help="divide every size by this; nothing is written then")
    return parser.parse_args()


def _page(section: Section, scale: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        body: str = import_module(section.module).markdown(scale, Path(folder))
    now = datetime.now(UTC)  # noqa: TID251 - when it was measured
    load = os.getloadavg()[1]
    return f"{body}\n\n`make bench SECTIONS={section.module}`, {now:%Y-%m-%d}, load {load:.1f}."


def _head() -> Iterator[str]:
    yield "# What was measured"
    yield ""
    yield "Written by `make bench`. Times vary from machine to machine and from hour to hour; contenders take turns on"
    yield "the same files, so compare the ratios. Each part says when it was measured and how busy the machine was."
    yield ""
    yield f"- keyturn {keyturn.__version__}, Python {platform.python_version()}, {_git()}"
    yield f"- {platform.system()}, {platform.machine()}, {len(os.sched_getaffinity(0))} cores"
    yield f"- {', '.join(_versions())}"


def _git() -> str:
    return subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S607 - of the PATH


def _versions() -> Iterator[str]:
    for name in ("check-jsonschema", "yamllint", "pre-commit", "octodns"):
        lines = (peers.ROOT / "requirements/peers.txt").read_text(encoding="utf-8").splitlines()
        yield next(line.split(" ")[0].replace("==", " ") for line in lines if line.startswith(f"{name}=="))
    native = (peers.ROOT / "requirements/native-peers.txt").read_text(encoding="utf-8")
    yield native.split(" ")[0].replace("==", " ")
    yield from ("ajv-cli 5.0.0", "v8r 6.1.0")


if __name__ == "__main__":
    main()
