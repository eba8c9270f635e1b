"""The scripts in docs/ that draw: their PNG files are read back as they were written, and the tile sheet is what they draw."""

from __future__ import annotations

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


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"a sheet of tiles")
    with pytest.raises(OSError, match="cannot identify"):
        png.read(tmp_path / "picture.png")


def test_the_tile_sheet_is_what_its_script_draws() -> None:
    """But for what a palette of 256 colours leaves out. Whoever redraws it by hand takes the script out."""
    drawn, sheet = tiles.sheet(), png.read(maps_folder() / "tiles.png")
    assert (len(drawn), len(drawn[0])) == (len(sheet), len(sheet[0]))
    off = [
        abs(a - b)
        for row, other in zip(drawn, sheet, strict=True)
        for c, d in zip(row, other, strict=True)
        for a, b in zip(c, d, strict=True)
    ]
    assert sum(off) / len(off) < 2
    assert sum(each > 24 for each in off) < len(off) / 100


def test_a_picture_shows_the_whole_map() -> None:
    tile_map, _ = load_map("tiny")
    picture = map_pictures.draw(maps_folder() / "tiny.tmj")
    assert (len(picture[0]), len(picture)) == (tile_map.width * 16, tile_map.height * 16)
    for spawn in tile_map.objects_of("spawn"):
        team = spawn.properties["team"]
        assert picture[int(spawn.y) // 2][int(spawn.x) // 2] == map_pictures.TEAMS[1 if team == 1 else 2]
