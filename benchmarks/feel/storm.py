"""An arena in which two hundred things move: what a browser has to draw at worst. For measuring, not for playing.

A match of sixteen has fifty at its hottest. Here every tank sprays shells besides, wherever it stands, until there are enough.
They fly, hit and are drawn as any other; with `damage=10` few die of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.games.arena import Arena, motion, shells
from gameserver.games.arena.state import MOST_LIFE, OVER, SHELL, Controls, Tank

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId
    from gameserver.games.arena.harm import Blow

MOVING: Final = 220
"""At the end of a tick; those that end on the way leave two hundred at every moment."""
SPRAY_PER_TICK: Final = 12
"""Shells at most that are added in a tick, so that they do not all move as one."""
FREE_TICKS: Final = 40
"""Of flight, 300 px."""
TRIES: Final = 8


class Storm(Arena):
    """The arena, to the browser too: it has the same name and schema."""

    def step(self, inputs: Mapping[PlayerId, Controls]) -> None:
        super().step(inputs)
        living = [tank for tank in self.tanks if tank.health]
        if not living or self.match.phase == OVER:
            return
        blows: list[Blow] = []  # whoever stands at the barrel is not hurt
        places = [(tank, tank.x, tank.y) for tank in living]
        missing = MOVING - len(living) - len(self.shells)
        for _ in range(min(missing, SPRAY_PER_TICK)):
            tank = self.random.choice(living)
            shells.launch(self, tank, self._open_aim(tank), [places], blows, weapon=SHELL, life=MOST_LIFE)

    def _open_aim(self, tank: Tank) -> int:
        """Where the way is free, if that is soon found: what ends at the next wall is drawn as a flash, and not as moving."""
        for _ in range(TRIES):
            aim = self.random.integer(0, 1023)
            dx, dy = motion.shell_velocity(aim)
            if self.map.clear_line(tank.x, tank.y, tank.x + FREE_TICKS * dx, tank.y + FREE_TICKS * dy):
                break
        return aim
