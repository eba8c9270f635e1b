"""When a room's ticks are due. Deadlines are counted from an anchor, never from the last wake-up, so they do not drift."""

from __future__ import annotations

import math

from gameserver.core.limits import MAX_CATCH_UP, MAX_DEBT_SECONDS


class TickClock:
    """Turns a monotonic time in seconds into ticks that are due.

    Tick k is due at `anchor + k / rate`. The clock knows no present: every question brings `now`.
    """

    __slots__ = ("_anchor", "_period", "epoch", "lost_seconds", "rate", "tick")

    def __init__(self, rate: int, now: float, *, phase: float = 0.0, tick: int = 0) -> None:
        """`phase` (0 to 1, of a period) spreads rooms over the tick; `tick` is the last tick already done."""
        self.rate = rate
        self.tick = tick
        self.epoch = 0
        """Grows whenever time was lost, so that clients estimate anew."""
        self.lost_seconds = 0.0
        self._period = 1.0 / rate
        self._anchor = now + phase * self._period - tick / rate

    def deadline(self, tick: int) -> float:
        """When this tick is due, in seconds of the monotonic clock."""
        return self._anchor + tick / self.rate

    def tick_at(self, at: float) -> float:
        """Which tick is due at this time, with its fraction."""
        return (at - self._anchor) * self.rate

    @property
    def next_deadline(self) -> float:
        return self._anchor + (self.tick + 1) / self.rate

    def due(self, now: float) -> int:
        """How many ticks to run now, at most MAX_CATCH_UP; count each with `advance`.

        A debt of more than MAX_DEBT_SECONDS is forgiven: the anchor moves so that one tick is due now, the lost time is counted
        and the epoch grows.
        """
        behind = math.floor((now - self._anchor) * self.rate + 1e-6) - self.tick  # a wake-up may be a rounding error early
        if behind <= 0:
            return 0
        debt = now - self.next_deadline
        if debt > MAX_DEBT_SECONDS:
            self.skip(debt)
            return 1
        return min(behind, MAX_CATCH_UP)

    def advance(self) -> int:
        """One tick is being run; returns its number."""
        self.tick += 1
        return self.tick

    def skip(self, seconds: float) -> None:
        """Move all deadlines later: this time is lost (a pause, a hitch)."""
        self._anchor += seconds
        self.lost_seconds += seconds
        self.epoch += 1

    def resume(self, now: float) -> None:
        """The room was paused: the next tick is due within a period from now, in the phase that the clock always had.

        That is no loss, but clients must estimate anew.
        """
        periods = math.floor((now - self._anchor) * self.rate + 1e-6) + 1  # those of the anchor's raster that have begun
        self._anchor += (periods - self.tick - 1) / self.rate
        self.epoch += 1

    def micros_into(self, now: float) -> int:
        """Microseconds since the last tick done was due."""
        return round((now - self.deadline(self.tick)) * 1e6)
