"""A time that follows another one without jerks: what is predicted and what is drawn move along it.

The time that is followed is an estimate, so it jumps a little with whatever is learned. A timeline runs at the rate of real time
while it is near, a little faster or slower until it has come up with its target when it is not, and jumps only where that would
take too long. It never runs backwards: where it would have to, it stands still until its target has come up with it.
"""

from __future__ import annotations

import math
from typing import Final, TypedDict

SLEW: Final = 0.05
"""By how much the rate may differ from real time's: nobody sees 5 %."""
DEAD_BAND_TICKS: Final = 0.5
DEAD_BAND_SLEW: Final = 0.01
"""An error up to this is no reason to hurry: it goes away within seconds, and what the estimate only trembles does not show."""
FAR_SECONDS: Final = 0.1
"""A picture that is off by more than this comes up with its target at `far_slew`: everybody has seen already that it stuck."""
SNAP_TICKS: Final = 10.0
SNAP_SECONDS: Final = 0.5
"""An error beyond either is not made up but jumped over."""
STAND_SECONDS: Final = 1.0
"""Who is ahead of its target by more than this does not wait for it but jumps back: it is another time altogether."""


class Slack(TypedDict):
    """What a Timeline may be told beside its rate."""

    dead_band_ticks: float
    far_slew: float
    snap_ticks: float
    snap_seconds: float
    wait_seconds: float


VIEW_TIME: Final = Slack(dead_band_ticks=0.25, far_slew=0.25, snap_ticks=math.inf, snap_seconds=1.0, wait_seconds=0.1)
"""For the time that is drawn. A backlog of less than a second drains at 1.25 times the speed, a longer one is jumped over. It keeps
closer to its target, and rather waits for it than to be ahead for long, because what it is ahead it lacks in snapshots."""


class Timeline:
    """See the module. Times are seconds of any monotonic clock.

    Attributes:
        snaps: how often it had to jump, or to stand still for its target.
        rate: ticks per tick of real time in the last `advance`; 1 after a jump, 0 while it stands.
    """

    def __init__(
        self,
        tick_rate: int,
        *,
        dead_band_ticks: float = DEAD_BAND_TICKS,
        slew: float = SLEW,
        far_slew: float = SLEW,
        snap_ticks: float = SNAP_TICKS,
        snap_seconds: float = SNAP_SECONDS,
        wait_seconds: float = SNAP_SECONDS,
    ) -> None:
        """The defaults are for the time for which inputs are made; VIEW_TIME is for the one that is drawn.

        `wait_seconds`: who is ahead of its target by more than this waits for it.
        """
        self._tick_rate = tick_rate
        self._dead_band = dead_band_ticks
        self._slew = slew
        self._far_slew = far_slew
        self._far = FAR_SECONDS * tick_rate
        self._snap = min(snap_ticks, snap_seconds * tick_rate)
        self._wait = min(snap_ticks, wait_seconds * tick_rate)
        self._stand = STAND_SECONDS * tick_rate
        self._tick: float | None = None
        self._at: float | None = None
        self._hurries = False
        """It was out of the dead band and has not come up with its target since."""
        self._stands = False
        self.snaps = 0
        self.rate = 1.0

    def reset(self, tick: float | None = None) -> None:
        """Begin anew, at this tick, or where the target is at the next `advance`."""
        self._tick = None if tick is None else float(tick)
        self._at = None
        self._hurries = self._stands = False
        self.rate = 1.0

    def advance(self, now: float, target_tick: float) -> float:
        """The tick on this timeline at this time, while the target is at another."""
        tick = self._tick
        step = max(0.0, now - (now if self._at is None else self._at)) * self._tick_rate
        self._at = now
        if tick is None:
            return self._jump(target_tick)
        error = target_tick - (tick + step)
        if error > self._snap or error < -self._stand:
            self.snaps += 1
            return self._jump(target_tick)
        if error < -self._wait and not self._stands:
            self.snaps += 1
            self._stands = True
        if self._stands:
            self._stands = target_tick < tick
            self.rate = 0.0
            self._tick = max(tick, target_tick)
            return self._tick
        self._hurries = self._hurries or abs(error) > self._dead_band
        most = self._slew_for(abs(error)) * step
        correction = min(max(error, -most), most)
        self._hurries = self._hurries and correction != error
        if step:
            self.rate = 1.0 + correction / step
        self._tick = tick + step + correction
        return self._tick

    def _slew_for(self, error: float) -> float:
        if not self._hurries:
            return min(self._slew, DEAD_BAND_SLEW)
        return self._far_slew if error > self._far else self._slew

    def _jump(self, target_tick: float) -> float:
        self._tick = float(target_tick)
        self._hurries = self._stands = False
        self.rate = 1.0
        return self._tick
