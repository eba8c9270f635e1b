"""TypeScript types of a game, for the code that draws it and plays it: what the browser client gives and takes.

The names are the author's own. Fields that only an entity's team or owner is sent are optional; those that nobody is sent are left
out. Where a name is taken or is a word of the language's own, it gets an underscore; wire names stand in quotes beside it.
"""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.schema import GLOBALS, PLAYERS
from gameserver.core.talk import BUILT_IN_EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameserver.core.fields import Field
    from gameserver.core.game import Game
    from gameserver.core.layout import Layout

TYPES: Final = {
    "real": "number",
    "integer": "number",
    "angle": "number",
    "boolean": "boolean",
    "text": "string",
    "integers": "readonly number[]",
}
OWN_NAMES: Final = ("Kinds", "Entity", "Events", "GameEvent", "Calls", "Promise", "Record")
"""What the file declares or uses beside the author's classes."""
RESERVED: Final = frozenset(
    {
        "any", "arguments", "as", "async", "await", "bigint", "boolean", "break", "case", "catch", "class", "const",
        "constructor", "continue", "debugger", "declare", "default", "delete", "do", "else", "enum", "eval", "export",
        "extends", "false", "finally", "for", "function", "get", "if", "implements", "import", "in", "instanceof",
        "interface", "is", "keyof", "let", "module", "namespace", "never", "new", "null", "number", "object", "of",
        "package", "private", "protected", "public", "readonly", "require", "return", "set", "static", "string", "super",
        "switch", "symbol", "this", "throw", "true", "try", "type", "typeof", "undefined", "unique", "unknown", "var",
        "void", "while", "with", "yield",
    }
)  # fmt: skip
"""Words that cannot name an interface or a parameter, or should not."""
RETURNS: Final[dict[Any, str]] = {None: "null", type(None): "null", bool: "boolean", int: "number", str: "string"}
ANYTHING: Final = "boolean | number | string | null"


class _Names:
    """Gives each declaration a name of its own."""

    def __init__(self, taken: tuple[str, ...] = ()) -> None:
        self._taken = set(taken)

    def take(self, name: str) -> str:
        while name in self._taken or name in RESERVED:
            name += "_"
        self._taken.add(name)
        return name


def typescript(game: type[Game]) -> str:
    """A module of types, valid under `tsc --strict`."""
    return "\n".join(_lines(game)) + "\n"


def _lines(game: type[Game]) -> Iterator[str]:
    schema = game.schema
    names = _Names(OWN_NAMES)
    yield f"// {game.name}, version {game.version}: made by `gameserver schema --ts`. Change the game, not this file."
    yield ""
    yield f'export const GAME = "{game.name}";'
    yield f"export const VERSION = {game.version};"
    yield f"export const TICK_RATE = {game.tick_rate};"
    yield f"export const MAX_PLAYERS = {game.max_players};"
    kinds: dict[str, str] = {}
    for number, kind in enumerate(schema.kinds):
        kinds[kind.name] = names.take(kind.name)
        role = {GLOBALS: "The room's own state.", PLAYERS: "Somebody who has a seat."}.get(number, "")
        yield from _interface(kinds[kind.name], kind, role)
    yield from _table("Kinds", "What there is in the room: the values of an entity, by its kind.", kinds)
    yield ""
    yield "/** An entity as the client's replica gives it. */"
    yield "export type Entity = { [K in keyof Kinds]: { id: number; kind: K; values: Kinds[K] } }[keyof Kinds];"
    events: dict[str, str] = {}
    for event, layout in zip((*game.events, *BUILT_IN_EVENTS), schema.events, strict=True):
        events[layout.name] = names.take(layout.name)
        says = "It arrives once and in order." if event.reliable else "It comes with the snapshot of its tick, or never."
        yield from _interface(events[layout.name], layout, says)
    yield from _table("Events", "What may happen: an event's values, by its name.", events)
    yield ""
    yield "/** An event as the client's replica gives it. */"
    yield "export type GameEvent = { [N in keyof Events]: { name: N; tick: number; values: Events[N] } }[keyof Events];"
    yield from _interface(names.take(schema.input.name), schema.input, "What a player may send for a tick.")
    yield from _interface(names.take(schema.options.name), schema.options, "What may be chosen when a room is made.")
    yield from _calls(game)


def _interface(name: str, layout: Layout, about: str) -> Iterator[str]:
    yield ""
    if about:
        yield f"/** {about} */"
    shown = [field for field in layout.fields if field.audience != "none"]
    if not shown:
        yield f"export type {name} = Record<string, never>;"
        return
    yield f"export interface {name} {{"
    for field in shown:
        yield f"  /** {_about(field)} */"
        yield f"  {_property(field.name)}{'?' if field.audience != 'all' else ''}: {TYPES[field.type]};"
    yield "}"


def _table(name: str, about: str, members: dict[str, str]) -> Iterator[str]:
    yield ""
    yield f"/** {about} */"
    if not members:
        yield f"export type {name} = Record<never, never>;"
        return
    yield f"export interface {name} {{"
    for key, interface in members.items():
        yield f"  {_property(key)}: {interface};"
    yield "}"


def _calls(game: type[Game]) -> Iterator[str]:
    yield ""
    yield "/** What a player may call; the promise is of the game's answer. */"
    if not game.schema.calls:
        yield "export type Calls = Record<never, never>;"
        return
    yield "export interface Calls {"
    for name, layout in game.schema.calls.items():
        method = getattr(game, name)
        about = (inspect.getdoc(method) or "").partition("\n")[0].replace("*/", "* /")
        taken = _Names()
        arguments = ", ".join(f"{taken.take(field.name)}: {TYPES[field.type]}" for field in layout.fields)
        if about:
            yield f"  /** {about} */"
        yield f"  {_property(name)}({arguments}): Promise<{_returned(method)}>;"
    yield "}"


def _returned(method: Any) -> str:  # noqa: ANN401 - a method
    """The type of a call's answer, as far as its annotation says."""
    try:
        returned = typing.get_type_hints(method).get("return", ...)
    except (NameError, TypeError):  # names that are there for type checkers only
        annotation = inspect.signature(method).return_annotation
        returned = {"None": None, "bool": bool, "int": int, "str": str}.get(annotation, ...)
    members = typing.get_args(returned) or (returned,)
    if all(member in RETURNS for member in members):
        return " | ".join(dict.fromkeys(RETURNS[member] for member in members))
    return ANYTHING


def _property(name: str) -> str:
    """A member's name: whatever is no plain identifier stands in quotes."""
    return name if name.isascii() and name.isidentifier() else f'"{name}"'


def _about(field: Field) -> str:
    """What a client's author must know of the value."""
    quantum = field.quantum or 1.0
    low, high = (None if bound is None else f"{bound * quantum:.15g}" for bound in (field.low, field.high))
    match field.type:
        case "real":
            bounds = f", {low if low is not None else '-∞'} to {high if high is not None else '∞'}" if low or high else ""
            about = f"multiple of {quantum:.15g}{bounds}"
        case "integer":
            about = f"integer, {field.low} to {field.high}"
        case "angle":
            about = f"0 to {field.steps - 1}: a full turn has {field.steps} steps"
        case "text":
            about = f"at most {field.most} code points"
        case "integers":
            about = f"at most {field.most} integers, {field.low} to {field.high}"
        case _:
            about = "boolean"
    about += "; a press: it counts once" if field.edge else ""
    about += {"owner": "; only its owner is sent it", "team": "; only its team is sent it"}.get(field.audience, "")
    return about[0].upper() + about[1:] + "."
