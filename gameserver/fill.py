"""Keeps rooms filled with bots, and their seats free for people."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import trio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from gameserver.core.game import Game
    from gameserver.room import Room

log = logging.getLogger("gameserver.fill")

LOOK_SECONDS: Final = 0.25
"""How often rooms are counted: about as fast as one notices that somebody has come."""
AGAIN_SECONDS: Final = 2.0
"""Before a process of bots that has ended is started anew."""
CHILD_SECONDS: Final = 0.5
"""How long that process may take to end before it is killed."""

_ASKED: Final = (-signal.SIGINT, -signal.SIGTERM)
"""It was told to end before it could say that it heeds no signal. Who ends the whole group has told the server too."""


def wanted_bots(rooms: Iterable[Room], fill: int) -> dict[str, tuple[type[Game], int]]:
    """For each room the name of its game and how many bots shall play in it, so that there are `fill` players, if it has the seats;
    and one more for each seat whose player is away, where bots may play those.

    A room that was opened for a player gets bots only while a person is in it: bots alone would keep it open for ever.
    """
    wanted = {}
    for room in rooms:
        alone = not room.people and not room.plan.keep
        bots = 0 if alone or not fill else max(0, min(fill, room.plan.game.max_players) - room.people) + room.untended
        wanted[room.plan.name] = (room.plan.game, bots)
    return wanted


class Lines:
    """What is said to a process of bots, and what it says: JSON objects, one a line."""

    def __init__(self, process: trio.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._to = process.stdin
        self._from = process.stdout
        self._one_at_a_time = trio.Lock()

    async def say(self, objects: Sequence[object]) -> bool:
        """False: nobody listens any more."""
        try:
            async with self._one_at_a_time:
                await self._to.send_all("".join(json.dumps(said) + "\n" for said in objects).encode())
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return False
        return True

    async def __aiter__(self) -> AsyncIterator[str]:
        """Line by line, to the end."""
        rest = b""
        async for data in self._from:
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield line.decode()


class Filler:
    """Feeds a process of bots, `gameclient.crew`, with what the rooms want.

    They are clients in a process of their own: their thinking costs the rooms no time, and their faults nothing at all. Before each
    joins it asks for a ticket, on the process's standard output, and has it on its standard input.
    """

    def __init__(
        self,
        rooms: Mapping[str, Room],
        *,
        fill: int,
        strength: int,
        url: str,
        games: Mapping[str, str],
        mint: Callable[[str], str],
    ) -> None:
        """`rooms`: the server's, as they come and go. `url` of the server, without a room. `games`: for each game's name the name
        or file by which the other process finds it; rooms of others get no bots. `mint`: a ticket for a bot in this room.
        """
        self._mint = mint
        self._rooms = rooms
        self._fill = fill
        self._games = games
        self._command = [sys.executable, "-m", "gameclient.crew", url, str(strength)]

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            async with trio.open_nursery() as nursery:
                process: trio.Process = await nursery.start(self._start)
                lines = Lines(process)
                nursery.start_soon(self._feed, lines)
                nursery.start_soon(self._give_tickets, lines)
                await process.wait()
                nursery.cancel_scope.cancel()
            level = logging.INFO if process.returncode in _ASKED else logging.WARNING
            log.log(level, "the process of bots has ended with %s: it is started again", process.returncode)
            await trio.sleep(AGAIN_SECONDS)

    async def _start(self, task_status: trio.TaskStatus[trio.Process]) -> None:
        await trio.run_process(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            check=False,
            deliver_cancel=_end,
            task_status=task_status,
        )

    async def _give_tickets(self, lines: Lines) -> None:
        """One to each bot that asks, as long as its room is one of ours."""
        async for line in lines:
            room = json.loads(line)["room"]
            if room in self._rooms:
                await lines.say([{"room": room, "ticket": self._mint(room)}])

    async def _feed(self, lines: Lines) -> None:
        told: dict[str, tuple[type[Game], int]] = {}
        while True:
            rooms = [room for room in self._rooms.values() if room.plan.game.name in self._games]  # not the lobby
            wanted = wanted_bots(rooms, self._fill)
            wanted |= {room: (game, 0) for room, (game, bots) in told.items() if room not in wanted}
            orders = [
                {"room": room, "game": self._games[game.name], "bots": bots}
                for room, (game, bots) in wanted.items()
                if told.get(room, (game, 0)) != (game, bots)  # a class that was read anew is another
            ]
            if not await lines.say(orders):
                return  # it has ended; `run` sees that too
            told = {room: want for room, want in wanted.items() if room in self._rooms}
            await trio.sleep(LOOK_SECONDS)


async def _end(process: trio.Process) -> None:
    """The end of its input is its end; it heeds no signal (gameclient.crew)."""
    if process.stdin is not None:
        await process.stdin.aclose()
    with trio.move_on_after(CHILD_SECONDS):
        await process.wait()
        return
    process.kill()
