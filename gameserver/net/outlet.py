"""A stream on which plain frames can also be written at once, without a task and without waiting.

trio-websocket stays the authority on the protocol. But a server's frames are not masked: a header of
two to ten bytes and the payload are the whole frame, so a room may write them past it, if both keep to the rules:

- Bytes of two frames never mix: while a `send_all` is under way nothing else is written, and the rest of a frame that went out in
  part (the tail) goes before everything else.
- After a Close frame no data frame follows (RFC 6455 5.5.1).
- A `send_all` that fails or is cancelled half way has torn the stream: it is broken for good.
"""

from __future__ import annotations

import struct
from typing import Protocol, runtime_checkable

import trio

_CLOSE = 0x88
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


def _sends_now(stream: trio.abc.Stream) -> SendsNow:
    if not isinstance(stream, SendsNow):
        raise TypeError(f"{type(stream).__name__} has no send(): use it without an Outlet")
    return stream


class Outlet(trio.abc.HalfCloseableStream):
    """See the module. `stream` must satisfy SendsNow; nobody else may write to it."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        """Raises TypeError for a stream that cannot send at once."""
        if not isinstance(stream, trio.abc.HalfCloseableStream):
            raise TypeError(f"{type(stream).__name__} has no send_eof(): use it without an Outlet")
        self._stream = stream
        self._now = _sends_now(stream)
        self._tail = b""
        self._turn = trio.Lock()
        self._sending = False
        self._closing = False
        self._broken = False

    # -- for the link: nothing but `flush` waits ---------------------------------------------------------------------------
    @property
    def has_tail(self) -> bool:
        """Is the rest of a frame still to be written? Somebody must call `flush`, or it would wait for the next frame."""
        return bool(self._tail)

    async def flush(self) -> None:
        """Write the tail. Raises what `send_all` raises."""
        await self.send_all(b"")

    def ready(self) -> bool:
        """May a frame be written now? Tries to get rid of a tail first."""
        if self._tail and not self._sending and not self._broken:
            self._tail = self._tail[self._write(self._tail) :]
        return not (self._tail or self._sending or self._closing or self._broken)

    def send_nowait(self, *parts: bytes) -> bool:
        """Write one frame. True: at least a byte of it went out, and the rest goes before everything else. False: nothing did."""
        if not self.ready():
            return False
        payload = b"".join(parts)
        frame = frame_header(len(payload)) + payload
        written = self._write(frame)
        self._tail = frame[written:] if written > 0 else b""
        return written > 0

    def _write(self, data: bytes) -> int:
        """Write until nothing fits any more (a short write does not mean that); returns how much went out."""
        written = 0
        try:
            while written < len(data):
                written += self._now.send(data[written:] if written else data)
        except BlockingIOError:
            pass
        except OSError:
            self._broken = True  # whoever reads hears of it too
        return written

    # -- for trio-websocket ------------------------------------------------------------------------------------------------
    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        async with self._turn:  # trio-websocket's own writes come one at a time, but a `flush` may be under way
            await self._send_all(data)

    async def _send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self._broken:
            raise trio.BrokenResourceError("the stream is torn")
        if bytes(data[:1]) == bytes((_CLOSE,)):
            self._closing = True
        tail, self._tail = self._tail, b""
        self._sending = True
        done = False
        try:
            await self._stream.send_all(tail + bytes(data) if tail else data)
            done = True
        finally:
            self._sending = False
            if not done:
                self._broken = True

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        async with self._turn:
            await self._stream.send_eof()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self._stream.aclose()
