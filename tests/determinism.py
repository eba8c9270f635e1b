"""Runs an async function in virtual time so that the same seed gives the same run, in every process.

Time is a `MockClock` that jumps as soon as everybody waits, so nothing depends on the machine. What is left is the order in
which trio runs the tasks that are ready: it shuffles them. Two of trio's private names decide how, and nothing else in this
project uses them. Threads and real sockets are outside of all this: code under test gets simulated ports instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import trio
import trio._core._run as scheduler
import trio.testing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

SHUFFLER = "_r"  # the random.Random with which trio shuffles ready tasks
SORT_FIRST = "_ALLOW_DETERMINISTIC_SCHEDULING"  # sort them before that, so that the order of sets does not shine through


def run_deterministic(async_fn: Callable[..., Awaitable[T]], *args: object, seed: int) -> T:
    """`trio.run` in virtual time, with the order of tasks decided by the seed.

    If every task waits and none for a time, this hangs like any other `trio.run`: give a scenario an end.

    Raises:
        RuntimeError: this trio has lost one of the two private names.
    """
    for name in (SHUFFLER, SORT_FIRST):
        if not hasattr(scheduler, name):
            raise RuntimeError(
                f"trio {trio.__version__} has no trio._core._run.{name} any more. Find what decides the order of ready tasks in "
                f"that file now (look for `batch` in `unrolled_run`), use it here, and let tests/test_determinism.py judge; "
                f"until then pin trio to 0.35"
            )
    shuffler = getattr(scheduler, SHUFFLER)
    state, sorts = shuffler.getstate(), getattr(scheduler, SORT_FIRST)
    shuffler.seed(seed)
    setattr(scheduler, SORT_FIRST, True)
    try:
        return trio.run(async_fn, *args, clock=trio.testing.MockClock(autojump_threshold=0))
    finally:
        setattr(scheduler, SORT_FIRST, sorts)
        shuffler.setstate(state)
