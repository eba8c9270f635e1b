"""When a session ends and when only its line does, and what a room makes of those who are away."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import trio
from trio_websocket import ConnectionClosed

from gameserver.core.limits import (
    ACK_SECONDS,
    GRACE_SECONDS,
    IDLE_SECONDS,
    MAX_MESSAGE,
    READY_SECONDS,
)
from gameserver.core.messages import Bye, Call, Inputs, Notice, NoticeCode, Ping, Pong
from gameserver.net.simulated import Latency
from gameserver.plan import RoomState
from tests.comebacks import Traveller, away, hooks, refusal, room_of, runner_of, seat_of
from tests.helpers import Host, Rules, Toy, serving, wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from trio.testing import MockClock

    from tests.helpers import Wire


# -- the end of a session ----------------------------------------------------------------------------------------------------
async def test_after_the_grace_he_leaves_once(autojump_clock: MockClock) -> None:
    async with serving(rooms=["toy1"]) as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            it.connection.reset()
            gone_at = trio.current_time()
        await trio.sleep_until(gone_at + GRACE_SECONDS - 0.1)
        assert hooks(host, "leave") == []
        await trio.sleep_until(gone_at + GRACE_SECONDS + 0.1)
        assert len(hooks(host, "leave")) == 1
        assert (await refusal(host, ann.token)).code == NoticeCode.SESSION_GONE
        ann.token = None
        async with ann.line() as it:
            assert ann.player == 2, "somebody new"
            await ann.stay(it, 10)
        assert len(hooks(host, "leave")) == 1


async def test_who_comes_in_the_last_moment_may_load_the_map(autojump_clock: MockClock) -> None:
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await away(it)
        await trio.sleep(GRACE_SECONDS - 1)
        async with ann.line(ready=False) as it:
            await trio.sleep(READY_SECONDS - 1)
            await ann.enter(it)
            assert runner_of(host).connected
        assert hooks(host, "leave") == []


async def say_bye(host: Host, it: Wire) -> None:
    await it.say(Bye())


async def say_garbage(host: Host, it: Wire) -> None:
    await it.say(b"\xc1")


async def say_the_illegal(host: Host, it: Wire) -> None:
    await it.say(it.hello())


async def say_text(host: Host, it: Wire) -> None:
    await it.say("good day")


async def say_too_much(host: Host, it: Wire) -> None:
    await it.say(bytes(MAX_MESSAGE + 1))


async def say_it_unmasked(host: Host, it: Wire) -> None:
    await it.stream.send_all(b"\x82\x01x")


async def ping_without_end(host: Host, it: Wire) -> None:
    await it.stream.send_all(b"\x89\x80\x00\x00\x00\x00" * 50)


async def kick(host: Host, it: Wire) -> None:
    seat_of(host).end(Notice(NoticeCode.KICKED, "out"))


async def fault(host: Host, it: Wire) -> None:
    room_of(host).close(Notice(NoticeCode.FAULTED, "the room failed"))


async def close_room(host: Host, it: Wire) -> None:
    room_of(host).close(Notice(NoticeCode.CLOSED, "closed"))


BREACHES = (say_garbage, say_the_illegal, say_text, say_too_much, say_it_unmasked, ping_without_end)
ENDS = (say_bye, *BREACHES, kick, fault, close_room)


@pytest.mark.parametrize("ready", [True, False], ids=["playing", "coming back"])
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_what_ends_a_session_ends_it_at_once(
    autojump_clock: MockClock, end: Callable[[Host, Wire], Awaitable[None]], ready: bool
) -> None:
    async with serving(rooms=["toy1"]) as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            if not ready:
                await away(it)
        async with ann.line(ready=ready) as it:
            await end(host, it)
            await it.end()
        await trio.sleep(0.2)
        if end not in (fault, close_room):
            assert [entry[0] for entry in hooks(host, "join", "leave")] == ["join", "leave"]
            assert room_of(host).players == 0
        assert (await refusal(host, ann.token)).code == NoticeCode.SESSION_GONE


@pytest.mark.parametrize("last", [Bye(), b"\xc1"], ids=["BYE", "garbage"])
async def test_nothing_counts_that_is_said_behind_the_last_word(autojump_clock: MockClock, last: Bye | bytes) -> None:
    async with serving(latency=Latency(0.2)) as host, wire(host.network) as it:
        await it.join()
        await it.say(last, *(Call(number, "echo", ("late",)) for number in range(1, 4)))
        await it.end()
        assert hooks(host, "echo") == []


async def hear_to_the_end(it: Wire, *, pings: bool) -> None:
    """Acknowledge nothing; with `pings` be there all the same."""
    with suppress(ConnectionClosed):
        while True:
            await it.hear()
            if pings and not len(it.heard) % 10:
                await it.say(Ping(1, 1))


@pytest.mark.parametrize("way", ["idle", "too slow", "no READY", "1000", "1001", "1002"])
async def test_what_ends_a_line_only_keeps_the_session(
    autojump_clock: MockClock, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "idle":
        monkeypatch.setattr("gameserver.core.pacing.ACK_SECONDS", 1_000.0)
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            if way == "no READY":
                await away(it)
        async with ann.line(ready=way != "no READY") as it:
            if way.isdigit():  # with 1002 a client leaves to whom our world looks wrong
                await it.websocket.aclose(int(way))
            else:
                with trio.fail_after(max(ACK_SECONDS, IDLE_SECONDS, READY_SECONDS) + 2):
                    await hear_to_the_end(it, pings=way == "too slow")
                assert it.notice is not None
                assert it.notice.code == (NoticeCode.TOO_SLOW if way == "too slow" else NoticeCode.IDLE)
        await trio.sleep(1)
        assert room_of(host).players == 1
        async with ann.line() as it:
            await ann.stay(it, 0.2)
            assert runner_of(host).connected
        assert [entry[0] for entry in hooks(host, "join", "leave")] == ["join"]


# -- rooms and those who are away --------------------------------------------------------------------------------------------
async def test_a_room_of_people_who_are_away_is_full_and_goes_on_and_then_stands_still(autojump_clock: MockClock) -> None:
    async with serving(rooms=["toy1"]) as host:
        people = [Traveller(host.network, name=f"p{number}") for number in range(Toy.max_players)]
        for someone in people:
            async with someone.line() as it:
                await away(it)
        room = room_of(host)
        async with wire(host.network) as it:
            await it.say(it.hello())
            assert await it.end() == 1013
        before = room.clock.tick
        await trio.sleep(10)
        assert room.clock.tick - before == pytest.approx(10 * Toy.tick_rate, abs=2), "the match goes on"
        async with people[2].line():
            assert people[2].player == 3
        await trio.sleep(GRACE_SECONDS + 1)
        assert room.state is RoomState.PAUSED
        assert len(hooks(host, "leave")) == Toy.max_players
        stands = room.clock.tick
        await trio.sleep(100)
        assert room.clock.tick == stands


async def test_a_server_stops_at_once_though_somebody_is_away(autojump_clock: MockClock) -> None:
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await away(it)
        begin = trio.current_time()
        await host.server.stop()
        assert trio.current_time() - begin < 0.1
        assert room_of(host).find(ann.token or b"") is None


async def test_who_is_away_when_the_match_ends_may_come_for_the_score(autojump_clock: MockClock) -> None:
    async with serving() as host:
        host.server.rooms.open("toy1", Toy, options=Rules(goal=3))
        ann, bob = Traveller(host.network), Traveller(host.network, name="bob")
        async with ann.line() as it:
            await away(it)
        async with bob.line() as it:
            await it.say(Inputs(bob.snapshots[-1].tick + 2, None, 0, None, 4 * (1, 0)))
            await bob.stay(it, 1)
            assert room_of(host).simulation.result is not None
            async with ann.line() as again:
                assert ann.snapshots[0].flags == 1
                await ann.stay(again, 20)
                assert again.notice is not None and again.notice.code == NoticeCode.OVER
                assert again.notice.text == "the match is over"
        assert (await refusal(host, ann.token)).code == NoticeCode.SESSION_GONE


async def test_before_ready_a_line_is_read_no_faster_than_after(autojump_clock: MockClock) -> None:
    """Else coming back again and again would be a way to keep the server busy."""
    async with serving() as host:
        ann = Traveller(host.network)
        async with ann.line() as it:
            await away(it)
        async with ann.line(ready=False) as it:
            begin = trio.current_time()
            with suppress(ConnectionClosed):
                while trio.current_time() - begin < 1:
                    await it.say(*(Ping(number, 0) for number in range(20)))
                    await trio.sleep(0.01)
            assert await it.end() == 1008
            assert trio.current_time() - begin < 0.2
            assert sum(isinstance(message, Pong) for message in it.heard) <= 2 * Toy.tick_rate + 20 + 10
