"""A long match of bots in virtual time: the real server with its recorder, which writes real files; and the same match without it.

`python -m benchmarks.recordings.hour --bots 8 --seconds 3600 --folder DIR` prints one JSON object: what the process took of its
core, and the file. It is a program of its own so that nothing else is in that figure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import attrs
import trio
from gameclient.bots import BotRunner

from gameserver.games.arena import Arena
from gameserver.guard import NoGuard
from gameserver.maps import load_map
from gameserver.net.real import FileDisk
from gameserver.net.simulated import Latency, simulated_ports
from gameserver.options import parse_options
from gameserver.recorder import Recorder
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.determinism import run_deterministic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

HOST: Final = "127.0.0.1"
PORT: Final = 8765
ROOM: Final = "hour1"
SEED: Final = 6
MAP: Final = "field"
RULES: Final = ("score_limit=0", "time_limit=0")
"""One match from the beginning to the end: the arena's rounds end at 25 kills, and with them their recording."""
LINE: Final = Latency(0.025, 0.01)
"""A good home line."""


@attrs.frozen
class Played:
    """What came of a match: CPU seconds of its process, and its recording, if there is one."""

    bots: int
    seconds: float
    cpu_seconds: float
    recorder_cpu_seconds: float
    """Of these, what was spent in calls of the recorder: in the tick, encoding, and on the disk."""
    ticks: int
    file: str | None = None
    bytes: int = 0

    @property
    def megabytes_an_hour(self) -> float:
        """Of the recording."""
        return self.bytes / 1e6 * 3_600 / self.seconds


def play_in_a_process(bots: int, seconds: float, folder: Path | None) -> Played:
    """Play it, recorded into this folder or not at all."""
    words = [sys.executable, "-m", "benchmarks.recordings.hour", "--bots", str(bots), "--seconds", str(seconds)]
    finished = subprocess.run(
        [*words, *(("--folder", str(folder)) if folder else ())], stdout=subprocess.PIPE, text=True, check=True
    )
    return Played(**json.loads(finished.stdout.splitlines()[-1]))


class Meter:
    """CPU time that was spent in some calls."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def run(self, work: Callable[[], T]) -> T:
        """Do this, and count it."""
        begin = time.thread_time()
        try:
            return work()
        finally:
            self.seconds += time.thread_time() - begin

    def watch(self, holder: object, name: str) -> None:
        """Count this method of an object from now on."""
        method = getattr(holder, name)
        setattr(holder, name, lambda *arguments: self.run(lambda: method(*arguments)))


class _DiskAtOnce(FileDisk):
    """The same files without threads, from which virtual time would run away. What they take of the core is counted."""

    def __init__(self, root: Path, meter: Meter) -> None:
        super().__init__(root)
        self._meter = meter

    async def append(self, path: str, data: bytes) -> None:
        self._meter.run(lambda: self._append(path, data))

    async def sync(self, path: str) -> None:
        self._meter.run(lambda: self._sync(path))

    async def rename(self, old: str, new: str) -> None:
        self._meter.run(lambda: self._rename(old, new))

    async def list(self, folder: str) -> Sequence[str]:
        return self._list(folder)

    async def free_bytes(self) -> int:
        return self._free_bytes()


async def play(bots: int, seconds: float, folder: Path | None) -> Played:
    """To be run in virtual time."""
    ports = simulated_ports(SEED, latency=LINE, chunking=False)
    meter = Meter()

    async def aside(work: Callable[[], T], /) -> T:
        return meter.run(work)

    recorder = None
    if folder is not None:
        disk = _DiskAtOnce(folder, meter)
        recorder = Recorder(disk=disk, randomness=ports.randomness, wall_clock=ports.wall_clock, least_free_bytes=0, aside=aside)
    rooms = Rooms(ports=ports, games={Arena.name: Arena}, maps={MAP: load_map(MAP)}, guard=NoGuard(), recorder=recorder)
    server = Server(rooms, ports=ports)
    room = rooms.open(ROOM, Arena, options=parse_options(Arena, RULES), map_name=MAP, seed=SEED, keep=True)
    if room.recorder is not None:
        meter.watch(room.recorder, "step")
        meter.watch(room.recorder, "show")
    await server.listen(HOST, PORT)
    runner = BotRunner(
        f"ws://{HOST}:{PORT}", game=Arena, room=ROOM, count=bots, seconds=float("inf"), seed=SEED, network=ports.network
    )
    begin = time.process_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        async with trio.open_nursery() as players:
            players.start_soon(runner.run)
            await trio.sleep_until(seconds)
            took, ticks = time.process_time() - begin, room.clock.tick
            players.cancel_scope.cancel()
        await server.stop()
    if runner.report.failed:
        raise RuntimeError(f"the match did not go well: {runner.report.summary(bots, seconds)}")
    return Played(bots, seconds, took, meter.seconds, ticks)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recordings.hour", description="A long match of bots in virtual time."
    )
    parser.add_argument("--bots", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3_600.0)
    parser.add_argument("--folder", type=Path, help="record into this folder")
    arguments = parser.parse_args()
    played = run_deterministic(play, arguments.bots, arguments.seconds, arguments.folder, seed=SEED)
    if arguments.folder is not None:
        (file,) = arguments.folder.glob("*.trpl*")
        played = attrs.evolve(played, file=str(file), bytes=file.stat().st_size)
    print(json.dumps(attrs.asdict(played)))


if __name__ == "__main__":
    main()
