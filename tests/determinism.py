"""Runs an async function in virtual time so that the same seed gives the same run, in every process.

Time is a `MockClock` that jumps as soon as everybody waits, so nothing depends on the machine. What is left is the order in
which trio runs the tasks that are ready: it shuffles them. Two of trio's private names decide how, and the clock needs two more to
ring alarms; nothing else in this project uses them. Threads and real sockets are outside of all this: code under test gets
simulated ports instead.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, TypeVar

import trio
import trio._core._run as scheduler
import trio.testing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

SHUFFLER = "_r"  # the random.Random with which trio shuffles ready tasks
SORT_FIRST = "_ALLOW_DETERMINISTIC_SCHEDULING"  # sort them before that, so that the order of sets does not shine through
RUNNER = "GLOBAL_RUN_CONTEXT"  # who knows the next deadline
JUMP = "_autojump"  # of MockClock: what trio calls when everybody waits


class VirtualTime:
    """The time of a run, and functions to be called at their time: what a `MockClock` lacks.

    A simulated line wakes its reader so, for a quarter of what a cancel scope with a deadline costs.

    Attributes:
        clock: a MockClock, which cannot be subclassed, with our time, our jumps and `ring_at`.
        now: in seconds.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.clock = trio.testing.MockClock(autojump_threshold=0)
        for name, ours in (
            ("current_time", lambda: self.now),
            ("jump", self.jump),
            ("ring_at", self.ring_at),
            (JUMP, self._jump_on),
        ):
            setattr(self.clock, name, ours)
        self._alarms: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0

    def jump(self, seconds: float) -> None:
        """As MockClock's."""
        if seconds < 0:
            raise ValueError("time can't go backwards")
        self.now += seconds

    def ring_at(self, time: float, ring: Callable[[float], None]) -> None:
        """Call `ring(now)` when this time has come, everybody waits, and the deadlines of that instant are over: those win."""
        self._count += 1
        heapq.heappush(self._alarms, (time, self._count, ring))

    def _jump_on(self) -> None:
        """Everybody waits: go on to the next deadline or alarm."""
        alarms = self._alarms
        deadline: float = getattr(scheduler, RUNNER).runner.deadlines.next_deadline()
        next_at = min(deadline, alarms[0][0]) if alarms else deadline
        if self.now < next_at < math.inf:
            self.now = next_at
        while alarms and alarms[0][0] <= self.now < deadline:
            heapq.heappop(alarms)[2](self.now)


def run_deterministic(async_fn: Callable[..., Awaitable[T]], *args: object, seed: int) -> T:
    """`trio.run` in virtual time, with the order of tasks decided by the seed.

    If every task waits and none for a time, this hangs like any other `trio.run`: give a scenario an end.

    Raises:
        RuntimeError: this trio has lost one of the private names.
    """
    for name in (SHUFFLER, SORT_FIRST, RUNNER, JUMP):
        if not hasattr(trio.testing.MockClock if name == JUMP else scheduler, name):
            raise RuntimeError(
                f"trio {trio.__version__} has no {name} in trio._core._run any more, or in MockClock. Find there what decides the "
                f"order of ready tasks and when the clock jumps now (look for `batch` and `idle_primed` in `unrolled_run`), use it "
                f"here, and let tests/test_determinism.py judge; until then pin trio to 0.35"
            )
    shuffler = getattr(scheduler, SHUFFLER)
    state, sorts = shuffler.getstate(), getattr(scheduler, SORT_FIRST)
    shuffler.seed(seed)
    setattr(scheduler, SORT_FIRST, True)
    try:
        return trio.run(async_fn, *args, clock=VirtualTime().clock)
    finally:
        setattr(scheduler, SORT_FIRST, sorts)
        shuffler.setstate(state)
