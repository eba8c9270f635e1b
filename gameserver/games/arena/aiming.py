"""Where a driver saw the others when he pulled the trigger: shots are judged there, so that who aims well hits.

Walls do not move, and the shooter is where he is. Who is dead, on the same side or protected is judged as things are now.
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from gameserver.games.arena.state import Tank

if TYPE_CHECKING:
    from gameserver.games.arena.game import Arena

Place = tuple[Tank, float, float]
"""A tank that can be hit, and where its middle is, or was."""


def as_seen(game: Arena, shooter: Tank, *, after: int = 0) -> list[Place]:
    """The living, where this tank's driver saw them, or so many ticks after that."""
    seen = game.as_seen_by(shooter.owner, game.tanks, after=after)
    return [(tank, then.x, then.y) for tank, then in seen if tank.health]


def moments(game: Arena, shooter: Tank) -> list[list[Place]]:
    """The same from what he saw until now, tick by tick: through these a shell flies that he fires, as it leaves the barrel on his
    screen at once."""
    return [as_seen(game, shooter, after=ticks) for ticks in range(floor(game.sees_back(shooter.owner)) + 1)]
