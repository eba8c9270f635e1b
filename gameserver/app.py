"""Puts a whole server together: the only file that knows everything. `cli` calls it."""

from __future__ import annotations

import gc
import inspect
import logging
import re
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from gameserver import admin, joining, memory, metrics, watching, web
from gameserver.api import make_app
from gameserver.archive import Archive
from gameserver.core.errors import GameserverError, Refused
from gameserver.core.limits import (
    CLOSE_SECONDS,
    HARD_STOP_SECONDS,
    MAX_CONNECTIONS,
    ROOM_PATTERN,
    SEAL_SECONDS,
    SETUP_SECONDS,
)
from gameserver.core.registry import contradictions
from gameserver.development.http import routes
from gameserver.development.lint import slips_in
from gameserver.development.reload import Reloader
from gameserver.fill import Filler
from gameserver.guard import Guard, HookRunner, HookTimeout, NoGuard, available
from gameserver.hardstop import HardStop
from gameserver.keys import KeyFileError, read_keys
from gameserver.lan import invitation, lan_addresses
from gameserver.library import load_game, place_of, sources_of
from gameserver.lobby.game import LOBBY, Lobby
from gameserver.lobby.keeper import Keeper
from gameserver.maps import load_map, map_names
from gameserver.net.accepting import connections_within
from gameserver.net.folder import FolderInUse, FolderUnusable, hold
from gameserver.net.real import FileDisk, real_ports
from gameserver.options import OptionError, parse_options
from gameserver.plan import RoomFault
from gameserver.recorder import Recorder
from gameserver.rooms import Rooms
from gameserver.server import Server
from gameserver.settings import NOWHERE, UsageError
from gameserver.standing import Rank

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from starlette.routing import Route

    from gameserver.core.game import Game
    from gameserver.core.maps import TileMap
    from gameserver.core.reached import Reached
    from gameserver.keys import Keyring
    from gameserver.ports import Ports
    from gameserver.settings import ServeSettings

log = logging.getLogger("gameserver.app")


async def serve(settings: ServeSettings, say: Callable[[str], None], reached: Reached | None = None) -> None:
    """Serve until SIGINT, or SIGTERM and the end of matches. `say` gets lines for a person. `reached`: counts
    limits, also those of the log.

    Raises UsageError for what the user can mend: an unknown game, a broken map, a taken port.
    """
    for contradiction in contradictions():
        raise UsageError(f"gameserver/core/limits.py: {contradiction}")
    host = settings.listening_host()
    keyring = settings.keyring()
    doors = settings.doors()
    memory.stay_small()
    guard: HookRunner = Guard() if available() else NoGuard()
    if isinstance(guard, NoGuard):
        say("This system cannot stop a game that does not end: run only games that you trust.")
    with guard, ExitStack() as held:
        games = [_load(name, guard) for name in settings.games]
        if any(game.name == LOBBY for game in games):
            raise UsageError(f"a game cannot be called {LOBBY!r}: that is where people look for rooms")
        maps = _load_maps(settings.map)
        pages = web.routes(web.open_site(live=settings.develops))  # the dearest: what is wrong with the game is told before it
        ports = real_ports(settings.data, remembers=True) if settings.data != NOWHERE else real_ports(".")
        recorder = _recorder(settings, ports)
        if recorder is not None:
            recorder.prepare(games)
        most_connections = connections_within(MAX_CONNECTIONS)
        if most_connections < MAX_CONNECTIONS:
            say(f"This system lets a process have so few files that {most_connections} connections fit: raise it with ulimit -n.")
        rooms = Rooms(
            ports=ports,
            games={game.name: game for game in games} | {LOBBY: Lobby},
            maps=maps,
            guard=guard,
            reached=reached,
            recorder=recorder,
            create_rooms=settings.create_rooms,
            hosted=(Lobby,),
            explains=settings.develops,
            watch_delay=settings.watch_delay,
            strangers=settings.meets_strangers,
        )
        server = Server(
            rooms,
            ports=ports,
            express=settings.link == "lane",
            most_connections=most_connections,
            keys=keyring,
            doors=doors,
            web=lambda server: make_app(
                server,
                [
                    *pages,
                    *_recordings(recorder, server),
                    *joining.routes(server, with_tickets=settings.join == "tickets"),
                    *metrics.routes(server, server.admission.check_admin),
                    *admin.routes(server, ports.wall_clock),
                    *(routes(server) if settings.develops else ()),
                ],
            ),
        )
        for game in games:
            _warn_of_slips(game, say)
        first = _open_rooms(rooms, games[0], settings)
        keeper = Keeper(server, guard, creates=settings.create_rooms)
        keeper.look()

        def read_again(name: str) -> type[Game]:
            game = _load(name, guard)
            _warn_of_slips(game, say)
            return game

        reloader = Reloader(
            dict(zip(settings.games, games, strict=True)),
            load=read_again,
            replace=rooms.replace_game,
            say=say,
        )
        if settings.reload and not reloader.watches:
            raise UsageError("--reload is for a game in a file: give --game path/to/game.py")
        _hold_folders(settings, held)
        gc.collect()
        gc.freeze()  # what is loaded now stays: a full collection need not look at it (42 ms for 100,000 objects)
        try:
            addresses = await server.listen(host, settings.port)
        except OSError as error:
            raise UsageError(
                f"cannot listen on {host}:{settings.port} ({error.strerror or error}): "
                "stop the other program, or choose another port with --port"
            ) from error
        with HardStop() as hard_stop, trio.open_signal_receiver(*_endings(hears_hangup=keyring is not None)) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(server.run)
                nursery.start_soon(keeper.run)
                near = lan_addresses() if settings.lan else ()
                for line in announcement(addresses, first, settings, near, pages=bool(pages)):
                    say(line)
                if settings.bots:
                    filler = Filler(
                        rooms,
                        fill=settings.bots,
                        strength=settings.strength,
                        url=url_of(addresses[0]),
                        games={game.name: name for game, name in zip(games, settings.games, strict=True)},
                        mint=lambda room: server.admission.mint(room=room, rank=Rank.BOT),
                    )
                    nursery.start_soon(filler.run)
                if keyring is not None:
                    nursery.start_soon(_read_keys_again, keyring, Path(settings.keys))
                if settings.reload:
                    nursery.start_soon(reloader.run)
                number = await anext(signals)
                seconds = settings.drain if number == signal.SIGTERM else 0.0
                say("Stopping.")
                hard_stop.arm(seconds + SEAL_SECONDS + HARD_STOP_SECONDS)
                nursery.start_soon(_stop_at_once, signals, nursery.cancel_scope, hard_stop)
                if seconds:
                    say(f"Matches have {seconds:g} s to end. Another signal stops at once.")
                    await server.drain(seconds)
                await server.stop()
                nursery.cancel_scope.cancel()


def _endings(*, hears_hangup: bool) -> list[signal.Signals]:
    """The signals that ask the server to end. `hears_hangup`: SIGHUP has another meaning here; else its terminal was closed, which
    is as Ctrl-C in it, unless whoever started it said that this shall not matter (nohup).
    """
    endings = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and not hears_hangup and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        endings.append(signal.SIGHUP)
    return endings


async def _stop_at_once(signals: AsyncIterator[int], scope: trio.CancelScope, hard_stop: HardStop) -> None:
    """Whoever asks a second time has no patience for goodbyes, nor for a disk that does not answer."""
    async for _ in signals:
        hard_stop.arm(CLOSE_SECONDS + HARD_STOP_SECONDS)  # the bots have half a second to end
        scope.cancel()


def _hold_folders(settings: ServeSettings, held: ExitStack) -> None:
    """Nobody rewrites what is in them while the server runs. Raises UsageError if somebody does just now, or nothing can be written
    there: that bans and recordings will be lost is to be heard now.
    """
    for option, folder in (("--data", settings.data), ("--record", settings.record)):
        if folder != NOWHERE:
            try:
                held.enter_context(hold(folder))
            except FolderInUse as error:
                raise UsageError(str(error)) from error
            except FolderUnusable as error:
                raise UsageError(f"{option} {error}: name another folder, or {option} {NOWHERE} to keep nothing") from error


def _recorder(settings: ServeSettings, ports: Ports) -> Recorder | None:
    if settings.record == NOWHERE:
        return None
    return Recorder(
        disk=FileDisk(settings.record, abandons=True),
        randomness=ports.randomness,
        wall_clock=ports.wall_clock,
        quota_bytes=settings.record_quota * 2**20,
    )


def _recordings(recorder: Recorder | None, server: Server) -> Sequence[Route]:
    return watching.routes(Archive(recorder.shelf.disk) if recorder is not None else None, recorder, server)


def _load(name: str, guard: HookRunner) -> type[Game]:
    try:
        return guard.run(load_game, name, cpu_seconds=SETUP_SECONDS, wall_seconds=SETUP_SECONDS)
    except GameserverError as error:
        raise UsageError(str(error)) from error
    except HookTimeout as error:
        raise UsageError(f"{name}: it takes more than {SETUP_SECONDS:g} s to import") from error


def _warn_of_slips(game: type[Game], say: Callable[[str], None]) -> None:
    for file in sources_of(game):
        for slip in slips_in(file):
            say(f"Matches may not repeat: {slip}")


def _load_maps(wanted: str) -> Mapping[str, tuple[TileMap, bytes]]:
    try:
        maps = {name: load_map(name) for name in map_names()}
        if wanted and wanted not in maps:
            maps[wanted] = load_map(wanted)
    except GameserverError as error:
        raise UsageError(str(error)) from error
    return maps


def _open_rooms(rooms: Rooms, game: type[Game], settings: ServeSettings) -> str:
    names = settings.rooms or (f"{''.join(c for c in game.name if c.isalnum())}1",)
    try:
        options = parse_options(game, settings.options)
    except OptionError as error:
        raise UsageError(str(error)) from error
    for name in names:
        if not re.fullmatch(ROOM_PATTERN, name):
            raise UsageError(f"{name!r} is no name of a room: it has 1 to 32 letters a-z and digits")
        if name in rooms:
            raise UsageError(f"room {name!r} is named twice")
        if name == LOBBY:
            raise UsageError(f"room {name!r} is where people look for rooms: choose another name")
        try:
            if settings.fork is not None:
                rooms.open_plan(settings.fork.plan(name, game))
            else:
                rooms.open(name, game, options=options, map_name=settings.map, seed=settings.seed, keep=True)
        except RoomFault as fault:
            cause = fault.__cause__ or fault
            if isinstance(cause, Refused):
                raise UsageError(str(cause)) from fault
            file = inspect.getfile(game)
            where = place_of(cause, Path(file), file)
            raise UsageError(f"{where}: {game.name} cannot set up a room: {type(cause).__name__}: {cause}") from fault
        except GameserverError as error:
            raise UsageError(str(error)) from error
    return names[0]


async def _read_keys_again(keyring: Keyring, path: Path) -> None:
    """Whenever SIGHUP comes. A file that cannot be used changes nothing."""
    if not hasattr(signal, "SIGHUP"):
        return
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        async for _ in signals:
            try:
                keyring.replace(read_keys(path))
            except KeyFileError as error:
                log.error("the keys stay as they are: %s", error)
            else:
                log.info("keys read again; %s signs", keyring.signing.kid)


def url_of(address: tuple[str, int], scheme: str = "ws", path: str = "") -> str:
    """Where somebody on this machine finds it."""
    host, port = address
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{path}"


def announcement(
    addresses: Sequence[tuple[str, int]], room: str, settings: ServeSettings, near: Sequence[str] = (), *, pages: bool = True
) -> list[str]:
    """What a server says when it is there, line by line: where to play first. `near`: its addresses in the network around it."""
    lines = []
    if pages:
        lines += [f"Play at {url_of(address, 'http', '/')}" for address in addresses]
    lines += [f"Serving {', '.join(settings.games)} at {url_of(address, path='/ws/' + room)}" for address in addresses]
    if settings.lan:
        lines += invitation(near, addresses[0][1], coloured=settings.colours)
    elif settings.keys:
        asks = "whoever asks the pages for one has it" if settings.join == "public" else "only your own site gives them out"
        lines.append(f"Who joins shows a ticket, signed with a key of {settings.keys}; {asks}.")
    elif settings.is_on_loopback:
        lines.append("This server is open: whoever is on this machine may join.")
    else:
        lines.append(f"This server is open: anyone who reaches {settings.host} may join.")
    if settings.bots:
        lines.append(f"Bots fill each room up to {settings.bots} players, and make way for people.")
    if settings.fork is not None:
        start = settings.fork.start
        free = "1 seat is" if settings.fork.seats == 1 else f"{settings.fork.seats} seats are"
        lines.append(f"It goes on from tick {start.tick} of {start.recording}: {free} free, whoever comes has one of them.")
    if settings.record != NOWHERE:
        lines.append(f"Matches are recorded in {settings.record}.")
    return [*lines, "Press Ctrl-C to stop."]
