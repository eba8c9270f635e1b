"""The form in which recordings are given away: whatever is in one, only what may go out does."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.core.replay.chunks import Chunk, ChunkType, chunk_at, encode_chunk, places
from gameserver.core.replay.header import LIVE, SHAREABLE, Contents, Header, Mark, What, decode_marks
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.shareable import PUBLIC, SECRET, Shareable, reveals
from gameserver.core.replay.values import pack, values_of

HEADER = Header(
    session=b"s" * 16, game="toy", version=1, room="toy1", protocol=1, rate=20, first=7, at=1.0, schema={}, options=(), map=None,
    software="gameserver", flags=0,
)  # fmt: skip
CONTENTS = Contents(
    first=7, last=90, end="over", steps=80, hash=b"h" * 8, marks=(Mark(9, What.LEFT, (1,)),), index=(6, 7, 100), after="next.trpl"
)
COPIED = [int(kind) for kind in ChunkType if kind not in (ChunkType.MARKS, ChunkType.FOOTER)]
TYPES = st.one_of(st.sampled_from(COPIED), st.integers(11, 254))
CHUNKS = st.lists(st.builds(Chunk, TYPES, st.integers(0, 5), st.integers(1, 9), st.binary(max_size=300)), max_size=30)


def share(chunks: list[Chunk], *, secrets: bool, live: bool = False) -> bytes:
    ordered = [attrs.evolve(chunk, first_tick=at + chunk.first_tick) for at, chunk in enumerate(chunks)]
    stored = [encode_chunk(chunk) for chunk in sorted(ordered, key=lambda chunk: chunk.first_tick)]
    data = b"".join(stored)
    writer = Shareable(HEADER, secrets=secrets, live=live)
    out = [writer.begin(CONTENTS)]
    out += [writer.take(data[place.offset : place.offset + place.length], place) for place in places(data, 0)]
    return b"".join((*out, writer.end(CONTENTS)))


@given(CHUNKS, st.booleans(), st.booleans())
def test_what_goes_out_is_what_may_as_it_was_and_in_order(chunks: list[Chunk], secrets: bool, live: bool) -> None:
    data = share(chunks, secrets=secrets, live=live)
    header, size = Header.decode(data)
    assert header == attrs.evolve(HEADER, flags=SHAREABLE | LIVE * live)
    found = list(places(data, size))
    first, *between, last = [chunk_at(data, place) for place in found]
    assert (first.type, last.type) == (ChunkType.CONTENTS, ChunkType.FOOTER)
    allowed = PUBLIC | SECRET if secrets else PUBLIC
    given_types = [chunk.type for chunk in sorted_by_tick(chunks) if chunk.type in allowed]
    assert [chunk.type for chunk in between] == given_types
    assert [chunk.payload for chunk in between] == [chunk.payload for chunk in sorted_by_tick(chunks) if chunk.type in allowed]
    bare = attrs.evolve(CONTENTS, hash=None, index=())
    assert Contents.decode(first.payload) == bare
    footer = Contents.decode(last.payload)
    assert attrs.evolve(footer, index=()) == bare
    keyframes = [place for place in found if place.type == ChunkType.KEYFRAME]
    assert footer.index == tuple(number for place in keyframes for number in (place.type, place.first_tick, place.offset))


def sorted_by_tick(chunks: list[Chunk]) -> list[Chunk]:
    ordered = [attrs.evolve(chunk, first_tick=at + chunk.first_tick) for at, chunk in enumerate(chunks)]
    return sorted(ordered, key=lambda chunk: chunk.first_tick)


@pytest.mark.parametrize(
    ("end", "shown"),
    [("over", True), ("closed", True), ("rolled", False), ("faulted", False), ("cut", False), (None, False), ("anything", False)],
)
def test_only_a_match_that_is_over_has_no_secrets_any_more(end: str | None, shown: bool) -> None:
    assert reveals(end) is shown


def test_bytes_that_are_not_what_their_place_says_do_not_go_out() -> None:
    """A file may change under its reader."""
    truth = encode_chunk(Chunk(ChunkType.TRUTH, 8, 1, b"seed"))
    view = encode_chunk(Chunk(ChunkType.VIEW, 8, 1, b"view"))
    (place,) = places(view, 0)
    writer = Shareable(HEADER, secrets=True)
    assert writer.take(truth, place) == b""
    assert writer.take(b"", place) == b""
    assert writer.take(view, place) == view


def test_what_says_that_nothing_happened_harms_no_reader() -> None:
    writer = Shareable(HEADER, secrets=False, live=True)
    data = writer.begin(CONTENTS) + writer.rest(90) + writer.rest(90) + writer.end(CONTENTS)
    recording = Recording.open(data)
    assert recording.sealed
    assert recording.marks == CONTENTS.marks


MARKS = st.lists(
    st.one_of(
        st.builds(Mark, st.integers(7, 90), st.just(What.NOTE), st.tuples(st.text(max_size=9))),
        st.builds(Mark, st.integers(7, 90), st.just(What.LEFT), st.tuples(st.integers(1, 9))),
    ),
    max_size=20,
).map(lambda marks: tuple(sorted(marks, key=lambda mark: mark.tick)))


@given(MARKS, st.booleans(), st.booleans())
def test_notes_go_out_to_nobody_but_the_host(marks: tuple[Mark, ...], secrets: bool, notes: bool) -> None:
    """They tell of reports: whoever is reported could look on, and see that he is."""
    groups = [marks[at : at + 3] for at in range(0, len(marks), 3)]
    contents = attrs.evolve(CONTENTS, marks=marks)
    stored = b"".join(encode_chunk(Chunk(ChunkType.MARKS, 7, 84, b"".join(mark.encode() for mark in group))) for group in groups)
    writer = Shareable(HEADER, secrets=secrets, notes=notes)
    taken = [writer.take(stored[place.offset : place.offset + place.length], place) for place in places(stored, 0)]
    data = b"".join((writer.begin(contents), *taken, writer.end(contents)))
    _, size = Header.decode(data)
    first, *between, last = [chunk_at(data, place) for place in places(data, size)]
    shown = [mark for mark in marks if notes or mark.what is not What.NOTE]
    assert [mark for chunk in between for mark in decode_marks(values_of(chunk.payload))] == shown
    assert list(Contents.decode(first.payload).marks) == list(Contents.decode(last.payload).marks) == shown


@pytest.mark.parametrize("payload", [b"\x00", b"\x90", b"\xc1", b"\x91\x05"], ids=["number", "empty", "no msgpack", "short"])
def test_marks_that_cannot_be_read_do_not_go_out(payload: bytes) -> None:
    stored = encode_chunk(Chunk(ChunkType.MARKS, 8, 1, payload))
    (place,) = places(stored, 0)
    assert Shareable(HEADER, secrets=False).take(stored, place) == b""


def test_marks_of_a_newer_server_go_out_as_they_are() -> None:
    stored = encode_chunk(Chunk(ChunkType.MARKS, 8, 1, pack([8, 77, "news"])))
    (place,) = places(stored, 0)
    assert Shareable(HEADER, secrets=False).take(stored, place) == stored
