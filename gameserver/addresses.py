"""Who counts as one at the other end of the network: an IPv4 address, or the /64 of an IPv6 one, which is what a home is given."""

from __future__ import annotations

import ipaddress
from typing import Final

IPV6_PREFIX: Final = 64
"""Bits. Whoever has a network has 2^64 addresses in it, and may take another one for each line."""


def bucket_of(address: str) -> str:
    """The address or network that stands for this one in counts, bars and logs; "" where there is none that could be read."""
    parsed = parsed_address(address)
    if parsed is None:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(parsed) >> IPV6_PREFIX << IPV6_PREFIX, IPV6_PREFIX)))
    return str(parsed)


def parsed_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """As a number; an IPv4 address that came over an IPv6 socket as the IPv4 address. None if it is none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])  # a link-local one names the interface
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, ipaddress.IPv6Address) else parsed
