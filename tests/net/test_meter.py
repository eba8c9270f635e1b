"""Floods of frames that carry nothing end the line; honest clients never notice that they are counted."""

from __future__ import annotations

import contextlib
import tracemalloc
from typing import TYPE_CHECKING

import pytest
import trio

from gameserver.core.errors import ProtocolError
from gameserver.core.limits import CONTROL_PER_SECOND, MAX_FRAGMENT_BYTES, MAX_FRAGMENT_SECONDS, MAX_FRAGMENTS, MAX_MESSAGE
from gameserver.core.messages import Pong, Snapshot
from gameserver.net.meter import Meter
from tests.helpers import HOST, PORT, Ping, serving, wire

if TYPE_CHECKING:
    from trio.testing import MockClock

UPGRADE = (
    b"GET /ws/toy1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PING, PIECE, MORE, LAST = 0x89, 0x02, 0x00, 0x80
"""First bytes: a ping, a message's first, middle and last piece."""


def frame(first: int, payload: bytes = b"") -> bytes:
    """A masked frame whose key is zero."""
    return bytes((first, 0x80 | len(payload))) + bytes(4) + payload


# -- the counting ----------------------------------------------------------------------------------------------------------
def test_a_ping_a_second_may_go_on_for_ever() -> None:
    meter = Meter(0.0)
    for second in range(1_000):
        meter.frame(PING, 10, float(second))


def test_a_burst_of_pings_is_let_through_and_a_flood_is_not() -> None:
    meter = Meter(0.0)
    for _ in range(int(CONTROL_PER_SECOND)):
        meter.frame(PING, 10, 0.0)
    with pytest.raises(ProtocolError) as caught:
        meter.frame(PING, 10, 0.05)
    assert caught.value.close_code == 1008
    meter.frame(PING, 10, 0.2)


def test_a_message_may_come_in_a_few_pieces() -> None:
    """Also the largest one, again and again, with pings between its pieces."""
    meter = Meter(0.0)
    for second in range(100):
        meter.frame(PIECE, MAX_MESSAGE // 2, second)
        meter.frame(PING, 6, second)
        for _ in range(MAX_FRAGMENTS - 2):
            meter.frame(MORE, MAX_MESSAGE // 2 // (MAX_FRAGMENTS - 1) + 6, second)
        meter.frame(LAST, 6, second)


@pytest.mark.parametrize(
    ("wire_bytes", "apart_seconds", "pieces"),
    [(6, 0.0, MAX_FRAGMENTS), (MAX_FRAGMENT_BYTES // 4 + 1, 0.0, 3), (6, MAX_FRAGMENT_SECONDS / 2 + 0.1, 2), (2**62, 0.0, 0)],
    ids=["too many pieces", "too many bytes", "too long a time", "a huge piece"],
)
def test_a_message_that_does_not_end_is_too_much(wire_bytes: int, apart_seconds: float, pieces: int) -> None:
    meter = Meter(0.0)
    for number in range(pieces):
        meter.frame(MORE if number else PIECE, wire_bytes, number * apart_seconds)
    with pytest.raises(ProtocolError) as caught:
        meter.frame(MORE if pieces else PIECE, wire_bytes, pieces * apart_seconds)
    assert caught.value.close_code == 1009


# -- on a line -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("flood", "code"),
    [(frame(PIECE, b"\x93") + frame(MORE) * 1_000, 1009), (frame(PING) * 1_000, 1008), (frame(0x8A) * 1_000, 1008)],
    ids=["empty pieces", "pings", "pongs"],
)
async def test_a_flood_ends_its_own_line(flood: bytes, code: int, autojump_clock: MockClock) -> None:
    """With a code that says why, within two seconds; a player beside it loses nothing, and the server keeps none of it."""
    async with serving() as host, wire(host.network) as honest, trio.open_nursery() as nursery:
        await honest.join(name="bob")
        line = await host.network.connect(HOST, PORT)
        await line.send_all(UPGRADE)
        received = bytearray()

        async def read() -> None:
            with contextlib.suppress(trio.BrokenResourceError):
                while data := await line.receive_some():
                    received.extend(data)

        nursery.start_soon(read)
        await trio.sleep(0.1)
        begin = trio.current_time()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        with contextlib.suppress(trio.BrokenResourceError):
            while True:
                await line.send_all(flood)
        assert trio.current_time() - begin < 2
        assert tracemalloc.get_traced_memory()[0] - before < 512 * 1_024
        tracemalloc.stop()
        assert said_at_the_end(bytes(received)) == code
        honest.heard.clear()
        with trio.move_on_after(2):
            while True:
                await honest.hear()
        ticks = [message.tick for message in honest.heard if isinstance(message, Snapshot)]
        assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))
        assert len(ticks) > 35, "20 a second"


def said_at_the_end(received: bytes) -> int | None:
    """The code of the Close frame behind the upgrade's answer; every frame before it is whole and small."""
    at = received.index(b"\r\n\r\n") + 4
    while at < len(received):
        first, length = received[at], received[at + 1]
        assert length < 126
        if first == 0x88:
            return int.from_bytes(received[at + 2 : at + 4], "big")
        at += 2 + length
    return None


async def test_a_message_in_pieces_arrives_between_others(autojump_clock: MockClock) -> None:
    """Order is kept, whichever way each of them goes."""
    async with serving() as host, wire(host.network) as it:
        await it.join()
        for number in range(5):
            data = bytes((0x93, 3, number, 0))  # PING [3, number, 0]
            await it.stream.send_all(frame(PIECE, data[:2]) + frame(MORE) + frame(LAST, data[2:]))
            await it.say(Ping(100 + number, 0))
        await trio.sleep(0.2)
        with trio.move_on_after(1):
            while True:
                await it.hear()
        pongs = [message.sequence for message in it.heard if isinstance(message, Pong)]
        assert pongs == [0, 100, 1, 101, 2, 102, 3, 103, 4, 104]
