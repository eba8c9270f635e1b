"""Two worlds that should be the same, side by side: which values differ, in words.

The twin of the kit for authors compares a match with its copy so, and `verify` a match that is simulated again with its recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.core.layout import to_value
from gameserver.core.schema import split_form
from gameserver.core.world import GLOBALS_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gameserver.core.fields import AudienceLevel
    from gameserver.core.layout import Layout, Row
    from gameserver.core.schema import Schema
    from gameserver.core.simulation import Simulation
    from gameserver.core.view import Record


class _Presence:
    """Stands for a whole entity. A type of its own, because every value may be a value."""

    def __init__(self, said: str) -> None:
        self._said = said

    def __repr__(self) -> str:
        return self._said


THERE: Final = _Presence("there")
ABSENT: Final = _Presence("not there")


@attrs.frozen(kw_only=True)
class Difference:
    """One value that two worlds do not share.

    Attributes:
        who: "Tank 7", "Table", or a part of the state beside the fields, such as "timers".
        field: of an entity or the globals; "" for all others.
        one: the value in the one world, as its author knows it; THERE or ABSENT for a whole entity.
        other: in the other.
        audience: who sees the field. "none" for what is no field: nobody is sent it.
        owner: of the entity.
        note: says what differs where two values would say nothing; `{other}` stands for the other world.
    """

    who: str
    field: str = ""
    one: Any = None
    other: Any = None
    audience: AudienceLevel = "all"
    owner: int = 0
    note: str = ""

    def in_words(self, one: str, other: str) -> str:
        """A line; `one` and `other` say what the worlds are called."""
        what = f"{self.who}.{self.field}" if self.field else self.who
        if self.note:
            return f"{what}: {self.note.format(one=one, other=other)}"
        if self.one is ABSENT:
            return f"{what} is in {other} and not in {one}"
        if self.other is ABSENT:
            return f"{what} is in {one} and not in {other}"
        return f"{what}: {self.one!r} in {one}, {self.other!r} in {other}"


def different_worlds(one: Simulation, other: Simulation) -> list[Difference]:
    """All values that differ: fields first, then the state beside them. Both have the same schema."""
    mine, its = one.world, other.world
    if mine.hash() == its.hash():
        return []
    layout = mine.schema.kinds[0]
    found = [*_different_row(layout.name, layout, mine.rows[GLOBALS_ID], its.rows[GLOBALS_ID])]
    found += _different_entities(one, other)
    ours, theirs = mine.sub_hashes(), its.sub_hashes()
    kinds = {record.__name__ for record in mine.by_kind}
    found += [
        _different_section(name, one, other)
        for name in ours
        if name not in kinds | {"globals"} and ours[name] != theirs[name]
    ]  # fmt: skip
    for record, entities in mine.by_kind.items():
        if not found and list(entities) != list(its.by_kind[record]):
            found.append(Difference(who=record.__name__, note="the same entities in another order", audience="none"))
    return found or [Difference(who="the encoded state", note="it differs in {other}", audience="none")]


def _different_section(name: str, one: Simulation, other: Simulation) -> Difference:
    mine, its = one.world, other.world
    match name:
        case "random":
            return Difference(who="self.random", note="it was asked more often, or less, in {other}", audience="none")
        case "timers":
            return Difference(who=name, one=mine.timers.to_plain()[1], other=its.timers.to_plain()[1], audience="none")
        case "past":
            return Difference(who="the past", note="entities that rewind were elsewhere in the last ticks", audience="none")
        case "result":
            return Difference(who=name, one=one.result, other=other.result, audience="none")
        case "ids":
            note = "entities were added or removed in another order, or seen by others when they were added"
            return Difference(who=name, note=note, audience="none")
        case "tick":
            return Difference(who=name, one=mine.tick, other=its.tick, audience="none")
    return Difference(who=name, note="it differs", audience="none")


def _different_entities(one: Simulation, other: Simulation) -> Iterator[Difference]:
    for record, entities in one.world.by_kind.items():
        others = other.world.by_kind[record]
        for number, entity in entities.items():
            who = f"{record.__name__} {number}"
            if number in others:
                rows = one.world.rows[number], other.world.rows[number]
                yield from _different_row(who, record.layout, *rows, owner=entity.owner)
            else:
                yield Difference(who=who, one=THERE, other=ABSENT, owner=entity.owner)
        for number, entity in others.items():
            if number not in entities:
                yield Difference(who=f"{record.__name__} {number}", one=ABSENT, other=THERE, owner=entity.owner)


def _different_row(who: str, layout: Layout, mine: Row, its: Row, *, owner: int = 0) -> Iterator[Difference]:
    for slot, field in enumerate(layout.fields):
        if mine[slot] != its[slot]:
            one, other = to_value(field, mine[slot]), to_value(field, its[slot])
            yield Difference(who=who, field=field.name, one=one, other=other, audience=field.audience, owner=owner)


# -- of two views ----------------------------------------------------------------------------------------------------------
def different_views(
    schema: Schema, one: Mapping[int, Mapping[int, Record]], other: Mapping[int, Mapping[int, Record]]
) -> list[Difference]:
    """All that differs in what can be seen, part by part as `Contents` has it; entities in the order of their numbers."""
    parts = [part for part in sorted({*one, *other}) if one.get(part, {}) != other.get(part, {})]
    numbers: dict[int, list[int]] = {}
    for part in parts:
        mine, its = one.get(part, {}), other.get(part, {})
        for number in {*mine, *its}:
            if mine.get(number) != its.get(number):
                numbers.setdefault(number, []).append(part)
    found: dict[tuple[str, str], Difference] = {}
    for number in sorted(numbers):
        for part in numbers[number]:
            records = one.get(part, {}).get(number), other.get(part, {}).get(number)
            for difference in _different_records(schema, number, *records):
                found.setdefault((difference.who, difference.field), difference)
    return [*found.values()]


def _different_records(schema: Schema, number: int, mine: Record | None, its: Record | None) -> Iterable[Difference]:
    present = mine or its
    if present is None:
        return
    kind, levels = split_form(present[0])
    layout = schema.kinds[kind]
    who = layout.name if number == GLOBALS_ID else f"{layout.name} {number}"
    owner = _owner_in(layout, levels, present[1])
    if mine is None:
        yield Difference(who=who, one=ABSENT, other=THERE, owner=owner)
    elif its is None:
        yield Difference(who=who, one=THERE, other=ABSENT, owner=owner)
    elif mine[0] != its[0]:
        yield Difference(who=who, note="it is another kind of entity, or shows other fields, in {other}", owner=owner)
    else:
        for slot, before, after in zip(layout.slots(levels), mine[1], its[1], strict=True):
            if before != after:
                field = layout.fields[slot]
                values = to_value(field, before), to_value(field, after)
                yield Difference(
                    who=who, field=field.name, one=values[0], other=values[1], audience=field.audience, owner=owner
                )  # fmt: skip


def _owner_in(layout: Layout, levels: int, values: Row) -> int:
    for slot, value in zip(layout.slots(levels), values, strict=True):
        if layout.fields[slot].name == "owner" and isinstance(value, int):
            return value
    return 0
