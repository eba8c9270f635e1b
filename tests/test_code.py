"""The fingerprints of code: what changes them, and what does not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gameserver
from gameserver.code import Fingerprints, engine_fingerprint, fingerprint, game_files
from gameserver.games.arena import Arena
from gameserver.games.pong import Pong
from gameserver.library import load_game
from gameserver.lobby.game import Lobby
from tests.helpers import Toy

if TYPE_CHECKING:
    import pytest

    from gameserver import Game

GAME = """
from beside import SPEED
from gameserver import Game, Input, integer

class Push(Input):
    right: int = integer(-1, 1, default=0)

class Mine(Game):
    name = "mine"
    inputs = Push
    speed = SPEED

    def step(self, inputs):
        from parts.wheels import COUNT
        import attrs
"""


def write_game(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "mine.py").write_text(GAME)
    (folder / "beside.py").write_text("from parts import wheels\nSPEED = 1\n")
    (folder / "unused.py").write_text("SPEED = 2\n")
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts" / "__init__.py").write_text("from . import axles\n")
    (folder / "parts" / "wheels.py").write_text("from .axles import LONG\nCOUNT = 4\n")
    (folder / "parts" / "axles.py").write_text("LONG = 1\n")
    return folder / "mine.py"


def loaded(file: Path, monkeypatch: pytest.MonkeyPatch) -> type[Game]:
    """The game, with nothing left in the process of one that was loaded before."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("game_mine", "beside", "parts")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [str(file.parent), *sys.path])
    return load_game(str(file))


def test_a_game_is_its_file_and_whatever_it_imports_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = loaded(write_game(tmp_path / "a"), monkeypatch)
    assert set(game_files(game)) == {"game_mine", "beside", "parts", "parts.wheels", "parts.axles"}


def test_each_file_counts_and_no_other_and_not_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fingerprint(loaded(write_game(tmp_path / "a"), monkeypatch))
    assert fingerprint(loaded(write_game(tmp_path / "b"), monkeypatch)) == first
    shutil.rmtree(tmp_path / "a")
    seen = {first[0]}
    for name in ("mine.py", "beside.py", "parts/__init__.py", "parts/wheels.py", "parts/axles.py"):
        file = write_game(tmp_path / "b")
        (tmp_path / "b" / name).write_text((tmp_path / "b" / name).read_text() + "# changed\n")
        code, engine = fingerprint(loaded(file, monkeypatch))
        assert engine == first[1]
        seen.add(code)
    assert len(seen) == 6, "a file of the game was changed and its fingerprint was not"
    file = write_game(tmp_path / "b")
    (tmp_path / "b" / "unused.py").write_text("SPEED = 3\n")
    assert fingerprint(loaded(file, monkeypatch)) == first


def test_what_a_hook_imports_one_day_belongs_to_the_game_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    game = loaded(write_game(tmp_path / "a"), monkeypatch)
    before = fingerprint(game)
    for name in ("parts", "parts.wheels", "parts.axles"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert fingerprint(game) == before


def test_the_code_that_runs_is_that_of_when_it_was_first_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_game(tmp_path / "a")
    game = loaded(file, monkeypatch)
    fingerprints = Fingerprints()
    before = fingerprints.of(game)
    file.write_text(GAME + "\n# edited while it runs\n")
    assert fingerprints.of(game) == before
    assert before.engine == engine_fingerprint()
    assert fingerprint(game)[0] != before.game


def test_a_game_that_derives_from_another_is_made_of_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from gameserver.games.pong import Pong\nclass Mine(Pong):\n    name = 'mine'\n")
    assert set(game_files(loaded(file, monkeypatch))) == {"game_mine", "gameserver.games.pong"}


def test_the_games_of_the_server_are_whole() -> None:
    folder = Path(gameserver.__file__).parent / "games"
    assert set(game_files(Pong)) == {"gameserver.games.pong"}
    assert set(game_files(Arena).values()) == set((folder / "arena").rglob("*.py"))
    assert set(game_files(Lobby)) == {"gameserver.lobby.game"}
    assert set(game_files(Toy)) == {"tests.helpers"}


def test_a_game_without_a_file_has_none() -> None:
    made: dict[str, Any] = {"__name__": "nowhere"}
    source = "from gameserver import Game, Input\nclass P(Input): pass\nclass Made(Game):\n    name = 'made'\n    inputs = P\n"
    exec(compile(source, "made.py", "exec"), made)
    assert game_files(made["Made"]) == {}
