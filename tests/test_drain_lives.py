"""Servers that are told to end at any moment of a busy life, and the next one on the same port: all are told, and back soon."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import attrs
import pytest
import trio
import trio.testing
from gameclient.calls import SessionGone
from gameclient.client import Client, ClientClosed

from gameserver import Refused, call, integer, room_recorder
from gameserver.core.limits import CLOSE_SECONDS, COMEBACK_SPREAD_SECONDS, SEAL_SECONDS
from gameserver.core.messages import NoticeCode, Role
from gameserver.core.replay.recording import Recording
from gameserver.guard import NoGuard
from gameserver.net.simulated import Latency, simulated_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.determinism import run_deterministic
from tests.helpers import HOST, PORT, Push, Runner, Toy
from tests.recording import recorder_on, resimulated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio.testing import MockClock

    from gameserver import PlayerId
    from gameserver.net.simulated import SimPorts

LIVES: Final = int(os.environ.get("DRAINS", "5"))
"""DRAINS=1000 for a long look."""
PEOPLE: Final = 5
ROLL_SECONDS: Final = 1.7
"""A recording goes on in the next file so often here."""
STEP_SECONDS: Final = 0.008
"""What a step costs: a world that is built anew takes a while, in slices, between which anything may happen."""
LATE_SECONDS: Final = 0.3
"""By which anything may be late: steps take time, and a world that is built anew more of it."""
ROOMS: Final = ("a", "b")
BACK_SECONDS: Final = 5.0
"""After the time that he was asked to stay away everybody is back within it: a try that was refused, and the waits behind it."""


class Brittle(Toy):
    """Fails at a call, and takes its time."""

    name = "brittle"

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        clock: MockClock = trio.lowlevel.current_clock()  # type: ignore[assignment] # these lives are virtual
        clock.jump(STEP_SECONDS)
        super().step(inputs)

    @call
    def press(self, player: Runner, number: int = integer(0, 9)) -> None:
        raise KeyError(number)


@attrs.define(eq=False)
class Somebody:
    """A client, and what became of its lines."""

    client: Client
    asked: list[tuple[float, int]] = attrs.field(factory=list)
    """When he was asked to come again, and after how many seconds."""
    failure: Exception | None = None
    """He does not come back."""

    @property
    def is_awaited(self) -> bool:
        """Has he been let in, or asked to come again? Who has never heard a word does not go on trying."""
        notice = self.client.notice
        return self.client.sessions > 0 or (notice is not None and notice.code == NoticeCode.RESTARTING)

    def lose(self, error: Exception) -> None:
        """A line of his has ended."""
        notice = error.notice if isinstance(error, ClientClosed) else None
        if notice is not None and notice.code == NoticeCode.RESTARTING:
            assert isinstance(notice.detail, int)
            self.asked.append((trio.current_time(), notice.detail))


class Life:
    """A busy server that is told to end, and the next one."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        latency = Latency(rng.choice((0.0, 0.02, 0.06)), rng.choice((0.0, 0.03)))
        self.ports: SimPorts = simulated_ports(seed, latency=latency)
        self.told_at = rng.uniform(0.0, 6.0)
        """When it is told to end."""
        self.drain_seconds = rng.choice((0.0, rng.uniform(0.1, 4.0)))
        self.people: list[Somebody] = []

    async def live(self) -> None:
        async with trio.open_nursery() as crowd:
            async with trio.open_nursery() as first:
                server = await self.serve(first)
                cuts = await first.start(self.cut)
                for number in range(PEOPLE):
                    crowd.start_soon(self.come, number)
                await trio.sleep_until(self.told_at)
                if self.drain_seconds:
                    await server.drain(self.drain_seconds)
                    assert trio.current_time() - self.told_at <= self.drain_seconds + LATE_SECONDS
                cuts.cancel()
                await trio.testing.wait_all_tasks_blocked()
                playing = [someone for someone in self.people if someone.client.connected]
                began = trio.current_time()
                await server.stop()
                assert trio.current_time() - began <= max(CLOSE_SECONDS, SEAL_SECONDS) + LATE_SECONDS
                assert server.rooms == {}
            for someone in playing:
                assert someone.asked and someone.asked[-1][0] >= began, f"{someone.client.name} was not told"
            await self.check_recordings()
            await trio.sleep(self.rng.uniform(0.0, 2.0))
            async with trio.open_nursery() as second:
                await self.serve(second)
                began = trio.current_time()
                awaited = [someone for someone in self.people if someone.is_awaited]
                at, seconds = max((someone.asked[-1] for someone in awaited if someone.asked), default=(self.told_at, 0))
                await trio.sleep_until(max(began, at + seconds + COMEBACK_SPREAD_SECONDS) + BACK_SECONDS)
                for someone in awaited:
                    assert someone.failure is None, f"{someone.client.name}: {someone.failure!r}"
                    assert someone.client.connected, f"{someone.client.name} is not back"
                second.cancel_scope.cancel()
            crowd.cancel_scope.cancel()

    async def serve(self, nursery: trio.Nursery) -> Server:
        ports = self.ports
        rooms = Rooms(ports=ports, games={"brittle": Brittle}, maps={}, guard=NoGuard(), recorder=recorder_on(ports))
        server = Server(rooms, ports=ports)
        for room in ROOMS:
            rooms.open(room, Brittle, keep=True)
        await server.listen(HOST, PORT)
        nursery.start_soon(server.run)
        return server

    async def come(self, number: int) -> None:
        """Somebody comes before the end, or in the middle of it, plays, and makes the game fail about when it begins."""
        rng = self.rng
        ends_at = self.told_at + self.drain_seconds
        at = rng.uniform(0.0, rng.choice((self.told_at, ends_at)))
        fails_at = rng.choice((self.told_at, ends_at)) - rng.uniform(0.0, 0.3)
        role = (Role.PLAYER, Role.PLAYER, Role.PLAYER, Role.SPECTATOR, Role.BOT)[number]
        room = rng.choice(ROOMS)
        await trio.sleep_until(at)
        client = Client(
            f"ws://{HOST}:{PORT}/ws/{room}",
            game=Brittle.name,
            name=f"guest {number}",
            role=role,
            network=self.ports.network,
            on_loss=lambda error: someone.lose(error),
            rng=random.Random(number),
        )
        someone = Somebody(client)
        self.people.append(someone)

        async def play(client: Client) -> None:
            presses = number == 0  # at the same place a game fails once only
            while True:
                tick = await client.next_snapshot()
                if role is not Role.SPECTATOR:
                    await client.send_input(tick + 3, Push(right=1, jump=tick % 7 == 0))
                if presses and trio.current_time() >= fails_at and role is Role.PLAYER:
                    presses = False
                    with suppress(Refused, SessionGone):
                        await client.call("press", number)

        try:
            await client.run(play)
        except ClientClosed as error:
            someone.failure = error

    async def cut(self, *, task_status: trio.TaskStatus[trio.CancelScope]) -> None:
        """Lines break now and then."""
        with trio.CancelScope() as scope:
            task_status.started(scope)
            while True:
                await trio.sleep(self.rng.uniform(0.1, 1.5))
                connections = self.ports.network.connections
                if connections:
                    self.rng.choice(connections).reset()

    async def check_recordings(self) -> None:
        """Every one is whole, and what its steps make again."""
        names = await self.ports.disk.list("")
        assert names and not [name for name in names if name.endswith(".part")]
        for name in names:
            recording = Recording.open(await self.ports.disk.read(name))
            assert recording.sealed, name
            resimulated(recording, Brittle)


@pytest.mark.parametrize("seed", range(LIVES))
def test_whenever_a_server_is_told_to_end_everybody_is_told_and_comes_back(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_recorder, "ROLL_SECONDS", ROLL_SECONDS)
    run_deterministic(Life(seed).live, seed=seed)
