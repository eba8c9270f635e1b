"""Writes tests/vectors/recording/: recordings with what they mean, for every program that reads them.

    python -m tests.core.replay.make_vectors

Pytest checks that the files are up to date and that our reader agrees with them; the browser's tests read the same files. Beside
each NAME.trpl stands a NAME.json (bytes in it are {"bin": hex}):

    header      its map, without the schema and the map's bytes; flags
    contents    first, last, end, steps, marks (as arrays), after
    sealed      has it a FOOTER?
    view        the first and the last tick that can be looked at
    chunks      [type, first tick, ticks, offset, length] of each but the footer, in the order of the file
    keyframes   the ticks of the KEYFRAMEs
    gaps        [first, last] of the ticks that are missing
    frames      all that a player who starts at the first tick is shown, in order: [tick, flags, is a jump, events, cosmetics];
                events: [tick, kind, to, deaf, values], cosmetics: [tick, kind, values]
    worlds      tick → part → entity id → [form, values], of some ticks; parts without entities are left out
    public      the same ticks, as they are without the secret parts

    pong.trpl   a match of two bots with a gap in its view, in which one leaves: no secrets
    fleet.trpl  a match of two bots that have secrets of each other; it ticks on input
    fleet-cut.trpl    the same cut in the midst of a block: it has no footer
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.recording import Recording
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from gameserver.testing import Match

if TYPE_CHECKING:
    from gameserver.core.replay.playback import Playback

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "recording"


# -- the matches -------------------------------------------------------------------------------------------------------------
def pong() -> bytes:
    """Two bots; between 8 and 9 s of the match the disk hangs, and after 10 s one of them goes."""
    match = Match(Pong, seed=6, check=False)
    _, bob = match.bots(2)
    match.record()
    tape = match.tape
    match.run(seconds=8)
    match.recording()  # what was played so far is written
    match.run(seconds=1)
    tape.drop_view()
    match.run(seconds=1)
    match.remove(bob)
    match.run(seconds=2)
    tape.note(match.tick, "the end")
    return match.recording()


def fleet() -> bytes:
    """Two bots play to the end."""
    match = Match(Fleet, seed=6, check=False)
    match.bots(2)
    match.record()
    match.until(lambda: match.result is not None, seconds=600)
    match.run(seconds=1)
    return match.recording()


def fleet_cut() -> bytes:
    """As a process leaves it that was killed."""
    data = fleet()
    recording = Recording.open(data)
    block = [place for place in recording.places if place.type == ChunkType.VIEW][-3]
    return data[: block.offset + block.length - 1]


# -- what they mean ------------------------------------------------------------------------------------------------------------
def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a header
    """In JSON's words."""
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def world(playback: Playback) -> dict[str, Any]:
    """What is shown now, parts and ids in order."""
    contents = playback.contents
    return {
        str(part): {str(number): plain(contents[part][number]) for number in sorted(contents[part])} for part in sorted(contents)
    }


def frames(playback: Playback) -> list[Any]:
    """All from here on."""
    kinds = {layout.name: number for number, layout in enumerate(playback.schema.events)}
    found = []
    while (frame := playback.advance()) is not None:
        events = [[event.tick, event.kind, event.to, event.deaf, event.values] for event in frame.events]
        cosmetics = [
            [one.tick, kinds[one.name], playback.schema.events[kinds[one.name]].pack(one.event)] for one in frame.cosmetics
        ]
        found.append(plain([frame.tick, frame.flags, frame.is_jump, events, cosmetics]))
    return found


def meaning(data: bytes) -> dict[str, Any]:
    """What a reader finds in it."""
    recording = Recording.open(data)
    header, contents = recording.header, recording.contents
    names = ("session", "game", "version", "room", "protocol", "rate", "first", "at", "options", "software", "before", "flags")
    view = recording.view_ticks
    assert view is not None
    first, last = view
    ticks = sorted({first, first + 1, *range(first, last, max(1, (last - first) // 8)), last})
    whole, public = recording.play(), recording.play(secret=False)
    worlds, publics = {}, {}
    for tick in ticks:
        whole.seek(tick)
        public.seek(tick)
        worlds[str(tick)], publics[str(tick)] = world(whole), world(public)
    return {
        "header": plain({name: getattr(header, name) for name in names}),
        "contents": plain(
            {name: getattr(contents, name) for name in ("first", "last", "end", "steps", "after")}
            | {"marks": [[mark.tick, int(mark.what), *mark.values] for mark in contents.marks]}
        ),
        "sealed": recording.sealed,
        "view": [first, last],
        "chunks": [[place.type, place.first_tick, place.ticks, place.offset, place.length] for place in recording.places],
        "keyframes": [place.first_tick for place in recording.places if place.type == ChunkType.KEYFRAME],
        "gaps": plain(recording.gaps),
        "frames": frames(recording.play()),
        "worlds": worlds,
        "public": publics,
    }


def recordings() -> dict[str, bytes]:
    """Every recording by its name."""
    return {"pong": pong(), "fleet": fleet(), "fleet-cut": fleet_cut()}


def text_of(content: dict[str, Any]) -> str:
    """A line for each thing: changes are easy to see."""
    lines = []
    for key, value in content.items():
        if isinstance(value, list) and value:
            lines.append(f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(one) for one in value) + "\n]")
        elif key in ("worlds", "public"):
            worlds = ",\n".join(f"{json.dumps(tick)}: {json.dumps(one)}" for tick, one in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{worlds}\n}}")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, data in recordings().items():
        (FOLDER / f"{name}.trpl").write_bytes(data)
        (FOLDER / f"{name}.json").write_text(text_of(meaning(data)), encoding="utf-8")


if __name__ == "__main__":
    main()
