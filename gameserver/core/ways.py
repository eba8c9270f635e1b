"""Where a body of some size gets to on a map: its parts, and the dead ends in them. For the check of maps, not for a tick.

A place is a square of whole tiles that just holds the body, named by the tile at its top left. Wherever the body stands free of
walls, all the tiles that it touches are open, and one or more places lie among them; so it gets from one spot to another exactly
when a chain of places leads there, each beside the last. With bodies of up to one tile the places are the open tiles.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from gameserver.core.maps import TileMap

Place = tuple[int, int]
"""(column, row) of the tile at its top left."""


@attrs.frozen
class DeadEnd:
    """Places that hang on the rest of their part by a single one: whoever is in there can be shut in by one body."""

    mouth: Place
    """The last place of the way in from which there is another way on."""
    places: tuple[Place, ...]
    """Behind the mouth, row by row."""


class Ways:
    """The places of one map for a body of one size.

    Attributes:
        span: the tiles that a place has each way.
        parts: which places one gets to from each other, row by row in each part; the parts in the order of their first places.
    """

    def __init__(self, tile_map: TileMap, half: float) -> None:
        """`half` is half the side of the body, in pixels."""
        if half <= 0:
            raise ValueError("a body has a size")
        self.span = ceil(2 * half / tile_map.tile_size)
        self._part_of: dict[Place, int] = {}
        self.parts: list[tuple[Place, ...]] = []
        everywhere = [(column, row) for row in range(tile_map.height) for column in range(tile_map.width)]
        free = {place for place in everywhere if self._is_open(tile_map, place)}
        for place in everywhere:
            if place in free and place not in self._part_of:
                part = _connected(place, free)
                for found in part:
                    self._part_of[found] = len(self.parts)
                self.parts.append(part)

    def part_at(self, column: int, row: int) -> int | None:
        """The number of the part whose bodies come over this tile, the first if there are several; None if none does."""
        reach = range(self.span)
        parts = (self._part_of.get((column - left, row - above)) for above in reach for left in reach)
        return min((part for part in parts if part is not None), default=None)

    def dead_ends(self, part: int) -> list[DeadEnd]:
        """All of one part, in the order of their first places.

        The rest of the part is the most places of which none is the only way between two others: its largest biconnected set.
        """
        places = self.parts[part]
        rest = _largest_loop(places)
        behind = set(places) - rest
        found = []
        for place in places:
            if place in behind:
                pocket = _connected(place, behind)
                behind.difference_update(pocket)
                (mouth,) = {beside for inside in pocket for beside in _beside(inside) if beside in rest}
                found.append(DeadEnd(mouth, pocket))
        return found

    def _is_open(self, tile_map: TileMap, place: Place) -> bool:
        column, row = place
        tiles = ((column + right, row + down) for down in range(self.span) for right in range(self.span))
        return not any(tile_map.solid_at(*tile) for tile in tiles)


def _by_row(place: Place) -> tuple[int, int]:
    column, row = place
    return row, column


def _beside(place: Place) -> tuple[Place, Place, Place, Place]:
    column, row = place
    return (column, row - 1), (column + 1, row), (column, row + 1), (column - 1, row)


def _connected(start: Place, among: set[Place]) -> tuple[Place, ...]:
    found = {start}
    frontier = [start]
    while frontier:
        fresh = {beside for place in frontier for beside in _beside(place) if beside in among} - found
        found |= fresh
        frontier = list(fresh)
    return tuple(sorted(found, key=_by_row))


def _largest_loop(places: tuple[Place, ...]) -> set[Place]:
    """The largest biconnected set of connected places (Hopcroft and Tarjan), the first found of several.

    A depth-first walk without recursion, which a map of many thousand places would make too deep.
    """
    among = set(places)
    start = places[0]
    depth = {start: 0}
    """How far down the walk each place was found."""
    lowest = {start: 0}
    """The least depth that is beside it or beside what was found below it."""
    pending = [start]
    """Found, and not yet in a set: those of a set that is complete are the last ones."""
    position = {start: 0}
    walk = [(start, iter(_beside(start)))]
    largest = {start}
    while walk:
        place, onward = walk[-1]
        for beside in onward:
            if beside not in among:
                continue
            if beside not in depth:
                depth[beside] = lowest[beside] = len(walk)
                position[beside] = len(pending)
                pending.append(beside)
                walk.append((beside, iter(_beside(beside))))
                break
            lowest[place] = min(lowest[place], depth[beside])
        else:
            walk.pop()
            if not walk:
                break
            above = walk[-1][0]
            lowest[above] = min(lowest[above], lowest[place])
            if lowest[place] >= depth[above]:  # nothing below gets past the one above: they are a set together
                loop = {above, *pending[position[place] :]}
                del pending[position[place] :]
                if len(loop) > len(largest):
                    largest = loop
    return largest
