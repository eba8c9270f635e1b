"""What breaks in the box: lines, the disk, time, the games, the whole machine. Each has a random generator of its own, so that to
leave one out changes nothing of when the others strike.
"""

from __future__ import annotations

import errno
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import trio
from gameclient.client import Client

from gameserver.core.errors import GameserverError, Refused
from gameserver.core.limits import GRACE_SECONDS
from gameserver.net.simulated import Latency, Toward
from tests.bombs import ERRORS
from tests.sim.deeds import absence, chat, expel, hush, report
from tests.sim.telling import Brittle
from tests.sim.world import BRITTLE, LARGE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gameserver.net.simulated import SimConnection
    from tests.sim.world import World

    Verb = Callable[[World, random.Random], Awaitable[None]]


# -- lines -----------------------------------------------------------------------------------------------------------------
def _any_line(world: World, rng: random.Random) -> SimConnection | None:
    live = world.rough.connections
    return rng.choice(live) if live else None


async def reset(world: World, rng: random.Random) -> None:
    """F1: at any byte, in any phase."""
    line = _any_line(world, rng)
    if line is not None:
        line.reset()


async def cut_head(world: World, rng: random.Random) -> None:
    """F1: within the first round trips of a line, where it is being opened."""
    known = {line.number for line in world.rough.connections}
    with trio.move_on_after(5.0):
        while True:
            fresh = [line for line in world.rough.connections if line.number not in known]
            if fresh:
                await trio.sleep(rng.uniform(0.0, 0.4))
                fresh[0].reset()
                return
            await trio.sleep(0.01)


async def half_close(world: World, rng: random.Random) -> None:
    """A client says that it will send nothing more, in the middle of whatever it is saying."""
    line = _any_line(world, rng)
    if line is not None:
        line.half_close(Toward.SERVER)


async def blackhole(world: World, rng: random.Random) -> None:
    """F2: one direction, or both, for good."""
    line = _any_line(world, rng)
    if line is not None:
        for toward in rng.choice(((Toward.SERVER,), (Toward.CLIENT,), tuple(Toward))):
            line.blackhole(toward)


async def slow_line(world: World, rng: random.Random) -> None:
    """F3: latency, jitter, and bandwidth down to 8 kB/s, for as long as the line lives."""
    line = _any_line(world, rng)
    if line is not None:
        speed = rng.choice((float("inf"), 32_000.0, 8_000.0))
        line.set_latency(Latency(rng.uniform(0.0, 0.3), rng.uniform(0.0, 0.15), speed))


async def clog(world: World, rng: random.Random) -> None:
    """F5: for a while nothing is taken; the longer ones are as good as a client that does not read."""
    line = _any_line(world, rng)
    if line is not None:
        toward = rng.choice(tuple(Toward))
        line.clog(toward)
        try:
            await trio.sleep(rng.choice((rng.uniform(0.05, 3.0), rng.uniform(4.0, 9.0))))
        finally:
            line.unclog(toward)


async def swizzle(world: World, rng: random.Random) -> None:
    """F6: a random half clogs, one by one, and comes free in another order."""
    lines = [line for line in world.rough.connections if rng.random() < 0.5]
    try:
        for line in lines:
            for toward in Toward:
                line.clog(toward)
            await trio.sleep(rng.uniform(0.0, 0.5))
        rng.shuffle(lines)
        for line in lines:
            await trio.sleep(rng.uniform(0.0, 0.5))
            for toward in Toward:
                line.unclog(toward)
    finally:
        for line in lines:
            for toward in Toward:
                line.unclog(toward)


async def storm(world: World, rng: random.Random) -> None:
    """F8: all at once are cut, and all at once come back."""
    for line in world.rough.connections:
        line.reset()


async def partition(world: World, rng: random.Random) -> None:
    """A line is cut, and for a while there is no way back for anybody."""
    await reset(world, rng)
    world.rough.partition(True)
    try:
        await trio.sleep(rng.uniform(0.1, 3.0) if rng.random() < 0.8 else rng.uniform(3.0, GRACE_SECONDS - 8.0))
    finally:
        world.rough.partition(False)


# -- the disk --------------------------------------------------------------------------------------------------------------
async def hang_disk(world: World, rng: random.Random) -> None:
    """Its calls do not return for a while."""
    world.break_disk()
    world.disk.hang()
    try:
        await trio.sleep(rng.uniform(0.05, 8.0))
    finally:
        world.break_disk()
        world.disk.go_on()


async def fail_disk(world: World, rng: random.Random) -> None:
    """F19, F20: the n-th call from now fails, whatever it is; an append may have written a part, a sync forgets for good."""
    world.break_disk()
    world.disk.fail(rng.randint(1, 9), rng.choice((errno.EIO, errno.ENOSPC, errno.EINTR)))
    await trio.lowlevel.checkpoint()


async def slow_disk(world: World, rng: random.Random) -> None:
    """Each call takes as long as on a worn one."""
    world.break_disk()
    world.disk.delay = Latency(rng.uniform(0.0, 0.2), rng.uniform(0.0, 0.3))
    try:
        await trio.sleep(rng.uniform(1.0, 10.0))
    finally:
        world.break_disk()
        world.disk.delay = Latency()


# -- time ------------------------------------------------------------------------------------------------------------------
async def jump(world: World, rng: random.Random) -> None:
    """F11: a step takes as long as a collection of garbage, or a machine whose core is given to somebody else."""
    world.guard.jump(rng.choice((0.05, 0.5, 2.0)))
    await trio.lowlevel.checkpoint()


async def leap(world: World, rng: random.Random) -> None:
    """F12: the machine was suspended. Whoever was away is too late for his seat, and every line may break."""
    world.leap()
    world.guard.jump(rng.choice((5.0, 60.0, 600.0)))
    await trio.sleep(GRACE_SECONDS)
    world.leap()


async def slow_steps(world: World, rng: random.Random) -> None:
    """F18: steps cost up to twice their time for a second or two."""
    rate = world.games[LARGE].tick_rate
    world.guard.slow_down(rng.uniform(0.5, 2.0) / rate, rng.randint(rate // 2, 2 * rate))
    await trio.lowlevel.checkpoint()


async def wall_clock(world: World, rng: random.Random) -> None:
    """F13: somebody sets the date."""
    world.wall_clock.skew_seconds = rng.choice((-3_600.0, 3_600.0, 0.0, rng.uniform(-5.0, 5.0)))
    await trio.lowlevel.checkpoint()


# -- games -----------------------------------------------------------------------------------------------------------------
async def _say(world: World, rng: random.Random, method: str, *arguments: int) -> None:
    """Somebody comes into the brittle room and calls this."""

    async def play(client: Client) -> None:
        with suppress(Refused, GameserverError):
            await client.call(method, *arguments)

    url = f"ws://{world.HOST}:{world.PORT}/ws/{BRITTLE}"
    client = Client(
        url,
        game=Brittle.name,
        name="breaker",
        network=world.calm,
        credential=world.office.tickets(BRITTLE),
        comes_back=False,
        rng=random.Random(rng.getrandbits(32)),
    )
    with trio.move_on_after(5.0):
        try:
            await client.run(play)
        except* GameserverError:
            pass  # the room is closing, or full, or fails at him


async def raise_in_step(world: World, rng: random.Random) -> None:
    """F14: one of ten errors, SystemExit and others that pass by `except Exception` among them, half-way through a call."""
    await _say(world, rng, "snap", rng.randrange(len(ERRORS)))


async def rot(world: World, rng: random.Random) -> None:
    """F14: every step fails from now on, without anybody's doing: the room ends, and opens anew."""
    await _say(world, rng, "rot")


async def grow(world: World, rng: random.Random) -> None:
    """F17: the state grows by 2 KiB in each tick."""
    await _say(world, rng, "grow")


LAST_RESTART_SECONDS: Final = 45.0
"""Before the end of a run: one that begins later would not be over, with everyone back, when that is asked for."""


# -- the server ------------------------------------------------------------------------------------------------------------
async def power_cut(world: World, rng: random.Random) -> None:
    """F21: the machine stops in the middle of everything; what was not synced is lost, torn or zeroed."""
    await world.power_cut(rng.uniform(0.5, 5.0))


async def restart(world: World, rng: random.Random) -> None:
    """F34: the server is told to end at any moment, lets matches go on for a while or not at all, and is started again."""
    if world.end - trio.current_time() > LAST_RESTART_SECONDS:
        await world.restart(rng.uniform(0.1, 5.0), drains=rng.choice((0.0, rng.uniform(0.5, 8.0))))


SECONDS_BETWEEN: Final[dict[Verb, float]] = {
    reset: 6.0,
    cut_head: 10.0,
    half_close: 10.0,
    blackhole: 6.0,
    slow_line: 5.0,
    clog: 5.0,
    swizzle: 20.0,
    storm: 25.0,
    partition: 8.0,
    hang_disk: 20.0,
    fail_disk: 25.0,
    slow_disk: 25.0,
    jump: 5.0,
    leap: 40.0,
    slow_steps: 20.0,
    wall_clock: 10.0,
    raise_in_step: 12.0,
    rot: 40.0,
    grow: 60.0,
    power_cut: 40.0,
    restart: 40.0,
    chat: 3.0,
    expel: 9.0,
    hush: 6.0,
    report: 8.0,
    absence: 8.0,
}
"""What there is, and how often on average it strikes, at the usual pace."""
VERBS: Final = {verb.__name__: verb for verb in SECONDS_BETWEEN}


async def inject(world: World, name: str) -> None:
    """This fault, again and again, until cancelled; then whatever can be mended is."""
    verb = VERBS[name]
    rng = random.Random(f"{name} of {world.scenario.seed}")
    while True:
        await trio.sleep(rng.expovariate(1.0 / (SECONDS_BETWEEN[verb] * world.knobs.pace)))
        world.outcome.count(name)
        await verb(world, rng)
