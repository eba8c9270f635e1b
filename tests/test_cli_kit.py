"""`gameserver bench` and `gameserver schema`: what they print, how they end, and what they say to somebody who made a mistake."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from gameserver import Entity, Event, Game, Input, Options, Schema, boolean, call, cli, entities_of, integer, integers, real, text
from gameserver.core.schema import PLAYERS
from gameserver.games.arena import Arena
from gameserver.typescript import typescript
from tests.kit.pond import PondGame
from tests.test_cli import BAD_SETUP, BROKEN_GAMES, GAME, Command, gameserver, words
from tests.tools import require_tool

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["gameserver"]  # a fixture

FOUND_ON_LOADING = [case for case in BROKEN_GAMES if "setup" not in case]

BAD_STEP = """
    def step(self, inputs):
        if self.tick > 5:
            inputs["nobody"]
"""

OUT_OF_RANGE = """
    def join(self, player, profile):
        player.team = 77
"""


# -- bench ------------------------------------------------------------------------------------------------------------------
def test_bench_measures_the_arena(gameserver: Command) -> None:
    assert gameserver("bench", "arena", "--seconds", "2", "--players", "8") == cli.OK
    assert gameserver.out.startswith("arena: 8 bots on field.tmj, 2 s at 30 Hz, 60 ticks, seed 0")
    assert re.search(r"a step of arena with 8 players: \d\.\d\d ms at the median", gameserver.out)
    arguments = ["--seconds", "1", "--seed", "4", "--map", "tiny", "--option", "damage=50", "--json"]
    assert gameserver("bench", "arena", *arguments) == cli.OK
    report = json.loads(gameserver.out)
    assert (report["players"], report["seed"], report["map"]) == (16, 4, "tiny.tmj")
    assert report["bytes_per_second_per_client"]["Tank.x"] > 0


def test_bench_plays_a_game_from_a_file(gameserver: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GAME)
    assert gameserver("bench", "mine.py", "--seconds", "1", "--strict") == cli.OK
    assert gameserver.out.startswith("mine: 8 bots, 1 s at 30 Hz") and "no warnings" in gameserver.out


def test_bench_is_strict_only_if_it_is_told_to_be(gameserver: Command, tmp_path: Path) -> None:
    source = GAME.replace(
        "integer\n", "integer, Entity, entities_of, real\nclass Car(Entity):\n    x: float = real(quantum=1 / 256)\n"
    )
    source += """
    cars = entities_of(Car)

    def setup(self, options):
        self.cars.add(Car(x=0.0))

    def step(self, inputs):
        for car in self.cars:
            car.x += 4.0
"""
    (tmp_path / "car.py").write_text(source)
    assert gameserver("bench", "car.py", "--seconds", "3") == cli.OK
    assert "warning: Car.x: it changes by 1024 quanta a tick" in gameserver.out
    assert "quantum=1 / 16 makes it 64" in gameserver.out
    assert gameserver("bench", "car.py", "--seconds", "3", "--strict", "--json") == cli.FAILED
    assert len(json.loads(gameserver.out)["warnings"]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bench"], "game"),
        (["bench", "chess"], "there is no game 'chess': there are arena"),
        (["bench", "nowhere.py"], "nowhere.py: there is no such file"),
        (["bench", "arena", "--players", "17"], "--players 17: arena has 16 seats"),
        (["bench", "arena", "--players", "0"], "1"),
        (["bench", "arena", "--seconds", "0"], "0"),
        (["bench", "arena", "--map", "atlantis"], "the maps by name are: "),
        (["bench", "arena", "--option", "gravity=9"], "the options of arena are: mode, score_limit"),
        (["bench", "mine.py", "--map", "field"], "--map field: mine has no map"),
        (["schema"], "game"),
        (["schema", "chess"], "there is no game 'chess'"),
        (["schema", "arena", "--ts", "--json"], "--ts and --json: say one of them"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(gameserver: Command, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "mine.py").write_text(GAME)
    assert gameserver(*arguments) == cli.USAGE
    assert said in words(gameserver.out + gameserver.err)


@pytest.mark.parametrize("command", ["bench", "schema"])
@pytest.mark.parametrize("case", FOUND_ON_LOADING)
def test_a_broken_game_is_named_with_file_and_line(gameserver: Command, tmp_path: Path, command: str, case: str) -> None:
    source, where, what_to_do = BROKEN_GAMES[case]
    (tmp_path / "game.py").write_text(source)
    assert gameserver(command, "game.py") == cli.USAGE
    assert re.search(where, gameserver.err), gameserver.err
    assert what_to_do in gameserver.err


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (GAME + BAD_SETUP, r"game\.py:12: mine cannot be played: KeyError: 'map'"),
        (GAME + BAD_STEP, r"game\.py:13: mine cannot be played: KeyError: .*the number 'nobody'"),
        (GAME + OUT_OF_RANGE, r"game\.py: mine cannot be played: GameError: Player\.team of id \d+: 77 is outside 0\.\.31"),
    ],
)
def test_a_game_that_fails_while_it_is_measured_is_named_with_file_and_line(
    gameserver: Command, tmp_path: Path, source: str, said: str
) -> None:
    (tmp_path / "game.py").write_text(source)
    assert gameserver("bench", "game.py") == cli.USAGE
    assert re.search(said, gameserver.err), gameserver.err


# -- schema -----------------------------------------------------------------------------------------------------------------
def test_schema_is_a_page_for_people(gameserver: Command) -> None:
    assert gameserver("schema", "arena") == cli.OK
    lines = [" ".join(line.split()) for line in gameserver.out.splitlines()]
    assert lines[0] == "arena, version 3: 30 Hz, up to 16 players, on a map"
    for line in (
        "Match (the room)",
        "Driver (players)",
        "Tank (entities)",
        "x real in steps of 1/16",
        "ammo integer 0..5 default 5, seen by its owner",
        "life integer 0..60 default 60, seen by nobody",
        "Killed (reliable event)",
        "Hit (cosmetic event)",
        "aim angle of 1024 steps default 0",
        "respawn boolean default False, a press",
        "mode one of map, all, teams, flags default 'map'",
    ):
        assert line in lines


def test_schema_as_json_is_what_clients_get_and_more(gameserver: Command, tmp_path: Path) -> None:
    assert gameserver("schema", "arena", "--json") == cli.OK
    found = json.loads(gameserver.out)
    assert Schema.from_wire(found).to_wire() == Arena.schema.to_wire()
    assert found["tick_rate"] == 30 and found["uses_map"] is True
    assert "Killed" in found["reliable"] and "Hit" not in found["reliable"]
    assert found["hidden"]["Shell"] == ["team", "step_x", "step_y", "life"]
    (tmp_path / "mine.py").write_text(GAME)
    assert gameserver("schema", "mine.py", "--json") == cli.OK
    found = json.loads(gameserver.out)
    assert found["hidden"] == {} and found["kinds"][PLAYERS]["name"] == "Player"


PLAYED = """\
export interface Duck {
  /** Multiple of 0.0625. */
  x: number;
  /** Integer, 0 to 10000. */
  dives: number;
  /** Integer, 0 to 991. */
  owner: number;
  /** Integer, 0 to 31. */
  team: number;
  /** Integer, 0 to 99; only its team is sent it. */
  plan?: number;
  /** Integer, 0 to 10000; only its owner is sent it. */
  crumbs?: number;
}
"""

CALLS = """\
  /** Throw bread. */
  feed(to: number, words: string): Promise<string>;
  evict(whom: number): Promise<null>;
  fish(): Promise<number>;
  later(): Promise<null>;
"""


def test_typescript_has_each_kind_as_a_player_sees_it(gameserver: Command) -> None:
    source = typescript(PondGame)
    assert PLAYED in source
    assert CALLS in source
    assert "dream" not in source, "nobody is sent it"
    assert 'export const GAME = "pond";' in source
    assert "  Duck: Duck;\n" in source and "  Bread: Bread;\n" in source
    assert "/** It arrives once and in order. */\nexport interface Bread {" in source
    assert "  /** Boolean; a press: it counts once. */\n  dive: boolean;" in source
    assert gameserver("schema", "arena", "--ts") == cli.OK
    assert gameserver.out == typescript(Arena)


class type_(Event):
    of: int = integer(0, 1)


class Promise(Entity):
    été: float = real(quantum=2.0, low=-8, high=8)
    function: str = text(9)
    new: tuple[int, ...] = integers(0, 3, most=2, default=())
    secret: bool = boolean(audience="none")


class Entity_(Entity):
    pass


class Calls(Input):
    pass


class Void(Options):
    pass


class Odd(Game):
    name = "odd"
    inputs = Calls
    options = Void
    events = (type_,)
    promises = entities_of(Promise)
    others = entities_of(Entity_)

    @call
    def new(self, player: object, function: int = integer(0, 1), function_: str = text(3)) -> int | None:
        """Make one. */ And more."""
        return None

    @call
    def unsaid(self, player: object):  # type: ignore[no-untyped-def] # noqa: ANN202 - an author may leave it out
        return None


def test_odd_names_stay_valid_typescript() -> None:
    source = typescript(Odd)
    assert "export interface Promise_ {" in source and "  Promise: Promise_;" in source
    assert '  "été": number;' in source and "Multiple of 2, -8 to 8." in source
    assert "  new: readonly number[];" in source
    assert "  new(function_: number, function__: string): Promise<number | null>;" in source
    assert "  /** Make one. * / And more. */" in source
    assert "  unsaid(): Promise<boolean | number | string | null>;" in source
    assert "export type Calls_ = Record<string, never>;" in source
    assert "export type Void = Record<string, never>;" in source


@pytest.mark.parametrize("game", [Arena, PondGame, Odd], ids=lambda game: game.name)
def test_typescript_is_well_formed(game: type[Game]) -> None:
    """Every line is of a known shape, every brace is closed, and no name is declared twice."""
    source = typescript(game)
    shapes = (
        r"",
        r"//.*",
        r"\s*/\*\* .* \*/",
        r"export const [A-Z_]+ = (\d+|\"[a-z0-9_-]+\");",
        r"export interface \w+ \{",
        r"export type \w+ = .+;",
        r"  (\w+|\"\w+\")\??: [\w\[\] ]+;",
        r"  \w+\((\w+: [\w\[\] ]+(, )?)*\): Promise<[\w |]+>;",
        r"\}",
    )
    for line in source.splitlines():
        assert any(re.fullmatch(shape, line) for shape in shapes), line
    names = re.findall(r"^export (?:interface|type) (\w+)", source, re.MULTILINE)
    assert len(names) == len(set(names))
    assert source.count("{") == source.count("}")


@pytest.mark.parametrize("game", [Arena, PondGame, Odd], ids=lambda game: game.name)
def test_the_compiler_takes_it(game: type[Game], tmp_path: Path) -> None:
    (tmp_path / "game.ts").write_text(typescript(game))
    command = [require_tool("tsc"), "--strict", "--noEmit", "--target", "es2022", "game.ts"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
