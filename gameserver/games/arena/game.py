"""The rules of the arena, hook by hook; each noun has its module, whose functions take the game.

A tick goes: wrecks come back, tanks drive and push each other, pickups are taken and flags moved, mines go off, shells fly, guns
fire; then all blows of the tick fall together, and the round goes on or ends. Everything is visited in the order of joining or
firing, and to be first in that order is no advantage: who is hit while guns fire still fires, and of several who reach for the same
thing the nearest has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver import (
    EVERYONE,
    Audience,
    Entity,
    Game,
    Profile,
    Refused,
    Result,
    boolean,
    call,
    entities_of,
    players_of,
    shared,
)
from gameserver.games.arena import away, flags, harm, map_rules, mines, pickups, rounds, shells, tanks, teams, weapons
from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.ground import Ground, choose_mode, read_ground
from gameserver.games.arena.state import (
    LEAP,
    OVER,
    PLAYING,
    WAITING,
    Controls,
    Driver,
    Exploded,
    Flag,
    FlagMoved,
    Hit,
    Killed,
    Match,
    Mine,
    Pickup,
    Railed,
    RoundEnded,
    RoundStarted,
    Rules,
    Shell,
    Taken,
    Tank,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gameserver import MapError, PlayerId, TileMap
    from gameserver.games.arena.harm import Blow


class Arena(Game):
    """Tanks with free turrets on a tile map: each against all, team against team, or for the other team's flag."""

    name = "arena"
    version = 3
    tick_rate = 30
    max_players = 16
    bots_hold_seats = True
    inputs = Controls
    options = Rules
    events = (Hit, Exploded, Railed, Taken, Killed, FlagMoved, RoundStarted, RoundEnded)
    uses_map = True
    default_map = "field"
    brain = ArenaBrain
    closes_when_over = False

    players = players_of(Driver)
    tanks = entities_of(Tank, rewinds=True, jump=LEAP)
    shells = entities_of(Shell)
    mines = entities_of(Mine)
    pickups = entities_of(Pickup)
    flags = entities_of(Flag)
    match = shared(Match)

    rules: Rules
    ground: Ground
    damage: tuple[int, ...]
    respawn_ticks: int
    idle_ticks: int

    # -- hooks -------------------------------------------------------------------------------------------------------------
    def setup(self, options: Rules) -> None:
        self.rules = options
        self.ground = read_ground(self.map)
        self.damage = tuple((damage * options.damage + 50) // 100 for damage in weapons.DAMAGE)
        self.respawn_ticks = self.ticks(options.respawn_seconds)
        self.idle_ticks = self.ticks(options.idle_seconds) if options.idle_seconds else 0
        self.match.mode = choose_mode(self.map, self.ground, options.mode)
        self.match.score_limit, self.match.time_limit = options.score_limit, options.time_limit
        flags.plant(self)
        pickups.lay_all(self)

    def join(self, player: Driver, profile: Profile) -> None:
        player.team = teams.choose(self, player)
        away.stirred(self, player)
        if self.match.phase == WAITING and not self.rules.ready_up:
            rounds.start(self)
        else:
            tanks.spawn(self, player.owner)

    def leave(self, player: Driver) -> None:
        """His tank and his mines go with him. His shells fly on; they are nobody's, and what they hit is nobody's kill."""
        tank = self.tanks.owned_by(player.owner)
        if tank is not None:
            flags.drop(self, tank)
            self.tanks.remove(tank)
        mines.clear(self, player.owner)

    def step(self, inputs: Mapping[PlayerId, Controls]) -> None:
        away.notice(self, inputs)
        inputs = self._at_hand(inputs)
        for tank in self.tanks:
            if not tank.health:
                tanks.bring_back(self, tank, inputs[tank.owner])
        living = [tank for tank in self.tanks if tank.health]
        tanks.drive(self, living, inputs)
        pickups.take(self, living)
        flags.move(self, living)
        if self.match.phase != OVER:
            blows: list[Blow] = []
            mines.lurk(self, living, blows)
            shells.fly(self, living, blows)
            weapons.fire(self, living, inputs, blows)
            harm.settle(self, blows)
        rounds.advance(self)

    def is_over(self) -> Result | None:
        return rounds.result(self)

    def audience(self, entity: Entity) -> Audience:
        return mines.audience(self, entity) if type(entity) is Mine else EVERYONE

    @classmethod
    def map_problems(cls, tile_map: TileMap) -> Iterable[MapError]:
        return map_rules.map_problems(tile_map)

    # -- calls and timers --------------------------------------------------------------------------------------------------
    @call
    def ready(self, player: Driver, ready: bool = boolean()) -> None:
        """Say that one is ready for the round to come, or not yet."""
        if self.match.phase == PLAYING:
            raise Refused("this round goes on: say it when it is over")
        player.ready = ready
        away.stirred(self, player)

    def bring_pickup(self, place: int, number: int) -> None:
        """Some time after it was taken; in another round everything has been laid anew."""
        if number == self.match.round:
            pickups.lay(self, place)

    # -- inputs ------------------------------------------------------------------------------------------------------------
    def _at_hand(self, inputs: Mapping[PlayerId, Controls]) -> Mapping[PlayerId, Controls]:
        """The inputs of this tick. A tank whose driver's line is down stands still, its turret as he left it."""
        lost = {tank.owner: Controls(aim=tank.aim << 2) for tank in self.tanks if not self.players[tank.owner].connected}
        return {**inputs, **lost} if lost else inputs
