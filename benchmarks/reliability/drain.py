"""Servers under load are told to end, again and again: is every match kept whole, is everybody told, and are they gone in time?

Real processes: each records, its own bots fill the rooms, people play in three of them, look on and sit in the lobby, and others
want to come in all the time, until nobody is there to ask. SIGTERM comes at a random moment.
Run: python -m benchmarks.reliability.drain [--times 50] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import trio
import trio.lowlevel
from gameclient.bots import Bot
from gameclient.client import Client, ClientClosed

from benchmarks.feel.table import Row
from benchmarks.processes import running_server
from gameserver.core.limits import DRAIN_SECONDS, SEAL_SECONDS
from gameserver.core.messages import NoticeCode, Role
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.verify import verify
from gameserver.games.arena import Arena
from gameserver.lobby.game import LOBBY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.processes import RunningServer

TIMES: Final = 50
BOTS: Final = 6
"""The server's own, in each room that is played in."""
DRAINS: Final = (DRAIN_SECONDS, 2.0, 1.0, 0.5, 0.0)
"""Seconds that matches are given, in turn; the default is one of them."""
LONGEST_SECONDS: Final = 3.0
"""From the coming of the first to SIGTERM, at most: some are still on the way in."""
GONE_SECONDS: Final = 10.0
"""What a container's supervisor waits for, usually."""
ASK_SECONDS: Final = 0.05
"""How often somebody new wants to come in."""
LIMIT_SECONDS: Final = 60.0
"""Until a server that does not end is given up."""


@attrs.define
class Ended:
    """What came of one server."""

    drain_seconds: float
    gone_seconds: float = 0.0
    """From SIGTERM to the end of the process."""
    code: int | None = None
    """What it ended with."""
    let_in: int = 0
    """Clients whose line was open when it was told to end."""
    told: int = 0
    """Of these, who were told that it restarts, and when to come again."""
    players: int = 0
    """Of these, who were in a match that had time to end."""
    warned: int = 0
    """Of those, who were told how much."""
    asked: int = 0
    """Who wanted to come in from then on and reached the server."""
    turned_away: int = 0
    """Of these, who were told the same."""
    recordings: int = 0
    sealed: int = 0
    verified: int = 0
    steps: int = 0
    words: list[str] = attrs.field(factory=list)
    """What went wrong."""


class Crowd:
    """Everybody around one server, in this process."""

    def __init__(self, url: str) -> None:
        """`url`: of the server's first room."""
        self._url = url.rpartition("/")[0]
        self._first = url.rpartition("/")[2]
        self._clients: list[Client] = []
        self._warned: set[Client] = set()
        self._told: set[Client] = set()

    async def run(self, server: RunningServer, seconds: float, ended: Ended) -> None:
        """Play for so long, tell the server to end, and count until it has."""
        places = [(self._first, Role.PLAYER), (self._first, Role.PLAYER), (self._first, Role.SPECTATOR)]
        places += [("second", Role.PLAYER), ("third", Role.PLAYER), (LOBBY, Role.PLAYER)]
        async with trio.open_nursery() as nursery:
            for number, (room, role) in enumerate(places):
                nursery.start_soon(self._come, room, role, number)
            await trio.sleep(seconds)
            there = [client for client in self._clients if client.connected]
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            nursery.start_soon(self._ask, ended)
            await trio.to_thread.run_sync(server.process.wait, LIMIT_SECONDS)
            ended.gone_seconds = time.monotonic() - began
            ended.code = server.process.returncode
            await trio.sleep(0.2)  # what is in the sockets' buffers is read
            nursery.cancel_scope.cancel()
        ended.let_in = len(there)
        ended.told = sum(client in self._told for client in there)
        players = [client for client in there if client.room != LOBBY and client.player and ended.drain_seconds]
        ended.players = len(players)
        ended.warned = sum(client in self._warned for client in players)

    async def _come(self, room: str, role: Role, number: int) -> None:
        game = LOBBY if room == LOBBY else Arena.name
        client = Client(f"{self._url}/{room}", game=game, name=f"guest {number}", role=role, comes_back=False)
        self._clients.append(client)

        async def play(client: Client) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._listen, client)
                if role is Role.PLAYER and Arena.brain is not None and room != LOBBY:
                    await Bot(client, Arena.brain, number).play(client)

        try:
            await client.run(play)
        except* ClientClosed:
            pass
        if client.notice is not None and client.notice.code == NoticeCode.RESTARTING and isinstance(client.notice.detail, int):
            self._told.add(client)

    async def _listen(self, client: Client) -> None:
        """Has he been warned?"""
        while True:
            if client.notice is not None and client.notice.code == NoticeCode.DRAINING:
                self._warned.add(client)
            await trio.sleep(0.02)

    async def _ask(self, ended: Ended) -> None:
        """Others want to come in."""
        while True:
            client = Client(f"{self._url}/{self._first}", game=Arena.name, name="late", comes_back=False)
            try:
                await client.run(_leave)
                ended.words.append("somebody new was let in")
            except ClientClosed:
                if client.notice is not None:
                    ended.asked += 1
                    ended.turned_away += client.notice.code == NoticeCode.RESTARTING
            await trio.sleep(ASK_SECONDS)


async def _leave(client: Client) -> None:
    """He came only to see whether he could."""
    await trio.lowlevel.checkpoint()


def look_at(folder: Path, ended: Ended) -> None:
    """Is every recording whole, and what its steps make again?"""
    for file in folder.glob("*.trpl*"):
        ended.recordings += 1
        recording = Recording.open(file.read_bytes())
        ended.sealed += recording.sealed and not file.name.endswith(".part")
        verdict = verify(recording, Arena)
        ended.steps += verdict.steps
        if verdict.mismatch is None:
            ended.verified += 1
        else:
            ended.words.append(f"{file.name}: {verdict.mismatch}")


def end_once(seconds: float, drain_seconds: float, bots: int = BOTS) -> Ended:
    """Start a server, let people play for so long, tell it to end, and look at what it leaves."""
    ended = Ended(drain_seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ("--record", name, "--data", "off", "--bots", str(bots), "--drain", f"{drain_seconds}")
        with running_server(*options) as server:
            trio.run(Crowd(server.url).run, server, seconds, ended)
        look_at(folder, ended)
    return ended


def end_servers(times: int, seed: int) -> Iterator[Ended]:
    """One after the other, each at a random moment."""
    rng = random.Random(seed)
    for number in range(times):
        yield end_once(rng.uniform(0.0, LONGEST_SECONDS), DRAINS[number % len(DRAINS)])


def rows(ended: Sequence[Ended]) -> Iterator[Row]:
    """What is promised of them, and what came out."""
    total: Counter[str] = Counter()
    for one in ended:
        total.update({name: value for name, value in attrs.asdict(one).items() if type(value) is int and name != "code"})
    load = f"SIGTERM under load, {len(ended)} times"
    whole = total["recordings"] == total["sealed"] == total["verified"] > 0
    yield Row(
        f"{load}: recordings that are sealed, and that their steps make again",
        "all",
        f"{total['sealed']} and {total['verified']} of {total['recordings']} ({total['steps']:,} steps)",
        whole,
    )
    yield Row(
        f"{load}: clients who were told that it restarts, and when to come again",
        "all",
        f"{total['told']} of {total['let_in']}",
        total["told"] == total["let_in"] > 0,
    )
    yield Row(
        f"{load}: players who were told how much time their match had",
        "all",
        f"{total['warned']} of {total['players']}",
        total["warned"] == total["players"],
    )
    yield Row(
        f"{load}: who wanted to come in from then on and was told to come again",
        "all",
        f"{total['turned_away']} of {total['asked']}",
        total["turned_away"] == total["asked"] > 0 and not any("let in" in word for one in ended for word in one.words),
    )
    slowest = max(one.gone_seconds for one in ended)
    longest = max(one.gone_seconds - one.drain_seconds for one in ended)
    yield Row(
        f"{load}: gone, with 0 to {max(one.drain_seconds for one in ended):g} s for matches",
        f"≤ {GONE_SECONDS:g} s, ≤ {SEAL_SECONDS:g} s after the matches' time, exit code 0",
        f"≤ {slowest:.1f} s, ≤ {longest:.1f} s after it",
        slowest <= GONE_SECONDS and longest <= SEAL_SECONDS and all(one.code == 0 for one in ended),
    )


def measure(*, small: bool) -> Iterator[Row]:
    """For the table of reliability."""
    yield from rows([end_once(1.0, 1.0, bots=3), end_once(0.3, 0.0, bots=3)] if small else list(end_servers(TIMES, seed=1)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability.drain", description="Servers are told to end.")
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    ended = []
    for number, one in enumerate(end_servers(arguments.times, arguments.seed), 1):
        ended.append(one)
        for word in one.words:
            print(f"server {number}: {word}")
        if sys.stderr.isatty():
            print(f"\r{number} of {arguments.times}", end="", file=sys.stderr, flush=True)
    found = list(rows(ended))
    for row in found:
        print(f"{'  ' if row.reached else '! '}{row.what}: {row.measured} (aim: {row.aim})")
    return 0 if all(row.reached for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
