"""The box itself: a server with its rooms on simulated ports, two networks to it, a disk; and what happened to all of it.

Three rooms, and a fourth that nothing may disturb:

    large     arena, or pong, with bots          rough network
    telling   honest players, and most liars     rough network
    brittle   honest players whose game fails    rough network
    quiet     two honest players                 calm network
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple

import trio
import trio.testing

from gameserver.guard import NoGuard
from gameserver.maps import load_map
from gameserver.net.simulated import Latency, SimNetwork, SimRandomness, simulated_ports
from gameserver.ports import Ports
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.recording import recorder_on
from tests.sim import tapes
from tests.sim.invariants import Census, Endings, Logs, Oracle, left_over
from tests.sim.office import Office
from tests.sim.order import Helm, Order
from tests.sim.reported import Reported
from tests.sim.telling import Brittle, HeldBrittle, Quiet, telling_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameserver.core.game import Game
    from gameserver.net.simulated.network import SimListener, SimStream
    from gameserver.ports import Listener
    from gameserver.recorder import Recorder
    from gameserver.room import Room
    from gameserver.seat import Seat
    from tests.sim.honest import Honest
    from tests.sim.invariants import Life
    from tests.sim.scenario import Knobs, Outcome, Scenario

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LARGE: Final = "large"
TELLING: Final = "telling"
BRITTLE: Final = "brittle"
QUIET: Final = "quiet"
CALM: Final = Latency(0.0257)
"""A good home line that never varies: what comes over it depends on nothing else."""
TELLING_SEATS: Final = 12
"""For four guests and the liars."""
QUIET_SECONDS: Final = 70.0
"""After everyone has left, what is still there is left over: an empty room closes after 60 s."""


class Roads:
    """Two networks that lead to one server (ports.Network)."""

    def __init__(self, rough: SimNetwork, calm: SimNetwork) -> None:
        self._rough = rough
        self._calm = calm

    async def listen(self, host: str, port: int) -> Sequence[Listener]:
        listeners: list[SimListener] = [*await self._rough.listen(host, port), *await self._calm.listen(host, port)]
        return listeners

    async def connect(self, host: str, port: int) -> SimStream:
        return await self._rough.connect(host, port)


class Costly(NoGuard):
    """Runs hooks like NoGuard; but some of them take time, which in a world of virtual time none does by itself.

    Attributes:
        lost_seconds: that all of them took together.
    """

    def __init__(self) -> None:
        self.lost_seconds = 0.0
        self._lost: list[tuple[float, float]] = []
        """When, and how much."""
        self._jumps: list[float] = []
        self._slow: tuple[float, int] = (0.0, 0)

    def jump(self, seconds: float) -> None:
        """The next step takes so long."""
        self._jumps.append(seconds)

    def slow_down(self, seconds: float, steps: int) -> None:
        """Each of so many steps takes so long."""
        self._slow = (seconds, steps)

    def lost_lately(self, seconds: float) -> float:
        """How much of it in the last so many seconds that were played."""
        now, lost = trio.current_time(), 0.0
        for at, cost in reversed(self._lost):
            if now - lost - at > seconds:
                break
            lost += cost
        return lost

    def run(self, hook: Callable[[*Ts], T], *args: *Ts, cpu_seconds: float = 1.0, wall_seconds: float = 1.0) -> T:
        """The hook's answer, perhaps later."""
        try:
            return hook(*args)
        finally:
            seconds, steps = self._slow
            if steps:
                self._slow = (seconds, steps - 1)
            cost = (seconds if steps else 0.0) + (self._jumps.pop() if self._jumps else 0.0)
            if cost:
                self.lost_seconds += cost
                clock: Any = trio.lowlevel.current_clock()
                clock.jump(cost)
                self._lost.append((trio.current_time(), cost))


class Witness(SimRandomness):
    """Chance whose secrets may not turn up anywhere (I13)."""

    def __init__(self, rng: random.Random, logs: Logs) -> None:
        super().__init__(rng)
        self._logs = logs

    def token(self, n_bytes: int) -> bytes:
        secret = super().token(n_bytes)
        self._logs.guard(secret)
        return secret


class World:
    """See the module.

    Attributes:
        rough: the network on which lines break; `calm`: the one on which none does.
        office: where tickets come from.
        server: the one that runs, or ran last.
        games: by room.
        brittle: the rooms whose game fails.
        held: the rooms to which bots come that stand in for who is away.
        guests: the honest players on the rough network.
        reported: what they have reported of others.
    """

    HOST: Final = "127.0.0.1"
    PORT: Final = 8765

    def __init__(self, scenario: Scenario, knobs: Knobs, outcome: Outcome, *, alone: bool = False) -> None:
        """`alone`: nothing is broken; the twin, to which the quiet room is compared."""
        rng = random.Random(f"world of {scenario.seed}")
        self.scenario = scenario
        self.knobs = knobs
        self.outcome = outcome
        self.oracle = Oracle(outcome)
        self.census = Census(outcome)
        self.endings = Endings(outcome)
        self.logs = Logs(outcome)
        self.guard = Costly()
        ports = simulated_ports(rng.getrandbits(32), latency=knobs.latency, chunking=knobs.chunking)
        self.disk = ports.disk
        self.wall_clock = ports.wall_clock
        self.rough = ports.network
        self.calm = SimNetwork(random.Random(rng.getrandbits(32)), latency=CALM)
        self.ports = Ports(
            network=Roads(self.rough, self.calm),
            disk=ports.disk,
            store=ports.store,
            randomness=Witness(random.Random(rng.getrandbits(32)), self.logs),
            wall_clock=ports.wall_clock,
        )
        self.office = Office(
            random.Random(f"tickets of {scenario.seed}"), self.logs, ports.wall_clock, keyed=knobs.is_keyed and not alone
        )
        self._recording = ports
        self.brittle = frozenset((BRITTLE,))
        self.guests: Sequence[Honest] = ()
        self.reported = Reported(self)
        self.games: dict[str, type[Game]] = {
            QUIET: Quiet,  # the first, so that it has the same phase when it is alone
            LARGE: knobs.game,
            TELLING: telling_at(knobs.rate, TELLING_SEATS, held=knobs.held),
            BRITTLE: HeldBrittle if knobs.held else Brittle,
        }
        if alone or not knobs.faults:
            del self.games[TELLING], self.games[BRITTLE]
        self.held = {TELLING, BRITTLE} & self.games.keys() if knobs.held else set()
        if alone:
            del self.games[LARGE]
        elif not knobs.has_twin:
            del self.games[QUIET]
        self.server: Server
        self._recorder: Recorder
        self._seeds = random.Random(rng.getrandbits(32))
        self._quiet_seed = rng.getrandbits(32)
        self._leaps: list[float] = []
        self._disk_failed_at = -1e9
        self._scope = trio.CancelScope()
        self._gone = trio.Event()
        self._changing = trio.Lock()
        """One server goes, another comes."""
        self._nursery: trio.Nursery | None = None
        self._server_nursery: trio.Nursery | None = None

    # -- the server --------------------------------------------------------------------------------------------------------
    async def start(self, nursery: trio.Nursery) -> None:
        """Run a server, and all its rooms in it."""
        self._nursery = nursery
        self._recorder = recorder_on(self._recording)
        maps = {"field": load_map("field")}
        rooms = Rooms(
            ports=self.ports,
            games={game.name: game for game in self.games.values()},
            maps=maps,
            guard=self.guard,
            recorder=self._recorder,
        )
        self.server = Server(rooms, ports=self.ports, express=self.knobs.express, keys=self.office.keys)
        self.server.rooms.on_open = self._opened
        for name, game in self.games.items():
            seed = self._quiet_seed if name == QUIET else self._seeds.getrandbits(32)
            self.server.rooms.open(name, game, seed=seed, keep=True)
        await self.server.listen(self.HOST, self.PORT)
        self._scope, self._gone = trio.CancelScope(), trio.Event()
        await nursery.start(self._run)

    async def _run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with self._scope:
            async with trio.open_nursery() as nursery:
                self._server_nursery = nursery
                nursery.start_soon(self.server.run)
                task_status.started()
        self._gone.set()

    def _opened(self, room: Room) -> None:
        """Of each room, also of one that opens anew."""
        name = room.plan.name
        life = self.oracle.watch(room, copies=self.knobs.copies or name in self.brittle)
        if name == TELLING:
            life.order = Order(room, self.outcome)
        if name in self.held:
            Helm(room, self.outcome)

    async def power_cut(self, seconds: float) -> None:
        """The machine loses power, and is back after so long: no task tidies up, and the disk has what it has."""
        async with self._changing:
            with trio.CancelScope(shield=True):
                await self._cut_power(seconds)

    async def _cut_power(self, seconds: float) -> None:
        self.disk.hang()  # nothing that the server still does reaches it
        for network in (self.rough, self.calm):
            for connection in network.connections:
                connection.reset()
        lives = self._living()
        self._scope.cancel()
        await self._gone.wait()
        self.disk.crash()
        self.disk.mend()
        await tapes.check_crash(self, lives)
        await trio.sleep(seconds)
        assert self._nursery is not None
        await self.start(self._nursery)

    async def restart(self, seconds: float, *, drains: float) -> None:
        """As at SIGTERM: the server drains for so long at most, stops in good order, and after so long another one is started."""
        async with self._changing:
            with trio.CancelScope(shield=True):
                await self._start_again(seconds, drains)

    async def _start_again(self, seconds: float, drains: float) -> None:
        lives = self._living()
        await self.server.drain(drains)
        began = trio.current_time() - self.guard.lost_seconds
        await self.server.stop()
        await self._gone.wait()
        took = trio.current_time() - self.guard.lost_seconds - began
        if took > 10.0:
            self.outcome.complain(f"the server took {took:.1f} s to stop")
        await tapes.check_sealed(self, lives)
        await trio.sleep(seconds)
        assert self._nursery is not None
        await self.start(self._nursery)

    def _living(self) -> list[Life]:
        return [self.oracle.lives[name][-1] for name in self.server.rooms if name in self.oracle.lives]

    async def close(self) -> None:
        """All rooms close, and what is recorded is written."""
        self.disk.mend()
        for room in tuple(self.server.rooms.values()):
            if room.recorder is not None:
                room.recorder.close()
        await self._recorder.finish()

    # -- what happened -----------------------------------------------------------------------------------------------------
    def leap(self) -> None:
        """So much time is lost now that whoever is away may be too late for his seat."""
        self._leaps.append(trio.current_time())

    def leapt(self, since: float) -> bool:
        """Has that happened since then?"""
        return any(at >= since for at in self._leaps)

    def break_disk(self) -> None:
        """The disk does not do what it should; what is recorded in these moments may be lost."""
        self._disk_failed_at = trio.current_time()

    @property
    def disk_ever_broken(self) -> bool:
        """Was it, in this run?"""
        return self._disk_failed_at >= 0.0

    def disk_sound_for(self) -> float:
        """Seconds since the disk was last broken."""
        return trio.current_time() - self._disk_failed_at

    def seat_of(self, room: str, player: int) -> Seat | None:
        """The server's side of a player."""
        found = self.server.rooms.get(room)
        return found.seat_of(player) if found is not None else None

    @property
    def end(self) -> float:
        """When the run is over: time that was jumped over was not played."""
        return self.scenario.seconds + self.guard.lost_seconds

    async def sleep_until_end(self, before: float = 0.0) -> None:
        """Until so many seconds before it."""
        while trio.current_time() < self.end - before:  # noqa: ASYNC110 - the end moves when time is lost
            await trio.sleep_until(self.end - before)

    async def check_left_over(self) -> None:
        """Everyone has left: a while later nothing of them is there (I7)."""
        await trio.sleep(QUIET_SECONDS)
        for network in (self.rough, self.calm):
            held = [one for one in network.connections if not (one.server._closed or one.server._broken)]
            if held:
                self.outcome.complain(f"the server still holds {len(held)} connections")
        if self._server_nursery is not None and not self._gone.is_set():
            for what in left_over(self.server, self._server_nursery):
                self.outcome.complain(f"after everyone has left: {what}")
