"""Where a URL really leads, and whether the policy permits it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from keyturn.model import Reason
from keyturn.probes import addresses
from keyturn.probes.unsettled import UnsettledError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PORTS = {"http": 80, "https": 443}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,20}}")
_URL = re.compile(r"https?://[!-~]+")
_SLASH = r"(?:[/?;]|%2[fF]|%5[cC])"
# Parsers disagree about these, or they climb paths.
_TREACHEROUS = re.compile(rf"^https?://[^/?]*@|[#\\<>\"^`{{|}}]|{_SLASH}\.{{1,2}}(?={_SLASH}|\Z)|%2[eE]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case, without brackets) and port of a URL."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Give what the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: to which origin, and there to which path with its query."""

    origin: Origin
    target: str


def place(url: str) -> Place:
    """Read a complete URL; raises UnsettledError for one that two parsers may read differently."""
    if not _URL.fullmatch(url) or _TREACHEROUS.search(url):
        raise UnsettledError(Reason.PARAM_MALFORMED)
    try:
        parts, port = (split := urlsplit(url)), split.port
        theirs = parse_url(url)
    except (ValueError, LocationParseError):
        raise UnsettledError(Reason.PARAM_MALFORMED) from None
    host = parts.hostname or ""
    is_agreed = (host, port) == ((theirs.host or "").strip("[]"), theirs.port)
    if not is_agreed or not (_NAME.fullmatch(host) or addresses.read(host)):
        raise UnsettledError(Reason.PARAM_MALFORMED)
    return Place(Origin(parts.scheme, host, port or _PORTS[parts.scheme]), _target(parts))


def _target(parts: SplitResult) -> str:
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def require_permission(origin: Origin, hosts: Sequence[str], *, is_fixed: bool) -> None:
    """Raise UnsettledError for an origin that neither the shipped catalogue fixes nor the policy lists.

    An entry without a scheme means https, one without a port its scheme's own: nothing is permitted by being similar.
    """
    is_known = is_fixed and origin.scheme == "https"
    if not is_known and origin not in _entries(hosts):
        raise UnsettledError(Reason.HOST_NOT_PERMITTED)


def may_connect(address: str, origin: Origin, hosts: Sequence[str]) -> bool:
    """Tell whether a resolved address may get the key: public, named by the policy, or one's own over http://.

    A permitted http:// origin is the permission for addresses of one's own network.
    """
    is_named = addresses.read(address) in {addresses.read(entry.host) for entry in _entries(hosts)} - {None}
    return is_named or addresses.is_public(address) or (origin.scheme == "http" and addresses.is_own(address))


def _entries(hosts: Sequence[str]) -> set[Origin]:
    """Read the policy's entries; one that can't be read permits nothing."""
    entries = set()
    for host in hosts:
        with suppress(UnsettledError):
            entries.add(place(host if "://" in host else f"https://{host}").origin)
    return entries
