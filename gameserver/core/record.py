"""Classes of declared fields: what authors derive their entities, inputs, options and events from.

The metaclass makes a slotted attrs class of the declarations, so an attribute that was not declared (state that nobody would save)
is an AttributeError at once, and gives it a `layout`, the compiled converters to the wire.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeVar, dataclass_transform

import attrs

from gameserver.core.audience import MAX_PLAYER, MAX_TEAM
from gameserver.core.errors import SchemaError
from gameserver.core.fields import (
    MISSING,
    Field,
    angle,
    boolean,
    check_value,
    declaration_for,
    integer,
    integers,
    real,
    text,
)
from gameserver.core.layout import Layout
from gameserver.core.limits import MAX_NAME

R = TypeVar("R", bound="Record")

_PLAIN: Final = (bool, int, float, str, tuple, list, dict, set)
"""What an author gives a field that he forgot to declare. (Methods and properties are fine; a constant is written in capitals.)"""


@dataclass_transform(kw_only_default=True, field_specifiers=(real, integer, angle, boolean, text, integers))
class RecordMeta(type):
    """Turns a class body of declared fields into a slotted attrs class with a `layout`."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, abstract: bool = False, reliable: bool | None = None
    ) -> RecordMeta:
        """`abstract` classes have fields but no objects; `reliable` is for events (`Event`)."""
        if "__attrs_attrs__" in namespace:  # attrs makes the class a second time, now with slots
            return super().__new__(cls, name, bases, namespace)
        inherited: dict[str, Field] = {}
        for base in reversed(bases):
            inherited.update(getattr(base, "declared", {}))
        own = {key: attrs.evolve(value, name=key) for key, value in namespace.items() if isinstance(value, Field)}
        _check_body(
            name, namespace, own, frozen=any(getattr(base, "frozen", False) for base in bases) or namespace.get("frozen", False)
        )
        namespace = {key: value for key, value in namespace.items() if key not in own}
        # the author's fields come first: the ones that change each tick should have the low bits of the mask
        namespace["declared"] = own | {key: value for key, value in inherited.items() if key not in own}
        if reliable is not None:
            namespace["reliable"] = reliable
        namespace.setdefault("__slots__", ())
        if abstract:
            return super().__new__(cls, name, bases, namespace)
        made = super().__new__(cls, name, bases, {k: v for k, v in namespace.items() if k != "__slots__"})
        these = {
            key: attrs.field(default=attrs.NOTHING if field.default is MISSING else field.default)
            for key, field in namespace["declared"].items()
        }
        frozen = bool(getattr(made, "frozen", False))
        built: Any = attrs.define(made, these=these, slots=True, kw_only=True, eq=frozen, frozen=frozen, init=True)
        built.layout = Layout(built, tuple(namespace["declared"].values()), frozen=frozen)
        built.check_declared()
        return built  # type: ignore[no-any-return] # attrs gives back a class of this metaclass


def _check_body(name: str, namespace: dict[str, Any], own: dict[str, Field], *, frozen: bool) -> None:
    """Refuse what would become state that nobody saves, or would surprise later."""
    where = f"{sys._getframe(2).f_code.co_filename}:{sys._getframe(2).f_lineno}"
    for key in namespace.get("__annotations__", {}):
        if key not in own and not str(namespace["__annotations__"][key]).startswith(("ClassVar", "typing.ClassVar")):
            declaration = declaration_for(key, namespace["__annotations__"][key], namespace.get(key))
            raise SchemaError(
                f"{where}: {name}.{key} is annotated but not declared: write `{declaration}` "
                "(there are real, integer, angle, boolean, text and integers)"
            )
    for key, value in namespace.items():
        if key == "__init__":
            raise SchemaError(f"{where}: {name} may not have an __init__: it is made of its fields, {name}(x=1.0)")
        constant = (
            key.isupper() or key.startswith("__") or key in namespace.get("__annotations__", {}) or key in ("frozen", "reliable")
        )
        if isinstance(value, _PLAIN) and not constant:
            declaration = declaration_for(key, type(value), value)
            raise SchemaError(f"{where}: {name}.{key} is no field, and no object could change it: write `{declaration}`")
    for key, field in own.items():
        if key.startswith("_") or key in ("id", "layout", "declared", "reliable", "frozen", "check_declared"):
            raise field.fail(f"{name} may not have a field of this name: choose one without a leading underscore, not id or layout")
        if field.default is not MISSING and (problem := check_value(field, field.default)):
            raise field.fail(f"its default does not fit: {problem}")
        if field.edge and not frozen:
            raise field.fail("edge=True is for inputs: a value of the state is no press")


class Record(metaclass=RecordMeta, abstract=True):
    """The base of all classes of declared fields. Authors derive from Entity, Player, Globals, Input, Options and Event."""

    declared: ClassVar[dict[str, Field]]
    layout: ClassVar[Layout]
    frozen: ClassVar[bool] = False

    if not TYPE_CHECKING:  # a type checker shall go on finding misspelt fields

        def __getattr__(self, name: str) -> NoReturn:
            """Python asks here when there is nothing of that name, or the field is not set."""
            cls = type(self)
            if name in cls.declared:
                raise AttributeError(f"{cls.__name__}.{name} is not shown here (declared at {cls.declared[name].where})")
            raise AttributeError(f"{cls.__name__!r} object has no attribute {name!r}: its fields are {', '.join(cls.declared)}")

    @classmethod
    def check_declared(cls) -> None:
        """Raise SchemaError for a field that this sort of record cannot have."""
        for field in cls.declared.values():
            if cls.frozen and field.audience != "all":
                raise field.fail(f'{cls.__name__} is no entity: its fields are all audience "all"')


class Entity(Record, abstract=True):
    """Something in the world. Declare its fields in a subclass; put it into the world with `self.things.add(Thing(...))`.

    Attributes:
        id: its number in the world; 0 until it is added.
    """

    __slots__ = ("id",)
    if TYPE_CHECKING:  # a slot, not a declared field

        @property
        def id(self) -> int: ...
        @id.setter  # noqa: A003 - entities have ids
        def id(self, value: int) -> None: ...

    owner: int = integer(0, MAX_PLAYER, default=0)
    """The PlayerId whose it is, 0 for nobody. Fields with audience "owner" are seen by him alone. Redeclare it to hide it."""
    team: int = integer(0, MAX_TEAM, default=0)
    """1 to 31, 0 for none. Fields with audience "team" are seen by that team. Redeclare it to hide it."""

    def __attrs_post_init__(self) -> None:
        self.id = 0

    @classmethod
    def check_declared(cls) -> None:
        """Redeclared or not, `owner` and `team` must be what the server takes them for."""
        for name, most in (("owner", MAX_PLAYER), ("team", MAX_TEAM)):
            field = cls.declared[name]
            if field.type != "integer" or field.low != 0 or field.high is None or field.high > most:
                raise field.fail(
                    f"{cls.__name__}.{name} must be an integer from 0 to at most {most}: {name}: int = integer(0, {most})"
                )


class Player(Entity):
    """Somebody who has a seat in the room. The server makes and removes these; `owner` is his PlayerId.

    A game may derive from it, with defaults for all fields: score, lives, whatever belongs to a person.
    """

    name: str = text(MAX_NAME, default="")
    connected: bool = boolean(default=True)
    """False while his line is down and his seat is kept."""
    bot: bool = boolean(default=False)
    """It said at the door that it is a program. It gives its seat up when the room is full and a person comes."""
    host: bool = boolean(default=False)
    """Of the people in the room the one who came first, or whose ticket says that he is it. He may silence others and send them
    away (docs/api.md)."""


class Globals(Record, abstract=True):
    """The room's state that belongs to no entity: clocks, scores of teams. All fields need defaults."""

    @classmethod
    def check_declared(cls) -> None:
        for field in cls.declared.values():
            if field.audience in ("team", "owner"):
                raise field.fail(f'{cls.__name__} belongs to no team and no player: use audience "all" or "none"')


class Input(Record, abstract=True):
    """What a player may send for a tick. Its fields are levels (held until changed) or, with edge=True, presses."""

    frozen = True


class Options(Record, abstract=True):
    """What may be chosen when a room is made. All fields need defaults."""

    frozen = True


class Event(Record, abstract=True):
    """Something that happened. `class Goal(Event, reliable=True)` arrives exactly once; without it, it is cosmetic: it comes with
    the snapshot of its tick and is lost with it. Its fields are all audience "all"; who gets it is said when it is emitted.
    """

    frozen = True
    reliable: ClassVar[bool] = False
