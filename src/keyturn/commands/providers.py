"""`keyturn providers`: the catalogue, and one provider with its composed checklist."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from keyturn import checklist, files, parse
from keyturn.commands import naming, shipped, showing, workspace
from keyturn.errors import Exit, RepositoryError, UsageError
from keyturn.model import UNKNOWN, Catalogue, Rotation, Strategy, Why
from keyturn.render import provider_pages, providers
from keyturn.render.providers import Guide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from keyturn.actions import Section
    from keyturn.commands.world import World
    from keyturn.model import Problem
    from keyturn.schema import Schemas

    Raw: TypeAlias = Mapping[str, Any]

EPILOG = """\
examples:
  keyturn providers                               every provider
  keyturn providers --strategy overlap --has-probe
                                                  those that allow two keys and can be asked whether one still works
  keyturn providers --search "AT Internet"        by name, former name or a part of one
  keyturn providers mixpanel                      its facts and the steps of a rotation
  keyturn providers "AT Internet"                 the same by a name that it has or had
  keyturn providers mixpanel --reason leaked      the steps after a leak, which contain it first
  keyturn providers snowflake --variant slot-2    the steps for one of its variants
  keyturn providers mixpanel --format json        its file as JSON, with the checklist
"""
_CHOOSING = ("strategy", "has_probe", "self_service", "last_used", "search")
_COMPOSING = ("variant", "reason")
_DOWNTIME = {
    Why.LEAKED: "The old key ends first: every consumer is down until it has the new one.",
    Why.RETIRED: "Whatever still uses the key stops for good.",
}
_REASONS = (Why.DUE.value, *map(str, _DOWNTIME))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the provider, what chooses among all, what composes one's checklist, and the format."""
    parser.add_argument(
        "slug", nargs="?", metavar="SLUG", help="one provider, by its slug or a name that it has or had"
    )
    formats = ("text", "json", "markdown")
    parser.add_argument("--format", choices=formats, default="text", help="how to write it (default: text)")
    among = parser.add_argument_group("choosing among all")
    among.add_argument("--search", metavar="TEXT", help="a part of a name, slug or former name; case and accents aside")
    among.add_argument("--strategy", choices=[strategy.value for strategy in Strategy], help="what the provider allows")
    among.add_argument("--has-probe", action="store_true", default=None, help="it can be asked whether a key works")
    among.add_argument(
        "--self-service", action=argparse.BooleanOptionalAction, help="its users can make a new key themselves, or not"
    )
    among.add_argument("--last-used", action="store_true", default=None, help="it shows when a key was last used")
    one = parser.add_argument_group("for one provider")
    one.add_argument("--variant", metavar="NAME", help="the checklist of this variant")
    one.add_argument("--reason", choices=_REASONS, help="why the key is rotated (default: due)")


def run(world: World, options: argparse.Namespace) -> Exit:
    """Show the list, or one provider."""
    _refuse_mixture(options)
    root = _root(world, options)
    if options.slug:
        world.say(_one(options, root))
        return Exit.WELL
    raws, problems = _entries(root)
    _all(world, options, raws)
    showing.complained(problems, world)
    return Exit.CORRECT if problems else Exit.WELL


def _refuse_mixture(options: argparse.Namespace) -> None:
    foreign = _CHOOSING if options.slug else _COMPOSING
    for name in foreign:
        if getattr(options, name) is not None:
            place = "the list of all providers, without SLUG" if options.slug else "one provider: add its slug"
            message = f"--{name.replace('_', '-')} is for {place}"
            raise UsageError(message)


def _root(world: World, options: argparse.Namespace) -> Path:
    """Return the root; outside of one there is still the shipped catalogue to be shown."""
    is_outside = options.root is None and files.root_of(world.folder) is None
    return world.folder if is_outside else workspace.root_of(world.folder, options.root)


# -- reading -------------------------------------------------------------------------------------------------------


def _entries(root: Path) -> tuple[Mapping[str, Raw], list[Problem]]:
    """Read every provider of a root; one with an error is left out."""
    schemas = shipped.schemas()
    checked = {slug: _checked(found, schemas) for slug, found in files.catalogue("providers", root)}
    raws = {slug: found for slug, found in checked.items() if not isinstance(found, tuple)}
    return raws, sorted(problem for found in checked.values() if isinstance(found, tuple) for problem in found)


def _checked(found: files.Document | tuple[Problem, ...], schemas: Schemas) -> Raw | tuple[Problem, ...]:
    if isinstance(found, tuple):
        return found
    faults = schemas.findings("provider", found.path, cast("Any", found.data))
    return tuple(files.locate(fault, found.text) for fault in faults) or cast("Raw", found.data)


def _entry(slug: str, root: Path) -> Raw:
    """Read one provider and no other."""
    document = files.entry("providers", slug, root)
    found = () if document is None else _checked(document, shipped.schemas())
    if isinstance(found, tuple):
        message = f"the file of {slug} has an error; run `keyturn validate` and correct it first"
        raise RepositoryError(message)
    return found


# -- the list ------------------------------------------------------------------------------------------------------


def _all(world: World, options: argparse.Namespace, raws: Mapping[str, Raw]) -> None:
    chosen = {slug: raw for slug, raw in raws.items() if _is_chosen(slug, raw, options)}
    if options.format == "json":
        world.say(showing.as_json(providers.documents(chosen)))
    elif options.format == "markdown" and chosen:
        world.say(providers.markdown_list(chosen))
    elif chosen:
        showing.table(world, providers.table(chosen), providers.text_list(chosen))
        world.tell("Probe says how it is known what a provider answers to a live key and to a dead one.")
    if not chosen:
        world.tell(f"no provider fits{_near(options.search or '', raws)}")


def _is_chosen(slug: str, raw: Raw, options: argparse.Namespace) -> bool:
    wanted = {"strategy": options.strategy, "self_service": options.self_service, "last_used": options.last_used}
    return (
        all(raw.get(field) == value for field, value in wanted.items() if value is not None)
        and (not options.has_probe or providers.probe_confidence(raw) is not None)
        and (
            not options.search
            or any(naming.squeezed(options.search) in naming.squeezed(name) for name in _names(slug, raw))
        )
    )


# -- names ---------------------------------------------------------------------------------------------------------


def _found(name: str, root: Path) -> tuple[str, Raw]:
    """Return the one provider that has or had this name; others are read only where it is no slug."""
    slug = naming.slug_of(name)
    if slug in files.slugs("providers", root):
        return slug, _entry(slug, root)
    raws, _ = _entries(root)
    named = [slug for slug, raw in raws.items() if naming.squeezed(name) in map(naming.squeezed, _names(slug, raw))]
    if len(named) > 1:
        message = f"{name} may be {' or '.join(named)}; say which"
        raise UsageError(message)
    if not named:
        message = f"no provider named {name}{_near(name, raws)}"
        raise UsageError(message)
    return named[0], raws[named[0]]


def _names(slug: str, raw: Raw) -> Iterator[str]:
    yield from (slug, raw["name"], *(raw.get("aliases") or ()))


def _near(name: str, raws: Mapping[str, Raw]) -> str:
    near = naming.nearest(name, naming.indexed((slug, _names(slug, raw)) for slug, raw in raws.items()))
    return f"; did you mean {near[0]}?" if near else ""


# -- one provider --------------------------------------------------------------------------------------------------


def _one(options: argparse.Namespace, root: Path) -> str:
    slug, raw = _found(options.slug, root)
    _insist_on_variant(options.variant, slug, raw)
    why = Why(options.reason or "due")
    shown = guide(slug, raw, options.variant, why)
    if options.format == "json":
        asked = {name: getattr(options, name) for name in _COMPOSING if getattr(options, name)}
        return showing.as_json(providers.document(slug, raw, shown.sections, **asked))
    return provider_pages.page(shown) if options.format == "markdown" else "\n".join(providers.text(shown))


def _insist_on_variant(name: str | None, slug: str, raw: Raw) -> None:
    variants = raw.get("variants") or {}
    if name and name not in variants:
        message = f"{slug} has no variant {name}; it has {', '.join(variants) or 'none'}"
        raise UsageError(message)


def guide(slug: str, raw: Raw, variant: str | None = None, why: Why = Why.DUE) -> Guide:
    """Compose what a page or a terminal shows of a provider: for a plain key of it, and for each of its variants."""
    variants = raw.get("variants") or {}
    catalogue = Catalogue({slug: parse.provider(slug, raw)})
    is_plain = variant is None and why is Why.DUE
    return Guide(
        slug,
        {**raw, **(variants[variant] or {})} if variant else raw,
        _sections(slug, variant, catalogue, why),
        leak=_sections(slug, variant, catalogue, Why.LEAKED) if why is Why.DUE else (),
        downtime=_DOWNTIME.get(why) or checklist.downtime(catalogue.providers[slug].variant(variant)),
        variants={name: guide(slug, raw, name) for name in variants} if is_plain else {},
    )


def _sections(slug: str, variant: str | None, catalogue: Catalogue, why: Why) -> tuple[Section, ...]:
    plain = Rotation("", provider=slug, slug=slug, key="key", version=UNKNOWN, owners=(), consumers=(), variant=variant)
    return checklist.sections(plain, catalogue, why)
