"""Which addresses a key may be sent to without a word of the policy."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_UNICAST = IPv6Network("2000::/3")
_SIX_TO_FOUR = IPv6Network("2002::/16")  # leads to the IPv4 address within
_NAT64 = IPv6Network("64:ff9b::/96")  # the same, by the network's own gateway (RFC 6052)
# RFC 1918, RFC 4193 and loopback, in full: what Python's `is_private` means grows from release to release.
_OWN = [
    ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
]
_LOW_32_BITS = (1 << 32) - 1


def is_public(text: str) -> bool:
    """Tell whether an address lies on the open internet; whatever can't be read does not."""
    address = read(text)
    if isinstance(address, IPv6Address) and address in _NAT64:
        address = IPv4Address(int(address) & _LOW_32_BITS)
    if isinstance(address, IPv6Address):
        return address.is_global and address in _UNICAST and address not in _SIX_TO_FOUR
    return address is not None and address.is_global and not (address.is_multicast or address.is_reserved)


def is_own(text: str) -> bool:
    """Tell whether an address lies in one's own network or machine, where an http:// entry may lead."""
    address = read(text)
    return address is not None and any(address in network for network in _OWN)


def read(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; None where it is none, or has a zone."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None
