"""The scripts in docs/ that draw: their PNG files are read back as they were written, and the tile sheet is what they draw."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docs import map_pictures, png, tiles
from gameserver.maps import load_map, maps_folder

if TYPE_CHECKING:
    from pathlib import Path

channels = st.integers(0, 255)
pictures = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda size: st.lists(
        st.lists(st.tuples(channels, channels, channels), min_size=size[0], max_size=size[0]), min_size=size[1], max_size=size[1]
    )
)


@given(pictures)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example writes the file anew
def test_what_is_written_is_read(tmp_path: Path, picture: png.Picture) -> None:
    png.write(tmp_path / "picture.png", picture)
    assert png.read(tmp_path / "picture.png") == picture


@pytest.mark.parametrize(
    ("kind", "second_row"),
    [(0, [10, 20, 30, 40, 50, 60]), (1, [10, 20, 30, 30, 30, 30]), (2, [9, 18, 27, 36, 45, 54]),
     (3, [10, 19, 29, 33, 38, 42]), (4, [9, 18, 27, 30, 30, 30])],
)  # fmt: skip
def test_rows_are_read_in_every_filter(tmp_path: Path, kind: int, second_row: list[int]) -> None:
    """(1, 2, 3), (4, 5, 6) above (10, 20, 30), (40, 50, 60), worked out by hand from section 9 of the specification."""
    path = tmp_path / "picture.png"
    picture = [[(1, 2, 3), (4, 5, 6)], [(10, 20, 30), (40, 50, 60)]]
    png.write(path, picture)
    data = path.read_bytes()
    packed = zlib.compress(bytes([0, 1, 2, 3, 4, 5, 6, kind, *second_row]))
    path.write_bytes(data[:33] + len(packed).to_bytes(4, "big") + b"IDAT" + packed + bytes(4) + data[-12:])
    assert png.read(path) == picture


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    png.write(tmp_path / "picture.png", [[(1, 2, 3)]])
    data = bytearray((tmp_path / "picture.png").read_bytes())
    data[25] = 6  # with transparency
    (tmp_path / "picture.png").write_bytes(data)
    with pytest.raises(ValueError, match="no 24-bit PNG"):
        png.read(tmp_path / "picture.png")


def test_the_tile_sheet_is_what_its_script_draws() -> None:
    """Whoever redraws it by hand takes the script out."""
    assert png.read(maps_folder() / "tiles.png") == tiles.sheet()


def test_a_picture_shows_the_whole_map() -> None:
    tile_map, _ = load_map("tiny")
    picture = map_pictures.draw(maps_folder() / "tiny.tmj")
    assert (len(picture[0]), len(picture)) == (tile_map.width * 16, tile_map.height * 16)
    for spawn in tile_map.objects_of("spawn"):
        team = spawn.properties["team"]
        assert picture[int(spawn.y) // 2][int(spawn.x) // 2] == map_pictures.TEAMS[1 if team == 1 else 2]
