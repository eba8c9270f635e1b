"""Rounds: how they start, end and follow each other; and who is sent away because he is not there."""

from __future__ import annotations

import pytest

from gameserver.core.simulation import Connected
from gameserver.games.arena import Arena
from gameserver.games.arena.rounds import COUNTDOWN_SECONDS, OVER_SECONDS, REMATCH_SECONDS
from gameserver.games.arena.state import MINE, OVER, PLAYING, RAIL, WAITING, Controls, Match, Rules
from tests.games.arena_match import FORTS, OPEN, ArenaMatch, duel, events

SECOND = Arena.tick_rate
RAILS = Controls(aim=0, fire=True, weapon=RAIL)
READY_UP = Rules(ready_up=True)


def phase(match: ArenaMatch) -> int:
    return match.game.match.phase


def shoot(match: ArenaMatch) -> None:
    """Player 1 destroys player 2, who is on his right."""
    match.tank(1).rails, match.tank(1).ready_tick = 1, 0
    match.tank(2).health, match.tank(2).safe_until = 1, 0
    match.drive({1: RAILS})
    assert not match.tank(2).health


def say_ready(match: ArenaMatch, *players: int, ready: bool = True) -> None:
    for player in players:
        match.call(player, "ready", int(ready))


# -- starting --------------------------------------------------------------------------------------------------------------
def test_a_round_starts_with_the_first_player() -> None:
    match = ArenaMatch(OPEN)
    match.drive(ticks=3)
    assert (phase(match), match.game.match.round) == (WAITING, 0)
    match.join(1, 1)
    match.drive()
    assert (phase(match), match.game.match.round) == (PLAYING, 1)
    assert events(match) == [("RoundStarted", {"number": 1})]
    assert match.game.match.ends_tick == match.tick + 300 * SECOND
    match.join(2, 2)
    match.drive()
    assert match.game.match.round == 1, "and not with the second"


def test_everyone_sees_the_rules() -> None:
    match = ArenaMatch(OPEN, bots=1, rules=Rules(score_limit=7, time_limit=90))
    match.drive()
    (seen,) = match.seats[1].replica.all(Match)
    assert (seen.score_limit, seen.time_limit, seen.mode) == (7, 90, "all")


def test_when_the_last_one_leaves_the_next_finds_a_fresh_round() -> None:
    match = duel()
    shoot(match)
    match.leave(1)
    match.leave(2)
    match.drive()
    assert (phase(match), match.game.match.ends_tick) == (WAITING, 0)
    assert match.simulation.result is None
    match.join(3, 3)
    match.drive()
    assert (phase(match), match.game.match.round, match.driver(3).score) == (PLAYING, 2, 0)


# -- ready -----------------------------------------------------------------------------------------------------------------
def test_with_ready_up_a_round_waits_until_all_people_are_ready() -> None:
    match = ArenaMatch(OPEN, bots=2, rules=READY_UP)
    match.join(3, 3, bot=True)
    match.drive(ticks=100)
    assert phase(match) == WAITING
    say_ready(match, 1)
    match.drive(ticks=100)
    assert (phase(match), match.game.match.starts_tick) == (WAITING, 0)
    say_ready(match, 2)
    match.drive()
    assert match.game.match.starts_tick == match.tick + COUNTDOWN_SECONDS * SECOND
    assert [seat.replica.all(type(match.driver(1)))[0].ready for seat in match.seats.values()] == [True] * 3
    match.drive(ticks=int(COUNTDOWN_SECONDS) * SECOND - 1)
    assert phase(match) == WAITING
    match.drive()
    assert (phase(match), match.game.match.round, match.game.match.starts_tick) == (PLAYING, 1, 0)
    assert not any(driver.ready for driver in match.game.players.values()), "for the next round they say it anew"


def test_one_alone_waits_for_another_and_a_bot_will_do() -> None:
    match = ArenaMatch(OPEN, bots=1, rules=READY_UP)
    say_ready(match, 1)
    match.drive(ticks=100)
    assert (phase(match), match.game.match.starts_tick) == (WAITING, 0)
    match.join(2, 2, bot=True)
    match.drive()
    assert match.game.match.starts_tick == match.tick + COUNTDOWN_SECONDS * SECOND


@pytest.mark.parametrize("doubt", ["takes it back", "somebody comes", "the other leaves"])
def test_the_countdown_stops_when_not_all_are_ready_any_more(doubt: str) -> None:
    match = ArenaMatch(OPEN, bots=2, rules=READY_UP)
    match.drive()
    say_ready(match, 1, 2)
    match.drive(ticks=30)
    assert match.game.match.starts_tick
    match.drive()
    if doubt == "takes it back":
        say_ready(match, 2, ready=False)
    elif doubt == "somebody comes":
        match.join(3, 3)
    else:
        match.leave(2)
    match.drive()
    assert match.game.match.starts_tick == 0
    match.drive(ticks=100)
    assert phase(match) == WAITING


def test_nobody_waits_for_one_whose_line_is_down() -> None:
    match = ArenaMatch(OPEN, bots=3, rules=READY_UP)
    match.drive()
    match.command(Connected(3, False))
    say_ready(match, 1, 2)
    match.drive()
    assert match.game.match.starts_tick


def test_while_they_wait_they_may_fight_and_nothing_counts() -> None:
    match = duel(READY_UP)
    shoot(match)
    assert len(events(match, "Killed")) == 1
    assert (match.driver(1).score, match.driver(1).kills, match.driver(2).deaths) == (0, 0, 0)
    match.drive(ticks=3 * SECOND)
    assert match.tank(2).health == 100, "wrecks come back"


def test_a_round_starts_afresh() -> None:
    match = duel(READY_UP)
    match.drive({1: Controls(fire=True), 2: Controls(fire=True, weapon=MINE)})
    match.tank(1).health = 7
    say_ready(match, 1, 2)
    before = {tank.id for tank in match.game.tanks}
    match.drive({1: Controls(fire=True)}, ticks=3 * SECOND)
    assert len(match.game.mines) == 1 and len(match.game.shells)
    match.drive({1: Controls(fire=True)})
    assert phase(match) == PLAYING
    assert not len(match.game.mines) and not len(match.game.shells)
    for tank in match.game.tanks:
        assert (tank.health, tank.ammo, tank.mines, tank.safe_until) == (100, 5, 1, match.tick + 2 * SECOND)
        assert tank.id not in before
    assert len(match.game.tanks) == 2


def test_during_a_round_ready_is_refused() -> None:
    match = duel()
    say_ready(match, 1)
    match.drive()
    (reply,) = match.simulation.replied
    assert (reply.ok, reply.value) == (False, "this round goes on: say it when it is over")


# -- ending ----------------------------------------------------------------------------------------------------------------
def test_the_time_limit_ends_it_and_the_best_has_won() -> None:
    match = duel(Rules(time_limit=10))
    shoot(match)
    while phase(match) == PLAYING:
        match.drive()
    assert match.tick == 1 + 10 * SECOND
    assert events(match) == [("RoundEnded", {"winner_team": 0, "winner_player": 1})]
    assert {Arena.schema.events[e.kind].name: e.reliable for e in match.simulation.emitted} == {"RoundEnded": True, "Ended": True}
    result = match.simulation.result
    assert result is not None
    assert (result.winners, dict(result.scores)) == ((1,), {1: 1, 2: 0})


def test_equal_scores_are_a_draw() -> None:
    match = duel(Rules(time_limit=1))
    match.drive(ticks=SECOND)
    assert events(match) == [("RoundEnded", {"winner_team": 0, "winner_player": 0})]
    result = match.simulation.result
    assert result is not None and result.winners == (1, 2)


@pytest.mark.parametrize(("one", "two", "team", "winners"), [(3, 2, 1, (1, 3)), (2, 3, 2, (2, 4)), (2, 2, 0, (1, 2, 3, 4))])
def test_teams_win_or_draw_together(one: int, two: int, team: int, winners: tuple[int, ...]) -> None:
    match = ArenaMatch(FORTS, bots=4, rules=Rules(mode="teams", time_limit=1))
    match.drive()
    match.game.match.team1_score, match.game.match.team2_score = one, two
    match.drive(ticks=SECOND)
    assert events(match) == [("RoundEnded", {"winner_team": team, "winner_player": 0})]
    result = match.simulation.result
    assert result is not None and result.winners == winners


def test_a_team_wins_by_its_points() -> None:
    match = ArenaMatch(FORTS, bots=4, rules=Rules(mode="teams", score_limit=3))
    match.drive()
    match.driver(1).score = 3
    match.drive()
    assert phase(match) == PLAYING, "a driver's points are not the team's"
    match.game.match.team2_score = 3
    match.drive()
    assert phase(match) == OVER


def test_who_reach_the_limit_in_one_tick_share_it_even_if_one_goes_beyond() -> None:
    match = duel(Rules(score_limit=3))
    match.driver(1).score, match.driver(2).score = 4, 3
    match.drive()
    result = match.simulation.result
    assert result is not None and result.winners == (1, 2)


def test_without_limits_it_goes_on() -> None:
    match = duel(Rules(score_limit=0, time_limit=0))
    match.driver(1).score = 5000
    match.drive(ticks=400 * SECOND // 10)
    assert (phase(match), match.game.match.ends_tick) == (PLAYING, 0)
    assert match.simulation.result is None


# -- between two rounds ----------------------------------------------------------------------------------------------------
def ended(rules: Rules | None = None) -> ArenaMatch:
    match = duel(rules)
    match.drive({1: Controls(aim=256, fire=True), 2: Controls(fire=True, weapon=MINE)})
    match.driver(1).score = 25
    match.game.match.phase = PLAYING
    match.drive()
    assert phase(match) == OVER
    return match


def test_when_it_is_over_nothing_flies_and_nobody_fires() -> None:
    match = ended()
    assert not len(match.game.shells) and not len(match.game.mines)
    match.drive({1: RAILS, 2: RAILS}, ticks=30)
    assert match.tank(2).health == 100
    assert match.tank(1).rails == 1
    x = match.tank(1).x
    match.drive({1: Controls(bearing=0, throttle=2)}, ticks=10)
    assert match.tank(1).x > x, "they may drive"


def test_the_result_stands_for_twelve_seconds_and_then_a_new_round_begins() -> None:
    match = ended()
    assert Arena.closes_when_over is False
    for _ in range(int(OVER_SECONDS) * SECOND - 1):
        match.drive()
        assert match.simulation.result is not None
    match.drive()
    assert (phase(match), match.game.match.round, match.driver(1).score) == (PLAYING, 2, 0)
    assert match.simulation.result is None
    assert events(match) == [("RoundStarted", {"number": 2})]


def test_when_all_want_a_rematch_it_begins_sooner_but_not_at_once() -> None:
    match = ended()
    over = match.tick
    say_ready(match, 1, 2)
    while phase(match) == OVER:
        match.drive()
    assert match.tick - over == REMATCH_SECONDS * SECOND


def test_one_who_does_not_want_it_yet_is_waited_for() -> None:
    match = ended()
    over = match.tick
    say_ready(match, 1)
    while phase(match) == OVER:
        match.drive()
    assert match.tick - over == OVER_SECONDS * SECOND


def test_bots_alone_take_their_time() -> None:
    match = ArenaMatch(OPEN, rules=Rules(time_limit=1))
    match.join(1, 1, bot=True)
    match.drive(ticks=1 + SECOND + int(OVER_SECONDS) * SECOND - 1)
    assert phase(match) == OVER
    match.drive()
    assert phase(match) == PLAYING


def test_with_ready_up_they_wait_again_and_who_was_ready_still_is() -> None:
    match = duel(READY_UP)
    say_ready(match, 1, 2)
    match.drive(ticks=int(COUNTDOWN_SECONDS) * SECOND + 1)
    assert phase(match) == PLAYING
    match.driver(1).score = 25
    match.drive()
    say_ready(match, 1)
    match.drive(ticks=int(OVER_SECONDS) * SECOND)
    assert (phase(match), match.game.match.ends_tick) == (WAITING, 0)
    assert [match.driver(player).ready for player in (1, 2)] == [True, False]
    say_ready(match, 2)
    match.drive()
    assert match.game.match.starts_tick


# -- who is away -----------------------------------------------------------------------------------------------------------
def kicked(match: ArenaMatch, ticks: int, inputs: dict[int, Controls] | None = None) -> dict[int, list[int]]:
    """When whom was sent away."""
    found: dict[int, list[int]] = {}
    for _ in range(ticks):
        match.drive(inputs)
        for player, why in match.simulation.kicked:
            assert why == f"you did nothing for {match.game.rules.idle_seconds} seconds; you are welcome back"
            found.setdefault(player, []).append(match.tick)
    return found


def test_who_does_nothing_is_sent_away_in_words() -> None:
    match = ArenaMatch(OPEN, bots=1, rules=Rules(idle_seconds=5))
    match.join(2, 2, bot=True)
    assert kicked(match, 8 * SECOND) == {1: [1 + 5 * SECOND]}, "bots may"


def test_to_hold_a_key_is_to_do_nothing() -> None:
    match = ArenaMatch(OPEN, bots=2, rules=Rules(idle_seconds=5))
    assert list(kicked(match, 6 * SECOND, {1: Controls(throttle=2, fire=True)})) == [1, 2]


@pytest.mark.parametrize(
    "moved", [Controls(aim=1), Controls(throttle=1), Controls(fire=True), Controls(weapon=2), Controls(respawn=True)]
)
def test_any_change_counts(moved: Controls) -> None:
    match = ArenaMatch(OPEN, bots=1, rules=Rules(idle_seconds=5))
    assert not kicked(match, 4 * SECOND)
    match.drive({1: moved})
    assert not kicked(match, 5 * SECOND)
    assert kicked(match, 2)


def test_to_say_ready_counts() -> None:
    match = ArenaMatch(OPEN, bots=1, rules=Rules(idle_seconds=5, ready_up=True))
    for _ in range(3):
        assert not kicked(match, 4 * SECOND)
        say_ready(match, 1)
    assert not kicked(match, 4 * SECOND)


def test_zero_is_never() -> None:
    match = ArenaMatch(OPEN, bots=1, rules=Rules(idle_seconds=0))
    assert not kicked(match, 70 * SECOND)


def test_whose_line_is_down_stands_still_and_keeps_his_seat_and_tank() -> None:
    match = ArenaMatch(OPEN, bots=2, rules=Rules(idle_seconds=5))
    match.drive()
    tank = match.place(1, 200.0, 112.0)
    drives = Controls(bearing=0, throttle=2, aim=400, fire=True)
    match.drive({1: drives}, ticks=3)
    match.command(Connected(1, False))
    match.drive({1: drives}, ticks=10)
    x, ammo = tank.x, tank.ammo
    assert 1 not in kicked(match, 20 * SECOND, {1: drives})
    assert (tank.x, tank.speed, tank.aim) == (x, 0.0, 100)
    assert tank.ammo >= ammo and not [shell for shell in match.game.shells if shell.owner == 1]
    match.command(Connected(1, True))
    match.drive({1: drives}, ticks=5)
    assert tank.x > x
