"""The TCP stream that does not yield needlessly, on real loopback sockets."""

from __future__ import annotations

import contextlib
import socket

import pytest
import trio
import trio.testing

from gameserver.net.eager import EagerStream


async def eager_pair() -> tuple[EagerStream, EagerStream]:
    """Two ends of a connection over loopback."""
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    client = await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1])
    server = await listener.accept()
    await listener.aclose()
    return EagerStream(client), EagerStream(server)


async def clogged_pair() -> tuple[EagerStream, EagerStream]:
    """The same, with the first end's buffers full."""
    left, right = await eager_pair()
    with contextlib.suppress(BlockingIOError):
        while True:
            left.send(b"x" * 65_536)
    return left, right


async def test_bytes_go_both_ways() -> None:
    left, right = await eager_pair()
    await left.send_all(b"there")
    assert await right.receive_some() == b"there"
    await right.send_all(b"back")
    assert await left.receive_some(2) == b"ba"
    await left.send_eof()
    assert await right.receive_some() == b""
    for stream in (left, right):
        await stream.aclose()


async def test_more_than_the_kernel_takes_arrives_whole() -> None:
    left, right = await eager_pair()
    data = bytes(range(256)) * 40_000
    received = bytearray()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(left.send_all, data)
        while len(received) < len(data):
            received += await right.receive_some(65_536)
    assert bytes(received) == data
    for stream in (left, right):
        await stream.aclose()


async def test_closing_wakes_whoever_waits() -> None:
    left, right = await clogged_pair()
    async with trio.open_nursery() as nursery:

        async def send() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await left.send_all(b"more")

        async def receive() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await left.receive_some()

        nursery.start_soon(send)
        nursery.start_soon(receive)
        await trio.testing.wait_all_tasks_blocked()
        await left.aclose()
    await right.aclose()


async def test_two_writers_at_once_are_refused() -> None:
    left, right = await clogged_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(left.send_all, b"more")
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await left.send_all(b"too")
        nursery.cancel_scope.cancel()
    for stream in (left, right):
        await stream.aclose()


async def test_a_peer_that_resets_breaks_the_stream() -> None:
    left, right = await eager_pair()
    right._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    await right.aclose()
    with pytest.raises(trio.BrokenResourceError):
        await left.receive_some()
    await left.aclose()


async def test_a_closed_descriptor_is_never_written_to_again() -> None:
    """The next socket gets the same number; a stale write must fail instead of reaching it."""
    left, right = await eager_pair()
    number = left._raw.fileno()
    await left.aclose()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        assert number in (ours.fileno(), theirs.fileno())
        with pytest.raises(OSError, match="Bad file descriptor"):
            left.send(b"stale")
        with pytest.raises(BlockingIOError):
            ours.recv(10)
    await right.aclose()
