"""Reads a map file's bytes into a TileMap. The format is the Tiled editor's, in JSON (`.tmj`).

A map arrives as bytes, because a recording carries its map and a room is handed one; nothing here opens a file. `parse_map` is
strict: what it does not understand it refuses, naming the layer and the object, because a wall or a spawn that is silently left
out is found only in mid-match.
"""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from gameserver.core.errors import MapError
from gameserver.core.maps import MAX_NAME_CHARS, MapObject, Property, TileMap, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

_Json: TypeAlias = dict[str, object]

MAX_FILE_BYTES: Final = 1 << 20
"""A map is sent to clients and stored in recordings. 256 x 256 tiles in two layers take about 400 KB."""

MIN_TILES: Final = 4
"""Along a side. Below this there is no room for two players and a wall."""

MAX_TILES: Final = 256
"""Along a side. A flow field over 256 x 256 open tiles takes less than a tenth of a second; distances fit 16 bits."""

MIN_TILE_SIZE: Final = 8
"""In pixels. Smaller tiles would make `blocked` look at many tiles for a body of ordinary size."""

MAX_TILE_SIZE: Final = 128
"""In pixels. 256 tiles of 128 pixels keep every coordinate below 2**15, where `clear_line` is exact to 1/256 pixel."""

MAX_OBJECTS: Final = 512
"""Several for each of the most players that a room may hold."""

MAX_TILESETS: Final = 64
"""Each distinct tile is looked up in each tileset; nobody draws one arena from more sheets."""

MAX_PROPERTIES: Final = 64
"""On one map or object. More is data that belongs to the game."""

MAX_TEXT_CHARS: Final = 1024
"""Of a text property: a title or a short description."""

WALLS_LAYER: Final = "walls"
OBJECTS_LAYER: Final = "objects"

GID_MASK: Final = 0x0FFF_FFFF
"""The upper four bits of a tile number say how the tile is flipped and turned; they are not part of the number."""


def parse_map(data: bytes, name: str) -> TileMap:
    """Read a map in Tiled's JSON format.

    Args:
        data: the whole file.
        name: the file's name, which the map keeps and every error begins with.

    Raises:
        MapError: the file is no map, or uses something that is not supported. Any bytes give a map or this.
    """
    document = _object(_read_json(data, name), name, "the file")
    if document.get("type") != "map":
        _refuse(name, '`type` is not "map": save it in Tiled as a JSON map (.tmj), not as a tileset, template or world')
    if document.get("orientation") != "orthogonal":
        _refuse(name, f"its orientation is {_shown(document.get('orientation'))}: only `orthogonal` maps are supported")
    if document.get("infinite") is not False:
        _refuse(name, "it is infinite: clear Map > Map Properties > Infinite")
    width = _integer(document, "width", name, MIN_TILES, MAX_TILES)
    height = _integer(document, "height", name, MIN_TILES, MAX_TILES)
    tile_size = _integer(document, "tilewidth", name, MIN_TILE_SIZE, MAX_TILE_SIZE)
    tile_height = _integer(document, "tileheight", name, MIN_TILE_SIZE, MAX_TILE_SIZE)
    if tile_size != tile_height:
        _refuse(name, f"its tiles are {tile_size} x {tile_height} pixels: they must be square")
    properties = _properties(document, name)
    tilesets = _tilesets(document, name)

    walls: list[int] | None = None
    objects: tuple[MapObject, ...] | None = None
    names: set[str] = set()
    for number, item in enumerate(_list(document, "layers", name), 1):
        layer = _object(item, name, f"layer {number}")
        layer_name = _text(layer, "name", f"{name}, layer {number}", MAX_NAME_CHARS)
        where = f"{name}, layer {quoted(layer_name)}"
        if layer_name in names:
            _refuse(where, "there are two layers of this name: rename one or merge them")
        names.add(layer_name)
        match layer.get("type"):
            case "tilelayer":
                if layer_name == OBJECTS_LAYER:
                    _refuse(where, "it is a tile layer: this name is for the object layer")
                tiles = _tiles(layer, where, width, height, tilesets)
                if layer_name == WALLS_LAYER:
                    _refuse_shifted(layer, where)
                    walls = tiles
            case "objectgroup":
                if layer_name != OBJECTS_LAYER:
                    _refuse(where, f"move its objects into the object layer `{OBJECTS_LAYER}`: no other is read")
                _refuse_shifted(layer, where)
                objects = _objects(layer, where, width * tile_size, height * tile_size)
            case "imagelayer":
                if layer_name in (WALLS_LAYER, OBJECTS_LAYER):
                    _refuse(where, "it is an image layer: this name is for another kind of layer")
            case "group":
                _refuse(where, "it is a group: move its layers out of it, groups are not supported")
            case kind:
                _refuse(where, f"its type is {_shown(kind)}: use tile, object and image layers only")
    if walls is None:
        _refuse(name, f"there is no tile layer `{WALLS_LAYER}`: add one, every tile drawn in it is solid")
    if objects is None:
        _refuse(name, f"there is no object layer `{OBJECTS_LAYER}`: add one for the spawns")

    return TileMap(
        name=name,
        width=width,
        height=height,
        tile_size=tile_size,
        solid=bytes(map(bool, walls)),
        objects=objects,
        properties=properties,
        sha256=hashlib.sha256(data).digest(),
    )


def _read_json(data: bytes, name: str) -> object:
    """The JSON document, without the freedoms that Python's reader takes: no NaN, no key given twice."""

    def unique(pairs: list[tuple[str, object]]) -> _Json:
        members: _Json = {}
        for key, value in pairs:
            if key in members:
                _refuse(name, f"the key {quoted(key)} is given twice in one object: remove one")
            members[key] = value
        return members

    def no_constant(text: str) -> NoReturn:
        _refuse(name, f"{text} is no JSON number: write a finite one")

    def finite(text: str) -> float:
        value = float(text)
        if value in (float("inf"), float("-inf")):
            _refuse(name, f"the number {text[:MAX_NAME_CHARS]} is too large")
        return value

    if len(data) > MAX_FILE_BYTES:
        _refuse(name, f"the file is larger than {MAX_FILE_BYTES} bytes: make the map smaller or split it")
    try:
        text = data.decode()
        document: object = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant, parse_float=finite)
    except UnicodeDecodeError as error:
        raise MapError(name, f"it is not UTF-8 text (byte {error.start}): save it in Tiled as .tmj") from error
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise MapError(name, f"it is not JSON ({error.msg}, {at}): save it in Tiled as .tmj") from error
    except ValueError as error:  # A whole number of thousands of digits, which Python refuses to read.
        raise MapError(name, "a number in it is too long") from error
    except RecursionError as error:
        raise MapError(name, "it is nested too deeply to be a map: save it in Tiled as .tmj") from error
    return document


def _tilesets(document: _Json, name: str) -> list[range]:
    """The tile numbers that each embedded tileset owns."""
    owned: list[range] = []
    tilesets = _list(document, "tilesets", name)
    if len(tilesets) > MAX_TILESETS:
        _refuse(name, f"it has {len(tilesets)} tilesets, {MAX_TILESETS} are allowed: remove the ones not used")
    for number, item in enumerate(tilesets, 1):
        where = f"{name}, tileset {number}"
        tileset = _object(item, where, "it")
        if "source" in tileset:
            _refuse(where, f"it is the external file {_shown(tileset['source'])}: embed it (Tilesets > Embed Tileset)")
        first = _integer(tileset, "firstgid", where, 1, GID_MASK)
        count = _integer(tileset, "tilecount", where, 1, GID_MASK)
        numbers = range(first, first + count)
        if any(numbers.start < other.stop and other.start < numbers.stop for other in owned):
            _refuse(where, f"its tiles {first} to {first + count - 1} overlap those of another tileset")
        owned.append(numbers)
    return owned


def _tiles(layer: _Json, where: str, width: int, height: int, tilesets: list[range]) -> list[int]:
    """The layer's tile numbers without their flips, row by row; 0 is empty."""
    if layer.get("encoding", "csv") != "csv" or isinstance(layer.get("data"), str):
        _refuse(where, "its tiles are encoded: set Map > Map Properties > Tile Layer Format to CSV")
    size = (_integer(layer, "width", where, 1, MAX_TILES), _integer(layer, "height", where, 1, MAX_TILES))
    if size != (width, height):
        _refuse(where, f"it is {size[0]} x {size[1]} tiles and the map {width} x {height}: resize the map in Tiled")
    data = _list(layer, "data", where)
    if len(data) != width * height:
        _refuse(where, f"`data` has {len(data)} tiles and not {width} x {height} = {width * height}")
    tiles: list[int] = []
    known: set[int] = {0}
    for index, value in enumerate(data):
        if type(value) is not int or not 0 <= value <= 0xFFFF_FFFF:  # `type`, because True is an int to isinstance
            at = f"column {index % width}, row {index // width}"
            _refuse(where, f"the tile at {at} is {_shown(value)}: it must be a tile number")
        tile = value & GID_MASK
        if tile not in known:
            if not any(tile in numbers for numbers in tilesets):
                at = f"column {index % width}, row {index // width}"
                _refuse(where, f"the tile at {at} has the number {tile}, which no tileset holds: erase or redraw it")
            known.add(tile)
        tiles.append(tile)
    return tiles


def _objects(layer: _Json, where: str, map_width: int, map_height: int) -> tuple[MapObject, ...]:
    items = _list(layer, "objects", where)
    if len(items) > MAX_OBJECTS:
        _refuse(where, f"it has {len(items)} objects, {MAX_OBJECTS} are allowed")
    objects: dict[int, MapObject] = {}
    for number, item in enumerate(items, 1):
        thing = _map_object(item, where, number, map_width, map_height)
        if thing.id in objects:
            _refuse(f"{where}, {thing}", "two objects have this id: delete one and draw it anew in Tiled")
        objects[thing.id] = thing
    return tuple(objects.values())


def _map_object(item: object, layer: str, number: int, map_width: int, map_height: int) -> MapObject:
    """One object. Until its id and name are known, errors call it by its place in the layer, counted from 1."""
    where = f"{layer}, object number {number}"
    members = _object(item, where, "it")
    object_id = _integer(members, "id", where, 1, 0x7FFF_FFFF)
    where = f"{layer}, object {object_id}"
    name = _text(members, "name", where, MAX_NAME_CHARS, default="")
    type_, class_ = (_text(members, key, where, MAX_NAME_CHARS, default="") for key in ("type", "class"))
    kind = type_ or class_  # Tiled 1.9 wrote `class`; all others write `type`.
    where = f"{where} {quoted(name or kind)}"
    if not kind:
        _refuse(where, "it has no class: set it in Tiled to what the object is, such as `spawn`")
    if class_ not in ("", kind):
        _refuse(where, f"its type is {quoted(type_)} and its class {quoted(class_)}: keep one")
    for key in ("gid", "template", "polygon", "polyline", "ellipse", "text"):
        if members.get(key, False) is not False:
            _refuse(where, f"it has `{key}`: only points and rectangles are supported, draw one instead")
    if _number(members, "rotation", where, default=0.0) != 0:
        _refuse(where, "it is rotated: set its rotation to 0")
    x, y = _number(members, "x", where), _number(members, "y", where)
    width, height = _number(members, "width", where, default=0.0), _number(members, "height", where, default=0.0)
    if width < 0 or height < 0:
        _refuse(where, f"its size is {width:g} x {height:g}: neither may be negative")
    # A point on the right or bottom edge would belong to a tile outside.
    if not (0 <= x < map_width and 0 <= y < map_height and x + width <= map_width and y + height <= map_height):
        extent = f" and {width:g} x {height:g} large" if width or height else ""
        bounds = f"{map_width} x {map_height} pixels"
        _refuse(where, f"it is at {x:g}, {y:g}{extent}, outside the map of {bounds}: move it inside")
    properties = _properties(members, where)
    return MapObject(id=object_id, name=name, type=kind, x=x, y=y, width=width, height=height, properties=properties)


def _properties(owner: _Json, where: str) -> Mapping[str, Property]:
    if "properties" not in owner:
        return MappingProxyType({})
    items = _list(owner, "properties", where)
    if len(items) > MAX_PROPERTIES:
        _refuse(where, f"it has {len(items)} properties, {MAX_PROPERTIES} are allowed")
    properties: dict[str, Property] = {}
    for number, item in enumerate(items, 1):
        members = _object(item, where, f"property {number}")
        name = _text(members, "name", f"{where}, property {number}", MAX_NAME_CHARS)
        if name in properties:
            _refuse(where, f"the property {quoted(name)} is given twice: remove one")
        properties[name] = _property(members, f"{where}, property {quoted(name)}")
    return MappingProxyType(properties)


def _property(members: _Json, where: str) -> Property:
    match members.get("type", "string"):
        case "string":
            return _text(members, "value", where, MAX_TEXT_CHARS)
        case "int":
            return _integer(members, "value", where, -0x8000_0000, 0x7FFF_FFFF)
        case "float":
            return _number(members, "value", where)
        case "bool":
            value = members.get("value")
            if not isinstance(value, bool):
                _refuse(where, f"`value` is {_shown(value)}: it must be true or false")
            return value
        case kind:
            _refuse(where, f"its type is {_shown(kind)}: use string, int, float or bool")


def _refuse_shifted(layer: _Json, where: str) -> None:
    """A shifted layer looks right in the editor and would be somewhere else in the game."""
    for key in ("x", "y", "offsetx", "offsety"):
        if _number(layer, key, where, default=0.0) != 0:
            _refuse(where, f"it is shifted (`{key}`): set its offset to 0 and move what is in it")


def _refuse(where: str, reason: str) -> NoReturn:
    raise MapError(where, reason)


def _object(value: object, where: str, what: str) -> _Json:
    if not isinstance(value, dict):
        _refuse(where, f"{what} is {_shown(value)}: it must be a JSON object")
    return value


def _list(owner: _Json, key: str, where: str) -> list[object]:
    value = owner.get(key)
    if not isinstance(value, list):
        _refuse(where, f"`{key}` is {_shown(value)}: it must be a list")
    return value


def _integer(owner: _Json, key: str, where: str, low: int, high: int) -> int:
    value = owner.get(key)
    if type(value) is not int or not low <= value <= high:  # `type`, because True is an int to isinstance
        _refuse(where, f"`{key}` is {_shown(value)}: it must be a whole number from {low} to {high}")
    return value


def _number(owner: _Json, key: str, where: str, *, default: float | None = None) -> float:
    """A number that a float holds: Tiled writes 3.0 as 3, so whole ones are welcome."""
    value = owner.get(key, default)
    if type(value) is float:
        return value
    if type(value) is not int or not -(1 << 53) <= value <= 1 << 53:
        _refuse(where, f"`{key}` is {_shown(value)}: it must be a number of ordinary size")
    return float(value)


def _text(owner: _Json, key: str, where: str, most: int, *, default: str | None = None) -> str:
    value = owner.get(key, default)
    if not isinstance(value, str):
        _refuse(where, f"`{key}` is {_shown(value)}: it must be text")
    if len(value) > most:
        _refuse(where, f"`{key}` is {len(value)} characters long: at most {most} are allowed")
    if any("\ud800" <= character <= "\udfff" for character in value):
        _refuse(where, f"`{key}` is {_shown(value)}, which holds half a character: type it anew")
    return value


def _shown(value: object) -> str:
    """Any JSON value in a few words. Not the inside of lists and objects, which may be nested deeper than repr goes."""
    match value:
        case None:
            return "missing or null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return quoted(str(value))[1:-1]
