"""Things to drive over: health, ammunition, speed. Each lies where the map says, and comes back some time after it was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.games.arena.state import (
    AMMO,
    FULL_HEALTH,
    HEALTH,
    MOST_MINES,
    MOST_RAILS,
    MOST_SPREADS,
    Pickup,
    Taken,
    Tank,
)
from gameserver.games.arena.tanks import nearest, touching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.games.arena.game import Arena

REACH: Final = 20.0
"""How near the middle of a tank must come."""
BACK_SECONDS: Final = (10.0, 15.0, 20.0)
"""Until it is there again, by kind: who needs it most often waits least."""
HEALED: Final = 50
MORE_SPREADS: Final = 3
MORE_MINES: Final = 1
MORE_RAILS: Final = 1
FAST_SECONDS: Final = 6.0


def lay_all(game: Arena) -> None:
    """Every pickup of the map is there, as at the beginning."""
    for pickup in game.pickups:
        game.pickups.remove(pickup)
    for place in range(len(game.ground.pickups)):
        lay(game, place)


def lay(game: Arena, place: int) -> None:
    """Put one of the map's pickups to its place."""
    where, kind = game.ground.pickups[place]
    game.pickups.add(Pickup(x=where.x, y=where.y, kind=kind, place=place))


def take(game: Arena, living: Sequence[Tank]) -> None:
    """The nearest tank that touches a pickup and can use it has it."""
    for pickup in game.pickups:
        near = [tank for tank in touching(living, pickup.x, pickup.y, REACH) if _can_use(tank, pickup.kind)]
        if near:
            tank = nearest(game, near, pickup.x, pickup.y)
            _use(game, tank, pickup.kind)
            game.emit(Taken(x=int(pickup.x), y=int(pickup.y), kind=pickup.kind, player=tank.owner))
            game.after(game.ticks(BACK_SECONDS[pickup.kind]), game.bring_pickup, pickup.place, game.match.round)
            game.pickups.remove(pickup)


def _can_use(tank: Tank, kind: int) -> bool:
    if kind == HEALTH:
        return tank.health < FULL_HEALTH
    if kind == AMMO:
        return tank.spreads < MOST_SPREADS or tank.mines < MOST_MINES or tank.rails < MOST_RAILS
    return True


def _use(game: Arena, tank: Tank, kind: int) -> None:
    if kind == HEALTH:
        tank.health = min(tank.health + HEALED, FULL_HEALTH)
    elif kind == AMMO:
        tank.spreads = min(tank.spreads + MORE_SPREADS, MOST_SPREADS)
        tank.mines = min(tank.mines + MORE_MINES, MOST_MINES)
        tank.rails = min(tank.rails + MORE_RAILS, MOST_RAILS)
    else:
        tank.fast_until = game.tick + game.ticks(FAST_SECONDS)
