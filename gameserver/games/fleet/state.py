"""What there is in a match of fleet: two admirals, their ships, the shots, and whose move it is."""

from __future__ import annotations

from typing import Final

from gameserver import Entity, Event, Globals, Input, Options, Player, boolean, integer, text
from gameserver.games.fleet.board import SHIPS, SIZE

WAITING: Final = 0
"""One admiral, or none."""
PLACING: Final = 1
BATTLE: Final = 2
OVER: Final = 3
"""Decided, and everything is revealed."""

LAST_TICK: Final = 2**31 - 1
MAX_ID: Final = 2**34


class Orders(Input):
    """Nothing: admirals play by calls."""


class Ship(Entity):
    """Seen by its owner alone until it is sunk or the match is over. When its owner leaves it is nobody's."""

    length: int = integer(min(SHIPS), max(SHIPS))
    x: int = integer(0, SIZE - 1)
    y: int = integer(0, SIZE - 1)
    across: bool = boolean()
    """It lies from (x, y) towards +x; else towards +y."""
    afloat: int = integer(0, max(SHIPS))
    """Cells that were not hit; 0: it is sunk."""
    team: int = integer(0, 31, default=0, audience="none")


class Shot(Entity):
    """A cell that was fired at; `owner` fired. Everyone sees it."""

    x: int = integer(0, SIZE - 1)
    y: int = integer(0, SIZE - 1)
    hit: bool = boolean()
    team: int = integer(0, 31, default=0, audience="none")


class Admiral(Player):
    """One of the two."""

    placed: bool = boolean(default=False)
    """His ships lie somewhere."""
    lost_moves: int = integer(0, 2, default=0)
    """Moves in a row for which he took too long."""
    wants_rematch: bool = boolean(default=False)
    wins: int = integer(0, LAST_TICK, default=0)
    """Matches won since he came."""
    dice: int = integer(0, 2**32 - 1, default=0, audience="none")
    """The seed of his next fleet at random."""
    team: int = integer(0, 31, default=0, audience="none")


class Match(Globals):
    """The room's own state. Admirals are PlayerIds, 0 for none."""

    phase: int = integer(WAITING, OVER, default=WAITING)
    turn: int = integer(0, 1023, default=0)
    """Whose move it is; 0 but in the battle."""
    deadline: int = integer(0, LAST_TICK, default=0)
    """The tick in which the clock of this phase, or of this move, runs out; 0: there is none."""
    first: int = integer(0, 1023, default=0)
    """Who has the first move; in a rematch the other one has it."""
    winner: int = integer(0, 1023, default=0)
    loser: int = integer(0, 1023, default=0)
    why: str = text(8, default="")
    """What decided it: "sunk", "resigned", "clock" or "left"."""
    timer: int = integer(0, LAST_TICK, default=0, audience="none")
    """Of the clock that runs."""


class Terms(Options):
    """What the maker of a room may choose."""

    move_seconds: int = integer(0, 3_600, default=60)
    """For a move; 0: as long as it takes."""
    place_seconds: int = integer(0, 3_600, default=120)
    """For placing the ships; 0: as long as it takes."""


class Fired(Event, reliable=True):
    """A shot, and whether it hit."""

    player: int = integer(0, 1023)
    x: int = integer(0, SIZE - 1)
    y: int = integer(0, SIZE - 1)
    hit: bool = boolean()


class Sunk(Event, reliable=True):
    """A ship of this player's was sunk; from now on everyone sees it, under this id."""

    player: int = integer(0, 1023)
    ship: int = integer(0, MAX_ID)


class MoveLost(Event, reliable=True):
    """He took too long, for the first or the second time in a row. The first time a shot is fired for him."""

    player: int = integer(0, 1023)
    in_a_row: int = integer(1, 2)
