"""How bots think. A bot is an ordinary client: it sees what a player in its seat sees and sends the inputs that he could send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameserver.core.rng import Rng

if TYPE_CHECKING:
    from gameserver.core.audience import PlayerId
    from gameserver.core.fields import Field
    from gameserver.core.maps import TileMap
    from gameserver.core.replica import Replica
    from gameserver.core.schema import Schema

THINKS_PER_SECOND = 10
"""How often a bot thinks anew: faster than a person, and a third of the cost of every tick."""

STRENGTHS = (1, 2, 3)
STRENGTH = 2
"""Of bots for whom nobody has said any."""


class Brain:
    """One bot's mind. Derive from it, set `brain = MyBrain` in the game, and write `think`.

    Attributes:
        map: the room's map, None if it has none.
        random: the bot's own random numbers; equal seeds and equal views give equal thoughts.
        strength: 1 for a beginner, 2, or 3 for a strong player.
    """

    def __init__(self, schema: Schema, tile_map: TileMap | None, seed: int, strength: int = STRENGTH) -> None:
        self.schema = schema
        self.map = tile_map
        self.random = Rng(seed)
        self.strength = strength

    def think(self, view: Replica, player: PlayerId) -> Any:  # noqa: ANN401 - the game's own Input class
        """The input for the next ticks, from what this player sees. Called about THINKS_PER_SECOND times a second.

        Presses (edge fields) count once, at the first of those ticks.
        """
        raise TypeError(f"{type(self).__name__} does not say how to think: write think(self, view, player)")


class RandomBrain(Brain):
    """Presses anything at random within the declared ranges: the bot of every game that has no brain of its own."""

    def think(self, view: Replica, player: PlayerId) -> Any:  # noqa: ANN401 - likewise
        layout = self.schema.input
        return layout.make(tuple(self._draw(field) for field in layout.fields))

    def _draw(self, field: Field) -> int:
        low = -1 if field.low is None else field.low
        high = 1 if field.high is None else field.high
        return self.random.integer(low, min(high, low + 2**31))
