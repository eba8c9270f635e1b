"""A thousand cut lines, `python -m tests.sim.cuts`: every player comes back to his seat, and nothing is lost or doubled.

A room tells each player numbers, and counts his calls; again and again one line is cut, in one of several ways and at any moment of
its life, and its player is kept away for a while. Each cut must end with him in the same seat, with every number heard once and in
order, every call counted once, and nobody else disturbed. Each seed is a world of CUTS_PER_WORLD cuts and repeats exactly.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import multiprocessing
import random
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar, Final

import attrs
import trio
from gameclient.bots import percentile
from gameclient.client import Client

from gameserver import Event, Game, Globals, Input, Player, call, integer, owner, players_of, shared
from gameserver.core.errors import GameserverError
from gameserver.guard import NoGuard
from gameserver.net.simulated import Latency, Toward, simulated_ports
from gameserver.server import Server
from tests.determinism import run_deterministic
from tests.sim import box

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameserver import PlayerId, Profile
    from gameserver.core.messages import Snapshot
    from gameserver.line import Line
    from gameserver.net.simulated import SimConnection, SimNetwork, SimStream
    from gameserver.ports import Listener
    from gameserver.room import Room
    from gameserver.seat import Seat

CUTS_PER_WORLD: Final = 25
CLIENTS: Final = 4
LONGEST_AWAY_SECONDS: Final = 25.0
"""A seat is kept for 30 s, from when the server notices; a client tries every 2 s."""
LONGEST_CLOSED_SECONDS: Final = LONGEST_AWAY_SECONDS - 4.0
MOST_AGAIN: Final = 2
"""Further cuts while a player is on the way back: each may cost him the 5 s of a handshake, and a wait."""
BACK_SECONDS: Final = 30.0
"""Who is not back then does not come back."""
SLACK_SECONDS: Final = 0.05
"""What a first snapshot may take beyond its round trips and the wait for a tick."""
AIM_SECONDS: Final = 0.2
"""What it should take beyond one round trip."""
HANDSHAKE_TRIPS: Final = 3
"""Upgrade, HELLO and WELCOME, READY and the first snapshot."""


# -- the game ---------------------------------------------------------------------------------------------------------------
class Push(Input):
    right: int = integer(-1, 1, default=0)


class Tally(Player):
    told: int = integer(0, 2**31, default=0, audience="owner")
    """How many Told this player has been sent."""
    bumps: int = integer(0, 2**31, default=0, audience="owner")
    knocks: int = integer(0, 2**31, default=0, audience="owner")
    x: int = integer(-(2**31), 2**31, default=0)


class Bell(Globals):
    rung: int = integer(0, 2**31, default=0)


class Told(Event, reliable=True):
    number: int = integer(0, 2**31)


class Rung(Event, reliable=True):
    number: int = integer(0, 2**31)


class Telling(Game):
    """Tells each player his numbers and everyone the bell's, and counts calls."""

    name = "telling"
    tick_rate = 20
    max_players = CLIENTS
    inputs = Push
    events = (Told, Rung)

    tallies = players_of(Tally)
    bell = shared(Bell)

    TOLD_EVERY: ClassVar[int] = 5
    RUNG_EVERY: ClassVar[int] = 17

    def join(self, player: Tally, profile: Profile) -> None:
        pass

    def leave(self, player: Tally) -> None:
        pass

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        for number, push in inputs.items():
            self.tallies[number].x += push.right
        if self.tick % self.TOLD_EVERY == 0:
            for tally in self.tallies.values():
                tally.told += 1
                self.emit(Told(number=tally.told), owner(tally.owner))
        if self.tick % self.RUNG_EVERY == 0:
            self.bell.rung += 1
            self.emit(Rung(number=self.bell.rung))

    @call
    def bump(self, player: Tally) -> int:
        player.bumps += 1
        return player.bumps

    @call
    def knock(self, player: Tally) -> int:
        player.knocks += 1
        return player.knocks


# -- what comes of it -------------------------------------------------------------------------------------------------------
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


# -- the players ------------------------------------------------------------------------------------------------------------
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

    def __init__(self, name: str, network: SimNetwork, seed: int, oracle: box.Oracle, outcome: Outcome) -> None:
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
            f"ws://{box.HOST}:{box.PORT}/ws/{box.ROOM}",
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


# -- the cuts ---------------------------------------------------------------------------------------------------------------
class Scissors:
    """Cuts one line after the other."""

    def __init__(self, rng: random.Random, network: SimNetwork, guests: Sequence[Guest], outcome: Outcome) -> None:
        self._rng = rng
        self._network = network
        self._guests = guests
        self._outcome = outcome

    async def cut(self) -> None:
        """One cut, and perhaps more of them while its player is on the way back; returns when he is back, or will not be."""
        rng = self._rng
        await trio.sleep(rng.uniform(0.0, 1.0))
        guest = rng.choice(self._guests)
        guest.wires.latency = some_latency(rng)
        closed = math.exp(rng.uniform(math.log(0.05), math.log(LONGEST_CLOSED_SECONDS))) if rng.random() < 0.7 else 0.0
        cut = Cut("")
        await self._cut_now(guest, cut)
        if closed:
            cut.way += f", no way for {closed:.2f} s"
            self._network.partition(True)
            await trio.sleep(closed)
            self._network.partition(False)
        for _ in range(MOST_AGAIN if closed < LONGEST_CLOSED_SECONDS / 4 else 0):
            if rng.random() < 0.7:
                break
            with trio.move_on_after(BACK_SECONDS):
                await guest.wires.wait_for_another()
            await trio.sleep(rng.uniform(0.0, 0.8))
            cut.way += ", then "
            cut.again += 1
            await self._cut_now(guest, cut)
        with trio.move_on_after(BACK_SECONDS):
            await guest.back.wait()
        if guest.cut is not None:
            self._outcome.wrong.append(f"{trio.current_time():.3f} {guest.name}: {cut.way}: not back after {BACK_SECONDS:g} s")
        self._outcome.cuts.append(cut)

    async def _cut_now(self, guest: Guest, cut: Cut) -> None:
        connection = guest.wires.connection
        assert connection is not None
        verb = self._rng.choice((self._reset, self._blackhole, self._deafen, self._silence, self._end))
        cut.way += verb.__name__.strip("_")
        guest.suffer(cut)
        await verb(connection)

    async def _reset(self, connection: SimConnection) -> None:
        connection.reset()

    async def _blackhole(self, connection: SimConnection) -> None:
        for toward in Toward:
            connection.blackhole(toward)

    async def _deafen(self, connection: SimConnection) -> None:
        connection.blackhole(Toward.CLIENT)

    async def _silence(self, connection: SimConnection) -> None:
        connection.blackhole(Toward.SERVER)

    async def _end(self, connection: SimConnection) -> None:
        """Each end hears that the other has ended, as from a router that was switched off politely."""
        for stream in (connection.client, connection.server):
            try:
                await stream.send_eof()
            except (trio.ClosedResourceError, trio.BrokenResourceError, trio.BusyResourceError):
                connection.reset()  # it was about to break, or is full


class Seats:
    """Watches the room: nobody is handed two frames in one tick, or one on a line that is not his; and nobody sits twice."""

    def __init__(self, room: Room, outcome: Outcome) -> None:
        self._room = room
        self._outcome = outcome
        self._tick = 0
        self._served: set[int] = set()
        send = room._send

        def watch(seat: Seat, line: Line, flags: int, now: float) -> None:
            self._see(seat, line)
            send(seat, line, flags, now)

        room._send = watch  # type: ignore[method-assign] # the only place through which all frames go

    def _see(self, seat: Seat, line: Line) -> None:
        if self._room.clock.tick != self._tick:
            self._tick = self._room.clock.tick
            self._served.clear()
            players = [seat.player for seat in self._room._seats]
            if len(set(players)) != len(players):
                self._outcome.wrong.append(f"tick {self._tick}: players sit twice: {players}")
        if seat.player in self._served or line is not seat.line:
            self._outcome.wrong.append(f"tick {self._tick}: player {seat.player} has two lines")
        self._served.add(seat.player)


async def play(seed: int, cuts: int) -> Outcome:
    """A world of so many cuts; must run under `tests.determinism.run_deterministic`."""
    outcome = Outcome()
    rng = random.Random(seed)
    ports = simulated_ports(rng.getrandbits(32), chunking=False)  # reads cut short would look like a slow line
    server = Server(ports=ports, games={Telling.name: Telling}, maps={}, guard=NoGuard())
    room = server.open_room(box.ROOM, Telling, seed=rng.getrandbits(32), keep=True)
    seen = box.Outcome()
    oracle = box.Oracle(room, seen)
    Seats(room, outcome)
    await server.listen(box.HOST, box.PORT)
    guests = [Guest(f"guest {number}", ports.network, rng.getrandbits(32), oracle, outcome) for number in range(1, CLIENTS + 1)]
    scissors = Scissors(random.Random(rng.getrandbits(32)), ports.network, guests, outcome)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        for guest in guests:
            nursery.start_soon(guest.run)
        await trio.sleep(3.0)
        for _ in range(cuts):
            await scissors.cut()
        await trio.sleep(2.0)
        for guest in guests:
            if not guest.client.connected:
                outcome.wrong.append(f"{guest.name} is not connected at the end")
        if server.counts.rooms_faulted or server.unadmitted:
            outcome.wrong.append(f"{server.counts.rooms_faulted} rooms faulted, {server.unadmitted} connections are unadmitted")
        nursery.cancel_scope.cancel()
    outcome.snapshots = seen.snapshots
    outcome.wrong += seen.wrong
    history = (oracle.digest(), outcome.cuts, outcome.events, outcome.calls, outcome.snapshots, outcome.wrong)
    outcome.hash = hashlib.blake2b(repr(history).encode(), digest_size=16).hexdigest()
    return outcome


def run_world(world: tuple[int, int]) -> tuple[int, Outcome]:
    """(seed, cuts)."""
    seed, cuts = world
    return seed, run_deterministic(play, seed, cuts, seed=seed)


def summarise(cuts: Sequence[Cut]) -> str:
    """What the cuts cost their players, in a few lines."""
    back = [cut for cut in cuts if cut.away < math.inf]
    away = [cut.away for cut in back]
    entering = [cut.entering for cut in back]
    trips = [cut.entering / cut.trip for cut in back]
    missed = [cut.trip for cut in back if cut.entering > cut.trip + AIM_SECONDS]
    return "\n".join(
        (
            f"{len(cuts)} cuts and {sum(cut.again for cut in cuts)} more on the way back, {len(back)} back in their seats",
            f"away: {min(away, default=0):.2f} to {max(away, default=0):.2f} s, median {percentile(away, 50):.2f} s",
            f"from the open stream to the first snapshot: median {percentile(entering, 50) * 1e3:.0f} ms, "
            f"99 % within {percentile(entering, 99) * 1e3:.0f} ms; median {percentile(trips, 50):.2f} round trips",
            f"within 1 round trip + {AIM_SECONDS * 1e3:.0f} ms: {len(back) - len(missed)} of {len(back)}, and all of those whose "
            f"round trip is below {min(missed, default=math.inf) * 1e3:.0f} ms",
        )
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.cuts", description="Cut lines, and see who comes back.")
    parser.add_argument("--cuts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first world (default: 1)")
    parser.add_argument("--processes", type=int, default=1, help="share the worlds among so many processes")
    arguments = parser.parse_args()
    whole, rest = divmod(arguments.cuts, CUTS_PER_WORLD)
    sizes = whole * [CUTS_PER_WORLD] + ([rest] if rest else [])
    worlds = list(enumerate(sizes, arguments.seed))
    cuts: list[Cut] = []
    failed: list[tuple[int, int]] = []
    with multiprocessing.Pool(arguments.processes) if arguments.processes > 1 else nullcontext() as pool:
        for seed, outcome in map(run_world, worlds) if pool is None else pool.imap(run_world, worlds):
            cuts += outcome.cuts
            print(
                f"seed {seed}: {outcome.hash}, {len(outcome.cuts)} cuts, {outcome.events} events, {outcome.calls} calls, "
                f"{outcome.snapshots} snapshots, {len(outcome.wrong)} promises broken",
                flush=True,
            )
            for wrong in outcome.wrong[:10]:
                print(f"  {wrong}", flush=True)
            if outcome.wrong:
                failed.append((len(outcome.cuts), seed))
    print(summarise(cuts))
    if failed:
        print(f"repeat with: python -m tests.sim.cuts --cuts {failed[0][0]} --seed {failed[0][1]}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
