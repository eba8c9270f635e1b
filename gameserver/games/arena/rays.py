"""What a straight shot without flight time meets: pure functions of the map, an aim and places.

They ask nobody where the tanks are: whoever calls says so, and may just as well say where they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.games.arena.motion import HIT_RADIUS, UNIT, closest, direction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameserver import TileMap

Target = tuple[int, float, float]
"""A number of the caller's, and where the middle of that tank is."""

_NEVER: Final = 1e9
"""Pixels along the ray at which it crosses a border that it runs along."""


def shoot(tile_map: TileMap, x: float, y: float, aim: int, targets: Iterable[Target]) -> tuple[float, float, int | None]:
    """Where a ray from an open point ends, and the number of the tank that it hits there, None for a wall."""
    end_x, end_y = to_wall(tile_map, x, y, aim)
    hit, first, nearest = None, 2.0, 0.0
    for number, target_x, target_y in targets:
        part, square = closest(x, y, end_x, end_y, target_x, target_y)
        if square <= HIT_RADIUS * HIT_RADIUS and (part < first or (part == first and square < nearest)):
            hit, first, nearest = number, part, square
    if hit is None:
        return end_x, end_y, None
    return x + (end_x - x) * first, y + (end_y - y) * first, hit


def to_wall(tile_map: TileMap, x: float, y: float, aim: int) -> tuple[float, float]:
    """Where a ray from an open point meets the first wall, or the end of the map.

    It walks from tile to tile, and through the very corner of four it passes beside one wall, but not between two: as
    `TileMap.clear_line` does.
    """
    cosine, sine = direction(aim)
    run, rise = cosine / UNIT, sine / UNIT
    size = tile_map.tile_size
    column, row = tile_map.tile_at(x, y)
    column_step, column_gap, until_column = _borders(x, run, column, size)
    row_step, row_gap, until_row = _borders(y, rise, row, size)
    while True:
        far = until_column if until_column < until_row else until_row
        if until_column == until_row:
            if tile_map.solid_at(column + column_step, row) and tile_map.solid_at(column, row + row_step):
                break
            column, row = column + column_step, row + row_step
            until_column, until_row = until_column + column_gap, until_row + row_gap
        elif until_column < until_row:
            column, until_column = column + column_step, until_column + column_gap
        else:
            row, until_row = row + row_step, until_row + row_gap
        if tile_map.solid_at(column, row):
            break
    return x + run * far, y + rise * far


def _borders(start: float, slope: float, tile: int, size: int) -> tuple[int, float, float]:
    """Along one axis: the step from tile to tile, how far apart their borders are on the ray, and how far the first one is."""
    if slope > 0:
        return 1, size / slope, ((tile + 1) * size - start) / slope
    if slope < 0:
        return -1, -size / slope, (tile * size - start) / slope
    return 0, _NEVER, _NEVER
