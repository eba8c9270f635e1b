"""Classes of declared fields, and the class of a game: what they refuse, and that each refusal names file, line and remedy."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest

from gameserver.core.errors import GameError, SchemaError
from gameserver.core.fields import angle, boolean, integer, integers, real, text
from gameserver.core.game import Game, call, entities_of, players_of, shared
from gameserver.core.record import Entity, Event, Globals, Input, Options, Player, RecordMeta


class Push(Input):
    x: int = integer(-1, 1)


class Ball(Entity):
    SIZE: ClassVar[int] = 12
    x: float = real(quantum=1 / 16, default=0.0)


def test_an_undeclared_attribute_is_refused_at_once() -> None:
    """State that nobody declared would be lost in the first checkpoint."""
    ball = Ball()
    with pytest.raises(AttributeError):
        ball.colour = "red"  # type: ignore[attr-defined] # the mistake itself
    assert not hasattr(ball, "__dict__")


def test_inputs_options_and_events_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Push(x=1).x = 0


def test_inputs_are_equal_by_value_and_entities_by_identity() -> None:
    assert Push(x=1) == Push(x=1) != Push(x=0)
    assert Ball() != Ball()


def test_constants_and_methods_are_no_fields() -> None:
    assert [field.name for field in Ball.layout.fields] == ["x", "owner", "team"]
    assert Ball().SIZE == 12


def test_fields_are_inherited_and_may_be_declared_anew() -> None:
    class Puck(Ball):
        y: float = real(quantum=1.0, default=0.0)
        owner: int = integer(0, 8, default=0, audience="none")

    names = {field.name: field.audience for field in Puck.layout.fields}
    assert names == {"y": "all", "x": "all", "team": "all", "owner": "none"}
    puck = Puck(x=1.0, y=2.0)
    assert Puck.layout.pack(puck) == (2, 16, 0, 0)


def test_own_fields_come_before_inherited_ones_and_levels_before_all() -> None:
    """The mask of a changed entity has its low bits for what changes often; what an audience sees is a slice."""

    class Card(Entity):
        face: int = integer(0, 51, default=0, audience="owner")
        back: int = integer(0, 3, default=0)
        note: int = integer(0, 3, default=0, audience="none")
        mark: int = integer(0, 3, default=0, audience="team")

    assert [field.name for field in Card.layout.fields] == ["back", "owner", "team", "mark", "face", "note"]
    assert Card.layout.cuts == (3, 4, 5)


def test_the_class_methods_of_the_author_survive() -> None:
    class Timer(Entity):
        left: int = integer(0, 9, default=3)

        def run(self) -> int:
            self.left -= 1
            return self.left

    assert Timer().run() == 2


def test_a_list_as_default_is_not_shared() -> None:
    class Snake(Entity):
        body: tuple[int, ...] = integers(0, 9, most=4, default=[1, 2])  # type: ignore[arg-type] # a habit of many

    assert Snake().body == (1, 2)


# -- what is refused ---------------------------------------------------------------------------------------------------------
def annotated_only() -> None:
    class Wrong(Entity):
        hp: int = 5


def default_out_of_range() -> None:
    class Wrong(Entity):
        hp: int = integer(0, 9, default=10)


def default_of_wrong_type() -> None:
    class Wrong(Entity):
        hp: int = integer(0, 9, default=True)


def default_not_finite() -> None:
    class Wrong(Entity):
        hp: float = real(quantum=1.0, default=float("nan"))


def quantum_no_power_of_two() -> None:
    class Wrong(Entity):
        x: float = real(quantum=0.3)


def visible_real_without_quantum() -> None:
    class Wrong(Entity):
        x: float = real()


def edge_in_an_entity() -> None:
    class Wrong(Entity):
        fire: bool = boolean(edge=True, default=False)


def name_with_underscore() -> None:
    class Wrong(Entity):
        _x: int = integer(0, 1)


def name_id() -> None:
    class Wrong(Entity):
        id: int = integer(0, 1)


def name_check_declared() -> None:
    class Wrong(Entity):
        check_declared: int = integer(0, 1)  # type: ignore[assignment] # the same


def too_many_fields() -> None:
    body: dict[str, Any] = {f"f{i}": integer(0, 1, default=0) for i in range(31)}
    RecordMeta("Wrong", (Entity,), body)


def globals_with_owner_field() -> None:
    class Wrong(Globals):
        x: int = integer(0, 1, default=0, audience="owner")


def input_with_team_field() -> None:
    class Wrong(Input):
        x: int = integer(0, 1, audience="team")


def event_with_hidden_field() -> None:
    class Wrong(Event):
        x: int = integer(0, 1, audience="none")


def owner_as_text() -> None:
    class Wrong(Entity):
        owner: str = text(5, default="")  # type: ignore[assignment] # the same


def team_out_of_range() -> None:
    class Wrong(Entity):
        team: int = integer(0, 40, default=0)


def call_argument_without_field() -> None:
    class Wrong:
        @call
        def emote(self, player: Player, which: int = 3) -> None: ...


def call_with_long_text() -> None:
    class Wrong:
        @call
        def say(self, player: Player, words: str = text(200)) -> None: ...


def call_with_many_integers() -> None:
    class Wrong:
        @call
        def draw(self, player: Player, points: tuple[int, ...] = integers(0, 9, most=65)) -> None: ...


def game_without_name() -> None:
    class Wrong(Game):
        inputs = Push


def game_with_bad_name() -> None:
    class Wrong(Game):
        name = "My Game"
        inputs = Push


def game_without_inputs() -> None:
    class Wrong(Game):
        name = "wrong"


def game_with_the_abstract_input() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Input


def game_with_float_tick_rate() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        tick_rate = 29.97  # type: ignore[assignment] # the same


def game_too_fast() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        tick_rate = 61


def game_too_full() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        max_players = 256


def two_globals() -> None:
    class One(Globals):
        x: int = integer(0, 1, default=0)

    class Two(Globals):
        x: int = integer(0, 1, default=0)

    class Wrong(Game):
        name = "wrong"
        inputs = Push
        one = shared(One)
        two = shared(Two)


def globals_without_defaults() -> None:
    class One(Globals):
        x: int = integer(0, 1)

    class Wrong(Game):
        name = "wrong"
        inputs = Push
        one = shared(One)


def players_without_defaults() -> None:
    class Racer(Player):
        lap: int = integer(0, 9)

    class Wrong(Game):
        name = "wrong"
        inputs = Push
        players = players_of(Racer)


def options_without_defaults() -> None:
    class Choice(Options):
        laps: int = integer(0, 9)

    class Wrong(Game):
        name = "wrong"
        inputs = Push
        options = Choice


def players_of_no_player() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        players = players_of(Ball)  # type: ignore[type-var, assignment] # the same


def entities_of_no_class() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        balls = entities_of(Ball())  # type: ignore[arg-type, var-annotated] # the same


def entities_of_the_abstract_one() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        things = entities_of(Entity)


def one_kind_twice() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        red = entities_of(Ball)
        blue = entities_of(Ball)


def input_too_wide() -> None:
    body: dict[str, Any] = {f"f{i}": integer(0, 1) for i in range(17)}
    wide: Any = RecordMeta("Wide", (Input,), body)

    class Wrong(Game):
        name = "wrong"
        inputs = wide


def input_with_text() -> None:
    class Chatty(Input):
        words: str = text(9)

    class Wrong(Game):
        name = "wrong"
        inputs = Chatty


def press_that_is_on_by_default() -> None:
    class Stuck(Input):
        fire: bool = boolean(edge=True, default=True)

    class Wrong(Game):
        name = "wrong"
        inputs = Stuck


def events_that_are_none() -> None:
    class Wrong(Game):
        name = "wrong"
        inputs = Push
        events = (Ball,)  # type: ignore[assignment] # the same


@pytest.mark.parametrize(
    ("define", "said"),
    [
        (annotated_only, "Wrong.hp is annotated but not declared"),
        (default_out_of_range, "'hp': its default does not fit: 10 is outside 0..9"),
        (default_of_wrong_type, "True is a bool, not an int"),
        (default_not_finite, "nan is not finite"),
        (quantum_no_power_of_two, "quantum 0.3 is not a power of two"),
        (visible_real_without_quantum, "a real that somebody sees needs a quantum"),
        (edge_in_an_entity, "'fire': edge=True is for inputs"),
        (name_with_underscore, "may not have a field of this name"),
        (name_id, "may not have a field of this name"),
        (name_check_declared, "may not have a field of this name"),
        (too_many_fields, "33 fields that somebody sees, at most 32"),
        (globals_with_owner_field, "belongs to no team and no player"),
        (input_with_team_field, "is no entity"),
        (event_with_hidden_field, "is no entity"),
        (owner_as_text, "Wrong.owner must be an integer from 0"),
        (team_out_of_range, "Wrong.team must be an integer from 0"),
        (call_argument_without_field, "argument 'which' of call 'emote' is not declared"),
        (call_with_long_text, "'words' of call 'say' is too long"),
        (call_with_many_integers, "'points' of call 'draw' is too long"),
        (game_without_name, "class Wrong: name '' must match"),
        (game_with_bad_name, "name 'My Game' must match"),
        (game_without_inputs, "inputs must be a class derived from Input"),
        (game_with_the_abstract_input, "inputs must be a class derived from Input"),
        (game_with_float_tick_rate, "tick_rate = 29.97 must be an integer"),
        (game_too_fast, "tick_rate = 61 must be an integer from 1 to 60"),
        (game_too_full, "max_players = 256 must be"),
        (two_globals, "declares two globals"),
        (globals_without_defaults, "'x': One needs a default for every field"),
        (players_without_defaults, "'lap': Racer needs a default for every field"),
        (options_without_defaults, "'laps': Choice needs a default for every field"),
        (players_of_no_player, "players must be given a subclass of Player"),
        (entities_of_no_class, "balls must be given a subclass of Entity"),
        (entities_of_the_abstract_one, "things must be given a subclass of Entity"),
        (one_kind_twice, "two kinds have the same name"),
        (input_too_wide, "an input has at most 16 fields"),
        (input_with_text, "'words': an input has only numbers"),
        (press_that_is_on_by_default, "'fire': a press is off when nothing is pressed"),
        (events_that_are_none, "which is no class derived from Event"),
    ],
)
def test_a_wrong_class_is_refused_with_file_and_line(define: Any, said: str) -> None:  # noqa: ANN401 - one of the above
    first = define.__code__.co_firstlineno
    last = max(line for *_, line in define.__code__.co_lines() if line)
    with pytest.raises(SchemaError) as caught:
        define()
    message = str(caught.value)
    assert said in message
    place = re.match(rf"{re.escape(__file__)}:(\d+): ", message)
    assert place, f"no file and line in: {message}"
    assert first <= int(place[1]) <= last + 12, f"line {place[1]} is not in {define.__name__}, which begins at {first}"


def test_a_schema_error_is_a_game_error() -> None:
    """It costs the game, not the server."""
    assert issubclass(SchemaError, GameError)


def test_an_abstract_game_is_not_checked() -> None:
    """A base of several games has no name and no inputs of its own."""

    class Base(Game, abstract=True):
        balls = entities_of(Ball)

    class Real(Base):
        name = "real"
        inputs = Push

    assert [kind.name for kind in Real.schema.kinds] == ["NoGlobals", "Player", "Ball"]


def test_calls_are_declared_like_fields() -> None:
    class Talk(Game):
        name = "talk"
        inputs = Push

        @call
        def emote(self, player: Player, which: int = integer(0, 7), way: int = angle(8)) -> None: ...

    assert [field.name for field in Talk.schema.calls["emote"].fields] == ["which", "way"]
