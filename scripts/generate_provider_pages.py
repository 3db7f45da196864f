"""Write docs/providers/: a page for every provider of the catalogue, and their index.

With `--check` nothing is written: it names what differs from the catalogue, and exits with 1 if anything does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import page_folder

from keyturn import files
from keyturn.commands.providers import guide
from keyturn.render import provider_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyturn.render.providers import Guide

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
    index = f"{page_folder.mark(SCRIPT, 'providers/')}\n{INDEX}\n{provider_pages.index(guides, '{slug}.md')}\n"
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
    return f"{page_folder.mark(SCRIPT, source)}\n{provider_pages.page(each)}\n\n{link}\n"


if __name__ == "__main__":
    sys.exit(page_folder.run(sys.argv[1:], __doc__, SCRIPT, (FOLDER, "provider", pages)))
