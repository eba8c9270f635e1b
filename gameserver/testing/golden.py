"""Recordings that are kept beside a game's tests: as long as nobody means to change how it plays, each comes out as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gameserver.core.replay.recording import Recording
from gameserver.core.replay.resimulate import NotSimulable
from gameserver.core.replay.telling import mismatch_lines
from gameserver.core.replay.verify import verify

if TYPE_CHECKING:
    from gameserver.core.game import Game
    from gameserver.core.replay.verdict import Verdict


def verify_recording(recording: str | Path | bytes, game: type[Game], *, again: str = "") -> Verdict:
    """Simulate a recorded match again and compare every tick of it: the state, and what was shown.

    Args:
        recording: the path of a file, or what `Match.recording` gave.
        game: the class of the game, whatever has become of its code since.
        again: the command that records it anew, for whoever sees this fail.

    Raises:
        AssertionError: which tick and field differ, both values, what entered that tick, and what to do.
        FormatError: it is no recording. OSError: the file cannot be read.
    """
    __tracebackhide__ = True
    name = "the recording" if isinstance(recording, bytes) else str(recording)
    data = recording if isinstance(recording, bytes) else Path(recording).read_bytes()
    opened = Recording.open(data)
    try:
        verdict = verify(opened, game)
    except NotSimulable as error:
        raise AssertionError(f"{name} cannot be simulated: {error}\n{_what_to_do(game, again)}") from error
    if verdict.mismatch is not None:
        lines = "\n".join(mismatch_lines(verdict.mismatch, opened.header, game))
        raise AssertionError(f"{name}: {lines}\n{_what_to_do(game, again)}")
    return verdict


def _what_to_do(game: type[Game], again: str) -> str:
    command = f" with `{again}`" if again else ""
    return (
        f"Was {game.name} meant to play otherwise now? Then record the match anew{command}, and say in the commit why. "
        "If not, the change that you made does more than it should."
    )
