"""One WebSocket to one room, from connecting to its end: what keeps it alive, and why it ended.

What is said on it is the client's affair, but for PING, which shows that both ends are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream
from wsproto.utilities import LocalProtocolError

from gameserver.core.errors import GameserverError, ProtocolError, WorldMismatch
from gameserver.core.limits import CLOSE_SECONDS, HANDSHAKE_SECONDS, MAX_FRAME, READY_SECONDS
from gameserver.core.messages import Bye, Notice, NoticeCode, Ping, Welcome
from gameserver.core.wire import decode_server, encode_client
from gameserver.net.frames import FrameStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameclient.address import Address
    from gameclient.stats import ClientStats
    from gameserver.core.messages import ClientMessage, Pong, ServerMessage
    from gameserver.ports import Network

FIRST_PINGS: Final = 16
"""As many as the clock keeps: so it is right to a few milliseconds after two seconds, also where ways take 30 ms more or less."""
FIRST_PING_SECONDS: Final = 0.103
PING_SECONDS: Final = 0.97
"""Not in step with any tick rate: a server that reads a PING together with an INPUT behind it takes both for as late as that, so
PINGs that always fall into the same place between two INPUTs would all be wrong by the same."""
KEPT_PINGS: Final = 64
"""PINGs whose PONGs are waited for: all of a minute. A line that stands still and is not dead yet gives them all later."""
SILENCE_SECONDS: Final = 5.0
"""A server sends with every tick; when nothing came for so long, the line is dead whatever TCP thinks."""


class ClientClosed(GameserverError):
    """There is no line any more. `notice`: what the server said about it, if it said anything."""

    def __init__(self, message: str, notice: Notice | None = None) -> None:
        super().__init__(message)
        self.notice = notice


class Line:
    """See the module. `run` it once.

    Attributes:
        welcomed: WELCOME has come.
        joined: the match is on; whoever takes the messages sets it.
        notice: the last that the server said about the end of the line.
    """

    def __init__(
        self, network: Network, address: Address, take: Callable[[ServerMessage, float], None], stats: ClientStats
    ) -> None:
        """`take` gets each message, and when it came, as soon as it is here. It raises WorldMismatch or ProtocolError for what the
        server may not say, which ends the line with 1002. Bytes are counted in `stats`.
        """
        self._network = network
        self._address = address
        self._host = f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"
        self._take = take
        self._stats = stats
        self.welcomed = trio.Event()
        self.joined = trio.Event()
        self.notice: Notice | None = None
        self._websocket: WebSocketConnection | None = None
        self._scope = trio.CancelScope()
        self._over = False
        self._failure: Exception | None = None
        self._wrong: WorldMismatch | ProtocolError | None = None
        """What the server sent that it may not have sent; then `_broken` is set."""
        self._broken = trio.Event()
        self._closing = False
        self._heard_at = 0.0
        self._pings: dict[int, float] = {}
        """When each PING was sent whose PONG has not come."""

    @property
    def is_open(self) -> bool:
        """Is the match on, on this line, as far as we know?"""
        return self.joined.is_set() and not self._over and not self._closing and self._wrong is None

    async def run(self, speak: Callable[[Line], Awaitable[object]]) -> None:
        """Open the line and hold it; `speak(line)` says what is to be said, from HELLO on. Returns when `close` has ended it.

        Raises ClientClosed if the line could not be opened or has broken, WorldMismatch or ProtocolError if the server sent what it
        may not.
        """
        stream = await self._connect()
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._watch_time)
                    nursery.start_soon(self._turn_away)
                    nursery.start_soon(self._ping)
                    nursery.start_soon(self._read, stream, nursery, speak)
        finally:
            self._over = True
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)
        if self._failure is not None:
            raise self._failure

    async def say(self, message: ClientMessage) -> None:
        """Send it. On a line that is gone it is lost: `run` tells why."""
        if self._closing:
            await trio.lowlevel.checkpoint()
        else:
            await self._send(message)

    async def close(self) -> None:
        """Say goodbye, wait for the server's a moment, and end `run`."""
        self._closing = True
        with trio.move_on_after(CLOSE_SECONDS):
            await self._send(Bye())
            await self._close(1000)
        self._end(None)

    def answered(self, pong: Pong) -> float:
        """When the PING was sent that this answers. Raises ProtocolError if it answers none."""
        sent_at = self._pings.pop(pong.sequence, None)
        if sent_at is None:
            raise ProtocolError(f"a PONG for no PING: {pong.sequence}")
        return sent_at

    # -- what holds it -----------------------------------------------------------------------------------------------------
    async def _connect(self) -> trio.abc.Stream:
        try:
            with trio.fail_after(HANDSHAKE_SECONDS):
                return await self._network.connect(self._address.host, self._address.port)
        except OSError as error:
            raise ClientClosed(f"cannot reach {self._host}: {error}") from error
        except trio.TooSlowError:
            raise self._no_answer() from None

    async def _read(self, stream: trio.abc.Stream, nursery: trio.Nursery, speak: Callable[[Line], Awaitable[object]]) -> None:
        """Open the WebSocket and wait for its end, in a nursery apart: what a server can make the library raise is its end too."""
        try:
            async with trio.open_nursery() as library:
                frames = FrameStream(stream, largest=MAX_FRAME, masked=False)
                self._websocket = await wrap_client_stream(
                    library,
                    frames,  # type: ignore[arg-type] # any stream will do
                    self._host,
                    f"/ws/{self._address.room}",
                    max_message_size=MAX_FRAME,
                )
                frames.lift(self._take_frame)
                nursery.start_soon(speak, self)
                await self._watch(self._websocket, frames)
        except* Exception as group:
            self._end(ClientClosed(f"the line broke: {group.exceptions[0]!r}", self.notice))

    async def _watch(self, websocket: WebSocketConnection, frames: FrameStream) -> None:
        """Wait for the end of the line, and say why it ended."""
        try:
            while True:
                message = await websocket.get_message()  # only what did not come in one plain frame
                frames.delivered()
                if isinstance(message, bytes):
                    self._take_frame(message, trio.current_time())
                else:
                    self._find_wrong(ProtocolError("the server sent text"))
        except ConnectionClosed as error:
            if not (self._closing or self._broken.is_set()):
                reason = f": {self.notice.text}" if self.notice is not None else f" with {error.reason}" if error.reason else ""
                self._end(ClientClosed(f"{self._host} closed the line{reason}", self.notice))
        await trio.sleep_forever()  # who closes it on our side ends it when that is done

    async def _watch_time(self) -> None:
        """Give the line up when we are not let in, or the match does not begin, in the time that a server gives us for it, and when
        nothing comes any more.
        """
        for begun, seconds in ((self.welcomed, HANDSHAKE_SECONDS), (self.joined, READY_SECONDS)):
            with trio.move_on_after(seconds) as patience:
                await begun.wait()
            if patience.cancelled_caught:
                self._end(self._no_answer(seconds))
        while True:
            silent_at = self._heard_at + SILENCE_SECONDS
            if silent_at <= trio.current_time():
                self._end(ClientClosed(f"nothing came for {SILENCE_SECONDS:g} s", self.notice))
            await trio.sleep_until(silent_at)

    async def _turn_away(self) -> None:
        """The server sent what it may not: close the line and say so."""
        await self._broken.wait()
        with trio.move_on_after(CLOSE_SECONDS):
            await self._close(1002)
        self._end(self._wrong)

    async def _send(self, message: ClientMessage) -> None:
        if self._websocket is None or self._over:
            await trio.lowlevel.checkpoint()
            return
        try:
            await self._websocket.send_message(encode_client(message))
        except (ConnectionClosed, LocalProtocolError):  # the latter where the server's Close is being answered
            return

    async def _close(self, code: int) -> None:
        self._closing = True
        if self._websocket is not None:
            await self._websocket.aclose(code)

    def _end(self, failure: Exception | None) -> None:
        """It is over. The first reason counts, but what the server did wrong counts more; after our goodbye no reason does."""
        if not self._over:
            self._over = True
            self._failure = self._wrong or (None if self._closing else failure)
            self._scope.cancel()

    def _no_answer(self, seconds: float = HANDSHAKE_SECONDS) -> ClientClosed:
        return ClientClosed(f"{self._host} did not answer within {seconds:g} s", self.notice)

    async def _ping(self) -> None:
        await self.joined.wait()
        sequence = 0
        while True:
            sequence += 1
            self._pings.pop(sequence - KEPT_PINGS, None)
            self._pings[sequence] = now = trio.current_time()
            await self.say(Ping(sequence, round(now * 1e6)))
            await trio.sleep(FIRST_PING_SECONDS if sequence < FIRST_PINGS else PING_SECONDS)

    # -- what comes --------------------------------------------------------------------------------------------------------
    def _take_frame(self, frame: bytes, now: float) -> None:
        """A frame has come. What is wrong with it is kept; the line is closed for it."""
        if self._wrong is not None or self._over:
            return
        self._heard_at = now
        self._stats.bytes_received += len(frame)
        try:
            for message in decode_server(frame):
                self._take_message(message, now)
        except (WorldMismatch, ProtocolError) as error:
            self._find_wrong(error)

    def _take_message(self, message: ServerMessage, now: float) -> None:
        if isinstance(message, Welcome):
            if self.welcomed.is_set():
                raise ProtocolError("a second WELCOME")
            self._take(message, now)
            self.welcomed.set()
        elif isinstance(message, Notice):
            if message.code != NoticeCode.DRAINING:  # which ends nothing
                self.notice = message
            self._take(message, now)
        elif self.welcomed.is_set():
            self._take(message, now)
        else:
            raise ProtocolError(f"{type(message).__name__} before WELCOME")

    def _find_wrong(self, error: WorldMismatch | ProtocolError) -> None:
        if self._wrong is None:
            self._wrong = error
            self._broken.set()
