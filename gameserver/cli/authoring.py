"""The commands for who makes games and maps: how one begins, what a game costs, what it declares, whether a map can be played."""

from __future__ import annotations

import json as json_module
import shlex
from pathlib import Path
from typing import Annotated, Final

import cyclopts
from cyclopts import Parameter

from gameserver.cli.say import FAILED, OK, progress
from gameserver.library import blaming, load_game
from gameserver.maps import check_map, load_map, map_names
from gameserver.options import parse_options
from gameserver.settings import UsageError

BENCH_PLAYERS: Final = 16
"""The room that the figures of docs/figures.md speak of."""


def new(name: str, *, folder: str = ".") -> int:
    """Begin a game: a folder with a small one that plays at once, and its tests.

    Parameters
    ----------
    name
        What clients will ask for: a-z, digits, _ and -, a letter first.
    folder
        Where the folder of this name is made.
    """
    from gameserver.new import write_skeleton  # here, so that the other commands do not wait for it

    game, *others = write_skeleton(name, Path(folder))
    target = Path(folder, name)
    print(f"{target} holds {game}, {', '.join(others)}. Go on with:")
    print(f"""
  cd {shlex.quote(str(target))}
  gameserver serve --game {game} --reload --bots 4
  pytest  # pip install pytest
  gameserver bench {game}""")
    return OK


def bench(
    game: str,
    *,
    players: Annotated[int | None, Parameter(validator=cyclopts.validators.Number(gte=1, lte=255))] = None,
    seconds: Annotated[float, Parameter(validator=cyclopts.validators.Number(gt=0, lte=3_600))] = 20.0,
    seed: int = 0,
    map: str = "",  # noqa: A002 - the name of the option
    option: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    json: bool = False,
    strict: bool = False,
) -> int:
    """Measure a game, played by its own bots without a network: time by hook, bytes by field, and what to do about them.

    Parameters
    ----------
    game
        Game to measure, by name or as the path of a Python file.
    players
        How many bots play. Default: as many as have a seat, at most 16.
    seconds
        How much game time is measured; it passes as fast as the machine can.
    seed
        Seed of the match and of the bots' minds.
    map
        Map, by name or as the path of a .tmj file. Default: the game's.
    option
        Option of the room, as NAME=VALUE; may be given several times.
    json
        Print one JSON object.
    strict
        Exit with 1 if there are warnings.
    """
    from gameserver.bench import run_bench

    loaded = load_game(game)
    count = min(loaded.max_players, BENCH_PLAYERS) if players is None else players
    if count > loaded.max_players:
        raise UsageError(f"--players {count}: {loaded.name} has {loaded.max_players} seats")
    if map and not loaded.uses_map:
        raise UsageError(f"--map {map}: {loaded.name} has no map")
    tile_map = load_map(map or loaded.default_map)[0] if loaded.uses_map else None
    options = parse_options(loaded, option)
    with blaming(loaded, "cannot be played"):
        report = run_bench(
            loaded,
            players=count,
            seconds=seconds,
            seed=seed,
            options=options,
            tile_map=tile_map,
            on_second=progress("seconds played", int(seconds)),
        )
    print(json_module.dumps(report.to_json()) if json else report.readable())
    return FAILED if strict and report.warnings else OK


def schema(game: str, *, ts: bool = False, json: bool = False) -> int:
    """Print what a game declares: its fields and who sees them, events, calls, input and options.

    Parameters
    ----------
    game
        Game to describe, by name or as the path of a Python file.
    ts
        Print TypeScript types for a client.
    json
        Print one JSON object, as clients get it, with what nobody is sent beside it.
    """
    from gameserver.describe import schema_json, schema_text
    from gameserver.typescript import typescript

    if ts and json:
        raise UsageError("--ts and --json: say one of them")
    loaded = load_game(game)
    if ts:
        print(typescript(loaded), end="")
    else:
        print(json_module.dumps(schema_json(loaded)) if json else schema_text(loaded))
    return OK


def maps_check(*files: str, game: str = "", json: bool = False) -> int:
    """Check maps: that they can be read, that all open ground can be reached, and that nothing is a dead end.

    Parameters
    ----------
    files
        Names or paths; none: all that come with the server.
    game
        Also check that this game can be played on them: arena, or the path of a Python file.
    json
        Print one JSON object.
    """
    names = files or tuple(map_names())
    rules = load_game(game).map_problems if game else None
    problems: dict[str, list[str]] = {}
    for number, name in enumerate(names, start=1):
        problems[name] = check_map(name, rules)
        progress("maps checked", len(names))(number)
    if json:
        print(json_module.dumps({"maps": len(names), "problems": problems}))
    else:
        for name, found in problems.items():
            print(f"{name}: {'fine' if not found else f'{len(found)} problems'}")
            for problem in found:
                print(f"  {problem}")
    return FAILED if any(problems.values()) else OK
