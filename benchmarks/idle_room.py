"""What a room costs in which nobody moves: eight clients that send an input every tick, on a real socket.

Prints the server's share of one core in percent. Run: python -m benchmarks.idle_room [--clients 8] [--seconds 10]
"""

from __future__ import annotations

import argparse

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


async def measure(server: RunningServer, clients: int, seconds: float) -> float:
    """The server's CPU time per second while so many stand in its room."""
    async with trio.open_nursery() as nursery:
        for number in range(clients):
            nursery.start_soon(Client(server.url, game="arena", name=f"idle {number}").run, stand_still)
        await trio.sleep(SETTLE_SECONDS)
        before, begin = server.cpu_seconds(), trio.current_time()
        await trio.sleep(seconds)
        share = (server.cpu_seconds() - before) / (trio.current_time() - begin)
        nursery.cancel_scope.cancel()
    return share


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle_room", description="What a room costs in which nobody moves.")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    with running_server() as server:
        share = trio.run(measure, server, arguments.clients, arguments.seconds)
    print(f"{share * 100:.2f} % of a core for {arguments.clients} clients that do not move")


if __name__ == "__main__":
    main()
