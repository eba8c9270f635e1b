"""How many frames a peer may send that carry no whole message: control frames, and the pieces of fragmented messages.

trio-websocket keeps every piece as an object, and pieces without content never count against its limit: for six bytes on the
wire it keeps eight for ever. And each ping is answered. A plain client needs neither: browsers send messages whole.
"""

from __future__ import annotations

from typing import Final

from gameserver.core.errors import ProtocolError
from gameserver.core.limits import CONTROL_PER_SECOND, MAX_FRAGMENT_BYTES, MAX_FRAGMENT_SECONDS, MAX_FRAGMENTS
from gameserver.core.registry import Limit

_CONTROL: Final = 0x08
_FIN: Final = 0x80


class Meter:
    """Counts one peer's frames. It knows no present: every call brings `now`, in seconds of any monotonic clock."""

    __slots__ = ("_bytes", "_fragments", "_since", "_tokens", "_tokens_at")

    def __init__(self, now: float) -> None:
        self._tokens = CONTROL_PER_SECOND
        self._tokens_at = now
        self._fragments = 0
        """Pieces of the message that is open; 0: none is."""
        self._bytes = 0
        self._since = now

    def frame(self, first_byte: int, wire_bytes: int, now: float) -> None:
        """A frame that is no plain message has begun to arrive. Raises ProtocolError, with the close code, if that is too much."""
        if first_byte & _CONTROL:
            self._count_control(now)
        elif self._fragments or not first_byte & _FIN:
            self._count_fragment(wire_bytes, now, last=bool(first_byte & _FIN))

    def _count_control(self, now: float) -> None:
        self._tokens = min(CONTROL_PER_SECOND, self._tokens + (now - self._tokens_at) * CONTROL_PER_SECOND)
        self._tokens_at = now
        if self._tokens < 1.0:
            raise ProtocolError("too many control frames", 1008, limit=Limit.CONTROL_PER_SECOND)
        self._tokens -= 1.0

    def _count_fragment(self, wire_bytes: int, now: float, *, last: bool) -> None:
        if not self._fragments:
            self._bytes = 0
            self._since = now
        self._fragments += 1
        self._bytes += wire_bytes
        if self._fragments > MAX_FRAGMENTS:
            raise ProtocolError("a message in too many pieces", 1009, limit=Limit.MAX_FRAGMENTS)
        if self._bytes > MAX_FRAGMENT_BYTES:
            raise ProtocolError("a message of too many bytes", 1009, limit=Limit.MAX_FRAGMENT_BYTES)
        if now - self._since > MAX_FRAGMENT_SECONDS:
            raise ProtocolError("a message that takes too long a time", 1009, limit=Limit.MAX_FRAGMENT_SECONDS)
        if last:
            self._fragments = 0
