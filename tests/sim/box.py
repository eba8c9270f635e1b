"""The box: one server, one room, honest bots, faults on their lines and on the disk; and an oracle that watches every world. The
match is recorded, and at the end made again from its recordings.

Everything is decided by the seed: the same seed gives the same hash, in every process and under every hash seed. The real server,
the real WebSocket stack and the real client run on simulated ports.
"""

from __future__ import annotations

import errno
import hashlib
import random
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.bots import BotRunner
from gameclient.client import Client

from gameserver.core.audience import EVERYONE, owner, part_of
from gameserver.core.errors import GameserverError
from gameserver.core.replay.recording import Recording
from gameserver.games.arena import Arena
from gameserver.guard import NoGuard
from gameserver.maps import load_map
from gameserver.net.simulated import Latency, Toward, simulated_ports
from gameserver.server import Server
from tests.recording import recorder_on, resimulated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameserver.core.game import Game
    from gameserver.core.layout import Row
    from gameserver.core.messages import Snapshot
    from gameserver.core.view import Contents
    from gameserver.net.simulated import SimConnection, SimDisk, SimNetwork
    from gameserver.recorder import Recorder
    from gameserver.room import Room

HOST: Final = "127.0.0.1"
ROOM: Final = "box1"
PORT: Final = 8765
CALM_SECONDS: Final = 10.0
"""After the last fault everyone must play again within this time."""
KEPT_TICKS: Final = 1_200
"""How far back the oracle remembers: a clogged line delivers late."""
HASH_EVERY: Final = 30
DISK_SHARE: Final = 0.06
"""Of the faults: one every 17 s, or there would be nothing that is recorded for long."""


@attrs.frozen(kw_only=True)
class Scenario:
    """What happens in the box."""

    seed: int
    seconds: float
    bots: int = 8
    faults: bool = True
    game: type[Game] = Arena


@attrs.define
class Outcome:
    """What came of it. `hash` covers the room's whole state at every 30th tick and what every bot counted."""

    hash: str = ""
    ticks: int = 0
    snapshots: int = 0
    """Worlds that bots held and the oracle compared."""
    crcs: int = 0
    faults: dict[str, int] = attrs.field(factory=dict)
    losses: int = 0
    resimulated: int = 0
    """Steps that were made again from recordings."""
    wrong: list[str] = attrs.field(factory=list)
    """Every broken promise, in words."""


class Oracle:
    """Remembers what the server may show at each tick, and compares what each client holds."""

    def __init__(self, room: Room, outcome: Outcome) -> None:
        self._outcome = outcome
        self._digest = hashlib.blake2b(digest_size=16)
        self._room = room
        self._truth: dict[int, Contents] = {}
        self.last_seen: dict[str, float] = {}
        commit = room._showing.parts.commit

        def remember(tick: int, contents: Contents, cosmetics: Mapping[int, Sequence[tuple[int, int, Row]]] | None = None) -> None:
            self._truth[tick] = contents
            self._truth.pop(tick - KEPT_TICKS, None)
            if tick % HASH_EVERY == 0:
                self._digest.update(room.simulation.world.hash().to_bytes(8, "big"))
            commit(tick, contents, cosmetics)

        room._showing.parts.commit = remember  # type: ignore[method-assign] # the only place that sees every tick's contents

    def compare(self, name: str, client: Client) -> None:
        """A client has applied a snapshot: its world must be what the server showed to this player at that tick, and no more."""
        replica = client.replica
        assert replica.tick is not None
        self.last_seen[name] = trio.current_time()
        self._outcome.snapshots += 1
        truth = self._truth.get(replica.tick)
        allowed = {part_of(EVERYONE), part_of(owner(client.player))}
        if truth is None:
            self._outcome.wrong.append(f"{name}: tick {replica.tick} is not one that the server had")
        elif not replica.parts.keys() <= allowed:
            self._outcome.wrong.append(f"{name}: tick {replica.tick}: holds parts {sorted(replica.parts)}")
        else:
            for part, records in replica.parts.items():
                if records != truth.get(part, {}):
                    self._outcome.wrong.append(f"{name}: tick {replica.tick}: part {part} differs from the server's")

    def finish(self, runner: BotRunner) -> None:
        """Close the hash over what the bots counted."""
        self._outcome.ticks = self._room.clock.tick
        report = runner.report
        self._digest.update(repr((self._room.clock.tick, report.to_json(), self._outcome.snapshots)).encode())
        self._outcome.hash = self.digest()

    def digest(self) -> str:
        """Of all states so far."""
        return self._digest.hexdigest()


def watched_client(oracle: Oracle) -> type[Client]:
    """A Client whose every snapshot the oracle compares."""

    class Watched(Client):
        def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
            super()._take_snapshot(snapshot, now)
            oracle.compare(self.name, self)

    return Watched


class Faults:
    """Breaks lines, and the disk, at random until it is told to stop."""

    def __init__(self, rng: random.Random, network: SimNetwork, disk: SimDisk, outcome: Outcome) -> None:
        self._rng = rng
        self._network = network
        self._disk = disk
        self._outcome = outcome

    async def run(self, until: float) -> None:
        """Inject until this time, then mend everything that can be mended."""
        of_lines = (self._reset, self._blackhole, self._clog, self._slow_down, self._partition)
        of_the_disk = (self._hang_disk, self._fail_disk)
        while trio.current_time() < until:
            await trio.sleep(min(self._rng.expovariate(1.0), until - trio.current_time()))
            live = self._network.connections
            verb = self._rng.choice(of_the_disk if self._rng.random() < DISK_SHARE else of_lines)
            if live and trio.current_time() < until:
                name = verb.__name__.strip("_")
                self._outcome.faults[name] = self._outcome.faults.get(name, 0) + 1
                await verb(self._rng.choice(live))
        self._disk.mend()
        self._network.partition(False)
        self._network.set_latency(DAY_TO_DAY)
        for connection in self._network.connections:
            for toward in Toward:
                connection.unclog(toward)
            connection.set_latency(DAY_TO_DAY)

    async def _reset(self, connection: SimConnection) -> None:
        connection.reset()

    async def _blackhole(self, connection: SimConnection) -> None:
        connection.blackhole(self._rng.choice(tuple(Toward)))

    async def _clog(self, connection: SimConnection) -> None:
        toward = self._rng.choice(tuple(Toward))
        connection.clog(toward)
        await trio.sleep(self._rng.uniform(0.05, 3.0))
        connection.unclog(toward)

    async def _slow_down(self, connection: SimConnection) -> None:
        connection.set_latency(Latency(self._rng.uniform(0.0, 0.3), self._rng.uniform(0.0, 0.15)))

    async def _partition(self, connection: SimConnection) -> None:
        connection.reset()
        self._network.partition(True)
        await trio.sleep(self._rng.uniform(0.1, 3.0))
        self._network.partition(False)

    async def _hang_disk(self, connection: SimConnection) -> None:
        self._disk.hang()
        await trio.sleep(self._rng.uniform(0.05, 8.0))
        self._disk.go_on()

    async def _fail_disk(self, connection: SimConnection) -> None:
        self._disk.fail(self._rng.randint(1, 9), self._rng.choice((errno.EIO, errno.ENOSPC)))


DAY_TO_DAY: Final = Latency(0.025, 0.01)
"""A good home line: 50 to 70 ms there and back."""


async def play(scenario: Scenario) -> Outcome:
    """Run the scenario; must run under `tests.determinism.run_deterministic`."""
    outcome = Outcome()
    rng = random.Random(scenario.seed)
    ports = simulated_ports(rng.getrandbits(32), latency=DAY_TO_DAY, chunking=scenario.faults)
    maps = {"field": load_map("field")}
    recorder = recorder_on(ports)
    server = Server(ports=ports, games={scenario.game.name: scenario.game}, maps=maps, guard=NoGuard(), recorder=recorder)
    room = server.open_room(ROOM, scenario.game, seed=rng.getrandbits(32), keep=True)
    oracle = Oracle(room, outcome)
    await server.listen(HOST, PORT)
    runner = BotRunner(
        f"ws://{HOST}:{PORT}",
        game=scenario.game,
        room=ROOM,
        count=scenario.bots,
        seconds=float("inf"),
        seed=rng.getrandbits(16),
        network=ports.network,
        comes_back=True,
        client_type=watched_client(oracle),
    )
    faults_end = scenario.seconds - CALM_SECONDS
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        nursery.start_soon(runner.run)
        if scenario.faults and faults_end > 0:
            faults = Faults(random.Random(rng.getrandbits(32)), ports.network, ports.disk, outcome)
            nursery.start_soon(faults.run, faults_end)
        await trio.sleep_until(scenario.seconds)
        _check_end(scenario, server, oracle, outcome)
        oracle.finish(runner)
        await _check_recordings(room, recorder, outcome)
        nursery.cancel_scope.cancel()
    outcome.losses = runner.report.losses
    outcome.wrong += runner.report.errors
    return outcome


async def _check_recordings(room: Room, recorder: Recorder, outcome: Outcome) -> None:
    """Each can be opened, and is what its steps make again. On a calm disk nothing is missing."""
    assert room.recorder is not None
    room.recorder.close()
    await recorder.finish()
    disk = recorder.shelf.disk
    tile_map = room.plan.map[0] if room.plan.map is not None else None
    for name in await disk.list(""):
        try:
            recording = Recording.open(await disk.read(name))
            outcome.resimulated += resimulated(recording, room.plan.game, tile_map)
        except (AssertionError, GameserverError) as error:
            outcome.wrong.append(f"{name}: {error!r}")
    if not outcome.faults and outcome.resimulated != outcome.ticks:
        outcome.wrong.append(f"{outcome.resimulated} of {outcome.ticks} ticks are recorded")


def _check_end(scenario: Scenario, server: Server, oracle: Oracle, outcome: Outcome) -> None:
    if server.counts.rooms_faulted:
        outcome.wrong.append(f"{server.counts.rooms_faulted} rooms faulted")
    playing = sum(trio.current_time() - at < 0.5 for at in oracle.last_seen.values())
    if playing < scenario.bots:
        outcome.wrong.append(f"{playing} of {scenario.bots} bots play {CALM_SECONDS:g} s after the last fault")
    if server.unadmitted > 0:
        outcome.wrong.append(f"{server.unadmitted} connections are still unadmitted")
