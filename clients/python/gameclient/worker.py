"""`python -m gameclient.worker URL GAME ROOM SECONDS SEED STRENGTH COUNT FIRST`: one process's share of bots; prints its report."""

from __future__ import annotations

import sys

import trio

from gameclient.bots import BotRunner
from gameserver.library import load_game


def main(arguments: list[str]) -> None:
    """Play, and print the report as JSON."""
    url, game, room, seconds, seed, strength, count, first = arguments
    runner = BotRunner(
        url,
        game=load_game(game),
        room=room,
        count=int(count),
        seconds=float(seconds),
        seed=int(seed),
        first=int(first),
        strength=int(strength),
    )
    print(trio.run(runner.run).to_json())


if __name__ == "__main__":
    main(sys.argv[1:])
