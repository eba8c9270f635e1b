"""What a room sees of a client: bytes in, bytes out, nothing that waits.

A room runs on a fixed tick and never waits for a client. At its tick it takes what has arrived, and hands over at most one frame;
whether that went is told at once. `PlainLink` is the link over trio-websocket, with a task that pumps messages in. `MemoryLink` has
no socket at all.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

import attrs
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from gameserver.core.limits import CLOSE_SECONDS, MAX_QUEUED_MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.net.frames import FrameStream
    from gameserver.net.outlet import Outlet


@attrs.frozen
class Arrived:
    """A message to the server. `at`: when it came, in seconds of trio's clock."""

    at: float
    data: bytes


class Link(Protocol):
    """One client's line."""

    @property
    def closed(self) -> trio.Event:
        """Set once nothing more will come or go."""
        ...

    @property
    def heard_at(self) -> float:
        """When the last message came, in seconds of trio's clock."""
        ...

    async def receive(self) -> Arrived:
        """Wait for one message: for the handshake, before a room takes over. Raises trio.EndOfChannel when the line has closed."""
        ...

    def receive_nowait(self) -> Sequence[Arrived]:
        """All that has arrived, oldest first."""
        ...

    def ready(self) -> bool:
        """May a frame be made for this client now? False while the last one is still being written."""
        ...

    def send_nowait(self, *parts: bytes) -> bool:
        """Hand over one frame. True: the peer gets it before anything later, or the line dies. False: not one byte was sent."""
        ...

    async def send(self, frame: bytes) -> None:
        """Wait until this frame is handed over: for the handshake, before a room takes over. Nothing on a line that is closing.

        Cancelling it in between tears the line; the caller ends it then.
        """
        ...

    def end(self, code: int, reason: str, last: bytes = b"") -> None:
        """Say `last` (a frame, if it is not empty) and close with this code, within CLOSE_SECONDS; then the line is cut."""
        ...


class PlainLink:
    """A link over trio-websocket. `run` must be running for it to work."""

    def __init__(self, websocket: WebSocketConnection, frames: FrameStream, outlet: Outlet | None = None) -> None:
        """`frames` is the stream under the websocket. With an `outlet` below that, frames are written at once, else by a task."""
        self._websocket = websocket
        self._frames = frames
        self._outlet = outlet
        frames.lift(self._take, lambda flood: self.end(flood.close_code, str(flood)))
        self._inbox: list[Arrived] = []
        self._arrival = trio.lowlevel.ParkingLot()
        self._departure = trio.lowlevel.ParkingLot()
        self._outgoing: bytes | None = None
        """The one frame that is being written or is about to be. There is no queue: a room skips a client that is not ready."""
        self._ending: tuple[int, str, bytes] | None = None
        self._writing = trio.CancelScope()
        self.closed = trio.Event()
        self.heard_at = trio.current_time()

    async def run(self) -> None:
        """Pump until the line closes, from either side. Cancelling it leaves the stream for the caller to close by force."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, nursery.cancel_scope)
                await self._read()
                if self._ending is None:  # else the goodbye is still being said
                    nursery.cancel_scope.cancel()
        finally:
            self.closed.set()
            self._arrival.unpark_all()

    async def receive(self) -> Arrived:
        while not self._inbox:
            if self.closed.is_set():
                raise trio.EndOfChannel
            await self._arrival.park()
        return self._inbox.pop(0)

    def receive_nowait(self) -> Sequence[Arrived]:
        if not self._inbox:
            return ()
        taken, self._inbox = self._inbox, []
        return taken

    def ready(self) -> bool:
        if self._outgoing is not None or self._ending is not None or self.closed.is_set():
            return False
        return self._outlet is None or self._outlet.ready()

    def send_nowait(self, *parts: bytes) -> bool:
        if not self.ready():
            return False
        if self._outlet is not None:
            sent = self._outlet.send_nowait(*parts)
            if self._outlet.has_tail:
                self._departure.unpark()
            return sent
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
            self._writing.deadline = trio.current_time() + CLOSE_SECONDS
            self._departure.unpark()

    async def _read(self) -> None:
        while True:
            try:
                message = await self._websocket.get_message()
            except ConnectionClosed:
                return
            self._frames.delivered()
            if isinstance(message, str):
                self.end(1003, "only binary messages")
            else:
                self._take(message)

    def _take(self, message: bytes) -> None:
        self.heard_at = trio.current_time()
        if self._ending is not None:
            return  # we only read on so that the close handshake can come through
        if len(self._inbox) >= MAX_QUEUED_MESSAGES:
            self.end(1008, "too many messages")
            return
        self._inbox.append(Arrived(self.heard_at, message))
        self._arrival.unpark_all()

    async def _write(self, reading: trio.CancelScope) -> None:
        with self._writing:
            try:
                while self._ending is None or self._outgoing is not None:
                    if self._outgoing is not None:
                        await self._websocket.send_message(self._outgoing)
                        self._outgoing = None
                    elif self._outlet is not None and self._outlet.has_tail:
                        await self._outlet.flush()
                    else:
                        await self._departure.park()
                code, reason, last = self._ending
                if last:
                    await self._websocket.send_message(last)
                await self._websocket.aclose(code, reason)
            except (ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
                pass
        if self._writing.cancelled_caught:
            await trio.aclose_forcefully(self._frames)  # a write that was cut short has torn the stream: nothing may follow it
        reading.cancel()


class MemoryLink:
    """A link to nowhere: tests put messages into `inbox` and find the frames in `sent`.

    Attributes:
        inbox: messages for the server, taken at the next tick.
        sent: the frames handed over.
        open_for_frames: False makes it refuse, as a slow client's link does.
        ended: code, reason and last frame, once the server has ended it.
    """

    def __init__(self) -> None:
        self.inbox: list[bytes] = []
        self.sent: list[bytes] = []
        self.open_for_frames = True
        self.ended: tuple[int, str, bytes] | None = None
        self.closed = trio.Event()
        self.heard_at = trio.current_time()

    async def receive(self) -> Arrived:
        while not self.inbox:
            if self.closed.is_set():
                raise trio.EndOfChannel
            await trio.lowlevel.checkpoint()
        return Arrived(trio.current_time(), self.inbox.pop(0))

    def receive_nowait(self) -> Sequence[Arrived]:
        if self.inbox:
            self.heard_at = trio.current_time()
        taken = [Arrived(self.heard_at, data) for data in self.inbox]
        self.inbox.clear()
        return taken

    def ready(self) -> bool:
        return self.open_for_frames and self.ended is None

    def send_nowait(self, *parts: bytes) -> bool:
        if not self.ready():
            return False
        self.sent.append(b"".join(parts))
        return True

    async def send(self, frame: bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.sent.append(frame)

    def end(self, code: int, reason: str, last: bytes = b"") -> None:
        if self.ended is None:
            self.ended = (code, reason, last)
            self.closed.set()
