"""What the arena wants of a map beyond what every game does: modes, team spawns, flags, kinds of pickups, and spawns out of sight.

For the authors of maps (`gameserver maps check --game arena`); maps/README.md tells them the same in a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver import MapError
from gameserver.games.arena.state import MODES, PICKUPS, TEAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameserver import MapObject, TileMap

MOST_IN_SIGHT: Final = 4
"""A map for so few players is too small to hide its spawns from each other; on larger ones they do not see each other."""


def map_problems(tile_map: TileMap) -> Iterable[MapError]:
    """All that keeps a map from suiting the arena, with file, layer and object, and what to do."""
    text = tile_map.properties.get("modes")
    if not isinstance(text, str) or not text.strip():
        known = ", ".join(MODES)
        reason = f"the map has no property `modes`: add one of type string with some of {known}, the default first"
        yield MapError(tile_map.name, reason)
        modes = ["all"]  # The rest can be said all the same.
    else:
        modes = [mode.strip() for mode in text.split(",")]
        yield from _wrong_modes(tile_map, modes)
    if "teams" in modes or "flags" in modes:
        yield from _wrong_spawns(tile_map)
    if "flags" in modes:
        yield from _wrong_flags(tile_map)
    for pickup in tile_map.objects_of("pickup"):
        if pickup.properties.get("kind") not in PICKUPS:
            reason = f"it has no property `kind` that the arena knows: add one of type string, one of {', '.join(PICKUPS)}"
            yield MapError(_place(tile_map, pickup), reason)
    yield from _in_sight(tile_map, modes)


def _wrong_modes(tile_map: TileMap, modes: list[str]) -> Iterable[MapError]:
    for mode in dict.fromkeys(modes):
        if mode not in MODES:
            reason = f"`modes` has {mode!r}, which the arena does not know: use {', '.join(MODES)}, separated by commas"
            yield MapError(tile_map.name, reason)
        elif modes.count(mode) > 1:
            yield MapError(tile_map.name, f"`modes` has {mode!r} twice: remove one")


def _wrong_spawns(tile_map: TileMap) -> Iterable[MapError]:
    spawns = tile_map.objects_of("spawn")
    for spawn in spawns:
        if team_of(spawn) is None:
            yield MapError(
                _place(tile_map, spawn), "it has no property `team`: add one of type int, 1 or 2, or drop teams from `modes`"
            )
    counts = [sum(team_of(spawn) == team for spawn in spawns) for team in TEAMS]
    if counts[0] != counts[1]:
        reason = f"team 1 has {counts[0]} spawns and team 2 has {counts[1]}: give both as many"
        yield MapError(_layer(tile_map), reason)


def _wrong_flags(tile_map: TileMap) -> Iterable[MapError]:
    flags = tile_map.objects_of("flag")
    for flag in flags:
        if flag.width or flag.height:
            yield MapError(_place(tile_map, flag), "a flag stands at one place: draw a point and not a rectangle")
        if team_of(flag) is None:
            yield MapError(_place(tile_map, flag), "it has no property `team`: add one of type int, 1 or 2")
    numbers = [team_of(flag) for flag in flags]
    for team in TEAMS:
        if numbers.count(team) != 1:
            reason = f"team {team} has {numbers.count(team)} objects of class `flag`: give it one, or drop flags from `modes`"
            yield MapError(_layer(tile_map), reason)
    if all(numbers.count(team) == 1 for team in TEAMS):
        yield from _in_wrong_base(tile_map)


def _in_wrong_base(tile_map: TileMap) -> Iterable[MapError]:
    """Where there is one flag for each team."""
    ways = {team_of(flag): tile_map.flow_field(*tile_map.tile_at(flag.x, flag.y)) for flag in tile_map.objects_of("flag")}
    for spawn in tile_map.objects_of("spawn"):
        team = team_of(spawn)
        if team is not None:
            own, other = (ways[number].distance(*tile_map.tile_at(spawn.x, spawn.y)) for number in (team, 3 - team))
            if own is not None and other is not None and own > other:
                reason = f"it is of team {team} and nearer to the other team's flag: move it to its own base"
                yield MapError(_place(tile_map, spawn), reason)


def _in_sight(tile_map: TileMap, modes: list[str]) -> Iterable[MapError]:
    """Spawns of enemies with nothing solid between: who comes there can be shot before he knows where he is."""
    players = tile_map.properties.get("players")
    if isinstance(players, int) and players <= MOST_IN_SIGHT:
        return
    spawns = tile_map.objects_of("spawn")
    for number, spawn in enumerate(spawns):
        seen = [
            str(other)
            for other in spawns[number + 1 :]
            if ("all" in modes or team_of(spawn) is None or team_of(spawn) != team_of(other))
            and tile_map.clear_line(spawn.x, spawn.y, other.x, other.y)
        ]
        if seen:
            reason = f"from here one sees {', '.join(seen)}, where enemies come: move it, or put a wall between"
            yield MapError(_place(tile_map, spawn), reason)


def team_of(thing: MapObject) -> int | None:
    """The team that an object says it is of; None if it says none that there is."""
    team = thing.properties.get("team")
    return team if type(team) is int and team in TEAMS else None  # `type`, because True is an int to isinstance


def _layer(tile_map: TileMap) -> str:
    return f"{tile_map.name}, layer 'objects'"


def _place(tile_map: TileMap, thing: MapObject) -> str:
    return f"{_layer(tile_map)}, {thing}"
