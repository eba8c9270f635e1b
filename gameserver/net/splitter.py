"""Sorts what a peer sends, frame by frame: plain ones are lifted out, all else is for trio-websocket. Pure: bytes in, bytes out.

A plain frame is whole, final, binary, within the limit, and its length takes no more bytes than it must (RFC 6455 5.2): it needs no
state machine. All else (control frames, fragments, text, whatever breaks the rules) goes on as it is. The splitter sees every byte
behind the head of the upgrade, so it always knows where frames begin, whichever way they go.

Nothing overtakes: data frames take the slow way too while a fragmented message is open, and while a message that went the slow way
has not come back from trio-websocket (`delivered`). Control frames do not change the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.core.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.net.meter import Meter

_PLAIN: Final = 0x82
"""First byte of a final binary frame without reserved bits."""
_PING: Final = 0x89
_FIN: Final = 0x80
_CONTROL: Final = 0x08
_CLOSE: Final = 0x08
_OPCODE: Final = 0x0F
_MASKED: Final = 0x80
_SHORT: Final = 126
"""A length below it stands in the second byte itself."""
_MASK_BYTES: Final = 4
_SHORT_HEADER: Final = 2 + _MASK_BYTES
"""Bytes of a client's header before a short payload."""


class Splitter:
    """See the module.

    Attributes:
        on_frame: where the payload of a plain frame goes, with the time at which it came; None: nothing is lifted out.
        closing: a Close frame has come; what follows it goes the slow way.
        hushed: we say no more than a Close: pings are dropped, for no answer may follow it.
        flood: what the meter has against this peer. Nothing is taken after it.
    """

    def __init__(self, *, largest: int, masked: bool, meter: Meter | None = None) -> None:
        """`largest`: payload bytes of the largest frame that is lifted out. `masked`: the peer is a client, whose frames are.
        `meter`: judges the frames that are not lifted out.
        """
        self._largest = largest
        self._mask_bytes = _MASK_BYTES if masked else 0
        self._meter = meter
        self._rest = b""
        """An unfinished header or plain frame."""
        self._slow_left = 0
        """Payload bytes of a frame that goes the slow way and has not come whole yet."""
        self._dropping = False
        """That frame goes nowhere."""
        self._fragmented = False
        self._owed = 0
        """Messages that went the slow way and have not been delivered."""
        self._between = masked
        """Nothing is under way: what comes begins with a frame, and a plain one may be lifted out."""
        self.on_frame: Callable[[bytes, float], None] | None = None
        self.closing = False
        self.hushed = False
        self.flood: ProtocolError | None = None

    def delivered(self) -> None:
        """trio-websocket has handed out a message that went the slow way."""
        self._owed -= 1
        self._look_around()

    def _look_around(self) -> None:
        under_way = self._rest or self._slow_left or self._fragmented or self._owed or self.closing or self.flood
        self._between = not under_way and self._mask_bytes > 0

    def lift_only(self, data: bytes) -> bytes | None:
        """The payload, if these bytes are one short plain frame of a client and nothing is under way. So it is nearly always, and
        then it need not be looked for. None: nothing was taken, `feed` must see it.
        """
        size = len(data) - _SHORT_HEADER
        if self._between and 0 <= size < _SHORT and data[0] == _PLAIN and data[1] == _MASKED | size:
            return unmask(data[_SHORT_HEADER:], data[2:_SHORT_HEADER])
        return None

    def end(self) -> bytes:
        """The stream has ended: half a frame that is left, for trio-websocket to see."""
        rest, self._rest = self._rest, b""
        return rest

    def feed(self, data: bytes, at: float) -> bytes:
        """Hand out the plain frames in these bytes, which came at that time; returns the rest, for trio-websocket."""
        if self.flood is not None:
            return b""
        buffer = self._rest + data if self._rest else data
        self._rest = b""
        here, size = 0, len(buffer)
        slow: list[bytes] = []
        while here < size:
            if self._slow_left:
                step = min(self._slow_left, size - here)
                if not self._dropping:
                    slow.append(buffer[here : here + step])
                self._slow_left -= step
                here += step
                continue
            header, length = _read_header(buffer, here)
            if header == 0:
                break
            if (
                buffer[here] == _PLAIN
                and header == self._mask_bytes + _shortest_header(length)  # masked, or not, as it must be
                and length <= self._largest
                and not (self._owed or self._fragmented or self.closing)
                and self.on_frame is not None
            ):
                begin = here + header
                end = begin + length
                if end > size:
                    break
                payload = buffer[begin:end]
                self.on_frame(unmask(payload, buffer[begin - _MASK_BYTES : begin]) if self._mask_bytes else payload, at)
                here = end
                continue
            self._count(buffer[here], header + length, at)
            if self.flood is not None:
                self._between = False
                return b""  # nothing of it: an answer to a ping behind the Close would be an error
            self._dropping = self.hushed and buffer[here] == _PING
            if not self._dropping:
                slow.append(buffer[here : here + header])
            self._slow_left = length
            here += header
        if here < size:
            self._rest = buffer[here:]
        self._look_around()
        return b"".join(slow) if slow else b""

    def _count(self, first_byte: int, wire_bytes: int, at: float) -> None:
        """A frame that is not plain begins here."""
        if first_byte & _CONTROL:
            self.closing = self.closing or first_byte & _OPCODE == _CLOSE
        else:
            self._fragmented = not first_byte & _FIN
            self._owed += not self._fragmented
        if self._meter is not None:
            try:
                self._meter.frame(first_byte, wire_bytes, at)
            except ProtocolError as error:
                self.flood = error


def _read_header(buffer: bytes, at: int) -> tuple[int, int]:
    """Bytes of the frame's header, mask included, and of its payload; (0, 0) if the header is not there whole."""
    left = len(buffer) - at
    if left < 2:
        return 0, 0
    second = buffer[at + 1]
    header = 6 if second & _MASKED else 2
    length = second & 0x7F
    if length >= _SHORT:
        extended = 2 if length == _SHORT else 8
        header += extended
        if left < header:
            return 0, 0
        length = int.from_bytes(buffer[at + 2 : at + 2 + extended], "big")
    return (header, length) if left >= header else (0, 0)


def _shortest_header(length: int) -> int:
    """Bytes of the header, mask excluded, in which a payload's length must be written."""
    return 2 if length < _SHORT else 4 if length < 65_536 else 10


def unmask(payload: bytes, key: bytes) -> bytes:
    """Apply a mask of four bytes (RFC 6455 5.3); it is its own inverse."""
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")
