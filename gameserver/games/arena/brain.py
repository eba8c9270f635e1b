"""How the arena's bots play: they hunt the nearest enemy they can shoot at, circle it, lead their shots and dodge what comes.

A bot knows what its player would know. It keeps where enemies were at its last look, to judge how they move, and it errs like a
person: its aim wanders about the target, and its turret and its mind need time to turn.
"""

from __future__ import annotations

from math import floor, sqrt
from typing import TYPE_CHECKING, Final

from gameserver import Brain, GameError, Navigator
from gameserver.games.arena.motion import (
    COSINES,
    FULL_THROTTLE,
    HIT_RADIUS,
    MUZZLE_TICKS,
    SHELL_SPEED,
    TANK_HALF,
    UNIT,
    aim_at,
)
from gameserver.games.arena.state import MOST_LIFE, Controls, Shell, Tank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver import PlayerId, Replica, Schema, TileMap

FIRE_RANGE: Final = 420.0
"""A little less than a shell flies."""
LOOKED_AT: Final = 4
"""So many of the nearest enemies are looked at for a clear line."""
ROUTE_TICKS: Final = 45
"""A way to a moving target is good for 1.5 s: making one costs as much as all other thoughts together."""
WANDER_TICKS: Final = 360
MEMORY_TICKS: Final = 150
"""How long an enemy out of sight is still looked for."""
TURRET_TURN: Final = 150
"""Aim steps a thought: 530 degrees a second, a fast hand."""
FIRE_WITHIN: Final = 24
"""Aim steps, 8 degrees: nearer than that it pulls the trigger."""
DODGE_TICKS: Final = 18
"""How far ahead shells are looked at."""
STUCK_LOOKS: Final = 5
STUCK_PIXELS: Final = 10.0
"""Driving and not coming further than this in STUCK_LOOKS thoughts is being stuck."""
LONGEST_GAP: Final = 15
"""Ticks between two looks beyond which a velocity says nothing."""


class _Sighting:
    """Where an enemy was seen last, and how it moved, in pixels a tick."""

    __slots__ = ("dx", "dy", "owner", "tank", "tick", "x", "y")

    def __init__(self, tank: Tank, tick: int, before: _Sighting | None) -> None:
        self.owner, self.tank, self.tick = tank.owner, tank.id, tick
        self.x, self.y = tank.x, tank.y
        self.dx = self.dy = 0.0
        if before is not None and before.tank == tank.id and 0 < tick - before.tick <= LONGEST_GAP:
            self.dx = (tank.x - before.x) / (tick - before.tick)
            self.dy = (tank.y - before.y) / (tick - before.tick)


class ArenaBrain(Brain):
    """One bot. See the module."""

    def __init__(self, schema: Schema, tile_map: TileMap | None, seed: int, strength: int = 2) -> None:
        super().__init__(schema, tile_map, seed, strength)
        if tile_map is None:
            raise GameError("a bot of the arena needs the arena's map")
        self._ground = tile_map
        self._navigator = Navigator(tile_map)
        self._open = [
            (column, row)
            for row in range(tile_map.height)
            for column in range(tile_map.width)
            if not tile_map.blocked(*tile_map.centre(column, row), TANK_HALF)
        ]
        # who it is
        self._error_most = self.random.real(8.0, 26.0)
        self._near = self.random.real(90.0, 150.0)
        self._far = self._near + self.random.real(50.0, 100.0)
        # what it remembers
        self._enemies: dict[PlayerId, _Sighting] = {}
        self._trail: list[tuple[float, float]] = []
        self._aim = self.random.integer(0, 1023)
        self._error = 0.0
        self._target: PlayerId = 0
        self._side = 1
        self._side_until = 0
        self._detour = 0
        self._detour_until = 0
        self._goal: tuple[int, int] | None = None
        self._goal_until = 0
        self._wandering = False

    def think(self, view: Replica, player: PlayerId) -> Controls:
        tick = view.tick
        if tick is None:
            return Controls()
        tanks = view.all(Tank)
        me = next((tank for tank in tanks if tank.owner == player), None)
        side = me.team if me is not None else 0
        self._look([tank for tank in tanks if tank.owner != player and not 0 < side == tank.team], tick)
        if me is None or not me.health:
            self._trail.clear()
            self._goal, self._detour_until = None, 0
            return Controls(aim=self._aim, respawn=True)
        target, clear = self._choose(me)
        bearing = self._dodge(view.all(Shell), me)
        if bearing is None:
            bearing = self._steer(me, target, clear, tick)
        fire = self._point(me, target, clear, bearing)
        return Controls(bearing=bearing, throttle=FULL_THROTTLE, aim=self._aim, fire=fire and me.ammo > 0)

    # -- seeing ------------------------------------------------------------------------------------------------------------
    def _look(self, tanks: Sequence[Tank], tick: int) -> None:
        """Remember where enemies are."""
        for tank in tanks:
            if tank.health:
                self._enemies[tank.owner] = _Sighting(tank, tick, self._enemies.get(tank.owner))
            else:
                self._enemies.pop(tank.owner, None)
        for enemy in [enemy for enemy, seen in self._enemies.items() if seen.tick < tick - MEMORY_TICKS]:
            del self._enemies[enemy]

    def _choose(self, me: Tank) -> tuple[_Sighting | None, bool]:
        """The enemy to deal with, and whether a shell would get to it: the nearest with a clear line, else the nearest of all."""

        def far(seen: _Sighting) -> float:
            square = (seen.x - me.x) ** 2 + (seen.y - me.y) ** 2
            return square * 0.6 if seen.owner == self._target else square  # it does not waver between two

        nearest = sorted(self._enemies.values(), key=far)
        for seen in nearest[:LOOKED_AT]:
            if self._ground.clear_line(me.x, me.y, seen.x, seen.y):
                self._target = seen.owner
                return seen, True
        if not nearest:
            return None, False
        self._target = nearest[0].owner
        return nearest[0], False

    # -- driving -----------------------------------------------------------------------------------------------------------
    def _steer(self, me: Tank, target: _Sighting | None, clear: bool, tick: int) -> int:
        """Where to drive to, as a bearing."""
        self._trail.append((me.x, me.y))
        if len(self._trail) > STUCK_LOOKS:
            x, y = self._trail.pop(0)
            if abs(me.x - x) + abs(me.y - y) < STUCK_PIXELS and tick >= self._detour_until:
                self._detour = self._free_bearing(me)
                self._detour_until = tick + self.random.integer(12, 24)
                self._goal = None
                self._trail.clear()
        if tick < self._detour_until:
            return self._detour
        if target is not None and clear:
            self._goal = None
            return self._circle(me, target, tick)
        return self._travel(me, target, tick)

    def _circle(self, me: Tank, target: _Sighting, tick: int) -> int:
        """Around the target at some distance, now to the one side, now to the other."""
        if tick >= self._side_until:
            self._side = self.random.choice((-1, 1))
            self._side_until = tick + self.random.integer(15, 50)
        towards = aim_at(target.x - me.x, target.y - me.y) >> 2
        away = sqrt((target.x - me.x) ** 2 + (target.y - me.y) ** 2)
        turned = 32 if away > self._far else 96 if away < self._near else 60
        for _ in range(2):
            bearing = towards + self._side * turned & 255
            if self._free(me, bearing):
                return bearing
            self._side = -self._side
        return self._free_bearing(me)

    def _travel(self, me: Tank, target: _Sighting | None, tick: int) -> int:
        """Along the way to a target out of sight, or to some place where there may be one."""
        here = self._ground.tile_at(me.x, me.y)
        wandering = target is None
        if self._goal in (None, here) or tick >= self._goal_until or wandering is not self._wandering:
            self._goal = self._ground.tile_at(target.x, target.y) if target is not None else self.random.choice(self._open)
            self._goal_until = tick + (WANDER_TICKS if wandering else ROUTE_TICKS)
            self._wandering = wandering
        assert self._goal is not None
        following = self._navigator.flow_field(*self._goal).next(*here)
        if following is None:
            self._goal = None
            return self._free_bearing(me)
        x, y = self._ground.centre(*following)
        return aim_at(x - me.x, y - me.y) >> 2

    def _dodge(self, shells: Sequence[Shell], me: Tank) -> int | None:
        """Sideways out of the way of the first shell that would hit, None if none would."""
        reach = DODGE_TICKS * SHELL_SPEED
        for shell in shells:
            dx, dy = me.x - shell.x, me.y - shell.y
            if shell.owner == me.owner or dx > reach or dx < -reach or dy > reach or dy < -reach:
                continue
            cosine, sine = COSINES[shell.heading] / UNIT, COSINES[shell.heading - 64 & 255] / UNIT
            ahead, beside = dx * cosine + dy * sine, dy * cosine - dx * sine
            if 0 < ahead < reach and -HIT_RADIUS - 8 < beside < HIT_RADIUS + 8:
                side = 64 if beside > 0 else -64
                for bearing in (shell.heading + side & 255, shell.heading - side & 255):
                    if self._free(me, bearing):
                        return bearing
        return None

    def _free(self, me: Tank, bearing: int) -> bool:
        """Whether there is room for a few ticks of driving that way."""
        x = me.x + 30.0 * COSINES[bearing] / UNIT
        y = me.y + 30.0 * COSINES[bearing - 64 & 255] / UNIT
        return not self._ground.blocked(x, y, TANK_HALF)

    def _free_bearing(self, me: Tank) -> int:
        """Some way that is not blocked at once."""
        first = self.random.integer(0, 255)
        for turned in range(0, 256, 32):
            if self._free(me, first + turned & 255):
                return first + turned & 255
        return first

    # -- shooting ----------------------------------------------------------------------------------------------------------
    def _point(self, me: Tank, target: _Sighting | None, clear: bool, bearing: int) -> bool:
        """Turn the turret. Returns whether to pull the trigger."""
        self._error = self._error * 0.7 + self.random.real(-0.5, 0.5) * self._error_most
        if target is None or not clear:
            self._turn_turret(bearing << 2)
            return False
        x, y = target.x, target.y
        ticks = MUZZLE_TICKS
        for _ in range(2):
            x, y = target.x + target.dx * ticks, target.y + target.dy * ticks
            away = sqrt((x - me.x) ** 2 + (y - me.y) ** 2)
            ticks = min(away / SHELL_SPEED, float(MOST_LIFE))
        if not self._ground.clear_line(me.x, me.y, x, y):
            x, y = target.x, target.y
        off = self._turn_turret(aim_at(x - me.x, y - me.y) + floor(self._error + 0.5))
        return -FIRE_WITHIN < off < FIRE_WITHIN and away < FIRE_RANGE

    def _turn_turret(self, wanted: int) -> int:
        """As far as the hand is fast. Returns how far it still is."""
        off = (wanted - self._aim + 512 & 1023) - 512
        turn = max(-TURRET_TURN, min(TURRET_TURN, off))
        self._aim = self._aim + turn & 1023
        return off - turn
