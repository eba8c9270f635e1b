"""`gameserver forget`: nothing of him is left in any byte below the server's folders, and everything of the others is."""

from __future__ import annotations

import errno
import fcntl
import json
from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, cast

import attrs
import pytest
import trio
import trio.testing

from gameserver import cli
from gameserver.app import _hold_folders
from gameserver.bans import BANS, Ban
from gameserver.core.commands import Join
from gameserver.core.messages import Call, Role
from gameserver.core.replay.chunks import chunk_at, places
from gameserver.core.replay.header import Fault, Header, Mark, What
from gameserver.core.replay.steps import Step
from gameserver.forget import NOBODY, Forgetting
from gameserver.net.folder import LOCK, FolderInUse, hold
from gameserver.net.logfiles import FileStore
from gameserver.net.real import FileDisk, SystemWallClock
from gameserver.reports import REPORTS, Report, Reported
from gameserver.results import RESULTS, MatchRecord, PlayerResult
from gameserver.settings import NOWHERE, ServeSettings, UsageError
from tests.helpers import Toy, make_room, sit, step
from tests.recording import studio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from trio.testing import MockClock

    from gameserver import Profile
    from gameserver.core.replay.recording import Recording
    from tests.recording import Studio

CANARY: Final = "Cañary"
ACCOUNT: Final = "account-of-canary-17"
SECRETS: Final = (CANARY, ACCOUNT, "what-canary-says", "profile-of-canary")


@attrs.frozen
class Place:
    """The folders of a server that was stopped."""

    data: Path
    record: Path
    others: str = ""
    """The recording that he is not in."""

    def forget(self, *arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            cli.main(["forget", "--data", str(self.data), "--record", str(self.record), *arguments])
        assert isinstance(ended.value.code, int)
        return ended.value.code

    @property
    def recordings(self) -> list[str]:
        return sorted(path.name for path in self.record.iterdir() if ".trpl" in path.name)

    def mentions(self, word: str) -> list[str]:
        """The files below in which it stands, also deflated, or escaped as JSON."""
        wanted = (word.encode(), json.dumps(word)[1:-1].encode())
        files = [path for folder in (self.data, self.record) for path in sorted(folder.rglob("*")) if path.is_file()]
        return [path.name for path in files if any(one in piece for one in wanted for piece in inflated(path.read_bytes()))]


def inflated(data: bytes) -> Iterator[bytes]:
    """All of it as it is; and each chunk, of a recording."""
    yield data
    if data.startswith(b"TRPL"):
        _, size = Header.decode(data)
        yield from (chunk_at(memoryview(data), place).payload for place in places(memoryview(data), size))


async def play(made: Studio, people: Sequence[str], *, room: str, files: int = 1) -> list[str]:
    """A match of these, recorded in so many files. Who is called CANARY or Alias has his account and profile, and talks."""
    toy = make_room(Toy, name=room)
    made.record(toy)
    seated = []
    for who in people:
        profile: Profile = {"id": ACCOUNT, "note": "profile-of-canary"} if who in (CANARY, "Alias") else {"id": f"id of {who}"}
        seated.append(sit(toy, who, profile=profile))
        await step(toy)
    for who, somebody in zip(people, seated, strict=True):
        somebody.say(Call(1, "chat", ("what-canary-says" if "profile-of-canary" in somebody.seat.profile.values() else "hi", 0)))
        await step(toy, 3)
        assert toy.simulation.players[somebody.player].name == who
    names = []
    for number in range(files):
        if number:
            assert toy.recorder is not None
            toy.recorder.seal("rolled")
            toy.recorder.begin_again(toy.clock.tick)
        await step(toy, 20)
        assert toy.recorder is not None
        assert toy.recorder.name is not None
        names.append(toy.recorder.name)
    await made.close(toy)
    return names


def person(player: int, name: str, account: str | None = None) -> Reported:
    return Reported(player=player, name=name, account=account)


def result(recording: str | None, *names: str) -> MatchRecord:
    players = tuple(PlayerResult(number=at, name=name, bot=False, score=at, won=False) for at, name in enumerate(names, start=1))
    return MatchRecord(
        game="toy@1", room="r", map="", options={}, seed=1, ended_at=1.0, seconds=2.0, first_tick=1, last_tick=9, players=players,
        recording=recording,
    )  # fmt: skip


def report(by: Reported, about: Reported, recording: str | None = None) -> Report:
    return Report(number="f0", room="r", game="toy@1", tick=1, by=by, about=about, reason=1, words="w", recording=recording, at=1.0)


def ban(account: str | None, *, until: float, by: str | None = None, network: str | None = None) -> bytes:
    made = Ban(id="1", account=account, network=network, since=1.0, until=until, reason="r", by=by)
    return json.dumps({"kind": "ban", **attrs.asdict(made)}).encode()


SOON: Final = SystemWallClock().now() + 3_600.0


async def matches() -> tuple[list[str], str, str, dict[str, bytes]]:
    """Those with him, with his other name, without him; and all files."""
    async with studio() as made:
        with_him = await play(made, ["ann", CANARY, "bob"], room="one", files=3)
        (alias,) = await play(made, ["Alias", "bob"], room="two")
        (others,) = await play(made, ["ann", "bob"], room="one")
        return with_him, alias, others, {name: await made.disk.read(name) for name in await made.names()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Matches with him, without him, and one in which the account has another name; results, reports and bans."""
    with_him, alias, others, files = trio.run(matches, clock=trio.testing.MockClock(autojump_threshold=0))
    place = Place(tmp_path / "data", tmp_path / "record", others)
    place.record.mkdir()
    for name, data in files.items():
        (place.record / name).write_bytes(data)
    (place.record / with_him[2]).rename(place.record / f"{with_him[2]}.part")  # its server was killed
    (place.record / alias).rename(place.record / "a match to remember.trpl")
    store = FileStore(FileDisk(place.data))
    logs = {
        RESULTS: [
            result(with_him[0], "ann", CANARY, "bob").encode(), result("removed.trpl", CANARY, "bob").encode(),
            result(others, "ann", "bob").encode(),
        ],
        REPORTS: [
            report(person(1, "ann"), person(2, CANARY), with_him[0]).encode(),
            report(person(1, "x", ACCOUNT), person(2, "bob")).encode(),
            report(person(1, "ann"), person(2, "bob"), others).encode(),
        ],
        BANS: [
            ban(ACCOUNT, until=SOON), ban(ACCOUNT, until=2.0), ban("bob's", until=SOON, by=ACCOUNT),
            ban(None, until=SOON, network="192.0.2.0/24"), b'{"kind": "unban", "id": "1"}',
        ],
    }  # fmt: skip

    async def write() -> None:
        for log, records in logs.items():
            for record in records:
                await store.append(log, record)

    trio.run(write)
    with (place.data / "results.log").open("ab") as file:
        file.write(b"00000000 torn of " + CANARY.encode())
    (place.data / ".results.log.0123456789abcdef").write_bytes(CANARY.encode())
    for word in SECRETS:
        assert place.mentions(word)
    return place


def logged(place: Place, log: str) -> list[bytes]:
    return trio.run(FileStore(FileDisk(place.data)).read, log, 0, 99)


def everything(place: Place) -> dict[str, bytes]:
    files = [path for folder in (place.data, place.record) for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.name: path.read_bytes() for path in files if path.name != LOCK}


def names(place: Place) -> list[list[str]]:
    return [[player.name for player in MatchRecord.decode(data).players] for data in logged(place, RESULTS)]


def test_no_byte_of_him_is_left_and_all_of_the_others(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    untouched = (place.record / place.others).read_bytes()
    assert place.forget("--name", CANARY, "--account", ACCOUNT, "--bans", "--yes") == 0
    for word in SECRETS:
        assert place.mentions(word) == []
    assert place.recordings == [place.others]
    assert (place.record / place.others).read_bytes() == untouched
    assert names(place) == [["ann", NOBODY, "bob"], [NOBODY, "bob"], ["ann", "bob"]]
    assert [MatchRecord.decode(data).recording for data in logged(place, RESULTS)] == [None, "removed.trpl", place.others]
    assert [Report.decode(data).about.name for data in logged(place, REPORTS)] == ["bob"]
    assert [json.loads(data).get("account") for data in logged(place, BANS)] == ["bob's", None, None]
    said = capsys.readouterr().out
    assert "4 recordings, 2 results, 2 reports, 3 bans" in said
    assert said.endswith("Removed.\n")
    assert place.forget("--name", CANARY, "--account", ACCOUNT, "--yes") == 0
    assert "0 recordings, 0 results, 0 reports, 0 bans" in capsys.readouterr().out


def test_both_may_lie_in_one_folder_whatever_it_is_called(place: Place) -> None:
    for path in tuple(place.data.iterdir()):
        path.rename(place.record / path.name)
    both = attrs.evolve(place, data=place.record / ".." / place.record.name)
    assert both.forget("--name", CANARY, "--account", ACCOUNT, "--bans", "--yes") == 0
    for word in SECRETS:
        assert both.mentions(word) == []
    assert both.recordings == [place.others]


def test_scraps_go_also_where_nothing_else_is_of_him(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """As after a removal that was killed: the first has seen to all that can be read."""
    assert place.forget("--name", CANARY, "--account", ACCOUNT, "--bans", "--yes") == 0
    with (place.data / "reports.log").open("ab") as file:
        file.write(b"00000000 torn of " + CANARY.encode())
    (place.data / ".results.log.0123456789abcdef").write_bytes(CANARY.encode())
    reports = logged(place, REPORTS)
    assert place.forget("--name", CANARY, "--yes") == 0
    assert "0 recordings, 0 results, 0 reports, 0 bans\n  2 scraps" in capsys.readouterr().out
    assert place.mentions(CANARY) == []
    assert logged(place, REPORTS) == reports


def test_an_account_is_found_in_recordings_that_go_on_and_by_its_other_names(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.forget("--account", ACCOUNT, "--yes") == 0
    assert place.recordings == [place.others]
    assert place.mentions(ACCOUNT) == ["bans.log"]
    assert names(place) == [["ann", NOBODY, "bob"], [CANARY, "bob"], ["ann", "bob"]], "who that was nobody can say"
    assert [json.loads(data).get("account") for data in logged(place, BANS)] == [ACCOUNT, "bob's", None, None]
    said = capsys.readouterr().out
    assert f"The account was called Alias, {CANARY}, x: give --name as well" in said
    assert "1 bans of the account stay until they are over" in said


def test_a_name_does_not_tell_of_an_account(place: Place) -> None:
    assert place.forget("--name", CANARY, "--yes") == 0
    assert place.mentions(CANARY) == []
    assert place.recordings == [place.others, "a match to remember.trpl"]
    assert len(logged(place, REPORTS)) == 2


@pytest.mark.parametrize("arguments", [("--dry-run",), ("--dry-run", "--yes"), ()], ids=["dry", "dry and yes", "nobody to ask"])
def test_what_is_only_asked_changes_nothing(arguments: tuple[str, ...], place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(place)
    assert place.forget("--name", CANARY, "--account", ACCOUNT, *arguments) == (0 if arguments else 2)
    assert everything(place) == before
    told = capsys.readouterr()
    assert "4 recordings, 2 results, 2 reports, 2 bans" in told.out
    assert arguments or "say --yes" in told.err


def test_beside_a_server_nothing_is_removed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(place)
    for folder in (place.data, place.record):
        with hold(folder), hold(folder):  # two servers
            assert place.forget("--name", CANARY, "--yes") == 2
            assert f"{folder}: a server uses this folder: stop it first" in capsys.readouterr().err
    assert everything(place) == before
    settings = ServeSettings(data=str(place.data), record=NOWHERE)
    with hold(place.data, alone=True), ExitStack() as held, pytest.raises(UsageError, match="try again when that is done"):
        _hold_folders(settings, held)
    with ExitStack() as held:
        _hold_folders(settings, held)
        with pytest.raises(FolderInUse):
            hold(place.data, alone=True).__enter__()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.ENOLCK])
def test_a_disk_that_ails_keeps_nobody_from_serving(place: Place, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be well again before the match is over; a folder of the wrong name is wrong for ever (test_cli)."""

    def fail(*_: object) -> None:
        raise OSError(number, "the disk")

    monkeypatch.setattr(fcntl, "flock", fail)
    with hold(place.data):
        assert (place.data / LOCK).exists()


def test_what_cannot_be_read_is_named(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (place.record / "spoilt.trpl").write_bytes(b"TRPL" + bytes(100))
    (place.record / "empty.trpl.part").write_bytes(b"")
    assert place.forget("--name", CANARY, "--yes") == 1
    told = capsys.readouterr().out
    assert "spoilt.trpl: this recording cannot be read" in told
    assert "empty" not in told
    (place.record / "spoilt.trpl").unlink()
    assert place.mentions(CANARY) == []


@pytest.mark.parametrize(
    ("arguments", "why_not"),
    [((), "whom"), (("--name", "x", "--data", "none", "--record", "nowhere"), "there is no folder none and none nowhere")],
)
def test_what_makes_no_sense(arguments: tuple[str, ...], why_not: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["forget", *arguments])
    assert why_not in capsys.readouterr().err


# -- who is in a recording --------------------------------------------------------------------------------------------------
async def test_a_bot_of_the_same_name_is_not_he(autojump_clock: MockClock) -> None:
    async with studio() as made:
        room = make_room(Toy)
        made.record(room)
        sit(room, CANARY, role=Role.BOT)
        await step(room, 5)
        await made.close(room)
        ((name, recording),) = (await made.recordings()).items()
    assert not Forgetting(name=CANARY).look_into(name, recording)
    of_a_bot = attrs.evolve(result(None, CANARY), players=(PlayerResult(number=1, name=CANARY, bot=True, score=1, won=True),))
    assert Forgetting(name=CANARY).result_without(of_a_bot.encode()) == of_a_bot.encode()


async def test_who_never_got_in_because_the_game_failed_is_in_the_recording_all_the_same(autojump_clock: MockClock) -> None:
    async with studio() as made:
        room = make_room(Toy)
        made.record(room)
        sit(room, "ann")
        await step(room, 5)
        assert room.recorder is not None
        failed = Step(6, [Join(2, CANARY, {"id": ACCOUNT})], {}, {})
        room.recorder.fault(Fault(tick=6, id="f0", kind="KeyError", text="", traceback="", where="", step=failed))
        await made.close(room)
        ((name, recording),) = (await made.recordings()).items()
    for who in (Forgetting(name=CANARY), Forgetting(account=ACCOUNT)):
        assert who.look_into(name, recording)
    assert not Forgetting(name="bob", account="bob's").look_into(name, recording)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"null", b'{"kind": "ban"}'])
def test_a_record_that_cannot_be_read_is_not_kept_for_it_may_be_of_anybody(data: bytes) -> None:
    who = Forgetting(name="x", account="y")
    assert who.result_without(data) is None
    assert who.report_without(data) is None


def test_a_room_that_goes_on_from_his_match_is_his_too_whatever_it_is_called() -> None:
    """There nobody joins whose profile says that it is he: he was in the match when it began."""

    def recording(room: str, *joined: Mark, before: str | None = None, commands: Sequence[Join] = ()) -> Recording:
        steps = [Step(1, commands, {}, {})]
        header = SimpleNamespace(first=joined[0].tick, room=room, before=before)
        return cast("Recording", SimpleNamespace(header=header, marks=joined, fault=None, steps=lambda: iter(steps)))

    who = Forgetting(account=ACCOUNT)
    joined = Join(2, CANARY, {"id": ACCOUNT}, bot=False)
    match = recording("one", Mark(0, What.JOINED, (2, CANARY, False)), commands=[joined])
    assert who.look_into("one.trpl.part", match)
    assert who.look_into("fork.trpl", recording("fork1", Mark(9, What.JOINED, (2, CANARY, False)), before="one.trpl"))
    assert not who.look_into("other.trpl", recording("two", Mark(9, What.JOINED, (2, CANARY, False)), before="three.trpl"))
