"""Writes tests/vectors/arena/: how tanks and shells move, and where walls are, for every program that predicts the arena.

    python -m tests.games.make_arena_vectors

Pytest checks that the files are up to date, and so that Python still comes to the same numbers; the browser's tests read them.
Lengths and speeds named in quanta are integers, of 1/16 pixel; all others are floats, written so that every digit is kept.

    motion.json   steps: runs on one map, each step [bearing, throttle, fast, push_x, push_y, x, y, heading, speed]: with these
                  controls, and pushed by so many quanta, a tank comes from the place before to this one, in quanta.
                  drives, pushes, after_pushes, closests, aims, velocities: a function's arguments and answers, row by row.
    ground.json   each map, and one whose tiles no power of two measures, as a .tmj: what its parts are, and questions with answers.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from gameserver import Rng, TileMap
from gameserver.core.tiled import parse_map
from gameserver.games.arena import motion, rays
from gameserver.games.arena.motion import FAST_SPEED, FULL_THROTTLE, QUANTUM, TANK_HALF, TOP_SPEED, on_grid
from gameserver.maps import load_map, map_names

FOLDER: Final = Path(__file__).parents[1] / "vectors" / "arena"
STEPS: Final = 10_000
RUN: Final = 100
"""Steps; then the tank is put somewhere else."""
ROUGH: Final = (
    "############",
    "#..........#",
    "#.#.##..#..#",
    "#...#..#...#",
    "##....#..#.#",
    "#..#.......#",
    "#.....##...#",
    "############",
)
"""Corners that touch, gaps of one tile, walls in the open."""


def files() -> dict[str, str]:
    """The content of each file, by its name."""
    return {"motion.json": _lines(_motion()), "ground.json": _lines(_grounds())}


# -- motion ------------------------------------------------------------------------------------------------------------------
def _motion() -> dict[str, list[Any]]:
    rng = Rng(5)
    maps = [*((name, load_map(name)[0]) for name in map_names()), ("rough", parse_map(rough_tmj(24), "rough"))]
    runs = STEPS // RUN
    return {
        "steps": [_run(rng, *maps[number % len(maps)]) for number in range(runs)],
        "drives": [_drive(rng) for _ in range(400)],
        "pushes": [_push(rng) for _ in range(200)],
        "after_pushes": [_after_push(rng) for _ in range(200)],
        "closests": [_closest(rng) for _ in range(200)],
        "aims": [_aim(rng) for _ in range(400)],
        "velocities": [[_quanta(step) for step in motion.shell_velocity(aim)] for aim in range(1024)],
    }


def _run(rng: Rng, name: str, tile_map: TileMap) -> dict[str, Any]:
    x, y = _open_place(rng, tile_map)
    heading, speed = rng.integer(0, 255), 0.0
    run: dict[str, Any] = {"map": name, "start": [_quanta(x), _quanta(y), heading, 0], "steps": []}
    bearing = throttle = fast = 0
    for _ in range(RUN):
        if rng.chance(0.1):
            bearing, throttle = rng.integer(0, 255), rng.choice((0, 1, FULL_THROTTLE, FULL_THROTTLE))
        if rng.chance(0.02):
            fast = 1 - fast
        pushed = rng.chance(0.1)
        push_x, push_y = (rng.integer(-60, 60) if pushed else 0 for _ in range(2))
        top_speed = FAST_SPEED if fast else TOP_SPEED
        heading, speed = motion.drive(heading, speed, bearing, throttle, top_speed=top_speed)
        x, y, speed = motion.roll(tile_map, x, y, heading, speed)
        if pushed:
            far_x, far_y = motion.limit_push(push_x * QUANTUM), motion.limit_push(push_y * QUANTUM)
            x, y = motion.slide(tile_map, x, y, far_x, far_y)
        x, y, speed = on_grid(x), on_grid(y), on_grid(speed)
        run["steps"].append([bearing, throttle, fast, push_x, push_y, _quanta(x), _quanta(y), heading, _quanta(speed)])
    return run


def _drive(rng: Rng) -> list[float]:
    """Speeds off the grid too, and the wishes at which something changes."""
    heading, throttle = rng.integer(0, 255), rng.integer(0, FULL_THROTTLE)
    off = rng.choice((0, 10, 11, 63, 64, 74, 95, 96, 97, 127, 128, 129, rng.integer(0, 255)))
    bearing = heading + rng.choice((-1, 1)) * off & 255
    speed = rng.choice((0.0, 0.5, -0.5, 0.4375, TOP_SPEED, -FAST_SPEED, rng.real() * 14 - 7))
    top_speed = rng.choice((TOP_SPEED, FAST_SPEED))
    return [heading, speed, bearing, throttle, top_speed, *motion.drive(heading, speed, bearing, throttle, top_speed=top_speed)]


def _push(rng: Rng) -> list[float]:
    dx, dy = (rng.choice((0.0, rng.real() * 52 - 26)) for _ in range(2))
    return [dx, dy, *motion.push(dx, dy)]


def _after_push(rng: Rng) -> list[float]:
    heading, speed = rng.integer(0, 255), rng.real() * 14 - 7
    x, y, _ = motion.push(rng.real() - 0.5, rng.real() - 0.5)
    return [heading, speed, x, y, motion.speed_after_push(heading, speed, x, y)]


def _closest(rng: Rng) -> list[float]:
    x0, y0, x1, y1, x, y = (rng.real() * 100 for _ in range(6))
    if rng.chance(0.1):
        x1, y1 = x0, y0
    return [x0, y0, x1, y1, x, y, *motion.closest(x0, y0, x1, y1, x, y)]


def _aim(rng: Rng) -> list[float]:
    dx, dy = (rng.choice((0.0, 1.0, -1.0, rng.real() * 400 - 200)) for _ in range(2))
    return [dx, dy, motion.aim_at(dx, dy)]


# -- ground ------------------------------------------------------------------------------------------------------------------
def _grounds() -> dict[str, list[Any]]:
    rng = Rng(6)
    maps = [_ground(rng, name, load_map(name)[0]) for name in map_names()]
    for tile_size in (24, 41):
        data = rough_tmj(tile_size)
        maps.append(_ground(rng, f"rough {tile_size}", parse_map(data, "rough")) | {"tmj": data.decode()})
    return {"maps": maps}


def _ground(rng: Rng, name: str, tile_map: TileMap) -> dict[str, Any]:
    """Of points everywhere, a little outside too, and of such that lie on borders and corners of tiles."""
    size = tile_map.tile_size

    def anywhere(length: int) -> float:
        on_border = float(rng.integer(-1, length + 1) * size)
        hair = rng.choice((1e-9, -1e-9, QUANTUM, -QUANTUM, TANK_HALF, -TANK_HALF))
        return rng.choice((on_border, on_border + hair, rng.real() * (length + 2) * size - size, _snap(rng, length * size)))

    def point() -> tuple[float, float]:
        return anywhere(tile_map.width), anywhere(tile_map.height)

    blocked: list[list[float]] = []
    lines: list[list[float]] = []
    ends: list[list[float]] = []
    shots: list[list[Any]] = []
    for _ in range(300):
        x, y = point()
        half = rng.choice((TANK_HALF, TANK_HALF, 0.0, 5.5, size / 2))
        blocked.append([x, y, half, int(tile_map.blocked(x, y, half))])
        x0, y0, (x1, y1) = _snap(rng, tile_map.width * size), _snap(rng, tile_map.height * size), point()
        if rng.chance(0.8):  # near enough that it may be clear
            x1, y1 = (from_ + rng.integer(-6, 6) * size / rng.choice((1, 2, 3, 4)) for from_ in (x0, y0))
        lines.append([x0, y0, x1, y1, int(tile_map.clear_line(x0, y0, x1, y1))])
    for _ in range(100):
        x, y = _open_place(rng, tile_map)
        aim = rng.choice((0, 128, 256, 384, 512, 640, 768, 896, rng.integer(0, 1023)))
        ends.append([x, y, aim, *rays.to_wall(tile_map, x, y, aim)])
        near = [(number, x + rng.integer(-99, 99), y + rng.integer(-99, 99)) for number in range(3)]
        if rng.chance(0.5):  # two at once, as near as each other
            near += [(3, near[0][1], near[0][2])]
        aim = motion.aim_at(near[0][1] - x, near[0][2] - y)
        shots.append([x, y, aim, near, *rays.shoot(tile_map, x, y, aim, near)])
    return {
        "name": name,
        "size": [tile_map.width, tile_map.height, size],
        "solid": hashlib.sha256(tile_map.solid).hexdigest(),
        "properties": dict(tile_map.properties),
        "objects": [[o.id, o.type, o.name, o.x, o.y, o.width, o.height, dict(o.properties)] for o in tile_map.objects],
        "blocked": blocked,
        "lines": lines,
        "ends": ends,
        "shots": shots,
    }


def rough_tmj(tile_size: int) -> bytes:
    """ROUGH as a map file."""
    width, height = len(ROUGH[0]), len(ROUGH)
    walls = [int(letter == "#") for line in ROUGH for letter in line]
    tileset = {"firstgid": 1, "tilecount": 1, "columns": 1, "image": "rough.png", "tilewidth": tile_size, "tileheight": tile_size}
    spawn = {"id": 1, "type": "spawn", "x": 1.5 * tile_size, "y": 1.5 * tile_size}
    document = {
        "type": "map", "orientation": "orthogonal", "infinite": False, "width": width, "height": height,
        "tilewidth": tile_size, "tileheight": tile_size, "tilesets": [tileset],
        "layers": [
            {"type": "tilelayer", "name": "walls", "width": width, "height": height, "data": walls},
            {"type": "objectgroup", "name": "objects", "objects": [spawn]},
        ],
    }  # fmt: skip
    return json.dumps(document).encode()


# -- helpers -----------------------------------------------------------------------------------------------------------------
def _open_place(rng: Rng, tile_map: TileMap) -> tuple[float, float]:
    """On the grid, with room for a tank; half of them flush against a wall, if there is one."""
    while True:
        x, y = _snap(rng, tile_map.width * tile_map.tile_size), _snap(rng, tile_map.height * tile_map.tile_size)
        if not tile_map.blocked(x, y, TANK_HALF):
            return motion.slide(tile_map, x, y, *rng.choice(((0.0, 0.0), (-16.0, 0.0), (16.0, 16.0), (0.0, -16.0))))


def _snap(rng: Rng, length: int) -> float:
    return on_grid(rng.real() * length)


def _quanta(length: float) -> int:
    quanta = length / QUANTUM
    assert quanta == int(quanta)
    return int(quanta)


def _lines(content: dict[str, list[Any]]) -> str:
    """JSON with one line for each row, so that a change shows where it is."""
    parts = []
    for key, rows in content.items():
        lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        parts.append(f"{json.dumps(key)}: [\n{lines}\n]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"{FOLDER / name}: {len(text)} bytes")
