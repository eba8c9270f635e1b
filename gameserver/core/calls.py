"""The methods of a game that its clients may call."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import attrs

from gameserver.core.errors import SchemaError
from gameserver.core.fields import Field
from gameserver.core.limits import DECODE_ARRAY, DECODE_TEXT
from gameserver.core.record import Event, RecordMeta

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.layout import Layout


@attrs.frozen
class CallSpec:
    """A method that clients may call: its name and the layout of its arguments."""

    name: str
    layout: Layout


MAX_CALL_TEXT: Final = DECODE_TEXT // 4
"""Code points of an argument: as many as fit the wire's bytes in any script."""


def call(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let clients call this method: `@call def emote(self, player, which: int = integer(0, 7)) -> None`.

    The arguments behind `player` are declared like fields, by their defaults, and are checked before the method sees them. It runs
    inside the tick. It returns None, a bool, an int or a str for the caller; `raise Refused("why not")` tells him no.
    """
    code = method.__code__
    where = f"{code.co_filename}:{code.co_firstlineno}"
    fields: dict[str, Field] = {}
    for position, parameter in enumerate(inspect.signature(method).parameters.values()):
        if position < 2:
            continue
        if not isinstance(parameter.default, Field):
            raise SchemaError(
                f"{where}: argument {parameter.name!r} of call {method.__name__!r} is not declared: give it a field as default, "
                f"such as `{parameter.name}: int = integer(0, 7)`"
            )
        most = {"text": MAX_CALL_TEXT, "integers": DECODE_ARRAY}.get(parameter.default.type)
        if most is not None and parameter.default.most > most:
            raise SchemaError(
                f"{where}: argument {parameter.name!r} of call {method.__name__!r} is too long for a message: at most {most}"
            )
        fields[parameter.name] = parameter.default
    record = RecordMeta(method.__name__, (Event,), dict(fields))
    method.__call_spec__ = CallSpec(method.__name__, record.__dict__["layout"])  # type: ignore[attr-defined] # read by calls_of
    return method


def calls_of(game: type) -> list[CallSpec]:
    """Those of a game's class and its bases, as the schema has them."""
    specs: dict[str, CallSpec] = {}
    for base in reversed(game.__mro__):
        for value in vars(base).values():
            spec = getattr(value, "__call_spec__", None)
            if isinstance(spec, CallSpec):
                specs[spec.name] = spec
    return list(specs.values())
