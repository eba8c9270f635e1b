"""Both links over a real WebSocket on simulated streams: one frame in flight, a goodbye in bounded time, nothing after it."""

from __future__ import annotations

import contextlib
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream, wrap_server_stream

from gameserver.core.limits import CLOSE_SECONDS, MAX_MESSAGE, MAX_QUEUED_MESSAGES
from gameserver.net.express import ExpressLink
from gameserver.net.frames import FrameStream
from gameserver.net.lane import Lane
from gameserver.net.plain import PlainLink
from gameserver.net.simulated import Latency, SimConnection, SimNetwork, SimStream, Toward
from tests.helpers import close_code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

WINDOW = 1_000
SHORT = Latency(0.01)


@pytest.fixture(params=[False, True], ids=["plain", "express"])
def express(request: pytest.FixtureRequest) -> bool:
    """The two links, the second one without a room."""
    return bool(request.param)


@attrs.frozen
class Line:
    link: PlainLink
    peer: WebSocketConnection
    connection: SimConnection
    pump: trio.CancelScope
    """Around the link's `run`."""


@asynccontextmanager
async def line(latency: Latency = Latency(), *, express: bool, chunking: bool = False) -> AsyncIterator[Line]:
    """A link, and its peer, which is a plain trio-websocket."""
    connection = SimNetwork(random.Random(1), latency=latency, window_bytes=WINDOW, chunking=chunking).pair()
    pump = trio.CancelScope()

    async def run(link: PlainLink) -> None:
        with pump:
            await link.run()

    async with trio.open_nursery() as nursery:
        made: list[PlainLink] = []

        async def accept() -> None:
            made.append(await accepted(nursery, connection.server, express=express))

        nursery.start_soon(accept)
        peer = await wrap_client_stream(nursery, connection.client, "host", "/", message_queue_size=1_000)  # type: ignore[arg-type] # any stream will do
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(run, made[0])
        await trio.testing.wait_all_tasks_blocked()
        yield Line(made[0], peer, connection, pump)
        for stream in (connection.client, connection.server):
            await trio.aclose_forcefully(stream)
        nursery.cancel_scope.cancel()


async def accepted(nursery: trio.Nursery, stream: SimStream, *, express: bool) -> PlainLink:
    """The server's end of the handshake."""
    if express:
        lane = Lane(stream, largest=MAX_MESSAGE, head=b"")
        return ExpressLink(await websocket_on(nursery, lane), lane)
    frames = FrameStream(stream, largest=MAX_MESSAGE, masked=True)
    return PlainLink(await websocket_on(nursery, frames), frames)


async def websocket_on(nursery: trio.Nursery, stream: trio.abc.Stream) -> WebSocketConnection:
    return await (await wrap_server_stream(nursery, stream, message_queue_size=1, max_message_size=MAX_MESSAGE)).accept()


async def end_of(peer: WebSocketConnection) -> tuple[list[str | bytes], int, str | None]:
    """The messages that still come, then the close code and reason."""
    messages: list[str | bytes] = []
    try:
        while True:
            messages.append(await peer.get_message())
    except ConnectionClosed as closed:
        return messages, close_code(closed), closed.reason.reason if closed.reason is not None else None


@pytest.mark.parametrize("chunking", [False, True])
async def test_messages_arrive_whole_and_in_order(autojump_clock: MockClock, express: bool, chunking: bool) -> None:
    async with line(Latency(0.02, 0.03), express=express, chunking=chunking) as it:
        for number in range(40):
            await it.peer.send_message(b"%d" % number * number or b"none")
        await trio.sleep(1)
        arrived = it.link.receive_nowait()
        assert [a.data for a in arrived] == [b"%d" % number * number or b"none" for number in range(40)]
        assert [a.at for a in arrived] == sorted(a.at for a in arrived)
        assert arrived[0].at >= 0.02
        assert it.link.heard_at == arrived[-1].at
        assert it.link.receive_nowait() == ()


async def test_receive_waits_for_one_message(autojump_clock: MockClock, express: bool) -> None:
    async with line(Latency(0.1), express=express) as it:
        await it.peer.send_message(b"one")
        await it.peer.send_message(b"two")
        assert (await it.link.receive()).data == b"one"
        assert (await it.link.receive()).data == b"two"
        await it.peer.aclose()
        with pytest.raises(trio.EndOfChannel):
            await it.link.receive()


async def test_what_arrived_before_the_end_can_still_be_received(autojump_clock: MockClock, express: bool) -> None:
    async with line(express=express) as it:
        await it.peer.send_message(b"last words")
        await it.peer.aclose()
        await it.link.closed.wait()
        assert (await it.link.receive()).data == b"last words"


@pytest.mark.parametrize("chunking", [False, True])
async def test_frames_leave_in_order_and_one_at_a_time(autojump_clock: MockClock, express: bool, chunking: bool) -> None:
    async with line(Latency(0.02, 0.03), express=express, chunking=chunking) as it:
        sent = 0
        while sent < 30:
            if it.link.ready():
                assert it.link.send_nowait(b"%d," % sent, b"x" * 300)
                sent += 1
                if not express:
                    assert not it.link.ready(), "one frame is in flight"
                    assert not it.link.send_nowait(b"too early")
            await trio.sleep(0.01)
        assert [await it.peer.get_message() for _ in range(30)] == [b"%d," % n + b"x" * 300 for n in range(30)]


async def test_a_peer_that_does_not_read_makes_the_link_unready_until_it_does(autojump_clock: MockClock, express: bool) -> None:
    async with line(SHORT, express=express) as it:
        it.connection.clog(Toward.CLIENT)
        assert it.link.send_nowait(bytes(3 * WINDOW))
        await trio.sleep(100)
        assert not it.link.ready()
        assert not it.link.closed.is_set()
        it.connection.unclog(Toward.CLIENT)
        assert await it.peer.get_message() == bytes(3 * WINDOW)
        await trio.sleep(1)
        assert it.link.ready()


async def test_a_frame_larger_than_the_buffers_goes_on_by_itself(autojump_clock: MockClock, express: bool) -> None:
    """WELCOME with its map is such a frame, and nothing else is sent before READY."""
    async with line(SHORT, express=express) as it:
        assert it.link.send_nowait(bytes(20 * WINDOW))
        assert not it.link.ready()
        assert await it.peer.get_message() == bytes(20 * WINDOW)
        assert trio.current_time() < 1
        await trio.testing.wait_all_tasks_blocked()
        assert it.link.ready()


async def test_pings_are_answered_between_large_frames_and_never_inside_one(autojump_clock: MockClock, express: bool) -> None:
    async with line(SHORT, express=express) as it, trio.open_nursery() as nursery:
        sent = 0
        for _ in range(20):
            nursery.start_soon(it.peer.ping)
            sent += it.link.send_nowait(b"x" * 3 * WINDOW)
            await trio.sleep(0.007)
        assert sent > 1
        for _ in range(sent):
            assert await it.peer.get_message() == b"x" * 3 * WINDOW


async def test_a_flood_before_any_room_is_closed_with_1008(autojump_clock: MockClock) -> None:
    async with line(express=True) as it:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(10 * MAX_QUEUED_MESSAGES):
                await it.peer.send_message(b"me again")
        assert (await end_of(it.peer))[1:] == (1008, "too many messages")
        assert len(it.link.receive_nowait()) == MAX_QUEUED_MESSAGES
        await it.link.closed.wait()


async def test_without_a_lane_a_flood_waits_outside(autojump_clock: MockClock) -> None:
    count = 10 * MAX_QUEUED_MESSAGES
    taken: list[bytes] = []

    async def flood() -> None:
        for number in range(count):
            await it.peer.send_message(b"%d" % number)

    async with line(express=False) as it, trio.open_nursery() as nursery:
        nursery.start_soon(flood)
        while len(taken) < count:
            await trio.sleep(1)
            messages = it.link.receive_nowait()
            assert len(messages) <= MAX_QUEUED_MESSAGES + 1
            taken += (arrived.data for arrived in messages)
        assert taken == [b"%d" % number for number in range(count)]


async def test_an_aborted_link_says_nothing_more(autojump_clock: MockClock, express: bool) -> None:
    async with line(SHORT, express=express) as it:
        it.connection.clog(Toward.CLIENT)
        assert it.link.send_nowait(bytes(3 * WINDOW))
        before = trio.current_time()
        it.link.abort()
        await it.link.closed.wait()
        assert trio.current_time() == before
        assert not it.link.send_nowait(b"more")


async def test_text_is_closed_with_1003(autojump_clock: MockClock, express: bool) -> None:
    async with line(express=express) as it:
        await it.peer.send_message("good day")
        assert (await end_of(it.peer))[1] == 1003
        await it.link.closed.wait()
        assert it.link.receive_nowait() == ()


@pytest.mark.parametrize("fragmented", [False, True])
async def test_a_message_that_is_too_large_is_closed_with_1009(autojump_clock: MockClock, express: bool, fragmented: bool) -> None:
    async with line(express=express) as it:
        if fragmented:  # byte for byte: a masked first frame, then continuations
            await it.connection.client.send_all(b"\x02\xfe\x08\x00" + bytes(4 + 2_048))
            await it.connection.client.send_all(b"\x00\xfe\x08\x00" + bytes(4 + 2_048))
            await it.connection.client.send_all(b"\x00\x81" + bytes(4 + 1))
        else:
            await it.peer.send_message(bytes(MAX_MESSAGE + 1))
        assert (await end_of(it.peer))[1] == 1009
        await it.link.closed.wait()


async def test_end_says_its_last_frame_and_closes(autojump_clock: MockClock, express: bool) -> None:
    async with line(Latency(0.05), express=express) as it:
        assert it.link.send_nowait(b"in flight")
        it.link.end(1013, "no room", b"notice")
        assert await end_of(it.peer) == ([b"in flight", b"notice"], 1013, "no room")
        await it.link.closed.wait()
        assert trio.current_time() < CLOSE_SECONDS


async def test_nothing_leaves_or_counts_after_the_end(autojump_clock: MockClock, express: bool) -> None:
    async with line(Latency(0.05), express=express) as it:
        it.link.end(1000, "goodbye")
        it.link.end(1008, "never said", b"never said")
        assert not it.link.ready()
        assert not it.link.send_nowait(b"never said")
        await it.peer.send_message(b"not heard")
        assert await end_of(it.peer) == ([], 1000, "goodbye")
        assert it.link.receive_nowait() == ()


async def test_end_before_run_says_the_same(autojump_clock: MockClock, express: bool) -> None:
    """A room may close in the instant in which a line comes in."""
    connection = SimNetwork(random.Random(1)).pair()
    async with trio.open_nursery() as nursery:

        async def serve() -> None:
            link = await accepted(nursery, connection.server, express=express)
            link.end(1001, "closing", b"notice")
            await link.run()

        nursery.start_soon(serve)
        peer = await wrap_client_stream(nursery, connection.client, "host", "/")  # type: ignore[arg-type] # any stream will do
        assert await end_of(peer) == ([b"notice"], 1001, "closing")


async def test_a_reason_of_many_bytes_is_cut_to_what_a_close_frame_holds(autojump_clock: MockClock, express: bool) -> None:
    async with line(express=express) as it:
        it.link.end(1002, "ß" * 100)
        _, code, reason = await end_of(it.peer)
        assert code == 1002
        assert reason is not None and reason == "ß" * len(reason)


@pytest.mark.parametrize("blocked_by", ["a frame in flight", "the last frame", "no answer to the close"])
async def test_a_peer_that_does_not_read_is_cut_off_in_time(autojump_clock: MockClock, express: bool, blocked_by: str) -> None:
    async with line(SHORT, express=express) as it:
        it.connection.clog(Toward.CLIENT)
        if blocked_by == "a frame in flight":
            assert it.link.send_nowait(bytes(3 * WINDOW))
            await trio.sleep(3)
        before = trio.current_time()
        it.link.end(1008, "too slow", bytes(3 * WINDOW if blocked_by == "the last frame" else 10))
        await it.link.closed.wait()
        assert trio.current_time() - before == pytest.approx(CLOSE_SECONDS)
        await closed_stream(it.connection.server)


async def closed_stream(stream: SimStream) -> None:
    with pytest.raises(trio.ClosedResourceError):
        await stream.send_all(b"more")


async def test_a_write_that_was_cut_short_is_followed_by_nothing(autojump_clock: MockClock, express: bool) -> None:
    """Half a frame has left: whatever came behind it would be taken for its rest."""
    async with line(SHORT, express=express) as it:
        it.connection.clog(Toward.CLIENT)
        assert it.link.send_nowait(b"x" * 3 * WINDOW)
        it.link.end(1008, "too slow", b"notice")
        await it.link.closed.wait()
        it.connection.unclog(Toward.CLIENT)
        messages, code, _ = await end_of(it.peer)
        assert messages == []
        assert code == 1006


async def test_a_cancelled_run_closes_the_link_and_sends_no_more(autojump_clock: MockClock, express: bool) -> None:
    async with line(SHORT, express=express) as it:
        it.connection.clog(Toward.CLIENT)
        assert it.link.send_nowait(b"x" * 3 * WINDOW)
        await trio.sleep(1)
        it.pump.cancel()
        await it.link.closed.wait()
        assert not it.link.ready()
        assert not it.link.send_nowait(b"more")


@pytest.mark.parametrize("while_writing", [False, True])
async def test_a_reset_closes_the_link(autojump_clock: MockClock, express: bool, while_writing: bool) -> None:
    async with line(express=express) as it:
        if while_writing:
            it.connection.clog(Toward.CLIENT)
            assert it.link.send_nowait(bytes(3 * WINDOW))
        await trio.sleep(1)
        it.connection.reset()
        await it.link.closed.wait()
        assert trio.current_time() == 1
        with pytest.raises(trio.EndOfChannel):
            await it.link.receive()


async def test_the_peer_may_close_first(autojump_clock: MockClock, express: bool) -> None:
    async with line(Latency(0.05), express=express) as it:
        await it.peer.aclose(4000, "enough")
        await it.link.closed.wait()
        assert not it.link.send_nowait(b"too late")


async def test_both_may_close_express(autojump_clock: MockClock, express: bool) -> None:
    async with line(Latency(0.05), express=express) as it:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(it.peer.aclose)
            it.link.end(1001, "closing", b"notice")
            await it.link.closed.wait()
        assert trio.current_time() < CLOSE_SECONDS
