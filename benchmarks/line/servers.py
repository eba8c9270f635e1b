"""The servers that are compared: how each is started, and why one cannot be."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import attrs

from benchmarks.line import scene
from benchmarks.line.build import FLOOR, WS, NotBuilt, compiled, node_modules
from gameserver.games.arena import Arena

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARENA_CLIENTS: Final = 320
"""At most so many play the arena, whose step costs more than the line: with more, one core would be late, and a late server
measures the wrong thing."""


@attrs.frozen
class Crowd:
    """Who plays in a run: so many clients, in rooms of so many."""

    clients: int
    rooms_of: int

    def rooms(self, name: str) -> list[str]:
        """The names of the rooms, as load.c makes them."""
        return [f"{name}{number}" for number in range(1, -(-self.clients // self.rooms_of) + 1)]


@attrs.frozen(kw_only=True)
class Server:
    """One line of the table.

    Attributes:
        name: as `--peers` takes it.
        title: as the table says it.
        make: (crowd, a folder for what it needs) → the command that serves on a free port. Raises NotBuilt.
        game: what the load generator asks for, which is also how its rooms begin.
        most: the crowd may not be larger.
    """

    name: str
    title: str
    make: Callable[[Crowd, Path], list[str]]
    game: str = "drive"
    most: Crowd = Crowd(100_000, 255)

    def crowd(self, wanted: Crowd) -> Crowd:
        """The part of the crowd that this server gets."""
        return Crowd(min(wanted.clients, self.most.clients), min(wanted.rooms_of, self.most.rooms_of))


def _gameserver(game: str, rooms: list[str], *more: str) -> list[str]:
    command = [sys.executable, "-m", "gameserver", "serve", "--port", "0", "--drain", "0", "--game", game, *more]
    for room in rooms:
        command += ("--room", room)
    return command


def _lane(crowd: Crowd, folder: Path) -> list[str]:
    return _gameserver(str(scene.GAME_FILE), crowd.rooms("drive"))


def _plain(crowd: Crowd, folder: Path) -> list[str]:
    shown = subprocess.run([sys.executable, "-m", "gameserver", "serve", "--help"], capture_output=True, text=True, check=True)
    if "--link" not in shown.stdout:
        raise NotBuilt("`gameserver serve` has no --link yet")
    return _gameserver(str(scene.GAME_FILE), crowd.rooms("drive"), "--link", "plain")


def _arena(crowd: Crowd, folder: Path) -> list[str]:
    return _gameserver("arena", crowd.rooms("arena"))


def _ws(crowd: Crowd, folder: Path) -> list[str]:
    node_modules()
    return ["node", str(WS / "room.mjs"), "0", str(crowd.rooms_of)]


def _picows(crowd: Crowd, folder: Path) -> list[str]:
    missing = [name for name in ("picows", "uvloop") if importlib.util.find_spec(name) is None]
    if missing:
        raise NotBuilt(f"{' and '.join(missing)}: not installed; pip install -e '.[bench]'")
    return [sys.executable, "-m", "benchmarks.line.peers.picows_room", "0", str(crowd.rooms_of)]


def _floor(crowd: Crowd, folder: Path) -> list[str]:
    welcome = folder / "welcome"
    welcome.write_bytes(scene.welcome())
    size = scene.snapshot_bytes(min(crowd.clients, crowd.rooms_of))
    return [str(compiled(FLOOR, folder)), "0", str(crowd.rooms_of), str(size), str(welcome)]


SERVERS: Final = (
    Server(name="lane", title="gameserver", make=_lane),
    Server(name="plain", title="gameserver, `--link plain`", make=_plain),
    Server(name="ws", title="Node and `ws`, by hand", make=_ws),
    Server(name="picows", title="picows and uvloop, by hand", make=_picows),
    Server(name="floor", title="recv and send in C", make=_floor),
    Server(
        name="arena", title="gameserver, the arena", make=_arena, game="arena", most=Crowd(ARENA_CLIENTS, Arena.max_players)
    ),
)  # fmt: skip
