"""A recording as it lies in a file or in memory, whole or cut: what is in it, its steps, its states, and the match to look at.

    recording = Recording.open(data)          bytes, or a file that is mapped into memory
    playback = recording.play(tick)           the view: what was shown
    for step in recording.steps(): …          the truth: what was done

A file is read up to the first chunk that is not sound. Nothing but FormatError is ever raised, and that only for a file
without a sound header, for one that lacks what is asked of it, and for one whose bytes somebody has forged.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import FormatError, ProtocolError
from gameserver.core.replay.chunks import Chunk, ChunkType, Place, chunk_at, places
from gameserver.core.replay.header import SHAREABLE, Contents, Fault, Header, Mark, Origin, What, decode_marks
from gameserver.core.replay.playback import Playback
from gameserver.core.replay.steps import Step, decode_steps
from gameserver.core.replay.values import values_of
from gameserver.core.schema import Schema

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

MOST_MARKS: Final = 1 << 17
"""Five times the events that a tape marks, and as many who came and went."""

_VIEW: Final = (ChunkType.VIEW, ChunkType.KEYFRAME)
_WORLDS: Final = (ChunkType.KEYFRAME, ChunkType.STATE)
_TIMED: Final = (ChunkType.VIEW, *_WORLDS, ChunkType.TRUTH)


class Recording:
    """See the module.

    Attributes:
        header: what it begins with.
        size: bytes that are sound, of all that there are.
        places: of all sound chunks but the footer.
        sealed: it has its footer: nothing is missing at its end.
        contents: from the footer; else what was found by reading (then the hash and the end are not known).
        origin: what a Simulation is made from; None in shareable files.
        fault: how the game failed, None if it did not.
    """

    def __init__(self, data: memoryview, header: Header, found: list[Place], header_size: int) -> None:
        """See `open`."""
        self._data = data
        self.header = header
        self.sealed = bool(found) and found[-1].type == ChunkType.FOOTER
        self.size = found[-1].offset + found[-1].length if found else header_size
        self.places = tuple(found[:-1] if self.sealed else found)
        self._by_type: dict[int, list[Place]] = {}
        for place in self.places:
            self._by_type.setdefault(place.type, []).append(place)
        origin, fault = self._of(ChunkType.ORIGIN), self._of(ChunkType.FAULT)
        self.origin = Origin.decode(self.chunk(origin[0]).payload) if origin else None
        self.fault = Fault.decode(self.chunk(fault[0]).payload) if fault else None
        self.contents = Contents.decode(self.chunk(found[-1]).payload) if self.sealed else self._find_contents()

    def close(self) -> None:
        """Let go of the data: a file that is mapped into memory can be unmapped then. Nothing more can be read."""
        self._data.release()

    @staticmethod
    def open(data: bytes | memoryview | mmap.mmap) -> Recording:
        """What is sound of it. Raises FormatError if not even the header is, or if it is forged."""
        view = memoryview(data)
        header, size = Header.decode(view)
        return Recording(view, header, list(places(view, size)), size)

    # -- what is in it -----------------------------------------------------------------------------------------------------
    def _of(self, kind: ChunkType) -> list[Place]:
        return self._by_type.get(kind, [])

    def chunk(self, place: Place) -> Chunk:
        """The chunk at one of the places. Raises FormatError."""
        return chunk_at(self._data, place)

    def _find_contents(self) -> Contents:
        """By reading, where there is no footer: a CONTENTS says what its stream has, or will have."""
        places = self._of(ChunkType.CONTENTS)
        said = Contents.decode(self.chunk(places[-1]).payload) if places else None
        marks = list(said.marks) if said is not None else []
        newest = marks[-1].tick if marks else 0
        said_of_newest = sum(mark.tick == newest for mark in marks)
        for place in self._of(ChunkType.MARKS):
            for mark in decode_marks(values_of(self.chunk(place).payload)):
                if mark.tick == newest and said_of_newest:
                    said_of_newest -= 1  # CONTENTS has it
                elif mark.tick >= newest:
                    marks.append(mark)
            if len(marks) > MOST_MARKS:
                raise FormatError(f"there are more than {MOST_MARKS} marks")
        return Contents(
            first=self.first_tick,
            last=self.last_tick,
            end="faulted" if self.fault is not None else said.end if said is not None else None,
            steps=self._count_steps(),
            hash=None,
            marks=tuple(marks),
            after=said.after if said is not None else None,
        )

    def _count_steps(self) -> int:
        """A match that ticks on its own has one in each tick; of one that ticks on input there are few."""
        if self.header.schema.get("on_input") is True:
            return sum(1 for _ in self.steps())
        return sum(place.ticks for place in self._of(ChunkType.TRUTH))

    @property
    def first_tick(self) -> int:
        """Of the first world in it."""
        return min((self._of(kind)[0].first_tick for kind in _WORLDS if self._of(kind)), default=self.header.first)

    @property
    def last_tick(self) -> int:
        """The last one that anything is known of."""
        return max((self._of(kind)[-1].last_tick for kind in _TIMED if self._of(kind)), default=self.header.first)

    @property
    def view_ticks(self) -> tuple[int, int] | None:
        """The first and the last tick that can be looked at; None if there is no view at all."""
        keyframes = self._of(ChunkType.KEYFRAME)
        if not keyframes:
            return None
        return keyframes[0].first_tick, max(self._of(kind)[-1].last_tick for kind in _VIEW if self._of(kind))

    @property
    def is_shareable(self) -> bool:
        """Was the truth left out on purpose?"""
        return bool(self.header.flags & SHAREABLE)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What a timeline shows."""
        return self.contents.marks

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """First and last of the ticks of which the view has nothing."""
        return [(mark.values[0], mark.tick - 1) for mark in self.marks if mark.what is What.GAP]

    # -- the truth ---------------------------------------------------------------------------------------------------------
    def steps(self, after: int | None = None) -> Iterator[Step]:
        """All steps, or those behind this tick. Read as they are asked for; raises FormatError."""
        blocks = self._of(ChunkType.TRUTH)
        start = 0 if after is None else _first_behind(blocks, after)
        last = -1
        for place in blocks[start:]:
            for step in decode_steps(self.chunk(place).payload, place.first_tick):
                if step.tick <= last:
                    raise FormatError(f"step {step.tick} stands behind step {last}: somebody has forged it")
                last = step.tick
                if after is None or step.tick > after:
                    yield step

    def state_at_or_before(self, tick: int) -> tuple[int, bytes]:
        """The tick and the bytes of the nearest whole state. Raises FormatError if there is none."""
        states = self._of(ChunkType.STATE)
        at = bisect_right(states, tick, key=lambda place: place.first_tick)
        if not at:
            raise FormatError(f"there is no state at or before tick {tick}: {self._why_not()}")
        place = states[at - 1]
        return place.first_tick, self.chunk(place).payload

    def _why_not(self) -> str:
        return (
            "this is a shareable recording, which has none" if self.is_shareable else f"the recording begins at {self.first_tick}"
        )

    # -- the view ----------------------------------------------------------------------------------------------------------
    def play(self, tick: int | None = None, *, secret: bool = True) -> Playback:
        """The match to look at, from its first tick or at this one. `secret`: with what not everyone saw, if it is there.

        Raises FormatError if nothing of the view is there.
        """
        try:
            schema = Schema.from_wire(self.header.schema)
        except ProtocolError as error:
            raise FormatError(f"the schema in this recording cannot be read: {error}") from error
        return Playback(schema, self.chunk, self._by_type, tick=tick, secret=secret)


def _first_behind(blocks: list[Place], tick: int) -> int:
    """The first of these places that has anything behind the tick."""
    at = bisect_right(blocks, tick, key=lambda place: place.first_tick)
    return at - 1 if at and blocks[at - 1].last_tick > tick else at
