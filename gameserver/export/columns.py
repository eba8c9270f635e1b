"""The tables that a recording becomes, and their columns: one table for each kind, event and call that its schema declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from gameserver.core.audience import EVERYONE, MAX_TEAM, NOBODY
from gameserver.core.schema import GLOBALS, PLAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gameserver.core.fields import Field
    from gameserver.core.layout import Layout, Row
    from gameserver.core.schema import Schema

ColumnType = Literal["integer", "real", "boolean", "text", "integers"]
_COLUMN_TYPES: Final[dict[str, ColumnType]] = {
    "real": "real", "integer": "integer", "angle": "integer", "boolean": "boolean", "text": "text", "integers": "integers",
}  # fmt: skip


@attrs.frozen(kw_only=True)
class Column:
    """One column. `field`: the declared field that it shows, None for what every game has."""

    name: str
    type: ColumnType
    unit: str = ""
    field: Field | None = None

    def describe(self) -> dict[str, Any]:
        """For recording.json."""
        about: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.unit:
            about["unit"] = self.unit
        if self.field is not None:
            if self.field.quantum is not None:
                about["quantum"] = self.field.quantum
            if self.field.type in ("integer", "integers", "real"):
                factor = 1 if self.field.quantum is None else self.field.quantum
                bounds = (("low", self.field.low), ("high", self.field.high))
                about |= {key: bound * factor for key, bound in bounds if bound is not None}
            if self.field.audience != "all":
                about["audience"] = self.field.audience
        return about


@attrs.frozen
class Table:
    """One table. `name` is its file's, without the ending; what is in a folder there is named by the game."""

    name: str
    columns: tuple[Column, ...]


TICK: Final = Column(name="tick", type="integer", unit="ticks")
SECONDS: Final = Column(name="seconds", type="real", unit="seconds since the recording began")
PLAYER: Final = Column(name="player", type="integer")
VIEW_BACK: Final = Column(name="view_back", type="real", unit="ticks")

_STATE: Final = (TICK, SECONDS, Column(name="id", type="integer"), Column(name="seen_by", type="text"))
_EVENT: Final = (TICK, SECONDS, Column(name="to", type="text"), Column(name="deaf", type="integers"))
_STEP: Final = (TICK, SECONDS, Column(name="hash", type="integer"))


@attrs.frozen
class Tables:
    """All tables of one game. `kinds` and `events` by their numbers in the schema, `calls` by name."""

    kinds: tuple[Table, ...]
    events: tuple[Table, ...]
    calls: dict[str, Table]
    inputs: Table
    steps: Table

    @staticmethod
    def of(schema: Schema) -> Tables:
        """What a recording with this schema becomes."""
        names = {GLOBALS: "shared", PLAYERS: "players"}
        kinds = []
        for number, kind in enumerate(schema.kinds):
            before = (TICK, SECONDS) if number == GLOBALS else _STATE
            kinds.append(Table(names.get(number, f"states/{kind.name}"), _with_fields(before, kind.fields)))
        called = (TICK, SECONDS, PLAYER)
        return Tables(
            kinds=tuple(kinds),
            events=tuple(Table(f"events/{event.name}", _with_fields(_EVENT, event.fields)) for event in schema.events),
            calls={name: Table(f"calls/{name}", _with_fields(called, call.fields)) for name, call in schema.calls.items()},
            inputs=Table("inputs", _with_fields((*called, VIEW_BACK), schema.input.fields)),
            steps=Table("steps", _STEP),
        )


def _with_fields(before: Sequence[Column], fields: Iterable[Field]) -> tuple[Column, ...]:
    """These columns and one for each field; a field whose name is taken gets an underscore behind it."""
    taken = {column.name for column in before}
    columns = list(before)
    for field in fields:
        name = field.name
        while name in taken:
            name += "_"
        taken.add(name)
        columns.append(Column(name=name, type=_COLUMN_TYPES[field.type], unit=_unit(field), field=field))
    return tuple(columns)


def _unit(field: Field) -> str:
    return f"1/{field.steps} of a turn" if field.type == "angle" else ""


def converters(fields: Sequence[Field]) -> tuple[Callable[[Any], object] | None, ...]:
    """For each field, wire value → the value that the game has; None where it is the same."""
    return tuple(map(_converter, fields))


def reader(layout: Layout) -> Callable[[Row], list[object]]:
    """A whole row of this layout → the values that the game has. Raises ValueError for one that does not fit."""
    check = layout.check_row
    conversions = [(slot, convert) for slot, convert in enumerate(converters(layout.fields)) if convert is not None]

    def read(row: Row) -> list[object]:
        values: list[object] = list(check(row))
        for slot, convert in conversions:
            values[slot] = convert(values[slot])
        return values

    return read


def _converter(field: Field) -> Callable[[Any], object] | None:
    match field.type:
        case "real":
            quantum = field.quantum
            assert quantum is not None  # a real that somebody sees has one
            return lambda value: value * quantum
        case "boolean":
            return lambda value: value == 1
        case "integers":
            return list
        case _:
            return None


def audience_text(audience: int) -> str:
    """Who it is, in words that do not change: all, team 2, player 5, nobody."""
    if audience == EVERYONE:
        return "all"
    if audience == NOBODY:
        return "nobody"
    return f"team {audience}" if audience <= MAX_TEAM else f"player {audience - MAX_TEAM}"
