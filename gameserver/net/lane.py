"""The express lane: a stream under trio-websocket that a room reads and writes at its tick, without a task and without waiting.

A room on a fixed tick needs nobody to be woken in between: a task that waits for each client costs more than all the rest of a
tick. While the lane is engaged its reader is parked, and the room drains the socket itself (`receive_nowait`). trio-websocket
stays the authority on the upgrade and on every frame that is not plain: bytes for it wake the reader.

    engaged     room ── receive_nowait() ──▶ recv ──▶ Splitter ──▶ on_frame          the rest ──▶ the parked reader is woken
    otherwise   trio-websocket ── receive_some() ──▶ waits for the socket ──▶ Splitter ──▶ on_frame, the rest is returned
    always      room ── send_nowait() ──▶ Outlet ──▶ send          trio-websocket ── send_all() ──▶ Outlet
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import trio

from gameserver.core.limits import MAX_MESSAGE, MAX_SLOW_BYTES
from gameserver.net.frames import FrameStream
from gameserver.net.link import Arrived
from gameserver.net.outlet import SendsNow

if TYPE_CHECKING:
    from gameserver.net.meter import Meter

MAX_READ: Final = MAX_MESSAGE + 14
"""The most that one tick reads from one client: the largest frame with the longest header."""


@runtime_checkable
class ReadsNow(Protocol):
    """A stream that can also be read like a non-blocking socket. `EagerStream` and `SimStream` are such."""

    def recv_stamped(self, max_bytes: int) -> tuple[bytes, float]:
        """What has come, none at the end of the stream, and when, in seconds of trio's clock.

        Raises BlockingIOError if nothing has come, another OSError if the stream is broken.
        """
        ...


class Lane(FrameStream):
    """See the module. `stream` must satisfy SendsNow and ReadsNow; nobody else may use it."""

    def __init__(self, stream: trio.abc.Stream, *, largest: int, head: bytes, meter: Meter | None = None) -> None:
        """As FrameStream, on the server's side. Raises TypeError for a stream that cannot be used at once."""
        if not isinstance(stream, ReadsNow) or not isinstance(stream, SendsNow):
            raise TypeError(f"{type(stream).__name__} has no recv_stamped() or no send(): use it without a lane")
        super().__init__(stream, largest=largest, masked=True, head=head, meter=meter)
        self._now: ReadsNow = stream
        self._engaged = False
        self._closed = False
        self._broken = False
        self._waiting: trio.CancelScope | None = None
        """Around the reader's wait for the socket; None: it does not wait for it."""
        self._parked = trio.lowlevel.ParkingLot()

    # -- for the room: nothing waits ---------------------------------------------------------------------------------------
    def engage(self) -> None:
        """From now on `receive_nowait` reads, and the reader parks."""
        self._engaged = True
        if self._waiting is not None:
            self._waiting.cancel()

    def disengage(self) -> None:
        """From now on the reader waits for the socket again."""
        self._engaged = False
        self._parked.unpark_all()

    def receive_nowait(self) -> Arrived | None:
        """Read what has come, once. If that is one plain frame and nothing else, as it is nearly always, it is returned; else plain
        frames go to `on_frame`.
        """
        if self._waiting is not None or self._ended or self._closed or self._broken or len(self._slow) > MAX_SLOW_BYTES:
            return None  # the first: the reader has not yet noticed that we are engaged
        if self._splitter.flood is not None:
            return None
        try:
            data, at = self._now.recv_stamped(MAX_READ)
        except BlockingIOError:
            return None
        except OSError:
            self._broken = True
            self._parked.unpark_all()
            return None
        payload = self._splitter.lift_only(data)
        if payload is not None:
            return Arrived(at, payload)
        self._take(data, at)
        if self._slow or self._ended:
            self._parked.unpark_all()
        return None

    # -- for trio-websocket ------------------------------------------------------------------------------------------------
    async def _read(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream was closed")
        if self._broken:
            raise trio.BrokenResourceError("the peer has gone")
        if self._engaged:
            await self._parked.park()
            return
        with trio.CancelScope() as self._waiting:
            try:
                await super()._read()
            finally:
                self._waiting = None

    async def aclose(self) -> None:
        self._closed = True
        self._parked.unpark_all()
        await super().aclose()
