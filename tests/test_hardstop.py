"""A process that does not end by itself is ended."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
import trio

from gameserver.app import _stop_at_once
from gameserver.core.limits import CLOSE_SECONDS, HARD_STOP_SECONDS
from gameserver.hardstop import HARD_STOP_CODE, LAST_WORD_SECONDS, HardStop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

SOON = 0.02
LONG = 30.0


def test_a_process_that_does_not_end_in_time_is_ended_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    with HardStop(end) as hard_stop:
        hard_stop.arm(SOON)
        assert ended.wait(LONG)
    assert codes == [HARD_STOP_CODE]
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]


def test_one_that_ends_in_time_is_left_alone() -> None:
    ended = threading.Event()
    with HardStop(lambda code: ended.set()) as hard_stop:
        hard_stop.arm(SOON)
    with HardStop(lambda code: ended.set()):
        pass
    assert not ended.wait(5 * SOON)


def test_a_log_that_does_not_answer_holds_up_nothing() -> None:
    ended = threading.Event()
    answers = threading.Event()

    class Stuck(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            answers.wait(LONG)

    log, stuck = logging.getLogger("gameserver.app"), Stuck()
    log.addHandler(stuck)
    try:
        with HardStop(lambda code: ended.set()) as hard_stop:
            hard_stop.arm(SOON)
            assert ended.wait(LAST_WORD_SECONDS + LONG / 2)
    finally:
        answers.set()
        log.removeHandler(stuck)


CHILD = """
import time
from gameserver.hardstop import HardStop
with HardStop() as hard_stop:
    hard_stop.arm(1.0)
    print("armed", flush=True)
    for _ in range(10):
        time.sleep(0.02)
"""


@pytest.mark.real_time
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system stops no processes")
def test_a_process_that_was_made_to_stand_still_has_its_time_all_the_same() -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"armed\n"
        child.send_signal(signal.SIGSTOP)
        time.sleep(1.1)
        child.send_signal(signal.SIGCONT)
        assert child.wait(LONG) == 0


def test_the_last_word_about_when_counts() -> None:
    ended = threading.Event()
    with HardStop(lambda code: ended.set()) as hard_stop:
        hard_stop.arm(SOON)
        hard_stop.arm(LONG)
        assert not ended.wait(5 * SOON)
        hard_stop.arm(SOON)
        assert ended.wait(LONG / 2)


async def test_a_second_signal_waits_for_no_disk_either(autojump_clock: MockClock) -> None:
    """What is kept is not cut short: a disk that hangs would hold the process until the time is over that matches had."""
    armed: list[float] = []

    class Watched(HardStop):
        def arm(self, seconds: float) -> None:
            armed.append(seconds)

    async def signals() -> AsyncIterator[int]:
        yield signal.SIGTERM

    with trio.CancelScope() as scope:
        await _stop_at_once(signals(), scope, Watched())
        await trio.sleep_forever()
    assert scope.cancelled_caught
    assert armed == [CLOSE_SECONDS + HARD_STOP_SECONDS]
