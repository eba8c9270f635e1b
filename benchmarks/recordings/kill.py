"""A server is killed at random moments, as a machine does that runs out of memory: what is left of its recording?

It must open, be what its steps make again, and end less than a second before the last tick that a spectator saw.
Run: python -m benchmarks.recordings.kill [--times 100] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import attrs
import trio
from gameclient.client import Client

from benchmarks.processes import running_server
from gameserver.core.messages import Role
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.resimulate import simulation_of
from gameserver.games.arena import Arena

BOTS = 4
LONGEST_SECONDS = 7.0
"""Of play before the server is killed: a keyframe, which is forced to the disk, lies within."""
LIMIT_SECONDS = 30.0
"""Until a server that nobody can reach is given up."""


@attrs.frozen
class Killed:
    """What one death has cost."""

    seen: int
    """The last tick that the spectator saw."""
    kept: int
    """The last one in the recording."""
    steps: int
    """Made again from it, each with the hash that is written there."""
    rate: int

    @property
    def lost_seconds(self) -> float:
        """Of play that somebody saw and that is not in the recording."""
        return max(0, self.seen - self.kept) / self.rate


async def look_on(url: str, seconds: float) -> int:
    """The last tick that a spectator has seen after so much time of play."""

    async def look(client: Client) -> None:
        with trio.move_on_after(seconds):
            while True:
                await client.next_snapshot()

    spectator = Client(url, game=Arena.name, name="witness", role=Role.SPECTATOR, patient=True)
    with trio.fail_after(LIMIT_SECONDS + seconds):
        await spectator.run(look)
    assert spectator.replica.tick is not None
    return spectator.replica.tick


def kill_once(folder: Path, seconds: float) -> Killed:
    """Start a server that records into this folder, kill it after so much play, and look at what it leaves.

    Raises AssertionError if the recording is not what was played, FormatError if it cannot be read.
    """
    with running_server("--record", str(folder), "--data", "off", "--bots", str(BOTS)) as server:
        seen = trio.run(look_on, server.url, seconds)
        server.process.kill()
        server.process.wait()
    (file,) = folder.glob("*.trpl*")
    recording = Recording.open(file.read_bytes())
    simulation = simulation_of(recording, Arena)
    steps = 0
    for step in recording.steps():
        step.run(simulation)
        assert simulation.world.hash() & 0xFFFF_FFFF == step.hash, f"{file.name}: tick {step.tick} is another one"
        steps += 1
    playback = recording.play()
    while playback.advance() is not None:
        pass  # each fragment fits the one before, and CRCs are compared
    assert playback.tick == simulation.world.tick, f"{file.name}: the view ends in tick {playback.tick}"
    return Killed(seen, recording.last_tick, steps, recording.header.rate)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recordings.kill", description="A server is killed at random moments."
    )
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    killed: list[Killed] = []
    for number in range(1, arguments.times + 1):
        with tempfile.TemporaryDirectory() as folder:
            killed.append(kill_once(Path(folder), rng.uniform(0.0, LONGEST_SECONDS)))
        if sys.stderr.isatty():
            print(f"\r{number} of {arguments.times}", end="", file=sys.stderr, flush=True)
    worst = max(one.lost_seconds for one in killed)
    print(
        f"{len(killed)} of {arguments.times} recordings of killed servers opened; at most {worst:.2f} s lost; "
        f"{sum(one.steps for one in killed)} steps made again, all hashes equal"
    )
    return 0 if worst <= 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
