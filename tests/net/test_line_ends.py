"""How a line ends, and what it takes to end it: the same on every way, with the right code, and nothing behind the end."""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING

import pytest
import trio

from gameserver.core.limits import CLOSE_SECONDS, IDLE_SECONDS, MAX_MESSAGE
from gameserver.net.eager import EagerStream
from gameserver.net.simulated import Latency
from tests.net.match import PATIENCE_SECONDS, TICK, Way, playing
from tests.net.peer import CLOSE, CONTINUED, PING, PONG, TEXT, frame, goodbye, pieces

if TYPE_CHECKING:
    from trio.abc import Clock

NARROW = 5_000
"""Bytes that may be under way unread; one snapshot and a half."""


# -- the peer closes -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("close", "code"),
    [
        (goodbye(1000), 1000),
        (goodbye(1001, "gone, für immer".encode()), 1001),
        (goodbye(4999, b"x" * 123), 4999),
        (frame(b"", CLOSE), 1005),
    ],
    ids=["1000", "with a reason", "the longest", "without a code"],
)
async def test_a_close_is_echoed(way: Way, clock: Clock | None, close: bytes, code: int) -> None:
    """What came before it is heard, what comes behind it is not."""
    async with playing(way) as it:
        await it.until(lambda: len(it.peer.snapshots) > 2)
        await it.peer.say(frame(b"a"), pieces(b"b", b"c"), frame(b"d"), close + frame(b"never") + frame(b"", PING))
        assert await it.ends() == code
        assert it.heard == [b"a", b"bc", b"d"]
        assert it.peer.pongs == []
        assert it.peer.ended == "end"
        sent = it.sent
        assert not it.link.ready()
        assert not it.link.send_nowait(b"late")
        assert it.sent == sent


async def test_what_stands_behind_a_close_is_not_heard(way: Way, clock: Clock | None) -> None:
    """Nor is it when it comes ticks later, and nothing of it takes the fast way."""
    async with playing(way, snapshot=b"S" * 3_000, window_bytes=NARROW, listens=False) as it, trio.open_nursery() as nursery:
        await it.until(lambda: it.skipped > 20)  # so that the echo waits
        await it.peer.say(frame(b"a"), goodbye(1000), frame(b"never"))
        await it.ticks(5)
        await it.peer.say(frame(b"never either"))
        await it.ticks(5)
        nursery.start_soon(it.peer.listen)
        assert await it.ends() == 1000
        assert it.heard == [b"a"]


async def test_no_snapshot_is_made_in_the_tick_in_which_a_close_is_read(way: Way, clock: Clock | None) -> None:
    """Though its echo has not gone out yet."""
    async with playing(way) as it:
        it.is_ticking = False
        await it.ticks(2)
        await it.peer.say(goodbye(1000))
        await it.ticks(5)
        for _ in range(20):  # a chunked line gives it in pieces
            it.link.receive_nowait()
        assert not it.link.ready()
        assert not it.link.send_nowait(b"late")
        assert await it.ends() == 1000


async def test_a_close_may_come_byte_by_byte(way: Way, clock: Clock | None) -> None:
    data = frame(b"a") + goodbye(1000, b"enough")
    async with playing(way) as it:
        for at in range(len(data)):
            await it.peer.say(data[at : at + 1])
            await it.ticks()
        assert await it.ends() == 1000
        assert it.heard == [b"a"]


BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1100, 2999, 5000, 65_535]


@pytest.mark.parametrize(
    "close",
    [*map(goodbye, BAD_CODES), frame(b"\x03", CLOSE)],
    ids=[*map(str, BAD_CODES), "half a code"],
)
async def test_a_close_that_is_wrong_is_answered_with_1002(way: Way, clock: Clock | None, close: bytes) -> None:
    async with playing(way) as it:
        await it.peer.say(frame(b"a"), close)
        assert await it.ends() == 1002
        assert it.heard == [b"a"]


@pytest.mark.parametrize(
    "said",
    [
        frame(b"\xff", TEXT),
        frame(b"ok", TEXT, final=False) + frame(b"\xed\xa0\x80", CONTINUED),
        frame(b"\xf0\x9f", TEXT, final=False) + frame(b"", CONTINUED),
        goodbye(1000, b"\xff"),
    ],
    ids=["text", "text in fragments", "text cut short", "the reason of a close"],
)
async def test_text_that_is_none_is_answered_with_1007(way: Way, clock: Clock | None, said: bytes) -> None:
    """RFC 6455 8.1: whatever becomes of text, that comes first."""
    async with playing(way) as it:
        await it.peer.say(frame(b"a"), said)
        assert await it.ends() == 1007
        assert it.heard == [b"a"]


async def test_no_snapshot_follows_a_close_that_is_not_answered_yet(way: Way, clock: Clock | None) -> None:
    """The echo waits for the frame that went out in part; then nothing else may."""
    async with playing(way, snapshot=b"S" * 3_000, window_bytes=NARROW, listens=False) as it, trio.open_nursery() as nursery:
        await it.until(lambda: it.skipped > 20)
        await it.ticks(20)
        await it.peer.say(goodbye(1000))
        await it.ticks(20)
        sent = it.sent
        nursery.start_soon(it.peer.listen)
        assert await it.ends() == 1000
        assert it.sent == sent == len(it.peer.snapshots)


STAYS = {"real": False, "simulated": True, "chunked": True}
"""Who has broken the rules stays without a word, and gets nothing behind the Close. In virtual time: it takes a second."""


# -- the peer breaks the rules ---------------------------------------------------------------------------------------------
VIOLATIONS = {
    "RSV1": frame(b"z", reserved=4),
    "RSV2": frame(b"z", reserved=2),
    "RSV3": frame(b"z", reserved=1),
    "RSV1 on a ping": frame(b"z", PING, reserved=4),
    "not masked": frame(b"z" * 8, key=None),
    "not masked and empty": frame(b"", key=None),
    "a lone continuation": frame(b"z", CONTINUED),
    "a lone continuation that goes on": frame(b"z", CONTINUED, final=False),
    "a message within a message": frame(b"z", final=False) + frame(b"y"),
    "a text within a message": frame(b"z", final=False) + frame(b"y", TEXT),
    "a ping in fragments": frame(b"z", PING, final=False) + frame(b"y", CONTINUED),
    "a close in fragments": frame(b"\x03", CLOSE, final=False) + frame(b"\xe8", CONTINUED),
    "a ping of 126 bytes": frame(b"z" * 126, PING),
    "a pong of 126 bytes": frame(b"z" * 126, PONG),
    "a close of 126 bytes": frame(b"\x03\xe8" + b"z" * 124, CLOSE),
    "2 bytes for a length of 1": frame(b"z", length_bytes=2),
    "2 bytes for a length of 125": frame(b"z" * 125, length_bytes=2),
    "8 bytes for a length of 1": frame(b"z", length_bytes=8),
    "8 bytes for a length of 126": frame(b"z" * 126, length_bytes=8),
    "8 bytes for the largest message": frame(b"z" * MAX_MESSAGE, length_bytes=8),
    "a length of 64 bits": b"\x82\xff" + b"\xff" * 8 + bytes(4),
    **{f"opcode {opcode}": frame(b"z", opcode) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
}


@pytest.mark.parametrize("violation", VIOLATIONS.values(), ids=VIOLATIONS)
async def test_whoever_breaks_the_protocol_is_told_so(way: Way, clock: Clock | None, violation: bytes) -> None:
    """1002, and what came before is heard. A length must take as few bytes as it can (RFC 6455 5.2), on the fast way too."""
    async with playing(way) as it:
        it.peer.answers = way.is_real
        await it.peer.say(frame(b"a"), violation)
        with trio.fail_after(CLOSE_SECONDS / 2):
            await it.peer.at_end.wait()  # it need not wait for the server to give it up
        assert await it.ends(stays=STAYS[way.transport]) == 1002
        assert it.heard == [b"a"]
        assert it.peer.ended == "end"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (frame(b"z" * (MAX_MESSAGE + 1)), 1009),
        (frame(b"z" * 70_000), 1009),
        (pieces(b"z" * MAX_MESSAGE, b"z"), 1009),
        (frame(b"text", TEXT), 1003),
        (frame(b"te", TEXT, final=False) + frame(b"xt", CONTINUED), 1003),
    ],
    ids=["4,097 bytes", "a length of 64 bits", "4,097 bytes in pieces", "text", "text in pieces"],
)
async def test_what_no_player_says_ends_the_line(way: Way, clock: Clock | None, message: bytes, code: int) -> None:
    async with playing(way) as it:
        it.peer.answers = way.is_real
        await it.peer.say(frame(b"a"), message)
        assert await it.ends(stays=STAYS[way.transport]) == code
        assert it.heard == [b"a"]


# -- floods ----------------------------------------------------------------------------------------------------------------
FLOODS = {
    "empty pieces": (frame(b"", final=False) + frame(b"", CONTINUED, final=False) * 200, 1009),
    "pieces of a byte": (frame(b"x", final=False) + frame(b"x", CONTINUED, final=False) * 200, 1009),
    "pings": (frame(b"", PING) * 200, 1008),
    "pongs": (frame(b"", PONG) * 200, 1008),
}


@pytest.mark.parametrize(("flood", "code"), FLOODS.values(), ids=FLOODS)
async def test_a_flood_ends_the_line_with_a_word(way: Way, clock: Clock | None, flood: bytes, code: int) -> None:
    """The peer can read it although it writes on and on, and the line has gone within the time of a goodbye."""
    async with playing(way) as it, trio.open_nursery() as nursery:

        async def write_on() -> None:
            while True:
                await it.peer.say(flood)
                await trio.sleep(TICK / 10)

        async def write_until_cut() -> None:
            with contextlib.suppress(trio.BrokenResourceError):
                await write_on()

        it.peer.answers = False
        await it.peer.say(frame(b"a"))
        await it.hears(b"a")
        begin = trio.current_time()
        nursery.start_soon(write_until_cut)
        assert await it.ends(stays=STAYS[way.transport]) == code
        assert trio.current_time() - begin < CLOSE_SECONDS + 1
        assert it.heard == [b"a"]
        assert len(it.peer.pongs) <= 10


# -- the line breaks -------------------------------------------------------------------------------------------------------
INSIDE = {
    "between frames": b"",
    "inside of a header": frame(b"half")[:1],
    "inside of a mask": frame(b"half")[:4],
    "inside of a message": frame(b"half")[:8],
    "inside of a ping": frame(b"half", PING)[:8],
    "inside of a fragment": frame(b"half", final=False)[:8],
    "between fragments": frame(b"half", final=False),
}


@pytest.mark.parametrize("half", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("how", ["end", "reset"])
async def test_a_line_that_breaks_is_noticed_at_once(way: Way, clock: Clock | None, half: bytes, how: str) -> None:
    """What came whole is heard, what did not is not."""
    async with playing(way, tears=True) as it:
        await it.peer.say(frame(b"a"), half)
        await it.hears(b"a")
        if how == "end":
            await it.peer.finish()
        else:
            it.peer.reset()
        begin = trio.current_time()
        with trio.fail_after(PATIENCE_SECONDS):
            await it.link.closed.wait()
        if not way.is_real:
            assert trio.current_time() - begin <= 4 * TICK
        assert it.heard == [b"a"]
        assert not it.link.ready()
        assert not it.link.send_nowait(b"late")
        with pytest.raises(trio.EndOfChannel):
            await it.link.receive()


async def test_a_reset_amid_a_write_ends_the_line(way: Way, clock: Clock | None) -> None:
    async with playing(way, snapshot=b"S" * 3_000, window_bytes=NARROW, listens=False) as it:
        await it.until(lambda: it.skipped > 20)
        it.peer.reset()
        with trio.fail_after(PATIENCE_SECONDS):
            await it.link.closed.wait()
        assert not it.link.ready()
        assert not it.link.send_nowait(b"late")


# -- the server ends it ----------------------------------------------------------------------------------------------------
async def test_the_last_word_is_heard(way: Way, clock: Clock | None) -> None:
    """Behind the snapshots that are under way; and the peer's answer is waited for."""
    async with playing(way, latency=Latency(0.01)) as it:
        await it.until(lambda: it.sent > 5)
        it.peer.answers = False
        it.link.end(1001, "closing", b"last word")
        assert not it.link.ready()
        assert not it.link.send_nowait(b"late")
        await it.until(lambda: it.peer.code is not None)
        assert it.peer.of(CLOSE) == [b"\x03\xe9closing"]
        assert it.peer.snapshots.pop() == b"last word"
        assert not it.over.is_set(), "it waits for the answer"
        await it.peer.say(frame(b"not heard"), goodbye(1001))
        await it.ends()
        assert it.peer.said.pop(-2).payload == b"last word"
        assert it.heard == []


async def test_a_peer_that_does_not_answer_a_close_is_not_waited_for(way: Way, clock: Clock | None) -> None:
    async with playing(way) as it:
        it.peer.answers = False
        begin = trio.current_time()
        it.link.end(1001, "closing")
        assert await it.ends(stays=True) == 1001
        assert CLOSE_SECONDS - 0.01 <= trio.current_time() - begin < CLOSE_SECONDS + 0.5


async def test_a_ping_behind_our_close_is_not_answered(way: Way, clock: Clock | None) -> None:
    """No frame may follow a Close; and the peer, which may not have seen it yet, has done no wrong."""
    async with playing(way) as it:
        it.peer.answers = False
        it.is_ticking = False  # a room forgets a player whom it has sent away
        it.link.end(1001, "closing")
        await it.until(lambda: it.peer.code == 1001)
        await it.peer.say(frame(b"are you there", PING), frame(b"a"), pieces(b"b", b"c"), goodbye(1001))
        begin = trio.current_time()
        await it.ends()
        assert trio.current_time() - begin < CLOSE_SECONDS / 2, "the answer was heard"
        assert it.peer.pongs == []
        assert it.peer.ended == "end"


@pytest.mark.parametrize("turns", range(8))
async def test_both_may_close_at_once(way: Way, clock: Clock | None, turns: int) -> None:
    """However many `turns` of the scheduler the answer to the peer's Close is ahead of ours: one of them reaches the peer."""
    async with playing(way) as it:
        it.is_ticking = False
        await it.ticks(2)
        await it.peer.say(goodbye(4000))
        it.link.receive_nowait()
        for _ in range(turns):
            await trio.lowlevel.checkpoint()
        it.link.end(1001, "closing")
        begin = trio.current_time()
        assert await it.ends() in (1001, 4000)
        assert trio.current_time() - begin < CLOSE_SECONDS / 2


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("again", range(4))  # the scheduler draws lots
async def test_a_snapshot_may_meet_the_peers_close(way: Way, clock: Clock | None, turns: int, again: int) -> None:
    """The peer gets its echo, whether the snapshot still went out before it or not."""
    async with playing(way) as it:
        it.is_ticking = False
        await it.ticks(2)
        await it.peer.say(goodbye(4000))
        for _ in range(turns):
            await trio.lowlevel.checkpoint()
        it.tick()
        it.is_ticking = True
        assert await it.ends() == 4000


async def test_an_aborted_line_has_gone_at_once(way: Way, clock: Clock | None) -> None:
    async with playing(way, tears=True) as it:
        await it.ticks(3)
        it.link.abort()
        await it.link.closed.wait()
        assert await it.ends() is None
        assert it.peer.ended in ("end", "reset")


# -- a write that is cut short ---------------------------------------------------------------------------------------------
TORN = b"\x82\x7f" + (500_000).to_bytes(8, "big") + b"x" * 500_000
"""A frame that no buffer holds."""


@pytest.mark.parametrize("by", ["the link", "trio-websocket"])
async def test_nothing_follows_a_write_that_was_cut_short(way: Way, clock: Clock | None, by: str) -> None:
    """Half a frame is out: whatever came behind it would be taken for its rest, and nobody would know."""
    async with playing(way, snapshot=None, window_bytes=NARROW, listens=False, tears=True) as it, trio.open_nursery() as nursery:
        with trio.move_on_after(20 * TICK) as patience:
            if by == "the link":
                await it.link.send(TORN[10:])
            else:
                await it.frames.send_all(TORN)
        assert patience.cancelled_caught
        if way.is_lane:
            assert not it.link.ready()
            assert not it.link.send_nowait(b"second message")
        with pytest.raises(trio.BrokenResourceError):
            await it.frames.send_all(frame(b"second message", key=None))
        nursery.start_soon(it.peer.listen)
        it.link.end(1011, "torn", b"second message")
        assert await it.ends() is None
        assert it.peer.snapshots == []
        assert it.peer.rest[:10] == TORN[:10]
        assert set(it.peer.rest[10:]) <= {ord("x")}
        assert len(it.peer.rest) < len(TORN)


# -- what real sockets have ------------------------------------------------------------------------------------------------
@pytest.mark.real_time
@pytest.mark.parametrize("link", ["lane", "plain"])
async def test_a_line_that_has_ended_never_touches_the_next_one_with_its_number(link: str) -> None:
    async with playing(Way(link, "real")) as it:
        stream = it.stream
        assert isinstance(stream, EagerStream)
        number = stream._raw.fileno()
        it.link.abort()
        await it.ends()
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                ours, theirs = map(stack.enter_context, socket.socketpair())
                if number in (ours.fileno(), theirs.fileno()):
                    break
            else:
                pytest.fail("nobody got the number")
            ours.setblocking(False)
            theirs.setblocking(False)
            ours.send(b"for them")
            theirs.send(b"for us")
            assert it.link.receive_nowait() == ()
            assert not it.link.send_nowait(b"stale")
            for stale in (lambda: stream.send(b"stale"), lambda: stream.recv_stamped(10)):
                with pytest.raises(OSError, match="Bad file descriptor"):
                    stale()
            assert (ours.recv(20), theirs.recv(20)) == (b"for us", b"for them")


@pytest.mark.real_time
@pytest.mark.skipif(sys.platform != "linux", reason="TCP_USER_TIMEOUT is Linux's")
async def test_the_kernel_gives_up_on_a_peer_that_acknowledges_nothing() -> None:
    async with playing(Way("lane", "real")) as it:
        assert isinstance(it.stream, EagerStream)
        assert it.stream._raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == IDLE_SECONDS * 1_000
