"""Simulated connections keep the promises of trio's streams and of TCP; the faults do what they say; a crash tears files."""

from __future__ import annotations

import errno
import random
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from gameserver.net.simulated import (
    Latency,
    SimConnection,
    SimDisk,
    SimNetwork,
    SimRandomness,
    SimStream,
    SimWallClock,
    Toward,
    simulated_ports,
)
from gameserver.net.simulated.network import BACKLOG

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from trio.testing import MockClock

FAST = Latency()
SLOW = Latency(0.05, 0.02)
WINDOW = 1_000


def network(latency: Latency = FAST, *, chunking: bool = False) -> SimNetwork:
    return SimNetwork(random.Random(1), latency=latency, window_bytes=WINDOW, chunking=chunking)


def pair(latency: Latency = FAST, *, chunking: bool = False) -> SimConnection:
    return network(latency, chunking=chunking).pair()


async def receive_exactly(stream: SimStream, n: int) -> bytes:
    data = b""
    while len(data) < n:
        more = await stream.receive_some(n - len(data))
        assert more, f"the stream ended after {len(data)} of {n} bytes"
        data += more
    return data


async def all_received(stream: SimStream) -> bytes:
    data = b""
    while more := await stream.receive_some():
        data += more
    return data


# -- the promises of a stream


@pytest.mark.parametrize("chunking", [False, True])
@pytest.mark.parametrize("latency", [FAST, SLOW, Latency(0.01, 0, 1_000_000)], ids=["fast", "slow", "narrow"])
async def test_trio_accepts_the_stream(autojump_clock: MockClock, latency: Latency, chunking: bool) -> None:
    async def make() -> tuple[SimStream, SimStream]:
        connection = pair(latency, chunking=chunking)
        return connection.client, connection.server

    async def make_clogged() -> tuple[SimStream, SimStream]:
        connection = pair(latency, chunking=chunking)
        for stream in (connection.client, connection.server):
            await stream.send_all(bytes(WINDOW))
        await trio.sleep(1)
        return connection.client, connection.server

    await trio.testing.check_half_closeable_stream(make, make_clogged)


async def test_bytes_arrive_in_order_after_their_latency(autojump_clock: MockClock) -> None:
    connection = pair(Latency(0.05, 0.2))
    arrivals: list[float] = []

    async def receive() -> None:
        for n in range(50):
            assert (await receive_exactly(connection.server, 1))[0] == n
            arrivals.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive)
        for n in range(50):
            await connection.client.send_all(bytes([n]))
            await trio.sleep(0.01)
    assert arrivals == sorted(arrivals)
    delays = [at - 0.01 * n for n, at in enumerate(arrivals)]
    assert min(delays) > 0.05 - 1e-9
    assert max(delays) < 0.25 + 1e-9
    assert len({round(delay, 3) for delay in delays}) > 5, "there was no jitter"


async def test_no_latency_takes_no_time(autojump_clock: MockClock) -> None:
    connection = pair()
    await connection.client.send_all(b"at once")
    assert await connection.server.receive_some() == b"at once"
    assert trio.current_time() == 0


async def test_all_that_has_arrived_comes_at_once(autojump_clock: MockClock) -> None:
    connection = pair(Latency(0.05))
    for word in (b"one ", b"two ", b"three"):
        await connection.client.send_all(word)
    assert await connection.server.receive_some(6) == b"one tw"
    assert await connection.server.receive_some() == b"o three"


async def test_chunks_end_anywhere(autojump_clock: MockClock) -> None:
    connection = pair(chunking=True)
    sizes = set()
    for _ in range(200):
        await connection.client.send_all(bytes(range(100)))
        data = b""
        while len(data) < 100:
            data += (more := await connection.server.receive_some())
            sizes.add(len(more))
        assert data == bytes(range(100))
    assert {1, 2, 100} < sizes
    assert len(sizes) > 30


async def test_bandwidth_spaces_writes_out(autojump_clock: MockClock) -> None:
    connection = pair(Latency(0.1, 0, 1_000))
    for _ in range(3):
        await connection.client.send_all(bytes(100))
    for n in range(3):
        await connection.server.receive_some()
        assert trio.current_time() == pytest.approx(0.1 + 0.1 * (n + 1))


async def test_earlier_arrival_than_the_one_waited_for(autojump_clock: MockClock) -> None:
    """A reader that waits without knowing of any bytes wakes when they arrive, not when they are sent, nor later."""
    connection = pair(Latency(0.5))
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def receive() -> None:
            assert await connection.server.receive_some() == b"x"
            assert trio.current_time() == 1.5

        await trio.sleep(1)
        await connection.client.send_all(b"x")


async def test_full_window_holds_the_sender_back(autojump_clock: MockClock) -> None:
    connection = pair()
    sent = []

    async def send() -> None:
        await connection.client.send_all(bytes(3 * WINDOW))
        sent.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        await trio.sleep(10)
        assert sent == []
        assert len(await receive_exactly(connection.server, WINDOW)) == WINDOW
        await trio.sleep(10)
        assert sent == []
        assert len(await receive_exactly(connection.server, 2 * WINDOW)) == 2 * WINDOW
    assert sent == [20]


async def test_cancelled_receive_loses_nothing(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    await connection.client.send_all(b"kept")
    with trio.move_on_after(0.5) as scope:
        await connection.server.receive_some()
    assert scope.cancelled_caught
    assert await connection.server.receive_some() == b"kept"


async def test_deadline_in_the_instant_of_arrival_wins(autojump_clock: MockClock) -> None:
    """Which of two deadlines trio meets first depends on their addresses in memory; the outcome may not."""
    kept = []
    for n in range(50):
        connection = pair(Latency(1))
        await connection.client.send_all(b"late")
        kept.append([trio.CancelScope() for _ in range(n % 7)])  # moves what is allocated next
        with trio.move_on_after(1) as scope:
            await connection.server.receive_some()
        assert scope.cancelled_caught
        assert await connection.server.receive_some() == b"late"


async def test_end_follows_the_bytes(autojump_clock: MockClock) -> None:
    connection = pair(SLOW)
    await connection.client.send_all(b"last words")
    await connection.client.aclose()
    assert await all_received(connection.server) == b"last words"


async def test_peer_that_closed_is_noticed_when_the_news_arrives(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    await connection.server.aclose()
    await connection.client.send_all(b"into the void")
    await trio.sleep(1)
    with pytest.raises(trio.BrokenResourceError):
        await connection.client.send_all(b"now we know")
    assert await connection.client.receive_some() == b""


async def test_close_ends_a_send_that_waits_for_room(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def send() -> None:
            with pytest.raises(trio.BrokenResourceError):
                await connection.client.send_all(bytes(2 * WINDOW))
            assert trio.current_time() == 1.5

        await trio.sleep(0.5)
        await connection.server.aclose()


async def test_closing_without_reading_resets(autojump_clock: MockClock) -> None:
    """As Linux does: what was sent before arrives, then the peer sees a reset instead of an end."""
    connection = pair(SLOW)
    await connection.client.send_all(b"never read")
    await connection.server.send_all(b"goodbye")
    await trio.sleep(1)
    await connection.server.aclose()
    await trio.sleep(1)
    assert await connection.client.receive_some() == b"goodbye"
    with pytest.raises(trio.BrokenResourceError):
        await connection.client.receive_some()


async def test_socket_face_never_waits(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    client, server = connection.client, connection.server
    with pytest.raises(BlockingIOError):
        server.recv(10)
    assert client.send(bytes(WINDOW - 1)) == WINDOW - 1
    assert client.send(b"ab") == 1
    with pytest.raises(BlockingIOError):
        client.send(b"b")
    with pytest.raises(BlockingIOError):
        server.recv(10)
    await trio.sleep(1)
    assert server.recv(10) == bytes(10)
    assert server.recv(WINDOW) == bytes(WINDOW - 11) + b"a"
    client.close()
    with pytest.raises(OSError, match="closed") as closed:
        client.send(b"x")
    assert closed.value.errno == errno.EBADF
    with pytest.raises(OSError, match="closed"):
        client.recv(1)
    await trio.sleep(1)
    assert server.recv(1) == b""
    with pytest.raises(BrokenPipeError):
        server.send(b"x")


async def test_socket_face_sends_in_part_when_chunks_end_anywhere(autojump_clock: MockClock) -> None:
    connection = pair(chunking=True)
    sent = []
    for _ in range(100):
        sent.append(connection.client.send(bytes(100)))
        await receive_exactly(connection.server, sent[-1])
    assert 100 in sent
    assert len(set(sent)) > 20


# -- connecting


async def test_connect_takes_a_round_trip(autojump_clock: MockClock) -> None:
    net = network(Latency(0.1))
    (listener,) = await net.listen("server", 0)
    stream = await net.connect(*listener.address)
    assert trio.current_time() == pytest.approx(0.2)
    accepted = await listener.accept()
    await stream.send_all(b"hello")
    assert await accepted.receive_some() == b"hello"


async def test_every_host_reaches_a_listener_on_all(autojump_clock: MockClock) -> None:
    net = network()
    (listener,) = await net.listen("0.0.0.0", 80)
    await net.connect("anyone", 80)
    await net.listen("localhost", 80)
    await net.connect("127.0.0.1", 80)
    assert len(net.connections) == 2
    await listener.accept()


async def test_nobody_listens(autojump_clock: MockClock) -> None:
    net = network()
    with pytest.raises(ConnectionRefusedError):
        await net.connect("server", 80)
    (listener,) = await net.listen("server", 80)
    async with listener:
        waiting = await net.connect("server", 80)
    with pytest.raises(ConnectionRefusedError):
        await net.connect("server", 80)
    with pytest.raises(trio.BrokenResourceError):
        await waiting.receive_some()
    assert net.connections == []


async def test_taken_port(autojump_clock: MockClock) -> None:
    net = network()
    (listener,) = await net.listen("server", 80)
    with pytest.raises(OSError, match="already") as taken:
        await net.listen("server", 80)
    assert taken.value.errno == errno.EADDRINUSE
    await listener.aclose()
    await net.listen("server", 80)


async def test_too_many_wait_to_be_accepted(autojump_clock: MockClock) -> None:
    net = network()
    await net.listen("server", 80)
    for _ in range(BACKLOG):
        await net.connect("server", 80)
    with pytest.raises(ConnectionRefusedError):
        await net.connect("server", 80)
    assert len(net.connections) == BACKLOG


async def test_closing_a_listener_ends_accept(autojump_clock: MockClock) -> None:
    (listener,) = await network().listen("server", 80)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def accept() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await listener.accept()

        await trio.testing.wait_all_tasks_blocked()
        await listener.aclose()
        await listener.aclose()


async def test_connections_are_the_living_in_order(autojump_clock: MockClock) -> None:
    net = network()
    first, second, third = (net.pair() for _ in range(3))
    assert net.connections == [first, second, third]
    await second.client.aclose()
    assert net.connections == [first, second, third]
    await second.server.aclose()
    third.reset()
    assert net.connections == [first]
    assert [c.number for c in (first, second, third)] == [0, 1, 2]


# -- faults


async def test_a_sender_is_cut_off_in_the_middle_of_what_it_says(autojump_clock: MockClock) -> None:
    """It fails as on a stream that it has finished itself; what it said before arrives, and the other direction goes on."""
    connection = pair()

    async def send() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await connection.client.send_all(bytes(2 * WINDOW))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        await trio.sleep(1.0)  # it waits for room
        connection.half_close(Toward.SERVER)
        connection.half_close(Toward.SERVER)
        assert await all_received(connection.server) == bytes(WINDOW)
        await connection.server.send_all(b"still there")
        assert await receive_exactly(connection.client, 11) == b"still there"


@pytest.mark.parametrize("latency", [FAST, SLOW], ids=["fast", "slow"])
async def test_reset_breaks_both_ends(autojump_clock: MockClock, latency: Latency) -> None:
    connection = pair(latency)
    broken = []

    async def expect_broken(act: Callable[[], Awaitable[object]]) -> None:
        with pytest.raises(trio.BrokenResourceError):
            await act()
        broken.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(expect_broken, connection.client.receive_some)
        nursery.start_soon(expect_broken, lambda: connection.client.send_all(bytes(2 * WINDOW)))
        await trio.sleep(0.01)
        connection.reset()
    assert broken == [0.01] * 2
    await expect_broken(connection.server.receive_some)
    await expect_broken(connection.server.wait_send_all_might_not_block)
    await connection.server.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await connection.server.receive_some()


async def test_blackhole_swallows_one_direction_without_a_word(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    await connection.client.send_all(b"arrived")
    await trio.sleep(1)
    await connection.client.send_all(b"on its way")
    connection.blackhole(Toward.SERVER)
    await connection.client.send_all(b"sent later")
    assert await connection.server.receive_some() == b"arrived"
    await connection.server.send_all(b"the other direction")
    assert await connection.client.receive_some() == b"the other direction"
    with trio.move_on_after(1_000) as waiting:
        await connection.server.receive_some()
    assert waiting.cancelled_caught
    with trio.move_on_after(1_000) as full:
        await connection.client.send_all(bytes(WINDOW))
    assert full.cancelled_caught, "the window of a black hole never opens again"
    await connection.client.aclose()
    with trio.move_on_after(1_000) as end:
        await connection.server.receive_some()
    assert end.cancelled_caught, "the end of the stream vanishes too"
    await connection.server.send_all(b"nor do we learn that nobody reads this")
    connection.reset()
    with pytest.raises(trio.BrokenResourceError):
        await connection.server.receive_some()


async def test_clog_holds_back_and_keeps_order(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    await connection.client.send_all(b"a")
    await trio.sleep(1)
    connection.clog(Toward.SERVER)
    assert await connection.server.receive_some() == b"a"
    received = []

    async def receive() -> None:
        while data := await connection.server.receive_some():
            received.append((trio.current_time(), data))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive)
        for letter in (b"b", b"c", b"d"):
            await connection.client.send_all(letter)
            await trio.sleep(1)
        await connection.server.send_all(b"the other direction")
        assert await connection.client.receive_some() == b"the other direction"
        await connection.client.send_all(b"e")
        await connection.client.aclose()
        await trio.sleep(0.5)
        connection.unclog(Toward.SERVER)
    assert received == [(5.5, b"bcd"), (6.0, b"e")]


async def test_clog_holds_back_the_news_of_a_close(autojump_clock: MockClock) -> None:
    connection = pair()
    connection.clog(Toward.CLIENT)
    await trio.sleep(1)
    await connection.server.aclose()
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def send() -> None:
            with pytest.raises(trio.BrokenResourceError):
                await connection.client.send_all(bytes(2 * WINDOW))
            assert trio.current_time() == 5

        await trio.sleep(4)
        connection.unclog(Toward.CLIENT)


async def test_latency_can_change_at_any_time(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    await connection.client.send_all(b"slow")
    connection.set_latency(FAST)
    await connection.client.send_all(b" but first")
    assert await connection.server.receive_some() == b"slow but first"
    assert trio.current_time() == 1
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def receive() -> None:
            assert await connection.server.receive_some() == b"slow again"
            assert trio.current_time() == 3

        await trio.testing.wait_all_tasks_blocked()
        connection.set_latency(Latency(2), Toward.SERVER)
        await connection.client.send_all(b"slow again")
    await connection.server.send_all(b"fast")
    assert await connection.client.receive_some() == b"fast"
    assert trio.current_time() == 3


async def test_latency_can_change_after_a_cancelled_wait(autojump_clock: MockClock) -> None:
    connection = pair(Latency(1))
    with trio.move_on_after(1):
        await connection.server.receive_some()
    connection.set_latency(FAST)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def receive() -> None:
            with trio.fail_after(10):
                assert await connection.server.receive_some() == b"slow"
            assert trio.current_time() == 3

        await trio.testing.wait_all_tasks_blocked()
        connection.set_latency(Latency(2))
        await connection.client.send_all(b"slow")


async def test_partition_refuses_new_connections_only(autojump_clock: MockClock) -> None:
    net = network()
    (listener,) = await net.listen("server", 80)
    old = await net.connect("server", 80)
    net.partition(True)
    with pytest.raises(OSError, match="no way") as refused:
        await net.connect("server", 80)
    assert refused.value.errno == errno.ENETUNREACH
    await old.send_all(b"still here")
    assert await (await listener.accept()).receive_some() == b"still here"
    net.partition(False)
    await net.connect("server", 80)


async def test_fault_in_one_connection_leaves_the_others_alone(autojump_clock: MockClock) -> None:
    """The same seed with and without a fault: the arrivals on the other connection are the same to the bit."""

    async def arrivals_beside(fault: Callable[[SimConnection], None]) -> list[float]:
        net = network(SLOW, chunking=True)
        victim, bystander = net.pair(), net.pair()
        fault(victim)
        start, seen = trio.current_time(), []
        for _ in range(20):
            with trio.move_on_after(0.1):
                await victim.client.send_all(b"x" * 10)
                await victim.server.receive_some()
            await trio.sleep_until(start := start + 1)
            await bystander.client.send_all(b"x" * 10)
            await receive_exactly(bystander.server, 10)
            seen.append(trio.current_time() - start)
        return seen

    untouched = await arrivals_beside(lambda _: None)
    assert len(set(untouched)) == 20
    assert await arrivals_beside(lambda c: c.blackhole(Toward.SERVER)) == pytest.approx(untouched, abs=1e-9)


@pytest.mark.parametrize("bad", [(-1,), (0, -1), (0, 0, 0), (float("nan"),)])
def test_impossible_latency(bad: tuple[float, ...]) -> None:
    with pytest.raises(ValueError):
        Latency(*bad)


# -- disk


async def crashed(n: int) -> tuple[bytes, bytes | None]:
    """A log of 100 synced and 100 later bytes after the n-th crash, and a file that was made after the sync."""
    disk = SimDisk(random.Random(n))
    await disk.append("log", b"s" * 100)
    await disk.sync("log")
    await disk.append("log", b"u" * 100)
    await disk.write("new", b"whole")
    disk.crash()
    return await disk.read("log"), await disk.read("new") if "new" in await disk.list("") else None


async def test_crash_keeps_what_was_synced_and_a_torn_part_of_the_rest(autojump_clock: MockClock) -> None:
    outcomes = [await crashed(n) for n in range(200)]
    for log, new in outcomes:
        rest = log[100:]
        assert log.startswith(b"s" * 100)
        assert rest.rstrip(b"\0").strip(b"u") == b"", "the rest is a part of what was appended, then zeros"
        assert new in (None, b"whole"), "a write is never torn"
    assert len({len(log) for log, _ in outcomes}) > 50
    assert any(b"\0" in log for log, _ in outcomes)
    assert {new for _, new in outcomes} == {None, b"whole"}
    assert [await crashed(n) for n in range(200)] == outcomes


async def test_crash_takes_back_the_later_changes_of_names(autojump_clock: MockClock) -> None:
    seen = set()
    for n in range(100):
        disk = SimDisk(random.Random(n))
        await disk.write("old", b"1")
        await disk.sync("old")
        await disk.rename("old", "new")
        await disk.write("old", b"2")
        await disk.remove("new")
        disk.crash()
        seen.add(tuple([(name, await disk.read(name)) for name in await disk.list("")]))
    assert seen == {
        (("old", b"1"),),
        (("new", b"1"),),
        (("new", b"1"), ("old", b"2")),
        (("old", b"2"),),
    }


async def test_second_crash_loses_no_more(autojump_clock: MockClock) -> None:
    disk = SimDisk(random.Random(1))
    await disk.append("log", b"a" * 100)
    await disk.sync("log")
    await disk.append("log", b"b" * 100)
    disk.crash()
    found = await disk.read("log")
    disk.crash()
    assert await disk.read("log") == found


async def test_nth_call_fails(autojump_clock: MockClock) -> None:
    disk = SimDisk(random.Random(1))
    disk.fail(2, errno.ENOSPC)
    await disk.append("log", b"whole")
    with pytest.raises(OSError, match="No space") as full:
        await disk.append("log", b"in part")
    assert full.value.errno == errno.ENOSPC
    assert (b"whole" + b"in part").startswith(await disk.read("log"))
    disk.fail(1, errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        await disk.write("log", b"never")
    assert (await disk.read("log")).startswith(b"whole")
    with pytest.raises(ValueError, match="counts from 1"):
        disk.fail(0, errno.EIO)


async def test_sync_after_a_failed_sync_proves_nothing(autojump_clock: MockClock) -> None:
    lost = False
    for n in range(20):
        disk = SimDisk(random.Random(n))
        await disk.append("log", b"a" * 100)
        disk.fail(1, errno.EIO)
        with pytest.raises(OSError, match="Input/output"):
            await disk.sync("log")
        await disk.sync("log")
        disk.crash()
        lost = lost or await disk.read("log") != b"a" * 100
    assert lost


async def test_full_disk(autojump_clock: MockClock) -> None:
    disk = SimDisk(random.Random(1), capacity_bytes=10)
    await disk.append("log", b"12345678")
    assert await disk.free_bytes() == 2
    with pytest.raises(OSError, match="No space"):
        await disk.write("other", b"abc")
    with pytest.raises(OSError, match="No space"):
        await disk.append("log", b"9ABC")
    assert await disk.read("log") == b"123456789A"
    await disk.remove("log")
    assert await disk.free_bytes() == 10


async def test_slow_disk_takes_virtual_time_and_cannot_be_hurried(autojump_clock: MockClock) -> None:
    disk = SimDisk(random.Random(1))
    disk.delay = Latency(2)
    with trio.move_on_after(1):
        await disk.append("log", b"begun, therefore done")
    assert trio.current_time() == 2
    assert await disk.read("log") == b"begun, therefore done"


# -- chance, dates, all together


async def test_chance_is_foretold(autojump_clock: MockClock) -> None:
    one, same = SimRandomness(random.Random(1)), SimRandomness(random.Random(1))
    assert [one.token(16), one.seed()] == [same.token(16), same.seed()]
    assert len(one.token(16)) == 16
    assert 0 <= one.seed() < 2**63


async def test_wall_clock_goes_with_virtual_time_and_jumps_on_demand(autojump_clock: MockClock) -> None:
    clock = SimWallClock(1_000)
    assert clock.now() == 1_000
    await trio.sleep(60)
    assert clock.now() == 1_060
    clock.skew_seconds = -3_600
    assert clock.now() == -2_540


async def test_ports_of_one_seed_are_alike(autojump_clock: MockClock) -> None:
    async def taste(seed: int) -> list[object]:
        ports = simulated_ports(seed, latency=SLOW)
        connection, start = ports.network.pair(), trio.current_time()
        await connection.client.send_all(b"x")
        await connection.server.receive_some()
        await ports.disk.append("log", bytes(1_000_000))
        ports.disk.crash()
        left = [len(await ports.disk.read(name)) for name in await ports.disk.list("")]
        return [round(trio.current_time() - start, 9), left, ports.randomness.seed()]

    assert await taste(1) == await taste(1)
    assert await taste(1) != await taste(2)
