"""Nothing passes the front door but the plain head of an upgrade and whole requests written anew; all else is answered and goes."""

from __future__ import annotations

import contextlib
import random
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import h11
import pytest
import trio
from hypothesis import example, given
from hypothesis import strategies as st

from gameserver.core.limits import MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_HEADERS, MAX_UPGRADE_BYTES, MAX_UPGRADE_HEADERS
from gameserver.net.gate import SECURITY_HEADERS, Head, HeadRefused, Request, hang_up, read_request, turn_away, vet
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
    "as many headers as may be": head(*(f"X-{n}: 1" for n in range(MAX_UPGRADE_HEADERS - len(GOOD)))),
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
    "another Upgrade beside it": (head(upgrade="h2c, websocket"), 426),
    "two Upgrades": (head("Upgrade: h2c"), 400),
    "no Connection": (head(without="Connection"), 426),
    "version 8": (head(sec_websocket_version="8"), 426),
    "no key": (head(without="Sec-WebSocket-Key"), 400),
    "a short key": (head(sec_websocket_key="AAAA"), 400),
    "a key that is no base64": (head(sec_websocket_key="!" * 24), 400),
    "two keys": (head(f"Sec-WebSocket-Key: {KEY}"), 400),
    "a long head": (head("X-Pad: " + "x" * MAX_UPGRADE_BYTES), 431),
    "too many headers": (head(*(f"X-{n}: 1" for n in range(MAX_UPGRADE_HEADERS - len(GOOD) + 1))), 431),
}


@pytest.mark.parametrize("raw", PASS.values(), ids=PASS)
def test_an_upgrade_passes_as_it_is(raw: bytes) -> None:
    assert vet(raw) == Head("/ws/arena1", raw)


@pytest.mark.parametrize(("raw", "status"), REFUSED.values(), ids=REFUSED)
def test_whatever_else_asks_for_a_websocket_is_refused(raw: bytes, status: int) -> None:
    with pytest.raises(HeadRefused) as caught:
        vet(raw)
    assert caught.value.status == status
    answer = caught.value.answer()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in answer
    assert (b"Connection: close, Upgrade\r\nUpgrade: websocket\r\n" in answer) == (status == 426)
    for name, value in SECURITY_HEADERS:
        assert f"\r\n{name}: {value}\r\n".encode() in answer
    assert answer.isascii()


# -- requests for no upgrade -----------------------------------------------------------------------------------------------
def plain(*lines: str, request: str = "GET / HTTP/1.1", host: str | None = "x") -> bytes:
    named = [] if host is None else [f"Host: {host}"]
    return "\r\n".join([request, *named, *lines, "", ""]).encode("latin-1")


GO_ON = {
    "the shortest": (plain(), 0),
    "of another version, without a Host": (plain(request="GET /healthz HTTP/1.0", host=None), 0),
    "a method that nobody has": (plain(request="BREW / HTTP/1.1"), 0),
    "a value of Latin-1": (plain("X-Name: \xe9"), 0),
    "many headers": (plain(*(f"X-{n}: 1" for n in range(MAX_HEADERS - 1))), 0),
    "a long head": (plain("Cookie: " + "c" * (MAX_HEAD_BYTES - 100)), 0),
    "a body": (plain("Content-Length: 5", request="POST / HTTP/1.1"), 5),
    "the longest body": (plain(f"Content-Length: {MAX_BODY_BYTES}", request="POST / HTTP/1.1"), MAX_BODY_BYTES),
    "an empty body": (plain("Content-Length: 0"), 0),
    "an offer of HTTP/2": (plain("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"), 0),
    "an offer of TLS": (plain("Connection: upgrade", "Upgrade: TLS/1.2, h2c"), 0),
    "a WebSocket whose Upgrade got lost": (head(without="Upgrade"), 0),
    "an expectation of nothing": (plain("Expect: 100-continue"), 0),
}

GO_NO_FURTHER = {
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\n", 400),
    "HTTP/1.2": (plain(request="GET / HTTP/1.2"), 400),
    "a small method": (plain(request="get / HTTP/1.1"), 400),
    "an endless method": (plain(request="G" * 17 + " / HTTP/1.1"), 400),
    "two blanks": (plain(request="GET  / HTTP/1.1"), 400),
    "a tab": (plain(request="GET\t/ HTTP/1.1"), 400),
    "an absolute target": (plain(request="GET http://x/ HTTP/1.1"), 400),
    "a target of everything": (plain(request="OPTIONS * HTTP/1.1"), 400),
    "a target of a proxy": (plain(request="CONNECT x:80 HTTP/1.1"), 400),
    "no Host": (plain(host=None), 400),
    "an empty Host": (plain(host=""), 400),
    "two Hosts": (plain("Host: x"), 400),
    "a bad Host in HTTP/1.0": (plain(request="GET / HTTP/1.0", host="x/y"), 400),
    "a folded header": (plain("X-Long: 1", " 2"), 400),
    "a folded first header": (b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400),
    "a blank before the colon": (plain("Content-Length : 5"), 400),
    "a lone line feed": (plain("X: 1\nTransfer-Encoding: chunked"), 400),
    "a lone carriage return": (plain("X: 1\rTransfer-Encoding: chunked"), 400),
    "NUL": (plain("X: \0"), 400),
    "two lengths": (plain("Content-Length: 5", "Content-Length: 6", request="POST / HTTP/1.1"), 400),
    "the same length twice": (plain("Content-Length: 5", "content-length: 5", request="POST / HTTP/1.1"), 400),
    "a list of lengths": (plain("Content-Length: 5, 5", request="POST / HTTP/1.1"), 400),
    "a length with a sign": (plain("Content-Length: +5", request="POST / HTTP/1.1"), 400),
    "a length in another script": (plain("Content-Length: \xb2", request="POST / HTTP/1.1"), 400),
    "no length": (plain("Content-Length:", request="POST / HTTP/1.1"), 400),
    "both lengths": (plain("Content-Length: 5", "Transfer-Encoding: chunked", request="POST / HTTP/1.1"), 400),
    "a chunked GET": (plain("Transfer-Encoding: chunked"), 400),
    "a chunked POST": (plain("Transfer-Encoding: chunked", request="POST / HTTP/1.1"), 411),
    "another coding": (plain("Transfer-Encoding: xchunked", request="POST / HTTP/1.1"), 411),
    "a GET with a body": (plain("Content-Length: 5"), 400),
    "too long a body": (plain(f"Content-Length: {MAX_BODY_BYTES + 1}", request="POST / HTTP/1.1"), 413),
    "an expectation": (plain("Content-Length: 5", "Expect: 100-continue", request="POST / HTTP/1.1"), 417),
    "too many headers": (plain(*(f"X-{n}: 1" for n in range(MAX_HEADERS))), 431),
}


@pytest.mark.parametrize(("raw", "length"), GO_ON.values(), ids=GO_ON)
def test_a_request_for_no_upgrade_goes_on_written_anew(raw: bytes, length: int) -> None:
    request = vet(raw)
    assert isinstance(request, Request)
    assert request.length == length
    assert request.raw.startswith(raw[: raw.index(b"\r\n") + 2])
    assert not re.search(rb"\n(upgrade|http2-settings|expect):", request.raw, re.IGNORECASE)
    assert re.findall(rb"\n(connection:[^\r]*)", request.raw, re.IGNORECASE) == [b"connection: close"]


@pytest.mark.parametrize(("raw", "status"), GO_NO_FURTHER.values(), ids=GO_NO_FURTHER)
def test_a_request_that_could_be_read_in_two_ways_goes_no_further(raw: bytes, status: int) -> None:
    with pytest.raises(HeadRefused) as caught:
        vet(raw)
    assert caught.value.status == status


SPOILING = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b"\0",
        b":",
        b",",
        b"Upgrade: websocket\r\n",
        b"UPGRADE: h2c\r\n",
        b"Connection: Upgrade\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 3\r\n",
        b"Host: y\r\n",
        b"HTTP2-Settings: AA\r\n",
        b"\xff",
        b"1.0",
    ]
)


@given(st.sampled_from([raw for raw, _ in GO_ON.values()]), st.lists(st.tuples(st.integers(0, 300), SPOILING), max_size=4))
def test_the_library_below_reads_what_goes_on_as_it_was_understood(raw: bytes, spoiling: list[tuple[int, bytes]]) -> None:
    for at, piece in spoiling:
        at %= len(raw) - 3
        raw = raw[:at] + piece + raw[at:]
    raw = raw[: raw.index(b"\r\n\r\n") + 4]
    try:
        request = vet(raw)
    except HeadRefused:
        return
    if isinstance(request, Head):
        return
    below = h11.Connection(h11.SERVER)
    below.receive_data(request.raw + b"x" * request.length)
    event = below.next_event()
    assert isinstance(event, h11.Request)
    assert (event.method, event.target) == tuple(raw.split(b"\r\n")[0].split(b" ")[:2])
    names = [name for name, _ in event.headers]
    assert not {b"upgrade", b"http2-settings", b"transfer-encoding"} & set(names)
    assert dict(event.headers)[b"connection"] == b"close"
    body = b""
    while isinstance(event := below.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert len(body) == request.length
    assert below.their_state is h11.MUST_CLOSE, "there is no second request"


@given(st.binary(max_size=600))
@example(b"GET / HTTP/1.1\r\n" + b" " * 500)
def test_any_bytes_pass_or_are_refused(data: bytes) -> None:
    try:
        made = vet(data + b"\r\n\r\n")
    except HeadRefused:
        return
    assert isinstance(made, Request) or made.raw.isascii()


@given(st.integers(0, len(head()) - 5), st.integers(0, 255))
def test_a_head_with_one_wrong_byte_is_refused_or_still_plain(at: int, byte: int) -> None:
    raw = bytearray(head())
    raw[at] = byte
    try:
        made = vet(bytes(raw))
    except HeadRefused:
        return
    assert isinstance(made, Request) or (made.raw.isascii() and made.path.startswith("/"))


@pytest.mark.parametrize(
    "line",
    [
        b"X: " + b" " * 16_000 + b"\x01",
        b"X: " + b" \t" * 8_000 + b"\x01",
        b"a" * 16_000,
        b"Host: " + b"a" * 16_000,
        b"X:" + b"," * 16_000,
        b"Upgrade:" + b"," * 16_000,
        b"Content-Length: " + b"9" * 16_000,
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
async def feed(data: bytes, *, close: bool = True, seed: int = 1) -> Head | Request | None:
    """What read_request makes of these bytes, in random pieces."""
    line = SimNetwork(random.Random(seed), chunking=True, window_bytes=1 << 20).pair()
    await line.client.send_all(data)
    if close:
        await line.client.send_eof()
    return await read_request(line.server)


@pytest.mark.parametrize("seed", range(20))
async def test_a_head_comes_in_any_pieces(seed: int, autojump_clock: MockClock) -> None:
    assert await feed(head(), seed=seed) == Head("/ws/arena1", head())


async def test_a_peer_that_goes_before_the_end_is_no_error(autojump_clock: MockClock) -> None:
    for length in range(len(head())):
        assert await feed(head()[:length]) is None


async def test_a_head_has_a_limit(autojump_clock: MockClock) -> None:
    room = MAX_UPGRADE_BYTES - len(head("X-Pad: "))
    assert await feed(head("X-Pad: " + "x" * room)) is not None, "exactly as long as it may be"
    more = MAX_HEAD_BYTES - len(plain("X-Pad: "))
    assert await feed(plain("X-Pad: " + "x" * more)) is not None, "exactly as long as it may be"
    for data in (head("X-Pad: " + "x" * (room + 1)), plain("X-Pad: " + "x" * (more + 1)), b"x" * 100_000):
        with pytest.raises(HeadRefused) as caught:
            await feed(data)
        assert caught.value.status is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


async def test_nothing_may_follow_the_head(autojump_clock: MockClock) -> None:
    """In one piece it is refused; what comes later is read as frames, after the answer."""
    line = SimNetwork(random.Random(1)).pair()
    await line.client.send_all(head() + b"\x82\x80")
    with pytest.raises(HeadRefused, match="nothing may follow"):
        await read_request(line.server)


async def test_a_silent_peer_is_for_the_caller_to_time_out(autojump_clock: MockClock) -> None:
    with trio.move_on_after(5) as scope:
        await feed(b"GET", close=False)
    assert scope.cancelled_caught


async def test_a_body_comes_in_any_pieces_and_what_follows_is_dropped(autojump_clock: MockClock) -> None:
    for seed in range(20):
        raw = plain("Content-Length: 5", request="POST / HTTP/1.1")
        request = await feed(raw + b"hello" + plain() * seed, seed=seed)
        assert isinstance(request, Request)
        assert request.body == b"hello"
    assert await feed(raw + b"hell") is None


# -- turned away -----------------------------------------------------------------------------------------------------------
async def test_whoever_is_turned_away_can_read_why(autojump_clock: MockClock) -> None:
    """Although he had sent more than anybody read: the answer comes whole, then the end, not a reset."""
    line = SimNetwork(random.Random(1)).pair()
    await line.client.send_all(b"x" * 30_000)
    with pytest.raises(HeadRefused) as caught:
        await read_request(line.server)
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

    begin = trio.current_time()
    await hang_up(SimNetwork(random.Random(1)).pair().server)
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
