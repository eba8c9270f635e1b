"""What a room sees of a client: bytes in, bytes out, nothing that waits.

A room runs on a fixed tick and never waits for a client. At its tick it takes what has arrived, and hands over at most one frame;
whether that went is told at once. `plain.PlainLink` is the link over trio-websocket alone, `express.ExpressLink` the one over a
lane. `MemoryLink` has no socket at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs
import trio

if TYPE_CHECKING:
    from collections.abc import Sequence


@attrs.define
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
    def breached(self) -> bool:
        """Has the peer broken the rules of WebSocket, or its limits, so that the line ended by itself?"""
        ...

    @property
    def heard_at(self) -> float:
        """When the last message came, in seconds of trio's clock."""
        ...

    async def receive(self) -> Arrived:
        """Wait for one message: for the handshake, before a room takes over. Raises trio.EndOfChannel when the line has closed."""
        ...

    def engage(self) -> None:
        """A room takes over: from now on it calls `receive_nowait` at its ticks, and nobody calls `receive`."""
        ...

    def receive_nowait(self) -> Sequence[Arrived]:
        """What has arrived, oldest first. As long as nobody asks, the peer is held back once some messages wait."""
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

    def abort(self) -> None:
        """Cut the line now, without a word: for a peer that takes nothing anyway."""
        ...


class MemoryLink:
    """A link to nowhere: tests put messages into `inbox` and find the frames in `sent`.

    Attributes:
        inbox: messages for the server, taken at the next tick.
        sent: the frames handed over.
        open_for_frames: False makes it refuse, as a slow client's link does.
        ended: code, reason and last frame, once the server has ended it.
        aborted: the server has cut it.
        engaged: a room has taken over.
        breached: as in Link.
    """

    def __init__(self) -> None:
        self.inbox: list[bytes] = []
        self.sent: list[bytes] = []
        self.open_for_frames = True
        self.ended: tuple[int, str, bytes] | None = None
        self.aborted = False
        self.engaged = False
        self.breached = False
        self.closed = trio.Event()
        self.heard_at = trio.current_time()

    async def receive(self) -> Arrived:
        while not self.inbox:
            if self.closed.is_set():
                raise trio.EndOfChannel
            await trio.lowlevel.checkpoint()
        return Arrived(trio.current_time(), self.inbox.pop(0))

    def engage(self) -> None:
        self.engaged = True

    def receive_nowait(self) -> Sequence[Arrived]:
        if self.inbox:
            self.heard_at = trio.current_time()
        taken = [Arrived(self.heard_at, data) for data in self.inbox]
        self.inbox.clear()
        return taken

    def ready(self) -> bool:
        return self.open_for_frames and not self.closed.is_set()

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

    def abort(self) -> None:
        self.aborted = True
        self.closed.set()
