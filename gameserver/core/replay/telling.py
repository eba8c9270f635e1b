"""What differs between a recording and its simulation, for a person to read."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from gameserver.core.commands import Answer, Called, Connected, Join, Leave
from gameserver.core.layout import to_value
from gameserver.core.limits import SUBTICKS
from gameserver.core.replay.verdict import ADVICE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameserver.core.commands import Command
    from gameserver.core.game import Game
    from gameserver.core.replay.header import Header
    from gameserver.core.replay.steps import Step
    from gameserver.core.replay.verdict import Mismatch

WIDTH: Final = 110
"""Of a line of advice, with its indentation."""


def mismatch_lines(mismatch: Mismatch, header: Header, game: type[Game]) -> Iterator[str]:
    """Where, what, both values, what entered that tick, and what to look for. The first line goes on from "NAME: "."""
    yield f"differs from tick {mismatch.tick} on ({clock_text((mismatch.tick - header.first) / header.rate)})"
    if mismatch.field:
        values = f": {mismatch.recorded} recorded, {mismatch.simulated} simulated" if mismatch.recorded else ""
        yield f"  {mismatch.field}{values}"
    yield from (f"  {line}" for line in mismatch.others)
    yield f"  found in: {mismatch.detail}"
    if mismatch.step is not None:
        yield "  what entered that tick:"
        yield from (f"    {line}" for line in entered_lines(mismatch.step, mismatch.names, game))
    if mismatch.cause is not None:
        yield from textwrap.wrap(ADVICE[mismatch.cause], WIDTH, initial_indent="  ", subsequent_indent="  ")


def entered_lines(step: Step, names: Mapping[int, str], game: type[Game]) -> Iterator[str]:
    """The commands and inputs of a step, a line each. `names`: of the players."""
    for command in step.commands:
        yield _command_text(command, names)
    layout = game.schema.input
    neutral = layout.pack(layout.neutral())
    for player, row in step.inputs.items():
        held = [
            f"{field.name}={to_value(field, value)}"
            for field, value, none in zip(layout.fields, row, neutral, strict=True)
            if value != none
        ]
        back = f", who sees {step.views[player] / SUBTICKS:.2f} ticks back" if player in step.views else ""
        yield f"input of {_who(player, names)}{back}: {', '.join(held) or 'nothing'}"


def _command_text(command: Command, names: Mapping[int, str]) -> str:
    match command:
        case Join(player, name, profile, bot, host, admin):
            what = "bot" if bot else "admin" if admin else "host" if host else "player"
            return f"{name} joins as {what} {player}" + (f", profile {dict(profile)}" if profile else "")
        case Leave(player):
            return f"{_who(player, names)} leaves"
        case Connected(player, connected):
            return f"{_who(player, names)} {'is back' if connected else 'lost the line'}"
        case Called(player, _, method, arguments):
            return f"{_who(player, names)} calls {method}({', '.join(map(repr, arguments))})"
        case Answer(question, value):
            return f"the host answers {question!r}: {value!r}"


def _who(player: int, names: Mapping[int, str]) -> str:
    return f"{names[player]} ({player})" if player in names else f"player {player}"


def clock_text(seconds: float) -> str:
    """m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
