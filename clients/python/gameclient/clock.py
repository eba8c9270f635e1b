"""The client's estimate of the room's time, from PING and PONG.

On TCP a retransmission only ever makes a round trip longer, so of the last samples those with the shortest round trips are the
truest: the estimate is the median offset of the samples within `minimum + spread` (docs/architecture.md).
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

SAMPLES: Final = 16
SPREAD_SECONDS: Final = 0.005
"""Samples whose round trip is at most this much above the shortest count alike."""


class ServerClock:
    """Turns local time into the room's ticks. Local times are seconds of any monotonic clock."""

    def __init__(self, tick_rate: int) -> None:
        self._rate = tick_rate
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES)
        """(round trip seconds, room time − local time) of each PONG."""
        self._offset: float | None = None

    def reset(self) -> None:
        """The room lost time: what was learned about it is void."""
        self._samples.clear()
        self._offset = None

    def add(self, sent_at: float, now: float, tick: int, into_tick_seconds: float, held_seconds: float) -> float:
        """A PONG has come for the PING of `sent_at`; returns the round trip in seconds, without the time that it was held."""
        round_trip = max(0.0, now - sent_at - held_seconds)
        room_time = tick / self._rate + into_tick_seconds
        self._samples.append((round_trip, room_time + round_trip / 2 - now))
        shortest = min(trip for trip, _ in self._samples)
        self._offset = median(offset for trip, offset in self._samples if trip <= shortest + SPREAD_SECONDS)
        return round_trip

    def hint(self, now: float, tick: int) -> None:
        """A snapshot of this tick has come: all there is to go by until the first PONG."""
        if not self._samples:
            self._offset = tick / self._rate - now

    @property
    def known(self) -> bool:
        """Has anything been learned yet?"""
        return self._offset is not None

    def tick_at(self, now: float) -> float:
        """The room's tick at this local time, with its fraction. Raises ValueError before the first sample."""
        if self._offset is None:
            raise ValueError("the room's time is not known yet")
        return (now + self._offset) * self._rate

    @property
    def round_trip_seconds(self) -> float:
        """The shortest recent round trip; 0 before the first sample."""
        return min((trip for trip, _ in self._samples), default=0.0)
