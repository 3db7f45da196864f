"""Whether a version lies within a range such as `>=6.0.2,<7`: the release numbers only, which is all that we state."""

from __future__ import annotations

import re

_RELEASE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}")
_BOUND = re.compile(r"(>=|<)\s*([0-9.]+)")


def is_within(version: str, supported: str) -> bool:
    """Tell whether a version satisfies every lower and upper bound; what is no version satisfies none."""
    found = _RELEASE.match(version)
    return found is not None and all(
        (_numbers(found[0]) >= _numbers(bound)) is (sign == ">=") for sign, bound in _BOUND.findall(supported)
    )


def _numbers(version: str) -> tuple[int, ...]:
    """Give the numbers without the zeros at the end, which change nothing."""
    numbers = [int(part) for part in version.split(".") if part]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
