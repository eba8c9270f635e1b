"""For which tick an input is that is sent now, and when it is time for the next."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from gameclient.pace import InputPace
from gameclient.timeline import Timeline

if TYPE_CHECKING:
    from gameclient.clock import ServerClock

ROUNDING_TICKS: Final = 1e-6
"""Who was woken for a tick may find itself so much before it."""
KEPT: Final = 64
"""Messages of which the room has not told yet: a second's worth, the longest that any input waits for its tick."""


class Stamps:
    """There are two ways to send inputs: whenever there is something to say (`next`), or one for every tick, each as its turn comes
    on a timeline that runs ahead of the room (`turn`). In both the pace says how far ahead.

    Attributes:
        last: the highest tick for which an input was sent.
        pace: what the room says about our inputs.
    """

    def __init__(self, tick_rate: int) -> None:
        self._tick_rate = tick_rate
        self._timeline = Timeline(tick_rate)
        self._sent: deque[tuple[int, float]] = deque(maxlen=KEPT)
        """(first tick, how many ticks earlier than it had to be it was made) of each message, by rising tick."""
        self.last = 0
        self.pace = InputPace(tick_rate)

    def begin(self, tick: int) -> None:
        """The room's time is another now, of which this is the tick in hand: ticks of before mean nothing."""
        self.last = tick
        self.begin_line()

    def begin_line(self) -> None:
        """Another line: it may be slower or faster than the one before."""
        self.pace.reset()
        self._timeline.reset()
        self._sent.clear()

    def next(self, clock: ServerClock, now: float, ticks: int = 1) -> range:
        """For which ticks an input is that is sent now and is to hold for so many: from the first on for which it arrives in time
        and for which none was sent. Where inputs were made too early these are fewer, but one at least, and the next come later.
        """
        tick = clock.tick_at(now) + self.pace.lead_ticks(clock)
        due = math.floor(tick) + 1
        first = max(self.last + 1, due)
        self._sent.append((first, first - tick))
        return range(first, max(due + ticks, first + 1))

    def report(self, margin_seconds: float, tick: int, now: float) -> None:
        """The snapshot of this tick says that the newest input had this margin."""
        newest = tick + margin_seconds * self._tick_rate  # it had arrived by that tick, so it was not for a later one than this
        while len(self._sent) > 1 and self._sent[1][0] <= newest:
            self._sent.popleft()
        early = self._sent[0][1] if self._sent and self._sent[0][0] <= newest else 0.0
        self.pace.report(margin_seconds, now, early_ticks=early)

    def turn(self, clock: ServerClock, now: float) -> tuple[int, float]:
        """The tick whose input is made next, and how many seconds are left until then: 0, it is time. Ticks that were missed are
        passed over.
        """
        tick = self._timeline.advance(now, clock.tick_at(now) + self.pace.lead_ticks(clock))
        turn = max(self.last + 1, math.floor(tick + ROUNDING_TICKS))
        left = turn - tick
        return turn, left / self._tick_rate if left > ROUNDING_TICKS else 0.0
