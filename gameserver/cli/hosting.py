"""The commands around a running server: host rooms, play in them."""

from __future__ import annotations

import json as json_module
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
import trio
from cyclopts import Parameter

from gameserver.app import serve as serve_app
from gameserver.cli import limits
from gameserver.cli.say import FAILED, OK, progress, readable, say
from gameserver.core.limits import (
    ADDRESS_CONNECTIONS,
    DRAIN_SECONDS,
    HARD_STOP_SECONDS,
    MAX_CONNECTIONS,
    MAX_DRAIN_SECONDS,
    MAX_WATCH_DELAY_SECONDS,
    WATCH_DELAY_SECONDS,
)
from gameserver.core.reached import Reached
from gameserver.hardstop import HardStop
from gameserver.library import load_game
from gameserver.logs import set_up_logging
from gameserver.settings import ServeSettings, UsageError

log = logging.getLogger("gameserver.app")


def serve(
    *,
    host: str = "127.0.0.1",
    lan: Annotated[bool, Parameter(negative="")] = False,
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
    record: str = "recordings",
    record_quota: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 2_048,
    watch_delay: Annotated[
        float, Parameter(validator=cyclopts.validators.Number(gte=0, lte=MAX_WATCH_DELAY_SECONDS))
    ] = WATCH_DELAY_SECONDS,
    drain: Annotated[float, Parameter(validator=cyclopts.validators.Number(gte=0, lte=MAX_DRAIN_SECONDS))] = DRAIN_SECONDS,
    dev: Annotated[bool, Parameter(negative="")] = False,
    reload: Annotated[bool, Parameter(negative="")] = False,
    keys: str = "",
    open: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002 - the name of the option
    join: Literal["public", "tickets"] = "public",
    origin: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    allow_host: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    proxy: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    per_address: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=0, lte=MAX_CONNECTIONS))] = ADDRESS_CONNECTIONS,
    verbose: bool = False,
    log_json: bool = False,
    print_limits: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Host rooms until Ctrl-C.

    Parameters
    ----------
    host
        Address to listen on. Anything but loopback needs --keys or --open.
    lan
        Listen on all addresses, and print the one for phones and other machines in this network, also as a QR code. Anyone in it
        may join.
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
        Open a room when somebody asks for one that is not there, or has it created in the lobby.
    link
        How rooms talk to clients: "lane" reads and writes sockets at the tick, "plain" leaves all to trio-websocket and tasks.
    data
        Folder in which the results of matches are kept; "off" forgets them.
    record
        Folder into which every match is recorded, in all that happens; "off" records nothing.
    record_quota
        MiB that the recordings may have together: the oldest make way for new ones. A file that is given another name is kept.
    watch_delay
        Seconds by which a match is late for who watches its recording while it is played. 0: he sees it at once, and whoever plays
        may watch what he could not see from his own place.
    drain
        Seconds that matches have to end in when the server is told to (SIGTERM). Nobody new is let in meanwhile, and everybody is
        told. Ctrl-C does not wait for matches, and a second signal for nothing.
    dev
        For who develops a game or the pages, on loopback only: players see the traceback when their room fails, and the pages'
        files are read anew for each request, and sent as they are.
    reload
        The same, and a game's rooms begin anew whenever its file changes.
    keys
        Nobody joins without a ticket that was signed with a key of this file, which `gameserver keys new` makes. It is read again
        on SIGHUP.
    open
        Everybody may join, also where strangers reach the server.
    join
        Who is given tickets over HTTP: with "public" whoever asks, as a player or spectator; with "tickets" only programs that show
        an admin's ticket, such as your own site, for whomever they like.
    origin
        A page that may connect beside the server's own, as https://play.example; may be given several times.
    allow_host
        A name by which the server may be called beside its address, as play.example; may be given several times.
    proxy
        Address or network of a proxy in front, whose X-Forwarded-For and X-Forwarded-Proto are true; may be given several times.
    per_address
        Connections that one address may have at once; more for a school or a café, which has one for all. How many may come in a
        second grows with it. 0: no limit.
    verbose
        Log more.
    log_json
        Log lines as JSON.
    print_limits
        Host nothing: print every limit, why it is as it is, and what happens beyond it.
    json
        These as one JSON array.
    """
    if print_limits:
        limits.print_limits(json=json)
        return OK
    if json:
        raise UsageError("--json goes with --print-limits; for log lines it is --log-json")
    reached = Reached()
    set_up_logging(verbose=verbose, as_json=log_json, reached=reached)
    settings = ServeSettings(
        host=host,
        lan=lan,
        colours=sys.stderr.isatty(),
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
        record=record,
        record_quota=record_quota,
        watch_delay=watch_delay,
        drain=drain,
        dev=dev,
        reload=reload,
        keys=keys,
        open=open,
        join=join,
        origins=origin,
        allow_hosts=allow_host,
        proxies=proxy,
        per_address=per_address,
    )
    try:
        trio.run(serve_app, settings, say, reached)
    finally:
        _end_without_threads()
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
    keys: str = "",
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
    keys
        The key file of a server that asks for tickets (serve --keys): each bot signs its own.
    json
        Print one JSON object.
    """
    from gameclient.address import parse_url
    from gameclient.bots import BotRunner, minter, run_in_processes

    try:
        address = parse_url(url)
    except ValueError as error:
        raise UsageError(str(error)) from error
    loaded = load_game(game)
    mint = minter(Path(keys)) if keys else None
    if processes > 1:
        if seconds == 0:
            raise UsageError("--seconds 0 plays in one process: leave --processes out")
        worker_arguments = [url, game, room or address.room, str(seconds), str(seed), str(strength), keys]
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
            on_progress=progress("bots joined", count),
            mint=mint,
        )
        trio.run(_until_interrupted, runner.run)
        report = runner.report
    summary = report.summary(count, seconds)
    print(json_module.dumps(summary) if json else readable(summary))
    return FAILED if report.failed else OK


# -- helpers ---------------------------------------------------------------------------------------------------------------
def _end_without_threads() -> None:
    """Python waits for threads that a game, or a library of its, has begun, and for some for ever: not the end of this process."""
    left = [thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]
    if left:
        log.warning("threads that the server has not begun still run: %s", ", ".join(thread.name for thread in left))
        HardStop().arm(HARD_STOP_SECONDS)


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
