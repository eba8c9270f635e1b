"""Flags: taken from home by driving there, lost with the tank, brought home by their own side, captured at the other's home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.games.arena import teams
from gameserver.games.arena.state import CAPTURED, DROPPED, PLAYING, RETURNED, TAKEN, Flag, FlagMoved, Tank
from gameserver.games.arena.tanks import nearest, touching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver import PlayerId
    from gameserver.games.arena.game import Arena

REACH: Final = 20.0
"""How near the middle of a tank must come."""
RETURN_SECONDS: Final = 20.0
TEAM_POINTS: Final = 5
"""For a captured flag."""
DRIVER_POINTS: Final = 3


def plant(game: Arena) -> None:
    """Put every flag to its home, as new."""
    for flag in game.flags:
        game.flags.remove(flag)
    if game.match.mode == "flags":
        for team, place in sorted(game.ground.flags.items()):
            game.flags.add(Flag(x=place.x, y=place.y, team=team))


def move(game: Arena, living: Sequence[Tank]) -> None:
    """What a tick brings for the flags. Beyond a round they go with who has them, and that is all."""
    for flag in game.flags:
        carrier = game.tanks.owned_by(flag.carrier) if flag.carrier else None
        if carrier is not None:
            flag.x, flag.y = carrier.x, carrier.y
    if game.match.phase != PLAYING:
        return
    for flag in game.flags:
        if flag.carrier:
            _capture(game, flag)
    for flag in game.flags:
        if not flag.carrier:
            _touch(game, flag, living)


def drop(game: Arena, tank: Tank) -> None:
    """Whoever drives this tank loses what he carries, here."""
    for flag in game.flags:
        if flag.carrier == tank.owner:
            flag.x, flag.y, flag.carrier = tank.x, tank.y, 0
            flag.return_tick = game.tick + game.ticks(RETURN_SECONDS)
            game.emit(FlagMoved(what=DROPPED, team=flag.team, player=tank.owner))


def _capture(game: Arena, flag: Flag) -> None:
    """It counts where the carrier's own flag stands at home."""
    driver = game.players[flag.carrier]
    if any(own.team == driver.team and own.home and _square(own, flag) <= REACH * REACH for own in game.flags if own is not flag):
        driver.score += DRIVER_POINTS
        teams.score(game, driver.team, TEAM_POINTS)
        _go_home(game, flag, CAPTURED, driver.owner)


def _touch(game: Arena, flag: Flag, living: Sequence[Tank]) -> None:
    """The nearest tank that may do something with it does: an enemy takes it, a mate brings it home."""
    near = [tank for tank in touching(living, flag.x, flag.y, REACH) if tank.team != flag.team or not flag.home]
    if near:
        tank = nearest(game, near, flag.x, flag.y)
        if tank.team == flag.team:
            _go_home(game, flag, RETURNED, tank.owner)
        else:
            flag.carrier, flag.home, flag.return_tick = tank.owner, False, 0
            flag.x, flag.y = tank.x, tank.y
            game.emit(FlagMoved(what=TAKEN, team=flag.team, player=tank.owner))
    elif not flag.home and game.tick >= flag.return_tick:
        _go_home(game, flag, RETURNED, 0)


def _go_home(game: Arena, flag: Flag, what: int, player: PlayerId) -> None:
    place = game.ground.flags[flag.team]
    flag.x, flag.y, flag.carrier, flag.home, flag.return_tick = place.x, place.y, 0, True, 0
    game.emit(FlagMoved(what=what, team=flag.team, player=player))


def _square(one: Flag, other: Flag) -> float:
    return (one.x - other.x) * (one.x - other.x) + (one.y - other.y) * (one.y - other.y)
