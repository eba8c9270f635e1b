"""What one bad client does to eight good ones, on real sockets: one that reads nothing, one that sends as fast as it can.

Prints a line for each: the good ones' gap between snapshots (99th percentile, and without any bad one), by how much the server's
memory grew, and after how long the bad one was gone. Run: python -m benchmarks.slow_clients [--seconds 8]
"""

from __future__ import annotations

import argparse
import socket
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.address import parse_url
from gameclient.bots import BotRunner, percentile

from benchmarks.processes import RunningServer, first_in_line, resident_bytes, running_server
from gameserver.core.limits import PROTOCOL
from gameserver.core.messages import ClientMessage, Hello, Inputs, Ping, Ready, Role
from gameserver.core.wire import encode_client
from gameserver.games.arena import Arena
from gameserver.maps import load_map

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BOTS: Final = 8
SETTLE_SECONDS: Final = 2.0
"""Until all bots play and the server's memory has stopped growing for them."""
RECEIVE_BUFFER: Final = 4_096
"""Bytes that the kernel takes for a client that does not read."""
JOIN_SECONDS: Final = 0.3
"""From READY on, until the bad one is surely in the match."""
FLOOD: Final = 64
"""Messages that are handed to the kernel at once."""


@attrs.frozen
class Outcome:
    """What came of one bad client, or of none.

    Attributes:
        gap_seconds: 99th percentile of the time between two snapshots of the good ones.
        growth_bytes: by how much the server's memory grew at most while the bad one was there.
        gone_seconds: how long it was there; None if it was not sent away.
        sent_bytes: what it got rid of.
        errors: of the good ones.
    """

    gap_seconds: float
    growth_bytes: int
    gone_seconds: float | None
    sent_bytes: int
    errors: int


def frame(message: ClientMessage) -> bytes:
    """A masked frame; the key is zero, so the payload stays as it is."""
    payload = encode_client(message)
    assert len(payload) < 126
    return bytes((0x82, 0x80 | len(payload))) + bytes(4) + payload


async def join(url: str) -> trio.SocketStream:
    """A bad client that is in the match, and has read nothing but the answer to its upgrade. Raises OSError."""
    address = parse_url(url)
    raw = trio.socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    await raw.connect((address.host, address.port))
    stream = trio.SocketStream(raw)
    await stream.send_all(
        f"GET /ws/{address.room} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await stream.receive_some(1)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise OSError(f"the server does not let anybody in: {answer[:40]!r}")
    tile_map, data = load_map(Arena.default_map)
    await stream.send_all(frame(Hello(PROTOCOL, Arena.name, address.room, None, Role.PLAYER, "bad")))
    left = len(data)
    while left > 0:  # WELCOME carries the map: who does not take that is not let in
        left -= len(await stream.receive_some(RECEIVE_BUFFER))
    await stream.send_all(frame(Ready(tile_map.sha256)))
    await trio.sleep(JOIN_SECONDS)
    return stream


async def be_deaf(stream: trio.SocketStream) -> int:
    """Read nothing, and be there all the same. Returns the bytes sent until the line broke."""
    sent = 0
    try:
        while True:
            await stream.send_all(frame(Ping(1, 1)))
            sent += len(frame(Ping(1, 1)))
            await trio.sleep(0.2)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return sent


async def be_noisy(stream: trio.SocketStream) -> int:
    """Send as fast as the line takes it, and read as well. Returns the bytes sent until the line broke."""
    sent = 0
    burst = FLOOD * frame(Inputs(0, None, 0, None, ()))

    async def read(scope: trio.CancelScope) -> None:
        try:
            while await stream.receive_some(65_536):
                pass
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read, nursery.cancel_scope)
        try:
            while True:
                await stream.send_all(burst)
                sent += len(burst)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            nursery.cancel_scope.cancel()
    return sent


async def measure(server: RunningServer, behave: Callable[[trio.SocketStream], Awaitable[int]] | None, seconds: float) -> Outcome:
    """Eight bots play for so long, with such a client after they have settled."""
    runner = BotRunner(server.url, game=Arena, count=BOTS, seconds=SETTLE_SECONDS + seconds)
    gone: float | None = None
    sent = growth = 0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(runner.run)
        await trio.sleep(SETTLE_SECONDS)
        before = resident_bytes(server.process.pid)

        async def watch() -> None:
            nonlocal growth
            while True:
                growth = max(growth, resident_bytes(server.process.pid) - before)
                await trio.sleep(0.1)

        async with trio.open_nursery() as watched:
            watched.start_soon(watch)
            with trio.move_on_after(seconds) as limit:
                if behave is None:
                    await trio.sleep_forever()
                else:
                    begin = trio.current_time()
                    async with aclosing(await join(server.url)) as stream:
                        sent = await behave(stream)
                    gone = trio.current_time() - begin
                    await trio.sleep(max(0.0, limit.deadline - trio.current_time() - 0.1))
            watched.cancel_scope.cancel()
    report = runner.report
    return Outcome(percentile(report.gaps, 99), growth, gone, sent, len(report.errors) + report.world_mismatches)


KINDS: Final = {"nobody": None, "deaf": be_deaf, "noisy": be_noisy}


def run(kind: str, seconds: float) -> Outcome:
    """Against a server of its own."""
    with first_in_line(), running_server() as server:
        return trio.run(measure, server, KINDS[kind], seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slow_clients", description="What one bad client does to eight.")
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    for kind in KINDS:
        outcome = run(kind, arguments.seconds)
        gone = "was not sent away" if outcome.gone_seconds is None else f"was gone after {outcome.gone_seconds:.1f} s"
        print(
            f"{kind}: p99 gap {outcome.gap_seconds * 1e3:.1f} ms, {outcome.errors} errors, memory grew by "
            f"{outcome.growth_bytes / 1_024:.0f} KiB"
            + ("" if kind == "nobody" else f"; it sent {outcome.sent_bytes / 1_024:.0f} KiB and {gone}"),
            flush=True,
        )


if __name__ == "__main__":
    main()
