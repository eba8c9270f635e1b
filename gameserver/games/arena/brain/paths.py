"""Ways over the map, and how to drive them smoothly: towards the farthest point of the way that one can drive to straight on."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final

from gameserver import Navigator
from gameserver.games.arena.motion import COSINES, TANK_HALF, UNIT, aim_at

if TYPE_CHECKING:
    from gameserver import Rng, TileMap

POSTS: Final = 24
"""About so many places, spread over the map, to wander to, flee to and go round by. Ways to them are remembered."""
LEAST_SQUARE: Final = 4
"""Tiles between two posts at least."""
HALF_WIDTH: Final = 13.0
"""Of the strip that has to be free for driving straight on: a tank, and a little for the hand."""
AHEAD: Final = (12, 6, 2)
"""How many tiles along the way it tries to cut straight to, the farthest first."""
OFF_WALL: Final = 8.0
"""So far from the middle of a tile beside a wall, and away from the wall, the way leads."""
ROOM: Final = 30.0
"""Pixels ahead that have to be free for a few ticks of driving."""
NEAR_CHASE: Final = 10
"""Tiles from which on the way to a tank leads to its very tile; before, to the post beside it."""
CHASE_TICKS: Final = 45
"""A way to a moving tank is good for 1.5 s on a map of CHASE_TILES, for longer on a larger one: making one costs as much as ten
thoughts."""
CHASE_TILES: Final = 1_200
NARROW: Final = 2
"""Tiles between two walls: who drives there has little choice."""


class Paths:
    """The ways of one bot.

    Attributes:
        posts: places that can be reached, in pixels.
    """

    def __init__(self, tile_map: TileMap, random: Rng) -> None:
        self._map = tile_map
        self._random = random
        self._navigator = Navigator(tile_map)
        self._posts: dict[tuple[int, int], tuple[float, float]] = {}
        self._square = max(LEAST_SQUARE, int(sqrt(tile_map.width * tile_map.height / POSTS)))
        self._chase: tuple[int, int] = (-1, -1)
        self._chase_until = 0
        self._chase_ticks = int(CHASE_TICKS * max(1.0, sqrt(tile_map.width * tile_map.height / CHASE_TILES)))
        self._open = self._reachable()
        self._set_posts()
        self.posts = tuple(self._posts.values())

    # -- places ------------------------------------------------------------------------------------------------------------
    def _reachable(self) -> bytes:
        """One byte a tile, as `TileMap.reachable`: where tanks come to from where they begin."""
        ground = self._map
        begins = ground.objects_of("spawn")
        if begins:
            return ground.reachable(*ground.tile_at(begins[0].x, begins[0].y))
        return bytes(not solid for solid in ground.solid)

    def _set_posts(self) -> None:
        """In each square of the map, the open tile with most room around it, the one nearest to the square's middle of several."""
        ground, square = self._map, self._square
        best: dict[tuple[int, int], tuple[int, int]] = {}
        for row in range(ground.height):
            for column in range(ground.width):
                if not self._open[row * ground.width + column]:
                    continue
                walls = sum(ground.solid_at(column + dx, row + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
                off = abs(column % square - square // 2) + abs(row % square - square // 2)
                key = (column // square, row // square)
                if key not in best or walls * 4 + off < best[key][0]:
                    best[key] = walls * 4 + off, row * ground.width + column
        for key, (_, index) in best.items():
            self._posts[key] = ground.centre(index % ground.width, index // ground.width)

    def post_near(self, x: float, y: float) -> tuple[float, float]:
        """The post of the square around a point; the point itself if the square has none."""
        column, row = self._map.tile_at(x, y)
        return self._posts.get((column // self._square, row // self._square), (x, y))

    def is_narrow(self, x: float, y: float) -> bool:
        """Whether the point lies in a way so narrow that hardly anybody gets by."""
        column, row = self._map.tile_at(x, y)
        return self._gap(column, row, 1, 0) <= NARROW or self._gap(column, row, 0, 1) <= NARROW

    def _gap(self, column: int, row: int, dx: int, dy: int) -> int:
        """Open tiles from wall to wall through this one, counted no further than it takes to know."""
        gap = 1
        for sign in (1, -1):
            for step in range(1, NARROW + 1):
                if self._map.solid_at(column + sign * step * dx, row + sign * step * dy):
                    break
                gap += 1
        return gap

    # -- ways --------------------------------------------------------------------------------------------------------------
    def steps(self, x: float, y: float, to_x: float, to_y: float) -> int | None:
        """How many tiles it is from one point to another, None if there is no way. The second should be a place that stays."""
        return self._navigator.flow_field(*self._map.tile_at(to_x, to_y)).distance(*self._map.tile_at(x, y))

    def way(self, x: float, y: float, to_x: float, to_y: float, *, most: int) -> list[tuple[float, float]]:
        """The middles of the first tiles on the way."""
        field = self._navigator.flow_field(*self._map.tile_at(to_x, to_y))
        here: tuple[int, int] | None = self._map.tile_at(x, y)
        way: list[tuple[float, float]] = []
        while here is not None and len(way) < most:
            way.append(self._map.centre(*here))
            here = field.next(*here)
        return way

    def steer(self, x: float, y: float, to_x: float, to_y: float) -> int | None:
        """The bearing for driving from one point to another, None if there is no way."""
        ground = self._map
        if self.is_clear(x, y, to_x, to_y):
            return aim_at(to_x - x, to_y - y) >> 2
        field = self._navigator.flow_field(*ground.tile_at(to_x, to_y))
        here: tuple[int, int] | None = ground.tile_at(x, y)
        way: list[tuple[int, int]] = []
        while here is not None and len(way) < AHEAD[0]:
            here = field.next(*here)
            if here is not None:
                way.append(here)
        if not way:
            return None if ground.tile_at(x, y) != field.target else aim_at(to_x - x, to_y - y) >> 2
        for ahead in AHEAD:
            if ahead <= len(way):
                at_x, at_y = self._point(*way[ahead - 1])
                if self.is_clear(x, y, at_x, at_y):
                    return aim_at(at_x - x, at_y - y) >> 2
        at_x, at_y = ground.centre(*way[0])
        return aim_at(at_x - x, at_y - y) >> 2

    def chase(self, x: float, y: float, to_x: float, to_y: float, tick: int) -> int | None:
        """The bearing for driving to something that moves."""
        size = self._map.tile_size
        if abs(to_x - x) + abs(to_y - y) > NEAR_CHASE * size:
            post_x, post_y = self.post_near(to_x, to_y)
            return self.steer(x, y, post_x, post_y)
        if tick >= self._chase_until or self._chase == self._map.tile_at(x, y):
            self._chase = self._map.tile_at(to_x, to_y)
            self._chase_until = tick + self._chase_ticks
        return self.steer(x, y, *self._map.centre(*self._chase))

    def _point(self, column: int, row: int) -> tuple[float, float]:
        """Where to drive in a tile: its middle, or a little away from the wall beside it."""
        solid = self._map.solid_at
        x, y = self._map.centre(column, row)
        x += OFF_WALL * (solid(column - 1, row) - solid(column + 1, row))
        y += OFF_WALL * (solid(column, row - 1) - solid(column, row + 1))
        return x, y

    # -- room --------------------------------------------------------------------------------------------------------------
    def is_clear(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """Whether a tank gets straight from one point to the other."""
        dx, dy = x1 - x0, y1 - y0
        length = sqrt(dx * dx + dy * dy)
        if not length:
            return True
        aside_x, aside_y = -dy * HALF_WIDTH / length, dx * HALF_WIDTH / length
        line = self._map.clear_line
        return line(x0 + aside_x, y0 + aside_y, x1 + aside_x, y1 + aside_y) and line(
            x0 - aside_x, y0 - aside_y, x1 - aside_x, y1 - aside_y
        )

    def is_free(self, x: float, y: float, bearing: int) -> bool:
        """Whether there is room for a few ticks of driving that way."""
        to_x = x + ROOM * COSINES[bearing] / UNIT
        to_y = y + ROOM * COSINES[bearing - 64 & 255] / UNIT
        return not self._map.blocked(to_x, to_y, TANK_HALF)

    def free_bearing(self, x: float, y: float) -> int:
        """Some way that is not blocked at once."""
        first = self._random.integer(0, 255)
        for turned in range(0, 256, 32):
            if self.is_free(x, y, first + turned & 255):
                return first + turned & 255
        return first

    def is_hidden(self, x: float, y: float, from_x: float, from_y: float) -> bool:
        """Whether a wall is between two points."""
        return not self._map.clear_line(x, y, from_x, from_y)
