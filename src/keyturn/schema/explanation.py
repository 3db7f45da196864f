"""What the gate refuses, in plain words: where, what, and what to write instead.

The messages are ours: those of the libraries quote the value, which may be a secret that was pasted in the wrong place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from keyturn.model import Finding, Pointer
from keyturn.schema.formats import ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import jsonschema_rs
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from keyturn.schema import Document, Schema


class Refusing(Protocol):
    """A compiled schema: the gate that refuses, and the oracle."""

    document: Schema

    @property
    def gate(self) -> jsonschema_rs.Draft202012Validator:
        """Give what decides."""

    @property
    def oracle(self) -> Validator:
        """Give what takes any text."""


# -- faults --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fault:
    """A keyword of the schema that a part of the document breaks, and the condition under which it holds."""

    pointer: Pointer
    keyword: str
    expected: Any
    instance: Any
    schema: Schema
    condition: str = ""


@dataclass(frozen=True, slots=True)
class _Remark:
    pointer: Pointer
    code: str
    message: str
    on_key: bool = False


def findings(path: str, document: Document, schema: Refusing) -> list[Finding]:
    """Say what keeps a document from fitting a schema that it does not fit."""
    remarks = [remark for fault in _faults(document, schema) for remark in _remarks(fault, schema.document)]
    return [
        Finding(path, remark.pointer, remark.code, remark.message, on_key=remark.on_key)
        for remark in _distinct(remarks) or [_UNEXPLAINED]
    ]


def _faults(document: Document, schema: Refusing) -> Iterator[_Fault]:
    try:
        errors = list(schema.gate.iter_errors(document))
    except ValueError:  # see `Schemas`: the oracle takes any text
        yield from _of_oracle(schema.oracle.iter_errors(document))
        return
    yield from (_fault(error, document, schema.document) for error in errors)


def _fault(error: jsonschema_rs.ValidationError, document: Document, root: Schema) -> _Fault:
    """Follow the error's path through the schema, and remember the last condition on the way."""
    *path, keyword = error.evaluation_path
    schema: Any = root
    condition = ""
    for step in path:
        if step in {"then", "else"} and "if" in schema:
            condition = _condition(schema["if"])
        schema = _target(root, schema["$ref"]) if step == "$ref" else schema[step]
    pointer = tuple(error.instance_path)
    return _Fault(pointer, str(keyword), schema[keyword], _at(document, pointer), schema, condition)


def _at(document: Document, pointer: Pointer) -> Document:
    part: Any = document
    for step in pointer:
        part = part[step]
    return cast("Document", part)


def _of_oracle(errors: Iterable[ValidationError], condition: str = "") -> Iterator[_Fault]:
    for error in errors:
        if error.validator == "if":
            yield from _of_oracle(error.context, _condition(cast("Schema", error.validator_value)))
        else:
            yield _Fault(
                tuple(error.absolute_path),
                str(error.validator),
                error.validator_value,
                error.instance,
                cast("Schema", error.schema),
                condition,
            )


def _condition(schema: Schema) -> str:
    """Return the words for an `if`, which in our schemas always names one field and its values."""
    [(name, wanted)] = schema["properties"].items()
    choices = wanted.get("enum") or [wanted["const"]]
    return " or ".join(f"`{name}: {choice}`" for choice in choices)


# -- remarks -------------------------------------------------------------------------------------------------------

# What the gate refuses and the oracle lets pass: only text that is not Unicode, as far as the tests have found.
_UNEXPLAINED = _Remark(
    (), "wrong-form", "the file has text that is not Unicode; write it again without those characters"
)

# Of what is wrong with one value the first of these is said: a wrong type makes every other remark a riddle.
_ABOUT_A_VALUE = ("wrong-type", "wrong-value", "empty", "out-of-range", "wrong-format", "too-long")


def _distinct(remarks: Iterable[_Remark]) -> list[_Remark]:
    """Drop repetitions, and all but the first in importance of what is said about one value."""
    chosen: dict[tuple[object, ...], _Remark] = {}
    for remark in sorted(remarks, key=_importance):
        is_of_value = remark.code in _ABOUT_A_VALUE
        chosen.setdefault((remark.pointer,) if is_of_value else (remark.pointer, remark.code, remark.message), remark)
    return sorted(chosen.values(), key=lambda remark: ([str(step) for step in remark.pointer], remark.message))


def _importance(remark: _Remark) -> int:
    return _ABOUT_A_VALUE.index(remark.code) if remark.code in _ABOUT_A_VALUE else 0


def _remarks(fault: _Fault, root: Schema) -> Iterator[_Remark]:
    """Yield what to say about a fault: where, what, and what to write instead."""
    return _ABOUT[fault.keyword](fault, _field(root, fault.pointer), root)


def _field(root: Schema, pointer: Pointer) -> Schema:
    """Return what the schema says of the field at a pointer; its own words win over those of a shared definition."""
    found = root
    for step in pointer:
        found = _resolved(root, _part(found, step))
    return found


def _part(schema: Schema, step: str | int) -> Schema:
    if isinstance(step, int):
        return dict(schema["items"])
    # A key that nothing describes is at fault itself; nothing below it is ever looked at.
    return dict(schema.get("properties", {}).get(step) or next(iter(schema["patternProperties"].values())))


def _resolved(root: Schema, schema: Schema) -> Schema:
    target = _target(root, schema["$ref"]) if "$ref" in schema else {}
    return {**target, **schema}


def _target(root: Schema, reference: str) -> Schema:
    return dict(root["$defs"][reference.removeprefix("#/$defs/")])


def _about_extra(fault: _Fault, _field: Schema, _root: Schema) -> Iterator[_Remark]:
    known, names = fault.schema.get("properties", {}), fault.schema.get("patternProperties", {})
    for key in fault.instance:
        if key in known or any(re.search(ended(pattern), key) for pattern in names):
            continue
        if known:
            yield _Remark((*fault.pointer, key), "unknown-field", _unknown(key, list(known)), on_key=True)
        else:
            yield _Remark((*fault.pointer, key), "wrong-name", _misnamed(key, fault.schema), on_key=True)


def _unknown(key: str, known: list[str]) -> str:
    near = _nearest(key.replace("-", "_"), known)
    hint = f"did you mean `{near}`?" if near else f"the fields here are {', '.join(known)}"
    return f"no field {_quoted(key, 'of this name')}; {hint}"


def _misnamed(key: str, schema: Schema) -> str:
    example = next(iter(schema["examples"][0]))
    return f"{_quoted(key, 'this')} cannot be a name here; write one such as `{example}`"


def _about_required(fault: _Fault, field: Schema, root: Schema) -> Iterator[_Remark]:
    for name in fault.expected:
        if name not in fault.instance:
            example = f"`{name}: {_flow(_resolved(root, field['properties'][name])['examples'][0])}`"
            yield _Remark(fault.pointer, "missing-field", f"{_missing(name, fault)}; write for example {example}")


def _missing(name: str, fault: _Fault) -> str:
    return f"`{name}` is missing" + (f", which {fault.condition} needs" if fault.condition else "")


def _about_absence(fault: _Fault, field: Schema, _root: Schema) -> Iterator[_Remark]:
    name = _name(fault.pointer)
    yield _Remark(
        fault.pointer, "missing-field", f"{name} must not be empty with {fault.condition}; {_for_example(field)}"
    )


def _about_type(fault: _Fault, field: Schema, _root: Schema) -> Iterator[_Remark]:
    if fault.expected == "null":
        message = f"{_name(fault.pointer)} goes only with {fault.condition}; take it out"
        yield _Remark(fault.pointer, "misplaced-field", message, on_key=True)
        return
    kinds = [field["type"]] if isinstance(field["type"], str) else field["type"]
    wanted = " or ".join(_KINDS[kind] for kind in kinds if kind != "null")
    quotes = " in quotes" if "string" in kinds and isinstance(fault.instance, int | float) else ""
    yield _Remark(
        fault.pointer, "wrong-type", f"{_name(fault.pointer)} must be {wanted}{quotes}; {_for_example(field, quotes)}"
    )


_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def _about_choice(fault: _Fault, _field: Schema, _root: Schema) -> Iterator[_Remark]:
    choices = [choice for choice in fault.expected if choice is not None]
    near = _nearest(str(fault.instance), choices)
    hint = f"; did you mean `{near}`?" if near else ""
    yield _Remark(fault.pointer, "wrong-value", f"{_name(fault.pointer)} must be one of {', '.join(choices)}{hint}")


def _about_form(fault: _Fault, field: Schema, _root: Schema) -> Iterator[_Remark]:
    yield _Remark(
        fault.pointer, "wrong-format", f"{_name(fault.pointer)} must be {field['title']}; {_for_example(field)}"
    )


def _about_combination(fault: _Fault, _field: Schema, _root: Schema) -> Iterator[_Remark]:
    yield _Remark(fault.pointer, "wrong-combination", f"{fault.condition} needs {fault.schema['title']}")


def _about_emptiness(fault: _Fault, field: Schema, _root: Schema) -> Iterator[_Remark]:
    yield _Remark(fault.pointer, "empty", f"{_name(fault.pointer)} must not be empty; {_for_example(field)}")


def _about_length(fault: _Fault, _field: Schema, _root: Schema) -> Iterator[_Remark]:
    yield _Remark(
        fault.pointer, "too-long", f"{_name(fault.pointer)} may have at most {fault.expected} characters; shorten it"
    )


def _about_few(fault: _Fault, field: Schema, _root: Schema) -> Iterator[_Remark]:
    yield _Remark(
        fault.pointer, "too-few", f"{_name(fault.pointer)} must have at least {_counted(fault)}; {_for_example(field)}"
    )


def _about_many(fault: _Fault, _field: Schema, _root: Schema) -> Iterator[_Remark]:
    yield _Remark(
        fault.pointer, "too-many", f"{_name(fault.pointer)} may have at most {_counted(fault)}; take the others out"
    )


def _counted(fault: _Fault) -> str:
    noun = "item" if fault.keyword.endswith("Items") else "field"
    return f"{fault.expected} {noun}" + ("" if fault.expected == 1 else "s")


def _about_range(fault: _Fault, field: Schema, _root: Schema) -> Iterator[_Remark]:
    limits = f"from {field['minimum']} to {field['maximum']}"
    yield _Remark(fault.pointer, "out-of-range", f"{_name(fault.pointer)} must be {limits}; {_for_example(field)}")


def _about_repetition(fault: _Fault, _field: Schema, _root: Schema) -> Iterator[_Remark]:
    for index, item in enumerate(fault.instance):
        if item in fault.instance[:index]:
            message = f"{_name((*fault.pointer, index))} stands there twice; take one out"
            yield _Remark((*fault.pointer, index), "duplicate-item", message)


_ABOUT: Mapping[str, Callable[[_Fault, Schema, Schema], Iterator[_Remark]]] = {
    "additionalProperties": _about_extra,
    "anyOf": _about_form,
    "enum": _about_choice,
    "format": _about_form,
    "maxItems": _about_many,
    "maxLength": _about_length,
    "maxProperties": _about_many,
    "maximum": _about_range,
    "minItems": _about_few,
    "minLength": _about_emptiness,
    "minProperties": _about_few,
    "minimum": _about_range,
    "not": _about_absence,
    "oneOf": _about_combination,
    "pattern": _about_form,
    "required": _about_required,
    "type": _about_type,
    "uniqueItems": _about_repetition,
}


# -- words ---------------------------------------------------------------------------------------------------------

# A key is quoted only if it can hardly be a secret: the names of our fields are short and have no digits.
_QUOTABLE = re.compile(r"[A-Za-z_-]{1,24}")
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./@_-]|:(?! ))*")


def _name(pointer: Pointer) -> str:
    """Return what to call the place at a pointer, without any text that the schema does not know."""
    if not pointer:
        return "the file"
    name = _quoted(next(step for step in reversed(pointer) if isinstance(step, str)), "this value")
    return f"an item of {name}" if isinstance(pointer[-1], int) else name


def _quoted(key: str, otherwise: str) -> str:
    return f"`{key}`" if _QUOTABLE.fullmatch(key) else otherwise


def _nearest(written: str, known: list[str]) -> str | None:
    from difflib import get_close_matches

    # Cut, because the comparison takes the square of the length.
    return next(iter(get_close_matches(written[:64].lower(), known, n=1, cutoff=0.7)), None)


def _for_example(field: Schema, quotes: str = "") -> str:
    example = field["examples"][0]
    return f"write for example `{json.dumps(example) if quotes else _flow(example)}`"


def _flow(value: object) -> str:
    """Return a value of an example as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(part) for part in value) + "]"
    is_plain = isinstance(value, str) and _PLAIN.fullmatch(value) is not None
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)
