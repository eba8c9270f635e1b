"""What a game declares, for its author and for whoever writes a client: a page for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gameserver.core.fields import MISSING
from gameserver.core.schema import GLOBALS, PLAYERS
from gameserver.core.talk import BUILT_IN_EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameserver.core.fields import Field
    from gameserver.core.game import Game
    from gameserver.core.layout import Layout

WHO: Final = {"all": "", "team": "its team", "owner": "its owner", "none": "nobody"}


def schema_json(game: type[Game]) -> dict[str, Any]:
    """The schema as WELCOME carries it (docs/protocol.md, section 6), and what a client's author wants to know beside it.

    `hidden`: the fields that nobody is sent, by kind. `reliable`: the names of the reliable events.
    """
    hidden = {kind.name: [field.name for field in kind.fields if field.audience == "none"] for kind in game.schema.kinds}
    return game.schema.to_wire() | {
        "tick_rate": game.tick_rate,
        "max_players": game.max_players,
        "uses_map": game.uses_map,
        "reliable": [event.__name__ for event in (*game.events, *BUILT_IN_EVENTS) if event.reliable],
        "hidden": {kind: names for kind, names in hidden.items() if names},
    }


def schema_text(game: type[Game]) -> str:
    """For a person."""
    return "\n".join(_lines(game))


def _lines(game: type[Game]) -> Iterator[str]:
    schema = game.schema
    on_map = ", on a map" if game.uses_map else ""
    yield f"{game.name}, version {game.version}: {game.tick_rate} Hz, up to {game.max_players} players{on_map}"
    for number, kind in enumerate(schema.kinds):
        role = {GLOBALS: "the room", PLAYERS: "players"}.get(number, "entities")
        if number != GLOBALS or kind.fields:
            yield from _section(f"{kind.name} ({role})", kind)
    for event, layout in zip((*game.events, *BUILT_IN_EVENTS), schema.events, strict=True):
        yield from _section(f"{layout.name} ({'reliable' if event.reliable else 'cosmetic'} event)", layout)
    for layout in schema.calls.values():
        yield from _section(f"{layout.name} (call)", layout)
    yield from _section(f"{schema.input.name} (input)", schema.input)
    if schema.options.fields:
        yield from _section(f"{schema.options.name} (options)", schema.options)


def _section(title: str, layout: Layout) -> Iterator[str]:
    yield ""
    yield title
    for field in layout.fields:
        line = f"  {field.name:20} {_type_of(field):32} {_notes_of(field)}"
        yield line.rstrip()


def _type_of(field: Field) -> str:
    """As its author declares it, nearly."""
    quantum = field.quantum or 1.0
    low, high = (None if bound is None else f"{bound * quantum:g}" for bound in (field.low, field.high))
    match field.type:
        case "real" if field.quantum is None:
            return "real, exact"
        case "real":
            above, below = quantum.as_integer_ratio()
            bounds = f" {low or ''}..{high or ''}" if low or high else ""
            return f"real{bounds} in steps of {above}{f'/{below}' if below > 1 else ''}"
        case "integer":
            return f"integer {field.low}..{field.high}"
        case "angle":
            return f"angle of {field.steps} steps"
        case "text":
            return f"one of {', '.join(field.choices)}" if field.choices else f"text of {field.most}"
        case "integers":
            return f"{field.most} integers {field.low}..{field.high}"
        case _:
            return field.type


def _notes_of(field: Field) -> str:
    notes = []
    if field.default is not MISSING:
        notes.append(f"default {field.default!r}")
    if field.edge:
        notes.append("a press")
    if WHO[field.audience]:
        notes.append(f"seen by {WHO[field.audience]}")
    return ", ".join(notes)
