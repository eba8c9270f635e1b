"""Tile maps as frozen values, and the questions that games and bots ask of them every tick. `tiled` makes them from files.

    TileMap --flow_field--> FlowField
       |                        ^
       +------ Navigator -------+      remembers the fields asked for last

Units are pixels, x to the right and y downwards, as in Tiled. A tile is named by (column, row) counted from the top
left. It owns its left and top edge but not its right and bottom one. Everything outside the map is solid, so that no
query needs a border of walls. All queries use + - * / and comparisons only: every machine gives the same answers.
"""

from __future__ import annotations

from array import array
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

Property: TypeAlias = str | int | float | bool

MAX_NAME_CHARS: Final = 64
"""Of layers, objects, types and property names: they appear in errors and in lists."""

_UNREACHED: Final = 0xFFFF  # No way over 256 x 256 tiles is that long: the tiles beside it are walls.


@attrs.frozen(kw_only=True)
class MapObject:
    """One point or rectangle of the `objects` layer. It lies inside the map; a point has width and height 0."""

    id: int
    """Tiled's number for the object, at least 1 and unique in the map."""
    name: str
    """What the author called it; often empty."""
    type: str
    """What it is to the game, such as `spawn`. Never empty. Tiled shows it as the object's class."""
    x: float
    """Left edge in pixels."""
    y: float
    """Top edge in pixels."""
    width: float = 0.0
    height: float = 0.0
    properties: Mapping[str, Property] = attrs.field(factory=lambda: MappingProxyType({}), hash=False)
    """Read-only."""

    def __str__(self) -> str:
        """`object 7 'spawn'`: the words by which an error names the object."""
        return f"object {self.id} {quoted(self.name or self.type)}"


@attrs.frozen(kw_only=True)
class TileMap:
    """A map that has been checked. Build it with `parse_map`; a test may build one by hand.

    Raises:
        ValueError: `solid` does not hold one byte, 0 or 1, for each tile.
    """

    name: str
    """The name of the file, suffix included."""
    width: int
    """In tiles."""
    height: int
    """In tiles."""
    tile_size: int
    """The side of a tile, in pixels."""
    solid: bytes
    """Row by row from the top left, one byte for each tile: 1 is a wall, 0 is open ground."""
    objects: tuple[MapObject, ...] = ()
    """In the order of the file."""
    properties: Mapping[str, Property] = attrs.field(factory=lambda: MappingProxyType({}), hash=False)
    """Read-only. By convention `title` (text) and `players` (the most that the map has room for)."""
    sha256: bytes = bytes(32)
    """Of the file's bytes, 32 bytes: two servers with the same digest play on the same ground."""

    def __attrs_post_init__(self) -> None:
        if len(self.solid) != self.width * self.height or self.solid.strip(b"\x00\x01"):
            raise ValueError(f"solid must be {self.width} x {self.height} bytes of 0 or 1")

    def solid_at(self, column: int, row: int) -> bool:
        """Whether the tile is a wall. Tiles outside the map are."""
        return not (0 <= column < self.width and 0 <= row < self.height) or self.solid[row * self.width + column] == 1

    def tile_at(self, x: float, y: float) -> tuple[int, int]:
        """The (column, row) of the tile that owns the finite point, also when that is outside the map."""
        return int(x // self.tile_size), int(y // self.tile_size)

    def centre(self, column: int, row: int) -> tuple[float, float]:
        """The middle of a tile, in pixels."""
        return (column + 0.5) * self.tile_size, (row + 0.5) * self.tile_size

    def objects_of(self, kind: str) -> tuple[MapObject, ...]:
        """The objects of one type, in the order of the file; empty when there are none."""
        return tuple(thing for thing in self.objects if thing.type == kind)

    def blocked(self, x: float, y: float, half: float) -> bool:
        """Whether the square around a finite point overlaps a wall or leaves the map.

        Touching is not overlapping: a body may stand flush against a wall.

        Args:
            x: the middle of the square, in pixels.
            y: the same.
            half: half the side of the square, in pixels. 0 asks about the tile that owns the point.
        """
        size = self.tile_size
        left = int((x - half) // size)
        top = int((y - half) // size)
        # The last column that the open interval up to x + half enters: a right edge on a tile's border stays out of it.
        right = max(left, -int(-(x + half) // size) - 1)
        bottom = max(top, -int(-(y + half) // size) - 1)
        if left < 0 or top < 0 or right >= self.width or bottom >= self.height:
            return True
        for start in range(top * self.width, (bottom + 1) * self.width, self.width):
            if self.solid.find(1, start + left, start + right + 1) >= 0:
                return True
        return False

    def clear_line(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        """Whether nothing solid lies between two finite points: line of sight, and the way of a thin, straight shot.

        The line walks from tile to tile and no tile is skipped, however short the piece inside it. A line through the
        very corner of four tiles passes beside one wall, but not between two that touch there. The answer is the same
        both ways, and exact for points on a grid of 1/256 pixel.
        """
        if x1 < x0:
            x0, y0, x1, y1 = x1, y1, x0, y0
        size, width, height, solid = self.tile_size, self.width, self.height, self.solid
        column, row = int(x0 // size), int(y0 // size)
        last_column, last_row = int(x1 // size), int(y1 // size)
        if not (column >= 0 and last_column < width and 0 <= row < height and 0 <= last_row < height):
            return False  # x0 <= x1
        if solid[row * width + column] or solid[last_row * width + last_column]:
            return False

        # From here on every tile is inside, because both ends are. The steps still to take are counted, not measured:
        # that ends the walk on the right tile whatever rounding does.
        columns_left = last_column - column
        rows_left = abs(last_row - row)
        index = row * width + column
        run, rise = x1 - x0, abs(y1 - y0)
        if y1 >= y0:
            row_step, until_row = width, (row + 1) * size - y0
        else:
            row_step, until_row = -width, y0 - row * size
        until_column = (column + 1) * size - x0

        while columns_left or rows_left:
            # Which border comes first? until_column / run against until_row / rise, multiplied out.
            column_late = until_column * rise - until_row * run
            if not rows_left or (columns_left and column_late < 0):
                index += 1
                columns_left -= 1
                until_column += size
            elif not columns_left or column_late > 0:
                index += row_step
                rows_left -= 1
                until_row += size
            else:
                if solid[index + 1] and solid[index + row_step]:
                    return False
                index += 1 + row_step
                columns_left -= 1
                rows_left -= 1
                until_column += size
                until_row += size
            if solid[index]:
                return False
        return True

    def reachable(self, column: int, row: int) -> bytes:
        """Which tiles can be walked to from here by steps to the side, up and down.

        Returns:
            One byte for each tile, row by row like `solid`: 1 where one can get to. All 0 when the start is solid.
        """
        # A diagonal step that cuts no corner can be walked round, so the field's eight directions reach the same tiles.
        field = self.flow_field(column, row)
        return bytes(field.distance(c, r) is not None for r in range(self.height) for c in range(self.width))

    def flow_field(self, column: int, row: int) -> FlowField:
        """The way from everywhere to one tile. To a solid target, or one outside, there is no way from anywhere."""
        stride = self.width + 1  # A wall at the left of each row, which is also the one at the right of the row above.
        passable = bytearray(stride * (self.height + 2) + 1)
        for r in range(self.height):
            start = (r + 1) * stride + 1
            walls = self.solid[r * self.width : (r + 1) * self.width]
            passable[start : start + self.width] = walls.translate(_INVERTED)
        distances = [_UNREACHED] * len(passable)
        frontier: list[int] = []
        if not self.solid_at(column, row):
            frontier.append((row + 1) * stride + column + 1)
            distances[frontier[0]] = 0

        distance = 0
        while frontier:
            distance += 1
            reached: list[int] = []
            reach = reached.append
            # Written out: this loop is the cost of a field, and a bot may ask for a new one in the middle of a tick.
            for here in frontier:
                up, down, left, right = here - stride, here + stride, here - 1, here + 1
                if passable[up]:
                    if distances[up] == _UNREACHED:
                        distances[up] = distance
                        reach(up)
                    if passable[left] and distances[up - 1] == _UNREACHED and passable[up - 1]:
                        distances[up - 1] = distance
                        reach(up - 1)
                    if passable[right] and distances[up + 1] == _UNREACHED and passable[up + 1]:
                        distances[up + 1] = distance
                        reach(up + 1)
                if passable[down]:
                    if distances[down] == _UNREACHED:
                        distances[down] = distance
                        reach(down)
                    if passable[left] and distances[down - 1] == _UNREACHED and passable[down - 1]:
                        distances[down - 1] = distance
                        reach(down - 1)
                    if passable[right] and distances[down + 1] == _UNREACHED and passable[down + 1]:
                        distances[down + 1] = distance
                        reach(down + 1)
                if distances[left] == _UNREACHED and passable[left]:
                    distances[left] = distance
                    reach(left)
                if distances[right] == _UNREACHED and passable[right]:
                    distances[right] = distance
                    reach(right)
            frontier = reached
        return FlowField(target=(column, row), width=self.width, height=self.height, distances=array("H", distances))


_INVERTED: Final = bytes([1, 0]) + bytes(254)


@attrs.frozen(kw_only=True, eq=False)
class FlowField:
    """For every tile, how many steps it is to one target and which way to go. Built by `TileMap.flow_field`.

    A step goes to one of the eight tiles around and never cuts the corner of a wall; each counts 1.
    """

    target: tuple[int, int]
    """(column, row)"""
    width: int
    height: int
    _distances: array[int]
    """Steps to the target with a margin of unreached tiles: a row above and below, one tile at the left of each row."""

    def distance(self, column: int, row: int) -> int | None:
        """Steps to the target: 0 on it, None on walls, outside the map and where there is no way."""
        if not (0 <= column < self.width and 0 <= row < self.height):
            return None
        steps = self._distances[(row + 1) * (self.width + 1) + column + 1]
        return None if steps == _UNREACHED else steps

    def next(self, column: int, row: int) -> tuple[int, int] | None:
        """The tile to go to from this one: a neighbour that is one step nearer.

        Of several, the first in the order up, right, down, left, then the diagonals clockwise from up-right: straight
        ways stay straight.

        Returns:
            (column, row), or None on the target itself and where there is no way.
        """
        steps = self.distance(column, row)
        if not steps:
            return None
        distances = self._distances
        stride = self.width + 1
        here = (row + 1) * stride + column + 1
        nearer = steps - 1
        up, right = distances[here - stride], distances[here + 1]
        down, left = distances[here + stride], distances[here - 1]
        if up == nearer:
            return column, row - 1
        if right == nearer:
            return column + 1, row
        if down == nearer:
            return column, row + 1
        if left == nearer:
            return column - 1, row
        # As this tile is reached, each open tile beside it is: an unreached one is a wall, whose corner is not cut.
        if distances[here - stride + 1] == nearer and up != _UNREACHED and right != _UNREACHED:
            return column + 1, row - 1
        if distances[here + stride + 1] == nearer and down != _UNREACHED and right != _UNREACHED:
            return column + 1, row + 1
        if distances[here + stride - 1] == nearer and down != _UNREACHED and left != _UNREACHED:
            return column - 1, row + 1
        return column - 1, row - 1


class Navigator:
    """The flow fields of one map that were asked for last. Owned by whoever steers: a bot, or all the bots of a room.

    It only saves time: forgetting a field changes no answer.
    """

    DEFAULT_CAPACITY: Final = 64
    """A field for each of 16 tanks and its last few tiles; 40 x 30 tiles cost about 3 KB each."""

    def __init__(self, tile_map: TileMap, capacity: int = DEFAULT_CAPACITY) -> None:
        if capacity < 1:
            raise ValueError("a navigator must remember at least one field")
        self._tile_map = tile_map
        self._capacity = capacity
        self._fields: dict[tuple[int, int], FlowField] = {}  # The one used longest ago comes first.

    def __len__(self) -> int:
        return len(self._fields)

    def flow_field(self, column: int, row: int) -> FlowField:
        """The same as `TileMap.flow_field`, from memory when it is there."""
        target = (column, row)
        field = self._fields.pop(target, None)
        if field is None:
            field = self._tile_map.flow_field(column, row)
            if len(self._fields) >= self._capacity:
                del self._fields[next(iter(self._fields))]
        self._fields[target] = field
        return field


def quoted(text: str) -> str:
    """The text in quotes with anything unprintable escaped, cut to a length fit for an error."""
    return repr(text if len(text) <= MAX_NAME_CHARS else text[: MAX_NAME_CHARS - 3] + "...")
