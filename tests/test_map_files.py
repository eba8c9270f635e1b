"""Map files are found, read and checked; every map that comes with the server is one that can be played."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest

from gameserver.core.errors import GameError, MapError
from gameserver.core.tiled import MAX_FILE_BYTES
from gameserver.maps import check_map, load_map, map_names, maps_folder

if TYPE_CHECKING:
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
    assert {"field", "tiny"} <= set(map_names())
    field, _ = load_map("field")
    assert (field.width, field.height, field.tile_size) == (40, 30, 32)
    assert field.properties == {"title": "Field", "players": 16}
    tiny, _ = load_map("tiny")
    assert len(tiny.objects_of("spawn")) == 4


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_map_has_a_gap_that_traps(path: Path) -> None:
    """Each open tile is part of an open square of 2 x 2 tiles: two tanks can pass each other, and nothing is a dead end.

    `tiny` is for tests and may have narrow gaps between its crates and bricks, but no dead ends.
    """
    tile_map, _ = load_map(path)
    for row in range(tile_map.height):
        for column in range(tile_map.width):
            if tile_map.solid_at(column, row):
                continue
            ways = [(column, row - 1), (column + 1, row), (column, row + 1), (column - 1, row)]
            assert sum(not tile_map.solid_at(*tile) for tile in ways) >= 2, f"({column}, {row}) is a dead end"
            squares = [(column + c, row + r) for c in (-1, 0) for r in (-1, 0)]
            if path.stem != "tiny":
                assert any(
                    not any(tile_map.solid_at(left + c, top + r) for c in (0, 1) for r in (0, 1)) for left, top in squares
                ), f"({column}, {row}) is narrower than two tiles"


def test_both_halves_of_the_field_are_the_same() -> None:
    """Turned by 180 degrees it is the same map, so that no spawn is better than its counterpart."""
    field, _ = load_map("field")
    assert field.solid == field.solid[::-1]
    width, height = field.width * field.tile_size, field.height * field.tile_size
    places = {(thing.type, thing.x, thing.y) for thing in field.objects}
    assert places == {(kind, width - x, height - y) for kind, x, y in places}


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

    def rules(tile_map: TileMap) -> None:
        raise GameError(f"{tile_map.width} tiles are too few for a race")

    objects = "drawn.tmj, layer 'objects'"
    assert check_map(path, rules) == [
        "drawn.tmj: the map has no property `title`: add one of type string, it is shown to players",
        f"{objects}, object 1 'spawn': there is a wall, or the map's end, within 12 pixels: move it to open ground",
        f"{objects}, object 4 'pickup': it is inside a wall: move it to open ground",
        f"{objects}, object 5 'spawn': a spawn is one place: draw a point and not a rectangle",
        f"{objects}, object 2 'pickup': no way leads from here to object 1 'spawn': open the walls between, or move it",
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


def test_a_fault_in_the_game_rules_is_not_hidden(tmp_path: Path) -> None:
    """Only this package's errors are findings about the map; another one is a bug of the rules."""

    def rules(_: TileMap) -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        check_map(write_map(tmp_path, ["S...", "....", "....", "...S"], GOOD), rules)
