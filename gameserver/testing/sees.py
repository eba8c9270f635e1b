"""What one seat sees, as objects of the author's own classes: only fields that it was sent, and a clear word about the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from gameserver.core.record import Entity, Record, RecordMeta
from gameserver.core.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver.core.fields import Field
    from gameserver.core.schema import Schema

R = TypeVar("R", bound=Record)

_WHO: Final = {"all": "whoever sees the entity", "team": "its team", "owner": "its owner", "none": "nobody"}
MOST_LISTED: Final = 5
"""Entities in a message: enough to see which one was meant."""


class Sees:
    """What a seat saw when it was asked, as of its last snapshot. Neither this nor its objects change any more."""

    __slots__ = ("_classes", "_replica", "_who")

    def __init__(self, replica: Replica, schema: Schema, classes: Mapping[str, type[Record]], who: str) -> None:
        """`replica`: the client's own; `schema`: the game's; `classes`: of each kind, the one that `seen_class` made."""
        self._replica = Replica(schema)
        self._replica.parts = {part: dict(records) for part, records in replica.parts.items()}
        self._replica.tick = replica.tick
        self._classes = classes
        self._who = who

    @property
    def tick(self) -> int:
        """Of the last snapshot."""
        return self._replica.tick or 0

    def all(self, kind: type[R], **where: object) -> list[R]:
        """All entities of this class that the seat sees, ids ascending; of those, the ones whose fields are as said.

        A class of globals works too. An entity whose field is hidden from the seat does not match. Raises LookupError for a class
        that the game does not have, or a field that the class does not.
        """
        self._check(kind, where)
        replicas: list[Any] = self._replica.all(kind.__name__)
        found: list[R] = [self._shown(entity) for entity in replicas]
        hidden = object()
        return [one for one in found if all(_value(one, name, hidden) == value for name, value in where.items())]

    def one(self, kind: type[R], **where: object) -> R:
        """The only entity of this class that the seat sees (with these values). Raises AssertionError if there is not one."""
        __tracebackhide__ = True
        found = self.all(kind, **where)
        if len(found) != 1:
            wanted = ", ".join([kind.__name__, *(f"{name}={value!r}" for name, value in where.items())])
            listed = "".join(f"\n  {one!r}" for one in (found or self.all(kind))[:MOST_LISTED])
            there = "; there are" if not found and listed else ""
            hint = "; name a field, such as owner=…, to say which one" if len(found) > 1 else ""
            raise AssertionError(f"{self._who} sees {len(found)} of {wanted} in tick {self.tick}, not one{hint}{there}{listed}")
        return found[0]

    def get(self, number: int) -> Any | None:  # noqa: ANN401 - an object of the entity's class
        """The entity of this id as the seat sees it, None if it does not."""
        seen = self._replica.get(number)
        return None if seen is None else self._shown(seen)

    def _check(self, kind: type[Record], where: Mapping[str, object]) -> None:
        shown, game = self._classes.get(kind.__name__), self._replica.schema.game
        if shown is None:
            raise LookupError(f"{game} has no kind {kind.__name__}: it has {', '.join(self._classes)}")
        if not issubclass(shown, kind):
            raise LookupError(
                f"{game} has another {kind.__name__} than {kind.__module__}.{kind.__name__}: import it from the same file"
            )
        for name in where:
            if name not in kind.declared and name != "id":
                raise LookupError(f"{kind.__name__} has no field {name!r}: it has {', '.join(kind.declared)}")

    def _shown(self, seen: Any) -> Any:  # noqa: ANN401 - an object of a kind
        seen.__class__ = self._classes[type(seen).__name__]
        return seen


def seen_class(kind: type[Record]) -> type[Record]:
    """A class like this one for objects that show what somebody sees: read only, and it says why a field is not there."""

    def no_attribute(self: Record, name: str) -> Any:  # noqa: ANN401 - it never returns
        field = kind.declared.get(name)
        if field is None:
            raise AttributeError(f"{kind.__name__} has no field {name!r}: it has {', '.join(kind.declared)}")
        raise AttributeError(_hidden(self, field))

    def no_change(self: Record, name: str, value: object) -> None:
        raise AttributeError(f"this {kind.__name__} is what a seat sees, a copy: change match.game to change the world")

    def shown(self: Record) -> str:
        hidden = object()
        values: list[tuple[str, object]] = [("id", self.id)] if isinstance(self, Entity) else []
        values += [(name, value) for name in kind.declared if (value := _value(self, name, hidden)) is not hidden]
        return f"{kind.__name__}({', '.join(f'{name}={value!r}' for name, value in values)})"

    namespace: dict[str, Any] = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__getattr__": no_attribute,
        "__setattr__": no_change,
        "__repr__": shown,
    }
    made: type[Record] = RecordMeta(kind.__name__, (kind,), namespace, abstract=True)  # type: ignore[assignment]
    return made


def _value(target: object, name: str, hidden: object) -> object:
    return getattr(target, name, hidden)


def _hidden(entity: Record, field: Field) -> str:
    nobody = object()
    text = f"{type(entity).__name__}.{field.name} is not shown to this seat: it is for {_WHO[field.audience]}"
    text += f' (audience="{field.audience}", declared at {field.where})'
    if field.audience in ("owner", "team") and (whose := _value(entity, field.audience, nobody)) is not nobody:
        text += f"; {field.audience} is {whose}"
    return f"{text}. Ask a seat that may see it, or match.game for the live one"
