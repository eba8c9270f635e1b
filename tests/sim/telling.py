"""A game in which nothing may be lost: it tells each player numbers, rings a bell for everyone, and counts calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from gameserver import Event, Game, Globals, Input, Player, call, integer, owner, players_of, shared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId, Profile


class Push(Input):
    right: int = integer(-1, 1, default=0)


class Tally(Player):
    told: int = integer(0, 2**31, default=0, audience="owner")
    """How many Told this player has been sent."""
    bumps: int = integer(0, 2**31, default=0, audience="owner")
    knocks: int = integer(0, 2**31, default=0, audience="owner")
    x: int = integer(-(2**31), 2**31, default=0)


class Bell(Globals):
    rung: int = integer(0, 2**31, default=0)


class Told(Event, reliable=True):
    number: int = integer(0, 2**31)


class Rung(Event, reliable=True):
    number: int = integer(0, 2**31)


class Telling(Game):
    """See the module."""

    name = "telling"
    tick_rate = 20
    max_players = 4
    inputs = Push
    events = (Told, Rung)

    tallies = players_of(Tally)
    bell = shared(Bell)

    TOLD_EVERY: ClassVar[int] = 5
    RUNG_EVERY: ClassVar[int] = 17

    def join(self, player: Tally, profile: Profile) -> None:
        pass

    def leave(self, player: Tally) -> None:
        pass

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        for number, push in inputs.items():
            self.tallies[number].x += push.right
        if self.tick % self.TOLD_EVERY == 0:
            for tally in self.tallies.values():
                tally.told += 1
                self.emit(Told(number=tally.told), owner(tally.owner))
        if self.tick % self.RUNG_EVERY == 0:
            self.bell.rung += 1
            self.emit(Rung(number=self.bell.rung))

    @call
    def bump(self, player: Tally) -> int:
        player.bumps += 1
        return player.bumps

    @call
    def knock(self, player: Tally) -> int:
        player.knocks += 1
        return player.knocks
