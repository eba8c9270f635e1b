"""The movement step: what a browser repeats has to be exact, and keep everyone out of the walls."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver import TileMap
from gameserver.games.arena import motion
from gameserver.maps import load_map
from tests.games.arena_match import drawn_map

FIELD = load_map("field")[0]
TINY = load_map("tiny")[0]

headings = st.integers(0, 255)
speeds = st.integers(-72, 72).map(lambda quanta: quanta * motion.QUANTUM)
wishes = st.tuples(headings, st.integers(0, motion.FULL_THROTTLE))


@st.composite
def rough_maps(draw: st.DrawFn) -> TileMap:
    """Small maps full of corners, with an open tile in the middle."""
    size = draw(st.integers(4, 9))
    solid = bytearray(draw(st.binary(min_size=size * size, max_size=size * size)))
    for index, value in enumerate(solid):
        solid[index] = value < 100
    solid[size * (size // 2) + size // 2] = 0
    return TileMap(name="rough.tmj", width=size, height=size, tile_size=draw(st.sampled_from((24, 32, 40, 64))), solid=bytes(solid))


def turned(heading: int, other: int) -> int:
    """Steps from one heading to another the short way."""
    return abs((other - heading + 128) % 256 - 128)


# -- tables ----------------------------------------------------------------------------------------------------------------
def test_cosines_are_cosines() -> None:
    exact = [32768 * math.cos(heading * math.pi / 128) for heading in range(256)]
    assert all(isinstance(cosine, int) for cosine in motion.COSINES)
    assert list(motion.COSINES) == [round(cosine) for cosine in exact]


@given(st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_aim_at_is_arctan(dx: float, dy: float) -> None:
    if abs(dx) + abs(dy) < 1e-6:
        return
    exact = math.atan2(dy, dx) * 512 / math.pi
    off = (motion.aim_at(dx, dy) - exact + 512) % 1024 - 512
    assert abs(off) <= 0.8, f"aim_at is off by {off} of 1,024 steps"


def test_aim_at_nothing_is_zero() -> None:
    assert motion.aim_at(0.0, 0.0) == 0


# -- steering --------------------------------------------------------------------------------------------------------------
@given(headings, speeds, st.lists(wishes, max_size=60))
def test_speed_never_exceeds_top_speed(heading: int, speed: float, driven: list[tuple[int, int]]) -> None:
    for bearing, throttle in driven:
        before = heading
        heading, speed = motion.drive(heading, speed, bearing, throttle, top_speed=motion.TOP_SPEED)
        assert abs(speed) <= motion.TOP_SPEED
        assert turned(before, heading) <= motion.TURN
        assert 0 <= heading < 256


@given(headings, speeds, headings)
def test_a_held_wish_becomes_the_way_of_movement(heading: int, speed: float, bearing: int) -> None:
    """Forwards or in reverse, and soon: no wish takes more than 0.7 s."""
    for _ in range(20):
        heading, speed = motion.drive(heading, speed, bearing, motion.FULL_THROTTLE, top_speed=motion.TOP_SPEED)
    assert (heading, speed) in [(bearing, motion.TOP_SPEED), (bearing + 128 & 255, -motion.TOP_SPEED)]


@given(headings, headings)
def test_half_throttle_is_half_speed(heading: int, bearing: int) -> None:
    speed = 0.0
    for _ in range(20):
        heading, speed = motion.drive(heading, speed, bearing, 1, top_speed=motion.TOP_SPEED)
    assert abs(speed) == motion.TOP_SPEED / 2


@given(headings, speeds, headings)
def test_without_throttle_it_rolls_out_and_keeps_its_heading(heading: int, speed: float, bearing: int) -> None:
    now = speed
    for _ in range(10):
        after, now = motion.drive(heading, now, bearing, 0, top_speed=motion.TOP_SPEED)
        assert after == heading
    assert now == 0.0


def test_a_wish_behind_is_driven_in_reverse() -> None:
    heading, speed = 0, 0.0
    for _ in range(8):
        heading, speed = motion.drive(heading, speed, 128, motion.FULL_THROTTLE, top_speed=motion.TOP_SPEED)
    assert (heading, speed) == (0, -motion.TOP_SPEED)


@given(headings, st.sampled_from((motion.TOP_SPEED, -motion.TOP_SPEED)))
def test_a_pickup_makes_it_faster_and_then_slower_again(heading: int, speed: float) -> None:
    bearing = heading if speed > 0 else heading + 128 & 255
    for top_speed in (motion.FAST_SPEED, motion.TOP_SPEED):
        for _ in range(10):
            after, speed = motion.drive(heading, speed, bearing, motion.FULL_THROTTLE, top_speed=top_speed)
            assert after == heading
        assert abs(speed) == top_speed


# -- walls -----------------------------------------------------------------------------------------------------------------
@given(rough_maps(), st.sampled_from((motion.TOP_SPEED, motion.FAST_SPEED)), st.lists(wishes, min_size=1, max_size=80))
def test_no_tank_ever_gets_into_a_wall(tile_map: TileMap, top_speed: float, driven: list[tuple[int, int]]) -> None:
    x, y = tile_map.centre(tile_map.width // 2, tile_map.height // 2)
    heading, speed = 0, 0.0
    for bearing, throttle in driven:
        heading, speed = motion.drive(heading, speed, bearing, throttle, top_speed=top_speed)
        to_x, to_y, speed = motion.roll(tile_map, x, y, heading, speed)
        assert not tile_map.blocked(to_x, to_y, motion.TANK_HALF)
        to_x, to_y, speed = motion.on_grid(to_x), motion.on_grid(to_y), motion.on_grid(speed)
        assert not tile_map.blocked(to_x, to_y, motion.TANK_HALF), "rounding moved the tank into a wall"
        assert max(abs(to_x - x), abs(to_y - y)) <= top_speed
        x, y = to_x, to_y


@given(st.integers(0, 2**31), st.lists(wishes, min_size=1, max_size=200))
def test_no_tank_gets_into_a_wall_of_the_field(start: int, driven: list[tuple[int, int]]) -> None:
    spawns = FIELD.objects_of("spawn")
    x, y = spawns[start % len(spawns)].x, spawns[start % len(spawns)].y
    heading, speed = start % 256, 0.0
    for bearing, throttle in driven:
        for _ in range(5):
            heading, speed = motion.drive(heading, speed, bearing, throttle, top_speed=motion.TOP_SPEED)
            x, y, speed = motion.roll(FIELD, x, y, heading, speed)
            x, y, speed = motion.on_grid(x), motion.on_grid(y), motion.on_grid(speed)
            assert not FIELD.blocked(x, y, motion.TANK_HALF)


def test_a_tank_stops_flush_against_a_wall() -> None:
    room = drawn_map("####", "#  #", "#  #", "####")
    for dx, dy, x, y in ((7.0, 0.0, 84.0, 64.0), (-7.0, 0.0, 44.0, 64.0), (0.0, 7.0, 64.0, 84.0), (0.0, -7.0, 64.0, 44.0)):
        at = (64.0, 64.0)
        for _ in range(4):
            at = motion.slide(room, *at, dx, dy)
        assert at == (x, y)


def test_a_tank_slides_along_a_wall() -> None:
    room = drawn_map("####", "#  #", "#  #", "####")
    assert motion.slide(room, 84.0, 64.0, 3.0, 4.0) == (84.0, 68.0)


def test_a_tank_before_a_wall_has_no_speed() -> None:
    room = drawn_map("####", "#  #", "#  #", "####")
    assert motion.roll(room, 84.0, 64.0, 0, 4.5) == (84.0, 64.0, 0.0)


# -- tanks and tanks -------------------------------------------------------------------------------------------------------
overlaps = st.integers(-416, 416).map(lambda quanta: quanta * motion.QUANTUM)


@given(overlaps, overlaps)
def test_both_tanks_are_pushed_alike(dx: float, dy: float) -> None:
    x, y, far = motion.push(dx, dy)
    assert x * x + y * y == pytest.approx(1)
    if (dx, dy) != (0, 0):
        assert motion.push(-dx, -dy) == (-x, -y, far)
        apart = math.hypot(dx + 2 * far * x, dy + 2 * far * y)
        assert apart == pytest.approx(2 * motion.TANK_RADIUS), "pushed in full they would just touch"


@given(headings, speeds, st.floats(-math.pi, math.pi))
def test_a_push_never_speeds_up(heading: int, speed: float, way: float) -> None:
    left = motion.speed_after_push(heading, speed, math.cos(way), math.sin(way))
    assert abs(speed) / 2 - 1e-3 <= abs(left) <= abs(speed)
    assert left * speed >= 0


# -- shells ----------------------------------------------------------------------------------------------------------------
def test_shells_fly_where_they_are_aimed() -> None:
    for aim in range(1024):
        x, y = motion.shell_velocity(aim)
        assert (x, y) == (motion.on_grid(x), motion.on_grid(y))
        assert max(abs(x), abs(y)) <= 127 * motion.QUANTUM
        assert math.hypot(x, y) == pytest.approx(motion.SHELL_SPEED, abs=0.05)
        off = (math.atan2(y, x) - aim * math.pi / 512 + math.pi) % (2 * math.pi) - math.pi
        assert abs(math.degrees(off)) < 0.4, f"aim {aim} is off by {math.degrees(off)} degrees"


numbers = st.integers(-1000, 1000).map(float)


@given(numbers, numbers, numbers, numbers, numbers, numbers)
def test_closest_is_closest(x0: float, y0: float, x1: float, y1: float, x: float, y: float) -> None:
    part, square = motion.closest(x0, y0, x1, y1, x, y)
    assert 0 <= part <= 1
    assert square == pytest.approx((x0 + (x1 - x0) * part - x) ** 2 + (y0 + (y1 - y0) * part - y) ** 2)
    for k in range(11):
        tried = (x0 + (x1 - x0) * k / 10 - x) ** 2 + (y0 + (y1 - y0) * k / 10 - y) ** 2
        assert square <= tried + 1e-6
