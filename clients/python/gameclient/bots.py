"""Bots: ordinary clients with a brain, and the runner that plays many of them and measures what they see."""

from __future__ import annotations

import json
import math
import random
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from gameclient.address import parse_url
from gameclient.calls import SessionGone
from gameclient.client import Client
from gameclient.comeback import GIVE_UP_SECONDS
from gameclient.line import ClientClosed
from gameserver.core.brain import STRENGTH, THINKS_PER_SECOND, Brain, RandomBrain
from gameserver.core.errors import ProtocolError, Refused, WorldMismatch
from gameserver.core.limits import MAX_ROOMS
from gameserver.core.messages import NoticeCode, Role
from gameserver.keys import read_keys
from gameserver.net.real import SystemRandomness
from gameserver.standing import Rank
from gameserver.tickets import NUMBER_BYTES, claims_for, sign

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from gameclient.stats import ClientStats
    from gameserver.core.game import Game
    from gameserver.ports import Network

PATIENCE_THOUGHTS: Final = 2
"""Times as long as until the next thought, a bot waits for the snapshot that it wants to think about; on a line that jitters it may
come late, and still belongs to the pace of all thoughts."""
CONNECT_EVERY_SECONDS: Final = 0.02
"""Bots come one after the other: a room takes two in a tick, a server 256 handshakes at once."""


class Bot:
    """One client that plays by itself. Derive from it to do something else than think and send.

    Attributes:
        client: what it plays with.
    """

    def __init__(self, client: Client, brain: type[Brain] = RandomBrain, seed: int = 0, strength: int = STRENGTH) -> None:
        self.client = client
        self._brain_type = brain
        self._seed = seed
        self._strength = strength

    async def run(self) -> None:
        """Connect and play until there is no line any more. Raises what Client.run raises."""
        await self.client.run(self.play)

    async def play(self, client: Client) -> None:
        """Think THINKS_PER_SECOND times a second, or when there is something new. Send what was thought for the ticks until the
        next thought, and carry out what was called.
        """
        session = 0
        while True:
            if session != client.sessions:  # another room may stand there now
                session = client.sessions
                brain = self._brain_type(client.schema, client.map, self._seed, self._strength)
                ticks = max(1, round(client.tick_rate / THINKS_PER_SECOND))
            tick = client.replica.tick or 0
            wanted = brain.think(client.replica, client.player)
            if wanted is not None:
                turns = client.next_input_ticks(ticks)
                await client.send_input(turns.start, wanted, len(turns))
            await self._make_calls(client, brain)
            if session == client.sessions:
                await self._next_sight(client, tick, ticks)

    async def _make_calls(self, client: Client, brain: Brain) -> None:
        """One after the other, each when the one before has been answered."""
        for method, arguments in brain.take_calls():
            try:
                await client.call(method, *arguments)
            except Refused as refusal:
                brain.refused(method, str(refusal))
            except SessionGone:
                return

    async def _next_sight(self, client: Client, tick: int, ticks: int) -> None:
        """Wait for what is to be seen so many ticks after this one. Where snapshots are rare (Game.ticks_on_input), what came in
        between has to do, and if nothing did, the next that comes.
        """
        with trio.move_on_after(PATIENCE_THOUGHTS / THINKS_PER_SECOND):
            await client.next_snapshot(tick + ticks)
            return
        if client.replica.tick == tick:
            await client.next_snapshot()


@attrs.define
class BotReport:
    """What a set of bots saw: raw, so that reports of several processes can be put together."""

    rates: list[float] = attrs.field(factory=list)
    """Snapshots a second of each client, from its first on."""
    gaps: list[float] = attrs.field(factory=list)
    round_trips: list[float] = attrs.field(factory=list)
    byte_rates: list[float] = attrs.field(factory=list)
    world_mismatches: int = 0
    late_inputs: int = 0
    losses: int = 0
    """Lines lost by bots that came back."""
    errors: list[str] = attrs.field(factory=list)
    rooms: list[str] = attrs.field(factory=list)

    def add(self, stats: ClientStats, until: float) -> None:
        """One client's share; `until`: when it stopped looking."""
        seconds = until - stats.first_snapshot_at
        if stats.snapshots and seconds > 0:
            self.rates.append((stats.snapshots - 1) / seconds)
            self.byte_rates.append(stats.bytes_received / seconds)
        self.gaps += stats.gaps
        self.round_trips += stats.round_trips
        self.late_inputs += stats.late_inputs

    def merge(self, other: BotReport) -> None:
        """Put another process's report to this one."""
        for field in attrs.fields(BotReport):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def to_json(self) -> str:
        """Everything, for another process."""
        return json.dumps(attrs.asdict(self))

    @staticmethod
    def from_json(text: str) -> BotReport:
        """What to_json wrote."""
        return BotReport(**json.loads(text))

    @property
    def failed(self) -> bool:
        """Did anything go wrong?"""
        return bool(self.world_mismatches or self.errors)

    def summary(self, clients: int, seconds: float) -> dict[str, Any]:
        """The numbers that `gameserver bots --json` prints."""
        return {
            "clients": clients,
            "rooms": len(set(self.rooms)),
            "seconds": seconds,
            "snapshots_per_second": {"min": round(min(self.rates, default=0.0), 2), "mean": round(_mean(self.rates), 2)},
            "gap_ms": {
                "p50": round(percentile(self.gaps, 50) * 1e3, 2),
                "p99": round(percentile(self.gaps, 99) * 1e3, 2),
                "max": round(max(self.gaps, default=0.0) * 1e3, 2),
            },
            "rtt_ms": {
                "p50": round(percentile(self.round_trips, 50) * 1e3, 2),
                "p99": round(percentile(self.round_trips, 99) * 1e3, 2),
            },
            "bytes_per_second": {"mean": round(_mean(self.byte_rates)), "max": round(max(self.byte_rates, default=0.0))},
            "world_mismatches": self.world_mismatches,
            "losses": self.losses,
            "late_inputs": self.late_inputs,
            "errors": len(self.errors),
            "messages": self.errors[:10],
        }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed (nearest rank); 0 if there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


class BotRunner:
    """Plays `count` bots of one game for so many seconds each, counted from their first snapshot."""

    def __init__(
        self,
        url: str,
        *,
        game: type[Game],
        room: str = "",
        count: int,
        seconds: float,
        seed: int = 0,
        strength: int = STRENGTH,
        first: int = 0,
        network: Network | None = None,
        comes_back: bool = False,
        client_type: type[Client] = Client,
        on_progress: Callable[[int], None] | None = None,
        mint: Callable[[str], str] | None = None,
    ) -> None:
        """`room` empty: fill rooms one after the other. `first`: the number of the first bot, for names and seeds.
        `comes_back`: who loses the line comes back, for as long as it takes; else a loss is an error. `mint` makes a ticket for a
        bot in this room; None: they come without.

        Raises ValueError for a bad URL.
        """
        self._address = parse_url(url)
        self._room = room or self._address.room
        self._game = game
        self._count = count
        self._seconds = seconds
        self._seed = seed
        self._strength = strength
        self._first = first
        self._network = network
        self._comes_back = comes_back
        self._client_type = client_type
        self._on_progress = on_progress
        self._mint = mint
        self._room_number = 1
        self.report = BotReport()

    async def run(self) -> BotReport:
        """Play, and report."""
        async with trio.open_nursery() as nursery:
            for number in range(self._first, self._first + self._count):
                await nursery.start(self._play_one, number)
                if self._on_progress is not None:
                    self._on_progress(number - self._first + 1)
                await trio.sleep(CONNECT_EVERY_SECONDS)
        return self.report

    async def _play_one(self, number: int, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Play this bot to its end. Started once it plays or has failed."""

        started = False

        async def play(client: Client) -> None:
            nonlocal started
            started = True
            task_status.started()
            await self._measure(client, number)

        while True:
            client = self._client(number)
            try:
                await client.run(play)
                return
            except ClientClosed as closed:
                full = closed.notice is not None and closed.notice.code == NoticeCode.FULL and not client.sessions
                if not full or self._room or self._room_number >= MAX_ROOMS:
                    self._failed(number, closed)
                    break
                self._room_number += 1
            except (WorldMismatch, ProtocolError) as error:
                self._failed(number, error)
                break
        if not started:
            task_status.started()

    def _failed(self, number: int, error: Exception) -> None:
        self.report.world_mismatches += isinstance(error, WorldMismatch)
        self.report.errors.append(f"bot {number}: {error}")

    def _client(self, number: int) -> Client:
        def lost(error: Exception) -> None:
            self.report.losses += 1
            if isinstance(error, WorldMismatch):
                self._failed(number, error)

        room = self._room or f"{''.join(c for c in self._game.name if c.isalnum())}{self._room_number}"
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        return self._client_type(
            f"ws://{host}:{self._address.port}/ws/{room}",
            game=self._game.name,
            role=Role.BOT,
            credential=self._credential(room),
            name=f"bot {number + 1}",
            network=self._network,
            comes_back=self._comes_back,
            patient=self._comes_back,
            give_up_seconds=math.inf if self._comes_back else GIVE_UP_SECONDS,
            on_loss=lost,
            rng=random.Random(self._seed_of(number)),
        )

    def _credential(self, room: str) -> Callable[[], Awaitable[str]] | None:
        mint = self._mint
        if mint is None:
            return None

        async def ticket() -> str:
            return mint(room)

        return ticket

    def _seed_of(self, number: int) -> int:
        return self._seed * 100_003 + number

    async def _measure(self, client: Client, number: int) -> None:
        self.report.rooms.append(client.room)
        bot = Bot(client, self._game.brain or RandomBrain, self._seed_of(number), self._strength)
        try:
            with trio.move_on_after(self._seconds):
                await bot.play(client)
        finally:
            self.report.add(client.stats, trio.current_time())


def minter(path: Path) -> Callable[[str], str]:
    """Makes tickets for bots with the first key of this file, which is read once. Raises KeyFileError."""
    signing = read_keys(path)[0]
    randomness = SystemRandomness()

    def mint(room: str) -> str:
        return sign(claims_for(room=room, rank=Rank.BOT, number=randomness.token(NUMBER_BYTES), now=time.time()), signing)

    return mint


async def run_in_processes(arguments: Sequence[str], count: int, processes: int) -> BotReport:
    """Share `count` bots among so many processes, each an interpreter that runs `gameclient.worker`; returns all they saw."""
    report = BotReport()
    shares = [count // processes + (number < count % processes) for number in range(processes)]

    async def run_one(share: int, first: int) -> None:
        command = [sys.executable, "-m", "gameclient.worker", *arguments, str(share), str(first)]
        finished = await trio.run_process(command, capture_stdout=True, check=False)
        if finished.returncode:
            report.errors.append(f"the process of bots {first + 1} to {first + share} ended with {finished.returncode}")
        else:
            report.merge(BotReport.from_json(finished.stdout.decode()))

    async with trio.open_nursery() as nursery:
        first = 0
        for share in shares:
            if share:
                nursery.start_soon(run_one, share, first)
            first += share
    return report
