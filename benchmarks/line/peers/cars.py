"""The scene of benchmarks/line/drive.py for the room beside it, in plain Python: the same numbers to the last bit."""

from __future__ import annotations

import zlib
from math import floor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

TICK_RATE: Final = 30
SIDE: Final = 4096.0
THRUST: Final = 2.0
DRAG: Final = 0.0625
GOLDEN: Final = 633

GLOBALS: Final = 1
PLAYER: Final = 9
CAR: Final = 17
"""Forms (docs/protocol.md, section 6): kinds 0 globals, 1 players, 2 cars; all that everyone sees."""

Flat = list[int | str]
Units = tuple[int, int, int, int]
Input = tuple[int, int]

NEUTRAL: Final = (0, 0)


class Car:
    """A player and his car.

    Attributes:
        id: the player's; the car's is the next one.
        units: the car's place and velocity as the wire has them.
    """

    __slots__ = ("id", "name", "owner", "units", "vx", "vy", "x", "y")

    def __init__(self, number: int, owner: int, name: str) -> None:
        self.id = number
        self.owner = owner
        self.name = name
        self.x = owner * GOLDEN % SIDE
        self.y = owner * owner * GOLDEN % SIDE
        self.vx = self.vy = 0.0
        self.units: Units = (floor(self.x * 16.0), floor(self.y * 16.0), 0, 0)

    def step(self, ax: int, ay: int) -> None:
        """Drive for a tick, and round everything to its quantum."""
        vx = self.vx + (THRUST * ax - DRAG * self.vx)
        vy = self.vy + (THRUST * ay - DRAG * self.vy)
        x = self.x + vx
        y = self.y + vy
        if not 0.0 <= x <= SIDE:
            x = min(max(x, 0.0), SIDE)
            vx = -vx
        if not 0.0 <= y <= SIDE:
            y = min(max(y, 0.0), SIDE)
            vy = -vy
        units = floor(x * 16.0 + 0.5), floor(y * 16.0 + 0.5), floor(vx * 256.0 + 0.5), floor(vy * 256.0 + 0.5)
        self.x, self.y, self.vx, self.vy = units[0] / 16.0, units[1] / 16.0, units[2] / 256.0, units[3] / 256.0
        self.units = units

    def rows(self, before: int) -> Flat:
        """The player and his car as FRAGMENT's `entered` has them, behind this id."""
        return [PLAYER, self.id - before, self.name, 1, 0, 0, self.owner, 0, CAR, 1, *self.units, self.owner, 0]


class Cars:
    """The world of one room, and what is told of it.

    Attributes:
        changed: the differences of the last step, as a FRAGMENT has them.
    """

    def __init__(self) -> None:
        self._cars: dict[int, Car] = {}
        self._ids = 1
        self._entered: list[Car] = []
        self._left: list[int] = []
        self.changed: Flat = []

    def join(self, owner: int, name: str) -> None:
        """Somebody joins, before a step."""
        car = self._cars[owner] = Car(self._ids, owner, name)
        self._ids += 2
        self._entered.append(car)

    def leave(self, owner: int) -> None:
        """Somebody leaves, before a step."""
        car = self._cars.pop(owner)
        if car in self._entered:
            self._entered.remove(car)
        else:
            self._left += (car.id, car.id + 1)

    def step(self, inputs: Mapping[int, Input]) -> None:
        """One tick. `inputs`: owner → (ax, ay)."""
        changed: Flat = []
        last = 0
        entered = self._entered
        for car in self._cars.values():
            x, y, vx, vy = car.units
            car.step(*inputs.get(car.owner, NEUTRAL))
            if entered and car in entered:
                continue
            now_x, now_y, now_vx, now_vy = car.units
            mask = (x != now_x) | (y != now_y) << 1 | (vx != now_vx) << 2 | (vy != now_vy) << 3
            if mask == 15:  # nearly always
                changed += (car.id + 1 - last, 15, now_x - x, now_y - y, now_vx - vx, now_vy - vy)
            elif mask:
                changed += (car.id + 1 - last, mask)
                changed += (d for d in (now_x - x, now_y - y, now_vx - vx, now_vy - vy) if d)
            else:
                continue
            last = car.id + 1
        self.changed = changed

    def entered(self) -> Flat:
        """Who entered in the last step, as a FRAGMENT has it."""
        return _rows(self._entered)

    def whole(self) -> Flat:
        """All of it, as `entered` of a FRAGMENT without a base."""
        return [GLOBALS, 0, *_rows(self._cars.values())]

    def left(self) -> list[int]:
        """The ids that left before the last step, as a FRAGMENT has them."""
        ids = sorted(self._left)
        return [number - before for number, before in zip(ids, [0, *ids], strict=False)]

    def told(self) -> None:
        """The tick has been told."""
        if self._entered:
            self._entered = []
        if self._left:
            self._left = []

    def crc(self, pack: Callable[[object], bytes]) -> int:
        """The CRC of everything (docs/protocol.md, section 5)."""
        flat: Flat = [0, GLOBALS]
        for car in self._cars.values():
            flat += (car.id, PLAYER, car.name, 1, 0, 0, car.owner, 0, car.id + 1, CAR, *car.units, car.owner, 0)
        return zlib.crc32(pack(flat))

    def places(self) -> dict[int, Units]:
        """owner → x, y, vx, vy in wire units."""
        return {car.owner: car.units for car in self._cars.values()}


def _rows(cars: Iterable[Car]) -> Flat:
    flat: Flat = []
    last = 0
    for car in cars:
        flat += car.rows(last)
        last = car.id + 1
    return flat
