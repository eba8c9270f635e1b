"""The game of docs/browser-client.md's prediction: everybody runs on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver import Game, Input, Player, integer, players_of, real

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId

STEP = 4 / 16


class Runner(Player):
    x: float = real(quantum=1 / 16, low=-10_000.0, high=10_000.0, default=0.0)
    y: float = real(quantum=1 / 16, low=0.0, high=1_000.0, default=100.0)


class Run(Input):
    move: int = integer(-1, 1, default=0)


class Race(Game):
    name = "race"
    tick_rate = 30
    closes_when_over = False
    inputs = Run
    players = players_of(Runner)

    def step(self, inputs: Mapping[PlayerId, Run]) -> None:
        for player, runner in self.players.items():
            runner.x += inputs[player].move * STEP
