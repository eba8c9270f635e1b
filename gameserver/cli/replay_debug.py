"""`gameserver replay debug`: a match as it was before a step, and that step in Python's debugger."""

from __future__ import annotations

import pdb
import sys
import traceback
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
from cyclopts import Parameter

from gameserver.cli.replay import Games, file_of, open_recording, tick_at
from gameserver.cli.say import FAILED, OK, printable, say
from gameserver.code import game_files
from gameserver.core.replay.resimulate import rebuild
from gameserver.core.replay.telling import clock_text, entered_lines
from gameserver.settings import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from gameserver.core.game import Game
    from gameserver.core.replay.header import Fault
    from gameserver.core.replay.recording import Recording
    from gameserver.core.replay.steps import Step
    from gameserver.core.simulation import Simulation

TIMEOUT: Final = "HookTimeout"
"""The class of the error (Fault.kind) with which a step was interrupted that would not have come back."""


def debug(
    file: str,
    *,
    game: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    tick: str = "",
    post_mortem: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Stand in the step at which a match failed, in Python's debugger: everything as it was, one line before.

    The match is built anew up to the tick before. Then the step is run, with what entered it, up to the line of the game that
    failed. Exits with 1 if it does not fail here.

    Parameters
    ----------
    file
        A recording that ends with a fault; with --tick any that was not made for watching.
    game
        Game that it is of, as the path of a Python file, if it does not come with the server.
    tick
        Stand at the beginning of the game's `step` in this tick instead: 1234, or 0:41 since the recording began.
    post_mortem
        Let the step fail first, and look at what it left.
    """
    path = file_of(file)
    recording = open_recording(path)
    games = Games(game)
    known = games.of(recording)
    if why := games.refusal(recording):
        say(f"{path}: {why}. What follows may be another match.")
    case = _case(recording, known, tick)
    print("\n".join(_lines(path, recording, case)), flush=True)
    return _look_at_ruins(case) if post_mortem else _stop_before(case)


@attrs.frozen(kw_only=True)
class _Case:
    """A step that somebody wants to look at.

    Attributes:
        build: the match before it; each time a new one.
        fault: how it failed, None if it did not.
    """

    game: type[Game]
    step: Step
    build: Callable[[], Simulation]
    fault: Fault | None


def _case(recording: Recording, game: type[Game], tick: str) -> _Case:
    fault = recording.fault
    if tick and not (fault is not None and tick == str(fault.tick)):
        wanted = tick_at(tick, recording, "--tick")
        step = next(recording.steps(wanted - 1), None)
        fault = None
        if step is None:
            raise UsageError(f"--tick {tick}: nothing was done in this tick, or behind it")
    elif fault is None:
        raise UsageError("no fault is recorded in it: name a tick with --tick")
    else:
        step = fault.step

    def build() -> Simulation:
        try:
            return rebuild(recording, game, step.tick - 1)
        except (Exception, SystemExit) as error:  # whatever the game raises: it did not when this was recorded
            raise UsageError(
                f"the match cannot be built up to tick {step.tick - 1} with this code: {type(error).__name__}: {error}"
            ) from error

    return _Case(game=game, step=step, build=build, fault=fault)


def _lines(path: Path, recording: Recording, case: _Case) -> Iterator[str]:
    header, tick = recording.header, case.step.tick
    at = clock_text((tick - header.first) / header.rate)
    yield printable(f"{path}: {header.game}@{header.version}, room {header.room}, tick {tick} ({at})")
    names = {number: player.name for number, player in case.build().players.items()}
    yield from (f"  {printable(line)}" for line in entered_lines(case.step, names, case.game))
    if case.fault is not None:
        fault = case.fault
        yield printable(f"recorded: {fault.kind}: {fault.text}, at {fault.where}, fault {fault.id}")
        yield from (f"  {printable(line)}" for line in fault.traceback.rstrip().split("\n"))


# -- one line before ------------------------------------------------------------------------------------------------------
def _stop_before(case: _Case) -> int:
    """Run the step under a debugger that comes in where it failed, the time that it failed; or at the game's own `step`."""
    debugger = _Debugger()
    place = _place_of(case)
    hits = _hits(case, *place) if place is not None else 0
    if hits is None:
        say("The step does not fail with this code.")
    if place is None or (hits == 0 and not _would_hang(case)):
        _break_at_step(debugger, case.game)
    else:
        debugger.set_break(*place)
        debugger.get_breaks(*place)[-1].ignore = hits - 1 if hits else 0
    print("Python's debugger: n goes on by a line, c to the end of the step, q ends, h helps.", flush=True)
    try:
        debugger.runcall(case.step.run, case.build())
    except BaseException:  # what the game raises, SystemExit too
        print(traceback.format_exc(), end="", flush=True)
        return OK
    if debugger.has_quit:
        return OK
    print("The step is done.", flush=True)
    return OK if case.fault is None else FAILED


class _Debugger(pdb.Pdb):
    """Comes in at the first breakpoint, and not on the way there.

    Attributes:
        has_quit: the person has had enough.
    """

    def __init__(self) -> None:
        super().__init__(nosigint=True)
        self.has_quit = False
        self._has_arrived = False

    def set_quit(self) -> None:
        self.has_quit = True
        super().set_quit()

    def user_line(self, frame: FrameType) -> None:
        if not self._has_arrived and not self.break_here(frame):
            self.set_continue()
            return
        self._has_arrived = True
        super().user_line(frame)


def _place_of(case: _Case) -> tuple[str, int] | None:
    """File and line of the game at which it failed, as they are here."""
    if case.fault is None:
        return None
    name, _, line = case.fault.where.rpartition(":")
    files = sorted(game_files(case.game).values())
    for ending in (f"/{name}", f"/{PurePosixPath(name).name}"):  # the folder may be called otherwise here
        for path in files:
            if path.as_posix().endswith(ending) and line.isdecimal():
                return str(path), int(line)
    return None


def _break_at_step(debugger: pdb.Pdb, game: type[Game]) -> None:
    code = game.step.__code__
    debugger.set_break(code.co_filename, code.co_firstlineno, funcname=code.co_name)


def _would_hang(case: _Case) -> bool:
    return case.fault is not None and case.fault.kind == TIMEOUT


def _hits(case: _Case, file: str, line: int) -> int | None:
    """How often this line is run until the step fails, 0 if it would not come back; None if it does not fail."""
    if _would_hang(case):
        return 0
    hits = 0

    def trace(frame: FrameType, event: str, _arg: object) -> Any:  # noqa: ANN401 - a trace function
        nonlocal hits
        hits += event == "line" and frame.f_lineno == line
        return trace

    def trace_game(frame: FrameType, _event: str, _arg: object) -> Any:  # noqa: ANN401 - likewise
        return trace if frame.f_code.co_filename == file else None

    simulation = case.build()
    before = sys.gettrace()
    sys.settrace(trace_game)
    try:
        case.step.run(simulation)
    except BaseException:  # whatever the game raises
        return hits
    finally:
        sys.settrace(before)
    return None


# -- and behind -----------------------------------------------------------------------------------------------------------
def _look_at_ruins(case: _Case) -> int:
    simulation = case.build()
    try:
        case.step.run(simulation)
    except BaseException as error:  # whatever the game raises
        print("Python's debugger, behind the failure: p shows a value, u and d go through the calls, q ends.", flush=True)
        debugger = pdb.Pdb(nosigint=True)
        debugger.reset()
        debugger.interaction(None, error.__traceback__)
        return OK
    print("The step is done: it does not fail with this code.", flush=True)
    return FAILED
