"""The worlds of a recording as rows: for each tick one of every entity, whoever may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameserver.core.audience import AUDIENCES
from gameserver.core.schema import GLOBALS, split_form
from gameserver.export.columns import audience_text, converters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameserver.core.schema import Schema
    from gameserver.core.view import Contents
    from gameserver.export.columns import Table

_Slot = tuple[int, "Callable[[Any], object] | None"]
"""A column, and what makes the game's value of the wire's."""


class States:
    """Writes worlds into the tables of their kinds."""

    def __init__(self, schema: Schema, tables: Sequence[Table], adds: Sequence[Callable[[Sequence[object]], None]]) -> None:
        """`tables`: of the kinds, by their numbers; `adds`: what takes the rows of each."""
        self._schema = schema
        self._tables = tables
        self._adds = adds
        self._blanks = [[None] * len(kind.fields) for kind in schema.kinds]
        self._forms: dict[int, tuple[int, tuple[_Slot, ...]]] = {}

    def write(self, tick: int, seconds: float, parts: Contents) -> None:
        """One row for each entity that stands in any part, ids ascending. What nobody was shown is None."""
        found: list[dict[int, list[object]]] = [{} for _ in self._tables]
        for part in sorted(parts):
            seen_by = audience_text(part % AUDIENCES)
            for number, (form, values) in parts[part].items():
                kind, slots = self._forms.get(form) or self._slots_of(form)
                row = found[kind].get(number)
                if row is None:
                    head = (tick, seconds) if kind == GLOBALS else (tick, seconds, number, seen_by)
                    row = found[kind][number] = [*head, *self._blanks[kind]]
                for (column, convert), value in zip(slots, values, strict=True):
                    row[column] = value if convert is None else convert(value)
        for rows, add in zip(found, self._adds, strict=True):
            for number in sorted(rows):
                add(rows[number])

    def _slots_of(self, form: int) -> tuple[int, tuple[_Slot, ...]]:
        kind, levels = split_form(form)
        layout, columns = self._schema.kinds[kind], self._tables[kind].columns
        before = len(columns) - len(layout.fields)
        convert = converters(layout.fields)
        slots = tuple((before + slot, convert[slot]) for slot in layout.slots(levels))
        self._forms[form] = kind, slots
        return kind, slots
