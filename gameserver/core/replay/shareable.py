"""What of a recording is given away, and in which form (docs/replay-format.md, section 5).

A recording holds what nobody may have (seed, profiles, whole states) and what nobody may have yet (what only some players see).
So no server gives its files away as they are: a `Shareable` is written of their chunks, which are copied as they lie there. Only
MARKS are read: a note says that somebody was reported, which is the host's affair, and he who was reported looks on as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import Chunk, ChunkType, chunk_at, encode_chunk, end_of
from gameserver.core.replay.header import LIVE, SHAREABLE, Header, What
from gameserver.core.replay.values import array, pack, values_of

if TYPE_CHECKING:
    from gameserver.core.replay.chunks import Place
    from gameserver.core.replay.header import Contents

PUBLIC: Final = frozenset((ChunkType.VIEW, ChunkType.KEYFRAME, ChunkType.MARKS))
"""What everyone may see at any time. CONTENTS and FOOTER are written anew; of what is not named here nothing goes out."""
SECRET: Final = frozenset((ChunkType.SECRET_VIEW, ChunkType.SECRET_KEYFRAME))
"""What only some of the players saw."""
REVEALING: Final = frozenset(("over", "closed"))
"""Ends behind which the match does not go on, so that it has no secrets any more."""


def reveals(end: str | None) -> bool:
    """Whether a recording with this end shows what only some of the players saw."""
    return end in REVEALING


class Shareable:
    """Writes one shareable recording, or a part of one: `begin`, `take` for each chunk that lies in the way, `end`.

    Attributes:
        types: of the chunks that go into it.
    """

    def __init__(self, header: Header, *, secrets: bool, live: bool = False, notes: bool = False) -> None:
        """`header`: of the recording; `secrets`: what only some players saw goes into it; `live`: it goes on for now; `notes`: it
        is for the host himself, who may read them.
        """
        self.types: frozenset[int] = PUBLIC | SECRET if secrets else PUBLIC
        self._header = attrs.evolve(header, code=None, flags=SHAREABLE | (LIVE if live else 0))
        self._notes = notes
        self._size = 0
        self._index: list[int] = []

    def begin(self, contents: Contents) -> bytes:
        """HEADER and CONTENTS: a timeline is whole before the rest has come."""
        return self._counted(self._header.encode() + self._contents(ChunkType.CONTENTS, contents, ()))

    def take(self, stored: bytes, place: Place) -> bytes:
        """A chunk as it is stored, and its place in the recording that it comes from; nothing if it is not for sharing."""
        if place.type not in self.types or not stored or stored[0] != place.type:
            return b""
        if place.type == ChunkType.KEYFRAME:
            self._index += (place.type, place.first_tick, self._size)
        if place.type == ChunkType.MARKS and not self._notes:
            stored = _without_notes(stored, place)
        return self._counted(stored)

    def rest(self, tick: int) -> bytes:
        """Nothing has happened up to this tick: MARKS without one, so that a line that is silent for long is not taken for dead."""
        return self._counted(encode_chunk(Chunk(ChunkType.MARKS, tick, 1, b"")))

    def end(self, contents: Contents) -> bytes:
        """FOOTER and END: this recording has ended, and all of it has been taken."""
        return self._contents(ChunkType.FOOTER, contents, tuple(self._index)) + end_of(self._size)

    def _contents(self, chunk_type: ChunkType, contents: Contents, index: tuple[int, ...]) -> bytes:
        ticks = max(contents.last - contents.first, 0) + 1
        marks = tuple(mark for mark in contents.marks if self._notes or mark.what is not What.NOTE)
        shown = attrs.evolve(contents, hash=None, index=index, marks=marks)
        return encode_chunk(Chunk(chunk_type, contents.first, ticks, shown.encode()))

    def _counted(self, data: bytes) -> bytes:
        self._size += len(data)
        return data


def _without_notes(stored: bytes, place: Place) -> bytes:
    """MARKS as they may go out: as they are if there is no note in them; nothing if nothing else is, or if they cannot be read."""
    try:
        chunk = chunk_at(stored, attrs.evolve(place, offset=0))
        marks = [array(mark) for mark in values_of(chunk.payload)]
        kept = [mark for mark in marks if mark[1] != What.NOTE]
    except (FormatError, IndexError, TypeError, ValueError):
        return b""
    if len(kept) == len(marks):
        return stored
    return encode_chunk(attrs.evolve(chunk, payload=b"".join(pack(mark) for mark in kept))) if kept else b""
