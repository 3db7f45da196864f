"""What MkDocs does for our pages beyond its settings.

Pages are written for GitHub, and stay readable there. Here pages of the root become pages of the site, links that leave
docs/ lead to the repository, a folder in the navigation stands for its pages, and lists and tables get the empty line
that Python-Markdown wants before them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
FROM_ROOT = {"SECURITY.md": "security.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
SOURCES = {uri: source for source, uri in FROM_ROOT.items()}
INLINE = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")
REFERENCE = re.compile(r"(?<=\]: )(?![a-z]+:|#)([^\s#]+)")
FENCE = re.compile(r"\s*(```|~~~)")
BLOCK = re.compile(r"\s*([-*]|\d+\.|\|) ?")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of a folder where the navigation names the folder."""
    config.nav = _expanded(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand in the root."""
    for name, uri in FROM_ROOT.items():
        files.append(File.generated(config, uri, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn what GitHub reads into what MkDocs reads."""
    del files  # MkDocs gives it by name
    source = SOURCES.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def moved(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), found[1]))
        return _address(target, page.file.src_uri, config.extra["repository"])

    return REFERENCE.sub(moved, INLINE.sub(moved, "\n".join(_spaced(markdown.splitlines()))))


def _expanded(entry: Any) -> Any:  # noqa: ANN401 - a navigation nests lists, mappings and texts
    if isinstance(entry, list):
        return [_expanded(each) for each in entry]
    if isinstance(entry, dict):
        return {title: _expanded(each) for title, each in entry.items()}
    if not entry.endswith("/"):
        return entry
    pages = sorted((ROOT / "docs" / entry).glob("*.md"), key=lambda path: (path.name != "README.md", path.name))
    return [f"{entry}{path.name}" for path in pages]


def _address(target: str, page: str, repository: str) -> str:
    """Return how a page links to a file of the repository: within the site where it is there."""
    index = f"{target}/README.md"
    inside = FROM_ROOT.get(index if (ROOT / index).is_file() else target)
    if target.startswith("docs/"):
        inside = (index if (ROOT / index).is_file() else target).removeprefix("docs/")
    if inside is not None and not (ROOT / "docs" / inside).is_dir():
        return posixpath.relpath(inside, posixpath.dirname(page) or ".")
    return f"{repository}/{'tree' if (ROOT / target).is_dir() else 'blob'}/main/{target}"


def _spaced(lines: list[str]) -> Iterator[str]:
    """Add the empty line before a list or a table, and indent what belongs to a list item by four."""
    fenced, before = False, ""
    for line in lines:
        if not fenced and _begins(line, before):
            yield ""
        yield re.sub(r"^ {3}(?=\S)", "    ", line)
        fenced ^= FENCE.match(line) is not None
        before = line


def _begins(line: str, before: str) -> bool:
    found = BLOCK.match(line)
    return found is not None and before[:1].strip() != "" and BLOCK.match(before) is None
