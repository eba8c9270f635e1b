"""The recordings in a folder: which there are, what is in each, and their bytes in the form in which they are given away.

Files are read in windows, so a stream holds as much of one as a window has, and through the port of the disk, so that nobody waits
for it but who asked. Nothing here is of a room that plays: what is still being written is `gameserver.following`'s.
"""

from __future__ import annotations

import logging
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import trio

from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import END_SIZE, ChunkType, chunk_at, footer_offset, head_at, places
from gameserver.core.replay.header import MAX_HEADER, Contents, Header, Mark, What, decode_marks
from gameserver.core.replay.shareable import Shareable, reveals
from gameserver.core.replay.values import values_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from gameserver.core.replay.chunks import Place

log = logging.getLogger("gameserver.recordings")

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,120}\.trpl(\.part)?")
"""A recording's, with what it has behind it while it grows. No dot in front, no slash: it leads nowhere but into the folder."""
WINDOW_BYTES: Final = 65_536
"""Of a file in memory for each who reads it; a chunk that is larger is read by itself."""
READS: Final = 8
"""Reads of a folder at once: if its disk hangs, so many threads hang with it, and not those that write."""
MAX_PLAYERS_NAMED: Final = 32
"""In a list; an evening of people who come and go has hundreds."""
MAX_MARKS: Final = 50_000
"""That are gathered from a file which was not sealed; a recorder writes 20,000 events at most."""


class Files(Protocol):
    """What is needed of a disk (gameserver.ports.Disk)."""

    async def list(self, folder: str) -> Sequence[str]: ...
    async def size(self, path: str) -> int: ...
    async def read_part(self, path: str, offset: int, most: int) -> bytes: ...


@attrs.frozen
class Span:
    """From which tick on, up to which: as far as whole chunks go. What lies outside of a recording means its begin or its end."""

    first: int | None = None
    last: int | None = None


@attrs.frozen(kw_only=True)
class Stored:
    """What is known of a file before its chunks are read.

    Attributes:
        begin: the offset of its first chunk.
        end: where its chunks end: the FOOTER, or as far as it was sound when it was looked at.
        public_bytes: of the chunks that everyone may see; None if nobody has counted.
    """

    file: str
    size: int
    header: Header
    contents: Contents
    begin: int
    end: int
    public_bytes: int | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """A recording in a list."""

    name: str
    game: str
    version: int
    room: str
    map: str | None
    at: float
    seconds: float
    players: tuple[str, ...]
    size: int | None = None
    """Bytes of its file, at least as many as are given away; None while it grows, or its match goes on in another file."""
    end: str | None = None
    live: bool = False
    before: str | None = None
    after: str | None = None

    @staticmethod
    def of(header: Header, *, name: str, seconds: float, players: tuple[str, ...]) -> Entry:
        """What the header of a recording says of it, and what is known of every recording; the rest as if it still grew."""
        return Entry(
            name=name,
            game=header.game,
            version=header.version,
            room=header.room,
            map=header.map[0] if header.map is not None else None,
            at=header.at,
            seconds=seconds,
            players=players,
            before=header.before,
        )


class Archive:
    """See the module.

    Attributes:
        secrets: whether they go out also of a match that has not ended: for whom the files are his own.
    """

    def __init__(self, files: Files, *, secrets: bool = False) -> None:
        self.secrets = secrets
        self._files = files
        self._reads = trio.CapacityLimiter(READS)
        self._entries: dict[str, tuple[int, Entry | None]] = {}
        """By file, with the size that it had; None: it is no recording, or a private one."""

    async def names(self) -> list[str]:
        """The files, newest first. Raises OSError."""
        async with self._reads:
            found = await self._files.list("")
        return sorted((name for name in found if NAME.fullmatch(name)), reverse=True)

    async def read(self, file: str, offset: int, most: int) -> bytes:
        """A part of a file. Raises OSError."""
        async with self._reads:
            return await self._files.read_part(file, offset, most)

    async def entry(self, file: str) -> Entry | None:
        """A line for the list, None if it is no recording, or one that is not to be seen by everyone. Raises OSError."""
        async with self._reads:
            size = await self._files.size(file)
        known = self._entries.get(file)
        if known is None or known[0] != size:
            try:
                stored = await self.open(file)
                known = size, entry_of(stored) if self.secrets or stored.header.code is None else None
            except FormatError as error:
                known = size, None
                log.warning("%s is no recording that can be given away: %s", file, error)
            self._entries[file] = known
        return known[1]

    def forget(self, files: Sequence[str]) -> None:
        """Keep in mind what is among these only: the others are gone."""
        for file in self._entries.keys() - set(files):
            del self._entries[file]

    async def open(self, file: str) -> Stored:
        """Raises OSError, and FormatError if it is no recording."""
        async with self._reads:
            size = await self._files.size(file)
        lead = await self.read(file, 0, WINDOW_BYTES)
        needed = min(Header.size_of(lead), 2 * MAX_HEADER)
        if needed > len(lead):
            lead = await self.read(file, 0, needed)
        header, begin = Header.decode(lead)
        footer = footer_offset(await self.read(file, max(size - END_SIZE, 0), END_SIZE))
        if footer is not None and begin <= footer < size:
            data = await self.read(file, footer, size - END_SIZE - footer)
            place = next(places(data, 0), None)
            if place is not None and place.type == ChunkType.FOOTER:
                contents = Contents.decode(chunk_at(data, place).payload)
                return Stored(file=file, size=size, header=header, contents=contents, begin=begin, end=footer)
        return await self._survey(Stored(file=file, size=size, header=header, contents=_nothing(header), begin=begin, end=size))

    async def _survey(self, stored: Stored) -> Stored:
        """What is in a file that was not sealed, by reading it."""
        marks: list[Mark] = []
        index: list[int] = []
        last, public_bytes, end = stored.header.first, 0, stored.begin
        wanted = Shareable(stored.header, secrets=False).types
        async with aclosing(self.windows(stored, stored.begin, wanted)) as windows:
            async for offset, data, found in windows:
                for place in found:
                    if place.type in wanted:
                        last = max(last, place.first_tick + place.ticks - 1)
                        public_bytes += place.length
                    if place.type == ChunkType.KEYFRAME:
                        index += (place.type, place.first_tick, offset + place.offset)
                    if place.type == ChunkType.MARKS and len(marks) < MAX_MARKS:
                        marks += decode_marks(values_of(chunk_at(data, place).payload))
                end = offset + found[-1].offset + found[-1].length
        contents = attrs.evolve(stored.contents, last=last, marks=tuple(marks[:MAX_MARKS]), index=tuple(index))
        return attrs.evolve(stored, contents=contents, end=end, public_bytes=public_bytes)

    async def windows(self, stored: Stored, offset: int, wanted: frozenset[int]) -> AsyncGenerator[tuple[int, bytes, list[Place]]]:
        """The chunks from this offset on, a window at a time: its offset, its bytes, and the places in it of the sound chunks.

        Ends at the FOOTER, or before the first that is not sound. A chunk that is not wanted and larger than a window is passed
        over. Raises OSError.
        """
        newest: dict[int, int] = {}
        while offset < stored.end:
            data = await self.read(stored.file, offset, min(WINDOW_BYTES, stored.end - offset))
            found = list(places(data, 0))
            if not found:
                head = head_at(data, 0)
                if head is None or head.length <= len(data) or offset + head.length > stored.end:
                    return
                if head.type not in wanted:
                    offset += head.length
                    continue
                data = await self.read(stored.file, offset, head.length)
                found = list(places(data, 0))
            sound = []
            for place in found:
                if place.type == ChunkType.FOOTER or place.first_tick < newest.get(place.type, 0):
                    break
                newest[place.type] = place.first_tick
                sound.append(place)
            if sound:
                yield offset, data, sound
            if len(sound) < len(found) or not found:
                return
            offset += found[-1].offset + found[-1].length

    async def shared(self, stored: Stored, span: Span) -> AsyncGenerator[bytes]:
        """Its bytes as they are given away, or those of a part of it, which has a FOOTER if it goes up to the end.

        Raises OSError if the file vanishes meanwhile.
        """
        share = Shareable(stored.header, secrets=self.secrets or reveals(stored.contents.end), notes=self.secrets)
        yield share.begin(stored.contents)
        offset, tick = _start(stored, span.first)
        async with aclosing(self.windows(stored, offset, share.types)) as windows:
            async for _, data, found in windows:
                taken: list[bytes] = []
                for place in found:
                    if place.type not in share.types or not (tick is None or _begins(place, tick)):
                        continue
                    tick = None
                    if span.last is not None and place.first_tick > span.last:
                        yield b"".join(taken)
                        return
                    taken.append(share.take(data[place.offset : place.offset + place.length], place))
                if taken:
                    yield b"".join(taken)
        yield share.end(stored.contents)


def _nothing(header: Header) -> Contents:
    return Contents(first=header.first, last=header.first, end=None, steps=0, hash=None)


def _start(stored: Stored, first: int | None) -> tuple[int, int | None]:
    """Where to begin to read so that this tick can be shown, and the tick of the KEYFRAMEs that are the first to go out.

    The index tells where KEYFRAMEs lie. What only some players saw at the same tick lies in front of it, so the way to it is read
    from the KEYFRAME before.
    """
    index = stored.contents.index
    keyframes = [
        (tick, place)
        for chunk_type, tick, place in zip(index[::3], index[1::3], index[2::3], strict=True)
        if first is not None and chunk_type == ChunkType.KEYFRAME and tick <= first and stored.begin <= place < stored.end
    ]
    if len(keyframes) < 2:
        return stored.begin, None
    return keyframes[-2][1], keyframes[-1][0]


def _begins(place: Place, tick: int) -> bool:
    return place.type in (ChunkType.KEYFRAME, ChunkType.SECRET_KEYFRAME) and place.first_tick == tick


def entry_of(stored: Stored) -> Entry:
    """What a list says of it. Of what only some players saw not even the size tells, until it is given away itself."""
    header, contents = stored.header, stored.contents
    seconds = max(contents.last - contents.first, 0) / header.rate
    return attrs.evolve(
        Entry.of(header, name=stored.file, seconds=seconds, players=names_in(contents.marks)),
        size=stored.size if reveals(contents.end) else stored.public_bytes,
        end=contents.end,
        after=contents.after,
    )


def names_in(marks: Sequence[Mark]) -> tuple[str, ...]:
    """The players of a recording, in the order in which they came, bots behind the people; MAX_PLAYERS_NAMED at most."""
    joined = [mark.values for mark in marks if mark.what is What.JOINED]
    people = dict.fromkeys(str(name) for _, name, is_bot in joined if not is_bot)
    bots = dict.fromkeys(str(name) for _, name, is_bot in joined if is_bot)
    return tuple({**people, **bots})[:MAX_PLAYERS_NAMED]
