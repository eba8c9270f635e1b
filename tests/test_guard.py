"""The guard with real signals and real time: the one place where tests wait, because a signal cannot be pretended.

Blocks are measured in CPU time of this thread, so that a busy machine fails no test, and limits are short where they can be.
"""

# How the hooks below catch what they should not is what is tested, so it stays spelled out:
# ruff: noqa: SIM105

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio

import gameserver
from gameserver.core.limits import HOOK_WALL_SECONDS
from gameserver.guard import Guard, HookRunner, HookTimeout, NoGuard, available

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no signal.setitimer: games run unguarded on this system")

SHORT = 0.05
"""A CPU limit for tests that do not care which one it is."""

LATEST = 0.06
"""How much CPU time may pass from the limit to the end of the hook: at the real limit, all other rooms are back by 260 ms."""


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as guard:
        yield guard


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python say nothing about exceptions in `__del__`: here they are what is to be expected."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)


# --- hooks that do not end ---------------------------------------------------------------------------------------------------
# An alarm that lands in `while True: pass` is raised outside of an enclosing `try`, hence the loops that count.


def spin() -> NoReturn:
    n = 0
    while True:
        n += 1


def spin_without_body() -> NoReturn:
    while True:
        pass


def spin_in_generator() -> None:
    def numbers() -> Iterator[int]:
        while True:
            yield 1

    for _ in numbers():
        pass


def spin_in_except_exception() -> None:
    while True:
        try:
            spin()
        except Exception:
            pass


def spin_in_bare_except() -> None:
    while True:
        n = 0
        try:
            while True:
                n += 1
        except:  # noqa: E722 — that is the point
            pass


def try_briefly_and_often() -> None:
    while True:
        try:
            time.monotonic()
        except BaseException:
            pass


def spin_in_bare_except_of_a_callee() -> None:
    def callee() -> None:
        while True:
            try:
                spin()
            except BaseException:
                continue

    while True:
        try:
            callee()
        except BaseException:
            pass


def spin_in_nested_excepts() -> None:
    while True:
        try:
            try:
                try:
                    spin()
                except BaseException:
                    pass
            except BaseException:
                pass
        except BaseException:
            pass


def spin_in_except_that_keeps() -> None:
    kept = []
    while True:
        try:
            spin()
        except BaseException as error:
            kept.append(error)


def spin_in_excepts_that_keep() -> None:
    kept = []

    def callee() -> None:
        while True:
            try:
                try:
                    spin()
                except BaseException as error:
                    kept.append(error)
            except BaseException as error:
                kept.append(error)

    while True:
        try:
            callee()
        except BaseException as error:
            kept.append(error)


def spin_in_suppress() -> None:
    while True:
        with contextlib.suppress(BaseException):
            spin()


def spin_in_finally() -> None:
    try:
        spin()
    finally:
        spin()


def return_in_finally() -> None:
    def callee() -> int:
        try:
            spin()
        finally:
            return 1  # noqa: B012 — that is the point

    while True:
        callee()


class SpinsInDel:
    def __del__(self) -> None:
        spin()


def spin_in_del() -> None:
    SpinsInDel()


class TriesInDel:
    def __del__(self) -> None:
        try:
            spin()
        except BaseException:
            pass


def spin_in_many_dels() -> None:
    while True:
        TriesInDel()


def slow_regular_expression() -> None:
    re.match(r"(a+)+$", "a" * 40 + "b")


def large_power() -> None:
    large = 7
    large ** (7**9)


SPINNING = [
    spin,
    spin_without_body,
    spin_in_generator,
    spin_in_except_exception,
    spin_in_bare_except,
    try_briefly_and_often,
    spin_in_bare_except_of_a_callee,
    spin_in_nested_excepts,
    spin_in_except_that_keeps,
    spin_in_excepts_that_keep,
    spin_in_suppress,
    spin_in_finally,
    return_in_finally,
    spin_in_del,
    spin_in_many_dels,
    slow_regular_expression,
    large_power,
]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("hook", SPINNING)
def test_a_hook_that_does_not_end_is_interrupted_soon_after_its_limit(guard: Guard, hook: Callable[[], None]) -> None:
    start = time.thread_time()
    with pytest.raises(HookTimeout, match=r"used more than 0\.05 s of CPU time"):
        guard.run(hook, cpu_seconds=SHORT, wall_seconds=30.0)
    assert SHORT <= time.thread_time() - start < SHORT + LATEST


@pytest.mark.parametrize("hook", [spin_in_bare_except, spin_in_bare_except_of_a_callee, spin_in_finally])
def test_at_the_default_limit_no_room_is_later_than_260_ms(guard: Guard, hook: Callable[[], None]) -> None:
    start = time.thread_time()
    with pytest.raises(HookTimeout):
        guard.run(hook)
    assert time.thread_time() - start < 0.26


def test_a_hook_that_sleeps_is_interrupted_at_the_limit_of_real_time(guard: Guard) -> None:
    def sleep() -> None:
        time.sleep(30)

    start = time.monotonic()
    with pytest.raises(HookTimeout, match="took more than 1 s"):
        guard.run(sleep)
    assert HOOK_WALL_SECONDS <= time.monotonic() - start < 10  # and not 30, however busy the machine


def test_endless_recursion_ends_by_itself(guard: Guard) -> None:
    def recurse() -> None:
        recurse()

    with pytest.raises(RecursionError):
        guard.run(recurse, cpu_seconds=5.0, wall_seconds=5.0)


def test_time_asleep_is_not_held_against_the_cpu_limit_but_does_not_lift_it(guard: Guard) -> None:
    awake_since = 0.0

    def sleep() -> str:
        time.sleep(2 * SHORT)
        return "rested"

    def sleep_and_spin() -> None:
        nonlocal awake_since
        sleep()
        awake_since = time.thread_time()
        spin()

    assert guard.run(sleep, cpu_seconds=SHORT, wall_seconds=30.0) == "rested"
    with pytest.raises(HookTimeout, match="CPU"):
        guard.run(sleep_and_spin, cpu_seconds=SHORT, wall_seconds=30.0)
    assert time.thread_time() - awake_since < SHORT + LATEST


STOPPED_IN_A_HOOK = """
import time
from gameserver.guard import Guard, HookTimeout

def innocent():
    longest, last = 0.0, time.monotonic()
    print("in the hook", flush=True)
    while longest < 0.5:  # until it has been stopped for a while
        time.sleep(0.002)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return "survived"

with Guard() as guard:
    try:
        print(guard.run(innocent, cpu_seconds=0.1, wall_seconds=0.55))
    except HookTimeout as error:
        print(error)
"""


def test_a_process_that_was_stopped_does_not_blame_the_hook() -> None:
    """Stopped for longer than the limit of real time, in the middle of a hook that would have been in time."""
    path = {**os.environ, "PYTHONPATH": str(Path(gameserver.__file__).parents[1])}
    with subprocess.Popen([sys.executable, "-c", STOPPED_IN_A_HOOK], env=path, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "in the hook\n"
        child.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        time.sleep(0.6)
        child.send_signal(signal.SIGCONT)
        assert child.stdout.readline() == "survived\n"


# --- what passes through -----------------------------------------------------------------------------------------------------


class OwnError(BaseException):
    pass


@pytest.mark.parametrize(
    "error",
    [
        KeyError(1),
        ValueError(),
        ZeroDivisionError(),
        SystemExit(1),
        KeyboardInterrupt(),
        GeneratorExit(),
        MemoryError(),
        RecursionError(),
        StopIteration(),
        StopAsyncIteration(),
        OwnError(),
        BaseExceptionGroup("both", [SystemExit(), KeyError(2)]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_hook_raises_passes_unchanged(guard: Guard, error: BaseException) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        guard.run(fail)
    assert caught.value is error
    assert caught.value.__context__ is None
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0, "the timer must not outlive the run"


@pytest.mark.parametrize("runner", [Guard(), NoGuard()], ids=["Guard", "NoGuard"])
def test_run_hands_arguments_in_and_the_result_out(runner: HookRunner) -> None:
    def join(tick: int, name: str) -> str:
        return f"{name} at {tick}"

    with runner as entered:
        assert entered.run(join, 7, "ann") == "ann at 7"
        assert entered.run(join, 8, "bob", cpu_seconds=5.0, wall_seconds=5.0) == "bob at 8"


def test_no_guard_interrupts_nothing() -> None:
    def dawdle() -> str:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        return "done"

    with NoGuard() as runner:
        assert runner.run(dawdle, cpu_seconds=0.001, wall_seconds=0.001) == "done"


# --- a timeout that was swallowed --------------------------------------------------------------------------------------------


def test_games_that_catch_every_exception_do_not_catch_a_timeout() -> None:
    assert not issubclass(HookTimeout, Exception)


def test_returning_after_the_time_was_up_is_a_fault_too(guard: Guard) -> None:
    def swallow() -> str:
        with contextlib.suppress(BaseException):
            spin()
        return "nothing happened"

    with pytest.raises(HookTimeout):
        guard.run(swallow, cpu_seconds=SHORT)


def test_a_timeout_that_the_caller_is_handling_does_not_stand_for_the_next(guard: Guard) -> None:
    def swallow() -> None:
        with contextlib.suppress(BaseException):
            spin()

    try:
        raise HookTimeout("an earlier one")
    except HookTimeout:
        with pytest.raises(HookTimeout, match="swallowed"):
            guard.run(swallow, cpu_seconds=SHORT)


def test_another_error_does_not_hide_that_the_time_was_up(guard: Guard) -> None:
    """An error may mean less than a fault, as when a game refuses a player."""
    error = KeyError("something else")

    def cover_up() -> None:
        try:
            spin()
        except BaseException:
            raise error  # noqa: B904 — its context is what the guard must not rely on

    with pytest.raises(HookTimeout, match="swallowed") as caught:
        guard.run(cover_up, cpu_seconds=SHORT)
    assert caught.value.__context__ is error


def test_ctrl_c_is_heard_even_after_the_time_was_up(guard: Guard) -> None:
    def interrupted() -> None:
        try:
            spin()
        finally:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guard.run(interrupted, cpu_seconds=SHORT)


def test_a_timeout_that_is_dropped_in_a_later_hook_does_not_harm_that_one(guard: Guard) -> None:
    kept = []
    with pytest.raises(HookTimeout) as caught:
        guard.run(spin, cpu_seconds=SHORT)
    kept.append(caught.value)
    del caught

    def innocent() -> str:
        kept.clear()
        return "done"

    assert guard.run(innocent) == "done"


def test_the_tracer_and_the_profiler_of_somebody_else_come_back(guard: Guard) -> None:
    def tracer(frame: object, event: str, arg: object) -> None:
        pass

    def profiler(frame: object, event: str, arg: object) -> None:
        pass

    before = sys.gettrace(), sys.getprofile()
    try:
        sys.settrace(tracer)
        sys.setprofile(profiler)
        with pytest.raises(HookTimeout):
            guard.run(spin_in_bare_except, cpu_seconds=SHORT)
        after = sys.gettrace(), sys.getprofile()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    assert after == (tracer, profiler)


# --- an alarm outside of the game --------------------------------------------------------------------------------------------


def test_an_alarm_at_the_very_end_of_a_hook_never_leaks_out_of_run(guard: Guard) -> None:
    limit = 0.002
    outcomes: Counter[str] = Counter()

    def work_until(end: float) -> None:
        while time.thread_time() < end:
            pass

    for i in range(700):
        end = time.thread_time() + limit + (i % 11 - 5) * 2e-5
        try:
            try:
                guard.run(work_until, end, cpu_seconds=limit, wall_seconds=30.0)
                outcomes["returned"] += 1
            except HookTimeout:
                outcomes["interrupted"] += 1
            for _ in range(20):  # a pending signal would be handled here
                pass
        except HookTimeout:
            outcomes["leaked"] += 1
    assert outcomes.keys() == {"returned", "interrupted"}
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_an_alarm_in_run_itself_is_ignored(guard: Guard) -> None:
    """A hook written in C has no frame of its own, so the interrupted frame is that of `run`."""
    assert guard.run(time.sleep, SHORT, cpu_seconds=0.01, wall_seconds=0.02) is None


async def test_only_the_guilty_task_notices(guard: Guard) -> None:
    async def guilty() -> None:
        with pytest.raises(HookTimeout):
            guard.run(spin_in_bare_except_of_a_callee, cpu_seconds=SHORT)

    async def innocent() -> None:
        for _ in range(100):
            assert guard.run(sum, range(100)) == 4950
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(innocent)
        nursery.start_soon(guilty)
        nursery.start_soon(innocent)


# --- wrong use ---------------------------------------------------------------------------------------------------------------


def test_hooks_do_not_nest(guard: Guard) -> None:
    def outer() -> int:
        return guard.run(int)

    with pytest.raises(RuntimeError, match="cannot run another hook"):
        guard.run(outer)
    assert guard.run(int) == 0, "it works again afterwards"


def test_only_one_guard_can_be_entered(guard: Guard) -> None:
    with pytest.raises(RuntimeError, match="entered already"), guard:
        pass
    with pytest.raises(RuntimeError, match="entered already"), Guard():
        pass
    assert guard.run(int) == 0


def test_a_guard_must_be_entered_and_can_be_entered_again() -> None:
    guard = Guard()
    with pytest.raises(RuntimeError, match="not entered"):
        guard.run(int)
    for _ in range(2):
        with guard:
            assert guard.run(int) == 0
    with pytest.raises(RuntimeError, match="not entered"):
        guard.run(int)


def test_the_timer_is_not_taken_from_somebody_else() -> None:
    signal.setitimer(signal.ITIMER_REAL, 600.0)
    try:
        with pytest.raises(RuntimeError, match="in use"), Guard():
            pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def test_the_old_handler_comes_back() -> None:
    def handler(signum: int, frame: object) -> None:
        pass

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with Guard() as guard, pytest.raises(HookTimeout):
            guard.run(spin, cpu_seconds=SHORT)
        assert signal.getsignal(signal.SIGALRM) is handler
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_limit_must_be_positive(guard: Guard, seconds: float) -> None:
    with pytest.raises(ValueError, match="more than no time"):
        guard.run(int, cpu_seconds=seconds)
    with pytest.raises(ValueError, match="more than no time"):
        guard.run(int, wall_seconds=seconds)


def test_a_guard_belongs_to_the_main_thread(guard: Guard) -> None:
    seen: list[object] = []

    def elsewhere() -> None:
        seen.append(available())
        try:
            with Guard():
                pass
        except RuntimeError as error:
            seen.append(str(error))
        try:
            guard.run(int)
        except RuntimeError as error:
            seen.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert available()
    assert seen == [
        False,
        "a Guard needs the main thread and signal.setitimer; use NoGuard here",
        "hooks run in the thread that entered the Guard",
    ]
