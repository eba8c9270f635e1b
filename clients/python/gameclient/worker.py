"""`python -m gameclient.worker URL GAME ROOM SECONDS SEED STRENGTH KEYS COUNT FIRST`: one process's share of bots.

It prints its report.
"""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from gameclient.bots import BotRunner, minter
from gameserver.library import load_game


def main(arguments: list[str]) -> None:
    """Play, and print the report as JSON."""
    url, game, room, seconds, seed, strength, keys, count, first = arguments
    runner = BotRunner(
        url,
        game=load_game(game),
        room=room,
        count=int(count),
        seconds=float(seconds),
        seed=int(seed),
        first=int(first),
        strength=int(strength),
        mint=minter(Path(keys)) if keys else None,
    )
    print(trio.run(runner.run).to_json())


if __name__ == "__main__":
    main(sys.argv[1:])
