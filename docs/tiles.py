"""Draws maps/tiles.png, the tile sheet of all maps. Run: python -m docs.tiles

The floors are dark and the walls light, so that one sees at a glance where one can drive, and tanks and shells stand out from both.
Light comes from above the picture: a wall shows its face where the ground below it is open, and darkens that ground.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from docs import png

SIZE = 32
FACE = 12
"""So many rows of a wall tile are its face."""
SHADOW = 11
STEP = 4
"""Colours are so coarse in the end: nobody sees it, and the sheet, which every page of the arena loads, is half as large."""

Colour = png.Colour
Tile = list[list[Colour]]
Painter = Callable[[random.Random], Tile]


def shade(colour: Colour, by: float) -> Colour:
    red, green, blue = (max(0, min(255, round(channel * by))) for channel in colour)
    return red, green, blue


def coarse(colour: Colour) -> Colour:
    red, green, blue = (min(255, round(channel / STEP) * STEP) for channel in colour)
    return red, green, blue


def ground(chance: random.Random, colour: Colour, *, grain: float = 0.035, patch: float = 0.05) -> Tile:
    """One colour with a fine grain, and larger patches that go on across the tile's edges."""
    lattice = [[chance.uniform(-patch, patch) for _ in range(4)] for _ in range(4)]
    for index in range(4):  # the edges are the same in all tiles: no seams
        lattice[0][index] = lattice[index][0] = 0.0
    tile = []
    for y in range(SIZE):
        row = []
        for x in range(SIZE):
            column, line, right, down = x // 8, y // 8, x % 8 / 8, y % 8 / 8
            corners = [lattice[(line + j) % 4][(column + i) % 4] for j in (0, 1) for i in (0, 1)]
            top = corners[0] + (corners[1] - corners[0]) * right
            bottom = corners[2] + (corners[3] - corners[2]) * right
            row.append(shade(colour, 1 + top + (bottom - top) * down + chance.uniform(-grain, grain)))
        tile.append(row)
    return tile


def dab(tile: Tile, x: int, y: int, by: float) -> None:
    tile[y % SIZE][x % SIZE] = shade(tile[y % SIZE][x % SIZE], by)


# -- floors ----------------------------------------------------------------------------------------------------------------
CONCRETE = (57, 62, 73)
GRASS = (55, 71, 51)
DIRT = (80, 70, 57)


def concrete(chance: random.Random) -> Tile:
    return ground(chance, CONCRETE)


def cracked(chance: random.Random) -> Tile:
    tile = concrete(chance)
    for x, y, right, down in ((6, 5, 1, 1), (17, 14, 1, 0), (17, 15, -1, 1)):
        for _ in range(11):
            dab(tile, x, y, 0.62)
            dab(tile, x, y + 1, 1.12)
            x += right if chance.random() < 0.8 else 0
            y += down if chance.random() < 0.7 else chance.choice((0, 0, 1))
    return tile


def slab(chance: random.Random, colour: Colour = (63, 69, 81)) -> Tile:
    """Four plates with joints."""
    tile = ground(chance, colour, patch=0.03)
    for at in range(SIZE):
        for joint in (0, 16):
            dab(tile, at, joint, 0.72)
            dab(tile, at, joint + 1, 1.12)
            dab(tile, joint, at, 0.72)
            dab(tile, joint + 1, at, 1.12)
    return tile


def worn(chance: random.Random) -> Tile:
    tile = slab(chance)
    for _ in range(46):
        dab(tile, chance.randrange(3, 29), chance.randrange(3, 29), chance.choice((0.8, 1.16)))
    return tile


def grate(chance: random.Random) -> Tile:
    tile = concrete(chance)
    for y in range(5, 27):
        for x in range(5, 27):
            rim = x in (5, 26) or y in (5, 26)
            tile[y][x] = shade(CONCRETE, 1.35 if rim else 0.45 if x % 4 < 2 else 1.05)
    return tile


def stripes(chance: random.Random) -> Tile:
    """A warning: here ways cross."""
    tile = concrete(chance)
    for y in range(SIZE):
        for x in range(SIZE):
            if (x + y) % 16 < 7:
                tile[y][x] = shade((118, 102, 52), 1 + chance.uniform(-0.08, 0.05))
    return tile


def grass(chance: random.Random) -> Tile:
    tile = ground(chance, GRASS, grain=0.06, patch=0.07)
    for _ in range(26):
        x, y, by = chance.randrange(SIZE), chance.randrange(SIZE), chance.choice((0.84, 1.14))
        dab(tile, x, y, by)
        dab(tile, x, y + 1, by)
    return tile


def flowers(chance: random.Random) -> Tile:
    tile = grass(chance)
    for x, y, colour in ((7, 9, (150, 142, 92)), (21, 6, (128, 120, 140)), (15, 22, (150, 142, 92)), (25, 25, (142, 108, 104))):
        tile[y][x] = tile[y][x + 1] = tile[y + 1][x] = tile[y + 1][x + 1] = colour
        dab(tile, x, y + 2, 0.7)
        dab(tile, x + 1, y + 2, 0.7)
    return tile


def dirt(chance: random.Random) -> Tile:
    tile = ground(chance, DIRT, grain=0.045, patch=0.06)
    for _ in range(9):
        x, y = chance.randrange(SIZE), chance.randrange(SIZE)
        dab(tile, x, y, 1.2)
        dab(tile, x, y + 1, 0.75)
    return tile


def base_of(colour: Colour) -> Painter:
    return lambda chance: slab(chance, colour)


def pad(chance: random.Random) -> Tile:
    """Where a pickup lies."""
    tile = slab(chance)
    for y in range(SIZE):
        for x in range(SIZE):
            square = (x - 15.5) ** 2 + (y - 15.5) ** 2
            if 116 < square < 160 and abs(abs(x - 15.5) - abs(y - 15.5)) > 2:
                tile[y][x] = shade((148, 152, 130), 1 + chance.uniform(-0.06, 0.06))
    return tile


FLOORS: list[Painter] = [
    concrete, concrete, concrete, cracked, slab, worn, grate, stripes,
    grass, grass, flowers, dirt, dirt, base_of((92, 58, 50)), base_of((48, 68, 98)), pad,
]  # fmt: skip


def shaded(tile: Tile) -> Tile:
    """The same floor below a wall."""
    return [[shade(colour, 0.55 + 0.45 * min(1.0, y / SHADOW)) for colour in row] for y, row in enumerate(tile)]


# -- walls -----------------------------------------------------------------------------------------------------------------
def block(chance: random.Random) -> Tile:
    tile = ground(chance, (150, 155, 163), grain=0.025, patch=0.03)
    for at in range(SIZE):
        dab(tile, at, 0, 0.86)
        dab(tile, 0, at, 0.86)
        dab(tile, at, 1, 1.06)
        dab(tile, 1, at, 1.06)
    return tile


def brick(chance: random.Random) -> Tile:
    tile = ground(chance, (168, 92, 72), grain=0.04, patch=0.0)
    tints = [chance.uniform(0.9, 1.08) for _ in range(8)]
    for y in range(SIZE):
        for x in range(SIZE):
            course = y // 8
            along = (x + 8 * (course % 2)) % SIZE
            mortar = y % 8 == 7 or along % 16 == 15
            tile[y][x] = shade((128, 112, 100) if mortar else tile[y][x], tints[course * 2 + along // 16] if not mortar else 1.0)
    return tile


def crate(chance: random.Random) -> Tile:
    tile = ground(chance, (178, 136, 78), grain=0.05, patch=0.02)
    for y in range(SIZE):
        for x in range(SIZE):
            rim = min(x, y, 31 - x, 31 - y)
            if rim == 0:
                tile[y][x] = shade(tile[y][x], 0.5)
            elif rim < 5:
                tile[y][x] = shade(tile[y][x], 1.12 if rim < 4 else 0.7)
            elif abs(x - y) < 4 or y % 7 == 0:
                tile[y][x] = shade(tile[y][x], 1.08 if abs(x - y) < 3 else 0.74)
            else:
                tile[y][x] = shade(tile[y][x], 0.92)
    return tile


def hedge(chance: random.Random) -> Tile:
    tile = ground(chance, (92, 132, 78), grain=0.08, patch=0.1)
    for _ in range(44):
        x, y = chance.randrange(SIZE), chance.randrange(SIZE)
        for right, down, by in ((0, 0, 1.22), (1, 0, 1.12), (0, 1, 0.86), (1, 1, 0.72)):
            dab(tile, x + right, y + down, by)
    return tile


def steel(chance: random.Random) -> Tile:
    tile = ground(chance, (122, 138, 156), grain=0.02, patch=0.02)
    for at in range(SIZE):
        for line, by in ((0, 0.8), (1, 1.12), (16, 0.88), (17, 1.08)):
            dab(tile, at, line, by)
        dab(tile, 0, at, 0.8)
        dab(tile, 1, at, 1.12)
    for x, y in ((5, 5), (26, 5), (5, 26), (26, 26)):
        dab(tile, x, y, 1.3)
        dab(tile, x, y + 1, 0.66)
    return tile


def rock(chance: random.Random) -> Tile:
    tile = ground(chance, (136, 128, 116), grain=0.05, patch=0.12)
    for _ in range(5):
        x, y = chance.randrange(SIZE), chance.randrange(SIZE)
        for _ in range(8):
            dab(tile, x, y, 0.72)
            dab(tile, x, y + 1, 1.14)
            x += 1
            y += chance.choice((-1, 0, 0, 1))
    return tile


def container(chance: random.Random) -> Tile:
    tile = ground(chance, (186, 120, 62), grain=0.025, patch=0.02)
    for y in range(SIZE):
        for x in range(SIZE):
            tile[y][x] = shade(tile[y][x], (0.84, 0.94, 1.08, 1.08, 1.0, 0.92, 0.84, 0.8)[x % 8])
    return tile


def sandbags(chance: random.Random) -> Tile:
    tile = ground(chance, (172, 158, 122), grain=0.05, patch=0.0)
    for y in range(SIZE):
        for x in range(SIZE):
            along = (x + 8 * (y // 8 % 2)) % 16
            edge = min(along, 15 - along, y % 8, 7 - y % 8)
            tile[y][x] = shade(tile[y][x], 0.62 if edge == 0 else 1.08 if y % 8 < 4 else 0.9)
    return tile


WALLS: list[Painter] = [block, brick, crate, hedge, steel, rock, container, sandbags]


def with_face(tile: Tile) -> Tile:
    """The same wall where the ground below it is open: its lower part is seen from the front."""
    edge = SIZE - FACE
    top = [list(row) for row in tile[:edge]]
    top[-1] = [shade(colour, 1.25) for colour in top[-1]]
    front = [[shade(colour, 0.6 - 0.16 * y / FACE) for colour in row] for y, row in enumerate(tile[edge:])]
    return top + front


def sheet() -> png.Picture:
    floors = [paint(random.Random(number)) for number, paint in enumerate(FLOORS)]
    walls = [paint(random.Random(100 + number)) for number, paint in enumerate(WALLS)]
    tiles = [*floors, *map(shaded, floors), *walls, *map(with_face, walls)]
    lines = [tiles[start : start + 8] for start in range(0, len(tiles), 8)]
    return [[coarse(colour) for tile in line for colour in tile[y]] for line in lines for y in range(SIZE)]


if __name__ == "__main__":
    png.write(Path(__file__).parent.parent / "maps" / "tiles.png", sheet())
