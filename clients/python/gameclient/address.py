"""Where a server is: the URLs that clients are given."""

from __future__ import annotations

import re
from typing import Final

import attrs

_URL: Final = re.compile(r"ws://(\[[0-9a-fA-F:]+\]|[^/:\[\]]+)(?::([0-9]{1,5}))?(?:/ws/([a-z0-9]{1,32}))?/?")


@attrs.frozen
class Address:
    """Where a server is. `room` is empty if the URL names none."""

    host: str
    port: int
    room: str


def parse_url(url: str) -> Address:
    """ws://HOST[:PORT][/ws/ROOM]. Raises ValueError that says what is wrong."""
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError(f"{url!r} is no address of a room: write ws://HOST:PORT or ws://HOST:PORT/ws/ROOM (room: a-z and 0-9)")
    host, port, room = match.groups()
    if port and int(port) > 65_535:
        raise ValueError(f"{url!r}: there is no port {port}: the highest is 65535")
    return Address(host.strip("[]"), int(port) if port else 80, room or "")
