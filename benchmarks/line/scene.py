"""The scene `drive` as it looks on the wire, from the game itself: what peers that do not play it are given."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from gameserver.core.audience import EVERYONE, part_of
from gameserver.core.messages import Welcome
from gameserver.core.parts import Parts, Viewer
from gameserver.core.rng import Rng
from gameserver.core.simulation import Join, Simulation
from gameserver.core.wire import encode_head, encode_server
from gameserver.library import load_game

if TYPE_CHECKING:
    from gameserver.core.game import Game

GAME_FILE: Final = Path(__file__).with_name("drive.py")
SETTLE_TICKS: Final = 60
"""Until the cars are as fast as they will be."""
LOOKED_AT_TICKS: Final = 60
HOLD: Final = 8
"""A pedal changes at one tick in so many, as in load.c."""


@cache
def drive() -> type[Game]:
    """The game."""
    return load_game(str(GAME_FILE))


def welcome() -> bytes:
    """A WELCOME to the scene, for a first player."""
    game = drive()
    return encode_server(Welcome(1, None, game.tick_rate, game.schema.to_wire(), None, (), 0))


def snapshot_bytes(cars: int) -> int:
    """Bytes of an ordinary snapshot of a room with so many cars: the median while their players do as those of load.c."""
    game = drive()
    simulation, parts, viewer, chance = Simulation(game), Parts(game.schema), Viewer(), Rng(1)
    rows = dict.fromkeys(range(1, cars + 1), (0, 0))
    sizes: list[int] = []

    def press(before: int) -> int:
        return chance.integer(-1, 1) if chance.integer(1, HOLD) == 1 else before

    for tick in range(1, SETTLE_TICKS + LOOKED_AT_TICKS + 1):
        rows = {player: (press(ax), press(ay)) for player, (ax, ay) in rows.items()}
        commands = [Join(player, f"load {player}") for player in rows] if tick == 1 else []
        simulation.step(commands, {player: game.schema.input.make(row) for player, row in rows.items()})
        parts.commit(tick, simulation.contents())
        draft = parts.draft(viewer, (part_of(EVERYONE),))
        viewer.commit(draft)
        if tick > SETTLE_TICKS:
            sizes.append(sum(map(len, draft.fragments)) + len(encode_head(0, tick, 0, tick, 30_000, None, 1)))
    return round(median(sizes))
