"""HTTP on the port of the game: Hypercorn answers one vetted request on an accepted stream, by an ASGI app.

The only module that uses undocumented names of Hypercorn (three imports, and what `TCPServer` touches of a stream); a test names
them when they change. What Hypercorn is given leaves it little to decide:

- one request, whole, as the gate wrote it: no second one, no upgrade, no body that is still to come;
- a stream that is nobody's socket, so that the same code runs on a simulated network;
- so many seconds, after which the stream is closed under it. Hypercorn shields its writes from being cancelled, so that is the
  only thing which ends a write to a peer that does not read.

An answer that goes on for minutes, such as a match that is looked at while it is played, is a stream: the app says so by calling
what the scope has under STREAM, before it answers. A stream goes on as long as its peer reads, STREAM_SECONDS at most, and streams
are counted apart, so that they take no place from what is answered at once.
"""

from __future__ import annotations

import email.utils
import logging
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext

from gameserver.caller import CALLER, Caller
from gameserver.core.limits import (
    HTTP_SECONDS,
    MAX_DRAIN_BYTES,
    MAX_HEAD_BYTES,
    MAX_HTTP_CONNECTIONS,
    MAX_STREAMS,
    STALL_SECONDS,
    STREAM_SECONDS,
)
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.net.gate import PART_HEADERS, PART_TYPES, READ_BYTES, SECURITY_HEADERS, HeadRefused, Request, hang_up

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gameserver.ports import WallClock

log = logging.getLogger("gameserver.http")

PIECE_BYTES: Final = 65_536
STREAM: Final = "gameserver.stream"
"""The scope has under it a `Callable[[], bool]`: this answer becomes a stream; False if there are too many already."""


class HttpSide:
    """See the module.

    Attributes:
        connections: how many are being served now, without the streams.
        streams: how many of these.
        reached: counts the limits.
    """

    def __init__(self, app: ASGIApp, wall_clock: WallClock, reached: Reached | None = None) -> None:
        """`reached`: counts who is refused, or cut off."""
        self.connections = 0
        self.streams = 0
        self.reached = reached if reached is not None else Reached()
        self._app = app
        self._wall_clock = wall_clock
        self._config = _config()

    def admit(self) -> None:
        """Raises HeadRefused if there are too many at once."""
        if self.connections >= MAX_HTTP_CONNECTIONS:
            raise HeadRefused(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once", limit=Limit.MAX_HTTP_CONNECTIONS)

    async def serve(self, stream: trio.abc.Stream, request: Request, caller: Caller | None = None) -> None:
        """Answer this caller, in HTTP_SECONDS or as a stream, and close the stream. Raises what the stream raises."""
        async with trio.open_nursery() as nursery:
            patience = _Patience(self, nursery.cancel_scope)
            try:
                nursery.start_soon(_close_when_over, stream)
                exchange: Any = _Exchange(stream, request, patience)
                dressed: Any = _Dressed(
                    self._app, self._wall_clock, patience, caller or Caller()
                )  # Starlette and Hypercorn write one type in two ways
                await TCPServer(ASGIWrapper(dressed), self._config, WorkerContext(None), {}, exchange).run()
                await hang_up(stream)
                patience.is_over = True
                nursery.cancel_scope.cancel()
            finally:
                patience.end()


class _Patience:
    """How long one answer may take, and as what it is counted."""

    def __init__(self, side: HttpSide, scope: trio.CancelScope) -> None:
        self.streams = False
        self.is_over = False
        """All has been said and heard."""
        self._side = side
        self._scope = scope
        self._end = scope.deadline = trio.current_time() + HTTP_SECONDS
        side.connections += 1

    def stream(self) -> bool:
        """The app says that this answer is a stream; False: there are too many."""
        if self.streams:
            return True
        if self._side.streams >= MAX_STREAMS:
            self._side.reached.note(Limit.MAX_STREAMS)
            return False
        self.streams = True
        self._side.connections -= 1
        self._side.streams += 1
        self._end = self._scope.deadline = trio.current_time() + STREAM_SECONDS
        return True

    @property
    def _limit(self) -> Limit | None:
        """What is reached when the time is up; None: the stream is as long as one may be."""
        if not self.streams:
            return Limit.HTTP_SECONDS
        return Limit.STALL_SECONDS if self._scope.deadline < self._end else None

    def expect_reading(self) -> None:
        """A piece of a stream is about to be sent: the peer has to take it in time."""
        self._scope.deadline = min(self._end, trio.current_time() + STALL_SECONDS)

    def was_read(self) -> None:
        """It has."""
        self._scope.deadline = self._end

    def end(self) -> None:
        """The answer is over, or was given up."""
        if not self.is_over and trio.current_time() >= self._scope.deadline:
            self._side.reached.note(self._limit)
        if self.streams:
            self._side.streams -= 1
        else:
            self._side.connections -= 1


def _config() -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = log
    config.h11_max_incomplete_size = MAX_HEAD_BYTES
    config.include_date_header = False  # it would read the system's clock
    config.include_server_header = False
    config.keep_alive_max_requests = 1  # a proxy that keeps the line might send an upgrade on it, to where none is taken
    config.keep_alive_timeout = HTTP_SECONDS
    config.read_timeout = None  # how long an answer may take is for _Patience to say
    return config


async def _close_when_over(stream: trio.abc.Stream) -> None:
    """Close the stream when the nursery is cancelled, be it by its own deadline, by the server, or because all is done."""
    try:
        await trio.sleep_forever()
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


class _Nowhere:
    """What Hypercorn asks for addresses. An ASGI app may be told of none."""

    family: Final = socket.AF_UNSPEC

    def getpeername(self) -> tuple[str, int]:
        return ("", 0)

    def getsockname(self) -> tuple[str, int]:
        return ("", 0)


class _Exchange(trio.abc.HalfCloseableStream):
    """What Hypercorn takes for the stream of a socket: one request comes out of it, then nothing until the peer goes."""

    def __init__(self, stream: trio.abc.Stream, request: Request, patience: _Patience) -> None:
        self.socket = _Nowhere()
        self._stream = stream
        self._patience = patience
        self._request = request.raw + request.body
        self._open = trio.CancelScope()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        request, self._request = self._request, b""
        if request:
            return request
        with self._open:
            dropped = 0
            while data := await self._stream.receive_some(READ_BYTES):
                dropped += len(data)
                if dropped > MAX_DRAIN_BYTES:
                    await trio.sleep_forever()
            return b""
        raise trio.ClosedResourceError("this exchange is over")

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if not self._patience.streams:
            await self._stream.send_all(data)
            return
        for begin in range(0, len(data), PIECE_BYTES):
            self._patience.expect_reading()
            await self._stream.send_all(memoryview(data)[begin : begin + PIECE_BYTES])
            self._patience.was_read()

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        """Left to `hang_up`."""

    async def aclose(self) -> None:
        """The exchange is over; the stream is not closed: the peer may still be reading."""
        self._open.cancel()


class _Dressed:
    """An app whose every answer has a date, and the security headers that it does not set itself; and which can stream."""

    def __init__(self, app: ASGIApp, wall_clock: WallClock, patience: _Patience, caller: Caller) -> None:
        self._app = app
        self._caller = caller
        self._wall_clock = wall_clock
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dress(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                date = ("Date", email.utils.formatdate(self._wall_clock.now(), usegmt=True))
                there = {name.lower(): value.decode("latin-1") for name, value in headers}
                security = PART_HEADERS if there.get(b"content-type", "").startswith(PART_TYPES) else SECURITY_HEADERS
                wanted = [(name.lower().encode(), value.encode()) for name, value in (date, *security)]
                message["headers"] = headers + [header for header in wanted if header[0] not in there]
            await send(message)

        await self._app({**scope, STREAM: self._patience.stream, CALLER: self._caller}, receive, dress)
