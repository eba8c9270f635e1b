"""What the tests of recordings share: a server that records on a simulated disk, and what must hold of any recording."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs
import trio

from gameserver.core.replay.recording import Recording
from gameserver.core.simulation import Simulation
from gameserver.net.simulated import at_once, simulated_ports
from gameserver.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gameserver.core.game import Game
    from gameserver.core.maps import TileMap
    from gameserver.core.view import Contents
    from gameserver.net.simulated import SimDisk, SimPorts
    from gameserver.room import Room

SPACE = 1 << 40
"""So much is free that nobody asks."""


def recorder_on(ports: SimPorts, **how: Any) -> Recorder:  # noqa: ANN401 - as Recorder takes them
    """A recorder without threads."""
    how.setdefault("least_free_bytes", 0)
    return Recorder(disk=ports.disk, randomness=ports.randomness, wall_clock=ports.wall_clock, aside=at_once, **how)


@attrs.frozen
class Studio:
    """A recorder that runs, and its world."""

    ports: SimPorts
    recorder: Recorder

    @property
    def disk(self) -> SimDisk:
        return self.ports.disk

    def record(self, room: Room) -> Watch:
        """Record this room by hand, and remember what it was."""
        room.recorder = self.recorder.begin(room)
        return Watch(room)

    async def names(self) -> list[str]:
        """Of all recordings, oldest first."""
        return list(await self.disk.list(""))

    async def recordings(self) -> dict[str, Recording]:
        """All of them, opened, oldest first."""
        return {name: Recording.open(await self.disk.read(name)) for name in await self.names()}

    async def close(self, *rooms: Room) -> None:
        """These rooms have closed, and all is written."""
        for room in rooms:
            assert room.recorder is not None
            room.recorder.close()
        await self.recorder.finish()


@asynccontextmanager
async def studio(seed: int = 1, **how: Any) -> AsyncIterator[Studio]:  # noqa: ANN401 - as Recorder takes them
    """A recorder that runs until the end of the block."""
    ports = simulated_ports(seed)
    made = Studio(ports, recorder_on(ports, **how))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(made.recorder.run)
        yield made
        nursery.cancel_scope.cancel()


class Watch:
    """What a room was, tick by tick: its hashes, and what was to be seen of it.

    Attributes:
        hashes: behind each step.
        worlds: each that was shown.
    """

    def __init__(self, room: Room) -> None:
        self.hashes: dict[int, int] = {}
        self.worlds: dict[int, Contents] = {room.simulation.world.tick: room.simulation.contents()}
        self._room = room
        commit = room.parts.commit

        def remember(tick: int, contents: Contents, cosmetics: Any = None) -> None:  # noqa: ANN401 - as in Parts
            self.worlds[tick] = contents
            commit(tick, contents, cosmetics)

        room.parts.commit = remember  # type: ignore[method-assign] # the only place that sees every tick's contents
        room.on_step = self._note

    def _note(self, room: Room) -> None:
        self.hashes[room.simulation.world.tick] = room.simulation.world.hash()


def resimulated(recording: Recording, game: type[Game], tile_map: TileMap | None = None) -> int:
    """Simulate a recording again, from its first state to its end, and compare every hash. How many steps there were."""
    origin = recording.origin
    assert origin is not None
    options = game.options.layout.make(recording.header.options)
    simulation = Simulation(game, options=options, tile_map=tile_map, seed=origin.seed)
    first, state = recording.state_at_or_before(recording.header.first)
    simulation.restore(state)
    count = 0
    for step in recording.steps(after=first):
        step.run(simulation)
        assert simulation.world.hash() & 0xFFFF_FFFF == step.hash, f"tick {step.tick}: the hashes differ"
        count += 1
    if recording.sealed and recording.contents.hash is not None:
        assert simulation.world.hash().to_bytes(8, "big") == recording.contents.hash
    return count


def check_truth(recording: Recording, watch: Watch) -> list[int]:
    """Every step's hash is what the room had. Returns their ticks."""
    ticks = []
    for step in recording.steps():
        assert watch.hashes[step.tick] & 0xFFFF_FFFF == step.hash, f"tick {step.tick}"
        ticks.append(step.tick)
    return ticks


def check_view(recording: Recording, watch: Watch, *, only: Callable[[int], bool] = lambda tick: True) -> list[int]:
    """Every world that the recording shows is one that the room showed. Returns their ticks."""
    playback = recording.play()
    ticks = []
    while True:
        if only(playback.tick):
            seen = {part: records for part, records in playback.contents.items() if records}
            shown = {part: records for part, records in watch.worlds[playback.tick].items() if records}
            assert seen == shown, f"tick {playback.tick}"
            ticks.append(playback.tick)
        if playback.advance() is None:
            return ticks
