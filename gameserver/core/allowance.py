"""How much one client may say: two buckets that fill at a steady rate, one of messages, one of bytes."""

from __future__ import annotations

from typing import Final

from gameserver.core.limits import (
    MESSAGE_BYTES_PER_SECOND,
    MESSAGES_BESIDE_INPUTS,
    MESSAGES_PER_TICK,
    ROOM_MESSAGES_PER_SECOND,
)
from gameserver.core.registry import Limit

_FULL: Final = 1.0 + 1e-9
"""Seconds until an empty bucket is full; the rest is for rounding."""


class Allowance:
    """A second's worth may be said at once, so a line that was held up for a second loses nothing.

    It knows no present: every call brings `now`, in seconds of any monotonic clock. A bucket is kept as the time at which it will
    be full again (GCRA, ITU-T I.371): what is said moves that time on, and it may lie a second ahead.
    """

    __slots__ = ("_bytes_full_at", "_messages_full_at", "_seconds_a_message")

    def __init__(self, tick_rate: int, now: float) -> None:
        self._seconds_a_message = 1.0 / (MESSAGES_PER_TICK * tick_rate + MESSAGES_BESIDE_INPUTS)
        self._messages_full_at = now
        self._bytes_full_at = now

    def take(self, size: int, now: float) -> bool:
        """May a message of so many bytes be heard now? If so, it is counted."""
        messages, wire = self._messages_full_at, self._bytes_full_at
        messages = (messages if messages > now else now) + self._seconds_a_message
        wire = (wire if wire > now else now) + size / MESSAGE_BYTES_PER_SECOND
        if messages - now > _FULL or wire - now > _FULL:
            return False
        self._messages_full_at = messages
        self._bytes_full_at = wire
        return True

    def lacking(self, now: float) -> Limit:
        """Which of the two kept a message from being heard at this time."""
        is_full = self._messages_full_at + self._seconds_a_message - now > _FULL
        return Limit.MESSAGES_PER_TICK if is_full else Limit.MESSAGE_BYTES_PER_SECOND


class Share:
    """How many messages all clients of a room may say in one tick, beyond the MESSAGES_PER_TICK that each may always say."""

    __slots__ = ("_at", "_left", "_per_tick")

    def __init__(self, tick_rate: int) -> None:
        self._per_tick = max(1, round(ROOM_MESSAGES_PER_SECOND / tick_rate))
        self._left = self._per_tick
        self._at = 0.0

    def left(self, now: float) -> int:
        """How many of them are left in the tick that is read at this time."""
        if now != self._at:
            self._at = now
            self._left = self._per_tick
        return self._left

    def spend(self, messages: int) -> None:
        """So many were heard."""
        self._left -= messages
