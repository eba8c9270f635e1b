"""What honest players do to each other, as often as the seed says: one sends another away, silences, mutes or reports him, says
something, or is away for a while himself. What has to come of it the models know (order, honest, reported).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from gameserver.core.limits import GRACE_SECONDS
from gameserver.reports import REASONS
from tests.sim.order import BAR_SECONDS
from tests.sim.world import TELLING

if TYPE_CHECKING:
    import random

    from tests.sim.honest import Honest
    from tests.sim.telling import Tally
    from tests.sim.world import World

LAST_BAR_SECONDS: Final = BAR_SECONDS + 8.0
"""Before the end of a run: who is to stay out from then on would not be back when that is asked for."""


def _somebody(world: World, rng: random.Random, *, keeps_order: bool = False) -> tuple[Honest, list[Tally]] | None:
    """Who plays in the room where order is kept, and whom he sees there beside himself; mostly the host if that matters."""
    here = [guest for guest in world.guests if guest.room == TELLING and guest.is_there]
    if keeps_order and rng.random() < 0.7:
        here = [guest for guest in here if guest.me.host] or here
    if not here:
        return None
    guest = rng.choice(here)
    return guest, [tally for tally in guest.seen if tally.owner != guest.me.owner]


async def chat(world: World, rng: random.Random) -> None:
    """A line that nobody says twice."""
    found = _somebody(world, rng)
    if found is not None:
        guest, _ = found
        await guest.ask("chat", f"{guest.name}, {trio.current_time():.6f}", 0)


async def expel(world: World, rng: random.Random) -> None:
    """The host sends somebody away, whoever that is, with or without a bar; or somebody tries to who is not the host."""
    found = _somebody(world, rng, keeps_order=True)
    if found is not None and found[1]:
        guest, others = found
        bars = rng.random() < 0.6 and world.end - trio.current_time() > LAST_BAR_SECONDS
        await guest.ask("expel", rng.choice(others).owner, int(bars))


async def hush(world: World, rng: random.Random) -> None:
    """Somebody is not to be heard, by anybody or by one; or is again."""
    found = _somebody(world, rng, keeps_order=True)
    if found is not None and found[1]:
        guest, others = found
        await guest.ask(rng.choice(("silence", "mute")), rng.choice(others).owner, int(rng.random() < 0.6))


async def report(world: World, rng: random.Random) -> None:
    """In words by which the report is known again."""
    found = _somebody(world, rng)
    if found is not None and found[1]:
        guest, others = found
        words = f"{guest.name} at {trio.current_time():.6f}"
        await world.reported.file(guest, rng.choice(others).owner, rng.randrange(len(REASONS)), words)


async def absence(world: World, rng: random.Random) -> None:
    """Somebody's line is gone, and for a while there is no way for him: for a moment, nearly too long for his seat, or too long."""
    guests = [guest for guest in world.guests if guest.is_there]
    if not guests:
        return
    road = rng.choice(guests).road
    try:
        road.close(cleanly=rng.random() < 0.5)
        await trio.sleep(rng.choice((rng.uniform(0.1, 4.0), rng.uniform(4.0, GRACE_SECONDS - 4.0), GRACE_SECONDS + 2.0)))
    finally:
        road.open()
