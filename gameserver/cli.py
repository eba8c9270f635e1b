"""The commands. Exit codes: 0 fine, 1 the check failed, 2 wrong usage or something that the user can mend."""

from __future__ import annotations

import json as json_module
import logging
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts
import trio
from cyclopts import App, Parameter

from gameserver.app import ServeSettings, UsageError, parse_options
from gameserver.app import serve as serve_app
from gameserver.core.errors import GameserverError
from gameserver.library import blaming, load_game
from gameserver.maps import check_map, load_map, map_names
from gameserver.net.logfiles import FileStore
from gameserver.net.real import FileDisk
from gameserver.results import latest

if TYPE_CHECKING:
    from collections.abc import Sequence

OK = 0
FAILED = 1
USAGE = 2

BENCH_PLAYERS = 16
"""The room that the figures of docs/figures.md speak of."""


def make_app() -> App:
    """The command line. Every option may also stand in the environment (GAMESERVER_PORT) or in gameserver.toml ([serve] port)."""
    app = App(
        name="gameserver",
        version=version("gameserver"),
        help="An authoritative multiplayer game server.",
        config=[
            cyclopts.config.Env("GAMESERVER_", command=False),
            cyclopts.config.Toml("gameserver.toml", must_exist=False, search_parents=False),
        ],
    )
    app.command(serve)
    app.command(bots)
    app.command(results)
    app.command(bench)
    app.command(schema)
    maps = App(name="maps", help="Look after maps.")
    maps.command(maps_check, name="check")
    app.command(maps)
    return app


def serve(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=0, lte=65_535))] = 8765,
    game: Annotated[tuple[str, ...], Parameter(negative="")] = ("arena",),
    room: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    map: str = "",  # noqa: A002 - the name of the option
    option: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    bots: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=0, lte=200))] = 0,
    strength: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1, lte=3))] = 2,
    seed: int | None = None,
    create_rooms: bool = True,
    link: Literal["lane", "plain"] = "lane",
    data: str = "gameserver-data",
    dev: Annotated[bool, Parameter(negative="")] = False,
    reload: Annotated[bool, Parameter(negative="")] = False,
    verbose: bool = False,
    log_json: bool = False,
) -> int:
    """Host rooms until Ctrl-C.

    Parameters
    ----------
    host
        Address to listen on. Anything but loopback lets strangers in.
    port
        Port to listen on; 0 takes any free one.
    game
        Game to offer, by name or as the path of a Python file; may be given several times. The first one gets the rooms.
    room
        Room to open at once and to keep (a-z and 0-9); may be given several times. Default: one, named after the game.
    map
        Map of these rooms, by name or as the path of a .tmj file.
    option
        Option of these rooms, as NAME=VALUE; may be given several times.
    bots
        Bots fill every room up to so many players, and give their seats up to people. A room that was opened because somebody asked
        for it has bots only while there is a person in it.
    strength
        How well they play: 1 for beginners, 2, 3 for strong players.
    seed
        Seed of these rooms' random numbers; by default an unguessable one.
    create_rooms
        Open a room when somebody asks for one that is not there.
    link
        How rooms talk to clients: "lane" reads and writes sockets at the tick, "plain" leaves all to trio-websocket and tasks.
    data
        Folder in which the results of matches are kept; "off" forgets them.
    dev
        For who develops a game, on loopback only: players see the traceback when their room fails.
    reload
        The same, and a game's rooms begin anew whenever its file changes.
    verbose
        Log more.
    log_json
        Log lines as JSON.
    """
    _set_up_logging(verbose=verbose, as_json=log_json)
    settings = ServeSettings(
        host=host,
        port=port,
        games=game,
        rooms=room,
        map=map,
        options=option,
        bots=bots,
        strength=strength,
        seed=seed,
        create_rooms=create_rooms,
        link=link,
        data=data,
        dev=dev,
        reload=reload,
    )
    trio.run(serve_app, settings, _say)
    return OK


def bots(
    *,
    url: str = "ws://127.0.0.1:8765",
    game: str = "arena",
    room: str = "",
    count: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1, lte=5_000))] = 8,
    seconds: Annotated[float, Parameter(validator=cyclopts.validators.Number(gte=0))] = 20.0,
    processes: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1, lte=64))] = 1,
    seed: int = 0,
    strength: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1, lte=3))] = 2,
    json: bool = False,
) -> int:
    """Play with bots, as ordinary clients, and measure what they see. Exits with 1 if a world was wrong or anything failed.

    Parameters
    ----------
    url
        The server: ws://HOST:PORT, with or without /ws/ROOM.
    game
        Game to play, by name or as the path of a Python file.
    room
        Room to join. Default: as many rooms as are needed, filled one after the other.
    count
        How many bots.
    seconds
        How long each plays, from its first snapshot on; 0: until Ctrl-C, and whoever loses the line comes back.
    processes
        Share the bots among so many processes.
    seed
        Seed of the bots' minds.
    strength
        How well they play: 1 for beginners, 2, 3 for strong players. A game's brain makes of it what it can.
    json
        Print one JSON object.
    """
    from gameclient.address import parse_url
    from gameclient.bots import BotRunner, run_in_processes

    try:
        address = parse_url(url)
    except ValueError as error:
        raise UsageError(str(error)) from error
    loaded = load_game(game)
    if processes > 1:
        if seconds == 0:
            raise UsageError("--seconds 0 plays in one process: leave --processes out")
        worker_arguments = [url, game, room or address.room, str(seconds), str(seed), str(strength)]
        report = trio.run(run_in_processes, worker_arguments, count, processes)
    else:
        runner = BotRunner(
            url,
            game=loaded,
            room=room,
            count=count,
            seconds=seconds or float("inf"),
            seed=seed,
            strength=strength,
            comes_back=seconds == 0,
            on_progress=_progress("bots joined", count),
        )
        trio.run(_until_interrupted, runner.run)
        report = runner.report
    summary = report.summary(count, seconds)
    print(json_module.dumps(summary) if json else _readable(summary))
    return FAILED if report.failed else OK


def results(
    *,
    data: str = "gameserver-data",
    last: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 20,
    json: bool = False,
) -> int:
    """Show how the last matches ended.

    Parameters
    ----------
    data
        The folder that `serve --data` names.
    last
        So many of the last.
    json
        Print one JSON object a line.
    """
    if not Path(data).is_dir():
        raise UsageError(f"{data}: there is no such folder; `gameserver serve` makes it when the first match ends (serve --data)")
    for record in trio.run(latest, FileStore(FileDisk(data)), last):
        print(record.encode().decode() if json else record.describe())
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
            on_second=_progress("seconds played", int(seconds)),
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
        _progress("maps checked", len(names))(number)
    if json:
        print(json_module.dumps({"maps": len(names), "problems": problems}))
    else:
        for name, found in problems.items():
            print(f"{name}: {'fine' if not found else f'{len(found)} problems'}")
            for problem in found:
                print(f"  {problem}")
    return FAILED if any(problems.values()) else OK


# -- helpers ---------------------------------------------------------------------------------------------------------------
async def _until_interrupted(run: Any) -> Any:  # noqa: ANN401 - whatever it returns
    """Run until it ends or somebody presses Ctrl-C, which is no error."""
    result = None
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:

            async def wait_for_signal() -> None:
                async for _ in signals:
                    nursery.cancel_scope.cancel()

            nursery.start_soon(wait_for_signal)
            result = await run()
            nursery.cancel_scope.cancel()
    return result


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _progress(what: str, total: int) -> Any:  # noqa: ANN401 - a callable
    """Counts on standard error, if a person looks at it."""

    def show(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done}/{total} {what}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def _readable(summary: dict[str, Any]) -> str:
    lines = []
    for key, value in summary.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        lines.append(f"{key.replace('_', ' '):22} {shown}")
    return "\n".join(lines)


class _JsonLines(logging.Formatter):
    """One JSON object a line, everything escaped."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": record.created, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json_module.dumps(line)


def _set_up_logging(*, verbose: bool, as_json: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
    logging.getLogger("trio-websocket").setLevel(logging.WARNING)  # it logs every frame


def main(arguments: Sequence[str] | None = None) -> None:
    """The `gameserver` command."""
    try:
        code = make_app()(arguments, exit_on_error=False, result_action="return_value")
    except cyclopts.CycloptsError:
        sys.exit(USAGE)  # cyclopts has said why
    except GameserverError as error:
        print(f"gameserver: {error}", file=sys.stderr)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else OK)
