"""A room stopped, stepped and laid open by who develops its game; and that nobody else may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import trio
from gameclient.client import Client

from gameserver.api import make_app
from gameserver.core.limits import ACK_SECONDS, GRACE_SECONDS, IDLE_SECONDS
from gameserver.core.messages import Snapshot
from gameserver.development.http import DEV_HEADER, MAX_STEPS, routes
from tests.helpers import HOST, PORT, Toy, serving, wire
from tests.web import ask, get

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from trio.testing import MockClock

    from tests.helpers import Host


def developing() -> AbstractAsyncContextManager[Host]:
    return serving(Toy, web=lambda server: make_app(server, routes(server)), rooms=("toy1", "toy2"))


async def say(host: Host, path: str, method: str = "POST", *, status: int = 200) -> Any:  # noqa: ANN401 - JSON
    answer = await ask(host.network, get(path, f"{DEV_HEADER}: 1", method=method).replace(b"example.org", b"127.0.0.1:8765"))
    assert answer.status == status, answer.text
    return json.loads(answer.body) if status == 200 else answer.text


async def test_a_room_stands_still_steps_and_goes_on_and_no_other_does(autojump_clock: MockClock) -> None:
    async with developing() as host, wire(host.network, "toy1") as ann, wire(host.network, "toy2") as bob:
        room, other = host.server.rooms["toy1"], host.server.rooms["toy2"]
        await ann.join()
        await bob.join()
        told = await say(host, "/dev/rooms/toy1/pause")
        assert told["paused"] and told["players"] == [{"number": 1, "name": "ann", "bot": False}]
        tick, others = room.clock.tick, other.clock.tick
        await trio.sleep(2.0)
        assert room.clock.tick == tick
        assert other.clock.tick == others + 40
        await say(host, "/dev/rooms/toy1/step")
        await trio.sleep(1.0)
        assert room.clock.tick == tick + 1
        await say(host, "/dev/rooms/toy1/step?ticks=7")
        await trio.sleep(2.0)
        assert room.clock.tick == tick + 8
        listed = await say(host, "/dev/rooms", "GET")
        assert [(entry["room"], entry["paused"]) for entry in listed] == [("toy1", True), ("toy2", False)]
        await say(host, "/dev/rooms/toy1/resume")
        await trio.sleep(1.0)
        assert 18 <= room.clock.tick - tick - 8 <= 20


async def test_nobody_is_sent_away_while_a_room_stands_still(autojump_clock: MockClock) -> None:
    """A client of ours plays on as if nothing had happened, however long it took; its pings are answered."""
    async with developing() as host:
        room = host.server.rooms["toy1"]
        ticks: list[int] = []

        async def play(client: Client) -> None:
            while True:
                ticks.append(await client.next_snapshot())

        client = Client(f"ws://{HOST}:{PORT}/ws/toy1", game="toy", name="ann", network=host.network, comes_back=False)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.run, play)
            await trio.sleep(3.0)
            await say(host, "/dev/rooms/toy1/pause")
            await trio.sleep(max(ACK_SECONDS, IDLE_SECONDS, GRACE_SECONDS) + 10)
            pongs = len(client.stats.round_trips)
            await trio.sleep(5.0)
            assert len(client.stats.round_trips) >= pongs + 3
            await say(host, "/dev/rooms/toy1/resume")
            await trio.sleep(3.0)
            assert [player.owner for player in room.simulation.players.values()] == [1]
            assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))
            assert room.clock.tick - ticks[-1] <= 1
            assert abs(client.clock.tick_at(trio.current_time()) - room.clock.tick) < 3, "it has estimated anew"
            nursery.cancel_scope.cancel()


async def test_who_leaves_a_room_that_stands_still_is_gone_when_it_goes_on(autojump_clock: MockClock) -> None:
    async with developing() as host:
        room = host.server.rooms["toy1"]
        async with wire(host.network, "toy1") as ann:
            await ann.join()
            await say(host, "/dev/rooms/toy1/pause")
        await trio.sleep(GRACE_SECONDS + 1)
        assert room.players == 0
        async with wire(host.network, "toy1") as bob:
            await bob.say(bob.hello(name="bob"))
            await say(host, "/dev/rooms/toy1/resume")
            await trio.sleep(1.0)
        assert [player.name for player in room.simulation.players.values()] in ([], ["bob"])


async def test_the_state_lies_open(autojump_clock: MockClock) -> None:
    async with developing() as host, wire(host.network, "toy1") as ann:
        room = host.server.rooms["toy1"]
        await ann.join()
        await ann.until(Snapshot)
        await say(host, "/dev/rooms/toy1/pause")
        state = await say(host, "/dev/rooms/toy1", "GET")
        assert state["game"] == "toy@1"
        assert state["tick"] == room.clock.tick
        assert state["hash"] == f"{room.simulation.world.hash():016x}"
        (runner,) = state["Runner"]
        assert (runner["name"], runner["owner"], runner["lucky"]) == ("ann", 1, 7), "what only its owner sees, too"
        assert state["Board"]["steps"] == room.clock.tick
        assert {"timers", "talk", "random", "result"} <= set(state)


@pytest.mark.parametrize(
    ("path", "method", "status", "words"),
    [
        ("/dev/rooms/none", "GET", 404, "there is no such room; there are: toy1, toy2"),
        ("/dev/rooms/none/pause", "POST", 404, "there is no such room"),
        ("/dev/rooms/toy1/pause", "GET", 405, ""),
        ("/dev/rooms/toy1/step?ticks=0", "POST", 400, f"from 1 to {MAX_STEPS}"),
        ("/dev/rooms/toy1/step?ticks=many", "POST", 400, f"from 1 to {MAX_STEPS}"),
        (f"/dev/rooms/toy1/step?ticks={MAX_STEPS + 1}", "POST", 400, f"from 1 to {MAX_STEPS}"),
    ],
)
async def test_what_cannot_be_done_is_said(path: str, method: str, status: int, words: str, autojump_clock: MockClock) -> None:
    async with developing() as host:
        assert words in await say(host, path, method, status=status)
        assert not host.server.rooms["toy1"].held


@pytest.mark.parametrize(
    ("host_name", "header"),
    [
        ("evil.example", f"{DEV_HEADER}: 1"),
        ("evil.example:8765", f"{DEV_HEADER}: 1"),
        ("127.0.0.1.evil.example", f"{DEV_HEADER}: 1"),
        ("127.0.0.1:8765", "x-other: 1"),
    ],
)
async def test_a_page_elsewhere_gets_nothing(host_name: str, header: str, autojump_clock: MockClock) -> None:
    """Neither by pointing its own name here, nor by a form."""
    async with developing() as host:
        for path, method in (("/dev/rooms", "GET"), ("/dev/rooms/toy1", "GET"), ("/dev/rooms/toy1/pause", "POST")):
            answer = await ask(host.network, get(path, header, method=method).replace(b"example.org", host_name.encode()))
            assert answer.status == 403
        assert not host.server.rooms["toy1"].held


async def test_without_dev_there_is_none_of_it(autojump_clock: MockClock) -> None:
    async with serving(Toy, web=make_app, rooms=("toy1",)) as host:
        await say(host, "/dev/rooms", "GET", status=404)
        await say(host, "/dev/rooms/toy1/pause", status=404)
        assert not host.server.rooms["toy1"].held
