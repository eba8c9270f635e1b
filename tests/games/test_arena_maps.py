"""What the arena wants of a map, and that every map which comes with the server can be played."""

from __future__ import annotations

from typing import Final

import attrs
import pytest

from gameserver import MapObject, TileMap
from gameserver.games.arena import Arena, motion
from gameserver.maps import load_map, map_names
from tests.games.arena_match import ArenaMatch
from tests.sizes import sized

OBJECTS = "drawn.tmj, layer 'objects'"
SIZE = 32


def drawn(*rows: str, modes: object = "all", players: int = 2, **more: object) -> TileMap:
    """`#` is a wall; a letter is an object whose class, team and kind are in LETTERS. They are numbered row by row."""
    objects: list[MapObject] = []
    for row, line in enumerate(rows):
        for column, letter in enumerate(line):
            if letter in LETTERS:
                type_, properties = LETTERS[letter]
                x, y = (column + 0.5) * SIZE, (row + 0.5) * SIZE
                objects.append(MapObject(id=len(objects) + 1, name="", type=type_, x=x, y=y, properties=properties))
    return TileMap(
        name="drawn.tmj",
        width=len(rows[0]),
        height=len(rows),
        tile_size=SIZE,
        solid=bytes(letter == "#" for line in rows for letter in line),
        objects=tuple(objects),
        properties={"title": "Drawn", "players": players} | ({} if modes is None else {"modes": modes}) | more,  # type: ignore[arg-type] # wrong types are what is tested
    )


LETTERS: dict[str, tuple[str, dict[str, int | str]]] = {
    "s": ("spawn", {}),
    "1": ("spawn", {"team": 1}),
    "2": ("spawn", {"team": 2}),
    "3": ("spawn", {"team": 3}),
    "f": ("flag", {"team": 1}),
    "g": ("flag", {"team": 2}),
    "x": ("flag", {}),
    "h": ("pickup", {"kind": "health"}),
    "a": ("pickup", {"kind": "ammo"}),
    "v": ("pickup", {"kind": "speed"}),
    "p": ("pickup", {}),
    "q": ("pickup", {"kind": "gold"}),
}


def problems(tile_map: TileMap) -> list[str]:
    return [str(problem) for problem in Arena.map_problems(tile_map)]


# -- rules -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", map_names())
def test_every_map_of_the_server_suits_the_arena(name: str) -> None:
    tile_map = load_map(name)[0]
    assert problems(tile_map) == []
    assert tile_map.properties["players"] in range(1, Arena.max_players + 1)


def test_a_good_map_has_no_problems() -> None:
    assert problems(drawn("1.h.2", "1f.g2", "..av.", modes=" flags, teams ,all")) == []


def test_what_the_arena_does_not_know_is_no_error() -> None:
    tile_map = drawn("s...s", weather="rain")
    zone = MapObject(id=9, name="", type="zone", x=0, y=0, width=64, height=64, properties={"team": "both", "kind": 7})
    assert problems(attrs.evolve(tile_map, objects=(*tile_map.objects, zone))) == []


@pytest.mark.parametrize("modes", [None, "", "  ", 3])
def test_a_map_says_its_modes(modes: object) -> None:
    assert problems(drawn("s...s", modes=modes)) == [
        "drawn.tmj: the map has no property `modes`: add one of type string with some of all, teams, flags, the default first"
    ]


def test_modes_are_known_and_said_once() -> None:
    assert problems(drawn("s...s", modes="all,race,,all")) == [
        "drawn.tmj: `modes` has 'all' twice: remove one",
        "drawn.tmj: `modes` has 'race', which the arena does not know: use all, teams, flags, separated by commas",
        "drawn.tmj: `modes` has '', which the arena does not know: use all, teams, flags, separated by commas",
    ]


@pytest.mark.parametrize("modes", ["teams", "all,flags"])
def test_each_spawn_of_a_map_for_teams_has_its_team(modes: str) -> None:
    found = problems(drawn("1f.g2", "s...3", modes=modes))
    reason = "it has no property `team`: add one of type int, 1 or 2, or drop teams from `modes`"
    assert found == [f"{OBJECTS}, object {number} 'spawn': {reason}" for number in (5, 6)]
    assert problems(drawn("s...3")) == [], "each against all needs no teams"


def test_teams_have_as_many_spawns() -> None:
    assert problems(drawn("1...2", "1....", modes="teams")) == [
        f"{OBJECTS}: team 1 has 2 spawns and team 2 has 1: give both as many"
    ]


def test_each_team_has_one_flag() -> None:
    assert problems(drawn("1ff.2", "x....", modes="flags")) == [
        f"{OBJECTS}, object 5 'flag': it has no property `team`: add one of type int, 1 or 2",
        f"{OBJECTS}: team 1 has 2 objects of class `flag`: give it one, or drop flags from `modes`",
        f"{OBJECTS}: team 2 has 0 objects of class `flag`: give it one, or drop flags from `modes`",
    ]
    assert problems(drawn("1ff.2", modes="teams")) == [], "without the mode, flags are decoration"


def test_a_flag_is_a_point() -> None:
    tile_map = drawn("1f.g2", modes="flags")
    objects = [attrs.evolve(thing, width=8.0) if thing.id == 3 else thing for thing in tile_map.objects]
    assert problems(attrs.evolve(tile_map, objects=tuple(objects))) == [
        f"{OBJECTS}, object 3 'flag': a flag stands at one place: draw a point and not a rectangle"
    ]


def test_spawns_are_near_their_own_flag() -> None:
    """By the way there, not as the crow flies."""
    assert problems(drawn("1f.2g", modes="flags")) == []
    found = problems(drawn("f1#2.", "..#..", "....g", modes="flags"))
    assert found == []
    assert problems(drawn("f2.1g", modes="flags")) == [
        f"{OBJECTS}, object {number} 'spawn': it is of team {team} and nearer to the other team's flag: move it to its own base"
        for number, team in ((2, 2), (3, 1))
    ]


def test_pickups_have_a_kind() -> None:
    reason = "it has no property `kind` that the arena knows: add one of type string, one of health, ammo, speed"
    assert problems(drawn("s.p.s", "hav.q")) == [f"{OBJECTS}, object {number} 'pickup': {reason}" for number in (2, 7)]


def test_spawns_of_enemies_do_not_see_each_other() -> None:
    rows = ("s.#.s", "..#..", "s....")
    assert problems(drawn(*rows, players=5)) == [
        f"{OBJECTS}, object 1 'spawn': from here one sees object 3 'spawn', where enemies come: move it, or put a wall between"
    ]
    assert problems(drawn(*rows, players=4)) == [], "a map for few is small"


def test_spawns_of_one_team_may_see_each_other_unless_each_plays_against_all() -> None:
    rows = ("1.#.2", "1.#.2", "..#..", ".....")
    assert problems(drawn(*rows, modes="teams", players=16)) == []
    seen = problems(drawn(*rows, modes="teams,all", players=16))
    assert [problem.split(": ")[0] for problem in seen] == [f"{OBJECTS}, object {number} 'spawn'" for number in (1, 2)]
    (both_ways,) = problems(drawn("1...2", modes="teams", players=16))
    assert "object 1 'spawn': from here one sees object 2 'spawn'" in both_ways


# -- playing ---------------------------------------------------------------------------------------------------------------
SECONDS: Final = sized(60, 25)


@pytest.mark.parametrize("name", map_names())
def test_bots_on_every_map(name: str) -> None:
    tile_map = load_map(name)[0]
    bots = tile_map.properties["players"]
    assert isinstance(bots, int)
    match = ArenaMatch(tile_map, bots=bots, seed=7)
    for _ in range(SECONDS * Arena.tick_rate):
        match.step()
        for tank in match.game.tanks:
            assert not tile_map.blocked(tank.x, tank.y, motion.TANK_HALF), f"tank {tank.id} is in a wall at tick {match.tick}"
    kills = sum(match.driver(player).kills for player in match.seats)
    assert kills >= bots * SECONDS / 60, f"{kills} kills in {SECONDS} s of {bots} bots"
