"""The rules of the arena: who drives, fires, is hit, comes back, and wins.

A tick goes: wrecks come back, tanks drive and push each other, shells fly, guns fire. Everything is visited in the order of
joining or firing. Tanks are pushed together, and who is hit while guns fire still fires: to be first in the order is no advantage.
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Final

from gameserver import Game, GameError, Profile, Refused, Result, call, entities_of, integer, players_of, shared
from gameserver.games.arena import map_rules, motion
from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.state import (
    EMOTES,
    MAGAZINE,
    OVER,
    SHELL,
    Controls,
    Driver,
    Emoted,
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
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gameserver import MapError, MapObject, PlayerId, TileMap

COOLDOWN_TICKS: Final = 8
"""Between two shots, 0.27 s: a magazine lasts a second."""
RELOAD_TICKS: Final = 18
"""For one round, 0.6 s: in the long run that is the rate of fire, so missing costs something."""
EARLY_SECONDS: Final = 1.0
"""A wreck lies at least so long: the others shall see that they hit."""
EMOTE_SECONDS: Final = 1.0
BEST_SPAWNS: Final = 3
"""A new tank comes to one of so many spawns, the farthest from its enemies; always the very best could be lain in wait for."""


class Arena(Game):
    """Tanks with free turrets on a tile map; the last hit scores."""

    name = "arena"
    tick_rate = 30
    max_players = 16
    inputs = Controls
    options = Rules
    version = 2
    events = (Hit, Exploded, Railed, Taken, Killed, FlagMoved, RoundStarted, RoundEnded, Emoted)
    uses_map = True
    default_map = "field"
    brain = ArenaBrain

    players = players_of(Driver)
    tanks = entities_of(Tank)
    shells = entities_of(Shell)
    mines = entities_of(Mine)
    pickups = entities_of(Pickup)
    flags = entities_of(Flag)
    match = shared(Match)

    spawns: Sequence[MapObject]
    damage: int
    respawn_ticks: int

    # -- hooks -------------------------------------------------------------------------------------------------------------
    def setup(self, options: Rules) -> None:
        self.spawns = self.map.objects_of("spawn")
        if not self.spawns:
            raise GameError(f"{self.map.name} has no object of class `spawn`: the arena needs at least one")
        for spawn in self.spawns:
            if self.map.blocked(spawn.x, spawn.y, motion.TANK_HALF):
                raise GameError(f"{self.map.name}, {spawn}: a tank that comes there is in a wall: move it to open ground")
        self.damage = 25 * options.damage // 100
        self.respawn_ticks = self.ticks(options.respawn_seconds)
        self.match.score_limit = options.score_limit

    def join(self, player: Driver, profile: Profile) -> None:
        self._spawn(player.owner)

    def leave(self, player: Driver) -> None:
        """His tank goes with him. His shells fly on; they are nobody's, and what they hit is nobody's kill."""
        tank = self.tanks.owned_by(player.owner)
        if tank is not None:
            self.tanks.remove(tank)

    def step(self, inputs: Mapping[PlayerId, Controls]) -> None:
        for tank in self.tanks:
            if not tank.health:
                self._bring_back(tank, inputs[tank.owner])
        living = [tank for tank in self.tanks if tank.health]
        for tank in living:
            self._drive(tank, inputs[tank.owner])
        self._push_apart(living)
        self._fly(living)
        if self.match.phase != OVER:
            self._fire([tank for tank in living if tank.health], inputs)
            limit = self.match.score_limit
            # At the end of the tick, so that two who reach it together share the victory.
            if limit > 0 and any(driver.score >= limit for driver in self.players.values()):
                self.match.phase = OVER

    def is_over(self) -> Result | None:
        if self.match.phase != OVER:
            return None
        scores = {number: driver.score for number, driver in self.players.items()}
        best = max(scores.values(), default=0)
        return Result(winners=tuple(number for number, score in scores.items() if score == best), scores=scores)

    @classmethod
    def map_problems(cls, tile_map: TileMap) -> Iterable[MapError]:
        return map_rules.map_problems(tile_map)

    @call
    def emote(self, player: Driver, which: int = integer(0, EMOTES - 1)) -> None:
        """Show an emote above one's tank."""
        if self.tick < player.emote_tick:
            raise Refused("one emote a second")
        player.emote_tick = self.tick + self.ticks(EMOTE_SECONDS)
        self.emit(Emoted(player=player.owner, which=which))

    # -- coming and going --------------------------------------------------------------------------------------------------
    def _spawn(self, player: PlayerId) -> None:
        spawn = self._choose_spawn(player)
        aim = motion.aim_at(self.map.width * self.map.tile_size / 2 - spawn.x, self.map.height * self.map.tile_size / 2 - spawn.y)
        self.tanks.add(Tank(x=spawn.x, y=spawn.y, heading=aim >> 2, aim=aim >> 2, owner=player))

    def _choose_spawn(self, player: PlayerId) -> MapObject:
        enemies = [(tank.x, tank.y) for tank in self.tanks if tank.health and tank.owner != player]

        def exposure(spawn: MapObject) -> float:
            gaps = [(x - spawn.x, y - spawn.y) for x, y in enemies]
            return -min((dx * dx + dy * dy for dx, dy in gaps), default=0.0)  # no powers: they differ between platforms

        return self.random.choice(sorted(self.spawns, key=exposure)[:BEST_SPAWNS])

    def _bring_back(self, wreck: Tank, controls: Controls) -> None:
        """A new tank, and not the old one moved: with its new id no client draws it as flying across the map."""
        early = wreck.respawn_tick - self.respawn_ticks + self.ticks(EARLY_SECONDS)
        if self.tick >= wreck.respawn_tick or (controls.respawn and self.tick >= early):
            player = wreck.owner
            self.tanks.remove(wreck)
            self._spawn(player)

    # -- tanks -------------------------------------------------------------------------------------------------------------
    def _drive(self, tank: Tank, controls: Controls) -> None:
        tank.aim = controls.aim + 2 >> 2 & 255
        tank.heading, tank.speed = motion.drive(tank.heading, tank.speed, controls.bearing, controls.throttle)
        tank.x, tank.y, tank.speed = motion.roll(self.map, tank.x, tank.y, tank.heading, tank.speed)
        if tank.ammo < MAGAZINE and self.tick >= tank.reload_tick:
            tank.ammo += 1
            tank.reload_tick += RELOAD_TICKS

    def _push_apart(self, living: Sequence[Tank]) -> None:
        pushes: dict[int, tuple[float, float]] = {}
        near = 2 * motion.TANK_RADIUS
        for number, tank in enumerate(living):
            x, y = tank.x, tank.y
            for other in living[number + 1 :]:
                dx = other.x - x
                if dx >= near or dx <= -near:
                    continue
                dy = other.y - y
                if dx * dx + dy * dy >= near * near:
                    continue
                to_x, to_y, far = motion.push(dx, dy)
                tank.speed = motion.speed_after_push(tank.heading, tank.speed, to_x, to_y)
                other.speed = motion.speed_after_push(other.heading, other.speed, -to_x, -to_y)
                for pushed, sign in ((tank, -far), (other, far)):
                    push_x, push_y = pushes.get(pushed.id, (0.0, 0.0))
                    pushes[pushed.id] = push_x + sign * to_x, push_y + sign * to_y
        if pushes:
            for tank in living:
                if tank.id in pushes:
                    push_x, push_y = pushes[tank.id]
                    tank.x, tank.y = motion.slide(self.map, tank.x, tank.y, motion.limit_push(push_x), motion.limit_push(push_y))

    # -- shells ------------------------------------------------------------------------------------------------------------
    def _fire(self, living: Sequence[Tank], inputs: Mapping[PlayerId, Controls]) -> None:
        for tank in living:
            controls = inputs[tank.owner]
            if not (controls.fire and tank.ammo and self.tick >= tank.ready_tick):
                continue
            if tank.ammo == MAGAZINE:
                tank.reload_tick = self.tick + RELOAD_TICKS
            tank.ammo -= 1
            tank.ready_tick = self.tick + COOLDOWN_TICKS
            step_x, step_y = motion.shell_velocity(controls.aim)
            x = motion.on_grid(tank.x + motion.MUZZLE_TICKS * step_x)
            y = motion.on_grid(tank.y + motion.MUZZLE_TICKS * step_y)
            # The barrel may reach into a wall or into another tank: then the shell gets no further.
            if not self._ends(tank.owner, tank.x, tank.y, x, y, living):
                self.shells.add(Shell(x=x, y=y, heading=tank.aim, step_x=step_x, step_y=step_y, owner=tank.owner))

    def _fly(self, living: Sequence[Tank]) -> None:
        for shell in self.shells:
            x, y = shell.x + shell.step_x, shell.y + shell.step_y
            shell.life -= 1
            if shell.life <= 0 or self.match.phase == OVER or self._ends(shell.owner, shell.x, shell.y, x, y, living):
                self.shells.remove(shell)
            else:
                shell.x, shell.y = x, y

    def _ends(self, shooter: PlayerId, x0: float, y0: float, x1: float, y1: float, living: Sequence[Tank]) -> bool:
        """Whether a shell that flies from the first point to the second hits something on the way. If so, it does its damage."""
        wall = not self.map.clear_line(x0, y0, x1, y1)
        if wall:  # it flies as far as it can, to a quarter of its way: a tank before the wall is hit, one behind it is not
            for part in (0.75, 0.5, 0.25, 0.0):
                x, y = x0 + (x1 - x0) * part, y0 + (y1 - y0) * part
                if self.map.clear_line(x0, y0, x, y):
                    break
            x1, y1 = x, y
        victim: Tank | None = None
        first = 2.0
        reach = motion.HIT_RADIUS + motion.MUZZLE_TICKS * motion.SHELL_SPEED
        for tank in living:
            dx = tank.x - x1
            if dx > reach or dx < -reach or tank.owner == shooter or not tank.health:
                continue
            part, square = motion.closest(x0, y0, x1, y1, tank.x, tank.y)
            if square <= motion.HIT_RADIUS * motion.HIT_RADIUS and part < first:
                victim, first = tank, part
        if victim is not None:
            x1, y1 = x0 + (x1 - x0) * first, y0 + (y1 - y0) * first
            self.emit(Hit(x=floor(x1), y=floor(y1), victim=victim.owner))
            self._hurt(victim, shooter)
        elif wall:
            self.emit(Hit(x=floor(x1), y=floor(y1), victim=0))
        return wall or victim is not None

    def _hurt(self, tank: Tank, shooter: PlayerId) -> None:
        tank.health = max(0, tank.health - self.damage)
        if tank.health:
            return
        tank.speed = 0.0
        tank.respawn_tick = self.tick + self.respawn_ticks
        self.players[tank.owner].deaths += 1
        killer = self.players.get(shooter)
        if killer is not None:
            killer.kills += 1
            killer.score += 1
        self.emit(Killed(killer=shooter, victim=tank.owner, weapon=SHELL))
