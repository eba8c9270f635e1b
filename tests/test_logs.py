"""Log lines: whatever a peer says is one line of bounded length, and a flood of lines is told in one."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.limits import LOG_LINES_PER_SECOND, MAX_LOG_LINE
from gameserver.core.reached import Reached
from gameserver.core.registry import Limit
from gameserver.logs import AUTHORS, JsonLines, LimitedHandler, Lines


class Log:
    """A log whose time a test sets."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.now = 0.0
        self.reached = Reached()
        self._out = io.StringIO()
        self._handler = LimitedHandler(self.reached, lambda: self.now)
        self._handler.setFormatter(JsonLines(self.reached) if as_json else Lines(self.reached))
        self._handler.setStream(self._out)

    def say(self, text: str, *values: Any, name: str = "gameserver.server", level: int = logging.INFO) -> None:  # noqa: ANN401 - as logging
        self._handler.handle(logging.LogRecord(name, level, "", 0, text, values, None))

    def fail(self, text: str, error: Exception) -> None:
        trace = (type(error), error, error.__traceback__)
        self._handler.handle(logging.LogRecord("gameserver.server", logging.ERROR, "", 0, text, (), trace))

    @property
    def lines(self) -> list[str]:
        return self._out.getvalue().splitlines()


HOSTILE = ["a\nINFO forged", "\x1b[2J\x1b[31m", "a\u2028b", "a\r", "\u202eevil", "\x85", "x" * 1_000_000, "\x00", "\ud800"]


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_peer_says_is_one_line_that_steers_nothing(said: str, as_json: bool) -> None:
    log = Log(as_json=as_json)
    log.say("%s has come", said)
    (line,) = log.lines
    assert line.isprintable() and len(line) < 2 * MAX_LOG_LINE
    if as_json:
        assert len(json.loads(line)["message"]) <= MAX_LOG_LINE
    assert log.reached[Limit.MAX_LOG_LINE] == (len(said) > MAX_LOG_LINE)


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_nor_does_what_a_game_raises_with_it(said: str, as_json: bool) -> None:
    log = Log(as_json=as_json)
    try:
        raise ValueError(f"there is no {said}")
    except ValueError as error:
        log.fail("room one failed", error)
    first, *others = log.lines
    assert all(line.isprintable() for line in log.lines)
    if as_json:
        assert others == []
        assert "ValueError" in json.loads(first)["traceback"]
    else:
        assert others and all(line.startswith("  ") and len(line) <= MAX_LOG_LINE + 2 for line in others)


@given(st.text())
def test_so_it_is_with_anything(said: str) -> None:
    log = Log()
    log.say("%s has come", said)
    (line,) = log.lines
    assert line.isprintable()


def test_of_one_kind_about_one_room_ten_a_second_are_written_and_the_rest_is_told_in_one() -> None:
    log = Log()
    for _ in range(LOG_LINES_PER_SECOND + 5):
        log.say("room %s opened", "a1")
    log.say("room %s opened", "b2")
    log.say("room %s closed", "a1")
    assert len(log.lines) == LOG_LINES_PER_SECOND + 2, "other rooms, and other news of this one, are written"
    assert log.reached[Limit.LOG_LINES_PER_SECOND] == 5
    log.now = 1.0
    log.say("room %s opened", "a1")
    assert log.lines[-2].endswith("5 more like 'room %s opened' (a1) were left out")
    assert log.lines[-1].endswith("room a1 opened")
    log.now = 2.0
    log.say("room %s opened", "a1")
    assert len(log.lines) == LOG_LINES_PER_SECOND + 5, "that is told once"


def test_no_peer_can_make_it_remember_more_and_more() -> None:
    log = Log()
    for number in range(5_000):
        log.say("room %s opened", f"r{number}")
    assert len(log.lines) == 1_000
    assert len(log._handler._written) + len(log._handler._left_out) <= 2_000


def test_a_game_talks_to_its_author_within_its_own_limit() -> None:
    log = Log()
    for _ in range(100):
        log.say("room %s, tick %d: %s", "a1", 1, "x", name=AUTHORS)
    assert len(log.lines) == 100
