"""The compiled shape of one class of declared fields: converters between its objects and rows of wire values.

A **row** is the tuple of an object's values as the wire has them: ints, strs, tuples of int (and floats, for fields that nobody
sees). It is sorted by who may see the fields, so what an audience sees is a slice of it. Packing an object rounds its fields to
their quanta *in the object*, which makes the server's value the wire's value: predictions can be exact and hashes are cheap.

The converters are generated source, as attrs generates `__init__`: a row of six fields takes about a microsecond.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from gameserver.core.errors import GameError
from gameserver.core.fields import LEVELS, MAX_FIELDS, MAX_UNITS, MISSING, Field, check_value

if TYPE_CHECKING:
    from collections.abc import Callable

Value = int | str | float | tuple[int, ...]
Row = tuple[Value, ...]

ALL: Final = 1
TEAM: Final = 2
OWNER: Final = 4
"""The level bits of a form (docs/protocol.md, section 6)."""


class Layout:
    """The compiled shape of one class of fields.

    Attributes:
        name: the class's name.
        fields: sorted by level, then as declared.
        cuts: row[:cuts[0]] is level all, row[cuts[0]:cuts[1]] team, row[cuts[1]:cuts[2]] owner, the rest nobody.
        pack: object → row. Rounds the object's fields in place. Raises GameError if a value does not fit.
        load: (object, row) → None: the inverse, into an existing object.
        check_row: hostile wire values for all fields → the same. Raises ValueError.
        make: row → a new object, from a whole row that `check_row` has passed.
    """

    __slots__ = ("_fillers", "_record", "_sights", "check_row", "cuts", "fields", "load", "make", "name", "pack")

    def __init__(self, record: type, fields: tuple[Field, ...], *, frozen: bool) -> None:
        self._record = record
        self.name = record.__name__
        self.fields = tuple(sorted(fields, key=lambda f: LEVELS.index(f.audience)))
        counts = [sum(f.audience == level for f in fields) for level in LEVELS]
        self.cuts = tuple(itertools.accumulate(counts[:3]))
        if self.cuts[2] > MAX_FIELDS:
            raise fields[0].fail(
                f"{self.name} has {self.cuts[2]} fields that somebody sees, at most {MAX_FIELDS}: split it into two kinds"
            )
        self.pack: Callable[[Any], Row] = self._compile_pack(frozen=frozen)
        self.load: Callable[[Any, Row], None] = self._compile_load()
        self.check_row: Callable[[object], Row] = self._compile_check()
        self.make: Callable[[Row], Any] = self._compile_make()
        self._sights: dict[int, Callable[[Row], Any]] = {}
        self._fillers: dict[int, Callable[[Any, Row], None]] = {}

    def need_defaults(self, why: str) -> None:
        """Raise SchemaError for the first field that has no default."""
        for field in self.fields:
            if field.default is MISSING:
                raise field.fail(f"{self.name} needs a default for every field, because {why}: add default=…")

    # -- forms -------------------------------------------------------------------------------------------------------------
    def slots(self, levels: int) -> list[int]:
        """The positions in a row of the fields that these level bits show."""
        a, b, c = self.cuts
        picked: list[int] = []
        for bit, start, end in ((ALL, 0, a), (TEAM, a, b), (OWNER, b, c)):
            if levels & bit:
                picked += range(start, end)
        return picked

    def slicer(self, levels: int) -> Callable[[Row], Row]:
        """row → the part of it that these level bits show."""
        a, b, c = self.cuts
        whole: dict[int, slice] = {
            ALL: slice(0, a),
            TEAM: slice(a, b),
            OWNER: slice(b, c),
            ALL | TEAM: slice(0, b),
            TEAM | OWNER: slice(a, c),
            ALL | TEAM | OWNER: slice(0, c),
        }
        cut = whole.get(levels)
        if cut is None:  # all and owner, without team: two pieces
            return lambda row: row[:a] + row[b:c]
        return lambda row: row[cut]

    def see(self, levels: int, values: Row) -> Any:  # noqa: ANN401 - an object of the record's class
        """An object with only the fields that these level bits show; the others are not set and raise AttributeError."""
        make = self._sights.get(levels)
        if make is None:
            make = self._sights[levels] = self._compile_sight(levels)
        return make(values)

    def show(self, target: object, levels: int, values: Row) -> None:
        """Set these fields in an object that `see` made (an entity that stands in two parts)."""
        fill = self._fillers.get(levels)
        if fill is None:
            fill = self._fillers[levels] = self._compile_filler(levels)
        fill(target, values)

    # -- wire values -------------------------------------------------------------------------------------------------------
    def _refuse_row(self, values: object) -> NoReturn:
        """Say what is wrong with a row that `check_row` does not pass."""
        if type(values) is not tuple or len(values) != len(self.fields):
            raise ValueError(f"{self.name} has {len(self.fields)} values")
        for field, value in zip(self.fields, values, strict=True):
            if field.type in ("text", "integers"):
                if problem := check_value(field, value):
                    raise ValueError(f"{self.name}.{field.name}: {problem}")
                continue
            low, high = _bounds(field)
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{self.name}.{field.name}: {str(value)[:40]} is not an integer from {low} to {high}")
        raise ValueError(f"{self.name}: a value does not fit its declaration")

    def neutral(self) -> Any:  # noqa: ANN401 - likewise
        """The object of no input, rounded like any other."""
        return self.make(self.pack(self._record(**{f.name: f.neutral for f in self.fields})))

    def explain(self, target: object) -> GameError:
        """Which value of this object does not fit, and what to do."""
        for field in self.fields:
            problem = check_value(field, getattr(target, field.name, "(never set)"))
            if problem:
                number = f" of id {target.id}" if hasattr(target, "id") else ""
                whole = isinstance(getattr(target, field.name, None), float) and field.type in ("integer", "angle")
                what_to_do = (
                    "round it, with // or math.floor, in the hook that sets it, or declare a real"
                    if whole
                    else "keep it in range in the hook that sets it, or declare a wider range"
                )
                return GameError(f"{self.name}.{field.name}{number}: {problem} (declared at {field.where}): {what_to_do}")
        return GameError(f"{self.name}: a value does not fit its declaration")

    # -- generated source --------------------------------------------------------------------------------------------------
    def _compile_pack(self, *, frozen: bool) -> Callable[[Any], Row]:
        body: list[str] = []
        names: list[str] = []
        for i, field in enumerate(self.fields):
            n, get = f"v{i}", f"o.{field.name}"
            names.append(n)
            match field.type:
                case "real" if field.quantum is None:
                    body += [f"{n} = {get} + 0.0", f"if {n}.__class__ is not float or {n} - {n} != 0.0: raise ValueError"]
                    body += [] if frozen else [f"{get} = {n}"]  # it may have been an int, or -0.0
                case "real":
                    assert field.quantum is not None
                    low = -MAX_UNITS if field.low is None else field.low
                    high = MAX_UNITS if field.high is None else field.high
                    body += [
                        f"{n} = floor({get} * {1 / field.quantum!r} + 0.5)",
                        f"if not {low} <= {n} <= {high}: raise ValueError",
                    ]
                    body += [] if frozen else [f"{get} = {n} * {field.quantum!r}"]
                case "integer":
                    body += [
                        f"{n} = {get}",
                        f"if {n}.__class__ is not int or not {field.low} <= {n} <= {field.high}: raise ValueError",
                    ]
                case "angle":
                    body += [f"{n} = {get}", f"if {n}.__class__ is not int: raise ValueError"]
                    body += [f"if not 0 <= {n} < {field.steps}: {n} %= {field.steps}" + ("" if frozen else f"; {get} = {n}")]
                case "boolean":
                    body += [f"{n} = {get}", f"if {n} is True: {n} = 1", f"elif {n} is False: {n} = 0", "else: raise ValueError"]
                case "text":
                    unlike = f" or {n} not in {field.choices!r}" if field.choices else ""
                    body += [f"{n} = {get}", f"if {n}.__class__ is not str or len({n}) > {field.most}{unlike}: raise ValueError"]
                    body += [f"{n}.isascii() or {n}.encode()"]
                case "integers":
                    body += [f"{n} = tuple({get})", f"if check(fields[{i}], {n}): raise ValueError"]
                    body += [] if frozen else [f"{get} = {n}"]
        source = "def pack(o):\n    try:\n" + "".join(
            f"        {line}\n" for line in [*body, f"return ({''.join(n + ', ' for n in names)})"]
        )
        source += "    except (AttributeError, TypeError, ValueError, OverflowError):\n        raise explain(o) from None\n"
        return self._compiled(source, "pack", explain=self.explain, floor=math.floor, fields=self.fields, check=check_value)

    def _compile_check(self) -> Callable[[object], Row]:
        conditions = [f"v.__class__ is tuple and len(v) == {len(self.fields)}"]
        for i, field in enumerate(self.fields):
            if field.type in ("text", "integers"):
                conditions.append(f"not check(fields[{i}], v[{i}])")
            else:
                low, high = _bounds(field)
                conditions.append(f"v[{i}].__class__ is int and {low} <= v[{i}] <= {high}")
        source = f"def check_row(v):\n    if {' and '.join(conditions)}:\n        return v\n    refuse(v)\n"
        return self._compiled(source, "check_row", refuse=self._refuse_row, fields=self.fields, check=check_value)

    def _compile_make(self) -> Callable[[Row], Any]:
        arguments = ", ".join(f"{field.name}={_from_wire(field, f'v[{i}]')}" for i, field in enumerate(self.fields))
        return self._compiled(f"def make(v):\n    return record({arguments})\n", "make", record=self._record)

    def _compile_load(self) -> Callable[[Any, Row], None]:
        lines = [f"o.{field.name} = {_from_wire(field, f'v[{i}]')}" for i, field in enumerate(self.fields)] or ["pass"]
        source = "def load(o, v):\n" + "".join(f"    {line}\n" for line in lines)
        return self._compiled(source, "load")

    def _compile_sight(self, levels: int) -> Callable[[Row], Any]:
        source = f"def sight(v):\n    o = new(record)\n{self._filling(levels)}    return o\n"
        return self._compiled(source, "sight", new=object.__new__, record=self._record)

    def _compile_filler(self, levels: int) -> Callable[[Any, Row], None]:
        return self._compiled(f"def fill(o, v):\n{self._filling(levels)}    return\n", "fill")

    def _filling(self, levels: int) -> str:
        """Source lines that set an object's fields from a row of what these level bits show."""
        slots = enumerate(self.slots(levels))
        return "".join(f"    o.{self.fields[slot].name} = {_from_wire(self.fields[slot], f'v[{i}]')}\n" for i, slot in slots)

    def _compiled(self, source: str, name: str, **scope: object) -> Callable[..., Any]:
        exec(compile(source, f"<{name} of {self.name}>", "exec"), scope)
        return cast("Callable[..., Any]", scope[name])


def _bounds(field: Field) -> tuple[int, int]:
    """Of a wire value that is an integer."""
    return -MAX_UNITS if field.low is None else field.low, MAX_UNITS if field.high is None else field.high


def _from_wire(field: Field, expression: str) -> str:
    match field.type:
        case "real" if field.quantum is not None:
            return f"{expression} * {field.quantum!r}"
        case "boolean":
            return f"{expression} == 1"
        case _:
            return expression


def to_value(field: Field, value: Value) -> Value:
    """A wire value as the author knows it."""
    if field.type == "real" and field.quantum is not None:
        return value * field.quantum  # type: ignore[operator] # a real's wire value is an int
    return value == 1 if field.type == "boolean" else value
