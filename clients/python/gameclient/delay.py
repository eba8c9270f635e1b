"""How far behind the newest snapshots a picture must be, so that there is always one on either side of what it shows.

Snapshots leave in step with the ticks and arrive out of step. The earliest arrivals of the last seconds are a line from ticks to
local times; all others are later than the line by their *lateness*. A picture that is one interval and the greatest lateness behind
the line never waits for a snapshot. What comes later than the longest delay could make up for was held up by something else (a
stall, a retransmission): it is not sized for, unless nothing else comes any more; then the line is another, and begins anew.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from typing import Final

WINDOW_SECONDS: Final = 5.0
LATE_PERCENT: Final = 99
LEAST_INTERVALS: Final = 1.5
MAX_DELAY_SECONDS: Final = 0.2
"""More delay is felt as unfair more than a starved frame is seen."""
FIRST_SECONDS: Final = 1.0
"""As long as this nothing is known of lateness, and it is taken to be an interval at least."""
HELD_SECONDS: Final = 1.0
"""Who is held up for longer is not held up but slower."""


class ViewDelay:
    """See the module. Times are seconds of any monotonic clock.

    Attributes:
        interval_ticks: between two snapshots, as the server says.
    """

    def __init__(self, tick_rate: int) -> None:
        self._tick_rate = tick_rate
        self.interval_ticks = 1
        self._arrivals: deque[tuple[float, float]] = deque()
        """(when, local time of tick 0 as far as this snapshot tells) of those that count, of the last WINDOW_SECONDS."""
        self._zeros: list[float] = []
        """The latter, in order."""
        self._since = 0.0
        self._held_since: float | None = None

    def reset(self) -> None:
        """Another line, or the room's time is another."""
        self._arrivals.clear()
        self._zeros.clear()
        self._held_since = None

    def arrived(self, tick: int, now: float, rate: int) -> None:
        """A snapshot of this tick has come; one comes every `rate` ticks."""
        self.interval_ticks = rate
        zero = now - tick / self._tick_rate
        if self._zeros and self._is_held_up(zero - self._zeros[0], now):
            return
        if not self._zeros:
            self._since = now
        self._arrivals.append((now, zero))
        insort(self._zeros, zero)
        while self._arrivals[0][0] < now - WINDOW_SECONDS:
            del self._zeros[bisect_left(self._zeros, self._arrivals.popleft()[1])]

    def _is_held_up(self, lateness: float, now: float) -> bool:
        """Does this arrival say nothing about the line?"""
        interval = self.interval_ticks / self._tick_rate
        if self._held_since is None:
            if lateness <= max(MAX_DELAY_SECONDS, LEAST_INTERVALS * interval):
                return False
            self._held_since = now
        elif lateness <= max(self.lateness_seconds, interval):
            self._held_since = None
            return False
        if now - self._held_since < HELD_SECONDS:
            return True
        self.reset()
        return False

    @property
    def lateness_seconds(self) -> float:
        """LATE_PERCENT of the recent snapshots are at most so much later than the earliest."""
        if not self._zeros:
            return 0.0
        return self._zeros[math.ceil(len(self._zeros) * LATE_PERCENT / 100) - 1] - self._zeros[0]

    @property
    def delay_ticks(self) -> float:
        """How far behind the earliest snapshots to be."""
        lateness = self.lateness_seconds * self._tick_rate
        if self._arrivals and self._arrivals[-1][0] - self._since < FIRST_SECONDS:
            lateness = max(lateness, self.interval_ticks)
        delay = min(self.interval_ticks + lateness, MAX_DELAY_SECONDS * self._tick_rate)
        return max(delay, LEAST_INTERVALS * self.interval_ticks)

    def target_tick(self, now: float) -> float:
        """The tick that is to be shown now. Raises ValueError before the first snapshot."""
        if not self._zeros:
            raise ValueError("no snapshot has come yet")
        return (now - self._zeros[0]) * self._tick_rate - self.delay_ticks
