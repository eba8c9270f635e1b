"""Are ticks later when they are recorded? One room of arena on a real socket and a real disk, with and without, in turns.

For each: how long after their deadlines ticks are done, and the CPU time of the whole process, threads included, as a share of one
core. Run: python -m benchmarks.recordings.lateness [--bots 16] [--seconds 20] [--rounds 3]
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import trio

from gameserver.games.arena import Arena
from gameserver.guard import Guard
from gameserver.maps import load_map
from gameserver.net.real import FileDisk, real_ports
from gameserver.recorder import Recorder
from gameserver.rooms import Rooms
from gameserver.server import Server

if TYPE_CHECKING:
    from gameserver.room import Room

HOST = "127.0.0.1"
ROOM = "late1"
SETTLE_SECONDS = 3.0
"""Until all bots play."""


@attrs.define
class Ticks:
    """What a room was like.

    Attributes:
        lateness: of each tick's end behind its deadline, in seconds.
        cpu: seconds of CPU that the process has taken.
        seconds: that passed.
    """

    lateness: list[float] = attrs.field(factory=list)
    cpu: float = 0.0
    seconds: float = 0.0

    def add(self, other: Ticks) -> None:
        """Another round of the same."""
        self.lateness += other.lateness
        self.cpu += other.cpu
        self.seconds += other.seconds

    @property
    def core_percent(self) -> float:
        """Of one core."""
        return self.cpu / self.seconds * 100

    def describe(self) -> str:
        """One line."""
        cuts = statistics.quantiles(self.lateness, n=1_000, method="inclusive")
        p50, p99, p999 = (cuts[at - 1] * 1e3 for at in (500, 990, 999))
        return (
            f"{len(self.lateness)} ticks done {p50:.2f} ms after their deadline (p50), {p99:.2f} (p99), {p999:.2f} (p99.9), "
            f"{max(self.lateness) * 1e3:.2f} (worst); {self.core_percent:.1f} % of a core"
        )


class TimedRoom:
    """Writes down when a room's ticks are done."""

    def __init__(self, room: Room) -> None:
        self.lateness: list[float] = []
        self._room = room
        self._tick = room.tick
        room.tick = self._timed  # type: ignore[method-assign] # what `run` calls

    def _timed(self, now: float) -> None:
        deadline = self._room.clock.next_deadline
        self._tick(now)
        self.lateness.append(trio.current_time() - deadline)


async def measure(folder: Path | None, bots: int, seconds: float) -> Ticks:
    """Play so long with so many bots, which are another process. `folder`: where it is recorded, None: nowhere."""
    ports = real_ports(".")
    recorder = None
    if folder is not None:
        recorder = Recorder(disk=FileDisk(folder), randomness=ports.randomness, wall_clock=ports.wall_clock, least_free_bytes=0)
        recorder.prepare([Arena])
    with Guard() as guard:
        maps = {Arena.default_map: load_map(Arena.default_map)}
        rooms = Rooms(ports=ports, games={Arena.name: Arena}, maps=maps, guard=guard, recorder=recorder)
        server = Server(rooms, ports=ports)
        room = rooms.open(ROOM, Arena, seed=1, keep=True)
        timed = TimedRoom(room)
        ((_, port),) = await server.listen(HOST, 0)
        gc.collect()
        gc.freeze()  # as a server does when it has started
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.run)
            command = [
                sys.executable, "-m", "gameserver", "bots", "--url", f"ws://{HOST}:{port}", "--room", ROOM,
                "--count", str(bots), "--seconds", "0",
            ]  # fmt: skip
            process = await trio.lowlevel.open_process(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while room.players < bots:  # noqa: ASYNC110 - a room tells nobody that somebody came
                await trio.sleep(0.1)
            await trio.sleep(SETTLE_SECONDS)
            timed.lateness.clear()
            cpu, began = time.process_time(), trio.current_time()
            await trio.sleep(seconds)
            ticks = Ticks(list(timed.lateness), time.process_time() - cpu, trio.current_time() - began)
            process.kill()
            await process.wait()
            await server.stop()
            nursery.cancel_scope.cancel()
    return ticks


def compare(bots: int, seconds: float, rounds: int) -> tuple[Ticks, Ticks]:
    """(without a recording, with one), in turns, so that a machine that is busy for a while is so for both."""
    without, recorded = Ticks(), Ticks()
    for _ in range(rounds):
        without.add(trio.run(measure, None, bots, seconds))
        with tempfile.TemporaryDirectory() as folder:
            recorded.add(trio.run(measure, Path(folder), bots, seconds))
    return without, recorded


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recordings.lateness", description="Are ticks later when recorded?")
    parser.add_argument("--bots", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    without, recorded = compare(arguments.bots, arguments.seconds, arguments.rounds)
    print(f"not recorded: {without.describe()}")
    print(f"recorded:     {recorded.describe()}")
    print(f"recording takes {recorded.core_percent - without.core_percent:.1f} % of a core")


if __name__ == "__main__":
    main()
