"""One player of one room, over every way in which a line can be made: a link as the server makes it, a room's tick, a raw client.

The room counts what it sends, so that a test can tell what was lost, and takes what its player says.
"""

from __future__ import annotations

import os
import random
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import attrs
import trio
import trio.testing
from trio_websocket import WebSocketConnection, wrap_server_stream

from gameserver.core.limits import MAX_MESSAGE
from gameserver.net.eager import EagerStream
from gameserver.net.express import ExpressLink
from gameserver.net.frames import FrameStream
from gameserver.net.lane import Lane
from gameserver.net.meter import Meter
from gameserver.net.plain import PlainLink
from gameserver.net.simulated import Latency, SimNetwork, SimStream
from gameserver.net.simulated.pipe import WINDOW_BYTES
from tests.net.peer import Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gameserver.net.link import Arrived

TICK: Final = 1 / 200
"""Seconds; short, because real sockets are waited for in real time."""
PATIENCE_SECONDS: Final = 8.0
"""What does not happen within this time does not happen."""
HEAD: Final = (
    b"GET /ws/r HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
"""Of a request that the gate has let through."""


@attrs.frozen
class Way:
    """How a line is made. `link`: "lane" or "plain". `transport`: "real", "simulated" or "chunked"."""

    link: str
    transport: str

    @property
    def is_lane(self) -> bool:
        return self.link == "lane"

    @property
    def is_real(self) -> bool:
        return self.transport == "real"


async def connected(
    way: Way, *, window_bytes: int, latency: Latency, seed: int
) -> tuple[trio.SocketStream | SimStream, EagerStream | SimStream]:
    """A client's end and a server's. `window_bytes`: what may be under way unread; the kernel takes it for a hint."""
    if not way.is_real:
        network = SimNetwork(random.Random(seed), latency=latency, window_bytes=window_bytes, chunking=way.transport == "chunked")
        connection = network.pair()
        return connection.client, connection.server
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    client = await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1])
    server = EagerStream(await listener.accept())
    await listener.aclose()
    if window_bytes < WINDOW_BYTES:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes)
        server._raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, window_bytes)
    return client, server


class Match:
    """See the module.

    Attributes:
        peer: the player.
        stream: the server's end of the line.
        frames: what stands between it and trio-websocket; a Lane on the lane.
        link: what the room sees.
        arrived: what the player has said.
        snapshot: what each snapshot holds, behind its number; None: none are sent.
        sent: snapshots that the link took.
        skipped: ticks at which it was not ready for one.
        through_websocket: messages that took the slow way.
        is_ticking: False lets the room sleep.
        over: set when nothing of the server's side is left.
    """

    peer: Peer
    link: PlainLink

    def __init__(self, way: Way, stream: EagerStream | SimStream, *, snapshot: bytes | None, metered: bool) -> None:
        meter = Meter(trio.current_time()) if metered else None
        self.way = way
        self.stream = stream
        self.frames: FrameStream
        if way.is_lane:
            self.frames = Lane(stream, largest=MAX_MESSAGE, head=HEAD, meter=meter)
        else:
            self.frames = FrameStream(stream, largest=MAX_MESSAGE, masked=True, head=HEAD, meter=meter)
        self.arrived: list[Arrived] = []
        self.snapshot = snapshot
        self.sent = 0
        self.skipped = 0
        self.through_websocket = 0
        self.is_ticking = True
        self.over = trio.Event()
        self._accepted = trio.Event()

    @property
    def heard(self) -> list[bytes]:
        """What the player has said."""
        return [arrived.data for arrived in self.arrived]

    @property
    def lane(self) -> Lane:
        assert isinstance(self.frames, Lane)
        return self.frames

    # -- the server's side -------------------------------------------------------------------------------------------------
    async def serve(self) -> None:
        """As the server does, from the upgrade to the end."""
        try:
            async with trio.open_nursery() as nursery:
                request = await wrap_server_stream(nursery, self.frames, message_queue_size=1, max_message_size=MAX_MESSAGE)
                websocket = await request.accept()
                self._count_messages_of(websocket)
                self.link = (
                    ExpressLink(websocket, self.frames) if isinstance(self.frames, Lane) else PlainLink(websocket, self.frames)
                )
                nursery.start_soon(self.link.run)
                nursery.start_soon(self._room)
                self._accepted.set()
                await self.link.closed.wait()
                nursery.cancel_scope.cancel()
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(self.stream)
            self.over.set()
        self.arrived += self.link.receive_nowait()

    def _count_messages_of(self, websocket: WebSocketConnection) -> None:
        get_message = websocket.get_message

        async def counted() -> str | bytes:
            message = await get_message()
            self.through_websocket += 1
            return message

        websocket.get_message = counted  # type: ignore[method-assign] # to look on

    async def _room(self) -> None:
        self.link.engage()
        due = trio.current_time()
        while True:
            due += TICK
            await trio.sleep_until(due)
            if self.is_ticking:
                self.tick()

    def tick(self) -> None:
        """What a room does for one player at each tick."""
        self.arrived += self.link.receive_nowait()
        if self.snapshot is None:
            return
        if self.link.ready():
            self.sent += self.link.send_nowait(self.sent.to_bytes(4, "big"), self.snapshot)
        else:
            self.skipped += 1

    # -- for the test ------------------------------------------------------------------------------------------------------
    async def accepted(self) -> None:
        await self._accepted.wait()

    async def ticks(self, count: int = 1) -> None:
        """Let so many ticks pass."""
        await trio.sleep(count * TICK)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it. Raises trio.TooSlowError."""
        with trio.fail_after(PATIENCE_SECONDS):
            while not condition():  # noqa: ASYNC110 - of many things, most of which have no event
                await trio.sleep(TICK / 2)

    async def hears(self, *messages: bytes) -> None:
        """Wait until as many messages have come, and two ticks for good measure; they must be these."""
        await self.until(lambda: len(self.arrived) >= len(messages))
        await self.ticks(2)
        assert self.heard == list(messages)

    async def ends(self, *, stays: bool = False) -> int | None:
        """Wait until the line has ended on both sides; returns the server's close code. `stays`: the player does not go."""
        with trio.fail_after(PATIENCE_SECONDS):
            await self.peer.at_end.wait()
            if not stays:
                await trio.aclose_forcefully(self.peer.stream)
            await self.over.wait()
        return self.peer.code

    def numbers(self) -> list[int]:
        """Of the snapshots that the player got. Each must be what was sent."""
        for snapshot in self.peer.snapshots:
            assert snapshot[4:] == self.snapshot, "bytes of another frame are in a snapshot"
        return [int.from_bytes(snapshot[:4], "big") for snapshot in self.peer.snapshots]

    def check_snapshots(self) -> None:
        """What the player got is what was sent, from the first on, in order."""
        numbers = self.numbers()
        assert numbers == list(range(len(numbers)))
        assert len(numbers) <= self.sent


@asynccontextmanager
async def playing(
    way: Way,
    *,
    snapshot: bytes | None = b"s" * 40,
    window_bytes: int = WINDOW_BYTES,
    latency: Latency = Latency(),
    seed: int = 1,
    metered: bool = True,
    listens: bool = True,
    tears: bool = False,
) -> AsyncIterator[Match]:
    """A match that has begun. `metered`: floods end it. `listens`: the player reads. `tears`: it may end within a frame.

    In the end nothing is left of it: no task, no descriptor.
    """
    assert way.is_real or isinstance(trio.lowlevel.current_clock(), trio.testing.MockClock), "take the fixture `clock`"
    tasks, files = trio.lowlevel.current_statistics().tasks_living, descriptors()
    client, server = await connected(way, window_bytes=window_bytes, latency=latency, seed=seed)
    match = Match(way, server, snapshot=snapshot, metered=metered)
    match.peer = Peer(client)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(match.serve)
        if listens:
            nursery.start_soon(match.peer.listen)
        with trio.fail_after(PATIENCE_SECONDS):
            await match.accepted()
        try:
            yield match
        finally:
            match.is_ticking = True  # for the end is heard at a tick
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(client)
        with trio.fail_after(PATIENCE_SECONDS):
            await match.over.wait()
        nursery.cancel_scope.cancel()
    assert match.link.closed.is_set()
    assert tears or match.peer.ended != "end" or not match.peer.rest, f"the line ended within a frame: {match.peer.rest[:40]!r}"
    match.check_snapshots()
    await trio.lowlevel.checkpoint()
    assert trio.lowlevel.current_statistics().tasks_living <= tasks, "a task is left"
    assert descriptors() <= files, "a descriptor is left"


def descriptors() -> int:
    """How many this process has open; 0 where the system does not tell."""
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
