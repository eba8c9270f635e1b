"""The packets that kill a plain WebSocket server, each many times over real sockets beside a running match.

`ATTACKS=1000 python -m pytest tests/test_attacks.py` is the full size. Nothing may escape the wall around a connection, the
match may not lose a snapshot, and no task and no descriptor may be left.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import trio
from gameclient.client import Client

from gameserver.api import make_app
from gameserver.guard import NoGuard
from gameserver.net.real import real_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.helpers import Toy
from tests.net.match import descriptors
from tests.net.peer import CONTINUED, PING, RESET, frame

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.real_time, pytest.mark.alone]

ATTACKS: Final = int(os.environ.get("ATTACKS", "60"))
"""Of each kind; CI has the small form."""
AT_ONCE: Final = 20
KEY: Final = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE: Final = b"GET /ws/room1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + KEY + b"\r\n"
PATIENCE_SECONDS: Final = 2.0
"""How long an attacker waits for an answer."""


@attrs.frozen
class Attack:
    """What an attacker says and does on one connection."""

    sent: bytes
    after: bytes = b""
    """Said behind the answer."""
    waits: bool = True
    """For an answer, and for one to what is said behind it."""
    resets: bool = False
    """Leaves with a reset."""
    finishes: bool = False
    """Says that nothing more will come, and stays."""


def with_header(line: bytes) -> bytes:
    """An upgrade with one more header."""
    return UPGRADE.replace(KEY, KEY + line + b"\r\n")


ATTACKS_BY_NAME: Final = {
    # heads that kill what stands behind a plain server's handshake
    "a Host that is not ASCII": Attack(UPGRADE.replace(b"Host: x", b"Host: h\xe9")),
    "a Connection that is not ASCII": Attack(UPGRADE.replace(b"Connection: Upgrade", b"Connection: Upgrade, \xe9")),
    "a protocol that is not ASCII": Attack(with_header(b"Sec-WebSocket-Protocol: \xff")),
    "an extension that is not ASCII": Attack(with_header(b"Sec-WebSocket-Extensions: \xff")),
    "a plain GET, then a reset": Attack(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", waits=False, resets=True),
    "a plain GET, and the answer": Attack(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "many GETs at once, then a reset": Attack(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 50, resets=True),
    "an offer of HTTP/2": Attack(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", resets=True),
    "half of a body": Attack(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe", waits=False, resets=True),
    "garbage, then a reset": Attack(b"\x16\x03\x01\x02\x00\x01\x00" * 30, waits=False, resets=True),
    "an upgrade, then a reset": Attack(UPGRADE, waits=False, resets=True),
    "an upgrade and frames at once": Attack(UPGRADE + frame(b"\xc0")),
    "an upgrade, then a bad frame and a reset": Attack(UPGRADE, b"\xff\xff" * 10, resets=True),
    # connections that would live on although nobody is there
    "nothing": Attack(b"", waits=False),
    "nothing, and nothing will come": Attack(b"", finishes=True),
    "half a request": Attack(UPGRADE[:60], waits=False),
    "half a request, and nothing will come": Attack(UPGRADE[:60], finishes=True),
    "an upgrade, and nothing will come": Attack(UPGRADE, finishes=True),
    "half a frame, and nothing will come": Attack(UPGRADE, frame(b"half")[:7], finishes=True),
    "a head of 100 KB": Attack(with_header(b"X: " + b"x" * 100_000)),
    # little work for one side, much for the other
    "a Host of 15 KB": Attack(UPGRADE.replace(b"Host: x", b"Host: " + b"a." * 7_500)),
    "an upgrade, then empty pieces": Attack(UPGRADE, frame(b"", final=False) + frame(b"", CONTINUED, final=False) * 5_000),
    "an upgrade, then pieces of a byte": Attack(UPGRADE, frame(b"x", final=False) + frame(b"x", CONTINUED, final=False) * 5_000),
    "an upgrade, then pings": Attack(UPGRADE, frame(b"", PING) * 5_000),
    "an upgrade, then arrays in arrays": Attack(UPGRADE, frame(b"\xdc\xff\xff" * 1_300)),
    "an upgrade, then an array of maps": Attack(UPGRADE, frame(b"\xdc\x0f\xf0" + b"\x80" * 4_080)),
}


async def attack(port: int, how: Attack) -> None:
    """One connection of this kind. However the server ends it is fine."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        for said in (how.sent, how.after):
            if said:
                await stream.send_all(said)
                if how.waits and not how.finishes:
                    with trio.move_on_after(PATIENCE_SECONDS):
                        await stream.receive_some()
        if how.finishes:
            await stream.send_eof()
            while await stream.receive_some():
                pass
        if how.resets:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    except trio.BrokenResourceError:
        pass
    finally:
        await trio.aclose_forcefully(stream)


async def steady(count: Callable[[], int], wanted: int, seconds: float = 15.0) -> int:
    """The count once it is what is wanted, or after so long."""
    for _ in range(round(seconds / 0.05)):
        if count() <= wanted:
            break
        await trio.sleep(0.05)
    return count()


@pytest.mark.parametrize("express", [True, False], ids=["lane", "plain"])
async def test_attacks_beside_a_match_harm_nobody(express: bool) -> None:
    ports = real_ports(".")
    server = Server(Rooms(ports=ports, games={"toy": Toy}, maps={}, guard=NoGuard()), ports=ports, express=express, web=make_app)
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
        for how in ATTACKS_BY_NAME.values():
            for _ in range(0, ATTACKS, AT_ONCE):
                async with trio.open_nursery() as at_once:
                    for _ in range(AT_ONCE):
                        at_once.start_soon(attack, port, how)
        assert await steady(lambda: trio.lowlevel.current_statistics().tasks_living, tasks) <= tasks, "a task is left"
        assert await steady(descriptors, files) <= files, "a descriptor is left"
        assert server.unadmitted == 0
        room = server.rooms["match1"]
        assert room.players == 2
        handed_over = room.counts.snapshots
        nursery.cancel_scope.cancel()
    assert server.counts.accepted >= ATTACKS * len(ATTACKS_BY_NAME)
    may_skip = 0 if express else handed_over // 10  # a plain link's task has no turn between ticks that are made up back to back
    assert room.counts.skipped <= may_skip, "a player's line was not free for a snapshot"
    assert room.clock.lost_seconds == 0, "the room was late by more than it may make up"
    seen = sum(map(len, ticks.values()))
    assert handed_over - seen <= 6, f"{handed_over} snapshots were handed over and {seen} seen; some are under way at the end"
    for name, mine in ticks.items():
        assert mine == sorted(set(mine)), f"{name}'s ticks do not grow"
