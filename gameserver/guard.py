"""Stops game code that does not end.

All rooms share one thread, so a hook that loops for ever would be the end of every match. The guard runs each hook under
a timer, whose signal interrupts the hook and raises `HookTimeout` in the game's own frames:

    trio > room > Guard.run > hook > the game's frames
                            └────── an alarm raises only here

1. **Where.** An alarm raises only if `Guard.run` is on the interrupted stack and the interrupted frame is not one of this
   module. Everywhere else it does nothing, so it neither breaks trio nor leaks out of `run` when a hook ends just in time.
2. **When.** The timer counts real time, but the sentence is about *CPU time of this thread*: an alarm that finds too
   little of it used sets the timer anew, for what is left. Real time is a second, wider limit, for a hook that blocks. It
   is counted in periods of the timer, and a period counts for no longer than it was set to: if the process was stopped in
   the middle of an innocent hook, that costs the hook one period and not the whole stop.
3. **No way out.** `HookTimeout` is a `BaseException`, so `except Exception` does not hold it. A bare `except` or a
   `__del__` does, and that is a fault too: `run` raises another when the hook returns. A hook that does not return is
   chased: a trace function raises at the next line of the game, which is then in the `except` clause, outside of its
   `try`. The chase begins when a `HookTimeout` is dropped inside the hook (its `__del__` tells us), or at the next alarm
   if the game keeps it. Python removes a trace function that has raised, so that the next `except` further out would hold;
   it is set again when the exception is dropped in turn or, by a profile function, at the next call or return.

Two things it cannot stop. One call into C that heeds no signal, like `sum(range(10**9))`, is for a watchdog outside of the
process. And only Python frames can be raised in, so `run(time.sleep, 30)` is not interrupted: a hook is a Python function.
"""

from __future__ import annotations

import signal
import sys
import threading
from functools import partial
from threading import get_ident
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Protocol, TypeVar, TypeVarTuple

from gameserver.core.limits import HOOK_CPU_SECONDS, HOOK_WALL_SECONDS
from gameserver.core.registry import Limit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, Self

    from _typeshed import ProfileFunction, TraceFunction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


GRACE_SECONDS = 0.01
"""Time from the first alarm that raises to the second: enough for an honest `finally`, and still far from 250 ms."""

SHORTEST_SECONDS = 0.001
"""The timer is never set anew for less: real time runs ahead of CPU time, and would ring ever faster towards the end."""


class HookTimeout(BaseException):
    """A hook of a game took too long. It is the game's fault, and costs the room that runs it.

    Not an `Exception`, because games write `except Exception`. Whoever calls `Guard.run` has to catch it by name.
    """

    def __init__(
        self, message: str, when_dropped: Callable[[], None] | None = None, *, limit: Limit = Limit.HOOK_CPU_SECONDS
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self._when_dropped = when_dropped

    def __del__(self) -> None:
        if self._when_dropped is not None:
            self._when_dropped()


class HookRunner(Protocol):
    """Calls the hooks of games, inside a `with` block: `Guard` with limits, `NoGuard` without."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

    def run(
        self,
        hook: Callable[[*Ts], T],
        *args: *Ts,
        cpu_seconds: float = HOOK_CPU_SECONDS,
        wall_seconds: float = HOOK_WALL_SECONDS,
    ) -> T:
        """Return `hook(*args)`; see `Guard.run`."""
        ...


def available() -> bool:
    """Return whether a `Guard` can be entered here: the system has interval timers, and this is the main thread."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


class NoGuard:
    """Calls hooks and does nothing else: for virtual time, where seconds mean nothing, and for where no `Guard` can be."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        pass

    def run(
        self,
        hook: Callable[[*Ts], T],
        *args: *Ts,
        cpu_seconds: float = HOOK_CPU_SECONDS,
        wall_seconds: float = HOOK_WALL_SECONDS,
    ) -> T:
        """Return `hook(*args)`, however long it takes."""
        return hook(*args)


class Guard:
    """Calls hooks and interrupts those that take too long.

    One per process at a time, because it owns `SIGALRM` and the real-time timer while it is entered; and in the main thread
    only, because that is where Python runs signal handlers.
    """

    def __init__(self) -> None:
        self._thread = 0  # where we were entered; 0: we are not
        self._old_handler: Any = None  # whatever `signal.signal` gave us back, for it to take again
        self._old_tracer: TraceFunction | None = None
        self._old_profiler: ProfileFunction | None = None
        self._running = False  # from the call of `run` to its end
        self._armed = False  # while the hook is being called: the only time when an alarm means anything
        self._number = 0  # of this run, so that an exception kept from an earlier one is told apart
        self._cpu_limit = self._wall_limit = 0.0
        self._cpu_start = 0.0
        self._wall_used = 0.0
        self._period = 0.0  # what the timer was set to
        self._period_start = 0.0
        self._strikes = 0  # alarms that have raised in this run
        self._chasing = False  # whether the trace and profile functions are ours now, and the old ones must come back

    def __enter__(self) -> Self:
        """Take the timer and its signal.

        Raises:
            RuntimeError: not available here, entered already, or somebody else is using the timer.
        """
        if not available():
            raise RuntimeError("a Guard needs the main thread and signal.setitimer; use NoGuard here")
        if isinstance(getattr(signal.getsignal(signal.SIGALRM), "__self__", None), Guard):
            raise RuntimeError("a Guard is entered already, and there can be one per process")
        if signal.getitimer(signal.ITIMER_REAL)[0]:
            raise RuntimeError("the real-time timer is in use; a Guard cannot share it")
        self._old_handler = signal.signal(signal.SIGALRM, self._on_alarm)
        self._thread = get_ident()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        self._thread = 0
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        # None stands for a handler that was not set from Python, which we cannot set either.
        signal.signal(signal.SIGALRM, signal.SIG_DFL if self._old_handler is None else self._old_handler)

    def run(
        self,
        hook: Callable[[*Ts], T],
        *args: *Ts,
        cpu_seconds: float = HOOK_CPU_SECONDS,
        wall_seconds: float = HOOK_WALL_SECONDS,
    ) -> T:
        """Return `hook(*args)`.

        What the hook raises passes through as it is, unless it raises it after its time was up.

        Args:
            hook: a Python function; a function written in C could not be interrupted.
            cpu_seconds: CPU time of this thread that it may use.
            wall_seconds: real time that it may take.

        Raises:
            HookTimeout: it took longer, whatever it did about being told so.
            RuntimeError: not entered, not in the thread that entered, or called from within a hook.
            ValueError: a limit is not positive.
        """
        if self._running or get_ident() != self._thread:
            raise RuntimeError(self._why_not())
        period = cpu_seconds if cpu_seconds < wall_seconds else wall_seconds
        if period <= 0:
            raise ValueError("a hook needs more than no time")
        returned = False
        try:
            self._running = True
            self._number += 1
            self._strikes = 0
            self._cpu_limit = cpu_seconds
            self._wall_limit = wall_seconds
            self._wall_used = 0.0
            self._period = period
            self._period_start = monotonic()
            self._cpu_start = thread_time()
            self._armed = True
            signal.setitimer(signal.ITIMER_REAL, period, GRACE_SECONDS)
            result = hook(*args)
            returned = True
            return result
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            self._running = False
            if self._strikes:
                # If the hook returned, `exc_info` would give an exception that our caller is handling.
                self._judge(None if returned else sys.exc_info()[1])

    def _why_not(self) -> str:
        if not self._thread:
            return "the Guard is not entered"
        if get_ident() != self._thread:
            return "hooks run in the thread that entered the Guard"
        return "a hook cannot run another hook under the same Guard"

    def _judge(self, error: BaseException | None) -> None:
        """Clean up after a run that had to be interrupted, and raise `HookTimeout` unless `error`, already raised, is one."""
        if self._chasing:
            self._chasing = False
            sys.setprofile(self._old_profiler)
            sys.settrace(self._old_tracer)
            self._old_tracer = self._old_profiler = None
        if not isinstance(error, HookTimeout | KeyboardInterrupt):
            complaint, limit = self._complaint()
            raise HookTimeout(complaint + ", and swallowed the exception that told it so", limit=limit)

    def _complaint(self) -> tuple[str, Limit]:
        if thread_time() - self._cpu_start >= self._cpu_limit:
            return f"the hook used more than {self._cpu_limit:g} s of CPU time", Limit.HOOK_CPU_SECONDS
        return f"the hook took more than {self._wall_limit:g} s", Limit.HOOK_WALL_SECONDS

    def _timeout(self) -> HookTimeout:
        """Make the exception to raise in the game's frames; it reports when the game lets go of it."""
        complaint, limit = self._complaint()
        return HookTimeout(complaint, partial(self._on_dropped, self._number), limit=limit)

    def _on_alarm(self, _signum: int, frame: FrameType | None) -> None:
        """Raise in the interrupted frame if it is the game's and its time is up. If we miss, the timer repeats."""
        frames = self._frames_of_game(frame)
        if not frames:
            return
        if not self._strikes:
            now = monotonic()
            self._wall_used += min(now - self._period_start, self._period)
            self._period_start = now
            left = min(self._cpu_limit - (thread_time() - self._cpu_start), self._wall_limit - self._wall_used)
            if left > 0:
                self._period = max(left, SHORTEST_SECONDS)
                signal.setitimer(signal.ITIMER_REAL, self._period, GRACE_SECONDS)
                return
        self._strikes += 1
        if self._strikes > 1:
            self._chase(frames)
        raise self._timeout()

    def _on_dropped(self, number: int) -> None:
        """The game has let go of a `HookTimeout`. If that was in the very run that it was to end, chase the game."""
        if self._armed and number == self._number:
            # The frame behind the one of `HookTimeout.__del__`; in another thread there may be none.
            self._chase(self._frames_of_game(sys._getframe(1).f_back))

    def _frames_of_game(self, frame: FrameType | None) -> list[FrameType]:
        """Return the frames from `frame` up to `run`; none if it is not the game that is running in `frame`."""
        frames: list[FrameType] = []
        if not self._armed or frame is None or frame.f_globals is globals():
            return frames
        while frame is not None:
            if frame.f_code is _RUN:
                return frames
            frames.append(frame)
            frame = frame.f_back
        return []

    def _chase(self, frames: list[FrameType]) -> None:
        """Raise at the next line of whichever of the frames comes to one first."""
        if not frames:
            return
        if not self._chasing:
            self._chasing = True
            self._old_tracer = sys.gettrace()
            self._old_profiler = sys.getprofile()
            sys.setprofile(self._on_profile)
        for frame in frames:
            frame.f_trace = self._on_trace
        sys.settrace(self._on_trace)

    def _on_trace(self, frame: FrameType, event: str, _arg: object) -> TraceFunction | None:
        # A generator may outlive the run with this function still in its frame, to be called under a debugger.
        if not self._armed or frame.f_globals is globals():
            return None
        if event == "line":
            raise self._timeout()
        return self._on_trace

    def _on_profile(self, frame: FrameType, event: str, _arg: object) -> None:
        """A frame or a function in C was called or left: if the chase has come to a halt, set off again."""
        if sys.gettrace() is None:
            self._chase(self._frames_of_game(frame.f_back if event == "return" else frame))


_RUN = Guard.run.__code__
