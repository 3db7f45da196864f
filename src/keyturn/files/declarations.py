"""The text of a new rotation's file: what is known of a key, and comments that explain what else could be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from keyturn.files.edits import flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyturn.files.edits import Plain

_COLUMN = 34  # where comments begin

# Every field in its order: a sample of what could be said (none: not shown unless it is), and what it means.
_FIELDS = {
    "provider": ("", "who issues it"),
    "key": ("", "a name for it, never the key itself"),
    "variant": ("", "which of the provider's kinds of key"),
    "description": ("Exports events to the warehouse.", "what it is for"),
    "owners": ("", "GitHub logins: who rotates it"),
    "team": ("acme/data-platform", "shown beside the owners"),
    "tags": ("[pii, etl]", "words that incidents and rules of the policy can match"),
    "tier": ("critical", "critical | standard | low; how much harm a lost key would do"),
    "environment": ("production", "where it is used"),
    "created": ("", "when the version in use was issued"),
    "enrolled": ("", "since nobody knows how old it is, it is due soon after this day"),
    "expires": ("2027-08-24", "the provider ends it then"),
    "rotate_every": ("90d", "d, w, m or y; without it the policy decides"),
    "params": ("", "what the provider's steps and probe ask for; never secret"),
}
_CONSUMERS = "every place that uses it; each is a task when it is rotated"


def declaration(
    fields: Mapping[str, Plain], schema: str | None = None, samples: Mapping[str, str] | None = None
) -> str:
    """Write a rotation's file.

    `schema` is where an editor finds the schema from there. With `samples` every field is explained, and optional ones
    that are not said stand in comments; `samples` replaces or adds to what those show.
    """
    head = [f"# yaml-language-server: $schema={schema}"] if schema else []
    return "\n".join([*head, *_lines(fields, samples), *_consumers(fields, is_explained=samples is not None)]) + "\n"


def _lines(fields: Mapping[str, Plain], samples: Mapping[str, str] | None) -> Iterator[str]:
    for name, (sample, meaning) in _FIELDS.items():
        if name in fields:
            line = f"{name}: {flow(fields[name])}"
            yield line if samples is None else _explained(line, meaning)
        elif samples is not None and (shown := samples.get(name, sample)):
            yield _explained(f"# {name}: {shown}", meaning)


def _consumers(fields: Mapping[str, Plain], *, is_explained: bool) -> Iterator[str]:
    consumers = cast("Sequence[Plain]", fields["consumers"])
    head = "consumers:" if consumers else "consumers: []"
    yield _explained(head, _CONSUMERS) if is_explained else head
    yield from (f"  - {flow(each)}" for each in consumers)


def _explained(line: str, meaning: str) -> str:
    return f"{line:<{_COLUMN}}# {meaning}" if len(line) < _COLUMN else f"{line}  # {meaning}"
