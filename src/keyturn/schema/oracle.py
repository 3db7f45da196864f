"""jsonschema, the reference: it explains what the gate cannot be handed, and the tests hold the gate against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from keyturn.schema.formats import FORMATS, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from keyturn.schema import Document, Schema


def oracle(schema: Schema) -> Validator:
    """Make a validator of jsonschema that decides as the gate does."""
    from jsonschema import Draft202012Validator, FormatChecker, validators
    from referencing import Registry

    checker = FormatChecker(formats=())
    for name, accepts in FORMATS.items():
        checker.checks(name)(accepts)
    extend = cast("Callable[..., type[Validator]]", validators.extend)  # the stubs leave it untyped
    conditional = extend(Draft202012Validator, {"if": _conditional})
    # An empty registry, because the default one fetches what a $ref names; see _nothing.
    return conditional(cast("Schema", _strictlyended(schema)), registry=Registry(), format_checker=checker)


def _conditional(
    validator: Validator, condition: Schema, instance: Document, schema: Schema
) -> Iterator[ValidationError]:
    """Report a failed `then` or `else` as one error that remembers its condition."""
    from jsonschema.exceptions import ValidationError

    branch = "then" if validator.evolve(schema=condition).is_valid(instance) else "else"
    if context := list(validator.evolve(schema=schema.get(branch, True)).iter_errors(instance)):
        yield ValidationError(branch, context=context)


def _strictlyended(schema: object) -> object:
    """Return a schema whose patterns end where the text ends."""
    if isinstance(schema, list):
        return [_strictlyended(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict: Schema = {key: _strictlyended(part) for key, part in schema.items()}
    if isinstance(pattern := strict.get("pattern"), str):
        strict["pattern"] = ended(pattern)
    if "patternProperties" in strict:
        strict["patternProperties"] = {ended(name): part for name, part in strict["patternProperties"].items()}
    return strict
