"""`keyturn providers`: the catalogue, and one provider with its composed checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from keyturn import checklist, checks, files
from keyturn.commands import showing
from keyturn.commands.shelf import shelved
from keyturn.errors import Exit, UsageError
from keyturn.model import UNKNOWN, Rotation, Why
from keyturn.render import providers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from keyturn.commands.world import World
    from keyturn.model import Catalogue

EPILOG = """\
examples:
  keyturn providers                           every provider
  keyturn providers mixpanel                  its facts and the steps of a rotation
  keyturn providers mixpanel --format json    its file as JSON, with the checklist
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add slug and format."""
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="a provider, by its slug or an alias")
    formats = ("text", "json", "markdown")
    parser.add_argument("--format", choices=formats, default="text", help="how to write it (default: text)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Show the list, or one provider."""
    root = options.root or files.root_of(world.folder) or world.folder
    catalogue = shelved(root, broken=())
    if options.slug:
        world.say(_one(options, root, catalogue))
    else:
        _all(world, options, {slug: _document(slug, root) for slug in catalogue.providers})
    return Exit.WELL


def _all(world: World, options: argparse.Namespace, documents: Mapping[str, Mapping[str, Any]]) -> None:
    if options.format == "json":
        world.say(showing.as_json(providers.documents(documents)))
    elif options.format == "markdown":
        world.say(providers.markdown_list(documents))
    else:
        showing.table(world, providers.table(documents), providers.text_list(documents))


def _one(options: argparse.Namespace, root: Path, catalogue: Catalogue) -> str:
    slug = catalogue.slug(options.slug)
    if slug not in catalogue.providers:
        near = checks.nearest(options.slug, (*catalogue.providers, *catalogue.aliases))
        message = f"no provider named {options.slug}{near}"
        raise UsageError(message)
    document = _document(slug, root)
    plain = Rotation("", provider=slug, slug=slug, key="key", version=UNKNOWN, owners=(), consumers=())
    sections = checklist.sections(plain, catalogue, Why.DUE)
    if options.format == "json":
        return showing.as_json(providers.document(slug, document, sections))
    if options.format == "markdown":
        return providers.markdown(slug, document, sections)
    return "\n".join(providers.text(slug, document, sections))


def _document(slug: str, root: Path) -> Mapping[str, Any]:
    found = files.entry("providers", slug, root)
    return cast("Mapping[str, Any]", found.data) if isinstance(found, files.Document) else {}
