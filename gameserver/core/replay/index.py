"""What lies where in a file that grows: kept by who appends to it, for its readers and for its footer."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import attrs

from gameserver.core.replay.chunks import Chunk, ChunkType, Place, encode_chunk, end_of

if TYPE_CHECKING:
    from gameserver.core.replay.header import Contents


class Places(Sequence[Place]):
    """Places in columns, a seventh of what objects take: a room has fifteen thousand and more of them in an hour."""

    def __init__(self) -> None:
        self._types = array("B")
        self._first_ticks = array("Q")
        self._ticks = array("Q")
        self._offsets = array("Q")
        self._lengths = array("Q")

    def append(self, place: Place) -> None:
        """The next one."""
        self._types.append(place.type)
        self._first_ticks.append(place.first_tick)
        self._ticks.append(place.ticks)
        self._offsets.append(place.offset)
        self._lengths.append(place.length)

    def __len__(self) -> int:
        return len(self._types)

    @overload
    def __getitem__(self, at: int) -> Place: ...

    @overload
    def __getitem__(self, at: slice) -> list[Place]: ...

    def __getitem__(self, at: int | slice) -> Place | list[Place]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        return Place(self._types[at], self._first_ticks[at], self._ticks[at], self._offsets[at], self._lengths[at])


class FileIndex:
    """See the module.

    Attributes:
        places: of all chunks, in the order of the file.
        size: bytes of the file so far.
    """

    def __init__(self, header_size: int) -> None:
        self.places = Places()
        self.size = header_size
        self._index: list[int] = []

    def add(self, chunk: Chunk, length: int) -> Place:
        """This chunk, of so many bytes encoded, is what comes next in the file."""
        place = Place(chunk.type, chunk.first_tick, chunk.ticks, self.size, length)
        self.places.append(place)
        if chunk.type in (ChunkType.KEYFRAME, ChunkType.STATE):
            self._index += (int(chunk.type), chunk.first_tick, self.size)
        self.size += length
        return place

    @property
    def index(self) -> tuple[int, ...]:
        """Type, tick and offset of all KEYFRAMEs and STATEs, flat."""
        return tuple(self._index)

    def footer(self, contents: Contents) -> bytes:
        """FOOTER and END, which seal the file. They have this index, whatever `contents` has."""
        payload = attrs.evolve(contents, index=self.index).encode()
        ticks = max(1, contents.last - contents.first + 1)
        return encode_chunk(Chunk(ChunkType.FOOTER, contents.first, ticks, payload)) + end_of(self.size)
