"""A match that is still being recorded, for who looks at it with a delay: the end of its file, as far as it is old enough.

Nothing is encoded for a viewer: what goes out lies in the file, and what many want at about the same time is read once. A viewer
has a pulse of his own, so that a hundred of them do not all wake in the same tick of the room that they look at.
"""

from __future__ import annotations

import errno
import math
from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import trio

from gameserver.archive import WINDOW_BYTES, Span
from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.header import Contents
from gameserver.core.replay.shareable import PUBLIC, Shareable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from gameserver.archive import Archive
    from gameserver.core.replay.chunks import Place
    from gameserver.core.replay.header import Mark
    from gameserver.livefile import LiveFile

PULSE_SECONDS: Final = 0.5
"""How often a viewer is sent what has become old enough: as often as it comes."""
REST_SECONDS: Final = 15.0
"""Something is sent at least so often, also when the room stands still: proxies close a line that is silent for 30 s."""
KEPT_BYTES: Final = 4 * 1_024 * 1_024
"""Pieces that were read last, of all rooms: an hour of one, or half a minute of a hundred."""
MISSES: Final = 5
"""Times that a file is looked for: it gets another name when it is sealed, and who reads hears of that a moment later."""
MISS_SECONDS: Final = 0.2


class Pieces:
    """The pieces of growing files that were read last."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._known: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        """By the name that the file has in the end, and the offset."""
        self._bytes = 0

    async def read(self, live: LiveFile, wanted: Sequence[Place]) -> list[bytes]:
        """These chunks, as they are stored; they lie within a window. Raises OSError."""
        found = {place.offset: self._known.get((live.name, place.offset)) for place in wanted}
        missing = [place for place in wanted if found[place.offset] is None]
        if missing:
            begin = missing[0].offset
            end = missing[-1].offset + missing[-1].length
            data = await self._read(live, begin, end - begin)
            if len(data) < end - begin:
                raise OSError(errno.EIO, "it is shorter than what was written to it", live.file)
            for place in missing:
                piece = data[place.offset - begin : place.offset - begin + place.length]
                found[place.offset] = piece
                self._keep((live.name, place.offset), piece)
        return [piece for piece in found.values() if piece is not None]

    async def _read(self, live: LiveFile, offset: int, most: int) -> bytes:
        for _ in range(MISSES):
            try:
                return await self._archive.read(live.file, offset, most)
            except FileNotFoundError:
                await trio.sleep(MISS_SECONDS)
        return await self._archive.read(live.file, offset, most)

    def _keep(self, key: tuple[str, int], piece: bytes) -> None:
        if key not in self._known:
            self._known[key] = piece
            self._bytes += len(piece)
        while self._bytes > KEPT_BYTES:
            _, dropped = self._known.popitem(last=False)
            self._bytes -= len(dropped)


def delayed(live: LiveFile) -> tuple[int, int, Sequence[Mark]]:
    """What is old enough to be seen by everyone: so many chunks, up to this tick, and what has happened up to then."""
    due = _due(live)
    last = live.tape.header.first
    for at in reversed(range(due)):
        place = live.places[at]
        if place.type in PUBLIC:
            last = max(last, place.last_tick)
        if place.type in (ChunkType.VIEW, ChunkType.KEYFRAME):  # what lies before it is older
            break
    return due, last, live.marks[: bisect_right(live.marks, last, key=lambda mark: mark.tick)] if due else ()


async def follow(live: LiveFile, pieces: Pieces, *, span: Span, phase: float) -> AsyncGenerator[bytes]:
    """What everyone may see of it, as a stream that goes on with the match and has a FOOTER when that has ended.

    `phase`: 0 to 1, where in PULSE_SECONDS this viewer's pulse lies. A stream that ends without a FOOTER goes on for who asks for
    what follows. Raises OSError if the file vanishes.
    """
    header = live.tape.header
    share = Shareable(header, secrets=False, live=True)
    due, last, marks = delayed(live)
    yield share.begin(Contents(first=header.first, last=last, end=None, steps=0, hash=None, marks=tuple(marks)))
    at = _start(live.places, due, span.first)
    spoke_at = trio.current_time()
    beat = 0
    while True:
        over, due = live.over, _due(live)  # in this order: what was added before the end is not overlooked
        while at < due:
            batch, at = _batch(live.places, at, due)
            wanted = [place for place in batch if span.last is None or place.first_tick <= span.last]
            if wanted:
                last = max(last, *(place.last_tick for place in wanted))
                read = await pieces.read(live, wanted)
                if data := b"".join(share.take(piece, place) for piece, place in zip(read, wanted, strict=True)):
                    yield data
                    spoke_at = trio.current_time()
            if len(wanted) < len(batch):
                return
        if over and at == len(live.places):
            break
        now = trio.current_time()
        if now - spoke_at >= REST_SECONDS:
            yield share.rest(last)
            spoke_at = now
        beat = max(beat, math.floor(now / PULSE_SECONDS - phase)) + 1
        await trio.sleep_until((beat + phase) * PULSE_SECONDS)
    if live.sealed:
        yield share.end(live.contents())


def _due(live: LiveFile) -> int:
    """How many of its chunks are old enough."""
    return bisect_right(live.cut_at, trio.current_time() - live.watch_delay)


def _start(places: Sequence[Place], due: int, first: int | None) -> int:
    """Which chunk to begin with so that this tick can be shown."""
    if first is not None:
        for at in reversed(range(due)):
            if places[at].type == ChunkType.KEYFRAME and places[at].first_tick <= first:
                return at
    return 0


def _batch(places: Sequence[Place], at: int, due: int) -> tuple[list[Place], int]:
    """The next chunks that everyone may see, as many as lie in one window, and with which to go on behind them."""
    batch: list[Place] = []
    while at < due:
        place = places[at]
        if batch and place.offset + place.length - batch[0].offset > WINDOW_BYTES:
            break
        if place.type in PUBLIC:
            batch.append(place)
        at += 1
    return batch, at
