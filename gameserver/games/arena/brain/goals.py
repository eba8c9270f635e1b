"""What to do next: fight, hunt, fetch, flee, play the flag, or look about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gameserver.games.arena.state import (
    AMMO,
    FULL_HEALTH,
    HEALTH,
    MOST_MINES,
    MOST_RAILS,
    MOST_SPREADS,
    SPEED,
    Pickup,
    Tank,
)

if TYPE_CHECKING:
    from gameserver import PlayerId, Rng
    from gameserver.games.arena.brain.memory import Memory, Sighting
    from gameserver.games.arena.brain.paths import Paths
    from gameserver.games.arena.brain.skill import Skill

# What one may be about. FIGHT and HUNT are about the target; all others are about a place.
FIGHT: Final = "fight"
HUNT: Final = "hunt"
WANDER: Final = "wander"
FETCH: Final = "fetch"
FLEE: Final = "flee"
TAKE: Final = "take"
"""The enemy's flag, or our own that lies about."""
CARRY: Final = "carry"
ESCORT: Final = "escort"
GUARD: Final = "guard"

IN_SIGHT: Final = 0.2
"""The square of its distance, by which an enemy is chosen, counts so much if it is in sight..."""
STUBBORN: Final = 0.6
"""...is the target already: nobody wavers between two..."""
CARRIES: Final = 0.2
"""...has our flag..."""
EASY_PREY: Final = 0.7
WOUNDED: Final = 40
"""...has so little health or less..."""
PROTECTED: Final = 3.0
"""...cannot be hurt yet..."""
CROWD: Final = 0.5
CROWDED: Final = 250.0
"""...and so much more for each other tank within these pixels that may be busy with it."""
NEARBY: Final = 220.0
"""An enemy in sight and so near is not ignored for a pickup at the other end of the street."""
IN_PASSING: Final = 4
"""Tiles for which one goes out of one's way in the middle of a fight."""
DANGER: Final = 320.0
"""Who is weak keeps so far away from an enemy in sight..."""
LURK_TICKS: Final = 180
"""...and out of sight for so long at most: then he is brave again, for..."""
BRAVE_TICKS: Final = 240
FLEE_CHOICES: Final = 6
GIVE_UP_TICKS: Final = 360
"""For a place that one does not reach."""
LONGEST_STEP: Final = 46.0
"""Pixels: across a tile. What is further away than so many of them is more steps away too."""
REACHED: Final = 24.0


class Goal(NamedTuple):
    """What it is about, and where."""

    kind: str
    x: float
    y: float


class Goals:
    """What one bot wants, kept until it is reached, or something better comes along."""

    def __init__(self, skill: Skill, paths: Paths, random: Rng) -> None:
        self._skill = skill
        self._paths = paths
        self._random = random
        self._goal: Goal | None = None
        self._since = 0
        self._decide_at = 0
        self._flees_until = 0
        self._target: PlayerId = 0

    def reset(self) -> None:
        """There is a new tank."""
        self._goal, self._decide_at, self._flees_until = None, 0, 0

    def drop(self) -> None:
        """There is no getting there."""
        self._goal, self._decide_at = None, 0

    # -- whom --------------------------------------------------------------------------------------------------------------
    def choose_target(self, memory: Memory) -> Sighting | None:
        """The enemy to deal with: near, in sight and noticed rather than not, not everybody's."""
        best, least = None, 0.0
        carriers = [flag.carrier for flag in memory.flags if flag.carrier]
        for seen in memory.enemies:
            weight = seen.far
            if seen.noticed(memory.tick, self._skill.reaction_ticks):
                weight *= IN_SIGHT
            if seen.owner == self._target:
                weight *= STUBBORN
            if seen.owner in carriers:
                weight *= CARRIES
            if self._skill.gangs_up and seen.health <= WOUNDED:
                weight *= EASY_PREY
            if seen.safe_until > memory.tick:
                weight *= PROTECTED
            if best is not None and weight >= least:
                continue  # the crowd about it makes it no better
            weight *= 1.0 + CROWD * self._crowd(seen, memory)
            if best is None or weight < least:
                best, least = seen, weight
        self._target = best.owner if best is not None else 0
        return best

    def _crowd(self, seen: Sighting, memory: Memory) -> int:
        """How many others are busy with this enemy: mates spread over targets, and beginners let others fight."""
        others = memory.mates if self._skill.gangs_up else (*memory.mates, *memory.enemies)
        return sum(
            -CROWDED < other.x - seen.x < CROWDED and -CROWDED < other.y - seen.y < CROWDED for other in others if other is not seen
        )

    # -- what --------------------------------------------------------------------------------------------------------------
    def choose(self, me: Tank, memory: Memory, target: Sighting | None, duty: Goal | None) -> Goal:
        """What to do now. `duty`: what a flag asks for."""
        goal, tick = self._goal, memory.tick
        noticed = target is not None and target.noticed(tick, self._skill.reaction_ticks)
        if goal is not None and tick < self._decide_at and not self._is_done(goal, me, memory, target, duty, noticed=noticed):
            if goal.kind in (FIGHT, HUNT, ESCORT):  # what it is about moves
                moved = duty if duty is not None and duty.kind == goal.kind else target
                self._goal = goal if moved is None else Goal(goal.kind, moved.x, moved.y)
            return self._goal or goal
        chosen = self._decide(me, memory, target, duty, noticed=noticed)
        self._goal, self._decide_at = chosen, tick + self._skill.decide_ticks
        return chosen

    def _is_done(self, goal: Goal, me: Tank, memory: Memory, target: Sighting | None, duty: Goal | None, *, noticed: bool) -> bool:
        """Whether the goal is reached, or nothing any more."""
        if goal.kind == FIGHT:
            return not noticed
        if goal.kind == HUNT:
            return target is None or noticed
        if goal.kind == ESCORT:
            return duty is None or duty.kind != ESCORT
        if goal.kind == FETCH:
            return self._pickup_at(goal, memory) is None
        return _is_here(goal, me) or (goal.kind == WANDER and noticed)

    def _decide(self, me: Tank, memory: Memory, target: Sighting | None, duty: Goal | None, *, noticed: bool) -> Goal:
        near = target is not None and noticed and target.far < NEARBY * NEARBY
        if duty is not None and duty.kind == CARRY:
            return duty
        if me.health <= self._skill.retreat_health and target is not None:
            safety = self._safety(me, memory, target, noticed=noticed)
            if safety is not None:
                return safety
        if duty is not None and duty.kind == TAKE and not near:
            return duty
        pickup = self._pickup(me, memory, most=IN_PASSING if near else self._skill.fetch_steps)
        if pickup is not None:
            return Goal(FETCH, pickup.x, pickup.y)
        if duty is not None and not near:
            return duty
        if target is not None and noticed and not memory.over:
            return Goal(FIGHT, target.x, target.y)
        if target is not None and not memory.over and self._random.chance(0.5 + 0.5 * self._skill.sense):
            return Goal(HUNT, target.x, target.y)
        return self._somewhere(me, memory)

    def _somewhere(self, me: Tank, memory: Memory) -> Goal:
        """The post that it is going to already, unless that takes too long, or else some post."""
        goal = self._goal
        if goal is not None and goal.kind == WANDER and memory.tick < self._since + GIVE_UP_TICKS and not _is_here(goal, me):
            return goal
        self._since = memory.tick
        return self._to_post(WANDER, me)

    def _to_post(self, kind: str, me: Tank) -> Goal:
        """Some post that is not right here."""
        goal = Goal(kind, *self._random.choice(self._paths.posts))
        return goal if not _is_here(goal, me) else Goal(kind, *self._random.choice(self._paths.posts))

    # -- safety ------------------------------------------------------------------------------------------------------------
    def _safety(self, me: Tank, memory: Memory, target: Sighting, *, noticed: bool) -> Goal | None:
        """The nearest health, or for a while a place out of sight of who is near; None: it has to be fought out."""
        cures = [pickup for pickup in memory.pickups if pickup.kind == HEALTH]
        best, least = None, 0
        for pickup in cures:
            steps = self._paths.steps(me.x, me.y, pickup.x, pickup.y)
            if steps is not None and (best is None or steps < least):
                best, least = pickup, steps
        if best is not None and least <= 2 * self._skill.fetch_steps:
            return Goal(FETCH, best.x, best.y)
        goal, tick = self._goal, memory.tick
        if noticed and target.far < DANGER * DANGER and tick > self._flees_until + BRAVE_TICKS * (self._flees_until > 0):
            self._flees_until = tick + LURK_TICKS
        if tick > self._flees_until:
            return None
        if goal is not None and goal.kind == FLEE and not _is_here(goal, me):
            return goal
        choices = [self._to_post(FLEE, me) for _ in range(FLEE_CHOICES)]
        return max(choices, key=lambda choice: self._shelter(choice, me, target))

    def _shelter(self, goal: Goal, me: Tank, enemy: Sighting) -> float:
        """How good a place is to flee to: hidden from the enemy, and not past him."""
        _, x, y = goal
        mine = abs(x - me.x) + abs(y - me.y)
        his = abs(x - enemy.x) + abs(y - enemy.y)
        return min(his - mine, 300.0) - 0.3 * mine + (400.0 if self._paths.is_hidden(x, y, enemy.x, enemy.y) else 0.0)

    # -- pickups -----------------------------------------------------------------------------------------------------------
    @staticmethod
    def _pickup_at(goal: Goal, memory: Memory) -> Pickup | None:
        return next((pickup for pickup in memory.pickups if pickup.x == goal.x and pickup.y == goal.y), None)

    def _pickup(self, me: Tank, memory: Memory, *, most: int) -> Pickup | None:
        """The pickup that is most worth its way, no further than `most` tiles."""
        best, most_worth = None, 0.0
        reach = most * LONGEST_STEP
        for pickup in memory.pickups:
            need = _need(me, pickup.kind, memory.tick)
            if not need or abs(pickup.x - me.x) > reach or abs(pickup.y - me.y) > reach:
                continue
            steps = self._paths.steps(me.x, me.y, pickup.x, pickup.y)
            if steps is None or steps > most * need:
                continue
            worth = need / (steps + 2.0)
            if worth > most_worth:
                best, most_worth = pickup, worth
        return best


def _is_here(goal: Goal, me: Tank) -> bool:
    return -REACHED < goal.x - me.x < REACHED and -REACHED < goal.y - me.y < REACHED


def _need(me: Tank, kind: int, tick: int) -> float:
    """How much a pickup is wanted, 0 to 1."""
    if kind == HEALTH:
        return (FULL_HEALTH - me.health) / FULL_HEALTH
    if kind == AMMO:
        missing = (MOST_SPREADS - me.spreads) / MOST_SPREADS + (MOST_MINES - me.mines) / MOST_MINES
        return (missing + 2 * (MOST_RAILS - me.rails) / MOST_RAILS) / 4
    return 0.5 if kind == SPEED and me.fast_until <= tick else 0.0
