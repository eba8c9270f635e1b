"""The map parser refuses whatever is not a map, saying where and why; the queries agree with slow, obvious versions."""

from __future__ import annotations

import copy
import hashlib
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gameserver.core.errors import MapError
from gameserver.core.maps import MapObject, Navigator, Property, TileMap
from gameserver.core.tiled import MAX_FILE_BYTES, MAX_OBJECTS, parse_map

if TYPE_CHECKING:
    from collections.abc import Callable

Doc: TypeAlias = dict[str, Any]  # JSON that the tests break at will
Grid: TypeAlias = list[list[bool]]


def good() -> Doc:
    """A map of 5 x 4 tiles with a wall in the middle, a decorated floor, a spawn and a zone."""
    walls = [0] * 20
    walls[7] = 2
    return {
        "type": "map",
        "orientation": "orthogonal",
        "infinite": False,
        "width": 5,
        "height": 4,
        "tilewidth": 32,
        "tileheight": 32,
        "properties": [{"name": "title", "type": "string", "value": "Test"}],
        "tilesets": [{"firstgid": 1, "tilecount": 4, "image": "tiles.png"}],
        "layers": [
            {"name": "floor", "type": "tilelayer", "width": 5, "height": 4, "data": [1] * 20},
            {"name": "walls", "type": "tilelayer", "width": 5, "height": 4, "data": walls, "x": 0, "y": 0},
            {
                "name": "objects",
                "type": "objectgroup",
                "objects": [
                    {
                        "id": 7,
                        "name": "",
                        "type": "spawn",
                        "x": 16,
                        "y": 16.5,
                        "point": True,
                        "properties": [
                            {"name": "team", "type": "int", "value": 2},
                            {"name": "weight", "type": "float", "value": 3},
                            {"name": "safe", "type": "bool", "value": True},
                            {"name": "note", "value": "north"},
                        ],
                    },
                    {"id": 9, "name": "hill", "class": "zone", "x": 64, "y": 64, "width": 96, "height": 64},
                ],
            },
        ],
    }


def parse(document: object) -> TileMap:
    return parse_map(json.dumps(document).encode(), "test.tmj")


def grid_map(grid: Grid, tile_size: int = 32) -> TileMap:
    """The map of a grid of rows, in which True is solid."""
    solid = bytes(tile for row in grid for tile in row)
    return TileMap(name="grid", width=len(grid[0]), height=len(grid), tile_size=tile_size, solid=solid)


def sketch(*rows: str) -> Grid:
    """The grid of a drawing, in which `#` is solid."""
    return [[tile == "#" for tile in row] for row in rows]


def drawn(*rows: str) -> TileMap:
    """The map of a drawing; tiles of 10 pixels."""
    return grid_map(sketch(*rows), tile_size=10)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    width = draw(st.integers(1, 9))
    height = draw(st.integers(1, 9))
    flat = draw(st.lists(st.sampled_from([False, False, True]), min_size=width * height, max_size=width * height))
    return [flat[row * width : (row + 1) * width] for row in range(height)]


# --- the parser: what it accepts


def test_a_good_map_arrives_whole() -> None:
    data = json.dumps(good()).encode()
    tile_map = parse_map(data, "test.tmj")
    assert (tile_map.name, tile_map.width, tile_map.height, tile_map.tile_size) == ("test.tmj", 5, 4, 32)
    assert tile_map.solid == bytes([0] * 7 + [1] + [0] * 12)
    assert tile_map.properties == {"title": "Test"}
    assert tile_map.sha256 == hashlib.sha256(data).digest()
    spawn, zone = tile_map.objects
    properties: dict[str, Property] = {"team": 2, "weight": 3.0, "safe": True, "note": "north"}
    assert spawn == MapObject(id=7, name="", type="spawn", x=16.0, y=16.5, properties=properties)
    assert type(spawn.properties["weight"]) is float, "a float property stays one though Tiled writes 3.0 as 3"
    assert zone == MapObject(id=9, name="hill", type="zone", x=64.0, y=64.0, width=96.0, height=64.0)
    assert tile_map.objects_of("zone") == (zone,)
    assert tile_map.objects_of("exit") == ()


def test_a_map_and_its_objects_can_be_keys() -> None:
    """They are values: equal ones hash alike, although their properties are mappings."""
    assert {parse(good()): 1}[parse(good())] == 1
    assert hash(parse(good()).objects) == hash(parse(good()).objects)


def test_flipped_and_turned_walls_are_walls() -> None:
    document = good()
    document["layers"][1]["data"][0] = 3 | 0xF000_0000
    assert parse(document).solid_at(0, 0)


def test_a_tile_that_is_only_flip_bits_is_empty() -> None:
    document = good()
    document["layers"][1]["data"][0] = 0x8000_0000
    assert not parse(document).solid_at(0, 0)


def test_properties_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        parse(good()).properties["title"] = "Mine"  # type: ignore[index]


def test_a_map_built_by_hand_needs_a_byte_for_each_tile() -> None:
    with pytest.raises(ValueError, match="2 x 2 bytes of 0 or 1"):
        TileMap(name="x", width=2, height=2, tile_size=32, solid=bytes(3))
    with pytest.raises(ValueError, match="2 x 2 bytes of 0 or 1"):
        TileMap(name="x", width=2, height=2, tile_size=32, solid=b"\0\0\0\2")


# --- the parser: what it refuses


def at(*path: str | int, value: object) -> Callable[[Doc], None]:
    """Sets what lies at the path."""

    def change(document: Doc) -> None:
        target: Any = document
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value

    return change


def without(*path: str | int) -> Callable[[Doc], None]:
    """Deletes what lies at the path."""

    def change(document: Doc) -> None:
        target: Any = document
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]

    return change


def append(*path: str | int, value: object) -> Callable[[Doc], None]:
    def change(document: Doc) -> None:
        target: Any = document
        for key in path:
            target = target[key]
        target.append(value)

    return change


FILE = "test.tmj"
FLOOR = "test.tmj, layer 'floor'"
WALLS = "test.tmj, layer 'walls'"
OBJECTS = "test.tmj, layer 'objects'"
SPAWN = "test.tmj, layer 'objects', object 7 'spawn'"
HILL = "test.tmj, layer 'objects', object 9 'hill'"
LAYER, SPOT, PROPERTY = ("layers", 2), ("layers", 2, "objects", 0), ("layers", 2, "objects", 0, "properties", 0)

BROKEN = [
    # the map itself
    (at("type", value="tileset"), FILE, "not as a tileset"),
    (at("orientation", value="isometric"), FILE, "'isometric': only `orthogonal`"),
    (at("infinite", value=True), FILE, "clear Map > Map Properties > Infinite"),
    (without("infinite"), FILE, "infinite"),
    (at("width", value=True), FILE, "`width` is true: it must be a whole number from 4 to 256"),
    (at("width", value=5.0), FILE, "`width` is 5.0"),
    (at("width", value=3), FILE, "`width` is 3"),
    (at("height", value=257), FILE, "`height` is 257"),
    (at("height", value="4"), FILE, "`height` is '4'"),
    (without("height"), FILE, "`height` is missing"),
    (at("tileheight", value=16), FILE, "32 x 16 pixels: they must be square"),
    (at("tilewidth", value=0), FILE, "`tilewidth` is 0"),
    (at("layers", value={}), FILE, "`layers` is an object: it must be a list"),
    # tilesets
    (at("tilesets", 0, value={"firstgid": 1, "source": "t.tsj"}), f"{FILE}, tileset 1", "'t.tsj': embed it"),
    (at("tilesets", 0, "tilecount", value=0), f"{FILE}, tileset 1", "`tilecount` is 0"),
    (append("tilesets", value={"firstgid": 4, "tilecount": 1}), f"{FILE}, tileset 2", "overlap"),
    (at("tilesets", value=[{}] * 65), FILE, "65 tilesets, 64 are allowed"),
    (without("tilesets"), FILE, "`tilesets` is missing"),
    # layers
    (without("layers", 1), FILE, "no tile layer `walls`: add one"),
    (without("layers", 2), FILE, "no object layer `objects`: add one"),
    (append("layers", value=7), FILE, "layer 4 is 7: it must be a JSON object"),
    (at("layers", 0, "name", value="walls"), WALLS, "two layers of this name"),
    (at("layers", 0, "name", value=None), f"{FILE}, layer 1", "`name` is missing or null"),
    (at("layers", 0, "name", value="x" * 65), f"{FILE}, layer 1", "65 characters long"),
    (at("layers", 0, "name", value="\ud800"), f"{FILE}, layer 1", "half a character"),
    (at("layers", 0, "type", value="group"), FLOOR, "it is a group: move its layers out"),
    (at("layers", 0, "type", value="voxels"), FLOOR, "its type is 'voxels'"),
    (at("layers", 0, "type", value="objectgroup"), FLOOR, "move its objects into the object layer `objects`"),
    (at("layers", 1, "type", value="imagelayer"), WALLS, "it is an image layer"),
    (at("layers", 2, "type", value="tilelayer"), OBJECTS, "it is a tile layer"),
    (at("layers", 1, "offsetx", value=3.5), WALLS, "shifted (`offsetx`)"),
    (at("layers", 2, "y", value=1), OBJECTS, "shifted (`y`)"),
    # tiles
    (at("layers", 1, "encoding", value="base64"), WALLS, "Tile Layer Format to CSV"),
    (at("layers", 1, "data", value="AAAA"), WALLS, "Tile Layer Format to CSV"),
    (without("layers", 1, "data"), WALLS, "`data` is missing"),
    (append("layers", 1, "data", value=0), WALLS, "21 tiles and not 5 x 4 = 20"),
    (at("layers", 0, "width", value=6), FLOOR, "6 x 4 tiles and the map 5 x 4"),
    (at("layers", 1, "data", 6, value=True), WALLS, "the tile at column 1, row 1 is true"),
    (at("layers", 1, "data", 6, value=1.0), WALLS, "the tile at column 1, row 1 is 1.0"),
    (at("layers", 1, "data", 6, value=-1), WALLS, "is -1: it must be a tile number"),
    (at("layers", 1, "data", 6, value=1 << 32), WALLS, "it must be a tile number"),
    (at("layers", 0, "data", 19, value=5), FLOOR, "column 4, row 3 has the number 5, which no tileset holds"),
    # objects
    (at(*LAYER, "objects", value=None), OBJECTS, "`objects` is missing or null"),
    (at(*LAYER, "objects", value=[{}] * (MAX_OBJECTS + 1)), OBJECTS, "513 objects, 512 are allowed"),
    (at(*SPOT, value=[]), f"{OBJECTS}, object number 1", "it is a list"),
    (at(*SPOT, "id", value=True), f"{OBJECTS}, object number 1", "`id` is true"),
    (at(*SPOT, "id", value=9), HILL, "two objects have this id"),
    (at(*SPOT, "type", value=""), f"{OBJECTS}, object 7 ''", "it has no class"),
    (at(*SPOT, "class", value="exit"), SPAWN, "its type is 'spawn' and its class 'exit': keep one"),
    (at(*SPOT, "name", value=3), f"{OBJECTS}, object 7", "`name` is 3: it must be text"),
    (at(*SPOT, "gid", value=1), SPAWN, "it has `gid`: only points and rectangles"),
    (at(*SPOT, "polygon", value=[]), SPAWN, "it has `polygon`"),
    (at(*SPOT, "ellipse", value=True), SPAWN, "it has `ellipse`"),
    (at(*SPOT, "rotation", value=90), SPAWN, "it is rotated"),
    (at(*SPOT, "x", value=160), SPAWN, "at 160, 16.5, outside the map of 160 x 128 pixels: move it inside"),
    (at(*SPOT, "y", value=-0.5), SPAWN, "outside the map"),
    (at(*SPOT, "x", value=True), SPAWN, "`x` is true"),
    (at(*SPOT, "x", value=10**400), SPAWN, "it must be a number of ordinary size"),
    (without(*SPOT, "y"), SPAWN, "`y` is missing"),
    (at(*SPOT, "width", value=-1), SPAWN, "neither may be negative"),
    (at("layers", 2, "objects", 1, "width", value=97), HILL, "at 64, 64 and 97 x 64 large, outside the map"),
    # properties
    (at("properties", value={}), FILE, "`properties` is an object"),
    (append("properties", value={"name": "title", "value": ""}), FILE, "the property 'title' is given twice"),
    (at("properties", 0, "value", value="x" * 1025), f"{FILE}, property 'title'", "1025 characters long"),
    (at(*SPOT, "properties", value=[{}] * 65), SPAWN, "65 properties, 64 are allowed"),
    (at(*PROPERTY, value="team"), SPAWN, "property 1 is 'team'"),
    (at(*PROPERTY, "type", value="color"), f"{SPAWN}, property 'team'", "its type is 'color': use string, int"),
    (at(*PROPERTY, "value", value=True), f"{SPAWN}, property 'team'", "`value` is true: it must be a whole number"),
    (at(*PROPERTY, "value", value=1 << 31), f"{SPAWN}, property 'team'", "it must be a whole number"),
    (at(*SPOT, "properties", 1, "value", value="3"), f"{SPAWN}, property 'weight'", "`value` is '3'"),
    (at(*SPOT, "properties", 2, "value", value=1), f"{SPAWN}, property 'safe'", "it must be true or false"),
]


@pytest.mark.parametrize(("change", "where", "reason"), BROKEN, ids=[f"{case[1]}: {case[2]}" for case in BROKEN])
def test_a_broken_map_is_refused_with_place_and_reason(change: Callable[[Doc], None], where: str, reason: str) -> None:
    document = good()
    change(document)
    with pytest.raises(MapError) as caught:
        parse(document)
    assert caught.value.where == where
    assert reason in caught.value.reason


BROKEN_FILES = [
    (b"", "not JSON"),
    (b"[]", "the file is a list"),
    (b"null", "the file is missing or null"),
    (b'{"type": "map"\n:}', "line 2, column 1"),
    (b"\xff\xfe{}", "not UTF-8 text (byte 0)"),
    (b'{"x": NaN}', "NaN is no JSON number"),
    (b'{"x": -Infinity}', "-Infinity is no JSON number"),
    (b'{"x": 1e999}', "1e999 is too large"),
    (b'{"x": ' + b"9" * 5000 + b"}", "a number in it is too long"),
    (b'{"type": "map", "type": "map"}', "the key 'type' is given twice"),
    (b"[" * 100_000, "nested too deeply"),
    (b" " * (MAX_FILE_BYTES + 1), "larger than 1048576 bytes"),
]


@pytest.mark.parametrize(("data", "reason"), BROKEN_FILES, ids=[case[1] for case in BROKEN_FILES])
def test_a_broken_file_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MapError) as caught:
        parse_map(data, "test.tmj")
    assert caught.value.where == "test.tmj"
    assert reason in caught.value.reason


def parses_or_raises_map_error(data: bytes) -> None:
    """The promise of `parse_map`; a third outcome fails the test. The error can always be written out."""
    try:
        tile_map = parse_map(data, "test.tmj")
    except MapError as error:
        str(error).encode()
    else:
        assert len(tile_map.solid) == tile_map.width * tile_map.height
        for thing in tile_map.objects:
            assert tile_map.tile_at(thing.x, thing.y) >= (0, 0)


@given(st.binary(max_size=200))
def test_random_bytes_give_a_map_or_a_map_error(data: bytes) -> None:
    parses_or_raises_map_error(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([10**30, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: object) -> list[tuple[Any, Any]]:
    """Every (container, key) in the document."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, list) else []
    for key, inner in items:
        found.append((value, key))
        found += places(inner)
    return found


@given(st.data())
def test_a_map_with_random_parts_gives_a_map_or_a_map_error(data: st.DataObject) -> None:
    """Replaces, deletes and copies parts of a good map: most of it stays right, so that the deep checks are met."""
    document = good()
    for _ in range(data.draw(st.integers(1, 3))):
        spots = places(document)
        container, key = data.draw(st.sampled_from(spots))
        match data.draw(st.sampled_from(["replace", "delete", "copy"])):
            case "replace":
                container[key] = data.draw(JSON)
            case "delete":
                del container[key]
            case "copy":
                source, source_key = data.draw(st.sampled_from(spots))
                if source_key in source if isinstance(source, dict) else source_key < len(source):
                    container[key] = copy.deepcopy(source[source_key])
    parses_or_raises_map_error(json.dumps(document).encode())


@given(st.data())
def test_a_map_with_random_bytes_in_it_gives_a_map_or_a_map_error(data: st.DataObject) -> None:
    file = bytearray(json.dumps(good()).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(file)))
        file[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    parses_or_raises_map_error(bytes(file))


def test_deep_nesting_inside_a_map_is_refused_too() -> None:
    """Deep enough to parse, too deep to print from a deeper call: the errors never print the inside of a list."""
    for depth in (100, 500, 900, 960, 980, 990):
        nested = "[" * depth + "]" * depth
        data = json.dumps(good()).replace('"Test"', nested).encode()
        with pytest.raises(MapError, match=r"a list|too deeply"):
            parse_map(data, "test.tmj")


# --- queries


def test_tiles_own_their_left_and_top_edge() -> None:
    tile_map = drawn("..", "..")
    assert tile_map.tile_at(0, 0) == (0, 0)
    assert tile_map.tile_at(9.99, 10) == (0, 1)
    assert tile_map.tile_at(-0.5, 20) == (-1, 2)
    assert tile_map.centre(1, 0) == (15.0, 5.0)
    assert tile_map.tile_at(*tile_map.centre(1, 0)) == (1, 0)


def test_everything_outside_the_map_is_solid() -> None:
    tile_map = drawn("..", "..")
    assert not tile_map.solid_at(1, 1)
    for column, row in [(-1, 0), (0, -1), (2, 0), (0, 2), (-1, -1)]:
        assert tile_map.solid_at(column, row)


def test_a_body_may_touch_walls_but_not_overlap_them() -> None:
    tile_map = drawn("...", "..#", "...")
    assert not tile_map.blocked(15, 15, 5), "flush against the wall at x = 20"
    assert tile_map.blocked(15.125, 15, 5)
    assert not tile_map.blocked(5, 5, 5), "flush in the corner of the map"
    assert tile_map.blocked(4.875, 5, 5), "leaves the map by an eighth of a pixel"
    assert tile_map.blocked(15, 15, 1e9), "however large"
    assert tile_map.blocked(20, 15, 0), "a point on the wall's left edge is the wall's"
    assert not tile_map.blocked(20, 9, 0)


@given(grids(), st.integers(-8, 80), st.integers(-8, 80), st.integers(1, 40))
def test_blocked_is_the_overlap_with_any_solid_tile(grid: Grid, x8: int, y8: int, half8: int) -> None:
    """In eighths of a tile of 8 pixels; compared with every tile around, one by one."""
    tile_map = grid_map(grid, tile_size=8)
    expected = any(
        tile_map.solid_at(column, row)
        and x8 - half8 < column * 8 + 8
        and x8 + half8 > column * 8
        and y8 - half8 < row * 8 + 8
        and y8 + half8 > row * 8
        for column in range(-8, 18)
        for row in range(-8, 18)
    )
    assert tile_map.blocked(x8, y8, half8) == expected
    assert tile_map.blocked(float(x8), float(y8), float(half8)) == expected


def test_sight_passes_beside_one_corner_but_not_between_two() -> None:
    for one in (drawn("..", "#."), drawn(".#", "..")):
        assert one.clear_line(5, 5, 15, 15)
    for one in (drawn("#.", ".."), drawn("..", ".#")):
        assert one.clear_line(5, 15, 15, 5)
    two = drawn(".#", "#.")
    assert not two.clear_line(5, 5, 15, 15)
    assert not two.clear_line(15, 15, 5, 5)
    assert not two.clear_line(5, 5, 5, 15), "ends in a wall"
    assert two.clear_line(5, 5, 5, 5)


def test_a_line_may_end_on_a_corner() -> None:
    """The end belongs to the tile below and to the right; the walk must stop there and not run on past it."""
    tile_map = drawn("...", "...", "...")
    for x0, y0 in [(5, 5), (15, 5), (25, 5), (5, 15), (15, 15), (25, 15), (5, 25), (15, 25), (25, 25), (10, 20)]:
        for x1, y1 in [(10, 10), (20, 10), (10, 20), (20, 20)]:
            assert tile_map.clear_line(x0, y0, x1, y1)
            assert tile_map.clear_line(x1, y1, x0, y0)


def test_sight_ends_at_the_edge_of_the_map() -> None:
    assert not drawn("..", "..").clear_line(5, 5, 25, 5)
    assert not drawn("..", "..").clear_line(-1, 5, 5, 5)


def pierces(x0: float, y0: float, x1: float, y1: float, column: int, row: int, margin: Fraction) -> bool:
    """Whether the segment meets the inside of a 10-pixel tile grown by the margin, in exact arithmetic (slab method)."""
    enter, leave = Fraction(0), Fraction(1)
    for start, end, low in ((x0, x1, column * 10), (y0, y1, row * 10)):
        a, b = Fraction(start), Fraction(end) - Fraction(start)
        lo, hi = Fraction(low) - margin, Fraction(low + 10) + margin
        if b == 0:
            if not lo < a < hi:
                return False
        else:
            first, second = sorted(((lo - a) / b, (hi - a) / b))
            enter, leave = max(enter, first), min(leave, second)
    return enter < leave or (x0 == x1 and y0 == y1 and enter <= leave)


coordinates = (
    st.integers(0, 17).map(lambda half_tile: half_tile * 5.0)  # corners, edges and centres
    | st.integers(0, 359).map(lambda quarter: quarter / 4)
    | st.floats(0, 89.9, allow_subnormal=False)
)


@given(grids(), coordinates, coordinates, coordinates, coordinates)
@example(sketch(".#", ".."), 9.75, 0.25, 19.75, 10.25)
@example(sketch(".#", "#."), 0.0, 0.0, 19.75, 19.75)
def test_sight_agrees_with_exact_geometry(grid: Grid, x0: float, y0: float, x1: float, y1: float) -> None:
    """What goes into a wall is blocked; what stays clear of all walls is not. On the very edge both are right."""
    tile_map = grid_map(grid, tile_size=10)
    inside = all(0 <= x < tile_map.width * 10 for x in (x0, x1)) and all(0 <= y < tile_map.height * 10 for y in (y0, y1))
    clear = tile_map.clear_line(x0, y0, x1, y1)
    assert clear == tile_map.clear_line(x1, y1, x0, y0), "sight is the same both ways"
    if not inside:
        assert not clear
        return
    walls = [(c, r) for r, row in enumerate(grid) for c, solid in enumerate(row) if solid]
    grazing = Fraction(1, 10**9)
    if any(pierces(x0, y0, x1, y1, column, row, -grazing) for column, row in walls):
        assert not clear
    if not any(pierces(x0, y0, x1, y1, column, row, grazing) for column, row in walls):
        assert clear


@given(grids(), coordinates, coordinates, coordinates, coordinates)
def test_a_clear_line_has_no_wall_at_any_sample(grid: Grid, x0: float, y0: float, x1: float, y1: float) -> None:
    """The obvious version: 400 points along the line, those within a thousandth of a pixel of a tile's edge left out."""
    tile_map = grid_map(grid, tile_size=10)
    if tile_map.clear_line(x0, y0, x1, y1):
        for step in range(401):
            x, y = x0 + (x1 - x0) * step / 400, y0 + (y1 - y0) * step / 400
            if 0.001 < x % 10 < 9.999 and 0.001 < y % 10 < 9.999:
                assert not tile_map.solid_at(*tile_map.tile_at(x, y)), f"a wall at {x}, {y}"


# --- ways


def naive_distances(tile_map: TileMap, target: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Steps to the target by growing a set, tile by tile, with the rules written as they are spoken."""
    steps = {} if tile_map.solid_at(*target) else {target: 0}
    changed = True
    while changed:
        changed = False
        for tile, distance in list(steps.items()):
            for neighbour in legal_steps(tile_map, *tile):
                if steps.get(neighbour, 1 << 30) > distance + 1:
                    steps[neighbour] = distance + 1
                    changed = True
    return steps


def legal_steps(tile_map: TileMap, column: int, row: int) -> list[tuple[int, int]]:
    """The neighbours in the promised order: up, right, down, left, then the diagonals clockwise from up-right."""
    order = [(0, -1), (1, 0), (0, 1), (-1, 0), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    return [
        (column + dc, row + dr)
        for dc, dr in order
        if not tile_map.solid_at(column + dc, row + dr)
        and not tile_map.solid_at(column + dc, row)
        and not tile_map.solid_at(column, row + dr)
    ]


# In each of these the first neighbour that is nearer lies behind the corner of a wall.
@given(grids(), st.integers(-1, 9), st.integers(-1, 9))
@example(sketch("....", ".#..", "...#"), 0, 1)
@example(sketch("#...", "..#.", "...."), 3, 1)
@example(sketch("...", ".#.", "...", "..#"), 1, 0)
@example(sketch("..#", "...", ".#.", "..."), 1, 3)
def test_a_flow_field_agrees_with_the_naive_one(grid: Grid, column: int, row: int) -> None:
    tile_map = grid_map(grid)
    field = tile_map.flow_field(column, row)
    expected = naive_distances(tile_map, (column, row))
    reachable = tile_map.reachable(column, row)
    assert len(reachable) == len(tile_map.solid)
    for r in range(-2, tile_map.height + 2):
        for c in range(-2, tile_map.width + 2):
            distance = expected.get((c, r))
            assert field.distance(c, r) == distance
            nearer = [tile for tile in legal_steps(tile_map, c, r) if distance and expected[tile] == distance - 1]
            assert field.next(c, r) == (nearer[0] if nearer else None)
            if 0 <= c < tile_map.width and 0 <= r < tile_map.height:
                assert reachable[r * tile_map.width + c] == (distance is not None)


def test_a_way_leads_round_corners() -> None:
    tile_map = drawn(
        "...",
        ".##",
        "...",
    )
    field = tile_map.flow_field(2, 2)
    way = [(2, 0)]
    while (tile := field.next(*way[-1])) is not None:
        way.append(tile)
    assert way == [(2, 0), (1, 0), (0, 0), (0, 1), (0, 2), (1, 2), (2, 2)]
    assert field.distance(2, 0) == len(way) - 1
    assert field.target == (2, 2)


def test_walls_that_touch_at_a_corner_part_the_map() -> None:
    assert drawn(".#", "#.").reachable(0, 0) == b"\1\0\0\0"
    assert drawn(".#", "#.").reachable(1, 0) == bytes(4), "nothing can be reached from inside a wall"


def test_a_navigator_remembers_the_fields_used_last() -> None:
    tile_map = drawn("....")
    navigator = Navigator(tile_map, capacity=2)
    first, second = navigator.flow_field(0, 0), navigator.flow_field(1, 0)
    assert navigator.flow_field(0, 0) is first
    navigator.flow_field(2, 0)
    assert len(navigator) == 2
    assert navigator.flow_field(0, 0) is first, "it was used after the second"
    again = navigator.flow_field(1, 0)
    assert again is not second
    assert [again.distance(c, 0) for c in range(4)] == [second.distance(c, 0) for c in range(4)]


def test_a_navigator_needs_room() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Navigator(drawn("."), capacity=0)
