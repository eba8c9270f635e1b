"""Finds games: the ones that come with the server by name, an author's own by the path of its file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import re
import sys
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Final

import gameserver
from gameserver.core.errors import GameError, SchemaError
from gameserver.core.game import Game

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, ModuleType

BUILT_IN: Final = {"arena": "gameserver.games.arena", "fleet": "gameserver.games.fleet", "pong": "gameserver.games.pong"}
"""Each module holds one game."""
_BESIDE: Final = "__modules_beside_the_game__"
"""Where a game's module says which others it brought along from its folder: they are read anew with it."""


def load_game(name_or_file: str) -> type[Game]:
    """The game of this name, or the one in this Python file, which may import modules that lie beside it.

    A file is read anew each time, and so are those modules. Raises SchemaError that says what is wrong and what to do; whatever
    else the file raises when it is imported becomes its cause.
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


class _Reader(SourceFileLoader):
    """Reads the file as it is: a cache goes by its time in whole seconds, and an author saves twice in one."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _import_file(path: Path) -> ModuleType:
    name = f"game_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_Reader(name, str(path.resolve())))
    if spec is None or spec.loader is None:
        raise SchemaError(f"{path}: this is no Python file")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as when Python is given the file itself
    replaced = sys.modules.get(name)
    for beside in getattr(replaced, _BESIDE, ()):
        sys.modules.pop(beside, None)
    importlib.invalidate_caches()
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its classes look their module up by name
    before = set(sys.modules)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a file of somebody else: anything may come out of it, and he wants to know where
        if replaced is not None:
            sys.modules[name] = replaced
        if isinstance(error, SchemaError):
            raise
        raise SchemaError(f"{place_of(error, path, spec.origin)}: {type(error).__name__}: {_told(error, spec.origin)}") from error
    finally:
        setattr(module, _BESIDE, {other for other in set(sys.modules) - before if _lies_in(sys.modules[other], folder)})
    return module


def _told(error: BaseException, origin: str | None) -> str:
    """What the error in this file says, and what to do where that is known."""
    names = {name for name in vars(gameserver) if not name.startswith("_")}
    match error:
        case SyntaxError():
            said = error.msg if error.filename == origin else str(error)  # the line of this file has been said
            return f"{said}: indent with four spaces everywhere, and with no tab" if isinstance(error, IndentationError) else said
        case NameError() if error.name in names:
            return f"{error}: add it to `from gameserver import …`"
        case ModuleNotFoundError() if error.name is not None:
            return f"{error}: install it, or put {error.name.partition('.')[0]}.py beside the game"
        case ImportError() if error.name == "gameserver":
            wanted = re.search(r"name '(\w+)'", str(error))
            near = difflib.get_close_matches(wanted[1] if wanted else "", names, 1)
            return f"{str(error).partition(' (')[0]}: {f'did you mean {near[0]}?' if near else 'docs/api.md lists what there is'}"
    return str(error)


def _lies_in(module: ModuleType, folder: str) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and str(Path(file).resolve().parent) == folder


def sources_of(game: type[Game]) -> list[Path]:
    """The files that a game loaded from a file is made of: its own and the modules beside it. Nothing for a built-in one."""
    module = sys.modules.get(game.__module__)
    if module is None or not hasattr(module, _BESIDE):
        return []
    modules = [module, *(sys.modules[name] for name in getattr(module, _BESIDE) if name in sys.modules)]
    return sorted(Path(module.__file__) for module in modules if module.__file__ is not None)


def place_of(error: BaseException, path: Path, origin: str | None) -> str:
    """FILE:LINE of the last line of this file, whose code says that it comes from `origin`, that the error passed through."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == origin else None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == origin:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f"{path}:{line}" if line else str(path)


@contextmanager
def blaming(game: type[Game], what: str) -> Iterator[None]:
    """Whatever comes out of this game's code becomes a GameError: where in its file, that it `what` ("cannot …"), and why."""
    try:
        yield
    except (Exception, SystemExit) as error:  # as when it is imported
        file = inspect.getfile(game)
        raise GameError(f"{place_of(error, Path(file), file)}: {game.name} {what}: {type(error).__name__}: {error}") from error


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
