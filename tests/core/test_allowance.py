"""Nobody is held back who sends what a client sends; nobody gets more than his share by sending more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.allowance import Allowance
from gameserver.core.limits import MESSAGE_BYTES_PER_SECOND

RATE = 2 * 30 + 20


def test_an_input_each_tick_and_a_ping_are_always_heard() -> None:
    allowance = Allowance(30, 0.0)
    for tick in range(30 * 600):
        assert allowance.take(40, tick / 30)
        if tick % 30 == 0:
            assert allowance.take(12, tick / 30)


def test_a_line_that_was_held_up_for_a_second_loses_nothing() -> None:
    allowance = Allowance(30, 0.0)
    assert all(allowance.take(20, 1.0) for _ in range(31))


@given(st.lists(st.tuples(st.floats(0, 0.5), st.integers(1, 4_096)), max_size=300))
def test_no_schedule_gets_more_than_its_share(schedule: list[tuple[float, int]]) -> None:
    """In any stretch of time: a second's worth, and what has accrued since."""
    allowance = Allowance(30, 0.0)
    now, heard, size_heard = 0.0, 0, 0
    for passed, size in schedule:
        now += passed
        while allowance.take(size, now) and heard < 10_000:
            heard += 1
            size_heard += size
        assert heard <= RATE * (1 + now) + 1e-3
        assert size_heard <= MESSAGE_BYTES_PER_SECOND * (1 + now) + 1e-3
