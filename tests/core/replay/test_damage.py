"""Files that were cut, damaged, or forged: they open, they never show a wrong tick, and nothing but FormatError is raised."""

from __future__ import annotations

import contextlib
import random
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import attrs
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.core.errors import FormatError, GameserverError
from gameserver.core.replay import header
from gameserver.core.replay.chunks import Chunk, ChunkType, encode_chunk, places
from gameserver.core.replay.frames import decode_frames
from gameserver.core.replay.header import Mark, What
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.trim import trim
from gameserver.core.replay.values import values_of
from gameserver.games.arena.game import Arena
from gameserver.games.fleet.game import Fleet
from gameserver.games.pong import Pong
from tests.core.replay.played import Played, play
from tests.core.replay.test_tape import record
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Iterator

GAMES = {"arena": (Arena, 8, 25.0), "fleet": (Fleet, 2, 30.0), "pong": (Pong, 2, 12.0)}
LAST = 64 * 1_024
FLIPS = 3_000


@pytest.fixture(scope="module", params=GAMES)
def played(request: pytest.FixtureRequest) -> Played:
    game, bots, seconds = GAMES[request.param]
    return play(game, bots=bots, seconds=seconds, seed=11)


def check_that_all_is_right(recording: Recording, played: Played) -> None:
    """Every tick that is there is the tick that was, in either track; and seeking finds the same."""
    last = 0
    if recording.view_ticks is None:
        with pytest.raises(FormatError, match="nothing to look at"):
            recording.play()
    else:
        playback = recording.play()
        shown = [playback.tick]
        assert playback.contents == played.worlds[playback.tick]
        while (frame := playback.advance()) is not None:
            assert playback.contents == played.worlds[frame.tick]
            shown.append(frame.tick)
        assert shown[-1] == recording.view_ticks[1] <= recording.last_tick
        playback.seek(shown[len(shown) // 2])
        assert playback.contents == played.worlds[shown[len(shown) // 2]]
    for step in recording.steps():
        assert step.hash == played.hashes[step.tick] & 0xFFFF_FFFF
        assert last < step.tick <= recording.last_tick
        last = step.tick
    assert recording.last_tick <= max(played.worlds)


def test_cut_anywhere_it_has_all_that_is_whole(played: Played) -> None:
    """At every byte of the last 64 KiB; of a small file at every one behind its header."""
    data = memoryview(played.data)
    _, start = header.Header.decode(data)
    whole = [*places(data, start)]
    for number, place in enumerate(whole):
        if place.offset < len(data) - LAST:
            continue
        near = max(0, number - 2)  # what is read before does not depend on the cut
        for cut in range(place.offset, place.offset + place.length):
            assert [*places(data[:cut], whole[near].offset)] == whole[near:number]
        recording = Recording.open(data[: place.offset + place.length * (number % 5) // 5])
        assert [*recording.places] == whole[:number]
        assert not recording.sealed
        if number % 10 == 0 or number < 10:
            check_that_all_is_right(recording, played)
    for cut in range(whole[-1].offset + whole[-1].length, len(data)):
        assert Recording.open(data[:cut]).sealed, "it is END alone that is cut"


def test_cut_in_its_header_it_is_a_format_error(played: Played) -> None:
    data = memoryview(played.data)
    _, start = header.Header.decode(data)
    for cut in range(0, start, max(1, start // 2_000)):
        with pytest.raises(FormatError):
            Recording.open(data[:cut])


def test_a_bit_that_flips_ends_the_file_there_and_nothing_else(played: Played) -> None:
    dice = random.Random(1)
    data = bytearray(played.data)
    _, start = header.Header.decode(played.data)
    whole = [*places(played.data, start)]
    known: set[int] = set()
    for _ in range(FLIPS // len(GAMES)):
        at, bit = dice.randrange(len(data)), 1 << dice.randrange(8)
        data[at] ^= bit
        if at < start:
            with pytest.raises(FormatError):
                Recording.open(bytes(data))
        else:
            recording = Recording.open(bytes(data))
            sound = [place for place in whole if place.offset + place.length <= at]
            sealed = len(sound) == len(whole)
            assert recording.sealed == sealed  # END is for those who have not got the whole file
            assert [*recording.places] == (sound[:-1] if sealed else sound)
            if len(sound) not in known and len(known) < 12:
                known.add(len(sound))
                check_that_all_is_right(recording, played)
        data[at] ^= bit
    assert bytes(data) == played.data


def test_what_is_appended_is_not_there(played: Played) -> None:
    whole = Recording.open(played.data)
    dice = random.Random(2)
    for garbage in (b"\x00" * 100, dice.randbytes(5_000), played.data, played.data[whole.places[0].offset :]):
        recording = Recording.open(played.data + garbage)
        assert recording.sealed and recording.contents == whole.contents and recording.places == whole.places
        cut = Recording.open(played.data[: whole.places[-1].offset + whole.places[-1].length] + garbage)
        assert cut.last_tick == whole.last_tick


def test_chunks_of_an_unknown_type_are_passed_over(played: Played) -> None:
    whole = Recording.open(played.data)
    data = bytearray(played.data[: whole.places[0].offset])
    for number, place in enumerate(whole.places):
        data += encode_chunk(Chunk(100 + number % 3, number, 1, b"of the future"))
        data += played.data[place.offset : place.offset + place.length]
    recording = Recording.open(bytes(data))
    assert recording.last_tick == whole.last_tick
    assert recording.contents.marks == whole.contents.marks
    check_that_all_is_right(recording, played)


def test_a_file_that_is_none_is_a_format_error() -> None:
    for data in (b"", b"TRPL", b"PK\x03\x04", bytes(10_000), b"TRPL" + bytes(10_000)):
        with pytest.raises(FormatError):
            Recording.open(data)


# -- forged files: every CRC is right ----------------------------------------------------------------------------------------
HEADS = (0x00, 0x01, 0x7F, 0x80, 0x90, 0x91, 0xA1, 0xC0, 0xC3, 0xCB, 0xCF, 0xDD, 0xFF)
"""What begins a value of another type."""
RECORDED = record(4, 130, drops=0.02)
FORGED = Recording.open(RECORDED.file())


def use(data: bytes) -> None:
    """All that can be done with a recording."""
    recording = Recording.open(data)
    assert recording.first_tick <= recording.last_tick or not recording.places
    _ = recording.gaps, recording.marks, recording.view_ticks
    raised = [*failures(recording)]
    assert all(isinstance(error, FormatError) for error in raised)


def failures(recording: Recording) -> Iterator[GameserverError]:
    """Each thing is tried, whatever came of the one before."""
    try:
        playback = recording.play()
        for tick in (60, 20, 10**9, -1):
            try:
                playback.seek(tick)
                playback.advance()
            except GameserverError as error:
                yield error
    except GameserverError as error:
        yield error
    for truth in (True, False):
        try:
            Recording.open(trim(recording, 20, 100, session=bytes(16), truth=truth).data)
        except GameserverError as error:
            yield error
    try:
        recording.state_at_or_before(50)
        for step in recording.steps():
            assert step.tick
    except GameserverError as error:
        yield error


PIECES = [encode_chunk(FORGED.chunk(place)) for place in FORGED.places]


def rebuilt(number: int, payload: bytes) -> bytes:
    """The file with one payload changed, and every CRC as it should be."""
    place = FORGED.places[number]
    changed = encode_chunk(Chunk(place.type, place.first_tick, place.ticks, payload))
    return b"".join((RECORDED.tape.header.encode(), *PIECES[:number], changed, *PIECES[number + 1 :]))


@given(st.data())
@settings(max_examples=sized(300, 75))
def test_a_forged_payload_is_a_format_error_or_another_match(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(FORGED.places) - 1))
    payload = bytearray(FORGED.chunk(FORGED.places[number]).payload)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at] = data.draw(st.sampled_from(HEADS) | st.integers(0, 255))
    with contextlib.suppress(FormatError):
        use(rebuilt(number, bytes(payload)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3) | st.binary(max_size=2), inner, max_size=3),
    max_leaves=12,
)


def replaced_somewhere(data: st.DataObject, value: Any) -> Any:  # noqa: ANN401 - any value
    """Something in it is another."""
    if isinstance(value, list) and value and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], replaced_somewhere(data, value[at]), *value[at + 1 :]]
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return value | {key: replaced_somewhere(data, value[key])}
    return data.draw(VALUES)


def test_steps_that_stand_there_twice_are_a_format_error() -> None:
    """Whoever simulates them again would go back in time."""
    blocks = [number for number, place in enumerate(FORGED.places) if place.type == ChunkType.TRUTH]
    for number in (blocks[0], blocks[2], blocks[-1]):
        forged = Recording.open(RECORDED.tape.header.encode() + b"".join((*PIECES[: number + 1], *PIECES[number:])))
        with pytest.raises(FormatError, match="stands behind step"):
            list(forged.steps())


@given(st.data())
@settings(max_examples=sized(300, 75))
def test_a_forged_value_is_a_format_error_or_another_match(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(FORGED.places) - 1))
    unpacker = msgpack.Unpacker(strict_map_key=False)
    unpacker.feed(FORGED.chunk(FORGED.places[number]).payload)
    values = [*unpacker]
    at = data.draw(st.integers(0, len(values) - 1))
    values[at] = replaced_somewhere(data, values[at])
    with contextlib.suppress(FormatError):
        use(rebuilt(number, b"".join(map(msgpack.packb, values))))


@given(st.data())
@settings(max_examples=sized(150, 50))
def test_a_forged_header_is_a_format_error_or_another_match(data: st.DataObject) -> None:
    original = RECORDED.tape.header.encode()
    body = replaced_somewhere(data, msgpack.unpackb(original[12:-4]))
    packed = msgpack.packb(body)
    lead = original[:8] + len(packed).to_bytes(4, "big") + packed
    with contextlib.suppress(FormatError):
        use(lead + zlib.crc32(lead).to_bytes(4, "big") + RECORDED.file()[len(original) :])


@pytest.mark.parametrize("kind", [kind for kind in ChunkType if kind != ChunkType.STATE], ids=lambda kind: kind.name)
def test_a_payload_that_wants_all_memory_gets_little(kind: ChunkType) -> None:
    """An array that says it is long, in one that says it is long, …: nothing is laid out for what is not there."""
    bombs = [(b"\xdd" + (length).to_bytes(4, "big")) * 200 for length in (2**32 - 1, 2**18, 2**16)]
    tracemalloc.start()
    for bomb in bombs:
        data = RECORDED.tape.header.encode() + encode_chunk(Chunk(kind, 0, 1, bomb + bytes(1_000)))
        with contextlib.suppress(FormatError):
            use(data)
    assert tracemalloc.get_traced_memory()[1] < 64 * 1_024 * 1_024
    tracemalloc.stop()


def test_a_stream_that_says_over_and_over_what_is_in_it_is_heard_once() -> None:
    marks = tuple(Mark(1, What.NOTE, ("",)) for _ in range(50_000))
    contents = attrs.evolve(FORGED.contents, marks=marks, index=())
    said = encode_chunk(Chunk(ChunkType.CONTENTS, 0, 1, contents.encode()))
    tracemalloc.start()
    assert len(Recording.open(RECORDED.tape.header.encode() + said * 50).marks) == len(marks)
    assert tracemalloc.get_traced_memory()[1] < 64 * 1_024 * 1_024
    tracemalloc.stop()


def test_what_is_cut_out_may_be_larger_than_a_recording() -> None:
    """Each of its chunks is not, as somebody has forged it."""
    notes = b"".join(Mark(130, What.NOTE, ("x" * 1_000,)).encode() for _ in range(5_000))
    forged = RECORDED.file(sealed=False) + encode_chunk(Chunk(ChunkType.MARKS, 130, 1, notes)) * 2
    with pytest.raises(FormatError, match="larger than a recording may hold"):
        trim(Recording.open(forged), 0, 130, session=bytes(16))
    number, place = [(n, place) for n, place in enumerate(FORGED.places) if place.type == ChunkType.VIEW][-1]
    base, first, *others = values_of(FORGED.chunk(place).payload)
    payload = b"".join(map(msgpack.packb, (base, (*first, *[0] * 70_000), *others)))
    recording = Recording.open(rebuilt(number, payload))
    part = Recording.open(trim(recording, 0, place.last_tick - 1, session=bytes(16)).data)
    (cut,) = [block for block in part.places if block.type == ChunkType.VIEW and block.first_tick == place.first_tick]
    assert len(next(decode_frames(part.chunk(cut).payload)).fragments) > 70_000
