"""Declared fields: what a game says about each value of its state, inputs, options and events.

    class Tank(Entity):
        x: float = real(quantum=1 / 16)
        heading: int = angle(256)
        ammo: int = integer(0, 5, audience="owner")

A declaration says how the value is written on the wire (docs/protocol.md, section 6), who may see it and how it is drawn
between two snapshots. `record.py` turns classes of such fields into slotted attrs classes with compiled converters.
"""

from __future__ import annotations

import math
import sys
from typing import Any, Final, Literal

import attrs

from gameserver.core.errors import SchemaError
from gameserver.core.limits import DECODE_ARRAY, MAX_INTEGER

AudienceLevel = Literal["all", "team", "owner", "none"]
Interpolation = Literal["none", "linear", "angle"]
FieldType = Literal["real", "integer", "angle", "boolean", "text", "integers"]

LEVELS: Final[tuple[AudienceLevel, ...]] = ("all", "team", "owner", "none")
"""Who sees a field of an entity: everyone who sees the entity, its team, its owner, nobody. Fields are stored in this order."""

MAX_ANGLE_STEPS: Final = 65_536
MAX_UNITS: Final = 2**52 - 1
"""Of a real, in quanta either way: so far `floor(units + 0.5)` is the unit itself, and a difference of two still fits 53 bits."""
MAX_TEXT: Final = 512
MAX_NUMBERS: Final = 1_024


class _Missing:
    """The default of a field that has none. A type of its own, because every value may be a default."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


@attrs.frozen(kw_only=True)
class Field:
    """One declared field. Made by `real`, `integer`, `angle`, `boolean`, `text` and `integers`, not by hand."""

    type: FieldType
    name: str = ""
    audience: AudienceLevel = "all"
    quantum: float | None = None
    """real only: the value is a multiple of it; None: kept as an exact float64, then nobody may see it."""
    low: int | None = None
    high: int | None = None
    """Bounds of the wire's integer, both included; of each item for `integers`."""
    steps: int = 0
    """angle only: steps of a full turn."""
    most: int = 0
    """text: code points; integers: items."""
    choices: tuple[str, ...] = ()
    """text only: the texts that there are; empty: any."""
    interpolate: Interpolation = "none"
    edge: bool = False
    """Inputs only: a press. It is never repeated when input is missing, and not lost when it comes late."""
    default: Any = MISSING
    where: str = ""
    """file:line of the declaration."""

    @property
    def neutral(self) -> Any:  # noqa: ANN401 - the value's type is the field's
        """The value of no input: the default, else the zero of the type (or the bound next to zero)."""
        if self.default is not MISSING:
            return self.default
        match self.type:
            case "boolean":
                return False
            case "text":
                return ""
            case "integers":
                return ()
            case _:
                units = min(max(0, self.low or 0), self.high if self.high is not None else 0)
                return units * (self.quantum or 1.0) if self.type == "real" else units

    def fail(self, text: str) -> SchemaError:
        """The error that says where this field is declared."""
        named = f"field {self.name!r}: " if self.name else ""  # it has no name yet while the class body runs
        return SchemaError(f"{self.where or 'schema'}: {named}{text}")


def _where() -> str:
    frame = sys._getframe(2)  # the line in the game's file that declares the field
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _declare(field: Field) -> Any:  # noqa: ANN401 - see real()
    """Check what can be checked without the name, and hand the field to the class body."""
    if field.audience not in LEVELS:
        raise field.fail(f"audience {field.audience!r} is unknown: use one of {', '.join(LEVELS)}")
    if field.interpolate not in ("none", "linear", "angle"):
        raise field.fail(f"interpolate {field.interpolate!r} is unknown: use 'none', 'linear' or 'angle'")
    for bound in (field.low, field.high):
        if bound is not None and (type(bound) is not int or abs(bound) > MAX_INTEGER):
            raise field.fail(f"bound {bound!r} must be an integer within ±(2**53 - 1)")
    if field.low is not None and field.high is not None:
        if field.low > field.high:
            raise field.fail(f"its range {field.low}..{field.high} is empty: give low <= high")
        if field.type != "integers" and field.high - field.low > MAX_INTEGER:
            raise field.fail(f"its range {field.low}..{field.high} is too wide: a difference must fit 53 bits")
    return field


def real(
    *,
    quantum: float | None = None,
    low: float | None = None,
    high: float | None = None,
    default: float | _Missing = MISSING,
    audience: AudienceLevel = "all",
    interpolate: Interpolation = "linear",
) -> Any:  # noqa: ANN401 - a class body assigns it to an attribute of the value's own type
    """A float. After every step it is rounded to a multiple of `quantum`, a power of two; the wire carries the multiple.

    Choose the quantum so that top speed moves 64–127 quanta a tick: then a step fits one byte and its direction is true to 0.6°.
    Without a quantum the value stays an exact float64, and only `audience="none"` is possible.
    """
    field = Field(type="real", audience=audience, quantum=quantum, interpolate=interpolate, default=default, where=_where())
    if quantum is None:
        if audience != "none":
            raise field.fail('a real that somebody sees needs a quantum, a power of two such as 1/16; or say audience="none"')
        if low is not None or high is not None:
            raise field.fail("a real without a quantum has no bounds: give it a quantum, or check the value in step")
        return _declare(attrs.evolve(field, interpolate="none"))
    if type(quantum) not in (int, float) or not 2.0**-52 <= quantum <= 2.0**52 or math.frexp(quantum)[0] != 0.5:
        raise field.fail(
            f"quantum {quantum!r} is not a power of two within 2**±52: use 1/16, 1/64, …, so that values are exact everywhere"
        )
    for bound in (low, high):
        if bound is not None and (type(bound) not in (int, float) or not abs(bound) <= MAX_UNITS * quantum):
            raise field.fail(f"bound {bound!r} must be a number within ±{MAX_UNITS * quantum:g}")
    units = [None if bound is None else math.floor(bound / quantum + 0.5) for bound in (low, high)]
    return _declare(attrs.evolve(field, quantum=float(quantum), low=units[0], high=units[1]))


def integer(
    low: int,
    high: int,
    *,
    default: int | _Missing = MISSING,
    audience: AudienceLevel = "all",
    interpolate: Interpolation = "none",
    edge: bool = False,
) -> Any:  # noqa: ANN401 - see real()
    """An int from low to high, both included."""
    return _declare(
        Field(
            type="integer",
            low=low,
            high=high,
            default=default,
            audience=audience,
            interpolate=interpolate,
            edge=edge,
            where=_where(),
        )
    )


def angle(
    steps: int = 256,
    *,
    default: int | _Missing = MISSING,
    audience: AudienceLevel = "all",
    interpolate: Interpolation = "angle",
) -> Any:  # noqa: ANN401 - see real()
    """A direction as an int, `steps` to the full turn, 0 along +x and growing towards +y. Any int will do; kept in 0..steps-1."""
    field = Field(
        type="angle",
        steps=steps,
        low=0,
        high=steps - 1,
        default=default,
        audience=audience,
        interpolate=interpolate,
        where=_where(),
    )
    if type(steps) is not int or not 2 <= steps <= MAX_ANGLE_STEPS:
        raise field.fail(f"steps {steps!r} must be an integer from 2 to {MAX_ANGLE_STEPS}")
    return _declare(field)


def boolean(*, default: bool | _Missing = MISSING, audience: AudienceLevel = "all", edge: bool = False) -> Any:  # noqa: ANN401 - see real()
    """True or False."""
    return _declare(Field(type="boolean", low=0, high=1, default=default, audience=audience, edge=edge, where=_where()))


def text(most: int, *, choices: tuple[str, ...] = (), default: str | _Missing = MISSING, audience: AudienceLevel = "all") -> Any:  # noqa: ANN401 - see real()
    """A str of at most `most` code points, one of `choices` if there are any. It is sent whole whenever it changes."""
    choices = tuple(choices)
    field = Field(type="text", most=most, choices=choices, default=default, audience=audience, where=_where())
    if type(most) is not int or not 1 <= most <= MAX_TEXT:
        raise field.fail(f"most {most!r} must be an integer from 1 to {MAX_TEXT}")
    for choice in choices:
        if type(choice) is not str or len(choice) > most:
            raise field.fail(f"choice {choice!r} is no text of at most {most} code points")
    return _declare(field)


def integers(
    low: int, high: int, *, most: int, default: tuple[int, ...] | _Missing = MISSING, audience: AudienceLevel = "all"
) -> Any:  # noqa: ANN401 - see real()
    """A tuple of at most `most` ints from low to high. It is sent whole whenever it changes: keep it short, or change it rarely."""
    if isinstance(default, list):
        default = tuple(default)  # a list would be one and the same for all objects
    field = Field(type="integers", low=low, high=high, most=most, default=default, audience=audience, where=_where())
    if type(most) is not int or not 1 <= most <= MAX_NUMBERS:
        raise field.fail(f"most {most!r} must be an integer from 1 to {MAX_NUMBERS}")
    return _declare(field)


def check_value(field: Field, value: object) -> str | None:
    """Why this value does not fit the field; None if it does. The slow path: it runs only to explain an error or a default."""
    kind = type(value)
    match field.type:
        case "real":
            if kind not in (float, int):
                return f"{_shown(value)} is a {kind.__name__}, not a float"
            assert isinstance(value, float | int)
            if not abs(value) < math.inf:  # an int may be too large for math.isfinite
                return f"{value!r} is not finite"
            if field.quantum is None:
                return None if abs(value) <= sys.float_info.max else f"{_shown(value)} is too large for a float"
            low = -MAX_UNITS if field.low is None else field.low
            high = MAX_UNITS if field.high is None else field.high
            if abs(value) > MAX_UNITS * field.quantum or not low <= math.floor(value / field.quantum + 0.5) <= high:
                return f"{_shown(value)} is outside {low * field.quantum:g}..{high * field.quantum:g}"
        case "integer" | "angle":
            if kind is not int:
                return f"{_shown(value)} is a {kind.__name__}, not an int"
            assert isinstance(value, int) and field.low is not None and field.high is not None
            if field.type == "integer" and not field.low <= value <= field.high:
                return f"{_shown(value)} is outside {field.low}..{field.high}"
        case "boolean":
            if kind is not bool:
                return f"{_shown(value)} is a {kind.__name__}, not True or False"
        case "text":
            if kind is not str:
                return f"{_shown(value)} is a {kind.__name__}, not a str"
            assert isinstance(value, str)
            if len(value) > field.most:
                return f"{value[:20]!r}… has {len(value)} code points, more than {field.most}"
            if field.choices and value not in field.choices:
                return f"{_shown(value)} is none of {', '.join(field.choices)}"
            if any("\ud800" <= c <= "\udfff" for c in value):
                return f"{_shown(value)} holds half a surrogate pair and cannot be written as UTF-8"
        case "integers":
            if not isinstance(value, tuple | list):
                return f"{_shown(value)} is a {kind.__name__}, not a tuple of int"
            if len(value) > field.most:
                return f"it has {len(value)} items, more than {field.most}"
            assert field.low is not None and field.high is not None
            for item in value:
                if type(item) is not int or not field.low <= item <= field.high:
                    return f"its item {_shown(item)} is not an int from {field.low} to {field.high}"
    return None


def declaration_for(name: str, annotation: object, default: object) -> str:
    """How to declare what an author wrote like a field of a dataclass: `hp: int = 7` is `hp: int = integer(0, 100, default=7)`."""
    written = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    maker, arguments, kind = {
        "int": ("integer", "0, 100", int),
        "bool": ("boolean", "", bool),
        "str": ("text", "24", str),
        "list": ("integers", "0, 9, most=8", tuple),
        "tuple": ("integers", "0, 9, most=8", tuple),
    }.get(written.partition("[")[0], ("real", "quantum=1/16", float))
    given = f"default={default!r}" if isinstance(default, kind) else ""
    return f"{name}: {written} = {maker}({', '.join(filter(None, (arguments, given)))})"


def _shown(value: object) -> str:
    """A repr for a message: short, and there even where Python has none (an int of 5,000 digits)."""
    try:
        shown = repr(value)
    except ValueError:
        return "this int"
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


MAX_FIELDS: Final = 32
"""Fields of one class that somebody may see: the mask of a changed entity has a bit for each."""
MAX_INPUT_FIELDS: Final = DECODE_ARRAY // 4
"""An INPUT message has room for at least four ticks."""
