"""The whole state of a room: entities, globals, timers, the random generator, the tick. Nothing else may be remembered.

After each step `quantise` rounds every field and keeps the entities' rows; encoding, hashing and the view are made from those
rows, so all three agree by construction. `encode` and `restore` carry everything across processes: a checkpoint, a takeover,
a fork and the tests' twin all go through them.
"""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import msgpack

from gameserver.core.audience import EVERYONE, Audience
from gameserver.core.errors import GameError
from gameserver.core.limits import ID_REST_SECONDS, MAX_BASE_AGE, MAX_ENTITIES, MAX_STATE
from gameserver.core.registry import Limit
from gameserver.core.rewind import Past
from gameserver.core.rng import Rng
from gameserver.core.schema import GLOBALS
from gameserver.core.talk import Talk
from gameserver.core.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameserver.core.layout import Row
    from gameserver.core.record import Entity, Globals
    from gameserver.core.rewind import Eye
    from gameserver.core.schema import Schema

E = TypeVar("E", bound="Entity")

GLOBALS_ID: Final = 0
PlainResult = tuple[tuple[int, ...], tuple[tuple[int, int], ...]]
"""Winners, and (player, score) pairs."""
_ID_SPAN: Final = 1 << 24
"""Ids of one audience: far more than the entities of a room, so the counters never meet."""


@attrs.define
class _IdCounter:
    """Ids for entities born under one audience: one counter each, so that hidden births do not shift the ids that others see."""

    next: int = 1
    resting: deque[tuple[int, int]] = attrs.field(factory=deque)
    """(tick from which it may be used again, serial), oldest first."""


class World:
    """See the module. Games reach it through the collections and methods of `Game`, never directly."""

    __slots__ = (
        "_counters",
        "_kind_of",
        "_rest_ticks",
        "by_kind",
        "entities",
        "globals",
        "pasts",
        "result",
        "rng",
        "rows",
        "schema",
        "talk",
        "tick",
        "timers",
    )

    def __init__(
        self,
        schema: Schema,
        kinds: dict[type[Entity], int],
        globals_: Globals,
        seed: int,
        tick_rate: int,
        *,
        eyes: Sequence[Eye] = (),
    ) -> None:
        """`kinds`: each entity class's kind number. `eyes`: of those whose past is kept."""
        self.schema = schema
        self.tick = 0
        self.rng = Rng(seed)
        self.globals = globals_
        self.entities: dict[int, Entity] = {}
        self.by_kind: dict[type[Entity], dict[int, Entity]] = {record: {} for record in kinds}
        self.rows: dict[int, Row] = {}
        """The packed row of each entity (and of the globals, under GLOBALS_ID) as of the last `quantise`."""
        self.pasts = {eye.record: Past(eye, tick_rate) for eye in eyes}
        """Where entities were in the last ticks; of the kinds that rewind."""
        self.timers = Timers()
        self.talk = Talk(tick_rate)
        self.result: PlainResult | None = None
        """How the match ended, once it has."""
        self._kind_of = kinds
        self._counters: dict[int, _IdCounter] = {}
        self._rest_ticks = max(round(ID_REST_SECONDS * tick_rate), MAX_BASE_AGE + 1)  # no base may know the id's last bearer

    # -- entities ----------------------------------------------------------------------------------------------------------
    def add(self, entity: E, audience: Audience = EVERYONE) -> E:
        """Put a new entity into the world and number it. Raises GameError if it is in it already or there are too many."""
        if entity.id:
            raise GameError(f"{type(entity).__name__} of id {entity.id} is in the world already: make a new one to add")
        if len(self.entities) >= MAX_ENTITIES:
            raise GameError(
                f"the world holds {MAX_ENTITIES} entities: remove some before adding a {type(entity).__name__}",
                limit=Limit.MAX_ENTITIES,
            )
        entity.id = self._take_id(audience)
        self.entities[entity.id] = self.by_kind[type(entity)][entity.id] = entity
        return entity

    def remove(self, entity: Entity) -> None:
        """Take it out of the world; its id rests for a while. Raises GameError if it is not in it."""
        if self.entities.get(entity.id) is not entity:
            raise GameError(f"{type(entity).__name__} of id {entity.id} is not in the world: it was removed before, or never added")
        del self.entities[entity.id]
        del self.by_kind[type(entity)][entity.id]
        self.rows.pop(entity.id, None)
        audience, serial = divmod(entity.id, _ID_SPAN)
        self._counters[audience].resting.append((self.tick + self._rest_ticks, serial))
        entity.id = 0

    def kind_of(self, record: type[Entity]) -> int:
        """The kind's number."""
        return self._kind_of[record]

    def _take_id(self, audience: Audience) -> int:
        counter = self._counters.get(audience)
        if counter is None:
            counter = self._counters[audience] = _IdCounter()
        if counter.resting and counter.resting[0][0] <= self.tick:
            serial = counter.resting.popleft()[1]
        else:
            serial = counter.next
            counter.next += 1
        return audience * _ID_SPAN + serial

    # -- the end of a step -------------------------------------------------------------------------------------------------
    def quantise(self) -> None:
        """Round every field to its quantum and pack all rows anew. Raises GameError if a value does not fit its declaration."""
        rows = {GLOBALS_ID: self.schema.kinds[GLOBALS].pack(self.globals)}
        old = self.rows
        for record, entities in self.by_kind.items():
            pack = record.layout.pack
            for number, entity in entities.items():
                row = pack(entity)
                before = old.get(number)
                rows[number] = before if before == row else row  # the same object: later comparisons are by identity
        self.rows = rows

    def remember(self) -> None:
        """The tick is done, and `quantise` has run: what rewinds will have been where it is now."""
        for record, past in self.pasts.items():
            past.note(self.tick, self.by_kind[record], self.rows)

    # -- the whole, as bytes -----------------------------------------------------------------------------------------------
    def _sections(self) -> Iterator[tuple[str, Any]]:
        """Everything that makes the state, in a fixed order, as plain values. Taken after `quantise`."""
        yield "tick", self.tick
        yield "random", list(self.rng.state())
        yield "ids", [[audience, c.next, list(c.resting)] for audience, c in sorted(self._counters.items())]
        yield "timers", self.timers.to_plain()
        yield "talk", self.talk.to_plain()
        yield "result", self.result
        yield "past", [[record.__name__, past.to_plain()] for record, past in self.pasts.items()]
        yield "globals", self.rows[GLOBALS_ID]
        for record, entities in self.by_kind.items():
            yield record.__name__, list(zip(entities, map(self.rows.__getitem__, entities), strict=True))

    def encode(self) -> bytes:
        """The whole state. `restore` in another process continues from it exactly. Raises GameError if it is too large."""
        data: bytes = msgpack.packb([self.schema.fingerprint(), *(value for _, value in self._sections())])
        if len(data) > MAX_STATE:
            raise GameError(
                f"the room's state takes {len(data)} bytes, more than {MAX_STATE}: keep fewer or smaller entities",
                limit=Limit.MAX_STATE,
            )
        return data

    def restore(self, data: bytes) -> None:
        """Become the world that was encoded. Raises GameError if it is of another game or version of it."""
        fingerprint, tick, random, ids, timers, talk, result, pasts, globals_row, *kinds = msgpack.unpackb(data, use_list=False)
        if fingerprint != self.schema.fingerprint() or [name for name, _ in pasts] != [kind.__name__ for kind in self.pasts]:
            raise GameError(
                f"this state does not fit {self.schema.game}@{self.schema.version}: its fields are declared differently now"
            )
        self.tick = tick
        self.rng.restore(random)
        self._counters = {audience: _IdCounter(following, deque(resting)) for audience, following, resting in ids}
        self.timers.from_plain(timers)
        self.talk.from_plain(talk)
        self.result = result
        for past, (_, plain) in zip(self.pasts.values(), pasts, strict=True):
            past.from_plain(plain)
        self.schema.kinds[GLOBALS].load(self.globals, globals_row)
        self.entities.clear()
        self.rows = {GLOBALS_ID: globals_row}
        for (record, entities), rows in zip(self.by_kind.items(), kinds, strict=True):
            entities.clear()
            for number, row in rows:
                entity = record.layout.make(row)
                entity.id = number
                self.entities[number] = entities[number] = entity
                self.rows[number] = row

    def hash(self) -> int:
        """64 bits over the whole state, in order. Equal worlds have equal hashes in every process."""
        return int.from_bytes(
            hashlib.blake2b(msgpack.packb([value for _, value in self._sections()]), digest_size=8).digest(), "big"
        )

    def sub_hashes(self) -> dict[str, int]:
        """A hash for each section (tick, random, timers, each kind, …), to name the part in which two worlds differ."""
        return {
            name: int.from_bytes(hashlib.blake2b(msgpack.packb(value), digest_size=8).digest(), "big")
            for name, value in self._sections()
        }
