"""`gameserver replay fork`: a live room that goes on from a tick of a recorded match."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Literal

import cyclopts
import trio
from cyclopts import Parameter

from gameserver.app import serve as serve_app
from gameserver.cli.replay import Games, file_of, open_recording, tick_at
from gameserver.cli.say import OK, say
from gameserver.core.errors import GameserverError
from gameserver.core.limits import ROOM_PATTERN
from gameserver.core.reached import Reached
from gameserver.fork import Fork, fork_of
from gameserver.logs import set_up_logging
from gameserver.settings import ServeSettings, UsageError

_Port = Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=0, lte=65_535))]
_Bots = Annotated[int | None, Parameter(validator=cyclopts.validators.Number(gte=0, lte=200))]


def fork(
    file: str,
    *,
    at: str,
    game: str = "",
    host: str = "127.0.0.1",
    lan: Annotated[bool, Parameter(negative="")] = False,
    port: _Port = 8765,
    room: str = "",
    bots: _Bots = None,
    strength: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1, lte=3))] = 2,
    link: Literal["lane", "plain"] = "lane",
    data: str = "gameserver-data",
    record: str = "recordings",
    record_quota: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 2_048,
    dev: Annotated[bool, Parameter(negative="")] = False,
    reload: Annotated[bool, Parameter(negative="")] = False,
    verbose: bool = False,
    log_json: bool = False,
) -> int:
    """Play on from a tick of a recorded match, in a live room, until Ctrl-C.

    The world is as it was. Its players stay in it, and whoever comes plays one of them, under the name that is recorded: people
    first, and bots where nobody is. It stands still until somebody comes. Who is not played after 30 s of the match leaves it.
    The match is recorded in turn.

    Parameters
    ----------
    file
        A recording that was not made for watching.
    at
        The tick to go on from: 1234, or 0:41 since the recording began.
    game
        Game that it is of, as the path of a Python file, if it does not come with the server.
    host
        Address to listen on. Anything but loopback lets strangers in.
    lan
        Listen on all addresses, and print the one for phones and other machines in this network, also as a QR code.
    port
        Port to listen on; 0 takes any free one.
    room
        Name of the room (a-z and 0-9). Default: as it was called.
    bots
        Bots fill the room up to so many players, and give their seats up to people. Default: as many as played; 0: none.
    strength
        How well they play: 1 for beginners, 2, 3 for strong players.
    link
        How rooms talk to clients: see `gameserver serve`.
    data
        Folder in which the results of matches are kept; "off" forgets them.
    record
        Folder into which the match is recorded; "off" records nothing.
    record_quota
        MiB that the recordings may have together.
    dev
        For who develops a game: see `gameserver serve`.
    reload
        The same, and the match begins again from that tick whenever the game's file changes.
    verbose
        Log more.
    log_json
        Log lines as JSON.
    """
    reached = Reached()
    set_up_logging(verbose=verbose, as_json=log_json, reached=reached)
    made, name, loaded = _read(file, at, game)
    settings = ServeSettings(
        host=host,
        lan=lan,
        colours=sys.stderr.isatty(),
        port=port,
        games=(loaded,),
        rooms=(room or name,),
        bots=made.seats if bots is None else bots,
        strength=strength,
        create_rooms=False,
        link=link,
        data=data,
        record=record,
        record_quota=record_quota,
        dev=dev,
        reload=reload,
        fork=made,
    )
    trio.run(serve_app, settings, say, reached)
    return OK


def _read(file: str, at: str, given: str) -> tuple[Fork, str, str]:
    """The fork, a name for its room, and by which name or path its game is loaded."""
    path = file_of(file)
    recording = open_recording(path)
    games = Games((given,) if given else ())
    known = games.of(recording)
    tick = tick_at(at, recording, "--at")
    if why := games.refusal(recording):
        say(f"{path}: {why}. The match goes on by the code that is here.")
    try:
        made = fork_of(recording, known, tick, name=path.name.removesuffix(".part"))
    except GameserverError:
        raise
    except (Exception, SystemExit) as error:  # whatever the game raises: it did not when this was recorded
        raise UsageError(f"{path}: the match cannot be built up to tick {tick}: {type(error).__name__}: {error}") from error
    name = recording.header.room
    return made, name if re.fullmatch(ROOM_PATTERN, name) else "fork", given or known.name
