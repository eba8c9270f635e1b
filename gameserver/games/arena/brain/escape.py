"""Out of the way: of shells that come, of tanks ahead, of mines that one has seen, and of wherever one cannot get on."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

from gameserver.games.arena.motion import COSINES, HIT_RADIUS, SHELL_SPEED, UNIT

if TYPE_CHECKING:
    from gameserver import Rng
    from gameserver.games.arena.brain.memory import Memory
    from gameserver.games.arena.brain.paths import Paths
    from gameserver.games.arena.brain.skill import Skill
    from gameserver.games.arena.state import Tank

NOTICED_WITHIN: Final = 260.0
"""Pixels: nobody looks at shells at the other end of the map."""
DODGE_TICKS: Final = 24
"""How far ahead it thinks of a shell."""
CLOSE_SHAVE: Final = HIT_RADIUS + 8.0
"""A shell that would pass nearer than this is one to get away from."""
GIVE_WAY: Final = 48.0
"""Pixels ahead in which another tank is in the way."""
KEEP_RIGHT: Final = 30
"""Steps of 256 by which one turns aside for it: if both keep to the right nobody stands."""
MINE_AHEAD: Final = 100.0
MINE_ROOM: Final = 36.0
"""Pixels from a mine's middle that are wide enough a berth."""
RUT_PIXELS: Final = 24.0
RUT_TICKS: Final = 45
"""Who got no further in a second and a half tries another way..."""
DETOUR_TICKS: Final = (18, 30)
"""...for so long."""

WAYS_OUT: Final = 6
"""So many of them are thought of."""


class Escape:
    """See the module."""

    def __init__(self, skill: Skill, paths: Paths, random: Rng) -> None:
        self._skill = skill
        self._paths = paths
        self._random = random
        self._shells: dict[int, tuple[int, bool]] = {}
        self._rut = (0, 0.0, 0.0)
        self._detour = 0
        self._detour_until = 0

    def reset(self) -> None:
        """There is a new tank."""
        self._shells.clear()
        self._rut = (0, 0.0, 0.0)
        self._detour_until = 0

    # -- shells ------------------------------------------------------------------------------------------------------------
    def dodge(self, me: Tank, memory: Memory) -> int | None:
        """A bearing out of the way of the shell that would hit first, None if none would, or none has been noticed."""
        known = self._shells
        seen: dict[int, tuple[int, bool]] = {}
        soonest = DODGE_TICKS * SHELL_SPEED
        bearing = None
        for shell in memory.shells:
            dx, dy = me.x - shell.x, me.y - shell.y
            if dx > NOTICED_WITHIN or dx < -NOTICED_WITHIN or dy > NOTICED_WITHIN or dy < -NOTICED_WITHIN:
                continue
            first = known.get(shell.id) or (memory.tick, self._random.chance(self._skill.dodges))
            seen[shell.id] = first
            if not first[1] or memory.tick - first[0] < self._skill.reaction_ticks:
                continue
            cosine, sine = COSINES[shell.heading] / UNIT, COSINES[shell.heading - 64 & 255] / UNIT
            ahead, beside = dx * cosine + dy * sine, dy * cosine - dx * sine
            if 0 < ahead < soonest and -CLOSE_SHAVE < beside < CLOSE_SHAVE and not memory.is_mate(shell.owner):
                side = 64 if beside > 0 else -64
                for away in (shell.heading + side & 255, shell.heading - side & 255):
                    if self._paths.is_free(me.x, me.y, away):
                        soonest, bearing = ahead, away
                        break
        self._shells = seen
        return bearing

    # -- what is in the way ------------------------------------------------------------------------------------------------
    def give_way(self, me: Tank, memory: Memory, bearing: int) -> int:
        """The same bearing, or one past whatever stands or lies ahead."""
        cosine, sine = COSINES[bearing] / UNIT, COSINES[bearing - 64 & 255] / UNIT
        for others in (memory.enemies, memory.mates):
            for other in others:
                if other.far > GIVE_WAY * GIVE_WAY:
                    break
                ahead = (other.x - me.x) * cosine + (other.y - me.y) * sine
                if ahead > 0 and 2 * ahead * ahead > other.far:
                    right = bearing + KEEP_RIGHT & 255
                    return right if self._paths.is_free(me.x, me.y, right) else bearing - KEEP_RIGHT & 255
        for _, x, y in memory.mines.values():
            dx, dy = x - me.x, y - me.y
            if -MINE_AHEAD < dx < MINE_AHEAD and -MINE_AHEAD < dy < MINE_AHEAD:
                ahead, beside = dx * cosine + dy * sine, dy * cosine - dx * sine
                if ahead > 0 and -MINE_ROOM < beside < MINE_ROOM:
                    turn = _berth(ahead, MINE_ROOM - beside if beside > 0 else MINE_ROOM + beside)
                    for aside in (-turn, turn) if beside > 0 else (turn, -turn):
                        if self._paths.is_free(me.x, me.y, bearing + aside & 255):
                            return bearing + aside & 255
        return bearing

    # -- ruts --------------------------------------------------------------------------------------------------------------
    def detour(self, me: Tank, memory: Memory) -> int | None:
        """Another bearing, for a while, for who has hardly moved for long."""
        tick = memory.tick
        since, x, y = self._rut
        dx, dy = me.x - x, me.y - y
        if not since or dx * dx + dy * dy > RUT_PIXELS * RUT_PIXELS:
            self._rut = (tick, me.x, me.y)
        elif tick - since >= RUT_TICKS and tick >= self._detour_until:
            self._detour = self._way_out(me, memory)
            self._detour_until = tick + self._random.integer(*DETOUR_TICKS)
        return self._detour if tick < self._detour_until else None

    def _way_out(self, me: Tank, memory: Memory) -> int:
        """Some free bearing, if possible away from a tank that stands close: it may be what holds us."""
        close = [other for other in (*memory.enemies, *memory.mates) if other.far < GIVE_WAY * GIVE_WAY]
        for _ in range(WAYS_OUT):
            bearing = self._paths.free_bearing(me.x, me.y)
            cosine, sine = COSINES[bearing], COSINES[bearing - 64 & 255]
            if all((other.x - me.x) * cosine + (other.y - me.y) * sine <= 0 for other in close):
                break
        return bearing


def _berth(ahead: float, missing: float) -> int:
    """The turn, in steps of 256, that passes something so far ahead by so many pixels more: about the arc tangent."""
    return min(64, int(41 * missing / sqrt(ahead * ahead + missing * missing)) + 4)
