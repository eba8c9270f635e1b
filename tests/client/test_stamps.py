"""For which tick an input is: the pace by hand, and inputs in whole matches behind lines that jitter and stall."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
import trio
from gameclient.client import Client
from gameclient.clock import ServerClock
from gameclient.pace import InputPace
from gameclient.stamps import Stamps

from gameserver.net.simulated import Latency
from tests.client.input_timing import LINKS, Link, measure
from tests.helpers import HOST, PORT, Push, Toy, serving, toy_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trio.testing import MockClock

RATE = 30
TICK = 1 / RATE


def clock_with(round_trip: float) -> ServerClock:
    """One that knows: local time is room time."""
    clock = ServerClock(RATE)
    clock.add(10.0, 10.0 + round_trip, 300, round_trip / 2, 0.0)
    return clock


def report(pace: InputPace, margins: Iterable[float], now: float = 0.0) -> float:
    """Report these margins, in ms, one each tick; returns when the next is due."""
    for margin in margins:
        pace.report(margin / 1e3, now)
        now += TICK
    return now


# -- the pace ---------------------------------------------------------------------------------------------------------------
def test_before_the_first_report_an_input_is_two_ticks_earlier_than_half_a_round_trip() -> None:
    pace = InputPace(RATE)
    assert pace.margin_low_seconds is None
    assert pace.lead_ticks(clock_with(0.1)) == pytest.approx(0.05 * RATE + 2)


def test_time_that_is_not_needed_is_given_back_at_5_percent_after_two_seconds() -> None:
    pace = InputPace(RATE)
    now = report(pace, (100 + step % 7 for step in range(60)))
    assert pace.safety_ticks == 2, "the late ones may not have come yet"
    report(pace, (100 + step % 7 for step in range(31)), now)
    assert 0.04 < (2 - pace.safety_ticks) * TICK <= 0.05 * 32 * TICK
    assert pace.margin_low_seconds == pytest.approx(0.1)


def test_spikes_say_nothing_unless_there_is_nothing_else_for_half_a_second() -> None:
    pace = InputPace(RATE)
    now = report(pace, (33 + step % 5 for step in range(70)))
    before = pace.safety_ticks
    now = report(pace, [-51, -200, -160, -80, 33, 34], now)
    assert pace.spikes == 4
    assert pace.safety_ticks == pytest.approx(before, abs=0.3)
    report(pace, (-100 - step % 5 for step in range(18)), now)
    assert pace.safety_ticks > before + 3, "now it is the line, and all of it is made up at once"


def test_what_is_reported_again_counts_once() -> None:
    pace = InputPace(RATE)
    report(pace, [-40.0] * 300)
    assert pace.safety_ticks <= 2 + 2.3, "who stops sending is not driven ever further ahead"


def test_the_safety_ends_at_a_quarter_of_a_second() -> None:
    pace = InputPace(RATE)
    report(pace, (-49 - step % 3 / 10 for step in range(3_000)))
    assert pace.safety_ticks == pytest.approx(0.25 * RATE)


# -- the stamps -------------------------------------------------------------------------------------------------------------
def test_an_input_is_for_the_first_tick_that_it_meets_and_that_has_none() -> None:
    stamps, clock = Stamps(RATE), clock_with(0.1)
    lead = 0.05 * RATE + 2
    assert stamps.next(clock, 20.0) == range(int(600 + lead) + 1, int(600 + lead) + 2)
    stamps.last = 620
    assert stamps.next(clock, 20.0).start == 621


def test_who_was_too_early_sends_less_until_he_is_not() -> None:
    """A thought of three ticks that begins two ticks too early is for one tick only."""
    stamps, clock = Stamps(RATE), clock_with(0.1)
    due = stamps.next(clock, 20.0).start
    stamps.last = due + 1
    assert stamps.next(clock, 20.0, 3) == range(due + 2, due + 3)
    stamps.last = due + 7
    assert len(stamps.next(clock, 20.0, 3)) == 1


def test_a_margin_that_an_input_has_only_because_it_was_too_early_gives_nothing_back() -> None:
    """Else its lead would fall and fall without any change in the margins, and the next input that is not too early come late."""
    stamps, clock = Stamps(RATE), clock_with(0.1)
    now = 20.0
    for tick in range(600, 900):
        stamps.last = stamps.next(clock, now).start + 4
        due = clock.tick_at(now) + stamps.pace.lead_ticks(clock)
        arrived = clock.tick_at(now) + 0.05 * RATE
        first = stamps._sent[-1][0]
        stamps.report((first - arrived) * TICK + tick * 1e-6, int(arrived) + 1, now + 0.1)
        now += TICK
        assert due - arrived > 0.9, "what is not too early still has its tick"


async def test_a_turn_is_every_tick_once_and_each_at_its_time(autojump_clock: MockClock) -> None:
    async with serving(toy_at(RATE), latency=Latency(0.05)) as host:

        async def play(client: Client) -> None:
            turns: list[int] = []
            times: list[float] = []
            for _ in range(300):
                turns.append(await client.next_turn())
                times.append(trio.current_time())
                await client.send_input(turns[-1], Push())
            assert turns == list(range(turns[0], turns[0] + 300))
            gaps = [after - before for before, after in itertools.pairwise(times[30:])]
            assert min(gaps) > 0.95 * TICK - 1e-6
            assert max(gaps) < TICK / 0.94

        await Client(f"ws://{HOST}:{PORT}/ws/room1", game=f"toy{RATE}", name="ann", network=host.network).run(play)


async def test_turns_that_were_missed_are_passed_over(autojump_clock: MockClock) -> None:
    async with serving(toy_at(RATE)) as host:

        async def play(client: Client) -> None:
            await trio.sleep(1)
            turn = await client.next_turn()
            await client.send_input(turn, Push())
            await trio.sleep(10.5 * TICK)
            assert await client.next_turn() == turn + 10

        await Client(f"ws://{HOST}:{PORT}/ws/room1", game=f"toy{RATE}", name="ann", network=host.network).run(play)


async def test_a_turn_needs_no_snapshot(autojump_clock: MockClock) -> None:
    """Where ticks come on input there is none until something happens."""

    class Patient(Toy):
        name = "patient"
        ticks_on_input = True

    async with serving(Patient, latency=Latency(0.05)) as host:

        async def play(client: Client) -> None:
            seen = client.stats.snapshots
            with trio.fail_after(1):
                turn = await client.next_turn()
            assert turn == pytest.approx(client.clock.tick_at(trio.current_time()), abs=0.5 * Patient.tick_rate)
            assert client.stats.snapshots == seen

        await Client(f"ws://{HOST}:{PORT}/ws/room1", game="patient", name="ann", network=host.network).run(play)


@pytest.mark.parametrize("rate", [30, 60])
@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
async def test_inputs_meet_their_ticks(autojump_clock: MockClock, link: Link, rate: int) -> None:
    """A minute of what `python -m tests.client.input_timing` measures for ten."""
    made = await measure(link, rate, 60)
    assert made.sent > 58 * rate
    assert made.refused == 0
    assert made.jumps == made.pressed > 100, "no press is lost or counts twice"
    if link.stalls:
        assert made.late_percent < 6, "a stall of 250 in 5,000 ms, and nothing else"
        assert made.mean_ticks < 4
    else:
        assert made.late_percent < 0.1
        assert made.bridged_percent < 0.1
        assert made.mean_ticks <= 2.5 if rate == 30 else made.mean_ticks < 3
