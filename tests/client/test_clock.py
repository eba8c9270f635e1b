"""The client's estimate of the room's time, by itself and in a match on a line that jitters."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import trio
from gameclient.bots import Bot
from gameclient.client import Client
from gameclient.clock import SAMPLES, ServerClock

from gameserver.core.brain import RandomBrain
from gameserver.net.simulated import Latency
from tests.helpers import HOST, PORT, Host, serving, toy_at

if TYPE_CHECKING:
    from trio.testing import MockClock

RATE = 30


class Room:
    """A room's time as seen through a line: local time is an hour ahead of it."""

    def __init__(self, seed: int, up: tuple[float, float], down: tuple[float, float]) -> None:
        self.clock = ServerClock(RATE)
        self._rng = random.Random(seed)
        self._up, self._down = up, down
        self._now = 3_600.0

    def ping(self, held: float = 0.0) -> None:
        sent = self._now
        arrived = sent + self._rng.uniform(*self._up)
        answered = arrived + held
        tick, into = divmod((answered - 3_600.0) * RATE, 1)
        self._now = answered + self._rng.uniform(*self._down)
        self.clock.add(sent, self._now, int(tick), into / RATE, held)
        self._now += 0.1

    @property
    def error_seconds(self) -> float:
        return self.clock.tick_at(self._now) / RATE - (self._now - 3_600.0)


def test_nothing_is_known_before_the_first_sample() -> None:
    clock = ServerClock(RATE)
    assert not clock.known
    assert clock.round_trip_seconds == 0.0
    with pytest.raises(ValueError, match="not known yet"):
        clock.tick_at(1.0)


def test_a_snapshot_is_all_there_is_to_go_by_before_the_first_pong() -> None:
    clock = ServerClock(RATE)
    clock.hint(100.0, 60)
    assert clock.tick_at(100.5) == pytest.approx(75)
    clock.add(100.5, 100.6, 90, 0.0, 0.0)
    clock.hint(101.0, 1_000)
    assert clock.tick_at(100.6) == pytest.approx(90 + 0.05 * RATE), "a hint says nothing any more"


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("jitter", [0.0, 0.01, 0.02, 0.04])
def test_it_converges_within_10_ms_under_symmetric_jitter(seed: int, jitter: float) -> None:
    room = Room(seed, (0.05, 0.05 + jitter), (0.05, 0.05 + jitter))
    for _ in range(SAMPLES):
        room.ping(held=0.015)
    assert abs(room.error_seconds) < 0.010
    assert 0.1 - 1e-9 <= room.clock.round_trip_seconds <= 0.1 + 2 * jitter + 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_retransmissions_on_one_side_do_not_pull_it_away(seed: int) -> None:
    """Half of the answers come 200 ms or more late, as on TCP when a packet is lost."""
    rng = random.Random(seed)
    room = Room(seed, (0.05, 0.052), (0.05, 0.052))
    for _ in range(2 * SAMPLES):
        room._down = (0.25, 0.6) if rng.random() < 0.5 else (0.05, 0.052)
        room.ping()
    assert abs(room.error_seconds) < 0.010


def test_it_follows_a_line_that_became_slower_and_forgets_on_reset() -> None:
    room = Room(1, (0.02, 0.02), (0.02, 0.02))
    for _ in range(SAMPLES):
        room.ping()
    room._up = room._down = (0.2, 0.2)
    for _ in range(SAMPLES):
        room.ping()
    assert room.clock.round_trip_seconds == pytest.approx(0.4)
    assert abs(room.error_seconds) < 0.001
    room.clock.reset()
    assert not room.clock.known
    assert room.clock.round_trip_seconds == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_within_two_seconds_it_is_right_to_10_ms_where_ways_take_30_ms_more_or_less(seed: int) -> None:
    """16 PONGs and the snapshots of two seconds: each direction is measured by itself."""
    rng = random.Random(seed)
    clock = ServerClock(RATE)
    for tick in range(60):
        clock.hint(tick / RATE + rng.uniform(0.045, 0.105), tick)
        if tick % 4 == 0:
            arrived = tick / RATE + rng.uniform(0.045, 0.105)
            clock.add(tick / RATE, arrived + rng.uniform(0.045, 0.105), 0, arrived, 0.0)
    assert abs(clock.tick_at(2.0) - 2.0 * RATE) / RATE < 0.010


def test_jitter_is_how_much_round_trips_differ() -> None:
    even, uneven = Room(1, (0.05, 0.05), (0.05, 0.05)), Room(1, (0.05, 0.09), (0.05, 0.09))
    for room in (even, uneven):
        for _ in range(50):
            room.ping()
    assert even.clock.jitter_seconds == pytest.approx(0, abs=1e-9)
    assert 0.006 < uneven.clock.jitter_seconds < 0.025
    uneven.clock.reset()
    assert uneven.clock.jitter_seconds == 0


def test_a_local_clock_that_stood_still_is_believed_again_at_the_next_pong() -> None:
    room = Room(1, (0.02, 0.02), (0.02, 0.02))
    for _ in range(SAMPLES):
        room.ping()
    error = room.error_seconds
    sent = room._now
    room.clock.add(sent, sent + 0.04, int((sent + 0.02 + 5 - 3_600) * RATE), 0.0, 0.0)
    assert abs(room.error_seconds - error - 5) < 1 / RATE


def test_a_round_trip_is_never_negative() -> None:
    clock = ServerClock(RATE)
    assert clock.add(1.0, 1.01, 30, 0.0, 5.0) == 0.0


# -- in a match -------------------------------------------------------------------------------------------------------------
def client_of(host: Host, game: str) -> Client:
    return Client(f"ws://{HOST}:{PORT}/ws/room1", game=game, name="ann", network=host.network)


@pytest.mark.parametrize("rate", [20, 30, 60])
async def test_the_clients_clock_is_right_in_a_match(autojump_clock: MockClock, rate: int) -> None:
    async with serving(toy_at(rate), latency=Latency(0.04, 0.02)) as host:
        client = client_of(host, f"toy{rate}")
        errors: list[float] = []

        async def play(client: Client) -> None:
            await trio.sleep(5)
            clock = host.server.rooms["room1"].clock
            for _ in range(40):
                await trio.sleep(0.25)
                now = trio.current_time()
                truth = clock.tick + (now - clock.deadline(clock.tick)) * rate
                errors.append(client.clock.tick_at(now) - truth)

        await client.run(play)
        assert max(map(abs, errors)) / rate < 0.010


async def test_a_new_epoch_of_the_clock_begins_anew(autojump_clock: MockClock) -> None:
    """The room loses a tenth of a second: the old samples would hold the estimate for seconds, but they are void."""
    async with serving(toy_at(RATE), latency=Latency(0.04, 0.01)) as host:
        client = client_of(host, f"toy{RATE}")

        async def play(client: Client) -> None:
            await trio.sleep(8)
            clock = host.server.rooms["room1"].clock
            clock.skip(0.1)
            await trio.sleep(3)
            now = trio.current_time()
            truth = clock.tick + (now - clock.deadline(clock.tick)) * RATE
            assert abs(client.clock.tick_at(now) - truth) / RATE < 0.010

        await client.run(play)


@pytest.mark.parametrize("rate", [20, 30, 60])
async def test_inputs_come_in_time_and_not_too_early(autojump_clock: MockClock, rate: int) -> None:
    """A bot 100 ms ± 20 ms away there and back: fewer than 1 % late, and the margin is about one to three ticks."""
    async with serving(toy_at(rate), latency=Latency(0.04, 0.02)) as host:
        client = client_of(host, f"toy{rate}")
        margins: list[float] = []

        async def look() -> None:
            await trio.sleep(5)
            while True:
                await trio.sleep(0.1)
                assert client.margin_seconds is not None
                margins.append(client.margin_seconds * rate)

        async def play(client: Client) -> None:
            with trio.move_on_after(60):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(look)
                    await Bot(client, RandomBrain, 1).play(client)
            counts = host.server.rooms["room1"].seats[0].inputs.counts
            sent = counts.used + counts.late
            assert sent > 50 * rate
            assert counts.late < 0.01 * sent
            assert counts.early == 0
            assert counts.excess < 0.005 * sent, "the credit is spent when two messages come close together"
            assert counts.held + counts.neutral < 0.05 * sent

        await client.run(play)
        margins.sort()
        middle = margins[len(margins) // 10 : -len(margins) // 10]
        assert middle[0] > 0.3
        assert middle[-1] < max(3.5, 0.06 * rate), "a margin that is not needed is only delay"
