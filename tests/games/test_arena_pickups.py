"""What lies about in the arena, and what it wants of a map."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from gameserver import GameError, Refused, TileMap
from gameserver.core.simulation import Simulation
from gameserver.games.arena import Arena, motion
from gameserver.games.arena.ground import read_ground
from gameserver.games.arena.pickups import BACK_SECONDS, FAST_SECONDS, REACH
from gameserver.games.arena.state import AMMO, HEALTH, SPEED, Controls, Pickup, Rules, Tank
from gameserver.maps import load_map, map_names
from tests.games.arena_match import ArenaMatch, drawn_map, events

SHELVES = drawn_map(
    "s                  s",
    "                    ",
    "   h     a     v    ",
    "                    ",
    "s                  s",
)
PLACES = {HEALTH: (112.0, 80.0), AMMO: (304.0, 80.0), SPEED: (496.0, 80.0)}
FAST = Controls(bearing=0, throttle=2)


def shop() -> tuple[ArenaMatch, Tank]:
    """One tank, away from everything."""
    match = ArenaMatch(SHELVES, bots=1)
    match.drive()
    return match, match.place(1, 400.0, 140.0)


def lying(match: ArenaMatch) -> list[int]:
    return sorted(pickup.kind for pickup in match.game.pickups)


# -- taking ----------------------------------------------------------------------------------------------------------------
def test_a_room_begins_with_all_its_pickups_and_everyone_sees_them() -> None:
    match, _ = shop()
    seen = match.seats[1].replica.all(Pickup)
    assert [(pickup.kind, (pickup.x, pickup.y)) for pickup in seen] == list(PLACES.items())


def test_health_is_for_those_who_are_hurt() -> None:
    match, tank = shop()
    match.place(1, *PLACES[HEALTH])
    match.drive()
    assert lying(match) == [HEALTH, AMMO, SPEED]
    for hurt, healed in ((1, 51), (70, 100)):
        match, tank = shop()
        match.place(1, *PLACES[HEALTH])
        tank.health = hurt
        match.drive()
        assert tank.health == healed
        assert lying(match) == [AMMO, SPEED]
        assert events(match) == [("Taken", {"x": 112, "y": 80, "kind": HEALTH, "player": 1})]


def test_ammo_fills_what_is_missing_up_to_what_a_tank_carries() -> None:
    for had, has in (((2, 1, 1), (5, 2, 2)), ((7, 3, 4), (8, 3, 4)), ((8, 2, 4), (8, 3, 4)), ((0, 0, 0), (3, 1, 1))):
        match, tank = shop()
        match.place(1, *PLACES[AMMO])
        tank.spreads, tank.mines, tank.rails = had
        match.drive()
        assert (tank.spreads, tank.mines, tank.rails) == has
        assert lying(match) == [HEALTH, SPEED]


def test_who_is_full_leaves_the_ammo() -> None:
    match, tank = shop()
    match.place(1, *PLACES[AMMO])
    tank.spreads, tank.mines, tank.rails = 8, 3, 4
    match.drive()
    assert lying(match) == [HEALTH, AMMO, SPEED]


def test_speed_makes_it_fast_for_six_seconds_and_everyone_sees_it() -> None:
    match, tank = shop()
    match.join(2, 2)
    match.drive()
    match.place(2, 560.0, 20.0)
    match.place(1, *PLACES[SPEED])
    match.drive()
    until = match.tick + Arena.tick_rate * int(FAST_SECONDS)
    assert [seen.fast_until for seen in match.seats[2].replica.all(Tank)] == [until, 0]
    match.place(1, 30.0, 144.0)
    match.drive({1: FAST}, ticks=20)
    assert tank.speed == motion.FAST_SPEED == 1.5 * motion.TOP_SPEED
    for _ in range(until - match.tick):
        assert tank.fast_until == until
        match.drive()
    match.place(1, 30.0, 144.0)
    match.drive({1: FAST}, ticks=20)
    assert (tank.speed, tank.fast_until) == (motion.TOP_SPEED, 0)


@pytest.mark.parametrize(("kind", "seconds"), [(HEALTH, 10), (AMMO, 15), (SPEED, 20)])
def test_it_comes_back_after_a_while(kind: int, seconds: int) -> None:
    assert BACK_SECONDS[kind] == seconds
    match, tank = shop()
    match.place(1, *PLACES[kind])
    tank.health = 10
    match.drive()
    match.place(1, 400.0, 140.0)
    assert kind not in lying(match)
    match.drive(ticks=seconds * Arena.tick_rate - 1)
    assert kind not in lying(match)
    match.drive()
    assert lying(match) == [HEALTH, AMMO, SPEED]


def test_a_wreck_takes_nothing() -> None:
    match, tank = shop()
    match.place(1, *PLACES[HEALTH])
    tank.health, tank.respawn_tick = 0, match.tick + 1000
    match.drive()
    assert lying(match) == [HEALTH, AMMO, SPEED]


@pytest.mark.parametrize("first", [1, 2])
def test_the_nearest_has_it_whoever_joined_first(first: int) -> None:
    match = ArenaMatch(SHELVES, bots=2)
    match.drive()
    x, y = PLACES[SPEED]
    match.place(first, x - 13.0, y)
    match.place(3 - first, x + 14.0, y)
    match.drive()
    assert [row["player"] for _, row in events(match, "Taken")] == [first]


def test_of_two_equally_near_either_may_have_it() -> None:
    takers = set()
    for seed in range(20):
        match = ArenaMatch(SHELVES, bots=2, seed=seed)
        match.drive()
        x, y = PLACES[SPEED]
        match.place(1, x - 15.0, y)
        match.place(2, x + 15.0, y)
        match.drive()
        ((_, row),) = events(match, "Taken")
        takers.add(row["player"])
    assert takers == {1, 2}


def test_it_has_to_be_touched() -> None:
    match, _ = shop()
    x, y = PLACES[SPEED]
    match.place(1, x + REACH * 0.8, y + REACH * 0.8)
    match.drive()
    assert SPEED in lying(match)
    match.place(1, x + REACH, y)
    match.drive()
    assert SPEED not in lying(match)


def test_a_new_round_lays_everything_anew_and_nothing_comes_twice() -> None:
    match = ArenaMatch(SHELVES, bots=1, rules=Rules(time_limit=4))
    match.drive()
    match.place(1, *PLACES[SPEED])
    match.drive(ticks=4 * Arena.tick_rate)
    assert lying(match) == [HEALTH, AMMO]
    match.drive(ticks=12 * Arena.tick_rate)
    assert match.game.match.round == 2
    for _ in range(3):
        match.drive(ticks=30)
        assert lying(match) == [HEALTH, AMMO, SPEED]
    match.place(1, *PLACES[SPEED])
    match.drive()
    match.place(1, 400.0, 140.0)
    match.drive(ticks=4 * Arena.tick_rate)
    assert lying(match) == [HEALTH, AMMO], "the timer of the first round does not bring back what was taken in the second"


# -- maps ------------------------------------------------------------------------------------------------------------------
def test_a_pickup_without_a_kind_is_health() -> None:
    assert [kind for _, kind in read_ground(drawn_map("sp  ", "    ", "    ", "    ")).pickups] == [HEALTH]


@pytest.mark.parametrize("name", map_names())
def test_the_maps_suit_the_arena(name: str) -> None:
    ground = read_ground(load_map(name)[0])
    assert ground.modes
    for mode in ("map", *ground.modes):
        game: Any = Simulation(Arena, options=Rules(mode=mode), tile_map=load_map(name)[0]).game
        assert game.match.mode == (ground.modes[0] if mode == "map" else mode)


@pytest.mark.parametrize(
    ("ground", "said"),
    [
        (drawn_map("    ", "    ", modes="all"), "no object of class `spawn`"),
        (drawn_map("s#  ", "    ", tile_size=16), r"drawn.tmj, object 1 'spawn': a tank that comes there is in a wall"),
        (drawn_map("s   ", "    ", modes="all, football"), "names 'football': use one or several of all, teams, flags"),
        (drawn_map("s   ", "    ", modes=7), "is 7: make it a string"),
        (drawn_map("s1  ", "    ", modes="teams"), "no spawn of team 2: give an object"),
        (drawn_map("12 f", "    ", modes="all, flags"), "no flag of team 2: add an object"),
        (drawn_map("12ff", "   g", modes="flags"), r"object 4 'flag': object 3 'flag' is team 1's flag already"),
        (drawn_map("12fg", "   #", modes="flags", tile_size=16), "in a wall"),
    ],
)  # fmt: skip
def test_a_map_that_does_not_suit_is_refused_in_words(ground: TileMap, said: str) -> None:
    with pytest.raises(GameError, match=said):
        Simulation(Arena, tile_map=ground)


@pytest.mark.parametrize(
    ("kind", "key", "value", "said"),
    [
        ("spawn", "team", 3, "object 1 'spawn': its property `team` is 3: set it to 1 or 2"),
        ("spawn", "team", True, "its property `team` is True"),
        ("flag", "team", None, "object 1 'flag': its property `team` is missing: set it to 1 or 2"),
        ("flag", "team", "1", "its property `team` is '1'"),
        ("pickup", "kind", "beer", "object 1 'pickup': its property `kind` is 'beer': use one of health, ammo, speed"),
    ],
)
def test_an_object_that_makes_no_sense_is_refused_in_words(kind: str, key: str, value: int | str | None, said: str) -> None:
    plain = drawn_map("s1  ", " f  ", "  2 ", "  g ", modes="flags")
    thing, *others = plain.objects
    extra = {} if value is None else {key: value}
    odd = attrs.evolve(thing, type=kind, properties=extra)
    with pytest.raises(GameError, match=said):
        read_ground(attrs.evolve(plain, objects=(odd, *others)))


def test_a_pickup_in_a_wall_is_refused() -> None:
    plain = drawn_map("s   ", " p  ")
    walled = attrs.evolve(plain, solid=bytes([0, 0, 0, 0, 0, 1, 0, 0]))
    with pytest.raises(GameError, match=r"drawn\.tmj, object 2 'pickup': nobody can take it in a wall"):
        read_ground(walled)


# -- modes -----------------------------------------------------------------------------------------------------------------
def test_a_room_plays_what_its_map_names_first_unless_told_otherwise() -> None:
    ground = drawn_map("12fg", "    ", modes="flags,all")
    for wanted, mode in (("map", "flags"), ("all", "all"), ("flags", "flags")):
        match = ArenaMatch(ground, rules=Rules(mode=wanted))
        assert match.game.match.mode == mode
        assert len(match.game.flags) == (2 if mode == "flags" else 0)
    assert ArenaMatch(SHELVES).game.match.mode == "all", "a map that names no modes is for all against all"


def test_a_mode_that_the_map_is_not_for_is_refused() -> None:
    """In words, and as no fault of the game: a visitor of the lobby may have chosen it."""
    with pytest.raises(Refused, match=r"mode 'teams' cannot be played on drawn\.tmj: choose map, or one of flags, all"):
        ArenaMatch(drawn_map("12fg", "    ", modes="flags,all"), rules=Rules(mode="teams"))


@pytest.mark.parametrize("wanted", ["football", ""])
def test_a_mode_that_there_is_not_is_refused(wanted: str) -> None:
    with pytest.raises(GameError, match=f"'{wanted}' is none of map, all, teams, flags"):
        ArenaMatch(drawn_map("12fg", "    ", modes="flags,all"), rules=Rules(mode=wanted))
