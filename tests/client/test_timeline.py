"""A time that follows another without jerks. The browser's tests say the same of its twin, tests/vectors/timing.json of both."""

from __future__ import annotations

import itertools

import pytest
from gameclient.timeline import VIEW_TIME, Timeline
from hypothesis import given
from hypothesis import strategies as st

RATE = 30
FRAME = 1 / 60
STEP = 0.5  # ticks a frame


def run(timeline: Timeline, target: float, frames: int = 60) -> list[float]:
    """Its ticks while the target runs at the rate of real time, from this tick on."""
    return [timeline.advance(frame * FRAME, target + frame * STEP) for frame in range(frames)]


def test_it_begins_where_its_target_is_or_where_it_is_told() -> None:
    timeline = Timeline(RATE)
    assert timeline.advance(0.5, 77.0) == 77
    timeline.reset(50)
    assert timeline.advance(9.0, 50.2) == 50
    timeline.reset()
    assert timeline.advance(9.1, 12.0) == 12
    assert timeline.snaps == 0


@pytest.mark.parametrize("error", [3.0, -3.0])
def test_an_error_is_made_up_at_5_percent(error: float) -> None:
    timeline = Timeline(RATE)
    timeline.reset(100)
    ticks = run(timeline, 100 + error, 200)
    rates = [(after - before) / STEP for before, after in itertools.pairwise(ticks)]
    assert max(abs(rate - 1) for rate in rates) <= 0.05 + 1e-9
    reached = next(frame for frame, tick in enumerate(ticks) if abs(tick - (100 + error + frame * STEP)) < 1e-9)
    assert reached * FRAME == pytest.approx(2.0, abs=0.05), "3 ticks at 1.5 a second"


def test_far_away_it_jumps_forward_and_stands_still_instead_of_going_back() -> None:
    timeline = Timeline(RATE)
    timeline.reset(100)
    timeline.advance(0.0, 100)
    assert timeline.advance(0.0, 110.1) == 110.1
    assert [timeline.advance(FRAME * frame, 98 + frame * STEP) for frame in range(24)] == [110.1] * 24
    assert timeline.rate == 0
    assert timeline.advance(0.5, 113.0) == 113
    assert timeline.advance(0.6, 70.0) == 70, "more than a second is not waited for"
    assert timeline.snaps == 3


def test_a_time_that_is_drawn_drains_a_backlog_at_1_25_times_the_speed() -> None:
    timeline = Timeline(RATE, **VIEW_TIME)
    timeline.reset(0)
    ticks = run(timeline, 18, 150)
    rates = [(after - before) / STEP for before, after in itertools.pairwise(ticks)]
    assert max(rates) == pytest.approx(1.25)
    assert timeline.snaps == 0


@given(
    st.booleans(),
    st.lists(st.tuples(st.floats(0, 0.05), st.one_of(st.floats(-0.5, 0.5), st.floats(-60, 60))), min_size=1, max_size=200),
)
def test_it_never_runs_backwards_nor_faster_than_it_may(drawn: bool, frames: list[tuple[float, float]]) -> None:
    timeline = Timeline(RATE, **VIEW_TIME) if drawn else Timeline(RATE)
    most = 0.25 if drawn else 0.05
    now, target = 0.0, 1_000.0
    last = timeline.advance(now, target)
    for seconds, jump in frames:
        now, snaps, step = now + seconds, timeline.snaps, seconds * RATE
        target += step + jump
        tick = timeline.advance(now, target)
        if tick < last:
            assert last + step - target > RATE - 1e-6, "only over more than a second"
            assert timeline.snaps == snaps + 1
        elif timeline.snaps == snaps and timeline.rate:
            assert abs(tick - last - step) <= most * step + 1e-6
        last = tick
