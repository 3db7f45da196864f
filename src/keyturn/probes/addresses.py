"""Which addresses a key may be sent to without a word of the policy."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_UNICAST = IPv6Network("2000::/3")
_SIX_TO_FOUR = IPv6Network("2002::/16")  # leads to the IPv4 address within
_NAT64 = IPv6Network("64:ff9b::/96")  # the same, by the network's own gateway (RFC 6052)
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
    if address is None or address.is_loopback:
        return address is not None
    is_special = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    return address.is_private and not is_special


def read(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; None where it is none, or has a zone."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None
