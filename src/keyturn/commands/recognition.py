"""Which provider and which key a secret's name speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.commands.naming import squeezed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyturn.model import Catalogue

SURE, LIKELY, UNKNOWN = "sure", "likely", "unknown"
MAIN = "main"  # a key whose name says no more than whose it is
_COMMON = frozenset({"API", "APP", "KEY", "TOKEN", "SECRET", "PASSWORD", "ACCESS", "AUTH", "CLIENT", "ID", "PAT"})


@dataclass(frozen=True, slots=True)
class Guess:
    """Whose key it probably is; without a provider only its name."""

    provider: str | None
    key: str
    confidence: str


class Names:
    """The names of a catalogue, to recognize secrets by."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._whole: dict[str, str] = {}
        self._first: dict[str, set[str]] = {}
        for slug, provider in catalogue.providers.items():
            for name in (*provider.aliases, provider.name, slug):
                self._whole[squeezed(name)] = slug
            self._first.setdefault(slug.partition("-")[0], set()).add(slug)

    def guess(self, name: str) -> Guess:
        """Say whose key a secret of this name is: by a provider's whole name, else by the first word of one only."""
        words = name.upper().split("_")
        for start, stop in _spans(len(words)):
            if slug := self._whole.get(squeezed("".join(words[start:stop]))):
                return self._guess(slug, words, start, stop, SURE if start == 0 else LIKELY)
        for place, word in enumerate(words):
            slugs = self._first.get(word.lower(), set())
            if len(slugs) == 1:
                return self._guess(next(iter(slugs)), words, place, place + 1, LIKELY)
        return Guess(None, _key(words), UNKNOWN)

    def _guess(self, slug: str, words: list[str], start: int, stop: int, confidence: str) -> Guess:
        rest = [*words[:start], *self._without_field(slug, words[stop:])]
        return Guess(slug, _key([word for word in rest if word not in _COMMON]), confidence)

    def _without_field(self, slug: str, words: list[str]) -> list[str]:
        """Take away the name of the part of the credential, so that all parts of one are one key."""
        credential = self._catalogue.providers[slug].credential
        fields: Mapping[str, int] = (
            {each.name.upper(): each.name.count("_") + 1 for each in credential.fields} if credential else {}
        )
        count = max((size for field, size in fields.items() if "_".join(words).endswith(field)), default=0)
        return words[: len(words) - count]


def _spans(count: int) -> list[tuple[int, int]]:
    """Give every run of words, those at the start and longer ones first."""
    return [(start, stop) for start in range(count) for stop in range(count, start, -1)]


def _key(words: list[str]) -> str:
    return "-".join(word.lower() for word in words if word) or MAIN
