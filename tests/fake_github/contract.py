"""GitHub's own models, generated from its OpenAPI description, as the judge of every body."""

from __future__ import annotations

import functools
import json
import operator
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .replies import Json


@dataclass(frozen=True, slots=True)
class Violation:
    """A body that GitHub would not send or not accept, or a fault in the fake itself."""

    direction: str  # sent | received | crashed
    method: str
    path: str
    shape: str
    detail: str


def fault(shape: str, document: Json) -> str | None:
    """Return what is wrong with a document of that shape, or nothing.

    A shape is the name of a model, `Name[]` for a list, `Name/Other[]` for a mixed one, or alternatives with ` | `.
    """
    from pydantic import ValidationError  # here, so that tests which only import the fake do not pay half a second

    try:
        adapter(shape).validate_json(json.dumps(document), strict=True, extra="forbid")
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
    return None


@functools.cache
def adapter(shape: str) -> Any:
    """Return the validator of a shape."""
    from pydantic import TypeAdapter

    return TypeAdapter(functools.reduce(operator.or_, map(form, shape.split(" | "))))


def form(name: str) -> Any:
    """Return the type that a name of a shape stands for."""
    from githubkit_schemas.v2022_11_28 import models

    kinds = [str if element == "str" else getattr(models, element) for element in name.removesuffix("[]").split("/")]
    kind = functools.reduce(operator.or_, kinds)
    return types.GenericAlias(list, (kind,)) if name.endswith("[]") else kind
