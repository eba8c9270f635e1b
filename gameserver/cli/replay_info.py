"""`gameserver replay info`: what recordings hold, read without running any game."""

from __future__ import annotations

import datetime
import json as json_module
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from gameserver.cli.replay import Games, files_of, open_recording, size_text
from gameserver.cli.say import FAILED, OK, printable, progress
from gameserver.core.errors import GameserverError, ProtocolError
from gameserver.core.layout import to_value
from gameserver.core.replay.chunks import END_SIZE, ChunkType
from gameserver.core.replay.header import What
from gameserver.core.replay.telling import clock_text
from gameserver.core.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gameserver.core.replay.header import Mark
    from gameserver.core.replay.recording import Recording

TRACKS: Final = {
    "view": (ChunkType.VIEW,),
    "secret view": (ChunkType.SECRET_VIEW,),
    "truth": (ChunkType.TRUTH, ChunkType.ORIGIN, ChunkType.FAULT),
    "keyframes": (ChunkType.KEYFRAME, ChunkType.SECRET_KEYFRAME),
    "states": (ChunkType.STATE,),
}
"""What takes a file's bytes. The header with its map, marks and the footer are the rest."""
ENDS: Final = {
    "over": "the match was over",
    "closed": "its room was closed",
    "rolled": "it goes on in another file",
    "faulted": "the game failed",
    "cut": "cut out of a longer one",
}
MOST_NAMES: Final = 16
"""Players on one line: more are counted."""


def info(
    *files: str, game: Annotated[tuple[str, ...], Parameter(negative="")] = (), marks: bool = False, json: bool = False
) -> int:
    """Say what recordings hold: who played what and when, how long, by which code, and what it takes on the disk.

    Parameters
    ----------
    files
        Recordings, folders of them, or globs. Default: ./recordings.
    game
        Game that some are of, as the path of a Python file: then it is said whether they can be verified by it.
    marks
        List what their timelines show, too: who came and went, reliable events, how the match ended.
    json
        Print one JSON object.
    """
    paths = files_of(files)
    show = progress("recordings read", len(paths))
    games = Games(game)
    told: list[dict[str, Any]] = []
    for number, path in enumerate(paths, start=1):
        told.append(_told(path, games, marks=marks))
        show(number)
    if json:
        print(json_module.dumps({"files": told}))
    else:
        print("\n\n".join("\n".join(_lines(one)) for one in told))
    return FAILED if any("error" in one for one in told) else OK


def _told(path: Path, games: Games, *, marks: bool) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        recording = open_recording(path)
        facts = _facts(recording, size, games)
    except (GameserverError, OSError) as error:  # also a file that was removed meanwhile, to make room for others
        return {"file": str(path), "error": str(error)}
    return {"file": str(path), **facts, **({"marks": _marks(recording)} if marks else {})}


def _facts(recording: Recording, size: int, games: Games) -> dict[str, Any]:
    header, contents, fault = recording.header, recording.contents, recording.fault
    seconds = (contents.last - header.first) / header.rate
    sizes = {
        name: sum(place.length for place in recording.places if place.type in types) for name, types in TRACKS.items()
    }  # fmt: skip
    return {
        "bytes": size,
        "session": header.session.hex(),
        "game": header.game,
        "version": header.version,
        "room": header.room,
        "map": None if header.map is None else header.map[0],
        "options": _options(recording),
        "began": header.at,
        "seconds": round(seconds, 3),
        "tick_rate": header.rate,
        "first_tick": header.first,
        "last_tick": contents.last,
        "sealed": recording.sealed,
        "end": contents.end,
        "before": header.before,
        "after": contents.after,
        "players": _players(contents.marks),
        "counts": {what.name.lower(): count for what, count in sorted(Counter(mark.what for mark in contents.marks).items())},
        "steps": contents.steps,
        "final_hash": None if contents.hash is None else contents.hash.hex(),
        "cannot_be_verified": games.refusal(recording),
        "gaps": [list(gap) for gap in recording.gaps],
        "unsound_bytes": max(0, size - recording.size - (END_SIZE if recording.sealed else 0)),
        "fault": None if fault is None else {name: getattr(fault, name) for name in ("tick", "id", "kind", "text", "where")},
        "tracks": sizes | {"rest": size - sum(sizes.values())},
        "bytes_per_hour": round(size / seconds * 3_600) if seconds >= 1 else None,
        "software": header.software,
        "python": None if recording.origin is None else recording.origin.python,
        "protocol": header.protocol,
        "shareable": recording.is_shareable,
    }  # fmt: skip


def _players(marks: tuple[Mark, ...]) -> list[dict[str, Any]]:
    """Everyone who was in it, in order."""
    joined = (mark.values for mark in marks if mark.what is What.JOINED)
    return [{"player": number, "name": name, "bot": bot} for number, name, bot in dict.fromkeys(joined)]


def _options(recording: Recording) -> dict[str, Any]:
    try:
        layout = Schema.from_wire(recording.header.schema).options
        made = layout.make(layout.check_row(recording.header.options))
    except (ProtocolError, ValueError):
        return {}
    return {field.name: getattr(made, field.name) for field in layout.fields}


def _marks(recording: Recording) -> list[dict[str, Any]]:
    """The timeline, with events by their names and fields."""
    try:
        schema = Schema.from_wire(recording.header.schema)
    except ProtocolError:
        schema = None
    found = []
    for mark in recording.marks:
        one: dict[str, Any] = {"tick": mark.tick, "seconds": round((mark.tick - recording.header.first) / recording.header.rate, 3)}
        one["what"] = mark.what.name.lower()
        match mark.what, mark.values:
            case What.JOINED, (player, name, bot):
                one |= {"player": player, "name": name, "bot": bot}
            case What.LEFT, (player,):
                one["player"] = player
            case What.EVENT, (kind, *row) if schema is not None and kind < len(schema.events):
                layout = schema.events[kind]
                one["event"] = layout.name
                one |= {field.name: to_value(field, value) for field, value in zip(layout.fields, row, strict=False)}
            case What.GAP, (first,):
                one["first_missing"] = first
            case _, values if values:
                one["values"] = list(values)
        found.append(one)
    return found


# -- for a person ----------------------------------------------------------------------------------------------------------
def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield told["file"]
    if "error" in told:
        yield _line("unreadable", told["error"])
        return
    on_map = f" on {told['map']}" if told["map"] else ""
    yield _line("game", f"{told['game']}@{told['version']}{on_map}, room {told['room']}")
    if told["options"]:
        yield _line("options", ", ".join(f"{name}={value}" for name, value in told["options"].items()))
    yield _line("began", _date(told["began"]))
    length = clock_text(told["seconds"])
    yield _line("length", f"{length}, ticks {told['first_tick']} to {told['last_tick']} at {told['tick_rate']} Hz")
    yield _line("ended", _how_it_ended(told))
    yield _line("players", _named(told["players"]))
    yield _line("timeline", ", ".join(f"{what} {count}" for what, count in told["counts"].items()) or "nothing on it")
    rate = f", {size_text(told['bytes_per_hour'])} an hour" if told["bytes_per_hour"] else ""
    yield _line(
        "size", f"{size_text(told['bytes'])}{rate}: " + ", ".join(f"{n} {size_text(b)}" for n, b in told["tracks"].items() if b)
    )
    gaps = ", ".join(f"{first} to {last}" for first, last in told["gaps"])
    yield _line("gaps", f"of the view, ticks {gaps}: the disk was too slow" if gaps else "none")
    if told["fault"]:
        fault = told["fault"]
        yield _line("fault", f"{fault['id']} in tick {fault['tick']}, {fault['where']}: {fault['kind']}: {fault['text']}")
    why_not = told["cannot_be_verified"]
    steps = f"{told['steps']} steps, each with a hash"
    yield _line(
        "truth",
        f"{steps}; `replay verify` can judge them" if why_not is None else f"{steps if told['steps'] else 'none'}; {why_not}",
    )
    made_by = f", Python {told['python']}" if told["python"] else ""
    yield _line("made by", f"{told['software']}{made_by}, protocol {told['protocol']}")
    for mark in told.get("marks", ()):
        yield f"    {clock_text(mark['seconds']):>8}  {printable(_mark_text(mark))}"


def _line(name: str, value: str) -> str:
    return f"  {name:<10} {printable(value)}"


def _date(seconds: float) -> str:
    if not seconds:
        return "at no time that is known: it was played in a test"
    try:
        return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OSError, OverflowError, ValueError):
        return "at no time that there is"


def _how_it_ended(told: dict[str, Any]) -> str:
    if not told["sealed"]:
        lost = f"; its last {told['unsound_bytes']} bytes are damaged" if told["unsound_bytes"] else ""
        return f"it still grows, or its server was stopped{lost}"
    after = f": {told['after']}" if told["after"] else ""
    return f"{ENDS.get(told['end'], 'nobody knows how')}{after}"


def _named(players: list[dict[str, Any]]) -> str:
    names = [f"{player['name']} (bot)" if player["bot"] else str(player["name"]) for player in players]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more or "nobody"


def _mark_text(mark: dict[str, Any]) -> str:
    values = {key: value for key, value in mark.items() if key not in ("tick", "seconds", "what", "event")}
    said = ", ".join(f"{name} {value}" for name, value in values.items())
    return f"{mark.get('event', mark['what'])}{f': {said}' if said else ''} (tick {mark['tick']})"
