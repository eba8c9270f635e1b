"""`gameserver replay verify`: matches simulated again, and what is not as it was recorded."""

from __future__ import annotations

import json as json_module
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
from cyclopts import Parameter

from gameserver.cli.replay import Games, files_of, open_recording
from gameserver.cli.say import FAILED, OK, printable, progress
from gameserver.code import game_files
from gameserver.core.errors import GameserverError
from gameserver.core.replay.telling import clock_text, entered_lines, mismatch_lines
from gameserver.core.replay.verify import verify as simulate
from gameserver.development.lint import slips_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gameserver.core.replay.recording import Recording
    from gameserver.core.replay.verdict import Verdict

MOST_SLIPS: Final = 6
_FORCED: Final = " (--force simulates it all the same)"


@attrs.frozen(kw_only=True)
class _Judged:
    """What became of one file."""

    file: str
    refused: str = ""
    """Why it could not be judged; "" if it was."""
    verdict: Verdict | None = None
    took_seconds: float = 0.0
    told: tuple[str, ...] = ()
    """What differs, a line each."""
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
    judged = _Judged(file=str(path), verdict=verdict, took_seconds=took)
    mismatch = verdict.mismatch
    if mismatch is None:
        return judged
    return attrs.evolve(
        judged,
        told=tuple(mismatch_lines(mismatch, recording.header, known)),
        entered=tuple(entered_lines(mismatch.step, mismatch.names, known)) if mismatch.step is not None else (),
        slips=tuple(slip for file in sorted(game_files(known).values()) for slip in slips_in(file)),
    )


def _progress(recording: Recording, place: str) -> Callable[[int], None]:
    total = recording.contents.steps
    show = progress(f"ticks of recording {place}", total)

    def on_step(done: int) -> None:
        if done % recording.header.rate == 0 or done == total:
            show(done)

    return on_step


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
    first, *others = judged.told
    yield f"{judged.file}: {first}"
    yield from map(printable, others)
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
