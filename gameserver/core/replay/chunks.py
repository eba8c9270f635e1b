"""What a recording is made of: chunks, each with a CRC of its own, so that a file is sound up to where it was cut.

data = encode_chunk(chunk)                        in a thread: it compresses
for place in places(file, after_the_header):      stops before the first that is not sound
    chunk = chunk_at(file, place)
"""

from __future__ import annotations

import enum
import struct
import zlib
from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PAYLOAD: Final = 8 * 1_024 * 1_024
"""Bytes of a payload, stored as well as inflated: a block of half a second has 4 KiB, a room's state 256 KiB at most. The values
of a forged one take its reader fifty times as much."""
MAX_TICK: Final = 2**32 - 1
"""At 60 Hz a room gets there after two years."""

_HEAD: Final = struct.Struct(">BBHIII")
"""type, codec, 0, length, first tick, ticks: what the CRC behind it covers, together with the payload."""
_CRC: Final = struct.Struct(">I")
HEAD_SIZE: Final = _HEAD.size + _CRC.size
_END: Final = struct.Struct(">Q8s")
_END_MAGIC: Final = b"TRPLEND1"
END_SIZE: Final = _END.size
RAW: Final = 0
ZLIB: Final = 1


class ChunkType(enum.IntEnum):
    """What a chunk holds."""

    VIEW = 1
    SECRET_VIEW = 2
    KEYFRAME = 3
    SECRET_KEYFRAME = 4
    TRUTH = 5
    STATE = 6
    MARKS = 7
    FAULT = 8
    ORIGIN = 9
    CONTENTS = 10
    FOOTER = 255


@attrs.frozen
class Chunk:
    """One piece of a recording. `type` may be one that no ChunkType names: such a chunk is passed over."""

    type: int
    first_tick: int
    ticks: int
    payload: bytes
    """Unpacked."""


@attrs.frozen
class Place:
    """Where a whole chunk lies in a file, and what its head says."""

    type: int
    first_tick: int
    ticks: int
    offset: int
    length: int

    @property
    def last_tick(self) -> int:
        """The last tick that it speaks of."""
        return self.first_tick + self.ticks - 1


def encode_chunk(chunk: Chunk, *, level: int = 1) -> bytes:
    """Its bytes, deflated if that makes it smaller. `level`: zlib's, 0 for not at all. Raises ValueError if it is too large."""
    if len(chunk.payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(chunk.payload)} bytes; at most {MAX_PAYLOAD}")
    codec, payload = RAW, chunk.payload
    if level:
        deflated = zlib.compress(payload, level)
        if len(deflated) < len(payload):
            codec, payload = ZLIB, deflated
    head = _HEAD.pack(chunk.type, codec, 0, len(payload), chunk.first_tick, chunk.ticks)
    return b"".join((head, _CRC.pack(zlib.crc32(payload, zlib.crc32(head))), payload))


def places(data: bytes | memoryview, offset: int) -> Iterator[Place]:
    """Every chunk from this offset on, up to the FOOTER or the first that is not sound.

    Not sound is what is cut short, fails its CRC, has a codec or a size that is not allowed, or goes back in time.
    """
    view = memoryview(data)
    newest: dict[int, int] = {}
    while (place := _place_at(view, offset)) is not None and place.first_tick >= newest.get(place.type, 0):
        yield place
        if place.type == ChunkType.FOOTER:
            return
        newest[place.type] = place.first_tick
        offset += place.length


def head_at(data: bytes | memoryview, offset: int) -> Place | None:
    """What the head that begins here says, of a chunk that may be longer than the data; None if it cannot be one."""
    if len(data) < offset + HEAD_SIZE:
        return None
    chunk_type, codec, _, length, first_tick, ticks = _HEAD.unpack_from(data, offset)
    if codec not in (RAW, ZLIB) or length > MAX_PAYLOAD or ticks < 1 or first_tick + ticks - 1 > MAX_TICK:
        return None
    return Place(chunk_type, first_tick, ticks, offset, HEAD_SIZE + length)


def _place_at(view: memoryview, offset: int) -> Place | None:
    """The chunk that begins here, None if it is not sound."""
    place = head_at(view, offset)
    if place is None or len(view) < offset + place.length:
        return None
    head, payload = view[offset : offset + _HEAD.size], view[offset + HEAD_SIZE : offset + place.length]
    sound = _CRC.unpack_from(view, offset + _HEAD.size)[0] == zlib.crc32(payload, zlib.crc32(head))
    return place if sound else None


def chunk_at(data: bytes | memoryview, place: Place) -> Chunk:
    """The chunk at this place, its payload inflated. Raises FormatError if it is not there, or does not inflate within bounds."""
    view = memoryview(data)
    if _place_at(view, place.offset) != place:
        raise FormatError(f"the chunk at byte {place.offset} is not what it was: the file has changed while it was read")
    payload: bytes = bytes(view[place.offset + HEAD_SIZE : place.offset + place.length])
    if view[place.offset + 1] == ZLIB:
        payload = _inflate(payload, place.offset)
    return Chunk(place.type, place.first_tick, place.ticks, payload)


def _inflate(data: bytes, offset: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        payload = inflater.decompress(data, MAX_PAYLOAD)
    except zlib.error as error:
        raise FormatError(f"the chunk at byte {offset} does not inflate") from error
    if not inflater.eof or inflater.unused_data:
        raise FormatError(f"the chunk at byte {offset} inflates to more than {MAX_PAYLOAD} bytes, or is cut short")
    return payload


def end_of(footer_offset: int) -> bytes:
    """END: the last bytes of a sealed file."""
    return _END.pack(footer_offset, _END_MAGIC)


def footer_offset(end: bytes) -> int | None:
    """Where the FOOTER lies, by a file's last END_SIZE bytes; None if they are no END."""
    if len(end) != END_SIZE:
        return None
    offset, magic = _END.unpack(end)
    return int(offset) if magic == _END_MAGIC else None
