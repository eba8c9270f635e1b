"""Team against team, and for the flags."""

from __future__ import annotations

import pytest

from gameserver import EVERYONE, team
from gameserver.core.audience import part_of
from gameserver.games.arena import Arena
from gameserver.games.arena.flags import REACH, RETURN_SECONDS
from gameserver.games.arena.state import (
    CAPTURED,
    DROPPED,
    MINE,
    PLAYING,
    RAIL,
    RETURNED,
    SHELL,
    SPREAD,
    TAKEN,
    Controls,
    Flag,
    Mine,
    Rules,
    Tank,
)
from tests.games.arena_match import FORTS, ArenaMatch, drawn_map, events

SECOND = Arena.tick_rate
HOMES = {1: (48.0, 112.0), 2: (592.0, 112.0)}
FIRE = {weapon: Controls(aim=0, fire=True, weapon=weapon) for weapon in (SHELL, SPREAD, MINE, RAIL)}


def sides(*, mode: str = "teams", bots: int = 4, friendly_fire: bool = False, score_limit: int = 25, seed: int = 1) -> ArenaMatch:
    """Players 1 and 3 are team 1, 2 and 4 team 2; all have been put out of the way."""
    rules = Rules(mode=mode, friendly_fire=friendly_fire, score_limit=score_limit)
    match = ArenaMatch(FORTS, bots=bots, rules=rules, seed=seed)
    match.drive()
    for player in match.seats:
        match.place(player, 60.0 + 34.0 * player, 44.0 if player % 2 else 180.0)
    match.drive()
    return match


def teams_of(match: ArenaMatch) -> list[int]:
    return [driver.team for driver in match.game.players.values()]


def score_of(match: ArenaMatch) -> tuple[int, int]:
    return match.game.match.team1_score, match.game.match.team2_score


# -- sides -----------------------------------------------------------------------------------------------------------------
def test_who_joins_comes_to_the_smaller_team() -> None:
    match = sides(bots=5)
    assert teams_of(match) == [1, 2, 1, 2, 1]
    match.leave(1)
    match.leave(3)
    match.drive()
    match.join(6, 6)
    match.drive()
    assert match.driver(6).team == 1


def test_of_equal_teams_the_one_with_fewer_points_gets_the_newcomer() -> None:
    for one, two, side in ((3, 2, 2), (2, 3, 1), (2, 2, 1)):
        match = sides(bots=2)
        match.game.match.team1_score, match.game.match.team2_score = one, two
        match.join(3, 3)
        match.drive()
        assert match.driver(3).team == match.tank(3).team == side


def test_everyone_sees_the_teams() -> None:
    match = sides()
    for seat in match.seats.values():
        assert {tank.owner: tank.team for tank in seat.replica.all(Tank)} == {1: 1, 2: 2, 3: 1, 4: 2}


def test_each_against_all_has_no_teams() -> None:
    match = sides(mode="all")
    assert teams_of(match) == [0] * 4
    assert {tank.team for tank in match.game.tanks} == {0}


def test_uneven_teams_are_evened_between_rounds_by_who_came_last() -> None:
    match = sides(bots=6, score_limit=1)
    for player in (2, 4):
        match.leave(player)
    match.drive()
    assert teams_of(match) == [1, 1, 1, 2]
    match.game.match.team1_score = 1
    match.drive(ticks=12 * SECOND)
    assert teams_of(match) == [1, 1, 1, 2], "while the scores are shown nobody moves"
    match.drive()
    assert match.game.match.phase == PLAYING
    assert {player: driver.team for player, driver in match.game.players.items()} == {1: 1, 3: 1, 5: 2, 6: 2}
    assert all(tank.team == match.driver(tank.owner).team for tank in match.game.tanks)
    for player, seat in match.seats.items():
        side = part_of(team(match.driver(player).team))
        assert set(seat.replica.parts) <= {part_of(EVERYONE), side, 31 + player}


@pytest.mark.parametrize("mode", ["teams", "flags"])
def test_a_tank_comes_to_its_own_side(mode: str) -> None:
    for seed in range(10):
        match = ArenaMatch(FORTS, bots=8, rules=Rules(mode=mode), seed=seed)
        match.drive()
        for tank in match.game.tanks:
            assert (tank.x < 320) == (tank.team == 1)


def test_it_keeps_off_spawns_where_somebody_stands() -> None:
    spawns = {(spawn.x, spawn.y) for spawn in FORTS.objects_of("spawn")}
    for seed in range(10):
        match = ArenaMatch(FORTS, bots=4, rules=Rules(mode="teams"), seed=seed)
        match.drive()
        assert {(tank.x, tank.y) for tank in match.game.tanks} == spawns


def test_it_comes_far_from_enemies_and_not_from_mates() -> None:
    hall = drawn_map("1                  1", *[" " * 20] * 10, "1                 21", modes="teams")
    for seed in range(20):
        match = ArenaMatch(hall, bots=2, rules=Rules(mode="teams"), seed=seed)
        match.drive()
        match.place(1, 70.0, 70.0)  # near a spawn, which is no reason to stay away from it
        match.place(2, 540.0, 100.0)
        match.join(3, 3)
        match.drive()
        assert (match.tank(3).x, match.tank(3).y) != (624.0, 16.0), "it came to the one place that an enemy is near"


# -- friends ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("weapon", [SHELL, SPREAD, RAIL])
@pytest.mark.parametrize("friendly_fire", [False, True])
def test_shots_pass_through_mates_unless_there_is_friendly_fire(weapon: int, friendly_fire: bool) -> None:
    match = sides(friendly_fire=friendly_fire)
    match.place(1, 200.0, 112.0)
    match.place(3, 240.0, 112.0)
    match.place(2, 280.0, 112.0)
    match.drive({1: FIRE[weapon]})
    match.drive(ticks=20)
    mate, enemy = match.tank(3).health, match.tank(2).health
    assert (mate < 100, enemy < 100) == ((True, False) if friendly_fire else (False, True))


@pytest.mark.parametrize("friendly_fire", [False, True])
def test_a_mine_waits_for_enemies_and_spares_mates_unless_there_is_friendly_fire(friendly_fire: bool) -> None:
    match = sides(friendly_fire=friendly_fire)
    match.place(1, 300.0, 112.0)
    match.drive({1: FIRE[MINE]})
    match.place(1, 440.0, 44.0)
    match.drive(ticks=SECOND)
    match.place(3, 290.0, 112.0)
    match.drive(ticks=5)
    assert len(match.game.mines) == 1, "a mate may drive over it"
    match.place(2, 325.0, 112.0)
    match.drive()
    assert match.tank(2).health < 100
    assert (match.tank(3).health < 100) == friendly_fire


def test_a_mine_is_seen_by_its_team() -> None:
    match = sides()
    match.drive({1: FIRE[MINE]})
    match.drive(ticks=SECOND)
    assert {player: len(seat.replica.all(Mine)) for player, seat in match.seats.items()} == {1: 1, 2: 0, 3: 1, 4: 0}


def test_kills_are_points_for_driver_and_team() -> None:
    match = sides()
    match.place(1, 200.0, 112.0)
    match.place(2, 300.0, 112.0).health = 5
    match.drive({1: FIRE[RAIL]})
    assert (match.driver(1).score, match.driver(1).kills, match.driver(2).deaths) == (1, 1, 1)
    assert score_of(match) == (1, 0)


def test_to_kill_a_mate_is_no_point() -> None:
    match = sides(friendly_fire=True)
    match.place(1, 200.0, 112.0)
    match.place(3, 300.0, 112.0).health = 5
    match.drive({1: FIRE[RAIL]})
    assert [row for _, row in events(match, "Killed")] == [{"killer": 1, "victim": 3, "weapon": RAIL}]
    assert (match.driver(1).score, match.driver(1).kills, match.driver(3).deaths) == (0, 0, 1)
    assert score_of(match) == (0, 0)


def test_the_shell_of_one_who_left_still_passes_his_mates() -> None:
    match = sides()
    match.place(1, 200.0, 112.0)
    match.place(3, 260.0, 112.0)
    match.place(2, 320.0, 112.0)
    match.drive({1: FIRE[SHELL]})
    match.leave(1)
    match.drive(ticks=20)
    assert (match.tank(3).health, match.tank(2).health) == (100, 75)
    assert score_of(match) == (0, 0)


# -- flags -----------------------------------------------------------------------------------------------------------------
def flag(match: ArenaMatch, side: int) -> Flag:
    return next(flag for flag in match.game.flags if flag.team == side)


def moves(match: ArenaMatch) -> list[tuple[int, int, int]]:
    return [(row["what"], row["team"], row["player"]) for _, row in events(match, "FlagMoved")]


def stolen() -> ArenaMatch:
    """Player 1 of team 1 has the flag of team 2 and stands in the middle."""
    match = sides(mode="flags")
    match.place(1, *HOMES[2])
    match.drive()
    assert moves(match) == [(TAKEN, 2, 1)]
    match.place(1, 320.0, 112.0)
    match.drive()
    return match


def test_flags_stand_at_home_for_all_to_see() -> None:
    match = sides(mode="flags")
    for seat in match.seats.values():
        assert [(f.team, (f.x, f.y), f.home, f.carrier) for f in seat.replica.all(Flag)] == [
            (side, at, True, 0) for side, at in HOMES.items()
        ]


def test_an_enemy_takes_a_flag_and_carries_it() -> None:
    match = stolen()
    taken = flag(match, 2)
    assert (taken.x, taken.y, taken.carrier, taken.home) == (320.0, 112.0, 1, False)
    match.drive({1: Controls(bearing=0, throttle=2)}, ticks=10)
    assert (taken.x, taken.y) == (match.tank(1).x, match.tank(1).y)
    assert match.simulation.emitted == []


def test_ones_own_flag_stays_at_home() -> None:
    match = sides(mode="flags")
    match.place(1, *HOMES[1])
    match.drive()
    assert flag(match, 1).home and moves(match) == []


def test_a_flag_has_to_be_touched() -> None:
    match = sides(mode="flags")
    match.place(1, HOMES[2][0] - REACH - 1, HOMES[2][1])
    match.drive()
    assert flag(match, 2).home
    match.place(1, HOMES[2][0] - REACH, HOMES[2][1])
    match.drive()
    assert flag(match, 2).carrier == 1


def test_to_bring_it_home_captures_it() -> None:
    match = stolen()
    match.place(1, *HOMES[1])
    match.drive()
    assert moves(match) == [(CAPTURED, 2, 1)]
    assert score_of(match) == (5, 0)
    assert (match.driver(1).score, match.driver(1).kills) == (3, 0)
    back = flag(match, 2)
    assert ((back.x, back.y), back.home, back.carrier) == (HOMES[2], True, 0)


def test_it_is_no_capture_while_ones_own_flag_is_away() -> None:
    match = stolen()
    match.place(2, *HOMES[1])
    match.drive()
    assert flag(match, 1).carrier == 2
    match.place(2, 400.0, 150.0)
    match.place(1, *HOMES[1])
    match.drive(ticks=3)
    assert score_of(match) == (0, 0)
    assert flag(match, 2).carrier == 1


def test_ones_own_flag_has_to_stand_at_home_and_not_somewhere() -> None:
    match = stolen()
    own = flag(match, 1)
    own.x, own.y, own.home, own.return_tick = 200.0, 112.0, False, match.tick + 100
    match.place(1, 200.0, 112.0)
    match.drive()
    assert moves(match) == [(RETURNED, 1, 1)], "it is brought home, and the other one is carried on"
    assert flag(match, 2).carrier == 1


def drop(match: ArenaMatch) -> None:
    """Player 2 shoots the carrier, who stands at (320, 112)."""
    match.place(2, 400.0, 112.0)
    match.tank(1).health = 5
    match.drive({2: Controls(aim=512, fire=True, weapon=RAIL)})
    assert moves(match) == [(DROPPED, 2, 1)]


def test_who_is_destroyed_drops_it_and_kills_count_for_the_driver_alone() -> None:
    match = stolen()
    drop(match)
    lost = flag(match, 2)
    assert (lost.x, lost.y, lost.carrier, lost.home) == (320.0, 112.0, 0, False)
    assert lost.return_tick == match.tick + RETURN_SECONDS * SECOND
    assert match.driver(2).score == 1
    assert score_of(match) == (0, 0)


def test_who_leaves_drops_it() -> None:
    match = stolen()
    match.leave(1)
    match.drive()
    assert moves(match) == [(DROPPED, 2, 1)]
    assert flag(match, 2).carrier == 0


def test_its_own_side_brings_a_lost_flag_home_by_touching_it() -> None:
    match = stolen()
    drop(match)
    match.place(4, 320.0, 112.0)
    match.drive()
    assert moves(match) == [(RETURNED, 2, 4)]
    assert flag(match, 2).home and (flag(match, 2).x, flag(match, 2).y) == HOMES[2]
    assert flag(match, 2).return_tick == 0


def test_another_enemy_takes_a_lost_flag_on() -> None:
    match = stolen()
    drop(match)
    match.place(3, 320.0, 112.0)
    match.drive()
    assert moves(match) == [(TAKEN, 2, 3)]
    assert flag(match, 2).return_tick == 0


def test_a_lost_flag_returns_by_itself() -> None:
    match = stolen()
    drop(match)
    match.drive(ticks=int(RETURN_SECONDS) * SECOND - 1)
    assert not flag(match, 2).home
    match.drive()
    assert moves(match) == [(RETURNED, 2, 0)]
    assert flag(match, 2).home


@pytest.mark.parametrize("nearer", [3, 4])
def test_the_nearest_reaches_a_lost_flag_first(nearer: int) -> None:
    match = stolen()
    drop(match)
    match.place(2, 500.0, 44.0)
    match.place(nearer, 320.0 - 13.0, 112.0)
    match.place(7 - nearer, 320.0 + 14.0, 112.0)
    match.drive()
    assert moves(match) == [(TAKEN if nearer == 3 else RETURNED, 2, nearer)]


def test_captures_decide_the_match() -> None:
    match = sides(mode="flags", score_limit=5)
    match.place(1, *HOMES[2])
    match.drive()
    match.place(1, *HOMES[1])
    match.drive()
    assert events(match, "RoundEnded") == [("RoundEnded", {"winner_team": 1, "winner_player": 0})]
    result = match.simulation.result
    assert result is not None
    assert (result.winners, dict(result.scores)) == ((1, 3), {1: 3, 2: 0, 3: 0, 4: 0})


def test_after_a_round_flags_go_with_their_carriers_and_count_for_nothing() -> None:
    match = stolen()
    match.game.match.team2_score = 25
    match.drive()
    match.place(1, *HOMES[1])
    match.drive()
    assert score_of(match) == (0, 25)
    assert (flag(match, 2).x, flag(match, 2).y) == HOMES[1]
    match.drive(ticks=12 * SECOND)
    assert [f.home for f in match.game.flags] == [True, True], "in the next round they stand at home again"
    assert len(match.game.flags) == 2


def test_in_other_modes_there_are_no_flags() -> None:
    assert len(sides(mode="teams").game.flags) == 0
