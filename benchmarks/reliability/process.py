"""What a system does to a server that runs: it gives no more descriptors, or stops it for seconds. A match of eight goes on.

Run: python -m benchmarks.reliability.process [--stops 5] [--shortages 5]
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.address import parse_url
from gameclient.bots import Bot, percentile
from gameclient.client import Client

from benchmarks.feel.table import Row
from benchmarks.processes import RunningServer, first_in_line, running_server
from gameserver.core.messages import Role
from gameserver.games.arena import Arena

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

BOTS: Final = 8
TIMES: Final = 20
"""Of each, at full size."""
STOP_SECONDS: Final = 5.0
BACK_SECONDS: Final = 2.0
"""After which everybody plays on: who lost his line meanwhile (a client waits 5 s) has come back by then."""
SHORT_SECONDS: Final = 2.0
"""How long there are no descriptors."""
RECOVERED_SECONDS: Final = 1.0
SETTLE_SECONDS: Final = 1.0
CALLERS: Final = 20
"""Connections that are waiting while there are none to be had."""


class Eight:
    """A match, and what its players have seen of it."""

    def __init__(self, url: str) -> None:
        self.clients = [Client(url, game=Arena.name, name=f"bot {number}", role=Role.PLAYER) for number in range(BOTS)]
        self._playing = 0
        self._all_play = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Play until cancelled; started once all play."""
        async with trio.open_nursery() as nursery:
            for number, client in enumerate(self.clients):
                nursery.start_soon(client.run, self._player(number))
            await self._all_play.wait()
            task_status.started()

    def _player(self, number: int) -> Callable[[Client], Awaitable[None]]:
        async def play(client: Client) -> None:
            self._playing += 1
            if self._playing == BOTS:
                self._all_play.set()
            await Bot(client, Arena.brain, number).play(client)

        return play

    def still_theirs(self) -> int:
        """How many sit where they sat first."""
        return sum(client.sessions == 1 for client in self.clients)

    def counts(self) -> list[int]:
        """How many gaps between snapshots each has seen."""
        return [len(client.stats.gaps) for client in self.clients]

    def gaps_since(self, counts: list[int]) -> list[float]:
        """Of all of them."""
        return [gap for client, count in zip(self.clients, counts, strict=True) for gap in client.stats.gaps[count:]]

    def snapshots(self) -> list[int]:
        """How many each has seen."""
        return [client.stats.snapshots for client in self.clients]

    async def all_see_more(self, than: list[int]) -> None:
        """Until each has seen another snapshot."""
        for client, before in zip(self.clients, than, strict=True):
            while client.stats.snapshots <= before:
                await client.next_snapshot()


@attrs.define
class Seen:
    """What came of it.

    Attributes:
        back: seconds after which all saw the match again.
        kept: how many of the eight seats were still their players' at the end.
        mismatches: worlds that were not what the server said.
        gaps: of the eight while there were no descriptors.
        usual: of the eight in the same time before.
        late: seconds from the first free descriptor to the answer to those who had waited.
    """

    back: list[float] = attrs.field(factory=list)
    kept: int = 0
    mismatches: int = 0
    gaps: list[float] = attrs.field(factory=list)
    usual: list[float] = attrs.field(factory=list)
    late: list[float] = attrs.field(factory=list)


async def _stop(server: RunningServer, eight: Eight, seen: Seen) -> None:
    """Stand still for STOP_SECONDS, as a machine does that is moved or swaps."""
    os.kill(server.process.pid, signal.SIGSTOP)
    await trio.sleep(STOP_SECONDS)
    before = eight.snapshots()
    os.kill(server.process.pid, signal.SIGCONT)
    began = trio.current_time()
    with trio.move_on_after(5 * BACK_SECONDS):
        await eight.all_see_more(before)
    seen.back.append(trio.current_time() - began)


async def _run_short(server: RunningServer, eight: Eight, seen: Seen) -> None:
    """There are no more descriptors than are in use for SHORT_SECONDS, while CALLERS ask."""
    pid, address = server.process.pid, parse_url(server.url)
    before = eight.counts()
    await trio.sleep(SHORT_SECONDS)
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1, hard))
    holes = highest + 1 - len(os.listdir(f"/proc/{pid}/fd"))
    seen.usual += eight.gaps_since(before)
    before = eight.counts()
    free_at = trio.current_time() + SHORT_SECONDS

    async def ask() -> None:
        stream = await trio.open_tcp_stream(address.host, address.port)
        await stream.send_all(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = await stream.receive_some()
        seen.late.append(max(0.0, trio.current_time() - free_at) if answer else float("inf"))
        await stream.aclose()

    try:
        async with trio.open_nursery() as nursery:
            held = [await trio.open_tcp_stream(address.host, address.port) for _ in range(holes)]
            await trio.sleep(0.2)  # they have what was left
            for _ in range(CALLERS):
                nursery.start_soon(ask)
            await trio.sleep_until(free_at)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    for stream in held:
        await trio.aclose_forcefully(stream)
    seen.gaps += eight.gaps_since(before)


def disturb(*, stops: int, shortages: int) -> Seen:
    """One server, one match, so many of each, one after the other."""
    seen = Seen()
    with first_in_line(), running_server() as server:

        async def run() -> None:
            eight = Eight(server.url)
            async with trio.open_nursery() as nursery:
                await nursery.start(eight.run)
                await trio.sleep(SETTLE_SECONDS)
                for _ in range(shortages):
                    await _run_short(server, eight, seen)
                    await trio.sleep(SETTLE_SECONDS)
                for _ in range(stops):
                    await _stop(server, eight, seen)
                    await trio.sleep(SETTLE_SECONDS)
                seen.kept = eight.still_theirs()
                seen.mismatches = sum(client.stats.world_mismatches for client in eight.clients)
                nursery.cancel_scope.cancel()

        trio.run(run)
    return seen


def rows(seen: Seen) -> Iterator[Row]:
    """What is promised of these."""
    tick = 1 / Arena.tick_rate
    what = f"no descriptors for {SHORT_SECONDS:g} s while {CALLERS} ask"
    gaps = [percentile(gaps, 99) for gaps in (seen.usual, seen.gaps)]
    measured = f"{(gaps[1] - gaps[0]) * 1e3:+.1f} ms: {gaps[1] * 1e3:.1f} ms after {gaps[0] * 1e3:.1f} ms before"
    fine = bool(seen.gaps) and gaps[1] - gaps[0] <= tick
    yield Row(f"{what}: gap between snapshots of the eight who play, p99", "≤ 1 tick more", measured, fine)
    late = max(seen.late, default=float("inf"))
    yield Row(f"{what}: then all are answered", f"≤ {RECOVERED_SECONDS:g} s", f"{late:.2f} s", late <= RECOVERED_SECONDS)
    what = f"the server's process stops for {STOP_SECONDS:g} s (SIGSTOP), {len(seen.back)} times"
    worst = max(seen.back, default=float("inf"))
    yield Row(f"{what}: all eight see the match again", f"≤ {BACK_SECONDS:g} s", f"{worst:.2f} s", worst <= BACK_SECONDS)
    fine = seen.kept == BOTS and not seen.mismatches
    measured = f"{seen.kept} of {BOTS}; {seen.mismatches} worlds were wrong"
    yield Row(f"{what}: seats that are still their players'", "all; no world is wrong", measured, fine)


def measure(*, small: bool) -> Iterator[Row]:
    """Small: each once."""
    times = 1 if small else TIMES
    yield from rows(disturb(stops=times, shortages=times))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability.process", description="What a system does to a server.")
    parser.add_argument("--stops", type=int, default=5)
    parser.add_argument("--shortages", type=int, default=5)
    arguments = parser.parse_args()
    found = list(rows(disturb(stops=arguments.stops, shortages=arguments.shortages)))
    for row in found:
        print(f"{'  ' if row.reached else '! '}{row.what}: {row.measured} (aim: {row.aim})")
    return 0 if all(row.reached for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
