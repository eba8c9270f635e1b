"""A link over trio-websocket alone: a task pumps messages in, another one writes frames out.

It works on any stream, TLS in this process included, and is what the express lane is measured against.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from gameserver.core.limits import CLOSE_SECONDS, MAX_QUEUED_MESSAGES
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.net.link import Arrived

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.errors import ProtocolError
    from gameserver.net.frames import FrameStream


_TOO_BIG: Final = 1009
_BREACHES: Final = (1002, 1007, _TOO_BIG)
"""Codes with which trio-websocket closes by itself: the protocol was broken, text was none, a message was too large."""


class PlainLink:
    """See the module. `run` must be running for it to work."""

    def __init__(self, websocket: WebSocketConnection, frames: FrameStream, reached: Reached | None = None) -> None:
        """`frames` is the stream under the websocket. `reached`: counts what the line ends by."""
        self._websocket = websocket
        self._frames = frames
        self._reached = reached if reached is not None else Reached()
        frames.watch(self._on_flood)
        frames.ask(lambda: websocket.closed.code if websocket.closed is not None else None)
        self._inbox: list[Arrived] = []
        self._arrival = trio.lowlevel.ParkingLot()
        self._room_in_inbox = trio.lowlevel.ParkingLot()
        self._inbox_is_full = False
        self._departure = trio.lowlevel.ParkingLot()
        self._outgoing: bytes | None = None
        """The one frame that is being written or is about to be. There is no queue: a room skips a client that is not ready."""
        self._ending: tuple[int, str, bytes] | None = None
        self._running = trio.CancelScope()
        self._goodbye = trio.CancelScope()
        self._heard_out = trio.Event()
        """trio-websocket has no more messages: it has heard a Close and answered it, or said one, or the line has broken."""
        self.closed = trio.Event()
        self.breached = False
        self.heard_at = trio.current_time()

    async def run(self) -> None:
        """Pump until the line closes, from either side. Cancelling it leaves the stream for the caller to close by force."""
        try:
            with self._running:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write, nursery.cancel_scope)
                    await self._read()
                    self._heard_out.set()
                    if self._ending is None:  # else the goodbye is still being said
                        await self._frames.aclose()
                        nursery.cancel_scope.cancel()
        finally:
            self._frames.outlet.shut()
            self.closed.set()
            self._arrival.unpark_all()

    # -- in ----------------------------------------------------------------------------------------------------------------
    async def receive(self) -> Arrived:
        while not self._inbox:
            if self.closed.is_set():
                raise trio.EndOfChannel
            await self._arrival.park()
        self._make_room_in_inbox()
        return self._inbox.pop(0)

    def engage(self) -> None:
        """Nothing changes: the pump goes on."""

    def receive_nowait(self) -> Sequence[Arrived]:
        if not self._inbox:
            return ()
        taken, self._inbox = self._inbox, []
        if self._inbox_is_full:
            self._make_room_in_inbox()
        return taken

    def _make_room_in_inbox(self) -> None:
        self._inbox_is_full = False
        self._room_in_inbox.unpark_all()

    async def _read(self) -> None:
        while True:
            try:
                message = await self._websocket.get_message()
            except ConnectionClosed as closed:
                code = closed.reason.code if closed.reason is not None else None
                if code in _BREACHES and not self._frames.peer_said_close and not self.breached:
                    self.breached = True
                    self._reached.note(Limit.MAX_MESSAGE if code == _TOO_BIG else None)
                return
            self._frames.delivered()
            if isinstance(message, str):
                self._take_text(message)
            else:
                self._take(message, trio.current_time())
            while len(self._inbox) >= MAX_QUEUED_MESSAGES and self._ending is None:
                self._inbox_is_full = True
                await self._room_in_inbox.park()

    def _take_text(self, message: str) -> None:
        """Nobody here says text."""
        self.breached = True
        self.end(1003, "only binary messages")

    def _take(self, message: bytes, at: float) -> None:
        at = self.heard_at = max(at, self.heard_at)  # one that went the slow way has the time of its delivery
        if self._ending is None:  # else we only read on so that the close handshake can come through
            self._inbox.append(Arrived(at, message))
            self._arrival.unpark_all()

    def _on_flood(self, flood: ProtocolError) -> None:
        self.breached = True
        self._reached.note(flood.limit)
        self.end(flood.close_code, str(flood))

    # -- out ---------------------------------------------------------------------------------------------------------------
    def ready(self) -> bool:
        return self._outgoing is None and self._ending is None and not self._frames.is_closing and not self.closed.is_set()

    def send_nowait(self, *parts: bytes) -> bool:
        if not self.ready():
            return False
        self._outgoing = b"".join(parts)
        self._departure.unpark()
        return True

    async def send(self, frame: bytes) -> None:
        if self._ending is None:
            with contextlib.suppress(ConnectionClosed):  # `closed` tells
                await self._websocket.send_message(frame)

    def end(self, code: int, reason: str, last: bytes = b"") -> None:
        if self._ending is None:
            self._ending = (code, reason, last)
            self._frames.hush(code)
            self._goodbye.deadline = trio.current_time() + CLOSE_SECONDS
            self._departure.unpark()
            self._make_room_in_inbox()

    def abort(self) -> None:
        self._running.cancel()

    async def _write(self, reading: trio.CancelScope) -> None:
        with self._goodbye:
            try:
                with contextlib.suppress(ConnectionClosed):
                    await self._write_all()
                await self._heard_out.wait()  # if the peer closes at the same time, its Close may still be on the way back to it
                await self._frames.aclose()
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass
        if self._goodbye.cancelled_caught:
            self._reached.note(Limit.MAX_DRAIN_BYTES if self._frames.is_drained else Limit.CLOSE_SECONDS)
            await trio.aclose_forcefully(self._frames)  # a write that was cut short has torn the stream: nothing may follow it
        reading.cancel()

    async def _write_all(self) -> None:
        """All frames until the end, and the goodbye."""
        while self._ending is None or self._outgoing is not None:
            await self._write_next()
        code, reason, last = self._ending
        if last:
            await self._websocket.send_message(last)
        await self._websocket.aclose(code, reason)

    async def _write_next(self) -> None:
        """Write what waits, or wait for it."""
        if self._outgoing is not None:
            await self._websocket.send_message(self._outgoing)
            self._outgoing = None
        else:
            await self._departure.park()
