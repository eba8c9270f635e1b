"""HTTP on the game's port, against peers who mean no good: each is answered or let go in time, and costs nobody else anything."""

from __future__ import annotations

import inspect
import logging
import random
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import pytest
import trio
import trio.testing
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypothesis import given, settings
from hypothesis import strategies as st

from gameserver.api import make_app
from gameserver.core.limits import (
    CLOSE_SECONDS,
    HANDSHAKE_SECONDS,
    HTTP_SECONDS,
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_HTTP_CONNECTIONS,
    MAX_STREAMS,
    STALL_SECONDS,
    STREAM_SECONDS,
)
from gameserver.guard import NoGuard
from gameserver.net import http as http_module
from gameserver.net.gate import Request
from gameserver.net.http import PIECE_BYTES, STREAM, HttpSide
from gameserver.net.real import real_ports
from gameserver.net.simulated import Latency, SimNetwork, SimWallClock, Toward
from gameserver.rooms import Rooms
from gameserver.server import Server
from tests.determinism import run_deterministic
from tests.helpers import HOST, PORT, serving, wire
from tests.net.test_gate import GO_NO_FURTHER, GO_ON, REFUSED
from tests.test_server import match, settle
from tests.web import ask, converse, get, read_answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from trio.testing import MockClock

IN_TIME: Final = HANDSHAKE_SECONDS + CLOSE_SECONDS


class App:
    """An app whose every answer is up to a test.

    Attributes:
        scopes: what it was asked.
    """

    def __init__(self, answer: Callable[[Receive, Send], Awaitable[None]]) -> None:
        self.scopes: list[Scope] = []
        self._answer = answer

    def __call__(self, server: Server) -> ASGIApp:
        return self._run

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await self._answer(receive, send)


class Streaming(App):
    """One whose answers are streams, if there is room for them.

    Attributes:
        refused: how many found none.
    """

    refused = 0

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope[STREAM]():
            await super()._run(scope, receive, send)
        else:
            self.refused += 1
            await say_ok(receive, send)


async def start(send: Send, length: int = 2) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % length)]})


async def say_ok(receive: Receive, send: Send) -> None:
    await start(send)
    await send({"type": "http.response.body", "body": b"ok"})


async def say_much(receive: Receive, send: Send) -> None:
    """More than fits into any window."""
    await start(send, 50_000_000)
    for _ in range(50):
        await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})


async def say_nothing(receive: Receive, send: Send) -> None:
    await trio.sleep_forever()


def tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living


# -- one request, whole ----------------------------------------------------------------------------------------------------
async def test_a_body_is_handed_on_whole(autojump_clock: MockClock) -> None:
    heard: list[Message] = []

    async def hear(receive: Receive, send: Send) -> None:
        while not heard or heard[-1].get("more_body"):
            heard.append(await receive())
        await say_ok(receive, send)

    body = random.Random(1).randbytes(MAX_BODY_BYTES)
    async with serving(web=App(hear), chunking=True, latency=Latency(0.01, 0.02)) as host:
        answer = await ask(host.network, get("/", f"Content-Length: {len(body)}", method="POST") + body)
    assert answer.status == 200
    assert b"".join(message["body"] for message in heard) == body


async def test_of_pipelined_requests_the_first_is_answered_and_the_line_closes(autojump_clock: MockClock) -> None:
    """With an end, not with a reset, which would cost a slow reader his answer."""
    app = App(say_ok)
    async with serving(web=app, chunking=True) as host:
        upgrade = get("/ws/toy1", "Upgrade: websocket", "Connection: Upgrade")
        for more in (get("/second"), upgrade, b"\x82\x85" * 50, b"x" * 50_000):
            stream = await host.network.connect(HOST, PORT)
            await stream.send_all(get("/first") + more)
            answer = read_answer(b"".join([data async for data in stream]))
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            await stream.aclose()
    assert [scope["path"] for scope in app.scopes] == ["/first"] * 4


async def test_whoever_says_that_no_more_follows_is_answered_all_the_same(autojump_clock: MockClock) -> None:
    async def think(receive: Receive, send: Send) -> None:
        await trio.sleep(1)
        await say_ok(receive, send)

    async with serving(web=App(think)) as host:
        answer = await ask(host.network, get("/"), end=True)
    assert (answer.status, answer.body) == (200, b"ok")


@pytest.mark.parametrize("raw", [raw for raw, _ in GO_ON.values()], ids=GO_ON)
async def test_nothing_that_goes_on_switches_protocols(raw: bytes, autojump_clock: MockClock) -> None:
    app = App(say_ok)
    async with serving(web=app) as host:
        answer = await ask(host.network, raw + bytes(MAX_BODY_BYTES))
    assert answer.status == 200
    assert [scope["type"] for scope in app.scopes] == ["http"]
    assert app.scopes[0]["http_version"] in ("1.0", "1.1")


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
async def test_it_is_the_gate_that_keeps_hypercorn_from_switching(upgrade: str, autojump_clock: MockClock) -> None:
    """Behind its back Hypercorn would: if this ever changes, the test above has lost its meaning."""
    app = App(say_ok)
    line = SimNetwork(random.Random(1)).pair()
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    raw = get("/", f"Upgrade: {upgrade}", "Connection: Upgrade", key, "Sec-WebSocket-Version: 13", "HTTP2-Settings: AAMAAABk")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(HttpSide(app._run, SimWallClock()).serve, line.server, Request(raw, 0))
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    switched = (await line.client.receive_some()).startswith(b"HTTP/1.1 101 ")
    assert switched or app.scopes[0]["type"] == "websocket"


# -- what is refused -------------------------------------------------------------------------------------------------------
BAD: Final = {name: raw for name, (raw, _) in {**REFUSED, **GO_NO_FURTHER}.items()} | {
    "a line of HTTP/0.9": b"GET /\r\n",
    "HTTP/2 with its preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "a request behind a body of two lengths": get("/", "Content-Length: 6", "Transfer-Encoding: chunked", method="POST")
    + b"0\r\n\r\n"
    + get("/healthz"),
    "chunks": get("/", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n" * 500,
    "a coding in disguise": get("/", "Transfer-Encoding:\x0bchunked", method="POST"),
    "a huge head": get("/", "X: " + "x" * 100_000),
    "a head without end": b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 10_000,
    "a huge target": get("/" + "x" * MAX_HEAD_BYTES),
    "less of a body than was said": get("/", "Content-Length: 9", method="POST") + b"hello",
}


@pytest.mark.parametrize("end", [False, True], ids=["", "and the end"])
async def test_what_is_no_request_is_refused_in_time_and_harms_nobody(end: bool, autojump_clock: MockClock) -> None:
    async with match(web=make_app) as it:
        network, before = it.host.network, tasks()
        for name, raw in BAD.items():
            data, seconds = await converse(network, raw, end=end)
            assert seconds <= IN_TIME, f"{name}: it hung"
            assert not data or 400 <= read_answer(data).status < 500, f"{name}: {data!r}"
        async with trio.open_nursery() as nursery:
            for raw in BAD.values():
                nursery.start_soon(converse, network, raw)
        await settle(it, before)
        assert (await ask(network, get("/healthz"))).status == 200


async def keep_sending(stream: trio.abc.SendStream, data: bytes) -> None:
    while True:
        await stream.send_all(data)
        await trio.sleep(0.1)


@pytest.mark.parametrize(
    ("raw", "drip"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X: 1\r\n"),
        (get("/", "Content-Length: 10000", method="POST"), b"x"),
        (b"", b"x"),
    ],
    ids=["headers", "a body", "garbage"],
)
async def test_who_drips_is_let_go_at_the_deadline(raw: bytes, drip: bytes, autojump_clock: MockClock) -> None:
    """One deadline, from the connection on, however often a byte comes."""
    async with serving(web=make_app) as host:
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(raw)
        with pytest.raises(trio.BrokenResourceError):
            await keep_sending(stream, drip)
        assert trio.current_time() == pytest.approx(HANDSHAKE_SECONDS, abs=0.11)
        assert host.server.unadmitted == 0


# -- answers that do not end -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("answer", [say_much, say_nothing])
async def test_an_answer_has_its_time(answer: Callable[[Receive, Send], Awaitable[None]], autojump_clock: MockClock) -> None:
    """Whether the peer does not read or the app does not end."""
    app = App(answer)
    async with serving(web=app) as host:
        before = tasks()
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(get("/"))
        await trio.sleep(HTTP_SECONDS - 1)
        assert len(app.scopes) == 1
        assert host.server.unadmitted == 0, "who has said what he wants does not wait at the door"
        assert tasks() > before
        await trio.sleep(1.1)
        assert tasks() == before
        await stream.aclose()


@pytest.mark.parametrize("answer", [say_much, say_nothing])
async def test_a_peer_that_goes_ends_its_answer(
    answer: Callable[[Receive, Send], Awaitable[None]], autojump_clock: MockClock
) -> None:
    app = App(answer)
    async with serving(web=app) as host:
        before = tasks()
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(get("/"))
        await trio.sleep(0.1)
        stream.connection.reset()
        await trio.sleep(HTTP_SECONDS if answer is say_nothing else 0.1)  # who waits for nothing hears of nothing
        assert len(app.scopes) == 1
        assert tasks() == before


@pytest.mark.parametrize("answer", [say_much, say_nothing])
async def test_stop_ends_open_answers(answer: Callable[[Receive, Send], Awaitable[None]], autojump_clock: MockClock) -> None:
    async with serving(web=App(answer)) as host:
        for _ in range(3):
            stream = await host.network.connect(HOST, PORT)
            await stream.send_all(get("/"))
        stream.connection.clog(Toward.SERVER)
        await trio.sleep(1)
        before = trio.current_time()
        await host.server.stop()
        await trio.testing.wait_all_tasks_blocked()
        assert trio.current_time() - before <= CLOSE_SECONDS + 1e-6
        with pytest.raises(OSError):
            await host.network.connect(HOST, PORT)


async def test_there_is_a_limit_to_answers_at_once(autojump_clock: MockClock) -> None:
    async with serving(web=App(say_nothing)) as host:
        held = []
        for _ in range(MAX_HTTP_CONNECTIONS):
            held.append(await host.network.connect(HOST, PORT))
            await held[-1].send_all(get("/"))
            await trio.testing.wait_all_tasks_blocked()
        assert (await ask(host.network, get("/"))).status == 503
        async with wire(host.network) as it:
            await it.join()
        await trio.sleep(HTTP_SECONDS)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(converse, host.network, get("/"))
            await trio.sleep(1)
            assert host.server.counts.refused == 1, "the door is open again"
            nursery.cancel_scope.cancel()


# -- answers that go on ----------------------------------------------------------------------------------------------------
async def say_on_and_on(receive: Receive, send: Send) -> None:
    """A little, four times a second, until the peer has gone."""

    async def listen(scope: trio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    await send({"type": "http.response.start", "status": 200, "headers": []})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen, nursery.cancel_scope)
        while True:
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
            await trio.sleep(0.25)


async def test_a_stream_goes_on_as_long_as_it_is_read_but_not_for_ever(autojump_clock: MockClock) -> None:
    async with serving(web=Streaming(say_on_and_on)) as host:
        before = tasks()
        data, seconds = await converse(host.network, get("/"))
        assert seconds == pytest.approx(STREAM_SECONDS, abs=0.1)
        assert data.count(b"more") == pytest.approx(STREAM_SECONDS * 4, abs=1)
        await trio.testing.wait_all_tasks_blocked()
        assert tasks() == before


async def test_a_stream_that_is_not_read_is_closed(autojump_clock: MockClock) -> None:
    async with serving(web=Streaming(say_much)) as host:
        before = tasks()
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(get("/"))
        await trio.sleep(STALL_SECONDS - 1)
        assert tasks() > before
        await trio.sleep(1.1)
        assert tasks() == before
        await stream.aclose()


async def test_a_stream_that_is_read_slowly_goes_on(autojump_clock: MockClock) -> None:
    """A piece in a little less than the time it has, again and again, whatever the size of what the app sends."""
    async with serving(web=Streaming(say_much)) as host:
        before = tasks()
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(get("/"))
        for _ in range(10):
            await trio.sleep(STALL_SECONDS - 1)
            read = 0
            while read < PIECE_BYTES:
                read += len(await stream.receive_some(PIECE_BYTES - read))
        assert tasks() > before
        await stream.aclose()


async def test_streams_are_counted_apart(autojump_clock: MockClock) -> None:
    app = Streaming(say_on_and_on)
    async with serving(web=app) as host:
        held = []
        for _ in range(MAX_STREAMS):
            held.append(await host.network.connect(HOST, PORT))
            await held[-1].send_all(get("/"))
        await trio.sleep(1)
        assert (len(app.scopes), app.refused) == (MAX_STREAMS, 0)
        assert (await ask(host.network, get("/"))).status == 200, "whoever wants another answer gets it"
        assert app.refused == 1
        held.pop().connection.reset()
        await trio.sleep(1)
        again = await host.network.connect(HOST, PORT)
        await again.send_all(get("/"))
        await trio.sleep(1)
        assert app.refused == 1, "there is a place again"


async def test_stop_ends_streams(autojump_clock: MockClock) -> None:
    async with serving(web=Streaming(say_on_and_on)) as host:
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(get("/"))
        await trio.sleep(1)
        before = trio.current_time()
        await host.server.stop()
        assert trio.current_time() - before <= CLOSE_SECONDS + 1e-6
        await stream.aclose()


# -- an app that fails -----------------------------------------------------------------------------------------------------
async def test_an_app_that_raises_costs_its_request_and_is_logged_once(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(receive: Receive, send: Send) -> None:
        raise KeyError("secret")

    async def fail_in_a_group(receive: Receive, send: Send) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            raise KeyError("secret")

    for answer in (fail, fail_in_a_group):
        caplog.clear()
        async with serving(web=App(answer)) as host:
            before = tasks()
            failed = await ask(host.network, get("/"))
            assert (failed.status, failed.headers["connection"]) == (500, "close")
            assert b"secret" not in failed.body
            await trio.testing.wait_all_tasks_blocked()
            assert tasks() == before
            assert host.server.counts.broken == 0
        (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert record.name == "gameserver.http"
        assert record.exc_info is not None


async def test_a_route_that_raises_is_answered_by_500(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        rooms: tuple[str, ...] = ()

        @property
        def unready(self) -> str | None:
            raise KeyError("secret")

    async with serving(web=lambda server: make_app(Broken())) as host:
        failed = await ask(host.network, get("/readyz"))
        assert (failed.status, failed.text) == (500, "this request failed\n")
        assert failed.headers["x-content-type-options"] == "nosniff"
        assert (await ask(host.network, get("/healthz"))).status == 200
    assert [record.name for record in caplog.records if record.exc_info] == ["gameserver.http"]


async def test_an_app_that_fails_in_the_middle_ends_the_line(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    async def begin(receive: Receive, send: Send) -> None:
        await start(send, 100)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError("secret")

    async with serving(web=App(begin)) as host:
        data, seconds = await converse(host.network, get("/"))
        assert data.endswith(b"\r\n\r\nhalf")
        assert seconds <= CLOSE_SECONDS
    assert [record.name for record in caplog.records if record.exc_info] == ["gameserver.http"]


async def test_a_request_leaves_no_line_in_the_log(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(web=make_app) as host:
        for raw in (get("/"), get("/nowhere"), get("/ws/a"), b"garbage\r\n\r\n"):
            await ask(host.network, raw)
    assert not caplog.records


# -- real sockets ----------------------------------------------------------------------------------------------------------
@pytest.mark.real_time
async def test_on_a_real_socket_a_peer_that_does_not_read_is_cut_off_too() -> None:
    """The kernel takes what it will, then a write waits where no cancellation reaches it: only closing the socket ends it."""
    app = App(say_much)
    ports = real_ports(".")
    server = Server(Rooms(ports=ports, games={}, maps={}, guard=NoGuard()), ports=ports, web=app)
    ((_, port),) = await server.listen("127.0.0.1", 0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(get("/much"))
        assert (await stream.receive_some(15)) == b"HTTP/1.1 200 \r\n"
        await trio.sleep(0.2)
        stopped = trio.current_time()
        await server.stop()
    assert trio.current_time() - stopped < CLOSE_SECONDS + 2
    assert len(app.scopes) == 1
    await trio.aclose_forcefully(stream)


# -- any bytes -------------------------------------------------------------------------------------------------------------
PIECES = st.one_of(
    st.sampled_from([raw for raw, _ in GO_ON.values()] + list(BAD.values())).map(lambda raw: raw[:2_000]),
    st.sampled_from(
        [b"\r\n", b"\r\n\r\n", b" ", b"\n", b":", b"Upgrade: websocket\r\n", b"Connection: upgrade\r\n", b"Upgrade: h2c\r\n"]
    ),
    st.binary(max_size=30),
)


@settings(max_examples=150)
@given(
    pieces=st.lists(PIECES, min_size=1, max_size=4),
    changes=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=5),
    ending=st.sampled_from(["end", "reset", "silence"]),
    seed=st.integers(0, 1_000),
)
def test_any_bytes_are_answered_or_let_go(pieces: list[bytes], changes: list[tuple[int, int]], ending: str, seed: int) -> None:
    data = bytearray(b"".join(pieces))
    for at, byte in changes:
        if data:
            data[at % len(data)] = byte

    async def throw() -> None:
        async with serving(web=make_app, seed=seed, chunking=True, latency=Latency(0.01, 0.01)) as host:
            before = tasks()
            if ending == "reset":
                stream = await host.network.connect(HOST, PORT)
                await stream.send_all(data)
                await trio.sleep(0.02)
                stream.connection.reset()
            else:
                answer, seconds = await converse(host.network, bytes(data), end=ending == "end")
                assert seconds <= 2 * IN_TIME, "an upgrade that passed has its own seconds for HELLO, within the same deadline"
                assert re.fullmatch(rb"(HTTP/1\.1 \d\d\d .*)?", answer, re.DOTALL)
            await trio.sleep(IN_TIME)
            assert host.server.unadmitted == 0
            assert tasks() == before
            assert (await ask(host.network, get("/healthz"))).status == 200

    run_deterministic(throw, seed=seed)


# -- the names below -------------------------------------------------------------------------------------------------------
LOOK: Final = (
    f"Hypercorn {version('hypercorn')} has changed below gameserver/net/http.py, which uses names that it does not document. "
    "Read hypercorn/trio/tcp_server.py: what is TCPServer made of, and what does it touch of its stream? Then mend _Exchange, "
    "_config and this test, or bound the version in pyproject.toml."
)


def parameters(of: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(of).parameters)


def test_hypercorn_is_still_what_the_adapter_was_written_for() -> None:
    assert parameters(TCPServer) == ["app", "config", "context", "state", "stream"], LOOK
    assert parameters(WorkerContext) == ["max_requests"], LOOK
    assert parameters(ASGIWrapper) == ["app"], LOOK
    source = inspect.getsource(TCPServer)
    touched = set(re.findall(r"self\.stream\.(\w+)", source)) | set(re.findall(r"\bsocket\.(\w+)", source))
    of_tls = {"do_handshake", "selected_alpn_protocol", "transport_stream"}
    assert touched - of_tls == {
        "aclose",
        "family",
        "getpeername",
        "getsockname",
        "receive_some",
        "send_all",
        "send_eof",
        "socket",
    }, LOOK
    assert not any(hasattr(http_module._Exchange, name) for name in of_tls), "it would be taken for TLS"
    fields = vars(http_module._config()).keys() - {"_log"}
    assert fields <= vars(Config).keys(), f"{fields - vars(Config).keys()} are no fields of Config any more. {LOOK}"
