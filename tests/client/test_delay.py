"""How far behind a picture must be. The browser's tests say the same of its twin, and tests/vectors/timing.json of both."""

from __future__ import annotations

import math
import random

import pytest
from gameclient.delay import ViewDelay
from gameclient.timeline import VIEW_TIME, Timeline

FRAME = 1 / 60


def starved_percent(
    rate: int, divisor: int, jitter: float, *, seconds: float = 180, stall: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Of the frames of a picture, those for which the next snapshot had not come; and the greatest delay, in ticks."""
    rng = random.Random(3)
    delay, timeline = ViewDelay(rate), Timeline(rate, **VIEW_TIME)
    arrivals: list[tuple[float, int]] = []
    last = 0.0
    for tick in range(divisor, round(seconds * rate), divisor):
        at = tick / rate + 0.045 + rng.uniform(0, jitter)
        if stall is not None and stall[0] <= at < stall[1]:
            at = stall[1]
        last = max(last, at)
        arrivals.append((last, tick))
    frames = starved = newest = 0
    greatest, shown, now = 0.0, -math.inf, arrivals[0][0]
    while arrivals:
        while arrivals and arrivals[0][0] <= now:
            at, newest = arrivals.pop(0)
            delay.arrived(newest, at, divisor)
        tick_shown = timeline.advance(now, delay.target_tick(now))
        assert tick_shown >= shown, "it never runs backwards"
        shown = tick_shown
        frames += 1
        starved += shown > newest and (stall is None or not stall[0] <= now <= stall[1] + FRAME)
        if now > 2:
            greatest = max(greatest, delay.delay_ticks)
        now += FRAME
    return 100 * starved / frames, greatest


@pytest.mark.parametrize("jitter", [0.001, 0.02, 0.03, 0.06])
@pytest.mark.parametrize(("rate", "divisor"), [(20, 1), (30, 1), (60, 1), (30, 2), (30, 4), (30, 8)])
def test_it_hardly_ever_starves_and_is_no_longer_than_needed(rate: int, divisor: int, jitter: float) -> None:
    starved, greatest = starved_percent(rate, divisor, jitter)
    assert starved < 0.1
    assert 1.5 * divisor <= greatest <= max(1.5 * divisor, divisor + 1.05 * jitter * rate)


def test_a_stall_is_not_sized_for() -> None:
    starved, greatest = starved_percent(30, 1, 0.06, seconds=20, stall=(10, 10.4))
    assert starved < 0.3
    assert greatest <= 1 + 1.05 * 0.06 * 30


def test_a_line_that_is_slower_for_good_is_believed_after_a_second() -> None:
    delay = ViewDelay(30)
    behind: list[float] = []
    """How many ticks behind the newest snapshot the picture is to be."""
    for tick in range(300):
        now = tick / 30 + (0.05 if tick < 150 else 0.4)
        delay.arrived(tick, now, 1)
        behind.append(tick - delay.target_tick(now))
    assert behind[100:150] == pytest.approx([1.5] * 50)
    assert behind[151:180] == pytest.approx([1.5 - 0.35 * 30] * 29), "until then it is held up"
    assert behind[-80:] == pytest.approx([1.5] * 80)


def test_nothing_is_known_before_the_first_snapshot() -> None:
    delay = ViewDelay(30)
    assert delay.lateness_seconds == 0
    with pytest.raises(ValueError, match="no snapshot"):
        delay.target_tick(1.0)
    delay.arrived(10, 1.0, 1)
    delay.reset()
    with pytest.raises(ValueError, match="no snapshot"):
        delay.target_tick(1.0)
