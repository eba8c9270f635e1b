"""Every match is recorded, and no match notices: not when the disk is slow, full or broken, nor when it comes back."""

from __future__ import annotations

import errno
import itertools
import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trio
from gameclient.bots import BotRunner

from gameserver import Result
from gameserver.core.errors import FormatError
from gameserver.core.limits import MAX_UNWRITTEN, SEAL_SECONDS
from gameserver.core.messages import Call, Inputs
from gameserver.core.replay.chunks import ChunkType
from gameserver.core.replay.header import What
from gameserver.core.replay.recording import Recording
from gameserver.lobby.game import Lobby
from gameserver.net.real import SystemRandomness, SystemWallClock
from gameserver.net.simulated import Latency, at_once, simulated_ports
from gameserver.plan import RoomState
from gameserver.recorder import RETRY_SECONDS, Recorder
from gameserver.results import latest
from gameserver.shelf import ABANDONED_SECONDS, name_of
from tests.helpers import HOST, PORT, Rules, Toy, make_room, serving, sit, step, wire
from tests.recording import Studio, Watch, check_truth, check_view, recorder_on, resimulated, studio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trio.testing import MockClock

    from gameserver import PlayerId
    from gameserver.room import Room
    from tests.helpers import Push, Seated

SECOND = Toy.tick_rate


class Rounds(Toy):
    """The toy in rounds: over every fourth second, for one second; then the next match begins. It ends for nobody."""

    name = "rounds"
    closes_when_over = False

    def is_over(self) -> Result | None:
        return Result((), {}) if self.board.steps % (4 * SECOND) >= 3 * SECOND else None


async def play(room: Room, *people: Seated, seconds: float) -> None:
    """Let so much time pass while these run to and fro, and call now and then."""
    for _ in range(round(seconds * SECOND)):
        tick = room.clock.tick
        for someone in people:
            if not someone.seat.over:
                someone.push(tick + 2, (tick // 7 % 3 - 1, tick % 11 == 0))
                if tick % 13 == someone.player:
                    someone.say(Call(tick, "whisper" if tick % 2 else "spark", (tick % 1_000,)))
        await step(room)


def errors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the operator was told."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


# -- a match that nothing happens to -----------------------------------------------------------------------------------------
async def test_a_match_is_recorded_from_its_first_tick_to_its_last(autojump_clock: MockClock) -> None:
    async with studio() as it:
        room = make_room()
        watch = it.record(room)
        ann, bob = sit(room), sit(room, "bob", profile={"rank": 7})
        await play(room, ann, bob, seconds=32)
        room.release(bob.seat, bob.link)
        await play(room, ann, seconds=2)
        await it.close(room)
        ((name, recording),) = (await it.recordings()).items()
    assert name == f"2026-01-01T00-00-00-room1-{recording.header.session.hex()[:6]}.trpl"
    assert recording.sealed
    assert (recording.contents.first, recording.contents.last, recording.contents.end) == (0, 34 * SECOND, "closed")
    assert check_truth(recording, watch) == list(range(1, 34 * SECOND + 1))
    assert resimulated(recording, Toy) == recording.contents.steps == 34 * SECOND
    assert check_view(recording, watch) == list(range(34 * SECOND + 1))
    assert [mark.values[1] for mark in recording.marks if mark.what is What.JOINED] == ["ann", "bob"]
    assert recording.header.software.startswith("gameserver ")
    assert recording.origin is not None and len(recording.origin.code) == len(recording.origin.engine) == 64
    assert len([place for place in recording.places if place.type == ChunkType.STATE]) == 2


async def test_the_match_is_the_same_with_and_without(autojump_clock: MockClock) -> None:
    async with studio() as it:
        plain, recorded = make_room(), make_room()
        watch = it.record(recorded)
        hashes: dict[int, int] = {}
        plain.on_step = lambda room: hashes.update({room.simulation.world.tick: room.simulation.world.hash()})
        people = {room: [sit(room), sit(room, "bob")] for room in (plain, recorded)}
        for _ in range(8 * SECOND):
            for room in (plain, recorded):
                tick = room.clock.tick
                for someone in people[room]:
                    someone.push(tick + 2, (tick % 3 - 1, tick % 5 == 0))
            await step(plain)
            await step(recorded)
        assert watch.hashes == hashes
        for one, other in zip(people[plain], people[recorded], strict=True):
            one.read(), other.read()
            assert one.replica.parts == other.replica.parts


async def test_what_is_written_is_never_far_behind(autojump_clock: MockClock) -> None:
    """Whatever is killed loses less than a second; and blocks are as long as they may be."""
    async with studio() as it:
        room = make_room()
        it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=1)
        (name,) = await it.names()
        assert name.endswith(".trpl.part")
        for _ in range(300):
            await play(room, ann, seconds=0.05)
            recording = Recording.open(await it.disk.read(name))
            assert not recording.sealed
            assert room.clock.tick - recording.last_tick <= 0.6 * SECOND
    blocks = [place.ticks for place in recording.places if place.type == ChunkType.VIEW]
    assert len(blocks) < 2.6 * 16, f"{len(blocks)} blocks in 16 s"


async def test_a_room_on_its_own_closes_its_recording(autojump_clock: MockClock) -> None:
    """And a server that stops: all of them, at once."""
    ports = simulated_ports(2)
    async with serving(rooms=["one", "two"], recorder=(recorder := recorder_on(ports))) as host, wire(host.network, "one") as ann:
        await ann.join()
        await trio.sleep(3)
        assert set(recorder.files) == {room.recorder.name for room in host.server.rooms.values() if room.recorder is not None}
        began = trio.current_time()
        await host.server.stop()
        assert trio.current_time() - began <= SEAL_SECONDS
        assert recorder.files == {}
    found = [Recording.open(await ports.disk.read(name)) for name in await ports.disk.list("")]
    assert {(recording.header.room, recording.contents.end) for recording in found} == {("one", "closed"), ("two", "closed")}
    for recording in found:
        resimulated(recording, Toy)


async def test_a_match_that_is_over_says_so_and_its_record_names_the_file(autojump_clock: MockClock) -> None:
    ports = simulated_ports(2)
    async with serving(recorder=recorder_on(ports)) as host:
        room = host.server.rooms.open("short", Toy, options=Rules(goal=2))
        async with wire(host.network, "short") as ann:
            await ann.join()
            await ann.say(Inputs(room.clock.tick + 2, None, 0, None, (1, 0, 1, 0)))
            await trio.sleep(15)
        await trio.sleep(1)
        assert room.state is RoomState.CLOSED
        (name,) = await ports.disk.list("")
        (record,) = await latest(host.server._ports.store, 10)
        assert record.recording == name
        recording = Recording.open(await ports.disk.read(name))
        assert recording.contents.end == "over"
        assert recording.contents.last > record.last_tick
        assert [mark.tick for mark in recording.marks if mark.what is What.OVER] == [record.last_tick]


# -- one match after the other -----------------------------------------------------------------------------------------------
async def test_the_next_match_is_the_next_recording_and_no_secret_of_it_is_in_the_last_one(autojump_clock: MockClock) -> None:
    async with studio() as it:
        room = make_room(Rounds)
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=11)
        await it.close(room)
        recordings = list((await it.recordings()).values())
    assert [(one.contents.first, one.contents.last, one.contents.end) for one in recordings] == [
        (0, 4 * SECOND, "over"), (4 * SECOND, 8 * SECOND, "over"), (8 * SECOND, 11 * SECOND, "over"),
    ]  # fmt: skip
    for recording in recordings:
        assert recording.header.before is recording.contents.after is None
        assert resimulated(recording, Rounds) == recording.contents.last - recording.contents.first
        assert check_truth(recording, watch) == list(range(recording.contents.first + 1, recording.contents.last + 1))
        shown = check_view(recording, watch)
        ends_with_match = recording is not recordings[-1]
        assert shown == list(range(recording.contents.first, recording.contents.last + (not ends_with_match)))


async def test_a_long_match_goes_on_in_another_file(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gameserver.room_recorder.ROLL_SECONDS", 6.0)
    async with studio() as it:
        room = make_room()
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=15)
        await it.close(room)
        names, recordings = zip(*(await it.recordings()).items(), strict=True)
    assert [one.contents.end for one in recordings] == ["rolled", "rolled", "closed"]
    assert [one.header.before for one in recordings] == [None, *names[:2]]
    assert [one.contents.after for one in recordings] == [*names[1:], None]
    assert len({one.header.session for one in recordings}) == 3
    for recording in recordings:
        resimulated(recording, Toy)
        assert check_view(recording, watch) == list(range(recording.contents.first, recording.contents.last + 1))
    assert [one.contents.first for one in recordings] == [0, 6 * SECOND, 12 * SECOND]
    assert [tick for one in recordings for tick in check_truth(one, watch)] == list(range(1, 15 * SECOND + 1))


async def test_two_rooms_have_a_recording_each_and_the_lobby_none(autojump_clock: MockClock) -> None:
    ports = simulated_ports(2)
    async with serving(Toy, Rounds, hosted=[Lobby], rooms=["a"], recorder=recorder_on(ports)) as host:
        host.server.rooms.open("b", Rounds, keep=True)
        host.server.rooms.open("lobby", Lobby, keep=True)
        async with wire(host.network, "a") as ann, wire(host.network, "b") as bob:
            await ann.join()
            await bob.join("rounds")
            await trio.sleep(2)
            await host.server.stop()
    found = [Recording.open(await ports.disk.read(name)).header for name in await ports.disk.list("")]
    assert sorted((header.room, header.game) for header in found) == [("a", "toy"), ("b", "rounds")]


async def test_a_pause_of_the_room_does_not_end_its_recording(autojump_clock: MockClock) -> None:
    ports = simulated_ports(2)
    async with serving(rooms=["one"], recorder=recorder_on(ports)) as host:
        async with wire(host.network, "one") as ann:
            await ann.join()
            await trio.sleep(2)
            await ann.websocket.aclose()
        await trio.sleep(45)  # his seat is kept for 30 s; then nobody is here
        room = host.server.rooms["one"]
        assert room.state is RoomState.PAUSED
        (name,) = await ports.disk.list("")
        assert Recording.open(await ports.disk.read(name)).last_tick == room.clock.tick, "what was played waits for the pause"
        calls = ports.disk.calls
        await trio.sleep(600)
        assert ports.disk.calls == calls, "nothing happens, and the disk is not left alone"
        async with wire(host.network, "one") as bob:
            await bob.join()
            await trio.sleep(2)
            await host.server.stop()
        (recording,) = [Recording.open(await ports.disk.read(name)) for name in await ports.disk.list("")]
        assert recording.contents.end == "closed"
        assert [mark.what for mark in recording.marks] == [What.JOINED, What.EVENT, What.LEFT, What.JOINED, What.EVENT]
        assert resimulated(recording, Toy) == recording.contents.steps


class Quiet(Toy):
    name = "quiet"
    ticks_on_input = True


async def test_a_room_that_ticks_on_input(autojump_clock: MockClock) -> None:
    async with studio() as it:
        room = make_room(Quiet)
        watch = it.record(room)
        ann = sit(room)
        for _ in range(6):
            ann.push(room.clock.tick + 2, (1, 0))
            await step(room, 3 * SECOND)
        bob = sit(room, "bob")  # he gets a frame in a tick without a step, too
        await step(room, SECOND)
        bob.push(room.clock.tick + 2, (1, 0))
        await step(room, SECOND)
        await it.close(room)
        (recording,) = (await it.recordings()).values()
    assert 0 < recording.contents.steps < 60
    assert check_truth(recording, watch) == sorted(watch.hashes)
    assert resimulated(recording, Quiet) == recording.contents.steps
    assert set(check_view(recording, watch)) >= set(watch.hashes)


async def test_nobody_looks_and_all_the_same_everything_is_recorded(autojump_clock: MockClock) -> None:
    """In a room that ticks on input nothing is shown while nobody is there to see it."""
    async with studio() as it:
        room = make_room(Quiet)
        watch = it.record(room)
        room.answer("weather", 7)
        await step(room, 5)
        await it.close(room)
        (recording,) = (await it.recordings()).values()
    assert check_truth(recording, watch) == [1]
    assert check_view(recording, watch) == [0, 1]


async def test_a_room_that_fails_leaves_a_recording_of_all_before(autojump_clock: MockClock) -> None:
    class Mine(Toy):
        name = "mine"

        def step(self, inputs: Mapping[PlayerId, Push]) -> None:
            super().step(inputs)
            if self.tick == 50:
                raise KeyError("boom")

    ports = simulated_ports(2)
    async with serving(Mine, rooms=["one"], recorder=recorder_on(ports)) as host:
        async with wire(host.network, "one") as ann:
            await ann.join("mine")
            await trio.sleep(4)
        assert host.server.rooms.faulted == 1
        name, *_ = await ports.disk.list("")
        recording = Recording.open(await ports.disk.read(name))
        assert recording.sealed and recording.contents.end == "faulted"
        assert resimulated(recording, Mine) == recording.contents.last == 49


# -- a disk that fails -------------------------------------------------------------------------------------------------------
async def short_match(it: Studio) -> Watch:
    """Some 13 s, in which the disk has been given time once."""
    room = make_room()
    watch = it.record(room)
    ann, bob = sit(room), sit(room, "bob")
    await play(room, ann, bob, seconds=13.5)
    await it.close(room)
    return watch


async def test_whichever_call_fails_the_match_goes_on_and_all_else_is_there(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with studio() as it:
        whole = await short_match(it)
    for n in itertools.count(1):
        caplog.clear()
        async with studio(seed=n) as it:
            it.disk.fail(n, errno.ENOSPC if n % 2 else errno.EIO)
            watch = await short_match(it)
            if it.disk.calls < n:
                break
            recordings = await it.recordings()
        assert watch.hashes == whole.hashes, f"call {n}: the match is another one"
        (told,) = errors_in(caplog)
        assert "The disk refuses recordings" in told and "make room on it" in told, f"call {n}"
        ticks: set[int] = set()
        for name, recording in recordings.items():
            ticks.update(check_truth(recording, watch))
            check_view(recording, watch)
            assert recording.sealed or name.endswith(".part") or not recording.contents.steps
            assert resimulated(recording, Toy) >= 0
        missing = sorted(set(watch.hashes) - ticks)
        assert len(missing) <= (RETRY_SECONDS + 1) * SECOND, f"call {n}: {len(missing)} ticks are lost"
        assert missing == list(range(missing[0], missing[-1] + 1)) if missing else True
        names = list(recordings)
        if len(names) == 2 and recordings[names[1]].header.first > 0:
            assert recordings[names[1]].header.before == names[0].removesuffix(".part"), f"call {n}"
            assert not recordings[names[0]].sealed
    assert n > 30 and errors_in(caplog) == []


async def test_a_file_whose_sync_failed_is_never_written_again(autojump_clock: MockClock) -> None:
    """What was appended before may be lost, even if a later sync succeeds."""
    async with studio() as it:
        room = make_room()
        it.record(room)
        ann = sit(room)
        written: list[tuple[str, str]] = []
        append, sync = it.disk.append, it.disk.sync

        async def watched_append(path: str, data: bytes) -> None:
            written.append(("append", path))
            await append(path, data)

        async def failing_sync(path: str) -> None:
            written.append(("sync", path))
            if len([name for name, _ in written if name == "sync"]) == 2:
                raise OSError(errno.EIO, "the disk is gone")
            await sync(path)

        it.disk.append = watched_append  # type: ignore[method-assign]
        it.disk.sync = failing_sync  # type: ignore[method-assign]
        await play(room, ann, seconds=30)
        paths = list(dict.fromkeys(path for _, path in written))
        assert len(paths) == 2
        failed = max(index for index, (_, path) in enumerate(written) if path == paths[0])
        assert written[failed] == ("sync", paths[0])
        await it.close(room)


async def test_a_full_disk_and_one_that_is_emptied(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with studio() as it:
        room = make_room()
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=5)
        it.disk._capacity_bytes = 1
        await play(room, ann, seconds=60)
        first, second = errors_in(caplog)  # once of each, and not each time that it is tried
        assert "The disk refuses recordings" in first and "No space left" in first
        assert "Nothing new is recorded" in second
        it.disk._capacity_bytes = 1 << 30
        await play(room, ann, seconds=15)
        await it.close(room)
        before, *_, last = (await it.recordings()).values()
        check_truth(before, watch)
        assert before.last_tick >= 4 * SECOND
        assert last.sealed and last.contents.last == 80 * SECOND
        assert resimulated(last, Toy) > 0
    assert any("takes recordings again" in record.getMessage() for record in caplog.records)


async def test_little_space_is_left_to_others(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    async with studio(least_free_bytes=1_000_000) as it:
        it.disk._capacity_bytes = 500_000
        room = make_room()
        it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=40)
        assert await it.names() == []
        assert room.recorder is not None and room.recorder.name is None
        (told,) = errors_in(caplog)
        assert "Nothing new is recorded" in told and "remove files, or record to another disk" in told
        it.disk._capacity_bytes = 5_000_000
        await play(room, ann, seconds=12)
        await it.close(room)
        (recording,) = (await it.recordings()).values()
        assert recording.header.first >= 40 * SECOND
        assert recording.header.before is None, "there is nothing that it goes on from"
        assert resimulated(recording, Toy) == recording.contents.steps > 0


# -- a disk that hangs -------------------------------------------------------------------------------------------------------
async def test_a_disk_that_hangs_for_a_while_costs_view_and_no_truth(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with studio() as it:
        room = make_room()
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=4)
        it.disk.hang()
        await play(room, ann, seconds=10)
        it.disk.go_on()
        await play(room, ann, seconds=6)
        await it.close(room)
        (recording,) = (await it.recordings()).values()
    assert recording.sealed
    assert resimulated(recording, Toy) == 20 * SECOND
    assert check_truth(recording, watch) == list(range(1, 20 * SECOND + 1))
    assert recording.gaps
    missing = {tick for first, last in recording.gaps for tick in range(first, last + 1)}
    assert min(missing) > 4 * SECOND and max(missing) < 14.1 * SECOND and len(missing) > 4 * SECOND
    assert set(check_view(recording, watch)) == set(range(20 * SECOND + 1)) - missing
    (told,) = errors_in(caplog)
    assert "The disk does not keep up" in told


async def test_a_slow_disk_costs_nothing(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    async with studio() as it:
        it.disk.delay = Latency(0.4, 0.3)
        room = make_room()
        watch = it.record(room)
        await play(room, sit(room), seconds=20)
        await it.close(room)
        (recording,) = (await it.recordings()).values()
    assert check_view(recording, watch) == list(range(20 * SECOND + 1))
    assert errors_in(caplog) == []


async def test_a_disk_that_hangs_for_ever_takes_bounded_memory_and_does_not_keep_a_server_from_ending(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gameserver.room_recorder.MAX_TRUTH_BYTES", 20_000)
    ports = simulated_ports(2)
    recorder = recorder_on(ports)
    async with serving(rooms=["one"], recorder=recorder) as host, trio.open_nursery() as nursery:
        url = f"ws://{HOST}:{PORT}"
        bots = BotRunner(url, game=Toy, room="one", count=1, seconds=float("inf"), seed=1, network=host.network)
        nursery.start_soon(bots.run)
        await trio.sleep(2)
        ports.disk.hang()
        room = host.server.rooms["one"]
        assert room.recorder is not None
        first = room.recorder.live
        for _ in range(600):
            await trio.sleep(1)
            for live in recorder.files.values():
                view, truth = live.tape.waiting_bytes
                assert view <= 1_100_000 and truth <= 40_000
        assert first is not None and first.end == "rolled"
        assert room.recorder.live is None, "what would be recorded now could only wait as well"
        assert room.clock.tick > 600 * SECOND
        texts = errors_in(caplog)
        assert len(texts) == 2 and "does not keep up" in texts[0] and "has taken nothing for long" in texts[1]
        began = trio.current_time()
        await host.server.stop()
        assert trio.current_time() - began <= SEAL_SECONDS + 0.1
        nursery.cancel_scope.cancel()
    ports.disk.go_on()
    (name,) = await ports.disk.list("")
    recording = Recording.open(await ports.disk.read(name))
    assert recording.last_tick > SECOND


async def test_after_a_long_hang_it_is_recorded_again(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gameserver.room_recorder.MAX_TRUTH_BYTES", 20_000)
    async with studio() as it:
        room = make_room()
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=2)
        it.disk.hang()
        await play(room, ann, seconds=120)
        it.disk.go_on()
        await play(room, ann, seconds=20)
        await it.close(room)
        (old, first), (_, second) = (await it.recordings()).items()
    assert (first.contents.end, second.contents.end) == ("rolled", "closed")
    assert second.header.before == old
    assert first.contents.last < second.contents.first
    for recording in (first, second):
        check_truth(recording, watch)
        assert resimulated(recording, Toy) == recording.contents.last - recording.contents.first


# -- a crash -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(12))
async def test_what_a_machine_without_power_leaves_can_be_opened(autojump_clock: MockClock, seed: int) -> None:
    """It loses what was not forced to the disk: since the last keyframe, and that is written in the block after it."""
    async with studio(seed=seed) as it:
        it.disk.delay = Latency(0.0, 0.05)
        room = make_room()
        watch = it.record(room)
        await play(room, sit(room), sit(room, "bob"), seconds=3 + 1.37 * seed)
        it.disk.crash()
        (name,) = await it.names()
        recording = Recording.open(await it.disk.read(name))
        assert room.clock.tick - recording.last_tick <= 6 * SECOND
        check_truth(recording, watch)
        check_view(recording, watch)
        resimulated(recording, Toy)


async def test_a_crash_in_the_first_instant_leaves_nothing_or_a_recording(autojump_clock: MockClock) -> None:
    for seed in range(40):
        async with studio(seed=seed) as it:
            it.disk.delay = Latency(0.001, 0.03)
            room = make_room()
            it.record(room)
            await trio.sleep(seed * 0.004)
            it.disk.crash()
            for name in await it.names():
                data = await it.disk.read(name)
                try:
                    Recording.open(data)
                except FormatError:
                    assert seed * 0.004 < 0.13, "the header has been forced to the disk by now"


# -- the tick ----------------------------------------------------------------------------------------------------------------
@contextmanager
def system_calls() -> Iterator[list[str]]:
    """What of the system is called inside of the block: files, sockets, processes, chance, sleep."""
    found: list[str] = []
    touches = ("posix", "io", "_io", "_socket", "select", "_random", "_posixsubprocess", "_thread", "nt", "fcntl")

    def profile(frame: Any, event: str, argument: Any) -> None:  # noqa: ANN401 - as in sys.setprofile
        if event == "c_call":
            module = getattr(argument, "__module__", None) or type(getattr(argument, "__self__", None)).__module__
            if module in touches or argument is sys.stderr.write:
                found.append(f"{module}.{argument.__name__}")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield found
    finally:
        sys.setprofile(before)


def test_the_probe_sees_calls_of_the_system() -> None:
    with system_calls() as found:
        SystemRandomness().token(16)
    assert any("urandom" in call or "getrandom" in call for call in found)
    with system_calls() as found, open("/dev/null", "ab") as file:
        file.write(b"x")
    assert any("open" in call for call in found) and any("write" in call for call in found)


async def test_a_tick_that_is_recorded_calls_nothing_of_the_system(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor when a match ends and the next begins, when the file rolls, when the disk hangs, nor when it has failed."""
    monkeypatch.setattr("gameserver.room_recorder.ROLL_SECONDS", 7.0)
    ports = simulated_ports(1)
    recorder = Recorder(
        disk=ports.disk,
        randomness=SystemRandomness(),
        wall_clock=SystemWallClock(),
        least_free_bytes=0,
        aside=at_once,
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(recorder.run)
        room = make_room(Rounds)
        room.recorder = recorder.begin(room)
        ann = sit(room)
        names = set()
        for tick in range(40 * SECOND):
            if tick == 20 * SECOND:
                ports.disk.hang()
            if tick == 32 * SECOND:
                ports.disk.go_on()
                ports.disk.fail(3, errno.EIO)
            ann.push(tick + 2, (1, 0))
            await trio.sleep_until(room.clock.next_deadline)
            calls = ports.disk.calls
            with system_calls() as found:
                room.tick(trio.current_time())
            assert found == [], f"tick {tick}"
            assert ports.disk.calls == calls
            names.add(room.recorder.name)
        assert len(names) > 5 and ports.disk.calls > 50
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "not yours"), RecursionError("too many parentheses")])
async def test_code_that_cannot_be_read_is_recorded_without_its_fingerprint(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("gameserver.code.game_files", fail)
    async with studio() as it:
        room = make_room()
        it.record(room)
        await play(room, sit(room), seconds=1)
        await it.close(room)
        (recording,) = (await it.recordings()).values()
    assert recording.origin is not None and recording.origin.code == ""
    assert "cannot be verified" in caplog.text


async def test_a_match_that_is_too_large_is_recorded_again_when_it_is_smaller(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is the game's doing: it is told once, and is no error of the recorder."""
    monkeypatch.setattr("gameserver.room_recorder.ROLL_SECONDS", 3.0)
    async with studio() as it:
        room = make_room()
        it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=1)
        with monkeypatch.context() as small:
            small.setattr("gameserver.core.world.MAX_STATE", 10)
            await play(room, ann, seconds=24)
        await play(room, ann, seconds=12)
        await it.close(room)
        first, *others = (await it.recordings()).values()
    assert room.clock.tick == 37 * SECOND
    assert first.sealed and first.last_tick == 3 * SECOND
    assert others and all(one.sealed for one in others) and others[0].header.first >= 25 * SECOND
    assert errors_in(caplog) == []
    assert caplog.text.count("is not recorded while it is like this") == 1
    resimulated(others[0], Toy)


async def test_an_error_of_the_recorder_costs_the_recording_and_not_the_match(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio() as it:
        room = make_room()
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=3)
        with monkeypatch.context() as broken:
            broken.setattr("gameserver.core.replay.tape.Tape.step", lambda *_: 1 / 0)
            await play(room, ann, seconds=3)
        await play(room, ann, seconds=12)
        await it.close(room)
        first, second = (await it.recordings()).values()
    assert room.clock.tick == 18 * SECOND
    assert caplog.text.count("ZeroDivisionError") == 1
    assert not first.sealed and second.sealed
    assert check_truth(first, watch)[-1] == 3 * SECOND
    resimulated(second, Toy)


async def test_a_file_that_somebody_removes_ends_there_and_another_begins(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator tidies up while a match is played."""
    async with studio() as it:
        room = make_room()
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=3)
        (name,) = await it.names()
        await it.disk.remove(name)
        await play(room, ann, seconds=20)
        await it.close(room)
        (recording,) = (await it.recordings()).values()
    (told,) = errors_in(caplog)
    assert name in told and "ends here" in told
    assert recording.sealed and recording.contents.last == 23 * SECOND
    assert check_truth(recording, watch)[0] <= 14 * SECOND
    resimulated(recording, Toy)


# -- the folder --------------------------------------------------------------------------------------------------------------
async def test_the_oldest_make_room_for_new_ones(autojump_clock: MockClock) -> None:
    async with studio(quota_bytes=10_000) as it:
        now = it.ports.wall_clock.now()
        old = [name_of("room1", now - 7 * 86_400 + hour * 3_600, bytes([hour] * 16)) for hour in range(8)]
        for name in old:
            await it.disk.write(name, bytes(2_000))
        mine = "final-of-2025.trpl"
        stale, fresh = (
            name_of("a", now - ABANDONED_SECONDS - 1, b"\1" * 16) + ".part",
            name_of("b", now - 60, b"\2" * 16) + ".part",
        )
        for name in (mine, stale, fresh):
            await it.disk.write(name, bytes(1_000))
        room = make_room()
        it.record(room)
        await play(room, sit(room), seconds=1)
        assert room.recorder is not None
        names = await it.names()
        assert names == sorted([*old[4:], mine, stale, fresh, f"{room.recorder.name}.part"])
        await it.close(room)
        await it.disk.append(names[-2], b"")  # nothing else is touched
        for _ in range(3):  # now four of 2,000 bytes, and what has been recorded since
            other = make_room()
            it.record(other)
            await trio.sleep(1)
            await it.close(other)
        assert mine in await it.names()
        sizes = [await it.disk.size(name) for name in await it.names() if name != mine]
        assert sum(sizes[:-1]) <= 10_000


async def test_an_old_one_that_somebody_else_removes_is_no_trouble(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with studio(quota_bytes=3_000) as it:
        old = [name_of("room1", it.ports.wall_clock.now() - 7 * 86_400, bytes([number] * 16)) for number in range(4)]
        for name in old:
            await it.disk.write(name, bytes(2_000))
        remove = it.disk.remove

        async def remove_twice(path: str) -> None:
            await remove(path)
            await remove(path)

        it.disk.remove = remove_twice  # type: ignore[method-assign] # as if by somebody else a moment before
        room = make_room()
        it.record(room)
        await play(room, sit(room), seconds=1)
        assert room.recorder is not None
        assert await it.names() == [old[3], f"{room.recorder.name}.part"]
        assert errors_in(caplog) == []


def test_names_sort_by_time_and_are_names_everywhere() -> None:
    assert name_of("arena1", 1_767_225_600.0, bytes(range(16))) == "2026-01-01T00-00-00-arena1-000102.trpl"
    assert name_of("A/b\\c:d é", 0.0, b"\xff" * 16) == "1970-01-01T00-00-00-__b_c_d__-ffffff.trpl"


async def test_matches_that_end_while_the_disk_hangs_wait_for_it_together(autojump_clock: MockClock) -> None:
    """And when it goes on, so do the recordings."""
    async with studio() as it:
        room = make_room(Rounds)
        watch = it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=2)
        it.disk.hang()
        before = trio.lowlevel.current_statistics().tasks_living
        await play(room, ann, seconds=80)  # 20 matches
        assert trio.lowlevel.current_statistics().tasks_living <= before + MAX_UNWRITTEN + 1
        it.disk.go_on()
        await play(room, ann, seconds=20)
        await it.close(room)
        *_, last = (await it.recordings()).values()
        assert last.sealed and last.contents.last == room.clock.tick
        check_truth(last, watch)


async def test_a_room_may_outlive_the_recorder_by_some_ticks(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    """When a server is cancelled, its rooms and its recorder end in any order."""
    async with studio() as it:
        room = make_room(Rounds)
        it.record(room)
        ann = sit(room)
        await play(room, ann, seconds=2)
    await play(room, ann, seconds=10)
    assert room.recorder is not None
    room.recorder.close()
    assert errors_in(caplog) == []


async def test_a_recording_that_is_full_goes_on_in_another(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gameserver.core.replay.tape.MOST_OTHER_MARKS", 6)
    async with studio() as it:
        room = make_room()
        it.record(room)
        ann = sit(room)
        for _ in range(5):
            bob = sit(room, "bob")
            await play(room, ann, seconds=0.2)
            room._seating.send_away(bob.seat, "a test")
            await play(room, ann, seconds=0.2)
        await it.close(room)
        recordings = sorted((await it.recordings()).values(), key=lambda recording: recording.header.first)
    assert [recording.contents.end for recording in recordings] == ["rolled", "rolled", "closed"]
    for one, other in itertools.pairwise(recordings):
        assert one.contents.last == other.contents.first
