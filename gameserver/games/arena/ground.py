"""What the arena reads from a map when a room is made: modes, spawns, flags, pickups.

It refuses what cannot be played, and what its author must have meant differently. `map_rules` wants more of a good map, and tells
its author all of it at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gameserver import GameError, Refused
from gameserver.games.arena.map_rules import team_of
from gameserver.games.arena.motion import TANK_HALF
from gameserver.games.arena.state import HEALTH, MODES, PICKUPS, TEAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import MapObject, TileMap


class Ground(NamedTuple):
    """A map as the arena sees it.

    Attributes:
        modes: what it is for, its favourite first.
        spawns: by team, those where its tanks may come; under 0 all of them.
        flags: by team, its home. Empty, or both.
        pickups: place and kind of each.
    """

    modes: tuple[str, ...]
    spawns: Mapping[int, tuple[MapObject, ...]]
    flags: Mapping[int, MapObject]
    pickups: tuple[tuple[MapObject, int], ...]


def read_ground(tile_map: TileMap) -> Ground:
    """Raises GameError, which names map and object, for what does not suit the arena."""
    modes = _modes(tile_map)
    all_spawns = tile_map.objects_of("spawn")
    if not all_spawns:
        raise GameError(f"{tile_map.name} has no object of class `spawn`: the arena needs at least one")
    spawns = {0: all_spawns}
    if "teams" in modes or "flags" in modes:
        spawns |= _team_spawns(tile_map, all_spawns)
    flags = _flags(tile_map) if "flags" in modes else {}
    for thing in (*all_spawns, *flags.values()):
        if tile_map.blocked(thing.x, thing.y, TANK_HALF):
            raise GameError(f"{tile_map.name}, {thing}: a tank that comes there is in a wall: move it to open ground")
    pickups = tuple((thing, _kind(tile_map, thing)) for thing in tile_map.objects_of("pickup"))
    return Ground(modes, spawns, flags, pickups)


def choose_mode(tile_map: TileMap, ground: Ground, wanted: str) -> str:
    """The mode of a room whose maker wants this one, or "map" for the map's favourite. Raises Refused for what it is not for."""
    if wanted == "map":
        return ground.modes[0]
    if wanted not in ground.modes:
        raise Refused(f"mode {wanted!r} cannot be played on {tile_map.name}: choose map, or one of {', '.join(ground.modes)}")
    return wanted


def _modes(tile_map: TileMap) -> tuple[str, ...]:
    named = tile_map.properties.get("modes", MODES[0])
    where = f"{tile_map.name}: the map's property `modes`"
    if not isinstance(named, str):
        raise GameError(f"{where} is {named!r}: make it a string such as 'all, teams'")
    modes = tuple(mode.strip() for mode in named.split(","))
    for mode in modes:
        if mode not in MODES:
            raise GameError(f"{where} names {mode!r}: use one or several of {', '.join(MODES)}, comma-separated")
    return modes


def _team_spawns(tile_map: TileMap, spawns: tuple[MapObject, ...]) -> dict[int, tuple[MapObject, ...]]:
    """Its own, and those of no team."""
    for spawn in spawns:
        if "team" in spawn.properties:
            _team(tile_map, spawn)
    for team in TEAMS:
        if all(team_of(spawn) != team for spawn in spawns):
            raise GameError(
                f"{tile_map.name} has no spawn of team {team}: give an object of class `spawn` the int property `team` = {team}, "
                "or take teams and flags out of the map's `modes`"
            )
    return {team: tuple(spawn for spawn in spawns if team_of(spawn) in (None, team)) for team in TEAMS}


def _flags(tile_map: TileMap) -> dict[int, MapObject]:
    flags: dict[int, MapObject] = {}
    for flag in tile_map.objects_of("flag"):
        team = _team(tile_map, flag)
        if team in flags:
            raise GameError(f"{tile_map.name}, {flag}: {flags[team]} is team {team}'s flag already: remove one of them")
        flags[team] = flag
    for team in TEAMS:
        if team not in flags:
            raise GameError(
                f"{tile_map.name} has no flag of team {team}: add an object of class `flag` with the int property `team` = {team}, "
                "or take flags out of the map's `modes`"
            )
    return flags


def _team(tile_map: TileMap, thing: MapObject) -> int:
    team = team_of(thing)
    if team is None:
        shown = repr(thing.properties["team"]) if "team" in thing.properties else "missing"
        raise GameError(f"{tile_map.name}, {thing}: its property `team` is {shown}: set it to 1 or 2, of type int")
    return team


def _kind(tile_map: TileMap, thing: MapObject) -> int:
    kind = thing.properties.get("kind", PICKUPS[HEALTH])
    if kind not in PICKUPS:
        raise GameError(f"{tile_map.name}, {thing}: its property `kind` is {kind!r}: use one of {', '.join(PICKUPS)}")
    if tile_map.solid_at(*tile_map.tile_at(thing.x, thing.y)):
        raise GameError(f"{tile_map.name}, {thing}: nobody can take it in a wall: move it to open ground")
    return PICKUPS.index(str(kind))
