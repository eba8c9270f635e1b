"""What the trigger does. Each weapon has its own ammunition, pause and damage; range is the shell's life, or a wall."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Final

from gameserver.games.arena import aiming, mines, rays, shells
from gameserver.games.arena.harm import Blow, spares
from gameserver.games.arena.state import MAGAZINE, MINE, MOST_LIFE, RAIL, SHELL, SPREAD, Controls, Railed, Tank
from gameserver.games.arena.tanks import RELOAD_TICKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameserver import PlayerId
    from gameserver.games.arena.game import Arena

COOLDOWN_TICKS: Final = (8, 18, 15, 45)
"""Until a tank may fire again, by the weapon that it fired: whoever changes weapons gains no shot by it. A magazine lasts a
second; a rail is one shot in one and a half."""
DAMAGE: Final = (25, 12, 100, 60)
"""By weapon: of a shell, a pellet, a mine in its very middle, a rail. Full health is 100."""
FAN: Final = (-40, -20, 0, 20, 40)
"""The pellets' aims beside the driver's, of 1,024: 28 degrees in all. Up to 55 px away all five hit a tank, up to 110 px three."""
PELLET_LIFE: Final = 24
"""180 px."""


def fire(game: Arena, living: Sequence[Tank], inputs: Mapping[PlayerId, Controls], blows: list[Blow]) -> None:
    """Every tank whose trigger is held and whose weapon is ready fires it. Who fires gives up his protection."""
    for tank in living:
        controls = inputs[tank.owner]
        if not controls.fire or game.tick < tank.ready_tick or not _load(game, tank, controls.weapon):
            continue
        tank.ready_tick = game.tick + COOLDOWN_TICKS[controls.weapon]
        tank.safe_until = 0
        if controls.weapon == SHELL:
            shells.launch(game, tank, controls.aim, aiming.moments(game, tank), blows, weapon=SHELL, life=MOST_LIFE)
        elif controls.weapon == SPREAD:
            moments = aiming.moments(game, tank)
            for beside in FAN:
                shells.launch(game, tank, controls.aim + beside & 1023, moments, blows, weapon=SPREAD, life=PELLET_LIFE)
        elif controls.weapon == MINE:
            mines.lay(game, tank)
        else:
            _rail(game, tank, controls.aim, blows)


def _load(game: Arena, tank: Tank, weapon: int) -> bool:
    """Take a round from what the tank has for this weapon, if it has one."""
    if weapon == SHELL and tank.ammo:
        if tank.ammo == MAGAZINE:
            tank.reload_tick = game.tick + RELOAD_TICKS
        tank.ammo -= 1
    elif weapon == SPREAD and tank.spreads:
        tank.spreads -= 1
    elif weapon == MINE and tank.mines:
        tank.mines -= 1
    elif weapon == RAIL and tank.rails:
        tank.rails -= 1
    else:
        return False
    return True


def _rail(game: Arena, tank: Tank, aim: int, blows: list[Blow]) -> None:
    """It is judged where its driver saw the others. Who of them can be hurt is judged as things are now."""
    seen = aiming.as_seen(game, tank)
    targets = [(number, x, y) for number, (other, x, y) in enumerate(seen) if not spares(game, other, tank.owner, tank.team)]
    x, y, hit = rays.shoot(game.map, tank.x, tank.y, aim, targets)
    # At the map's left or upper end rounding may bring the ray a hair's breadth out of it.
    game.emit(Railed(x0=floor(tank.x), y0=floor(tank.y), x1=max(0, floor(x)), y1=max(0, floor(y)), shooter=tank.owner))
    if hit is not None:
        blows.append(Blow(seen[hit][0], tank.owner, RAIL, game.damage[RAIL]))
