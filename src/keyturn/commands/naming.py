"""Which provider somebody means: by slug, former name or part of its name."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING

from keyturn.model import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from keyturn.model import Catalogue

_MOST = 8


def squeezed(name: str) -> str:
    """Reduce a name to its letters and digits, without accents, in lower case."""
    return "".join(filter(str.isalnum, _folded(name)))


def slug_of(name: str) -> str:
    """Write a name as a slug."""
    return "-".join(re.findall("[a-z0-9]+", _folded(name)))


def _folded(name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)).casefold()


def names(catalogue: Catalogue) -> Mapping[str, str]:
    """Return the slug for everything that a provider is or was called, squeezed."""
    return indexed((slug, (*each.aliases, each.name, slug)) for slug, each in catalogue.providers.items())


def indexed(called: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, str]:
    """Return the slug for every name that goes with it, squeezed."""
    return {squeezed(name): slug for slug, names in called for name in names}


def nearest(wanted: str, known: Mapping[str, str], most: int = 1) -> list[str]:
    """Return the slugs whose names look most like the one that is wanted."""
    return list(dict.fromkeys(known[name] for name in get_close_matches(squeezed(wanted), known, n=most)))


def meant(wanted: str, known: Mapping[str, str]) -> list[str]:
    """Return the slugs that are meant: the one of this very name, else those with it in theirs."""
    word = squeezed(wanted)
    return [known[word]] if word in known else containing(wanted, known)


def containing(wanted: str, known: Mapping[str, str]) -> list[str]:
    """Return the slugs that have a text in one of their names."""
    word = squeezed(wanted)
    return list(dict.fromkeys(slug for name, slug in known.items() if word and word in name))


def hint(wanted: str, known: Mapping[str, str]) -> str | None:
    """Say what to write instead of a name that does not mean one provider, or None for one that does."""
    found = meant(wanted, known)
    if len(found) == 1:
        return None
    if found:
        return f"{wanted!r} may be {_or(found)}; say which"
    if near := nearest(wanted, known, _MOST):
        return f"no provider is called {wanted!r}; did you mean {_or(near)}?"
    own = f"providers/{slug_of(wanted) or '<slug>'}.yaml"
    lines = f"`name: …` and `strategy: {'|'.join(Strategy)}`"
    return f"no provider is called {wanted!r}; give it a file {own} of two lines first, {lines}"


def _or(slugs: list[str]) -> str:
    more = f" or {len(slugs) - _MOST} more" if len(slugs) > _MOST else ""
    return f"{', '.join(slugs[:_MOST])}{more}"
