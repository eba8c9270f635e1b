"""Fragments: the difference of one part between two ticks, encoded once and shared by all viewers with that base.

The unit of sharing is the part = (audience, cell). The base is kept for each part and viewer, not for each snapshot: a part may be
off schedule, a viewer may be skipped, and whoever comes into a part later starts from nothing while the others go on. One base
per snapshot, or membership judged by the values alone, is wrong in nearly every random history (tests/core/test_parts.py).

    parts.commit(tick, contents, cosmetics)          once a tick
    draft = parts.draft(viewer, wanted)              for each viewer that is ready
    if link.send_nowait(head, *draft.fragments):     only what went out counts
        viewer.commit(draft)
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import attrs
import msgpack

from gameserver.core.audience import is_of_team
from gameserver.core.errors import GameError
from gameserver.core.limits import COSMETIC_SECONDS, CRC_EVERY, MAX_BASE_AGE, SNAPSHOT_HARD, TICK_RATE
from gameserver.core.registry import Limit
from gameserver.core.schema import Schema, split_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gameserver.core.layout import Layout, Row, Value
    from gameserver.core.view import Contents, Record

_EMPTY: Final[dict[int, Record]] = {}

MOST_BASES: Final = 4 * MAX_BASE_AGE
"""Ticks whose contents are kept. Above MAX_BASE_AGE only those count in which a world that stands still was shown to newcomers."""

NUMBER: Final = 0
WHOLE: Final = -1
"""How a value's change is written: as a difference, whole, or (any other number) as a difference modulo so many steps."""


def change_kinds(layout: Layout, levels: int) -> tuple[int, ...]:
    """For each value of a form: NUMBER, WHOLE or the steps of an angle."""
    kinds = {"angle": None, "text": WHOLE, "integers": WHOLE}
    chosen = (layout.fields[slot] for slot in layout.slots(levels))
    return tuple(field.steps if field.type == "angle" else kinds.get(field.type) or NUMBER for field in chosen)


class Forms:
    """How the values of every form of a schema change, made when first asked for."""

    __slots__ = ("_differences", "_kinds", "_made")

    def __init__(self, schema: Schema) -> None:
        self._kinds = schema.kinds
        self._made: dict[int, tuple[int, ...]] = {}
        self._differences: dict[int, Callable[[Row, Row], tuple[int, list[Value]]]] = {}

    def __getitem__(self, number: int) -> tuple[int, ...]:
        """The change kinds of this form's values. Raises ValueError for a form that the schema does not have."""
        made = self._made.get(number)
        if made is None:
            kind, levels = split_form(number)
            if kind >= len(self._kinds):
                raise ValueError(f"form {number}: there is no kind {kind}")
            made = self._made[number] = change_kinds(self._kinds[kind], levels)
        return made

    def difference(self, number: int) -> Callable[[Row, Row], tuple[int, list[Value]]]:
        """(values before, values after) → mask and changes of this form, as FRAGMENT's `changed` has them."""
        made = self._differences.get(number)
        if made is None:
            made = self._differences[number] = _compile_difference(self[number])
        return made


def _compile_difference(kinds: tuple[int, ...]) -> Callable[[Row, Row], tuple[int, list[Value]]]:
    """Generated source, as in Layout: unrolled, it takes half the time."""
    source = "def difference(a, b):\n    mask = 0\n    values = []\n"
    for i, kind in enumerate(kinds):
        change = f"b[{i}] - a[{i}]" if kind == NUMBER else f"b[{i}]"
        if kind > 0:  # the shortest way round
            change = f"(b[{i}] - a[{i}] + {kind >> 1}) % {kind} - {kind >> 1}"
        source += f"    if a[{i}] != b[{i}]:\n        mask |= {1 << i}\n        values.append({change})\n"
    scope: dict[str, Callable[[Row, Row], tuple[int, list[Value]]]] = {}
    exec(compile(source + "    return mask, values\n", "<difference>", "exec"), scope)
    return scope["difference"]


@attrs.define
class Viewer:
    """What the server knows of one client's parts. Nothing in it changes but by `commit`, after bytes went out."""

    bases: dict[int, int] = attrs.field(factory=dict)
    """part → tick of the last snapshot handed over that had it on schedule."""

    def commit(self, draft: Draft) -> None:
        """The draft went out: its ticks are the bases now."""
        self.bases = draft.bases


@attrs.frozen
class Draft:
    """A snapshot for one viewer, before the head: nothing has been sent, nothing is committed."""

    drops: list[int]
    fragments: list[bytes]
    bases: dict[int, int]
    body: bytes
    """All fragments, one behind the other."""


@attrs.frozen
class _Cosmetic:
    committed: int
    """The tick of the commit that brought it."""
    kind: int
    tick: int
    row: Row


class Parts:
    """The last contents of all parts, and this tick's fragments.

    Attributes:
        encoded: how many fragments were encoded so far, for the test that sharing works.
        heard: the parts that the last commit brought cosmetic events for.
    """

    def __init__(self, schema: Schema, *, crc_every: int = CRC_EVERY, tick_rate: int = TICK_RATE) -> None:
        self._forms = Forms(schema)
        self._crc_every = crc_every
        self._history: dict[int, Contents] = {}
        self._cosmetics: dict[int, list[_Cosmetic]] = {}
        """Those that may still be shown, by part, oldest first."""
        self._cosmetic_ticks = int(COSMETIC_SECONDS * tick_rate)
        self._cache: dict[tuple[int, int | None], bytes] = {}
        self._drafts: dict[tuple[int, tuple[int, ...], tuple[int, ...]], tuple[dict[int, int], Draft]] = {}
        """This tick's drafts, by identity of the bases (which are held, so that no others get it), wanted and resting."""
        self._bases: dict[tuple[tuple[int, int], ...], dict[int, int]] = {}
        """The bases of this tick's drafts: equal ones are one object, so that whoever stands alike is found to do so next time."""
        self._turns: dict[int, int] = {}
        """part → ticks in which it was encoded, to know when a CRC is due."""
        self._crc_due: dict[int, bool] = {}
        self._pack = msgpack.Packer(autoreset=True).pack
        self._tick = 0
        self.encoded = 0
        self.heard: tuple[int, ...] = ()

    def commit(self, tick: int, contents: Contents, cosmetics: Mapping[int, Sequence[tuple[int, int, Row]]] | None = None) -> None:
        """This is the world after `tick`. `cosmetics`: part → (kind, ticks ago, row) since the last commit.

        The contents before these stay, however long ago they were: in a room that ticks on input nearly every base is theirs. They
        cannot know an id's last bearer: one that was removed since then rests from now on.

        Cosmetics are kept as long as they may be shown, for viewers who do not get every tick: each gets those since its base. But
        a team's are for those who see this very tick: whoever was skipped may have been in the other team in between.
        """
        before = self._history.get(self._tick)
        self._tick = tick
        self._history[tick] = contents
        for old in [t for t in self._history if t < tick - MAX_BASE_AGE]:
            if self._history[old] is not before or len(self._history) > MOST_BASES:
                del self._history[old]
        if self._cosmetics:
            oldest = tick - self._cosmetic_ticks
            kept = {
                part: [event for event in events if event.tick >= oldest]
                for part, events in self._cosmetics.items()
                if not is_of_team(part)
            }
            self._cosmetics = {part: events for part, events in kept.items() if events}
        self.heard = tuple(cosmetics) if cosmetics else ()
        for part, events in cosmetics.items() if cosmetics else ():
            self._cosmetics.setdefault(part, []).extend(_Cosmetic(tick, kind, tick - ago, row) for kind, ago, row in events)
        self._cache.clear()
        self._drafts.clear()
        self._bases.clear()
        self._crc_due.clear()

    def draft(self, viewer: Viewer, wanted: tuple[int, ...], resting: tuple[int, ...] = ()) -> Draft:
        """What brings this viewer to the last committed tick.

        `wanted`: the parts on schedule that it may see, in a fixed order. `resting`: those that it may see too but that are not due
        in this tick; they stay with the viewer as they are. What is in neither is dropped. A part that the viewer does not have yet
        is due whatever its schedule. Raises GameError if one fragment is larger than a snapshot may be.

        Viewers who stand alike get the same draft.
        """
        bases = viewer.bases
        key = (id(bases), wanted, resting)
        known = self._drafts.get(key)
        if known is None:
            known = self._drafts[key] = (bases, self._draft(bases, wanted, resting))
        return known[1]

    def _draft(self, bases: dict[int, int], wanted: Iterable[int], resting: Iterable[int]) -> Draft:
        after = {part: bases[part] for part in resting if part in bases}
        fragments: list[bytes] = []
        for part in wanted:
            fragment = self.fragment(part, bases.get(part))
            if fragment:
                fragments.append(fragment)
            after[part] = self._tick
        drops = [part for part in bases if part not in after]
        alike = self._bases.setdefault(tuple(after.items()), after)
        return Draft(drops, fragments, alike, b"".join(fragments))

    def fragment(self, part: int, base: int | None) -> bytes:
        """The bytes that lead from the base's tick to the last one, none if nothing changed. Encoded once, then shared."""
        if base is not None and base not in self._history:
            base = None  # too old: all of it is smaller by now
        key = (part, base)
        known = self._cache.get(key)
        if known is None:
            known = self._cache[key] = self._encode(part, base)
        return known

    def _encode(self, part: int, base: int | None) -> bytes:
        now = self._history[self._tick].get(part, _EMPTY)
        cosmetics = [
            event for event in self._cosmetics.get(part, ()) if event.committed > (self._tick - 1 if base is None else base)
        ]
        if base is None:
            back = 0
            left: list[int] = []
            entered = _flat_entered(now, sorted(now))
            changed: list[Value] = []
        else:
            back = self._tick - base
            old = self._history[base].get(part, _EMPTY)
            if old is now and not cosmetics:
                return b""
            entered, left, changed = self._difference(old, now)
            if not (entered or left or changed or cosmetics):
                return b""
        fragment: list[object] = [part, back, entered, left, changed]
        if self._crc_is_due(part):
            fragment.append(part_crc(now))
        if cosmetics:
            if len(fragment) == 5:
                fragment.append(None)
            fragment.append([value for event in cosmetics for value in (event.kind, self._tick - event.tick, *event.row)])
        self.encoded += 1
        data: bytes = self._pack(fragment)
        if len(data) > SNAPSHOT_HARD:
            raise GameError(
                f"a fragment of {len(now)} entities takes {len(data)} bytes, more than {SNAPSHOT_HARD}: show fewer",
                limit=Limit.SNAPSHOT_HARD,
            )
        return data

    def _crc_is_due(self, part: int) -> bool:
        """One answer for all bases of this part in this tick, so that it does not matter who asks first."""
        due = self._crc_due.get(part)
        if due is None:
            self._turns[part] = turn = self._turns.get(part, 0) + 1
            due = self._crc_due[part] = turn % self._crc_every == 0
        return due

    def _difference(self, old: dict[int, Record], now: dict[int, Record]) -> tuple[list[Value], list[int], list[Value]]:
        """What entered, left and changed, flat, as the wire has it."""
        fresh: list[int] = []
        changed: list[tuple[int, Record, Record]] = []
        kept = 0
        for number, record in now.items():
            before = old.get(number)
            if before is record:
                kept += 1
            elif before is None:
                fresh.append(number)
            elif before[0] != record[0]:  # the same entity, shown in another form
                kept += 1
                fresh.append(number)
            else:
                kept += 1
                if before[1] != record[1]:
                    changed.append((number, before, record))
        left = sorted(number for number in old if number not in now) if kept < len(old) else []
        changed.sort()
        return _flat_entered(now, sorted(fresh)), _ascending(left), self._flat_changed(changed)

    def _flat_changed(self, changed: list[tuple[int, Record, Record]]) -> list[Value]:
        flat: list[Value] = []
        last = 0
        forms = self._forms
        for number, (form, before), (_, after) in changed:
            mask, values = forms.difference(form)(before, after)
            flat += (number - last, mask)
            flat += values
            last = number
        return flat


def _flat_entered(now: dict[int, Record], numbers: Iterable[int]) -> list[Value]:
    flat: list[Value] = []
    last = 0
    for number in numbers:
        form, values = now[number]
        flat += (form, number - last)
        flat += values
        last = number
    return flat


def _ascending(numbers: list[int]) -> list[int]:
    return [number - before for number, before in zip(numbers, [0, *numbers], strict=False)]


def part_crc(records: Mapping[int, Record]) -> int:
    """The CRC of a whole part (docs/protocol.md, section 5)."""
    flat: list[Value] = []
    for number in sorted(records):
        form, values = records[number]
        flat += (number, form)
        flat += values
    return zlib.crc32(msgpack.packb(flat))
