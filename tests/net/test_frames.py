"""FrameStream: however the bytes come in pieces, the messages are those of trio-websocket alone, in the same order."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import partial
from itertools import pairwise
from typing import Final

import attrs
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio_websocket import ConnectionClosed, wrap_client_stream, wrap_server_stream

from gameserver.net.frames import FrameStream
from gameserver.net.splitter import unmask

LARGEST: Final = 1_000
MOST: Final = 4_000
"""Of a message, for trio-websocket."""
KEY: Final = b"\x01\x80\xff\x10"
HEAD: Final = (
    b"GET / HTTP/1.1\r\nHost: host\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@attrs.frozen
class Frame:
    first: int
    payload: bytes = b""

    def bytes(self, masked: bool) -> bytes:
        size = len(self.payload)
        bit = 0x80 if masked else 0
        if size < 126:
            head = bytes([self.first, bit | size])
        elif size < 65_536:
            head = bytes([self.first, bit | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([self.first, bit | 127]) + size.to_bytes(8, "big")
        return head + (KEY + unmask(self.payload, KEY) if masked else self.payload)


def accept_for(request: bytes) -> bytes:
    """The answer to an upgrade (RFC 6455 4.2.2)."""
    match = re.search(rb"(?i)sec-websocket-key: (\S+)", request)
    assert match is not None
    token = base64.b64encode(hashlib.sha1(match[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + token + b"\r\n\r\n"


class Feed(trio.abc.Stream):
    """Bytes that come in given pieces, then the end.

    Frames come after the upgrade: a client's feed gives the answer, and in the same piece perhaps the first frames; a server's
    feed gives the request, and the frames when it has been answered.
    """

    def __init__(self, frames: bytes, cuts: list[int], *, client: bool) -> None:
        self._frames = frames
        self._cuts = cuts
        self._client = client
        self._pieces: list[bytes] = [] if client else self._cut(HEAD)
        self._asked = trio.Event()
        self.sent = b""

    def _cut(self, data: bytes) -> list[bytes]:
        places = sorted({0, *(cut % (len(data) + 1) for cut in self._cuts), len(data)})
        return [data[a:b] for a, b in pairwise(places)]

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        await trio.lowlevel.checkpoint()
        if not self._pieces:
            await self._asked.wait()
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if max_bytes is not None and len(piece) > max_bytes:
            self._pieces.insert(0, piece[max_bytes:])
            piece = piece[:max_bytes]
        return piece

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await trio.lowlevel.checkpoint()
        if not self._asked.is_set():
            self._pieces = self._cut((accept_for(bytes(data)) if self._client else b"") + self._frames)
            self._asked.set()
        else:
            self.sent += bytes(data)

    async def wait_send_all_might_not_block(self) -> None:
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


@attrs.frozen
class Outcome:
    messages: list[str | bytes]
    code: int | None
    opcodes_sent: list[int]


async def listen(frames: bytes, cuts: list[int], *, client: bool, lift: bool) -> Outcome:
    """What comes out above, with FrameStream or without it."""
    feed = Feed(frames, cuts, client=client)
    stream = FrameStream(feed, largest=LARGEST, masked=not client)
    below: trio.abc.Stream = stream if lift else feed
    messages: list[str | bytes] = []
    code: int | None = None
    async with trio.open_nursery() as nursery:
        if client:
            websocket = await wrap_client_stream(nursery, below, "host", "/", max_message_size=MOST)  # type: ignore[arg-type] # any stream will do
        else:
            websocket = await (await wrap_server_stream(nursery, below, max_message_size=MOST)).accept()
        if lift:
            stream.lift(lambda message, at: messages.append(message))
        try:
            while True:
                message = await websocket.get_message()
                stream.delivered()
                messages.append(message)
        except ConnectionClosed as closed:
            code = int(closed.reason.code) if closed.reason is not None else None
        await below.aclose()
        nursery.cancel_scope.cancel()
    return Outcome(messages, code, opcodes(feed.sent, masked=client))


def opcodes(data: bytes, *, masked: bool) -> list[int]:
    """The first bytes of the frames that were sent."""
    found = []
    while data:
        size = data[1] & 0x7F
        assert size < 126
        found.append(data[0])
        data = data[2 + (4 if masked else 0) + size :]
    return found


PAYLOADS = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([0, 1, 124, 125, 126, 127, 200, LARGEST, LARGEST + 1, 2_000, MOST]).map(lambda n: (b"abcde" * n)[:n]),
)
SMALL = st.binary(max_size=20)
CONTROL = st.one_of(st.builds(Frame, st.just(0x89), SMALL), st.builds(Frame, st.just(0x8A), SMALL))


@st.composite
def fragmented(draw: st.DrawFn) -> list[Frame]:
    """A message in fragments, with control frames between them."""
    parts = draw(st.lists(st.binary(max_size=300), min_size=2, max_size=4))
    frames = []
    for number, part in enumerate(parts):
        first = (0x02 if number == 0 else 0x00) | (0x80 if number == len(parts) - 1 else 0)
        frames.append(Frame(first, part))
        if number < len(parts) - 1:
            frames += draw(st.lists(CONTROL, max_size=1))
    return frames


PLAIN = st.builds(Frame, st.just(0x82), PAYLOADS).map(lambda f: [f])
TEXT = st.text(max_size=20).map(lambda t: [Frame(0x81, t.encode())])
LAST = st.sampled_from(
    [
        [],
        [Frame(0x88, b"\x03\xe8")],
        [Frame(0x88)],
        [Frame(0x82, bytes(MOST + 1))],
        [Frame(0x92, b"reserved")],
        [Frame(0x80, b"continues nothing")],
        [Frame(0x02, b"begins"), Frame(0x82, b"and begins again")],
        [Frame(0x83, b"unknown")],
        [Frame(0x81, b"\xff")],
        [Frame(0x09, b"a control frame in fragments")],
    ]
)
CONVERSATION = st.builds(
    lambda groups, last: [frame for group in groups for frame in group] + last,
    st.lists(st.one_of(PLAIN, PLAIN, fragmented(), TEXT, CONTROL.map(lambda f: [f])), max_size=8),
    LAST,
)


@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
@settings(max_examples=150)
@given(frames=CONVERSATION, cuts=st.lists(st.integers(0, 100_000), max_size=12), rest=st.integers(0, 40))
def test_messages_and_answers_are_those_of_trio_websocket_alone(
    client: bool, frames: list[Frame], cuts: list[int], rest: int
) -> None:
    """`rest`: so many bytes are missing at the end."""
    data = b"".join(frame.bytes(masked=not client) for frame in frames)
    data = data[: len(data) - rest] if rest < 20 and rest < len(data) else data
    alone, lifted = (trio.run(partial(listen, data, cuts, client=client, lift=lift)) for lift in (False, True))
    if not client and alone.code in (1002, 1007) and 0x88 not in alone.opcodes_sent:  # trio-websocket closes without a word
        said = attrs.evolve(alone, opcodes_sent=[*alone.opcodes_sent, 0x88])
        cut = len(data) < sum(len(frame.bytes(masked=True)) for frame in frames)
        assert lifted == said or (cut and lifted == alone)  # nor do we to somebody who has gone in the middle of a header
    else:
        assert lifted == alone


@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
def test_every_single_split_gives_the_same(client: bool) -> None:
    frames = [
        Frame(0x82, b"one"),
        Frame(0x89, b"ping"),
        Frame(0x02, b"two, "),
        Frame(0x89, b"between"),
        Frame(0x80, b"in two"),
        Frame(0x82, b"x" * 130),
        Frame(0x81, b"text"),
        Frame(0x82, b"last"),
        Frame(0x88, b"\x03\xe8"),
    ]
    data = b"".join(frame.bytes(masked=not client) for frame in frames)
    expected = ["one", "two, in two", "x" * 130, "text", "last"]
    for cut in range(len(HEAD) + len(data)):
        outcome = trio.run(partial(listen, data, [cut], client=client, lift=True))
        found = [m if isinstance(m, str) else m.decode() for m in outcome.messages]
        assert found == expected, f"split at {cut}"
        assert outcome.opcodes_sent == [0x8A, 0x8A, 0x88]
    every_byte = trio.run(partial(listen, data, list(range(2_000)), client=client, lift=True))
    assert every_byte == outcome


async def test_plain_frames_are_lifted_before_trio_websocket_sees_them() -> None:
    lifted: list[bytes] = []
    feed = Feed(
        b"".join(Frame(0x82, b"%d" % n).bytes(masked=True) for n in range(5)) + Frame(0x89).bytes(masked=True), [], client=False
    )
    stream = FrameStream(feed, largest=LARGEST, masked=True)
    stream.lift(lambda frame, at: lifted.append(frame))
    assert await stream.receive_some() == HEAD
    await stream.send_all(b"HTTP/1.1 101 accepted")
    assert await stream.receive_some() == Frame(0x89).bytes(masked=True)
    assert lifted == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_frame_that_is_masked_by_the_wrong_side_goes_the_slow_way() -> None:
    def never(frame: bytes, at: float) -> None:
        pytest.fail(f"{frame!r} was lifted out")

    for masked in (True, False):
        wrong = Frame(0x82, b"x").bytes(masked=not masked)
        stream = FrameStream(Feed(wrong, [], client=False), largest=LARGEST, masked=masked)
        stream.lift(never)
        assert await stream.receive_some() == HEAD
        await stream.send_all(b"HTTP/1.1 101 accepted")
        assert await stream.receive_some() == wrong


@given(st.binary(max_size=200), st.binary(min_size=4, max_size=4))
def test_unmask_is_its_own_inverse(payload: bytes, key: bytes) -> None:
    masked = unmask(payload, key)
    assert unmask(masked, key) == payload
    assert masked == bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
