"""What is encoded is decoded to the same, and what nobody would encode is refused."""

from __future__ import annotations

import itertools
import tracemalloc
import zlib
from typing import Any

import attrs
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.core.commands import Answer, Called, Command, Connected, Join, Leave, plain_profile
from gameserver.core.errors import FormatError
from gameserver.core.limits import MAX_PROFILE
from gameserver.core.replay import chunks, frames, header, steps
from gameserver.core.replay.chunks import Chunk, ChunkType, Place
from gameserver.core.replay.frames import FrameEncoder, ShownEvent
from gameserver.core.replay.header import Contents, Fault, Header, Mark, Origin, What
from gameserver.core.replay.index import FileIndex
from gameserver.core.replay.steps import Step, StepEncoder, encode_step
from gameserver.core.replay.values import pack, values_of
from gameserver.games.fleet.game import Fleet

TICKS = st.integers(0, 2**31)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
ROWS = st.lists(INTEGERS | TEXTS | st.booleans() | st.lists(INTEGERS, max_size=3).map(tuple), min_size=1, max_size=5).map(tuple)
PLAYERS = st.integers(1, 200)
PLAIN = INTEGERS | TEXTS | st.booleans() | st.none() | st.floats(allow_nan=False)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(Join, PLAYERS, TEXTS, st.dictionaries(TEXTS, PLAIN, max_size=4), *[st.booleans()] * 3),
    st.builds(Leave, PLAYERS),
    st.builds(Connected, PLAYERS, st.booleans()),
    st.builds(Called, PLAYERS, st.integers(0, 2**53 - 1), TEXTS, ROWS),
    st.builds(Answer, TEXTS, PLAIN),
)
MARKS = st.one_of(
    st.tuples(st.just(What.JOINED), st.tuples(PLAYERS, TEXTS, st.booleans())),
    st.tuples(st.just(What.LEFT), st.tuples(PLAYERS)),
    st.tuples(st.just(What.EVENT), st.tuples(st.integers(0, 30), ROWS).map(lambda pair: (pair[0], *pair[1]))),
    st.tuples(st.just(What.OVER), st.just(())),
    st.tuples(st.just(What.FAULT) | st.just(What.NOTE), st.tuples(TEXTS)),
)


@st.composite
def step_blocks(draw: st.DrawFn) -> list[Step]:
    """Steps with growing ticks; inputs stay as they are more often than not."""
    tick = draw(TICKS)
    made: list[Step] = []
    inputs: dict[int, Any] = {}
    views: dict[int, int] = {}
    for _ in range(draw(st.integers(1, 8))):
        inputs = draw(st.just(inputs) | st.dictionaries(PLAYERS, ROWS, max_size=4))
        views = draw(st.just(views) | st.dictionaries(PLAYERS, st.integers(1, 15_360), max_size=4))
        made.append(Step(tick, draw(st.lists(COMMANDS, max_size=3)), inputs, views, draw(st.integers(0, 2**32 - 1))))
        tick += draw(st.integers(1, 1_000))
    return made


@st.composite
def mark_lists(draw: st.DrawFn) -> list[Mark]:
    ticks = sorted(draw(st.lists(TICKS, max_size=6)))
    return [Mark(tick, *draw(MARKS)) for tick in ticks]


# -- chunks ----------------------------------------------------------------------------------------------------------------
@given(st.integers(0, 254), TICKS, st.integers(1, 2**31), st.binary(max_size=300) | st.just(bytes(5_000)), st.integers(0, 9))
def test_a_chunk_comes_back(kind: int, first: int, ticks: int, payload: bytes, level: int) -> None:
    chunk = Chunk(kind, first, ticks, payload)
    data = chunks.encode_chunk(chunk, level=level)
    found = [*chunks.places(b"before" + data, 6)]
    assert found == [Place(kind, first, ticks, 6, len(data))]
    assert chunks.chunk_at(b"before" + data, found[0]) == chunk


def test_what_deflates_is_stored_deflated_and_all_else_as_it_is() -> None:
    assert len(chunks.encode_chunk(Chunk(1, 0, 1, bytes(5_000)))) < 100
    assert len(chunks.encode_chunk(Chunk(1, 0, 1, b"x"))) == chunks.HEAD_SIZE + 1


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: data[:-1], id="cut short"),
        pytest.param(lambda data: data[: chunks.HEAD_SIZE - 1], id="cut in its head"),
        pytest.param(lambda data: data[:-1] + bytes((data[-1] ^ 1,)), id="payload"),
        pytest.param(lambda data: data[:8] + b"\xff" + data[9:], id="tick"),
    ],
)
def test_a_chunk_that_is_not_sound_is_not_there(spoil: Any) -> None:  # noqa: ANN401 - a function
    first, second = chunks.encode_chunk(Chunk(1, 0, 1, b"one")), chunks.encode_chunk(Chunk(1, 1, 1, b"two"))
    assert len([*chunks.places(first + second, 0)]) == 2
    assert [place.offset for place in chunks.places(first + spoil(second), 0)] == [0]
    assert [*chunks.places(spoil(first) + second, 0)] == []


@pytest.mark.parametrize(
    ("codec", "length", "first", "ticks"),
    [(2, 1, 0, 1), (0, chunks.MAX_PAYLOAD + 1, 0, 1), (0, 1, 0, 0), (0, 1, 2**32 - 1, 2)],
    ids=["codec", "size", "no ticks", "beyond all ticks"],
)
def test_a_head_that_is_not_allowed_is_not_sound_whatever_its_crc(codec: int, length: int, first: int, ticks: int) -> None:
    head = chunks._HEAD.pack(1, codec, 0, length, first, ticks)
    payload = bytes(length)
    data = head + chunks._CRC.pack(zlib.crc32(payload, zlib.crc32(head))) + payload
    assert [*chunks.places(data, 0)] == []


def test_a_type_that_goes_back_in_time_ends_the_file() -> None:
    data = b"".join(chunks.encode_chunk(Chunk(kind, tick, 1, b"")) for kind, tick in [(1, 5), (2, 3), (1, 5), (1, 4), (2, 9)])
    assert [(place.type, place.first_tick) for place in chunks.places(data, 0)] == [(1, 5), (2, 3), (1, 5)]


def test_nothing_stands_behind_a_footer() -> None:
    data = chunks.encode_chunk(Chunk(ChunkType.FOOTER, 0, 1, b"")) + chunks.encode_chunk(Chunk(ChunkType.VIEW, 0, 1, b""))
    assert [place.type for place in chunks.places(data, 0)] == [ChunkType.FOOTER]


def test_a_payload_that_inflates_without_end_is_refused() -> None:
    bomb = zlib.compress(bytes(chunks.MAX_PAYLOAD + 1))
    head = chunks._HEAD.pack(1, chunks.ZLIB, 0, len(bomb), 0, 1)
    data = head + chunks._CRC.pack(zlib.crc32(bomb, zlib.crc32(head))) + bomb
    (place,) = chunks.places(data, 0)
    with pytest.raises(FormatError, match="more than"):
        chunks.chunk_at(data, place)


def test_a_payload_that_is_too_large_is_not_written() -> None:
    with pytest.raises(ValueError, match="at most"):
        chunks.encode_chunk(Chunk(1, 0, 1, bytes(chunks.MAX_PAYLOAD + 1)))


def test_a_chunk_that_changes_while_it_is_read_is_told() -> None:
    data = bytearray(chunks.encode_chunk(Chunk(1, 0, 1, b"one")))
    (place,) = chunks.places(bytes(data), 0)
    data[-1] ^= 1
    with pytest.raises(FormatError, match="changed"):
        chunks.chunk_at(bytes(data), place)


def test_an_end_says_where_the_footer_is() -> None:
    assert chunks.footer_offset(chunks.end_of(2**40)) == 2**40
    assert len(chunks.end_of(0)) == chunks.END_SIZE
    assert chunks.footer_offset(b"TRPLEND1") is None
    assert chunks.footer_offset(bytes(chunks.END_SIZE)) is None


# -- values ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        b"\xc1",
        b"\x92\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\xc7\x00\x05",
        b"\x81\x90\x01",
        b"\x81\x01\x01",
        b"\x91" * 5_000,
        b"\xd9\x02\xff\xff",
    ],
    ids=["no type", "cut short", "long array", "ext", "array as a key", "number as a key", "deep", "no utf-8"],
)
def test_what_is_no_msgpack_within_bounds_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        list(values_of(data))


# -- the header ------------------------------------------------------------------------------------------------------------
def as_read(value: Any) -> Any:  # noqa: ANN401 - any value
    """Arrays come back as tuples."""
    return msgpack.unpackb(msgpack.packb(value), use_list=False, strict_map_key=False)


HEADERS = st.builds(
    Header,
    session=st.binary(min_size=16, max_size=16),
    game=TEXTS,
    version=st.integers(0, 2**53 - 1),
    room=TEXTS,
    protocol=st.just(1),
    rate=st.integers(1, 60),
    first=TICKS,
    at=st.floats(allow_nan=False, allow_infinity=False),
    schema=st.just(as_read(Fleet.schema.to_wire())),
    options=ROWS,
    map=st.none() | st.tuples(TEXTS, st.binary(min_size=32, max_size=32), st.binary(max_size=99)),
    software=TEXTS,
    before=st.none() | TEXTS,
    flags=st.integers(0, 2**16 - 1),
)


@given(HEADERS, st.binary(max_size=9))
def test_a_header_comes_back_and_says_its_size(made: Header, behind: bytes) -> None:
    data = made.encode()
    assert Header.decode(data + behind) == (made, len(data))


@given(HEADERS, st.data())
@settings(max_examples=50)
def test_a_header_that_is_not_whole_is_a_format_error(made: Header, data: st.DataObject) -> None:
    whole = made.encode()
    with pytest.raises(FormatError):
        Header.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    with pytest.raises(FormatError):
        Header.decode(whole[:at] + bytes((whole[at] ^ 1 << bit,)) + whole[at + 1 :])


def test_a_format_of_the_future_is_refused_in_words() -> None:
    data = bytearray(HEADERS_EXAMPLE.encode())
    data[5] = 2
    with pytest.raises(FormatError, match=r"format 2.*update gameserver"):
        Header.decode(bytes(data))


def test_a_reader_passes_over_keys_that_it_does_not_know() -> None:
    body = msgpack.unpackb(HEADERS_EXAMPLE.encode()[12:-4], use_list=False) | {"new": [1, {"a": 2}]}
    lead = header._LEAD.pack(b"TRPL", 1, 0, len(pack(body))) + pack(body)
    assert Header.decode(lead + header._CRC.pack(zlib.crc32(lead)))[0] == HEADERS_EXAMPLE


HEADERS_EXAMPLE = Header(
    session=bytes(16), game="pong", version=1, room="test", protocol=1, rate=60, first=0, at=1.5,
    schema=as_read(Fleet.schema.to_wire()), options=(1,), map=None, software="x",
)  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("session", b"short"), ("rate", 0), ("rate", 61), ("first", -1), ("first", 2**32), ("at", float("nan")), ("at", "now"),
        ("schema", []), ("options", 5), ("map", ["name", b"hash", b""]), ("game", None), ("version", True), ("before", 1),
    ],
)  # fmt: skip
def test_a_header_with_a_wrong_value_is_a_format_error(key: str, value: Any) -> None:  # noqa: ANN401 - any value at all
    with pytest.raises(FormatError):
        Header.decode(attrs.evolve(HEADERS_EXAMPLE, **dict[str, Any]({key: value})).encode())


# -- what is in it ---------------------------------------------------------------------------------------------------------
@given(st.builds(Origin, INTEGERS, TEXTS, TEXTS, TEXTS))
def test_an_origin_comes_back(made: Origin) -> None:
    assert Origin.decode(made.encode()) == made


@given(mark_lists())
def test_marks_come_back(made: list[Mark]) -> None:
    assert [*header.decode_marks(values_of(b"".join(mark.encode() for mark in made)))] == made


def test_a_mark_of_the_future_is_passed_over() -> None:
    assert [*header.decode_marks([(1, 99, "what?"), (2, 3)])] == [Mark(2, What.OVER)]


@pytest.mark.parametrize(
    "mark",
    [
        (1,), 5, (1, 0, 1), (1, 0, 1, "x", 1), (-1, 3), (1, 1, "x"), (1, 1, True), (1, 2), (1, 2, 3, None), (1, 3, 3), (1, 4, 5),
        (1, 5, 2), (1, {}, 5),
    ],
)  # fmt: skip
def test_a_mark_that_does_not_fit_is_a_format_error(mark: object) -> None:
    with pytest.raises(FormatError):
        list(header.decode_marks([mark]))


def test_marks_that_go_back_in_time_are_a_format_error() -> None:
    with pytest.raises(FormatError):
        list(header.decode_marks([(2, 3), (1, 3)]))


@given(
    st.builds(
        Contents,
        first=TICKS,
        last=TICKS,
        end=st.none() | TEXTS,
        steps=st.integers(0, 2**53 - 1),
        hash=st.none() | st.binary(min_size=8, max_size=8),
        marks=mark_lists().map(tuple),
        index=st.lists(st.tuples(TICKS, TICKS, TICKS), max_size=4).map(lambda rows: tuple(one for row in rows for one in row)),
        after=st.none() | TEXTS,
    )
)
def test_contents_come_back(made: Contents) -> None:
    assert Contents.decode(made.encode()) == made


@given(step_blocks(), st.lists(TEXTS, min_size=5, max_size=5))
def test_a_fault_comes_back(made: list[Step], texts: list[str]) -> None:
    step = attrs.evolve(made[0], hash=0)
    fault = Fault(
        tick=step.tick, id=texts[0], kind=texts[1], text=texts[2], traceback=texts[3], where=texts[4], step=step
    )  # fmt: skip
    assert Fault.decode(fault.encode()) == fault


@pytest.mark.parametrize("decode", [Origin.decode, Contents.decode, Fault.decode])
@given(
    st.recursive(
        PLAIN | st.binary(max_size=4), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    )
)
def test_any_other_value_is_a_format_error(decode: Any, value: object) -> None:  # noqa: ANN401 - a function
    with pytest.raises(FormatError):
        decode(pack(value))


# -- steps -----------------------------------------------------------------------------------------------------------------
@given(step_blocks())
def test_a_block_of_steps_comes_back(made: list[Step]) -> None:
    encoder = StepEncoder(made[0].tick)
    for step in made:
        encoder.add(step, step.hash)
    payload = encoder.payload()
    assert encoder.size == len(payload)
    assert (encoder.first, encoder.last) == (made[0].tick, made[-1].tick)
    assert [*steps.decode_steps(payload, made[0].tick)] == made


def test_an_input_that_stays_as_it_is_costs_nothing() -> None:
    encoder = StepEncoder(1)
    inputs = dict.fromkeys(range(1, 17), (1, 2, 3))
    encoder.add(Step(1, (), inputs), 2**32 - 1)
    size = encoder.size
    encoder.add(Step(2, (), dict(inputs)), 2**32 - 1)
    assert encoder.size - size == 10


def test_the_largest_profile_comes_back() -> None:
    profile: dict[str, int | float | str | bool | None] = {chr(0x100 + number): None for number in range(MAX_PROFILE)}
    step = Step(1, (Join(1, "ann", plain_profile(profile)),))
    assert [*steps.decode_steps(pack(encode_step(step)), 1)] == [step]


def test_what_a_hook_does_to_a_profile_does_not_reach_the_step() -> None:
    profile: dict[str, int | float | str | bool | None] = {"rank": 1}
    step = Step(1, (Join(1, "ann", profile),))
    profile.clear()
    assert step.commands == (Join(1, "ann", {"rank": 1}),)


@pytest.mark.parametrize(
    "body",
    [
        5, (0,), (0, 0, (), (), (), 1), (-1, 0, (), (), ()), (2**33, 0, (), (), ()), (0, 2**32, (), (), ()), (0, 0, 1, (), ()),
        (0, 0, (), ((0, 1),), ()), (0, 0, (), (("a", 1),), ()), (0, 0, (), ((),), ()), (0, 0, (), ((1, None),), ()),
        (0, 0, (), (), ((1,),)), (0, 0, (), (), ((1, -1),)), (0, 0, ((9,),), (), ()), (0, 0, ((0, 1, "x", {}, 1),), (), ()),
        (0, 0, ((0, 1, "x", {1: 2}, True),), (), ()), (0, 0, ((3, 1, 1, "call", None),), (), ()), (0, 0, ((1, 5_000),), (), ()),
        (0, 0, ((2, 1, None),), (), ()),
    ],
)  # fmt: skip
def test_a_step_that_does_not_fit_is_a_format_error(body: object) -> None:
    with pytest.raises(FormatError):
        list(steps.decode_steps(pack(body), 1))


def test_two_steps_of_one_tick_are_a_format_error() -> None:
    with pytest.raises(FormatError):
        list(steps.decode_steps(pack((0, 0, (), (), ())) * 2, 1))


# -- frames ----------------------------------------------------------------------------------------------------------------
@st.composite
def frame_blocks(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, list[ShownEvent], list[Any]]]]:
    base = tick = draw(st.integers(0, 2**20))
    made = []
    for _ in range(draw(st.integers(0, 6))):
        tick += draw(st.integers(1, 1_000))
        events = [
            ShownEvent(
                draw(st.integers(0, tick)), *draw(st.tuples(st.integers(0, 99), st.integers(0, 1_023), st.just((3, 5)), ROWS))
            )
            for _ in range(draw(st.integers(0, 3)))
        ]
        fragments = draw(st.lists(st.tuples(INTEGERS, TEXTS), max_size=20))
        made.append((tick, draw(st.integers(0, 3)), events, fragments))
    return base, made


@given(frame_blocks())
def test_a_block_of_frames_comes_back(made: tuple[int, list[tuple[int, int, list[ShownEvent], list[Any]]]]) -> None:
    base, block = made
    encoder = FrameEncoder(base, base + 1)
    for tick, flags, events, fragments in block:
        encoder.add(tick, flags, events, [pack(fragment) for fragment in fragments])
    payload = encoder.payload()
    assert encoder.size == len(payload)
    found = [*frames.decode_frames(payload)]
    assert [(frame.tick, frame.flags, [*frame.events], [*frame.fragments]) for frame in found] == block
    assert [frame.before for frame in found] == [base, *(frame.tick for frame in found)][: len(found)]


@given(st.integers(0, 9), st.lists(st.tuples(INTEGERS), max_size=40))
def test_a_keyframe_comes_back(flags: int, fragments: list[tuple[int]]) -> None:
    assert frames.decode_keyframe(frames.encode_keyframe(flags, [pack(one) for one in fragments])) == (flags, tuple(fragments))


@pytest.mark.parametrize(
    "body", [5, (1, 0), (0, 0, ()), (1, -1, ()), (1, 0, 5), (1, 0, ((2, 0, 0, ()),)), (1, 0, ((0, 0, 5_000, ()),))]
)
def test_a_frame_that_does_not_fit_is_a_format_error(body: object) -> None:
    with pytest.raises(FormatError):
        list(frames.decode_frames(pack(0) + pack(body)))


def test_a_block_without_a_base_is_a_format_error() -> None:
    for payload in (b"", pack((1, 0, ()))):
        with pytest.raises(FormatError):
            list(frames.decode_frames(payload))


def test_an_index_of_a_growing_file_takes_little_and_gives_back_what_was_put_in() -> None:
    tracemalloc.start()
    index = FileIndex(100)
    for number in range(10_000):
        index.add(Chunk(ChunkType.VIEW, number * 15 + 1, 15, b""), 1_000 + number % 500)
    assert tracemalloc.get_traced_memory()[0] < 60 * 10_000
    tracemalloc.stop()
    places = index.places
    assert len(places) == 10_000
    assert places[-1] == Place(ChunkType.VIEW, 149_986, 15, index.size - places[-1].length, 1_000 + 9_999 % 500)
    assert places[1:3] == [places[1], places[2]] == [*places][1:3]
    assert all(one.offset + one.length == other.offset for one, other in itertools.pairwise(places))
