"""The packets that kill a plain WebSocket server, each many times over real sockets beside a running match.

`ATTACKS=1000 python -m pytest tests/test_attacks.py` is the full size. Nothing may escape the wall around a connection, the
match may not lose a snapshot, and no task and no descriptor may be left.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING, Final

import pytest
import trio
from gameclient.client import Client

from gameserver.api import make_app
from gameserver.guard import NoGuard
from gameserver.net.real import real_ports
from gameserver.server import Server
from tests.helpers import Toy

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.real_time

ATTACKS: Final = int(os.environ.get("ATTACKS", "60"))
"""Of each kind; CI has the small form."""
AT_ONCE: Final = 20
KEY: Final = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE: Final = b"GET /ws/room1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + KEY + b"\r\n"
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset."""


def frame(payload: bytes, first: int = 0x82) -> bytes:
    """A masked frame; the key is zero, so the payload stays as it is."""
    return bytes((first, 0x80 | len(payload))) + bytes(4) + payload


# name → (what is sent, whether to wait for an answer first, whether the end is a reset)
KINDS: Final[dict[str, tuple[bytes, bool, bool]]] = {
    "a Host that is not ASCII": (UPGRADE.replace(b"Host: x", b"Host: h\xe9"), True, False),
    "a protocol that is not ASCII": (UPGRADE.replace(KEY, KEY + b"Sec-WebSocket-Protocol: \xff\r\n"), True, False),
    "a plain GET, then a reset": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False, True),
    "a plain GET, and the answer": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True, False),
    "many GETs at once, then a reset": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 50, True, True),
    "an offer of HTTP/2": (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", True, True),
    "half of a body": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe", False, True),
    "garbage, then a reset": (b"\x16\x03\x01\x02\x00\x01\x00" * 30, False, True),
    "half a request": (UPGRADE[:60], False, False),
    "a Host of 15 KB": (UPGRADE.replace(b"Host: x", b"Host: " + b"a." * 7_500), True, False),
    "an upgrade, then a reset": (UPGRADE, False, True),
    "an upgrade and frames at once": (UPGRADE + frame(b"\xc0"), True, False),
    "an upgrade, then a bad frame and a reset": (UPGRADE + b"", True, True),
    "an upgrade, then msgpack bombs": (UPGRADE + b"", True, False),
}
AFTER: Final = {
    "an upgrade, then a bad frame and a reset": b"\xff\xff" * 10,
    "an upgrade, then msgpack bombs": frame(b"\xdc\xff\xff" * 40),
}


async def attack(port: int, kind: str) -> None:
    """One connection of this kind. However the server ends it is fine."""
    sent, waits, resets = KINDS[kind]
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        await stream.send_all(sent)
        if waits:
            with trio.move_on_after(2):
                await stream.receive_some()
        if kind in AFTER:
            await stream.send_all(AFTER[kind])
            with trio.move_on_after(2):
                await stream.receive_some()
        if resets:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    except trio.BrokenResourceError:
        pass
    finally:
        await trio.aclose_forcefully(stream)


def descriptors() -> int:
    """How many this process has open; 0 where the system does not tell."""
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0


async def steady(count: Callable[[], int], wanted: int, seconds: float = 15.0) -> int:
    """The count once it is what is wanted, or after so long."""
    for _ in range(round(seconds / 0.05)):
        if count() <= wanted:
            break
        await trio.sleep(0.05)
    return count()


async def test_attacks_beside_a_match_harm_nobody() -> None:
    server = Server(ports=real_ports("."), games={"toy": Toy}, maps={}, guard=NoGuard(), web=make_app)
    ((_, port),) = await server.listen("127.0.0.1", 0)
    ticks: dict[str, list[int]] = {"ann": [], "bob": []}

    async def play(client: Client) -> None:
        while True:
            ticks[client.name].append(await client.next_snapshot())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        for name in ticks:
            nursery.start_soon(Client(f"ws://127.0.0.1:{port}/ws/match1", game="toy", name=name).run, play)
        await trio.sleep(0.5)
        tasks = trio.lowlevel.current_statistics().tasks_living
        files = descriptors()
        for kind in KINDS:
            for _ in range(0, ATTACKS, AT_ONCE):
                async with trio.open_nursery() as at_once:
                    for _ in range(AT_ONCE):
                        at_once.start_soon(attack, port, kind)
        assert await steady(lambda: trio.lowlevel.current_statistics().tasks_living, tasks) <= tasks, "a task is left"
        assert await steady(descriptors, files) <= files, "a descriptor is left"
        assert server.unadmitted == 0
        room = server.rooms["match1"]
        assert room.players == 2
        handed_over = room.counts.snapshots
        nursery.cancel_scope.cancel()
    assert server.counts.accepted >= ATTACKS * len(KINDS)
    assert room.counts.skipped == 0, "a player's line was not free for a snapshot"
    assert room.clock.lost_seconds == 0, "the room was late by more than it may make up"
    seen = sum(map(len, ticks.values()))
    assert handed_over - seen <= 6, f"{handed_over} snapshots were handed over and {seen} seen; some are under way at the end"
    for name, mine in ticks.items():
        assert mine == sorted(set(mine)), f"{name}'s ticks do not grow"
