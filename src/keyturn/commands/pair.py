"""The new and the old key, from the environment; they are never shown, and leave it only for their provider."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keyturn.errors import RepositoryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from keyturn.model import CredentialField, Rotation

FINGERPRINT_KEY = "KEYTURN_FINGERPRINT_KEY"
NEW, OLD = "new", "old"
_LENGTH = 12

# What a job has for itself and not for a provider, whatever a rotation says.
_NEVER = re.compile(r"(?:ACTIONS|GITHUB|RUNNER)_.*|GH_TOKEN|KEYTURN_(?!NEW_|OLD_).*")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two values of one credential by field; of the new one nothing where only the old one is asked about."""

    fields: tuple[CredentialField, ...]
    old: Mapping[str, str] = field(repr=False)
    new: Mapping[str, str] = field(repr=False, default_factory=dict)


def variables(rotation: Rotation, fields: Sequence[CredentialField], side: str) -> dict[str, str]:
    """Return the name of the environment variable for every field of the new or the old key."""
    named = {name: sides.get(side) for name, sides in rotation.secrets.items()}
    return {each.name: named.get(each.name) or f"KEYTURN_{side.upper()}_{each.name.upper()}" for each in fields}


def read(
    rotation: Rotation, fields: Sequence[CredentialField], environment: Mapping[str, str], *, is_baseline: bool
) -> Pair:
    """Return the values of both keys, of the old one alone for a baseline.

    What is no secret may also stand in the rotation's params. Raises UsageError, which names the variables, where
    something is missing, or where both keys are the same; RepositoryError where the rotation names one that is for us.
    """
    sides = (OLD,) if is_baseline else (NEW, OLD)
    _insist_on_keys(rotation, fields, sides)
    found = {side: _values(rotation, fields, environment, side) for side in sides}
    missing = [
        name for side in sides for each, name in variables(rotation, fields, side).items() if not found[side].get(each)
    ]
    if missing:
        message = f"the environment lacks {' and '.join(missing)}; set what is missing to the value of the key"
        raise UsageError(message)
    pair = Pair(tuple(fields), found[OLD], found.get(NEW, {}))
    if not is_baseline and _secrets(pair.new, fields) == _secrets(pair.old, fields):
        message = "the new key is the same as the old one; set the variables of the new key to the new value"
        raise UsageError(message)
    return pair


def _insist_on_keys(rotation: Rotation, fields: Sequence[CredentialField], sides: Sequence[str]) -> None:
    names = (name for side in sides for name in variables(rotation, fields, side).values())
    if ours := [name for name in names if _NEVER.fullmatch(name)]:
        message = (
            f"`secrets` of {rotation.path} names {' and '.join(ours)}, which is never sent to a provider; name the "
            "variable that holds the key"
        )
        raise RepositoryError(message)


def _values(
    rotation: Rotation, fields: Sequence[CredentialField], environment: Mapping[str, str], side: str
) -> dict[str, str]:
    names = variables(rotation, fields, side)
    public = {each.name: rotation.params.get(each.name, "") for each in fields if not each.secret}
    return {each.name: environment.get(names[each.name]) or public.get(each.name, "") for each in fields}


def fingerprint(values: Mapping[str, str], fields: Sequence[CredentialField], key: str) -> str:
    """Return twelve hexadecimal digits by which a key can be known again: HMAC-SHA256 of its secret fields.

    Several are joined by line ends, in the order of the catalogue.
    """
    said = "\n".join(_secrets(values, fields))
    return hmac.new(_bytes(key), _bytes(said), "sha256").hexdigest()[:_LENGTH]


def hidden(rotation: Rotation, fields: Sequence[CredentialField], environment: Mapping[str, str]) -> Iterator[str]:
    """Give every variable that no program started by us may see."""
    known = {name for side in (NEW, OLD) for name in variables(rotation, fields, side).values()}
    ours = {name for name in environment if name.startswith(("KEYTURN_NEW_", "KEYTURN_OLD_"))}
    yield from sorted({*known, *ours, FINGERPRINT_KEY} & environment.keys())


def _secrets(values: Mapping[str, str], fields: Sequence[CredentialField]) -> list[str]:
    secret = [each.name for each in fields if each.secret] or [each.name for each in fields]
    return [values[name] for name in secret]


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")  # as the environment gives what is not UTF-8
