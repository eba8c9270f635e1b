"""A stream under trio-websocket through which every byte goes past a `Splitter`, on either side of a line.

The head of the upgrade passes as it is. Behind it plain frames may be lifted out as they come; trio-websocket stays the authority
on all else. This stream also says what trio-websocket leaves out: 1002, when a client breaks the protocol, and 1007, when what it
says as text is none; and it closes so that the peer can read the last word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.limits import CLOSE_SECONDS, MAX_DRAIN_BYTES
from gameserver.net.outlet import Outlet
from gameserver.net.splitter import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.errors import ProtocolError
    from gameserver.net.meter import Meter

READ_BYTES: Final = 65_536
_HEAD_END: Final = b"\r\n\r\n"
_AGREED: Final = b"HTTP/1.1 101"
_PROTOCOL_ERROR: Final = 1002
_NO_TEXT: Final = 1007
"""What was said as text is none (RFC 6455 7.4.1, close codes)."""


class FrameStream(trio.abc.Stream):
    """See the module. Until `lift` is called nothing is lifted out.

    Attributes:
        outlet: through which all goes out.
    """

    def __init__(
        self, stream: trio.abc.Stream, *, largest: int, masked: bool, head: bytes = b"", meter: Meter | None = None
    ) -> None:
        """`largest`: payload bytes of the largest frame that is lifted out. `masked`: the peer is a client, whose frames are.
        `head`: the upgrade's, if somebody has read it already. `meter`: judges the frames that are not lifted out.
        """
        self._stream = stream
        self.outlet = Outlet(stream)
        self._serves = masked
        self._splitter = Splitter(largest=largest, masked=masked, meter=meter)
        self._on_flood: Callable[[ProtocolError], None] | None = None
        self._in_head = not head
        self._head = b""
        self._slow = head
        """Bytes for trio-websocket."""
        self._ended = False
        """The peer has sent all that it ever will."""
        self._last_code = _PROTOCOL_ERROR
        """What is said at the end if nobody else has said a Close."""
        self._verdict: Callable[[], int | None] = lambda: None
        self._drained = 0
        """Bytes read and thrown away."""
        self._heard_at = 0.0
        """When the last bytes came, in seconds of trio's clock."""
        self._open = False
        """The upgrade was agreed to: from here on there are frames."""
        self._reading = False
        self._read_on = trio.lowlevel.ParkingLot()
        """Waits for the end of the read that is under way."""
        self._parting = False
        self._parted = trio.Event()

    def lift(self, on_frame: Callable[[bytes, float], None]) -> None:
        """From now on plain frames go to `on_frame`, with the time at which they came. It may not raise."""
        self._splitter.on_frame = on_frame

    def watch(self, on_flood: Callable[[ProtocolError], None]) -> None:
        """What the meter has against the peer goes to `on_flood`, which may not raise and sees to the end of the line."""
        self._on_flood = on_flood

    def ask(self, verdict: Callable[[], int | None]) -> None:
        """`verdict` tells the close code with which trio-websocket has ended the line, None if it has not: it does not say it."""
        self._verdict = verdict

    def delivered(self) -> None:
        """trio-websocket has handed out a message that went the slow way."""
        self._splitter.delivered()

    @property
    def is_drained(self) -> bool:
        """Has the peer sent more since our last word than anybody reads?"""
        return self._drained >= MAX_DRAIN_BYTES

    @property
    def is_closing(self) -> bool:
        """Has a Close gone past, in either direction? No snapshot may follow it."""
        return self._splitter.closing or self.outlet.said_close

    @property
    def peer_said_close(self) -> bool:
        """Has a Close come in?"""
        return self._splitter.closing

    def hush(self, code: int) -> None:
        """Nothing but a Close with this code will be said any more. Pings go nowhere: trio-websocket fails if it cannot answer."""
        self._last_code = code
        self._splitter.hushed = True

    # -- reading -----------------------------------------------------------------------------------------------------------
    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Raises trio.BrokenResourceError for a flood before `watch`. After it a flood is met with silence: a Close can be sent."""
        while not self._slow:
            if self._ended:
                return b""
            if self._splitter.flood is not None:
                if self._on_flood is None:
                    raise trio.BrokenResourceError("the peer floods the line")
                await self._drain()
            else:
                await self._read()
        taken = self._slow if max_bytes is None else self._slow[:max_bytes]
        self._slow = self._slow[len(taken) :]
        return taken

    async def _read(self) -> None:
        """Wait for bytes and take them. Once we have said the last word, only so many more: a flood would cost the others time."""
        if self._drained >= MAX_DRAIN_BYTES:
            await trio.sleep_forever()
        data = await self._wait_for_bytes()
        if self._splitter.hushed:
            self._drained += len(data)
        self._take(data, trio.current_time())

    async def _wait_for_bytes(self) -> bytes:
        self._reading = True
        try:
            return bytes(await self._stream.receive_some(READ_BYTES))
        finally:
            self._reading = False
            self._read_on.unpark_all()

    async def _drain(self) -> None:
        """Throw away what still comes, so that the peer can read the last word; more than enough of it is left unread.

        Closing on bytes that nobody has read resets the line, and what was said last would be lost.
        """
        if self._drained >= MAX_DRAIN_BYTES:
            await trio.sleep_forever()
        data = await self._wait_for_bytes()
        self._drained += len(data)
        self._ended = not data

    def _take(self, data: bytes, at: float) -> None:
        """These have come at that time; none: the stream has ended. Time never goes back, whatever the stream's own says."""
        at = self._heard_at = max(at, self._heard_at)
        if not data:
            self._ended = True
            self._slow += self._splitter.end()  # half a frame, then nothing: trio-websocket shall see both
        elif self._in_head:
            self._slow += self._take_head(data, at)
        else:
            slow = self._splitter.feed(data, at)
            if slow:
                self._slow += slow
            if self._splitter.closing:
                self.outlet.shut()
            if self._splitter.flood is not None and self._on_flood is not None:
                self._on_flood(self._splitter.flood)

    def _take_head(self, data: bytes, at: float) -> bytes:
        """The request or the answer of the upgrade goes by as it is; what follows it are frames."""
        before = len(self._head)
        self._head += data
        end = self._head.find(_HEAD_END, max(0, before - len(_HEAD_END)))
        if end < 0:
            return data
        split = end + len(_HEAD_END) - before
        self._in_head = False
        self._head = b""
        return data[:split] + (self._splitter.feed(data[split:], at) if data[split:] else b"")

    # -- writing -----------------------------------------------------------------------------------------------------------
    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """As Outlet's."""
        if not self._open:
            self._open = bytes(data[: len(_AGREED)]) == _AGREED
        await self.outlet.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close so that the peer can read the last word, within CLOSE_SECONDS; say why if nobody else did: 1002, 1007, or what
        `hush` was told.

        trio-websocket closes without a word when a peer breaks the protocol, or closes just before us; then this is the only Close
        frame. Two tasks may call it: both return when it is done. Cancelled, it closes at once.
        """
        try:
            if self._parting:
                await self._parted.wait()
            else:
                self._parting = True
                await self._part()
        finally:
            await trio.aclose_forcefully(self._stream)
            self._parted.set()

    def _peer_is_done(self) -> bool:
        return self._ended or self._splitter.closing

    async def _part(self) -> None:
        if not (self._serves and self._open) or self._ended or self.outlet.torn:
            return
        with trio.move_on_after(CLOSE_SECONDS):
            try:
                if not self.outlet.said_close:
                    code = _NO_TEXT if self._verdict() == _NO_TEXT else self._last_code
                    await self.outlet.send_all(b"\x88\x02" + code.to_bytes(2, "big"))
                await self.outlet.send_eof()
                while not self._peer_is_done():
                    if self._reading:
                        await self._read_on.park()  # trio-websocket still reads
                    else:
                        await self._drain()
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return  # it has gone already
