"""Turret and trigger: a hand that follows late, trembles, leads what moves, and spares mates and the protected."""

from __future__ import annotations

from math import floor, sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from gameserver.games.arena.brain.weapons import RANGES, Choice, loaded
from gameserver.games.arena.motion import HIT_RADIUS, MUZZLE_TICKS, SHELL_SPEED, TANK_RADIUS, aim_at
from gameserver.games.arena.state import MINE, MOST_LIFE, RAIL, SHELL

if TYPE_CHECKING:
    from gameserver import PlayerId, Rng, TileMap
    from gameserver.games.arena.brain.goals import Goal
    from gameserver.games.arena.brain.memory import Memory, Sighting
    from gameserver.games.arena.brain.paths import Paths
    from gameserver.games.arena.brain.skill import Skill
    from gameserver.games.arena.state import Tank

TREMBLE: Final = 0.8
"""What a thought leaves of the last one's error: the hand wanders, it does not jump."""
UNIFORM: Final = 1.04
"""Makes the standard deviation of the wandering error 1 from numbers between -1 and 1: sqrt(3 (1 - TREMBLE²))."""
WIDE: Final = 1.73
"""Numbers between minus and plus this, the root of 3, have the standard deviation 1."""
STEPS: Final = 163.0
"""Aim steps of an arc as long as its radius: 1,024 / 2π."""
DELAY_TICKS: Final = 2.0
"""From the picture until the shot leaves."""
STEADY_HAND: Final = 4
"""Aim steps by which the turret may be behind, beside the target's own breadth."""
SPARING_FROM: Final = 260.0
"""The last shells in the magazine are for targets nearer than this."""


class Shot(NamedTuple):
    """What the right hand does."""

    aim: int
    fire: bool
    weapon: int


class Gunner:
    """The turret of one bot."""

    def __init__(self, tile_map: TileMap, skill: Skill, paths: Paths, random: Rng) -> None:
        self._ground = tile_map
        self._skill = skill
        self._random = random
        self._choice = Choice(tile_map, skill, paths, random)
        self._target: PlayerId = 0
        self._lead = 1.0
        self._error = 0.0
        self._flick = 0.0
        self.aim = random.integer(0, 1023)

    def point(self, me: Tank, memory: Memory, target: Sighting | None, goal: Goal, bearing: int) -> Shot:
        """Turn the turret, and decide about the trigger. Without a target it looks where it drives."""
        skill, tick = self._skill, memory.tick
        self._error = self._error * TREMBLE + self._random.real(-UNIFORM, UNIFORM) * skill.aim_error
        self._flick *= TREMBLE
        if self._choice.lays_mine(me, memory, goal):
            return Shot(self.aim, True, MINE)
        if target is None or not target.noticed(tick, skill.reaction_ticks):
            self._turn(bearing << 2)
            return Shot(self.aim, False, SHELL)
        if target.owner != self._target:
            self._target = target.owner
            self._lead = self._random.real(*skill.lead)
            self._flick = self._random.real(-WIDE, WIDE) * skill.flick_error
        x, y, dx, dy = target.guess(tick, skill.lag_ticks)
        gap_x, gap_y = x - me.x, y - me.y
        away = sqrt(gap_x * gap_x + gap_y * gap_y) or 1.0
        across = abs(dx * gap_y - dy * gap_x) / away
        weapon = self._choice.weapon(me, target, away, across, tick)
        x, y = self._ahead(me, (x, y), (dx, dy), weapon)
        off = self._turn(aim_at(x - me.x, y - me.y) + floor(self._error + self._flick + 0.5))
        within = STEADY_HAND + STEPS * HIT_RADIUS / away
        fire = (
            -within < off < within
            and away < RANGES[weapon]
            and loaded(me, weapon)
            and target.safe_until <= tick + away / SHELL_SPEED
            and not (weapon == SHELL and me.ammo <= skill.spares and away > SPARING_FROM)
            and not memory.over
            and not self._random.chance(skill.holds_fire)
            and not self._mate_before(me, memory, x - me.x, y - me.y, away)
        )
        return Shot(self.aim, fire, weapon)

    def _ahead(self, me: Tank, place: tuple[float, float], move: tuple[float, float], weapon: int) -> tuple[float, float]:
        """Where to aim for what moves: where it will be when the shot is there."""
        x, y = place
        ticks = DELAY_TICKS
        for _ in range(1 if weapon == RAIL else 2):
            x, y = place[0] + move[0] * ticks, place[1] + move[1] * ticks
            away = sqrt((x - me.x) * (x - me.x) + (y - me.y) * (y - me.y))
            ticks = (min(away / SHELL_SPEED, MOST_LIFE) - MUZZLE_TICKS + DELAY_TICKS) * self._lead
        return (x, y) if self._ground.clear_line(me.x, me.y, x, y) else place

    def _mate_before(self, me: Tank, memory: Memory, dx: float, dy: float, away: float) -> bool:
        """Whether a mate is in the line of fire. Nobody is shown whether shots hurt him: better not."""
        for mate in memory.mates:
            if mate.far > away * away:
                break
            ahead = ((mate.x - me.x) * dx + (mate.y - me.y) * dy) / away
            beside = ((mate.x - me.x) * dy - (mate.y - me.y) * dx) / away
            if ahead > 0 and -TANK_RADIUS - 4 < beside < TANK_RADIUS + 4:
                return True
        return False

    def _turn(self, wanted: int) -> int:
        """As far as the hand is fast. Returns how far it still is."""
        off = (wanted - self.aim + 512 & 1023) - 512
        turn = max(-self._skill.turret_turn, min(self._skill.turret_turn, off))
        self.aim = self.aim + turn & 1023
        return off - turn
