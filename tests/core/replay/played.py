"""Matches with all that can be compared with their recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from gameserver.testing import Match

if TYPE_CHECKING:
    from gameserver.core.game import Game
    from gameserver.core.maps import TileMap
    from gameserver.core.view import Contents


@attrs.frozen
class Played:
    """A match that was recorded from its first tick on."""

    game: type[Game]
    map: TileMap | None
    data: bytes
    """The recording."""
    worlds: dict[int, Contents]
    """What was to be seen after each tick, and before the first."""
    hashes: dict[int, int]
    """The state's, after each tick that was stepped."""


def play(game: type[Game], *, bots: int, seconds: float, seed: int, options: Any = None) -> Played:  # noqa: ANN401 - the game's
    """Let bots play."""
    match = Match(game, seed=seed, check=False, options=options)
    match.bots(bots)
    match.record()
    worlds = {0: match.simulation.contents()}
    hashes: dict[int, int] = {}
    for _ in range(match.game.ticks(seconds)):
        match.step()
        worlds[match.tick] = match.simulation.contents()
        if match.simulation.world.tick == match.tick:
            hashes[match.tick] = match.simulation.world.hash()
    return Played(game, match.map, match.recording(), worlds, hashes)
