"""Shells and pellets in flight, and what they hit.

A shell leaves the barrel on its driver's screen at once, while the others there are some ticks old. So the server lets it fly these
ticks in the moment in which it is fired, past the others where he saw them, one tick later with each; then it flies on in the
present.
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from gameserver.games.arena import motion
from gameserver.games.arena.harm import Blow, spares
from gameserver.games.arena.state import Hit, Shell, Tank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.games.arena.aiming import Place
    from gameserver.games.arena.game import Arena


def launch(
    game: Arena, tank: Tank, aim: int, moments: Sequence[Sequence[Place]], blows: list[Blow], *, weapon: int, life: int
) -> None:
    """A shell leaves the barrel of this tank. `moments`: where the others were then, and in each tick that it flies at once."""
    step_x, step_y = motion.shell_velocity(aim)
    x = motion.on_grid(tank.x + motion.MUZZLE_TICKS * step_x)
    y = motion.on_grid(tank.y + motion.MUZZLE_TICKS * step_y)
    shell = Shell(
        x=tank.x, y=tank.y, heading=aim + 2 >> 2 & 255, weapon=weapon, step_x=step_x, step_y=step_y, life=life, owner=tank.owner,
        team=tank.team,
    )  # fmt: skip
    # The barrel may reach into a wall or into another tank: then the shell gets no further.
    if _ends(game, shell, x, y, moments[0], blows):
        return
    shell.x, shell.y = x, y
    if all(_flies(game, shell, places, blows) for places in moments[1:]):
        game.shells.add(shell)


def fly(game: Arena, living: Sequence[Tank], blows: list[Blow]) -> None:
    """All shells go on by a tick."""
    places = [(tank, tank.x, tank.y) for tank in living]
    for shell in game.shells:
        if not _flies(game, shell, places, blows):
            game.shells.remove(shell)


def _flies(game: Arena, shell: Shell, places: Sequence[Place], blows: list[Blow]) -> bool:
    """It goes on by a tick, past tanks at these places. False if it goes no further."""
    x, y = shell.x + shell.step_x, shell.y + shell.step_y
    shell.life -= 1
    if shell.life <= 0 or _ends(game, shell, x, y, places, blows):
        return False
    shell.x, shell.y = x, y
    return True


def _ends(game: Arena, shell: Shell, x1: float, y1: float, places: Sequence[Place], blows: list[Blow]) -> bool:
    """Whether a shell that flies from where it is to this point hits something on the way. If so, that is a blow."""
    x0, y0 = shell.x, shell.y
    wall = not game.map.clear_line(x0, y0, x1, y1)
    if wall:  # it flies as far as it can, to a quarter of its way: a tank before the wall is hit, one behind it is not
        for part in (0.75, 0.5, 0.25, 0.0):
            x, y = x0 + (x1 - x0) * part, y0 + (y1 - y0) * part
            if game.map.clear_line(x0, y0, x, y):
                break
        x1, y1 = x, y
    victim: Tank | None = None
    first, nearest = 2.0, 0.0
    reach = motion.HIT_RADIUS + motion.MUZZLE_TICKS * motion.SHELL_SPEED
    left, right, top, bottom = x1 - reach, x1 + reach, y1 - reach, y1 + reach
    for tank, tank_x, tank_y in places:
        if not (left < tank_x < right and top < tank_y < bottom) or spares(game, tank, shell.owner, shell.team):
            continue
        part, square = motion.closest(x0, y0, x1, y1, tank_x, tank_y)
        if square <= motion.HIT_RADIUS * motion.HIT_RADIUS and (part < first or (part == first and square < nearest)):
            victim, first, nearest = tank, part, square
    if victim is not None:
        x1, y1 = x0 + (x1 - x0) * first, y0 + (y1 - y0) * first
        game.emit(Hit(x=floor(x1), y=floor(y1), victim=victim.owner))
        blows.append(Blow(victim, shell.owner, shell.weapon, game.damage[shell.weapon]))
    elif wall:
        game.emit(Hit(x=floor(x1), y=floor(y1), victim=0))
    return wall or victim is not None
