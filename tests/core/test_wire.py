"""Bytes to messages: what was said comes back, and whatever a peer sends, only a ProtocolError comes out, at a small price."""

from __future__ import annotations

import contextlib
import random
import struct
import tracemalloc
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.core import limits
from gameserver.core.errors import ProtocolError
from gameserver.core.limits import MAX_INTEGER, MAX_MESSAGE
from gameserver.core.messages import (
    Bye,
    Call,
    ClientMessage,
    EventMessage,
    Hello,
    Inputs,
    Notice,
    NoticeCode,
    Ping,
    Pong,
    Ready,
    Reply,
    Role,
    Snapshot,
    Welcome,
)
from gameserver.core.registry import Limit
from gameserver.core.wire import decode_client, decode_server, encode_client, encode_head, encode_server, pack
from gameserver.core.words import is_name

NATURALS = st.integers(0, MAX_INTEGER)
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
ARGUMENTS = st.lists(st.one_of(INTEGERS, st.text(max_size=20), st.lists(INTEGERS, max_size=8).map(tuple)), max_size=8).map(tuple)
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]), min_size=1, max_size=24).filter(
    lambda name: not name.isspace()
)

CLIENT_MESSAGES: st.SearchStrategy[ClientMessage] = st.one_of(
    st.builds(
        Hello,
        NATURALS,
        st.from_regex(r"[a-z][a-z0-9_-]{0,31}(@[0-9]{1,9})?", fullmatch=True),
        st.from_regex(r"[a-z0-9]{1,32}", fullmatch=True),
        st.one_of(st.none(), st.text(st.characters(codec="ascii"), max_size=512), st.binary(min_size=16, max_size=16)),
        st.sampled_from(Role),
        NAMES,
    ),
    st.builds(Ready, st.one_of(st.none(), st.binary(min_size=32, max_size=32))),
    st.builds(Inputs, NATURALS, st.none() | NATURALS, NATURALS, st.none() | NATURALS, st.lists(INTEGERS, max_size=64).map(tuple)),
    st.builds(Ping, INTEGERS, INTEGERS),
    st.builds(Call, NATURALS, st.text(max_size=20), ARGUMENTS),
    st.just(Bye()),
)
SCHEMAS = st.dictionaries(st.text(max_size=5), st.integers(0, 9) | st.text(max_size=5), max_size=3)
WELCOMES = st.builds(
    Welcome,
    NATURALS,
    st.none() | st.binary(min_size=16, max_size=16),
    st.integers(1, 60),
    SCHEMAS,
    st.none() | st.tuples(st.text(max_size=9), st.binary(min_size=32, max_size=32), st.binary(max_size=99)),
    ARGUMENTS,
    NATURALS,
)
SERVER_MESSAGES = st.one_of(
    st.builds(EventMessage, NATURALS, NATURALS, NATURALS, ARGUMENTS),
    st.builds(Pong, INTEGERS, INTEGERS, NATURALS, INTEGERS, INTEGERS),
    st.builds(Reply, NATURALS, st.just(True), st.none() | st.booleans() | INTEGERS | st.text(max_size=9)),
    st.builds(Reply, NATURALS, st.just(False), st.text(max_size=9)),
    st.builds(Notice, st.integers(0, 99), st.text(max_size=9), st.none() | INTEGERS | st.text(max_size=9)),
)
DROPS = st.lists(NATURALS, max_size=4).map(tuple)
SCHEDULES = st.lists(st.tuples(NATURALS, st.integers(1, 64)), max_size=3).map(
    lambda pairs: tuple(n for pair in pairs for n in pair)
)
CONTROLS = st.none() | st.tuples(DROPS, st.sampled_from((None, 1, 2, 4, 8)), st.none() | NATURALS, SCHEDULES)
FRAGMENTS = st.lists(st.tuples(NATURALS, NATURALS, st.just(()), st.just(()), st.just(())), max_size=3).map(tuple)
SNAPSHOTS = st.builds(Snapshot, NATURALS, NATURALS, NATURALS, st.none() | NATURALS, st.none() | INTEGERS, CONTROLS, FRAGMENTS)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """A head and its fragments, as they stand in a frame."""
    head = encode_head(
        snapshot.epoch,
        snapshot.tick,
        snapshot.flags,
        snapshot.input_ack,
        snapshot.margin,
        snapshot.control,
        len(snapshot.fragments),
    )
    return head + b"".join(pack(fragment) for fragment in snapshot.fragments)


# -- round trips -------------------------------------------------------------------------------------------------------------
@given(message=CLIENT_MESSAGES)
def test_what_a_client_says_comes_back(message: ClientMessage) -> None:
    data = encode_client(message)
    assert decode_client(data) == message
    assert len(data) <= MAX_MESSAGE


@given(welcome=WELCOMES)
def test_a_welcome_comes_back(welcome: Welcome) -> None:
    assert decode_server(encode_server(welcome)) == [welcome]


@given(messages=st.lists(SERVER_MESSAGES, min_size=1, max_size=4), snapshot=st.none() | SNAPSHOTS)
def test_what_a_server_says_comes_back(messages: list[Any], snapshot: Snapshot | None) -> None:
    frame = b"".join(map(encode_server, messages))
    expected: list[Any] = list(messages)
    if snapshot is not None:
        frame += encode_snapshot(snapshot)
        expected.append(snapshot)
    assert decode_server(frame) == expected


@given(message=WELCOMES | SERVER_MESSAGES)
def test_a_client_ignores_what_it_does_not_know(message: Any) -> None:  # noqa: ANN401 - a message
    """The server may add elements to the end of an array within protocol 1."""
    body = msgpack.unpackb(encode_server(message), use_list=False)
    assert decode_server(pack((*body, "new", (1, 2)))) == [message]


@given(message=CLIENT_MESSAGES, extra=st.none() | INTEGERS)
def test_a_server_ignores_nothing(message: ClientMessage, extra: int | None) -> None:
    body = msgpack.unpackb(encode_client(message), use_list=False)
    with pytest.raises(ProtocolError):
        decode_client(pack((*body, extra)))
    if len(body) > 1:
        with pytest.raises(ProtocolError):
            decode_client(pack(body[:-1]))


def test_a_welcome_says_what_the_client_comes_as() -> None:
    for player, role in ((0, Role.SPECTATOR), (7, Role.PLAYER)):
        welcome = Welcome(player, None, 30, {}, None, (), 0)
        assert msgpack.unpackb(encode_server(welcome))[:3] == [0, player, role]
        assert welcome.role is role


# -- hostile clients ---------------------------------------------------------------------------------------------------------
HELLO: tuple[Any, ...] = (0, 1, "arena", "lobby", None, 0, "Ann")
INPUT: tuple[Any, ...] = (2, 5, 4, 0, 1_000, (1, 0))
ODD_VALUES: tuple[Any, ...] = (
    None,
    5,
    "ab",
    {},
    (True,),
    (0.0,),
    (float("nan"),),
    (float("inf"),),
    (2**53,),
    (-(2**53),),
    (None,),
    ((1,),),
)
BOMB = b"\xc1"
"""The one byte that msgpack never uses."""


def changed(message: tuple[Any, ...], at: int, value: object) -> tuple[Any, ...]:
    return (*message[:at], value, *message[at + 1 :])


@pytest.mark.parametrize(
    "message",
    [
        None,
        5,
        "text",
        {},
        {0: 1},
        (),
        (-1,),
        (6,),
        (99,),
        (True,),
        (5.0,),
        ("5",),
        ((5,),),
        (5, None),
        (5, 5),
        *(changed(HELLO, 1, value) for value in (-1, True, 1.0, "1", None, 2**53)),
        *(
            changed(HELLO, 2, value)
            for value in ("", "Arena", "a" * 33, "arena@", "arena@x", "arena@1234567890", "arena\n", 5, b"arena")
        ),
        *(changed(HELLO, 3, value) for value in ("", "Lobby", "a" * 33, "lob-by", "lobby\n", "ｌobby", "١", 5, None)),
        *(changed(HELLO, 4, value) for value in (5, b"", b"x" * 15, b"x" * 17, (), True)),
        *(changed(HELLO, 5, value) for value in (3, -1, False, True, "0", None, 0.0)),
        *(changed(HELLO, 6, value) for value in ("", "a" * 25, 5, b"Ann", None, "A\nn", " ")),
        (1, b""),
        (1, b"x" * 31),
        (1, "x" * 32),
        (1, 0),
        *(changed(INPUT, 1, value) for value in (-1, None, True, 1.0, 2**53, 2**64 - 1)),
        *(changed(INPUT, 2, value) for value in (-1, True, 1.5, "4")),
        *(changed(INPUT, 3, value) for value in (-1, None, False)),
        *(changed(INPUT, 4, value) for value in (-1, 0.5, float("nan"))),
        *(changed(INPUT, 5, value) for value in ODD_VALUES),
        changed(INPUT, 5, (0,) * 65),
        (3, None, 0),
        (3, 0, 1.5),
        (3, 2**53, 0),
        (3, True, 0),
        (4, -1, "emote", ()),
        (4, 1, b"emote", ()),
        (4, 1, "emote", None),
        *(
            (4, 1, "emote", (value,))
            for value in (None, True, 1.5, float("nan"), 2**53, b"x", {}, {"a": 1}, ((1,),), (1.5,), ("x",), (True,))
        ),
        (4, 1, "emote", ("x" * 513,)),
        (4, 1, "emote", ((0,) * 65,)),
    ],
    ids=repr,
)
def test_what_the_protocol_does_not_allow_is_refused(message: object) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_client(msgpack.packb(message))
    assert caught.value.close_code == 1002
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        BOMB,
        b"\x95\x02",  # an array of five that ends after one
        pack((5,)) + b"\x00",  # one message, and something behind it
        pack((5,)) * 2,
        b"\x94\x04\x01\xa1\xff\x90",  # not UTF-8
        b"\x94\x04\x01\xa3\xed\xa0\x80\x90",  # half a surrogate pair
        b"\x94\x04\x01\xa1x\x91\xd6\xff\x00\x00\x00\x00",  # a timestamp
        b"\x94\x04\x01\xa1x\x91\xc7\x00\x05",  # an ext type without data
        b"\x94\x04\x01\xa1x\x91\xd4\x05\x00",  # an ext type with some
        b"\x82\x00\x01\x00\x02",  # a map, and its key twice
        b"\x81\x90\x00",  # a map with an array as key
        b"\x81\x80\x00",  # a map with a map as key
    ],
    ids=lambda data: data.hex() or "nothing",
)
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_client(data)


def test_a_message_that_is_too_long_has_its_own_close_code() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_client(bytes(MAX_MESSAGE + 1))
    assert caught.value.close_code == 1009


def test_integers_may_come_in_a_longer_encoding_than_they_need() -> None:
    """Nobody is cut off for what a library of his chose; the value counts."""
    assert decode_client(b"\x93\x03\xd3" + struct.pack(">q", 7) + b"\xcf" + struct.pack(">Q", 9)) == Ping(7, 9)


@settings(max_examples=300)
@given(data=st.binary(max_size=200))
def test_random_bytes_raise_only_protocol_errors(data: bytes) -> None:
    """And what is understood is what would be written."""
    with contextlib.suppress(ProtocolError):
        decode_server(data)
    try:
        message = decode_client(data)
    except ProtocolError:
        return
    assert decode_client(encode_client(message)) == message


VALID = [
    *(
        encode_client(m)
        for m in (Hello(1, "arena@1", "lobby", b"x" * 16, Role.PLAYER, "Ann"), Ready(b"h" * 32), Bye(), Ping(1, 10**9))
    ),
    encode_client(Inputs(100, 99, 0, 25_000, (1, 0, -1, 0, 1, 0))),
    encode_client(Call(7, "emote", (3, "hello", (1, 2)))),
    encode_server(Welcome(1, b"r" * 16, 30, {"game": "arena"}, ("field", b"h" * 32, b"{}"), (1, "x"), 0)),
    encode_server(Pong(1, 2, 3, 4, 5)) + encode_server(EventMessage(1, 2, 0, (5, "x"))),
    encode_server(Reply(1, True, "x")) + encode_server(Notice(1, "kicked", None)),
    encode_snapshot(Snapshot(0, 100, 0, 99, -5, ((3,), None, 1, (0, 2)), ((0, 0, (8, 0, 5), (), ()), (1, 1, (), (1,), (2, 1, 5))))),
]


def test_a_hundred_thousand_mutations_raise_only_protocol_errors() -> None:
    """Bytes flipped, cut, doubled, spliced: most of them parse somehow, and that is the dangerous half."""
    dice = random.Random(1)
    refused = 0
    for _ in range(100_000):
        data = bytearray(dice.choice(VALID))
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data) + 1)
            match dice.randrange(5):
                case 0:
                    data[at : at + 1] = dice.randbytes(1)
                case 1:
                    del data[at : at + dice.randint(1, 4)]
                case 2:
                    data[at:at] = dice.choice(
                        (b"\xcb\x7f\xf8" + bytes(6), b"\xc3", b"\xc0", b"\xdd\xff\xff\xff\xff", b"\xcf" + b"\xff" * 8)
                    )
                case 3:
                    data[at:at] = dice.choice(VALID)[: dice.randint(1, 20)]
                case 4:
                    data[at : at + 1] = bytes([(data[at] + 1) % 256]) if at < len(data) else b"\x90"
        for decode in (decode_client, decode_server):
            try:
                decode(bytes(data))
            except ProtocolError:
                refused += 1
    assert 100_000 < refused < 200_000, "some are still valid, or the mutations are too wild to find anything"


def test_a_hundred_thousand_random_strings_raise_only_protocol_errors() -> None:
    dice = random.Random(2)
    refused = 0
    for _ in range(100_000):
        data = dice.randbytes(dice.randrange(40))
        try:
            decode_client(data)
        except ProtocolError:
            refused += 1
    assert refused > 99_000, "hardly any random bytes are a message"


# -- the price of a message --------------------------------------------------------------------------------------------------
def filled(pattern: bytes, end: bytes = b"") -> bytes:
    """As much of a pattern as a message may hold."""
    return (pattern * MAX_MESSAGE)[: MAX_MESSAGE - len(end)] + end


BOMBS = {
    "nested arrays, a count of 15 each": filled(b"\x9f"),
    "nested arrays, a count of 64 each": filled(b"\xdc\x00\x40"),
    "nested arrays, a count of 65,535 each": filled(b"\xdc\xff\xff"),
    "nested arrays of four billion": filled(b"\xdd\xff\xff\xff\xff"),
    "an array of four billion": b"\xdd\xff\xff\xff\xff",
    "arrays of 64 side by side": b"\xdc\x00\x40" + filled(b"\xdc\x00\x3f" + bytes(63))[3:],
    "empty arrays": b"\xdc\x00\x40" + filled(b"\x90")[3:],
    "nested maps": filled(b"\x81\xa0"),
    "nested maps of 32": filled(b"\xde\x00\x20\xa0"),
    "nested maps of 65,535": filled(b"\xde\xff\xff\xa0"),
    "a map of four billion": b"\xdf\xff\xff\xff\xff",
    "maps as keys": filled(b"\x81"),
    "a text of four gigabytes": b"\xdb\xff\xff\xff\xff",
    "a text as long as the message": b"\xda\x0f\xfd" + b"x" * (MAX_MESSAGE - 3),
    "bytes of four gigabytes": b"\xc6\xff\xff\xff\xff",
    "bytes as long as the message": b"\xc5\x0f\xfd" + b"x" * (MAX_MESSAGE - 3),
    "an ext type of four gigabytes": b"\xc9\xff\xff\xff\xff\x05",
    "an ext type as long as the message": b"\xc8\x0f\xfc\x05" + b"x" * (MAX_MESSAGE - 4),
    "timestamps": b"\xdc\x00\x40" + filled(b"\xd6\xff\x00\x00\x00\x00")[3:],
    "eight-byte integers": b"\xdc\x00\x40" + filled(b"\xcf" + b"\xff" * 8)[3:],
    "floats": b"\xdc\x00\x40" + filled(b"\xcb\x7f\xf8" + bytes(6))[3:],
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_message_takes_more_than_a_mebibyte(name: str) -> None:
    """With msgpack's own bounds 64 KiB of nested array headers take 82 MB."""
    data = BOMBS[name]
    assert len(data) <= MAX_MESSAGE
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode_client(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20, f"{peak} bytes"


@pytest.mark.parametrize("message", [{"x": 0}, (5, {"x": 0}), (4, 1, "emote", ({"x": 0},)), (4, 1, "emote", (((({"x": 0},),),),))])
def test_no_key_of_a_stranger_s_map_is_read(message: object) -> None:
    """msgpack interns keys, in a table of the whole process that grows by megabytes: the map is refused before its first one."""
    with pytest.raises(ProtocolError) as caught:
        decode_client(pack(message))
    assert caught.value.limit is Limit.DECODE_MAP


# -- hostile servers ---------------------------------------------------------------------------------------------------------
HEAD: tuple[Any, ...] = (1, 0, 100, 0, None, None, None, 0)
WELCOME: tuple[Any, ...] = (0, 1, 0, None, 30, {}, None, (), 0)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [5],
        [()],
        [(6, 0)],
        [(True,)],
        [HEAD[:-1]],
        [changed(HEAD, 7, 1)],
        [HEAD, HEAD],
        [HEAD, (5, 1, "x", None)],
        [changed(HEAD, 7, 1), (0, 0, (), ())],
        [changed(HEAD, 7, 1), 5],
        [changed(HEAD, 4, -1)],
        *([changed(HEAD, place, value)] for place in (1, 2, 3, 7) for value in (-1, None, True, 1.0, "1", 2**53)),
        *([changed(HEAD, place, value)] for place in (4, 5) for value in (True, 1.0, "1", 2**53)),
        *(
            [changed(HEAD, 6, value)]
            for value in (
                5,
                (),
                ((), None, None),
                (None, None, None, ()),
                ((), None, None, None),
                ((True,), None, None, ()),
                ((-1,), None, None, ()),
                (((),), None, None, ()),
                ((), 3, None, ()),
                ((), 1.0, None, ()),
                ((), True, None, ()),
                ((), None, -1, ()),
                ((), None, 0.5, ()),
                ((), None, None, (0,)),
                ((), None, None, (0, 0)),
                ((), None, None, (0, -2)),
                ((), None, None, (0, 2.0)),
            )
        ),
        [WELCOME[:-1]],
        [WELCOME, WELCOME],
        [WELCOME, HEAD],
        [(5, 1, "x", None), WELCOME],
        [changed(WELCOME, 1, -1)],
        [changed(WELCOME, 2, 1)],
        [changed(WELCOME, 2, None)],
        [changed(WELCOME, 3, b"short")],
        [changed(WELCOME, 3, "x" * 16)],
        *([changed(WELCOME, 4, value)] for value in (0, 61, True, 30.0, None)),
        [changed(WELCOME, 5, ())],
        *([changed(WELCOME, 6, value)] for value in (5, (), ("x",), ("x", b""), ("x", "y", b""), (b"x", b"", b""))),
        [changed(WELCOME, 7, None)],
        [changed(WELCOME, 8, None)],
        [(2, 1, 2, 3)],
        [(2, 1, 2, 3, None)],
        [(2, -1, 2, 3, ())],
        [(3, 1, 2, 3, 4)],
        [(3, 1.5, 2, 3, 4, 5)],
        [(4, 1, 1, None)],
        [(4, 1, True, 1.5)],
        [(4, 1, True, ())],
        [(4, 1, False, None)],
        [(4, 1, False, False)],
        [(4, 1, True, 2**53)],
        [(5, 1, None, None)],
        [(5, 1, "x", 1.5)],
        [(5, 1, "x", -(2**53))],
        [(5, True, "x", None)],
    ],
    ids=repr,
)
def test_what_a_server_may_not_say_is_refused(values: list[Any]) -> None:
    with pytest.raises(ProtocolError):
        decode_server(b"".join(map(msgpack.packb, values)))


def test_a_frame_that_ends_inside_a_value_is_refused() -> None:
    frame = encode_server(Notice(1, "kicked", None))
    for end in range(len(frame)):
        with pytest.raises(ProtocolError):
            decode_server(frame[:end])


@pytest.mark.parametrize("rest", [b"\x92", b"\x92\x01", b"\xdc\x00", b"\xd9\x05a"])
def test_a_value_that_is_cut_short_is_refused_behind_whole_messages_too(rest: bytes) -> None:
    with pytest.raises(ProtocolError, match="ends inside"):
        decode_server(encode_server(Pong(1, 2, 3, 4, 5)) + rest)


@pytest.mark.parametrize(
    "ext", [b"\xc7\x00\x05", b"\xd4\x05\x00", b"\xd6\xff\x00\x00\x00\x00"], ids=["empty", "short", "timestamp"]
)
def test_a_server_uses_no_ext_types_either(ext: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_server(b"\x95\x02\x01\x02\x00\x91" + ext)


def test_a_frame_that_is_too_long_is_refused() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_server(bytes(limits.MAX_FRAME + 1))
    assert caught.value.close_code == 1009


# -- names and codes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("Ann", True),
        ("a", True),
        ("a" * 24, True),
        ("a" * 25, False),
        ("", False),
        ("   ", False),
        ("\u3000", False),  # an ideographic space is blank, too
        ("Ann B", True),
        ("Zoë", True),
        ("Zoe\u0308", True),  # a combining mark is a letter's part
        ("安", True),
        ("😀" * 24, True),
        ("٣", True),
        ("<b>", True),  # markup is for whoever shows it
        ("A\tn", False),  # Cc
        ("A\x00n", False),  # Cc
        ("A\x7fn", False),  # Cc
        ("A\u200bn", False),  # Cf: zero width space
        ("A\u202en", False),  # Cf: right-to-left override
        ("\ufeffAnn", False),  # Cf: byte order mark
        ("A\u2028n", False),  # Zl
        ("A\u2029n", False),  # Zp
        ("\ue000", False),  # Co: private use
        ("\ud83d", False),  # Cs: half a surrogate pair
        ("\u0378", False),  # Cn: not assigned
        ("\U0010ffff", False),  # Cn
    ],
)
def test_a_name_can_be_read_and_does_not_hide_anything(name: str, allowed: bool) -> None:
    assert is_name(name) is allowed


def test_every_notice_has_the_close_code_of_the_specification() -> None:
    expected = {1: 1008, 2: 1011, 4: 1012, 5: 1008, 6: 1013, 7: 1008, 8: 1000, 9: 1001, 10: 1008, 11: 1001, 13: 4001, 14: 1012}
    assert {code: NoticeCode(code).close_code for code in expected} == expected


def test_a_welcome_whose_map_is_no_array_is_refused() -> None:
    """Since Python 3.12 a slice can be a key, so slicing a dict raises another error than before."""
    with pytest.raises(ProtocolError, match="map is no array"):
        decode_server(pack((0, 1, 0, None, 30, {}, {"name": "field"}, (), 0)))
