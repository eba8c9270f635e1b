"""`gameserver new`: what it writes plays, tests itself, and is as clean as the project that wrote it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gameserver import cli
from gameserver.library import load_game
from gameserver.new import FILES, write_skeleton
from gameserver.settings import UsageError
from gameserver.testing import Match
from tests.newcomer import Shell

BIN = Path(sys.executable).parent


@pytest.fixture(autouse=True)
def _path_of_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test's game lies beside is not importable here."""
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if "pytest-of-" not in entry])


def test_its_files_are_named_after_the_game(tmp_path: Path) -> None:
    assert write_skeleton("coin-hunt", tmp_path) == ["coin_hunt.py", "test_coin_hunt.py", "README.md", ".gitignore"]
    folder = tmp_path / "coin-hunt"
    assert len(list(folder.iterdir())) == len(FILES)
    game = load_game(str(folder / "coin_hunt.py"))
    assert (game.name, game.__name__) == ("coin-hunt", "CoinHunt")
    for file in folder.iterdir():
        assert "mygame" not in file.read_text().lower(), f"{file.name} speaks of the placeholder"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("mygame2", "Mygame2"), ("my-game", "MyGame"), ("walker", "WalkerGame"), ("game", "GameGame"), ("none", "NoneGame")],
)
def test_the_class_never_takes_another_ones_name(tmp_path: Path, name: str, kind: str) -> None:
    module = write_skeleton(name, tmp_path)[0]
    game = load_game(str(tmp_path / name / module))
    assert (game.name, game.__name__) == (name, kind)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Coins", "begins with a letter"),
        ("9lives", "begins with a letter"),
        ("../up", "no name of a game"),
        ("", "no name of a game"),
        ("x" * 33, "at most 32 long"),
        ("arena", "comes with the server"),
        ("pong", "comes with the server"),
        ("class", "a word of Python"),
        ("random", "would hide the Python module 'random'"),
        ("trio", "would hide the Python module 'trio'"),
    ],
)
def test_a_name_that_will_not_do_is_refused_and_nothing_is_written(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        write_skeleton(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "coins"
    mine.mkdir()
    (mine / "coins.py").write_text("mine")
    with pytest.raises(UsageError, match="coins is there already: choose another name"):
        write_skeleton("coins", tmp_path)
    assert [file.read_text() for file in mine.iterdir()] == ["mine"]
    with pytest.raises(UsageError, match="nowhere: there is no such folder"):
        write_skeleton("coins", tmp_path / "nowhere")


def test_the_command_ends_with_2_for_a_bad_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["new", "json", "--folder", str(tmp_path)])
    assert ended.value.code == cli.USAGE
    assert capsys.readouterr().err.startswith("gameserver: json.py would hide")


@pytest.mark.parametrize("name", ["coins", "a-name-of-the-most-letters-of-all"[:32]])
def test_it_passes_ruff_and_strict_mypy(tmp_path: Path, name: str) -> None:
    """With the tools' own settings, as somebody has them who has made none."""
    write_skeleton(name, tmp_path)
    folder = tmp_path / name
    rules = ["--isolated", "--no-cache"]
    commands: list[list[str | Path]] = [
        [BIN / "ruff", "check", *rules, "."],
        [BIN / "ruff", "check", *rules, "--select=A,ANN,B,C4,E,F,I,PERF,PT,SIM,UP,W", "."],
        [BIN / "ruff", "format", *rules, "--check", "."],
        [BIN / "mypy", "--strict", "--cache-dir", tmp_path / "cache", *sorted(folder.glob("*.py"))],
    ]
    for command in commands:
        finished = subprocess.run(
            [str(word) for word in command], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr


def test_a_strong_bot_of_it_collects_more_than_a_weak_one(tmp_path: Path) -> None:
    (module, *_) = write_skeleton("coins", tmp_path)
    match = Match(load_game(str(tmp_path / "coins" / module)), seed=4, check=30)
    weak, strong = (match.bots(1, strength=strength)[0] for strength in (1, 3))
    match.until(lambda: match.result)
    assert match.results[0].winners == (strong.player,)
    assert match.results[0].scores[weak.player] < match.results[0].scores[strong.player]


@pytest.mark.real_time
def test_who_follows_what_it_prints_has_a_game(tmp_path: Path) -> None:
    """In an empty folder, to the letter; a server is left running for a moment and stopped."""
    with Shell(tmp_path) as shell:
        printed = shell.run("gameserver new coin-hunt")
        commands = re.findall(r"^  (.+)$", printed, re.MULTILINE)
        assert [command.split()[0] for command in commands] == ["cd", "gameserver", "pytest", "gameserver"]
        for command in commands:
            if " serve " in command:
                served = shell.start(command)
                served.until("Serving coin_hunt.py at ws://")
                shell.run("gameserver bots --game coin_hunt.py --count 2 --seconds 1")
                assert served.stop() == cli.OK
                assert "Traceback" not in served.said
                assert "Matches may not repeat" not in served.said
            else:
                said = shell.run(command)
                assert {"cd": "", "pytest": "4 passed", "gameserver": "no warnings"}[command.split()[0]] in said
        for command in re.findall(r"^gameserver schema .*$", (tmp_path / "coin-hunt" / "README.md").read_text(), re.MULTILINE):
            assert "coin-hunt, version 1" in shell.run(command)


def test_its_tests_need_no_plugin_of_pytest(tmp_path: Path) -> None:
    write_skeleton("coins", tmp_path)
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "coins",
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0 and "4 passed" in finished.stdout, finished.stdout
