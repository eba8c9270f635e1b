"""A room's options as text: read from NAME=VALUE, and told to who shall choose them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameserver.core.errors import GameserverError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.fields import Field
    from gameserver.core.game import Game
    from gameserver.core.layout import Layout
    from gameserver.core.record import Options


class OptionError(GameserverError):
    """An option that the game does not have, or a value that does not fit. The text says what there is."""


def parse_options(game: type[Game], pairs: Sequence[str]) -> Options:
    """Room options from NAME=VALUE texts. Raises OptionError."""
    layout: Layout = game.options.layout
    fields = {field.name: field for field in layout.fields}
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        field = fields.get(name)
        if field is None or not equals:
            known = ", ".join(fields) or "none"
            raise OptionError(f"option {pair!r}: write NAME=VALUE; the options of {game.name} are: {known}")
        values[name] = _parse_value(field.type, text, pair)
    options = game.options(**values)
    try:
        layout.pack(options)
    except GameserverError as error:
        raise OptionError(str(error)) from error
    return options


def _parse_value(kind: str, text: str, pair: str) -> Any:  # noqa: ANN401 - the field's own type
    try:
        match kind:
            case "text":
                return text
            case "boolean":
                return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
            case "real":
                return float(text)
            case "integers":
                return tuple(int(number) for number in text.split(",") if number)
            case _:
                return int(text)
    except (KeyError, ValueError) as error:
        raise OptionError(f"option {pair!r}: {text!r} is no {kind}") from error


def describe_options(game: type[Game]) -> list[str]:
    """What may be chosen in a room of this game, one text NAME=VALUES=DEFAULT for each option.

    VALUES is `LOW..HIGH` for whole numbers, `LOW..HIGH/STEP` for others (a bound may be missing), `false|true`, `a|b|c` for a text
    with choices, and `*MOST` for any text of at most so many code points. Lists of numbers are left out: no form asks for them.
    """
    found = []
    for field in game.options.layout.fields:
        default = field.default
        shown = str(default).lower() if isinstance(default, bool) else f"{default:g}" if field.type == "real" else str(default)
        if field.type != "integers" and "\n" not in shown:
            found.append(f"{field.name}={_values(field)}={shown}")
    return found


def _values(field: Field) -> str:
    match field.type:
        case "boolean":
            return "false|true"
        case "text":
            return "|".join(field.choices) or f"*{field.most}"
        case "real":
            quantum = field.quantum or 0.0
            low, high = (f"{bound * quantum:g}" if bound is not None else "" for bound in (field.low, field.high))
            return f"{low}..{high}/{quantum:.17g}" if quantum else ".."
        case _:
            return f"{field.low}..{field.high}"
