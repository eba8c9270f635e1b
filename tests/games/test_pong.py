"""Pong: its rules, its ball whatever the paddles do, its bots, and that its matches repeat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver import Game, Refused
from gameserver.games.pong import (
    FASTER,
    HEIGHT,
    PADDLE_SPEED,
    REACH,
    REMATCH_SECONDS,
    SERVE_SECONDS,
    SERVE_SPEED,
    STEEPEST,
    TOP_SPEED,
    WIDTH,
    Ball,
    Goal,
    Paddle,
    Pong,
    Rules,
    Table,
)
from gameserver.testing import Match
from tests.processes import under_two_hash_seeds

if TYPE_CHECKING:
    from gameserver.testing import Seat

ROOT = Path(__file__).parents[2]
QUANTUM = 1 / 32


def pair(*, goals: int = 7, seed: int = 1, check: bool | int = True) -> tuple[Match[Pong], Seat, Seat]:
    """A match in which both have a paddle; ann is on the left."""
    match = Match(Pong, seed=seed, options=Rules(goals=goals), check=check)
    ann, bob = match.join("ann"), match.join("bob")
    match.step()
    return match, ann, bob


def ball_of(match: Match[Pong]) -> Ball:
    (ball,) = match.game.balls
    return ball


def throw(match: Match[Pong], *, x: float, y: float, dx: float, dy: float = 0.0) -> None:
    """Put the ball in play there."""
    ball = ball_of(match)
    ball.x, ball.y, ball.dx, ball.dy = x, y, dx, dy
    match.game.table.pause = 0


def miss(match: Match[Pong], *, right: bool) -> None:
    """The ball comes to this side, out of reach of its paddle."""
    paddle = match.game.paddle(right=right)
    assert paddle is not None
    away = 20.0 if paddle.y > HEIGHT / 2 else HEIGHT - 20.0
    throw(match, x=WIDTH - 1.0 if right else 1.0, y=away, dx=SERVE_SPEED if right else -SERVE_SPEED)
    match.step()


# -- the ball ---------------------------------------------------------------------------------------------------------------
def test_it_is_served_from_the_middle_after_a_pause() -> None:
    match, ann, _ = pair()
    assert (ann.sees.one(Ball).x, ann.sees.one(Ball).dx) == (WIDTH / 2, 0.0)
    waiting = ann.sees.one(Table).pause
    assert waiting == SERVE_SECONDS * Pong.tick_rate - 1
    match.step(waiting - 1)
    assert ball_of(match).dx == 0.0
    match.step()
    assert abs(ball_of(match).dx) == SERVE_SPEED
    served = ball_of(match).x
    match.step()
    assert abs(ball_of(match).x - served) == SERVE_SPEED


@pytest.mark.parametrize("offset", [-REACH, -REACH / 2, 0.0, REACH / 3, REACH])
@pytest.mark.parametrize("right", [False, True])
def test_where_it_meets_the_paddle_decides_its_angle(offset: float, right: bool) -> None:
    match, *_ = pair()
    throw(match, x=WIDTH - 1.0 if right else 1.0, y=HEIGHT / 2 + offset, dx=SERVE_SPEED if right else -SERVE_SPEED)
    match.step()
    ball = ball_of(match)
    assert ball.dx == (SERVE_SPEED + FASTER) * (-1 if right else 1)
    assert ball.dy == pytest.approx(STEEPEST * offset / REACH, abs=QUANTUM)
    assert match.events(Goal) == []


def test_each_hit_makes_it_faster_up_to_the_top_speed() -> None:
    match, *_ = pair()
    speeds: list[float] = []
    for _ in range(20):
        throw(match, x=1.0, y=HEIGHT / 2, dx=-(speeds[-1] if speeds else SERVE_SPEED))
        match.step()
        speeds.append(ball_of(match).dx)
    assert speeds[:3] == [SERVE_SPEED + FASTER * hits for hits in (1, 2, 3)]
    assert speeds[-1] == TOP_SPEED


def test_a_step_of_the_fastest_things_fits_one_byte() -> None:
    """The rule for choosing a quantum: top speed moves 64 to 127 quanta a tick."""
    for speed in (SERVE_SPEED, TOP_SPEED, PADDLE_SPEED, STEEPEST):
        assert 64 <= speed / QUANTUM <= 127


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    plan=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 90)), min_size=1, max_size=8),
    x=st.floats(0.0, WIDTH),
    y=st.floats(0.0, HEIGHT),
    dx=st.sampled_from((-TOP_SPEED, -SERVE_SPEED, SERVE_SPEED, TOP_SPEED)),
    dy=st.floats(-STEEPEST, STEEPEST),
)
def test_whatever_the_paddles_do_it_stays_in_the_court_and_passes_none(
    seed: int, plan: list[tuple[int, int, int]], x: float, y: float, dx: float, dy: float
) -> None:
    """It turns at an edge only where a paddle reaches it, counts where none does, and never rests there."""
    match, *seats = pair(goals=99, seed=seed, check=False)
    throw(match, x=x, y=y, dx=dx, dy=dy)
    goals = 0
    for left, right, ticks in plan:
        for seat, wanted in zip(seats, (left, right), strict=True):
            seat.hold(up=wanted == 1, down=wanted == 2)
        for _ in range(ticks):
            before = ball_of(match).dx
            match.step()
            ball = ball_of(match)
            assert 0.0 <= ball.x <= WIDTH and 0.0 <= ball.y <= HEIGHT
            scored = len(match.events(Goal)) - goals
            goals += scored
            if before and ball.x in (0.0, WIDTH):
                paddle = match.game.paddle(right=ball.x == WIDTH)
                assert paddle is not None and abs(ball.y - paddle.y) <= REACH + QUANTUM
                assert (ball.dx > 0.0) == (ball.x == 0.0), "it goes back into the court"
            elif before and ball.dx != before:
                assert (scored, ball.x, ball.dx) == (1, WIDTH / 2, 0.0)
            assert ball.dx or match.game.table.pause, "a ball at rest is served again"


# -- the match ----------------------------------------------------------------------------------------------------------------
def test_a_paddle_stays_in_the_court_and_both_keys_hold_it() -> None:
    match, ann, bob = pair()
    ann.hold(up=True)
    bob.hold(up=True, down=True)
    match.run(seconds=3)
    left, right = (bob.sees.one(Paddle, right=side) for side in (False, True))
    assert (left.owner, left.y) == (ann.player, REACH)
    assert (right.owner, right.y) == (bob.player, HEIGHT / 2)
    ann.hold(up=False, down=True)
    match.step()
    assert bob.sees.one(Paddle, right=False).y == REACH + PADDLE_SPEED
    match.run(seconds=3)
    assert bob.sees.one(Paddle, right=False).y == HEIGHT - REACH


def test_a_goal_counts_for_the_other_side_and_everyone_hears_of_it() -> None:
    match, ann, bob = pair()
    miss(match, right=True)
    assert match.events(Goal) == ann.events(Goal) == bob.events(Goal) == [Goal(right=False)]
    assert [paddle.score for paddle in match.game.paddles] == [1, 0]
    assert ball_of(match).x == WIDTH / 2
    assert match.result is None


def test_who_reaches_the_goals_first_wins_and_both_play_again() -> None:
    match, ann, bob = pair(goals=2)
    for right in (False, True, False):
        miss(match, right=right)
    assert match.result is not None
    assert match.result.winners == (bob.player,)
    assert match.result.scores == {ann.player: 1, bob.player: 2}
    match.run(seconds=REMATCH_SECONDS - 0.1)
    assert match.result is not None, "there is time to look at the score"
    match.run(seconds=0.2)
    assert match.result is None
    assert [paddle.score for paddle in match.game.paddles] == [0, 0]
    match.run(seconds=SERVE_SECONDS)
    assert ball_of(match).dx
    for _ in range(2):
        miss(match, right=True)
    assert [result.winners for result in match.results] == [(bob.player,), (ann.player,)]


def test_one_alone_practises_against_a_wall_and_nobody_scores() -> None:
    match = Match(Pong, seed=2)
    ann = match.join("ann")
    match.step()
    throw(match, x=WIDTH - 1.0, y=30.0, dx=SERVE_SPEED, dy=1.0)
    match.step()
    assert (ball_of(match).dx, ball_of(match).dy) == (-SERVE_SPEED - FASTER, 1.0)
    miss(match, right=False)
    assert (ann.sees.one(Paddle).score, match.events(Goal)) == (0, [])
    match.run(seconds=SERVE_SECONDS)
    assert ball_of(match).dx


@pytest.mark.parametrize("leaver", [0, 1])
def test_who_leaves_loses_his_paddle_and_the_next_takes_his_side(leaver: int) -> None:
    match, *seats = pair()
    miss(match, right=True)
    sides = {seat.player: match.game.paddles.owned_by(seat.player) for seat in seats}
    gone, stays = seats[leaver], seats[1 - leaver]
    side = sides[gone.player]
    assert side is not None
    gone.leave()
    match.step()
    assert stays.sees.one(Paddle).owner == stays.player
    assert stays.sees.one(Paddle).score == 0
    cid = match.join("cid")
    match.step()
    assert stays.sees.one(Paddle, owner=cid.player).right is side.right
    assert {paddle.right for paddle in match.game.paddles} == {False, True}
    assert ball_of(match).dx == 0.0, "a new match begins with a pause"


def test_a_third_looks_on_and_sees_all_of_it() -> None:
    match, ann, _ = pair()
    with pytest.raises(Refused, match="2 of 2 seats"):
        match.join("cid")
    cid = match.spectate()
    match.run(seconds=3)
    assert cid.sees.all(Paddle) and cid.sees.one(Ball).x == ann.sees.one(Ball).x


def test_a_player_without_a_line_lets_his_paddle_rest_and_the_match_goes_on() -> None:
    match, ann, bob = pair()
    bob.hold(down=True)
    bob.disconnect()
    match.run(seconds=2)
    y = ann.sees.one(Paddle, right=True).y
    match.run(seconds=2)
    assert ann.sees.one(Paddle, right=True).y == y
    bob.reconnect()
    match.step()
    assert bob.sees.one(Ball).x == ann.sees.one(Ball).x


# -- bots, and whole matches ------------------------------------------------------------------------------------------------
def wins(strong: int, weak: int, matches: int) -> list[int]:
    """How often each of two bots won, the stronger one on either side in turn."""
    won = [0, 0]
    for seed in range(matches):
        match = Match(Pong, seed=seed, check=False)
        order = (strong, weak) if seed % 2 else (weak, strong)
        first, _ = [match.bots(1, strength=strength)[0] for strength in order]
        match.until(lambda match=match: match.result, seconds=900)  # type: ignore[misc] # mypy does not infer a default's type
        assert match.result is not None
        winner = order[0] if match.result.winners == (first.player,) else order[1]
        won[0 if winner == strong else 1] += 1
    return won


def test_a_strong_bot_beats_a_weak_one_clearly() -> None:
    strong, weak = wins(3, 1, 6)
    assert strong >= 5, f"strength 3 won {strong} of 6 against strength 1, which won {weak}"


def test_a_strong_bot_can_be_beaten() -> None:
    """Against its like somebody wins every match, so it misses: a person may too be the better one."""
    assert sum(wins(3, 3, 1)) == 1


def test_five_minutes_of_bots_repeat_from_every_second_and_stay_exciting() -> None:
    """A copy restored from bytes each second goes on exactly as the match does."""
    match = Match(Pong, seed=11, check=Pong.tick_rate)
    match.bots(1, strength=3)
    match.bots(1, strength=2)
    match.run(seconds=300)
    assert match.tick == 300 * Pong.tick_rate
    assert len(match.results) >= 1
    assert len(match.events(Goal)) > 10


def test_every_tick_of_a_rally_repeats() -> None:
    match = Match(Pong, seed=5)
    match.bots()
    match.run(seconds=20)
    assert match.events(Goal)


def digest_of(seed: int) -> int:
    """The state after a minute of bots."""
    match = Match(Pong, seed=seed, check=False)
    match.bots()
    match.run(seconds=60)
    return match.simulation.world.hash()


def test_processes_agree_whatever_their_hash_seed() -> None:
    code = "from tests.games.test_pong import digest_of; print(digest_of(3))"
    assert under_two_hash_seeds(code) == [str(digest_of(3))] * 2
    assert digest_of(4) != digest_of(3)


def test_it_comes_with_the_server() -> None:
    from gameserver.library import load_game

    assert load_game("pong") is Pong
    assert issubclass(Pong, Game)
