"""A recording that is cut anywhere, or in which a bit has flipped: it opens, it has all that is whole, and never a wrong tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import ChunkType, places
from gameserver.core.replay.header import Header
from gameserver.core.replay.recording import Recording

if TYPE_CHECKING:
    import random

    from gameserver.core.replay.chunks import Place
    from gameserver.core.view import Contents

LAST_BYTES: Final = 64 * 1_024
LOOKED_INTO: Final = 64
"""Of the damaged files so many are played from their last keyframe and compared step by step: the others by what is in them."""
_TRACKS: Final = (ChunkType.VIEW, ChunkType.TRUTH)


@attrs.define
class Damaged:
    """What came of damaged files. `wrong`: in words."""

    files: int = 0
    refused: int = 0
    """With the format's error: damaged in their header."""
    most_lost_seconds: float = 0.0
    """Behind a cut: of what had been written when it happened."""
    wrong: list[str] = attrs.field(factory=list)


class Whole:
    """A sound recording that damaged ones are compared with."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.recording = Recording.open(data)
        self.header_size = Header.decode(data)[1]
        self.places: list[Place] = [*places(memoryview(data), self.header_size)]
        self.hashes = {step.tick: step.hash for step in self.recording.steps()}
        self._playback = self.recording.play()

    def world(self, tick: int) -> Contents:
        """Of the last frame at or before this tick."""
        self._playback.seek(tick)
        return self._playback.contents

    def differences(self, damaged: Recording, since: int) -> str:
        """What is wrong in a damaged copy from this tick on, empty if nothing is."""
        try:
            for step in damaged.steps(after=since):
                if step.hash != self.hashes.get(step.tick):
                    return f"step {step.tick} is another one"
            span = damaged.view_ticks
            if span is None:
                return ""
            playback = damaged.play(max(span[0], since))
            while True:
                if playback.contents != self.world(playback.tick):
                    return f"the world of tick {playback.tick} is another one"
                if playback.advance() is None:
                    return "" if playback.tick == span[1] else f"it plays up to {playback.tick}, not {span[1]}"
        except FormatError as error:
            return f"it cannot be played: {error}"


def cuts(whole: Whole, last_bytes: int = LAST_BYTES) -> Damaged:
    """Cut at every one of the last bytes: what is read is what was whole. A sample is opened and played."""
    found = Damaged()
    data = memoryview(whole.data)
    start = max(whole.header_size, len(data) - last_bytes)
    rate = whole.recording.header.rate
    every = max(1, (len(data) - start) // LOOKED_INTO)
    near = 0
    for cut in range(start, len(data)):
        while whole.places[near].offset + whole.places[near].length <= cut and near < len(whole.places) - 1:
            near += 1
        sound = whole.places[: near + (whole.places[near].offset + whole.places[near].length <= cut)]
        first = max(0, len(sound) - 2)  # what is read before does not depend on the cut
        if [*places(data[:cut], whole.places[first].offset)] != sound[first:]:
            found.wrong.append(f"cut at {cut}: it has other chunks than those that are whole")
        found.files += 1
        if (cut - start) % every == 0:
            _look_into(whole, data[:cut], sound, found, f"cut at {cut}")
        written = _last_tick(whole.places[: near + 1])
        found.most_lost_seconds = max(found.most_lost_seconds, (written - _last_tick(sound)) / rate)
    return found


def flips(whole: Whole, count: int, dice: random.Random) -> Damaged:
    """One bit of each of so many copies is another one: what is read is what was before it."""
    found = Damaged()
    bits = bytearray(whole.data)
    data = memoryview(bits)
    for number in range(count):
        at, bit = dice.randrange(len(data)), 1 << dice.randrange(8)
        data[at] ^= bit
        found.files += 1
        sound = [place for place in whole.places if place.offset + place.length <= at]
        try:
            if at < whole.header_size:
                Recording.open(data)
                found.wrong.append(f"bit {bit} at {at}: the header is damaged, and it opens")
            else:
                recording = Recording.open(data)
                kept = [place for place in sound if place.type != ChunkType.FOOTER]
                if [*recording.places] != kept:
                    found.wrong.append(f"bit {bit} at {at}: it has other chunks than those before the damage")
                elif number % max(1, count // LOOKED_INTO) == 0 and (wrong := whole.differences(recording, _since(recording))):
                    found.wrong.append(f"bit {bit} at {at}: {wrong}")
        except FormatError as error:
            found.refused += 1
            if at >= whole.header_size:
                found.wrong.append(f"bit {bit} at {at}: it does not open: {error}")
        data[at] ^= bit
    return found


def _look_into(whole: Whole, data: memoryview, sound: list[Place], found: Damaged, what: str) -> None:
    recording = Recording.open(data)
    if [*recording.places] != [place for place in sound if place.type != ChunkType.FOOTER]:
        found.wrong.append(f"{what}: it opens with other chunks than those that are whole")
    elif wrong := whole.differences(recording, _since(recording)):
        found.wrong.append(f"{what}: {wrong}")


def _since(recording: Recording) -> int:
    """Ten seconds before the end: what is compared frame by frame and step by step."""
    return recording.last_tick - 10 * recording.header.rate


def _last_tick(found: list[Place]) -> int:
    """The last one of either track, where the shorter of them ends."""
    ends = [max((place.last_tick for place in found if place.type == kind), default=0) for kind in _TRACKS]
    return min(ends)
