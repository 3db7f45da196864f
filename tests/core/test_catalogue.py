"""The shipped catalogue: it fits its schema, names are unique, and every provider has the steps of its strategy."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from keyturn import checklist, files, parse
from keyturn.model import UNKNOWN, Catalogue, Rotation, Why
from keyturn.schema import Schemas

if TYPE_CHECKING:
    from keyturn.model import Provider

SCHEMAS = Schemas(files.schemas())
DOCUMENTS: dict[str, Any] = {
    f"{kind}/{slug}": found for kind in ("providers", "platforms") for slug, found in files.catalogue(kind)
}
PROVIDERS = {name.partition("/")[2]: found for name, found in DOCUMENTS.items() if name.startswith("providers/")}
PHASES = {
    "overlap": {"create", "revoke"},
    "revoke-first": {"create", "revoke"},
    "reset": {"reset"},
    "reauthorize": {"reset"},
    "contact": {"contact"},
}


def provider(slug: str) -> Provider:
    return parse.provider(slug, PROVIDERS[slug].data)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_entry_fits_its_schema(name: str) -> None:
    kind, _, slug = name.partition("/")
    assert isinstance(DOCUMENTS[name], files.Document)
    assert SCHEMAS.findings(kind.removesuffix("s"), name, DOCUMENTS[name].data) == []
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)


def test_slugs_and_aliases_are_unique() -> None:
    names = Counter([*PROVIDERS, *(alias for slug in PROVIDERS for alias in provider(slug).aliases)])
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_provider_has_the_steps_of_its_strategy(slug: str) -> None:
    found = provider(slug)
    for each in (found, *found.variants.values()):
        assert {phase.value for phase in each.steps} >= PHASES[each.strategy.value]


@pytest.mark.parametrize("why", [Why.DUE, Why.LEAKED])
@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_provider_gives_a_checklist(slug: str, why: Why) -> None:
    found = provider(slug)
    catalogue = Catalogue(providers={slug: found})
    for variant in (None, *found.variants):
        plain = Rotation("x", slug, slug, "key", UNKNOWN, ("alice",), (), variant=variant)
        sections = checklist.sections(plain, catalogue, why)
        assert all(section.tasks for section in sections)
        assert sections[-1].title == "Record the evidence"


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_blank_of_the_steps_is_a_param(slug: str) -> None:
    found = provider(slug)
    for each in (found, *found.variants.values()):
        steps = [step for group in (*each.steps.values(), each.confirm) for step in group]
        texts = [each.console or "", *(text for step in steps for text in (step.text, step.code or ""))]
        blanks = {name for text in texts for name in re.findall(r"\{([a-z][a-z0-9_]*)\}", text)}
        assert blanks <= set(each.params), slug


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_provider_says_where_its_facts_come_from(slug: str) -> None:
    assert PROVIDERS[slug].data.get("sources")
