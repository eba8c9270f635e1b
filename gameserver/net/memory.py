"""The store of a server that is alone: values and logs in the memory of this process."""

from __future__ import annotations

import heapq
import math
import sys
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import attrs
import trio

from gameserver.core.limits import MAX_STORED_LOG

if TYPE_CHECKING:
    from collections.abc import Callable


@attrs.define
class _Log:
    """The last records of one log; the newest is kept, whatever its size."""

    records: deque[bytes] = attrs.field(factory=deque)
    dropped: int = 0
    """So many before them."""
    held_bytes: int = 0

    def append(self, record: bytes) -> int:
        self.records.append(record)
        self.held_bytes += sys.getsizeof(record)
        while self.held_bytes > MAX_STORED_LOG and len(self.records) > 1:
            self.held_bytes -= sys.getsizeof(self.records.popleft())
            self.dropped += 1
        return self.dropped + len(self.records) - 1

    def read(self, start: int, most: int) -> list[bytes]:
        """Those that were dropped are empty, so that whoever reads on keeps count."""
        begin = start - self.dropped
        if begin >= len(self.records):
            return []
        empty = min(most, max(0, -begin))
        return [b""] * empty + list(islice(self.records, max(0, begin), max(0, begin) + most - empty))


class MemoryStore:
    """A `gameserver.ports.Store` that forgets everything when the process ends, and of a log what is over MAX_STORED_LOG.

    Each method is one checkpoint and then happens at once, so no two of them interleave.

    Args:
        clock: tells when a value's time is over; trio's own clock by default.
    """

    def __init__(self, clock: Callable[[], float] = trio.current_time) -> None:
        self._clock = clock
        self._values: dict[str, tuple[bytes, float]] = {}  # with the time at which it is over
        self._logs: dict[str, _Log] = {}
        self._ends: list[tuple[float, str]] = []  # a heap of what may be over; an entry may be stale

    async def get(self, key: str) -> bytes | None:
        await trio.lowlevel.checkpoint()
        if key in self._logs:
            raise ValueError(f"{key!r} is a log: read it")
        self._forget_what_is_over()
        held = self._values.get(key)
        return None if held is None else held[0]

    async def put(self, key: str, value: bytes, *, seconds_to_live: float | None = None) -> None:
        await trio.lowlevel.checkpoint()
        self._forget_what_is_over()
        self._set(key, value, seconds_to_live)

    async def put_new(self, key: str, value: bytes, *, seconds_to_live: float) -> bool:
        await trio.lowlevel.checkpoint()
        self._forget_what_is_over()
        if key in self._values or key in self._logs:
            return False
        self._set(key, value, seconds_to_live)
        return True

    async def delete(self, key: str) -> None:
        await trio.lowlevel.checkpoint()
        self._values.pop(key, None)
        self._logs.pop(key, None)

    async def append(self, log: str, record: bytes) -> int:
        await trio.lowlevel.checkpoint()
        self._forget_what_is_over()
        if log in self._values:
            raise ValueError(f"{log!r} is a value, not a log: delete it first")
        return self._logs.setdefault(log, _Log()).append(bytes(record))

    async def read(self, log: str, start: int = 0, most: int = 100) -> list[bytes]:
        if start < 0 or most < 0:
            raise ValueError("start and most count from 0")
        await trio.lowlevel.checkpoint()
        self._forget_what_is_over()
        if log in self._values:
            raise ValueError(f"{log!r} is a value, not a log: get it")
        return self._logs[log].read(start, most) if log in self._logs else []

    def _set(self, key: str, value: bytes, seconds_to_live: float | None) -> None:
        end = math.inf
        if seconds_to_live is not None:
            if not seconds_to_live > 0:
                raise ValueError(f"seconds_to_live must be more than 0, not {seconds_to_live}")
            end = self._clock() + seconds_to_live
            heapq.heappush(self._ends, (end, key))
        self._logs.pop(key, None)
        self._values[key] = (bytes(value), end)

    def _forget_what_is_over(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            _, key = heapq.heappop(self._ends)
            held = self._values.get(key)
            if held is not None and held[1] <= now:  # not set anew in between
                del self._values[key]
