"""A game that fails when somebody asks for it: for the pages, which must say so in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameserver import Game, Globals, Input, Player, boolean, call, integer, players_of, shared, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId


class Wish(Input):
    go: bool = boolean(default=False)


class Somebody(Player):
    pass


class State(Globals):
    steps: int = integer(0, 2**31 - 1, default=0)


class Faulty(Game):
    """Counts steps until somebody breaks it."""

    name = "faulty"
    version = 1
    inputs = Wish

    players = players_of(Somebody)
    state = shared(State)

    def step(self, inputs: Mapping[PlayerId, Wish]) -> None:
        self.state.steps += 1

    @call
    def fail(self, player: Somebody) -> None:
        self.after(1, self.blow)  # what the call itself raised would be left out, and the room go on

    def blow(self) -> None:
        raise RuntimeError("as it was asked to")

    @call
    def send_me_away(self, player: Somebody, why: str = text(40)) -> None:
        self.kick(player.owner, why)
