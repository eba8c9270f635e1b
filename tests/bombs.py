"""Games that fail once, in one hook, with one error, and the rooms beside them that shall not notice."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import attrs
import trio

from gameserver import EVERYONE, Result
from gameserver.core.messages import Role
from tests.determinism import run_deterministic
from tests.helpers import Host, Runner, Seated, Toy, serving, sit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gameserver import Audience, Entity, PlayerId, Profile
    from tests.helpers import Push, Rules


class OwnError(BaseException):
    pass


def recurse() -> None:
    recurse()


def throw(error: BaseException) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


ERRORS: Final[dict[str, Callable[[], None]]] = {
    "KeyError": throw(KeyError("a")),
    "ZeroDivisionError": throw(ZeroDivisionError("by zero")),
    "StopIteration": throw(StopIteration(1)),
    "SystemExit": throw(SystemExit(3)),
    "KeyboardInterrupt": throw(KeyboardInterrupt()),
    "GeneratorExit": throw(GeneratorExit()),
    "MemoryError": throw(MemoryError()),
    "RecursionError": recurse,
    "BaseExceptionGroup": throw(BaseExceptionGroup("many", [SystemExit(4), ValueError("b")])),
    "OwnError": throw(OwnError("own")),
}

FAIL_TICK: Final = 5
"""From here on the hooks that are called in every tick fail."""


class Bomb(Toy):
    """Fails once, in one hook, with one error; `bomb_of` says which. From then on it behaves."""

    name = "bomb"
    armed: bool = False
    hook: str = ""
    blow: Callable[[], None] = recurse

    def fail(self, hook: str) -> None:
        kind = type(self)
        if kind.armed and kind.hook == hook:
            kind.armed = False
            kind.__dict__["blow"]()

    def setup(self, options: Rules) -> None:
        super().setup(options)
        self.fail("setup")

    def join(self, player: Runner, profile: Profile) -> None:
        super().join(player, profile)
        self.after(3, self.ring)

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        if self.tick >= FAIL_TICK:
            self.fail("step")

    def audience(self, entity: Entity) -> Audience:
        if self.tick >= FAIL_TICK:
            self.fail("audience")
        return EVERYONE

    def is_over(self) -> Result | None:
        if self.tick >= FAIL_TICK:
            self.fail("is_over")
        return None

    def ring(self) -> None:
        self.fail("timer")


def bomb_of(failing: str, error: str, number: int) -> type[Bomb]:
    class Made(Bomb):
        name = f"bomb{number}"
        armed = True
        hook = failing
        blow = ERRORS[error]

    return Made


# -- the rooms that shall not notice ----------------------------------------------------------------------------------------
HEALTHY = 20
END = 4.52  # before any of them would have to acknowledge anything


@attrs.frozen
class Healthy:
    """Rooms with a player and a spectator each, on lines that cannot fail."""

    host: Host
    seated: list[Seated]

    @classmethod
    async def fill(cls, host: Host) -> Healthy:
        rooms = [host.server.rooms.open(f"well{number}", Toy, seed=number, keep=True) for number in range(HEALTHY)]
        seated = [sit(room, role=role) for room in rooms for role in (Role.PLAYER, Role.SPECTATOR)]
        await trio.sleep(0.11)
        for player in seated[::2]:
            player.push(5, *((1, tick % 2) for tick in range(8)))
        return cls(host, seated)

    def outcome(self) -> list[tuple[int, int, int, int, float]]:
        """Of each room: its tick, the hash of its whole state, how many snapshots went out and were skipped, the worst lateness."""
        rooms = [self.host.server.rooms[f"well{number}"] for number in range(HEALTHY)]
        return [
            (
                room.clock.tick,
                room.simulation.world.hash(),
                room.counts.snapshots,
                room.counts.skipped,
                round(room.counts.worst_lateness_seconds, 6),
            )
            for room in rooms
        ]


async def play_healthy() -> list[tuple[int, int, int, int, float]]:
    async with serving(Toy) as host:
        healthy = await Healthy.fill(host)
        await trio.sleep_until(END)
        return healthy.outcome()


@functools.cache
def undisturbed() -> list[tuple[int, int, int, int, float]]:
    """What the healthy rooms come to when nothing fails."""
    return run_deterministic(play_healthy, seed=1)
