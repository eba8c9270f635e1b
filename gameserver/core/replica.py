"""A client's copy of what it may see, kept from fragments: the decoding half of `parts`. Bots, tests and recordings use it.

Everything here comes from a peer. A snapshot is checked while it is applied; whatever does not fit raises, and the replica is then
of no use any more: the client connects again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import attrs

from gameserver.core.errors import ProtocolError, WorldMismatch
from gameserver.core.limits import MAX_ENTITIES, MAX_INTEGER
from gameserver.core.parts import NUMBER, WHOLE, Forms, part_crc
from gameserver.core.schema import GLOBALS, PLAYERS, split_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gameserver.core.layout import Row, Value
    from gameserver.core.schema import Schema
    from gameserver.core.view import Record

R = TypeVar("R")
_INTEGERS: Final = {int}
MOST_MASKS: Final = 1_024
"""Pairs of form and mask that are kept compiled. A minute of arena has 60; a server that invents more costs only itself speed."""


@attrs.frozen
class Cosmetic:
    """A cosmetic event: its kind in the schema, the tick in which it happened, its object, and the part that showed it."""

    name: str
    tick: int
    event: Any
    part: int


@attrs.frozen
class _Change:
    """What a mask means for the values of a form."""

    slots: tuple[tuple[int, int], ...]
    """(slot, change kind) of each bit that is set."""
    step: int
    """So many values stand for the entity, its number and the mask included."""
    change: Callable[[Row, Sequence[int], int], Row]
    """(values before, integers of all that changed, where this entity's begin) → values after. Raises ValueError."""


class Replica:
    """See the module.

    Attributes:
        tick: of the last snapshot, None before the first.
        epoch: of the last snapshot.
        parts: part → id → record, what the server's `Contents` has for this viewer.
        crcs_checked: how many CRCs were compared (all of them agreed, or `apply` had raised).
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.tick: int | None = None
        self.epoch = 0
        self.parts: dict[int, dict[int, Record]] = {}
        self.crcs_checked = 0
        self._bases: dict[int, int] = {}
        self._divisors: dict[int, int] = {}
        self._forms = Forms(schema)
        self._changes: dict[tuple[int, int], _Change] = {}
        """By form and mask."""
        self._kind_numbers = {kind.name: number for number, kind in enumerate(schema.kinds)}

    # -- applying ----------------------------------------------------------------------------------------------------------
    def apply(
        self, epoch: int, tick: int, drops: Sequence[int], schedule: Sequence[int], fragments: Sequence[Sequence[Any]]
    ) -> list[Cosmetic]:
        """Become the world of this snapshot; returns its cosmetic events, oldest first.

        Raises WorldMismatch if a base or a CRC is not ours, ProtocolError if something does not fit the schema.
        """
        if epoch < self.epoch:
            return []
        if epoch > self.epoch:
            self.epoch, self.tick = epoch, None
            self.parts.clear()
            self._bases.clear()
            self._divisors.clear()
        if self.tick is not None and tick <= self.tick:
            raise ProtocolError(f"snapshot {tick} follows {self.tick}")
        try:
            return self._apply(tick, drops, schedule, fragments)
        except (IndexError, TypeError, ValueError, KeyError, OverflowError) as error:
            raise ProtocolError(f"snapshot {tick} does not fit the schema: {error!r}") from error

    def _apply(
        self, tick: int, drops: Sequence[int], schedule: Sequence[int], fragments: Sequence[Sequence[Any]]
    ) -> list[Cosmetic]:
        for part in map(_whole_number, drops):
            self.parts.pop(part, None)
            self._bases.pop(part, None)
            self._divisors.pop(part, None)
        for part, divisor in zip(schedule[::2], schedule[1::2], strict=True):
            if _whole_number(divisor) < 1:
                raise ValueError(f"part {part} every {divisor} ticks")
            self._divisors[_whole_number(part)] = divisor
        cosmetics: list[Cosmetic] = []
        for fragment in fragments:
            self._check_base(tick, fragment[0], fragment[1])
            self._apply_left(fragment[0], fragment[3])
        for fragment in fragments:
            self._apply_entered(fragment[0], fragment[2])
        for fragment in fragments:
            part = fragment[0]
            if fragment[4]:
                self._apply_changed(self.parts[part], fragment[4])
            self._bases[part] = tick
            if len(fragment) > 5:
                if fragment[5] is not None:
                    self._check_crc(tick, part, fragment[5])
                if len(fragment) > 6:
                    cosmetics += self._cosmetics(tick, part, fragment[6])
        self.tick = tick
        for part in self._bases:
            if not self._divisors or tick % self._divisors.get(part, 1) == 0:
                self._bases[part] = tick  # on schedule and not in the snapshot: unchanged
        cosmetics.sort(key=lambda cosmetic: cosmetic.tick)
        return cosmetics

    def _check_base(self, tick: int, part: int, back: int) -> None:
        if _whole_number(part) < 0 or _whole_number(back) < 0:
            raise ValueError(f"fragment of part {part}, base {back}")
        if back == 0:
            self.parts[part] = {}
        elif self._bases.get(part) != tick - back:
            raise WorldMismatch(f"tick {tick}: part {part} counts from tick {tick - back}, we hold {self._bases.get(part)}")

    def _apply_left(self, part: int, left: Sequence[int]) -> None:
        records = self.parts[part]
        number = 0
        for step in left:
            number += step
            del records[number]

    def _apply_entered(self, part: int, entered: Sequence[Any]) -> None:
        records = self.parts[part]
        at, number, end = 0, 0, len(entered)
        while at < end:
            form = _whole_number(entered[at])
            number += _whole_number(entered[at + 1])
            kinds = self._forms[form]
            values = tuple(entered[at + 2 : at + 2 + len(kinds)])
            if len(values) < len(kinds) or not 0 <= number <= MAX_INTEGER:
                raise ValueError(f"entity {number} is cut short")
            for kind, value in zip(kinds, values, strict=True):
                _check_value(kind, value)
            records[number] = (form, values)
            at += 2 + len(kinds)
        if len(records) > MAX_ENTITIES + 1:
            raise ValueError(f"{len(records)} entities in a part")

    def _apply_changed(self, records: dict[int, Record], changed: Sequence[Any]) -> None:
        """The hot path of every client: types are checked for all values at once, and what a mask means is worked out once."""
        if set(map(type, changed)) != _INTEGERS:
            self._apply_any_changed(records, changed)
            return
        changes = self._changes
        at, number, end = 0, 0, len(changed)
        while at < end:
            number += changed[at]
            form, before = records[number]
            mask = changed[at + 1]
            made = changes.get((form, mask)) or self._make_change(form, mask)
            records[number] = (form, made.change(before, changed, at))
            at += made.step

    def _apply_any_changed(self, records: dict[int, Record], changed: Sequence[Any]) -> None:
        """The same where some of it is no integer."""
        at, number, end = 0, 0, len(changed)
        while at < end:
            number += changed[at]
            form, before = records[_whole_number(number)]
            mask = _whole_number(changed[at + 1])
            at += 2
            values: list[Any] = list(before)
            for slot, kind in (self._changes.get((form, mask)) or self._make_change(form, mask)).slots:
                values[slot] = _changed_value(kind, values[slot], changed[at])
                at += 1
            records[number] = (form, tuple(values))

    def _make_change(self, form: int, mask: int) -> _Change:
        """What this mask means, for this form. Its source is generated, as in Layout. Raises ValueError."""
        slots = self._slots_of(form, mask)
        names = [f"v{slot}" for slot in range(len(self._forms[form]))]
        lines = [f"{', '.join(names)}, = b"]
        for place, (slot, kind) in enumerate(slots, 2):
            after = f"v{slot} + c[i + {place}]"
            if kind == WHOLE:
                lines.append("whole()")
            elif kind == NUMBER:
                lines += [f"v{slot} = {after}", f"if not {-MAX_INTEGER} <= v{slot} <= {MAX_INTEGER}: beyond()"]
            else:
                lines.append(f"v{slot} = ({after}) % {kind}")
        source = "def change(b, c, i):\n" + "".join(f"    {line}\n" for line in [*lines, f"return ({', '.join(names)},)"])
        scope: dict[str, Any] = {"whole": _refuse_number, "beyond": _refuse_beyond}
        exec(compile(source, f"<change of form {form}>", "exec"), scope)
        if len(self._changes) >= MOST_MASKS:
            self._changes.clear()
        made = self._changes[form, mask] = _Change(slots, 2 + len(slots), scope["change"])
        return made

    def _slots_of(self, form: int, mask: int) -> tuple[tuple[int, int], ...]:
        """The (slot, change kind) of each bit that is set. Raises ValueError for a bit that the form does not have."""
        kinds = self._forms[form]
        if not 0 < _whole_number(mask) < 1 << len(kinds):
            raise ValueError(f"mask {mask} does not fit form {form}")
        return tuple((slot, kind) for slot, kind in enumerate(kinds) if mask >> slot & 1)

    def _check_crc(self, tick: int, part: int, crc: int) -> None:
        if part_crc(self.parts[part]) != crc:
            raise WorldMismatch(f"tick {tick}: the CRC of part {part} differs")
        self.crcs_checked += 1

    def _cosmetics(self, tick: int, part: int, flat: Sequence[Any]) -> Iterator[Cosmetic]:
        at = 0
        while at < len(flat):
            kind, ago = _whole_number(flat[at]), _whole_number(flat[at + 1])
            if kind < 0 or ago < 0:
                raise ValueError(f"cosmetic event {kind}, {ago} ticks ago")
            layout = self.schema.events[kind]
            count = len(layout.fields)
            row = layout.check_row(tuple(flat[at + 2 : at + 2 + count]))
            yield Cosmetic(layout.name, tick - ago, layout.make(row), part)
            at += 2 + count

    # -- looking -----------------------------------------------------------------------------------------------------------
    def all(self, kind: type[R] | str) -> list[R]:
        """All entities of this kind that we see, ids ascending. They have the fields that we may see; others raise AttributeError.

        They are made anew at each call and change no more.
        """
        wanted = self._kind_numbers[kind if isinstance(kind, str) else kind.__name__]
        found: dict[int, Any] = {}
        layout = self.schema.kinds[wanted]
        for records in self.parts.values():
            for number, (form, values) in records.items():
                if form >> 3 != wanted:
                    continue
                levels = form & 7
                seen = found.get(number)
                if seen is None:
                    found[number] = self._seen(wanted, number, levels, values)
                else:
                    layout.show(seen, levels, values)
        return [found[number] for number in sorted(found)]

    def get(self, number: int) -> Any | None:  # noqa: ANN401 - an object of the entity's kind
        """The entity of this id as we see it, None if we do not."""
        seen: Any = None
        first = GLOBALS
        for records in self.parts.values():
            record: tuple[int, Row] | None = records.get(number)
            if record is None:
                continue
            kind, levels = split_form(record[0])
            if seen is None:
                first = kind
                seen = self._seen(kind, number, levels, record[1])
            elif kind == first:
                self.schema.kinds[kind].show(seen, levels, record[1])
        return seen

    def _seen(self, kind: int, number: int, levels: int, values: Row) -> Any:  # noqa: ANN401 - likewise
        seen = self.schema.kinds[kind].see(levels, values)
        if kind != GLOBALS:
            seen.id = number
        return seen

    def shared(self) -> Any:  # noqa: ANN401 - an object of the game's Globals
        """The room's globals; None before the first snapshot."""
        return self.get(GLOBALS)

    def players(self) -> list[Any]:
        """Everyone who has a seat, ids ascending."""
        return self.all(self.schema.kinds[PLAYERS].name)


def _whole_number(value: object) -> int:
    if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError(f"{str(value)[:40]} is not an integer of 53 bits")
    return value


def _refuse_number() -> NoReturn:
    raise ValueError("an integer is neither a text nor integers")


def _refuse_beyond() -> NoReturn:
    raise ValueError("a value has left 53 bits")


def _changed_value(kind: int, before: Any, delta: object) -> Value:  # noqa: ANN401 - a value of the kind
    """What the value is after this change."""
    value: Any = delta if kind == WHOLE else before + _whole_number(delta)
    if kind not in (NUMBER, WHOLE):
        value %= kind
    _check_value(kind, value)
    changed: Value = value
    return changed


def _check_value(kind: int, value: object) -> None:
    """Can a value of this change kind be so?"""
    if kind == WHOLE:
        if type(value) is tuple:
            for item in value:
                _whole_number(item)
        elif type(value) is not str:
            raise ValueError(f"{str(value)[:40]} is neither a text nor integers")
    elif not 0 <= _whole_number(value) < kind and kind != NUMBER:
        raise ValueError(f"{value} is no angle of {kind} steps")
