"""How many snapshots are on their way: never too few on a good line, never more than a second's worth on a bad one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.limits import ACK_EVERY, ACK_SECONDS, MAX_UNACKED_BYTES, MAX_VIEW_DELAY_SECONDS, REWIND_TRUST_SECONDS
from gameserver.core.pacing import DIVISORS, MAX_PATIENCE_SECONDS, PATIENCE_SECONDS, SKIPS_SECONDS, Pacer
from tests.core.line_model import Peer, Seen, Weather, run

HEALTHY = {
    "a cable": Weather(),
    "a cable with hiccups": Weather(jitter=0.005, spikes=0.05),
    "a home line": Weather(round_trip=0.05, jitter=0.01, spikes=0.05),
    "another continent": Weather(round_trip=0.15, jitter=0.03),
    "another continent with hiccups": Weather(round_trip=0.15, jitter=0.03, spikes=0.05),
    "a satellite": Weather(round_trip=0.6),
    "a satellite with hiccups": Weather(round_trip=0.6, jitter=0.02, spikes=0.05),
}
RATES = (1, 5, 20, 30, 60)
ACKS = (ACK_EVERY, 1)
"""A spectator acknowledges every fourth snapshot, a player who sends inputs nearly every one."""


# -- whole lines -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("every", ACKS)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("weather", HEALTHY.values(), ids=HEALTHY)
def test_on_a_line_that_is_well_nothing_is_skipped(weather: Weather, rate: int, every: int) -> None:
    for seed in (1, 2, 3):
        pacer, seen = run(weather, seconds=120.0, rate=rate, peer=Peer(every=every), seed=seed)
        assert (seen.sent, seen.skips, seen.changes, seen.stalled_at) == (120 * rate, [], [], None)
        assert pacer.round_trip_seconds is not None
        assert 0.0 <= pacer.round_trip_seconds - weather.round_trip <= 2 * weather.jitter + 0.01, "the estimate"


@pytest.mark.parametrize("every", ACKS)
@pytest.mark.parametrize("rate", [20, 30, 60])
def test_on_a_line_that_is_too_slow_what_arrives_is_fresh(rate: int, every: int) -> None:
    """32 kbit/s carry 13 snapshots of 300 bytes a second. It is filled once, at the start, when nothing is known of it."""
    weather = Weather(round_trip=0.05, bytes_per_second=4_000)
    pacer, seen = run(weather, seconds=300.0, rate=rate, peer=Peer(every=every))
    assert seen.stalled_at is None
    assert seen.worst_age(after=3.0 if rate <= 30 else 5.0) <= 1.0 + weather.round_trip
    assert seen.sent >= 0.55 * 300 * 13, "and most of the line is used"
    assert pacer.round_trip_seconds == pytest.approx(0.05 + 300 / 4_000, abs=0.01), "what waits on the way is no part of it"
    tries = seen.seconds_between_tries()
    assert min(tries) >= PATIENCE_SECONDS
    assert min(tries[-5:]) >= MAX_PATIENCE_SECONDS, "in the end it is hardly ever tried"


@pytest.mark.parametrize("rate", [20, 30, 60])
def test_a_line_that_is_hopeless_is_still_served_with_what_it_carries(rate: int) -> None:
    """A line that is full even at the slowest rate never shows how fast it is when it is empty, unless it is let run empty."""
    weather = Weather(round_trip=0.05, bytes_per_second=2_000)
    pacer, seen = run(weather, seconds=300.0, rate=rate)
    assert seen.stalled_at is None
    assert seen.worst_age(after=30.0) <= 1.05 + 300 / weather.bytes_per_second + 1 / (rate / pacer.divisor)
    assert seen.sent >= 0.5 * 300 * weather.bytes_per_second / 300


@pytest.mark.parametrize("every", ACKS)
@pytest.mark.parametrize("rate", [5, 20, 30, 60])
def test_a_way_that_becomes_longer_costs_some_snapshots_and_is_known_soon(rate: int, every: int) -> None:
    pacer, seen = run(lambda now: Weather(round_trip=0.05 if now < 20.0 else 0.25), seconds=60.0, rate=rate, peer=Peer(every=every))
    assert seen.stalled_at is None
    assert len(seen.skips) <= 10
    assert all(20.0 <= at <= 26.0 for at in seen.skips)
    assert pacer.divisor == 1
    assert pacer.round_trip_seconds == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("every", ACKS)
@pytest.mark.parametrize("rate", [5, 20, 30, 60])
def test_a_line_that_stalls_now_and_then_recovers_each_time(rate: int, every: int) -> None:
    """A spectator may have three snapshots that he need not acknowledge: who waits for that cuts his line after every stall."""
    length, pause = 2.0, 15.0

    def weather(now: float) -> Weather:
        return Weather(round_trip=0.05, is_stalled=now % pause > pause - length)

    _, seen = run(weather, seconds=120.0, rate=rate, peer=Peer(every=every))
    assert seen.stalled_at is None
    assert seen.worst_age() <= length + 0.05 + 2 / rate
    lowered = [at for at, divisor in seen.changes if divisor > 1]
    for stall in range(1, 8):
        again = stall * pause + 3.0
        assert max(divisor for at, divisor in [(0.0, 1), *seen.changes] if at <= again - 0.5) > 1
        assert [divisor for at, divisor in seen.changes if at <= again][-1] == 1, (
            f"three seconds after stall {stall} all is as before"
        )
    assert len(lowered) <= 8, "one stall, one step"


@pytest.mark.parametrize("rate", [20, 30, 60])
def test_a_line_that_has_healed_is_at_its_full_rate_again_in_bounded_time(rate: int) -> None:
    def weather(now: float) -> Weather:
        return Weather(round_trip=0.05, bytes_per_second=1_500 if now < 60.0 else 1e6)

    pacer, seen = run(weather, seconds=60.0 + 3 * MAX_PATIENCE_SECONDS + 5.0, rate=rate)
    assert (pacer.divisor, seen.stalled_at) == (1, None)
    assert seen.skips[-1] < 75.0, "but for the one of the last measurement"


@pytest.mark.parametrize("rate", RATES)
def test_who_stops_acknowledging_is_cut_off_in_time(rate: int) -> None:
    _, seen = run(Weather(), rate=rate, peer=Peer(stops_at=10.0))
    assert seen.stalled_at is not None
    assert ACK_SECONDS - ACK_EVERY / rate <= seen.stalled_at - 10.0 <= ACK_SECONDS + (ACK_EVERY + 1) / rate + 0.1


def test_nobody_is_cut_off_who_has_nothing_to_acknowledge_yet() -> None:
    """At 1 Hz the fourth snapshot comes after three seconds, and its acknowledgement may take two."""
    _, seen = run(Weather(round_trip=2.5), rate=1, seconds=60.0)
    assert seen.stalled_at is None


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_weather_it_ends_at_the_full_rate_when_it_is_fine_again(seed: int) -> None:
    dice = random.Random(seed)
    spells = [
        Weather(
            round_trip=dice.choice((0.01, 0.1, 0.4)),
            jitter=dice.choice((0.0, 0.05)),
            bytes_per_second=dice.choice((3_000.0, 8_000.0, 1e6)),
            spikes=dice.choice((0.0, 0.1)),
            is_stalled=dice.random() < 0.2,
        )
        for _ in range(30)
    ]
    rate = dice.choice((20, 30, 60))
    fine_from = 60.0
    pacer, seen = run(
        lambda now: spells[int(now / 2)] if now < fine_from else Weather(round_trip=0.05),
        seconds=fine_from + 3 * MAX_PATIENCE_SECONDS + 5.0,
        rate=rate,
        peer=Peer(every=dice.choice(ACKS)),
        seed=seed,
    )
    if seen.stalled_at is None:
        assert pacer.divisor == 1
        assert max(seen.skips, default=0.0) <= fine_from + 3.0
    else:
        assert seen.stalled_at < fine_from + 1.0, "only bad weather cuts a line"
        assert has_gap(seen, seen.stalled_at), "and only if nothing came through for seconds"


def has_gap(seen: Seen, until: float) -> bool:
    """Did the client get nothing for so long that it had to be given up?"""
    return max(age for at, age in seen.ages if at <= until) >= ACK_SECONDS - 1.5


# -- single rules ------------------------------------------------------------------------------------------------------------
def test_three_skips_in_a_second_lower_the_rate_and_patience_raises_it() -> None:
    pacer = Pacer(30, 0.0)
    for at in (0.0, 0.6, SKIPS_SECONDS + 0.1):
        pacer.skipped(at)
    assert pacer.divisor == 1, "not within a second"
    pacer.skipped(1.2)
    assert pacer.divisor == 2
    pacer.sent(1, 100, 1.2 + PATIENCE_SECONDS - 0.01)
    pacer.acknowledge(1, 3.2)
    assert pacer.divisor == 2
    pacer.sent(2, 100, 1.2 + PATIENCE_SECONDS + 0.01)
    assert pacer.divisor == 1


def test_there_is_a_slowest_rate() -> None:
    pacer = Pacer(30, 0.0)
    for step in range(20):
        for skip in range(3):
            pacer.skipped(step + skip / 10)
        pacer.sent(step + 1, 10, step + 0.5)  # what had to run empty first has
    assert pacer.divisor == DIVISORS[-1] == 8


@pytest.mark.parametrize(("divisor", "due"), [(1, [True] * 6), (2, [False, True, True, True, True, True])])
def test_a_room_that_catches_up_passes_over_no_tick_that_was_due(divisor: int, due: list[bool]) -> None:
    """Three ticks at one wake-up, the second of which was due: the snapshot of the third is sent for it."""
    pacer = Pacer(30, 0.0)
    pacer.divisor = divisor
    wake_ups = [(1, 1), (2, 1), (5, 3), (6, 1), (9, 3), (10, 1)]
    assert [pacer.is_due(tick, ran) for tick, ran in wake_ups] == due


@given(st.sampled_from(DIVISORS), st.lists(st.integers(1, 3), min_size=1, max_size=200))
def test_catching_up_changes_no_rate(divisor: int, wake_ups: list[int]) -> None:
    pacer = Pacer(30, 0.0)
    pacer.divisor = divisor
    tick = sent = 0
    for ran in wake_ups:
        tick += ran
        sent += pacer.is_due(tick, ran)
    assert sent <= tick // divisor <= sum(-(-ran // divisor) for ran in wake_ups)
    if divisor >= 3:
        assert sent == tick // divisor, "no wake-up runs more ticks than there are between two that are due"


def test_only_what_is_on_its_way_can_be_acknowledged() -> None:
    pacer = Pacer(30, 0.0)
    for tick in (2, 4, 6):
        pacer.sent(tick, 100, tick / 30)
    for forged in (-1, 0, 1, 7, 2**53):
        pacer.acknowledge(forged, 1.0)
    assert (pacer.acknowledged_tick, pacer.unacknowledged_bytes, pacer.round_trip_seconds) == (None, 300, None)
    pacer.acknowledge(5, 1.0)
    assert (pacer.acknowledged_tick, pacer.unacknowledged_bytes) == (4, 100), "a tick that was not sent proves the one before"
    before = pacer.round_trip_seconds
    for repeated in (4, 2, 5):
        pacer.acknowledge(repeated, 1.001)
    assert (pacer.acknowledged_tick, pacer.unacknowledged_bytes, pacer.round_trip_seconds) == (4, 100, before)
    assert pacer.is_stalled(1.0 + ACK_SECONDS + ACK_EVERY / 30 + 0.01), "and repeating gains no time"


def test_who_has_a_quarter_of_a_mebibyte_on_his_way_is_stalled() -> None:
    pacer = Pacer(30, 0.0)
    pacer.sent(1, MAX_UNACKED_BYTES, 0.0)
    assert not pacer.is_stalled(0.1)
    pacer.sent(2, 1, 0.1)
    assert pacer.is_stalled(0.1)
    pacer.acknowledge(1, 0.2)
    assert not pacer.is_stalled(0.2)


def test_nobody_is_blamed_for_the_time_in_which_the_room_stood_still() -> None:
    pacer = Pacer(30, 0.0)
    pacer.sent(1, 100, 0.0)
    pacer.excuse(20.0)
    assert not pacer.is_stalled(20.0 + ACK_SECONDS)
    assert pacer.is_stalled(20.2 + ACK_SECONDS)


@given(st.lists(st.tuples(st.integers(-2, 12), st.floats(0.0, 0.2)), max_size=150), st.randoms(use_true_random=False))
def test_bytes_never_leak_whatever_is_acknowledged(acks: list[tuple[int, float]], dice: random.Random) -> None:
    pacer = Pacer(20, 0.0)
    sent: dict[int, int] = {}
    now, tick = 0.0, 0
    for back, passed in acks:
        now += passed
        tick += dice.randint(1, 4)
        size = dice.randint(1, 2_000)
        sent[tick] = size
        pacer.sent(tick, size, now)
        claimed = tick - back
        if sent and min(sent) <= claimed <= max(sent):
            sent = {number: bytes_ for number, bytes_ in sent.items() if number > claimed}
        pacer.acknowledge(claimed, now)
        assert pacer.unacknowledged_bytes == sum(sent.values())


# -- how far back its client sees --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rate", [20, 30, 60])
@pytest.mark.parametrize("round_trip", [0.0, 0.05, 0.15, 0.6])
def test_how_far_back_a_client_sees_is_known_and_no_more_is_given_than_on_trust(round_trip: float, rate: int) -> None:
    """A round trip and one and a half intervals is what it sees on a steady line."""
    pacer, _ = run(Weather(round_trip=round_trip), seconds=30.0, rate=rate, peer=Peer(every=1))
    truth = round_trip + 1.5 / rate
    assert truth <= pacer.sight_seconds <= truth + REWIND_TRUST_SECONDS + 1e-9


def test_on_a_line_that_jitters_a_client_may_see_further_back() -> None:
    """It shows the others later then. What an acknowledgement that waits for an input varies by is no jitter."""

    def beyond_the_round_trip(*round_trips: float) -> float:
        pacer = Pacer(30, 0.0)
        for tick in range(1, 300):
            pacer.sent(tick, 300, tick / 30)
            pacer.acknowledge(tick, tick / 30 + round_trips[tick % len(round_trips)])
        assert pacer.round_trip_seconds == pytest.approx(min(round_trips))
        return pacer.sight_seconds - min(round_trips)

    calm = 1.5 / 30 + REWIND_TRUST_SECONDS - 1 / 30
    assert beyond_the_round_trip(0.1) == pytest.approx(calm)
    assert beyond_the_round_trip(0.1, 0.1 + 1 / 30) == pytest.approx(calm)
    assert calm + 0.005 < beyond_the_round_trip(0.1, 0.18) < beyond_the_round_trip(0.1, 0.2) < MAX_VIEW_DELAY_SECONDS


def test_of_who_has_acknowledged_nothing_only_the_least_is_believed() -> None:
    assert Pacer(30, 0.0).sight_seconds == pytest.approx(1.5 / 30 + REWIND_TRUST_SECONDS - 1 / 30)
