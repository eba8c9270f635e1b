"""All the declared shapes of one game, numbered, and their form on the wire (docs/protocol.md, section 6)."""

from __future__ import annotations

import hashlib
import keyword
import math
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgpack

from gameserver.core.errors import ProtocolError, SchemaError
from gameserver.core.fields import LEVELS, MAX_ANGLE_STEPS, MAX_NUMBERS, MAX_TEXT, Field, check_value
from gameserver.core.layout import ALL, OWNER, TEAM, Layout
from gameserver.core.limits import MAX_INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GLOBALS: Final = 0
PLAYERS: Final = 1
"""The kinds that every game has."""


@attrs.frozen(kw_only=True)
class Schema:
    """The shapes of a game.

    Attributes:
        kinds: globals, players, then the game's entities. Their index is the kind's number.
        calls: the method's name and the layout of its arguments.
        on_input: no snapshot means that nothing happens (Game.ticks_on_input).
    """

    game: str
    version: int
    kinds: tuple[Layout, ...]
    events: tuple[Layout, ...]
    calls: Mapping[str, Layout]
    input: Layout
    options: Layout
    on_input: bool = False

    def to_wire(self) -> dict[str, Any]:
        """The schema as WELCOME carries it: without what nobody may see."""
        return {
            "game": self.game,
            "version": self.version,
            **({"on_input": True} if self.on_input else {}),
            "kinds": [_layout_to_wire(kind) for kind in self.kinds],
            "events": [_layout_to_wire(event) for event in self.events],
            "calls": [_layout_to_wire(call) for call in self.calls.values()],
            "input": _input_to_wire(self.input),
            "options": _fields_to_wire(self.options.fields),
        }

    @staticmethod
    def from_wire(data: object) -> Schema:
        """The schema that a server sent. Its kinds have plain classes without the game's methods. Raises ProtocolError."""
        try:
            if type(data) is not dict or len(data["kinds"]) <= PLAYERS:
                raise ValueError("it is no map with kinds for the globals and the players")
            return Schema(
                game=_text(data["game"]),
                version=_integer(data["version"]),
                kinds=tuple(_layout_from_wire(kind, "entity") for kind in data["kinds"]),
                events=tuple(_layout_from_wire(event, "event") for event in data["events"]),
                calls={_text(call["name"]): _layout_from_wire(call, "call") for call in data["calls"]},
                input=_layout_from_wire({"name": "Input", "fields": data["input"]}, "input"),
                options=_layout_from_wire({"name": "Options", "fields": data["options"]}, "options"),
                on_input=data.get("on_input") is True,
            )
        except (AttributeError, KeyError, TypeError, ValueError, SchemaError) as error:
            raise ProtocolError(f"the server's schema cannot be read: {str(error)[:200]}") from error

    def fingerprint(self) -> bytes:
        """16 bytes that differ when any declaration does, the hidden ones too: what an encoded world fits."""
        everything = [[_everything(f) for f in kind.fields] for kind in (*self.kinds, *self.events, self.input, self.options)]
        return hashlib.blake2b(msgpack.packb([self.to_wire(), everything]), digest_size=16).digest()


def _everything(field: Field) -> list[Any]:
    return [field.name, field.type, field.audience, field.quantum, field.low, field.high, field.steps, field.most]


def _text(value: object) -> str:
    if type(value) is not str or (not value.isidentifier() and not value.replace("-", "_").isidentifier()):
        raise ValueError(f"{value!r} is no name")
    return value


def _integer(value: object, low: int = 0, high: int = MAX_INTEGER) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{str(value)[:40]} is not an integer from {low} to {high}")
    return value


def _layout_to_wire(layout: Layout) -> dict[str, Any]:
    return {"name": layout.name, "fields": _fields_to_wire(layout.fields)}


def _fields_to_wire(fields: Iterable[Field]) -> list[dict[str, Any]]:
    return [_field_to_wire(field) for field in fields if field.audience != "none"]


def _input_to_wire(layout: Layout) -> list[dict[str, Any]]:
    """Every field, with its value of no input unless that is 0."""
    neutral = layout.pack(layout.neutral())
    fields = _fields_to_wire(layout.fields)
    return [field | ({"neutral": value} if value else {}) for field, value in zip(fields, neutral, strict=True)]


def _field_to_wire(field: Field) -> dict[str, Any]:
    wire: dict[str, Any] = {"name": field.name, "type": field.type, "audience": field.audience}
    if field.quantum is not None:
        wire["quantum"] = list(field.quantum.as_integer_ratio())
    if field.type in ("real", "integer", "integers"):
        wire |= {key: bound for key, bound in (("low", field.low), ("high", field.high)) if bound is not None}
    if field.type == "angle":
        wire["steps"] = field.steps
    if field.type in ("text", "integers"):
        wire["most"] = field.most
    if field.interpolate != "none":
        wire["interpolate"] = field.interpolate
    if field.edge:
        wire["edge"] = True
    return wire


def _layout_from_wire(data: Mapping[str, Any], role: str) -> Layout:
    """A layout over a class made for it: `see` and `pack` work on it, and it has every field that was sent."""
    fields = tuple(_field_from_wire(field) for field in data["fields"])
    names = {field.name for field in fields}
    if len(names) < len(fields) or names & {"id", "layout"}:
        raise ValueError("a field's name is used twice or not allowed")
    if role != "entity" and any(field.audience != "all" for field in fields):
        raise ValueError("only entities have fields that not everyone sees")
    if role == "entity":
        order = [LEVELS.index(field.audience) for field in fields]
        if order != sorted(order):
            raise ValueError("the fields of a kind are sorted by audience")
    slots = names | {"id", "owner", "team"} if role == "entity" else names
    record = type(_text(data["name"]), (), {"__slots__": tuple(sorted(slots)), "__init__": _set_fields})
    return Layout(record, fields, frozen=role != "entity")


def _set_fields(self: object, **values: object) -> None:
    for name, value in values.items():
        setattr(self, name, value)


def _field_from_wire(data: Mapping[str, Any]) -> Field:
    name, kind, audience = _text(data["name"]), data["type"], data["audience"]
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or name != unicodedata.normalize("NFKC", name):
        raise ValueError(f"{name!r} is no field name")
    if kind not in ("real", "integer", "angle", "boolean", "text", "integers") or audience not in ("all", "team", "owner"):
        raise ValueError(f"field {name}: {kind!r} or {audience!r} is unknown")
    interpolate = data.get("interpolate", "none")
    if interpolate not in ("none", "linear", "angle"):
        raise ValueError(f"field {name}: interpolate {str(interpolate)[:40]!r} is unknown")
    low, high = (None if key not in data else _integer(data[key], -MAX_INTEGER) for key in ("low", "high"))
    quantum, steps, most = None, 0, 0
    if kind == "real":
        above, below = data["quantum"]
        quantum = _integer(above, 1) / _integer(below, 1)
        if math.frexp(quantum)[0] != 0.5:
            raise ValueError(f"field {name}: its quantum is no power of two")
    elif kind == "angle":
        steps = _integer(data["steps"], 2, MAX_ANGLE_STEPS)
        low, high = 0, steps - 1
    elif kind == "boolean":
        low, high = 0, 1
    elif kind == "text":
        most = _integer(data["most"], 1, MAX_TEXT)
    elif low is None or high is None:
        raise ValueError(f"field {name}: an integer has bounds")
    if kind == "integers":
        most = _integer(data["most"], 1, MAX_NUMBERS)
    if low is not None and high is not None and low > high:
        raise ValueError(f"field {name}: its range {low}..{high} is empty")
    field = Field(
        name=name, type=kind, audience=audience, quantum=quantum, low=low, high=high, steps=steps, most=most,
        interpolate=interpolate, edge=data.get("edge") is True, where="the server's schema",
    )  # fmt: skip
    return field if "neutral" not in data else _with_neutral(field, _integer(data["neutral"], -MAX_INTEGER))


def _with_neutral(field: Field, units: int) -> Field:
    value = units * field.quantum if field.quantum is not None else bool(units) if field.type == "boolean" else units
    if problem := check_value(field, value):
        raise ValueError(f"field {field.name}: neutral {problem}")
    return attrs.evolve(field, default=value)


def form(kind: int, levels: int) -> int:
    """The number of the form in which this kind shows these levels."""
    return kind << 3 | levels


def split_form(number: int) -> tuple[int, int]:
    """A form's kind and levels. Raises ValueError if it shows nothing."""
    kind, levels = number >> 3, number & (ALL | TEAM | OWNER)
    if levels == 0 or number < 0:
        raise ValueError(f"form {number} shows nothing")
    return kind, levels
