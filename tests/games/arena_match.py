"""A match of the arena without a network: the simulation, and bots that see what a client in their seat would see."""

from __future__ import annotations

from typing import Final

import attrs

from gameserver import EVERYONE, MapObject, PlayerId, Replica, TileMap, owner, team
from gameserver.core import wire
from gameserver.core.audience import part_of
from gameserver.core.brain import THINKS_PER_SECOND
from gameserver.core.messages import Snapshot
from gameserver.core.parts import Parts, Viewer
from gameserver.core.rewind import most_back
from gameserver.core.schema import Schema
from gameserver.core.simulation import Called, Command, Join, Leave, Simulation
from gameserver.games.arena import Arena, motion
from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.state import WEAPONS, Controls, Driver, Rules, Tank
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

    def join(self, player: PlayerId, seed: int, *, bot: bool = False) -> None:
        """From the next tick on there is this bot. Unless it says so, the game takes it for a person."""
        self.seats[player] = Seat(player, ArenaBrain(self._schema, self.map, seed), Replica(self._schema))
        self._commands.append(Join(player, f"bot {player}", bot=bot))

    def leave(self, player: PlayerId) -> None:
        """From the next tick on there is not."""
        del self.seats[player]
        self._commands.append(Leave(player))

    def command(self, *commands: Command) -> None:
        """What else is to happen at the beginning of the next tick."""
        self._commands += commands

    def call(self, player: PlayerId, method: str, *arguments: int | str) -> None:
        """Let this player's client call a method in the next tick."""
        self.command(Called(player, 1, method, arguments))

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

    def act(self) -> dict[PlayerId, Controls]:
        """What the bots hold, but so that everything happens: they change weapons, and fire now and then whatever they think.

        In teams they go for the nearest enemy, and where there are flags players 1 and 2 drive straight for the enemy's and home.
        """
        tick = self.simulation.world.tick
        acts = {}
        for player, held in self.think().items():
            bearing, throttle, aim = held.bearing, held.throttle, held.aim
            tank = self.game.tanks.owned_by(player)
            if tank is not None and tank.team:
                enemies = [other for other in self.game.tanks if other.health and other.team != tank.team]
                if enemies:
                    enemy = min(enemies, key=lambda other: abs(other.x - tank.x) + abs(other.y - tank.y))
                    aim = motion.aim_at(enemy.x - tank.x, enemy.y - tank.y)
                    bearing, throttle = aim >> 2, motion.FULL_THROTTLE
                if player <= 2 and len(self.game.flags):
                    flag = next(flag for flag in self.game.flags if flag.team != tank.team)
                    goal = self.game.ground.flags[tank.team] if flag.carrier == player else flag
                    bearing = motion.aim_at(goal.x - tank.x, goal.y - tank.y) >> 2
            acts[player] = Controls(
                bearing=bearing,
                throttle=throttle,
                aim=aim,
                fire=held.fire or tick % 25 == 0,
                weapon=(tick // 45 + player) % WEAPONS,
                respawn=held.respawn,
            )
        return acts

    def views(self) -> dict[PlayerId, int]:
        """How far back they see, as if they were people on lines of their own: from nothing to the most."""
        tick = self.simulation.world.tick
        return {player: (tick * 37 + player * 401) % (most_back(Arena.tick_rate) + 1) for player in self.seats}

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
            side = self.driver(seat.player).team
            seen = (EVERYONE, *((team(side),) if side else ()), owner(seat.player))
            draft = self._parts.draft(seat.viewer, tuple(part_of(audience) for audience in seen))
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
        """Put this player's tank somewhere, at rest and without protection."""
        tank = self.tank(player)
        tank.safe_until = 0
        tank.x, tank.y, tank.heading, tank.speed = x, y, heading, 0.0
        self.simulation.world.quantise()
        return tank


DRAWN: Final[dict[str, tuple[str, dict[str, str | int]]]] = {
    "s": ("spawn", {}),
    "1": ("spawn", {"team": 1}),
    "2": ("spawn", {"team": 2}),
    "f": ("flag", {"team": 1}),
    "g": ("flag", {"team": 2}),
    "p": ("pickup", {}),
    "h": ("pickup", {"kind": "health"}),
    "a": ("pickup", {"kind": "ammo"}),
    "v": ("pickup", {"kind": "speed"}),
}
"""Class and properties of the object that a letter draws."""


def drawn_map(*rows: str, tile_size: int = 32, **properties: str | int) -> TileMap:
    """A map of text: `#` is a wall, the letters of DRAWN are objects in the middle of their tiles, all else is open."""
    found = [(column, row, DRAWN[x]) for row, line in enumerate(rows) for column, x in enumerate(line) if x in DRAWN]
    return TileMap(
        name="drawn.tmj",
        width=len(rows[0]),
        height=len(rows),
        tile_size=tile_size,
        solid=bytes(letter == "#" for line in rows for letter in line),
        objects=tuple(
            MapObject(id=n, name="", type=kind, x=(column + 0.5) * tile_size, y=(row + 0.5) * tile_size, properties=extra)
            for n, (column, row, (kind, extra)) in enumerate(found, start=1)
        ),
        properties=properties,
    )


OPEN: Final = drawn_map(
    "####################",
    "#s                s#",
    "#                  #",
    "#                  #",
    "#                  #",
    "#s                s#",
    "####################",
)
FORTS: Final = drawn_map(
    "####################",
    "#1                2#",
    "#                  #",
    "#f                g#",
    "#                  #",
    "#1                2#",
    "####################",
    modes="flags, teams, all",
)
FIRE_RIGHT: Final = Controls(aim=0, fire=True)


def duel(rules: Rules | None = None, tile_map: TileMap = OPEN) -> ArenaMatch:
    """Players 1 and 2 in the open, 100 px apart, 1 on the left, neither protected."""
    match = ArenaMatch(tile_map, bots=2, rules=rules)
    match.drive()
    match.place(1, 200.0, 112.0)
    match.place(2, 300.0, 112.0)
    return match


def events(match: ArenaMatch, *names: str) -> list[tuple[str, dict[str, int]]]:
    """The arena's own events of the last step, or those of these names: name and fields."""
    found = []
    for emitted in match.simulation.emitted:
        layout = Arena.schema.events[emitted.kind]
        if emitted.kind >= len(Arena.events) or (names and layout.name not in names):
            continue
        fields: dict[str, int] = {}
        for field, value in zip(layout.fields, emitted.row, strict=True):
            assert isinstance(value, int)
            fields[field.name] = value
        found.append((layout.name, fields))
    return found
