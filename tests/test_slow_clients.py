"""One client that is slow, deaf or noisy, beside eight who play: they notice nothing, and it costs the server little."""

from __future__ import annotations

import gc
import tracemalloc
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import trio
from gameclient.bots import BotRunner, percentile
from trio_websocket import ConnectionClosed

from gameserver.core.limits import (
    ACK_SECONDS,
    MAX_MESSAGE,
    MESSAGE_BYTES_PER_SECOND,
    OVER_ALLOWANCE_SECONDS,
)
from gameserver.core.messages import Inputs, Ping, Ready, Snapshot
from gameserver.core.wire import encode_client
from gameserver.games.arena import Arena
from gameserver.maps import load_map
from gameserver.net.simulated import Latency, Toward
from tests.helpers import HOST, PORT, Host, serving, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from trio.testing import MockClock

    from gameserver.room import Room
    from tests.helpers import Wire

ROOM: Final = "arena1"
BOTS: Final = 8
SECONDS: Final = 12.0
LINE: Final = Latency(0.02, 0.005)
TICK: Final = 1 / Arena.tick_rate
MAX_MEMORY: Final = 512 * 1_024
"""What one slow client may cost the server, in bytes."""


@attrs.define
class Match:
    """Eight bots at play."""

    host: Host
    runner: BotRunner

    @property
    def room(self) -> Room:
        return self.host.server.rooms[ROOM]

    def p99_gap(self) -> float:
        """Of the eight, in seconds."""
        assert len(self.runner.report.rates) == BOTS
        assert self.runner.report.errors == []
        return percentile(self.runner.report.gaps, 99)


@asynccontextmanager
async def match(seconds: float = SECONDS) -> AsyncIterator[Match]:
    """The bots play for so long; leaving waits for them."""
    async with serving(Arena, latency=LINE, maps={"field": load_map("field")}) as host:
        host.server.rooms.open(ROOM, Arena, seed=1, keep=True)
        url = f"ws://{HOST}:{PORT}"
        runner = BotRunner(url, game=Arena, room=ROOM, count=BOTS, seconds=seconds, seed=1, network=host.network)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(runner.run)
            await trio.sleep(3.0)
            assert len(runner.report.rooms) == BOTS
            yield Match(host, runner)


async def gap_without() -> float:
    async with match() as it:
        pass
    return it.p99_gap()


async def join(it: Wire) -> None:
    """In the match, and his acknowledgements are his own business from here on."""
    it.acknowledges = False
    await it.say(it.hello("arena", name="slow"))
    await it.hear()
    tile_map, _ = load_map("field")
    await it.say(Ready(tile_map.sha256))
    await it.until(Snapshot)


# -- a slow line -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("every", [1, 4], ids=["player", "spectator"])
async def test_a_line_of_32_kbit_gets_fewer_snapshots_and_they_are_fresh(autojump_clock: MockClock, every: int) -> None:
    slow = Latency(0.025, bytes_per_second=4_000)
    ages: list[tuple[float, float]] = []
    async with match(30.0) as it, wire(it.host.network, ROOM) as one:
        await join(one)
        one.connection.set_latency(slow)
        begin = trio.current_time()
        unacknowledged = 0
        divisor = 1
        with trio.move_on_after(25.0):
            while True:
                for message in await one.hear():
                    if not isinstance(message, Snapshot):
                        continue
                    ages.append((trio.current_time() - begin, trio.current_time() - it.room.clock.deadline(message.tick)))
                    if message.control is not None and message.control[1] is not None:
                        divisor = message.control[1]
                    unacknowledged += 1
                    if unacknowledged >= every or divisor > 1:
                        unacknowledged = 0
                        await one.say(Inputs(0, message.tick, 0, None, ()))
        assert one.notice is None
        assert len(ages) > 50
    settled = [age for at, age in ages if at > 3.0]
    assert max(settled) <= 1.0 + 2 * slow.seconds
    assert it.p99_gap() <= await gap_without() + TICK


# -- nobody reads ------------------------------------------------------------------------------------------------------------
async def test_who_reads_nothing_is_gone_in_seconds_and_nobody_notices(autojump_clock: MockClock) -> None:
    async with match() as it, wire(it.host.network, ROOM) as one:
        await join(one)
        begin = trio.current_time()
        one.connection.clog(Toward.CLIENT)
        seat = it.room.seats[-1]
        while seat.line is not None:
            await trio.sleep(0.1)
            with suppress(ConnectionClosed, trio.BrokenResourceError):
                await one.say(Ping(1, 1))  # he is there
        assert ACK_SECONDS - 1 <= trio.current_time() - begin <= 2 * ACK_SECONDS
        assert not seat.over, "he may come back"
        assert it.host.server.rooms[ROOM].players == BOTS + 1
    assert it.p99_gap() <= await gap_without() + TICK


# -- noise -------------------------------------------------------------------------------------------------------------------
FLOODS: Final = {
    "inputs": encode_client(Inputs(0, None, 0, None, ())),
    "pings": encode_client(Ping(1, 1)),
    "large messages": encode_client(Inputs(0, None, 0, None, ())).ljust(MAX_MESSAGE, b"\0"),
}


@pytest.mark.parametrize("kind", FLOODS)
async def test_who_says_far_too_much_is_not_listened_to_and_then_sent_away(autojump_clock: MockClock, kind: str) -> None:
    async with match() as it, wire(it.host.network, ROOM) as one:
        await join(one)
        begin = trio.current_time()
        sent = 0
        code = 0

        async def listen() -> None:
            nonlocal code
            code = await one.end()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            with suppress(ConnectionClosed, trio.BrokenResourceError):
                while not code:
                    await one.say(FLOODS[kind])
                    sent += len(FLOODS[kind])
                    await trio.sleep(0.0002)
        took = trio.current_time() - begin
        assert code == (1002 if kind == "large messages" else 1008)
        assert took <= OVER_ALLOWANCE_SECONDS + 3.0
        assert it.room.seats[-1].player != BOTS + 1 or it.room.seats[-1].over
        window = 2 * 65_536  # what the two ends of the line hold
        assert sent <= MESSAGE_BYTES_PER_SECOND * (took + 2) + window, "what is not read is not sent"
    assert it.p99_gap() <= await gap_without() + TICK


# -- what it costs -----------------------------------------------------------------------------------------------------------
async def be_slow(one: Wire) -> None:
    one.connection.set_latency(Latency(0.025, bytes_per_second=4_000))
    await one.end()


async def be_deaf(one: Wire) -> None:
    one.connection.clog(Toward.CLIENT)
    await trio.sleep_forever()


async def be_noisy(one: Wire) -> None:
    with suppress(ConnectionClosed):
        while True:
            await one.say(FLOODS["pings"])
            await trio.sleep(0.001)


async def growth(behave: Callable[[Wire], Awaitable[None]] | None) -> int:
    """By how much the memory of this process grows at most in five seconds of a match, in bytes; with such a client, if any."""
    async with match() as it, trio.open_nursery() as nursery:

        async def come(behave: Callable[[Wire], Awaitable[None]]) -> None:
            async with wire(it.host.network, ROOM) as one:
                await join(one)
                one.heard.clear()
                await behave(one)

        gc.collect()
        gc.freeze()  # or each collection below goes through all that this process has loaded
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            worst = 0
            if behave is not None:
                nursery.start_soon(come, behave)
            for _ in range(20):
                await trio.sleep(0.25)
                gc.collect()
                worst = max(worst, tracemalloc.get_traced_memory()[0] - before)
        finally:
            tracemalloc.stop()
            gc.unfreeze()
        nursery.cancel_scope.cancel()
    return worst


async def test_what_a_slow_client_costs_in_memory(autojump_clock: MockClock) -> None:
    """The simulated window counts, which would be the kernel's, and the client's own objects, which are in this process too."""
    without = await growth(None)
    for behave in (be_slow, be_deaf, be_noisy):
        cost = await growth(behave) - without
        assert cost <= MAX_MEMORY, f"{behave.__name__}: {cost / 1_024:.0f} KiB"
