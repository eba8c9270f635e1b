"""A recording as tables: what was to be seen, tick by tick, and what every player did (docs/recordings.md has the columns).

States and events are of the view track, read by the schema that the recording carries, so they come out whatever became of the
game's code. Inputs, calls and hashes are of the truth track; a shareable recording has none.
"""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from gameserver.core.commands import Called
from gameserver.core.errors import FormatError
from gameserver.core.limits import SUBTICKS
from gameserver.core.replay.header import What
from gameserver.export.columns import Tables, reader
from gameserver.export.happenings import Happenings
from gameserver.export.sinks import SINKS, ExportError, ExportFormat
from gameserver.export.states import States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gameserver.core.replay.playback import Playback
    from gameserver.core.replay.recording import Recording
    from gameserver.core.schema import Schema
    from gameserver.export.columns import Table

ABOUT: Final = "recording.json"
TABLES_VERSION: Final = 1
"""Of the tables and columns that every game has (docs/recordings.md); a change that a reader must know counts it up."""
PART_ENDING: Final = ".part"
"""Behind the name of a folder that is being written: what was cut short is never taken for whole."""


@attrs.frozen(kw_only=True)
class Wanted:
    """What of a recording is exported, and how.

    Attributes:
        form: of the files.
        every: states of the first tick that was shown of each so many; inputs, calls, events and hashes are of all ticks.
        first, last: ticks; None: from the beginning, to the end.
    """

    form: ExportFormat
    every: int = 1
    first: int | None = None
    last: int | None = None


@attrs.frozen(kw_only=True)
class Exported:
    """What came of it: rows by table."""

    folder: Path
    first: int
    last: int
    rows: dict[str, int]


def export(
    recording: Recording, name: str, folder: Path, wanted: Wanted, on_tick: Callable[[int, int], None] = lambda done, total: None
) -> Exported:
    """Write a recording's tables into this folder, which must not be there yet.

    Args:
        recording: whole or cut short; what is in it is exported.
        name: of its file, for recording.json.
        folder: where to; while it is written `.part` stands behind its name.
        wanted: what, and how.
        on_tick: called now and then with how many ticks are done, and of how many.

    Raises:
        ExportError: the folder is there already, the ticks are not in the recording, or pyarrow is not installed.
        FormatError: the recording is damaged in a way that no accident causes.
    """
    playback = recording.play()
    first = recording.first_tick if wanted.first is None else max(wanted.first, recording.first_tick)
    last = recording.last_tick if wanted.last is None else min(wanted.last, recording.last_tick)
    if first > last:
        there = f"{name} has the ticks {recording.first_tick} to {recording.last_tick}"
        raise ExportError(f"there is nothing from tick {first} to tick {last}: {there}")
    if folder.exists():
        raise ExportError(f"{folder} is there already: remove it, or name another folder with --output")
    part = folder.with_name(folder.name + PART_ENDING)
    shutil.rmtree(part, ignore_errors=True)  # of an export that was killed
    part.mkdir(parents=True)
    try:
        with _Sinks(part, wanted.form) as sinks:
            writing = _Export(recording, playback, wanted.every, (first, last), sinks)
            ticks = last - first + 1
            total = 2 * ticks if writing.has_truth else ticks
            for done in writing.write_view():
                on_tick(done, total)
            for done in writing.write_truth() if writing.has_truth else ():
                on_tick(ticks + done, total)
        about = _about(recording, playback.schema, name) | {"first_tick": first, "last_tick": last, "every": wanted.every}
        text = json.dumps(about | {"tables": sinks.describe()}, ensure_ascii=False, indent=1)
        (part / ABOUT).write_text(f"{text}\n", encoding="utf-8")
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    on_tick(total, total)
    return Exported(folder=folder, first=first, last=last, rows=sinks.rows)


class _Sinks:
    """The open files of one export, with how many rows each has been given."""

    def __init__(self, folder: Path, form: ExportFormat) -> None:
        self.rows: dict[str, int] = {}
        self._folder = folder
        self._form = form
        self._tables: dict[str, Table] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._open.close()

    def open(self, table: Table) -> Callable[[Sequence[object]], None]:
        """Begin a table; returns what takes its rows."""
        if table.name in self.rows:
            raise FormatError(f"two things in the recording's schema are called {table.name}")
        path = self._folder / self._file_of(table)
        path.parent.mkdir(exist_ok=True)
        sink = SINKS[self._form](path, table)
        self._open.callback(sink.close)
        self._tables[table.name] = table
        rows, name = self.rows, table.name
        rows[name] = 0

        def add(row: Sequence[object]) -> None:
            rows[name] += 1
            sink.add(row)

        return add

    def _file_of(self, table: Table) -> str:
        return f"{table.name}.{self._form}"

    def describe(self) -> dict[str, Any]:
        """For recording.json."""
        return {
            name: {
                "file": self._file_of(table),
                "rows": self.rows[name],
                "columns": [column.describe() for column in table.columns],
            }
            for name, table in self._tables.items()
        }


class _Export:
    """One recording on its way into files."""

    def __init__(self, recording: Recording, playback: Playback, every: int, ticks: tuple[int, int], sinks: _Sinks) -> None:
        self._recording = recording
        self._playback = playback
        self._every = every
        self._first, self._last = ticks
        self._schema = playback.schema
        self._tables = Tables.of(self._schema)
        self._sinks = sinks

    @property
    def has_truth(self) -> bool:
        """Does the recording say what the players did?"""
        return self._recording.origin is not None

    def _seconds(self, tick: int) -> float:
        return (tick - self._recording.header.first) / self._recording.header.rate

    # -- the view track ----------------------------------------------------------------------------------------------------
    def write_view(self) -> Iterator[int]:
        """States and events; yields how many ticks are done."""
        states = States(self._schema, self._tables.kinds, [self._sinks.open(table) for table in self._tables.kinds])
        happenings = Happenings(self._schema, self._seconds, [self._sinks.open(table) for table in self._tables.events])
        window = None
        """Of the last state that was written: which so-manyth of `every` ticks it stands in."""
        playback = self._playback
        playback.seek(max(self._first - 1, playback.tick))
        tick = playback.tick
        while tick <= self._last:
            if tick >= self._first and tick // self._every != window:
                window = tick // self._every
                states.write(tick, self._seconds(tick), playback.replica.parts)
            frame = playback.advance()
            if frame is None:
                break
            tick = frame.tick
            happenings.write(frame, self._first, self._last)
            yield min(max(self._first, tick), self._last) - self._first

    # -- the truth track ---------------------------------------------------------------------------------------------------
    def write_truth(self) -> Iterator[int]:
        """Inputs, calls and hashes; yields how many ticks are done."""
        add_input, add_step = self._sinks.open(self._tables.inputs), self._sinks.open(self._tables.steps)
        calls = {name: (self._sinks.open(table), reader(self._schema.calls[name])) for name, table in self._tables.calls.items()}
        read_input = reader(self._schema.input)
        for step in self._recording.steps(after=self._first - 1):
            tick, seconds = step.tick, self._seconds(step.tick)
            if tick > self._last:
                break
            add_step((tick, seconds, step.hash))
            try:
                for player, row in step.inputs.items():
                    add_input((tick, seconds, player, step.views.get(player, 0) / SUBTICKS, *read_input(row)))
                for command in step.commands:
                    if isinstance(command, Called):
                        add_call, read = calls[command.method]
                        add_call((tick, seconds, command.player, *read(command.arguments)))
            except (KeyError, ValueError) as error:
                raise FormatError(f"step {tick} does not fit the recording's own schema: {error}") from error
            yield tick - self._first


def _about(recording: Recording, schema: Schema, name: str) -> dict[str, Any]:
    """The facts of the recording, for recording.json."""
    header = recording.header
    facts: dict[str, Any] = {
        "tables_version": TABLES_VERSION,
        "recording": name,
        "session": header.session.hex(),
        "game": header.game,
        "version": header.version,
        "room": header.room,
        "software": header.software,
        "began_at": _date(header.at),
        "rate": header.rate,
        "end": recording.contents.end,
        "gaps": [list(gap) for gap in recording.gaps],
        "map": None if header.map is None else {"name": header.map[0], "sha256": header.map[1].hex()},
        "options": _options(recording, schema),
        "players": _players(recording),
    }
    if recording.fault is not None:
        facts["fault"] = {"tick": recording.fault.tick, "kind": recording.fault.kind, "text": recording.fault.text}
    return facts


def _date(at: float) -> str | None:
    """In ISO 8601; None for what is beyond the calendar."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):
        return None


def _options(recording: Recording, schema: Schema) -> dict[str, object]:
    """Of the room, by name."""
    names = [field.name for field in schema.options.fields]
    try:
        return dict(zip(names, reader(schema.options)(recording.header.options), strict=True))
    except ValueError as error:
        raise FormatError(f"the options do not fit the recording's own schema: {error}") from error


def _players(recording: Recording) -> list[dict[str, object]]:
    """Who had a seat from when to when, in the order of joining; `left` None: until the end."""
    everyone: list[dict[str, object]] = []
    there: dict[int, dict[str, object]] = {}
    for mark in recording.marks:
        if mark.what is What.JOINED:
            player, name, is_bot = mark.values
            there[player] = {"player": player, "name": name, "bot": is_bot, "joined": mark.tick, "left": None}
            everyone.append(there[player])
        elif mark.what is What.LEFT and mark.values[0] in there:
            there.pop(mark.values[0])["left"] = mark.tick
    return everyone
