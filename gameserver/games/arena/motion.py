"""How tanks and shells move: pure functions of numbers and the map.

A client predicts its own tank by running these very steps, so they must give the same bits in every language: there are only
integers, + − × ÷, floor and sqrt, and cosines come from a table of integers. Lengths are pixels (a tile has 32), speeds are pixels
a tick, headings are 256 steps to the turn, aims 1,024; 0 is along +x and they grow towards +y, which is down.

The server rounds positions and speeds to QUANTUM at the end of each tick. Walls lie on that grid, so rounding puts nobody into one.
"""

from __future__ import annotations

from math import floor, sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gameserver import TileMap

QUANTUM: Final = 1 / 16

TANK_HALF: Final = 12.0
"""Half the side of the square that walls stop: a tank fits through a gap of one tile."""
TANK_RADIUS: Final = 13.0
"""Of the circle in which tanks keep each other out: about that square's area, so that they slide past each other."""
TOP_SPEED: Final = 4.5
"""72 quanta a tick: across the field in ten seconds."""
FAST_SPEED: Final = 6.75
"""The top speed of a tank that has found a pickup: half as much again, 108 quanta a tick."""
ACCELERATION: Final = 0.75
"""To top speed in 0.2 s, from there into reverse in 0.4 s: a tank, but a nimble one."""
FRICTION: Final = 0.5
"""Without throttle it rolls for another 0.3 s."""
TURN: Final = 10
"""Heading steps a tick: 420 degrees a second."""
REVERSE_FROM: Final = 96
"""A wish further away than this (135 degrees) is driven in reverse instead of turning round."""
QUARTER_TURN: Final = 64
MOST_PUSH: Final = 3.0
"""What other tanks push along one axis in one tick. With TOP_SPEED it stays within 127 quanta, which is one byte; a fast tank that
is pushed ahead costs one more."""
FULL_THROTTLE: Final = 2

SHELL_SPEED: Final = 7.5
"""120 quanta a tick."""
MUZZLE_TICKS: Final = 2.0
"""A shell begins where it would be after so many ticks from the middle of the tank: 15 px out, just before the hull."""
HIT_RADIUS: Final = 14.0
"""How near to the middle of a tank a shell hits: the tank's circle and a little for the shell."""

QUARTER_WAVE: Final = (
    32768, 32758, 32729, 32679, 32610, 32522, 32413, 32286, 32138, 31972, 31786, 31581, 31357, 31114, 30853, 30572, 30274,
    29957, 29622, 29269, 28899, 28511, 28106, 27684, 27246, 26791, 26320, 25833, 25330, 24812, 24279, 23732, 23170, 22595,
    22006, 21403, 20788, 20160, 19520, 18868, 18205, 17531, 16846, 16151, 15447, 14733, 14010, 13279, 12540, 11793, 11039,
    10279, 9512, 8740, 7962, 7180, 6393, 5602, 4808, 4011, 3212, 2411, 1608, 804, 0,
)  # fmt: skip
"""The cosine × 32,768 of the headings 0 to 64."""
UNIT: Final = 32_768

COSINES: Final = (
    *QUARTER_WAVE[:64],
    *(-cosine for cosine in QUARTER_WAVE[:0:-1]),
    *(-cosine for cosine in QUARTER_WAVE[:64]),
    *QUARTER_WAVE[:0:-1],
)
"""The same for all 256 headings. The sine of h is COSINES[h - 64 & 255]."""


def on_grid(length: float) -> float:
    """Rounded to the quantum, as the server rounds at the end of a tick."""
    return floor(length / QUANTUM + 0.5) * QUANTUM


# -- tanks -----------------------------------------------------------------------------------------------------------------
def drive(heading: int, speed: float, bearing: int, throttle: int, *, top_speed: float) -> tuple[int, float]:
    """One tick of steering: the heading and speed of a tank whose driver wants to go towards `bearing`.

    The hull turns that way, or its rear does if that is much nearer; the engine pulls as far as hull and wish agree.
    Speed is along the heading, negative in reverse. Who is faster than `top_speed` slows down to it.
    """
    if not throttle:
        if speed > FRICTION:
            return heading, speed - FRICTION
        return heading, speed + FRICTION if speed < -FRICTION else 0.0
    off = (bearing - heading + 128 & 255) - 128
    top = top_speed
    if off > REVERSE_FROM or off < -REVERSE_FROM:
        off = (off & 255) - 128
        top = -top_speed
    turn = TURN if off > TURN else -TURN if off < -TURN else off
    off -= turn
    wanted = 0.0
    if -QUARTER_TURN < off < QUARTER_TURN:
        wanted = top * throttle * COSINES[off & 255] / (FULL_THROTTLE * UNIT)
    change = wanted - speed
    if change > ACCELERATION:
        change = ACCELERATION
    elif change < -ACCELERATION:
        change = -ACCELERATION
    return heading + turn & 255, speed + change


def roll(tile_map: TileMap, x: float, y: float, heading: int, speed: float) -> tuple[float, float, float]:
    """One tick of movement: where a tank at this speed comes to, and the speed it has left."""
    if not speed:
        return x, y, speed
    to_x, to_y = slide(tile_map, x, y, speed * COSINES[heading] / UNIT, speed * COSINES[heading - 64 & 255] / UNIT)
    return to_x, to_y, 0.0 if to_x == x and to_y == y else speed


def slide(tile_map: TileMap, x: float, y: float, dx: float, dy: float) -> tuple[float, float]:
    """Where a tank comes to that moves so far, less than a tile: up to a wall, and along it. It must not be in a wall before."""
    if dx:
        to = x + dx
        if tile_map.blocked(to, y, TANK_HALF):
            to = _up_to_wall(x, to, dx, tile_map.tile_size)
        x = to
    if dy:
        to = y + dy
        if tile_map.blocked(x, to, TANK_HALF):
            to = _up_to_wall(y, to, dy, tile_map.tile_size)
        y = to
    return x, y


def _up_to_wall(start: float, to: float, move: float, tile_size: int) -> float:
    """The leading edge crosses one border of tiles at most; it stops there."""
    if move > 0:
        return max(start, floor((to + TANK_HALF) / tile_size) * tile_size - TANK_HALF)
    return min(start, (floor((to - TANK_HALF) / tile_size) + 1) * tile_size + TANK_HALF)


def push(dx: float, dy: float) -> tuple[float, float, float]:
    """How two tanks push each other that are less than two radii apart; (dx, dy) leads from the first to the second.

    Returns the direction from the first to the second, of length 1, and how far each is to go: half of what they overlap.
    """
    apart = sqrt(dx * dx + dy * dy)
    if apart == 0:
        return 1.0, 0.0, TANK_RADIUS
    return dx / apart, dy / apart, TANK_RADIUS - apart / 2


def limit_push(length: float) -> float:
    """All that one tank is pushed along one axis in one tick."""
    return MOST_PUSH if length > MOST_PUSH else -MOST_PUSH if length < -MOST_PUSH else length


def speed_after_push(heading: int, speed: float, x: float, y: float) -> float:
    """What is left of a tank's speed when another tank stands in the direction (x, y): half, if it drives straight at it."""
    into = (COSINES[heading] * x + COSINES[heading - 64 & 255] * y) / UNIT
    if speed < 0:
        into = -into
    return speed * (1 - into / 2) if into > 0 else speed


# -- shells ----------------------------------------------------------------------------------------------------------------
def direction(aim: int) -> tuple[float, float]:
    """The cosine and sine of an aim, times UNIT. 1,024 aims lie between 256 cosines, on straight lines."""
    step, rest = aim >> 2, aim & 3
    cosine = (COSINES[step & 255] * (4 - rest) + COSINES[step + 1 & 255] * rest) / 4
    sine = (COSINES[step - 64 & 255] * (4 - rest) + COSINES[step - 63 & 255] * rest) / 4
    return cosine, sine


def shell_velocity(aim: int) -> tuple[float, float]:
    """Pixels a tick along both axes, on the grid: the path of a shell is exactly straight."""
    cosine, sine = direction(aim)
    return on_grid(SHELL_SPEED * cosine / UNIT), on_grid(SHELL_SPEED * sine / UNIT)


def closest(x0: float, y0: float, x1: float, y1: float, x: float, y: float) -> tuple[float, float]:
    """Where on the way from the first point to the second one is nearest to (x, y), 0 to 1, and the square of that distance."""
    run, rise = x1 - x0, y1 - y0
    square = run * run + rise * rise
    part = 0.0
    if square:
        part = ((x - x0) * run + (y - y0) * rise) / square
        part = 0.0 if part < 0 else 1.0 if part > 1 else part
    away_x, away_y = x0 + run * part - x, y0 + rise * part - y
    return part, away_x * away_x + away_y * away_y


# -- directions ------------------------------------------------------------------------------------------------------------
def aim_at(dx: float, dy: float) -> int:
    """The aim, 0 to 1,023, along (dx, dy); 0 if both are 0. It is off by half a step at most (0.2 degrees), for want of arctan."""
    across, along = abs(dy), abs(dx)
    if across == along == 0:
        return 0
    steep = across > along
    ratio = along / across if steep else across / along
    # arctan(r) ≈ r (π/4 + (0.2447 + 0.0663 r)(1 − r)), in steps of 1,024 to the turn
    steps = ratio * (128.0 + (39.881 + 10.806 * ratio) * (1 - ratio))
    if steep:
        steps = 256.0 - steps
    if dx < 0:
        steps = 512.0 - steps
    if dy < 0:
        steps = -steps
    return floor(steps + 0.5) & 1023
