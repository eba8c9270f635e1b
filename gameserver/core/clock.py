"""When a room's ticks are due, and by which of its clocks a client stamps. Deadlines are counted from an anchor, never from the
last wake-up, so they do not drift.
"""

from __future__ import annotations

import math
from collections import deque

from gameserver.core.limits import MAX_CATCH_UP, MAX_DEBT_SECONDS


class TickClock:
    """Turns a monotonic time in seconds into ticks that are due.

    Tick k is due at `anchor + k / rate`. The clock knows no present: every question brings `now`.
    """

    __slots__ = ("_anchor", "_period", "epoch", "lost_seconds", "moved_seconds", "rate", "tick")

    def __init__(self, rate: int, now: float, *, phase: float = 0.0, tick: int = 0) -> None:
        """`phase` (0 to 1, of a period) spreads rooms over the tick; `tick` is the last tick already done."""
        self.rate = rate
        self.tick = tick
        self.epoch = 0
        """Grows whenever time was lost, so that clients estimate anew."""
        self.lost_seconds = 0.0
        self.moved_seconds = 0.0
        """By how much later all deadlines are than they were at first: what was lost, and pauses."""
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
        self._move(seconds)
        self.lost_seconds += seconds

    def resume(self, now: float) -> None:
        """The room was paused: the next tick is due within a period from now, in the phase that the clock always had.

        That is no loss, but clients must estimate anew.
        """
        periods = math.floor((now - self._anchor) * self.rate + 1e-6) + 1  # those of the anchor's raster that have begun
        self._move((periods - self.tick - 1) / self.rate)

    def _move(self, seconds: float) -> None:
        self._anchor += seconds
        self.moved_seconds += seconds
        self.epoch += 1

    def micros_into(self, now: float) -> int:
        """Microseconds since the last tick done was due."""
        return round((now - self.deadline(self.tick)) * 1e6)


class ClocksTold:
    """Which clock (TickClock.epoch) a client stamps by: the newest that it was told in a snapshot that it has acknowledged.
    Messages come in order, so that is exact, however long one was on its way or has waited to be read.
    """

    __slots__ = ("_clock", "_told")

    def __init__(self, clock: TickClock) -> None:
        self._clock = clock
        self._told: deque[tuple[int, float]] = deque()
        """The tick of each snapshot that told one, and the clock's `moved_seconds` then; the first is the client's present one."""

    def tell(self) -> None:
        """The snapshot of the tick in hand says what the clock is."""
        self._told.append((self._clock.tick, self._clock.moved_seconds))

    def acknowledge(self, tick: int | None) -> bool:
        """The client has the snapshots up to this tick, None: none yet. Does it stamp by another clock from now on?"""
        is_other = False
        while tick is not None and len(self._told) > 1 and self._told[1][0] <= tick:
            self._told.popleft()
            is_other = True
        return is_other

    @property
    def behind(self) -> int:
        """How many ticks have been lost since the client's clock was told: so much less its stamps mean by the present one."""
        if not self._told:
            return 0
        return math.floor((self._clock.moved_seconds - self._told[0][1]) * self._clock.rate + 1e-6)  # rather in time than late
