"""What each field costs on the wire, worked out from the very fragments that clients get."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.core import wire
from gameserver.core.messages import Snapshot
from gameserver.core.schema import split_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameserver.core.fields import Field
    from gameserver.core.parts import Draft
    from gameserver.core.schema import Schema
    from gameserver.core.view import Contents, Record

IDS: Final = "(ids and masks)"
"""Which entity changed and which of its fields; and the frame around it."""
CRC: Final = "(checksums)"


@attrs.define
class FieldUse:
    """What is known of one field of one kind, as some sort of viewer sees it."""

    kind: str
    field: Field
    slot: int
    """Its place among the values of its form, which is its bit in the mask."""
    changes: Counter[int] = attrs.field(factory=Counter)
    """By how much it changed from one tick to the next, either way, in quanta or steps, and how often by so much; only numbers."""
    times: int = 0
    """How often it changed."""

    @property
    def name(self) -> str:
        """As the author says it."""
        return f"{self.kind}.{self.field.name}"


@attrs.define
class FormUse:
    """What is known of one kind, as some sort of viewer sees it."""

    fields: list[FieldUse]
    times: int = 0
    """How often anything of an entity changed."""


class WireCost:
    """Adds up bytes by field, over all clients, and how the values change.

    Attributes:
        byte_counts: name of a field, event or overhead → bytes.
        forms: by number.
    """

    def __init__(self, schema: Schema) -> None:
        self.byte_counts: Counter[str] = Counter()
        self.forms: dict[int, FormUse] = {}
        self._schema = schema

    def count(self, contents: Contents, drafts: Sequence[Draft]) -> None:
        """Add one tick of all clients. A fragment is looked at once, however many get it. `contents`: the world that they show."""
        shared: dict[bytes, int] = {}
        for draft in drafts:
            for fragment in draft.fragments:
                shared[fragment] = shared.get(fragment, 0) + 1
        for fragment, clients in shared.items():
            frame = wire.encode_head(0, 1, 0, None, None, None, 1) + fragment
            (message,) = wire.decode_server(frame)
            assert isinstance(message, Snapshot)
            part, back, entered, _, changed, *rest = message.fragments[0]
            sizes: Counter[str] = Counter()
            self._count_entered(sizes, entered)
            self._count_changed(sizes, changed, contents.get(part, {}), is_one_tick=back == 1)
            if rest and rest[0] is not None:
                sizes[CRC] += _size(rest[0])
            if len(rest) > 1:
                self._count_cosmetics(sizes, rest[1])
            sizes[IDS] = len(fragment) - sizes.total()
            for name, size in sizes.items():
                self.byte_counts[name] += size * clients

    def _count_entered(self, sizes: Counter[str], entered: Sequence[Any]) -> None:
        at = 0
        while at < len(entered):
            form = self.form(entered[at])
            for use, value in zip(form.fields, entered[at + 2 :], strict=False):
                sizes[use.name] += _size(value)
            at += 2 + len(form.fields)

    def _count_changed(
        self, sizes: Counter[str], changed: Sequence[Any], records: Mapping[int, Record], *, is_one_tick: bool
    ) -> None:
        at, number = 0, 0
        while at < len(changed):
            number += changed[at]
            mask = changed[at + 1]
            form = self.form(records[number][0])
            form.times += is_one_tick
            at += 2
            for use in form.fields:
                if not mask >> use.slot & 1:
                    continue
                change = changed[at]
                at += 1
                sizes[use.name] += _size(change)
                if is_one_tick:
                    use.times += 1
                    if type(change) is int:
                        use.changes[abs(change)] += 1

    def _count_cosmetics(self, sizes: Counter[str], flat: Sequence[Any]) -> None:
        at = 0
        while at < len(flat):
            layout = self._schema.events[flat[at]]
            end = at + 2 + len(layout.fields)
            sizes[f"{layout.name} (event)"] += sum(map(_size, flat[at:end]))
            at = end

    def form(self, number: int) -> FormUse:
        """What is known of this form."""
        known = self.forms.get(number)
        if known is None:
            kind, levels = split_form(number)
            layout = self._schema.kinds[kind]
            fields = [FieldUse(layout.name, layout.fields[slot], bit) for bit, slot in enumerate(layout.slots(levels))]
            known = self.forms[number] = FormUse(fields)
        return known


def _size(value: object) -> int:
    return len(wire.pack(value))
