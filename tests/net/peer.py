"""A client that says any bytes at all, and takes none but those of a faultless server."""

from __future__ import annotations

import socket
import struct
from typing import Final

import attrs
import trio

from gameserver.net.simulated import SimStream

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
"""Opcodes (RFC 6455 5.2)."""
MOST_CONTROL: Final = 125
"""Payload bytes of a control frame (RFC 6455 5.5)."""
RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset."""
READ_BYTES: Final = 65_536
_HEAD_END: Final = b"\r\n\r\n"


def frame(
    payload: bytes = b"",
    opcode: int = BINARY,
    *,
    final: bool = True,
    reserved: int = 0,
    key: bytes | None = b"\x12\x80\xff\x07",
    length_bytes: int | None = None,
) -> bytes:
    """A client's frame, right or wrong. `reserved`: RSV1 is 4, RSV2 is 2, RSV3 is 1. `key`: the mask's, None for no mask.
    `length_bytes`: of the extended length, 0, 2 or 8; None for as few as there need be.
    """
    size = len(payload)
    if length_bytes is None:
        length_bytes = 0 if size < 126 else 2 if size < 65_536 else 8
    short = {0: size, 2: 126, 8: 127}[length_bytes]
    header = bytes((final << 7 | reserved << 4 | opcode, (key is not None) << 7 | short))
    if length_bytes:
        header += size.to_bytes(length_bytes, "big")
    return header + (payload if key is None else key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload)))


def pieces(*payloads: bytes) -> bytes:
    """One message in so many fragments."""
    last = len(payloads) - 1
    return b"".join(
        frame(payload, CONTINUED if number else BINARY, final=number == last) for number, payload in enumerate(payloads)
    )


def goodbye(code: int, reason: bytes = b"") -> bytes:
    """A Close frame."""
    return frame(code.to_bytes(2, "big") + reason, CLOSE)


@attrs.frozen
class Said:
    """A frame of the server."""

    opcode: int
    payload: bytes


class Peer:
    """See the module. `listen` must be running for it to hear anything.

    Attributes:
        stream: its end of the line.
        said: the server's frames, in order.
        rest: bytes of a frame that has not come whole.
        ended: how the line ended: "end", "reset", or "" while it is up.
        at_end: set when it has ended.
        answers: a Close with one of its own, unless it has said one.
    """

    def __init__(self, stream: trio.SocketStream | SimStream) -> None:
        self.stream = stream
        self.said: list[Said] = []
        self.rest = b""
        self.ended = ""
        self.at_end = trio.Event()
        self.answers = True
        self._turn = trio.Lock()
        self._in_head = True

    # -- out ---------------------------------------------------------------------------------------------------------------
    async def say(self, *frames: bytes) -> None:
        """All of them in one segment, if they fit. Raises trio.BrokenResourceError."""
        if any(said and said[0] & 0x0F == CLOSE for said in frames):
            self.answers = False
        async with self._turn:
            await self.stream.send_all(b"".join(frames))

    async def finish(self) -> None:
        """Say that nothing more will come."""
        await self.stream.send_eof()

    def reset(self) -> None:
        """Break the line. What the server has not read yet may be lost."""
        if isinstance(self.stream, SimStream):
            self.stream.connection.reset()
        else:
            self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.stream.socket.close()

    # -- in ----------------------------------------------------------------------------------------------------------------
    async def listen(self) -> None:
        """Take what the server says, until it says no more."""
        try:
            while data := await self.stream.receive_some(READ_BYTES):
                self.take(bytes(data))
                if self.code is not None and self.answers:
                    await self.say(frame(self.of(CLOSE)[0], CLOSE))
            self.ended = "end"
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.ended = "reset"
        self.at_end.set()

    def of(self, opcode: int) -> list[bytes]:
        """The payloads of all frames of this kind so far."""
        return [one.payload for one in self.said if one.opcode == opcode]

    @property
    def snapshots(self) -> list[bytes]:
        return self.of(BINARY)

    @property
    def pongs(self) -> list[bytes]:
        return self.of(PONG)

    @property
    def code(self) -> int | None:
        """Of the server's Close frame; 1005 for one without a code, None if there was none."""
        closes = self.of(CLOSE)
        if not closes:
            return None
        return int.from_bytes(closes[0][:2], "big") if closes[0] else 1005

    def take(self, data: bytes) -> None:
        """The server has said these bytes. Asserts that a faultless server may."""
        self.rest += data
        if self._in_head:
            head, end, rest = self.rest.partition(_HEAD_END)
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self._in_head = False
            self.rest = rest
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        """Take a whole frame off the rest; False: there is none."""
        rest = self.rest
        if rest:
            assert not self.of(CLOSE), f"{rest[:20]!r} came behind a Close"
            assert rest[0] in (0x80 | BINARY, 0x80 | CLOSE, 0x80 | PONG), f"what frame is this: {rest[:20]!r}"
        if len(rest) < 2:
            return False
        assert rest[1] < 0x80, "a server's frame has no mask"
        extended = {126: 2, 127: 8}.get(rest[1], 0)
        begin = 2 + extended
        if len(rest) < begin:
            return False
        size = int.from_bytes(rest[2:begin], "big") if extended else rest[1]
        assert size >= {0: 0, 2: 126, 8: 65_536}[extended], "the length takes more bytes than it needs"
        opcode = rest[0] & 0x0F
        assert opcode == BINARY or size <= MOST_CONTROL
        if len(rest) < begin + size:
            return False
        self.said.append(Said(opcode, rest[begin : begin + size]))
        self.rest = rest[begin + size :]
        return True
