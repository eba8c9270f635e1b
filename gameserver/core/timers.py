"""Calls of a game's own methods that wait for their tick."""

from __future__ import annotations

from typing import Any

import attrs

from gameserver.core.errors import GameError
from gameserver.core.limits import MAX_INTEGER, MAX_TIMERS
from gameserver.core.registry import Limit

TimerArgument = int | str | float | bool | None


def is_plain(value: object) -> bool:
    """Can it be stored and sent: None, a bool, an int of 53 bits, a float, a str without half a surrogate pair?"""
    match value:
        case int() if type(value) is int:
            return abs(value) <= MAX_INTEGER
        case str() if type(value) is str:
            return not any("\ud800" <= character <= "\udfff" for character in value)
    return type(value) in (float, bool, type(None))


@attrs.frozen
class Timer:
    """A call of a game's method that is due at a tick. `number` orders timers of one tick and names them for `cancel`."""

    tick: int
    number: int
    method: str
    arguments: tuple[TimerArgument, ...]


class Timers:
    """Calls that wait for their tick. They are state: they are encoded, hashed and restored like the rest."""

    __slots__ = ("_next", "_plain", "_waiting")

    def __init__(self) -> None:
        self._next = 1
        self._waiting: list[Timer] = []
        """Sorted by (tick, number)."""
        self._plain: list[Any] | None = None
        """What `to_plain` has made of them, as long as they are the same."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def next_tick(self) -> int | None:
        """When the next of them goes off, None if none waits."""
        return self._waiting[0].tick if self._waiting else None

    def add(self, tick: int, method: str, arguments: tuple[TimerArgument, ...]) -> int:
        """Call the method at this tick; returns the timer's number. Raises GameError if too many wait."""
        if len(self._waiting) >= MAX_TIMERS:
            raise GameError(f"{MAX_TIMERS} timers wait already: cancel some, or count ticks in a field", limit=Limit.MAX_TIMERS)
        timer = Timer(tick, self._next, method, arguments)
        self._plain = None
        self._next += 1
        at = len(self._waiting)
        while at and self._waiting[at - 1].tick > tick:  # most timers are the latest so far
            at -= 1
        self._waiting.insert(at, timer)
        return timer.number

    def cancel(self, number: int) -> bool:
        """Forget this timer; False if it has gone off or never was."""
        before = len(self._waiting)
        self._plain = None
        self._waiting = [timer for timer in self._waiting if timer.number != number]
        return len(self._waiting) < before

    def take(self, tick: int) -> Timer | None:
        """Take out the first timer of this tick or an earlier one, None if none is due. One at a time: each may cancel the next."""
        if not self._waiting or self._waiting[0].tick > tick:
            return None
        self._plain = None
        return self._waiting.pop(0)

    def to_plain(self) -> list[Any]:
        if self._plain is None:
            self._plain = [self._next, [(timer.tick, timer.number, timer.method, timer.arguments) for timer in self._waiting]]
        return self._plain

    def from_plain(self, plain: Any) -> None:  # noqa: ANN401 - what to_plain gave, after msgpack
        self._next, waiting = plain
        self._plain = None
        self._waiting = [Timer(*timer) for timer in waiting]
