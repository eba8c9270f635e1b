"""A server that says what it holds: once a second a line of JSON with its tasks, descriptors, rooms, connections and memory.

`python -m benchmarks.reliability.watched RECORDINGS DATA` serves the arena on a free port of loopback, as `gameserver serve` does.
It says where on its standard error.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from subprocess import PIPE, Popen, TimeoutExpired
from threading import Thread
from typing import TYPE_CHECKING, Final

import attrs
import trio

from benchmarks.processes import read_address, resident_bytes
from gameserver.app import serve
from gameserver.cli.say import say
from gameserver.settings import ServeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVERY_SECONDS: Final = 1.0
LEAVE_SECONDS: Final = 10.0
"""Until a server that was told to go is killed."""


@attrs.frozen
class Held:
    """What a server holds at a moment. `at`: seconds since it began."""

    at: float
    tasks: int
    descriptors: int
    resident: int


class WatchedServer:
    """Such a server as a process of its own.

    Attributes:
        url: of its first room.
        held: what it said so far.
    """

    def __init__(self, process: Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        self.held: list[Held] = []

    def read(self) -> None:
        """Take what it says, until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.held.append(Held(**json.loads(line)))


@contextmanager
def watched_server(recordings: str, data: str) -> Iterator[WatchedServer]:
    """Runs until the block ends."""
    command = [sys.executable, "-m", __name__, recordings, data]
    with Popen(command, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stderr is not None
        readers = []
        try:
            url = read_address(process.stderr)
            server = WatchedServer(process, url)
            readers = [Thread(target=read, daemon=True) for read in (server.read, process.stderr.read)]  # a full pipe holds up
            for reader in readers:
                reader.start()
            yield server
        finally:
            process.terminate()
            try:
                process.wait(LEAVE_SECONDS)
            except TimeoutExpired:
                process.kill()
            for reader in readers:
                reader.join()


async def report() -> None:
    """Once a second, for as long as it runs."""
    began = trio.current_time()
    while True:
        held = Held(
            at=trio.current_time() - began,
            tasks=trio.lowlevel.current_statistics().tasks_living,
            descriptors=len(os.listdir("/proc/self/fd")),
            resident=resident_bytes(os.getpid()),
        )
        print(json.dumps(attrs.asdict(held)), flush=True)
        await trio.sleep(EVERY_SECONDS)


async def main(arguments: Sequence[str]) -> None:
    """Serve until a signal."""
    recordings, data = arguments
    async with trio.open_nursery() as nursery:
        nursery.start_soon(report)
        await serve(ServeSettings(port=0, record=recordings, data=data), say)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main, sys.argv[1:])
