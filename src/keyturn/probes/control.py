"""A made-up credential of the shape of a given one: a probe that accepts it proves nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from keyturn.model import CredentialField, Probe

# A prefix says what kind of key it is, and a probe that looks only at that has to be found out.
_PREFIX = re.compile(r"(?:[A-Za-z]{2,7}[_-]){1,2}(?=(?:[^A-Za-z0-9]*[A-Za-z0-9]){8})")
_ADDRESS = "nobody@keyturn.invalid"  # no mail domain ends so (RFC 2606)


def control(values: Mapping[str, str], fields: Iterable[CredentialField], probe: Probe) -> dict[str, str] | None:
    """Make up a credential whose fields have the length and the character classes of the given ones.

    Of what is no secret only an OAuth client's id stays, because a token endpoint has another answer for clients that
    do not exist; a real user name could be locked by a wrong password. None where a field can't be made up: then there
    is no control, and no verdict counts.
    """
    shown = {field.name for field in fields if not field.secret}
    kept = {name for name in shown if probe.auth.client_id == f"{{{name}}}"}
    made = {name: _made_up(value, keeps_prefix=name not in shown) for name, value in values.items() if name not in kept}
    is_different = bool(made) and all(made[name] != values[name] for name in made)
    return {name: made.get(name, value) for name, value in values.items()} if is_different else None


def _made_up(value: str, *, keeps_prefix: bool) -> str:
    if "@" in value:
        return _ADDRESS
    found = _PREFIX.match(value) if keeps_prefix else None
    prefix = found[0] if found else ""
    rest = value[len(prefix) :]
    letters = ("f", "e") if _is_hex(rest) else ("x", "z")
    masked = _masked(rest, letters[0], "0")
    return prefix + (masked if masked != rest else _masked(rest, letters[1], "9"))


def _is_hex(text: str) -> bool:
    is_one_case = text in {text.lower(), text.upper()}
    return is_one_case and all(letter in "0123456789abcdefABCDEF" for letter in text if letter.isalnum())


def _masked(text: str, letter: str, digit: str) -> str:
    return "".join(_mask(each, letter, digit) for each in text)


def _mask(each: str, letter: str, digit: str) -> str:
    if not each.isascii() or not each.isalnum():
        return each
    if each.isdigit():
        return digit
    return letter.upper() if each.isupper() else letter
