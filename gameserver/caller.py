"""Who is at the other end of a connection, as far as the network tells."""

from __future__ import annotations

import ipaddress
from typing import Final, Protocol, runtime_checkable

import attrs

V6_BUCKET_BITS: Final = 64
"""Whoever has an IPv6 address has all that share so many bits with it (RFC 6177), so they are counted as one."""
CALLER: Final = "gameserver.caller"
"""Under this the scope of an HTTP request has the `Caller` who asks."""


@attrs.frozen(kw_only=True)
class Caller:
    """See the module.

    Attributes:
        address: the peer's IP address as text; "" where a stream has none.
        origin: of the page that opened the line, as the browser wrote it; None for a program.
        proxied: somebody stands in between: a proxy that is trusted, or one that nobody has told us of.
    """

    address: str = ""
    origin: str | None = None
    proxied: bool = False

    @property
    def bucket(self) -> str:
        """What it is counted by where addresses are counted."""
        return bucket_of(self.address)

    @property
    def is_near(self) -> bool:
        """Is it a program on this machine, without anybody in between?"""
        return not self.proxied and is_loopback(self.address)


@runtime_checkable
class Addressed(Protocol):
    """A stream that knows where it comes from. `EagerStream` and `SimStream` are such."""

    @property
    def peer(self) -> str:
        """The other end's IP address; "" if the system does not tell any more."""
        ...

    @property
    def own(self) -> str:
        """Our own, by which the peer reached us; "" likewise."""
        ...


def plain_address(address: str) -> str:
    """An IP address in its one way of being written; an IPv4 address in IPv6 clothes without them. "" for what is none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def bucket_of(address: str) -> str:
    """What an address is counted by: itself, or for IPv6 the network of V6_BUCKET_BITS that it is in."""
    plain = plain_address(address)
    if ":" in plain:
        return str(ipaddress.ip_network((plain, V6_BUCKET_BITS), strict=False))
    return plain


def is_loopback(address: str) -> bool:
    """Does only this machine have it?"""
    plain = plain_address(address)
    return bool(plain) and ipaddress.ip_address(plain).is_loopback
