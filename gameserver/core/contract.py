"""Checks of a game's class when it is made, before any room runs. `game.py` says what the contract is.

Beside wrong settings they find slips that Python lets pass: a hook that is misspelt is never called, and nothing says so.
"""

from __future__ import annotations

import difflib
import inspect
import math
import re
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.brain import Brain
from gameserver.core.errors import SchemaError
from gameserver.core.fields import MISSING, Field
from gameserver.core.limits import DECODE_ARRAY, GAME_PATTERN, MAX_SEATS, MAX_TICK_RATE, MIN_TICK_RATE
from gameserver.core.record import Event, Input, Options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gameserver.core.declared import Declared
    from gameserver.core.game import Game

HOOKS: Final = {
    "setup": ("options",),
    "join": ("player", "profile"),
    "leave": ("player",),
    "step": ("inputs",),
    "audience": ("entity",),
    "is_over": (),
    "answer": ("question", "value"),
}
"""What the server calls, and with what."""
TOOLS: Final = ("tick", "random", "map", "ticks", "emit", "as_seen_by", "sees_back", "kick", "log", "after", "cancel")
"""What a hook uses: a game that has something else under such a name breaks them."""
TAKEN: Final = "report"
"""The call that no game hears of."""
CLOSE: Final = 0.8
"""Likeness from which a name is taken for a slip: `steps` and `maxplayers` are, `is_open` and `setup_walls` are not."""


def check_class(game: type, base: type, where: str) -> None:
    """Raise SchemaError for the first slip in this class. `base` is Game itself; `where` is the class statement."""
    for hook, arguments in HOOKS.items():
        method = inspect.getattr_static(game, hook)
        if method is not inspect.getattr_static(base, hook):
            _check_method(method, hook, arguments, _where(game, hook, method, where))
    settings = [name for name in inspect.get_annotations(base) if not name.startswith("_")]
    bodies = [cls for cls in game.__mro__ if issubclass(cls, base) and cls is not base]
    for body, name, value in [(cls, *item) for cls in bodies for item in vars(cls).items()]:
        if str(inspect.get_annotations(body).get(name)).startswith(("ClassVar", "typing.ClassVar")):
            continue  # the author knows that all rooms share it
        at = _where(game, name, value, where)
        if name == "__init__":
            raise SchemaError(f"{at}: the server makes the game: write `{_shape('setup', HOOKS['setup'])}` instead")
        if name == TAKEN:
            raise SchemaError(f"{at} would never be called: what players report goes past the game. Choose another name")
        if name in TOOLS:
            raise SchemaError(f"{at} hides self.{name}, which hooks use: choose another name")
        if name.startswith("__") or hasattr(base, name) or name.isupper():
            continue
        if inspect.isfunction(value):
            _check_spelling(game, base, name, at)
        else:
            _check_value(bodies, settings, name, value, at)


def _check_spelling(game: type, base: type, name: str, where: str) -> None:
    if hasattr(getattr(game, name), "__call_spec__"):
        return  # clients call it by this name
    meant = _meant(name.lower().removeprefix("on_"), HOOKS)
    if meant is not None and getattr(game, meant) is getattr(base, meant):
        raise SchemaError(
            f"{where} is never called by the server: did you mean `{_shape(meant, HOOKS[meant])}`? "
            "If not, choose a name that is less alike"
        )


def _check_value(bodies: list[type], settings: Iterable[str], name: str, value: object, where: str) -> None:
    if isinstance(value, list | dict | set | bytearray):
        raise SchemaError(
            f"{where} = {value!r} is shared by all rooms and no part of the state: declare a field on Globals or on an entity "
            f"(if it never changes, call it {name.upper()}, or annotate it as ClassVar)"
        )
    if isinstance(value, Field):
        raise SchemaError(f"{where} is a field, and a game has none: declare it in a class derived from Globals, and share that")
    meant = None if hasattr(type(value), "__get__") else _meant(name, settings)
    if meant is not None and not any(meant in vars(body) for body in bodies):
        raise SchemaError(f"{where} means nothing to the server: did you mean {meant}?")


def is_record(value: object, base: type) -> bool:
    """Is it a class derived from this one, with fields of its own (not `abstract=True`)?"""
    return inspect.isclass(value) and issubclass(value, base) and "layout" in vars(value)


def check_settings(game: type[Game], where: str) -> None:
    """Raise SchemaError for the first setting that cannot be."""
    if not re.fullmatch(GAME_PATTERN, game.name):
        raise SchemaError(f'{where}: name {game.name!r} must match {GAME_PATTERN}: add `name = "mygame"`')
    for attribute, low, high in (("version", 1, 2**31), ("tick_rate", MIN_TICK_RATE, MAX_TICK_RATE), ("max_players", 1, MAX_SEATS)):
        value = getattr(game, attribute)
        if type(value) is not int or not low <= value <= high:
            raise SchemaError(f"{where}: {attribute} = {value!r} must be an integer from {low} to {high}")
    for attribute, base in (("inputs", Input), ("options", Options)):
        value = getattr(game, attribute, None)
        if not is_record(value, base):
            raise SchemaError(
                f"{where}: {attribute} must be a class derived from {base.__name__}: add `{attribute} = My{base.__name__}`"
            )
    if len(game.inputs.layout.fields) > DECODE_ARRAY // 4:
        raise SchemaError(f"{where}: an input has at most {DECODE_ARRAY // 4} fields: put switches together into one integer")
    if odd := [f for f in game.inputs.layout.fields if f.type in ("text", "integers")]:
        raise odd[0].fail("an input has only numbers: send texts with a @call")
    if not isinstance(game.events, tuple):
        given = getattr(game.events, "__name__", "Goal")
        raise SchemaError(f"{where}: events must be a tuple: write `events = ({given},)`")
    for event in game.events:
        if not is_record(event, Event):
            raise SchemaError(f"{where}: events holds {event!r}, which is no class derived from Event")
    if odd := [f for f in game.inputs.layout.fields if f.default is not MISSING and f.edge and f.default]:
        raise odd[0].fail("a press is off when nothing is pressed: drop the default")
    _check_brain(game.brain, where)


def check_rewinds(declaration: Declared[Any]) -> None:
    """Raise SchemaError for a collection that is to rewind and cannot."""
    where, jump, name = f"{declaration.where}: {declaration.name}", declaration.jump, declaration.record.__name__
    if type(declaration.rewinds) is not bool:
        raise SchemaError(f"{where}: rewinds={declaration.rewinds!r}: say True or False")
    if not declaration.rewinds:
        if jump is not None:
            raise SchemaError(f"{where}: jump={jump!r} says how far who rewinds may move: add rewinds=True")
        return
    ways = {field.interpolate for field in declaration.record.layout.fields} - {"none"}
    if not ways:
        raise SchemaError(f"{where}: {name} has no field that clients interpolate: there is no past to keep. Drop rewinds=True")
    if jump is not None and "linear" not in ways:
        raise SchemaError(f"{where}: {name} has no linear field that could jump: drop jump={jump!r}")
    if jump is not None and (type(jump) not in (int, float) or not 0 < jump < math.inf):
        raise SchemaError(f"{where}: jump={jump!r} must be a length of more than 0, in the units of {name}'s fields")


def _check_method(method: object, name: str, arguments: tuple[str, ...], where: str) -> None:
    """Raise SchemaError if this is not a plain method that can be called with so many arguments, and called now."""
    shape = _shape(name, arguments)
    if not inspect.isfunction(method):
        raise SchemaError(f"{where} must be a method: {shape}")
    if hasattr(method, "__call_spec__"):
        raise SchemaError(f"{where} is a hook, which only the server calls: give the @call another name")
    if inspect.iscoroutinefunction(method) or inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        raise SchemaError(f"{where} may not wait: write `{shape}` without async and without yield")
    try:
        inspect.signature(method).bind(None, *arguments)
    except TypeError:
        has = ", ".join(inspect.signature(method).parameters)
        raise SchemaError(f"{where}({has}) does not take what the server gives it: write `{shape}`") from None


def _check_brain(brain: object, where: str) -> None:
    """Raise SchemaError if this is no class derived from Brain that thinks."""
    if brain is None:
        return
    if not (inspect.isclass(brain) and issubclass(brain, Brain)):
        raise SchemaError(f"{where}: brain must be a class derived from Brain, not {brain!r}: `brain = MyBrain`")
    think: Any = brain.think
    if think is Brain.think:
        near = _meant("think", vars(brain))
        said = f"its {near} is never called" if near else "it does not say how to think"
        raise SchemaError(f"{where}: {brain.__name__}: {said}: write `{_shape('think', ('view', 'player'))}`")
    if inspect.isfunction(think):
        _check_method(think, "think", ("view", "player"), _where(brain, "think", think, where))


def _meant(name: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, [*known], 1, CLOSE)), None)


def _shape(name: str, arguments: tuple[str, ...]) -> str:
    return f"def {name}({', '.join(('self', *arguments))})"


def _where(owner: type, name: str, value: object, otherwise: str) -> str:
    """FILE:LINE: Owner.name, of a function its own line."""
    function = inspect.unwrap(value) if inspect.isfunction(value) else None
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}: {owner.__name__}.{name}" if code else f"{otherwise}: {name}"
