"""What a game's class body declares as its collections: `tanks = entities_of(Tank)`. An instance has the real ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from gameserver.core.record import Entity, Globals, Player

if TYPE_CHECKING:
    from gameserver.core.game import Game
    from gameserver.core.groups import Entities, Players
    from gameserver.core.rewind import Eye

E = TypeVar("E", bound=Entity)
G = TypeVar("G", bound=Globals)
P = TypeVar("P", bound=Player)
T_co = TypeVar("T_co", covariant=True)


class Declared(Generic[T_co]):
    """A collection that a game's class body declares; an instance has the real one under the same name."""

    def __init__(self, role: str, record: type[Any], *, rewinds: bool = False, jump: float | None = None) -> None:
        frame = sys._getframe(2)
        self.role = role
        self.record = record
        self.rewinds = rewinds
        self.jump = jump
        self.eye: Eye | None = None
        """Of what rewinds, once the game's class has been checked."""
        self.where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Declared[T_co]: ...
    @overload
    def __get__(self, instance: Game, owner: type) -> T_co: ...
    def __get__(self, instance: Game | None, owner: type) -> Declared[T_co] | T_co:
        if instance is None:
            return self
        value: T_co = instance.__dict__[self.name]
        return value


def entities_of(record: type[E], *, rewinds: bool = False, jump: float | None = None) -> Declared[Entities[E]]:
    """In a game's class body: `tanks = entities_of(Tank)` gives the game a kind of entity and `self.tanks` to hold them.

    `rewinds`: the server remembers where they were, for `Game.as_seen_by`. `jump`: who moves further than this in one tick, along
    any axis, has been put there and not driven, and is not looked for where he was before.
    """
    return Declared("entities", record, rewinds=rewinds, jump=jump)


def players_of(record: type[P]) -> Declared[Players[P]]:
    """In a game's class body: `players = players_of(Driver)` replaces Player by the game's own class."""
    return Declared("players", record)


def shared(record: type[G]) -> Declared[G]:
    """In a game's class body: `match = shared(Match)` gives the room its globals."""
    return Declared("globals", record)


def declared(game: type[Game], role: str) -> list[Declared[Any]]:
    """The collections of this role that a game's class and its bases declare, bases first; of players the last counts."""
    found = {
        name: value
        for base in reversed(game.__mro__)
        for name, value in vars(base).items()
        if isinstance(value, Declared) and value.role == role
    }
    return list(found.values())
