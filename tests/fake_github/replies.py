"""Answers as values, and GitHub's ways of saying no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = Any  # a JSON document; its form is held against GitHub's models by `contract`, not by the type checker
DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer before it is put on the wire."""

    status: int
    document: Json
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """Stop a call with the error answer it carries."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status}: {reply.document}")
        self.reply = reply


def refusal(status: int, message: str, **headers: str) -> RefusedError:
    """Return a plain error in GitHub's form."""
    document = {"message": message, "documentation_url": DOCS, "status": str(status)}
    return RefusedError(Reply(status, document, headers))


def not_found() -> RefusedError:
    """Return GitHub's answer for what does not exist or may not be seen."""
    return refusal(404, "Not Found")


def moved(url: str) -> RefusedError:
    """Return GitHub's answer for an issue that lives elsewhere now."""
    document = {"message": "Moved Permanently", "url": url, "documentation_url": DOCS}
    return RefusedError(Reply(301, document, {"Location": url}))


def validation_failed(*errors: Mapping[str, Json]) -> RefusedError:
    """Return GitHub's 422 with one entry for each wrong field."""
    document = {"message": "Validation Failed", "errors": [dict(error) for error in errors], "documentation_url": DOCS}
    return RefusedError(Reply(422, document))


def invalid(resource: str, name: str, value: str | int | Sequence[str]) -> dict[str, Json]:
    """Return the entry for a value that GitHub does not accept."""
    return {"value": value, "resource": resource, "field": name, "code": "invalid"}


def too_long(resource: str, name: str, most: int) -> dict[str, Json]:
    """Return the entry for a text over its limit."""
    message = f"{name} is too long (maximum is {most} characters)"
    return {"resource": resource, "field": name, "code": "custom", "message": message}
