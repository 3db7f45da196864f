"""Names and dates of the secrets that GitHub holds for a repository; their values nobody can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyturn.trackers.api import Api

_PAGE = {"per_page": "100"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret of a repository, of one of its environments, or of the organization for it."""

    name: str
    updated: str  # when it was written last
    environment: str | None = None
    organization: str | None = None


@dataclass(slots=True)
class Vault:
    """Lists what a token may see; `unread` says what it may not."""

    api: Api
    repository: str
    unread: list[str] = field(default_factory=list)

    def secrets(self) -> Iterator[Kept]:
        """Give the secrets of the repository, of its organization for it, and of its environments."""
        home = f"/repos/{quote(self.repository, safe='/')}"
        for row in self._rows(f"{home}/actions/secrets", "secrets", "Secrets: read"):
            yield Kept(row["name"], row["updated_at"])
        owner = self.repository.partition("/")[0]
        for row in self._rows(f"{home}/actions/organization-secrets", "secrets", "Secrets: read"):
            yield Kept(row["name"], row["updated_at"], organization=owner)
        for place in self._rows(f"{home}/environments", "environments", "Actions: read"):
            path = f"{home}/environments/{quote(place['name'], safe='')}/secrets"
            for row in self._rows(path, "secrets", "Environments: read"):
                yield Kept(row["name"], row["updated_at"], environment=place["name"])

    def _rows(self, path: str, name: str, grant: str) -> Iterator[dict[str, Any]]:
        query: dict[str, str] | None = dict(_PAGE)
        while query is not None:
            answer = self.api.read(path, query)
            rows = answer.document.get(name) if answer.is_well and isinstance(answer.document, dict) else None
            if not isinstance(rows, list):
                status = f"status {answer.status}" if answer.status else "no answer"
                self.unread.append(f"{path} could not be read ({status}); the token needs `{grant}` there")
                return
            yield from rows
            query = answer.following
