"""Mines: laid in sight of everybody, then seen by their own side alone, until an enemy drives too near."""

from __future__ import annotations

from math import floor, sqrt
from typing import TYPE_CHECKING, Final

from gameserver import EVERYONE, NOBODY, Audience, owner, team
from gameserver.games.arena.harm import Blow, spares
from gameserver.games.arena.state import MINE, MOST_MINES, Exploded, Mine, Tank
from gameserver.games.arena.tanks import touching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver import PlayerId
    from gameserver.games.arena.game import Arena

ARMING_SECONDS: Final = 1.0
LIFE_SECONDS: Final = 40.0
TRIGGER_RADIUS: Final = 26.0
"""Two tanks' radii: a tank drives round a mine that it knows of."""
BLAST_RADIUS: Final = 64.0


def lay(game: Arena, tank: Tank) -> None:
    """Where the tank stands. Of too many, the driver's oldest goes."""
    laid = [mine for mine in game.mines if mine.owner == tank.owner]
    if len(laid) >= MOST_MINES:
        game.mines.remove(laid[0])
    armed_tick = game.tick + game.ticks(ARMING_SECONDS)
    end_tick = game.tick + game.ticks(LIFE_SECONDS)
    game.mines.add(Mine(x=tank.x, y=tank.y, armed_tick=armed_tick, end_tick=end_tick, owner=tank.owner, team=tank.team))


def audience(game: Arena, mine: Mine) -> Audience:
    """Everyone while it is being armed; then its driver's team, or he alone."""
    if game.tick < mine.armed_tick:
        return EVERYONE
    if mine.team:
        return team(mine.team)
    return owner(mine.owner) if mine.owner else NOBODY


def lurk(game: Arena, living: Sequence[Tank], blows: list[Blow]) -> None:
    """Those that an enemy comes near go off; old ones go."""
    for mine in game.mines:
        if game.tick >= mine.end_tick:
            game.mines.remove(mine)
        elif game.tick >= mine.armed_tick and any(
            _is_enemy(mine, tank) and game.tick >= tank.safe_until for tank in touching(living, mine.x, mine.y, TRIGGER_RADIUS)
        ):
            _explode(game, mine, living, blows)


def clear(game: Arena, player: PlayerId | None = None) -> None:
    """Remove all mines, or this player's."""
    for mine in game.mines:
        if player is None or mine.owner == player:
            game.mines.remove(mine)


def _is_enemy(mine: Mine, tank: Tank) -> bool:
    return tank.owner != mine.owner and not 0 < mine.team == tank.team


def _explode(game: Arena, mine: Mine, living: Sequence[Tank], blows: list[Blow]) -> None:
    """The damage falls from the middle to nothing at the edge. Walls shelter; its own driver is never hurt."""
    game.emit(Exploded(x=floor(mine.x), y=floor(mine.y)))
    for tank in touching(living, mine.x, mine.y, BLAST_RADIUS):
        if spares(game, tank, mine.owner, mine.team) or not game.map.clear_line(mine.x, mine.y, tank.x, tank.y):
            continue
        dx, dy = tank.x - mine.x, tank.y - mine.y
        damage = floor(game.damage[MINE] * (1 - sqrt(dx * dx + dy * dy) / BLAST_RADIUS))
        if damage:
            blows.append(Blow(tank, mine.owner, MINE, damage))
    game.mines.remove(mine)
