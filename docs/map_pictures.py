"""Draws docs/maps/*.png, a picture of each map, from its layers and the tile sheet. Run: python -m docs.map_pictures"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from docs import png
from gameserver.maps import load_map, maps_folder

if TYPE_CHECKING:
    from gameserver import MapObject, TileMap

WIDEST: Final = 800
"""In pixels of the picture: what a page of text has room for."""
TEAMS: Final = {1: (240, 116, 92), 2: (104, 164, 246)}
NEUTRAL: Final = (236, 236, 236)
KINDS: Final = {"health": (104, 224, 112), "ammo": (250, 210, 84), "speed": (88, 222, 232)}
MARKS: Final = {"spawn": 7, "flag": 12, "pickup": 10}
"""Half the side of a mark, in pixels of the game."""


def draw(path: Path, *, marked: bool = True) -> png.Picture:
    """Floor, walls and, if `marked`, objects; each pixel is the mean of `scale` × `scale` of the game's."""
    tile_map, data = load_map(path)
    scale = 2 if tile_map.width * tile_map.tile_size <= 2 * WIDEST else 4
    document = json.loads(data)
    (tileset,) = document["tilesets"]
    sheet = png.read(path.parent / tileset["image"])
    tiles = [shrunk(sheet, number, tileset["columns"], tile_map.tile_size, scale) for number in range(tileset["tilecount"])]
    size = tile_map.tile_size // scale
    picture = [[(0, 0, 0)] * (tile_map.width * size) for _ in range(tile_map.height * size)]
    for layer in document["layers"]:
        for index, number in enumerate(layer.get("data", ())):
            if number:
                row, column = divmod(index, tile_map.width)
                for y, line in enumerate(tiles[number - tileset["firstgid"]]):
                    picture[row * size + y][column * size : (column + 1) * size] = line
    if marked:
        mark_objects(picture, tile_map, scale)
    return picture


def shrunk(sheet: png.Picture, number: int, columns: int, size: int, scale: int) -> png.Picture:
    """One tile of the sheet."""
    row, column = divmod(number, columns)
    top, left = row * size, column * size
    return [
        [mean([sheet[y + j][x + i] for j in range(scale) for i in range(scale)]) for x in range(left, left + size, scale)]
        for y in range(top, top + size, scale)
    ]


def mean(colours: list[png.Colour]) -> png.Colour:
    red, green, blue = (sum(channel) // len(colours) for channel in zip(*colours, strict=True))
    return red, green, blue


def mark_objects(picture: png.Picture, tile_map: TileMap, scale: int) -> None:
    """Spawns are small squares, flags large ones, pickups diamonds; each has a dark rim."""
    for thing in tile_map.objects:
        half = MARKS.get(thing.type, 4) / scale
        x, y = thing.x / scale, thing.y / scale
        for row in range(int(y - half - 1), int(y + half + 2)):
            for column in range(int(x - half - 1), int(x + half + 2)):
                across, along = abs(row + 0.5 - y), abs(column + 0.5 - x)
                far = across + along if thing.type == "pickup" else max(across, along)
                if far <= half + 1:
                    picture[row][column] = colour_of(thing) if far <= half else (16, 18, 22)


def colour_of(thing: MapObject) -> png.Colour:
    properties: Any = thing.properties
    if thing.type == "pickup":
        return KINDS.get(properties.get("kind"), NEUTRAL)
    return TEAMS.get(properties.get("team"), NEUTRAL)


if __name__ == "__main__":
    folder = Path(__file__).with_name("maps")
    folder.mkdir(exist_ok=True)
    for file in sorted(maps_folder().glob("*.tmj")):
        png.write(folder / f"{file.stem}.png", draw(file))
