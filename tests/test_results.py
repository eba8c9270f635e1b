"""Records of matches: what they say, where they are kept, and that nothing is lost or noticed when that fails."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from gameserver import cli
from gameserver.core.messages import Inputs, Role, Snapshot
from gameserver.net.logfiles import FileStore
from gameserver.net.real import FileDisk
from gameserver.results import MatchRecord, PlayerResult, keep, latest
from tests.helpers import Rules, Toy, serving, sit, wire

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

    from tests.helpers import Host

TEXT = st.text(max_size=24)
RECORDS = st.builds(
    MatchRecord,
    game=TEXT,
    room=TEXT,
    map=TEXT,
    options=st.dictionaries(TEXT, st.integers() | st.booleans() | TEXT | st.floats(allow_nan=False), max_size=4),
    seed=st.integers(0, 2**63 - 1),
    ended_at=st.floats(0, 4e9),
    seconds=st.floats(0, 1e6),
    first_tick=st.integers(1, 2**40),
    last_tick=st.integers(1, 2**40),
    players=st.lists(
        st.builds(
            PlayerResult,
            number=st.integers(1, 991),
            name=TEXT,
            bot=st.booleans(),
            score=st.none() | st.integers(-(2**53), 2**53),
            won=st.booleans(),
        ),
        max_size=5,
    ).map(tuple),
    recording=st.none() | TEXT,
)


@given(RECORDS)
def test_a_record_is_what_was_written(record: MatchRecord) -> None:
    assert MatchRecord.decode(record.encode()) == record
    assert b"\n" not in record.encode()
    assert record.room in record.describe()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"players": 5}', b"\xff", b'{"players": [{"number": 1}]}'])
def test_what_is_no_record_is_told(data: bytes) -> None:
    with pytest.raises(ValueError):
        MatchRecord.decode(data)


def test_a_newer_servers_record_can_be_read() -> None:
    data = json.loads(RECORD.encode()) | {"mood": "fine"}
    assert MatchRecord.decode(json.dumps(data).encode()) == RECORD


RECORD = MatchRecord(
    game="toy@1", room="toy1", map="", options={"goal": 3}, seed=1, ended_at=1_700_000_000.0, seconds=65.2, first_tick=1,
    last_tick=1304,
    players=(
        PlayerResult(number=1, name="ann", bot=False, score=1, won=False),
        PlayerResult(number=2, name="bob", bot=True, score=3, won=True),
    ),
)  # fmt: skip


# -- on a server ------------------------------------------------------------------------------------------------------------
async def play_to_the_end(host: Host) -> None:
    room = host.server.rooms.open("toy1", Toy, options=Rules(goal=3), seed=7, keep=True)
    sit(room, "robo", role=Role.BOT)
    async with wire(host.network, "toy1") as ann:
        await ann.join()
        snapshot = await ann.until(Snapshot)
        tick = snapshot.tick + 2
        await ann.say(Inputs(tick, snapshot.tick, 0, None, (1, 0) * 5))
        await trio.sleep(1.0)
        assert room.simulation.result is not None


async def test_a_match_that_ends_is_kept(autojump_clock: MockClock) -> None:
    async with serving() as host:
        store, wall_clock = host.server._ports.store, host.server._ports.wall_clock
        await play_to_the_end(host)
        (record,) = await latest(store, 10)
        assert attrs.evolve(record, ended_at=0.0, last_tick=0, seconds=0.0) == MatchRecord(
            game="toy@1",
            room="toy1",
            map="",
            options={"goal": 3},
            seed=7,
            ended_at=0.0,
            seconds=0.0,
            first_tick=1,
            last_tick=0,
            players=(
                PlayerResult(number=1, name="robo", bot=True, score=0, won=False),
                PlayerResult(number=2, name="ann", bot=False, score=3, won=True),
            ),
        )
        assert record.seconds == record.last_tick / 20
        assert 0 < wall_clock.now() - record.ended_at < 2


async def test_bots_among_themselves_leave_no_record(autojump_clock: MockClock) -> None:
    async with serving() as host:
        room = host.server.rooms.open("toy1", Toy, options=Rules(goal=3), seed=7, keep=True)
        robo = sit(room, "robo", role=Role.BOT)
        await trio.sleep(0.2)
        robo.push(room.clock.tick + 1, *((1, 0),) * 5)
        await trio.sleep(1.0)
        assert room.simulation.result is not None
        assert await latest(host.server._ports.store, 10) == []


async def test_a_store_that_fails_costs_the_record_and_nothing_else(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as host:
        disk = host.server._ports.disk
        host.server.rooms._results._store = FileStore(disk)
        for call in range(1, 5):
            disk.fail(call, errno.EIO)  # type: ignore[attr-defined] # a SimDisk
        await play_to_the_end(host)
        assert "could not be kept" in caplog.text
        assert "bob" not in caplog.text and "'ann'" in caplog.text, "the log has what was lost"
        assert host.server.rooms.faulted == 0
        assert "toy1" in host.server.rooms


async def test_the_latest_are_the_last_ones(autojump_clock: MockClock) -> None:
    async with serving() as host:
        store = host.server._ports.store
        for number in range(2_500):
            await keep(store, attrs.evolve(RECORD, seed=number))
        await store.append("results", b"torn")
        assert [record.seed for record in await latest(store, 3)] == [2497, 2498, 2499]


# -- for an operator --------------------------------------------------------------------------------------------------------
def test_results_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def write() -> None:
        await keep(FileStore(FileDisk(tmp_path)), RECORD)

    trio.run(write)

    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as end:
            cli.main(["results", "--data", *arguments])
        assert isinstance(end.value.code, int)
        return end.value.code

    assert run(str(tmp_path)) == cli.OK
    assert capsys.readouterr().out == "2023-11-14 22:13:20  toy1  toy@1  -  1:05  *bob 3, ann 1\n"
    assert run(str(tmp_path), "--json") == cli.OK
    assert MatchRecord.decode(capsys.readouterr().out.encode()) == RECORD
    assert run(str(tmp_path / "none")) == cli.USAGE
    assert "there is no such folder" in capsys.readouterr().err
