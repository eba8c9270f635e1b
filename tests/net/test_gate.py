"""Nothing passes the front door but the plain head of an upgrade; everything else is answered, cheaply, and goes."""

from __future__ import annotations

import contextlib
import random
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
import trio
from hypothesis import example, given
from hypothesis import strategies as st

from gameserver.net.gate import MAX_HEAD_BYTES, MAX_HEADERS, Head, HeadRefused, read_head, turn_away, vet
from gameserver.net.simulated import SimNetwork

if TYPE_CHECKING:
    from trio.testing import MockClock

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = {
    "Host": "example.org:8765",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def head(*more: str, request: str = "GET /ws/arena1 HTTP/1.1", without: str = "", **changed: str) -> bytes:
    """A good head with more lines, without one of its own, or with another value for some (`_` stands for `-`)."""
    values = {name: changed.get(name.replace("-", "_").lower(), value) for name, value in GOOD.items() if name != without}
    lines = [request, *(f"{name}: {value}" for name, value in values.items()), *more]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


PASS = {
    "the shortest": head(),
    "a browser's": head(
        "Origin: http://example.org", "User-Agent: Mozilla/5.0 (X11)", "Sec-WebSocket-Extensions: permessage-deflate"
    ),
    "other cases": head(upgrade="WebSocket", connection="keep-alive, UPGRADE"),
    "two lines of Connection": head("Connection: keep-alive"),
    "an IPv6 host": head(host="[::1]:8765"),
    "a bare host": head(host="localhost"),
    "blanks around a value": head(host=" \t localhost \t "),
    "an empty value": head("X-Empty:"),
    "as many headers as may be": head(*(f"X-{n}: 1" for n in range(MAX_HEADERS - len(GOOD)))),
}

REFUSED = {
    "no request": (b"\r\n\r\n", 400),
    "garbage": (b"\x16\x03\x01\x02\x00garbage\r\n\r\n", 400),
    "HTTP/1.0": (head(request="GET /ws/a HTTP/1.0"), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\n", 400),
    "an absolute URL": (head(request="GET http://x/ws/a HTTP/1.1"), 400),
    "a blank in the path": (head(request="GET /ws/a b HTTP/1.1"), 400),
    "a path that is not ASCII": (head(request="GET /ws/\xe9 HTTP/1.1"), 400),
    "POST": (head(request="POST /ws/a HTTP/1.1"), 405),
    "a plain GET": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 426),
    "no Host": (head(without="Host"), 400),
    "two Hosts": (head("Host: other"), 400),
    "a Host that is not ASCII": (head(host="h\xe9"), 400),
    "a Host with a path": (head(host="x/y"), 400),
    "a long Host": (head(host="a" * 300), 400),
    "a header that is not ASCII": (head("Sec-WebSocket-Protocol: \xe9"), 400),
    "a Connection that is not ASCII": (head(connection="Upgrade\xff"), 400),
    "a folded header": (head("X-Long: 1\r\n 2"), 400),
    "a header without a name": (head(": 1"), 400),
    "a blank before the colon": (head("X-Space : 1"), 400),
    "a control character": (head("X-Bell: \x07"), 400),
    "a lone carriage return": (head("X-A: 1\rX-B: 2"), 400),
    "a body": (head("Content-Length: 5"), 400),
    "a chunked body": (head("Transfer-Encoding: chunked"), 400),
    "another Upgrade": (head(upgrade="h2c"), 426),
    "two Upgrades": (head("Upgrade: h2c"), 400),
    "no Connection": (head(without="Connection"), 426),
    "version 8": (head(sec_websocket_version="8"), 426),
    "no key": (head(without="Sec-WebSocket-Key"), 400),
    "a short key": (head(sec_websocket_key="AAAA"), 400),
    "a key that is no base64": (head(sec_websocket_key="!" * 24), 400),
    "two keys": (head(f"Sec-WebSocket-Key: {KEY}"), 400),
    "too many headers": (head(*(f"X-{n}: 1" for n in range(MAX_HEADERS - len(GOOD) + 1))), 431),
}


@pytest.mark.parametrize("raw", PASS.values(), ids=PASS)
def test_an_upgrade_passes_as_it_is(raw: bytes) -> None:
    assert vet(raw) == Head("/ws/arena1", raw)


@pytest.mark.parametrize(("raw", "status"), REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(HeadRefused) as caught:
        vet(raw)
    assert caught.value.status == status
    answer = caught.value.answer()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in answer
    assert (b"Connection: close, Upgrade\r\nUpgrade: websocket\r\n" in answer) == (status == 426)
    assert answer.isascii()


@given(st.binary(max_size=600))
@example(b"GET / HTTP/1.1\r\n" + b" " * 500)
def test_any_bytes_pass_or_are_refused(data: bytes) -> None:
    try:
        made = vet(data + b"\r\n\r\n")
    except HeadRefused:
        return
    assert made.raw.isascii()


@given(st.integers(0, len(head()) - 5), st.integers(0, 255))
def test_a_head_with_one_wrong_byte_is_refused_or_still_plain(at: int, byte: int) -> None:
    raw = bytearray(head())
    raw[at] = byte
    try:
        made = vet(bytes(raw))
    except HeadRefused:
        return
    assert made.raw.isascii()
    assert made.path.startswith("/")


@pytest.mark.parametrize(
    "line",
    [
        b"X: " + b" " * 4_000 + b"\x01",
        b"X: " + b" \t" * 2_000 + b"\x01",
        b"a" * 4_000,
        b"Host: " + b"a" * 4_000,
        b"X:" + b"," * 4_000,
    ],
)
def test_no_head_of_the_longest_kind_costs_much(line: bytes) -> None:
    """Judged by a factor of 1,000 against the good head in the same run: an expression that explodes is slower by millions."""
    raw = b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n"

    def seconds(data: bytes) -> float:
        begin = time.process_time()
        for _ in range(20):
            try:
                vet(data)
            except HeadRefused:
                continue
        return time.process_time() - begin

    assert seconds(raw) < 1_000 * max(seconds(head()), 1e-5)


# -- from a stream ---------------------------------------------------------------------------------------------------------
async def feed(data: bytes, *, close: bool = True, seed: int = 1) -> Head | None:
    """What read_head makes of these bytes, in random pieces."""
    line = SimNetwork(random.Random(seed), chunking=True, window_bytes=1 << 20).pair()
    await line.client.send_all(data)
    if close:
        await line.client.send_eof()
    return await read_head(line.server)


@pytest.mark.parametrize("seed", range(20))
async def test_a_head_comes_in_any_pieces(seed: int, autojump_clock: MockClock) -> None:
    assert await feed(head(), seed=seed) == Head("/ws/arena1", head())


async def test_a_peer_that_goes_before_the_end_is_no_error(autojump_clock: MockClock) -> None:
    for length in range(len(head())):
        assert await feed(head()[:length]) is None


async def test_a_head_has_a_limit(autojump_clock: MockClock) -> None:
    room = MAX_HEAD_BYTES - len(head("X-Pad: "))
    assert await feed(head("X-Pad: " + "x" * room)) is not None, "exactly as long as it may be"
    for data in (head("X-Pad: " + "x" * (room + 1)), b"x" * 100_000):
        with pytest.raises(HeadRefused) as caught:
            await feed(data)
        assert caught.value.status is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


async def test_nothing_may_follow_the_head(autojump_clock: MockClock) -> None:
    """In one piece it is refused; what comes later is read as frames, after the answer."""
    line = SimNetwork(random.Random(1)).pair()
    await line.client.send_all(head() + b"\x82\x80")
    with pytest.raises(HeadRefused, match="nothing may follow"):
        await read_head(line.server)


async def test_a_silent_peer_is_for_the_caller_to_time_out(autojump_clock: MockClock) -> None:
    with trio.move_on_after(5) as scope:
        await feed(b"GET", close=False)
    assert scope.cancelled_caught


# -- turned away -----------------------------------------------------------------------------------------------------------
async def test_whoever_is_turned_away_can_read_why(autojump_clock: MockClock) -> None:
    """Although he had sent more than anybody read: the answer comes whole, then the end, not a reset."""
    line = SimNetwork(random.Random(1)).pair()
    await line.client.send_all(b"x" * 30_000)
    with pytest.raises(HeadRefused) as caught:
        await read_head(line.server)
    answer = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(turn_away, line.server, caught.value)
        while data := await line.client.receive_some():
            answer += data
        await line.client.aclose()
    assert answer == caught.value.answer()


async def test_turning_away_takes_a_second_at_most(autojump_clock: MockClock) -> None:
    """Whatever the peer does: it says no more, or it sends for ever."""
    begin = trio.current_time()
    await turn_away(SimNetwork(random.Random(1)).pair().server, HeadRefused(HTTPStatus.BAD_REQUEST, "no"))
    assert trio.current_time() - begin == pytest.approx(1, abs=0.01)

    line = SimNetwork(random.Random(1)).pair()
    async with trio.open_nursery() as nursery:

        async def flood() -> None:
            with contextlib.suppress(trio.BrokenResourceError):
                while True:
                    await line.client.send_all(b"x" * 4_096)

        nursery.start_soon(flood)
        await turn_away(line.server, HeadRefused(HTTPStatus.BAD_REQUEST, "no"))
        await line.server.aclose()
