"""The four weapons: what each costs, reaches and spares; and that nobody gains by having joined first."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver import EVERYONE, TileMap, owner
from gameserver.core.audience import part_of
from gameserver.games.arena import Arena, motion, rays
from gameserver.games.arena.mines import BLAST_RADIUS, TRIGGER_RADIUS
from gameserver.games.arena.state import MINE, MOST_MINES, RAIL, SHELL, SPREAD, Controls, Rules
from gameserver.games.arena.weapons import COOLDOWN_TICKS, DAMAGE, FAN, PELLET_LIFE
from tests.games.arena_match import OPEN, ArenaMatch, drawn_map, duel, events

LEFT, RIGHT = 512, 0
PUBLIC = part_of(EVERYONE)
SECOND = Arena.tick_rate


def fires(weapon: int, aim: int = RIGHT) -> Controls:
    return Controls(aim=aim, fire=True, weapon=weapon)


# -- ammunition ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("weapon", "stock", "rounds"), [(SPREAD, "spreads", 2), (MINE, "mines", 1), (RAIL, "rails", 1)])
def test_each_weapon_has_its_own_ammunition(weapon: int, stock: str, rounds: int) -> None:
    match = duel()
    match.place(2, 560.0, 176.0)
    tank = match.tank(1)
    assert getattr(tank, stock) == rounds, "what a tank comes with"
    shots = []
    for _ in range(4 * SECOND):
        before = getattr(tank, stock)
        match.drive({1: fires(weapon)})
        if getattr(tank, stock) < before:
            shots.append(match.tick)
            assert tank.ready_tick == match.tick + COOLDOWN_TICKS[weapon]
    assert len(shots) == rounds
    assert all(later - sooner == COOLDOWN_TICKS[weapon] for sooner, later in itertools.pairwise(shots))
    assert tank.ammo == 5, "the magazine is for shells"


def test_who_changes_weapons_waits_for_the_one_he_fired() -> None:
    match = duel()
    match.place(2, 560.0, 176.0)
    match.drive({1: fires(RAIL)})
    fired = match.tick
    for _ in range(COOLDOWN_TICKS[RAIL] - 1):
        match.drive({1: fires(SHELL)})
    assert match.tank(1).ammo == 5
    match.drive({1: fires(SHELL)})
    assert match.tank(1).ammo == 4 and match.tick == fired + COOLDOWN_TICKS[RAIL]


def test_an_empty_weapon_does_nothing() -> None:
    match = duel()
    match.tank(1).rails = 0
    match.tank(1).safe_until = 1000
    match.drive({1: fires(RAIL)})
    assert match.simulation.emitted == []
    assert (match.tank(1).ready_tick, match.tank(1).safe_until) == (0, 1000)


@pytest.mark.parametrize("percent", [10, 100, 250, 400])
def test_the_rules_scale_every_weapon(percent: int) -> None:
    match = duel(Rules(damage=percent))
    assert match.game.damage == tuple((damage * percent + 50) // 100 for damage in DAMAGE)
    match.drive({1: fires(RAIL)})
    assert match.tank(2).health == max(0, 100 - 60 * percent // 100)


# -- the spread ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("away", "pellets"), [(40.0, 5), (100.0, 3), (170.0, 1)])
def test_the_nearer_the_more_pellets_hit(away: float, pellets: int) -> None:
    match = duel()
    match.place(2, 200.0 + away, 112.0)
    match.drive({1: fires(SPREAD)})
    match.drive(ticks=PELLET_LIFE)
    assert match.tank(2).health == 100 - 12 * pellets


def test_pellets_fan_out_and_do_not_fly_far() -> None:
    match = duel()
    match.place(2, 560.0, 176.0)
    match.drive({1: fires(SPREAD, aim=1020)})
    flying = list(match.game.shells)
    assert [shell.weapon for shell in flying] == [SPREAD] * len(FAN)
    assert [shell.heading for shell in flying] == [1020 + beside + 2 >> 2 & 255 for beside in FAN]
    starts = [(shell.x, shell.y) for shell in flying]
    far = 0.0
    for _ in range(PELLET_LIFE):
        for shell, (x, y) in zip(flying, starts, strict=True):
            far = max(far, math.hypot(shell.x - x, shell.y - y))
        match.drive()
    assert not len(match.game.shells)
    assert 165 < far < 180


# -- the mine --------------------------------------------------------------------------------------------------------------
def mined(rules: Rules | None = None, tile_map: TileMap = OPEN) -> ArenaMatch:
    """Player 1 has laid a mine at (200, 112) and gone to the left; it is armed. Player 2 is at (300, 112)."""
    match = duel(rules, tile_map)
    match.drive({1: fires(MINE)})
    match.place(1, 60.0, 112.0)
    match.drive(ticks=SECOND)
    assert len(match.game.mines) == 1
    return match


def test_a_mine_is_seen_by_all_until_it_is_armed_and_then_by_its_driver_alone() -> None:
    match = duel()
    match.drive({1: fires(MINE)})
    (mine,) = match.game.mines
    seen = []
    for _ in range(SECOND + 5):
        seen.append([mine.id in match.simulation.contents().get(part_of(a), {}) for a in (EVERYONE, owner(1), owner(2))])
        match.drive()
    assert seen == [[True, False, False]] * SECOND + [[False, True, False]] * 5
    assert [m.id for m in match.seats[1].replica.all(type(mine))] == [mine.id]
    assert match.seats[2].replica.all(type(mine)) == []


def test_a_mine_goes_off_under_an_enemy_and_not_before() -> None:
    match = mined()
    match.place(2, 200.0 + TRIGGER_RADIUS + 1, 112.0)
    match.drive()
    assert len(match.game.mines) == 1
    match.place(2, 200.0 + TRIGGER_RADIUS, 112.0)
    match.drive()
    assert events(match) == [("Exploded", {"x": 200, "y": 112})]
    assert match.tank(2).health == 100 - math.floor(DAMAGE[MINE] * (1 - TRIGGER_RADIUS / BLAST_RADIUS))
    assert not len(match.game.mines)


def test_a_mine_that_is_being_armed_does_not_go_off() -> None:
    match = duel()
    match.drive({1: fires(MINE)})
    match.place(1, 60.0, 112.0)
    match.place(2, 200.0, 130.0)
    match.drive(ticks=SECOND - 1)
    assert match.tank(2).health == 100
    match.drive()
    assert match.tank(2).health < 100


def test_its_own_driver_may_stand_on_it_and_is_not_hurt() -> None:
    match = mined()
    match.place(1, 200.0, 112.0)
    match.drive(ticks=10)
    assert len(match.game.mines) == 1
    match.place(2, 215.0, 112.0)
    match.drive()
    assert match.tank(2).health < 100 == match.tank(1).health


def test_the_blast_hits_others_near_and_falls_with_distance() -> None:
    match = mined()
    for player, x in ((3, 240.0), (4, 262.0), (5, 265.0)):
        match.join(player, player)
        match.drive()
        match.place(player, x, 112.0)
    match.place(2, 200.0, 130.0)
    match.drive()
    health = [match.tank(player).health for player in (2, 3, 4, 5)]
    assert health[0] < health[1] < health[2] < health[3] == 100


def test_a_wall_shelters_from_the_blast() -> None:
    walled = drawn_map("s         ", "          ", "######### ", "          ", "          ")
    match = ArenaMatch(walled, bots=3)
    match.drive()
    match.place(1, 100.0, 50.0)
    match.place(2, 300.0, 50.0)
    match.place(3, 100.0, 108.0)
    match.drive({1: fires(MINE)})
    match.drive(ticks=SECOND)
    match.place(2, 110.0, 50.0)
    match.drive()
    assert match.tank(2).health < 100 == match.tank(3).health


def test_shells_do_not_set_it_off_and_a_protected_tank_does_not() -> None:
    match = mined()
    match.place(2, 230.0, 112.0)
    match.drive({2: fires(SHELL, LEFT)})
    match.drive(ticks=6)
    match.tank(2).safe_until = match.tick + 100
    match.tank(2).x = 200.0
    match.drive(ticks=5)
    assert len(match.game.mines) == 1


def test_a_mine_lies_forty_seconds() -> None:
    match = mined()
    match.drive(ticks=39 * SECOND - 1)
    assert len(match.game.mines) == 1
    match.drive()
    assert not len(match.game.mines)
    assert events(match) == []


def test_of_too_many_mines_the_oldest_goes() -> None:
    match = duel()
    match.tank(1).mines = MOST_MINES
    laid = []
    for lay in range(MOST_MINES + 1):
        match.place(1, 100.0, 60.0 + 30 * lay)
        match.tank(1).mines = 1
        match.tank(1).ready_tick = 0
        match.drive({1: fires(MINE)})
        laid.append((match.tank(1).x, match.tank(1).y))
    assert [(mine.x, mine.y) for mine in match.game.mines] == laid[1:]


def test_mines_go_with_their_driver() -> None:
    match = mined()
    match.leave(1)
    match.drive()
    assert not len(match.game.mines)


# -- the rail --------------------------------------------------------------------------------------------------------------
def test_a_rail_hits_at_once() -> None:
    match = duel()
    match.place(2, 600.0, 112.0)
    match.drive({1: fires(RAIL)})
    assert match.tank(2).health == 40
    ((name, row),) = events(match)
    assert name == "Railed"
    assert (row["x0"], row["y0"], row["y1"], row["shooter"]) == (200, 112, 112, 1)
    assert 584 <= row["x1"] <= 600, "it ends in the tank that it hits"


def test_a_rail_hits_the_first_enemy_only_and_no_wreck() -> None:
    match = duel()
    match.join(3, 3)
    match.drive()
    match.place(3, 400.0, 112.0)
    match.drive({1: fires(RAIL)})
    assert (match.tank(2).health, match.tank(3).health) == (40, 100)
    match.tank(2).health, match.tank(2).respawn_tick = 0, match.tick + 1000
    match.tank(1).rails, match.tank(1).ready_tick = 1, 0
    match.drive({1: fires(RAIL)})
    assert match.tank(3).health == 40


def test_a_rail_ends_at_a_wall() -> None:
    walled = drawn_map("s     ##     ", "      ##     ", "      ##     ", "             ")
    match = ArenaMatch(walled, bots=2)
    match.drive()
    match.place(1, 50.0, 50.0)
    match.place(2, 350.0, 50.0)
    match.drive({1: fires(RAIL)})
    assert match.tank(2).health == 100
    assert events(match)[0][1]["x1"] == 6 * 32
    match.tank(1).rails, match.tank(1).ready_tick = 1, 0
    match.drive({1: fires(RAIL, LEFT)})
    assert events(match)[0][1]["x1"] == 0, "the end of the map is a wall"


@st.composite
def grounds(draw: st.DrawFn) -> TileMap:
    size = draw(st.integers(4, 9))
    walls = draw(st.lists(st.booleans(), min_size=size * size, max_size=size * size))
    walls[size * (size // 2) + size // 2] = False
    return TileMap(name="rough.tmj", width=size, height=size, tile_size=draw(st.sampled_from((16, 32, 40))), solid=bytes(walls))


offsets = st.integers(-7 * 16, 7 * 16).map(lambda quanta: quanta * motion.QUANTUM)


@given(grounds(), offsets, offsets, st.integers(0, 1023))
def test_a_ray_crosses_no_wall_and_ends_at_one(ground: TileMap, beside: float, above: float, aim: int) -> None:
    x, y = ground.centre(ground.width // 2, ground.height // 2)
    x, y = x + beside, y + above
    end_x, end_y = rays.to_wall(ground, x, y, aim)
    far = math.hypot(end_x - x, end_y - y)
    cosine, sine = motion.direction(aim)
    run, rise = cosine / motion.UNIT, sine / motion.UNIT
    for step in range(int(far * 2)):
        assert not ground.solid_at(*ground.tile_at(x + run * step / 2, y + rise * step / 2))
    around = {ground.tile_at(end_x + dx, end_y + dy) for dx in (-1e-6, 1e-6) for dy in (-1e-6, 1e-6)}
    assert any(ground.solid_at(*tile) for tile in around), f"it ended in the open, at {(end_x, end_y)}"


places = st.integers(2, 298).map(float)


@given(st.integers(0, 1023), st.lists(st.tuples(places, places), max_size=6))
def test_a_ray_hits_the_first_tank_on_it(aim: int, tanks: list[tuple[float, float]]) -> None:
    hall = drawn_map(*["s" + " " * 9] * 10, tile_size=30)
    x, y, hit = rays.shoot(hall, 150.0, 150.0, aim, [(number, *at) for number, at in enumerate(tanks)])
    end = rays.to_wall(hall, 150.0, 150.0, aim)
    near = {n: motion.closest(150.0, 150.0, *end, *at) for n, at in enumerate(tanks)}
    on_it = {n: part for n, (part, square) in near.items() if square <= motion.HIT_RADIUS**2}
    if not on_it:
        assert (x, y, hit) == (*end, None)
    else:
        assert hit is not None and on_it[hit] == min(on_it.values())
        assert math.hypot(tanks[hit][0] - x, tanks[hit][1] - y) <= motion.HIT_RADIUS + 1e-9


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_on_the_muzzle_the_nearer_is_hit_by_a_ray(order: tuple[int, int]) -> None:
    places = {1: (140.0, 150.0), 2: (145.0, 150.0)}
    hall = drawn_map(*["s" + " " * 9] * 10, tile_size=30)
    assert rays.shoot(hall, 150.0, 150.0, RIGHT, [(number, *places[number]) for number in order])[2] == 2


@pytest.mark.parametrize("nearer", [2, 3])
def test_of_two_on_the_muzzle_the_nearer_is_hit_by_a_shell(nearer: int) -> None:
    match = duel()
    match.join(3, 3)
    match.drive()
    match.place(nearer, 198.0, 112.0)
    match.place(5 - nearer, 196.0, 112.0)
    match.drive({1: fires(SHELL)})
    assert [row["victim"] for _, row in events(match, "Hit")] == [nearer]


# -- protection ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("weapon", [SHELL, SPREAD, RAIL])
def test_a_new_tank_is_safe_for_two_seconds(weapon: int) -> None:
    match = duel()
    victim = match.place(2, 226.0, 112.0)
    victim.safe_until = match.tick + 3
    match.drive({1: fires(weapon)})
    assert victim.health == 100
    assert not [shell for shell in match.game.shells if shell.x > 220], "the shots end on it all the same"
    match.drive(ticks=60)
    assert victim.safe_until == 0
    match.tank(1).rails = 1
    match.drive({1: fires(weapon)})
    assert victim.health < 100


def test_everyone_sees_how_long_a_new_tank_is_safe() -> None:
    match = ArenaMatch(OPEN, bots=2)
    match.drive()
    for seat in match.seats.values():
        assert [tank.safe_until for tank in seat.replica.all(type(match.tank(1)))] == [match.tick + 2 * SECOND] * 2


@pytest.mark.parametrize("weapon", [SHELL, SPREAD, MINE, RAIL])
def test_who_fires_gives_up_his_protection(weapon: int) -> None:
    match = duel()
    match.tank(2).safe_until = 1000
    match.drive({2: fires(weapon, aim=256)})
    assert match.tank(2).safe_until == 0
    match.drive({1: fires(RAIL)})
    assert match.tank(2).health == 40


def test_to_fire_first_in_the_order_is_no_protection() -> None:
    """Both are safe and fire at each other in one tick: both are hurt, whoever comes first."""
    match = duel()
    match.tank(1).safe_until = match.tank(2).safe_until = 1000
    match.drive({1: fires(RAIL, RIGHT), 2: fires(RAIL, LEFT)})
    assert match.tank(1).health == match.tank(2).health == 40


# -- fairness --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("weapon", [SHELL, SPREAD, RAIL])
@pytest.mark.parametrize("away", [26.0, 60.0, 150.0])
def test_a_duel_of_equals_is_a_draw(weapon: int, away: float) -> None:
    """Whoever joined first: with the same weapon at the same time both lose the same, in every tick, to the death of both."""
    match = duel(Rules(damage=200))
    match.place(2, 200.0 + away, 112.0)
    match.tank(1).rails = match.tank(2).rails = 4
    match.tank(1).spreads = match.tank(2).spreads = 8
    for _ in range(6 * SECOND):
        match.drive({1: fires(weapon, RIGHT), 2: fires(weapon, LEFT)})
        assert match.tank(1).health == match.tank(2).health
        if not match.tank(1).health:
            break
    assert (match.driver(1).kills, match.driver(2).kills) == (1, 1)


def test_two_who_drive_over_each_others_mines_both_pay() -> None:
    match = duel()
    match.drive({1: fires(MINE), 2: fires(MINE)})
    match.drive(ticks=SECOND)
    match.place(1, 300.0, 120.0)
    match.place(2, 200.0, 120.0)
    match.drive()
    assert match.tank(1).health == match.tank(2).health < 100


def test_a_kill_is_his_who_did_most_in_that_tick() -> None:
    for first, second in ((SHELL, RAIL), (RAIL, SHELL)):
        match = duel()
        match.join(3, 3)
        match.drive()
        match.place(2, 226.0, 112.0).health = 10
        match.place(3, 252.0, 112.0)
        match.drive({1: fires(first, RIGHT), 3: fires(second, LEFT)})
        killer = 1 if first == RAIL else 3
        assert ("Killed", {"killer": killer, "victim": 2, "weapon": RAIL}) in events(match)
        assert [match.driver(player).kills for player in (1, 3)] == [killer == 1, killer == 3]


def test_of_two_who_did_the_same_either_may_get_it() -> None:
    killers = set()
    for seed in range(20):
        match = ArenaMatch(OPEN, bots=3, seed=seed)
        match.drive()
        match.place(1, 200.0, 112.0)
        match.place(2, 226.0, 112.0).health = 10
        match.place(3, 252.0, 112.0)
        match.drive({1: fires(RAIL, RIGHT), 3: fires(RAIL, LEFT)})
        ((_, row),) = events(match, "Killed")
        killers.add(row["killer"])
        assert match.driver(1).kills + match.driver(3).kills == 1
    assert killers == {1, 3}


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(0, 1023))
def test_whatever_is_fired_nothing_breaks_and_the_books_agree(seed: int, weapons: list[int], aim: int) -> None:
    match = ArenaMatch(drawn_map("s  #s", "   # ", " a   ", "s v s"), bots=4, seed=seed, rules=Rules(damage=400))
    deaths = 0
    for tick in range(90):
        match.drive(
            {
                player: Controls(bearing=aim >> 2, throttle=2, aim=aim + 37 * tick * player & 1023, fire=True, weapon=weapon)
                for player, weapon in enumerate(weapons, start=1)
            }
        )
        deaths += len(events(match, "Killed"))
        assert sum(driver.deaths for driver in match.game.players.values()) == deaths
        assert sum(driver.kills for driver in match.game.players.values()) == deaths, "every kill here is somebody's"
