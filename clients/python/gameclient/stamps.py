"""For which tick an input is that is sent now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gameclient.clock import ServerClock

LEAST_SAFETY_TICKS: Final = 0.5
"""An input that is sent even later meets its own tick on a line that jitters."""


class Stamps:
    """Steers by the margin that each snapshot reports: a little more than one tick is wanted.

    Attributes:
        last: the highest tick for which an input was sent.
        margin_seconds: how long before its tick our newest input came, as the server says; None before the first.
    """

    def __init__(self) -> None:
        self.last = 0
        self.margin_seconds: float | None = None
        self._safety = 1.0

    def begin(self, tick: int) -> None:
        """The room's time is another now, of which this is the tick in hand: ticks of before mean nothing."""
        self.last = tick

    def next(self, clock: ServerClock, now: float, tick_rate: int) -> int:
        """The first tick for which an input that is sent now arrives in time, and for which none was sent."""
        lead = clock.round_trip_seconds / 2 * tick_rate + self._safety_ticks(tick_rate)
        return max(self.last + 1, int(clock.tick_at(now) + lead) + 1)

    def _safety_ticks(self, tick_rate: int) -> float:
        """How much earlier than needed, in ticks: one, and more while inputs come late."""
        if self.margin_seconds is None:
            return 1.0
        margin_ticks = self.margin_seconds * tick_rate
        self._safety += 0.1 * (1.0 - margin_ticks) if margin_ticks < 1.0 else 0.02 * (1.0 - min(margin_ticks, 4.0))
        self._safety = min(max(self._safety, LEAST_SAFETY_TICKS), tick_rate / 4)
        return self._safety
