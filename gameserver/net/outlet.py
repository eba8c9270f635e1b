"""What goes out on a line: whole frames, one behind the other, and the plain ones at once, without a task and without waiting.

trio-websocket stays the authority on the protocol. But a server's frames are not masked: a header of two to ten bytes and the
payload are the whole frame, so a room may write them past it, if both keep to the rules:

- Bytes of two frames never mix: while a `send_all` is under way nothing else is written, and the rest of a frame that went out in
  part (the tail) goes before everything else.
- After a Close frame no frame follows (RFC 6455 5.5.1).
- A `send_all` that fails or is cancelled half way has torn the stream: it is broken for good.
"""

from __future__ import annotations

import struct
from typing import Final, Protocol, runtime_checkable

import trio

_CLOSE: Final = b"\x88"
"""First byte of a final Close frame."""


@runtime_checkable
class SendsNow(Protocol):
    """A stream that can also be written to like a non-blocking socket. `EagerStream` and `SimStream` are such."""

    def send(self, data: bytes) -> int:
        """Write what fits; returns how much. Raises BlockingIOError if nothing fits, another OSError if the stream is broken."""
        ...


def frame_header(length: int) -> bytes:
    """The header of a final, binary, unmasked frame of so many bytes (RFC 6455 5.2)."""
    if length < 126:
        return bytes((0x82, length))
    if length < 65_536:
        return struct.pack(">BBH", 0x82, 126, length)
    return struct.pack(">BBQ", 0x82, 127, length)


class Outlet:
    """See the module. Nobody else may write to the stream.

    Attributes:
        idle: a frame may be written now.
        said_close: a Close frame has gone out, or is about to.
        torn: a write has failed or was cut short: nothing may follow it.
        tail: the rest of a frame. Somebody must call `flush`, or it would wait for the next frame.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        """`send_nowait` wants a stream that satisfies SendsNow; the rest takes any."""
        self._stream = stream
        self._send = stream.send if isinstance(stream, SendsNow) else None
        self._turn = trio.Lock()
        self._writing = False
        """A `send_all` is under way, or the tail is being written."""
        self._shut = False
        self.tail = b""
        self.idle = True
        self.said_close = False
        self.torn = False

    def shut(self) -> None:
        """No data frame may go out any more: the peer has said a Close, or has gone."""
        self._shut = True
        self.idle = False

    def _settle(self) -> None:
        """Something has changed on which `idle` depends."""
        self.idle = not (self.tail or self._writing or self._shut or self.said_close or self.torn)

    # -- for the link: nothing but `flush` waits ---------------------------------------------------------------------------
    async def flush(self) -> None:
        """Write the tail. Raises what `send_all` raises."""
        await self._in_turn(b"")

    def ready(self) -> bool:
        """May a frame be written now? Tries to get rid of a tail first."""
        if self.tail and not (self.torn or self._writing):
            self._write(self.tail)
        return self.idle

    def send_nowait(self, *parts: bytes) -> bool:
        """Write one frame. True: at least a byte of it went out, and the rest goes before everything else. False: nothing did."""
        if not (self.idle or self.ready()):
            return False
        return self._write(b"".join((frame_header(sum(map(len, parts))), *parts)))

    def _write(self, data: bytes) -> bool:
        """Write as much as fits, of which the rest becomes the tail. False: nothing fitted, and the tail is what it was."""
        assert self._send is not None, "this stream cannot send at once"
        written = 0
        try:
            written = self._send(data)
            if written == len(data) and self.idle:
                return True
            while written < len(data):  # a short write does not mean that no more fits
                written += self._send(data[written:])
        except BlockingIOError:
            pass
        except OSError:
            self.torn = True  # whoever reads hears of it too
        if written:
            self.tail = data[written:]
        self._settle()
        return written > 0

    # -- for trio-websocket ------------------------------------------------------------------------------------------------
    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """One frame, or the head of an upgrade. Raises trio.BrokenResourceError behind a Close or a write that was cut short."""
        if self.said_close:
            raise trio.BrokenResourceError("a Close has been said")
        self.said_close = bytes(data[:1]) == _CLOSE
        self.idle = False
        await self._in_turn(data)

    async def _in_turn(self, data: bytes | bytearray | memoryview) -> None:
        await self._take_turn()
        try:
            self._writing = True
            self.idle = False
            await self._send_all(data)
        finally:
            self._turn.release()
            self._writing = False
            self._settle()

    async def _take_turn(self) -> None:
        """Wait for the turn, but not for the other tasks if it is free: what follows is a checkpoint anyway."""
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            self._turn.acquire_nowait()
        except trio.WouldBlock:
            await self._turn.acquire()

    async def _send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self.torn:
            raise trio.BrokenResourceError("the stream is torn")
        tail, self.tail = self.tail, b""
        done = False
        try:
            await self._stream.send_all(tail + bytes(data) if tail else data)
            done = True
        finally:
            self.torn = not done

    async def send_eof(self) -> None:
        """Say that nothing more will come, on a stream that can say it."""
        if isinstance(self._stream, trio.abc.HalfCloseableStream):
            async with self._turn:
                await self._stream.send_eof()
