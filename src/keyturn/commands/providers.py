"""`keyturn providers`: the catalogue, and one provider with its composed checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from keyturn import checklist, checks, files
from keyturn.commands import showing, workspace
from keyturn.errors import Exit, RepositoryError, UsageError
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
    root = _root(world, options)
    catalogue, problems = workspace.catalogue(root)
    if options.slug:
        world.say(_one(options, root, catalogue))
    else:
        _all(world, options, {slug: _document(slug, root) for slug in catalogue.providers})
    showing.complained(problems, world)
    return Exit.CORRECT if problems else Exit.WELL


def _root(world: World, options: argparse.Namespace) -> Path:
    """Return the root; outside of one there is still the shipped catalogue to be shown."""
    is_outside = options.root is None and files.root_of(world.folder) is None
    return world.folder if is_outside else workspace.root_of(world.folder, options.root)


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
        if slug in files.slugs("providers", root):
            message = f"the file of {slug} has an error; run `keyturn validate` and correct it first"
            raise RepositoryError(message)
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
