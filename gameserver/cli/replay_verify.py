"""`gameserver replay verify`: matches simulated again, and what is not as it was recorded."""

from __future__ import annotations

import json as json_module
import textwrap
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
from cyclopts import Parameter

from gameserver.cli.replay import Games, clock_text, files_of, open_recording, printable
from gameserver.cli.say import FAILED, OK, progress
from gameserver.code import game_files
from gameserver.core.commands import Answer, Called, Connected, Join, Leave
from gameserver.core.errors import GameserverError
from gameserver.core.layout import to_value
from gameserver.core.replay.verdict import ADVICE
from gameserver.core.replay.verify import verify as simulate
from gameserver.development.lint import slips_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gameserver.core.commands import Command
    from gameserver.core.game import Game
    from gameserver.core.replay.recording import Recording
    from gameserver.core.replay.steps import Step
    from gameserver.core.replay.verdict import Mismatch, Verdict

WIDTH: Final = 110
"""Of a line of advice, with its indentation."""
MOST_SLIPS: Final = 6
_FORCED: Final = " (--force simulates it all the same)"


@attrs.frozen(kw_only=True)
class _Judged:
    """What became of one file."""

    file: str
    refused: str = ""
    """Why it could not be judged; "" if it was."""
    verdict: Verdict | None = None
    rate: int = 1
    first: int = 0
    took_seconds: float = 0.0
    entered: tuple[str, ...] = ()
    """The commands and inputs of the tick that differs, a line each."""
    slips: tuple[str, ...] = ()
    """Lines of the game that often are the cause."""

    @property
    def ok(self) -> bool:
        return self.verdict is not None and self.verdict.ok

    @property
    def speed(self) -> float:
        """Times faster than the match was played."""
        return self.verdict.seconds / max(self.took_seconds, 1e-9) if self.verdict is not None else 0.0


def verify(
    *files: str, game: Annotated[tuple[str, ...], Parameter(negative="")] = (), force: bool = False, json: bool = False
) -> int:
    """Simulate recorded matches again and compare everything. Exits with 1 if one differs, or cannot be judged.

    Who entered what in each tick is in a recording, and a hash of what the game made of it, and all that was shown: the same code
    must come to the same. If it does not, the first tick and field that differ are named, with both values. Another version of the
    game or of the simulation core cannot judge: the recording still plays.

    Parameters
    ----------
    files
        Recordings, folders of them, or globs. Default: ./recordings.
    game
        Game that some are of, as the path of a Python file, for those that do not come with the server; may be given several times.
    force
        Simulate them also by code that did not make them: a difference then says that the code plays otherwise now.
    json
        Print one JSON object.
    """
    paths = files_of(files)
    games = Games(game)
    judged = []
    for number, path in enumerate(paths, start=1):
        judged.append(_judge(path, games, force=force, place=f"{number} of {len(paths)}"))
        if not json:
            print("\n".join(_lines(judged[-1])), flush=True)
    if json:
        print(json_module.dumps({"ok": all(one.ok for one in judged), "files": [_plain(one) for one in judged]}))
    elif len(judged) > 1:
        print(f"{sum(one.ok for one in judged)} of {len(judged)} recordings are as they were played")
    return OK if all(one.ok for one in judged) else FAILED


def _judge(path: Path, games: Games, *, force: bool, place: str) -> _Judged:
    try:
        recording = open_recording(path)
        known = games.of(recording)
        if not force and (why_not := games.refusal(recording)):
            return _Judged(file=str(path), refused=why_not + (_FORCED if recording.origin is not None else ""))
        began = time.perf_counter()
        verdict = simulate(recording, known, _progress(recording, place))
        took = time.perf_counter() - began
    except GameserverError as error:  # also from the game's setup
        return _Judged(file=str(path), refused=str(error))
    mismatch = verdict.mismatch
    slips: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    if mismatch is not None:
        slips = tuple(slip for file in sorted(game_files(known).values()) for slip in slips_in(file))
        entered = tuple(_entered(mismatch.step, mismatch.names, known)) if mismatch.step is not None else ()
    return _Judged(
        file=str(path), verdict=verdict, rate=recording.header.rate, first=recording.header.first, took_seconds=took,
        entered=entered, slips=slips,
    )  # fmt: skip


def _progress(recording: Recording, place: str) -> Callable[[int], None]:
    total = recording.contents.steps
    show = progress(f"ticks of recording {place}", total)

    def on_step(done: int) -> None:
        if done % recording.header.rate == 0 or done == total:
            show(done)

    return on_step


def _entered(step: Step, names: Mapping[int, str], game: type[Game]) -> Iterator[str]:
    """What entered the step, a line each."""
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
        back = f", who sees {step.views[player] / 256:.2f} ticks back" if player in step.views else ""
        yield f"input of {_who(player, names)}{back}: {', '.join(held) or 'nothing'}"


def _command_text(command: Command, names: Mapping[int, str]) -> str:
    match command:
        case Join(player, name, profile, bot):
            return f"{name} joins as {'bot' if bot else 'player'} {player}" + (f", profile {dict(profile)}" if profile else "")
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


# -- for a person ----------------------------------------------------------------------------------------------------------
def _lines(judged: _Judged) -> Iterator[str]:
    verdict = judged.verdict
    if verdict is None:
        yield f"{judged.file}: cannot be judged: {printable(judged.refused)}"
        return
    played = f"{verdict.steps} ticks, {clock_text(verdict.seconds)}, {judged.speed:.0f} times faster than it was played"
    if verdict.mismatch is None:
        yield f"{judged.file}: fine: {played}"
        if verdict.fault_repeats is not None:
            yield f"  the step that failed {'fails again' if verdict.fault_repeats else 'does not fail here'}"
        return
    yield from _mismatch_lines(judged, verdict.mismatch)


def _mismatch_lines(judged: _Judged, mismatch: Mismatch) -> Iterator[str]:
    at = clock_text((mismatch.tick - judged.first) / judged.rate)
    yield f"{judged.file}: differs from tick {mismatch.tick} on ({at})"
    if mismatch.field:
        values = f": {mismatch.recorded} recorded, {mismatch.simulated} simulated" if mismatch.recorded else ""
        yield f"  {printable(mismatch.field + values)}"
    yield from (f"  {printable(line)}" for line in mismatch.others)
    yield f"  found in: {printable(mismatch.detail)}"
    if judged.entered:
        yield "  what entered that tick:"
        yield from (f"    {printable(line)}" for line in judged.entered)
    if mismatch.cause is not None:
        yield from textwrap.wrap(ADVICE[mismatch.cause], WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield from _slip_lines(judged.slips)


def _slip_lines(slips: Sequence[str]) -> Iterator[str]:
    if slips:
        yield "  suspicious in the game's code:"
        yield from (f"    {slip}" for slip in slips[:MOST_SLIPS])
    if len(slips) > MOST_SLIPS:
        yield f"    … and {len(slips) - MOST_SLIPS} more"


# -- for a program ---------------------------------------------------------------------------------------------------------
def _plain(judged: _Judged) -> dict[str, Any]:
    verdict = judged.verdict
    if verdict is None:
        return {"file": judged.file, "ok": False, "refused": judged.refused}
    found: dict[str, Any] = {
        "file": judged.file,
        "ok": verdict.ok,
        "steps": verdict.steps,
        "seconds": round(verdict.seconds, 3),
        "speed": round(judged.speed, 1),
        "fault_repeats": verdict.fault_repeats,
    }
    mismatch = verdict.mismatch
    if mismatch is not None:
        found["mismatch"] = {
            "tick": mismatch.tick,
            "field": mismatch.field,
            "recorded": mismatch.recorded,
            "simulated": mismatch.simulated,
            "detail": mismatch.detail,
            "others": list(mismatch.others),
            "entered": list(judged.entered),
            "cause": None if mismatch.cause is None else mismatch.cause.value,
            "slips": list(judged.slips),
        }
    return found
