"""What a bot costs per snapshot: decoding, its world with the CRCs, and its brain (which thinks ten times a second).

No network: a match in memory feeds one client's frames. Prints microseconds, and their ratio to a fixed loop of the same run, which
is what may be compared between machines. Run: python -m benchmarks.client_cost [--tanks 8] [--seconds 60]
"""

from __future__ import annotations

import argparse
from time import perf_counter

from gameserver.core.audience import EVERYONE, owner, part_of
from gameserver.core.brain import THINKS_PER_SECOND
from gameserver.core.messages import Snapshot
from gameserver.core.parts import Parts, Viewer
from gameserver.core.replica import Replica
from gameserver.core.schema import Schema
from gameserver.core.simulation import Join, Simulation
from gameserver.core.wire import decode_server, encode_head
from gameserver.games.arena import Arena
from gameserver.games.arena.brain import ArenaBrain
from gameserver.maps import load_map


def calibrate() -> float:
    """Seconds that this machine takes for a fixed piece of Python: 100,000 additions into a list."""
    begin = perf_counter()
    numbers: list[int] = []
    for number in range(100_000):
        numbers.append(number + 1)  # noqa: PERF401 - the loop is what is measured
    return perf_counter() - begin


def measure(tanks: int, seconds: float) -> tuple[float, float, int]:
    """(seconds per snapshot for decoding and world, the same for the brain, CRCs checked), on average over the clients."""
    tile_map, _ = load_map(Arena.default_map)
    simulation = Simulation(Arena, tile_map=tile_map, seed=1)
    parts = Parts(Arena.schema)
    schema = Schema.from_wire(Arena.schema.to_wire())
    replicas = {player: Replica(schema) for player in range(1, tanks + 1)}
    viewers = {player: Viewer() for player in replicas}
    brains = {player: ArenaBrain(schema, tile_map, player) for player in replicas}
    inputs = {player: Arena.schema.input.neutral() for player in replicas}
    every = Arena.tick_rate // THINKS_PER_SECOND
    world_seconds = brain_seconds = 0.0
    ticks = round(seconds * Arena.tick_rate)
    for tick in range(1, ticks + 1):
        simulation.step([Join(player, f"bot {player}") for player in replicas] if tick == 1 else [], inputs)
        cosmetics = {part: [(kind, 0, row) for kind, row in events] for part, events in simulation.cosmetics().items()}
        parts.commit(tick, simulation.contents(), cosmetics)
        for player, replica in replicas.items():
            draft = parts.draft(viewers[player], (part_of(EVERYONE), part_of(owner(player))))
            frame = b"".join([encode_head(0, tick, 0, None, None, None, len(draft.fragments)), *draft.fragments])
            viewers[player].commit(draft)
            begin = perf_counter()
            (snapshot,) = decode_server(frame)
            assert isinstance(snapshot, Snapshot)
            replica.apply(snapshot.epoch, snapshot.tick, (), (), snapshot.fragments)
            world_seconds += perf_counter() - begin
            if tick % every == player % every:
                begin = perf_counter()
                inputs[player] = brains[player].think(replica, player)
                brain_seconds += perf_counter() - begin
    count = ticks * tanks
    return world_seconds / count, brain_seconds / count, sum(replica.crcs_checked for replica in replicas.values())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.client_cost", description="What a bot costs per snapshot.")
    parser.add_argument("--tanks", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    unit = min(calibrate() for _ in range(5))
    world, brain, crcs = measure(arguments.tanks, arguments.seconds)
    print(
        f"{(world + brain) * 1e6:.0f} us per snapshot with {arguments.tanks} tanks: world {world * 1e6:.0f} us "
        f"({crcs} CRCs checked), brain {brain * 1e6:.0f} us; {(world + brain) / unit:.4f} of the fixed loop ({unit * 1e3:.2f} ms)"
    )


if __name__ == "__main__":
    main()
