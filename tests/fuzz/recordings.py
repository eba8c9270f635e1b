"""Recordings that somebody has changed, for all that reads one: it is a format error, a file that ends early, or another match.

Most changes are made behind the checksums: a payload is changed and its CRC made to fit, for a byte that is merely damaged ends the
file there (tests/core/replay/test_damage.py has those).
"""

from __future__ import annotations

import functools
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgpack

from gameserver.core.errors import FormatError
from gameserver.core.replay.chunks import Chunk, encode_chunk
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.resimulate import NotSimulable
from gameserver.core.replay.trim import trim
from gameserver.core.replay.verify import verify
from gameserver.games.pong import Pong
from gameserver.testing import Match
from tests.fuzz.hostile import changed, dice_of, value
from tests.fuzz.outcome import Failure, Outcome, shown, smallest

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

SECONDS: Final = 1.5
"""Of the match that is changed: long enough for several blocks of each kind."""
VERIFIED: Final = 8
"""One of so many is simulated again."""
MAX_BYTES: Final = 64 << 20
"""Of memory for reading one file, whatever it claims: a chunk may hold 16 MiB, and its values are objects."""
_CRC_BYTES: Final = 4
_LEAD_BYTES: Final = 12
"""Of the header's chunk, before its body."""


@functools.cache
def original() -> bytes:
    """A short match, as its room would have recorded it."""
    match: Match[Any] = Match(Pong, seed=5, check=False)
    match.bots(2)
    match.record()
    match.run(seconds=SECONDS)
    return match.recording()


@functools.cache
def _chunks() -> tuple[bytes, tuple[Chunk, ...], bytes]:
    """Of the original: the header, its chunks, and what lies behind them."""
    recording = Recording.open(original())
    places = recording.places
    end = places[-1].offset + places[-1].length
    return original()[: places[0].offset], tuple(recording.chunk(place) for place in places), original()[end:]


def case(seed: int, number: int) -> bytes:
    """A file."""
    dice = dice_of(seed, number)
    head, chunks, footer = _chunks()
    kind = dice.randrange(12)
    if kind == 0:
        return changed(dice, original(), (original(), head))
    if kind == 1:
        return _with_body(dice, head) + original()[len(head) :]
    edited = list(chunks)
    for _ in range(dice.choice((1, 1, 2))):
        at = dice.randrange(len(edited))
        chunk = edited[at]
        match dice.randrange(8):
            case 0 | 1:
                edited[at] = attrs.evolve(chunk, payload=changed(dice, chunk.payload, [each.payload for each in chunks]))
            case 2 | 3 | 4:
                edited[at] = attrs.evolve(chunk, payload=_with_value(dice, chunk.payload))
            case 5:
                edited[at] = _elsewhere(dice, chunk)
            case 6:
                other = dice.randrange(len(edited))
                edited[at], edited[other] = edited[other], edited[at]
            case _:
                edited[at : at + 1] = dice.choice(([], [chunk, chunk], [chunk, dice.choice(chunks)]))
        if not edited:
            break
    return head + b"".join(map(encode_chunk, edited)) + dice.choice((footer, b"", changed(dice, footer, (footer,))))


def _elsewhere(dice: random.Random, chunk: Chunk) -> Chunk:
    """It says that it is another kind, or of another time."""
    odd = dice.choice((0, 1, chunk.first_tick + 1, chunk.first_tick * 2, 255, 2**16 - 1))
    match dice.randrange(3):
        case 0:
            return attrs.evolve(chunk, type=odd % 256)
        case 1:
            return attrs.evolve(chunk, first_tick=odd)
        case _:
            return attrs.evolve(chunk, ticks=odd)


def _with_body(dice: random.Random, head: bytes) -> bytes:
    """The header with something else in it, and a CRC that fits."""
    body = _with_value(dice, head[_LEAD_BYTES:-_CRC_BYTES])
    lead = head[: _LEAD_BYTES - 4] + len(body).to_bytes(4, "big") + body
    return lead + zlib.crc32(lead).to_bytes(_CRC_BYTES, "big")


def _with_value(dice: random.Random, payload: bytes) -> bytes:
    """A value somewhere in it is another one; the payload as it was if that is no msgpack."""
    unpacker = msgpack.Unpacker(strict_map_key=False)
    unpacker.feed(payload)
    try:
        values = [*unpacker]
    except ValueError:
        return changed(dice, payload, (payload,))
    marker = b"<<here>>"
    at = dice.randrange(len(values)) if values else 0
    values[at : at + 1] = [_marked(dice, values[at], marker)] if values else [marker]
    whole = b"".join(map(msgpack.packb, values))
    return whole.replace(msgpack.packb(marker), value(dice), 1)


def _marked(dice: random.Random, plain: Any, marker: bytes) -> Any:  # noqa: ANN401 - any value
    """It with the marker in the place of something in it."""
    if isinstance(plain, list) and plain and dice.randrange(6):
        at = dice.randrange(len(plain))
        return [*plain[:at], _marked(dice, plain[at], marker), *plain[at + 1 :]]
    if isinstance(plain, dict) and plain and dice.randrange(6):
        key = dice.choice(sorted(plain, key=repr))
        return plain | {key: _marked(dice, plain[key], marker)}
    return marker


# -- what reads -------------------------------------------------------------------------------------------------------------
def read(data: bytes, *, simulate: bool) -> str:
    """All that can be done with a recording; how it went. Raises whatever must not be raised."""
    try:
        recording = Recording.open(data)
    except FormatError:
        return "refused at once"
    refused = 0
    for use in (_look, _play, _follow, functools.partial(_cut, truth=True), functools.partial(_cut, truth=False)):
        try:
            use(recording)
        except FormatError:
            refused += 1
    if simulate:
        try:
            verify(recording, Pong)
        except (FormatError, NotSimulable):
            refused += 1
    return "refused in parts" if refused else "read"


def _look(recording: Recording) -> None:
    assert recording.first_tick <= recording.last_tick or not recording.places
    _ = recording.gaps, recording.marks, recording.view_ticks, recording.fault, recording.is_shareable


def _play(recording: Recording) -> None:
    playback = recording.play()
    last = playback.tick
    while playback.advance() is not None:
        assert playback.tick > last, f"tick {playback.tick} is shown behind {last}"
        last = playback.tick
    for tick in (last // 2, 0, 10**9, -1):
        playback.seek(tick)


def _follow(recording: Recording) -> None:
    recording.state_at_or_before(recording.last_tick // 2)
    last = -1
    for step in recording.steps():
        assert step.tick > last, f"step {step.tick} follows {last}"
        last = step.tick


def _cut(recording: Recording, *, truth: bool) -> None:
    part = trim(recording, 20, 60, session=bytes(16), truth=truth)
    Recording.open(part.data)


def _problem(data: bytes, *, simulate: bool) -> str:
    try:
        read(data, simulate=simulate)
    except Exception as error:
        return type(error).__name__
    return ""


def run(seed: int, first: int, count: int) -> Outcome:
    """These cases of this seed."""
    outcome = Outcome(count)
    read(original(), simulate=True)
    for number, data in _cases(seed, first, count):
        simulate = number % VERIFIED == 0
        weighs = number % VERIFIED == 1
        if weighs:
            tracemalloc.start()
        try:
            outcome.ends[read(data, simulate=simulate)] += 1
        except Exception as error:
            kind = type(error).__name__
            fails: Callable[[bytes], bool] = lambda less: _problem(less, simulate=simulate) == kind  # noqa: E731, B023 - used in here
            outcome.failures.append(Failure(number, f"{kind}: {str(error)[:300]}", shown(smallest(data, fails))))
        if weighs:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            outcome.rise("bytes of memory for a file", peak)
            if peak > MAX_BYTES:
                outcome.failures.append(Failure(number, f"a file of {len(data)} bytes took {peak}", ""))
    return outcome


def _cases(seed: int, first: int, count: int) -> Iterator[tuple[int, bytes]]:
    return ((number, case(seed, number)) for number in range(first, first + count))
