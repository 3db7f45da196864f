"""What the issue of an incident shows, as inert Markdown for its template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn.render import escape
from keyturn.render.issue_view import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.actions import Exposed, Overview
    from keyturn.render.issue_view import Links

_LONGEST = 300
_CLOSES = (
    "It closes by itself when every key of the table has been replaced by one that was made after the exposure ended, "
    "and its own issue has closed."
)
_GOES_ON = "Nothing of it closes before the file says when the exposure ended (`exposed_until`)."


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key of the table."""

    state: str
    id: str
    owners: str
    tier: str


def values(overview: Overview, links: Links, most_keys: int | None = None) -> dict[str, object]:
    """Prepare an overview for its template, with at most so many keys."""
    shown = overview.keys if most_keys is None else overview.keys[:most_keys]
    left = len(overview.keys) - len(shown)
    return {
        "id": escape.code(overview.id),
        "summary": escape.markdown(overview.summary),
        "reopened": overview.reopened,
        "rows": tuple(_rows(overview)),
        "progress": f"{overview.done} of {len(overview.keys)} replaced",
        "keys": tuple(_key(key) for key in shown),
        "cut": f"… and {left} more; `keyturn ages` shows all." if left else None,
        "closing": _CLOSES if overview.until else f"{_CLOSES} {_GOES_ON}",
        "links": tuple(_links(overview, links)),
    }


def _rows(overview: Overview) -> Iterator[Row]:
    yield Row("Respond by", overview.due.isoformat())
    if overview.since:
        yield Row("Exposed since", escape.code(overview.since))
    yield Row("Exposed until", escape.code(overview.until) if overview.until else "still going on")


def _key(key: Exposed) -> KeyRow:
    owners = ", ".join(map(escape.code, key.owners))
    return KeyRow("replaced" if key.is_done else "**to replace**", escape.code(key.rotation), owners, key.tier.value)


def _links(overview: Overview, links: Links) -> Iterator[str]:
    if overview.link:
        yield escape.link("What is known about it", overview.link[:_LONGEST])
    yield escape.link("File of this incident", links.file or overview.path)
