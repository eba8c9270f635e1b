"""Recordings over HTTP: whole and in parts, and of matches that go on with a delay. In virtual time."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio

from gameserver.api import make_app
from gameserver.core.limits import MAX_STREAMS, STALL_SECONDS
from gameserver.core.messages import Notice, NoticeCode
from gameserver.core.replay.chunks import Chunk, ChunkType, encode_chunk
from gameserver.core.replay.header import LIVE, SHAREABLE, What
from gameserver.core.replay.recording import Recording
from gameserver.following import PULSE_SECONDS, REST_SECONDS
from gameserver.games.fleet import Fleet
from gameserver.testing import Match
from gameserver.watching import routes
from tests.helpers import HOST, PORT, Toy, serving
from tests.theatre import DELAY, NEVER, SECRET_TYPES, Theatre, Viewer, look, someone, theatre
from tests.web import ask, get

if TYPE_CHECKING:
    from trio.testing import MockClock

    from gameserver import Game

NAME = "2026-01-01T00-00-00-toy1-abcdef.trpl"


def played(game: type[Game] = Toy, *, seconds: float = 30.0, bots: int = 2) -> bytes:
    """The recording of a match of bots."""
    match = Match(game, seed=1, check=False)
    match.bots(bots)
    match.record()
    match.step(match.game.ticks(seconds))
    return match.recording()


async def keep(host: Theatre, data: bytes, name: str = NAME) -> None:
    await host.disk.write(name, data)


def address(name: str = NAME, query: str = "") -> str:
    return f"/api/v1/recordings/{name}{query}"


async def listed(host: Theatre, query: str = "") -> list[dict[str, Any]]:
    answer = await ask(host.network, get(f"/api/v1/recordings{query}"))
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = json.loads(answer.body)["recordings"]
    return found


# -- one that is kept ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("game", [Toy, Fleet])
async def test_a_recording_is_given_away_without_its_truth_and_shows_the_same(game: type[Game], autojump_clock: MockClock) -> None:
    data = played(game)
    async with theatre(game) as host:
        await keep(host, data)
        given = await look(host.network, address())
    assert (given.status, given.whole) == (200, True)
    assert not given.types & NEVER
    mine, theirs = Recording.open(data), given.recording
    assert theirs.sealed
    assert theirs.header.flags == SHAREABLE
    assert (theirs.contents.end, theirs.contents.hash, theirs.marks) == (mine.contents.end, None, mine.marks)
    assert theirs.view_ticks == mine.view_ticks
    one, other = mine.play(), theirs.play()
    assert one.contents == other.contents
    while one.advance():
        assert other.advance()
        assert (one.tick, one.contents) == (other.tick, other.contents)
    assert other.advance() is None
    for tick in (1, 77, 250, 133):
        one.seek(tick)
        other.seek(tick)
        assert one.contents == other.contents


async def test_a_part_begins_with_a_keyframe_and_shows_the_same(autojump_clock: MockClock) -> None:
    data = played(Fleet)
    mine = Recording.open(data)
    first, last = mine.first_tick, mine.last_tick
    async with theatre() as host:
        await keep(host, data)
        for begin, end in [(first, last), (first + 61, last), (first + 61, first + 90), (last, None), (0, 2**32 - 1), (None, 0)]:
            query = "&".join(f"{name}={tick}" for name, tick in (("from", begin), ("to", end)) if tick is not None)
            viewer = await look(host.network, address(query=f"?{query}"))
            part = viewer.recording
            assert viewer.contents == attrs.evolve(mine.contents, hash=None, index=())
            assert part.contents.marks == mine.marks, "a timeline is whole in each part"
            assert part.sealed is (end is None or end >= last)
            began, ended = part.view_ticks or (0, 0)
            assert began <= max(begin or 0, first), query
            assert max(begin or 0, first) - began <= 5 * mine.header.rate, "the nearest keyframe"
            assert ended >= min(end if end is not None else last, last)
            assert end is None or ended <= max(end, first) + mine.header.rate, "and not much more"
            for tick in {began, (began + ended) // 2, ended}:
                assert part.play(tick).contents == mine.play(tick).contents


async def test_a_part_that_begins_behind_the_end_is_the_end(autojump_clock: MockClock) -> None:
    data = played()
    async with theatre() as host:
        await keep(host, data)
        for begin in ("999999", "live"):
            part = (await look(host.network, address(query=f"?from={begin}"))).recording
            assert part.view_ticks is not None
            assert part.view_ticks[1] == Recording.open(data).last_tick
            assert part.sealed


@pytest.mark.parametrize(
    "query", ["from=-1", "from=x", "from=", "from=1e3", "to=live", "from=9&to=8", "from=4294967296", "from=\u0661"]
)
async def test_what_is_no_range_is_refused_in_words(query: str, autojump_clock: MockClock) -> None:
    async with theatre() as host:
        await keep(host, played(seconds=1.0))
        answer = await ask(host.network, get(address(query="?" + query.encode("ascii", "xmlcharrefreplace").decode())))
        assert answer.status == 400
        assert "`" in answer.text


async def test_who_has_it_already_is_told_so(autojump_clock: MockClock) -> None:
    async with theatre() as host:
        await keep(host, played(seconds=1.0))
        tag = (await look(host.network, address())).headers["etag"]
        again = await ask(host.network, get(address(), f"If-None-Match: W/{tag}"))
        assert (again.status, again.body) == (304, b"")
        head = await ask(host.network, get(address(), method="HEAD"))
        assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    "name",
    [
        "no-such.trpl", "..%2Fsecret.trpl", "../secret.trpl", "%2e%2e/secret.trpl", ".hidden.trpl", "x.trpl.part.part", "x.trpl%00",
        "x.trpl%0a", "x", "notes.txt", "a" * 500 + ".trpl", "C:x.trpl", "%F0%9F%90%9F.trpl", "x.trpl%2F", "folder/x.trpl",
    ],
)  # fmt: skip
async def test_other_names_are_not_there(name: str, autojump_clock: MockClock) -> None:
    async with theatre() as host:
        for path in ("notes.txt", "x", "folder/x.trpl", "secret.trpl.trpl"):
            await host.disk.write(path, played(seconds=1.0))
        calls = host.disk.calls
        answer = await ask(host.network, get(address(name)))
        assert answer.status == 404
        assert name not in answer.text
        assert host.disk.calls == calls or name == "no-such.trpl"


async def test_what_is_no_recording_is_refused_and_listed_nowhere(autojump_clock: MockClock) -> None:
    async with theatre() as host:
        for number, data in enumerate((b"", b"TRPL", b"x" * 100_000, played(seconds=1.0)[:300])):
            await keep(host, data, f"broken-{number}.trpl")
            answer = await ask(host.network, get(address(f"broken-{number}.trpl")))
            assert (answer.status, "no recording" in answer.text) == (404, True)
        assert await listed(host) == []


# -- one that was cut ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("game", [Toy, Fleet])
async def test_one_that_was_never_sealed_is_given_up_to_the_cut_and_keeps_its_secrets(
    game: type[Game], autojump_clock: MockClock
) -> None:
    data = played(game)
    mine = Recording.open(data)
    async with theatre() as host:
        for cut in random.Random(1).sample(range(len(data) // 2, len(data)), 20):
            await keep(host, data[:cut], NAME + ".part")
            given = await look(host.network, address(NAME + ".part"))
            assert given.whole
            assert not given.types & (NEVER | SECRET_TYPES)
            theirs, known = given.recording, Recording.open(data[:cut])
            assert theirs.sealed, "no more comes"
            assert theirs.contents.end is None
            assert theirs.marks == known.marks
            assert theirs.view_ticks == known.view_ticks
            assert mine.view_ticks is not None
            tick = (known.view_ticks or (0, 0))[1]
            assert theirs.play(tick).contents == mine.play(tick, secret=False).contents
            assert (await look(host.network, address(NAME))).data == given.data, "a link from when it was played"


async def test_damage_ends_it_there(autojump_clock: MockClock) -> None:
    """Also where the index of the footer says that more follows: what is not sound is not given away, whatever it claims to be."""
    data = bytearray(played())
    mine = Recording.open(bytes(data))
    truth = [place for place in mine.places if place.type == ChunkType.TRUTH][10]
    data[truth.offset] = ChunkType.VIEW
    async with theatre() as host:
        await keep(host, bytes(data))
        given = await look(host.network, address())
    assert given.whole
    assert (given.recording.view_ticks or (0, 0))[1] <= truth.first_tick + mine.header.rate


@pytest.mark.parametrize("end", ["rolled", "faulted", "cut", None])
async def test_a_match_that_goes_on_elsewhere_keeps_its_secrets(end: str | None, autojump_clock: MockClock) -> None:
    match = Match(Fleet, seed=1, check=False)
    match.bots(2)
    match.record()
    match.step(100)
    assert match._recording is not None
    async with theatre() as host:
        await keep(host, match._recording.file(end))  # type: ignore[arg-type] # a file whose end nobody knew
        given = await look(host.network, address())
        assert not given.types & (NEVER | SECRET_TYPES)
        (entry,) = await listed(host)
        assert entry["size"] is None, "how much some saw would be told by it"
        whole = match._recording.file("over")
        await keep(host, whole)
        assert (await look(host.network, address())).types >= SECRET_TYPES
        (entry,) = await listed(host)
        assert entry["size"] == len(whole)


# -- the list --------------------------------------------------------------------------------------------------------------
async def test_the_list_says_what_a_page_shows(autojump_clock: MockClock) -> None:
    async with theatre() as host:
        match = Match(Toy, seed=1)
        match.join("ann")
        match.bots(1)
        match.record()
        match.step(100)
        await keep(host, match.recording())
        (entry,) = await listed(host)
        assert entry == {
            "name": NAME, "game": "toy", "version": 1, "room": "test", "map": None, "at": 0.0, "seconds": 5.0, "end": "closed",
            "players": ["ann", entry["players"][1]], "size": len(match.recording()), "live": False, "before": None, "after": None,
        }  # fmt: skip


async def test_the_list_is_in_pages_newest_first_and_quick_the_second_time(autojump_clock: MockClock) -> None:
    data = played(seconds=1.0)
    names = [f"2026-01-{day:02d}T00-00-00-toy1-abcdef.trpl" for day in range(1, 31)]
    async with theatre() as host:
        for name in names:
            await keep(host, data, name)
        assert [entry["name"] for entry in await listed(host)] == names[::-1]
        calls = host.disk.calls
        first = json.loads((await ask(host.network, get("/api/v1/recordings?most=20"))).body)
        assert host.disk.calls - calls <= 22, "what is known is not read again"
        assert [entry["name"] for entry in first["recordings"]] == names[:9:-1]
        assert first["more"] is True
        rest = json.loads((await ask(host.network, get(f"/api/v1/recordings?most=20&before={names[10]}"))).body)
        assert [entry["name"] for entry in rest["recordings"]] == names[9::-1]
        assert rest["more"] is False
        await keep(host, played(seconds=2.0), names[3])
        assert {entry["seconds"] for entry in await listed(host)} == {1.0, 2.0}, "what has changed is"
        for name in names[5:]:
            await host.disk.remove(name)
        assert len(await listed(host)) == 5
        for query in ("most=0", "most=501", "most=x"):
            assert (await ask(host.network, get(f"/api/v1/recordings?{query}"))).status == 400


async def test_a_disk_that_fails_is_told_of(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    async with theatre() as host:
        await keep(host, played(seconds=1.0))
        for path in ("/api/v1/recordings", address()):
            host.disk.fail(1, 5)
            answer = await ask(host.network, get(path))
            assert (answer.status, answer.headers["retry-after"]) == (503, "10")
            assert (await ask(host.network, get("/api/v1/recordings"))).status == 200
    assert [record.name for record in caplog.records] == ["gameserver.recordings"] * 2


async def test_a_file_that_is_removed_while_it_is_read_ends_its_answer(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Between two chunks, and without a FOOTER: whoever asks again is told."""
    async with theatre() as host:
        await keep(host, played(seconds=400.0))
        viewer = await Viewer.open(host.network, address())
        await host.disk.remove(NAME)
        await viewer.read()
        assert viewer.whole
        assert viewer.types
        assert not viewer.recording.sealed
        assert (await ask(host.network, get(address()))).status == 404
    assert len(caplog.records) == 1


# -- matches that go on ----------------------------------------------------------------------------------------------------
THE_END = Notice(NoticeCode.CLOSED, "the end")
ROOM = "/api/v1/rooms/toy1/recording"


async def test_a_match_is_watched_with_its_delay(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        await trio.sleep(30.0)
        room = host.server.rooms["toy1"]
        viewer = await Viewer.open(host.network, ROOM)
        asked_at = trio.current_time()
        assert viewer.contents.last <= room.clock.tick - DELAY * room.clock.rate
        assert viewer.contents.last >= room.clock.tick - (DELAY + 1.0) * room.clock.rate
        await viewer.read(until=trio.current_time() + 60.0)
        recording = viewer.recording
        assert recording.header.flags == SHAREABLE | LIVE
        assert viewer.headers["x-recording"] == room.recorder.name  # type: ignore[union-attr]
        assert not viewer.types & (NEVER | SECRET_TYPES)
        for at, length in [(at, length) for at, length in viewer.came if at > asked_at + 1.0]:
            newest = Recording.open(viewer.data[:length]).last_tick
            lag = (room.clock.tick - newest) / room.clock.rate - (trio.current_time() - at)
            assert lag + 1.0 / room.clock.rate >= DELAY, "but for the tick that is due right now"
            assert lag <= DELAY + 2 * PULSE_SECONDS + 0.5
        waits = [later - earlier for (earlier, _), (later, _) in zip(viewer.came, viewer.came[1:], strict=False)]
        assert max(waits) <= 2 * PULSE_SECONDS
        assert asked_at < viewer.came[-1][0]


async def test_what_is_watched_is_what_was_shown(autojump_clock: MockClock) -> None:
    """Of whoever looked from the beginning, from somewhere, and from where the match was."""
    async with theatre(Fleet, rooms=["fleet1"]) as host:
        path = "/api/v1/rooms/fleet1/recording"
        async with someone(host.network, "fleet1", "fleet", name="ann"), trio.open_nursery() as nursery:
            await trio.sleep(5.0)
            viewers: list[Viewer] = []

            async def watch(query: str) -> None:
                viewers.append(await look(host.network, path + query))

            async with someone(host.network, "fleet1", "fleet", name="bob"):
                for query in ("", "?from=20", "?from=live"):
                    nursery.start_soon(watch, query)
                    await trio.sleep(7.3)
            await trio.sleep(20.0)
            host.server.rooms["fleet1"].close(THE_END)
            await trio.sleep(60.0)
        (file,) = await host.archive.names()
        mine = Recording.open(await host.disk.read(file))
    assert [viewer.whole for viewer in viewers] == [True] * 3
    for viewer in viewers:
        theirs = viewer.recording
        assert theirs.sealed, "it is over"
        assert (theirs.contents.end, theirs.marks) == ("closed", mine.marks)
        began, ended = theirs.view_ticks or (0, 0)
        assert ended == (mine.view_ticks or (0, 0))[1]
        one, other = theirs.play(), mine.play(secret=False)
        for tick in range(began, ended + 1, 7):
            one.seek(tick)
            other.seek(tick)
            assert one.contents == other.contents
    assert {mark.what for mark in mine.marks} >= {What.JOINED, What.LEFT}


async def test_by_the_name_of_its_file_a_match_is_no_younger(autojump_clock: MockClock) -> None:
    async with theatre(Fleet, rooms=["fleet1"]) as host, someone(host.network, "fleet1", "fleet"):
        await trio.sleep(60.0)
        room = host.server.rooms["fleet1"]
        (file,) = await host.archive.names()
        assert file.endswith(".part")
        for name in (file, file.removesuffix(".part")):
            viewer = await look(host.network, address(name), until=trio.current_time() + 3.0)
            assert not viewer.whole
            assert not viewer.types & (NEVER | SECRET_TYPES)
            assert viewer.recording.header.flags & LIVE
            assert viewer.contents.last <= room.clock.tick - DELAY * room.clock.rate
        (entry,) = await listed(host)
        assert (entry["live"], entry["end"], entry["size"], entry["room"]) == (True, None, None, "fleet1")
        assert entry["name"] == file.removesuffix(".part")
        assert entry["seconds"] <= trio.current_time() - DELAY


async def test_a_newcomer_is_named_when_his_coming_may_be_seen(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host, someone(host.network, name="ann"):
        await trio.sleep(30.0)
        async with someone(host.network, name="bob"):
            await trio.sleep(DELAY - 1.0)
            assert (await listed(host))[0]["players"] == ["ann"]
            assert b"bob" not in (await look(host.network, ROOM, until=trio.current_time() + 0.3)).data
            await trio.sleep(2.0)
            assert (await listed(host))[0]["players"] == ["ann", "bob"]


@pytest.mark.parametrize("end", ["rolled", "faulted"])
async def test_what_a_match_leaves_behind_that_goes_on_is_no_younger_either(end: str, autojump_clock: MockClock) -> None:
    """The old file is sealed at once; its last seconds are still of use to who plays."""
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        await trio.sleep(30.0)
        room = host.server.rooms["toy1"]
        recorder = room.recorder
        assert recorder is not None
        old = recorder.name
        assert old is not None
        recorder.seal(end)
        recorder.begin_again(room.simulation.world.tick)
        sealed_at = trio.current_time()
        await trio.sleep(2.0)
        assert sorted(await host.archive.names())[0] == old, "sealed"
        young = await Viewer.open(host.network, address(old))
        assert young.contents.last <= (sealed_at - DELAY) * room.clock.rate + 2 * room.clock.rate
        await young.read()
        assert trio.current_time() >= sealed_at + DELAY - 1e-6
        assert young.recording.sealed
        await trio.sleep(1.0)
        stored = await look(host.network, address(old))
        assert "etag" in stored.headers
        assert not stored.types & (NEVER | SECRET_TYPES)
        assert stored.recording.contents.end == end


async def test_a_stream_ends_with_its_match_and_the_next_one_has_a_name(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        await trio.sleep(20.0)
        recorder = host.server.rooms["toy1"].recorder
        assert recorder is not None
        path = ROOM
        async with trio.open_nursery() as nursery:
            viewer = await Viewer.open(host.network, path)
            old = recorder.live
            assert old is not None
            nursery.start_soon(viewer.read)
            recorder.live = None
            recorder._before = old.name
            recorder.begin_again(host.server.rooms["toy1"].simulation.world.tick)
            old.finish("rolled", after=recorder.name)
            ended_at = trio.current_time()
        assert trio.current_time() >= ended_at + DELAY - 1e-6
        assert viewer.recording.contents.after == recorder.name
        following = await look(host.network, path, until=trio.current_time() + 5.0)
        assert following.recording.header.before == old.name
        assert following.recording.view_ticks is not None


async def test_when_the_match_is_over_all_is_shown_at_once(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host:
        async with someone(host.network), someone(host.network, name="bob"):
            await trio.sleep(20.0)
            host.server.rooms["toy1"].close(THE_END)
            await trio.sleep(2.0)
        (file,) = await host.archive.names()
        given = await look(host.network, address(file))
        assert given.types >= SECRET_TYPES
        assert not given.types & NEVER


async def test_without_a_delay_a_match_is_seen_as_it_is(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"], watch_delay=0.0) as host, someone(host.network):
        await trio.sleep(20.0)
        viewer = await look(host.network, ROOM, until=trio.current_time() + 5.0)
        room = host.server.rooms["toy1"]
        assert viewer.recording.last_tick >= room.clock.tick - 1.5 * room.clock.rate


async def test_before_anything_is_old_enough_there_is_a_head_and_then_the_match(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        viewer = await Viewer.open(host.network, ROOM + "?from=live")
        assert trio.current_time() < 1.0
        assert viewer.contents.last == viewer.contents.first == 0
        assert viewer.contents.marks == ()
        await viewer.read(until=20.0)
        assert viewer.came[1][0] >= DELAY
        assert viewer.recording.view_ticks is not None
        assert viewer.recording.view_ticks[0] == 0


async def test_in_a_room_that_stands_still_a_stream_stays_open(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host:
        async with someone(host.network):
            await trio.sleep(5.0)
        await trio.sleep(60.0)
        began = trio.current_time()
        viewer = await look(host.network, ROOM, until=began + 100.0)
        assert not viewer.whole
        times = [at for at, _ in viewer.came if at > began + 1.0]
        assert len(times) == int(100.0 / (REST_SECONDS + PULSE_SECONDS))
        assert viewer.types == {ChunkType.CONTENTS, ChunkType.KEYFRAME, ChunkType.VIEW, ChunkType.MARKS}
        assert len(viewer.data) - viewer.came[-len(times) - 1][1] < 30 * len(times)


async def test_a_stream_goes_on_where_it_was(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has its end, and whoever asks for what follows misses nothing."""
    monkeypatch.setattr("gameserver.watching.ANSWER_SECONDS", 33.0)
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        await trio.sleep(20.0)
        one = await look(host.network, ROOM)
        assert one.whole
        assert not one.recording.sealed
        assert trio.current_time() == pytest.approx(53.0, abs=0.1)
        last = one.recording.last_tick
        other = await look(host.network, f"{ROOM}?from={last}", until=trio.current_time() + 20.0)
        began, ended = other.recording.view_ticks or (0, 0)
        assert began <= last < ended
        assert last - began <= 5 * one.recording.header.rate
        assert other.recording.play(last).contents == one.recording.play(last).contents


async def test_a_part_of_a_match_that_goes_on_ends(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        await trio.sleep(60.0)
        part = await look(host.network, ROOM + "?to=200")
        assert part.whole
        assert trio.current_time() < 61.0
        assert not part.recording.sealed
        assert 200 <= part.recording.last_tick <= 210
        later = await look(host.network, ROOM + "?from=1100&to=1200")
        assert later.whole
        assert trio.current_time() >= 60.0 + DELAY
        assert 1200 <= later.recording.last_tick <= 1210


async def test_rooms_that_cannot_be_watched_say_why(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host:
        for name in ("nobody1", "..", "%2e%2e", "TOY1", "x" * 99):
            answer = await ask(host.network, get(f"/api/v1/rooms/{name}/recording"))
            assert (answer.status, answer.text) == (404, "there is no such room\n" if name != ".." else answer.text)
        room = host.server.rooms["toy1"]
        assert room.recorder is not None
        room.recorder.seal("closed")
        answer = await ask(host.network, get(ROOM))
        assert (answer.status, answer.headers["retry-after"]) == (503, "10")
        room.recorder = None
        assert (await ask(host.network, get(ROOM))).text == "this room is not recorded\n"
    async with serving(rooms=["toy1"], web=lambda server: make_app(server, routes(None, None, server))) as bare:
        answer = await ask(bare.network, get(ROOM))
        assert (answer.status, answer.text) == (404, "this server does not record: start it without --record off\n")
        assert (await ask(bare.network, get(address()))).status == 404
        assert json.loads((await ask(bare.network, get("/api/v1/recordings"))).body) == {"recordings": [], "more": False}


# -- many, and slow ones ---------------------------------------------------------------------------------------------------
async def test_a_hundred_viewers_cost_the_disk_as_much_as_one(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        await trio.sleep(60.0)
        reads = 0
        read_part = host.disk.read_part

        async def count(path: str, offset: int, most: int) -> bytes:
            nonlocal reads
            reads += 1
            return await read_part(path, offset, most)

        host.disk.read_part = count  # type: ignore[method-assign]
        viewers: list[Viewer] = []

        async def watch(begin: int) -> None:
            viewers.append(await look(host.network, f"{ROOM}?from={begin}", until=90.0))

        async with trio.open_nursery() as nursery:
            for number in range(100):
                nursery.start_soon(watch, number * 10)
            await trio.sleep(2.0)
            reads = 0
        blocks = 28 * 2
        assert reads <= blocks * 2, "each block is read once, whoever wants it"
        room = host.server.rooms["toy1"]
        for viewer in viewers:
            assert viewer.recording.last_tick >= room.clock.tick - (DELAY + 2.0) * room.clock.rate
        assert room.counts.worst_lateness_seconds < 0.1


async def test_there_is_a_limit_to_viewers(autojump_clock: MockClock) -> None:
    async with theatre(rooms=["toy1"]) as host, someone(host.network):
        await trio.sleep(20.0)
        viewers = [await Viewer.open(host.network, ROOM) for _ in range(MAX_STREAMS)]
        answer = await ask(host.network, get(ROOM))
        assert (answer.status, answer.text) == (503, "too many are watching: come again\n")
        assert (await ask(host.network, get("/healthz"))).status == 200
        await viewers[0].close()
        await trio.sleep(1.0)
        assert (await look(host.network, ROOM, until=trio.current_time() + 1.0)).status == 200


async def test_who_does_not_read_is_closed_and_nobody_else_feels_it(autojump_clock: MockClock) -> None:
    async with theatre() as host:
        await keep(host, played(seconds=30.0))
        dice, header = random.Random(1), Recording.open(played(seconds=1.0)).header.encode()
        large = [encode_chunk(Chunk(ChunkType.VIEW, tick, 1, dice.randbytes(200_000))) for tick in range(1, 20)]
        await keep(host, b"".join((header, *large)), "large.trpl")
        assert (await look(host.network, address("large.trpl"))).data.count(large[-1]) == 1, "chunks that no window holds"
        await trio.sleep(1.0)
        before = trio.lowlevel.current_statistics().tasks_living
        stream = await host.network.connect(HOST, PORT)
        await stream.send_all(get(address("large.trpl")))
        await trio.sleep(STALL_SECONDS - 1.0)
        assert trio.lowlevel.current_statistics().tasks_living > before
        assert (await look(host.network, address())).whole
        await trio.sleep(2.0)
        assert trio.lowlevel.current_statistics().tasks_living == before
        await stream.aclose()
