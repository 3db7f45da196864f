"""The shipped catalogue as it is composed, for the tests that hold every entry to the same rules."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, cast

from keyturn import checklist, files, parse
from keyturn.model import UNKNOWN, Catalogue, Rotation, Why
from keyturn.schema import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from keyturn.actions import Section
    from keyturn.model import Provider


SCHEMAS = Schemas(files.schemas())


def _documents(folder: str) -> dict[str, Any]:
    found = dict(files.catalogue(folder))
    data = {slug: document.data for slug, document in found.items() if not isinstance(document, tuple)}
    kind = folder.removesuffix("s")
    unfit = [slug for slug in found if slug not in data or SCHEMAS.findings(kind, slug, cast("Any", data[slug]))]
    assert unfit == [], (
        f"{unfit[0]} in {folder}/ does not fit its schema; `keyturn validate` says what to write instead"
    )
    return data


PROVIDERS: Mapping[str, Any] = _documents("providers")
PLATFORMS: Mapping[str, Any] = _documents("platforms")
CATALOGUE = Catalogue(
    {slug: parse.provider(slug, raw) for slug, raw in PROVIDERS.items()},
    {slug: parse.platform(slug, raw) for slug, raw in PLATFORMS.items()},
)

# Every provider as a file gives it and as each of its variants differs.
KINDS = [(slug, variant) for slug, each in CATALOGUE.providers.items() for variant in (None, *each.variants)]
LEAKS = [why for why in Why if why.is_leak]
ROUTINES = [why for why in Why if not why.is_leak and why is not Why.RETIRED]


def cases(reasons: Iterable[Why]) -> list[tuple[str, str | None, Why]]:
    """Pair every provider and variant with every reason."""
    return [(slug, variant, why) for (slug, variant), why in product(KINDS, reasons)]


def kind(slug: str, variant: str | None) -> Provider:
    return CATALOGUE.providers[slug].variant(variant)


def sections(slug: str, variant: str | None = None, why: Why = Why.DUE, **params: str) -> tuple[Section, ...]:
    """Compose the checklist of a plain key."""
    plain = Rotation(
        "",
        provider=slug,
        slug=slug,
        key="key",
        version=UNKNOWN,
        owners=(),
        consumers=(),
        variant=variant,
        params=params,
    )
    return checklist.sections(plain, CATALOGUE, why)


def texts(found: Iterable[Section]) -> Iterator[str]:
    """Yield every task's sentence."""
    for section in found:
        for task in section.tasks:
            yield "".join(span.text for span in task.spans)


def bold(found: Iterable[Section]) -> set[str]:
    """Give every interface label that a checklist names, in lower case."""
    return {
        span.text.casefold()
        for section in found
        for task in section.tasks
        for span in task.spans
        if span.style == "bold"
    }


def name(case: object) -> str:
    """Name a case for pytest."""
    return "base" if case is None else str(case)
