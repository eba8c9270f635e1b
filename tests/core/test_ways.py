"""Parts and dead ends of maps, against the plainest ways to find them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gameserver.core.maps import TileMap
from gameserver.core.ways import DeadEnd, Place, Ways

TILE = 4
STEPS = ((0, -1), (1, 0), (0, 1), (-1, 0))


def drawn(*rows: str) -> TileMap:
    solid = bytes(tile == "#" for row in rows for tile in row)
    return TileMap(name="drawn.tmj", width=len(rows[0]), height=len(rows), tile_size=TILE, solid=solid)


@st.composite
def sketches(draw: st.DrawFn) -> TileMap:
    """Small maps, more open than not."""
    width, height = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    tiles = draw(st.lists(st.sampled_from("..#"), min_size=width * height, max_size=width * height))
    return drawn(*("".join(tiles[start : start + width]) for start in range(0, width * height, width)))


def flooded(free: set[Place], start: Place) -> set[Place]:
    found, frontier = {start}, [start]
    while frontier:
        x, y = frontier.pop()
        beside = {(x + dx, y + dy) for dx, dy in STEPS} & free - found
        found |= beside
        frontier += beside
    return found


@given(sketches(), st.sampled_from([1, 2, 3, 4, 5]))
@example(drawn("...", "##.", "..."), 3)
@example(drawn("..##", "....", "##.."), 4)
def test_parts_are_where_a_body_gets_to_pixel_by_pixel(tile_map: TileMap, half: int) -> None:
    ways = Ways(tile_map, half)
    free = {
        (x, y)
        for x in range(tile_map.width * TILE + 1)
        for y in range(tile_map.height * TILE + 1)
        if not tile_map.blocked(x, y, half)
    }
    part_of = {place: part for part, places in enumerate(ways.parts) for place in places}
    spots: dict[int, set[Place]] = {}
    for x, y in free:
        spots.setdefault(part_of[(x - half) // TILE, (y - half) // TILE], set()).add((x, y))
    assert len(spots) == len(ways.parts), "each part has a spot for the body"
    for inside in spots.values():
        assert flooded(free, next(iter(inside))) == inside


@given(sketches(), st.sampled_from([2, 4]))
def test_a_tile_is_of_the_part_whose_bodies_come_over_it(tile_map: TileMap, half: int) -> None:
    ways = Ways(tile_map, half)
    for row in range(-1, tile_map.height + 1):
        for column in range(-1, tile_map.width + 1):
            over = [
                part
                for part, places in enumerate(ways.parts)
                for c, r in places
                if c <= column < c + ways.span and r <= row < r + ways.span
            ]
            assert ways.part_at(column, row) == min(over, default=None)


def blocks(part: set[Place]) -> list[set[Place]]:
    """The biconnected sets: with an edge belong the places that no other single place parts from both of its ends."""
    without = {gone: [flooded(part - {gone}, place) for place in part - {gone}] for gone in part}
    edges = [(a, b) for a in part for dx, dy in STEPS[1:3] if (b := (a[0] + dx, a[1] + dy)) in part]
    return [
        {
            place
            for place in part
            if all(any(place in reached and reached & {a, b} for reached in without[gone]) for gone in part - {place})
        }
        for a, b in edges
    ]


@given(sketches())
@example(drawn("..#..", ".....", "..#.."))
@example(drawn("......", "......", "#.####", "#....."))
def test_dead_ends_hang_on_the_largest_biconnected_set(tile_map: TileMap) -> None:
    ways = Ways(tile_map, TILE / 2)
    for number, places in enumerate(ways.parts):
        ends = ways.dead_ends(number)
        behind = [place for end in ends for place in end.places]
        rest = set(places) - set(behind)
        assert len(behind) == len(set(behind))
        assert len(rest) == max((len(block) for block in blocks(set(places))), default=1)
        assert len(places) == 1 or rest in blocks(set(places))
        for end in ends:
            assert end.mouth in rest
            assert flooded(set(places) - {end.mouth}, end.places[0]) == set(end.places), "the mouth is the only way out"


def test_a_niche_is_a_dead_end() -> None:
    ways = Ways(drawn("#.###", ".....", ".....", ".###."), TILE / 2)
    assert ways.dead_ends(0) == [
        DeadEnd(mouth=(1, 1), places=((1, 0),)),
        DeadEnd(mouth=(0, 2), places=((0, 3),)),
        DeadEnd(mouth=(4, 2), places=((4, 3),)),
    ]


def test_a_larger_body_finds_more_dead_ends() -> None:
    """Of two rooms and two ways between them, one is too narrow for it."""
    rooms = drawn("..#..", "..#..", ".....", "..#..", ".....", ".....")
    assert Ways(rooms, TILE / 2).dead_ends(0) == []
    (end,) = Ways(rooms, TILE).dead_ends(0)
    assert len(end.places) < len(Ways(rooms, TILE).parts[0])


def test_a_map_full_of_walls_has_no_parts() -> None:
    ways = Ways(drawn("##", "##"), TILE / 2)
    assert ways.parts == []
    assert ways.part_at(0, 0) is None


def test_a_long_corridor_is_no_trouble() -> None:
    """As many places in a row as no recursion would go."""
    ways = Ways(drawn("." * 5000), TILE / 2)
    (end,) = ways.dead_ends(0)
    assert len(end.places) == 4998


def test_a_body_has_a_size() -> None:
    with pytest.raises(ValueError, match="size"):
        Ways(drawn("."), 0)
