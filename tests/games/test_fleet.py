"""The rules of fleet: placing, turns, clocks, giving up, leaving, rematches; and that a match repeats."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver import Rng
from gameserver.core.simulation import Called, Command, Connected, Join, Leave, Simulation
from gameserver.games.fleet import Fleet
from gameserver.games.fleet.board import BERTHS, CELLS, SHIPS, SIZE, cells_of, fits, random_fleet, what_is_wrong
from gameserver.games.fleet.state import BATTLE, OVER, PLACING, WAITING, Shot, Terms
from gameserver.library import load_game
from tests.games.fleet_match import COLUMNS, ROWS, FleetMatch, numbers
from tests.processes import under_two_hash_seeds


def battle(terms: Terms | None = None) -> FleetMatch:
    match = FleetMatch(terms)
    match.begin()
    return match


def seconds(number: float) -> int:
    return round(number * Fleet.tick_rate)


# -- the board ---------------------------------------------------------------------------------------------------------------
def test_the_game_is_found_by_name() -> None:
    assert load_game("fleet") is Fleet


def test_berths_are_all_that_fit() -> None:
    assert {length: len(berths) for length, berths in BERTHS.items()} == {2: 180, 3: 160, 4: 140, 5: 120}
    for length, berths in BERTHS.items():
        assert all(fits(berth, length) and max(cells_of(berth, length)) < CELLS for berth in berths)
    assert not fits((6, 0, 1), 5) and fits((5, 0, 1), 5) and not fits((0, 6, 0), 5)


@given(st.integers(0, 2**32))
def test_a_random_fleet_is_a_fleet(seed: int) -> None:
    fleet = random_fleet(Rng(seed))
    assert what_is_wrong(fleet) is None
    taken = [cell for berth, length in zip(fleet, SHIPS, strict=True) for cell in cells_of(berth, length)]
    assert len(taken) == len(set(taken)) == sum(SHIPS)


def test_random_fleets_lie_everywhere() -> None:
    dice = Rng(1)
    count = [0] * CELLS
    for _ in range(500):
        for berth, length in zip(random_fleet(dice), SHIPS, strict=True):
            for cell in cells_of(berth, length):
                count[cell] += 1
    assert min(count) > 20


# -- placing -----------------------------------------------------------------------------------------------------------------
def test_alone_one_waits() -> None:
    match = FleetMatch(players=(1,))
    assert match.match.phase == WAITING
    for method, arguments in (
        ("place", (numbers(ROWS),)),
        ("place_at_random", ()),
        ("fire", (0, 0)),
        ("resign", ()),
        ("rematch", ()),
    ):
        assert "nobody is here" in match.refused(1, method, *arguments)


def test_when_the_second_comes_both_place_and_then_the_battle_begins() -> None:
    match = FleetMatch()
    assert match.match.phase == PLACING
    assert match.match.first in (1, 2)
    assert "has not begun" in match.refused(match.match.first, "fire", 0, 0)
    match.ask(1, "place", numbers(ROWS))
    assert (match.match.phase, match.admiral(1).placed, match.admiral(2).placed) == (PLACING, True, False)
    match.ask(2, "place", numbers(COLUMNS))
    assert (match.match.phase, match.match.turn) == (BATTLE, match.match.first)
    assert match.berths(1) == ROWS
    assert match.berths(2) == COLUMNS
    assert [ship.length for ship in match.fleet(1)] == list(SHIPS)
    assert "battle is on" in match.refused(1, "place", numbers(COLUMNS))


@pytest.mark.parametrize(
    ("ships", "why"),
    [
        ((), "a fleet has 5 ships of 3 numbers each (x, y, across): 15, not 0"),
        (numbers(ROWS)[:-1], "15, not 14"),
        (numbers(((6, 0, 1), *ROWS[1:])), "ship 1: 5 cells from (6, 0) across leave the board"),
        (numbers((*ROWS[:4], (0, 9, 0))), "ship 5: 2 cells from (0, 9) down leave the board"),
        (numbers((*ROWS[:4], (3, 2, 0))), "ship 5 lies over ship 2 at (3, 2)"),
        (numbers((*ROWS[:4], (0, 8, 2))), "ship 5: its third number is 1 across or 0 down, not 2"),
    ],
)
def test_what_is_no_fleet_is_refused_in_words(ships: tuple[int, ...], why: str) -> None:
    match = FleetMatch()
    assert why in match.refused(1, "place", ships)
    assert not match.fleet(1)


def test_who_waits_for_the_other_may_change_his_mind_and_keeps_his_ships() -> None:
    match = FleetMatch()
    match.ask(1, "place", numbers(ROWS))
    ids = [ship.id for ship in match.fleet(1)]
    match.ask(1, "place", numbers(COLUMNS))
    assert match.berths(1) == COLUMNS
    match.ask(1, "place_at_random")
    assert what_is_wrong(match.berths(1)) is None
    assert match.berths(1) != COLUMNS
    assert [ship.id for ship in match.fleet(1)] == ids


def test_the_clock_of_placing_places_for_who_has_not() -> None:
    match = FleetMatch(Terms(place_seconds=30))
    match.ask(1, "place", numbers(ROWS))
    assert match.match.deadline == 1 + seconds(30)
    match.step(ticks=match.match.deadline - match.tick - 1)
    assert match.match.phase == PLACING
    match.step()
    assert match.match.phase == BATTLE
    assert match.berths(1) == ROWS
    assert what_is_wrong(match.berths(2)) is None


def test_without_clocks_nothing_ever_runs_out() -> None:
    match = FleetMatch(Terms(place_seconds=0, move_seconds=0))
    assert match.match.deadline == 0
    match.step(ticks=1_000_000)
    assert match.match.phase == PLACING
    match.begin()
    turn = match.match.turn
    match.step(ticks=1_000_000)
    assert (match.match.phase, match.match.turn, match.match.deadline) == (BATTLE, turn, 0)
    assert len(match.simulation.world.timers) == 0


# -- the battle --------------------------------------------------------------------------------------------------------------
def test_one_fires_after_the_other_and_everyone_is_told() -> None:
    match = battle()
    first = match.match.first
    second = 3 - first
    assert "not your turn" in match.refused(second, "fire", 9, 9)
    assert match.ask(first, "fire", 8, 9) == "miss"
    assert match.match.turn == second
    assert match.ask(second, "fire", *((0, 0) if second == 2 else (9, 0))) == "hit"
    assert "fired at (8, 9) before" in match.refused(first, "fire", 8, 9)
    assert match.match.turn == first, "a refusal costs no turn"
    assert [(event.player, event.x, event.y, event.hit) for event in match.of("Fired")] == [
        (first, 8, 9, False),
        (second, 0 if second == 2 else 9, 0, True),
    ]
    assert [(shot.owner, shot.hit) for shot in match.game.shots] == [(first, False), (second, True)]


def test_a_ship_is_sunk_by_its_last_cell_and_the_match_by_the_last_ship() -> None:
    match = battle()
    winner, loser = match.match.first, 3 - match.match.first
    match.play_out(winner)
    assert (match.match.phase, match.match.winner, match.match.loser, match.match.why) == (OVER, winner, loser, "sunk")
    assert [event.player for event in match.of("Sunk")] == [loser] * 5
    assert [event.ship for event in match.of("Sunk")] == [ship.id for ship in match.fleet(loser)]
    assert sum(event.hit for event in match.of("Fired")) == sum(SHIPS)
    result = match.simulation.result
    assert result is not None
    assert (result.winners, result.scores) == ((winner,), {winner: 1, loser: 0})
    assert (match.admiral(winner).wins, match.admiral(loser).wins) == (1, 0)
    assert "is over" in match.refused(loser, "fire", 9, 9)
    assert len(match.of("Ended")) == 1


def test_who_resigns_loses() -> None:
    match = battle()
    match.ask(2, "resign")
    assert (match.match.winner, match.match.why) == (1, "resigned")
    assert "is over" in match.refused(1, "resign")


def test_before_the_battle_nobody_can_resign() -> None:
    assert "has not begun" in FleetMatch().refused(1, "resign")


# -- clocks ------------------------------------------------------------------------------------------------------------------
def test_who_takes_too_long_fires_at_random_and_the_second_time_in_a_row_he_has_lost() -> None:
    match = battle(Terms(move_seconds=10))
    slow, other = match.match.first, 3 - match.match.first
    began = match.tick
    assert match.match.deadline == began + seconds(10)
    match.step(ticks=seconds(10))
    assert [(event.player, event.in_a_row) for event in match.of("MoveLost")] == [(slow, 1)]
    (shot,) = match.game.shots
    assert shot.owner == slow
    assert match.match.turn == other
    assert match.match.deadline == match.tick + seconds(10), "the clock of the other one"
    match.ask(other, "fire", 0, 9) if other == 2 else match.ask(other, "fire", 8, 9)
    match.step(ticks=seconds(10))
    assert (match.match.phase, match.match.winner, match.match.why) == (OVER, other, "clock")
    assert [event.in_a_row for event in match.of("MoveLost")] == [1, 2]
    assert len(match.game.shots) == 2, "nobody fires for who has lost"


def test_a_move_of_ones_own_makes_it_good() -> None:
    match = battle(Terms(move_seconds=10))
    slow, other = match.match.first, 3 - match.match.first
    for row in (7, 9):
        match.step(ticks=seconds(10))
        match.ask(other, "fire", 8 if other == 1 else 4, row)
        cell = next(cell for cell in match.game._open_cells(match.admiral(slow)) if cell // SIZE in (1, 3, 9))
        match.ask(slow, "fire", cell % SIZE, cell // SIZE)
        match.ask(other, "fire", 6 if other == 1 else 2, row)
        assert match.admiral(slow).lost_moves == 0
    assert match.match.phase == BATTLE
    assert [event.in_a_row for event in match.of("MoveLost")] == [1, 1]


def test_a_random_shot_goes_where_none_went_before() -> None:
    match = battle(Terms(move_seconds=1))
    player = match.admiral(match.match.first)
    for cell in range(CELLS):
        if cell != 37:
            match.game.shots.add(Shot(x=cell % SIZE, y=cell // SIZE, hit=False, owner=player.owner))
    match.step(ticks=seconds(1))
    assert [(event.x, event.y) for event in match.of("Fired")] == [(7, 3)]


def test_the_clock_runs_on_while_a_line_is_down() -> None:
    match = battle(Terms(move_seconds=10))
    slow = match.match.turn
    match.step(Connected(slow, False))
    match.step(ticks=seconds(10))
    assert [event.player for event in match.of("MoveLost")] == [slow]
    match.step(Connected(slow, True))
    assert match.match.phase == BATTLE


def test_a_move_in_time_stops_its_clock() -> None:
    match = battle(Terms(move_seconds=10))
    first = match.match.first
    match.step(ticks=seconds(10) - 2)
    match.ask(first, "fire", 8, 9)
    match.step(ticks=5)
    assert match.of("MoveLost") == []
    assert len(match.simulation.world.timers) == 1


# -- leaving and playing again -----------------------------------------------------------------------------------------------
def test_who_leaves_the_battle_loses_and_the_other_sees_everything() -> None:
    match = battle()
    match.ask(match.match.first, "fire", 8, 9)
    match.leave(2)
    assert (match.match.phase, match.match.winner, match.match.loser, match.match.why) == (OVER, 1, 2, "left")
    result = match.simulation.result
    assert result is not None and result.winners == (1,)
    public = match.simulation.contents()[0]
    assert sum(ship.id in public for ship in match.game.ships) == 10
    assert "wait for somebody new" in match.refused(1, "rematch")
    match.join(3)
    assert (match.match.phase, len(match.game.ships), len(match.game.shots)) == (PLACING, 0, 0)
    assert match.match.first in (1, 3)
    assert match.simulation.result is None, "another match has begun"


def test_who_leaves_before_the_battle_has_lost_nothing() -> None:
    match = FleetMatch()
    match.ask(1, "place", numbers(ROWS))
    match.leave(2)
    assert (match.match.phase, match.match.deadline, len(match.game.ships)) == (WAITING, 0, 0)
    assert not match.admiral(1).placed
    assert match.simulation.result is None
    match.leave(1)
    match.join(7)
    assert match.match.phase == WAITING


def test_both_may_leave_at_once() -> None:
    match = battle()
    match.step(Leave(1), Leave(2))
    assert (match.match.winner, match.match.why) == (2, "left")
    match.join(3)
    assert (match.match.phase, len(match.game.ships), match.match.winner) == (WAITING, 0, 0)
    match.join(4)
    assert match.match.phase == PLACING


def test_a_rematch_takes_two_and_the_other_one_begins() -> None:
    match = battle()
    first = match.match.first
    for number in range(3):
        assert "battle is on" in match.refused(1, "rematch")
        match.ask(2, "resign")
        match.ask(2, "rematch")
        match.ask(2, "rematch")
        assert (match.match.phase, match.admiral(2).wants_rematch) == (OVER, True)
        match.ask(1, "rematch")
        assert match.match.phase == PLACING
        assert not match.admiral(1).wants_rematch and not match.admiral(2).wants_rematch
        assert match.simulation.result is None
        match.begin()
        assert match.match.turn == (first if number % 2 else 3 - first)
    assert match.admiral(1).wins == 3
    assert len(match.of("Ended")) == 3


# -- who sees what -----------------------------------------------------------------------------------------------------------
def test_ships_are_seen_by_their_owners_until_they_are_sunk_or_all_is_over() -> None:
    match = battle()
    winner, loser = match.match.first, 3 - match.match.first

    def seen(part: int) -> set[int]:
        ships = {ship.id for ship in match.game.ships}
        return ships & set(match.simulation.contents().get(part, {}))

    mine = {player: {ship.id for ship in match.fleet(player)} for player in (1, 2)}
    assert (seen(0), seen(31 + winner), seen(31 + loser)) == (set(), mine[winner], mine[loser])
    while not match.of("Sunk"):
        ship = match.fleet(loser)[4]
        x, y = (
            cells_of((ship.x, ship.y, int(ship.across)), 2)[2 - ship.afloat] % SIZE,
            ship.y + (2 - ship.afloat) * (not ship.across),
        )
        match.ask(winner, "fire", x, y)
        if not match.of("Sunk"):
            match.ask(loser, "fire", *((8, 9) if loser == 1 else (9, 9)))
    sunk = match.of("Sunk")[0].ship
    assert seen(0) == {sunk}
    assert seen(31 + loser) == mine[loser] - {sunk}
    match.ask(loser, "resign")
    assert seen(0) == mine[1] | mine[2]


# -- determinism -------------------------------------------------------------------------------------------------------------
def turns(seed: int, game: Simulation) -> tuple[int, list[Command]]:
    """The next tick in which something happens, and what: mostly sensible moves, now and then anything at all."""
    dice = random.Random(seed * 100_003 + game.world.tick)
    fleet = game.game
    assert isinstance(fleet, Fleet)
    tick = game.world.tick + dice.choice((1, 1, 2, 5, 40))
    due = game.world.timers.next_tick
    if due is not None and due <= tick:
        tick = due
    seated = list(fleet.players)
    number = game.world.tick
    if len(seated) < 2 and dice.random() < 0.5:
        return tick, [Join(next(number for number in range(1 + tick % 900, 992) if number not in seated), "somebody")]
    commands: list[Command] = []
    for player in seated:
        admiral = fleet.players[player]
        what = dice.random()
        if what < 0.02:
            commands.append(Leave(player))
        elif what < 0.05:
            commands.append(Connected(player, dice.random() < 0.5))
        elif what < 0.1:
            commands.append(Called(player, number, dice.choice(("resign", "rematch", "place_at_random")), ()))
        elif fleet.match.phase == PLACING and not admiral.placed:
            commands.append(Called(player, number, "place", (numbers(random_fleet(Rng(dice.randrange(2**32)))),)))
        elif fleet.match.phase == BATTLE and fleet.match.turn == player:
            commands.append(Called(player, number, "fire", (dice.randrange(SIZE), dice.randrange(SIZE))))
        elif fleet.match.phase == OVER:
            commands.append(Called(player, number, "rematch", ()))
    return tick, commands


def random_match(seed: int) -> Simulation:
    return Simulation(Fleet, options=Terms(move_seconds=3, place_seconds=6), seed=seed)


def hash_after(seed: int, steps: int) -> int:
    game = random_match(seed)
    for _ in range(steps):
        tick, commands = turns(seed, game)
        game.step(commands, {}, tick)
    return game.world.hash()


@pytest.mark.parametrize("seed", range(4))
def test_a_copy_goes_on_alike_from_every_tick(seed: int) -> None:
    game, twin = random_match(seed), random_match(999)
    phases: set[int] = set()
    ended = 0
    for _ in range(600):
        tick, commands = turns(seed, game)
        twin.restore(game.encode())
        game.step(commands, {}, tick)
        twin.step(commands, {}, tick)
        assert twin.world.hash() == game.world.hash(), game.world.tick
        assert (twin.emitted, twin.replied, twin.contents()) == (game.emitted, game.replied, game.contents())
        assert isinstance(game.game, Fleet)
        phases.add(game.game.match.phase)
        ended += game.emitted != [] and game.result is not None
    assert phases == {WAITING, PLACING, BATTLE, OVER}
    assert ended > 1, "several matches were decided"


def test_processes_agree_whatever_their_hash_seed() -> None:
    code = "from tests.games.test_fleet import hash_after; print(hash_after(5, 400))"
    assert under_two_hash_seeds(code) == [str(hash_after(5, 400))] * 2


def test_other_seed_other_match() -> None:
    assert hash_after(3, 60) != hash_after(4, 60)
