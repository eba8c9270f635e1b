"""Frames written past trio-websocket: whole, in order, never mixed with its own, and none behind a Close."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from gameserver.net.frames import FrameStream
from gameserver.net.outlet import Outlet, frame_header
from gameserver.net.simulated import SimNetwork, Toward

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver.net.simulated import SimConnection


def connection(window_bytes: int = 65_536) -> SimConnection:
    """A line without latency."""
    return SimNetwork(random.Random(1), window_bytes=window_bytes).pair()


async def read_all(stream: trio.abc.ReceiveStream, seconds: float = 1.0) -> bytes:
    """Whatever comes within this time."""
    received = b""
    with trio.move_on_after(seconds):
        while data := await stream.receive_some():
            received += data
    return received


@given(st.integers(0, 200_000))
def test_the_header_says_the_length(length: int) -> None:
    """In the shortest of the three forms (RFC 6455 5.2)."""
    header = frame_header(length)
    assert header[0] == 0x82
    assert len(header) == (2 if length < 126 else 4 if length < 65_536 else 10)
    said = header[1] if len(header) == 2 else int.from_bytes(header[2:], "big")
    assert said == length


async def test_a_frame_goes_out_at_once(autojump_clock: MockClock) -> None:
    line = connection()
    outlet = Outlet(line.server)
    assert outlet.send_nowait(b"head", b"body")
    assert await read_all(line.client) == b"\x82\x08headbody"


async def test_what_did_not_fit_goes_before_everything_else(autojump_clock: MockClock) -> None:
    """A window of ten bytes: the first frame goes out in part, the second is refused, then a pong and it all arrive in order."""
    line = connection(window_bytes=10)
    outlet = Outlet(line.server)
    assert outlet.send_nowait(b"x" * 20), "a byte went out, so it counts as sent"
    assert not outlet.ready()
    assert not outlet.send_nowait(b"refused")
    received = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outlet.send_all, b"\x8a\x00")
        received = await read_all(line.client)
    assert received == b"\x82\x14" + b"x" * 20 + b"\x8a\x00"
    assert outlet.ready()


async def test_a_frame_of_which_nothing_fits_is_refused(autojump_clock: MockClock) -> None:
    """It is as if nobody had tried; the next one may go."""
    line = connection(window_bytes=10)
    outlet = Outlet(line.server)
    assert outlet.send_nowait(b"x" * 8)
    assert outlet.ready(), "nobody knows yet that the line is full"
    assert not outlet.send_nowait(b"refused")
    assert await read_all(line.client) == b"\x82\x08" + b"x" * 8
    assert outlet.send_nowait(b"next")
    assert await read_all(line.client) == b"\x82\x04next"


async def test_nothing_is_written_into_the_middle_of_a_message(autojump_clock: MockClock) -> None:
    line = connection(window_bytes=10)
    outlet = Outlet(line.server)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outlet.send_all, b"p" * 30)
        await trio.testing.wait_all_tasks_blocked()
        assert not outlet.send_nowait(b"between")
        assert await read_all(line.client) == b"p" * 30
    assert outlet.send_nowait(b"after")


async def test_no_frame_follows_a_close(autojump_clock: MockClock) -> None:
    outlet = Outlet(connection().server)
    await outlet.send_all(b"\x88\x02\x03\xe8")
    assert not outlet.ready()
    assert not outlet.send_nowait(b"late")
    with pytest.raises(trio.BrokenResourceError, match="a Close has been said"):
        await outlet.send_all(b"\x82\x00")


async def test_a_close_waits_for_its_turn_and_is_the_last(autojump_clock: MockClock) -> None:
    line = connection(window_bytes=10)
    outlet = Outlet(line.server)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outlet.send_all, b"p" * 30)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(outlet.send_all, b"\x88\x00")
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BrokenResourceError):
            await outlet.send_all(b"\x8a\x00")
        nursery.start_soon(outlet.send_eof)
        assert await read_all(line.client) == b"p" * 30 + b"\x88\x00"


async def test_a_cancelled_write_ends_the_stream(autojump_clock: MockClock) -> None:
    """Half a frame is out: whatever came next would be read as its other half."""
    line = connection(window_bytes=10)
    outlet = Outlet(line.server)
    with trio.move_on_after(0.1):
        await outlet.send_all(b"y" * 30)
    assert not outlet.send_nowait(b"next")
    with trio.fail_after(1.0), pytest.raises(trio.BrokenResourceError):
        await outlet.send_all(b"next")


async def test_a_reset_line_takes_nothing(autojump_clock: MockClock) -> None:
    line = connection()
    outlet = Outlet(line.server)
    line.reset()
    assert not outlet.send_nowait(b"into the void")
    assert not outlet.ready()


@pytest.mark.parametrize("seed", range(20))
async def test_frames_arrive_whole_whatever_the_window(seed: int, autojump_clock: MockClock) -> None:
    """Random frames and pongs over a small window that empties at random: what was accepted is what arrives, in order."""
    rng = random.Random(seed)
    line = SimNetwork(rng, window_bytes=64, chunking=True).pair()
    outlet = Outlet(line.server)
    accepted: list[bytes] = []
    arrived: list[bytes] = []
    frames = FrameStream(line.client, largest=1_000, masked=False)
    frames.lift(lambda frame, at: arrived.append(frame))
    slow = bytearray()

    async def read() -> None:
        while data := await frames.receive_some():
            slow.extend(data)
            await trio.sleep(rng.random() * 0.01)

    async with trio.open_nursery() as nursery:
        await outlet.send_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        nursery.start_soon(read)
        for number in range(200):
            payload = b"%d:" % number + rng.randbytes(rng.choice((0, 5, 130, 300)))
            if outlet.send_nowait(payload):
                accepted.append(payload)
            if rng.random() < 0.1:
                await outlet.send_all(b"\x8a\x00")
            if rng.random() < 0.05:
                line.clog(Toward.CLIENT)
                await trio.sleep(0.02)
                line.unclog(Toward.CLIENT)
            await trio.sleep(rng.random() * 0.01)
        for _ in range(100):  # as a room does at each of its ticks
            outlet.ready()
            await trio.sleep(0.03)
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert arrived == accepted
    assert len(accepted) > 20
    assert bytes(slow).replace(b"\x8a\x00", b"").endswith(b"\r\n\r\n"), "only the upgrade and pongs went the slow way"
