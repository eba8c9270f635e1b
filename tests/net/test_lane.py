"""What a room hears and says over a line: whole and in order, on every way alike."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from gameserver.core.limits import MAX_FRAGMENTS, MAX_MESSAGE
from gameserver.net.lane import MAX_READ, Lane
from gameserver.net.simulated import Latency
from tests.net.match import TICK, Match, Way, playing
from tests.net.peer import CONTINUED, PING, PONG, frame, pieces

if TYPE_CHECKING:
    from trio.abc import Clock
    from trio.testing import MockClock

    from gameserver.net.eager import EagerStream
    from gameserver.net.simulated import SimStream

PINGED = frame(b"are you there", PING)
NARROW = 5_000
"""Bytes that may be under way unread; one snapshot and a half."""


# -- messages --------------------------------------------------------------------------------------------------------------
async def test_play(way: Way, clock: Clock | None) -> None:
    """Once a room has taken over, trio-websocket has no part in it on the lane."""
    async with playing(way) as it:
        for number in range(100):
            await it.peer.say(frame(b"%d" % number))
            if number % 3 == 0:
                await it.ticks()
        await it.hears(*(b"%d" % number for number in range(100)))
        await it.until(lambda: len(it.peer.snapshots) > 20)
        assert it.through_websocket == (0 if way.is_lane else 100)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, MAX_MESSAGE - 1, MAX_MESSAGE])
async def test_a_message_of_any_size_up_to_the_limit_takes_the_fast_way(way: Way, clock: Clock | None, size: int) -> None:
    message = random.Random(size).randbytes(size)
    async with playing(way) as it:
        await it.peer.say(frame(message), frame(b"next"))
        await it.hears(message, b"next")
        assert it.through_websocket == (0 if way.is_lane else 2)


async def test_the_mask_may_be_any(way: Way, clock: Clock | None) -> None:
    rng = random.Random(1)
    messages = [rng.randbytes(rng.randrange(40)) for _ in range(40)]
    async with playing(way) as it:
        await it.peer.say(*(frame(message, key=rng.randbytes(4)) for message in messages))
        await it.hears(*messages)


async def test_many_messages_may_come_in_one_segment(way: Way, clock: Clock | None) -> None:
    messages = [b"%d" % number for number in range(60)]
    async with playing(way) as it:
        await it.peer.say(*map(frame, messages))
        await it.hears(*messages)


async def test_a_message_may_come_over_many_ticks(way: Way, clock: Clock | None) -> None:
    """Its header cut in two as well, and the next one's begin on its heels."""
    data = frame(b"x" * 130) + frame(b"next")
    async with playing(way) as it:
        for begin, end in ((0, 1), (1, 3), (3, 6), (6, 9), (9, 100), (100, 139), (139, len(data))):
            assert it.heard == ([b"x" * 130] if begin == 139 else [])
            await it.peer.say(data[begin:end])
            await it.ticks(3)
        await it.hears(b"x" * 130, b"next")
        assert it.through_websocket == (0 if way.is_lane else 2)


async def test_frames_of_all_kinds_may_come_byte_by_byte(way: Way, clock: Clock | None) -> None:
    data = frame(b"one") + PINGED + pieces(b"two", b"", b", too") + frame(b"x" * 300) + frame(b"", PONG) + frame(b"three")
    async with playing(way) as it:
        for at in range(len(data)):
            await it.peer.say(data[at : at + 1])
            if at % 5 == 0:
                await it.ticks()
        await it.hears(b"one", b"two, too", b"x" * 300, b"three")
        assert it.peer.pongs == [b"are you there"]


async def test_what_one_read_does_not_take_waits_for_the_next(way: Way, clock: Clock | None) -> None:
    """Nothing of it is lost, also if a room was late and a multiple waits."""
    messages = [bytes([number]) * 997 for number in range(40)]
    async with playing(way) as it:
        it.is_ticking = False
        await it.ticks(2)
        await it.peer.say(*map(frame, messages))
        await it.ticks(2)
        most = 0
        for _ in range(100):
            before = len(it.arrived)
            it.tick()
            most = max(most, len(it.arrived) - before)
            await it.ticks()
        assert it.heard == messages
        if way.is_lane:
            assert most * 997 <= MAX_READ + 997, "one read and the begin that waited for it"


# -- control frames --------------------------------------------------------------------------------------------------------
async def test_a_ping_between_messages_changes_nothing(way: Way, clock: Clock | None) -> None:
    async with playing(way) as it:
        await it.peer.say(frame(b"a"), PINGED, frame(b"b"), frame(b"", PING), frame(b"c"))
        await it.hears(b"a", b"b", b"c")
        await it.until(lambda: len(it.peer.pongs) == 2)
        assert it.peer.pongs == [b"are you there", b""]
        assert it.through_websocket == (0 if way.is_lane else 3)


async def test_a_ping_may_be_cut_anywhere(way: Way, clock: Clock | None) -> None:
    async with playing(way, metered=False) as it:  # there are more of them than an honest client sends
        for cut in range(1, len(PINGED)):
            await it.peer.say(frame(b"before"), PINGED[:cut])
            await it.ticks(2)
            await it.peer.say(PINGED[cut:], frame(b"after"))
            await it.ticks(2)
        count = len(PINGED) - 1
        await it.hears(*(b"before", b"after") * count)
        await it.until(lambda: len(it.peer.pongs) >= count)
        assert it.peer.pongs == [b"are you there"] * count


async def test_a_pong_goes_between_large_snapshots_and_never_into_one(way: Way, clock: Clock | None) -> None:
    async with playing(way, snapshot=b"S" * 3_000, window_bytes=NARROW) as it:
        for number in range(9):
            await it.peer.say(frame(b"%d" % number, PING))
            await it.ticks(2)
        await it.until(lambda: len(it.peer.pongs) == 9 and it.sent > 9)
        assert it.peer.pongs == [b"%d" % number for number in range(9)]


async def test_a_pong_that_nobody_asked_for_is_ignored(way: Way, clock: Clock | None) -> None:
    async with playing(way) as it:
        await it.peer.say(frame(b"a"), frame(b"unasked", PONG), frame(b"b"))
        await it.hears(b"a", b"b")
        assert not it.link.closed.is_set()


# -- fragments -------------------------------------------------------------------------------------------------------------
async def test_a_message_in_fragments_keeps_its_place(way: Way, clock: Clock | None) -> None:
    """A ping between its fragments is answered; whatever stands behind it waits for it, and then the fast way is open again."""
    first, rest = pieces(b"one, ", b"two")[:11], pieces(b"one, ", b"two")[11:]
    async with playing(way) as it:
        await it.peer.say(frame(b"a"), first, PINGED, rest, frame(b"b"), frame(b"c"))
        await it.hears(b"a", b"one, two", b"b", b"c")
        await it.until(lambda: bool(it.peer.pongs))
        slow = it.through_websocket
        if way.is_lane:
            assert 1 <= slow <= 3
        await it.peer.say(frame(b"d"))
        await it.hears(b"a", b"one, two", b"b", b"c", b"d")
        assert it.through_websocket == (slow if way.is_lane else 5)


async def test_a_fragmented_message_may_be_cut_anywhere(way: Way, clock: Clock | None) -> None:
    """Into segments that come ticks apart, so that each is a read of its own."""
    data = frame(b"a") + pieces(b"one, ", b"", b"two") + frame(b"b")
    async with playing(way, metered=False) as it:
        for cut in range(1, len(data)):
            await it.peer.say(data[:cut])
            await it.ticks(2)
            await it.peer.say(data[cut:])
            await it.ticks(2)
        await it.hears(*(b"a", b"one, two", b"b") * (len(data) - 1))


async def test_fragments_may_be_ticks_apart(way: Way, clock: Clock | None) -> None:
    async with playing(way) as it:
        await it.peer.say(frame(b"a"), frame(b"one", final=False))
        await it.ticks(5)
        await it.peer.say(frame(b", ", CONTINUED, final=False))
        await it.ticks(5)
        assert it.heard == [b"a"]
        await it.peer.say(frame(b"two", CONTINUED), frame(b"b"))
        await it.hears(b"a", b"one, two", b"b")


async def test_a_message_in_as_many_fragments_as_may_be(way: Way, clock: Clock | None) -> None:
    cut = MAX_MESSAGE // MAX_FRAGMENTS
    message = random.Random(1).randbytes(MAX_MESSAGE)
    async with playing(way) as it:
        for _ in range(3):
            await it.peer.say(pieces(*(message[at : at + cut] for at in range(0, MAX_MESSAGE, cut))))
        await it.hears(message, message, message)


# -- a peer that does not read ---------------------------------------------------------------------------------------------
HEARD_AMID_A_WRITE = {"lane": (b"a", b"b"), "plain": (b"a",)}
"""Of a, a ping, and b: trio-websocket reads no further than a ping that it cannot answer yet. The lane does not wait for it."""


async def fill(it: Match) -> None:
    """Let the room send until the line takes no more."""
    skipped = 0
    while it.skipped < skipped + 20:
        if it.link.ready():
            skipped = it.skipped
        await it.ticks()


async def test_a_peer_that_does_not_read_gets_whole_frames_when_it_does(way: Way, clock: Clock | None) -> None:
    """Meanwhile nothing is made for it, and what it says is heard; its ping is answered behind the frame that went out in part."""
    async with playing(way, snapshot=b"S" * 3_000, window_bytes=NARROW, listens=False) as it, trio.open_nursery() as nursery:
        await fill(it)
        sent = it.sent
        await it.peer.say(frame(b"a"), PINGED, frame(b"b"))
        await it.hears(*HEARD_AMID_A_WRITE[way.link])
        await it.ticks(20)
        assert it.sent == sent
        assert not it.link.ready()
        assert not it.link.send_nowait(b"never said")
        nursery.start_soon(it.peer.listen)
        await it.until(lambda: bool(it.peer.pongs) and it.sent > sent)
        it.snapshot, snapshot = None, it.snapshot
        await it.until(lambda: len(it.peer.snapshots) == it.sent)
        assert it.peer.pongs == [b"are you there"]
        it.snapshot = snapshot
        await it.hears(b"a", b"b")
        nursery.cancel_scope.cancel()


async def test_the_rest_of_a_frame_goes_on_without_a_room(way: Way, clock: Clock | None) -> None:
    """The window empties between two ticks: the room need not try again."""
    async with playing(way, snapshot=b"S" * 3_000, window_bytes=NARROW, listens=False) as it, trio.open_nursery() as nursery:
        await fill(it)
        it.is_ticking = False
        nursery.start_soon(it.peer.listen)
        await it.until(lambda: len(it.peer.snapshots) == it.sent)
        assert it.numbers() == list(range(it.sent))
        nursery.cancel_scope.cancel()


# -- the two ways change ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(4))
async def test_order_and_content_hold_whichever_way_is_open(way: Way, clock: Clock | None, seed: int) -> None:
    """The lane is engaged and disengaged at random while random frames come in random pieces. Unmetered: there are many pings."""
    rng = random.Random(seed)
    said: list[bytes] = []
    pings: list[bytes] = []

    def ping() -> bytes:
        pings.append(b"ping %d" % len(pings))
        return frame(pings[-1], PING)

    def message(number: int) -> bytes:
        payload = b"%d:" % number + rng.randbytes(rng.choice((0, 9, 120, 126, 400)))
        said.append(payload)
        if rng.random() < 0.8:
            return frame(payload, key=rng.randbytes(4))
        cut = rng.randrange(len(payload))
        between = ping() if rng.random() < 0.3 else b""
        return frame(payload[:cut], final=False) + between + frame(payload[cut:], CONTINUED)

    async def flip() -> None:
        while way.is_lane:
            (it.lane.engage if rng.random() < 0.5 else it.lane.disengage)()
            await it.ticks(rng.choice((0, 1, 2)))

    latency = Latency() if way.is_real else Latency(0.01, 0.02)
    async with playing(way, seed=seed, latency=latency, metered=False) as it, trio.open_nursery() as nursery:
        nursery.start_soon(flip)
        for number in range(200):
            data = message(number) + (ping() if rng.random() < 0.1 else b"")
            while data:
                size = len(data) if rng.random() < 0.6 else rng.randrange(1, len(data) + 1)
                await it.peer.say(data[:size])
                data = data[size:]
                if rng.random() < 0.3:
                    await trio.sleep(rng.random() * TICK)
        await it.hears(*said)
        await it.until(lambda: len(it.peer.pongs) == len(pings))
        assert it.peer.pongs == pings
        assert len(pings) > 15
        nursery.cancel_scope.cancel()


# -- times -----------------------------------------------------------------------------------------------------------------
async def test_a_message_has_the_time_at_which_it_came(way: Way, clock: Clock | None) -> None:
    """A room reads late on purpose; that is no reason to think that its players are."""
    if way.is_real and way.is_lane and sys.platform != "linux":
        pytest.skip("only Linux says when a packet came")
    async with playing(way, latency=Latency(0.003)) as it:
        it.is_ticking = False
        await it.ticks(2)
        said_at = trio.current_time()
        await it.peer.say(frame(b"a"))
        await trio.sleep(0.1)
        it.tick()
        for _ in range(20):  # a chunked line gives it in pieces
            it.tick()
        (arrived,) = it.arrived
        if way.is_real:
            assert said_at - 0.002 < arrived.at < said_at + 0.05
        else:
            assert arrived.at == said_at + 0.003
        assert it.link.heard_at == arrived.at


async def test_times_never_go_back(way: Way, clock: Clock | None) -> None:
    """A message that went the slow way has the time of its delivery; those behind it came before that."""
    async with playing(way) as it:
        it.is_ticking = False
        await it.ticks(2)
        slow, fast = pieces(b"in ", b"two"), frame(b"x" * 1_015)
        assert len(slow) + 4 * len(fast) == MAX_READ, "the second read begins with a frame, so that it takes the fast way"
        await it.peer.say(slow, *[fast] * 20)
        await it.ticks(20)
        it.is_ticking = True
        await it.until(lambda: len(it.arrived) == 21)
        times = [arrived.at for arrived in it.arrived]
        assert times == sorted(times)
        assert it.link.heard_at == times[-1]


class Stepping:
    """A stream's face for a lane, on which somebody sets the clock back by a second at every read."""

    def __init__(self, stream: EagerStream | SimStream) -> None:
        self._stream = stream
        self._back = 0.0

    def recv_stamped(self, max_bytes: int) -> tuple[bytes, float]:
        data, at = self._stream.recv_stamped(max_bytes)
        self._back += 1.0
        return data, at - self._back


async def test_a_clock_that_is_set_back_makes_nobody_a_flooder(autojump_clock: MockClock) -> None:
    """The kernel's time is the wall clock's."""
    async with playing(Way("lane", "simulated")) as it:
        it.lane._now = Stepping(it.stream)
        for _ in range(5):
            await it.peer.say(PINGED, frame(b"a"))
            await it.ticks(2)
        await it.hears(*[b"a"] * 5)
        assert len(it.peer.pongs) == 5
        times = [arrived.at for arrived in it.arrived]
        assert times == sorted(times)


# -- streams ---------------------------------------------------------------------------------------------------------------
async def test_a_stream_that_cannot_be_used_at_once_has_no_lane() -> None:
    stream, _ = trio.testing.memory_stream_pair()
    with pytest.raises(TypeError, match="use it without a lane"):
        Lane(stream, largest=MAX_MESSAGE, head=b"")
