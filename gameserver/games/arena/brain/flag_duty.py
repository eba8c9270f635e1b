"""What a flag asks of a bot: take the enemy's, bring it home by a quiet way, get one's own back, guard, escort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.games.arena.brain.goals import CARRY, ESCORT, GUARD, HUNT, REACHED, TAKE, Goal

if TYPE_CHECKING:
    from gameserver import Rng, TileMap
    from gameserver.games.arena.brain.memory import Memory
    from gameserver.games.arena.brain.paths import Paths
    from gameserver.games.arena.state import Flag, Tank

GUARDS: Final = 3
"""Of so many in a team, one guards."""
BEAT: Final = 260.0
"""Pixels around the flag in which a guard walks his round."""
CLOSE: Final = 380.0
"""Whoever is nearer to our lost flag than this sees to it, whatever he was about."""
BESIDE: Final = 90.0
"""Pixels at which an escort is beside the carrier."""
ROUTE_TICKS: Final = 45
"""How long one keeps to the way that he chose."""
BY_WAYS: Final = 3
"""So many ways round are thought of."""
LONGER: Final = 1.7
"""A way round is taken if it is no longer than the direct one by this factor, and 4 tiles."""
LOOK_AHEAD: Final = 12
"""Tiles of a way that are thought over."""
FEARED: Final = 240.0
FEAR: Final = 6.0
"""An enemy right on the way is as bad as so many tiles more, at each of them."""


class FlagDuty:
    """The part of one bot in the game for the flags."""

    def __init__(self, tile_map: TileMap, paths: Paths, random: Rng) -> None:
        self._paths = paths
        self._random = random
        self._homes = {flag.properties.get("team"): (flag.x, flag.y) for flag in tile_map.objects_of("flag")}
        self._via: tuple[float, float] | None = None
        self._via_until = 0
        self._beat: tuple[float, float] | None = None

    def reset(self) -> None:
        """There is a new tank."""
        self._via, self._via_until, self._beat = None, 0, None

    def duty(self, me: Tank, memory: Memory) -> Goal | None:
        """What it asks for now, None without flags."""
        if memory.mode != "flags" or memory.over:
            return None
        own = next((flag for flag in memory.flags if flag.team == me.team), None)
        other = next((flag for flag in memory.flags if flag.team != me.team), None)
        if own is None or other is None:
            return None
        if other.carrier == me.owner:
            return self._carry(me, memory, own)
        guards = self._guards(me, memory)
        if not own.home and (guards or not other.carrier or _square(own, me) < CLOSE * CLOSE):
            return Goal(HUNT, own.x, own.y) if own.carrier else Goal(TAKE, own.x, own.y)
        if guards:
            return Goal(GUARD, *self._round(me))
        if other.carrier:
            if _square(other, me) > BESIDE * BESIDE:
                return Goal(ESCORT, other.x, other.y)
            return None
        return Goal(TAKE, *self._quiet_way(me, memory, other.x, other.y))

    def _guards(self, me: Tank, memory: Memory) -> bool:
        """Whose turn it is to guard: they know without a word, by their numbers, and it changes with the round."""
        team = sorted([me.owner, *(mate.owner for mate in memory.mates)])
        return (team.index(me.owner) + memory.round) % len(team) < len(team) // GUARDS

    def _round(self, me: Tank) -> tuple[float, float]:
        """The next place on the guard's round."""
        home_x, home_y = self._homes[me.team]
        beat = self._beat
        if beat is None or (abs(beat[0] - me.x) < REACHED > abs(beat[1] - me.y)):
            places = [post for post in self._paths.posts if abs(post[0] - home_x) < BEAT > abs(post[1] - home_y)]
            places.append((home_x, home_y))
            elsewhere = [place for place in places if abs(place[0] - me.x) > REACHED or abs(place[1] - me.y) > REACHED]
            beat = self._beat = self._random.choice(elsewhere or self._paths.posts)
        return beat

    # -- carrying ----------------------------------------------------------------------------------------------------------
    def _carry(self, me: Tank, memory: Memory, own: Flag) -> Goal:
        """Home; as long as our own flag is not there, about home."""
        if not own.home:
            if not own.carrier and _square(own, me) < CLOSE * CLOSE:
                return Goal(CARRY, own.x, own.y)
            return Goal(CARRY, *self._round(me))
        return Goal(CARRY, *self._quiet_way(me, memory, *self._homes[me.team]))

    def _quiet_way(self, me: Tank, memory: Memory, to_x: float, to_y: float) -> tuple[float, float]:
        """Where to drive first to get there: there, or to the post to go round by. Kept to for a while."""
        via = self._via
        if memory.tick >= self._via_until or (via and abs(via[0] - me.x) + abs(via[1] - me.y) < 2 * REACHED):
            via = self._via = self._way_round(me, memory, to_x, to_y)
            self._via_until = memory.tick + ROUTE_TICKS
        return via or (to_x, to_y)

    def _way_round(self, me: Tank, memory: Memory, to_x: float, to_y: float) -> tuple[float, float] | None:
        """The post to go round by, None for the direct way: which has the fewest enemies about it, for its length."""
        direct = self._paths.steps(me.x, me.y, to_x, to_y)
        if direct is None or not memory.enemies:
            return None
        best, least = None, direct + self._fear(me, memory, to_x, to_y)
        for _ in range(BY_WAYS):
            x, y = self._random.choice(self._paths.posts)
            there, on = self._paths.steps(me.x, me.y, x, y), self._paths.steps(x, y, to_x, to_y)
            if there is None or on is None or there + on > LONGER * direct + 4:
                continue
            cost = there + on + self._fear(me, memory, x, y)
            if cost < least:
                best, least = (x, y), cost
        return best

    def _fear(self, me: Tank, memory: Memory, to_x: float, to_y: float) -> float:
        """What the enemies near the first tiles of a way weigh."""
        fear = 0.0
        for x, y in self._paths.way(me.x, me.y, to_x, to_y, most=LOOK_AHEAD)[::2]:
            for enemy in memory.enemies:
                away = abs(enemy.x - x) + abs(enemy.y - y)
                if away < FEARED:
                    fear += FEAR * (1 - away / FEARED)
        return fear


def _square(flag: Flag, tank: Tank) -> float:
    return (flag.x - tank.x) * (flag.x - tank.x) + (flag.y - tank.y) * (flag.y - tank.y)
