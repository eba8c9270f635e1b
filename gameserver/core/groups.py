"""The collections through which a game sees its world: `self.tanks`, `self.players`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from gameserver.core.audience import PlayerId
from gameserver.core.errors import GameError
from gameserver.core.record import Entity, Player

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gameserver.core.audience import Audience
    from gameserver.core.world import World

E = TypeVar("E", bound=Entity)
P_co = TypeVar("P_co", bound=Player, covariant=True)


class Entities(Generic[E]):
    """The entities of one kind, in the order in which they were added.

    Iterating goes over a copy, so entities may be added and removed meanwhile.

    Attributes:
        record: their class.
    """

    __slots__ = ("_audience", "_members", "_world", "record")

    def __init__(self, world: World, record: type[E], audience: Callable[[E], Audience]) -> None:
        """`audience` says who will see an entity that is being added; its id comes from that audience's counter."""
        self.record = record
        self._world = world
        self._members = cast("dict[int, E]", world.by_kind[record])
        self._audience = audience

    def __iter__(self) -> Iterator[E]:
        return iter(tuple(self._members.values()))

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, entity: object) -> bool:
        return isinstance(entity, Entity) and self._members.get(entity.id) is entity

    def get(self, number: int) -> E | None:
        """The entity of this id, None if there is none (any more)."""
        return self._members.get(number)

    def add(self, entity: E) -> E:
        """Put a new entity into the world; it has an id from now on. Raises GameError if it is in already, or of another kind."""
        if self._world.by_kind.get(type(entity)) is not self._members:
            raise GameError(
                f"a {type(entity).__name__} does not belong here: add it to its own collection, declared with entities_of"
            )
        return self._world.add(entity, self._audience(entity))

    def remove(self, entity: E) -> None:
        """Take it out of the world. Raises GameError if it is not in it."""
        self._world.remove(entity)

    def owned_by(self, player: PlayerId) -> E | None:
        """The first entity of this player, None if he has none."""
        for entity in self._members.values():
            if entity.owner == player:
                return entity
        return None


class Players(Mapping[PlayerId, P_co]):
    """Everyone who has a seat, by PlayerId, in the order in which they joined. The server adds and removes."""

    __slots__ = ("_members",)

    def __init__(self) -> None:
        self._members: dict[PlayerId, P_co] = {}

    def __getitem__(self, player: PlayerId) -> P_co:
        return self._members[player]

    def __iter__(self) -> Iterator[PlayerId]:
        return iter(tuple(self._members))

    def __len__(self) -> int:
        return len(self._members)

    def replace(self, members: Mapping[PlayerId, Player]) -> None:
        """For the server: these are the players now."""
        self._members = cast("dict[PlayerId, P_co]", dict(members))
