"""Forms of text that JSON Schema leaves to the reader: the same for the gate and for the oracle."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from keyturn.model.moments import moment
from keyturn.schema.engine import lightly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import jsonschema_rs

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The grammar of RFC 3339, 5.6, in capitals alone; whether the day, hour and second exist is asked of the calendar.
_DATE_TIME = re.compile(
    rf"{_DATE.pattern}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[!#$&-;=?-\[\]_a-z~]|%[0-9A-Fa-f]{2})+")


def is_date(value: object) -> bool:
    """Tell whether a text is a day of the calendar, as YYYY-MM-DD; what is no text passes, as in every format."""
    return not isinstance(value, str) or _is_date(value)


def is_date_time(value: object) -> bool:
    """Tell whether a text is a date-time of RFC 3339 that a program can hold: no leap second, in year 1 to 9999."""
    return not isinstance(value, str) or _is_date_time(value)


def is_uri(value: object) -> bool:
    """Tell whether a text is a URI of RFC 3986 with a host, and without a user name or password."""
    return not isinstance(value, str) or (_URI.fullmatch(value) is not None and _has_host(value))


def is_pattern(value: object) -> bool:
    """Tell whether a text is a regular expression that takes no more than linear time, whatever it is held against."""
    return not isinstance(value, str) or (_engine(value) is not None and _engine(_whole(value)) is not None)


def matches(pattern: str, text: str) -> bool:
    """Tell, in linear time, whether all of a text fits a pattern of the catalogue; nothing fits what is none."""
    engine = _engine(_whole(pattern)) if is_pattern(pattern) else None
    return engine is not None and engine.is_valid(text)


def ended(pattern: str) -> str:
    """Return a schema's pattern for Python, whose `$` also stands before a last line break."""
    return pattern.removesuffix("$") + r"\Z"


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


@lru_cache(maxsize=256)
def _engine(pattern: str) -> jsonschema_rs.Draft202012Validator | None:
    # Python's own engine would let one line of a provider's file keep a check busy for ever.
    with lightly():
        from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

    try:
        return Draft202012Validator({"pattern": pattern}, pattern_options=RegexOptions())
    except ValidationError:
        return None


# Dates recur from file to file.
@lru_cache(maxsize=1024)
def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _is_moment(text)


@lru_cache(maxsize=1024)
def _is_date_time(text: str) -> bool:
    return _DATE_TIME.fullmatch(text) is not None and _is_moment(text)


def _is_moment(text: str) -> bool:
    try:
        moment(text)
    except (ValueError, OverflowError):
        return False
    return True


def _has_host(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


FORMATS: Mapping[str, Callable[[object], bool]] = {
    "date": is_date,
    "date-time": is_date_time,
    "regex": is_pattern,
    "uri": is_uri,
}
