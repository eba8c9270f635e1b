"""What a game may not do, and how it shows: each row of the table in docs/api.md is done here, and the words must be those."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from gameserver import (
    EVERYONE,
    Entity,
    Event,
    Game,
    GameError,
    Globals,
    Input,
    Player,
    Result,
    SchemaError,
    call,
    entities_of,
    integer,
    real,
    shared,
)
from gameserver.core.limits import MAX_ENTITIES, MAX_EVENTS_PER_TICK, MAX_TIMERS
from gameserver.core.simulation import Called, Join, Simulation
from gameserver.development.lint import slips_in
from gameserver.guard import Guard, HookTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parent.parent / "docs" / "api.md"


class Stone(Entity):
    x: float = real(quantum=1 / 16, low=0.0, high=100.0, default=1.0)
    size: int = integer(0, 9, default=1)


class Marble(Entity):
    x: float = real(quantum=1 / 16, default=1.0)
    size: int = integer(0, 9, default=1)


class Rolled(Event):
    stone: int = integer(0, 9)


class Unknown(Event):
    stone: int = integer(0, 9)


class Board(Globals):
    score: int = integer(0, 9, default=0)


class Nothing(Input):
    pressed: int = integer(0, 1, default=0)


@attrs.define
class Deed:
    """What the game does in its next step."""

    do: Callable[[Any], object] = lambda game: None
    audience: Any = EVERYONE
    result: Any = None
    reply: Any = None


class Culprit(Game):
    name = "culprit"
    inputs = Nothing
    events = (Rolled,)
    stones = entities_of(Stone)
    marbles = entities_of(Marble, rewinds=True)
    board = shared(Board)

    deed: Deed

    def setup(self, options: object) -> None:
        self.deed = Deed()
        self.stones.add(Stone())
        self.marbles.add(Marble())

    def step(self, inputs: object) -> None:
        self.deed.do(self)

    def audience(self, entity: Entity) -> Any:  # noqa: ANN401 - it may be anything here
        return self.deed.audience if isinstance(entity, Stone) else EVERYONE

    def is_over(self) -> Result | None:
        result: Result | None = self.deed.result
        return result

    @call
    def ask(self, player: Player) -> Any:  # noqa: ANN401 - likewise
        return self.deed.reply

    def ring(self) -> None:
        pass


def stone(game: Any) -> Any:  # noqa: ANN401 - the tests do to it what a type checker would forbid
    return next(iter(game.stones))


def picture(game: Any) -> Any:  # noqa: ANN401 - likewise
    ((_, then),) = game.as_seen_by(1, game.marbles)
    return then


def play(deed: Deed) -> Simulation:
    simulation = Simulation(Culprit, seed=1)
    game: Any = simulation.game
    simulation.step([Join(1, "ann")], {})
    game.deed.do, game.deed.audience = deed.do, deed.audience
    game.deed.result, game.deed.reply = deed.result, deed.reply
    simulation.step([Called(1, 1, "ask", ())], {})
    return simulation


def remove_twice(game: Any) -> None:  # noqa: ANN401 - likewise
    first = stone(game)
    game.stones.remove(first)
    game.stones.remove(first)


def times(number: int, do: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda game: [do(game) for _ in range(number + 1)]


AT_RUN_TIME: dict[str, tuple[Deed, type[BaseException]]] = {
    "Stone.size of id 1: 10 is outside 0..9": (Deed(lambda g: setattr(stone(g), "size", 10)), GameError),
    "Stone.x of id 1: nan is not finite": (Deed(lambda g: setattr(stone(g), "x", float("nan"))), GameError),
    "Stone.size of id 1: True is a bool, not an int": (Deed(lambda g: setattr(stone(g), "size", True)), GameError),
    "Stone.size of id 1: 1.5 is a float, not an int": (Deed(lambda g: setattr(stone(g), "size", 1.5)), GameError),
    "'Stone' object has no attribute 'colour'": (Deed(lambda g: setattr(stone(g), "colour", 3)), AttributeError),
    "Culprit.count was set after setup": (Deed(lambda g: setattr(g, "count", 1)), GameError),
    "Unknown is not declared: add it to Culprit.events": (Deed(lambda g: g.emit(Unknown(stone=1))), GameError),
    "Stone of id 1 is in the world already": (Deed(lambda g: g.stones.add(stone(g))), GameError),
    "is not in the world: it was removed before, or never added": (Deed(remove_twice), GameError),
    "Culprit.audience returned 'all': return EVERYONE, team(n), owner(player) or NOBODY": (Deed(audience="all"), GameError),
    "Culprit.is_over returned True: return None, or Result(winners=…, scores=…) with integers": (Deed(result=True), GameError),
    "call 'ask' returned [1]: return None, a bool, an int or a str": (Deed(reply=[1]), GameError),
    "is no plain value: pass an id and look the entity up later": (Deed(lambda g: g.after(5, g.ring, stone(g))), GameError),
    "after() takes a method of the game itself, such as self.respawn": (Deed(lambda g: g.after(5, print)), GameError),
    f"the world holds {MAX_ENTITIES} entities": (
        Deed(times(MAX_ENTITIES, lambda g: g.stones.add(Stone()))),
        GameError,
    ),
    f"{MAX_TIMERS} timers wait already": (Deed(times(MAX_TIMERS, lambda g: g.after(5, g.ring))), GameError),
    f"{MAX_EVENTS_PER_TICK} events in one tick": (Deed(times(MAX_EVENTS_PER_TICK, lambda g: g.emit(Rolled(stone=1)))), GameError),
    "as_seen_by(): Stone does not rewind: declare its collection as entities_of(Stone, rewinds=True)": (
        Deed(lambda g: g.as_seen_by(1, g.stones)),
        GameError,
    ),
    "7 sees nothing: nobody has this number in the room": (Deed(lambda g: g.as_seen_by(7, g.marbles)), GameError),
    "this Marble is how somebody saw it, a picture: change the entity itself": (
        Deed(lambda g: setattr(picture(g), "x", 2.0)),
        AttributeError,
    ),
    "Marble.size as it was then is not known: only what is interpolated is kept": (Deed(lambda g: picture(g).size), AttributeError),
    "kick(7): nobody has this number in the room": (Deed(lambda g: g.kick(7, "why")), GameError),
}


def said_on_the_page(words: str) -> bool:
    return words in re.sub(r"\s+", " ", PAGE.read_text())


@pytest.mark.parametrize("words", AT_RUN_TIME)
def test_it_shows_in_the_tick_in_which_it_happens(words: str) -> None:
    deed, kind = AT_RUN_TIME[words]
    with pytest.raises(kind) as caught:
        play(deed)
    assert words in str(caught.value)
    assert said_on_the_page(words), f"docs/api.md does not say {words!r}"


def test_nothing_of_it_happens_to_who_does_no_wrong() -> None:
    simulation = play(Deed())
    assert list(simulation.players) == [1]
    assert simulation.result is None


def test_a_hook_that_does_not_end_is_stopped() -> None:
    def spin(game: object) -> None:
        while True:
            pass

    with Guard() as guard, pytest.raises(HookTimeout) as caught:
        guard.run(play, Deed(spin), cpu_seconds=0.02)
    words = re.sub(r"0\.02", "0.2", str(caught.value))
    assert said_on_the_page(words[:40]), words


BEFORE_ANYTHING_RUNS = {
    "is annotated but not declared: write `speed: float = real(quantum=1/16)`": "class Ship(Entity):\n    speed: float\n",
    "quantum 0.1 is not a power of two": "class Ship(Entity):\n    x: float = real(quantum=0.1)\n",
    "its default does not fit: 7 is outside 0..5": "class Ship(Entity):\n    n: int = integer(0, 5, default=7)\n",
    "a real that somebody sees needs a quantum": "class Ship(Entity):\n    x: float = real()\n",
    "has no field that clients interpolate: there is no past to keep": (
        "class Ship(Entity):\n    n: int = integer(0, 5)\n"
        "class Sea(Game):\n    name = 'sea'\n    inputs = Nothing\n    ships = entities_of(Ship, rewinds=True)\n"
    ),
    "is never called by the server: did you mean `def step(self, inputs)`?": "class Sea(Game):\n    def steps(self, inputs): ...\n",
    "does not take what the server gives it: write `def step(self, inputs)`": "class Sea(Game):\n    def step(self): ...\n",
    "may not wait": "class Sea(Game):\n    async def step(self, inputs): ...\n",
    "is shared by all rooms and no part of the state": "class Sea(Game):\n    waves = []\n",
}


@pytest.mark.parametrize("words", BEFORE_ANYTHING_RUNS)
def test_a_declaration_that_cannot_be_is_refused_when_the_file_is_read(words: str) -> None:
    from gameserver import integer, real

    names = {"Entity": Entity, "Game": Game, "Nothing": Nothing, "entities_of": entities_of, "real": real, "integer": integer}
    with pytest.raises(SchemaError) as caught:
        exec(BEFORE_ANYTHING_RUNS[words], {**names, "__name__": "game"})
    assert words in str(caught.value)
    assert said_on_the_page(words), f"docs/api.md does not say {words!r}"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import random", "imports random: draw from self.random"),
        ("import time", "imports time: count ticks"),
        ("import threading", "imports threading: a hook reads and writes nothing outside"),
        ("import math\nmath.sin(1)", "math.sin: its last digits differ from platform to platform"),
        ("for x in {1, 2}: pass", "goes through a set: a set has no order that repeats"),
    ],
)
def test_what_would_not_repeat_is_said_when_the_server_starts(source: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "game.py").write_text(source)
    assert words in "\n".join(slips_in(tmp_path / "game.py"))
    assert said_on_the_page(words), f"docs/api.md does not say {words!r}"
