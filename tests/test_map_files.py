"""Map files are found, read and checked; every map that comes with the server is one that can be played."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest

from gameserver.core.errors import MapError
from gameserver.core.tiled import MAX_FILE_BYTES
from gameserver.core.ways import Ways
from gameserver.maps import check_map, load_map, map_names, maps_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gameserver.core.maps import TileMap

FILES = sorted(maps_folder().glob("*.tmj"))


def write_map(folder: Path, rows: list[str], properties: dict[str, str | int], **extra: str) -> Path:
    """Writes `drawn.tmj`: `#` is a wall, `S` a spawn, `P` a pickup; tiles of 32 pixels. `extra` is put into each object."""
    height, width = len(rows), len(rows[0])
    kinds = {"S": "spawn", "P": "pickup"}
    things = [(kinds[tile], c, r) for r, row in enumerate(rows) for c, tile in enumerate(row) if tile in kinds]
    objects = [
        {"id": number, "name": "", "type": kind, "x": c * 32 + 16, "y": r * 32 + 16, "point": True, **extra}
        for number, (kind, c, r) in enumerate(things, 1)
    ]
    walls = [int(tile == "#") for row in rows for tile in row]
    document = {
        "type": "map",
        "orientation": "orthogonal",
        "infinite": False,
        "width": width,
        "height": height,
        "tilewidth": 32,
        "tileheight": 32,
        "properties": [
            {"name": name, "type": "int" if isinstance(value, int) else "string", "value": value}
            for name, value in properties.items()
        ],
        "tilesets": [{"firstgid": 1, "tilecount": 1}],
        "layers": [
            {"name": "walls", "type": "tilelayer", "width": width, "height": height, "data": walls},
            {"name": "objects", "type": "objectgroup", "objects": objects},
        ],
    }
    path = folder / "drawn.tmj"
    path.write_text(json.dumps(document))
    return path


GOOD: dict[str, str | int] = {"title": "Drawn", "players": 2}


# --- the maps that come with the server


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_map_of_the_server_is_good(path: Path) -> None:
    assert check_map(path) == []


def test_the_maps_that_the_server_promises_are_there() -> None:
    found = {}
    for name in map_names():
        tile_map, _ = load_map(name)
        assert tile_map.tile_size == 32
        assert len(tile_map.objects_of("spawn")) == tile_map.properties["players"]
        found[name] = (tile_map.width, tile_map.height, tile_map.properties["players"], tile_map.properties["modes"])
    assert found == {
        "duel": (24, 16, 4, "all,teams"),
        "expanse": (80, 60, 16, "all,teams,flags"),
        "field": (40, 30, 16, "all,teams"),
        "forts": (48, 28, 16, "flags,teams"),
        "maze": (36, 36, 16, "all,teams"),
        "tiny": (12, 9, 4, "all,teams,flags"),
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_two_tanks_can_pass_everywhere_and_nothing_is_a_dead_end(path: Path) -> None:
    """Each open tile is part of an open square of 2 x 2 tiles, and no way of that width is the only one anywhere.

    `tiny` is too small for a second way through its middle.
    """
    tile_map, _ = load_map(path)
    ways = Ways(tile_map, tile_map.tile_size)
    assert ways.span == 2
    for row in range(tile_map.height):
        for column in range(tile_map.width):
            if not tile_map.solid_at(column, row):
                assert ways.part_at(column, row) == 0, f"({column}, {row}) is narrower than two tiles"
    if path.stem != "tiny":
        assert ways.dead_ends(0) == []


@pytest.mark.parametrize("name", ["duel", "expanse", "field", "forts", "maze"])
def test_both_halves_of_a_map_are_the_same(name: str) -> None:
    """Turned by 180 degrees it is the same map with the teams exchanged, so that nobody has the better side."""
    tile_map, _ = load_map(name)
    assert tile_map.solid == tile_map.solid[::-1]
    width, height = tile_map.width * tile_map.tile_size, tile_map.height * tile_map.tile_size
    places = set()
    turned = set()
    for thing in tile_map.objects:
        kind, team = thing.properties.get("kind"), thing.properties.get("team")
        places.add((thing.type, thing.x, thing.y, kind, team))
        turned.add((thing.type, width - thing.x, height - thing.y, kind, 3 - team if isinstance(team, int) else None))
    assert places == turned


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_map_has_pickups_of_all_kinds(path: Path) -> None:
    tile_map, _ = load_map(path)
    assert {thing.properties["kind"] for thing in tile_map.objects_of("pickup")} == {"health", "ammo", "speed"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_tiled_finds_all_that_it_writes_itself(path: Path) -> None:
    """The keys that Tiled 1.10 puts into every map, layer and point; without some of them it refuses the file."""
    document = json.loads(path.read_bytes())
    assert document.keys() >= {"compressionlevel", "nextlayerid", "nextobjectid", "renderorder", "tiledversion", "version"}
    floor, walls, objects = document["layers"]
    assert [layer["name"] for layer in (floor, walls, objects)] == ["floor", "walls", "objects"]
    for layer in (floor, walls, objects):
        assert layer.keys() >= {"id", "opacity", "visible", "x", "y"}
        assert layer["id"] < document["nextlayerid"]
    assert objects["draworder"] == "topdown"
    for thing in objects["objects"]:
        assert thing.keys() >= {"height", "id", "name", "point", "rotation", "type", "visible", "width", "x", "y"}
        assert thing["id"] < document["nextobjectid"]
    assert all(floor["data"]), "there is floor everywhere, also below walls that somebody may take away"


def test_tile_sheets_are_the_size_that_the_maps_say() -> None:
    """Tiled would silently cut or shift the tiles otherwise."""
    for path in FILES:
        for tileset in json.loads(path.read_bytes())["tilesets"]:
            header = (path.parent / tileset["image"]).read_bytes()[:24]
            assert header[:8] == b"\x89PNG\r\n\x1a\n"
            assert struct.unpack(">II", header[16:]) == (tileset["imagewidth"], tileset["imageheight"])
            rows = tileset["imageheight"] // tileset["tileheight"]
            assert tileset["tilecount"] == tileset["columns"] * rows


# --- loading


def test_a_name_and_a_path_give_the_same_map() -> None:
    by_name, data = load_map("tiny")
    by_path, _ = load_map(maps_folder() / "tiny.tmj")
    by_text, _ = load_map(str(maps_folder() / "tiny.tmj"))
    assert by_name == by_path == by_text
    assert by_name.name == "tiny.tmj"
    assert data == (maps_folder() / "tiny.tmj").read_bytes()


def test_a_missing_map_is_answered_with_those_there_are(tmp_path: Path) -> None:
    for missing in ("castle", tmp_path / "castle.tmj"):
        with pytest.raises(MapError, match=r"castle\.tmj: there is no such file; the maps by name are: .*field.*tiny"):
            load_map(missing)


@pytest.mark.parametrize("unreadable", ["/", ".", "..", "", "a\0b.tmj", "a\0b", "x" * 5000])
def test_what_cannot_be_read_is_a_map_error(unreadable: str) -> None:
    with pytest.raises(MapError):
        load_map(unreadable)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.tmj"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES * 1000)  # A sparse file: it takes no room on the disk.
    with pytest.raises(MapError, match="larger than"):
        load_map(path)


# --- checking


def test_a_good_map_has_no_problems(tmp_path: Path) -> None:
    assert check_map(write_map(tmp_path, ["S..P", "....", ".##.", "...S"], GOOD)) == []


def test_a_file_that_does_not_load_has_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "broken.tmj"
    path.write_text("{")
    (problem,) = check_map(path)
    assert problem.startswith("broken.tmj: it is not JSON")


def test_all_problems_are_reported(tmp_path: Path) -> None:
    rows = [
        "S..#P",
        "...#.",
        "...##",
        "S....",
    ]
    path = write_map(tmp_path, rows, {"players": 3})
    document = json.loads(path.read_text())
    first, pickup, second = document["layers"][1]["objects"]
    first["x"] = 11
    second["name"] = "south"
    document["layers"][1]["objects"].append({"id": 4, "type": "pickup", "x": 100, "y": 10})
    document["layers"][1]["objects"].append({"id": 5, "type": "spawn", "x": 32, "y": 32, "width": 9})
    document["layers"][1]["objects"].append({"id": 6, "type": "zone", "x": 0, "y": 0, "width": 160, "height": 128})
    path.write_text(json.dumps(document))
    assert pickup["id"] == 2

    def rules(tile_map: TileMap) -> Iterable[MapError]:
        yield MapError(tile_map.name, f"{tile_map.width} tiles are too few for a race")

    objects = "drawn.tmj, layer 'objects'"
    assert check_map(path, rules) == [
        "drawn.tmj: the map has no property `title`: add one of type string, it is shown to players",
        f"{objects}, object 1 'spawn': there is a wall, or the map's end, within 12 pixels: move it to open ground",
        f"{objects}, object 4 'pickup': it is inside a wall: move it to open ground",
        f"{objects}, object 5 'spawn': a spawn is one place: draw a point and not a rectangle",
        f"{objects}, object 2 'pickup': no way leads from here to object 1 'spawn': open the walls between, or move it",
        "drawn.tmj, layer 'walls': the only way out of column 3, row 3 is at column 2, row 3, one tank wide: "
        "widen it or open another",
        "drawn.tmj: 5 tiles are too few for a race",
    ]


def test_a_map_needs_a_spawn_for_each_player(tmp_path: Path) -> None:
    (problem,) = check_map(write_map(tmp_path, ["S...", "....", "....", "...."], GOOD))
    assert problem == "drawn.tmj: it is for 2 players and has 1 spawns: add spawns or lower `players`"
    (problem,) = check_map(write_map(tmp_path, ["P...", "....", "....", "...."], GOOD))
    assert problem == "drawn.tmj, layer 'objects': there is no object of class `spawn`: add one for each player"


def test_players_must_be_a_number(tmp_path: Path) -> None:
    (problem,) = check_map(write_map(tmp_path, ["S...", "....", "....", "...."], {"title": "x", "players": "two"}))
    assert "no property `players`" in problem


def test_the_part_with_most_points_is_the_one_to_reach(tmp_path: Path) -> None:
    """The one spawn that is walled in is the problem, also when it comes first in the file."""
    (problem,) = check_map(write_map(tmp_path, ["S#SP", "##..", "....", "...S"], GOOD))
    assert "object 1 'spawn': no way leads from here to object 2 'spawn'" in problem


def test_ground_that_nobody_can_reach_is_a_problem(tmp_path: Path) -> None:
    """Also without a point in it. Walls that touch at a corner are closed."""
    (problem,) = check_map(write_map(tmp_path, ["S..#.", "....#", "...S.", "....."], GOOD))
    reason = "no way leads to the open ground at column 4, row 0: open the walls around it, or fill it"
    assert problem == f"drawn.tmj, layer 'walls': {reason}"


def test_a_dead_end_is_a_problem(tmp_path: Path) -> None:
    (problem,) = check_map(write_map(tmp_path, ["S...#.", "....#.", "....#.", "...S..", "......"], GOOD))
    place = "the only way out of column 5, row 0 is at column 5, row 3, one tank wide"
    assert problem == f"drawn.tmj, layer 'walls': {place}: widen it or open another"
    assert check_map(write_map(tmp_path, ["S...#..", "....#..", "....#..", "...S...", "......."], GOOD)) == [], "two wide"
    assert check_map(write_map(tmp_path, ["S.....", "....#.", "....#.", "...S..", "......"], GOOD)) == [], "two ways out"


def test_small_tiles_are_walked_by_a_whole_tank(tmp_path: Path) -> None:
    """Where two tiles of 16 pixels make way for a tank of 24, one is too narrow."""
    rows = ["S.#.S", "..#..", ".....", "..#..", "S.#.P"]

    def problems(gap: str) -> list[str]:
        path = write_map(tmp_path, [*rows[:2], gap, *rows[3:]], {"title": "x", "players": 3})
        document = json.loads(path.read_text())
        document["tilewidth"] = document["tileheight"] = 16
        for thing in document["layers"][1]["objects"]:
            column, row = thing["x"] // 32, thing["y"] // 32
            thing["x"], thing["y"] = (16 if column == 0 else 64), (16 if row == 0 else 64)
        path.write_text(json.dumps(document))
        return check_map(path)

    cut_off = [problem for problem in problems(".....") if "no way leads from here" in problem]
    assert len(cut_off) == 2
    assert "object 2 'spawn'" in cut_off[0]
    rows[3] = "....."
    assert not any("no way leads" in problem for problem in problems("....."))


def test_a_point_where_no_tank_fits_is_a_problem(tmp_path: Path) -> None:
    path = write_map(tmp_path, ["S...#.", "....#P", "....#.", "...S##"], GOOD)
    document = json.loads(path.read_text())
    document["tilewidth"] = document["tileheight"] = 16
    for thing, (x, y) in zip(document["layers"][1]["objects"], [(16, 16), (88, 24), (48, 48)], strict=True):
        thing["x"], thing["y"] = x, y
    path.write_text(json.dumps(document))
    (problem,) = check_map(path)
    assert problem == "drawn.tmj, layer 'objects', object 2 'pickup': it is too narrow here for a tank: move it to open ground"


def test_a_fault_in_the_game_rules_is_not_hidden(tmp_path: Path) -> None:
    """What the rules return are findings about the map; what they raise is a bug of the rules."""

    def rules(_: TileMap) -> Iterable[MapError]:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        check_map(write_map(tmp_path, ["S...", "....", "....", "...S"], GOOD), rules)
