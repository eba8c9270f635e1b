"""Which code a match is made by: the source files of a game and of the simulation core, and a fingerprint of each.

A recording is simulated again only by the same code; so a file that a step may depend on and that is not in here would make a
match differ without anyone being told why. A game's own files are those of its class and the classes that it derives from, and
whatever these import, but for Python's own modules and installed packages. The engine is `gameserver/core` without
`core/replay`: how a recording is written has no part in a step.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import sysconfig
import weakref
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

import gameserver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

    from gameserver.core.game import Game

PACKAGE: Final = "gameserver"
OWN_GAMES: Final = ("gameserver.games.", "gameserver.lobby.")
"""Of the package's modules, those that belong to a game; the others are the engine, or have no part in a step."""


@attrs.frozen
class Code:
    """Two SHA-256, in hex.

    Attributes:
        game: over the game's source files.
        engine: over those of the simulation core.
    """

    game: str
    engine: str


class Fingerprints:
    """The fingerprints of the games of a process, each read once: a file that is edited while its game runs is not what runs."""

    def __init__(self) -> None:
        self._engine: str | None = None
        self._games: weakref.WeakKeyDictionary[type[Game], Code] = weakref.WeakKeyDictionary()

    def of(self, game: type[Game]) -> Code:
        """The game's code, as its files were when this was first asked. Raises OSError if one cannot be read."""
        known = self._games.get(game)
        if known is None:
            if self._engine is None:
                self._engine = engine_fingerprint()
            known = self._games[game] = Code(_digest(game_files(game)), self._engine)
        return known


def fingerprint(game: type[Game]) -> tuple[str, str]:
    """(of the game's files, of the engine's), as ORIGIN has them. Raises OSError if a file cannot be read."""
    return _digest(game_files(game)), engine_fingerprint()


def engine_fingerprint() -> str:
    """Of all modules that a step runs through, but for the game's."""
    core = Path(gameserver.__file__).parent / "core"
    files = {path.relative_to(core).as_posix(): path for path in core.rglob("*.py")}
    return _digest({name: path for name, path in files.items() if not name.startswith("replay/")})


def _digest(files: Mapping[str, Path]) -> str:
    """Over names and contents, in the order of the names: where the files lie does not matter."""
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        data = path.read_bytes()
        digest.update(f"{name} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()


# -- which files a game is made of -----------------------------------------------------------------------------------------
def game_files(game: type[Game]) -> dict[str, Path]:
    """The source files of a game by the names of their modules. None for a game that was made without a file."""
    roots = [name for name in dict.fromkeys(base.__module__ for base in game.__mro__) if _may_belong(name)]
    packages = {name.partition(".")[0] for name in roots} - {PACKAGE}
    found: dict[str, Path] = {}
    waiting = roots
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = _file_of(name)
        if path is None or (_is_installed(path) and name.partition(".")[0] not in packages):
            continue
        found[name] = path
        waiting += [imported for imported in _imports_of(name, path) if _may_belong(imported)]
    return found


def _may_belong(name: str) -> bool:
    root = name.partition(".")[0]
    return (root != PACKAGE or name.startswith(OWN_GAMES)) and root not in sys.stdlib_module_names


def _is_installed(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in {sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib")})


def _file_of(name: str) -> Path | None:
    """The module's source file, without importing it: what a hook imports one day belongs to the game before that day, too."""
    module = sys.modules.get(name)
    file = _source(module) if module is not None else None
    if file is None and module is None:
        above, _, _ = name.rpartition(".")
        path: Iterable[str] | None = None
        if above:
            parent = _file_of(above)
            if parent is None or parent.name != "__init__.py":
                return None
            path = [str(parent.parent)]
        spec = PathFinder.find_spec(name, list(path) if path is not None else None)
        file = Path(spec.origin) if spec is not None and spec.origin is not None else None
    return file.resolve() if file is not None and file.suffix == ".py" and file.is_file() else None


def _source(module: ModuleType) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file) if file is not None else None


def _imports_of(name: str, path: Path) -> Iterator[str]:
    """The names of all modules that the file imports, also in its functions; and of what may be a module in a package."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # it was edited since, or it cannot be imported
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                for alias in names:
                    yield from _with_packages(alias.name)
            case ast.ImportFrom(module, names, level):
                above = package.split(".")[: len(package.split(".")) - (level or 1) + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                yield from _with_packages(base)
                yield from (f"{base}.{alias.name}" for alias in names)


def _with_packages(name: str) -> Iterator[str]:
    """A package's own file runs before that of a module in it."""
    parts = name.split(".")
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))
