"""One bot: from what it sees to what it presses."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

from gameserver import Brain, GameError
from gameserver.games.arena.brain.escape import Escape
from gameserver.games.arena.brain.flag_duty import FlagDuty
from gameserver.games.arena.brain.goals import ESCORT, FIGHT, HUNT, Goal, Goals
from gameserver.games.arena.brain.gunnery import Gunner
from gameserver.games.arena.brain.memory import Memory
from gameserver.games.arena.brain.paths import Paths
from gameserver.games.arena.brain.skill import SKILLS
from gameserver.games.arena.motion import FULL_THROTTLE, aim_at
from gameserver.games.arena.state import Controls

if TYPE_CHECKING:
    from gameserver import PlayerId, Replica, Schema, TileMap
    from gameserver.games.arena.brain.memory import Sighting
    from gameserver.games.arena.state import Tank

NEAR: Final = (80.0, 140.0)
"""Who it is: it backs off from an enemy that is nearer than something between these pixels..."""
BAND: Final = (60.0, 130.0)
"""...and goes up to one that is further away than that and something between these."""
CLOSE_IN: Final = 32
"""Steps of 256 from straight at the enemy by which it comes nearer, keeps its distance, and gets away: always in a curve."""
CIRCLE: Final = 60
BACK_OFF: Final = 96


class ArenaBrain(Brain):
    """See the package."""

    def __init__(self, schema: Schema, tile_map: TileMap | None, seed: int, strength: int = 2) -> None:
        super().__init__(schema, tile_map, seed, strength)
        if tile_map is None:
            raise GameError("a bot of the arena needs the arena's map")
        skill = SKILLS[strength]
        self._skill = skill
        self._memory = Memory(tile_map, skill)
        self._paths = Paths(tile_map, self.random)
        self._escape = Escape(skill, self._paths, self.random)
        self._goals = Goals(skill, self._paths, self.random)
        self._flag_duty = FlagDuty(tile_map, self._paths, self.random)
        self._gunner = Gunner(tile_map, skill, self._paths, self.random)
        self._near = self.random.real(*NEAR)
        self._far = self._near + self.random.real(*BAND)
        self._side = 1
        self._side_until = 0
        self._tank = 0

    def think(self, view: Replica, player: PlayerId) -> Controls:
        if view.tick is None:
            return Controls()
        memory = self._memory
        me = memory.look(view, player, view.tick)
        if me is None or not me.health:
            return Controls(aim=self._gunner.aim, respawn=True)
        if me.id != self._tank:
            self._tank = me.id
            for part in (self._escape, self._goals, self._flag_duty):
                part.reset()
        target = self._goals.choose_target(memory)
        goal = self._goals.choose(me, memory, target, self._flag_duty.duty(me, memory))
        bearing = self._escape.dodge(me, memory)
        detour = self._escape.detour(me, memory)
        if bearing is None:
            bearing = detour if detour is not None else self._drive(me, target, goal)
            bearing = self._escape.give_way(me, memory, bearing)
        shot = self._gunner.point(me, memory, target, goal, bearing)
        return Controls(bearing=bearing, throttle=FULL_THROTTLE, aim=shot.aim, fire=shot.fire, weapon=shot.weapon)

    def _drive(self, me: Tank, target: Sighting | None, goal: Goal) -> int:
        """The bearing that the goal asks for."""
        if goal.kind == FIGHT and target is not None:
            return self._circle(me, target)
        if goal.kind in (HUNT, ESCORT):
            bearing = self._paths.chase(me.x, me.y, goal.x, goal.y, self._memory.tick)
        else:
            bearing = self._paths.steer(me.x, me.y, goal.x, goal.y)
        if bearing is None:
            self._goals.drop()
            return self._paths.free_bearing(me.x, me.y)
        return bearing

    def _circle(self, me: Tank, target: Sighting) -> int:
        """Around the target at some distance, now to the one side, now to the other."""
        tick = self._memory.tick
        if tick >= self._side_until:
            self._side = self.random.choice((-1, 1))
            self._side_until = tick + self.random.integer(*self._skill.swerve_ticks)
        towards = aim_at(target.x - me.x, target.y - me.y) >> 2
        away = sqrt(target.far)
        turned = CLOSE_IN if away > self._far else BACK_OFF if away < self._near else CIRCLE
        for _ in range(2):
            bearing = towards + self._side * turned & 255
            if self._paths.is_free(me.x, me.y, bearing):
                return bearing
            self._side = -self._side
        return self._paths.free_bearing(me.x, me.y)
