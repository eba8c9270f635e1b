"""One direction of a simulated connection: a queue of bytes with times of arrival, and the two who wait at its ends."""

from __future__ import annotations

import enum
import math
from collections import deque
from typing import TYPE_CHECKING

import attrs
import trio

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

WINDOW_BYTES = 65_536  # the two socket buffers of a connection taken together, at their smallest


class Toward(enum.Enum):
    """A direction of a connection, by the end where the bytes arrive. The client is the end that connected."""

    SERVER = "server"
    CLIENT = "client"


def _not_negative(_: object, field: attrs.Attribute[float], value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{field.name} must be 0 or more, not {value}")


@attrs.frozen
class Latency:
    """How long bytes are on their way in one direction."""

    seconds: float = attrs.field(default=0.0, validator=_not_negative)
    """The least that any write takes."""
    jitter_seconds: float = attrs.field(default=0.0, validator=_not_negative)
    """Up to so much more, drawn evenly for each write. A write never arrives before an earlier one."""
    bytes_per_second: float = attrs.field(default=math.inf, validator=attrs.validators.gt(0))
    """How fast the bytes of successive writes can follow one another."""


class _Waiter:
    """A place where at most one task waits, to be woken or for a time to come.

    trio knows times only as deadlines of cancel scopes, and one of those for each arrival costs as much as all else that a stream
    does. A clock may offer `ring_at(time, ring)`, which calls `ring(now)` when that time has come: then no scope is needed.
    """

    __slots__ = ("_deadline", "_scope", "task")

    def __init__(self) -> None:
        self.task: trio.lowlevel.Task | None = None
        self._scope: trio.CancelScope | None = None
        self._deadline = -math.inf
        """Of the wait that is under way; in the past: it waits for no time."""

    async def wait(self) -> None:
        self.task = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._cancelled)

    async def wait_until(self, deadline: float) -> None:
        """Like `wait`, but no later than the deadline, which `wake_at` may bring forward."""
        self._deadline = deadline
        ring_at = _alarms()
        if ring_at is not None:
            if deadline < math.inf:
                ring_at(deadline, self._ring)
            await self.wait()
        else:
            with trio.CancelScope(deadline=deadline) as self._scope:
                self.task = trio.lowlevel.current_task()
                await trio.lowlevel.wait_task_rescheduled(self._cancelled_or_due)
            self._scope = None
        # If a caller's own deadline came in the same instant, it wins, whatever order trio happened to find them in.
        await trio.lowlevel.checkpoint_if_cancelled()

    def wake(self) -> None:
        task, self.task = self.task, None
        self._deadline = -math.inf
        if task is not None:
            trio.lowlevel.reschedule(task)

    def wake_at(self, time: float) -> None:
        """Wake the task at that time, or at once if it was not waiting for any time: it looks again and waits anew."""
        if self._deadline == -math.inf:
            self.wake()
        elif time < self._deadline:
            self._deadline = time
            ring_at = _alarms()
            if self._scope is not None:
                self._scope.deadline = time
            elif ring_at is not None:
                ring_at(time, self._ring)

    def _ring(self, now: float) -> None:
        """A time has come for which a task waited, perhaps another one."""
        if self._deadline <= now:
            self.wake()

    def _cancelled(self, _: object) -> trio.lowlevel.Abort:
        self.task = None
        self._deadline = -math.inf
        return trio.lowlevel.Abort.SUCCEEDED

    def _cancelled_or_due(self, _: object) -> trio.lowlevel.Abort:
        """Our own deadline comes as a cancellation. Going on plainly saves raising and catching it for each arrival."""
        if trio.current_time() < self._deadline:
            self._scope = None
            return self._cancelled(None)
        self.wake()
        return trio.lowlevel.Abort.FAILED


def _alarms() -> Callable[[float, Callable[[float], None]], None] | None:
    """The `ring_at` of the clock that runs, if it has one."""
    return getattr(trio.lowlevel.current_clock(), "ring_at", None)


class Pipe:
    """One direction of a connection: what was sent and is not yet received."""

    __slots__ = (
        "_chunking",
        "_chunks",
        "_draw",
        "_frozen_at",
        "_held_since",
        "_in_flight",
        "_jitter",
        "_last_at",
        "_lost",
        "_seconds",
        "_seconds_per_byte",
        "_thawed_at",
        "_window",
        "gone_at",
        "reader",
        "taken_at",
        "writer",
    )

    def __init__(self, rng: random.Random, latency: Latency, window: int, chunking: bool) -> None:
        self._draw = rng.random
        self._window = window
        self._chunking = chunking
        self._chunks: deque[tuple[float, bytes | None]] = deque()
        self._in_flight = 0
        self._last_at = 0.0  # when the latest of the chunks arrives
        self._frozen_at = math.inf  # what arrives after this does not, until it is set back
        self._held_since, self._thawed_at = math.inf, -math.inf  # what was due in between arrived at its end
        self.taken_at = 0.0  # when the last of what was taken last arrived
        self._lost = False  # nothing that is sent arrives any more
        self.gone_at = math.inf  # when the reader learns that the writer has closed for good
        self.reader = _Waiter()
        self.writer = _Waiter()
        self.set_latency(latency)

    def set_latency(self, latency: Latency) -> None:
        self._seconds = latency.seconds
        self._jitter = latency.jitter_seconds
        self._seconds_per_byte = 1 / latency.bytes_per_second

    @property
    def instant(self) -> bool:
        return not (self._seconds or self._jitter or self._seconds_per_byte)

    def next_at(self) -> float:
        """When there is something to receive: not later than now if there is already."""
        if self._chunks and self._chunks[0][0] <= self._frozen_at:
            return self._chunks[0][0]
        return math.inf

    def writer_gone(self, now: float) -> bool:
        return self.gone_at <= now and self.gone_at <= self._frozen_at

    def has_room(self) -> bool:
        return self._in_flight < self._window

    def push(self, data: bytes, now: float) -> int:
        """Send as much as there is room for; returns how much that is."""
        n = len(data)
        room = self._window - self._in_flight
        if n > room:
            if room <= 0:
                return 0
            data, n = data[:room], room
        elif n == 0:
            return 0
        self._in_flight += n
        if not self._lost:
            self._arrive(data, n, now)
        return n

    def take(self, most: int, now: float) -> bytes | None:
        """What has arrived, in order; b"" at the end of the stream, None when there is nothing yet.

        Raises:
            trio.BrokenResourceError: a reset has arrived, and everything before it has been taken.
        """
        chunks = self._chunks
        if not chunks:
            return None
        horizon = min(now, self._frozen_at)
        at, data = chunks[0]
        if at > horizon:
            return None
        if data is None:
            raise trio.BrokenResourceError("the peer closed the connection without reading everything")
        if not data:
            return data
        chunks.popleft()
        n = len(data)
        if n < most and chunks and chunks[0][0] <= horizon and chunks[0][1]:
            parts = [data]
            while n < most and chunks and chunks[0][0] <= horizon and (more := chunks[0][1]):
                at = chunks.popleft()[0]
                parts.append(more)
                n += len(more)
            data = b"".join(parts)
        if self._chunking and self._draw() < 0.5:
            most = min(most, 1 + int(n * self._draw() ** 2))  # cut short; a cut after the first few bytes tells most
        if n > most:
            chunks.appendleft((at, data[most:]))
            data, n = data[:most], most
        self.taken_at = self._thawed_at if self._held_since < at < self._thawed_at else at
        self._in_flight -= n
        if self.writer.task is not None and self._in_flight <= self._window >> 1:  # not for a few bytes, as Linux does
            self.writer.wake()
        return data

    def finish(self, now: float) -> None:
        """Send the end of the stream."""
        if not self._lost:
            self._arrive(b"", 0, now)

    def close(self, now: float, *, unread: bool, finished: bool) -> None:
        """The writer has closed for good: an end, or a reset if it has not read all that had arrived for it."""
        if self._lost:
            return
        if unread:
            self._arrive(None, 0, now)
        elif not finished:
            self._arrive(b"", 0, now)
        self.gone_at = max(self._last_at, now + self._seconds)

    def clog(self, now: float) -> None:
        self._frozen_at = min(self._frozen_at, now)

    def unclog(self, now: float) -> None:
        if self._frozen_at < math.inf:
            self._held_since, self._thawed_at = self._frozen_at, now
        self._frozen_at = math.inf
        self.reader.wake()

    def lose(self, now: float) -> None:
        """What is on its way does not arrive, and nothing else ever will."""
        self._lost = True
        horizon = min(now, self._frozen_at)
        while self._chunks and self._chunks[-1][0] > horizon:
            self._chunks.pop()
        if self.gone_at > horizon:
            self.gone_at = math.inf

    def discard(self) -> None:
        """Nobody will read this any more."""
        self._lost = True
        self._chunks.clear()

    def cut_short(self, data: bytes) -> bytes:
        """All of the data, or less of it if chunks may end anywhere."""
        return data[: 1 + int(len(data) * self._draw())] if self._chunking and self._draw() < 0.5 else data

    def _arrive(self, data: bytes | None, n: int, now: float) -> None:
        at = now + self._seconds
        if self._jitter:
            at += self._jitter * self._draw()
        if at < self._last_at:
            at = self._last_at
        if self._seconds_per_byte:
            at += n * self._seconds_per_byte
        self._last_at = at
        chunks = self._chunks
        chunks.append((at, data))
        if self.reader.task is not None and len(chunks) == 1 and at <= self._frozen_at:
            if at <= now:
                self.reader.wake()
            else:
                self.reader.wake_at(at)
