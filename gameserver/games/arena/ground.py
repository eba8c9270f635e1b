"""What the arena reads from a map: which modes it is for, where tanks come, where flags stand and pickups lie.

Conventions: the map's property `modes` names modes, comma-separated (missing: all). Objects of class `spawn` may have an int
`team`, 1 or 2; those of class `flag` must; those of class `pickup` may have a string `kind`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gameserver import GameError
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
    """Raises GameError, which names map and object, for anything that does not suit the arena."""
    modes = _modes(tile_map)
    team_modes = [mode for mode in modes if mode != "all"]
    spawns = [(spawn, _team(tile_map, spawn, needed=False)) for spawn in tile_map.objects_of("spawn")]
    if not spawns:
        raise GameError(f"{tile_map.name} has no object of class `spawn`: the arena needs at least one")
    for team in TEAMS:
        if team_modes and all(side != team for _, side in spawns):
            raise GameError(
                f"{tile_map.name} has no spawn of team {team}, which mode {team_modes[0]!r} needs: "
                f"give an object of class `spawn` the int property `team` = {team}, or take the mode out of the map's `modes`"
            )
    flags: dict[int, MapObject] = {}
    for flag in tile_map.objects_of("flag"):
        team = _team(tile_map, flag, needed=True)
        if team in flags:
            raise GameError(f"{tile_map.name}, {flag}: {flags[team]} is team {team}'s flag already: remove one of them")
        flags[team] = flag
    for team in TEAMS:
        if "flags" in modes and team not in flags:
            raise GameError(
                f"{tile_map.name} has no flag of team {team}, which mode 'flags' needs: "
                f"add an object of class `flag` with the int property `team` = {team}"
            )
    for thing in (*(spawn for spawn, _ in spawns), *flags.values()):
        if tile_map.blocked(thing.x, thing.y, TANK_HALF):
            raise GameError(f"{tile_map.name}, {thing}: a tank that comes there is in a wall: move it to open ground")
    return Ground(
        modes=modes,
        spawns={team: tuple(spawn for spawn, side in spawns if not team or side in (0, team)) for team in (0, *TEAMS)},
        flags=flags,
        pickups=tuple((thing, _kind(tile_map, thing)) for thing in tile_map.objects_of("pickup")),
    )


def choose_mode(tile_map: TileMap, ground: Ground, wanted: str) -> str:
    """The mode of a room whose maker wants this one, or "map" for the map's favourite. Raises GameError for what it is not for."""
    if wanted == "map":
        return ground.modes[0]
    if wanted not in ground.modes:
        raise GameError(f"mode {wanted!r} cannot be played on {tile_map.name}: choose map, or one of {', '.join(ground.modes)}")
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


def _team(tile_map: TileMap, thing: MapObject, *, needed: bool) -> int:
    team = thing.properties.get("team")
    if team is None and not needed:
        return 0
    if type(team) is not int or team not in TEAMS:  # `type`, because True is an int to isinstance
        shown = "missing" if team is None else repr(team)
        raise GameError(f"{tile_map.name}, {thing}: its property `team` is {shown}: set it to 1 or 2, of type int")
    return team


def _kind(tile_map: TileMap, thing: MapObject) -> int:
    kind = thing.properties.get("kind", PICKUPS[HEALTH])
    if kind not in PICKUPS:
        raise GameError(f"{tile_map.name}, {thing}: its property `kind` is {kind!r}: use one of {', '.join(PICKUPS)}")
    if tile_map.solid_at(*tile_map.tile_at(thing.x, thing.y)):
        raise GameError(f"{tile_map.name}, {thing}: nobody can take it in a wall: move it to open ground")
    return PICKUPS.index(str(kind))
