"""A match of the arena without a network: the simulation, and bots that see what a client in their seat would see."""

from __future__ import annotations

import attrs

from gameserver import EVERYONE, MapObject, PlayerId, Replica, TileMap, owner
from gameserver.core import wire
from gameserver.core.audience import part_of
from gameserver.core.brain import THINKS_PER_SECOND
from gameserver.core.messages import Snapshot
from gameserver.core.parts import Parts, Viewer
from gameserver.core.schema import Schema
from gameserver.core.simulation import Command, Join, Leave, Simulation
from gameserver.games.arena import Arena
from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.state import Controls, Driver, Rules, Tank
from gameserver.maps import load_map

TICKS_PER_THOUGHT = Arena.tick_rate // THINKS_PER_SECOND


@attrs.define
class Seat:
    """One bot: what it has seen, its mind, and what it holds."""

    player: PlayerId
    brain: ArenaBrain
    replica: Replica
    viewer: Viewer = attrs.field(factory=Viewer)
    holds: Controls = attrs.field(factory=Controls)


class ArenaMatch:
    """Bots 1 to `bots` in one room, each with a replica that is fed through real snapshots.

    Attributes:
        simulation: the room.
        seats: the bots, by player.
        snapshots: the size of each snapshot that was sent, in bytes.
    """

    def __init__(self, tile_map: TileMap | None = None, *, bots: int = 0, seed: int = 1, rules: Rules | None = None) -> None:
        self.map = tile_map if tile_map is not None else load_map(Arena.default_map)[0]
        self.simulation = Simulation(Arena, options=rules, tile_map=self.map, seed=seed)
        self.seats: dict[PlayerId, Seat] = {}
        self.snapshots: list[int] = []
        self._parts = Parts(Arena.schema)
        self._schema = Schema.from_wire(Arena.schema.to_wire())  # what a client has: classes without the game's methods
        self._commands: list[Command] = []
        for player in range(1, bots + 1):
            self.join(player, seed * 100 + player)

    def join(self, player: PlayerId, seed: int) -> None:
        """From the next tick on there is this bot."""
        self.seats[player] = Seat(player, ArenaBrain(self._schema, self.map, seed), Replica(self._schema))
        self._commands.append(Join(player, f"bot {player}"))

    def leave(self, player: PlayerId) -> None:
        """From the next tick on there is not."""
        del self.seats[player]
        self._commands.append(Leave(player))

    def take_commands(self) -> list[Command]:
        """What is due in the coming tick, once."""
        commands, self._commands = self._commands, []
        return commands

    def think(self) -> dict[PlayerId, Controls]:
        """What the bots hold in the coming tick. Each thinks in every third one, in turns; a press counts once."""
        tick = self.simulation.world.tick
        for seat in self.seats.values():
            if (tick + seat.player) % TICKS_PER_THOUGHT == 0:
                seat.holds = seat.brain.think(seat.replica, seat.player)
            elif seat.holds.respawn:
                held = seat.holds
                seat.holds = Controls(bearing=held.bearing, throttle=held.throttle, aim=held.aim, fire=held.fire)
        return {seat.player: seat.holds for seat in self.seats.values()}

    def step(self) -> None:
        """One tick: the bots think, the world goes on, they see it."""
        inputs = self.think()
        self.simulation.step(self.take_commands(), inputs)
        self.show()

    def show(self) -> None:
        """Bring every replica to the tick that is done, by the bytes that a client would get."""
        simulation = self.simulation
        tick = simulation.world.tick
        cosmetics = {part: [(kind, 0, row) for kind, row in events] for part, events in simulation.cosmetics().items()}
        self._parts.commit(tick, simulation.contents(), cosmetics)
        for seat in self.seats.values():
            draft = self._parts.draft(seat.viewer, (part_of(EVERYONE), part_of(owner(seat.player))))
            head = wire.encode_head(0, tick, 0, None, None, None, len(draft.fragments))
            data = head + b"".join(draft.fragments)
            seat.viewer.commit(draft)
            (message,) = wire.decode_server(data)
            assert isinstance(message, Snapshot)
            seat.replica.apply(message.epoch, message.tick, draft.drops, (), message.fragments)
            self.snapshots.append(len(data))

    # -- looking -----------------------------------------------------------------------------------------------------------
    @property
    def game(self) -> Arena:
        game = self.simulation.game
        assert isinstance(game, Arena)
        return game

    @property
    def tick(self) -> int:
        return self.simulation.world.tick

    def tank(self, player: PlayerId) -> Tank:
        tank = self.game.tanks.owned_by(player)
        assert tank is not None, f"player {player} has no tank"
        return tank

    def driver(self, player: PlayerId) -> Driver:
        return self.game.players[player]

    # -- staging -----------------------------------------------------------------------------------------------------------
    def drive(self, inputs: dict[PlayerId, Controls] | None = None, *, ticks: int = 1) -> None:
        """So many ticks with these inputs instead of the bots' own; who is not named does nothing."""
        for _ in range(ticks):
            self.simulation.step(self.take_commands(), {player: Controls() for player in self.seats} | (inputs or {}))
            self.show()

    def place(self, player: PlayerId, x: float, y: float, *, heading: int = 0) -> Tank:
        """Put this player's tank somewhere, at rest."""
        tank = self.tank(player)
        tank.x, tank.y, tank.heading, tank.speed = x, y, heading, 0.0
        self.simulation.world.quantise()
        return tank


def drawn_map(*rows: str, tile_size: int = 32) -> TileMap:
    """A map of text: `#` is a wall, `s` a spawn, all else is open."""
    spawns = [(column, row) for row, line in enumerate(rows) for column, letter in enumerate(line) if letter == "s"]
    return TileMap(
        name="drawn.tmj",
        width=len(rows[0]),
        height=len(rows),
        tile_size=tile_size,
        solid=bytes(letter == "#" for line in rows for letter in line),
        objects=tuple(
            MapObject(id=number, name="", type="spawn", x=(column + 0.5) * tile_size, y=(row + 0.5) * tile_size)
            for number, (column, row) in enumerate(spawns, start=1)
        ),
    )
