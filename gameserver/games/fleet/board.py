"""The board: cells, where ships can lie on it, and fleets at random. Pure functions; a cell is the number y * SIZE + x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver import Rng

SIZE: Final = 10
CELLS: Final = SIZE * SIZE
SHIPS: Final = (5, 4, 3, 3, 2)
"""The lengths of a fleet's ships. They may touch, but not overlap."""

Berth = tuple[int, int, int]
"""Where a ship lies: x and y of its first cell, and 1 if it lies across (towards +x), 0 if down (towards +y)."""


def cell_at(x: int, y: int) -> int | None:
    """The cell there, None beside the board."""
    return y * SIZE + x if 0 <= x < SIZE and 0 <= y < SIZE else None


def cells_of(berth: Berth, length: int) -> tuple[int, ...]:
    """The cells of a ship that lies there, whether or not they are on the board."""
    x, y, across = berth
    first = y * SIZE + x
    step = 1 if across else SIZE
    return tuple(range(first, first + length * step, step))


def fits(berth: Berth, length: int) -> bool:
    """Is all of a ship that lies there on the board?"""
    x, y, across = berth
    return (x if across else y) + length <= SIZE


BERTHS: Final = {
    length: tuple(berth for y in range(SIZE) for x in range(SIZE) for across in (0, 1) if fits(berth := (x, y, across), length))
    for length in sorted(set(SHIPS))
}
"""length → everywhere that a ship of it can lie."""


def what_is_wrong(fleet: Sequence[Berth]) -> str | None:
    """Why this is no fleet, ship by ship in the order of SHIPS; None if it is one."""
    taken: dict[int, int] = {}
    for number, (berth, length) in enumerate(zip(fleet, SHIPS, strict=True), start=1):
        if berth[2] not in (0, 1):
            return f"ship {number}: its third number is 1 across or 0 down, not {berth[2]}"
        if not fits(berth, length):
            return f"ship {number}: {length} cells from ({berth[0]}, {berth[1]}) {'across' if berth[2] else 'down'} leave the board"
        for cell in cells_of(berth, length):
            if cell in taken:
                return f"ship {number} lies over ship {taken[cell]} at ({cell % SIZE}, {cell // SIZE})"
            taken[cell] = number
    return None


def random_fleet(dice: Rng) -> tuple[Berth, ...]:
    """A fleet, drawn ship by ship from all berths that are still free."""
    taken: set[int] = set()
    fleet: list[Berth] = []
    for length in SHIPS:
        berth = dice.choice([berth for berth in BERTHS[length] if taken.isdisjoint(cells_of(berth, length))])
        taken.update(cells_of(berth, length))
        fleet.append(berth)
    return tuple(fleet)
