"""A player of `telling` whose line is cut now and then: he checks all that he hears, and how long he was away."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Final

import attrs
import trio
from gameclient.client import Client

from gameserver.core.errors import GameserverError
from gameserver.net.simulated import Latency
from tests.sim.telling import Push, Telling
from tests.sim.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.messages import Snapshot
    from gameserver.net.simulated import SimConnection, SimNetwork, SimStream
    from gameserver.ports import Listener
    from tests.sim.invariants import Oracle

ROOM: Final = "cuts"
HANDSHAKE_TRIPS: Final = 2
"""The upgrade; then HELLO with READY behind it, until the first snapshot."""
SLACK_SECONDS: Final = 0.05
"""What a first snapshot may take beyond its round trips and the wait for a tick."""


@attrs.define
class Cut:
    """One cut. Times in seconds."""

    way: str
    away: float = math.inf
    """From the last snapshot on the old line to the first on the new one."""
    entering: float = math.inf
    """From the open stream to the first snapshot applied."""
    trip: float = 0.0
    """The mean round trip of the new line."""
    again: int = 0
    """How often he was cut once more on the way back."""


@attrs.define
class Outcome:
    """What came of a world. `hash` covers the room's whole state at every 30th tick, every cut, and what every client heard."""

    hash: str = ""
    cuts: list[Cut] = attrs.field(factory=list)
    events: int = 0
    calls: int = 0
    snapshots: int = 0
    wrong: list[str] = attrs.field(factory=list)
    """Every broken promise, in words."""


class Wires:
    """One client's network: knows his connections, and when each was open."""

    def __init__(self, network: SimNetwork) -> None:
        self._network = network
        self.latency = Latency()
        self.connection: SimConnection | None = None
        self.opened_at = 0.0
        self._another = trio.Event()

    async def connect(self, host: str, port: int) -> SimStream:
        self._network.set_latency(self.latency)
        stream = await self._network.connect(host, port)
        self.connection = stream.connection
        self.opened_at = trio.current_time()
        self._another.set()
        self._another = trio.Event()
        return stream

    async def wait_for_another(self) -> None:
        """Until he has opened the next connection."""
        await self._another.wait()

    async def listen(self, host: str, port: int) -> Sequence[Listener]:
        return await self._network.listen(host, port)


class Guest:
    """A client that plays and calls, and checks all that he hears."""

    def __init__(self, name: str, network: SimNetwork, seed: int, oracle: Oracle, outcome: Outcome) -> None:
        guest = self

        class Watched(Client):
            def _take_snapshot(self, snapshot: Snapshot, now: float) -> None:
                super()._take_snapshot(snapshot, now)
                guest.look(snapshot.tick, now)

        self.name = name
        self.rng = random.Random(seed)
        self.wires = Wires(network)
        self.wires.latency = some_latency(self.rng)
        self.client = Watched(
            f"ws://{World.HOST}:{World.PORT}/ws/{ROOM}",
            game=Telling.name,
            name=name,
            network=self.wires,
            rng=random.Random(self.rng.getrandbits(32)),
        )
        self.told = self.rung = 0
        self.cut: Cut | None = None
        """The one that he suffers now."""
        self.back = trio.Event()
        self._oracle = oracle
        self._outcome = outcome
        self._player: int | None = None
        self._tick: int | None = None
        self._heard_at = 0.0
        self._lost: SimConnection | None = None

    async def run(self) -> None:
        """Play until cancelled; to be sent away is a broken promise."""
        try:
            await self.client.run(self._play)
        except* GameserverError as group:
            self._complain(f"is out: {group.exceptions!r}")

    async def _play(self, client: Client) -> None:
        async with trio.open_nursery() as nursery:
            for method in ("bump", "knock"):
                nursery.start_soon(self._call, method)
            while True:
                await client.send_input(client.next_input_tick(), Push(right=self.rng.choice((-1, 0, 1))), 2)
                await client.next_snapshot((client.replica.tick or 0) + 2)

    async def _call(self, method: str) -> None:
        count = 0
        while True:
            await trio.sleep(self.rng.uniform(0.02, 0.6))
            count += 1
            counted = await self.client.call(method)
            self._outcome.calls += 1
            if counted != count:
                self._complain(f"{method} number {count} was counted as {counted}")

    def suffer(self, cut: Cut) -> None:
        """His line is cut now."""
        self.cut = cut
        self._lost = self.wires.connection
        self.back = trio.Event()

    def look(self, tick: int, now: float) -> None:
        """A snapshot has been applied."""
        client = self.client
        self._oracle.compare(self.name, client)
        if self._player is None:
            self._player = client.player
        elif (self._player, 1) != (client.player, client.sessions):
            self._complain(f"was player {self._player} and is {client.player}, session {client.sessions}")
            self._player = client.player
        self._hear_events(tick)
        if self.cut is None:
            self._expect_no_disturbance(tick, now)
        elif self.wires.connection is not self._lost:
            self._arrive(self.cut, now)
        self._tick, self._heard_at = tick, now

    def _expect_no_disturbance(self, tick: int, now: float) -> None:
        """It is not his line that is cut: every tick comes, as regularly as his line lets it."""
        if self._tick is None:
            return
        gap = now - self._heard_at
        if tick != self._tick + 1:
            self._complain(f"tick {tick} follows {self._tick}, and it is not his line that is cut")
        elif gap > 1 / Telling.tick_rate + self.wires.latency.jitter_seconds + 1e-6:
            self._complain(f"tick {tick} came {gap * 1e3:.0f} ms after the one before, and it is not his line that is cut")

    def _hear_events(self, tick: int) -> None:
        """Every number once and in order, and none later than the world that it belongs to."""
        client = self.client
        mine = next(tally for tally in client.replica.players() if tally.owner == client.player)
        while client.events:
            name, at, event = client.events.popleft()
            self._outcome.events += 1
            before = self.told if name == "Told" else self.rung
            if event.number != before + 1 and not (name == "Rung" and before == 0):
                self._complain(f"{name} {event.number} of tick {at} follows {before}")
            if name == "Told":
                self.told = event.number
            else:
                self.rung = event.number
        if self.told != mine.told:
            self._complain(f"tick {tick}: has heard {self.told} numbers, the world says {mine.told}")
        if self.rung and self.rung != client.replica.shared().rung:
            self._complain(f"tick {tick}: the bell was heard {self.rung} times, the world says {client.replica.shared().rung}")

    def _arrive(self, cut: Cut, now: float) -> None:
        latency = self.wires.latency
        cut.away = now - self._heard_at
        cut.entering = now - self.wires.opened_at
        cut.trip = 2 * latency.seconds + latency.jitter_seconds
        longest_trip = 2 * (latency.seconds + latency.jitter_seconds)
        most = HANDSHAKE_TRIPS * longest_trip + 1 / Telling.tick_rate + SLACK_SECONDS
        if cut.entering > most:
            took = f"{cut.entering * 1e3:.0f} ms from the open stream to the first snapshot"
            self._complain(f"{cut.way}: {took}, and not at most {most * 1e3:.0f}")
        self.cut = None
        self.back.set()

    def _complain(self, what: str) -> None:
        self._outcome.wrong.append(f"{trio.current_time():.3f} {self.name}: {what}")


def some_latency(rng: random.Random) -> Latency:
    """From next door to the other side of the world."""
    return Latency(rng.uniform(0.002, 0.12), rng.uniform(0.0, 0.03))
