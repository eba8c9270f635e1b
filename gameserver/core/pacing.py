"""How much may be on its way to one client, and which ticks it gets: judged by its acknowledgements alone.

Nothing is queued for a slow client: it is skipped before anything is made for it. A line is full when a snapshot that the client
has to acknowledge has been on its way for longer than the round trip explains. Not every one is such: a client that gets every tick
acknowledges every 4th (docs/protocol.md, section 3), and who waits for an acknowledgement of the third waits for ever.

A client that is skipped again and again gets every 2nd, 4th or 8th tick only, so that those bases coincide and fragments are still
shared; it rises again when its line stays clear, and the longer it has to wait for that the more often it was in vain.

The round trip is the least of the last ten to twenty seconds, as BBR has it: a queue on the way only ever makes it longer. A queue
that never ends would become a part of it, and a way that has become longer would look like a queue. So when a client is put down to
a slower rate, and from time to time while it is there, its line is let run empty first, and the next snapshot measures it anew.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import Final

import attrs

from gameserver.core.limits import (
    ACK_EVERY,
    ACK_SECONDS,
    MAX_UNACKED_BYTES,
    MAX_VIEW_DELAY_SECONDS,
    REWIND_TRUST_SECONDS,
    VIEW_INTERVALS,
)

SLACK_SECONDS: Final = 0.1
"""In flight beyond the round trip and its jitter."""
MAX_JITTER_SECONDS: Final = 0.1
"""A line whose round trip varies by more is full, not lively."""
FIRST_WINDOW_SECONDS: Final = 1.0
"""As long as no round trip is known: more than any line has."""
BUCKET_SECONDS: Final = 10.0
"""The least round trip of this bucket and of the one before counts."""
JITTER_RISE: Final = 1 / 2
JITTER_RISE_SUSPECT: Final = 1 / 8
JITTER_FALL: Final = 1 / 16
"""Share of the newest difference in the jitter. It falls as RFC 3550 has it, and rises at once: a line that was late now and then
will be late again. But where the rate was lowered, or is being tried, it rises slowly: there it may be our own queue that grows."""
DIVISORS: Final = (1, 2, 4, 8)
SKIPS: Final = 3
SKIPS_SECONDS: Final = 1.0
"""So many skips within so long a time make it slower."""
PATIENCE_SECONDS: Final = 2.0
"""Without a skip, before a client is tried at the next faster rate."""
TRIAL_SECONDS: Final = 4.0
"""Whoever is skipped so soon after a try at a faster rate was tried in vain, and waits twice as long for the next one."""
MAX_PATIENCE_SECONDS: Final = 16.0
"""Three rates up take three times as long: so a line that has healed is at its full rate again after a minute."""


@attrs.define  # not frozen: one is made for every snapshot, and a frozen one takes three times as long
class _Sent:
    tick: int
    at: float
    size: int
    is_prompt: bool
    """The client acknowledges it when it arrives, whatever came before."""


class Pacer:
    """See the module. It knows no present: every call brings `now`, in seconds of any monotonic clock.

    Attributes:
        divisor: the client gets the ticks that it divides.
        acknowledged_tick: the newest snapshot that the client says it has.
    """

    __slots__ = (
        "_best", "_best_before", "_bucket_until", "_class", "_clear_since", "_draining", "_flight", "_flows", "_jitter",
        "_last_sample", "_measures_anew", "_patience", "_period", "_progress_at", "_refused_since", "_risen_at", "_skips",
        "_unacked", "_was_full", "acknowledged_tick", "divisor",
    )  # fmt: skip

    def __init__(self, tick_rate: int, now: float, *, flows: bool = True) -> None:
        """`flows`: there is a snapshot in every tick. Else they come when something happens, and so do acknowledgements."""
        self.divisor = 1
        self.acknowledged_tick: int | None = None
        self._period = 1.0 / tick_rate
        self._flows = flows
        self._class = 0
        self._flight: deque[_Sent] = deque()
        """Snapshots that are not acknowledged."""
        self._unacked = 0
        self._progress_at = now
        """When something new was acknowledged last, or the first thing was sent into a clear line."""
        self._refused_since: float | None = None
        """When the first snapshot was skipped since the last that was sent."""
        self._best: float | None = None
        self._best_before: float | None = None
        self._bucket_until = now + BUCKET_SECONDS
        self._last_sample: float | None = None
        self._jitter = 0.0
        self._was_full = False
        """Was anything skipped in this bucket?"""
        self._draining = False
        """The line must run empty before the next snapshot."""
        self._measures_anew: int | None = None
        """The tick of the snapshot that was sent into the empty line."""
        self._skips: deque[float] = deque(maxlen=SKIPS)
        self._clear_since = now
        self._risen_at: float | None = None
        """When it was last tried at a faster rate; None once that was in vain."""
        self._patience = PATIENCE_SECONDS

    @property
    def round_trip_seconds(self) -> float | None:
        """The least of the recent ones, the client's own delay included; None before the first acknowledgement."""
        if self._best is None or self._best_before is None:
            return self._best if self._best_before is None else self._best_before
        return min(self._best, self._best_before)

    @property
    def sight_seconds(self) -> float:
        """How old what the client shows can be when an input arrives that it makes at that sight: the way there and back, the delay
        with which a client shows the others that keeps to docs/protocol.md, and what is given on trust.

        An acknowledgement that rides on an input has waited for it, up to a tick. That much of the round trip may be wrong, and is
        given already; of the jitter it is noise, and half of the rest is that of one way.
        """
        interval = self.divisor * self._period
        jitter = max(0.0, min(self._jitter, MAX_JITTER_SECONDS) - self._period) / 2
        delay = max(VIEW_INTERVALS * interval, min(interval + jitter, MAX_VIEW_DELAY_SECONDS))
        return (self.round_trip_seconds or 0.0) + delay + max(0.0, REWIND_TRUST_SECONDS - self._period)

    @property
    def unacknowledged_bytes(self) -> int:
        """On their way, or lost."""
        return self._unacked

    def is_due(self, tick: int, ran: int) -> bool:
        """Does the client get a snapshot at its rate, after so many ticks were run, this one the last?"""
        return tick // self.divisor > (tick - ran) // self.divisor

    def has_room(self, now: float) -> bool:
        """Is the line clear enough for another snapshot?"""
        flight = self._flight
        if not flight or (not self._draining and now - flight[0].at <= SLACK_SECONDS):
            return True
        awaited = self._awaited()
        return awaited is None or (not self._draining and now - awaited.at <= self._window())

    def _awaited(self) -> _Sent | None:
        """The first snapshot in flight on whose arrival the client acknowledges; None if there are too few for that."""
        flight = self._flight
        for sent in itertools.islice(flight, ACK_EVERY):
            if sent.is_prompt:
                return sent
        return flight[ACK_EVERY - 1] if len(flight) >= ACK_EVERY else None

    def _window(self) -> float:
        round_trip = self.round_trip_seconds
        if round_trip is None:
            return FIRST_WINDOW_SECONDS
        reading = self._period  # an acknowledgement that comes in pieces is read a tick later
        return round_trip + 2 * min(self._jitter, MAX_JITTER_SECONDS) + SLACK_SECONDS + reading

    def sent(self, tick: int, size: int, now: float) -> None:
        """A snapshot of so many bytes was handed over, and with it the client was told the divisor."""
        if not self._flight:
            self._progress_at = now
        self._refused_since = None
        if self._draining:
            self._draining = False
            self._measures_anew = tick
        self._flight.append(_Sent(tick, now, size, self.divisor > 1))
        self._unacked += size
        if self._class and now - self._clear_since >= self._patience:
            self._risen_at = self._clear_since = now
            self._set_class(self._class - 1)

    def skipped(self, now: float) -> None:
        """A tick that was due was not sent."""
        self._clear_since = now
        if self._refused_since is None:
            self._refused_since = now
        if self._draining and self._awaited() is not None:
            return  # it is skipped so that its line runs empty: that is no new complaint
        self._was_full = True
        self._skips.append(now)
        if len(self._skips) == SKIPS and now - self._skips[0] <= SKIPS_SECONDS and self._class + 1 < len(DIVISORS):
            if self._is_on_trial(now):
                self._patience = min(2 * self._patience, MAX_PATIENCE_SECONDS)
            elif not self._class:
                self._patience = PATIENCE_SECONDS
            self._risen_at = None  # one stall takes it down by several rates, and is one lesson
            self._skips.clear()
            self._draining = True
            self._set_class(self._class + 1)

    def _is_on_trial(self, now: float) -> bool:
        return self._risen_at is not None and now - self._risen_at < TRIAL_SECONDS

    def _set_class(self, number: int) -> None:
        self._class = number
        self.divisor = DIVISORS[number]

    def acknowledge(self, tick: int, at: float) -> None:
        """The client has all snapshots up to this tick; it said so at that time. One that was never sent is not believed in."""
        flight = self._flight
        if not flight or tick < flight[0].tick or tick > flight[-1].tick:
            return
        newest = flight[0]
        while flight and flight[0].tick <= tick:
            newest = flight.popleft()
            self._unacked -= newest.size
        self.acknowledged_tick = newest.tick
        self._progress_at = at
        if self._measures_anew is not None and newest.tick >= self._measures_anew:
            self._measures_anew = None
            self._best = self._last_sample = None
            self._jitter = 0.0  # what it was before was the growth of our own queue
            self._begin_bucket(at)
        elif at >= self._bucket_until:
            self._draining = self._was_full and self.divisor > 1
            self._begin_bucket(at)
        self._sample(max(0.0, at - newest.at), at)

    def _begin_bucket(self, at: float) -> None:
        self._best_before, self._best = self._best, None
        self._bucket_until = at + BUCKET_SECONDS
        self._was_full = False

    def _sample(self, seconds: float, at: float) -> None:
        if self._last_sample is not None:
            difference = abs(seconds - self._last_sample)
            rise = JITTER_RISE_SUSPECT if self._class or self._is_on_trial(at) else JITTER_RISE
            self._jitter += (difference - self._jitter) * (rise if difference > self._jitter else JITTER_FALL)
        self._last_sample = seconds
        self._best = seconds if self._best is None else min(self._best, seconds)

    def excuse(self, now: float) -> None:
        """Nobody listened for a while: whatever the client did not do in it does not count."""
        self._progress_at = now
        self._refused_since = None

    def is_stalled(self, now: float) -> bool:
        """Does the client take nothing any more? Then its line is cut."""
        if not self._flight:
            return False
        patience = ACK_SECONDS + (ACK_EVERY - 1) * self._period  # from the first to the fourth it need not say anything
        waiting_since: float | None = self._progress_at
        if not self._flows:  # the fourth may come in an hour: only who lets one wait is to blame
            awaited = self._awaited()
            waiting_since = max(self._progress_at, awaited.at) if awaited is not None else self._refused_since
        return (waiting_since is not None and now - waiting_since > patience) or self._unacked > MAX_UNACKED_BYTES
