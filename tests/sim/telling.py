"""A game in which nothing may be lost: it tells each player numbers, rings a bell for everyone, counts calls, and gives back every
mark that somebody presses. `Brittle` can also be made to fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from gameserver import (
    EVERYONE,
    NOBODY,
    Audience,
    Entity,
    Event,
    Game,
    Globals,
    Input,
    Player,
    boolean,
    call,
    entities_of,
    integer,
    owner,
    players_of,
    shared,
    text,
)
from tests.bombs import ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId, Profile


STAND_IN_PUSH: Final = 2
"""Which way a bot pushes, either way; people push by 1. So whoever sees an input knows whose it is."""
STAND_IN_MARK: Final = 2**30
"""Where the marks of bots begin."""


class Push(Input):
    right: int = integer(-STAND_IN_PUSH, STAND_IN_PUSH, default=0)
    mark: int = integer(0, 2**31, default=0, edge=True)
    """A number that is never pressed twice; 0 is none."""


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


class Marked(Event, reliable=True):
    number: int = integer(0, 2**31)


class Telling(Game):
    """See the module."""

    name = "telling"
    tick_rate = 20
    max_players = 4
    inputs = Push
    events = (Told, Rung, Marked)

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
            if push.mark:
                self.emit(Marked(number=push.mark), owner(number))
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


class Quiet(Telling):
    """The same, for a room that nothing may disturb."""

    name = "quiet"
    tick_rate = 10


class Ballast(Entity):
    what: str = text(256, default="")


class Cracks(Bell):
    rotten_from: int = integer(0, 2**31, default=0)
    """Every step fails from this tick on; 0: none does."""
    grows: bool = boolean(default=False)


BALLAST = "ballast " * 32
"""Four of them are 1 KiB."""
BALLAST_PER_TICK = 8
MOST_BALLAST = 4_000
"""1 MiB: four times what a checkpoint takes (MAX_STATE). It stays below MAX_ENTITIES, at which a room fails, and rightly."""


class Brittle(Telling):
    """Fails on demand: once, or at every step from now on; or grows beyond all checkpoints. What was promised before holds."""

    name = "brittle"
    tick_rate = 10
    max_players = 6

    bell = shared(Cracks)
    ballast = entities_of(Ballast)

    def audience(self, entity: Entity) -> Audience:
        return NOBODY if isinstance(entity, Ballast) else EVERYONE

    def step(self, inputs: Mapping[PlayerId, Push]) -> None:
        super().step(inputs)
        if self.bell.grows and len(self.ballast) < MOST_BALLAST:
            for _ in range(BALLAST_PER_TICK):
                self.ballast.add(Ballast(what=BALLAST))
        if 0 < self.bell.rotten_from <= self.tick:
            raise ArithmeticError("the floor is rotten")

    @call
    def snap(self, player: Tally, kind: int = integer(0, len(ERRORS) - 1)) -> None:
        """Raise one of the ten errors, half-way through."""
        player.bumps += 1
        self.bell.rung += 1
        tuple(ERRORS.values())[kind]()

    @call
    def rot(self, player: Tally) -> None:
        self.bell.rotten_from = self.tick + 3

    @call
    def grow(self, player: Tally) -> None:
        self.bell.grows = True


class HeldBrittle(Brittle):
    """The same, and bots stand in for who is away."""

    bots_hold_seats = True


def telling_at(rate: int, seats: int, *, held: bool = False) -> type[Telling]:
    """The same game at another tick rate, with more room: it tells as much in a second. `held`: bots stand in for who is away."""

    class Timed(Telling):
        tick_rate = rate
        max_players = seats
        bots_hold_seats = held
        TOLD_EVERY = max(1, rate // 4)
        RUNG_EVERY = max(1, rate * 17 // 20)

    return Timed
