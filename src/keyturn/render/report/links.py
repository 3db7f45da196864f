"""Where the pages of a report lie, seen from each other, and what they point to on GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from keyturn.model import Rotation


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses below which a browser finds files, commits and issues; None for a root without a place on the web."""

    files: str | None = None
    commits: str | None = None
    issues: str | None = None

    def file(self, path: str) -> str | None:
        """Return the address of a declared file."""
        return f"{self.files}/{quote(path)}" if self.files else None

    def commit(self, name: str) -> str | None:
        """Return the address of a commit."""
        return f"{self.commits}/{name}" if self.commits else None

    def issue(self, number: int | None) -> str | None:
        """Return the address of an issue."""
        return f"{self.issues}/{number}" if self.issues and number is not None else None


def key_page(rotation: Rotation) -> str:
    """Return the path of a key's page, from the top of the report."""
    return f"keys/{rotation.id}.html"


def provider_page(slug: str) -> str:
    """Return the path of a provider's page, from the top of the report."""
    return f"providers/{slug}.html"


def owner_page(login: str) -> str:
    """Return the path of an owner's page, from the top of the report."""
    return f"owners/{owner_name(login)}.html"


def owner_feed(login: str) -> str:
    """Return the path of an owner's calendar, from the top of the report."""
    return f"owners/{owner_name(login)}.ics"


def owner_name(login: str) -> str:
    """Return an owner's login as a file name: in small letters, and without the brackets of a bot."""
    return login.lower().replace("[bot]", ".bot")


def web(address: str | None) -> str | None:
    """Return an address of the web, or None for one that a page should not link to."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.hostname else None
