"""What a plain scalar means where YAML 1.1 and YAML 1.2 agree, and which ones they read differently.

Sources: YAML 1.2.2, section 10.3.2 (core schema); the YAML 1.1 type repository (yaml.org/type). Dates are the one
deliberate exception: they stay text until `parse` reads them.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None


class Unclear(Enum):
    """Why a plain scalar has no value of its own."""

    AMBIGUOUS = "ambiguous-scalar"  # two readers of YAML give it two meanings
    NOT_FINITE = "not-finite"


_CONSTANTS: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

# What one version takes for a boolean, a value key or a merge key and the other for text.
_TWO_FACED = frozenset(
    variant for word in ("y", "n", "yes", "no", "on", "off") for variant in (word, word.capitalize(), word.upper())
) | {"=", "<<"}

_FIRST = frozenset("0123456789+-.~=<yYnNtTfFoO")

# 18 digits fit every reader's 64-bit integer; longer ones become floats in some of them.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,15}\Z")
_FLOAT = re.compile(r"(?:[-+]?[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
# No sign can be taken by two parts of an alternative: what almost is a number then costs no more than its length.
_NUMBER_SOMEWHERE = re.compile(
    r"""[-+]?(?:
          0b[01_]+ | 0o[0-7]+ | 0x[0-9a-fA-F_]+                # 0b1, 0o17, -0x1F
        | [0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?       # 017, 1_000, 1e3, 1_0.5, or too long for 64 bits
        | \.?[0-9_]+(?:[eE][-+]?[0-9]+)?                       # +.5
        | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?          # 12:30, sexagesimal in 1.1
    )\Z""",
    re.VERBOSE,
)


_LONGEST_REMEMBERED = 64  # characters; what is longer does not come again, and would only fill the memory


def value(text: str) -> Scalar | Unclear:
    """Return what the plain scalar `text` stands for, or why nobody can say."""
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _read(text)


@lru_cache(maxsize=1024)
def _remembered(text: str) -> Scalar | Unclear:
    return _read(text)


def _read(text: str) -> Scalar | Unclear:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST:
        return text
    return Unclear.AMBIGUOUS if text in _TWO_FACED else _number(text)


def _number(text: str) -> Scalar | Unclear:
    if _INTEGER.match(text):
        return int(text)
    if _HEXADECIMAL.match(text):
        return int(text, 16)
    if _NOT_FINITE.match(text):
        return Unclear.NOT_FINITE
    if _FLOAT.match(text):
        return _finite(float(text))
    return Unclear.AMBIGUOUS if _NUMBER_SOMEWHERE.match(text) else text


def _finite(number: float) -> float | Unclear:
    return number if abs(number) != float("inf") else Unclear.NOT_FINITE
