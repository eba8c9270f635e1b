"""The real ports, thinly; what the real disk and the simulated one promise alike; the store of a single process."""

from __future__ import annotations

import errno
import os
import random
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from gameserver.core.limits import MAX_STORED_LOG
from gameserver.net.logfiles import FileStore
from gameserver.net.memory import MemoryStore
from gameserver.net.real import FileDisk, SystemRandomness, SystemWallClock, TcpNetwork, real_ports
from gameserver.net.simulated import SimDisk
from gameserver.ports import Listener

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

    from gameserver.ports import Disk, Network, Ports, Store

    def types_fit(tcp: TcpNetwork, files: FileDisk, simulated: SimDisk, memory: MemoryStore) -> None:
        """Judged by mypy alone."""
        _network: Network = tcp
        _disks: list[Disk] = [files, simulated]
        _store: Store = memory


# -- network


async def test_bytes_cross_real_loopback() -> None:
    network = TcpNetwork()
    (listener,) = await network.listen("127.0.0.1", 0)
    assert isinstance(listener, Listener)
    host, port = listener.address
    assert host == "127.0.0.1"
    assert port > 0
    async with listener, await network.connect(host, port) as client, await listener.accept() as server:
        await client.send_all(b"hello")
        assert await server.receive_some() == b"hello"
        await server.send_eof()
        assert await client.receive_some() == b""


async def test_taken_port_travels_as_oserror() -> None:
    network = TcpNetwork()
    (listener,) = await network.listen("127.0.0.1", 0)
    async with listener:
        with pytest.raises(OSError) as taken:
            await network.listen(*listener.address)
    assert taken.value.errno == errno.EADDRINUSE
    with pytest.raises(OSError):
        await network.connect(*listener.address)


# -- disk: both kinds


@pytest.fixture(params=["real", "simulated"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return FileDisk(tmp_path / "not yet there") if request.param == "real" else SimDisk(random.Random(1))


async def test_append_adds_and_makes_folders(disk: Disk) -> None:
    await disk.append("rooms/a/log", b"one ")
    await disk.append("rooms/a/log", b"two")
    await disk.sync("rooms/a/log")
    assert await disk.read("rooms/a/log") == b"one two"


async def test_size_and_parts_of_a_file_that_grows(disk: Disk) -> None:
    await disk.append("rooms/a/log", b"one ")
    assert await disk.size("rooms/a/log") == 4
    await disk.append("rooms/a/log", b"two")
    assert await disk.size("rooms/a/log") == 7
    assert await disk.read_part("rooms/a/log", 0, 100) == b"one two"
    assert await disk.read_part("rooms/a/log", 2, 3) == b"e t"
    assert await disk.read_part("rooms/a/log", 6, 5) == b"o"
    assert await disk.read_part("rooms/a/log", 7, 5) == await disk.read_part("rooms/a/log", 99, 5) == b""


async def test_write_replaces(disk: Disk) -> None:
    await disk.write("rooms/state", b"a long first state")
    await disk.write("rooms/state", b"second")
    await disk.sync("rooms/state")
    assert await disk.read("rooms/state") == b"second"


async def test_rename_takes_the_place_of_another(disk: Disk) -> None:
    await disk.write("draft", b"new")
    await disk.write("done/log", b"old")
    await disk.rename("draft", "done/log")
    assert await disk.read("done/log") == b"new"
    assert await disk.list("") == ["done/"]


async def test_list_names_files_and_folders(disk: Disk) -> None:
    for path in ("b", "a", "rooms/x/1", "rooms/y"):
        await disk.write(path, b"")
    assert await disk.list("") == ["a", "b", "rooms/"]
    assert await disk.list("rooms") == ["x/", "y"]
    assert await disk.list("nowhere") == []


async def test_missing_file(disk: Disk) -> None:
    await disk.write("there", b"")
    await disk.remove("there")
    for call in (disk.read, disk.remove, disk.sync, disk.size):
        with pytest.raises(FileNotFoundError):
            await call("there")
    with pytest.raises(FileNotFoundError):
        await disk.read_part("there", 0, 1)
    with pytest.raises(FileNotFoundError):
        await disk.rename("there", "elsewhere")


async def test_free_bytes_before_anything_is_written(disk: Disk) -> None:
    assert await disk.free_bytes() > 0


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", "./a", ".hidden", "C:x", "a\\b", "a\0b"]
)
async def test_path_that_leads_elsewhere_is_refused(disk: Disk, path: str) -> None:
    for call in (disk.read, disk.sync, disk.remove, disk.size):
        with pytest.raises(ValueError, match="below the root"):
            await call(path)
    with pytest.raises(ValueError, match="below the root"):
        await disk.read_part(path, 0, 1)
    with pytest.raises(ValueError, match="below the root"):
        await disk.append(path, b"x")
    with pytest.raises(ValueError, match="below the root"):
        await disk.write(path, b"x")
    with pytest.raises(ValueError, match="below the root"):
        await disk.rename("a", path)
    if path:
        with pytest.raises(ValueError, match="below the root"):
            await disk.list(path)


# -- disk: the real one


async def test_who_has_to_end_gives_up_on_a_disk_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FileDisk(tmp_path, abandons=True)
    goes_on = threading.Event()
    monkeypatch.setattr(disk, "_append", lambda path, data: goes_on.wait())
    try:
        with trio.move_on_after(0.01) as scope:
            await disk.append("log", b"x")
        assert scope.cancelled_caught
    finally:
        goes_on.set()


async def test_a_disk_that_hangs_holds_no_thread_that_others_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often somebody comes, asks it for something, and goes."""
    disk = FileDisk(tmp_path, abandons=True)
    goes_on = threading.Event()
    monkeypatch.setattr(disk, "_read_part", lambda path, offset, most: goes_on.wait())
    try:
        async with trio.open_nursery() as nursery:
            for _ in range(50):
                nursery.start_soon(disk.read_part, "log", 0, 1)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert trio.to_thread.current_default_thread_limiter().borrowed_tokens == 0
    finally:
        goes_on.set()


async def test_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    disk = FileDisk(tmp_path / "root")
    with pytest.raises(ValueError, match="through a link"):
        await disk.read("link/secret")
    with pytest.raises(ValueError, match="through a link"):
        await disk.append("link/secret", b"x")


async def test_failed_write_leaves_the_old_bytes_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    disk = FileDisk(tmp_path)
    await disk.write("state", b"old")
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        await disk.write("state", b"new")
    assert await disk.read("state") == b"old"
    assert os.listdir(tmp_path) == ["state"]


# -- store


@pytest.fixture(params=["in memory", "in files"])
def store(request: pytest.FixtureRequest) -> MemoryStore:
    """Both keep the same promises."""
    return MemoryStore() if request.param == "in memory" else FileStore(SimDisk(random.Random(1)))


async def test_value_is_set_and_forgotten(store: MemoryStore) -> None:
    assert await store.get("k") is None
    await store.put("k", b"1")
    await store.put("k", b"2")
    assert await store.get("k") == b"2"
    await store.delete("k")
    await store.delete("k")
    assert await store.get("k") is None


async def test_value_lives_as_long_as_it_was_told(store: MemoryStore, autojump_clock: MockClock) -> None:
    await store.put("k", b"1", seconds_to_live=10)
    await trio.sleep(9)
    assert await store.get("k") == b"1"
    await trio.sleep(1)
    assert await store.get("k") is None


async def test_setting_anew_sets_the_time_anew(store: MemoryStore, autojump_clock: MockClock) -> None:
    await store.put("for ever", b"1", seconds_to_live=10)
    await store.put("longer", b"1", seconds_to_live=10)
    await store.put("for ever", b"2")
    await store.put("longer", b"2", seconds_to_live=20)
    await trio.sleep(15)
    assert await store.get("for ever") == b"2"
    assert await store.get("longer") == b"2"
    await trio.sleep(10)
    assert await store.get("for ever") == b"2"
    assert await store.get("longer") is None


async def test_one_of_many_sets_what_is_new(store: MemoryStore, autojump_clock: MockClock) -> None:
    winners: list[int] = []

    async def claim(me: int) -> None:
        if await store.put_new("lease", b"%d" % me, seconds_to_live=5):
            winners.append(me)

    for round_ in (1, 2):
        async with trio.open_nursery() as nursery:
            for me in range(5):
                nursery.start_soon(claim, me)
        assert len(winners) == round_
        assert await store.get("lease") == b"%d" % winners[-1]
        await trio.sleep(5)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
async def test_time_to_live_is_positive(store: MemoryStore, seconds: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        await store.put("k", b"", seconds_to_live=seconds)


async def test_log_counts_from_zero(store: MemoryStore) -> None:
    assert [await store.append("log", b"%d" % n) for n in range(5)] == [0, 1, 2, 3, 4]
    assert await store.read("log", 1, 2) == [b"1", b"2"]
    assert await store.read("log", 3) == [b"3", b"4"]
    assert await store.read("log", 5) == []
    assert await store.read("no log") == []
    with pytest.raises(ValueError, match="count from 0"):
        await store.read("log", -1)
    await store.delete("log")
    assert await store.append("log", b"again") == 0


async def test_a_log_in_memory_forgets_its_oldest_records() -> None:
    """And counts on as if they were there: whoever reads in turn misses none of the others."""
    store = MemoryStore()
    for number in range(20):
        assert await store.append("log", b"%d " % number + bytes(MAX_STORED_LOG // 10)) == number
    held = [record.split(b" ")[0] for record in await store.read("log")]
    assert held == [b""] * 11 + [b"%d" % number for number in range(11, 20)]
    assert await store.read("log", 5, 4) == [b""] * 4
    assert [record[:2] for record in await store.read("log", 10, 2)] == [b"", b"11"]
    assert await store.read("log", 20) == []
    assert await store.append("log", bytes(2 * MAX_STORED_LOG)) == 20
    assert await store.read("log", 19) == [b"", bytes(2 * MAX_STORED_LOG)], "the newest is kept, whatever its size"


async def test_a_log_in_memory_stays_small_however_small_its_records() -> None:
    store = MemoryStore()
    tracemalloc.start()
    try:
        for number in range(30_000):
            await store.append("log", b"%d" % number)
        before, _ = tracemalloc.get_traced_memory()
        for number in range(10_000):
            await store.append("log", b"%d" % number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000


async def test_key_holds_a_value_or_a_log(store: MemoryStore) -> None:
    await store.append("log", b"")
    await store.put("value", b"")
    with pytest.raises(ValueError, match="is a log"):
        await store.get("log")
    with pytest.raises(ValueError, match="is a value"):
        await store.append("value", b"")
    with pytest.raises(ValueError, match="is a value"):
        await store.read("value")
    assert not await store.put_new("log", b"", seconds_to_live=1)
    await store.put("log", b"a value now")
    assert await store.get("log") == b"a value now"


# -- chance, dates, all together


def test_tokens_and_seeds_differ() -> None:
    randomness = SystemRandomness()
    assert len(randomness.token(16)) == 16
    assert randomness.token(16) != randomness.token(16)
    assert 0 <= randomness.seed() < 2**63
    assert randomness.seed() != randomness.seed()


def test_wall_clock_tells_the_date() -> None:
    assert abs(SystemWallClock().now() - time.time()) < 60


async def test_real_ports_write_below_their_root(tmp_path: Path) -> None:
    ports: Ports = real_ports(tmp_path / "data")
    await ports.disk.append("log", b"x")
    assert (tmp_path / "data" / "log").read_bytes() == b"x"
