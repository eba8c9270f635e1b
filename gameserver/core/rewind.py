"""What was where a moment ago, so that a shot can be judged in the world that its shooter saw.

A client draws the others late: by the way of the snapshot to it, by its interpolation delay and by the way of the input back. So
who aims at what he sees aims at the past. A `Past` keeps where the entities of one kind were after each of the last ticks, as far
back as REWIND_SECONDS, and answers as clients draw: between two ticks a linear field is on the straight line, an angle goes the
shorter way.

    tick      T−3     T−2     T−1      T, the step in hand
    place      ●───────●───────●───────○  (where the entity is just now)
                   ▲
                   └ back = 2.6 ticks: 4/10 of the way from T−3 to T−2

All of it is integer arithmetic on wire values, so it comes out the same in every process and language: a real is a multiple of
quantum / 256 (exact for values within 2**44 quanta), integers and angles are rounded, halves up.

Who was not there at that moment is not found there. Who moves further than `jump` in one tick has been put there, and was nowhere
before: no client draws him between the two places, and none shall hit him there. The ring is a part of the state, and is encoded.
"""

from __future__ import annotations

from collections import deque
from math import floor
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from gameserver.core.limits import REWIND_SECONDS, SUBTICKS
from gameserver.core.record import Entity, RecordMeta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gameserver.core.audience import PlayerId
    from gameserver.core.layout import Row

E = TypeVar("E", bound=Entity)

Place = tuple[int, ...]
"""The wire values of an entity's interpolated fields."""

_NOBODY: Final[dict[int, Place]] = {}


def most_back(tick_rate: int) -> int:
    """REWIND_SECONDS in 1/256 of a tick."""
    return floor(REWIND_SECONDS * tick_rate * SUBTICKS)


class Past:
    """Where the entities of one kind were. See the module."""

    __slots__ = ("_eye", "_moments", "_plain", "_ticks")

    def __init__(self, eye: Eye, tick_rate: int) -> None:
        self._eye = eye
        self._ticks = -(-most_back(tick_rate) // SUBTICKS)
        """Ticks before the one in hand that anybody may look back to."""
        self._moments: deque[tuple[int, dict[int, Place]]] = deque()
        """(tick, id → place), oldest first."""
        self._plain: dict[int, list[Any]] = {}
        """By tick, what `to_plain` has made of a moment: who hashes every tick needs each of them many times."""

    # -- filling -----------------------------------------------------------------------------------------------------------
    def note(self, tick: int, members: Iterable[int], rows: Mapping[int, Row]) -> None:
        """This tick is done: this is where they are now."""
        pick, is_jump, moments = self._eye.pick, self._eye.is_jump, self._moments
        moment = {number: pick(rows[number]) for number in members}
        if is_jump is not None and moments:
            before = moments[-1][1]
            for number, place in moment.items():
                was = before.get(number)
                if was is not None and was != place and is_jump(was, place):
                    self._plain.clear()
                    for _, earlier in moments:
                        earlier.pop(number, None)
        moments.append((tick, moment))
        oldest = tick + 1 - self._ticks
        while len(moments) > 1 and moments[1][0] <= oldest:
            self._plain.pop(moments.popleft()[0], None)

    # -- looking -----------------------------------------------------------------------------------------------------------
    def seen(self, members: Iterable[E], tick: int, back: int, player: PlayerId) -> list[tuple[E, E]]:
        """Each of these with its picture `back` 1/256 ticks before this tick, which is in hand; who was not there then is left out.

        What is the player's own is where it is now: he steers it himself, and sees it there.
        """
        now = self._eye.now
        if not back:
            return [(entity, now(entity)) for entity in members]
        between, units, is_jump = self._eye.between, self._eye.units, self._eye.is_jump
        at, part = divmod(tick * SUBTICKS - back, SUBTICKS)
        then = self._after(at)
        following = self._after(at + 1) if at + 1 < tick else None  # None: it is the tick in hand
        last = self._after(tick - 1)
        found: list[tuple[E, E]] = []
        for entity in members:
            number = entity.id
            if entity.owner == player:
                found.append((entity, now(entity)))
                continue
            start = then.get(number)
            if start is None:
                continue
            present = units(entity) if following is None or is_jump is not None else ()
            if is_jump is not None and is_jump(last[number], present):
                continue
            end = present if following is None else following[number]
            found.append((entity, between(number, start, end, part)))
        return found

    def _after(self, tick: int) -> Mapping[int, Place]:
        """Where they were once this tick was done, or the last one before it that was stepped."""
        for number, moment in reversed(self._moments):
            if number <= tick:
                return moment
        return _NOBODY

    # -- the state as a whole ----------------------------------------------------------------------------------------------
    def to_plain(self) -> list[Any]:
        """All of it, as plain values."""
        plain = self._plain
        for tick, moment in self._moments:
            if tick not in plain:
                plain[tick] = [tick, [(number, *place) for number, place in moment.items()]]
        return [plain[tick] for tick, _ in self._moments]

    def from_plain(self, plain: Iterable[Any]) -> None:
        """Become what `to_plain` gave."""
        self._plain.clear()
        self._moments = deque((tick, {number: tuple(place) for number, *place in places}) for tick, places in plain)


def interpolated_slots(record: type[Entity]) -> list[int]:
    """Which fields clients draw between two snapshots: the ones of which a past is kept, by their slots in a row."""
    return [slot for slot, field in enumerate(record.layout.fields) if field.interpolate != "none"]


class Eye:
    """How one kind is seen: functions that are generated for its fields, as in `layout`. Made once for a game's class.

    Attributes:
        record: the kind's class, which has interpolated fields.
        pick: row → place.
        between: (id, place before, place behind, 256th parts of the way) → picture.
        now: entity → picture of it as it is.
        units: entity → place, rounded as at the end of a tick.
        is_jump: (place, next place) → did it move too far along any axis? None: nothing is too far.
    """

    __slots__ = ("_fields", "between", "is_jump", "now", "pick", "record", "units")

    def __init__(self, record: type[Entity], jump: float | None) -> None:
        """`jump`: as in `entities_of`."""
        self.record = record
        slots = interpolated_slots(record)
        one, more = slots[0], slots[1:]
        self.pick = cast("Callable[[Row], Place]", itemgetter(*slots) if more else lambda row: (row[one],))
        self._fields = [record.layout.fields[slot] for slot in slots]
        self.between: Callable[[int, Place, Place, int], Any] = self._compiled(self._between())
        self.now: Callable[[Entity], Any] = self._compiled(self._now())
        self.units: Callable[[Entity], Place] = self._compiled(self._units())
        self.is_jump: Callable[[Place, Place], bool] | None = None if jump is None else self._compiled(self._is_jump(jump))

    def _compiled(self, source: str) -> Any:  # noqa: ANN401 - a function of many shapes
        scope = {"new": object.__new__, "record": self.record, "picture": picture_class(self.record), "floor": floor}
        exec(compile(source, f"<past of {self.record.__name__}>", "exec"), scope)
        return scope["made"]

    def _between(self) -> str:
        lines = []
        for i, field in enumerate(self._fields):
            start, way, half = f"a[{i}] * {SUBTICKS}", f"(b[{i}] - a[{i}])", field.steps // 2
            match field.type:
                case "real":
                    value = f"({start} + {way} * p) * {(field.quantum or 1) / SUBTICKS!r}"
                case "angle":
                    way = f"(({way} + {half}) % {field.steps} - {half})"
                    value = f"(({start} + {way} * p + {SUBTICKS // 2}) // {SUBTICKS}) % {field.steps}"
                case _:
                    value = f"({start} + {way} * p + {SUBTICKS // 2}) // {SUBTICKS}"
            lines.append(f"o.{field.name} = {value}")
        return _picturing("n, a, b, p", "n", lines)

    def _now(self) -> str:
        return _picturing("e", "e.id", [f"o.{field.name} = e.{field.name}" for field in self._fields])

    def _units(self) -> str:
        values = []
        for field in self._fields:
            value = f"e.{field.name}"
            if field.type == "real":
                value = f"floor({value} * {1 / (field.quantum or 1)!r} + 0.5)"
            values.append(f"{value} % {field.steps}" if field.type == "angle" else value)
        return f"def made(e):\n    return ({''.join(value + ', ' for value in values)})\n"

    def _is_jump(self, jump: float) -> str:
        tests = []
        for i, field in enumerate(self._fields):
            if field.interpolate == "linear":
                most = floor(jump / (field.quantum or 1))
                tests.append(f"not {-most} <= b[{i}] - a[{i}] <= {most}")
        return f"def made(a, b):\n    return {' or '.join(tests)}\n"


def _picturing(arguments: str, number: str, lines: list[str]) -> str:
    """Source of a function that makes a picture: it is filled as an object of the record's own class, which can be written."""
    body = ["o = new(record)", f"o.id = {number}", *lines, "o.__class__ = picture", "return o"]
    return f"def made({arguments}):\n" + "".join(f"    {line}\n" for line in body)


def picture_class(record: type[Entity]) -> type[Entity]:
    """A class like this one for what was seen: read only, and it says why a field is not there."""
    name = record.__name__

    def no_attribute(self: Entity, wanted: str) -> Any:  # noqa: ANN401 - it never returns
        if wanted not in record.declared:
            raise AttributeError(f"{name} has no field {wanted!r}: it has {', '.join(record.declared)}")
        raise AttributeError(
            f"{name}.{wanted} as it was then is not known: only what is interpolated is kept "
            f"({', '.join(record.layout.fields[slot].name for slot in interpolated_slots(record))}); ask the entity itself"
        )

    def no_change(self: Entity, wanted: str, value: object) -> None:
        raise AttributeError(f"this {name} is how somebody saw it, a picture: change the entity itself")

    def shown(self: Entity) -> str:
        names = (record.layout.fields[slot].name for slot in interpolated_slots(record))
        return f"<{name} {self.id} as seen: {', '.join(f'{field}={getattr(self, field)!r}' for field in names)}>"

    namespace: dict[str, Any] = {
        "__slots__": (),
        "__module__": record.__module__,
        "__qualname__": record.__qualname__,
        "__doc__": record.__doc__,
        "__getattr__": no_attribute,
        "__setattr__": no_change,
        "__repr__": shown,
    }
    made: type[Entity] = RecordMeta(name, (record,), namespace, abstract=True)  # type: ignore[assignment]
    return made
