"""Who sees what of a world: the only way out of a game's state.

Each entity has one audience a tick, and each of its fields a level. An entity for everyone shows its public fields to all, its
team fields to its team and its owner fields to its owner. One for a team or for a player shows itself to them alone, and the team
and owner fields still only where it is their team's or his own: whoever spots an enemy does not see what only its owner may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gameserver.core.audience import EVERYONE, MAX_TEAM, NOBODY, Audience, owner, part_of, team
from gameserver.core.layout import ALL, OWNER, TEAM, Row
from gameserver.core.schema import GLOBALS, form
from gameserver.core.world import GLOBALS_ID, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.layout import Layout
    from gameserver.core.record import Entity

Record = tuple[int, Row]
"""An entity as a part shows it: its form and the form's values. An unchanged one is the same object from tick to tick."""

Contents = dict[int, dict[int, Record]]
"""part → entity id → record. A part in which nothing changed is the same object from tick to tick."""

_NO_PART: Final[dict[int, Record]] = {}


class View:
    """Makes the contents of all parts, once a tick for all viewers together."""

    __slots__ = ("_before", "_kinds", "_rows", "_world")

    def __init__(self, world: World) -> None:
        self._world = world
        self._kinds = {record: _Showing(world.kind_of(record), record.layout) for record in world.by_kind}
        self._before: Contents = {}
        self._rows: dict[int, Row] = {}
        """From which those were made."""

    def contents(self, audience_of: Callable[[Entity], Audience] | None) -> Contents:
        """Sort all that anyone may see by who may. `audience_of` None: every entity is for everyone."""
        world, rows, before, rows_before = self._world, self._world.rows, self._before, self._rows
        contents: Contents = {part_of(EVERYONE): {}}
        public = contents[part_of(EVERYONE)]
        public_before = before.get(part_of(EVERYONE), _NO_PART)

        def show(audience: Audience, number: int, form_number: int, values: Row) -> None:
            part = part_of(audience)
            record = before.get(part, _NO_PART).get(number)
            if record is None or record[1] != values or record[0] != form_number:
                record = (form_number, values)
            contents.setdefault(part, {})[number] = record

        slice_globals = world.schema.kinds[GLOBALS].slicer(ALL)
        show(EVERYONE, GLOBALS_ID, form(GLOBALS, ALL), slice_globals(rows[GLOBALS_ID]))
        for record_type, entities in world.by_kind.items():
            showing = self._kinds[record_type]
            slice_public, public_form = showing.slice_public, showing.public_form
            for number, entity in entities.items():
                row = rows[number]
                audience = EVERYONE if audience_of is None else audience_of(entity)
                if audience == EVERYONE:  # nearly all, nearly always: written out
                    record = public_before.get(number)
                    if record is None or record[0] != public_form or rows_before.get(number) is not row:
                        values = slice_public(row)
                        if record is None or record[1] != values or record[0] != public_form:
                            record = (public_form, values)
                    public[number] = record
                    if showing.has_team and entity.team:
                        show(team(entity.team), number, showing.team_form, showing.slice_team(row))
                    if showing.has_owner and entity.owner:
                        show(owner(entity.owner), number, showing.owner_form, showing.slice_owner(row))
                elif audience == NOBODY:
                    continue
                elif audience <= MAX_TEAM:
                    if entity.team == audience:
                        show(audience, number, showing.of_team_form, showing.slice_of_team(row))
                    else:
                        show(audience, number, public_form, slice_public(row))
                    if showing.has_owner and entity.owner:
                        show(owner(entity.owner), number, showing.owner_form, showing.slice_owner(row))
                elif entity.owner and audience == owner(entity.owner):
                    show(audience, number, showing.of_owner_form, showing.slice_of_owner(row))
                else:
                    show(audience, number, public_form, slice_public(row))
        for part, records in contents.items():
            if records == before.get(part):  # nearly free: unchanged records are the same objects
                contents[part] = before[part]
        self._before, self._rows = contents, rows
        return contents


class _Showing:
    """How one kind shows itself in each sort of part."""

    __slots__ = (
        "has_owner", "has_team", "of_owner_form", "of_team_form", "owner_form", "public_form",
        "slice_of_owner", "slice_of_team", "slice_owner", "slice_public", "slice_team", "team_form",
    )  # fmt: skip

    def __init__(self, kind: int, layout: Layout) -> None:
        public, to_team, to_owner = layout.cuts
        self.has_team, self.has_owner = to_team > public, to_owner > to_team
        self.public_form, self.slice_public = form(kind, ALL), layout.slicer(ALL)
        self.team_form, self.slice_team = form(kind, TEAM), layout.slicer(TEAM)
        self.owner_form, self.slice_owner = form(kind, OWNER), layout.slicer(OWNER)
        self.of_team_form, self.slice_of_team = form(kind, ALL | TEAM), layout.slicer(ALL | TEAM)
        self.of_owner_form, self.slice_of_owner = form(kind, ALL | TEAM | OWNER), layout.slicer(ALL | TEAM | OWNER)
