"""Templates of a probe, filled: params where they may stand, fields of the credential only outside the URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from keyturn.model import Reason
from keyturn.probes.unsettled import UnsettledError
from keyturn.schema import is_pattern, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from keyturn.model import Param

_BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?:https?://)?(?:{_LABEL}(?:\.{_LABEL}){{0,20}}|\[[0-9a-fA-F:.]{{2,45}}\])(?::[0-9]{{1,5}})?"
_LONGEST = 255
_SENDABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_URL = re.compile(r"(https?://[^/?{}]*(?:\{[a-z][a-z0-9_]*\}[^/?{}]*)*)(.*)", re.DOTALL)


def filled(template: str, text: Callable[[str], str]) -> str:
    """Replace every {name} by its text; braces around anything else stay."""
    return _BLANK.sub(lambda found: text(found[1]), template)


def url(template: str, declared: Mapping[str, Param], given: Mapping[str, str]) -> tuple[str, bool]:
    """Fill the params of a URL; returns it, and whether a param chose the host.

    A host begins the URL; before the path only labels may stand; in the path and the query every text is escaped.
    """
    first = _BLANK.match(template)
    if first:
        start, rest = _origin(param(first[1], declared, given, "host")), template[first.end() :]
    elif found := _URL.fullmatch(template):
        start, rest = filled(found[1], lambda name: param(name, declared, given, "label")), found[2]
    else:
        raise UnsettledError(Reason.PROBE_MALFORMED)
    if not rest.startswith(("/", "?")):
        raise UnsettledError(Reason.PROBE_MALFORMED)
    end = filled(rest, lambda name: quote(param(name, declared, given, "label", "value"), safe=""))
    return start + end, bool(first)


def _origin(host: str) -> str:
    return host if "://" in host else f"https://{host}"


def param(name: str, declared: Mapping[str, Param], given: Mapping[str, str], *kinds: str) -> str:
    """Return the text of a param, which must be of one of these kinds and of its kind's form."""
    found = declared.get(name)
    if found is None or found.kind not in kinds:
        raise UnsettledError(Reason.PROBE_MALFORMED)
    if (text := given.get(name)) is None:
        raise UnsettledError(Reason.PARAM_MISSING)
    pattern = {"label": _LABEL, "host": _HOST}.get(found.kind, found.pattern or "")
    if not is_pattern(pattern):
        raise UnsettledError(Reason.PROBE_MALFORMED)
    if len(text) > _LONGEST or not sendable(text) or not matches(pattern, text):
        raise UnsettledError(Reason.PARAM_MALFORMED)
    return text


def field(name: str, values: Mapping[str, str]) -> str:
    """Return the value of a credential's field, which must be printable ASCII without spaces around it."""
    if not (value := values.get(name)):
        raise UnsettledError(Reason.FIELD_MISSING)
    if not sendable(value):
        raise UnsettledError(Reason.FIELD_UNSENDABLE)
    return value


def sendable(text: str) -> bool:
    """Tell whether a text can stand in a header without ending it."""
    return _SENDABLE.fullmatch(text) is not None
