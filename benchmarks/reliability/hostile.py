"""Bad neighbours as a process of its own: a flooder, and handshakes that are never finished.

`python -m benchmarks.reliability.hostile URL --half-open 500 --flooders 1` goes on until its standard input ends. Who is sent away
comes again.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final

import trio
from gameclient.address import Address, parse_url

from benchmarks.slow_clients import be_noisy, join

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

UPGRADE: Final = (
    "GET /ws/{room} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
DRIP_SECONDS: Final = 0.5
"""Between two bytes of who says his request one by one."""
AGAIN_SECONDS: Final = 1.0
"""Until who was sent away comes again: handshakes that hang are the matter here, and not how many come in a second."""
CALM_NICE: Final = 5
"""They shall not have the core that the good ones are measured on."""
APART_SECONDS: Final = 0.002
"""Between one and the next at the beginning."""


async def say_nothing(stream: trio.SocketStream, upgrade: bytes) -> None:
    """A connection, and no more."""


async def say_half(stream: trio.SocketStream, upgrade: bytes) -> None:
    """Half a request."""
    await stream.send_all(upgrade[:60])


async def drip(stream: trio.SocketStream, upgrade: bytes) -> None:
    """A request byte by byte."""
    for byte in upgrade:
        await stream.send_all(bytes((byte,)))
        await trio.sleep(DRIP_SECONDS)


async def stop_before_hello(stream: trio.SocketStream, upgrade: bytes) -> None:
    """A whole upgrade, and no HELLO."""
    await stream.send_all(upgrade)


WAYS: Final[tuple[Callable[[trio.SocketStream, bytes], Awaitable[None]], ...]] = (say_nothing, say_half, drip, stop_before_hello)


async def hold_open(address: Address, way: Callable[[trio.SocketStream, bytes], Awaitable[None]]) -> None:
    """Handshakes of this kind, one after the other."""
    upgrade = UPGRADE.format(room=address.room, host=address.host, port=address.port).encode()
    while True:
        try:
            stream = await trio.open_tcp_stream(address.host, address.port)
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(way, stream, upgrade)
                    while await stream.receive_some(4_096):
                        pass
                    nursery.cancel_scope.cancel()
            finally:
                await trio.aclose_forcefully(stream)
        except* (OSError, trio.BrokenResourceError):
            pass
        await trio.sleep(AGAIN_SECONDS)


async def flood(url: str) -> None:
    """In the match as a player, as fast as the line takes it, again and again."""
    while True:
        try:
            async with await join(url) as stream:
                await be_noisy(stream)
        except (OSError, trio.BrokenResourceError) as error:
            print(f"the flooder was not let in: {error}", file=sys.stderr)
            await trio.sleep(AGAIN_SECONDS)


async def run(url: str, half_open: int, flooders: int) -> None:
    """Until standard input ends."""
    async with trio.open_nursery() as nursery:
        for _ in range(flooders):
            nursery.start_soon(flood, url)
        for number in range(half_open):
            nursery.start_soon(hold_open, parse_url(url), WAYS[number % len(WAYS)])
            await trio.sleep(APART_SECONDS)
        await trio.to_thread.run_sync(sys.stdin.read)
        nursery.cancel_scope.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability.hostile", description="Bad neighbours.")
    parser.add_argument("url")
    parser.add_argument("--half-open", type=int, default=0)
    parser.add_argument("--flooders", type=int, default=0)
    arguments = parser.parse_args()
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # who measures may have a better one, and it is inherited
    os.nice(CALM_NICE)
    trio.run(run, arguments.url, arguments.half_open, arguments.flooders)


if __name__ == "__main__":
    main()
