"""Recordings that somebody has changed: every CRC fits, and what is said is another thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from gameserver.core.replay.chunks import Chunk, ChunkType, encode_chunk
from gameserver.core.replay.index import FileIndex
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.steps import Step, StepEncoder, decode_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gameserver.core.replay.header import Contents


def forged(
    data: bytes,
    edit: Callable[[Chunk], Chunk | None] = lambda chunk: chunk,
    *,
    contents: Callable[[Contents], Contents] = lambda contents: contents,
    more: Iterable[Chunk] = (),
) -> bytes:
    """The same recording with each chunk as `edit` gives it back (None: without it), then `more`, then the footer."""
    recording = Recording.open(data)
    file = bytearray(recording.header.encode())
    index = FileIndex(len(file))
    edited = (edit(recording.chunk(place)) for place in recording.places)
    for chunk in (*(chunk for chunk in edited if chunk is not None), *more):
        encoded = encode_chunk(chunk)
        index.add(chunk, len(encoded))
        file += encoded
    return bytes(file) + index.footer(contents(recording.contents))


def with_steps(data: bytes, edit: Callable[[Step], Step]) -> bytes:
    """The same with each step as `edit` gives it back."""

    def edit_chunk(chunk: Chunk) -> Chunk:
        if chunk.type != ChunkType.TRUTH:
            return chunk
        block = StepEncoder(chunk.first_tick)
        for step in decode_steps(chunk.payload, chunk.first_tick):
            after = edit(step)
            block.add(after, after.hash)
        return attrs.evolve(chunk, payload=block.payload())

    return forged(data, edit_chunk)


def with_wrong_hash(data: bytes, tick: int) -> bytes:
    """The same with one bit of one hash flipped."""
    return with_steps(data, lambda step: attrs.evolve(step, hash=step.hash ^ 1) if step.tick == tick else step)
