"""Whom the server answers at all: which names it goes by, which pages may talk to it, and whose word it takes about who they are.

A browser says in `Origin` which page a request comes from, and in `Host` what it believes to talk to. So a page of somebody else is
turned away (cross-site WebSocket hijacking), and so is one that has made its own name point to this machine (DNS rebinding): its
Host is none of ours. An address instead of a name cannot be made to point anywhere, so the one by which a connection came is good.
"""

from __future__ import annotations

import ipaddress
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.caller import Caller, plain_address
from gameserver.core.limits import ADDRESS_CONNECTIONS
from gameserver.net.gate import HeadRefused

if TYPE_CHECKING:
    from collections.abc import Collection

    from gameserver.net.gate import Sender

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_HOST: Final = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_ORIGIN: Final = re.compile(r"(https?)://([^/?#@]+)")
_ADDRESS_AND_PORT: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@attrs.frozen(order=True)
class Name:
    """A host and the port that goes with it; None: whichever."""

    host: str
    port: int | None = None


@attrs.frozen
class Origin:
    """Where a page comes from (RFC 6454)."""

    scheme: str
    name: Name


def parse_name(text: str) -> Name | None:
    """HOST or HOST:PORT, in any case of letters, an IPv6 address in brackets. None if it is neither."""
    found = _HOST.fullmatch(text.lower())
    if found is None:
        return None
    host, port = found[1], int(found[2]) if found[2] else None
    if port is not None and port > 65_535:
        return None
    if host.startswith("["):
        plain = plain_address(host[1:-1])
        if not plain:
            return None
        host = f"[{plain}]" if ":" in plain else plain
    return Name(host, port)


def parse_origin(text: str) -> Origin | None:
    """SCHEME://HOST or SCHEME://HOST:PORT, as browsers write it. None for all else, such as `null`."""
    found = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    name = parse_name(found[2]) if found is not None else None
    if found is None or name is None:
        return None
    return Origin(found[1], _with_port(name, found[1]))


def _with_port(name: Name, scheme: str) -> Name:
    return name if name.port is not None else attrs.evolve(name, port=DEFAULT_PORTS[scheme])


@attrs.frozen(kw_only=True)
class Doors:
    """See the module.

    Attributes:
        hosts: names of this server beside the address by which somebody has reached it, on one port or on any; None: any name.
        origins: of pages that may talk to it beside its own; None: any page.
        proxies: from these peers it is taken for true on whose account they come, and whether he speaks TLS.
        counts_loopback: connections from this machine are counted as those of any other address. They are not where bots, tests
            and a proxy that nobody has told us of come from there.
        per_address: connections of one address at once (gameserver.crowd).
    """

    hosts: frozenset[Name] | None = None
    origins: frozenset[Origin] | None = None
    proxies: tuple[Network, ...] = ()
    counts_loopback: bool = False
    per_address: int = ADDRESS_CONNECTIONS

    def is_proxy(self, address: str) -> bool:
        """Is this one of those whose word is taken?"""
        plain = plain_address(address)
        return bool(plain) and any(ipaddress.ip_address(plain) in network for network in self.proxies)

    def caller(self, peer: str, sender: Sender) -> Caller:
        """Who that is. `peer`: the address at the other end of the line."""
        address = peer
        if self.is_proxy(peer) and sender.forwarded_for is not None:
            for said in reversed(sender.forwarded_for.split(",")):
                named = _forwarded(said)
                if not named:
                    break  # nobody whom we trust writes so: what stands before it may be anybody's
                address = named
                if not self.is_proxy(address):
                    break
        return Caller(address=address, origin=sender.origin, proxied=sender.is_relayed or self.is_proxy(peer))

    def overlooks_proxy(self, peer: str, sender: Sender) -> bool:
        """Does somebody stand in between whom nobody has told us of? Only who is near is believed that: it is a header."""
        plain = plain_address(peer)
        is_near = bool(plain) and ipaddress.ip_address(plain).is_private
        return self.hosts is not None and sender.is_relayed and is_near and not self.is_proxy(peer)

    def check_host(self, sender: Sender, own: str) -> None:
        """Raises HeadRefused unless it is this server that he means. `own`: the address by which he reached it."""
        if self.hosts is None:
            return
        name = parse_name(sender.host)
        if name is None or not ({name, Name(name.host)} & self.hosts or (own and plain_address(name.host.strip("[]")) == own)):
            why = "this server is not called so: open it by its address, or start it with --allow-host NAME"
            raise HeadRefused(HTTPStatus.MISDIRECTED_REQUEST, why)

    def check_origin(self, sender: Sender, peer: str) -> None:
        """Raises HeadRefused unless this page may talk to the server: it is its own, or one that is allowed, or no page at all."""
        if self.origins is None or sender.origin is None:
            return
        origin = parse_origin(sender.origin)
        host = parse_name(sender.host)
        scheme = "https" if self.is_proxy(peer) and sender.is_over_tls else "http"
        if origin is None or not (
            origin in self.origins or (host is not None and origin == Origin(scheme, _with_port(host, scheme)))
        ):
            why = "a page of another origin may not talk to this server, unless it is started with --origin SCHEME://HOST[:PORT]"
            raise HeadRefused(HTTPStatus.FORBIDDEN, why)


def _forwarded(said: str) -> str:
    """An address of X-Forwarded-For, which some proxies write with a port; "" for what is none."""
    said = said.strip()
    with_port = _ADDRESS_AND_PORT.fullmatch(said)
    return plain_address(said if with_port is None else with_port[1] or with_port[2])


def make_doors(
    *,
    listens_on: str,
    hosts: Collection[str],
    origins: Collection[str],
    proxies: Collection[str],
    per_address: int = ADDRESS_CONNECTIONS,
) -> Doors:
    """Those of a server that listens there, from what its operator wrote. Raises ValueError, in words for him."""
    names = set()
    for text in (*LOOPBACK_NAMES, *hosts):
        name = parse_name(text)
        if name is None:
            raise ValueError(
                f"--allow-host {text}: write a name as it stands in the address of a page, play.example or play.example:8443"
            )
        names.add(name)
    listened = parse_name(f"[{listens_on}]" if ":" in listens_on else listens_on)
    allowed = set()
    for text in origins:
        origin = parse_origin(text)
        if origin is None:
            raise ValueError(f"--origin {text}: write it as https://play.example or http://play.example:8080, with nothing behind")
        allowed.add(origin)
    networks = []
    for text in proxies:
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise ValueError(f"--proxy {text}: write an address or a network, 10.0.0.5 or 10.0.0.0/24 ({error})") from error
        if not network.prefixlen:
            raise ValueError(f"--proxy {text}: then anybody may say that he is anybody; name the network in which the proxy is")
        networks.append(network)
    return Doors(
        hosts=frozenset(names | {listened} if listened is not None else names),
        origins=frozenset(allowed),
        proxies=tuple(networks),
        per_address=per_address,
    )
