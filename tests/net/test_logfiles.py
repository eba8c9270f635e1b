"""Logs that outlive their process: the lines of a file, torn ones among them."""

from __future__ import annotations

import errno
import os
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameserver.net.logfiles import FileStore, records_in
from gameserver.net.real import FileDisk
from gameserver.net.simulated.disk import SimDisk

if TYPE_CHECKING:
    from pathlib import Path


def disk() -> SimDisk:
    return SimDisk(random.Random(1))


async def test_what_was_appended_is_there_for_the_next_process(tmp_path: Path) -> None:
    records = [b"", b"one", b"two\nlines\\n", bytes(range(256)), "Zoë 安😀".encode()]
    first = FileStore(FileDisk(tmp_path))
    assert [await first.append("results", record) for record in records] == [0, 1, 2, 3, 4]
    second = FileStore(FileDisk(tmp_path))
    assert await second.read("results") == records
    assert await second.append("results", b"more") == 5
    assert records_in((tmp_path / "results.log").read_bytes()) == [*records, b"more"]


async def test_servers_that_share_a_folder_see_what_the_others_log() -> None:
    """Also a log that one of them has begun, deleted or rewritten since the other looked."""
    shared = disk()
    one, other = FileStore(shared), FileStore(shared)
    assert await other.read("bans") == []
    for number in range(3):
        assert await one.append("bans", b"one %d" % number) == 2 * number
        assert await other.read("bans", 2 * number) == [b"one %d" % number]
        assert await other.append("bans", b"other %d" % number) == 2 * number + 1
        assert await one.read("bans", 2 * number + 1) == [b"other %d" % number]
    with pytest.raises(ValueError, match="is a log"):
        await other.get("bans")
    await one.delete("bans")
    assert await other.read("bans", 6) == []
    assert await other.append("bans", b"anew") == 0


async def test_a_line_that_another_server_has_torn_costs_no_other() -> None:
    shared = disk()
    one, other = FileStore(shared), FileStore(shared)
    await one.append("bans", b"one")
    await other.append("bans", b"other")
    await shared.append("bans.log", b"12345678 torn")
    assert await one.append("bans", b"more") == 2
    assert await other.read("bans") == [b"one", b"other", b"more"]


async def test_values_do_not_outlive_it(tmp_path: Path) -> None:
    await FileStore(FileDisk(tmp_path)).put("lease", b"1")
    assert await FileStore(FileDisk(tmp_path)).get("lease") is None
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "Results", ".hidden", "x" * 65])
async def test_a_log_has_a_name_for_a_file(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a log"):
        await FileStore(disk()).append(name, b"x")


async def test_a_deleted_log_is_gone(tmp_path: Path) -> None:
    store = FileStore(FileDisk(tmp_path))
    await store.append("results", b"x")
    await store.delete("results")
    await store.delete("results")
    assert await store.read("results") == []
    assert os.listdir(tmp_path) == []


async def test_a_log_that_is_rewritten_has_what_was_made_of_it(tmp_path: Path) -> None:
    store = FileStore(FileDisk(tmp_path))
    for record in (b"one", b"two", b"three\n"):
        await store.append("log", record)
    with (tmp_path / "log.log").open("ab") as file:
        file.write(b"00000000 torn")
    changes = {b"one": None, b"two": b"TWO", b"three\n": b"three\n"}
    assert await store.rewrite("log", changes.__getitem__) == 2
    assert await store.rewrite("none", changes.__getitem__) == 0
    assert b"torn" not in (tmp_path / "log.log").read_bytes()
    for again in (store, FileStore(FileDisk(tmp_path))):
        assert await again.read("log") == [b"TWO", b"three\n"]
    assert await store.append("log", b"four") == 2
    assert await FileDisk(tmp_path).list("") == ["log.log"]


async def test_a_rewrite_that_fails_leaves_all_as_it_was() -> None:
    held = disk()
    store = FileStore(held)
    await store.append("log", b"one")
    held.fail(2, errno.ENOSPC)  # it reads, then writes
    with pytest.raises(OSError, match="No space"):
        await store.rewrite("log", lambda record: None)
    held.mend()
    assert await store.read("log") == [b"one"]
    assert await store.append("log", b"two") == 1


async def test_an_append_that_fails_costs_no_other_record() -> None:
    """Even if part of its line came to be written."""
    for seed in range(30):
        sim = SimDisk(random.Random(seed))
        store = FileStore(sim)
        await store.append("results", b"first")
        sim.fail(1, errno.ENOSPC)
        with pytest.raises(OSError, match="No space"):
            await store.append("results", b"lost " * 20)
        await store.append("results", b"second")
        assert await FileStore(sim).read("results") == [b"first", b"second"]
        assert await store.read("results") == [b"first", b"second"]


async def test_after_a_crash_all_that_was_promised_is_there() -> None:
    for seed in range(100):
        sim = SimDisk(random.Random(seed))
        store = FileStore(sim)
        for number in range(5):
            await store.append("results", b"%d" % number)
        await sim.append("results.log", b"12345678 not synced")
        sim.crash()
        store = FileStore(sim)
        assert await store.read("results") == [b"0", b"1", b"2", b"3", b"4"]
        await store.append("results", b"5")
        assert (await FileStore(sim).read("results"))[-1] == b"5"


@given(st.lists(st.binary(max_size=30), max_size=5), st.data())
async def test_a_file_cut_anywhere_has_a_prefix_of_its_records(records: list[bytes], data: st.DataObject) -> None:
    sim = disk()
    store = FileStore(sim)
    for record in records:
        await store.append("results", record)
    whole = await sim.read("results.log") if records else b""
    cut = data.draw(st.integers(0, len(whole)))
    found = records_in(whole[:cut])
    assert found == records[: len(found)]
    assert len(found) >= whole[:cut].count(b"\n")


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert isinstance(records_in(data), list)
