"""A recorded match, to play on from one of its ticks: what a room is made from, but for the game's class.

The players of that tick stay in the world, away, and their seats are free: whoever comes plays one of them, under the name that is
recorded (gameserver.seating).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from gameserver.core.replay.resimulate import NotSimulable, rebuild
from gameserver.plan import RoomPlan, Start

if TYPE_CHECKING:
    from gameserver.core.game import Game
    from gameserver.core.layout import Row
    from gameserver.core.maps import TileMap
    from gameserver.core.replay.recording import Recording


@attrs.frozen(kw_only=True)
class Fork:
    """See the module."""

    start: Start
    seats: int
    """So many are free."""
    options: Row
    map: tuple[TileMap, bytes] | None
    seed: int

    def plan(self, name: str, game: type[Game]) -> RoomPlan:
        """A room of this name that goes on from there, and is kept: whoever asks for it after its end gets it from there again."""
        return RoomPlan(
            name=name,
            game=game,
            options=game.options.layout.make(self.options),
            map=self.map,
            seed=self.seed,
            keep=True,
            start=self.start,
        )


def fork_of(recording: Recording, game: type[Game], tick: int, *, name: str) -> Fork:
    """The match as it was after this tick. `name`: the file name of the recording.

    Raises NotSimulable, which says what to do, or whatever the game raises.
    """
    simulation = rebuild(recording, game, tick)
    if simulation.result is not None and game.closes_when_over:
        raise NotSimulable(f"the match is over in tick {tick}: choose an earlier one")
    assert recording.origin is not None
    tile_map = None
    if simulation.map is not None and recording.header.map is not None:
        tile_map = simulation.map, recording.header.map[2]
    return Fork(
        start=Start(tick=tick, state=simulation.encode(), recording=name),
        seats=len(simulation.players),
        options=recording.header.options,
        map=tile_map,
        seed=recording.origin.seed,
    )
