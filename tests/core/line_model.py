"""A model of one line in virtual time: a server that asks a Pacer before it sends, a pipe each way, a peer that acknowledges.

Nothing here waits or draws from anywhere but the seed, so a minute of a line is some milliseconds.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.limits import ACK_EVERY
from gameserver.core.pacing import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable

SETTLE_SECONDS: Final = 3.0
"""As long as nothing is known of a line it may be filled."""


@attrs.frozen(kw_only=True)
class Weather:
    """What a line is like at one time."""

    round_trip: float = 0.01
    """Seconds there and back of an empty packet."""
    jitter: float = 0.0
    """Up to so many seconds more, each way."""
    bytes_per_second: float = 1e7
    spikes: float = 0.0
    """Share of packets that take `spike_seconds` more."""
    spike_seconds: float = 0.05
    is_stalled: bool = False
    """Nothing gets through, until it is false again."""


@attrs.frozen(kw_only=True)
class Peer:
    """How a client acknowledges."""

    every: int = ACK_EVERY
    """Snapshots, while it gets every tick; each one while it does not, as docs/protocol.md asks."""
    stops_at: float = float("inf")
    """From then on it says nothing."""


class _Pipe:
    """One direction, first in, first out."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._waiting: deque[tuple[float, int, int]] = deque()
        self._free_at = 0.0
        self._last_at = 0.0

    def send(self, number: int, extra: int, size: int, now: float, weather: Weather) -> None:
        self._free_at = max(self._free_at, now) + size / weather.bytes_per_second
        at = self._free_at + weather.round_trip / 2 + self._rng.uniform(0.0, weather.jitter)
        if self._rng.random() < weather.spikes:
            at += weather.spike_seconds
        self._last_at = at = max(at, self._last_at)
        self._waiting.append((at, number, extra))

    def hold_until(self, time: float) -> None:
        """A stall: nothing that is on its way arrives before this time."""
        self._waiting = deque((max(at, time), number, extra) for at, number, extra in self._waiting)
        self._last_at = max(self._last_at, time)
        self._free_at = max(self._free_at, time)

    def arrived(self, now: float) -> list[tuple[float, int, int]]:
        taken = []
        while self._waiting and self._waiting[0][0] <= now:
            taken.append(self._waiting.popleft())
        return taken


@attrs.define
class Seen:
    """What came of it."""

    sent: int = 0
    skips: list[float] = attrs.field(factory=list)
    changes: list[tuple[float, int]] = attrs.field(factory=list)
    """(when, the divisor from then on)."""
    ages: list[tuple[float, float]] = attrs.field(factory=list)
    """(when, age of what the client had, in seconds), once a tick."""
    stalled_at: float | None = None

    def worst_age(self, after: float = SETTLE_SECONDS) -> float:
        """Seconds."""
        return max(age for at, age in self.ages if at >= after)

    def seconds_between_tries(self) -> list[float]:
        """From one change to a faster rate to the next."""
        rises = [at for (at, divisor), (_, before) in zip(self.changes[1:], self.changes, strict=False) if divisor < before]
        return [later - earlier for earlier, later in itertools.pairwise(rises)]


def run(
    weather: Callable[[float], Weather] | Weather,
    *,
    seconds: float = 60.0,
    rate: int = 30,
    size: int = 300,
    peer: Peer = Peer(),
    seed: int = 1,
) -> tuple[Pacer, Seen]:
    """Play a line for so long. `weather` as a function of time, or always the same."""
    rng = random.Random(seed)
    at_time: Callable[[float], Weather] = weather if callable(weather) else lambda _: weather
    pacer = Pacer(rate, 0.0)
    down, up = _Pipe(rng), _Pipe(rng)
    seen = Seen()
    got_from = 0.0
    heard = 0
    divisor = pacer.divisor
    for tick in range(1, round(seconds * rate) + 1):
        now = tick / rate
        here = at_time(now)
        if here.is_stalled:
            for pipe in (down, up):
                pipe.hold_until(now + 1 / rate)
        for at, number, told in down.arrived(now):
            got_from = number / rate
            heard += 1
            if (heard >= peer.every or told > 1) and at < peer.stops_at:
                heard = 0
                up.send(number, 0, 15, at, here)
        for at, number, _ in up.arrived(now):
            pacer.acknowledge(number, at)
        seen.ages.append((now, now - got_from))
        if pacer.is_stalled(now):
            seen.stalled_at = now
            break
        if pacer.is_due(tick, 1):
            if pacer.has_room(now):
                down.send(tick, pacer.divisor, size, now, here)
                pacer.sent(tick, size, now)
                seen.sent += 1
            else:
                pacer.skipped(now)
                seen.skips.append(now)
        if pacer.divisor != divisor:
            divisor = pacer.divisor
            seen.changes.append((now, divisor))
    return pacer, seen
