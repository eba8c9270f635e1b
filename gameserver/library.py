"""Finds games: the ones that come with the server by name, an author's own by the path of its file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gameserver.core.errors import SchemaError
from gameserver.core.game import Game

if TYPE_CHECKING:
    from types import ModuleType

BUILT_IN: Final = {"arena": "gameserver.games.arena"}
"""Each module holds one game."""


def load_game(name_or_file: str) -> type[Game]:
    """The game of this name, or the one in this Python file.

    Raises SchemaError that says what is wrong and what to do; whatever else the file raises when it is imported becomes its cause.
    """
    if name_or_file in BUILT_IN:
        return _game_in(importlib.import_module(BUILT_IN[name_or_file]), name_or_file)
    if not name_or_file.endswith(".py"):
        known = ", ".join(sorted(BUILT_IN))
        raise SchemaError(
            f"there is no game {name_or_file!r}: there are {known}; or give the path of a Python file with a game in it"
        )
    path = Path(name_or_file)
    if not path.is_file():
        raise SchemaError(f"{path}: there is no such file")
    return _game_in(_import_file(path), str(path))


def _import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"game_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise SchemaError(f"{path}: this is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its classes look their module up by name
    try:
        spec.loader.exec_module(module)
    except SchemaError:
        raise
    except (Exception, SystemExit) as error:  # a file of somebody else: anything may come out of it, and he wants to know where
        raise SchemaError(f"{place_of(error, path, spec.origin)}: {type(error).__name__}: {error}") from error
    return module


def place_of(error: BaseException, path: Path, origin: str | None) -> str:
    """FILE:LINE of the last line of this file, whose code says that it comes from `origin`, that the error passed through."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == origin else None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == origin:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f"{path}:{line}" if line else str(path)


def _game_in(module: ModuleType, where: str) -> type[Game]:
    games = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Game) and value is not Game and "schema" in vars(value)
    ]
    own = [game for game in games if game.__module__.startswith(module.__name__)]
    if len(own) != 1:
        names = ", ".join(game.__name__ for game in own) or "none"
        raise SchemaError(f"{where}: a file holds exactly one class derived from Game; this one has {names}")
    return own[0]
