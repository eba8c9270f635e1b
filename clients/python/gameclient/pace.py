"""How far ahead of the room inputs must be made, so that they arrive in time and hardly earlier.

The room says with every snapshot by how much the newest input was early: its margin. How much earlier than half a round trip
that input was made is known here; the difference of the two is what it *needed*. Wanted is a margin of one tick for all but the
latest of the last seconds, so what they needed and one tick is what the next ones get. Since need does not depend on what was
given, nothing is integrated and nothing swings, though the answer comes a round trip later.

An input that is later than 50 ms was held up by something that no sensible margin covers (a stall, a retransmission): it says
nothing about the line, unless all of them are for half a second.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gameclient.clock import ServerClock

TARGET_TICKS: Final = 1.0
"""Wanted margin: an input that comes as late as half of this still meets its tick while the estimates wander."""
LATEST_PERCENT: Final = 1
"""Of the reports, which are about 2 % of the inputs: of those that come in one tick only the newest is reported, the best."""
WINDOW_SECONDS: Final = 2.0
SPIKE_SECONDS: Final = -0.05
"""A margin below this is a spike."""
SPIKES_SECONDS: Final = 0.5
"""Spikes alone for so long are the line as it is now."""
SLEW: Final = 0.05
"""So fast may the safety change: the timeline that follows it is no faster."""
FIRST_SAFETY_TICKS: Final = 2.0
"""Before the first report; half of it is for jitter of which nothing is known."""
MAX_SAFETY_SECONDS: Final = 0.25
"""The room keeps 16 inputs at most, which are 267 ms at 60 Hz."""


class InputPace:
    """See the module. Times are seconds of any monotonic clock.

    Attributes:
        safety_ticks: by how much earlier than half a round trip before its tick an input is made.
        margin_seconds: the newest that was reported; None before the first.
        spikes: how many reports were left out of account.
    """

    def __init__(self, tick_rate: int) -> None:
        self._rate = tick_rate
        self.safety_ticks = FIRST_SAFETY_TICKS
        self.margin_seconds: float | None = None
        self.spikes = 0
        self._needs: deque[tuple[float, float, float]] = deque()
        """(when it was reported, ticks that were needed, margin in ticks), of the last WINDOW_SECONDS but at least one."""
        self._wanted_ticks: float | None = None
        """What `_wanted` has found, until another is reported."""
        self._since = 0.0
        """When the first of all was reported, or the line was found to be another."""
        self._spikes_since: float | None = None
        self._at = 0.0

    def reset(self) -> None:
        """Another line, or the room's time is another: what was reported says nothing any more."""
        self.margin_seconds = None
        self._needs.clear()
        self._wanted_ticks = None
        self._spikes_since = None

    def report(self, margin_seconds: float, now: float, *, early_ticks: float = 0.0) -> None:
        """A snapshot says that the newest input had this margin, and would have had so many ticks less had it not been made earlier
        than it had to be. What was reported already is not counted again.
        """
        if margin_seconds != self.margin_seconds:
            self.margin_seconds = margin_seconds
            if margin_seconds >= SPIKE_SECONDS:
                self._spikes_since = None
                self._count(margin_seconds, now, early_ticks)
            elif self._spikes_since is None:
                self._spikes_since = now
                self.spikes += 1
            elif now - self._spikes_since < SPIKES_SECONDS:
                self.spikes += 1
            else:
                self._spikes_since = None
                self._needs.clear()
                self._count(margin_seconds, now, early_ticks)
                self.safety_ticks = self._wanted()
        self._steer(now)

    def lead_ticks(self, clock: ServerClock) -> float:
        """How far ahead of the room's tick an input is made."""
        return max(0.0, clock.round_trip_seconds / 2 * self._rate + self.safety_ticks)

    @property
    def margin_low_seconds(self) -> float | None:
        """The margin below which LATEST_PERCENT of the last WINDOW_SECONDS are; None before the first report."""
        if not self._needs:
            return None
        margins = sorted(margin for _, _, margin in self._needs)
        return margins[_rank(len(margins))] / self._rate

    def _count(self, margin_seconds: float, now: float, early_ticks: float) -> None:
        if not self._needs:
            self._since = self._at = now
        self._wanted_ticks = None
        margin = margin_seconds * self._rate
        self._needs.append((now, self.safety_ticks + early_ticks - margin, margin))
        while len(self._needs) > 1 and self._needs[0][0] < now - WINDOW_SECONDS:
            self._needs.popleft()

    def _wanted(self) -> float:
        if self._wanted_ticks is None:
            needs = sorted((need for _, need, _ in self._needs), reverse=True)
            most = MAX_SAFETY_SECONDS * self._rate
            self._wanted_ticks = min(max(needs[_rank(len(needs))] + TARGET_TICKS, -most), most)
        return self._wanted_ticks

    def _steer(self, now: float) -> None:
        if not self._needs:
            return
        step = SLEW * (now - self._at) * self._rate
        self._at = now
        error = self._wanted() - self.safety_ticks
        if error < 0 and now - self._since < WINDOW_SECONDS:
            return  # the late ones may not have come yet
        self.safety_ticks += min(max(error, -step), step)


def _rank(count: int) -> int:
    """The place of the last of the latest LATEST_PERCENT, from the latest on; of few, the latest."""
    return max(0, math.ceil(count * LATEST_PERCENT / 100) - 1)
