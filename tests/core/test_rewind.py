"""What was where a moment ago: the ring against a plain list of all pasts, and that it is a state like any other."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.core.errors import GameError, SchemaError
from gameserver.core.fields import angle, integer, real
from gameserver.core.game import Game, entities_of
from gameserver.core.limits import REWIND_SECONDS, SUBTICKS
from gameserver.core.record import Entity, Input
from gameserver.core.rewind import most_back
from gameserver.core.simulation import Join, Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameserver.core.record import Options

RATE = 20
MOST = most_back(RATE)
JUMP = 10.0


class Hold(Input):
    x: int = integer(0, 1, default=0)


class Ball(Entity):
    x: float = real(quantum=1 / 16)
    y: float = real(quantum=1 / 4, default=0.0)
    turn: int = angle(256, default=0)
    level: int = integer(0, 1_000, default=0, interpolate="linear")
    colour: int = integer(0, 9, default=0)


class Yard(Game):
    """A game whose step is whatever the test wants."""

    name = "yard"
    tick_rate = RATE
    inputs = Hold
    balls = entities_of(Ball, rewinds=True, jump=JUMP)

    do: list[Callable[[Yard], object]]

    def setup(self, options: Options) -> None:
        self.do = []

    def step(self, inputs: Mapping[int, Hold]) -> None:
        while self.do:
            self.do.pop(0)(self)


def yard(game: type[Game] = Yard) -> Simulation:
    simulation = Simulation(game)
    simulation.step([Join(1, "ann"), Join(2, "bob")], {})
    return simulation


def play(simulation: Simulation, *do: Callable[[Any], object], views: Mapping[int, int] | None = None) -> None:
    """One tick in which the game does this."""
    game: Any = simulation.game
    game.do.extend(do)
    simulation.step([], {}, None, views)


def look(simulation: Simulation, back: int, *, player: int = 1, after: int = 0) -> list[tuple[Any, Any]]:
    """What the player sees so far back, within the next tick."""
    seen: list[tuple[Any, Any]] = []
    play(simulation, lambda game: seen.extend(game.as_seen_by(player, game.balls, after=after)), views={player: back})
    return seen


# -- against all pasts -------------------------------------------------------------------------------------------------------
@attrs.frozen
class Deed:
    """What happens in a tick to one ball, by its place in the order."""

    what: str
    which: int
    dx: float
    turn: int


DEEDS = st.builds(
    Deed,
    what=st.sampled_from(("add", "add", "move", "move", "move", "move", "put", "remove")),
    which=st.integers(0, 5),
    dx=st.floats(-JUMP, JUMP).map(lambda x: floor(x * 32) / 32),
    turn=st.integers(-300, 300),
)
TICKS = st.lists(st.tuples(st.lists(DEEDS, max_size=4), st.integers(0, MOST), st.integers(0, 3), st.integers(1, 3)), max_size=30)

Values = tuple[float, float, int, int]


def values(ball: Ball) -> Values:
    """As they will be at the end of the tick."""
    return floor(ball.x * 16 + 0.5) / 16, floor(ball.y * 4 + 0.5) / 4, ball.turn % 256, ball.level


class AllPasts:
    """Every place that every ball ever had: slow and plain."""

    def __init__(self) -> None:
        self.ticks: dict[int, dict[int, Values]] = {}

    def at(self, tick: int) -> dict[int, Values]:
        known = [done for done in self.ticks if done <= tick]
        return self.ticks[max(known)] if known else {}

    def seen(self, ball: Ball, tick: int, back: int) -> tuple[object, ...] | None:
        """How it was so long before this tick, which is in hand; None if it was not."""
        moment = Fraction(tick * SUBTICKS - back, SUBTICKS)
        ways = [self.at(known).get(ball.id) for known in range(floor(moment), tick)] + [values(ball)]
        if any(place is None for place in ways):
            return None
        places = [place for place in ways if place is not None]
        for old, new in pairwise(places):
            if abs(new[0] - old[0]) > JUMP or abs(new[1] - old[1]) > JUMP or abs(new[3] - old[3]) > JUMP:
                return None
        part = moment - floor(moment)
        start, end = places[0], places[1] if part else places[0]
        shortest = (end[2] - start[2] + 128) % 256 - 128
        return (
            Fraction(start[0]) + Fraction(end[0] - start[0]) * part,
            Fraction(start[1]) + Fraction(end[1] - start[1]) * part,
            floor(start[2] + shortest * part + Fraction(1, 2)) % 256,
            floor(start[3] + (end[3] - start[3]) * part + Fraction(1, 2)),
        )


@settings(max_examples=150)
@given(TICKS)
def test_it_answers_as_a_list_of_all_pasts_does(ticks: list[tuple[list[Deed], int, int, int]]) -> None:
    simulation, pasts = yard(), AllPasts()
    pasts.ticks = {0: {}, 1: {}}

    def act(game: Yard, deeds: list[Deed], back: int, after: int) -> None:
        for deed in deeds:
            balls = list(game.balls)
            if deed.what == "add":
                game.balls.add(Ball(x=deed.dx, owner=deed.which % 3))
            elif deed.which < len(balls):
                ball = balls[deed.which]
                if deed.what == "remove":
                    game.balls.remove(ball)
                else:
                    ball.x += deed.dx * (3 if deed.what == "put" else 1)
                    ball.y -= deed.dx
                    ball.turn += deed.turn
                    ball.level = max(0, min(1_000, ball.level + round(deed.dx)))
        tick, farther = game.tick, max(0, back - after * SUBTICKS)
        found = dict(game.as_seen_by(1, game.balls, after=after))
        for ball in game.balls:
            wanted = None if ball.owner == 1 or not farther else pasts.seen(ball, tick, farther)
            if ball.owner == 1 or not farther:
                assert (found[ball].x, found[ball].turn) == (ball.x, ball.turn)
            elif wanted is None:
                assert ball not in found
            else:
                then = found[ball]
                assert (then.x, then.y, then.turn, then.level) == wanted
        assert game.sees_back(1) == back / SUBTICKS

    for deeds, back, after, left_out in ticks:
        simulation.game.do.append(lambda game, d=deeds, b=back, a=after: act(game, d, b, a))  # type: ignore[attr-defined]
        simulation.step([], {}, simulation.world.tick + left_out, {1: back})
        game: Any = simulation.game
        pasts.ticks[simulation.world.tick] = {ball.id: values(ball) for ball in game.balls}


# -- by hand -----------------------------------------------------------------------------------------------------------------
def roll(simulation: Simulation, by: float = 4.0) -> None:
    """All balls move on by a tick."""

    def move(game: Yard) -> None:
        for ball in game.balls:
            ball.x += by

    play(simulation, move)


def with_ball(ticks: int = 10, **fields: Any) -> tuple[Simulation, Any]:  # noqa: ANN401 - a Ball's
    """A ball that has rolled from 0, four a tick."""
    simulation = yard()
    made: list[Ball] = []
    play(simulation, lambda game: made.append(game.balls.add(Ball(x=0.0, **fields))))
    for _ in range(ticks):
        roll(simulation)
    return simulation, made[0]


@pytest.mark.parametrize(("back", "x"), [(256, 40.0), (512, 36.0), (384, 38.0), (257, 40.0 - 4 / 256), (MOST, 24.0)])
def test_a_picture_is_on_the_line_between_two_ticks(back: int, x: float) -> None:
    """In the tick that looks it has not moved on: 256 back is the end of the tick before, where it is still."""
    simulation, ball = with_ball()
    ((entity, then),) = look(simulation, back)
    assert entity is ball
    assert (then.id, then.x) == (ball.id, x)


def test_ticks_after_it_are_nearer_to_now_and_never_beyond() -> None:
    assert [look(with_ball()[0], 1024, after=after)[0][1].x for after in range(6)] == [28.0, 32.0, 36.0, 40.0, 40.0, 40.0]


def test_an_angle_goes_the_shorter_way() -> None:
    simulation, ball = with_ball(turn=250)

    def turn(game: Yard) -> None:
        ball.turn = 10

    play(simulation, turn)
    assert look(simulation, 256 + 128)[0][1].turn == 2


def test_nobody_is_shot_before_he_came() -> None:
    simulation, _ = with_ball(ticks=2)
    assert [len(look(simulation, back)) for back in (512, 1024)] == [1, 1], "it came three ticks ago, and then four"
    assert look(with_ball(ticks=2)[0], 3 * 256 + 1) == []


def test_who_is_put_elsewhere_was_nowhere_before() -> None:
    """He is hit where he is, or not at all: also in the very tick in which he is put there."""
    simulation, ball = with_ball()

    def put(game: Yard) -> None:
        ball.x += JUMP + 1 / 16

    seen: list[Any] = []
    play(simulation, put, lambda game: seen.extend(game.as_seen_by(1, game.balls)), views={1: 300})
    assert seen == []
    assert look(simulation, 256)[0][1].x == ball.x
    assert look(simulation, 2 * 256 + 1) == []


def test_who_moves_as_far_as_he_may_is_followed() -> None:
    simulation, ball = with_ball()
    roll(simulation, JUMP)
    assert look(simulation, 512)[0][1].x == ball.x - JUMP


def test_what_is_his_own_is_where_it_is() -> None:
    simulation, _ = with_ball(owner=1)
    assert look(simulation, 1000, player=1)[0][1].x == 40.0
    assert look(simulation, 1000, player=2)[0][1].x < 40.0


def test_no_more_is_kept_than_anybody_may_look_at() -> None:
    simulation, _ = with_ball(ticks=50)
    (past,) = simulation.world.pasts.values()
    assert len(past.to_plain()) == RATE * REWIND_SECONDS
    assert look(simulation, MOST)[0][1].x == 200.0 - (MOST / SUBTICKS - 1) * 4


def test_a_picture_says_what_it_is() -> None:
    simulation, ball = with_ball()
    ((_, then),) = look(simulation, 256)
    assert isinstance(then, Ball)
    assert repr(then) == f"<Ball {ball.id} as seen: x=40.0, y=0.0, turn=0, level=0>"
    with pytest.raises(AttributeError, match=r"Ball.colour as it was then is not known.*\(x, y, turn, level\); ask the entity"):
        _ = then.colour
    with pytest.raises(AttributeError, match="Ball has no field 'weight'"):
        _ = then.weight  # type: ignore[attr-defined] # there is none
    with pytest.raises(AttributeError, match="a picture"):
        then.x = 3.0


@pytest.mark.parametrize("after", [-1, 1.0, True])
def test_a_number_of_ticks_that_is_none_is_refused(after: Any) -> None:  # noqa: ANN401 - anything
    with pytest.raises(GameError, match="is no number of ticks"):
        look(with_ball()[0], 256, after=after)


def test_only_a_collection_can_be_looked_at() -> None:
    with pytest.raises(GameError, match=r"is no collection of entities: give one, such as self\.tanks"):
        play(with_ball()[0], lambda game: game.as_seen_by(1, [1, 2]))


@pytest.mark.parametrize("back", [-1, MOST + 1, 1.5, True, None])
def test_a_view_that_is_none_is_refused(back: Any) -> None:  # noqa: ANN401 - anything
    with pytest.raises(ValueError, match=f"an integer from 0 to {MOST}"):
        play(with_ball()[0], views={1: back})


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ({"rewinds": 1}, "rewinds=1: say True or False"),
        ({"jump": 3.0}, "jump=3.0 says how far who rewinds may move: add rewinds=True"),
        ({"rewinds": True, "jump": 0}, "jump=0 must be a length of more than 0"),
        ({"rewinds": True, "jump": float("inf")}, "jump=inf must be a length"),
        ({"rewinds": True, "jump": "far"}, "jump='far' must be a length"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(declaration: Any, words: str) -> None:  # noqa: ANN401 - anything
    with pytest.raises(SchemaError) as caught:

        class Odd(Game):
            name = "odd"
            inputs = Hold
            balls = entities_of(Ball, **declaration)

    assert words in str(caught.value)
    assert "test_rewind.py:" in str(caught.value)


def test_what_only_turns_cannot_jump() -> None:
    class Vane(Entity):
        turn: int = angle(16)

    with pytest.raises(SchemaError, match="Vane has no linear field that could jump"):

        class Roof(Game):
            name = "roof"
            inputs = Hold
            vanes = entities_of(Vane, rewinds=True, jump=3.0)


# -- a part of the state -----------------------------------------------------------------------------------------------------
def test_it_survives_encoding_at_every_tick() -> None:
    """A world that is restored in between, and one that is not, see the same pasts and have the same hashes."""
    whole, _ = with_ball(ticks=0)
    for tick in range(20):
        other = Simulation(Yard)
        other.restore(whole.encode())
        for simulation in (whole, other):
            (moved,) = simulation.game.balls  # type: ignore[attr-defined]
            moved.x += JUMP + 1 if tick == 12 else tick / 4
            moved.turn += 17
        seen = [[(then.x, then.turn) for _, then in look(simulation, MOST - 77)] for simulation in (whole, other)]
        assert seen[0] == seen[1]
        assert whole.world.hash() == other.world.hash()
        assert whole.encode() == other.encode()


def test_worlds_of_other_pasts_differ() -> None:
    one, _ = with_ball()
    other, _ = with_ball(ticks=9)
    roll(other, 4.0)
    assert one.world.hash() == other.world.hash()
    again, _ = with_ball(ticks=8)
    roll(again, 6.0)
    roll(again, 2.0)
    assert again.world.rows == one.world.rows
    assert again.world.sub_hashes()["past"] != one.world.sub_hashes()["past"]
    assert again.world.hash() != one.world.hash()


def test_a_state_of_a_game_that_remembers_fits_no_game_that_does_not() -> None:
    class Forgets(Game):
        name = "yard"
        tick_rate = RATE
        inputs = Hold
        balls = entities_of(Ball)

    simulation, _ = with_ball()
    with pytest.raises(GameError, match="does not fit"):
        Simulation(Forgets).restore(simulation.encode())


def test_the_same_views_give_the_same_match() -> None:
    """And others do not: how far back he saw is an input."""

    def run(back: int) -> tuple[int, list[float]]:
        simulation, _ = with_ball()
        seen = [look(simulation, back)[0][1].x for _ in range(3)]
        return simulation.world.hash(), seen

    assert run(700) == run(700)
    assert run(700)[1] != run(900)[1]


def test_it_is_told_as_whose_eyes_saw_it() -> None:
    simulation, _ = with_ball()
    look(simulation, 300)
    assert simulation.judged == {1: 300}
    play(simulation, views={1: 300})
    assert simulation.judged == {}
