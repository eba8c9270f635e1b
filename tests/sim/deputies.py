"""Bots that stand in for who is away, as a server's own do (gameserver.fill); and some that are there when nobody needs them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import trio
from gameclient.client import Client

from gameserver.core.errors import GameserverError, Refused
from gameserver.core.messages import Role
from gameserver.standing import Rank
from tests.sim.telling import STAND_IN_MARK, STAND_IN_PUSH, Push

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.messages import Snapshot
    from gameserver.seat import Seat
    from tests.sim.world import World

LOOK_SECONDS: Final = 0.25
"""As of the server's own."""
THINKS_PER_SECOND: Final = 5
STAYS_SECONDS: Final = 3.0
"""With a seat of its own it is in nobody's place, and goes soon."""


class Deputies:
    """See the module.

    Attributes:
        rooms: where they are needed.
    """

    def __init__(self, world: World, rooms: Sequence[str], seed: int) -> None:
        self._world = world
        self.rooms = rooms
        self._rng = random.Random(seed)
        self._there = dict.fromkeys(rooms, 0)
        self._came = 0
        self._marks = STAND_IN_MARK

    async def run(self) -> None:
        """Until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                await trio.sleep(LOOK_SECONDS)
                for name in self.rooms:
                    room = self._world.server.rooms.get(name)
                    if room is not None and room.untended > self._there[name]:
                        self._there[name] += 1
                        self._came += 1
                        nursery.start_soon(self._stand_in, name, f"deputy {self._came}", random.Random(self._rng.getrandbits(32)))

    async def _stand_in(self, room: str, name: str, rng: random.Random) -> None:
        world = self._world

        class Watched(Client):
            def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
                super()._take_snapshot(snapshot, now)
                world.oracle.compare(name, self)

        client = Watched(
            f"ws://{world.HOST}:{world.PORT}/ws/{room}",
            game=world.games[room].name,
            name=name,
            network=rng.choice((world.calm, world.calm, world.rough)),
            credential=world.office.tickets(room, Rank.BOT),
            role=Role.BOT,
            comes_back=False,
            rng=random.Random(rng.getrandbits(32)),
        )
        try:
            await client.run(lambda client: self._play(client, room, rng))
        except* GameserverError:
            pass  # he is back, or gone; the line broke; the room is closing or full
        finally:
            self._there[room] -= 1

    async def _play(self, client: Client, room: str, rng: random.Random) -> None:
        ticks = max(2, client.tick_rate // THINKS_PER_SECOND)
        began = trio.current_time()
        counted = False
        while True:
            seat = self._seat(client, room)
            if seat is not None and seat.stands_in and not counted:
                counted = True
                self._world.outcome.stood_in += 1
            if (seat is None or not seat.stands_in) and trio.current_time() - began > STAYS_SECONDS:
                return
            turns = client.next_input_ticks(ticks)
            mark = 0
            if rng.random() < 0.4:
                self._marks += 1
                mark = self._marks
            await client.send_input(turns.start, Push(right=rng.choice((-1, 1)) * STAND_IN_PUSH, mark=mark), len(turns))
            if rng.random() < 0.1:
                await self._call(client, room)
            await client.next_snapshot((client.replica.tick or 0) + ticks)

    async def _call(self, client: Client, room: str) -> None:
        """In his name it may not."""
        seat = self._seat(client, room)
        try:
            await client.call("bump")
        except Refused as refusal:
            if seat is not None and not seat.stands_in and room not in self._world.brittle:
                self._world.outcome.complain(f"{client.name}: bump: {refusal}")
            return
        if seat is not None and seat.stands_in:
            self._world.outcome.complain(f"{client.name} stands in for player {client.player}, and called in his name")

    def _seat(self, client: Client, room: str) -> Seat | None:
        found = self._world.server.rooms.get(room)
        return next((seat for seat in found.seats if seat.name == client.name), None) if found is not None else None
