"""Who and what is where, as this bot's player sees it, and what a person would remember of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gameserver.games.arena.state import OVER, Flag, Match, Mine, Pickup, Shell, Tank

if TYPE_CHECKING:
    from gameserver import PlayerId, Replica, TileMap
    from gameserver.games.arena.brain.skill import Skill

LOOKED_AT: Final = 4
"""So many of the nearest enemies are looked at for a clear line."""
GLANCE_TICKS: Final = 15
"""Who was out of sight for less than this is not new to the eye."""
TRACK: Final = 5
"""Places kept of each tank: half a second."""
SLOW_EVERY: Final = 3
"""Thoughts between two looks at what hardly changes."""
MINE_TICKS: Final = 40 * 30
"""No mine lies longer."""
PASSED_OVER: Final = 20.0
"""Where a tank drives so near to a mine and lives there is none any more."""


class Place(NamedTuple):
    """Where a tank was seen."""

    tick: int
    x: float
    y: float


class MineSeen(NamedTuple):
    """Where an enemy's mine was seen last, before it was armed."""

    tick: int
    x: float
    y: float


class Sighting:
    """What is known of another tank.

    Attributes:
        x, y: where it was seen last.
        clear: nothing solid is between it and us.
    """

    __slots__ = ("_clear_since", "_clear_tick", "_track", "clear", "far", "health", "owner", "safe_until", "tank", "x", "y")

    def __init__(self, tank: Tank) -> None:
        self.owner, self.tank = tank.owner, tank.id
        self.clear = False
        self.far = 0.0
        self._clear_since = 0
        self._clear_tick = -GLANCE_TICKS - 1
        self._track: list[Place] = []

    def see(self, tank: Tank, tick: int, me: Tank) -> None:
        """Look again. `far` is the square of its distance."""
        x, y = tank.x, tank.y
        self.x, self.y, self.health, self.safe_until = x, y, tank.health, tank.safe_until
        self.far = (x - me.x) * (x - me.x) + (y - me.y) * (y - me.y)
        track = self._track
        if track and track[-1].tick == tick:
            return
        track.append(Place(tick, x, y))
        if len(track) > TRACK:
            del track[0]

    def look_for(self, me: Tank, tick: int, ground: TileMap) -> None:
        """See whether the line is clear."""
        self.clear = ground.clear_line(me.x, me.y, self.x, self.y)
        if self.clear:
            if tick - self._clear_tick > GLANCE_TICKS:
                self._clear_since = tick
            self._clear_tick = tick

    def noticed(self, tick: int, reaction_ticks: int) -> bool:
        """Whether it has been in sight long enough to do something about it."""
        return self.clear and tick - self._clear_since >= reaction_ticks

    def guess(self, tick: int, lag_ticks: int) -> tuple[float, float, float, float]:
        """Where it is and how it moves, in pixels a tick, going by what was to be seen some ticks ago."""
        track = self._track
        newest = len(track) - 1
        while newest > 1 and tick - track[newest].tick < lag_ticks:
            newest -= 1
        place = track[newest]
        if newest == 0:
            return place.x, place.y, 0.0, 0.0
        before = track[newest - 1]
        ticks = place.tick - before.tick
        dx, dy = (place.x - before.x) / ticks, (place.y - before.y) / ticks
        since = tick - place.tick
        return place.x + dx * since, place.y + dy * since, dx, dy


class Memory:
    """See the module.

    Attributes:
        tick: of the last look.
        enemies, mates: the living, the nearest first.
        shells: those of others that are in flight.
        pickups, flags: as last seen.
        mines: where enemies laid some, by id.
        own_mines: where our side's lie.
        mode, over, round: of the match.
    """

    def __init__(self, ground: TileMap, skill: Skill) -> None:
        self._ground = ground
        self._skill = skill
        self._known: dict[PlayerId, Sighting] = {}
        self._looks = 0
        self.tick = 0
        self.enemies: list[Sighting] = []
        self.mates: list[Sighting] = []
        self.shells: list[Shell] = []
        self.pickups: list[Pickup] = []
        self.flags: list[Flag] = []
        self.mines: dict[int, MineSeen] = {}
        self.own_mines: list[tuple[float, float]] = []
        self.mode = ""
        self.over = False
        self.round = 0

    def look(self, view: Replica, player: PlayerId, tick: int) -> Tank | None:
        """Take in what there is to see. Returns our own tank, or its wreck."""
        self.tick = tick
        tanks = view.all(Tank)
        me = next((tank for tank in tanks if tank.owner == player), None)
        match: Match | Any = view.shared()
        self.mode, self.over = match.mode, match.phase == OVER
        if match.round != self.round:
            self.round = match.round
            self.mines.clear()
        if me is None or not me.health:
            self.forget()
            return me
        self._look_at_tanks(tanks, me, tick)
        self.shells = [shell for shell in view.all(Shell) if shell.owner != player]
        if self.mode == "flags":
            self.flags = view.all(Flag)
        if self._looks % SLOW_EVERY == 0:
            self.pickups = view.all(Pickup)
            self._look_at_mines(view.all(Mine), me, tick)
        self._looks += 1
        return me

    def forget(self) -> None:
        """Whoever was hit looks at the world afresh."""
        self._known.clear()
        self.enemies, self.mates, self.shells = [], [], []

    def is_mate(self, owner: PlayerId) -> bool:
        """Whether this player's tank is on our side."""
        return any(mate.owner == owner for mate in self.mates)

    def _look_at_tanks(self, tanks: list[Tank], me: Tank, tick: int) -> None:
        known: dict[PlayerId, Sighting] = {}
        enemies: list[Sighting] = []
        mates: list[Sighting] = []
        for tank in tanks:
            if tank is me or not tank.health:
                continue
            seen = self._known.get(tank.owner)
            if seen is None or seen.tank != tank.id:
                seen = Sighting(tank)
            seen.see(tank, tick, me)
            known[tank.owner] = seen
            (mates if 0 < me.team == tank.team else enemies).append(seen)
        self._known = known
        enemies.sort(key=_distance)
        mates.sort(key=_distance)
        for seen in enemies[:LOOKED_AT]:
            seen.look_for(me, tick, self._ground)
        for seen in enemies[LOOKED_AT:]:
            seen.clear = False
        self.enemies, self.mates = enemies, mates

    def _look_at_mines(self, mines: list[Mine], me: Tank, tick: int) -> None:
        self.own_mines = []
        for mine in mines:
            if mine.owner == me.owner or 0 < mine.team == me.team:
                self.own_mines.append((mine.x, mine.y))
            elif self._skill.remembers_mines:
                self.mines[mine.id] = MineSeen(tick, mine.x, mine.y)
        for number, (seen_tick, x, y) in list(self.mines.items()):
            places = [(me.x, me.y), *((mate.x, mate.y) for mate in self.mates)]
            gone = any(abs(at_x - x) < PASSED_OVER > abs(at_y - y) for at_x, at_y in places)
            if tick - seen_tick > (0 if gone else MINE_TICKS):
                del self.mines[number]


def _distance(seen: Sighting) -> float:
    return seen.far
