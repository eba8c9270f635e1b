"""What somebody who writes his first game gets wrong, and whether he is told the file, the line and what to do."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

import pytest

from gameserver import GameError, SchemaError
from gameserver.library import load_game
from gameserver.testing import Match
from tests.test_cli import Command, gameserver

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["gameserver"]  # a fixture

GAME: Final = """\
from gameserver import Brain, Entity, Event, Game, Input, Result, boolean, call, entities_of, integer, real


class Push(Input):
    right: bool = boolean()


class Hit(Event):
    hard: bool = boolean()


class Stone(Entity):
    x: float = real(quantum=1 / 16)
    size: int = integer(0, 9, default=1)


class Thinker(Brain):
    def think(self, view, player):
        return Push(right=True)


class Mine(Game):
    name = "mine"
    inputs = Push
    events = (Hit,)
    brain = Thinker
    stones = entities_of(Stone)

    def setup(self, options):
        self.stones.add(Stone(x=1.0))

    def join(self, player, profile):
        pass

    def step(self, inputs):
        for stone in self.stones:
            stone.x += 1.0

    def is_over(self):
        return None
"""

STEP: Final = "stone.x += 1.0"


def line_of(source: str, text: str) -> int:
    """The number of the first line with this text."""
    return next(number for number, line in enumerate(source.splitlines(), 1) if text in line)


# what he wrote: (instead of, the line that is named, what he is told)
WHILE_IT_IS_READ: Final = {
    "size: int = 1": (
        "size: int = integer(0, 9, default=1)",
        "class Stone",
        "Stone.size is annotated but not declared: write `size: int = integer(0, 100, default=1)`",
    ),
    "tags: list[int] = []": (
        "size: int = integer(0, 9, default=1)",
        "class Stone",
        "write `tags: list[int] = integers(0, 9, most=8)`",
    ),
    "size: int": ("size: int = integer(0, 9, default=1)", "class Stone", "write `size: int = integer(0, 100)`"),
    "size = 1": (
        "size: int = integer(0, 9, default=1)",
        "class Stone",
        "Stone.size is no field, and no object could change it: write `size: int = integer(",
    ),
    "size: int = integer(0, 9, default=[])": (
        "size: int = integer(0, 9, default=1)",
        "default=[]",
        "its default does not fit: [] is a list, not an int",
    ),
    "right: bool = False": ("right: bool = boolean()", "class Push", "write `right: bool = boolean(default=False)`"),
    "def __init__(self, x): self.x = x": ("size: int = integer(0, 9, default=1)", "class Stone", "Stone may not have an __init__"),
    "x: float = real()": ("x: float = real(quantum=1 / 16)", "real()", "needs a quantum, a power of two such as 1/16"),
    "def steps(self, inputs):": (
        "def step(self, inputs):",
        "def steps",
        "Mine.steps is never called by the server: did you mean `def step(self, inputs)`?",
    ),
    "def on_join(self, player, profile):": (
        "def join(self, player, profile):",
        "def on_join",
        "did you mean `def join(self, player, profile)`?",
    ),
    "def isOver(self):": ("def is_over(self):", "def isOver", "did you mean `def is_over(self)`?"),
    "def step(self):": (
        "def step(self, inputs):",
        "def step(self)",
        "Mine.step(self) does not take what the server gives it: write `def step(self, inputs)`",
    ),
    "def join(self, player):": ("def join(self, player, profile):", "def join", "write `def join(self, player, profile)`"),
    "def step(inputs):": ("def step(self, inputs):", "def step(inputs)", "write `def step(self, inputs)`"),
    "async def step(self, inputs):": (
        "def step(self, inputs):",
        "async def step",
        "Mine.step may not wait: write `def step(self, inputs)` without async",
    ),
    "leave = 7": ("brain = Thinker", "class Mine", "leave must be a method: def leave(self, player)"),
    "def __init__(self):": (
        "def setup(self, options):",
        "def __init__",
        "the server makes the game: write `def setup(self, options)` instead",
    ),
    "def tick(self, inputs):": (
        "def step(self, inputs):",
        "def tick",
        "Mine.tick hides self.tick, which hooks use: choose another name",
    ),
    "@call\n    def answer(self, player):": (
        "def is_over(self):",
        "@call",
        "answer is a hook, which only the server calls: give the @call another name",
    ),
    "seen = []": (
        'name = "mine"',
        "class Mine",
        "seen = [] is shared by all rooms and no part of the state: declare a field on Globals",
    ),
    "input = Push": ("inputs = Push", "class Mine", "input means nothing to the server: did you mean inputs?"),
    "maxplayers = 2": ("brain = Thinker", "class Mine", "maxplayers means nothing to the server: did you mean max_players?"),
    "score = integer(0, 9)": (
        "brain = Thinker",
        "class Mine",
        "score is a field, and a game has none: declare it in a class derived from Globals",
    ),
    "events = (Hit)": ("events = (Hit,)", "class Mine", "events must be a tuple: write `events = (Hit,)`"),
    "tick_rate = 60.0": ("brain = Thinker", "class Mine", "tick_rate = 60.0 must be an integer from 1 to 60"),
    "class Stone:": ("class Stone(Entity):", "stones =", "write `class Stone(Entity):`"),
    "def thinks(self, view, player):": (
        "def think(self, view, player):",
        "class Mine",
        "Thinker: its thinks is never called: write `def think(self, view, player)`",
    ),
    "def think(self, view):": ("def think(self, view, player):", "def think", "write `def think(self, view, player)`"),
    "brain = Thinker()": ("brain = Thinker", "brain = Thinker()", "__init__() missing 3 required positional arguments"),
    "import numpyy": (
        "class Push(Input):\n    right: bool = boolean()",
        "import numpyy",
        "install it, or put numpyy.py beside the game",
    ),
    "from gameserver import Entitys, ": (
        "from gameserver import ",
        "Entitys",
        "cannot import name 'Entitys' from 'gameserver': did you mean Entity?",
    ),
    "from gameserver import Brain, Entity, Event, Game, Input, Result, boolean, call, entities_of, real": (
        "from gameserver import Brain, Entity, Event, Game, Input, Result, boolean, call, entities_of, integer, real",
        "integer(",
        "name 'integer' is not defined: add it to `from gameserver import …`",
    ),
    "\tdef step(self, inputs):": (
        "    def step(self, inputs):",
        "\tdef step",
        "indent with four spaces everywhere, and with no tab",
    ),
    "def step(self, inputs)": ("def step(self, inputs):", "def step", "SyntaxError: expected ':'"),
}


@pytest.mark.parametrize("wrote", WHILE_IT_IS_READ)
def test_a_slip_in_a_declaration_is_told_when_the_file_is_read(gameserver: Command, tmp_path: Path, wrote: str) -> None:
    instead, line, said = WHILE_IT_IS_READ[wrote]
    source = GAME.replace(instead, wrote, 1)
    assert source != GAME
    (tmp_path / "broken.py").write_text(source)
    assert gameserver("serve", "--game", "broken.py", "--port", "0") == 2
    assert f"broken.py:{line_of(source, line)}: " in gameserver.err
    assert said in gameserver.err


# what he wrote: (instead of, what he is told)
WHILE_IT_PLAYS: Final = {
    "stone.xx += 1.0": (STEP, "'Stone' object has no attribute 'xx': its fields are x, size, owner, team"),
    "stone.speed = 1.0": (STEP, "'Stone' object has no attribute 'speed'"),
    "stone.size = stone.size / 2": (STEP, "Stone.size of id 1: 0.5 is a float, not an int"),
    "stone.size = 0.5": (STEP, "round it, with // or math.floor, in the hook that sets it, or declare a real"),
    "stone.size += 10": (STEP, "11 is outside 0..9"),
    "self.emit(Hit)": (STEP, "emit() takes an event, not its class: write self.emit(Hit(…))"),
    "self.emit(Push(right=True))": (STEP, "Push is not declared: add it to Mine.events"),
    "self.count = 1": (
        STEP,
        "Mine.count was set after setup: it would be lost in a checkpoint and a replay. Declare a field for it",
    ),
    "self.count += 1": (STEP, "'Mine' object has no attribute 'count': declare what changes as a field (of Globals, say)"),
    "inputs[stone.owner]": (STEP, "nobody in the room has the number 0: an entity whose player has left has owner 0"),
    "self.stones.add(Stone(X=1.0))": (STEP, "Stone.__init__() got an unexpected keyword argument 'X'"),
    "return True": ("return None", "Mine.is_over returned True: return None, or Result(winners=…, scores=…) with integers"),
    "return Result(winners=1)": ("return None", "Mine.is_over returned Result(winners=1, scores={}): return None, or Result("),
    "return Result(winners=tuple(self.players.values()))": ("return None", "(players go by their numbers, player.owner)"),
    "return Result(scores=[1])": ("return None", "Mine.is_over returned Result(winners=(), scores=[1])"),
}


@pytest.mark.parametrize("wrote", WHILE_IT_PLAYS)
def test_a_slip_in_a_hook_is_told_when_it_is_played(tmp_path: Path, wrote: str) -> None:
    """The traceback has file and line; here it is about the words."""
    instead, said = WHILE_IT_PLAYS[wrote]
    (tmp_path / "broken.py").write_text(GAME.replace(instead, wrote, 1))
    match = Match(load_game(str(tmp_path / "broken.py")))
    match.join("ann")
    with pytest.raises((GameError, AttributeError, KeyError, TypeError), match=re.escape(said)):
        match.step()


FINE: Final = {
    "a hook's name within another": "def setup_walls(self): ...",
    "a method that is a little like a hook": "def is_open(self): ...",
    "both the hook and its like": "def steps(self): ...",
    "a call that is like a hook": "@call\n    def leaves(self, player): ...",
    "a constant": "WAVES = [1, 2, 3]",
    "something that all rooms share on purpose": "counts: 'ClassVar[list[int]]' = []",
    "more arguments than the server gives": "def answer(self, question, value, again=False): ...",
    "any arguments": "def leave(self, *anything): ...",
    "a property": "version_text = property(lambda self: 'one')",
}


@pytest.mark.parametrize("case", FINE)
def test_what_only_looks_like_a_slip_passes(tmp_path: Path, case: str) -> None:
    (tmp_path / "fine.py").write_text(GAME + "\n" + textwrap.indent(FINE[case].replace("\n    ", "\n"), "    ") + "\n")
    match = Match(load_game(str(tmp_path / "fine.py")))
    match.join("ann")
    before = match.tick
    match.step(2)
    assert match.tick == before + 2


def test_a_base_of_several_games_is_looked_at_with_each_of_them(tmp_path: Path) -> None:
    base = GAME.replace("class Mine(Game):", "class Base(Game, abstract=True):").replace(
        "def step(self, inputs)", "def steps(self, inputs)"
    )
    (tmp_path / "derived.py").write_text(base + "\n\nclass Mine(Base):\n    pass\n")
    with pytest.raises(SchemaError, match=r"derived\.py:\d+: Mine\.steps is never called"):
        load_game(str(tmp_path / "derived.py"))
