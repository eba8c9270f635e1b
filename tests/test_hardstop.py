"""A process that does not end by itself is ended."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from gameserver.hardstop import HARD_STOP_CODE, LAST_WORD_SECONDS, HardStop

if TYPE_CHECKING:
    import pytest

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
