"""What the golden matches are: which game, by whom it is played, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.games.arena import Arena
from gameserver.games.arena.state import Rules as ArenaRules
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from gameserver.testing import Match

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver import Game

FOLDER: Final = Path(__file__).parent
AGAIN: Final = "python -m tests.golden"
MOST_BYTES: Final = 150_000
"""Of one file: they are part of every checkout."""


@attrs.frozen
class Golden:
    """One of them."""

    name: str
    game: type[Game]
    play: Callable[[], bytes]
    """Plays it; returns the recording."""

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return FOLDER / f"{self.name}.trpl"


def _bots(game: type[Game], count: int, seconds: float, *, seed: int, **of_match: Any) -> bytes:  # noqa: ANN401 - what Match takes
    match: Match[Any] = Match(game, seed=seed, check=False, **of_match)
    match.record()
    match.bots(count)
    match.run(seconds=seconds)
    return match.recording()


def _arena_all() -> bytes:
    """Everyone against everyone, from the count-down of one round to the next: all weapons and pickups are there."""
    return _bots(Arena, 6, 20, seed=11, options=ArenaRules(mode="all", time_limit=10, respawn_seconds=1), map="field")


def _arena_flags() -> bytes:
    """Two teams; flags are taken, lost and brought home."""
    return _bots(Arena, 6, 20, seed=1, options=ArenaRules(mode="flags", friendly_fire=True), map="tiny")


def _arena_people() -> bytes:
    """Two people among bots, with all that people do: they talk, lose the line, come back, shoot at what they see late, and go."""
    match = Match(Arena, seed=13, check=False, options=ArenaRules(mode="teams"), map="duel")
    match.record()
    ann = match.join("Ann", profile={"rank": 7}, sees_back=4.5)
    bob = match.join("Bjørn")
    match.step(2)
    match.bots(2)
    match.step(8)
    ann.hold(throttle=2, bearing=40, fire=True, aim=256)
    ann.call("chat", "hello", False)
    bob.call("chat", "over here", True)
    bob.call("emote", 3)
    match.run(seconds=3)
    bob.hold(throttle=1, bearing=200, fire=True, weapon=2)
    bob.call("mute", ann.player, True)
    match.run(seconds=3)
    ann.disconnect()
    match.run(seconds=2)
    ann.reconnect()
    ann.hold(throttle=2, bearing=128, fire=True, aim=700, weapon=3)
    ann.press(respawn=True)
    match.run(seconds=3)
    bob.leave()
    match.run(seconds=3)
    return match.recording()


def _fleet() -> bytes:
    return _bots(Fleet, 2, 20, seed=14)


def _pong() -> bytes:
    return _bots(Pong, 2, 20, seed=15)


GOLDEN: Final = (
    Golden("arena-all", Arena, _arena_all),
    Golden("arena-flags", Arena, _arena_flags),
    Golden("arena-people", Arena, _arena_people),
    Golden("fleet", Fleet, _fleet),
    Golden("pong", Pong, _pong),
)
