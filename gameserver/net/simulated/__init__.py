"""A simulated world: connections, a disk, dates and chance that depend on one seed and on virtual time, and fail on demand.

Run it under `trio.testing.MockClock(autojump_threshold=0)`: an hour of latency then costs no waiting. Everything arbitrary is
drawn from a `random.Random` that is handed in, and every connection has a generator of its own, so that a fault in one does
not change what happens to another.

A direction of a connection is a queue of `(time of arrival, bytes)`. What arrives later stands further back, as in TCP. The end
of the stream and a reset stand in the same queue, so nothing overtakes the bytes before it:

    send ──▶ [(0.31, b"..."), (0.33, b"..."), (0.33, b"")] ──▶ receive      b"" is the end of the stream, None a reset
             └── counts against the window until it is received ──┘

Three simplifications. Acknowledgements take no time: room in the window is known at once. A peer that closes is noticed by the
sender when the news arrives, not a round trip after the first write that it answers with a reset. A reset by
`SimConnection.reset` reaches both ends at once and takes with it what they had not yet received.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

import attrs
import trio

from gameserver.net.memory import MemoryStore
from gameserver.net.simulated.disk import SimDisk as SimDisk
from gameserver.net.simulated.network import SimConnection as SimConnection
from gameserver.net.simulated.network import SimHost as SimHost
from gameserver.net.simulated.network import SimNetwork as SimNetwork
from gameserver.net.simulated.network import SimStream as SimStream
from gameserver.net.simulated.pipe import Latency as Latency
from gameserver.net.simulated.pipe import Toward as Toward
from gameserver.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

WALL_START = 1_767_225_600.0  # 2026-01-01 00:00 UTC


class SimRandomness:
    """A `gameserver.ports.Randomness` that a seed foretells."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def token(self, n_bytes: int) -> bytes:
        return self._rng.randbytes(n_bytes)

    def seed(self) -> int:
        return self._rng.getrandbits(63)


async def at_once(work: Callable[[], T], /) -> T:
    """A `gameserver.recorder.Aside` without threads, which virtual time knows nothing of."""
    await trio.lowlevel.checkpoint()
    return work()


class SimWallClock:
    """A `gameserver.ports.WallClock` that goes with virtual time.

    Attributes:
        skew_seconds: how far it is off; set it to let the date jump.
    """

    def __init__(self, start: float = WALL_START) -> None:
        self.skew_seconds = 0.0
        self._start = start

    def now(self) -> float:
        return self._start + trio.current_time() + self.skew_seconds


@attrs.frozen(kw_only=True)
class SimPorts(Ports):
    """Simulated ports, typed as what they are, so that a test can reach their faults."""

    network: SimNetwork
    disk: SimDisk
    store: MemoryStore
    randomness: SimRandomness
    wall_clock: SimWallClock


def simulated_ports(seed: int, *, latency: Latency = Latency(), chunking: bool = True) -> SimPorts:
    """A world that the seed decides."""
    rng = random.Random(seed)
    network, disk, randomness = (random.Random(rng.getrandbits(64)) for _ in range(3))
    return SimPorts(
        network=SimNetwork(network, latency=latency, chunking=chunking),
        disk=SimDisk(disk),
        store=MemoryStore(),
        randomness=SimRandomness(randomness),
        wall_clock=SimWallClock(),
    )
