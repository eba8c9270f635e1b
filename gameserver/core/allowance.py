"""How much one client may say: two buckets that fill at a steady rate, one of messages, one of bytes."""

from __future__ import annotations

from gameserver.core.limits import MESSAGE_BYTES_PER_SECOND, MESSAGES_BESIDE_INPUTS, MESSAGES_PER_TICK


class Allowance:
    """A second's worth may be said at once, so a line that was held up for a second loses nothing.

    It knows no present: every call brings `now`, in seconds of any monotonic clock.
    """

    __slots__ = ("_at", "_bytes", "_messages", "_rate")

    def __init__(self, tick_rate: int, now: float) -> None:
        self._rate = float(MESSAGES_PER_TICK * tick_rate + MESSAGES_BESIDE_INPUTS)
        self._messages = self._rate
        self._bytes = float(MESSAGE_BYTES_PER_SECOND)
        self._at = now

    def refill(self, now: float) -> None:
        """Time has passed."""
        passed = now - self._at
        self._at = now
        self._messages = min(self._rate, self._messages + passed * self._rate)
        self._bytes = min(float(MESSAGE_BYTES_PER_SECOND), self._bytes + passed * MESSAGE_BYTES_PER_SECOND)

    def take(self, size: int) -> bool:
        """May a message of so many bytes be heard now? If so, it is counted."""
        if self._messages < 1.0 or self._bytes < size:
            return False
        self._messages -= 1.0
        self._bytes -= size
        return True
