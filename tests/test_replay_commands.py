"""`gameserver replay`: which files it takes, what it says of them, and how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from gameserver import Game, cli
from gameserver.cli.replay import files_of, open_recording, tick_at
from gameserver.cli.say import FAILED, OK, USAGE
from gameserver.code import fingerprint
from gameserver.core.replay.header import Header
from gameserver.core.replay.recording import Recording
from gameserver.core.replay.telling import clock_text
from gameserver.games.pong import Pong
from gameserver.library import load_game
from gameserver.settings import UsageError
from gameserver.testing import Match
from tests.core.replay.forge import with_wrong_hash
from tests.test_cli import Command, gameserver, words

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["gameserver"]  # the fixture

GAME = """
from gameserver import Game, Globals, Input, Player, call, integer, players_of, shared

class Push(Input):
    right: int = integer(-1, 1, default=0)

class Board(Globals):
    goals: int = integer(0, 100_000, default=0)

class Mine(Game):
    name = "mine"
    inputs = Push
    board = shared(Board)

    def step(self, inputs):
        self.board.goals += sum(push.right for push in inputs.values() if push.right > 0)

    @call
    def cheat(self, player: Player, goals: int = integer(0, 9)) -> None:
        self.board.goals += goals
"""


def record(game: type[Game], *, seconds: float = 5.0, bots: int = 2, foreign: bool = False) -> bytes:
    match: Match[Any] = Match(game, seed=2, check=False)
    code, engine = fingerprint(game)
    match.record(code="0" * 64 if foreign else code, engine=engine)
    match.bots(bots)
    match.run(seconds=seconds)
    return match.recording()


@pytest.fixture(scope="module")
def pong() -> bytes:
    return record(Pong)


@pytest.fixture
def folder(tmp_path: Path, pong: bytes) -> Path:
    """Three recordings in two folders, one of them never ended, and a file that is none."""
    (tmp_path / "recordings" / "old").mkdir(parents=True)
    (tmp_path / "recordings" / "b.trpl").write_bytes(pong)
    (tmp_path / "recordings" / "a.trpl.part").write_bytes(pong[:-200])
    (tmp_path / "recordings" / "old" / "c.trpl").write_bytes(pong)
    (tmp_path / "recordings" / "notes.txt").write_text("none")
    return tmp_path / "recordings"


# -- which files -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ([], ["a.trpl.part", "b.trpl", "old/c.trpl"]),
        (["recordings"], ["a.trpl.part", "b.trpl", "old/c.trpl"]),
        (["recordings/b.trpl"], ["b.trpl"]),
        (["recordings/*"], ["a.trpl.part", "b.trpl", "old/c.trpl"]),
        (["recordings/*.trpl"], ["b.trpl"]),
        (["recordings/**/*.trpl"], ["b.trpl", "old/c.trpl"]),
        (["recordings/old", "recordings/b.trpl", "recordings"], ["old/c.trpl", "b.trpl", "a.trpl.part"]),
        (["recordings/[ab].*"], ["a.trpl.part", "b.trpl"]),
    ],
)
def test_files_folders_and_globs(folder: Path, patterns: list[str], found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert files_of(patterns) == [Path("recordings", name) for name in found]


def test_a_name_with_brackets_is_a_name(folder: Path) -> None:
    shutil.copy(folder / "b.trpl", folder / "cup[1].trpl")
    assert files_of([str(folder / "cup[1].trpl")]) == [folder / "cup[1].trpl"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("nowhere.trpl", "nowhere.trpl: there is no such"),
        ("*.trpl", "*.trpl: there is no such"),
        ("empty", "no recording in this folder"),
    ],
)
@pytest.mark.parametrize("command", ["info", "verify"])
def test_what_names_nothing_is_wrong_usage(gameserver: Command, tmp_path: Path, command: str, pattern: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    assert gameserver("replay", command, pattern) == USAGE
    assert said in gameserver.err
    assert "`gameserver serve` keeps its matches in ./recordings" in gameserver.err
    assert gameserver("replay", command) == USAGE
    assert "there are no recordings in ./recordings" in gameserver.err


def test_a_time_is_a_tick_or_a_clock(pong: bytes) -> None:
    recording = Recording.open(pong)
    assert recording.header.rate == 60
    for text, tick in (("0", 0), ("300", 300), ("0:03", 180), ("0:00:04.5", 270), ("0:01.25", 75)):
        assert tick_at(text, recording, "--at") == tick
    for text in ("301", "0:06", "1:00:00"):
        with pytest.raises(UsageError, match="the recording has the ticks 0 to 300, 0:00 to 0:05"):
            tick_at(text, recording, "--at")
    for text in ("", "x", "-1", "0:1:2:3", "1:", "1e3", "٣"):
        with pytest.raises(UsageError, match="write a tick, such as 1234, or a time"):
            tick_at(text, recording, "--at")
    assert [clock_text(seconds) for seconds in (0, 59.9, 61, 3_599, 3_600, 36_061)] == [
        "0:00",
        "0:59",
        "1:01",
        "59:59",
        "1:00:00",
        "10:01:01",
    ]


# -- info --------------------------------------------------------------------------------------------------------------------
def test_info_is_a_page_for_people(gameserver: Command, folder: Path) -> None:
    assert gameserver("replay", "info", str(folder / "b.trpl")) == OK
    said = words(gameserver.out)
    for line in (
        "game pong@1, room test",
        "length 0:05, ticks 0 to 300 at 60 Hz",
        "ended its room was closed",
        "players bot 1 (bot), bot 2 (bot)",
        "timeline joined 2",
        "gaps none",
        "truth 300 steps, each with a hash; `replay verify` can judge them",
    ):
        assert line in said
    assert gameserver("replay", "info", str(folder / "a.trpl.part")) == OK
    assert "it still grows, or its server was stopped; its last" in words(gameserver.out)


def test_info_as_json_has_everything(gameserver: Command, folder: Path) -> None:
    assert gameserver("replay", "info", str(folder), "--json", "--marks") == OK
    found = json.loads(gameserver.out)["files"]
    assert [Path(one["file"]).name for one in found] == ["a.trpl.part", "b.trpl", "c.trpl"]
    part, whole, _ = found
    assert (part["sealed"], part["end"], part["unsound_bytes"] > 0) == (False, None, True)
    assert (whole["sealed"], whole["end"], whole["unsound_bytes"], whole["gaps"]) == (True, "closed", 0, [])
    assert (whole["game"], whole["version"], whole["seconds"], whole["tick_rate"], whole["steps"]) == ("pong", 1, 5.0, 60, 300)
    assert sum(whole["tracks"].values()) == whole["bytes"] == (folder / "b.trpl").stat().st_size
    assert whole["bytes_per_hour"] == round(whole["bytes"] * 720)
    assert whole["cannot_be_verified"] is None
    assert whole["options"] == {"goals": 7}
    assert whole["players"] == [{"player": 1, "name": "bot 1", "bot": True}, {"player": 2, "name": "bot 2", "bot": True}]
    assert whole["marks"][0] == {"tick": 1, "seconds": 0.017, "what": "joined", "player": 1, "name": "bot 1", "bot": True}


def test_a_file_that_is_no_recording_fails_and_the_others_are_told(gameserver: Command, folder: Path) -> None:
    (folder / "bad.trpl").write_bytes(b"no recording")
    (folder / "empty.trpl").write_bytes(b"")
    for command in ("info", "verify"):
        assert gameserver("replay", command, str(folder)) == FAILED
        said = words(gameserver.out)
        assert "this is no recording: it does not begin with TRPL" in said
        assert "the file is empty" in said
        assert "b.trpl" in said


def test_a_date_that_there_is_not_is_said_so(gameserver: Command, tmp_path: Path, pong: bytes) -> None:
    for number, at in enumerate((1e300, -1e18, 1_700_000_000.0)):
        header, size = Header.decode(pong)
        (tmp_path / f"{number}.trpl").write_bytes(attrs.evolve(header, at=at).encode() + pong[size:])
    assert gameserver("replay", "info", ".") == OK
    assert gameserver.out.count("at no time that there is") == 2
    assert "2023-11-14 22:13:20 UTC" in gameserver.out


def test_a_file_that_is_removed_meanwhile_does_not_hide_the_others(
    gameserver: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files_of([str(folder)])
    for module in ("replay_info", "replay_verify"):
        monkeypatch.setattr(f"gameserver.cli.{module}.files_of", lambda files: found)
    (folder / "b.trpl").unlink()
    for command in ("info", "verify"):
        assert gameserver("replay", command, str(folder)) == FAILED
        assert "No such file" in words(gameserver.out)
        assert "c.trpl" in gameserver.out


def test_what_a_file_says_does_not_steer_the_terminal(gameserver: Command, tmp_path: Path) -> None:
    match: Match[Any] = Match(Pong, check=False)
    match.record()
    seat = match.join("ann")
    seat.client.name = "\x1b[2Jann"
    match.step(2)
    (tmp_path / "x.trpl").write_bytes(match.recording())
    assert gameserver("replay", "info", "x.trpl", "--marks") == OK
    assert "\x1b" not in gameserver.out
    assert "[2Jann" in gameserver.out


@pytest.mark.parametrize(
    "command", [["verify"], ["trim", "-o", "y.trpl", "--from", "9"], ["fork", "--at", "1"], ["debug"], ["export", "--to", "jsonl"]]
)
def test_nor_do_errors_that_tell_what_it_says(gameserver: Command, tmp_path: Path, pong: bytes, command: list[str]) -> None:
    header, size = Header.decode(pong)
    forged = attrs.evolve(header, game="\x1b[2J", software="\x1b[2J", schema={"\x1b[2J": 1})
    (tmp_path / "x.trpl").write_bytes(forged.encode() + pong[size:])
    name, *options = command
    assert gameserver("replay", name, "x.trpl", *options) != OK
    assert "\x1b" not in gameserver.out + gameserver.err and len(gameserver.out + gameserver.err) > 20


# -- verify ------------------------------------------------------------------------------------------------------------------
def test_verify_says_that_all_is_fine_and_how_fast(gameserver: Command, folder: Path) -> None:
    assert gameserver("replay", "verify") == OK
    lines = gameserver.out.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("recordings/b.trpl: fine: 300 ticks, 0:05, ")
    assert lines[1].endswith(" times faster than it was played")
    assert lines[-1] == "3 of 3 recordings are as they were played"
    assert gameserver("replay", "verify", "--json") == OK
    found = json.loads(gameserver.out)
    assert found["ok"] is True
    assert [one["ok"] for one in found["files"]] == [True] * 3
    assert (found["files"][1]["steps"], found["files"][1]["seconds"]) == (300, 5.0)


def test_verify_of_a_changed_recording_fails_and_says_what_differs(gameserver: Command, folder: Path, pong: bytes) -> None:
    (folder / "forged.trpl").write_bytes(with_wrong_hash(pong, 300))
    assert gameserver("replay", "verify", str(folder)) == FAILED
    assert "forged.trpl: differs from tick 300 on (0:05)" in gameserver.out
    assert "input of bot 1 (1)" in gameserver.out
    assert "3 of 4 recordings are as they were played" in gameserver.out


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], type[Game]]:
    """Writes mine.py, and loads it."""

    def written(source: str) -> type[Game]:
        (tmp_path / "mine.py").write_text(source)
        return load_game(str(tmp_path / "mine.py"))

    return written


def script(game: type[Game]) -> bytes:
    """Ann holds right, and calls in tick 30."""
    match: Match[Any] = Match(game, seed=2, check=False)
    code, engine = fingerprint(game)
    match.record(code=code, engine=engine)
    ann = match.join("Ann")
    ann.hold(right=1)
    match.step(29)
    ann.begin_call("cheat", 5)
    match.step(31)
    return match.recording()


def test_a_recording_of_today_plays_tomorrow_and_is_not_judged(
    gameserver: Command, tmp_path: Path, write: Callable[[str], type[Game]]
) -> None:
    """The game's code changes after a match was recorded: the view is what it was, and nothing is said of the truth."""
    (tmp_path / "match.trpl").write_bytes(script(write(GAME)))
    assert gameserver("replay", "verify", "match.trpl", "--game", "mine.py") == OK
    write(GAME.replace("self.board.goals += goals", "self.board.goals += 2 * goals"))
    assert gameserver("replay", "verify", "match.trpl", "--game", "mine.py") == FAILED
    assert "match.trpl: cannot be judged: the code of mine is not the one that it was recorded by" in gameserver.out
    assert "it still plays, but only the code that made it can judge it (--force simulates it all the same)" in gameserver.out
    playback = open_recording(tmp_path / "match.trpl").play(60)
    assert playback.replica.shared().goals == 60 + 5 - 1
    assert gameserver("replay", "verify", "match.trpl", "--game", "mine.py", "--force") == FAILED
    assert "match.trpl: differs from tick 30 on (0:01)" in gameserver.out
    assert "  Board goals: 34 recorded, 39 simulated\n" in gameserver.out
    assert "    Ann (1) calls cheat(5)\n    input of Ann (1): right=1\n" in gameserver.out
    write(GAME + "    # a comment\n")
    assert gameserver("replay", "verify", "match.trpl", "--game", "mine.py") == FAILED
    assert gameserver("replay", "verify", "match.trpl", "--game", "mine.py", "--force") == OK


def test_the_usual_slips_in_the_game_are_named(gameserver: Command, tmp_path: Path, write: Callable[[str], type[Game]]) -> None:
    slip = "        import time\n        self.board.goals = time.perf_counter_ns() % 100_000\n"
    (tmp_path / "match.trpl").write_bytes(script(write(GAME.replace("    @call", f"{slip}\n    @call"))))
    assert gameserver("replay", "verify", "match.trpl", "--game", "mine.py", "--json") == FAILED
    (judged,) = json.loads(gameserver.out)["files"]
    mismatch = judged["mismatch"]
    assert (mismatch["tick"], mismatch["field"], mismatch["cause"]) == (1, "Board goals", "chance")
    assert mismatch["recorded"] != mismatch["simulated"]
    assert mismatch["entered"] == ["Ann joins as player 1", "input of Ann (1): nothing"]
    assert len(mismatch["slips"]) == 1
    assert "mine.py" in mismatch["slips"][0]
    assert "imports time: count ticks" in mismatch["slips"][0]
    assert gameserver("replay", "verify", "match.trpl", "--game", "mine.py") == FAILED
    assert "Two simulations in this very process differ." in gameserver.out
    assert "imports time: count ticks" in gameserver.out


def test_a_game_that_nobody_knows_is_asked_for(gameserver: Command, tmp_path: Path, write: Callable[[str], type[Game]]) -> None:
    (tmp_path / "match.trpl").write_bytes(script(write(GAME)))
    assert gameserver("replay", "verify", "match.trpl") == FAILED
    assert "it is a match of mine, which does not come with the server: give its file with --game" in gameserver.out
    assert gameserver("replay", "info", "match.trpl") == OK
    assert "give its file with --game" in gameserver.out
    assert gameserver("replay", "info", "match.trpl", "--game", "mine.py") == OK
    assert "`replay verify` can judge them" in gameserver.out
    assert gameserver("replay", "verify", "match.trpl", "--game", "nowhere.py") == USAGE
    assert gameserver("replay", "verify", "match.trpl", "--game", "pong") == FAILED


# -- trim --------------------------------------------------------------------------------------------------------------------
def test_trim_writes_a_part_that_verifies(gameserver: Command, folder: Path) -> None:
    assert gameserver("replay", "trim", str(folder / "b.trpl"), "--from", "0:02", "--to", "0:04", "-o", "part.trpl") == OK
    assert "ticks 0 to 240, 2.0 s before what was asked for: a full state is there" in gameserver.out
    assert "verify and fork work" in gameserver.out
    assert gameserver("replay", "verify", "part.trpl") == OK
    assert gameserver("replay", "trim", "recordings/b.trpl", "--from", "120", "--no-truth", "-o", "seen.trpl", "--json") == OK
    told = json.loads(gameserver.out)
    assert told == {
        "file": "seen.trpl", "bytes": Path("seen.trpl").stat().st_size, "first_tick": 120, "last_tick": 300, "has_truth": False,
    }  # fmt: skip
    assert gameserver("replay", "verify", "seen.trpl") == FAILED
    assert "there is no truth track in it" in gameserver.out
    assert gameserver("replay", "info", "seen.trpl") == OK
    assert "cut out of a longer one" in gameserver.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["recordings/b.trpl", "-o", "part.mp4"], "a recording's name ends in .trpl"),
        (["recordings/b.trpl", "-o", "recordings/b.trpl"], "this file exists: choose another name"),
        (["recordings/b.trpl", "-o", "x.trpl", "--from", "9:00"], "the recording has the ticks 0 to 300"),
        (["recordings/b.trpl", "-o", "x.trpl", "--from", "0:04", "--to", "0:02"], "the end comes before the beginning"),
        (["recordings/b.trpl", "-o", "x.trpl", "--to", "soon"], "write a tick"),
        (["recordings/b.trpl", "-o", "nowhere/x.trpl"], "it cannot be written"),
        (["recordings/b.trpl"], "--output"),
        (["recordings", "-o", "x.trpl"], "these are 3 recordings: name one"),
        (["recordings/notes.txt", "-o", "x.trpl"], "this is no recording"),
    ],
)
def test_trim_says_what_is_wrong(gameserver: Command, folder: Path, arguments: list[str], said: str) -> None:
    before = sorted(folder.parent.rglob("*"))
    assert gameserver("replay", "trim", *arguments) == USAGE
    assert said in words(gameserver.out + gameserver.err)
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize("command", ["info", "verify", "trim"])
def test_help_of_each_command(gameserver: Command, command: str) -> None:
    assert gameserver("replay", command, "--help") == cli.OK
    assert gameserver.out
