"""A match made again from its recording: the same game, options and map, a full state, and the steps behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.core.errors import FormatError, GameError, GameserverError, MapError
from gameserver.core.game import Result
from gameserver.core.simulation import Simulation
from gameserver.core.tiled import parse_map

if TYPE_CHECKING:
    from gameserver.core.game import Game
    from gameserver.core.maps import TileMap
    from gameserver.core.record import Options
    from gameserver.core.replay.recording import Recording

NO_TRUTH: Final = "there is no truth track in it: it is a copy to watch, and the server's own file has one"


class NotSimulable(GameserverError):
    """This recording cannot be simulated, or not by this game. The text says why, and what to do."""


def simulation_of(recording: Recording, game: type[Game]) -> Simulation:
    """The match as it was when the recording began. Raises NotSimulable."""
    return restored(recording, game, _state(recording, recording.header.first)[1])


def rebuild(recording: Recording, game: type[Game], tick: int) -> Simulation:
    """The match after this tick, or after the last step before it: from the nearest full state, step by step.

    Raises NotSimulable, or whatever the game raises.
    """
    at, state = _state(recording, tick)
    simulation = restored(recording, game, state)
    for step in recording.steps(at):
        if step.tick > tick:
            break
        step.run(simulation)
    return simulation


def fresh(recording: Recording, game: type[Game]) -> Simulation:
    """The room as it was opened: the game's `setup` has run, and nothing else. Raises NotSimulable."""
    header, origin = recording.header, recording.origin
    if origin is None:
        raise NotSimulable(NO_TRUTH)
    if header.game != game.name:
        raise NotSimulable(f"it is a match of {header.game}, not of {game.name}")
    options, tile_map = _options(recording, game), _map(recording)
    try:
        return Simulation(game, options=options, tile_map=tile_map, seed=origin.seed)
    except (Exception, SystemExit) as error:  # whatever the author's code raises
        raise NotSimulable(f"{game.name} cannot set up the room: {type(error).__name__}: {error}") from error


def restored(recording: Recording, game: type[Game], state: bytes) -> Simulation:
    """A fresh game that goes on from this state of the match. Raises NotSimulable."""
    simulation = fresh(recording, game)
    try:
        simulation.restore(state)
        tick, result = simulation.world.tick, simulation.result
        is_sound = simulation.encode() == state and type(tick) is int and (result is None or type(result) is Result)
    except GameError as error:
        raise NotSimulable(f"{error}: this code cannot go on from the recording's states") from error
    except (Exception, SystemExit) as error:  # its chunk was sound, so somebody has forged it; or it is the game's own code
        raise NotSimulable(f"its state cannot be restored: {type(error).__name__}: {error}") from error
    if not is_sound:
        raise NotSimulable("its state is none that a game can come to: somebody has changed it")
    return simulation


def _state(recording: Recording, tick: int) -> tuple[int, bytes]:
    if recording.origin is None:
        raise NotSimulable(NO_TRUTH)
    try:
        return recording.state_at_or_before(tick)
    except FormatError as error:
        raise NotSimulable(str(error)) from error


def _options(recording: Recording, game: type[Game]) -> Options:
    layout = game.options.layout
    try:
        options: Options = layout.make(layout.check_row(tuple(recording.header.options)))
    except (TypeError, ValueError) as error:
        raise NotSimulable(f"its options do not fit {game.name}@{game.version}: {error}") from error
    return options


def _map(recording: Recording) -> TileMap | None:
    if recording.header.map is None:
        return None
    name, _, data = recording.header.map
    try:
        return parse_map(data, name)
    except MapError as error:
        raise NotSimulable(f"its map cannot be read: {error}") from error
