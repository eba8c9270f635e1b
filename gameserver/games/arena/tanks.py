"""Tanks: where they come, how they drive and push each other, who of them is where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.games.arena import motion
from gameserver.games.arena.state import MAGAZINE, Controls, Tank

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gameserver import MapObject, PlayerId
    from gameserver.games.arena.game import Arena

RELOAD_TICKS: Final = 18
"""For one shell, 0.6 s: in the long run that is the rate of fire, so missing costs something."""
EARLY_SECONDS: Final = 1.0
"""A wreck lies at least so long: the others shall see that they hit."""
SAFE_SECONDS: Final = 2.0
"""A new tank cannot be hurt for so long, unless it fires: time to look round."""
BEST_SPAWNS: Final = 3
"""A new tank comes to one of so many spawns, the farthest from its enemies; always the very best could be lain in wait for."""


# -- coming ------------------------------------------------------------------------------------------------------------------
def spawn(game: Arena, player: PlayerId) -> None:
    """Give this player, who has none, a tank."""
    team = game.players[player].team
    place = _choose_spawn(game, player, team)
    middle_x, middle_y = game.map.width * game.map.tile_size / 2, game.map.height * game.map.tile_size / 2
    aim = motion.aim_at(middle_x - place.x, middle_y - place.y)
    safe_until = game.tick + game.ticks(SAFE_SECONDS)
    game.tanks.add(Tank(x=place.x, y=place.y, heading=aim >> 2, aim=aim >> 2, safe_until=safe_until, owner=player, team=team))


def _choose_spawn(game: Arena, player: PlayerId, team: int) -> MapObject:
    """One of his team's spawns, where nobody stands if there is such a one, far from enemies."""
    tanks = [tank for tank in game.tanks if tank.health and tank.owner != player]
    enemies = [(tank.x, tank.y) for tank in tanks if not team or tank.team != team]
    spawns = game.ground.spawns[team]
    free = [place for place in spawns if not touching(tanks, place.x, place.y, 2 * motion.TANK_RADIUS)] or spawns

    def exposure(place: MapObject) -> float:
        gaps = [(x - place.x, y - place.y) for x, y in enemies]
        return -min((dx * dx + dy * dy for dx, dy in gaps), default=0.0)  # no powers: they differ between platforms

    return game.random.choice(sorted(free, key=exposure)[:BEST_SPAWNS] if enemies else free)


def bring_back(game: Arena, wreck: Tank, controls: Controls) -> None:
    """A new tank, and not the old one moved: with its new id no client draws it as flying across the map."""
    early = wreck.respawn_tick - game.respawn_ticks + game.ticks(EARLY_SECONDS)
    if game.tick >= wreck.respawn_tick or (controls.respawn and game.tick >= early):
        player = wreck.owner
        game.tanks.remove(wreck)
        spawn(game, player)


# -- driving -----------------------------------------------------------------------------------------------------------------
def drive(game: Arena, living: Sequence[Tank], inputs: Mapping[PlayerId, Controls]) -> None:
    """Every tank steers, rolls and loads; then those that got into each other push each other apart."""
    tick, ground = game.tick, game.map
    for tank in living:
        controls = inputs[tank.owner]
        tank.aim = controls.aim + 2 >> 2 & 255
        # Ticks that have passed say nothing any more, and 0 is the shortest on the wire.
        if tank.safe_until and tick >= tank.safe_until:
            tank.safe_until = 0
        if tank.fast_until and tick >= tank.fast_until:
            tank.fast_until = 0
        top_speed = motion.FAST_SPEED if tank.fast_until else motion.TOP_SPEED
        heading, speed = motion.drive(tank.heading, tank.speed, controls.bearing, controls.throttle, top_speed=top_speed)
        tank.heading = heading
        tank.x, tank.y, tank.speed = motion.roll(ground, tank.x, tank.y, heading, speed)
        if tank.ammo < MAGAZINE and tick >= tank.reload_tick:
            tank.ammo += 1
            tank.reload_tick += RELOAD_TICKS
    _push_apart(game, living)


def _push_apart(game: Arena, living: Sequence[Tank]) -> None:
    """All at once: to be first in the order is no advantage."""
    pushes: dict[int, tuple[float, float]] = {}
    near = 2 * motion.TANK_RADIUS
    for number, tank in enumerate(living):
        x, y = tank.x, tank.y
        for other in living[number + 1 :]:
            dx = other.x - x
            if dx >= near or dx <= -near:
                continue
            dy = other.y - y
            if dx * dx + dy * dy >= near * near:
                continue
            to_x, to_y, far = motion.push(dx, dy)
            tank.speed = motion.speed_after_push(tank.heading, tank.speed, to_x, to_y)
            other.speed = motion.speed_after_push(other.heading, other.speed, -to_x, -to_y)
            for pushed, sign in ((tank, -far), (other, far)):
                push_x, push_y = pushes.get(pushed.id, (0.0, 0.0))
                pushes[pushed.id] = push_x + sign * to_x, push_y + sign * to_y
    if pushes:
        for tank in living:
            if tank.id in pushes:
                push_x, push_y = pushes[tank.id]
                tank.x, tank.y = motion.slide(game.map, tank.x, tank.y, motion.limit_push(push_x), motion.limit_push(push_y))


# -- being somewhere ---------------------------------------------------------------------------------------------------------
def touching(tanks: Iterable[Tank], x: float, y: float, reach: float) -> list[Tank]:
    """Those whose middle is within reach of a point."""
    left, right, top, bottom = x - reach, x + reach, y - reach, y + reach
    near = [tank for tank in tanks if left <= tank.x <= right and top <= tank.y <= bottom]
    return [tank for tank in near if _square(tank, x, y) <= reach * reach] if near else near


def nearest(game: Arena, tanks: Sequence[Tank], x: float, y: float) -> Tank:
    """The one that is nearest to a point; of several that are equally near some one, for the first in the order is no better."""
    least = min(_square(tank, x, y) for tank in tanks)
    first = [tank for tank in tanks if _square(tank, x, y) == least]
    return first[0] if len(first) == 1 else game.random.choice(first)


def _square(tank: Tank, x: float, y: float) -> float:
    return (tank.x - x) * (tank.x - x) + (tank.y - y) * (tank.y - y)
