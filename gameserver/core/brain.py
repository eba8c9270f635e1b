"""How bots think. A bot is an ordinary client: it sees what a player in its seat sees, sends the inputs that he could send, and
makes the calls that he could make.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from gameserver.core.errors import GameError
from gameserver.core.rng import Rng

if TYPE_CHECKING:
    from gameserver.core.audience import PlayerId
    from gameserver.core.fields import Field
    from gameserver.core.layout import Row
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
        self._calls: list[tuple[str, Row]] = []

    def think(self, view: Replica, player: PlayerId) -> Any:  # noqa: ANN401 - the game's own Input class
        """The input for the next ticks, from what this player sees; None: nothing is pressed, and nothing is sent. Called about
        THINKS_PER_SECOND times a second, and only when there is something new to see.

        Presses (edge fields) count once, at the first of those ticks. Calls that were made meanwhile are carried out before the
        next thought.
        """
        raise TypeError(f"{type(self).__name__} does not say how to think: write think(self, view, player)")

    def call(self, method: str, *arguments: Any) -> None:  # noqa: ANN401 - plain values, as the game declares them
        """In `think`: call this method of the game, with these arguments behind `player`.

        Raises GameError if the game has no such call, or an argument does not fit its declaration.
        """
        layout = self.schema.calls.get(method)
        if layout is None:
            raise GameError(f"{self.schema.game} has no call {method!r}; it has {', '.join(sorted(self.schema.calls))}")
        names = [field.name for field in layout.fields]
        if len(arguments) != len(names):
            raise GameError(f"call {method!r} has {len(arguments)} arguments; it takes {', '.join(names) or 'none'}")
        self._calls.append((method, layout.pack(SimpleNamespace(**dict(zip(names, arguments, strict=True))))))

    def refused(self, method: str, why: str) -> None:
        """The game said no to a call. That is nothing by default: what can be seen when thinking next tells enough."""

    def take_calls(self) -> list[tuple[str, Row]]:
        """For whoever plays this bot: what it called since the last time, in order."""
        calls, self._calls = self._calls, []
        return calls


class RandomBrain(Brain):
    """Presses anything at random within the declared ranges: the bot of every game that has no brain of its own."""

    def think(self, view: Replica, player: PlayerId) -> Any:  # noqa: ANN401 - likewise
        layout = self.schema.input
        return layout.make(tuple(self._draw(field) for field in layout.fields))

    def _draw(self, field: Field) -> int:
        low = -1 if field.low is None else field.low
        high = 1 if field.high is None else field.high
        return self.random.integer(low, min(high, low + 2**31))
