"""When ticks are due: without drift, without a burst after a hitch, and with an epoch whenever time was lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.clock import TickClock
from gameserver.core.limits import MAX_CATCH_UP, MAX_DEBT_SECONDS

START = 123_456.789


def run(clock: TickClock, now: float) -> int:
    """A wake-up: run what is due."""
    due = clock.due(now)
    for _ in range(due):
        clock.advance()
    return due


@pytest.mark.parametrize("rate", [1, 20, 30, 60])
def test_there_is_no_drift_over_an_hour(rate: int) -> None:
    """Every wake-up is a little late and every tick takes a while, and still tick k is due at k / rate."""
    clock = TickClock(rate, START)
    now = START
    while now < START + 3_600.0:
        now = max(now, clock.next_deadline) + 0.0003
        assert run(clock, now) == 1
        now += 0.2 / rate
    assert abs(clock.tick - 3_600 * rate) <= 1
    assert clock.deadline(clock.tick) == pytest.approx(START + clock.tick / rate, abs=1e-6)
    assert (clock.epoch, clock.lost_seconds) == (0, 0.0)


def test_nothing_is_due_before_the_deadline_and_one_tick_at_it() -> None:
    clock = TickClock(30, START)
    assert clock.due(START) == 0
    assert clock.due(clock.next_deadline - 0.001) == 0
    assert clock.due(clock.next_deadline) == 1
    assert clock.tick == 0, "asking changes nothing"
    assert run(clock, clock.next_deadline) == 1
    assert clock.due(clock.deadline(1)) == 0


@given(tick=st.integers(0, 10**8), rate=st.integers(1, 60), start=st.floats(0.0, 1e6))
def test_a_room_that_wakes_at_its_deadline_has_a_tick_to_run(tick: int, rate: int, start: float) -> None:
    """Rounding must never let it wake, find nothing due, and sleep for no time, for ever."""
    clock = TickClock(rate, start, tick=tick)
    assert clock.due(clock.next_deadline) == 1


def test_a_late_room_catches_up_by_three_ticks_at_a_time() -> None:
    clock = TickClock(30, START)
    now = clock.deadline(7)
    assert now - clock.next_deadline < MAX_DEBT_SECONDS
    assert [run(clock, now) for _ in range(4)] == [MAX_CATCH_UP, MAX_CATCH_UP, 1, 0]
    assert clock.epoch == 0


def test_a_debt_of_a_quarter_of_a_second_is_forgiven() -> None:
    """Players would see fast motion. One tick is due at once and the clients are told to estimate anew."""
    clock = TickClock(30, START)
    run(clock, clock.next_deadline)
    late = clock.next_deadline + MAX_DEBT_SECONDS + 0.01
    assert run(clock, late) == 1
    assert clock.epoch == 1
    assert clock.lost_seconds == pytest.approx(MAX_DEBT_SECONDS + 0.01)
    assert clock.deadline(clock.tick) == pytest.approx(late)
    assert clock.next_deadline == pytest.approx(late + 1 / 30)
    assert clock.due(late) == 0


def test_a_debt_just_below_is_made_up() -> None:
    clock = TickClock(30, START)
    now = clock.next_deadline + MAX_DEBT_SECONDS - 0.001
    total = 0
    while due := run(clock, now):
        total += due
    assert (total, clock.epoch) == (8, 0)


def test_a_slow_room_is_late_for_ever_and_never_bursts() -> None:
    """Every tick takes twice its time: it runs half of its ticks, and no wake-up runs more than three."""
    clock = TickClock(30, START)
    now = START
    while now < START + 60.0:
        now = max(now, clock.next_deadline)
        due = run(clock, now)
        assert due <= MAX_CATCH_UP
        now += due * 2 / 30
    assert 870 <= clock.tick <= 930
    assert clock.lost_seconds == pytest.approx(30.0, abs=1.0)


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.999])
def test_the_phase_shifts_all_deadlines(phase: float) -> None:
    clock = TickClock(20, START, phase=phase)
    assert clock.next_deadline == pytest.approx(START + (1 + phase) / 20)
    assert clock.deadline(100) == pytest.approx(START + (100 + phase) / 20)


def test_a_clock_can_begin_at_a_later_tick() -> None:
    """A room that another process takes over."""
    clock = TickClock(20, START, tick=5_000)
    assert clock.next_deadline == pytest.approx(START + 1 / 20)
    assert clock.advance() == 5_001


def test_a_pause_is_no_loss_but_a_new_epoch() -> None:
    clock = TickClock(20, START)
    for _ in range(10):
        run(clock, clock.next_deadline)
    clock.resume(START + 1_000.0)
    assert clock.tick == 10
    assert clock.next_deadline == pytest.approx(START + 1_000.0 + 1 / 20)
    assert (clock.epoch, clock.lost_seconds) == (1, 0.0)


def test_the_time_into_a_tick_is_in_microseconds() -> None:
    clock = TickClock(20, START)
    run(clock, clock.next_deadline)
    assert clock.micros_into(clock.deadline(1) + 0.0125) == pytest.approx(12_500, abs=1)


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 10_000), st.sampled_from([1, 20, 30, 60]))
def test_a_pause_keeps_the_phase(phase: float, pause: float, rate: int) -> None:
    """Else all rooms that somebody enters in the same moment would tick in the same moment from then on."""
    clock = TickClock(rate, START, phase=phase)
    for _ in range(3):
        run(clock, clock.next_deadline)
    now = clock.deadline(3) + pause
    clock.resume(now)
    assert now < clock.next_deadline + 1e-6 <= now + 1 / rate + 2e-6
    in_periods = (clock.next_deadline - START) * rate - phase
    assert in_periods == pytest.approx(round(in_periods), abs=1e-4)
