"""Finds which hidden value differs, where a recording has only a hash of the state: by trying what would make the hash fit.

What nobody sees is not in the view track. But a hash of 32 bits is enough to know the right value of one field, or how often
`self.random` was asked, among the few thousand that come into question: a wrong one fits by chance in one of four thousand million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.core.differences import Difference
from gameserver.core.layout import to_value
from gameserver.core.replay.steps import HASH_MASK
from gameserver.core.schema import GLOBALS
from gameserver.core.world import GLOBALS_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gameserver.core.fields import Field
    from gameserver.core.layout import Layout, Row, Value
    from gameserver.core.world import World

MOST_DRAWS: Final = 1_024
"""Numbers that a step may have drawn: a game that shuffles a deck or a map draws some hundreds."""
MOST_TRIES: Final = 20_000
"""Values tried in all; each costs a hash of the world, 50 us: a second."""
NEAREST: Final = 256
"""Values tried of one field, those next to its own first: what differs by one step mostly differs by little."""


def guess(world: World, random_before: Sequence[int], recorded_hash: int) -> Difference | None:
    """The one hidden value whose change gives this world the recorded hash; None if it takes more than one.

    `random_before`: the generator's state before the step. The world is the same afterwards.
    """
    return _draws(world, random_before, recorded_hash) or _hidden_field(world, recorded_hash)


def _draws(world: World, before: Sequence[int], recorded_hash: int) -> Difference | None:
    rng, after = world.rng, world.rng.state()
    simulated: int | None = None
    recorded: int | None = None
    rng.restore(before)
    for draws in range(MOST_DRAWS + 1):
        if rng.state() == after:
            simulated = draws
        if recorded is None and world.hash() & HASH_MASK == recorded_hash:
            recorded = draws
        if simulated is not None and recorded is not None:
            break
        rng.bits32()
    rng.restore(after)
    if recorded is None or simulated is None:
        return None
    return Difference(who="self.random", field="draws", one=recorded, other=simulated, audience="none")


def _hidden_field(world: World, recorded_hash: int) -> Difference | None:
    tries = 0
    for number, who, owner, layout in _rows(world):
        row = world.rows[number]
        for slot in range(layout.cuts[2], len(layout.fields)):
            field = layout.fields[slot]
            for value in _values_near(field, row[slot]):
                world.rows[number] = _with(row, slot, value)
                fits = world.hash() & HASH_MASK == recorded_hash
                world.rows[number] = row
                tries += 1
                if fits:
                    values = to_value(field, value), to_value(field, row[slot])
                    return Difference(who=who, field=field.name, one=values[0], other=values[1], audience="none", owner=owner)
                if tries == MOST_TRIES:
                    return None
    return None


def _rows(world: World) -> Iterator[tuple[int, str, int, Layout]]:
    layout = world.schema.kinds[GLOBALS]
    yield GLOBALS_ID, layout.name, 0, layout
    for record, entities in world.by_kind.items():
        for number, entity in entities.items():
            yield number, f"{record.__name__} {number}", entity.owner, record.layout


def _values_near(field: Field, value: Value) -> Iterator[Value]:
    if field.choices:
        yield from (choice for choice in field.choices if choice != value)
    if type(value) is not int or (field.type == "real" and field.quantum is None):
        return
    for step in range(1, NEAREST // 2 + 1):
        for other in (value + step, value - step):
            if field.type == "angle":
                other %= field.steps
            if (field.low is None or other >= field.low) and (field.high is None or other <= field.high):
                yield other


def _with(row: Row, slot: int, value: Value) -> Row:
    return (*row[:slot], value, *row[slot + 1 :])
