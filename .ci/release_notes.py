"""Print what the changelog says of a release; fail where tag, version and changelog do not agree."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import keyturn

CHANGELOG = Path(__file__).resolve().parent.parent / "CHANGELOG.md"


def notes(changelog: str, version: str) -> str:
    """Return the section of a version in a changelog as keepachangelog.com has it; empty where there is none."""
    heading = re.compile(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$", re.MULTILINE)
    found = heading.search(changelog)
    if found is None:
        return ""
    return re.split(r"^(?:## |\[[^\]]+\]: )", changelog[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()


def main(tag: str, version: str, changelog: str) -> str:
    """Return the notes of the release that a tag names, or stop saying what does not fit."""
    if tag != f"v{version}":
        sys.exit(f"the tag is {tag} and the package says {version}; tag v{version}, or change src/keyturn/__init__.py")
    found = notes(changelog, version)
    if not found:
        sys.exit(f"CHANGELOG.md has no section `## [{version}] - <day>` with text; move there what is unreleased")
    return found


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1], keyturn.__version__, CHANGELOG.read_text(encoding="utf-8")) + "\n")
