"""Map files: where they lie, reading one, and the check that an author runs before sharing a map.

What a map is and means is in `gameserver.core.maps`; this file only adds the disk.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import MapError
from gameserver.core.tiled import MAX_FILE_BYTES, OBJECTS_LAYER, WALLS_LAYER, parse_map
from gameserver.core.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameserver.core.maps import MapObject, TileMap

MAP_SUFFIX: Final = ".tmj"

BODY_HALF: Final = 12.0
"""Half the side, in pixels, of what drives about on a map and needs open ground: a tank, which fits through a 32-pixel gap."""


def maps_folder() -> Path:
    """The maps that come with the server: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_data" / "maps"
    return installed if installed.is_dir() else package.parent / "maps"


def map_names() -> list[str]:
    """The maps that `load_map` finds by name, sorted. Empty when the folder is missing."""
    return sorted(path.stem for path in maps_folder().glob(f"*{MAP_SUFFIX}"))


def load_map(path_or_name: str | Path) -> tuple[TileMap, bytes]:
    """Read a map from disk.

    Args:
        path_or_name: text without suffix and folder, such as `field`, is the name of a map in `maps_folder()`; all else is
            the path of a file. Hence never pass on what a player wrote: compare it with `map_names()` first.

    Returns:
        The map and the file's bytes, for whoever records or sends it.

    Raises:
        MapError: there is no such file, it cannot be read, or it is no map.
    """
    path = _path_of(path_or_name)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)  # One byte more, so that `parse_map` sees that there is too much.
    except FileNotFoundError as error:
        raise MapError(str(path), f"there is no such file; the maps by name are: {_listed(map_names())}") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        raise MapError(str(path), f"it cannot be read ({error}): name a {MAP_SUFFIX} file") from error
    return parse_map(data, path.name), data


def check_map(path_or_name: str | Path, game_rules: Callable[[TileMap], Iterable[MapError]] | None = None) -> list[str]:
    """Everything wrong with a map, for its author: beyond what `load_map` demands, can one play on it?

    A file that does not load has one problem, the first that the parser met. One that loads must have a `title`, a number of
    `players` and a spawn for each; every spawn on open ground; all its open ground and points within reach of each other; and no
    dead end that is one tank wide.

    Args:
        path_or_name: as for `load_map`.
        game_rules: finds what keeps the map from suiting a certain game, such as `Arena.map_problems`.

    Returns:
        One line for each problem, naming file, layer and object; empty when the map is good.
    """
    try:
        tile_map, _ = load_map(path_or_name)
    except MapError as error:
        return [str(error)]
    problems = [*_wrong_conventions(tile_map), *_bad_ground(tile_map), *_bad_ways(tile_map)]
    if game_rules is not None:
        problems += game_rules(tile_map)
    return [str(problem) for problem in problems]


def _wrong_conventions(tile_map: TileMap) -> Iterable[MapError]:
    title, players = tile_map.properties.get("title"), tile_map.properties.get("players")
    spawns = len(tile_map.objects_of("spawn"))
    if not isinstance(title, str) or not title.strip():
        yield MapError(tile_map.name, "the map has no property `title`: add one of type string, it is shown to players")
    if type(players) is not int or players < 1:  # `type`, because True is an int to isinstance
        yield MapError(tile_map.name, "the map has no property `players`: add one of type int, the most it has room for")
    elif 0 < spawns < players:
        yield MapError(tile_map.name, f"it is for {players} players and has {spawns} spawns: add spawns or lower `players`")
    if not spawns:
        yield MapError(_layer(tile_map), "there is no object of class `spawn`: add one for each player")


def _bad_ground(tile_map: TileMap) -> Iterable[MapError]:
    for thing in tile_map.objects:
        if thing.type == "spawn":
            if thing.width or thing.height:
                yield MapError(_place(tile_map, thing), "a spawn is one place: draw a point and not a rectangle")
            elif tile_map.blocked(thing.x, thing.y, BODY_HALF):
                reason = f"there is a wall, or the map's end, within {BODY_HALF:g} pixels: move it to open ground"
                yield MapError(_place(tile_map, thing), reason)
        elif _is_point(thing) and tile_map.solid_at(*tile_map.tile_at(thing.x, thing.y)):
            yield MapError(_place(tile_map, thing), "it is inside a wall: move it to open ground")


def _bad_ways(tile_map: TileMap) -> Iterable[MapError]:
    """What is not in the part of the map that most points are in, and the dead ends of that part.

    Points inside walls are not spoken of again.
    """
    ways = Ways(tile_map, BODY_HALF)
    points: dict[int, list[MapObject]] = {part: [] for part in range(len(ways.parts))}
    for thing in filter(_is_point, tile_map.objects):
        column, row = tile_map.tile_at(thing.x, thing.y)
        part = ways.part_at(column, row)
        if part is not None:
            points[part].append(thing)
        elif not tile_map.solid_at(column, row):
            yield MapError(_place(tile_map, thing), "it is too narrow here for a tank: move it to open ground")
    if not points:
        return
    main = max(points, key=lambda part: (len(points[part]), len(ways.parts[part])))
    for part, things in points.items():
        if part == main:
            continue
        for thing in things:
            reason = f"no way leads from here to {points[main][0]}: open the walls between, or move it"
            yield MapError(_place(tile_map, thing), reason)
        if not things:
            reason = f"no way leads to the open ground at {_tile(ways.parts[part][0])}: open the walls around it, or fill it"
            yield MapError(_layer(tile_map, WALLS_LAYER), reason)
    for end in ways.dead_ends(main):
        reason = f"the only way out of {_tile(end.places[0])} is at {_tile(end.mouth)}, one tank wide: widen it or open another"
        yield MapError(_layer(tile_map, WALLS_LAYER), reason)


def _is_point(thing: MapObject) -> bool:
    """Whether it stands at one place. A rectangle is an area, which may well cover walls."""
    return not (thing.width or thing.height)


def _tile(tile: tuple[int, int]) -> str:
    """Tiled shows the same numbers in its status bar."""
    return f"column {tile[0]}, row {tile[1]}"


def _layer(tile_map: TileMap, layer: str = OBJECTS_LAYER) -> str:
    return f"{tile_map.name}, layer '{layer}'"


def _place(tile_map: TileMap, thing: MapObject) -> str:
    return f"{_layer(tile_map)}, {thing}"


def _path_of(path_or_name: str | Path) -> Path:
    path = Path(path_or_name)
    if isinstance(path_or_name, str) and path.name == path_or_name and not path.suffix:
        return maps_folder() / f"{path_or_name}{MAP_SUFFIX}"
    return path


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
