"""How long it takes from starting the server with eight bots until all of them play. Run: python -m benchmarks.start"""

from __future__ import annotations

from time import monotonic

import trio
from gameclient import Client

from benchmarks.processes import running_server
from gameserver.core.messages import Role

BOTS = 8
LIMIT_SECONDS = 15.0


async def wait_for_bots(url: str) -> None:
    """Look on until all bots are in the match. Raises trio.TooSlowError if they do not come."""

    async def look(client: Client) -> None:
        while len(client.replica.players()) < BOTS:
            await client.next_snapshot()

    with trio.fail_after(LIMIT_SECONDS):
        await Client(url, game="arena", name="onlooker", role=Role.SPECTATOR).run(look)


def main() -> None:
    begin = monotonic()
    with running_server("--bots", str(BOTS)) as server:
        trio.run(wait_for_bots, server.url)
        took = monotonic() - begin
    print(f"{took:.2f} s from the start until {BOTS} bots play")


if __name__ == "__main__":
    main()
