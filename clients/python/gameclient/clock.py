"""The client's estimate of the room's time, from PING, PONG and the arrival of snapshots.

Nothing arrives before it was sent, so every message bounds the room's time from one side: a PING that the room had at a time of
its own was sent here before that, a snapshot that is here was sent there before that. A queue or a retransmission only ever makes
a bound weaker. So of the recent ones the tightest counts in each direction, and the truth is taken to lie in the middle between
the two: that is exact where the fastest ways there and back take equally long. Snapshots come thirty times as often as PONGs, so
the one side is soon tight, and it is worth to fill the other with PINGs in quick succession at the start.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import attrs

SAMPLES: Final = 16
"""PONGs, and the snapshots that came between them, that are remembered: at one a second a line that became slower is believed
after a quarter of a minute."""
STRETCH_SECONDS: Final = 0.05
"""Two clocks drift apart by a few milliseconds in a quarter of a minute; contradictions of more are not drift."""
TRIP_GAIN: Final = 1 / 12
JITTER_GAIN: Final = 1 / 6
"""Share of the newest round trip in the mean, and of its difference from the mean in the jitter."""


@attrs.define
class _Sample:
    """A PONG, and the snapshots between it and the next. Room time − local time is between `least` and `most`. In seconds."""

    trip: float
    least: float
    most: float


class ServerClock:
    """Turns local time into the room's ticks. Local times are seconds of any monotonic clock.

    Attributes:
        jitter_seconds: by how much round trips differ from their mean, on the average of the recent ones.
    """

    def __init__(self, tick_rate: int) -> None:
        self._rate = tick_rate
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)
        self._offset: float | None = None
        """Room time − local time, as far as we know."""
        self._mean_trip = 0.0
        self.jitter_seconds = 0.0

    def reset(self) -> None:
        """The room lost time: what was learned about it is void."""
        self._samples.clear()
        self._offset = None
        self._mean_trip = self.jitter_seconds = 0.0

    def add(self, sent_at: float, now: float, tick: int, into_tick_seconds: float, held_seconds: float) -> float:
        """A PONG has come for the PING of `sent_at`; returns the round trip in seconds, without the time that it was held."""
        round_trip = max(0.0, now - sent_at - held_seconds)
        least = tick / self._rate + into_tick_seconds - now
        most = least + round_trip
        if self._samples:
            difference = round_trip - self._mean_trip
            self._mean_trip += TRIP_GAIN * difference
            self.jitter_seconds += JITTER_GAIN * (abs(difference) - self.jitter_seconds)
            if most < self._least() - STRETCH_SECONDS or least > self._most() + STRETCH_SECONDS:
                self._samples.clear()  # a clock of the two has stood still or was set: what it said before is of another time
        else:
            self._mean_trip = round_trip
        self._samples.append(_Sample(round_trip, least, most))
        self._estimate()
        return round_trip

    def hint(self, now: float, tick: int) -> None:
        """A snapshot of this tick has come. Until the first PONG that is all there is to go by."""
        least = tick / self._rate - now
        if not self._samples:
            self._offset = least if self._offset is None else max(self._offset, least)
        elif self._samples[-1].least < least <= self._most():  # beyond that it contradicts the PONGs, which know better
            self._samples[-1].least = least
            self._estimate()

    def _least(self) -> float:
        return max(sample.least for sample in self._samples)

    def _most(self) -> float:
        return min(sample.most for sample in self._samples)

    def _estimate(self) -> None:
        self._offset = (self._least() + self._most()) / 2

    @property
    def known(self) -> bool:
        """Has anything been learned yet?"""
        return self._offset is not None

    @property
    def measured(self) -> bool:
        """Has a PONG come? Until then it may be off by as long as a snapshot is on its way."""
        return bool(self._samples)

    def tick_at(self, now: float) -> float:
        """The room's tick at this local time, with its fraction. Raises ValueError before the first sample."""
        if self._offset is None:
            raise ValueError("the room's time is not known yet")
        return (now + self._offset) * self._rate

    @property
    def round_trip_seconds(self) -> float:
        """The shortest recent round trip; 0 before the first sample."""
        return min((sample.trip for sample in self._samples), default=0.0)
