"""A recorded match to look at: the world of any tick, forwards and backwards, with what was heard on the way."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import attrs

from gameserver.core.errors import FormatError, ProtocolError, WorldMismatch
from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.frames import RawFrame, decode_frames, decode_keyframe
from gameserver.core.replica import Cosmetic, Replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gameserver.core.replay.chunks import Chunk, Place
    from gameserver.core.replay.frames import ShownEvent
    from gameserver.core.schema import Schema
    from gameserver.core.view import Contents


@attrs.frozen
class Frame:
    """What happened from the tick before to this one. The world is the playback's."""

    tick: int
    flags: int
    events: tuple[ShownEvent, ...] = ()
    """Reliable ones, in order."""
    cosmetics: tuple[Cosmetic, ...] = ()
    """Oldest first."""
    is_jump: bool = False
    """The ticks before it are missing."""


class Playback:
    """See the module.

    Attributes:
        schema: of the recording.
        replica: the world of the tick, as one sees it who may see everything.
        flags: as in SNAPSHOT, of the tick.
    """

    def __init__(
        self,
        schema: Schema,
        read: Callable[[Place], Chunk],
        by_type: Mapping[int, Sequence[Place]],
        *,
        tick: int | None = None,
        secret: bool = True,
    ) -> None:
        """`read`: the chunk of a place. Raises FormatError if there is no view."""
        self.schema = schema
        self.replica = Replica(schema)
        self.flags = 0
        self._read = read
        self._keyframes = by_type.get(ChunkType.KEYFRAME, ())
        self._secret_keyframes = {place.first_tick: place for place in by_type.get(ChunkType.SECRET_KEYFRAME, ())} if secret else {}
        self._blocks = by_type.get(ChunkType.VIEW, ())
        self._secret_blocks = by_type.get(ChunkType.SECRET_VIEW, ()) if secret else ()
        self._frames: Iterator[RawFrame] = iter(())
        self._secret_frames: Iterator[RawFrame] = iter(())
        self._next: RawFrame | None = None
        """The next frame of the public part, taken out of its block."""
        self._next_secret: RawFrame | None = None
        self._spoiled = False
        """The last thing that was to be shown did not fit: the replica is of no use until it begins anew."""
        if not self._keyframes:
            raise FormatError("there is nothing to look at in this recording: it was cut before the first world in it")
        self._jump(0)
        if tick is not None:
            self.seek(tick)

    @property
    def tick(self) -> int:
        """Of the world that is shown."""
        tick = self.replica.tick
        assert tick is not None
        return tick

    @property
    def contents(self) -> Contents:
        """The world, part → id → record, as `Simulation.contents` had it. It is a copy, and changes no more."""
        return {part: dict(records) for part, records in self.replica.parts.items() if records}

    def seek(self, tick: int) -> None:
        """Show the world of the last frame at or before this tick; of the first there is, if all are later. Raises FormatError."""
        at = max(0, bisect_right(self._keyframes, tick, key=lambda place: place.first_tick) - 1)
        if self._spoiled or not self._keyframes[at].first_tick <= self.tick <= tick:
            self._jump(at)
        while (following := self._following()) is not None and following <= tick:
            self.advance()

    def advance(self) -> Frame | None:
        """Show the next frame, None behind the last. Raises FormatError."""
        following = self._following()
        if following is None:
            return None
        raw = self._next
        if raw is None or raw.before != self.tick or self._spoiled:
            self._jump(bisect_right(self._keyframes, following, key=lambda place: place.first_tick) - 1)
            return Frame(self.tick, self.flags, is_jump=True)
        self._next = next(self._frames, None)
        events, fragments = raw.events, raw.fragments
        while self._next_secret is not None and self._next_secret.tick < raw.tick:
            self._next_secret = next(self._secret_frames, None)
        if self._next_secret is not None and self._next_secret.tick == raw.tick:
            events, fragments = events + self._next_secret.events, fragments + self._next_secret.fragments
            self._next_secret = next(self._secret_frames, None)
        cosmetics = self._apply(self.replica.epoch, raw.tick, fragments)
        self.flags = raw.flags
        return Frame(raw.tick, raw.flags, events, tuple(cosmetics))

    def _following(self) -> int | None:
        """The tick that `advance` shows next. A frame whose base is not here is behind a gap: then it is the keyframe before it."""
        raw = self._next
        if raw is not None and raw.before == self.tick and not self._spoiled:
            return raw.tick
        at = bisect_right(self._keyframes, self.tick, key=lambda place: place.first_tick)
        return self._keyframes[at].first_tick if at < len(self._keyframes) else None

    def _jump(self, at: int) -> None:
        """Show the world of this keyframe, and have the frames behind it at hand."""
        place = self._keyframes[at]
        tick = place.first_tick
        self.flags, fragments = decode_keyframe(self._read(place).payload)
        secret = self._secret_keyframes.get(tick)
        if secret is not None:
            fragments += decode_keyframe(self._read(secret).payload)[1]
        self._apply(self.replica.epoch + 1, tick, fragments)
        self._frames = self._frames_behind(self._blocks, tick)
        self._secret_frames = self._frames_behind(self._secret_blocks, tick)
        self._next = next(self._frames, None)
        self._next_secret = next(self._secret_frames, None)

    def _frames_behind(self, blocks: Sequence[Place], tick: int) -> Iterator[RawFrame]:
        at = bisect_right(blocks, tick, key=lambda place: place.first_tick)
        for place in blocks[max(0, at - 1) :]:
            if place.last_tick > tick:
                yield from (frame for frame in decode_frames(self._read(place).payload) if frame.tick > tick)

    def _apply(self, epoch: int, tick: int, fragments: tuple[Any, ...]) -> list[Cosmetic]:
        self._spoiled = True
        try:
            cosmetics = self.replica.apply(epoch, tick, (), (), fragments)
        except (ProtocolError, WorldMismatch) as error:
            raise FormatError(f"the recording does not fit its own schema: {error}") from error
        self._spoiled = False
        return cosmetics
