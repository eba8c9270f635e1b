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
from typing import TYPE_CHECKING, Final

import trio
from gameclient.bots import percentile

from gameserver.guard import NoGuard
from gameserver.net.simulated import Toward, simulated_ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.determinism import run_deterministic
from tests.sim.guest import ROOM, Cut, Guest, Outcome, some_latency
from tests.sim.invariants import Oracle
from tests.sim.scenario import Outcome as Seen
from tests.sim.telling import Telling
from tests.sim.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.net.simulated import SimConnection, SimNetwork

CUTS_PER_WORLD: Final = 25
LONGEST_AWAY_SECONDS: Final = 25.0
"""A seat is kept for 30 s, from when the server notices; a client tries every 2 s."""
LONGEST_CLOSED_SECONDS: Final = LONGEST_AWAY_SECONDS - 4.0
MOST_AGAIN: Final = 2
"""Further cuts while a player is on the way back: each may cost him the 5 s of a handshake, and a wait."""
BACK_SECONDS: Final = 30.0
"""Who is not back then does not come back."""
AIM_SECONDS: Final = 0.2
"""What it should take beyond one round trip."""


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


async def play(seed: int, cuts: int) -> Outcome:
    """A world of so many cuts; must run under `tests.determinism.run_deterministic`."""
    outcome = Outcome()
    rng = random.Random(seed)
    ports = simulated_ports(rng.getrandbits(32), chunking=False)  # reads cut short would look like a slow line
    server = Server(Rooms(ports=ports, games={Telling.name: Telling}, maps={}, guard=NoGuard()), ports=ports)
    room = server.rooms.open(ROOM, Telling, seed=rng.getrandbits(32), keep=True)
    seen = Seen()
    oracle = Oracle(seen)
    oracle.watch(room)
    await server.listen(World.HOST, World.PORT)
    guests = [
        Guest(f"guest {number}", ports.network, rng.getrandbits(32), oracle, outcome)
        for number in range(1, Telling.max_players + 1)
    ]
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
        if server.rooms.faulted or server.unadmitted:
            outcome.wrong.append(f"{server.rooms.faulted} rooms faulted, {server.unadmitted} connections are unadmitted")
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


def main(words: Sequence[str] | None = None) -> int:
    """Cut, and say what came of it. Returns 1 if a promise was broken, and prints the command that repeats the first such world."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim.cuts", description="Cut lines, and see who comes back.")
    parser.add_argument("--cuts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first world (default: 1)")
    parser.add_argument("--processes", type=int, default=1, help="share the worlds among so many processes")
    arguments = parser.parse_args(words)
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
