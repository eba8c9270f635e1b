"""How the phones in the room find the server: its addresses in the network around it, and the code that a camera reads."""

from __future__ import annotations

import io
import ipaddress
import socket
from typing import TYPE_CHECKING, Final

import segno

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ANYWHERE: Final = "0.0.0.0"
"""Listen on all addresses. IPv4: it is what a router at home gives out, and what somebody can type into a phone."""

_TOWARDS: Final = ("192.168.255.254", "10.255.255.254", "172.31.255.254", "192.0.2.1")
"""One in each private range, and one beyond them (RFC 5737: it is nobody's)."""
_QUIET: Final = 2
"""Modules around the code: cameras need no more on a screen."""
_WHITE_ON_BLACK: Final = ("\033[97;40m", "\033[0m")


def lan_addresses(source: Callable[[str], str | None] | None = None) -> list[str]:
    """The private addresses by which this machine reaches the networks around it, the likeliest first; none if it is in no network.

    The system is asked which address it would send from: so bridges to containers, which no phone reaches, are left out. `source`
    answers that.
    """
    found: list[str] = []
    for target in _TOWARDS:
        address = (source or _source)(target)
        if address is not None and address not in found and _is_near(address):
            found.append(address)
    return found


def _source(target: str) -> str | None:
    """The address from which a packet would go there. None is sent: UDP has nothing to say when it connects."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((target, 9))
        except OSError:
            return None
        address: str = asking.getsockname()[0]
        return address


def _is_near(address: str) -> bool:
    known = ipaddress.ip_address(address)
    return known.is_private and not known.is_loopback and not known.is_link_local and not known.is_unspecified


def qr_code(url: str, *, coloured: bool = False) -> list[str]:
    """The code as lines of half blocks, two rows in each, light on dark: as most terminals are.

    `coloured`: with the colours said, so that it is read on a light terminal as well.
    """
    drawn = io.StringIO()
    segno.make(url, micro=False, error="m").terminal(drawn, border=_QUIET, compact=True)
    before, behind = _WHITE_ON_BLACK if coloured else ("", "")
    return [f"{before}{line}{behind}" for line in drawn.getvalue().splitlines()]


def invitation(addresses: Sequence[str], port: int, *, coloured: bool = False) -> list[str]:
    """What to say to the people in the room, line by line."""
    if not addresses:
        return ["No address in a network around was found: is this machine connected to one? Only programs on it can join now."]
    urls = [f"http://{address}:{port}/" for address in addresses]
    return [
        *(f"In this network: {url}" for url in urls),
        *qr_code(urls[0], coloured=coloured),
        "This server is open: anyone in this network may join. If a phone finds nothing, look for a firewall here.",
    ]
