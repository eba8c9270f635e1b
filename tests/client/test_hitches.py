"""A room that stands still for longer than it may catch up, and clients that do not know it yet: every press comes, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
import trio
from gameclient.client import Client

from gameserver import Game, Input, Player, PlayerId, integer, players_of
from gameserver.core.limits import MAX_DEBT_SECONDS
from gameserver.net.simulated import Latency
from gameserver.plan import RoomState
from gameserver.room import Room
from tests.helpers import HOST, PORT, serving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio.testing import MockClock


class Press(Input):
    number: int = integer(0, 10_000, edge=True)
    """Of a press; no two have the same."""


class Presser(Player):
    pass


class Presses(Game):
    """Writes down what is pressed."""

    name = "presses"
    tick_rate = 30
    inputs = Press
    players = players_of(Presser)

    seen: ClassVar[list[int]]
    """What was pressed, in order; set by the test."""

    def join(self, player: Presser, profile: object) -> None:
        pass

    def leave(self, player: Presser) -> None:
        pass

    def step(self, inputs: Mapping[PlayerId, Press]) -> None:
        self.seen.extend(press.number for press in inputs.values() if press.number)


class Fast(Presses):
    name = "fast"
    tick_rate = 60


def stall(monkeypatch: pytest.MonkeyPatch, *stalls: tuple[float, float]) -> None:
    """Rooms do nothing at all between these times, while the rest of the world goes on."""

    async def run(room: Room) -> None:
        while room.state is not RoomState.CLOSED:
            due = room.clock.next_deadline
            await trio.sleep_until(max([due, *(end for begin, end in stalls if begin <= due < end)]))
            room.tick(trio.current_time())

    monkeypatch.setattr(Room, "run", run)


@pytest.mark.parametrize("game", [Presses, Fast])
@pytest.mark.parametrize("seconds", [0.2, 0.3, 0.7, 1.5, 4.0])
@pytest.mark.parametrize("latency", [0.0, 0.1])
async def test_every_press_around_a_hitch_counts_once(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, game: type[Presses], seconds: float, latency: float
) -> None:
    """One in each tick is pressed before and after it. Those made while the room stood still come in the ticks behind it: as many
    as it cannot have are one.
    """
    seen: list[int] = []
    monkeypatch.setattr(Presses, "seen", seen, raising=False)
    begin = trio.current_time() + 3.0
    stall(monkeypatch, (begin, begin + seconds))
    made: list[tuple[int, float]] = []

    async with serving(game, latency=Latency(latency)) as host:

        async def play(client: Client) -> None:
            await trio.sleep(1.0)
            while trio.current_time() < begin + seconds + 3.0:
                turn = await client.next_turn()
                number = len(made) + 1
                made.append((number, trio.current_time()))
                await client.send_input(turn, Press(number=number))
            await client.next_snapshot((client.replica.tick or 0) + client.tick_rate)
            clock = host.server.rooms["room1"].clock
            assert clock.epoch == (seconds > MAX_DEBT_SECONDS), "time was lost"

        await Client(f"ws://{HOST}:{PORT}/ws/room1", game=game.name, name="ann", network=host.network).run(play)

    assert seen == sorted(set(seen)), "none twice, and none overtaken"
    missing = {number for number, _ in made} - set(seen)
    read = begin + seconds + 2 * latency + 0.5  # a backlog beyond the line's allowance is read over some ticks
    late = {number for number, at in made if begin - latency - 0.1 <= at <= read}
    assert missing <= (late if seconds > MAX_DEBT_SECONDS else set()), "no other is lost"


@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.5, 4.0])
@pytest.mark.parametrize("offset", [-0.2, -0.05, 0.1, 0.25, 0.5, 1.0])
async def test_presses_apart_from_each_other_all_count(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, seconds: float, offset: float
) -> None:
    """As people press: one, and the next after a while. One of them counts from the hitch, others in the second behind it."""
    seen: list[int] = []
    monkeypatch.setattr(Presses, "seen", seen, raising=False)
    begin = trio.current_time() + 3.0
    stall(monkeypatch, (begin, begin + seconds))
    at = [begin - 0.5, begin + offset if offset < 0 else begin + seconds * offset]
    at += [begin + seconds + later for later in (0.15, 0.3, 0.45, 0.6, 0.9, 1.2)]

    async with serving(Presses, latency=Latency(0.05)) as host:

        async def play(client: Client) -> None:
            number = 0
            while number < len(at) or trio.current_time() < at[-1] + 1.0:
                turn = await client.next_turn()
                presses = number < len(at) and trio.current_time() >= at[number]
                number += presses
                await client.send_input(turn, Press(number=number if presses else 0))

        await Client(f"ws://{HOST}:{PORT}/ws/room1", game="presses", name="ann", network=host.network).run(play)
    assert seen == list(range(1, len(at) + 1))
