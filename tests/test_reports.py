"""One player reports another: who is told what, where it is kept, and that no game and no recording knows more than it should."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from gameserver import SchemaError, call, cli, integer
from gameserver.core.limits import MAX_CHAT, REPORT_SECONDS, ROOM_REPORTS_AT_ONCE, ROOM_REPORTS_SECONDS
from gameserver.core.messages import Call, Reply, Role
from gameserver.core.replay.header import What
from gameserver.core.replay.verify import verify
from gameserver.core.rights import Rank
from gameserver.net.logfiles import FileStore
from gameserver.net.real import FileDisk
from gameserver.net.simulated import simulated_ports
from gameserver.reports import REASONS, REPORTS, Report, Reported, latest_reports
from gameserver.standing import Standing
from tests.helpers import Toy, make_room, serving, sit, step, wire
from tests.recording import recorder_on, studio

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

    from gameserver.room import Room
    from tests.helpers import Seated

TEXT = st.text(max_size=24)
PEOPLE = st.builds(Reported, player=st.integers(1, 991), name=TEXT, account=st.none() | TEXT)
ANY = st.builds(
    Report,
    number=TEXT,
    room=TEXT,
    game=TEXT,
    tick=st.integers(0, 2**40),
    recording=st.none() | TEXT,
    second=st.floats(0, 1e6),
    by=PEOPLE,
    about=PEOPLE,
    reason=st.integers(0, len(REASONS) - 1),
    words=TEXT,
    at=st.floats(0, 4e9),
)


def report(number: int, other: int, reason: int = 1, words: str = "") -> Call:
    return Call(number, "report", (other, reason, words))


def taken(room: Room) -> list[Report]:
    """What the room hands on from now on."""
    found: list[Report] = []
    room.on_report = found.append
    return found


def answers(seated: Seated) -> list[tuple[int, bool, object]]:
    return [(reply.number, reply.ok, reply.value) for reply in seated.of(Reply)]


# -- in a room --------------------------------------------------------------------------------------------------------------
async def test_what_is_reported_is_handed_on_with_the_recordings_second(autojump_clock: MockClock) -> None:
    async with studio() as made:
        room = make_room(Toy)
        found = taken(room)
        ann = sit(room, "ann", standing=Standing(rank=Rank.PLAYER, account="a-17"))
        bob = sit(room, "bob")
        await step(room, 5)
        made.record(room)
        await step(room, 30)
        tick = room.clock.tick
        ann.say(report(1, bob.player, 2, "  he  swears "))
        await step(room, 2)
        assert answers(ann) == [(1, True, None)]
        assert bob.of(Reply) == []
        (only,) = found
        assert only.by == Reported(player=1, name="ann", account="a-17")
        assert only.about == Reported(player=2, name="bob", account=None)
        assert (only.reason, only.words, only.room, only.game) == (2, "he swears", "room1", "toy@1")
        assert (only.tick, only.second) == (tick, 30 / Toy.tick_rate)
        await made.close(room)
        ((name, recording),) = (await made.recordings()).items()
    assert only.recording == name
    notes = [mark for mark in recording.marks if mark.what is What.NOTE]
    assert [(mark.tick, mark.values) for mark in notes] == [(only.tick, (f"report {only.number}",))]
    assert not [command for taken in recording.steps() for command in taken.commands], "it enters no step"
    data = await made.disk.read(name)
    assert b"swears" not in data
    assert verify(recording, Toy).mismatch is None


@pytest.mark.parametrize(
    ("rank", "role", "other", "words", "why_not"),
    [
        (Rank.BOT, Role.BOT, 2, "", "only people report others"),
        (Rank.PLAYER, Role.PLAYER, 3, "", "there is no such other player"),
        (Rank.PLAYER, Role.PLAYER, 9, "", "there is no such other player"),
        (Rank.PLAYER, Role.PLAYER, 1, "", "this is a bot: nobody is behind it"),
        (Rank.PLAYER, Role.PLAYER, 2, "a\nb", f"say it in at most {MAX_CHAT} characters, and without control characters"),
    ],
)
async def test_what_is_refused(rank: Rank, role: Role, other: int, words: str, why_not: str, autojump_clock: MockClock) -> None:
    room = make_room(Toy)
    found = taken(room)
    sit(room, "bot", role=Role.BOT)
    sit(room, "ann")
    who = sit(room, "bob", role=role, standing=Standing(rank=rank))
    await step(room, 2)
    who.say(report(1, other, 0, words), report(2, 2 if rank is Rank.PLAYER else other))
    await step(room, 2)
    told = answers(who)
    assert told[0] == (1, False, why_not)
    assert told[1][1] is (rank is Rank.PLAYER), "what is refused costs nothing"
    assert len(found) == (rank is Rank.PLAYER)


async def test_a_report_takes_its_time(autojump_clock: MockClock) -> None:
    room = make_room(Toy)
    found = taken(room)
    ann = sit(room, "ann")
    sit(room, "bob")
    await step(room, 2)
    ann.say(report(1, 2), report(2, 2))
    await step(room, round(REPORT_SECONDS * Toy.tick_rate) - 1)
    ann.say(report(3, 2))
    await step(room, 2)
    ann.say(report(4, 2))
    await step(room, 2)
    assert [ok for _, ok, _ in answers(ann)] == [True, False, False, True]
    assert answers(ann)[1][2] == "one report in 10 seconds"
    assert len(found) == 2


async def test_whoever_comes_again_and_again_does_not_fill_the_log(autojump_clock: MockClock) -> None:
    room = make_room(Toy)
    found = taken(room)
    sit(room, "bob")
    for number in range(ROOM_REPORTS_AT_ONCE + 5):
        ann = sit(room, f"ann{number}")
        await step(room, 1)
        ann.say(report(1, 1))
        await step(room, 1)
        ann.seat.over = True
        room.release(ann.seat, ann.link)
        await step(room, 1)
    assert len(found) == ROOM_REPORTS_AT_ONCE
    assert answers(ann) == [(1, False, "there are many reports from this room already")]
    await step(room, round(ROOM_REPORTS_SECONDS * Toy.tick_rate))
    late = sit(room, "late")
    await step(room, 1)
    late.say(report(1, 1))
    await step(room, 1)
    assert len(found) == ROOM_REPORTS_AT_ONCE + 1


class Turns(Toy):
    name = "turns"
    ticks_on_input = True


async def test_he_is_answered_at_once_where_nothing_else_happens(autojump_clock: MockClock) -> None:
    room = make_room(Turns)
    ann, bob = sit(room, "ann"), sit(room, "bob")
    await step(room, 5)
    bob.read()
    steps = room.counts.steps
    frames = len(bob.frames)
    ann.say(report(1, bob.player))
    await step(room, 1)
    assert answers(ann) == [(1, True, None)]
    await step(room, 5)
    bob.read()
    assert (room.counts.steps, len(bob.frames)) == (steps, frames), "for the others it is as if nothing had been said"


def test_a_game_cannot_hear_of_it() -> None:
    with pytest.raises(SchemaError, match="goes past the game"):

        class Curious(Toy):
            name = "curious"

            @call
            def report(self, player: object, other: int = integer(0, 1)) -> None: ...


# -- on a server ------------------------------------------------------------------------------------------------------------
async def test_a_server_keeps_it_and_logs_no_names(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    ports = simulated_ports(1)
    caplog.set_level("INFO")
    recorder = recorder_on(ports)
    async with serving(rooms=["toy1"], recorder=recorder) as host:
        store = host.server._ports.store
        async with wire(host.network) as ann, wire(host.network) as bob:
            await ann.join(name="annabel")
            await bob.join(name="bobbin")
            await trio.sleep(2)
            await ann.say(report(1, 2, 3, "look at that name"))
            assert (await ann.until(Reply)).ok
            await trio.sleep(1)
        (only,) = await latest_reports(store, 10)
        assert (only.by.name, only.about.name, only.words) == ("annabel", "bobbin", "look at that name")
        assert only.recording in recorder.files
        assert 2 <= only.second < 3
        assert only.at == pytest.approx(host.server._ports.wall_clock.now(), abs=5)
        assert f"player 1 reports player 2, report {only.number}" in caplog.text
        assert "annabel" not in caplog.text
        assert "look at" not in caplog.text
        await store.append(REPORTS, b"{}")
        await store.append(REPORTS, b"\xff")
        assert await latest_reports(store, 10) == [only], "what cannot be read is passed over"


# -- for the operator -------------------------------------------------------------------------------------------------------
@given(ANY)
def test_a_report_is_what_was_written(given_: Report) -> None:
    assert Report.decode(given_.encode()) == given_
    assert given_.about.name in given_.describe()[0]


@given(
    st.binary(max_size=40)
    | st.recursive(st.none() | st.integers() | TEXT, lambda inner: st.dictionaries(TEXT, inner)).map(
        lambda plain: json.dumps(plain).encode()
    )
)
def test_anything_else_is_told_from_one(data: bytes) -> None:
    with pytest.raises(ValueError):
        Report.decode(data)


def test_the_command_lists_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = Report(
        number="f0f0", room="arena1", game="arena@3", tick=4_000, recording="x.trpl", second=133.3,
        by=Reported(player=1, name="ann", account="a-17"), about=Reported(player=2, name="bob"), reason=1, words="aims too well",
        at=1_790_000_000.0,
    )  # fmt: skip

    async def write() -> None:
        store = FileStore(FileDisk(tmp_path))
        for _ in range(3):
            await store.append(REPORTS, one.encode())

    trio.run(write)
    with pytest.raises(SystemExit, match="0"):
        cli.main(["reports", "--data", str(tmp_path), "--last", "1"])
    assert capsys.readouterr().out == (
        "2026-09-21 14:13:20  arena1  arena@3  ann (player 1, account a-17) reports bob (player 2): cheating: aims too well\n"
        "    gameserver replay play recordings/x.trpl --at 2:13\n"
    )
    with pytest.raises(SystemExit, match="0"):
        cli.main(["reports", "--data", str(tmp_path), "--json"])
    assert [Report.decode(line.encode()) for line in capsys.readouterr().out.splitlines()] == [one] * 3
    with pytest.raises(SystemExit, match="2"):
        cli.main(["reports", "--data", str(tmp_path / "none")])
