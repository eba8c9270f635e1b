"""Maps for tests: drawn where they are needed, or found as a room finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver.core.maps import MapObject, TileMap
from gameserver.maps import load_map

if TYPE_CHECKING:
    from pathlib import Path

    from gameserver.core.game import Game


def drawn_map(*rows: str, tile_size: int = 32) -> TileMap:
    """A map of text, row by row: `#` is a wall, `s` a spawn, all else is open. Raises ValueError if the rows differ in length."""
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("draw a map as one text for each row of tiles, all of the same length: drawn_map('####', '#s.#', '####')")
    spawns = [(column, row) for row, line in enumerate(rows) for column, letter in enumerate(line) if letter == "s"]
    return TileMap(
        name="drawn.tmj",
        width=len(rows[0]),
        height=len(rows),
        tile_size=tile_size,
        solid=bytes(letter == "#" for line in rows for letter in line),
        objects=tuple(
            MapObject(id=number, name="", type="spawn", x=(column + 0.5) * tile_size, y=(row + 0.5) * tile_size)
            for number, (column, row) in enumerate(spawns, start=1)
        ),
    )


def map_for(game: type[Game], wanted: TileMap | str | Path | None) -> TileMap | None:
    """The map of a match: the one that is wanted, else the game's default; None if the game has no maps.

    Raises ValueError for a map that the game would never look at or that nobody named, MapError if it cannot be read.
    """
    if not game.uses_map:
        if wanted is not None:
            raise ValueError(f"{game.name} has no map: leave map out, or say `uses_map = True` in its class")
        return None
    if isinstance(wanted, TileMap):
        return wanted
    name = wanted or game.default_map
    if not name:
        raise ValueError(f"{game.name} needs a map: give map=…, or `default_map` in its class")
    return load_map(name)[0]
