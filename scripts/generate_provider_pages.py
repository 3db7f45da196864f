"""Write docs/providers/: a page for every provider of the catalogue, and their index.

With `--check` nothing is written: it names what differs from the catalogue, and exits with 1 if anything does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from keyturn import files
from keyturn.commands.providers import guide
from keyturn.render import provider_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyturn.render.providers import Guide

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("docs/providers")
SCRIPT = "scripts/generate_provider_pages.py"
INDEX = """\
# Providers

Every key has a page that says what its provider allows, what to do in which order, what is different after a leak, and
where each fact was read. `keyturn providers SLUG` shows the same on a terminal; `--search` finds former names.

What is known stands beside each name; what is not known is left out, never guessed. `overlap` means that two keys work
at the same time, so nothing stops; `reset`, `revoke-first` and `reauthorize` have a downtime; with `contact` only the
provider's people can make a key. A probe is a request that only reads: how sure we are of it is `documented`,
`detector` (used by open-source secret detectors) or `inferred`. A missing or outdated provider is
[ten minutes of work](../../CONTRIBUTING.md#add-a-provider-in-ten-minutes).
"""


def pages(root: Path) -> Mapping[Path, str]:
    """Map every file of the folder to what it has to hold."""
    guides = list(_guides(root))
    texts = {FOLDER / f"{each.slug}.md": _page(each) for each in guides}
    index = f"{_mark('providers/')}\n{INDEX}\n{provider_pages.index(guides, '{slug}.md')}\n"
    return {**texts, FOLDER / "README.md": index}


def _guides(root: Path) -> Iterator[Guide]:
    for slug in files.slugs("providers", root):
        found = files.entry("providers", slug, root)
        if not isinstance(found, files.Document):
            sys.exit(f"providers/{slug} cannot be read; run `keyturn validate`")
        yield guide(slug, cast("Mapping[str, Any]", found.data))


def _page(each: Guide) -> str:
    source = f"providers/{each.slug}.yaml"
    link = f"Something is wrong or out of date? Correct [`{source}`](../../{source}), and this page follows."
    return f"{_mark(source)}\n{provider_pages.page(each)}\n\n{link}\n"


def _mark(source: str) -> str:
    return f"<!-- Made by {SCRIPT} from {source}; a change belongs there. -->"


def differences(root: Path, wanted: Mapping[Path, str]) -> Iterator[str]:
    """Name every file that is missing, different or left over."""
    there = {path.relative_to(root) for path in (root / FOLDER).glob("*.md")}
    for path in sorted(there | wanted.keys()):
        if path not in wanted:
            yield f"{path} belongs to no provider"
        elif path not in there:
            yield f"{path} is missing"
        elif (root / path).read_text(encoding="utf-8") != wanted[path]:
            yield f"{path} differs"


def write(root: Path, wanted: Mapping[Path, str]) -> None:
    """Make the folder hold what is wanted, and no other page."""
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for path in (root / FOLDER).glob("*.md"):
        if path.relative_to(root) not in wanted:
            path.unlink()
    for path, text in wanted.items():
        (root / path).write_text(text, encoding="utf-8", newline="\n")


def main(given: list[str]) -> int:
    """Write or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page differs")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the repository (default: this one)")
    options = parser.parse_args(given)
    root = options.root.resolve()
    wanted = pages(root)
    if not options.check:
        write(root, wanted)
        return 0
    found = list(differences(root, wanted))
    for line in found:
        print(line)
    if found:
        print(f"Run `python {SCRIPT}` and commit what it writes.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
