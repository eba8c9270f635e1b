"""How much may be on its way to one client, and which ticks it gets: judged by its acknowledgements alone.

Nothing is queued for a slow client: it is skipped before anything is made for it. A line is full when its oldest unacknowledged
snapshot has been on its way for longer than the round trip explains. A client that is skipped again and again gets every 2nd,
4th or 8th tick only, so that those bases coincide and fragments are still shared; it rises again when its line stays clear, and the
longer it has to wait for that the more often it was in vain.

The round trip is the least of the last ten to twenty seconds, as BBR has it: a queue on the way only ever makes it longer.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from gameserver.core.limits import ACK_EVERY, ACK_SECONDS, MAX_UNACKED_BYTES

SLACK_SECONDS: Final = 0.1
"""In flight beyond the round trip and its jitter."""
MAX_JITTER_SECONDS: Final = 0.2
"""A line whose round trip varies by more is full, not lively."""
FIRST_WINDOW_SECONDS: Final = 1.0
"""As long as no round trip is known; and the time in which a client acknowledges at the latest."""
BUCKET_SECONDS: Final = 10.0
"""The least round trip of this bucket and of the one before counts."""
JITTER_SHARE: Final = 1 / 8
"""Of the newest difference, in the jitter (RFC 3550 has 1/16 for some fifty packets a second)."""
DIVISORS: Final = (1, 2, 4, 8)
SKIPS: Final = 3
SKIPS_SECONDS: Final = 1.0
"""So many skips within so long a time make it slower."""
PATIENCE_SECONDS: Final = 2.0
"""Without a skip, before a client is tried at the next faster rate."""
MAX_PATIENCE_SECONDS: Final = 32.0


class Pacer:
    """See the module. It knows no present: every call brings `now`, in seconds of any monotonic clock.

    Attributes:
        divisor: the client gets the ticks that it divides.
        acknowledged_tick: the newest snapshot that the client says it has.
    """

    __slots__ = (
        "_best", "_best_before", "_bucket_until", "_class", "_clear_since", "_flight", "_jitter", "_last_sample", "_patience",
        "_period", "_progress_at", "_risen_at", "_skips", "_unacked", "acknowledged_tick", "divisor",
    )  # fmt: skip

    def __init__(self, tick_rate: int, now: float) -> None:
        self.divisor = 1
        self.acknowledged_tick: int | None = None
        self._period = 1.0 / tick_rate
        self._class = 0
        self._flight: deque[tuple[int, float, int]] = deque()
        """Snapshots that are not acknowledged: tick, when they were sent, bytes."""
        self._unacked = 0
        self._progress_at = now
        """When something new was acknowledged last, or the first thing was sent into a clear line."""
        self._best: float | None = None
        self._best_before: float | None = None
        self._bucket_until = now + BUCKET_SECONDS
        self._last_sample: float | None = None
        self._jitter = 0.0
        self._skips: deque[float] = deque(maxlen=SKIPS)
        self._clear_since = now
        self._risen_at = -MAX_PATIENCE_SECONDS
        self._patience = PATIENCE_SECONDS

    @property
    def round_trip_seconds(self) -> float | None:
        """The least of the recent ones, the client's own delay included; None before the first acknowledgement."""
        if self._best is None or self._best_before is None:
            return self._best if self._best_before is None else self._best_before
        return min(self._best, self._best_before)

    @property
    def unacknowledged_bytes(self) -> int:
        """On their way, or lost."""
        return self._unacked

    def is_due(self, tick: int, ran: int) -> bool:
        """Does the client get a snapshot at its rate, after so many ticks were run, this one the last?"""
        return tick // self.divisor > (tick - ran) // self.divisor

    def has_room(self, now: float) -> bool:
        """Is the line clear enough for another snapshot?"""
        if not self._flight:
            return True
        oldest = now - self._flight[0][1]
        return oldest <= SLACK_SECONDS or oldest <= self._window()

    def _window(self) -> float:
        round_trip = self.round_trip_seconds
        if round_trip is None:
            return FIRST_WINDOW_SECONDS + ACK_EVERY * self._period
        delay = (ACK_EVERY if self.divisor == 1 else self.divisor) * self._period  # the oldest has waited for so many others
        return round_trip + delay + 2 * min(self._jitter, MAX_JITTER_SECONDS) + SLACK_SECONDS

    def sent(self, tick: int, size: int, now: float) -> None:
        """A snapshot of so many bytes was handed over."""
        if not self._flight:
            self._progress_at = now
        self._flight.append((tick, now, size))
        self._unacked += size
        if self._class and now - self._clear_since >= self._patience:
            self._risen_at = self._clear_since = now
            self._set_class(self._class - 1)

    def skipped(self, now: float) -> None:
        """A tick that was due was not sent."""
        self._clear_since = now
        self._skips.append(now)
        if len(self._skips) == SKIPS and now - self._skips[0] <= SKIPS_SECONDS and self._class + 1 < len(DIVISORS):
            in_vain = now - self._risen_at < 2 * PATIENCE_SECONDS
            self._patience = min(2 * self._patience, MAX_PATIENCE_SECONDS) if in_vain else PATIENCE_SECONDS
            self._skips.clear()
            self._set_class(self._class + 1)

    def _set_class(self, number: int) -> None:
        self._class = number
        self.divisor = DIVISORS[number]

    def acknowledge(self, tick: int, at: float) -> None:
        """The client has all snapshots up to this tick; it said so at that time. One that was never sent is not believed in."""
        flight = self._flight
        if not flight or tick < flight[0][0] or tick > flight[-1][0]:
            return
        sent_at = at
        while flight and flight[0][0] <= tick:
            _, sent_at, size = flight.popleft()
            self._unacked -= size
        self.acknowledged_tick = tick
        self._progress_at = at
        seconds = at - sent_at if at > sent_at else 0.0
        if self._last_sample is not None:
            self._jitter += (abs(seconds - self._last_sample) - self._jitter) * JITTER_SHARE
        self._last_sample = seconds
        if at >= self._bucket_until:
            self._best_before, self._best = self._best, None
            self._bucket_until = at + BUCKET_SECONDS
        if self._best is None or seconds < self._best:
            self._best = seconds

    def excuse(self, now: float) -> None:
        """Nobody listened for a while: whatever the client did not do in it does not count."""
        self._progress_at = now

    def is_stalled(self, now: float) -> bool:
        """Does the client take nothing any more? Then its line is cut."""
        return bool(self._flight) and (now - self._progress_at > ACK_SECONDS or self._unacked > MAX_UNACKED_BYTES)
