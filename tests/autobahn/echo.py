"""An echo over the server's own lines, for Autobahn's fuzzing client: a room that says everything again, on the lane and plain.

All that stands between a socket and a room is the server's: gate, splitter, outlet, lane, links, trio-websocket. Three things are
not as in a match: text is echoed where a match refuses it with 1003, messages may have MOST_BYTES, and nobody counts control frames
and fragments (`net/meter.py`). Else the suite could not ask most of its questions.

Run: python -m tests.autobahn.echo [--link lane|plain] [--port 9001]. `python -m tests.autobahn` does it and runs the suite.
"""

from __future__ import annotations

import argparse
import logging
from typing import TYPE_CHECKING, Final

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from gameserver.core.limits import MAX_MESSAGE
from gameserver.net.express import ExpressLink
from gameserver.net.frames import FrameStream
from gameserver.net.gate import Head, HeadRefused, read_request, turn_away
from gameserver.net.lane import Lane
from gameserver.net.plain import PlainLink
from gameserver.net.real import TcpNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.net.eager import EagerStream

MOST_BYTES: Final = 20_000_000
"""Of a message: the suite's largest has 16 MiB."""
TICK_SECONDS: Final = 0.0005
"""Of the room. A lane reads a match's largest message at once at most; the suite would wait long at 30 ticks a second."""

log = logging.getLogger("tests.autobahn")


class _Says:
    """What a link of this echo does with text: it hands it to `on_text`."""

    on_text: Callable[[str], None]

    def _take_text(self, message: str) -> None:
        self.on_text(message)


class EchoLane(_Says, ExpressLink):
    """The link over a lane."""


class EchoPlain(_Says, PlainLink):
    """The link over trio-websocket alone."""


class Echo:
    """One connection: the room that it plays in."""

    def __init__(self, websocket: WebSocketConnection, link: EchoLane | EchoPlain) -> None:
        self._websocket = websocket
        self._link = link
        self._texts: list[str] = []
        link.on_text = self._texts.append

    async def run(self) -> None:
        """Say everything again until the line closes."""
        self._link.engage()
        while not self._link.closed.is_set():
            for arrived in self._link.receive_nowait():
                await self._say(arrived.data)
            while self._texts:
                try:
                    await self._websocket.send_message(self._texts.pop(0))
                except ConnectionClosed:
                    return
            await trio.sleep(TICK_SECONDS)

    async def _say(self, data: bytes) -> None:
        """As a room hands over a snapshot, but that one which did not go is tried again."""
        while not self._link.send_nowait(data) and not self._link.closed.is_set():  # noqa: ASYNC110 - as a room: tick by tick
            await trio.sleep(TICK_SECONDS)


async def serve_one(stream: EagerStream, *, lane: bool) -> None:
    """One connection from accept to its end, as `gameserver.entrance` does it."""
    try:
        asked = await read_request(stream)
    except HeadRefused as refusal:
        await turn_away(stream, refusal)
        return
    if not isinstance(asked, Head):
        return
    frames: FrameStream
    if lane:
        frames = Lane(stream, largest=MAX_MESSAGE, head=asked.raw)
    else:
        frames = FrameStream(stream, largest=MAX_MESSAGE, masked=True, head=asked.raw)
    async with trio.open_nursery() as nursery:
        request = await wrap_server_stream(nursery, frames, message_queue_size=1, max_message_size=MOST_BYTES)
        websocket = await request.accept()
        link = EchoLane(websocket, frames) if isinstance(frames, Lane) else EchoPlain(websocket, frames)
        nursery.start_soon(link.run)
        nursery.start_soon(Echo(websocket, link).run)
        await link.closed.wait()
        nursery.cancel_scope.cancel()


async def serve(port: int, *, lane: bool, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
    """On loopback, until cancelled. Started with the port."""
    (listener,) = await TcpNetwork().listen("127.0.0.1", port)
    task_status.started(listener.address[1])

    async def wall(stream: EagerStream) -> None:
        try:
            await serve_one(stream, lane=lane)
        except* Exception as group:
            log.debug("connection ended: %r", group.exceptions)
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    await trio.serve_listeners(wall, [listener])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.autobahn.echo", description="An echo for Autobahn's fuzzing client.")
    parser.add_argument("--link", choices=("lane", "plain"), default="lane")
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--verbose", action="store_true", help="say why connections ended")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.INFO)

    async def run() -> None:
        await serve(arguments.port, lane=arguments.link == "lane")

    trio.run(run)


if __name__ == "__main__":
    main()
