"""The scene of the benchmark: cars on a field, all of which move in every tick. docs/performance.md has it in words and formulas.

`gameserver serve --game benchmarks/line/drive.py` hosts it. The other servers in peers/ write out the same, and
tests/test_line_benchmark.py holds them to it. Every number is a small multiple of a power of two, so doubles are exact and all of
them agree to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver import Entity, Game, Input, entities_of, integer, real

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import Player, PlayerId, Profile

SIDE: Final = 4096.0
"""Of the square field."""
THRUST: Final = 2.0
"""What an input adds to a velocity, in units a tick."""
DRAG: Final = 0.0625
"""What a velocity loses of itself in a tick. So it hardly ever stays the same, and at most 32 units a tick come together."""
GOLDEN: Final = 633
"""Cars start so far apart along each axis, modulo the field: spread evenly, whatever their number."""


class Pedals(Input):
    """Which way to push."""

    ax: int = integer(-1, 1, default=0)
    ay: int = integer(-1, 1, default=0)


class Car(Entity):
    """One for each player. Velocities are finer than places: they change by less."""

    x: float = real(quantum=1 / 16)
    y: float = real(quantum=1 / 16)
    vx: float = real(quantum=1 / 256, default=0.0)
    vy: float = real(quantum=1 / 256, default=0.0)


class Drive(Game):
    """See the module."""

    name = "drive"
    tick_rate = 30
    max_players = 255
    inputs = Pedals

    cars = entities_of(Car)

    def join(self, player: Player, profile: Profile) -> None:
        number = player.owner
        self.cars.add(Car(owner=number, x=number * GOLDEN % SIDE, y=number * number * GOLDEN % SIDE))

    def leave(self, player: Player) -> None:
        car = self.cars.owned_by(player.owner)
        if car is not None:
            self.cars.remove(car)

    def step(self, inputs: Mapping[PlayerId, Pedals]) -> None:
        for car in self.cars:
            pedals = inputs[car.owner]
            car.vx += THRUST * pedals.ax - DRAG * car.vx
            car.vy += THRUST * pedals.ay - DRAG * car.vy
            car.x += car.vx
            car.y += car.vy
            if not 0.0 <= car.x <= SIDE:
                car.x = min(max(car.x, 0.0), SIDE)
                car.vx = -car.vx
            if not 0.0 <= car.y <= SIDE:
                car.y = min(max(car.y, 0.0), SIDE)
                car.vy = -car.vy
