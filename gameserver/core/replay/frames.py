"""The view of a match: in each frame what one who may see everything was shown, as differences from the frame before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from gameserver.core.audience import AUDIENCES
from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import MAX_TICK
from gameserver.core.replay.values import array, natural, pack, row, value_of, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gameserver.core.audience import PlayerId
    from gameserver.core.layout import Row


@attrs.frozen
class ShownEvent:
    """A reliable event of a frame, and whom it was for."""

    tick: int
    kind: int
    to: int
    """The audience's number."""
    deaf: tuple[PlayerId, ...]
    """Who of them had muted its author."""
    values: Row


@attrs.frozen
class RawFrame:
    """A frame as the file has it."""

    before: int
    """The tick of the room's frame before this one, or of the last one in the block."""
    tick: int
    flags: int
    events: tuple[ShownEvent, ...]
    fragments: tuple[Any, ...]


def array_head(count: int) -> bytes:
    """The first bytes of a msgpack array of so many elements, for elements that are packed already."""
    if count < 16:
        return bytes((0x90 | count,))
    return b"\xdc" + count.to_bytes(2, "big") if count < 1 << 16 else b"\xdd" + count.to_bytes(4, "big")


class FrameEncoder:
    """One block of frames."""

    __slots__ = ("_pieces", "base", "first", "last", "size")

    def __init__(self, base: int, first_tick: int) -> None:
        """`base`: the tick of the room's last frame before the block; `first_tick`: of its first."""
        self.first = first_tick
        self.base = self.last = base
        self._pieces = [pack(base)]
        self.size = len(self._pieces[0])

    def add(self, tick: int, flags: int, events: Iterable[ShownEvent], fragments: Sequence[bytes]) -> None:
        """The next frame. Fragments are bytes already."""
        shown = [(tick - event.tick, event.kind, event.to, event.deaf, *event.values) for event in events]
        head = array_head(3 + len(fragments)) + pack(tick - self.last) + pack(flags) + pack(shown)
        self._pieces += (head, *fragments)
        self.size += len(head) + sum(map(len, fragments))
        self.last = tick

    def payload(self) -> bytes:
        """The block."""
        return b"".join(self._pieces)


def decode_frames(payload: bytes) -> Iterator[RawFrame]:
    """The frames of a VIEW or SECRET_VIEW. Raises FormatError."""
    values = values_of(payload)
    try:
        tick = natural(next(values, None), MAX_TICK)
    except ValueError as error:
        raise FormatError("a block of frames does not begin with a tick") from error
    for body in values:
        try:
            back, flags, events, *fragments = array(body)
            before, tick = tick, natural(tick + natural(back), MAX_TICK)
            if tick == before:
                raise ValueError("two frames have one tick")
            shown = tuple(_event(tick, event) for event in array(events))
            yield RawFrame(before, tick, natural(flags), shown, tuple(fragments))
        except (IndexError, TypeError, ValueError) as error:
            raise FormatError(f"a frame behind tick {tick} does not fit: {str(error)[:200]}") from error


def _event(tick: int, event: object) -> ShownEvent:
    ago, kind, to, deaf, *values = array(event)
    deaf_to = tuple(natural(player) for player in array(deaf))
    return ShownEvent(natural(tick - natural(ago)), natural(kind), natural(to, AUDIENCES - 1), deaf_to, row(tuple(values)))


def encode_keyframe(flags: int, fragments: Sequence[bytes]) -> bytes:
    """The payload of a KEYFRAME or SECRET_KEYFRAME."""
    return b"".join((array_head(1 + len(fragments)), pack(flags), *fragments))


def decode_keyframe(payload: bytes) -> tuple[int, tuple[Any, ...]]:
    """Its flags and fragments. Raises FormatError."""
    try:
        flags, *fragments = array(value_of(payload))
        return natural(flags), tuple(fragments)
    except (TypeError, ValueError) as error:
        raise FormatError(f"a keyframe does not fit: {str(error)[:200]}") from error
