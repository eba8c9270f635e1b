"""What a room costs in which nobody moves: eight clients that send an input every tick, on a real socket.

Prints the share of one core in percent: the median of several windows, because a core that sleeps most of the time wakes up
slower or faster as its neighbours like. Run: python -m benchmarks.idle_room [--clients 8] [--seconds 4] [--windows 7]
"""

from __future__ import annotations

import argparse
import statistics

import trio
from gameclient import Client

from benchmarks.processes import RunningServer, running_server

SETTLE_SECONDS = 2.0


async def stand_still(client: Client) -> None:
    """Send the neutral input for every tick, one message each, as a browser would."""
    neutral = client.schema.input.neutral()
    while True:
        await client.next_snapshot()
        await client.send_input(client.next_input_tick(), neutral)


async def measure(server: RunningServer, clients: int, seconds: float, windows: int) -> list[float]:
    """The server's CPU time per second while so many stand in its room, in each window."""
    shares = []
    async with trio.open_nursery() as nursery:
        for number in range(clients):
            nursery.start_soon(Client(server.url, game="arena", name=f"idle {number}").run, stand_still)
        await trio.sleep(SETTLE_SECONDS)
        for _ in range(windows):
            before, begin = server.cpu_seconds(), trio.current_time()
            await trio.sleep(seconds)
            shares.append((server.cpu_seconds() - before) / (trio.current_time() - begin))
        nursery.cancel_scope.cancel()
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle_room", description="What a room costs in which nobody moves.")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--windows", type=int, default=7)
    arguments = parser.parse_args()
    with running_server() as server:
        shares = trio.run(measure, server, arguments.clients, arguments.seconds, arguments.windows)
    print(f"{statistics.median(shares) * 100:.2f} % of a core for {arguments.clients} clients that do not move")
    print(f"({min(shares) * 100:.2f} to {max(shares) * 100:.2f} in {len(shares)} windows of {arguments.seconds:g} s)")


if __name__ == "__main__":
    main()
