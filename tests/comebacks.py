"""A client by hand who comes back over several lines: he does what docs/protocol.md, section 8, asks of him."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import trio
from trio_websocket import ConnectionClosed

from gameserver import Replica, Schema
from gameserver.core.messages import Call, EventMessage, Inputs, Notice, NoticeCode, Ready, Reply, Role, Snapshot, Welcome
from tests.helpers import Toy, game_of, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gameserver import Game
    from gameserver.core.messages import ServerMessage
    from gameserver.net.simulated import SimNetwork
    from gameserver.room import Room
    from gameserver.seat import Seat
    from tests.helpers import Host, Runner, Wire


class Traveller:
    """See the module. Lines come and go (`line`); what he knows stays.

    Attributes:
        token: the newest that he was told; None: he joins as somebody new.
        player: his number.
        snapshots: those of the present line.
        events, replies: what he was told, each once if the server keeps its promise; what he passes over is counted in `repeated`.
    """

    def __init__(self, network: SimNetwork, room: str = "toy1", game: type[Game] = Toy, name: str = "ann") -> None:
        self._network = network
        self._room = room
        self._game = game
        self._name = name
        self.token: bytes | None = None
        self.player = 0
        self.snapshots: list[Snapshot] = []
        self.events: list[EventMessage] = []
        self.replies: list[Reply] = []
        self.repeated = 0
        self.unanswered: dict[int, Call] = {}
        self.replica = Replica(Schema.from_wire(game.schema.to_wire()))
        self._next_call = 0

    @asynccontextmanager
    async def line(self, *, ready: bool = True) -> AsyncIterator[Wire]:
        """A line on which he has come (back); with `ready` the first snapshot is there, else WELCOME only.

        Raises ConnectionClosed if he is not let in.
        """
        async with wire(self._network, self._room) as it:
            it.acknowledges = False
            await it.say(it.hello(self._game.name, credential=self.token, name=self._name))
            welcome = await it.until(Welcome)
            if self.token is not None:
                assert welcome.player == self.player
            self.token, self.player = welcome.resume, welcome.player
            self.snapshots.clear()
            self.replica = Replica(Schema.from_wire(welcome.schema))
            if ready:
                await self.enter(it)
            yield it

    async def enter(self, it: Wire) -> None:
        """READY, all calls that have no reply, and the first snapshot."""
        await it.say(Ready(None))
        while not self.snapshots:
            await self.hear(it)
        await it.say(*self.unanswered.values())

    async def hear(self, it: Wire) -> None:
        """Take one frame, and acknowledge it. Raises ConnectionClosed."""
        for message in await it.hear():
            self._take(message)
        if self.snapshots:
            with suppress(ConnectionClosed):
                await it.say(Inputs(0, self.snapshots[-1].tick, len(self.events), None, ()))

    def _take(self, message: ServerMessage) -> None:
        match message:
            case EventMessage():
                if message.sequence <= len(self.events):
                    self.repeated += 1
                else:
                    assert message.sequence == len(self.events) + 1, "none is ever left out"
                    self.events.append(message)
            case Reply():
                if self.unanswered.pop(message.number, None) is None:
                    self.repeated += 1
                else:
                    self.replies.append(message)
            case Snapshot():
                drops, schedule = (message.control[0], message.control[3]) if message.control is not None else ((), ())
                self.replica.apply(message.epoch, message.tick, drops, schedule, message.fragments)
                self.snapshots.append(message)

    async def stay(self, it: Wire, seconds: float) -> None:
        """Hear what comes for so long, or until the line is closed."""
        with trio.move_on_after(seconds), suppress(ConnectionClosed):
            while True:
                await self.hear(it)

    async def call(self, it: Wire, method: str, *arguments: int | str) -> None:
        """Say it; `replies` will have the answer, perhaps on a later line."""
        self._next_call += 1
        call = self.unanswered[self._next_call] = Call(self._next_call, method, arguments)
        await it.say(call)


async def away(it: Wire) -> None:
    """His line breaks, and the server has noticed."""
    it.connection.reset()
    await trio.sleep(0.1)


def room_of(host: Host, name: str = "toy1") -> Room:
    return host.server.rooms[name]


def seat_of(host: Host, player: int = 1) -> Seat:
    return next(seat for seat in room_of(host).seats if seat.player == player)


def runner_of(host: Host, player: int = 1) -> Runner:
    return game_of(room_of(host)).players[player]


def hooks(host: Host, *kinds: str) -> list[tuple[Any, ...]]:
    return [entry for entry in game_of(room_of(host)).diary if entry[0] in kinds]


async def refusal(host: Host, token: bytes | None, *, room: str = "toy1", game: str = "toy", role: Role = Role.PLAYER) -> Notice:
    """What somebody is told who comes with this token and is not let in."""
    async with wire(host.network, room) as it:
        await it.say(it.hello(game, credential=token, role=role))
        code = await it.end()
        assert it.notice is not None
        assert code == NoticeCode(it.notice.code).close_code
        return it.notice


__all__ = ["Traveller", "away", "hooks", "refusal", "room_of", "runner_of", "seat_of"]
