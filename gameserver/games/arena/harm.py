"""What hits cost. All blows of a tick are collected and fall together, so that nobody gains by being first in the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gameserver.games.arena import flags, teams
from gameserver.games.arena.state import PLAYING, Killed, Tank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver import PlayerId
    from gameserver.games.arena.game import Arena


class Blow(NamedTuple):
    """One hit on a tank: by whom (0 if he has left), with which weapon, and what it costs."""

    victim: Tank
    shooter: PlayerId
    weapon: int
    damage: int


def spares(game: Arena, tank: Tank, shooter: PlayerId, team: int) -> bool:
    """Whether a shot of this driver and team passes through the tank: his own, and unless there is friendly fire his mates'."""
    return tank.owner == shooter or (0 < team == tank.team and not game.rules.friendly_fire)


def settle(game: Arena, blows: Sequence[Blow]) -> None:
    """Let the blows of this tick fall."""
    fallen: dict[int, list[Blow]] = {}
    for blow in blows:
        if game.tick >= blow.victim.safe_until:
            fallen.setdefault(blow.victim.id, []).append(blow)
    for on_one in fallen.values():
        tank = on_one[0].victim
        tank.health = max(0, tank.health - sum(blow.damage for blow in on_one))
        if not tank.health:
            _destroy(game, tank, on_one)


def _destroy(game: Arena, tank: Tank, blows: Sequence[Blow]) -> None:
    """The kill is that of whoever did most in this tick. Before and after a round it happens, and does not count."""
    tank.speed = 0.0
    tank.respawn_tick = game.tick + game.respawn_ticks
    harm: dict[PlayerId, int] = {}
    for blow in blows:
        harm[blow.shooter] = harm.get(blow.shooter, 0) + blow.damage
    most = max(harm.values())
    killers = [shooter for shooter, damage in harm.items() if damage == most]
    killer = killers[0] if len(killers) == 1 else game.random.choice(killers)
    weapon = next(blow.weapon for blow in blows if blow.shooter == killer)
    game.emit(Killed(killer=killer, victim=tank.owner, weapon=weapon))
    flags.drop(game, tank)
    if game.match.phase == PLAYING:
        game.players[tank.owner].deaths += 1
        driver = game.players.get(killer)
        if driver is not None and not 0 < driver.team == tank.team:
            driver.kills += 1
            driver.score += 1
            if game.match.mode == "teams":
                teams.score(game, driver.team, 1)
