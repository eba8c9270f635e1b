"""`gameserver replay`: look into recordings, judge them, and cut them. Each command takes files, folders and globs.

replay_info.py   who, what, when       replay_verify.py   simulated again       replay_trim.py   a part of one
replay_play.py   in the browser      replay_export.py   tables
replay_fork.py   played on           replay_debug.py    the step that failed
"""

from __future__ import annotations

import glob
import mmap
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cyclopts import App

from gameserver.cli.say import printable
from gameserver.code import Fingerprints
from gameserver.core.errors import FormatError
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.resimulate import NO_TRUTH, NotSimulable
from gameserver.core.replay.telling import clock_text
from gameserver.core.replay.verdict import refusal
from gameserver.library import BUILT_IN, load_game
from gameserver.livefile import PART, SUFFIX
from gameserver.settings import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameserver.core.game import Game

SUFFIXES: Final = (SUFFIX, SUFFIX + PART)
"""Of recordings; the second while one grows, or when nobody could end it."""
FOLDER: Final = "recordings"
"""Where `serve` keeps them, and where a command looks to which none was named."""


def make_replay_app() -> App:
    """The commands around recordings."""
    from gameserver.cli.replay_debug import debug
    from gameserver.cli.replay_export import export  # here, so that the other commands do not wait for them
    from gameserver.cli.replay_fork import fork
    from gameserver.cli.replay_info import info
    from gameserver.cli.replay_play import play
    from gameserver.cli.replay_trim import trim
    from gameserver.cli.replay_verify import verify

    app = App(name="replay", help="Look into recordings of matches: what they hold, whether they are true, a part of one.")
    for command in (info, play, verify, fork, debug, export, trim):
        app.command(command)
    return app


def files_of(patterns: Sequence[str]) -> list[Path]:
    """The recordings that these name: files, folders with all that is below them, and globs. No pattern: ./recordings.

    Each is there once, in the order in which it was named. Raises UsageError for a pattern that names none.
    """
    found: dict[Path, None] = {}
    for pattern in patterns or (FOLDER,):
        files = [path for one in _matches(pattern) for path in ([one] if one.is_file() else _below(one))]
        if not files:
            raise UsageError(_why_none(pattern, named=bool(patterns)))
        found.update(dict.fromkeys(files))
    return [*found]


def file_of(pattern: str) -> Path:
    """The one recording that this names. Raises UsageError if there is none, or several."""
    paths = files_of([pattern])
    if len(paths) > 1:
        raise UsageError(f"{pattern}: these are {len(paths)} recordings: name one of them")
    return paths[0]


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.exists():  # a name may have brackets in it
        return [path]
    matches = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]
    return [match for match in matches if match.is_dir() or match.name.endswith(SUFFIXES)]


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.name.endswith(SUFFIXES) and path.is_file())


def _why_none(pattern: str, *, named: bool) -> str:
    kept = "`gameserver serve` keeps its matches in ./recordings, as *.trpl files"
    if not named:
        return f"there are no recordings in ./{FOLDER}: name files or folders; {kept}"
    if Path(pattern).is_dir():
        return f"{pattern}: there is no recording in this folder; {kept}"
    return f"{pattern}: there is no such recording; {kept}"


def open_recording(path: Path) -> Recording:
    """Read a recording without loading all of it. Raises FormatError if it is none, UsageError if it cannot be read."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise FormatError("the file is empty: its server was stopped before it had written anything")
            return Recording.open(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read: {error.strerror or error}") from error


class Games:
    """The games that recordings are of: those that come with the server by name, an author's own if he names its file."""

    def __init__(self, given: Sequence[str] = ()) -> None:
        """`given`: names or paths of Python files. Raises SchemaError for one that is no game."""
        self._fingerprints = Fingerprints()
        self._known = {game.name: game for game in map(load_game, given)}

    def of(self, recording: Recording) -> type[Game]:
        """The game of this recording. Raises NotSimulable if nobody knows it."""
        name = recording.header.game
        known = self._known.get(name)
        if known is None:
            if name not in BUILT_IN:
                raise NotSimulable(f"it is a match of {name}, which does not come with the server: give its file with --game")
            known = self._known[name] = load_game(name)
        return known

    def refusal(self, recording: Recording) -> str | None:
        """Why this recording cannot be judged here, None if it can: a line for a terminal."""
        why = self._refusal(recording)
        return None if why is None else printable(why)

    def _refusal(self, recording: Recording) -> str | None:
        if recording.origin is None:
            return NO_TRUTH
        try:
            game = self.of(recording)
        except NotSimulable as error:
            return str(error)
        code = self._fingerprints.of(game)
        return refusal(recording, game, code=code.game, engine=code.engine)


# -- times and sizes -------------------------------------------------------------------------------------------------------
def tick_at(time: str, recording: Recording, option: str) -> int:
    """The tick that somebody names: 1234, or 12:34 and 1:02:03.5 since the recording began. Raises UsageError."""
    header, last = recording.header, recording.contents.last
    if re.fullmatch(r"[0-9]{1,10}", time):
        tick = int(time)
    elif re.fullmatch(r"([0-9]{1,4}:)?[0-9]{1,4}:[0-9]{1,2}([.][0-9]{1,6})?", time):
        seconds = 0.0
        for part in time.split(":"):
            seconds = seconds * 60 + float(part)
        tick = header.first + round(seconds * header.rate)
    else:
        raise UsageError(f"{option} {time}: write a tick, such as 1234, or a time in the recording, such as 0:41 or 1:02:03.5")
    if not header.first <= tick <= last:
        length = clock_text((last - header.first) / header.rate)
        raise UsageError(f"{option} {time}: the recording has the ticks {header.first} to {last}, 0:00 to {length}")
    return tick


def size_text(size: float) -> str:
    """Bytes, for a person."""
    return f"{size / 1_048_576:.1f} MiB" if size >= 0.1 * 1_048_576 else f"{size / 1_024:.1f} KiB"
