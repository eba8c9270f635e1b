"""A server that is to end: nobody new, a countdown, matches that end in their time, and clients that are asked to come again."""

from __future__ import annotations

import itertools
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
import trio.testing
from gameclient.client import Client

from gameserver import Refused, Result
from gameserver.api import make_app
from gameserver.core.limits import CLOSE_SECONDS, EMPTY_ROOM_SECONDS, MOST_AWAY_SECONDS, OVER_ROOM_SECONDS
from gameserver.core.messages import (
    Bye,
    Call,
    EventMessage,
    Inputs,
    Notice,
    NoticeCode,
    Ping,
    Ready,
    Reply,
    Role,
    Snapshot,
    Welcome,
)
from gameserver.core.replay.recording import Recording
from gameserver.guard import NoGuard
from gameserver.hooks import Hooks
from gameserver.lobby.game import LOBBY, Lobby
from gameserver.lobby.keeper import Keeper
from gameserver.net.simulated import Latency, Toward, simulated_ports
from tests.helpers import HOST, PORT, Rules, Toy, serving, wire
from tests.recording import recorder_on, resimulated
from tests.web import ask, get

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

    from gameserver import Profile
    from gameserver.core.messages import Hello
    from gameserver.standing import Standing
    from tests.helpers import Host, Wire

RESTARTING = NoticeCode.RESTARTING


class Quiet(Toy):
    """Steps only when something happens."""

    name = "quiet"
    ticks_on_input = True


class Rounds(Toy):
    """Over for a second in every four; then the next match begins, in the same room."""

    name = "rounds"
    closes_when_over = False

    def is_over(self) -> Result | None:
        second = self.board.steps // self.tick_rate
        return Result((), {}) if second % 4 == 3 else None


def warnings(it: Wire) -> list[object]:
    """How many seconds he was told that there were left, each time."""
    return [message.detail for message in it.heard if isinstance(message, Notice) and message.code == NoticeCode.DRAINING]


async def ping(it: Wire) -> None:
    """Where nothing happens this is all that is said."""
    for number in itertools.count():
        await it.say(Ping(number, number))
        await trio.sleep(5)


def farewell(it: Wire) -> object:
    """After how many seconds he was asked to come again."""
    (notice,) = (message for message in it.heard if isinstance(message, Notice) and message.code == RESTARTING)
    assert it.heard[-1] is notice
    return notice.detail


@attrs.define
class Draining:
    """A drain that goes on in a task.

    Attributes:
        seconds: how long it took, None while it goes on.
    """

    seconds: float | None = None


@asynccontextmanager
async def draining(host: Host, seconds: float) -> AsyncIterator[Draining]:
    """The block goes on while the server drains, and then stops; the drain has ended behind it."""
    drain = Draining()
    began = trio.current_time()

    async def run() -> None:
        await host.server.drain(seconds)
        drain.seconds = trio.current_time() - began
        await host.server.stop()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        await trio.testing.wait_all_tasks_blocked()
        yield drain


async def turned_away(host: Host, **of_hello: Any) -> object:  # noqa: ANN401 - what Wire.hello takes
    """Ask to come in; returns after how many seconds he may ask again."""
    async with wire(host.network) as it:
        await it.say(it.hello(**of_hello))
        assert await it.end() == 1012
        return farewell(it)


# -- what people are told -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("game", [Toy, Quiet])
@pytest.mark.parametrize("role", [Role.PLAYER, Role.SPECTATOR])
async def test_everybody_is_told_how_much_time_is_left_and_when_to_come_again(
    autojump_clock: MockClock, game: type[Toy], role: Role
) -> None:
    async with serving(game) as host, wire(host.network, "a") as ann, wire(host.network, "a") as bob:
        await ann.join(game.name)
        await bob.join(game.name, role=role, name="bob")
        began = trio.current_time()
        async with draining(host, 70) as drain, trio.open_nursery() as nursery:
            for it in (ann, bob):
                nursery.start_soon(ping, it)
            nursery.start_soon(ann.end)
            assert await bob.end() == 1012
            nursery.cancel_scope.cancel()
            assert trio.current_time() - began == pytest.approx(70, abs=0.01)
        for it in (ann, bob):
            assert warnings(it) == [70, 60, 30, 10, 5, 4, 3, 2, 1]
        assert {farewell(ann), farewell(bob)} == {0, 1}, "they do not come as one"
        assert drain.seconds == pytest.approx(70)
        with pytest.raises(OSError):
            await host.network.connect(HOST, PORT)


async def test_a_warning_ends_nothing(autojump_clock: MockClock) -> None:
    """Matches go on to the last tick, with inputs, events and calls."""
    async with serving(rooms=["toy1"]) as host:
        client = Client(f"ws://{HOST}:{PORT}/ws/toy1", game="toy", name="ann", network=host.network, comes_back=False)
        told: list[object] = []

        async def play(client: Client) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(host.server.drain, 5)
                for number in range(9):
                    await trio.sleep(0.5)
                    assert await client.call("echo", f"{number}") == f"{number}"
                    assert client.connected
                    assert client.notice is not None and client.notice.code == NoticeCode.DRAINING
                    told.append(client.notice.detail)

        await client.run(play)
        assert told == [5, 4, 4, 3, 3, 2, 2, 1, 1]


async def test_who_is_slow_to_come_in_is_told_with_the_first_snapshot(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as it:
        await it.say(it.hello())
        await it.until(Welcome)
        async with draining(host, 8):
            await trio.sleep(2.5)
            assert warnings(it) == []
            await it.say(Ready(None))
            await it.until(Snapshot)
            assert warnings(it) == [8]
            assert await it.end() == 1012
        assert warnings(it) == [8, 5, 4, 3, 2, 1]


# -- who may come in ----------------------------------------------------------------------------------------------------------
async def test_nobody_new_is_let_in_but_a_seat_is_there_for_who_lost_his_line(autojump_clock: MockClock) -> None:
    async with serving(web=make_app, rooms=["toy1", "b"]) as host:
        async with wire(host.network) as it:
            welcome = await it.join()
            it.connection.reset()
        await trio.sleep(0.1)
        async with draining(host, 30) as drain:
            for role in (Role.PLAYER, Role.SPECTATOR, Role.BOT):
                assert await turned_away(host, role=role) in (MOST_AWAY_SECONDS, MOST_AWAY_SECONDS + 1)
            assert await turned_away(host, credential=bytes(16)) in (MOST_AWAY_SECONDS, MOST_AWAY_SECONDS + 1), (
                "a seat that is gone"
            )
            ready = await ask(host.network, get("/readyz"))
            assert (ready.status, json.loads(ready.body)) == (503, {"ready": False, "reason": "draining"})
            assert (await ask(host.network, get("/healthz"))).status == 200
            with pytest.raises(Refused):
                host.server.rooms.open("c", Toy)
            with pytest.raises(Refused):
                host.server.rooms.replace_game(Toy, Toy)
            await trio.sleep(6)
            async with wire(host.network) as again:
                assert (await again.join(credential=welcome.resume)).player == welcome.player
                assert warnings(again) == [24]
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(again.end)
                    await trio.sleep(19)
                    assert await turned_away(host) in (5, 6), "and not longer than there is left"
                assert farewell(again) in (0, 1)
        assert drain.seconds == pytest.approx(30)


async def test_who_is_being_let_in_when_it_begins_is_told_too(autojump_clock: MockClock) -> None:
    class Slow(Hooks):
        async def authorise(self, hello: Hello, standing: Standing) -> Profile:
            await trio.sleep(0.5)
            return {}

    async with serving(hooks=Slow(), rooms=["toy1"]) as host, wire(host.network) as it:
        await it.say(it.hello())
        await trio.sleep(0.2)
        async with draining(host, 30) as drain:
            assert await it.end() == 1012
            assert drain.seconds == 0, "nobody plays"


# -- when rooms end -----------------------------------------------------------------------------------------------------------
async def test_rooms_without_people_close_at_once_and_nothing_is_waited_for(autojump_clock: MockClock) -> None:
    async with (
        serving(rooms=["empty", "bots", "watched"]) as host,
        wire(host.network, "bots") as bot,
        wire(host.network, "watched") as watcher,
    ):
        await bot.join(role=Role.BOT)
        await watcher.join(role=Role.SPECTATOR)
        async with draining(host, 30) as drain:
            assert await bot.end() == await watcher.end() == 1012
        assert drain.seconds == pytest.approx(0, abs=0.06), "within a tick"
        assert farewell(bot) in (MOST_AWAY_SECONDS, MOST_AWAY_SECONDS + 1)


async def test_a_room_closes_when_the_last_person_has_left(autojump_clock: MockClock) -> None:
    async with (
        serving(recorder=recorder_on(ports := simulated_ports(2)), rooms=["toy1"]) as host,
        wire(host.network) as ann,
        wire(host.network) as bot,
    ):
        await ann.join()
        await bot.join(role=Role.BOT, name="bob")
        async with draining(host, 30) as drain:
            await trio.sleep(3)
            await ann.say(Bye())
            assert await bot.end() == 1012
        assert drain.seconds == pytest.approx(3.05, abs=0.06), "within a tick"
    (name,) = await ports.disk.list("")
    recording = Recording.open(await ports.disk.read(name))
    assert recording.sealed and recording.contents.end == "closed"
    resimulated(recording, Toy)


@pytest.mark.parametrize("closes", [True, False])
@pytest.mark.parametrize("before", [True, False])
async def test_a_match_may_end_and_its_score_be_read(autojump_clock: MockClock, closes: bool, before: bool) -> None:
    """Whether it ends before the drain begins or in it, also in a room that would go on to the next match."""

    class Race(Toy):
        name = "race"
        closes_when_over = closes

    async with serving(Race) as host, wire(host.network) as ann:
        room = host.server.rooms.open("toy1", Race, options=Rules(goal=3), keep=True)
        await ann.join("race")
        if not before:
            await trio.sleep(1)
        async with draining(host, 60) as drain:
            tick = room.clock.tick
            await ann.say(Inputs(tick + 2, None, 0, None, (1, 0) * 8))
            begin = trio.current_time()
            assert await ann.end() == 1012
            assert trio.current_time() - begin == pytest.approx(OVER_ROOM_SECONDS, abs=0.5)
        assert drain.seconds == pytest.approx(OVER_ROOM_SECONDS, abs=0.6)
        assert any(isinstance(message, EventMessage) for message in ann.heard)


async def test_the_next_match_is_not_begun(autojump_clock: MockClock) -> None:
    async with (
        serving(Rounds, recorder=recorder_on(ports := simulated_ports(2)), rooms=["toy1"]) as host,
        wire(host.network) as ann,
    ):
        await ann.join("rounds")
        await trio.sleep(1.0)
        async with draining(host, 60) as drain:
            assert await ann.end() == 1012
        assert drain.seconds == pytest.approx(3.0, abs=0.1)
    found = [Recording.open(await ports.disk.read(name)) for name in await ports.disk.list("")]
    assert all(recording.sealed for recording in found)
    assert found[0].contents.end == "over"
    assert sum(recording.contents.last - recording.contents.first for recording in found[1:]) <= 1


async def test_a_room_that_closes_by_itself_is_not_waited_for(autojump_clock: MockClock) -> None:
    """Also one that faults."""
    async with serving() as host, wire(host.network) as ann:
        await ann.join()
        async with draining(host, 60) as drain:
            await trio.sleep(2)
            host.server.rooms["toy1"].close(Notice(NoticeCode.FAULTED, "it failed"))
            await ann.end()
        assert drain.seconds == pytest.approx(2, abs=0.1)


async def test_who_is_away_is_waited_for_as_long_as_his_seat_is_kept(autojump_clock: MockClock) -> None:
    async with serving() as host:
        async with wire(host.network) as ann:
            await ann.join()
            ann.connection.reset()
        await trio.sleep(10)
        async with draining(host, 60) as drain:
            await trio.sleep(EMPTY_ROOM_SECONDS)
        assert drain.seconds == pytest.approx(20, abs=0.2)


async def test_a_stop_in_the_middle_of_a_drain_is_a_stop(autojump_clock: MockClock) -> None:
    async with serving() as host, wire(host.network) as ann, trio.open_nursery() as nursery:
        await ann.join()
        nursery.start_soon(host.server.drain, 600)
        await trio.sleep(3)
        async with trio.open_nursery() as goodbyes:
            goodbyes.start_soon(ann.end)
            await host.server.stop()
        assert trio.current_time() < 3.2
        assert farewell(ann) in (0, 1), "it is gone now, and not in ten minutes"


@pytest.mark.parametrize("seconds", [0.0, 5.0])
async def test_a_client_that_does_not_read_delays_nothing(autojump_clock: MockClock, seconds: float) -> None:
    async with serving(latency=Latency(0.01)) as host, wire(host.network) as ann, wire(host.network) as bob:
        for it in (ann, bob):
            await it.join()
        ann.connection.clog(Toward.CLIENT)
        began = trio.current_time()
        async with draining(host, seconds):
            assert await bob.end() == 1012
        assert trio.current_time() - began <= seconds + CLOSE_SECONDS + 0.01


# -- the lobby ----------------------------------------------------------------------------------------------------------------
async def test_visitors_of_the_lobby_are_told_and_are_not_waited_for(autojump_clock: MockClock) -> None:
    async with serving(hosted=(Lobby,), rooms=["toy1"]) as host:
        Keeper(host.server, NoGuard(), creates=True).look()
        async with wire(host.network, LOBBY) as visitor, wire(host.network) as ann:
            await visitor.join(LOBBY)
            await ann.join()
            async with draining(host, 8) as drain:
                await visitor.say(Call(1, "create", ("toy", "", "", 0)))
                reply = await visitor.until(Reply)
                assert (reply.ok, reply.value) == (False, "the server restarts: come again in a moment")
                await trio.sleep(2.5)
                await ann.say(Bye())
                assert await visitor.end() == 1012
            assert warnings(visitor) == [8]
            assert farewell(visitor) in (0, 1), "the last match has ended"
            assert drain.seconds == pytest.approx(2.5, abs=0.2)
