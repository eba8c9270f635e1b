"""`gameserver replay export`: recordings as tables, for analysis and for training agents."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import cyclopts
from cyclopts import Parameter

from gameserver.cli.replay import SUFFIXES, files_of, open_recording, tick_at
from gameserver.cli.say import FAILED, OK, printable, progress, say
from gameserver.core.errors import GameserverError
from gameserver.core.replay.telling import clock_text
from gameserver.export.exporter import Wanted
from gameserver.export.exporter import export as export_tables
from gameserver.export.sinks import ExportFormat  # noqa: TC001 - cyclopts reads the annotation
from gameserver.settings import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gameserver.core.replay.recording import Recording

FOLDER: Final = "exports"
PROGRESS_TICKS: Final = 512
"""Between two looks of whoever waits."""


def export(
    *files: str,
    to: ExportFormat,
    output: Annotated[str, Parameter(name=["--output", "-o"])] = FOLDER,
    every: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 1,
    from_: Annotated[str, Parameter(name="--from")] = "",
    until: str = "",
    json: bool = False,
) -> int:
    """Write recordings as tables: the world tick by tick, what every player did, what happened.

    Each recording becomes a folder with a table for each kind of entity, event and call; recording.json in it names their
    columns, docs/recordings.md explains them. It needs nothing of the game's code. What only one player or team saw is in the
    tables, too.

    Parameters
    ----------
    files
        Recordings, folders of them, or globs. Default: ./recordings.
    to
        "jsonl": one JSON object a line. "parquet": needs pyarrow, pip install 'gameserver[export]'.
    output
        Folder in which each recording gets a folder of its own name, which must not exist.
    every
        Write the world only once in so many ticks. What players did and what happened is written of all ticks.
    from_
        Begin here: a tick, such as 1234, or a time in the recording, such as 0:41. Default: its beginning.
    until
        End with this tick or time. Default: its end.
    json
        Print one JSON object.
    """
    paths = files_of(files)
    told: list[dict[str, Any]] = []
    for number, path in enumerate(paths, start=1):
        one: dict[str, Any] = {"file": str(path)}
        told.append(one)
        try:
            recording = open_recording(path)
            wanted = Wanted(
                form=to,
                every=every,
                first=tick_at(from_, recording, "--from") if from_ else None,
                last=tick_at(until, recording, "--until") if until else None,
            )
            folder = Path(output) / _stem(path)
            exported = export_tables(
                recording, path.name, folder, wanted, _progress(f"ticks of recording {number} of {len(paths)}")
            )
        except (GameserverError, OSError) as error:
            if len(paths) == 1:
                raise UsageError(f"{path}: {printable(str(error))}") from error
            one["error"] = printable(str(error))
            say(f"gameserver: {path}: {one['error']}")
            continue
        one |= {"folder": str(folder), "first_tick": exported.first, "last_tick": exported.last, "rows": exported.rows}
        if not json:
            print(_line(one, recording))
    if json:
        print(json_module.dumps({"files": told}))
    return FAILED if any("error" in one for one in told) else OK


def _stem(path: Path) -> str:
    """The file's name without what says that it is a recording."""
    suffix = next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.endswith(suffix)), "")
    return path.name.removesuffix(suffix)


def _progress(what: str) -> Callable[[int, int], None]:
    next_look = 0

    def on_tick(done: int, total: int) -> None:
        nonlocal next_look
        if done >= next_look or done == total:
            next_look = done + PROGRESS_TICKS
            progress(what, total)(done)

    return on_tick


def _line(one: dict[str, Any], recording: Recording) -> str:
    rows = one["rows"]
    length = clock_text((one["last_tick"] - one["first_tick"]) / recording.header.rate)
    return f"{one['folder']}: {length} in {len(rows)} tables with {sum(rows.values())} rows"
