"""`gameserver replay debug`: the step that failed, in the debugger, as it was."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from gameserver.cli import main
from gameserver.core.messages import Call, Notice, NoticeCode
from gameserver.library import load_game
from tests.helpers import sit
from tests.theatre import theatre

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

GAME = """
from gameserver import Game, Globals, Input, Player, boolean, call, integer, players_of, shared


class Push(Input):
    jump: bool = boolean(default=False)


class Runner(Player):
    x: int = integer(0, 1_000_000, default=0)


class Board(Globals):
    steps: int = integer(0, 1_000_000, default=0)


class Mine(Game):
    name = "mine"
    tick_rate = 20
    inputs = Push
    players = players_of(Runner)
    board = shared(Board)

    def step(self, inputs):
        self.board.steps += 1
        for number, push in inputs.items():
            self.move(number, push)

    def move(self, number, push):
        runner = self.players[number]
        room = 1_000 - runner.x
        runner.x += 100 // room if room else 1

    @call
    def leap(self, player: Runner, to: int = integer(0, 1_000)) -> None:
        player.x = to
"""
FAILS = "runner.x += 100 // room if room else 1"
"""With `100 // room` alone, whoever stands at 1,000."""


async def record(folder: Path, *, fails: bool = True) -> Path:
    """A match in which the second player leaps to where it fails, in its tick 62."""
    file = folder / "mine.py"
    file.write_text(GAME.replace(FAILS, "runner.x += 100 // room") if fails else GAME)
    game = load_game(str(file))
    async with theatre(game) as house:
        room = house.server.rooms.open("mine1", game, seed=1)
        sit(room, "ann")
        bob = sit(room, "bob")
        await trio.sleep(3.02)
        bob.say(Call(1, "leap", (1_000,)))
        bob.say(Call(2, "leap", (1_000,)))
        await trio.sleep(0.06)
        room.close(Notice(NoticeCode.CLOSED, "enough"))
        await trio.sleep(1.0)
        names = sorted(await house.disk.list(""))
        data = await house.disk.read(names[0])
    path = folder / "match.trpl"
    path.write_bytes(data)
    return path


def debug(monkeypatch: pytest.MonkeyPatch, lines: str, *arguments: str) -> int:
    """Run the command with these lines typed."""
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    with pytest.raises(SystemExit) as end:
        main(["replay", "debug", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


async def test_it_stands_at_the_line_that_failed_when_it_failed(
    autojump_clock: MockClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await record(tmp_path)
    code = debug(
        monkeypatch,
        "p self.tick, number, runner.x, room\nu\np self.board.steps\nc\n",
        str(path),
        "--game",
        str(tmp_path / "mine.py"),
    )
    said, complaints = capsys.readouterr()
    assert code == 0, complaints
    assert f"{path}: mine@1, room mine1, tick " in said
    assert "bob (2) calls leap(1000)" in said
    assert "recorded: ZeroDivisionError: " in said and "mine.py:32" in said
    assert "-> runner.x += 100 // room" in said
    assert f"({tick_in(said)}, 2, 1000, 0)" in said, "of the two players the one who failed"
    assert f"(Pdb) {tick_in(said)}\n" in said, "the steps so far"
    assert "ZeroDivisionError: " in said.partition("(Pdb)")[2], "and then it fails as it did"
    assert not complaints
    assert sys.gettrace() is None


def tick_in(said: str) -> int:
    return int(said.partition(", tick ")[2].partition(" ")[0])


async def test_after_the_failure_everything_can_be_looked_at(
    autojump_clock: MockClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await record(tmp_path)
    code = debug(monkeypatch, "p runner.name, room\nq\n", str(path), "--game", str(tmp_path / "mine.py"), "--post-mortem")
    said = capsys.readouterr().out
    assert code == 0
    assert "('bob', 0)" in said


async def test_any_tick_can_be_looked_at(
    autojump_clock: MockClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await record(tmp_path, fails=False)
    game = str(tmp_path / "mine.py")
    assert (
        debug(monkeypatch, "p self.tick, self.board.steps\nn\np self.board.steps\nc\n", str(path), "--game", game, "--tick", "0:02")
        == 0
    )
    said = capsys.readouterr().out
    assert "-> self.board.steps += 1" in said and "(40, 39)" in said and "(Pdb) 40\n" in said
    assert said.endswith("The step is done.\n")
    assert debug(monkeypatch, "", str(path), "--game", game) == 2
    assert "no fault is recorded in it: name a tick with --tick" in capsys.readouterr().err
    assert debug(monkeypatch, "", str(path), "--game", game, "--tick", "9999") == 2
    assert "the recording has the ticks 0 to " in capsys.readouterr().err


async def test_mended_code_is_told_of_and_the_step_goes_through(
    autojump_clock: MockClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await record(tmp_path)
    (tmp_path / "mine.py").write_text(GAME)
    assert debug(monkeypatch, "c\nc\nc\n", str(path), "--game", str(tmp_path / "mine.py")) == 1
    said, complaints = capsys.readouterr()
    assert "What follows may be another match." in complaints
    assert "The step does not fail with this code." in complaints
    assert said.endswith("The step is done.\n")


async def test_who_has_no_more_to_type_ends_it(
    autojump_clock: MockClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await record(tmp_path)
    for lines in ("", "q\n"):
        assert debug(monkeypatch, lines, str(path), "--game", str(tmp_path / "mine.py")) == 0


@pytest.mark.real_time
async def test_it_reads_what_is_piped_into_it(tmp_path: Path) -> None:
    path = tmp_path / "match.trpl"
    clock = trio.testing.MockClock(autojump_threshold=0)
    await trio.to_thread.run_sync(lambda: trio.run(record, tmp_path, clock=clock))
    command = [sys.executable, "-m", "gameserver", "replay", "debug", str(path), "--game", str(tmp_path / "mine.py")]
    end = await trio.run_process(command, stdin=b"p self.tick\nc\n", capture_stdout=True, capture_stderr=True, check=False)
    said = end.stdout.decode()
    assert end.returncode == 0, end.stderr.decode()
    assert f"(Pdb) {tick_in(said)}\n" in said
