"""A part of a recording, as a recording of its own.

It begins with a full state, so that it can still be simulated: the last one at or before the tick that is wanted, up to half a
minute earlier. Without its truth it begins in that very tick. Blocks that are cut in two are written anew; nothing else is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.audience import EVERYONE, part_of
from gameserver.core.errors import FormatError, GameError
from gameserver.core.parts import Parts
from gameserver.core.replay.chunks import MAX_TICK, Chunk, ChunkType, encode_chunk
from gameserver.core.replay.frames import FrameEncoder, decode_frames, encode_keyframe
from gameserver.core.replay.header import SHAREABLE, Contents, Mark, What
from gameserver.core.replay.index import FileIndex
from gameserver.core.replay.steps import StepEncoder, decode_steps
from gameserver.core.replay.values import pack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameserver.core.replay.header import Header
    from gameserver.core.replay.playback import Playback
    from gameserver.core.replay.recording import Recording

_PUBLIC: Final = part_of(EVERYONE)


@attrs.frozen
class Trimmed:
    """What came out.

    Attributes:
        data: the file.
        first: the tick that it begins after.
        last: the last one in it.
        has_truth: can it be simulated?
    """

    data: bytes
    first: int
    last: int
    has_truth: bool


def trim(recording: Recording, first: int, last: int, *, session: bytes, truth: bool = True) -> Trimmed:
    """The ticks from `first` to `last`. `session`: 16 random bytes for the new recording; `truth`: keep it, if it is there.

    Raises FormatError if nothing of the view is there, or if it is forged.
    """
    has_truth = truth and recording.origin is not None
    playback = recording.play(first)
    if has_truth:
        states = [place.first_tick for place in recording.places if place.type == ChunkType.STATE and place.first_tick <= first]
        for tick in reversed(states):
            playback.seek(tick)
            if playback.tick == tick:  # else the room has not shown that tick, or there is a gap
                break
        else:
            raise FormatError("no full state up to there has a view: leave the truth out, and it can be cut anywhere")
    try:
        return _Cut(recording, playback, last, session, has_truth=has_truth).made()
    except (GameError, ValueError) as error:  # a view or a timeline that is larger than a match's can be
        raise FormatError(f"what is cut out is larger than a recording may hold: {error}") from error


class _Cut:
    """One run."""

    def __init__(self, recording: Recording, playback: Playback, last: int, session: bytes, *, has_truth: bool) -> None:
        """`playback`: at the tick where it begins."""
        self._recording = recording
        self._playback = playback
        self._first = playback.tick
        self._is_to_the_end = last >= recording.contents.last
        self._last = MAX_TICK if self._is_to_the_end else last  # a fault comes one tick later
        self._has_truth = has_truth
        self._header = self._make_header(session)
        self._steps = 0
        self._last_seen = self._first

    def _make_header(self, session: bytes) -> Header:
        old = self._recording.header
        flags = 0 if self._has_truth else SHAREABLE
        at = old.at + (self._first - old.first) / old.rate if old.at else old.at  # 0: nobody knows when it was
        before = old.before if self._first == old.first else None
        code = old.code if self._has_truth else None
        return attrs.evolve(old, session=session, first=self._first, at=at, before=before, code=code, flags=flags)

    def made(self) -> Trimmed:
        """The whole file."""
        data = bytearray(self._header.encode())
        index = FileIndex(len(data))
        for chunk in self._chunks():
            encoded = encode_chunk(chunk)
            index.add(chunk, len(encoded))
            data += encoded
            if chunk.type in (ChunkType.VIEW, ChunkType.TRUTH, ChunkType.KEYFRAME):
                self._last_seen = max(self._last_seen, chunk.first_tick + chunk.ticks - 1)
        old = self._recording.contents
        contents = Contents(
            first=self._first,
            last=self._last_seen,
            end="cut",
            steps=self._steps,
            hash=old.hash if self._is_to_the_end and self._has_truth else None,
            marks=tuple(self._marks()),
        )
        return Trimmed(bytes(data) + index.footer(contents), self._first, self._last_seen, self._has_truth)

    def _chunks(self) -> Iterator[Chunk]:
        """In the order of a file."""
        recording = self._recording
        yield from self._beginning()
        for place in recording.places:
            if place.last_tick <= self._first or place.first_tick > self._last:
                continue
            match place.type:
                case ChunkType.VIEW | ChunkType.SECRET_VIEW:
                    yield from self._frames(recording.chunk(place))
                case ChunkType.TRUTH if self._has_truth:
                    yield from self._truth(recording.chunk(place))
                case ChunkType.KEYFRAME | ChunkType.SECRET_KEYFRAME:
                    yield recording.chunk(place)
                case ChunkType.STATE | ChunkType.FAULT if self._has_truth:
                    yield recording.chunk(place)
        if marks := self._marks():
            span = marks[-1].tick - marks[0].tick + 1
            yield Chunk(ChunkType.MARKS, marks[0].tick, span, b"".join(mark.encode() for mark in marks))

    def _beginning(self) -> Iterator[Chunk]:
        """What stands at the tick `first`: the view of it is made from what is shown there, since it need not be a keyframe's."""
        recording, first = self._recording, self._first
        if self._has_truth:
            assert recording.origin is not None
            yield Chunk(ChunkType.ORIGIN, first, 1, recording.origin.encode())
            yield Chunk(ChunkType.STATE, first, 1, recording.state_at_or_before(first)[1])
        contents = self._playback.contents
        parts = Parts(self._playback.schema, tick_rate=recording.header.rate)
        parts.commit(first, contents)
        secret = [parts.fragment(part, None) for part in sorted(contents) if part != _PUBLIC]
        if secret:
            yield Chunk(ChunkType.SECRET_KEYFRAME, first, 1, encode_keyframe(0, secret))
        yield Chunk(ChunkType.KEYFRAME, first, 1, encode_keyframe(self._playback.flags, [parts.fragment(_PUBLIC, None)]))

    def _frames(self, chunk: Chunk) -> Iterator[Chunk]:
        """This block, or what of it is wanted."""
        if chunk.first_tick > self._first and chunk.first_tick + chunk.ticks - 1 <= self._last:
            yield chunk
            return
        frames = list(decode_frames(chunk.payload))
        kept = [frame for frame in frames if self._first < frame.tick <= self._last]
        if not kept:
            return
        block = FrameEncoder(kept[0].before if kept[0] is frames[0] else self._first, kept[0].tick)
        for frame in kept:
            block.add(frame.tick, frame.flags, frame.events, [pack(fragment) for fragment in frame.fragments])
        yield Chunk(chunk.type, kept[0].tick, kept[-1].tick - kept[0].tick + 1, block.payload())

    def _truth(self, chunk: Chunk) -> Iterator[Chunk]:
        """This block, or what of it is wanted."""
        kept = [step for step in decode_steps(chunk.payload, chunk.first_tick) if self._first < step.tick <= self._last]
        if not kept:
            return
        self._steps += len(kept)
        block = StepEncoder(kept[0].tick)
        for step in kept:
            block.add(step, step.hash)
        yield Chunk(ChunkType.TRUTH, kept[0].tick, kept[-1].tick - kept[0].tick + 1, block.payload())

    def _marks(self) -> list[Mark]:
        """Who is there at the beginning joins in it, as in any recording; then the old ones."""
        old = self._recording.marks
        there: dict[int, Mark] = {}
        for mark in old:
            if mark.tick > self._first:
                break
            if mark.what is What.JOINED:
                there[mark.values[0]] = attrs.evolve(mark, tick=self._first)
            elif mark.what is What.LEFT:
                there.pop(mark.values[0], None)
        kept = [mark for mark in old if self._first < mark.tick <= self._last]
        return [*there.values(), *(self._within(mark) for mark in kept)]

    def _within(self, mark: Mark) -> Mark:
        if mark.what is What.GAP and mark.values[0] <= self._first:
            return attrs.evolve(mark, values=(self._first + 1,))
        return mark
