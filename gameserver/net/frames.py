"""A stream under trio-websocket that lifts plain data frames out as they come, on either side of a line.

A plain frame is whole, final, binary and within the limit (RFC 6455 5.2). It needs no state machine and no task of its own: it is
handed to a function in the task that reads. All else (the upgrade, control frames, fragments, text, whatever breaks the rules)
goes on to trio-websocket, which stays the authority on the protocol. That halves what a small message costs.

Nothing overtakes: data frames take the slow way too while a fragmented message is open, and while a message that went the slow way
has not come back from trio-websocket (`delivered`). Control frames do not change the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.net.meter import Meter

READ_BYTES: Final = 65_536
_HEAD_END: Final = b"\r\n\r\n"
_PLAIN: Final = 0x82
"""First byte of a final binary frame without reserved bits."""
_FIN: Final = 0x80
_CONTROL: Final = 0x08
_MASKED: Final = 0x80


class FrameStream(trio.abc.Stream):
    """See the module. Until `lift` is called everything goes the slow way."""

    def __init__(
        self, stream: trio.abc.Stream, *, largest: int, masked: bool, head: bytes = b"", meter: Meter | None = None
    ) -> None:
        """`largest`: payload bytes of the largest frame that is lifted out. `masked`: the peer is a client, whose frames are.
        `head`: the upgrade's, if somebody has read it already. `meter`: judges the frames that are not lifted out.
        """
        self._stream = stream
        self._largest = largest
        self._mask_bit = _MASKED if masked else 0
        self._meter = meter
        self._on_frame: Callable[[bytes], None] | None = None
        self._on_flood: Callable[[ProtocolError], None] | None = None
        self._flooded = False
        self._in_head = not head
        self._head = b""
        self._rest = b""
        """An unfinished header or plain frame."""
        self._slow = head
        """Bytes for trio-websocket."""
        self._slow_left = 0
        """Payload bytes of a frame that goes the slow way and has not come whole yet."""
        self._fragmented = False
        self._owed = 0
        """Messages that went the slow way and have not been delivered."""

    def lift(self, on_frame: Callable[[bytes], None], on_flood: Callable[[ProtocolError], None] | None = None) -> None:
        """From now on plain frames go to `on_frame`, and what the meter has against others to `on_flood`. Neither may raise."""
        self._on_frame = on_frame
        self._on_flood = on_flood

    def delivered(self) -> None:
        """trio-websocket has handed out a message that went the slow way."""
        self._owed -= 1

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Raises trio.BrokenResourceError for a flood before `lift`. After it, a flood is told to `on_flood` and nothing more is
        read, so that a Close can still be sent.
        """
        while not self._slow:
            if self._flooded:
                if self._on_flood is None:
                    raise trio.BrokenResourceError("the peer floods the line")
                await trio.sleep_forever()
            data = bytes(await self._stream.receive_some(READ_BYTES))
            if not data:
                rest, self._rest = self._rest, b""
                return rest  # half a frame, then nothing: trio-websocket shall see both
            self._slow = self._take_head(data) if self._in_head else self._take(data)
        taken = self._slow if max_bytes is None else self._slow[:max_bytes]
        self._slow = self._slow[len(taken) :]
        return taken

    def _take_head(self, data: bytes) -> bytes:
        """The request or the answer of the upgrade goes by as it is; what follows it are frames."""
        before = len(self._head)
        self._head += data
        end = self._head.find(_HEAD_END, max(0, before - len(_HEAD_END)))
        if end < 0:
            return data
        split = end + len(_HEAD_END) - before
        self._in_head = False
        self._head = b""
        return data[:split] + (self._take(data[split:]) if data[split:] else b"")

    def _take(self, data: bytes) -> bytes:
        """Hand out the plain frames in these bytes; returns the rest of them that trio-websocket must see."""
        buffer = self._rest + data if self._rest else data
        self._rest = b""
        at, size = 0, len(buffer)
        slow: list[bytes] = []
        while at < size:
            if self._slow_left:
                step = min(self._slow_left, size - at)
                slow.append(buffer[at : at + step])
                self._slow_left -= step
                at += step
                continue
            header, length = _read_header(buffer, at)
            if header == 0:
                break
            if (
                buffer[at] == _PLAIN
                and buffer[at + 1] & _MASKED == self._mask_bit
                and length <= self._largest
                and not (self._owed or self._fragmented)
                and self._on_frame is not None
            ):
                end = at + header + length
                if end > size:
                    break
                payload = buffer[at + header : end]
                self._on_frame(unmask(payload, buffer[at + header - 4 : at + header]) if self._mask_bit else payload)
                at = end
                continue
            if self._meter is not None and not self._passes(self._meter, buffer[at], header + length):
                return b""  # nothing of it: an answer to a ping behind the Close would be an error
            if not buffer[at] & _CONTROL:
                self._fragmented = not buffer[at] & _FIN
                self._owed += not self._fragmented
            slow.append(buffer[at : at + header])
            self._slow_left = length
            at += header
        self._rest = buffer[at:]
        return b"".join(slow)

    def _passes(self, meter: Meter, first_byte: int, wire_bytes: int) -> bool:
        try:
            meter.frame(first_byte, wire_bytes, trio.current_time())
        except ProtocolError as error:
            self._flooded = True
            if self._on_flood is not None:
                self._on_flood(error)
        return not self._flooded

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


def _read_header(buffer: bytes, at: int) -> tuple[int, int]:
    """Bytes of the frame's header, mask included, and of its payload; (0, 0) if the header is not there whole."""
    if len(buffer) - at < 2:
        return 0, 0
    second = buffer[at + 1]
    length = second & 0x7F
    extended = 0 if length < 126 else 2 if length == 126 else 8
    header = 2 + extended + (4 if second & _MASKED else 0)
    if len(buffer) - at < header:
        return 0, 0
    if extended:
        length = int.from_bytes(buffer[at + 2 : at + 2 + extended], "big")
    return header, length


def unmask(payload: bytes, key: bytes) -> bytes:
    """Apply a mask of four bytes (RFC 6455 5.3); it is its own inverse."""
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")
