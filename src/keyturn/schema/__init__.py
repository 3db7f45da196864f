"""A document against its JSON Schema: a fast gate, and plain words for what the gate refuses.

jsonschema-rs decides and says which keyword of the schema is broken where; the words are ours, made where needed.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from keyturn.schema.engine import lightly
from keyturn.schema.formats import FORMATS, is_pattern, matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jsonschema_rs
    from jsonschema.protocols import Validator

    from keyturn.model import Finding

__all__ = ["FORMATS", "Document", "Schema", "Schemas", "is_pattern", "matches"]

Schema: TypeAlias = dict[str, Any]
Document: TypeAlias = dict[str, Any] | list[Any] | str | int | float | bool | None


class Schemas:
    """The schemas of every kind of file; a validator is compiled when its kind is first met."""

    def __init__(self, documents: Mapping[str, Schema]) -> None:
        self._schemas = _Kinds(documents)

    def compile(self, kind: str) -> None:
        """Make ready what the first document of a kind would have to wait for."""
        _ = self._schemas[kind].gate

    def fits(self, kind: str, document: Document) -> bool:
        """Tell whether a document fits the schema of its kind."""
        return self._schemas[kind].fits(document)

    def findings(self, kind: str, path: str, document: Document) -> list[Finding]:
        """Return what keeps a document from fitting the schema of its kind; mappings have only text for keys."""
        schema = self._schemas[kind]
        if schema.fits(document):
            return []
        from keyturn.schema import explanation

        return explanation.findings(path, document, schema)


class _Kinds(dict[str, "_Compiled"]):
    def __init__(self, documents: Mapping[str, Schema]) -> None:
        super().__init__()
        self._documents = documents

    def __missing__(self, kind: str) -> _Compiled:
        return self.setdefault(kind, _Compiled(self._documents[kind]))


class _Compiled:
    def __init__(self, document: Schema) -> None:
        self.document = document

    def fits(self, document: Document) -> bool:
        gate = self.gate
        try:
            return gate.is_valid(document)
        except ValueError:  # text that is not Unicode cannot even be handed over
            return False

    @cached_property
    def gate(self) -> jsonschema_rs.Draft202012Validator:
        with lightly():
            from jsonschema_rs import Draft202012Validator, RegexOptions

        # RegexOptions chooses the engine that is linear in the text and refuses a pattern that cannot be.
        return Draft202012Validator(
            self.document,
            formats=dict(FORMATS),
            validate_formats=True,
            pattern_options=RegexOptions(),
            retriever=_nothing,
        )

    @cached_property
    def oracle(self) -> Validator:
        from keyturn.schema.oracle import oracle

        return oracle(self.document)


def _nothing(uri: str) -> NoReturn:
    """Refuse what a schema refers to elsewhere; on its own, jsonschema-rs would fetch it as well."""
    raise LookupError(uri)
