"""Which weapon to fire, and where to lay a mine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.games.arena.brain.goals import CARRY, FIGHT, FLEE
from gameserver.games.arena.state import RAIL, SHELL, SPREAD, Tank

if TYPE_CHECKING:
    from gameserver import Rng, TileMap
    from gameserver.games.arena.brain.goals import Goal
    from gameserver.games.arena.brain.memory import Memory, Sighting
    from gameserver.games.arena.brain.paths import Paths
    from gameserver.games.arena.brain.skill import Skill

RANGES: Final = (420.0, 150.0, 0.0, 700.0)
"""Pixels to which each weapon is fired: a little less than a shell and a pellet fly, and a rail as far as one can see."""
POINT_BLANK: Final = 120.0
"""Nearer than this all of a spread hits."""
RAIL_FROM: Final = 230.0
STEADY: Final = 2.5
"""Pixels a tick across the line of sight, slower than which a rail is likely to hit."""
RAIL_DAMAGE: Final = 60
WHIM_TICKS: Final = (45, 90)
"""How long it stays with a weapon that it just happens to like."""

MINES_APART: Final = 140.0
HEELS: Final = 260.0
"""Pixels within which a pursuer is close enough to lay a mine for."""
LAIRS: Final = 80.0
"""Pixels around flags and pickups in which mines are worth something: people come there."""
LAY_CHANCE: Final = 0.06
"""A thought, where it is worth it: about once in two seconds."""
UNSEEN: Final = 150.0
"""With an enemy in sight nearer than this the trigger is for shooting."""


class Choice:
    """The weapon of one bot."""

    def __init__(self, tile_map: TileMap, skill: Skill, paths: Paths, random: Rng) -> None:
        self._skill = skill
        self._paths = paths
        self._random = random
        self._lairs = tuple((place.x, place.y) for kind in ("flag", "pickup") for place in tile_map.objects_of(kind))
        self._whim: int | None = None
        self._whim_until = 0

    def weapon(self, me: Tank, target: Sighting, away: float, across: float, tick: int) -> int:
        """For a target so many pixels away that moves so many pixels a tick across the line of sight."""
        if tick >= self._whim_until:
            self._whim = None if self._random.chance(self._skill.sense) else self._random.choice((SHELL, SHELL, SPREAD, RAIL))
            self._whim_until = tick + self._random.integer(*WHIM_TICKS)
        if self._whim is not None:
            liked = self._whim
            if liked == SHELL or (liked == SPREAD and me.spreads and away < RANGES[SPREAD]) or (liked == RAIL and me.rails):
                return liked
        if me.spreads and away < POINT_BLANK:
            return SPREAD
        if me.rails and ((away > RAIL_FROM and across < STEADY) or (target.health <= RAIL_DAMAGE and across < 2 * STEADY)):
            return RAIL
        if not me.ammo:
            if me.spreads and away < RANGES[SPREAD]:
                return SPREAD
            if me.rails:
                return RAIL
        return SHELL

    def lays_mine(self, me: Tank, memory: Memory, goal: Goal) -> bool:
        """Whether this is the time and the place for a mine."""
        if not me.mines or me.ready_tick > memory.tick + 1 or memory.over:
            return False
        nearest = memory.enemies[0] if memory.enemies else None
        if nearest is None:
            return False
        if goal.kind in (FLEE, CARRY):
            worth = nearest.far < HEELS * HEELS
        else:
            busy = goal.kind == FIGHT and nearest.clear and nearest.far < UNSEEN * UNSEEN
            worth = not busy and (self._is_lair(me) or self._paths.is_narrow(me.x, me.y))
        if not worth or not self._random.chance(LAY_CHANCE * (1 + (goal.kind == FLEE))):
            return False
        return all(abs(x - me.x) + abs(y - me.y) > MINES_APART for x, y in memory.own_mines)

    def _is_lair(self, me: Tank) -> bool:
        return any(abs(x - me.x) < LAIRS > abs(y - me.y) for x, y in self._lairs)


def loaded(me: Tank, weapon: int) -> bool:
    """Whether there is anything to fire."""
    return (me.ammo, me.spreads, me.mines, me.rails)[weapon] > 0
