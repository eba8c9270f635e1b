"""A match of eight, and the worst neighbours that it can have, all together.

One floods as fast as his line takes it, five hundred never finish their handshake, one reads 32 kbit/s, one never reads; whoever is
sent away comes again. The same match, the same people who join meanwhile, with these and without them, in turn: what changes is
theirs. Where it is allowed, the server and who is measured go before all else that runs on the machine, the bad ones included.
Run: python -m benchmarks.reliability.neighbours [--seconds 10] [--rounds 5] [--half-open 500]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.bots import Bot, percentile
from gameclient.client import Client, ClientClosed

from benchmarks.feel.table import Row
from benchmarks.processes import RunningServer, first_in_line, running_server, waiting_seconds
from benchmarks.slow_clients import be_deaf, join
from gameserver.core.errors import GameserverError
from gameserver.core.messages import Role
from gameserver.games.arena import Arena

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BOTS: Final = 8
HALF_OPEN: Final = 500
MANY_HALF_OPEN: Final = 5_000
SLOW_BYTES: Final = 4_000
"""A second: 32 kbit/s."""
SLOW_BUFFER: Final = 4_096
"""Of the slow reader's kernel: what waits there is not on the line any more."""
JOIN_EVERY_SECONDS: Final = 0.25
JOIN_PATIENCE_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 2.0
"""After the bad ones have come, or gone, before anything is measured."""
JOIN_MS: Final = 200.0
AGE_SECONDS: Final = 1.0
"""And a round trip, which is nothing on this machine."""
GONE_SECONDS: Final = (5.0, 10.0)


class SlowStream(trio.abc.Stream):
    """A line that brings so many bytes a second, once it is `slow`.

    Attributes:
        slow: from then on. Until then it brings the map at full speed, which is not what is measured.
    """

    def __init__(self, stream: trio.SocketStream, rate: float) -> None:
        self.slow = False
        self._stream = stream
        self._rate = rate
        self._free_at = trio.current_time()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Never more than a tenth of a second's worth at a time."""
        if not self.slow:
            return bytes(await self._stream.receive_some(max_bytes))
        await trio.sleep_until(self._free_at)
        data = bytes(await self._stream.receive_some(round(self._rate / 10)))
        self._free_at = max(self._free_at, trio.current_time() - 0.1) + len(data) / self._rate
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


class SlowNetwork:
    """A network whose lines are such.

    Attributes:
        stream: the newest.
    """

    stream: SlowStream

    async def connect(self, host: str, port: int) -> SlowStream:
        """As TcpNetwork's."""
        raw = trio.socket.socket()
        raw.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, SLOW_BUFFER)
        await raw.connect((host, port))
        self.stream = SlowStream(trio.SocketStream(raw), SLOW_BYTES)
        return self.stream


@attrs.define
class Phase:
    """What was seen with the bad ones, or without.

    Attributes:
        gaps: of the eight, between one snapshot and the next, in seconds.
        joins: from connecting to the first snapshot, in seconds.
        refused: who could not come in at all, and why.
        ages: of what the slow reader was shown last when something newer came.
        stays: how long the one that never reads was there after he had joined.
        losses: lines of the eight that broke.
        core: what the server took of a core, as a share.
        waiting: the share of the time in which it had work and another process had the core.
    """

    gaps: list[float] = attrs.field(factory=list)
    joins: list[float] = attrs.field(factory=list)
    refused: list[str] = attrs.field(factory=list)
    ages: list[float] = attrs.field(factory=list)
    stays: list[float] = attrs.field(factory=list)
    losses: int = 0
    core: list[float] = attrs.field(factory=list)
    waiting: list[float] = attrs.field(factory=list)


class Company:
    """The match, and who is measured in it."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._url = server.url
        self._phase: Phase | None = None
        """Where what is seen is counted; None: nowhere."""
        self._bots: list[Client] = []
        self._seen_at: dict[int, float] = {}
        """When the first of the eight was shown a tick."""

    async def run(self, phases: Sequence[tuple[Phase, int, int]], *, rounds: int, seconds: float) -> None:
        """`phases`: where to count, with how many half-open handshakes and how many flooders; each in turn, so many rounds."""
        async with trio.open_nursery() as nursery:
            for number in range(BOTS):
                await nursery.start(self._play, number)
            nursery.start_soon(self._join_again_and_again)
            for _ in range(rounds):
                for phase, half_open, flooders in phases:
                    with hostile(self._url, half_open, flooders):
                        async with trio.open_nursery() as bad:
                            if flooders:
                                bad.start_soon(self._read_slowly)
                                bad.start_soon(self._never_read)
                            await trio.sleep(SETTLE_SECONDS + half_open / MANY_HALF_OPEN * SETTLE_SECONDS)
                            await self._measure(phase, seconds)
                            bad.cancel_scope.cancel()
                    await trio.sleep(SETTLE_SECONDS)
            nursery.cancel_scope.cancel()

    async def _measure(self, phase: Phase, seconds: float) -> None:
        seen = [(len(client.stats.gaps), client.stats.losses) for client in self._bots]
        core, waiting = self._server.cpu_seconds(), waiting_seconds(self._server.process.pid)
        self._phase = phase
        await trio.sleep(seconds)
        self._phase = None
        phase.core.append((self._server.cpu_seconds() - core) / seconds)
        phase.waiting.append((waiting_seconds(self._server.process.pid) - waiting) / seconds)
        for client, (gaps, losses) in zip(self._bots, seen, strict=True):
            phase.gaps += client.stats.gaps[gaps:]
            phase.losses += client.stats.losses - losses

    async def _play(self, number: int, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        client = Client(self._url, game=Arena.name, name=f"bot {number}", role=Role.PLAYER)

        async def watch() -> None:
            while True:
                tick = await client.next_snapshot()
                self._seen_at.setdefault(tick, time.perf_counter())
                self._seen_at.pop(tick - 100 * client.tick_rate, None)

        async def play(client: Client) -> None:
            task_status.started()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(watch)
                await Bot(client, Arena.brain, number).play(client)

        self._bots.append(client)
        await client.run(play)

    async def _join_again_and_again(self) -> None:
        """People who come, see the match, and leave."""
        async with trio.open_nursery() as nursery:
            while True:
                nursery.start_soon(self._join)
                await trio.sleep(JOIN_EVERY_SECONDS)

    async def _join(self) -> None:
        phase, why = self._phase, f"no snapshot in {JOIN_PATIENCE_SECONDS:g} s"
        began, seconds = trio.current_time(), 0.0

        async def arrive(client: Client) -> None:
            nonlocal seconds
            seconds = trio.current_time() - began

        try:
            with trio.move_on_after(JOIN_PATIENCE_SECONDS):
                await Client(self._url, game=Arena.name, name="guest", comes_back=False).run(arrive)
        except GameserverError as error:
            why = str(error)
        if phase is not None and seconds:
            phase.joins.append(seconds)
        elif phase is not None:
            phase.refused.append(why)

    async def _read_slowly(self) -> None:
        """The age of the world on a slow reader's screen when the next one comes, which is the oldest it gets."""

        async def look(client: Client) -> None:
            network.stream.slow = True
            tick = await client.next_snapshot()
            while True:
                newer = await client.next_snapshot()
                if self._phase is not None and tick in self._seen_at:
                    self._phase.ages.append(time.perf_counter() - self._seen_at[tick])
                tick = newer

        while True:
            network = SlowNetwork()
            try:
                await Client(self._url, game=Arena.name, name="slow", network=network).run(look)  # type: ignore[arg-type]
            except ClientClosed:
                await trio.sleep(1.0)

    async def _never_read(self) -> None:
        while True:
            try:
                async with aclosing(await join(self._url)) as stream:
                    began = trio.current_time()
                    await be_deaf(stream)
                    if self._phase is not None:
                        self._phase.stays.append(trio.current_time() - began)
            except (OSError, trio.BrokenResourceError):
                await trio.sleep(1.0)


@contextmanager
def hostile(url: str, half_open: int, flooders: int) -> Iterator[None]:
    """The rest of the bad ones, in a process that gives way to the others; none of them: no process."""
    if not (half_open or flooders):
        yield
        return
    command = [sys.executable, "-m", "benchmarks.reliability.hostile", url]
    command += ["--half-open", str(half_open), "--flooders", str(flooders)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def compare(*, seconds: float, rounds: int, half_open: int, many: int = 0) -> tuple[Phase, Phase, Phase]:
    """The match alone, with bad neighbours, and with so many half-open handshakes only; against a server of its own."""
    alone, beside, flooded = Phase(), Phase(), Phase()
    phases = [(alone, 0, 0), (beside, half_open, 1)]
    if many:
        phases.append((flooded, many, 0))
    with first_in_line(), running_server() as server:

        async def run() -> None:
            await Company(server).run(phases, rounds=rounds, seconds=seconds)

        trio.run(run)
    return alone, beside, flooded


def rows(alone: Phase, beside: Phase, *, half_open: int) -> Iterator[Row]:
    """What bad neighbours cost."""
    tick = 1 / Arena.tick_rate
    who = f"a flooder, {half_open} half-open handshakes, a reader of 32 kbit/s and one that never reads beside eight players"
    gaps = [percentile(phase.gaps, 99) for phase in (alone, beside)]
    measured = f"{(gaps[1] - gaps[0]) * 1e3:+.1f} ms: {gaps[1] * 1e3:.1f} ms after {gaps[0] * 1e3:.1f} ms without"
    yield Row(f"{who}: the eight's gap between snapshots, p99", "≤ 1 tick more", measured, gaps[1] - gaps[0] <= tick)
    losses = alone.losses + beside.losses
    yield Row(f"{who}: lines of the eight that broke", "0", str(losses), not losses)
    age = percentile(beside.ages, 99)
    fine = bool(beside.ages) and age <= AGE_SECONDS
    yield Row(f"{who}: how old what the slow reader sees gets, p99", "≤ 1 s + RTT", f"{age:.2f} s of {len(beside.ages)}", fine)
    stays = [percentile(beside.stays, share) for share in (0, 100)]
    fine = bool(beside.stays) and GONE_SECONDS[0] <= stays[0] and stays[1] <= GONE_SECONDS[1]
    yield Row(f"{who}: the one that never reads is gone", "in 5–10 s", f"in {stays[0]:.1f}–{stays[1]:.1f} s", fine)
    yield join_row(who, alone, beside)


def join_row(who: str, alone: Phase, beside: Phase) -> Row:
    """What an honest join costs beside them."""
    joins = [percentile(phase.joins, 99) * 1e3 for phase in (alone, beside)]
    measured = f"{joins[1]:.0f} ms of {len(beside.joins)}, {len(beside.refused)} refused; {joins[0]:.0f} ms without"
    fine = bool(beside.joins) and joins[1] <= JOIN_MS and not beside.refused
    return Row(f"{who}: from connecting to the first snapshot, p99", f"≤ {JOIN_MS:g} ms, nobody refused", measured, fine)


def measure(*, small: bool) -> Iterator[Row]:
    """Small: one round of a few seconds, with a tenth of the handshakes."""
    if small:
        alone, beside, _ = compare(seconds=4.0, rounds=1, half_open=HALF_OPEN)
    else:
        alone, beside, flooded = compare(seconds=12.0, rounds=6, half_open=HALF_OPEN, many=MANY_HALF_OPEN)
    yield from rows(alone, beside, half_open=HALF_OPEN)
    if not small:
        yield join_row(f"{MANY_HALF_OPEN} half-open handshakes beside eight players", alone, flooded)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability.neighbours", description="What bad neighbours cost.")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--half-open", type=int, default=HALF_OPEN)
    parser.add_argument("--many", type=int, default=0, help="half-open handshakes of a third phase")
    arguments = parser.parse_args()
    alone, beside, flooded = compare(
        seconds=arguments.seconds, rounds=arguments.rounds, half_open=arguments.half_open, many=arguments.many
    )
    found = list(rows(alone, beside, half_open=arguments.half_open))
    if arguments.many:
        found.append(join_row(f"{arguments.many} half-open handshakes beside eight players", alone, flooded))
    for row in found:
        print(f"{'  ' if row.reached else '! '}{row.what}: {row.measured} (aim: {row.aim})")
    for name, phase in (("alone", alone), ("beside them", beside), ("many half-open", flooded)):
        if phase.core:
            shares = [f"{sum(values) / len(values):.0%}" for values in (phase.core, phase.waiting)]
            print(f"{name}: the server took {shares[0]} of a core and waited for one {shares[1]} of the time", file=sys.stderr)
    for why in sorted({*alone.refused, *beside.refused, *flooded.refused}):
        print(f"refused: {why}", file=sys.stderr)
    return 0 if all(row.reached for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
