"""How often something may be done, counted for each who does it: by addresses, by accounts."""

from __future__ import annotations

from typing import Final

_ROUNDING: Final = 1e-9


class Rates:
    """So many a second for each key, and so many at once.

    It knows no present: every call brings `now`, in seconds of any monotonic clock. A key is kept as the time at which it will be
    full again (GCRA, ITU-T I.371), and forgotten then: what is remembered is bounded by what was let through in that time.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._seconds_each = 1.0 / per_second
        self._full = burst / per_second
        self._full_at: dict[str, float] = {}
        """In the order of the last time that each did it."""

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._full_at)

    def take(self, key: str, now: float) -> float:
        """May it be done once more? Then it is counted, and this is 0; else it is the seconds until it may."""
        self._forget(now)
        seconds = self.left(key, now)
        if not seconds:
            self._full_at[key] = max(self._full_at.pop(key, now), now) + self._seconds_each  # at the end
        return seconds

    def left(self, key: str, now: float) -> float:
        """Seconds until `take` would count it; 0: now."""
        excess = max(self._full_at.get(key, now), now) + self._seconds_each - now - self._full
        return excess if excess > _ROUNDING else 0.0

    def _forget(self, now: float) -> None:
        for key, full_at in tuple(self._full_at.items())[:2]:  # two go for each that comes: so what is over does not pile up
            if full_at > now:
                break
            del self._full_at[key]
