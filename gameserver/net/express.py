"""A link over the express lane: once a room has taken over, no task is woken for a plain frame in either direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver.core.limits import MAX_QUEUED_MESSAGES
from gameserver.core.registry import Limit
from gameserver.net.plain import PlainLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trio_websocket import WebSocketConnection

    from gameserver.core.reached import Reached
    from gameserver.net.lane import Lane
    from gameserver.net.link import Arrived


class ExpressLink(PlainLink):
    """See the module. What goes the slow way, the goodbye and the rest of a frame that did not fit are PlainLink's tasks still."""

    def __init__(self, websocket: WebSocketConnection, lane: Lane, reached: Reached | None = None) -> None:
        super().__init__(websocket, lane, reached)
        self._lane = lane
        self._outlet = lane.outlet
        lane.lift(self._take_early)

    def _take_early(self, message: bytes, at: float) -> None:
        """As long as no room reads at its ticks, nothing else bounds how much is read."""
        if len(self._inbox) < MAX_QUEUED_MESSAGES:
            self._take(message, at)
        else:
            self._reached.note(Limit.MAX_QUEUED_MESSAGES)
            self.end(1008, "too many messages")

    def engage(self) -> None:
        if self._ending is None:
            self._lane.lift(self._take)
            self._lane.engage()

    def receive_nowait(self) -> Sequence[Arrived]:
        only = self._lane.receive_nowait()
        if only is None:
            return super().receive_nowait()
        if only.at < self.heard_at:
            only.at = self.heard_at
        self.heard_at = only.at
        if self._ending is not None:
            return ()
        if self._inbox:
            return (*super().receive_nowait(), only)
        return (only,)

    def ready(self) -> bool:
        return self._ending is None and self._outlet.ready()

    def send_nowait(self, *parts: bytes) -> bool:
        if self._ending is not None or not self._outlet.send_nowait(*parts):
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
