"""A link over the express lane: once a room has taken over, no task is woken for a plain frame in either direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver.core.limits import MAX_QUEUED_MESSAGES
from gameserver.net.link import Arrived
from gameserver.net.plain import PlainLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trio_websocket import WebSocketConnection

    from gameserver.net.lane import Lane


class ExpressLink(PlainLink):
    """See the module. What goes the slow way, the goodbye and the rest of a frame that did not fit are PlainLink's tasks still."""

    def __init__(self, websocket: WebSocketConnection, lane: Lane) -> None:
        super().__init__(websocket, lane)
        self._lane = lane
        self._outlet = lane.outlet
        lane.lift(self._take_early)

    def _take_early(self, message: bytes, at: float) -> None:
        """As long as no room reads at its ticks, nothing else bounds how much is read."""
        if len(self._inbox) < MAX_QUEUED_MESSAGES:
            self._take(message, at)
        else:
            self.end(1008, "too many messages")

    def engage(self) -> None:
        if self._ending is None:
            self._lane.lift(self._take_engaged)
            self._lane.engage()

    def _take_engaged(self, message: bytes, at: float) -> None:
        """As `_take`, for a room, which looks by itself."""
        if at > self.heard_at:
            self.heard_at = at
        if self._ending is None:
            self._inbox.append(Arrived(self.heard_at, message))

    def receive_nowait(self) -> Sequence[Arrived]:
        self._lane.receive_nowait()
        return super().receive_nowait() if self._inbox else ()

    def ready(self) -> bool:
        return self._ending is None and self._lane.ready() and not self.closed.is_set()

    def send_nowait(self, *parts: bytes) -> bool:
        if self._ending is not None or not self._lane.send_nowait(*parts):
            return False
        if self._outlet.tail:
            self._departure.unpark()
        return True

    def end(self, code: int, reason: str, last: bytes = b"") -> None:
        super().end(code, reason, last)
        self._lane.disengage()  # for the peer's side of the close handshake

    async def _write_next(self) -> None:
        if self._outlet.tail:
            await self._outlet.flush()
        else:
            await self._departure.park()
